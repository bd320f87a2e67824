package realm

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"keystead/realm/pages"
)

// accountConsole is the client for which people sign in to see their account, as in Keycloak.
const accountConsole = "account-console"

// accountPage shows people their account, for whom the browser's session is enough. Every address below /account is
// this page, where Keycloak has pages of its own and where apps link to them.
func (c *call) accountPage() error {
	if c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		return refuse(http.StatusMethodNotAllowed, "HTTP 405 Method Not Allowed", "")
	}
	current := c.browserSession()
	query := c.r.URL.Query()
	switch {
	case query.Has("error") && current == nil:
		return &pageError{status: http.StatusBadRequest, text: "Signing in to the account ended without a session.", detail: "It was left open for too long, or was given up. Open the account again.", client: c.realm.Clients[accountConsole]}
	case current == nil:
		return c.redirect(c.loginTo(c.accountAddress(strings.TrimPrefix(c.r.URL.Path, "/realms/"+c.realm.Name+"/account")), ""))
	case query.Has("iss"): // a login has come back: what it brought does not belong into bookmarks
		done := ""
		if query.Get("kc_action") == updatePassword && query.Get("kc_action_status") == "success" {
			done = "password"
		}
		return c.redirect(c.accountAddress("/", "done", done))
	}
	return c.showAccount(http.StatusOK, current, pages.Account{Done: accountDone[query.Get("done")]})
}

// accountDone are what the page can say was done, by the name in its address.
var accountDone = map[string]string{
	"profile":  "Your profile is saved.",
	"password": "Your password is changed.",
	"session":  "That session has ended.",
	"others":   "All other sessions have ended.",
}

