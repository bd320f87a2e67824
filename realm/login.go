package realm

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"keystead/realm/pages"
)

// loginAction is the address of one step of a login, with what Keycloak's own addresses carry.
func (c *call) loginAction(step string, a *attempt, extra ...string) string {
	query := url.Values{}
	for i := 0; i+1 < len(extra); i += 2 {
		query.Set(extra[i], extra[i+1])
	}
	query.Set("client_id", a.client.ClientID)
	query.Set("tab_id", a.tab)
	query.Set("client_data", clientData(a.request))
	return c.issuer() + "/login-actions/" + step + "?" + query.Encode()
}

// clientData repeats where the login came from, in Keycloak's short names.
func clientData(r authRequest) string {
	data := newObject()
	data.setNonEmpty("ru", r.RedirectURI)
	data.setNonEmpty("rt", r.ResponseType)
	data.setNonEmpty("rm", r.ResponseMode)
	data.setNonEmpty("st", r.State)
	return base64URL(must(json.Marshal(data)))
}

// showLogin renders the login form. Every rendering has a session code of its own, which the form must
// bring back: the page that posts is one that was really shown.
func (c *call) showLogin(a *attempt, page pages.Login) error {
	a.code = randomText(32)
	page.Frame = c.frame()
	page.Action = c.loginAction("authenticate", a, "session_code", a.code, "execution", c.realm.ID)
	page.PickAction = c.loginAction("pick-user", a, "session_code", a.code)
	page.RememberMe = c.realm.RememberMe
	page.UsernameLabel = "Username"
	if c.realm.LoginWithEmailAllowed {
		page.UsernameLabel = "Username or email"
	}
	if page.Username == "" {
		page.Username = a.request.LoginHint
	}
	if remembered, ok := strings.CutPrefix(c.cookie(rememberCookie), "username:"); ok && page.Username == "" && c.realm.RememberMe {
		page.Username, page.RememberMeChecked = remembered, true
	}
	if a.known != nil {
		page.AttemptedUser, page.Info = a.known.Username, a.reason
	}
	page.People = c.people(a.known)
	c.page(http.StatusOK, page)
	return nil
}

// people are those who can be picked: everybody, or the one who is to sign in again.
func (c *call) people(only *User) []pages.Person {
	var people []pages.Person
	for _, user := range c.realm.People() {
		if only != nil && user.ID != only.ID {
			continue
		}
		person := pages.Person{Username: user.Username, Name: user.FullName(), Disabled: !user.Enabled}
		for _, role := range user.Effective() {
			if role.Client == nil {
				person.Roles = append(person.Roles, role.Name)
			}
		}
		if pending := c.realm.pending(user); len(pending) > 0 {
			person.Note = "must first: " + strings.Join(pending, ", ")
		}
		people = append(people, person)
	}
	return people
}

// attemptOfBrowser finds the login that a page belongs to. The browser must hold the cookie that the
// login began with: who only knows the address is somebody else. A form must come from a page of this
// realm. The attempt is returned locked.
func (c *call) attemptOfBrowser() (*attempt, error) {
	if err := c.ownPage(); err != nil {
		return nil, err
	}
	query := c.r.URL.Query()
	c.realm.mu.Lock()
	a, ok := c.realm.attempts.get(query.Get("tab_id"), c.now)
	c.realm.mu.Unlock()
	if ok {
		a.mu.Lock()
		if a.root == c.rootOfBrowser() && a.client.ClientID == query.Get("client_id") && a.bind(c.realm) {
			return a, nil
		}
		a.mu.Unlock()
	}
	if again := c.restartQuery(); strings.HasPrefix(again, "user_code=") {
		return nil, &seeOther{c.issuer() + "/device?" + again}
	} else if again != "" {
		return nil, &seeOther{c.endpointURL("/auth") + "?" + again}
	}
	return nil, refusePage(http.StatusBadRequest, "Restart login cookie not found. It may have expired; it may have been deleted or cookies are disabled in your browser. If cookies are disabled then enable them. Click Back to Application to login again.")
}

// bind makes a login under way one of this version of the realm. It reports whether its client and users are still
// there. The attempt must be locked.
func (a *attempt) bind(v *served) bool {
	client := v.Clients[a.client.ClientID]
	if client == nil {
		return false
	}
	a.client = client
	for _, user := range []**User{&a.user, &a.known} {
		if *user == nil {
			continue
		}
		now := v.UserByID((*user).ID)
		if now == nil {
			return false
		}
		*user = now
	}
	return true
}

// authenticate shows the login form again, or takes what was filled in.
func (c *call) authenticate() error {
	a, err := c.attemptOfBrowser()
	if err != nil {
		return err
	}
	defer a.mu.Unlock()
	switch {
	case a.finished:
		return c.answerError(a.request, "temporarily_unavailable", "authentication_expired")
	case a.user != nil:
		return c.proceed(a)
	case c.r.Method != http.MethodPost:
		return c.showLogin(a, pages.Login{})
	}
	form, err := c.form()
	if err != nil {
		return err
	}
	if !sameSecret(c.r.URL.Query().Get("session_code"), a.code) {
		return c.redirect(c.loginAction("authenticate", a))
	}
	a.remember = c.realm.RememberMe && form.Get("rememberMe") == "on"
	again := pages.Login{Username: form.Get("username"), RememberMeChecked: a.remember}
	user := a.known
	if user == nil {
		user = c.realm.UserByLogin(strings.TrimSpace(form.Get("username")))
	}
	if user == nil || !c.realm.matches(user, form.Get("password")) {
		again.FieldError = "Invalid username or password."
		return c.showLogin(a, again)
	}
	return c.admit(a, user, again)
}

