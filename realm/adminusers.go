package realm

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// defaultPage is how many a list of people has without max.
const defaultPage = 100

func (c *adminCall) listUsers() (any, error) {
	if !c.may(viewUsers) {
		return []*object{}, nil
	}
	users, err := page(c, c.searchedUsers(), defaultPage)
	return shown(users, c.userInList), err
}

// countUsers counts those that listUsers has. Keycloak tells the number even to callers who may see none of them.
func (c *adminCall) countUsers() (any, error) { return len(c.searchedUsers()), nil }

func (c *adminCall) showUser() (any, error) {
	out := c.describeUser(c.user, false)
	manages := c.may("manage-users")
	out.set("access", map[string]bool{
		"view": true, "manage": manages, "manageGroupMembership": manages, "resetPassword": manages, "mapRoles": manages,
		"impersonate": c.may("impersonation"),
	})
	return out, nil
}

// describeUser is Keycloak's UserRepresentation.
func (c *adminCall) describeUser(user *User, brief bool) *object {
	out := objectOf(
		"id", user.ID, "username", user.Username, "firstName?", user.FirstName, "lastName?", user.LastName, "email?", user.Email,
		"emailVerified", user.EmailVerified, "enabled", user.Enabled, "createdTimestamp", c.created(user),
	)
	if brief {
		return out
	}
	if attributes := c.realm.shownAttributes(user); len(attributes) > 0 {
		out.set("attributes", attributes)
	}
	out.set("totp", false)
	out.set("disableableCredentialTypes", []string{})
	out.set("requiredActions", c.realm.remainingActions(user))
	out.set("notBefore", user.NotBefore)
	return out
}

// created is when the user was made: in Keycloak the import, here the start.
func (c *adminCall) created(user *User) int64 { return cmp.Or(user.Created, c.s.started.UnixMilli()) }

func (c *adminCall) userInList(user *User) *object {
	out := c.describeUser(user, c.flag("briefRepresentation", false))
	out.set("access", map[string]bool{"manage": c.may("manage-users")})
	return out
}

// shownAttributes are those that the user profile lets administrators see; all of them where it takes any.
func (r *Realm) shownAttributes(user *User) map[string][]string {
	all := map[string][]string{}
	for name, values := range user.Attrs {
		declared := slices.IndexFunc(r.Profile, func(a ProfileAttribute) bool { return a.Name == name })
		if declared < 0 && r.unmanagedShown || declared >= 0 && slices.Contains(r.Profile[declared].View, "admin") {
			all[name] = values
		}
	}
	return all
}

// remainingActions are the required actions of the file that were not carried out yet.
func (v *served) remainingActions(user *User) []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	actions := []string{}
	for _, action := range user.RequiredActions {
		if !slices.Contains(v.done[user.ID], action) {
			actions = append(actions, action)
		}
	}
	return actions
}

// searchedUsers are the users that the request asks for, by name. With search, or nothing to look for at all, they are
// people; service accounts are found by what is particular to them.
func (c *adminCall) searchedUsers() []*User {
	query := c.r.URL.Query()
	ids, byID := strings.CutPrefix(strings.TrimSpace(query.Get("search")), "id:")
	if !byID {
		return c.realm.usersWhere(c.userFilter(query))
	}
	var users []*User // as they are asked for
	for id := range strings.FieldsSeq(ids) {
		if user := c.realm.UserByID(id); user != nil {
			users = append(users, user)
		}
	}
	return users
}

// usersWhere returns the users that fit, by name.
func (r *Realm) usersWhere(fits func(*User) bool) []*User {
	users := slices.DeleteFunc(slices.Clone(r.Users), func(u *User) bool { return !fits(u) })
	slices.SortFunc(users, func(a, b *User) int { return strings.Compare(a.Username, b.Username) })
	return users
}

func (c *adminCall) userFilter(query url.Values) func(*User) bool {
	has := func(u *User, name string, is bool) bool {
		return query.Get(name) == "" || is == strings.EqualFold(query.Get(name), "true")
	}
	states := func(u *User) bool {
		return has(u, "enabled", u.Enabled) && has(u, "emailVerified", u.EmailVerified)
	}
	if search := strings.TrimSpace(query.Get("search")); search != "" {
		words := strings.Fields(strings.ToLower(search))
		return func(u *User) bool {
			return u.ServiceAccountOf == nil && states(u) && !slices.ContainsFunc(words, func(word string) bool {
				return !fitsWord(u.Username, word) && !fitsWord(u.Email, word) && !fitsWord(u.FirstName, word) && !fitsWord(u.LastName, word)
			})
		}
	}
	attributes := queriedAttributes(query.Get("q"))
	federated := query.Get("idpAlias") != "" || query.Get("idpUserId") != "" // nobody is, here
	particular := len(attributes) > 0 || federated || query.Has("exact")
	for _, name := range append([]string{"enabled", "emailVerified"}, rootAttributes...) {
		particular = particular || query.Get(name) != ""
	}
	exact := c.flag("exact", false)
	return func(u *User) bool {
		for _, name := range rootAttributes {
			wanted, value := query.Get(name), strings.Join(u.Attribute(name, false), "")
			if !contains(value, wanted) || exact && wanted != "" && !strings.EqualFold(value, wanted) {
				return false
			}
		}
		return (particular || u.ServiceAccountOf == nil) && states(u) && u.hasAttributes(attributes) && !federated
	}
}