// accountAddress is an address of the page: the path below /account, pairs for the query, and the way back to the app.
func (c *call) accountAddress(path string, pairs ...string) string {
	query := url.Values{}
	for _, name := range []string{"referrer", "referrer_uri"} {
		if value := c.r.URL.Query().Get(name); value != "" {
			query.Set(name, value)
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	address := c.issuer() + "/account" + (&url.URL{Path: "/" + strings.TrimPrefix(path, "/")}).EscapedPath()
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return address
}

// loginTo is the way through the login to an address of the page, with an action to carry out or "". No code is asked
// for, as the browser's session is enough; the challenge is there because the client insists on PKCE.
func (c *call) loginTo(address, action string) string {
	query := url.Values{
		"client_id": {accountConsole}, "redirect_uri": {address}, "response_type": {"none"},
		"code_challenge": {randomText(32)}, "code_challenge_method": {"S256"},
	}
	if action != "" {
		query.Set("kc_action", action)
	}
	return c.endpointURL("/auth") + "?" + query.Encode()
}

// maxRows is how many sessions the page lists: tests that sign in again and again leave hundreds.
const maxRows = 50

// showAccount fills in the page but for what the caller has set: what was done, or what was wrong.
func (c *call) showAccount(status int, current *snapshot, page pages.Account) error {
	user := current.user
	page.Frame, page.Token = c.frame(), current.checker
	page.Username, page.Name = user.Username, user.FullName()
	page.BackText, page.BackURL = c.referrer()
	page.PasswordURL = c.loginTo(c.accountAddress("/"), updatePassword)
	page.ProfileAction, page.SignOutAction = c.accountAddress("/profile"), c.accountAddress("/sign-out")
	mayView, mayEdit := user.accountRoles()
	page.MayEdit = mayEdit
	switch {
	case !mayView:
		page.Hidden = true
	case page.Fields == nil:
		page.Fields = c.accountFields(user, mayEdit, nil, nil)
	}
	page.Sessions = c.accountRows(current)
	if n := len(page.Sessions); n > maxRows {
		page.Sessions, page.MoreSessions = page.Sessions[:maxRows], n-maxRows
	}
	c.page(status, page)
	return nil
}

// accountRoles reports what Keycloak's account console would let the user do. Imported users have only the roles that
// the file lists.
func (u *User) accountRoles() (view, edit bool) {
	for _, role := range u.Effective() {
		if role.Client != nil && role.Client.ClientID == "account" {
			edit = edit || role.Name == manageAccount
			view = view || role.Name == viewProfile || role.Name == manageAccount
		}
	}
	return view, edit
}

// referrer is the app that the page leads back to: its name and address, if the address is one of the client's.
func (c *call) referrer() (title, address string) {
	query := c.r.URL.Query()
	client := c.realm.Clients[query.Get("referrer")]
	if client == nil {
		return "", ""
	}
	address = query.Get("referrer_uri")
	if address == "" {
		address = client.home(c.base())
	} else if !client.redirectAllowed(address, client.RedirectURIs, c.base()) {
		return "", ""
	}
	return client.title(), address
}

// accountFields are the user's attributes as form fields: with what was typed if typed is not nil, and with flaws.
func (c *call) accountFields(user *User, mayEdit bool, typed url.Values, flaws []profileFlaw) []pages.AccountField {
	var fields []pages.AccountField
	for _, a := range c.realm.Profile {
		if !a.userViews() {
			continue
		}
		f := pages.AccountField{
			Name: a.Name, Label: cmp.Or(attributeWords[a.title()], a.title()), Kind: fieldKinds[a.Name],
			Required: a.RequiredOfUsers || a.Name == "username", ReadOnly: !mayEdit || !c.realm.userEdits(a), Several: a.Multivalued,
		}
		values := user.own(a.Name)
		if typed != nil && !f.ReadOnly {
			values = a.valuesIn(typed)
		}
		f.Text = strings.Join(values, "\n")
		for _, option := range list(a.Validations["options"], "options") {
			f.Options = append(f.Options, pages.AccountOption{Value: option, Chosen: slices.Contains(values, option)})
		}
		if i := slices.IndexFunc(flaws, func(flaw profileFlaw) bool { return flaw.attribute == a.Name }); i >= 0 {
			f.Error = flaws[i].text()
		}
		fields = append(fields, f)
	}
	if i := slices.IndexFunc(fields, func(f pages.AccountField) bool { return f.Error != "" }); i >= 0 {
		fields[i].First = true
	}
	return fields
}

// fieldKinds are what browsers and password managers are told of a field (HTML §4.10.18.7, autocomplete).
var fieldKinds = map[string]string{"username": "username", "email": "email", "firstName": "given-name", "lastName": "family-name"}

// valuesIn reads an attribute out of the page's form: one value, or one a line, or the boxes that were ticked.
func (a ProfileAttribute) valuesIn(form url.Values) []string {
	var values []string
	for _, text := range form[a.Name] {
		if !a.Multivalued {
			values = append(values, strings.TrimSpace(text))
			continue
		}
		for line := range strings.Lines(text) {
			values = append(values, strings.TrimSpace(line))
		}
	}
	return slices.DeleteFunc(values, func(value string) bool { return value == "" })
}

// accountForm reads a form of the page. It must come from a page of this realm that was shown in this session: a form
// that was left open may be somebody else's by now. The session is nil when the answer has been given.
func (c *call) accountForm() (*snapshot, url.Values, error) {
	if err := c.ownPage(); err != nil {
		return nil, nil, err
	}
	form, err := c.form()
	if err != nil {
		return nil, nil, err
	}
	current := c.browserSession()
	switch {
	case current == nil:
		return nil, nil, c.redirect(c.loginTo(c.accountAddress("/"), ""))
	case !sameSecret(form.Get("state_checker"), current.checker):
		return nil, nil, c.showAccount(http.StatusForbidden, current, pages.Account{Alert: "Somebody has signed in since that form was shown, so nothing was changed. Look at it again as it is now."})
	}
	return current, form, nil
}

// saveProfile takes the form with the profile.
func (c *call) saveProfile() error {
	current, form, err := c.accountForm()
	if current == nil {
		return err
	}
	if _, mayEdit := current.user.accountRoles(); !mayEdit {
		return refusePage(http.StatusForbidden, "This takes the role manage-account of the client account.")
	}
	given := map[string][]string{}
	maps.Copy(given, current.user.Attrs) // what the page does not show stays
	for _, a := range c.realm.Profile {
		if c.realm.userEdits(a) {
			given[a.Name] = a.valuesIn(form)
		}
	}
	change, flaws := c.realm.editProfile(current.user, given)
	if len(flaws) > 0 {
		return c.showAccount(http.StatusOK, current, pages.Account{Fields: c.accountFields(current.user, true, form, flaws)})
	}
	c.s.changeUser(c.realm.Name, current.user.ID, change)
	return c.redirect(c.accountAddress("/", "done", "profile"))
}

// signOut ends this session, another one, all others, or the offline access of apps.
func (c *call) signOut() error {
	current, form, err := c.accountForm()
	if current == nil {
		return err
	}
	done := "session"
	switch sid := form.Get("session"); {
	case sid == current.id:
		c.endOwnSession(current.user, sid)
		c.clearSessionCookies()
		return c.leaveAccount()
	case form.Has("others"):
		c.endSessions(func() []*session { return c.realm.othersOf(current.user, current.id, c.now) })
		done = "others"
	case form.Has("offline"):
		c.endOfflineAccess(current.user, form.Get("offline"))
	default:
		c.endOwnSession(current.user, sid)
	}
	return c.redirect(c.accountAddress("/", "done", done))
}

// leaveAccount says that the person is signed out, and leads back to the app, or else to the login.
func (c *call) leaveAccount() error {
	page := pages.Message{Frame: c.frame(), Title: "You are logged out", Text: "You are logged out", BackURL: c.accountAddress("/"), BackText: "Sign in again"}
	if title, address := c.referrer(); address != "" {
		page.BackText, page.BackURL = "Back to "+title, address
	}
	c.page(http.StatusOK, page)
	return nil
}

// endOfflineAccess makes offline tokens worthless. As in Keycloak, no app is told: it finds out.
func (c *call) endOfflineAccess(user *User, sid string) {
	c.realm.mu.Lock()
	defer c.realm.mu.Unlock()
	if s := c.realm.live(sid, true, c.now); s != nil && s.user.ID == user.ID {
		c.realm.drop(s)
	}
}

// accountRows are the user's sessions for the page.
func (c *call) accountRows(current *snapshot) []pages.AccountSession {
	v := c.realm
	v.mu.Lock()
	defer v.mu.Unlock()
	var rows []pages.AccountSession
	for _, offline := range []bool{false, true} {
		for _, s := range v.sessionsOf(current.user, offline, current.id, c.now) {
			row := pages.AccountSession{
				ID: s.id, Title: s.agent.title(), Address: s.address, Here: !offline && s.id == current.id, Offline: offline,
				Started: moment(s.started, c.now), Seen: moment(s.seen, c.now),
			}
			if _, most := v.lifetimeOf(s); !offline || most > 0 {
				row.Ends = moment(v.sessionEnds(s), c.now)
			}
			for _, id := range s.clientIDs() {
				row.Clients = append(row.Clients, s.clients[id].client.title())
			}
			rows = append(rows, row)
		}
	}
	return rows
}
