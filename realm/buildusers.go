package realm

import (
	"fmt"
	"slices"
	"strings"
)

// readGroups reads the tree of groups, and which of them new users join.
func (b *builder) readGroups() {
	for _, n := range b.file.objects("groups") {
		b.readGroup(n, nil)
	}
	for _, item := range b.file.list("defaultGroups") {
		if group := b.groupAt(item); group != nil {
			b.defaultGroups = append(b.defaultGroups, group)
		}
	}
}

func (b *builder) readGroup(n *node, parent *Group) {
	groupFields.check(n, nil)
	name := n.str("name")
	path := "/" + name
	if parent != nil {
		path = parent.Path + path
	}
	switch {
	case name == "":
		n.refuse("a group needs a name")
		return
	case b.Groups[path] != nil:
		n.refuse("group %s stands here twice", path)
		return
	}
	group := &Group{ID: b.idOf(n, "group", path), Name: name, Path: path, Description: n.str("description"), Parent: parent, Roles: b.grantedRoles(n), Attrs: n.strsMap("attributes")}
	b.Groups[path] = group
	for _, sub := range n.objects("subGroups") {
		b.readGroup(sub, group)
	}
}

// groupAt returns the group whose path the item is; a slash at either end may be missing or too many.
func (b *builder) groupAt(item *node) *Group {
	path := "/" + strings.TrimSuffix(strings.TrimPrefix(item.scalar(), "/"), "/")
	group := b.Groups[path]
	if group == nil {
		item.refuse("there is no group %q: add it to groups, or correct its path, such as /staff/ops", item.scalar())
	}
	return group
}

func (b *builder) readUsers() {
	var without []string
	for _, n := range b.users {
		userFields.check(n, nil)
		user := b.readUser(n)
		if user == nil {
			continue
		}
		b.Users = append(b.Users, user)
		if user.Enabled && user.ServiceAccountOf == nil && n.member("realmRoles") == nil && len(user.Effective()) == 0 {
			without = append(without, user.Username)
		}
	}
	if len(without) > 0 {
		b.users[0].parent.warn("no role stands with %s, so their tokens carry none: a user of a file has the roles that are listed, and not the default ones; add \"realmRoles\": [%q], or [] if that is meant", few(without), b.defaultRole.Name)
	}
}

// few lists the first names of many.
func few(names []string) string {
	const shown = 5
	if more := len(names) - shown; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), more)
	}
	return strings.Join(names, ", ")
}

func (b *builder) readUser(n *node) *User {
	user := &User{
		Username:        strings.ToLower(rootAttribute(n, "username")),
		Email:           strings.ToLower(rootAttribute(n, "email")),
		FirstName:       rootAttribute(n, "firstName"),
		LastName:        rootAttribute(n, "lastName"),
		EmailVerified:   n.flag("emailVerified", false),
		Enabled:         n.flag("enabled", false),
		RequiredActions: readActions(n),
		NotBefore:       n.number("notBefore", 0),
		Created:         n.instant("createdTimestamp"),
		part:            n.digest(),
	}
	user.ID = b.idOf(n, "user", user.Username)
	if !b.isNew(n, user) {
		return nil
	}
	if n.member("enabled") == nil {
		n.warn(`there is no "enabled", which Keycloak reads as false: this user cannot sign in; add "enabled": true`)
	}
	user.Attrs = b.profile.keep(n)
	user.Credentials = b.readCredentials(n, user)
	user.Roles = b.grantedRoles(n)
	user.Consents = b.readConsents(n)
	for _, item := range n.list("groups") {
		if group := b.groupAt(item); group != nil && !slices.Contains(user.Groups, group) {
			user.Groups = append(user.Groups, group)
		}
	}
	b.linkServiceAccount(n, user)
	if user.ServiceAccountOf == nil {
		b.checkPerson(n, user)
	}
	return user
}

// checkPerson tells what may surprise of a person of the file: Keycloak takes them word for word.
func (b *builder) checkPerson(n *node, user *User) {
	if flaws := b.flaws(user); len(flaws) > 0 {
		var all []string
		for _, flaw := range flaws {
			all = append(all, flaw.inFile())
		}
		n.warn("%s: Keycloak stops this user at \"Update Account Information\", and refuses the password grant", strings.Join(all, ", "))
	}
	for _, action := range user.RequiredActions {
		n.member("requiredActions").warn("%s: Keycloak asks this user for it at the sign-in, and refuses the password grant until it is done", action)
		if action != updatePassword {
			n.member("requiredActions").leaveOut(requiredActions, action)
		}
	}
	for _, name := range []string{"username", "email"} {
		if given := n.str(name); given != strings.ToLower(given) {
			n.member(name).warn("Keycloak keeps this in lower case, as %s", strings.ToLower(given))
		}
	}
}