// fitsWord reports whether a value begins with a word of a search, in lower case. In the word, * stands for anything,
// and "quotes" round it for the whole value.
func fitsWord(value, word string) bool {
	value = strings.ToLower(value)
	if inner, ok := strings.CutPrefix(word, `"`); ok && strings.HasSuffix(inner, `"`) {
		return value == strings.TrimSuffix(inner, `"`)
	}
	parts := strings.Split(word, "*")
	rest, ok := strings.CutPrefix(value, parts[0])
	for _, part := range parts[1:] {
		if _, after, found := strings.Cut(rest, part); found {
			rest = after
		} else {
			ok = false
		}
	}
	return ok
}

var queriedAttribute = regexp.MustCompile(`(?:"([^"]*)"|([^\s:"]+)):(?:"([^"]*)"|(\S+))`)

// queriedAttributes reads a query such as team:red "full title":"head of sales".
func queriedAttributes(q string) map[string]string {
	wanted := map[string]string{}
	for _, found := range queriedAttribute.FindAllStringSubmatch(q, -1) {
		wanted[found[1]+found[2]] = found[3] + found[4]
	}
	return wanted
}

func (u *User) hasAttributes(wanted map[string]string) bool {
	for name, value := range wanted {
		values := u.Attrs[name]
		if slices.Contains(rootAttributes, name) {
			values = u.Attribute(name, false)
		}
		if !slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, value) }) {
			return false
		}
	}
	return true
}

func (c *adminCall) listUserGroups() (any, error) {
	groups, err := page(c, c.userGroups(), -1)
	return shown(groups, func(g *Group) *object { return c.describeGroup(g, c.flag("briefRepresentation", true)) }), err
}

func (c *adminCall) countUserGroups() (any, error) {
	return map[string]int{"count": len(c.userGroups())}, nil
}

func (c *adminCall) userGroups() []*Group {
	return sortedGroups(slices.DeleteFunc(slices.Clone(c.user.Groups), func(g *Group) bool {
		return !contains(g.Name, c.r.URL.Query().Get("search"))
	}))
}

// listCredentials tells which passwords the user has, and nothing of what they are or how they are kept.
func (c *adminCall) listCredentials() (any, error) {
	credentials := []*object{}
	count := len(c.user.Credentials)
	if c.realm.passwordChanged(c.user) {
		count = 1
	}
	for i := range count {
		out := objectOf(
			"id", stableID(c.realm.Name, "credential", c.user.ID, strconv.Itoa(i)), "type", "password",
			"createdDate", c.created(c.user),
		)
		credentials = append(credentials, out)
	}
	return credentials, nil
}

// listConsents tells which scopes the user has granted to clients. When is not known: the start stands for it.
func (c *adminCall) listConsents() (any, error) {
	c.realm.mu.Lock()
	defer c.realm.mu.Unlock()
	consents := []*object{}
	for _, id := range slices.Sorted(slices.Values(c.realm.ClientIDs())) {
		names := slices.Sorted(slices.Values(slices.Concat(c.user.Consents[id], c.realm.consents[c.user.ID+" "+id])))
		if len(names) == 0 {
			continue
		}
		out := objectOf(
			"clientId", id, "grantedClientScopes", slices.Compact(names), "createdDate", c.s.started.UnixMilli(),
			"lastUpdatedDate", c.s.started.UnixMilli(), "additionalGrants", []string{},
		)
		consents = append(consents, out)
	}
	return consents, nil
}

func (v *served) passwordChanged(user *User) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, changed := v.passwords[user.ID]
	return changed
}

func (c *adminCall) listUserSessions() (any, error) {
	return c.describeSessions(false, func(s *session) bool { return s.user.ID == c.user.ID }), nil
}

// describeSessions shows the sessions that fit, by id. Their address is this machine's: none else gets here.
func (c *adminCall) describeSessions(offline bool, fits func(*session) bool) []*object {
	v := c.realm
	v.mu.Lock()
	defer v.mu.Unlock()
	var found []*session
	sessions := v.sessions
	if offline {
		sessions = v.offline
	}
	sessions.each(c.now, func(s *session) {
		if v.bind(s) && fits(s) {
			found = append(found, s)
		}
	})
	slices.SortFunc(found, func(a, b *session) int { return strings.Compare(a.id, b.id) })
	return shown(found, func(s *session) *object {
		clients := map[string]string{}
		for _, part := range s.clients {
			clients[part.client.ID] = part.client.ClientID
		}
		return objectOf(
			"id", s.id, "username", s.user.Username, "userId", s.user.ID, "ipAddress", "127.0.0.1",
			"start", s.started.UnixMilli(), "lastAccess", s.seen.UnixMilli(), "rememberMe", s.remember, "clients", clients,
			"transientUser", false,
		)
	})
}