// pickUser signs in whom the developer picked, without a password.
func (c *call) pickUser() error {
	a, err := c.attemptOfBrowser()
	if err != nil {
		return err
	}
	defer a.mu.Unlock()
	if a.finished {
		return c.answerError(a.request, "temporarily_unavailable", "authentication_expired")
	}
	form, err := c.form()
	if err != nil {
		return err
	}
	user := c.realm.UserByLogin(form.Get("user"))
	if !sameSecret(c.r.URL.Query().Get("session_code"), a.code) || user == nil || a.known != nil && user.ID != a.known.ID {
		return c.redirect(c.loginAction("authenticate", a))
	}
	return c.admit(a, user, pages.Login{})
}

// admit continues with a user who has shown who they are.
func (c *call) admit(a *attempt, user *User, again pages.Login) error {
	if !user.Enabled {
		again.Alert = "Account is disabled, contact your administrator."
		return c.showLogin(a, again)
	}
	a.user, a.fresh, a.authTime = user, true, c.now
	return c.proceed(a)
}

// proceed leads a login past what still stands before its end.
func (c *call) proceed(a *attempt) error {
	if pending := c.realm.pending(a.user); len(pending) > 0 {
		return c.redirect(c.loginAction("required-action", a, "execution", pending[0]))
	}
	if a.request.Action != "" && a.action == "" {
		if a.request.Action == updatePassword {
			return c.redirect(c.loginAction("required-action", a, "execution", updatePassword))
		}
		a.action = "error"
	}
	if c.needsConsent(a) {
		return c.redirect(c.loginAction("required-action", a, "execution", grantConsent))
	}
	return c.finish(a)
}

// finish makes or joins the session and sends the browser back to the app, with a code.
func (c *call) finish(a *attempt) error {
	s, made, err := c.joinSession(a)
	if err != nil {
		return err
	}
	a.finished = true
	c.setSessionCookies(s)
	if a.fresh && a.remember {
		c.setCookie(rememberCookie, "username:"+a.user.Username, rememberFor, true)
	} else if a.fresh && c.cookie(rememberCookie) != "" {
		c.clearCookie(rememberCookie)
	}
	c.clearCookie("KC_RESTART")
	if a.device != nil {
		return c.answerDevice(a.device, deviceApproved, s.id)
	}
	var parameters [][2]string
	if a.request.State != "" {
		parameters = append(parameters, [2]string{"state", a.request.State})
	}
	parameters = append(parameters, [2]string{"session_state", s.id}, [2]string{"iss", c.issuer()})
	if a.action != "" {
		parameters = append(parameters, [2]string{"kc_action_status", a.action})
		if a.action != "error" {
			parameters = append(parameters, [2]string{"kc_action", a.request.Action})
		}
	}
	if made != "" {
		parameters = append(parameters, [2]string{"code", made})
	}
	return c.answer(a.request, parameters)
}

// joinSession makes the client a part of the browser's session, and keeps a code for it.
func (c *call) joinSession(a *attempt) (*session, string, error) {
	v := c.realm
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.live(a.root, false, c.now)
	begins := s == nil
	if s != nil && s.user.ID != a.user.ID {
		return nil, "", &pageError{status: http.StatusBadRequest, text: "You are already authenticated as different user '" + s.user.Username + "' in this session. Please sign out first.", client: a.client}
	}
	if begins {
		if _, open := v.roots.get(a.root, c.now); !open { // the session that this login would have joined has ended
			a.root = randomText(18)
			c.setRootCookies(a.root)
		}
		s = &session{id: a.root, version: v.Realm, user: a.user, started: c.now, remember: a.remember, checker: randomText(16), address: addressOf(c.r), agent: agentOf(c.r), clients: map[string]*clientSession{}}
		v.roots.remove(a.root) // the next login that finds no session gets another id
	}
	level := 0
	if a.fresh {
		s.authTime = a.authTime
		level = 1
	}
	wanted, _ := resolveScopes(a.client, a.request.Scope)
	s.join(a.client, v.levelName(a.client, level), c.now).offlineFirst = begins && wanted.offline
	v.keep(s, c.now)
	if a.device != nil || a.request.ResponseType == "none" {
		return s, "", nil
	}
	made := newUUID() + "." + s.id + "." + a.client.ID
	// Kept for an hour, so that a second use is noticed; good for as long as the realm says.
	v.codes.put(made, &code{client: a.client.ClientID, request: a.request, session: s.id, expires: c.now.Add(v.Lifetimes.Code)}, c.now, c.now.Add(codeMemory))
	return s, made, nil
}

// levelName is the acr of a level: its name in the client's map or the realm's, else its number.
func (r *Realm) levelName(client *Client, level int) string {
	for name, n := range r.levels(client) {
		if n == level {
			return name
		}
	}
	return strconv.Itoa(level)
}

// levels are the names of authentication levels, for the client or for the whole realm (acr.loa.map).
func (r *Realm) levels(client *Client) map[string]int {
	var own map[string]int
	if json.Unmarshal([]byte(client.Attrs["acr.loa.map"]), &own) == nil && len(own) > 0 {
		return own
	}
	return r.LevelsOf
}

// registrations answers honestly: people are added in the realm file.
func (c *call) registrations() error {
	if _, _, err := c.knownRedirect(c.r.URL.Query()); err != nil {
		return err
	}
	return refusePage(http.StatusBadRequest, "Registration not allowed")
}

// forgotCredentials answers as honestly: no mail is sent from here.
func (c *call) forgotCredentials() error {
	if _, _, err := c.knownRedirect(c.r.URL.Query()); err != nil {
		return err
	}
	return refusePage(http.StatusBadRequest, "Reset Credential not allowed")
}