// rootAttribute reads a member of the user that may stand among the attributes, too, and wins there.
func rootAttribute(n *node, name string) string {
	if n.member("attributes").member(name) != nil {
		if values := n.strsMap("attributes")[name]; len(values) > 0 {
			return values[0]
		}
	}
	return n.str(name)
}

// readActions reads the required actions. Keycloak takes its own in any case.
func readActions(n *node) []string {
	actions := n.strs("requiredActions")
	for i, action := range actions {
		if builtinActions[strings.ToUpper(action)] {
			actions[i] = strings.ToUpper(action)
		}
	}
	return actions
}

var builtinActions = set("VERIFY_EMAIL UPDATE_PROFILE CONFIGURE_TOTP UPDATE_PASSWORD TERMS_AND_CONDITIONS VERIFY_PROFILE UPDATE_EMAIL CONFIGURE_RECOVERY_AUTHN_CODES")

// isNew reports whether the user has a name and shares nothing that only one may have; it records a problem
// if not.
func (b *builder) isNew(n *node, user *User) bool {
	name, id, email := "name "+user.Username, "id "+user.ID, "email "+user.Email
	switch {
	case user.Username == "":
		n.refuse("a user needs a username")
	case b.known[name]:
		n.refuse("user %q is there already; case makes no difference", user.Username)
	case b.known[id]:
		n.refuse("another user has the id %s, too", user.ID)
	case user.Email != "" && b.known[email] && !b.DuplicateEmailsAllowed:
		n.refuse("another user has the e-mail address %s, too, and duplicateEmailsAllowed is not true", user.Email)
	default:
		b.known[name], b.known[id], b.known[email] = true, true, true
		return true
	}
	return false
}

// linkServiceAccount reads whether the user is the service account of a client.
func (b *builder) linkServiceAccount(n *node, user *User) {
	id := n.str("serviceAccountClientId")
	if id == "" {
		return
	}
	client := b.Clients[id]
	if client == nil {
		n.member("serviceAccountClientId").refuse("there is no client %q whose service account this could be", id)
		return
	}
	user.ServiceAccountOf = client
	if client.ServiceAccounts && client.ServiceAccount == nil {
		client.ServiceAccount = user
	}
}

// addServiceAccounts makes the service accounts that the file lacks. Unlike the users of the file, these
// have the default roles and groups.
func (b *builder) addServiceAccounts() {
	for _, n := range b.file.objects("clients") {
		client := b.Clients[n.str("clientId")]
		if client == nil || !client.ServiceAccounts || client.ServiceAccount != nil {
			continue
		}
		user := &User{
			Username:         "service-account-" + strings.ToLower(client.ClientID),
			Enabled:          true,
			Roles:            []*Role{b.defaultRole},
			Groups:           b.defaultGroups,
			ServiceAccountOf: client,
		}
		user.ID = stableID(b.Name, "user", user.Username)
		if b.known["name "+user.Username] {
			n.refuse("the service account needs the username %s, which a user of the file has: give that user \"serviceAccountClientId\": %q", user.Username, client.ClientID)
			continue
		}
		client.ServiceAccount = user
		b.Users = append(b.Users, user)
		b.addServiceScope(client)
	}
}

// addServiceScope gives the client of a new service account the scope for it. A service account that the file
// brings changes nothing: there, the scopes are as the file says.
func (b *builder) addServiceScope(client *Client) {
	scope := b.Scopes["service_account"]
	if scope == nil || slices.Contains(client.DefaultScopes, scope) {
		return
	}
	client.DefaultScopes = append(client.DefaultScopes, scope)
	client.OptionalScopes = slices.DeleteFunc(client.OptionalScopes, func(s *Scope) bool { return s == scope })
}

func (b *builder) readConsents(n *node) map[string][]string {
	consents := map[string][]string{}
	for _, c := range n.objects("clientConsents") {
		consentFields.check(c, nil)
		id := c.str("clientId")
		if b.Clients[id] == nil {
			c.refuse("there is no client %q to have consent for", id)
			continue
		}
		for _, item := range c.list("grantedClientScopes") {
			if b.Scopes[item.scalar()] == nil {
				item.refuse("there is no client scope %q to have consent for", item.scalar())
			}
		}
		consents[id] = c.strs("grantedClientScopes")
	}
	return consents
}
