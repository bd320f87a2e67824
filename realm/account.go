package realm

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// The account REST is what Keycloak's account console, and apps that lead a console of their own, do for the user whose
// token they hold. At the same addresses browsers get the page.

// The roles of the client "account" that it wants.
const (
	viewProfile   = "view-profile"
	manageAccount = "manage-account"
)

// accountCaller is whose token came with a request.
type accountCaller struct {
	user    *User
	session string
	manages bool // may change things
}

// accountREST answers apps by handle. As in Keycloak, they are who speaks of JSON.
func accountREST(handle func(*call, accountCaller) error) func(*call) error {
	return func(c *call) error {
		if !strings.Contains(c.r.Header.Get("Accept"), "application/json") && !strings.HasPrefix(c.r.Header.Get("Content-Type"), "application/json") {
			return c.accountPage()
		}
		who, err := c.accountCaller()
		if err != nil {
			return err
		}
		if c.r.Method != http.MethodGet && c.r.Method != http.MethodHead && !who.manages {
			return refuse(http.StatusForbidden, "HTTP 403 Forbidden", "")
		}
		c.w.Header().Set("Cache-Control", "no-cache")
		return handle(c, who)
	}
}

// accountCaller wants a token for the account, with a role to see it.
func (c *call) accountCaller() (accountCaller, error) {
	unauthorized := refuse(http.StatusUnauthorized, "HTTP 401 Unauthorized", "")
	t, g, reason := c.judge(c.bearer())
	if reason != "" || t.user.ServiceAccountOf != nil { // Keycloak has no account for those
		return accountCaller{}, unauthorized
	}
	mapped := mapClaims(g, forAccess, newObject())
	if !slices.Contains(mapped.audience, "account") || !mapped.holdsAny("account", viewProfile, manageAccount) {
		return accountCaller{}, unauthorized
	}
	if err := c.admitOrigin(t.client); err != nil {
		return accountCaller{}, err
	}
	c.w.Header().Del("Access-Control-Expose-Headers")
	return accountCaller{t.user, t.Session, mapped.holdsAny("account", manageAccount)}, nil
}

func (m *mapping) holdsAny(client string, roles ...string) bool {
	return slices.ContainsFunc(m.clients, func(c clientRoles) bool {
		return c.client == client && slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(c.roles, r) })
	})
}

// account is one's own profile: keycloak-js reads it in loadUserProfile.
func (c *call) account(who accountCaller) error {
	if c.r.Method == http.MethodPost {
		return c.changeAccount(who.user)
	}
	return c.json(c.realm.profileOf(who.user, who.manages, c.r.URL.Query().Get("userProfileMetadata") != "false"))
}

// accountElsewhere is what the account REST has in Keycloak and not here, or nowhere.
func (c *call) accountElsewhere(accountCaller) error {
	return refuse(http.StatusNotFound, "HTTP 404 Not Found", "")
}

// profileOf is the user as Keycloak's account REST describes one, and if wanted what the realm's user profile says of
// each attribute.
func (r *Realm) profileOf(user *User, mayEdit, withMetadata bool) *object {
	out := newObject()
	out.set("id", user.ID)
	out.set("username", user.Username)
	out.setNonEmpty("firstName", user.FirstName)
	out.setNonEmpty("lastName", user.LastName)
	if user.Email != "" {
		out.set("email", user.Email)
		out.set("emailVerified", user.EmailVerified)
	}
	declared := []*object{}
	own := map[string][]string{}
	for _, a := range r.Profile {
		if !a.userViews() {
			continue
		}
		declared = append(declared, a.metadata(mayEdit && r.userEdits(a)))
		if values := user.Attrs[a.Name]; len(values) > 0 {
			own[a.Name] = values
		}
	}
	for name, values := range user.Attrs {
		if r.UnmanagedAttributes && !r.declares(name) {
			own[name] = values
		}
	}
	if len(own) > 0 {
		out.set("attributes", own)
	}
	if withMetadata {
		metadata := newObject()
		metadata.set("attributes", declared)
		metadata.set("groups", []any{})
		out.set("userProfileMetadata", metadata)
	}
	return out
}

func (a ProfileAttribute) metadata(editable bool) *object {
	out := newObject()
	out.set("name", a.Name)
	out.setNonEmpty("displayName", a.DisplayName)
	out.set("required", a.RequiredOfUsers || a.Name == "username")
	out.set("readOnly", !editable)
	if len(a.Annotations) > 0 {
		out.set("annotations", a.Annotations)
	}
	validators := map[string]map[string]any{}
	for name, settings := range a.Validations {
		validators[name] = map[string]any{"ignore.empty.value": true}
		maps.Copy(validators[name], settings)
	}
	if !a.Multivalued {
		validators["multivalued"] = map[string]any{"max": "1"}
	}
	out.set("validators", validators)
	out.setNonEmpty("group", a.Group)
	out.set("multivalued", a.Multivalued)
	return out
}

// accountFields are what Keycloak reads in a profile. All but the attributes' values it passes over.
var accountFields = set("id username firstName lastName email emailVerified enabled attributes userProfileMetadata")

// changeAccount takes a profile as profileOf writes it.
func (c *call) changeAccount(user *User) error {
	var body map[string]any
	if err := json.NewDecoder(c.r.Body).Decode(&body); err != nil {
		return refuse(http.StatusBadRequest, "invalid_request", "Cannot parse the JSON")
	}
	for _, name := range slices.Sorted(maps.Keys(body)) {
		if !accountFields[name] {
			return refuse(http.StatusBadRequest, fmt.Sprintf("Invalid json representation for UserRepresentation. Unrecognized field %q", name), "")
		}
	}
	given := map[string][]string{}
	attributes, _ := body["attributes"].(map[string]any)
	for name, values := range attributes {
		given[name] = textsIn(values)
	}
	for _, name := range rootAttributes {
		delete(given, name)
		if value := body[name]; value != nil {
			given[name] = textsIn(value)
		}
	}
	change, flaws := c.realm.editProfile(user, given)
	if len(flaws) > 0 {
		return c.answerFlaws(flaws)
	}
	c.s.changeUser(c.realm.Name, user.ID, change)
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// textsIn reads one value or several; what is no string is taken as it is written.
func textsIn(value any) []string {
	switch value := value.(type) {
	case nil:
		return nil
	case []any:
		texts := []string{}
		for _, item := range value {
			texts = append(texts, textsIn(item)...)
		}
		return texts
	}
	return []string{fmt.Sprint(value)}
}

// answerFlaws says what is wrong in Keycloak's form: a single flaw stands there twice.
func (c *call) answerFlaws(flaws []profileFlaw) error {
	status := http.StatusBadRequest
	var all []*object
	for _, flaw := range flaws {
		if flaw.key == emailTaken || flaw.key == usernameTaken {
			status = http.StatusConflict
		}
		one := newObject()
		one.set("field", flaw.attribute)
		one.set("errorMessage", flaw.key)
		one.set("params", flaw.params)
		all = append(all, one)
	}
	body := newObject()
	if len(all) == 1 {
		*body = object{slices.Clone(all[0].names), maps.Clone(all[0].values)}
	}
	body.set("errors", all)
	writeJSON(c.w, status, body)
	return nil
}

// accountCredentials says what the user signs in with: here that is a password, or nothing.
func (c *call) accountCredentials(who accountCaller) error {
	password := newObject()
	password.set("type", "password")
	password.set("category", "basic-authentication")
	password.set("displayName", "password-display-name")
	password.set("helptext", "password-help-text")
	password.set("iconCssClass", "kcAuthenticatorPasswordClass")
	action, held := "createAction", []*object{}
	if c.realm.hasPassword(who.user) {
		credential, one := newObject(), newObject()
		credential.set("id", who.user.ID) // a user has one password at most, so it goes by the user's id
		credential.set("type", "password")
		one.set("credential", credential)
		action, held = "updateAction", []*object{one}
	}
	password.set(action, updatePassword)
	password.set("removeable", false)
	password.set("userCredentialMetadatas", held)
	return c.json([]*object{password})
}
