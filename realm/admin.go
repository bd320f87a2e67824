package realm

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"
)

// The admin REST tells tools what a realm consists of, in Keycloak's words: it shows, and changes nothing. A caller is
// whoever has an access token of that realm, a service account too, and the roles of the client realm-management that
// the token's client may carry. What a role opens was measured on Keycloak, for each address.

// adminCall is one request to the admin REST. Its realm is both the one asked about and the caller's.
type adminCall struct {
	*call
	holds map[string]bool // the roles of realm-management that the caller has

	// What the address names; nil where it names none.
	user   *User
	group  *Group
	client *Client
	scope  *Scope
	role   *Role
	other  *Client // whose roles are asked for; nil: those of the realm
}

// adminRoute is one address below /admin/realms/{realm}. Its handler returns what to show as JSON.
type adminRoute struct {
	path  string
	roles string // any of these roles of realm-management opens it; "": the handler or what the address names decides
	show  func(*adminCall) (any, error)
}

// Roles that open addresses. view-users and its like are composites of the query roles; to manage is to view.
const (
	viewUsers    = "view-users manage-users"
	queryUsers   = viewUsers + " query-users"
	queryGroups  = viewUsers + " query-groups"
	viewClients  = "view-clients manage-clients"
	queryClients = viewClients + " query-clients"
	viewRealm    = "view-realm manage-realm"
)

var adminRoutes = slices.Concat(
	[]adminRoute{
		{"/", "", (*adminCall).showRealm},
		{"/keys", viewRealm, (*adminCall).showKeys},
		{"/default-groups", viewRealm, (*adminCall).listDefaultGroups},

		{"/users", queryUsers, (*adminCall).listUsers},
		{"/users/count", queryUsers, (*adminCall).countUsers},
		{"/users/{user}", viewUsers, (*adminCall).showUser},
		{"/users/{user}/groups", viewUsers, (*adminCall).listUserGroups},
		{"/users/{user}/groups/count", viewUsers, (*adminCall).countUserGroups},
		{"/users/{user}/sessions", viewUsers, (*adminCall).listUserSessions},
		{"/users/{user}/credentials", viewUsers, (*adminCall).listCredentials},
		{"/users/{user}/consents", viewUsers, (*adminCall).listConsents},
		{"/users/profile", "", (*adminCall).nothingHere}, // else it would be a user who is not there

		{"/groups", queryGroups, (*adminCall).listGroups},
		{"/groups/count", queryGroups, (*adminCall).countGroups},
		{"/groups/{group}", viewUsers, (*adminCall).showGroup},
		{"/groups/{group}/children", viewUsers, (*adminCall).listSubGroups},
		{"/groups/{group}/members", viewUsers, (*adminCall).listMembers},
		{"/group-by-path/*", "", (*adminCall).showGroupAt},

		{"/roles", viewRealm, (*adminCall).listRoles},
		{"/clients/{client}/roles", viewClients, (*adminCall).listRoles},

		{"/clients", queryClients, (*adminCall).listClients},
		{"/clients/{client}", viewClients, (*adminCall).showClient},
		{"/clients/{client}/client-secret", viewClients, (*adminCall).showSecret},
		{"/clients/{client}/service-account-user", viewClients, (*adminCall).showServiceAccount},
		{"/clients/{client}/default-client-scopes", viewClients, (*adminCall).listDefaultScopes},
		{"/clients/{client}/optional-client-scopes", viewClients, (*adminCall).listOptionalScopes},
		{"/clients/{client}/user-sessions", viewClients, (*adminCall).listClientSessions},
		{"/clients/{client}/offline-sessions", viewClients, (*adminCall).listClientSessions},
		{"/clients/{client}/session-count", viewClients, (*adminCall).countClientSessions},
		{"/clients/{client}/offline-session-count", viewClients, (*adminCall).countClientSessions},
		{"/clients/{client}/evaluate-scopes/protocol-mappers", viewClients, (*adminCall).listEffectiveMappers},
		{"/clients/{client}/evaluate-scopes/generate-example-access-token", viewClients, exampleOf((*adminCall).accessClaims)},
		{"/clients/{client}/evaluate-scopes/generate-example-id-token", viewClients, exampleOf((*adminCall).idClaims)},
		{"/clients/{client}/evaluate-scopes/generate-example-userinfo", viewClients, exampleOf((*adminCall).userinfoClaims)},

		{"/client-scopes", queryClients, (*adminCall).listScopes},
		{"/client-scopes/{scope}", viewClients, (*adminCall).showScope},
		{"/default-default-client-scopes", viewClients, (*adminCall).listDefaultScopes},
		{"/default-optional-client-scopes", viewClients, (*adminCall).listOptionalScopes},
	},
	roleRoutes("/roles/{role}", viewRealm),
	roleRoutes("/clients/{client}/roles/{role}", viewClients),
	roleRoutes("/roles-by-id/{role-id}", ""),
	mappingRoutes("/users/{user}/role-mappings", viewUsers),
	mappingRoutes("/groups/{group}/role-mappings", viewUsers),
	mappingRoutes("/clients/{client}/scope-mappings", viewClients),
	mappingRoutes("/client-scopes/{scope}/scope-mappings", viewClients),
	mapperRoutes("/clients/{client}/protocol-mappers"),
	mapperRoutes("/client-scopes/{scope}/protocol-mappers"),
)

func (s *Server) adminREST(r chi.Router) {
	r.NotFound(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusNotFound, map[string]string{
			"error": "HTTP 404 Not Found", "error_description": "The development realm has no admin console. Its admin REST is at /admin/realms, and what a realm consists of stands in the realm file.",
		})
	})
	r.HandleFunc("/serverinfo", s.admin(adminRoute{show: (*adminCall).showServer}))
	r.HandleFunc("/realms", s.admin(adminRoute{show: (*adminCall).listRealms}))
	r.Route("/realms/{realm}", func(r chi.Router) {
		for _, route := range adminRoutes {
			r.HandleFunc(route.path, s.admin(route))
		}
		r.NotFound(s.admin(adminRoute{show: (*adminCall).nothingHere}))
	})
}

// admin answers a request: who asks, what the address names, whether the caller may see it, and that.
func (s *Server) admin(route adminRoute) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{w: w, r: r, s: s, now: s.now()}
		if r.Method == http.MethodOptions {
			// As Keycloak has it, writing included: a page that tries to write then reads why it cannot.
			_ = endpoint{methods: "GET HEAD", cors: "DELETE, POST, GET, PUT"}.preflight(c)
			return
		}
		body, err := c.administer(route)
		if err != nil {
			c.fail(err)
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
		_ = c.json(body)
	}
}

func (c *call) administer(route adminRoute) (any, error) {
	a, err := c.adminCaller()
	switch {
	case err != nil:
		return nil, err
	case c.r.Method != http.MethodGet && c.r.Method != http.MethodHead:
		return a.readOnly()
	}
	if err := a.find(route); err != nil {
		return nil, err
	}
	return route.show(a)
}

// adminCaller reads whose token the request carries. Keycloak takes tokens of the realm master for all realms; here
// each realm has its own.
func (c *call) adminCaller() (*adminCall, error) {
	unauthorized := refuse(http.StatusUnauthorized, "HTTP 401 Unauthorized", "")
	token := c.bearer()
	if c.realm = c.issuing(token); c.realm == nil {
		return nil, unauthorized
	}
	c.now = c.realm.troubles.now(c.now)
	t, g, reason := c.judge(token)
	if reason != "" {
		return nil, unauthorized
	}
	if err := c.admitOrigin(t.client); err != nil {
		return nil, err
	}
	if name := pathParam(c.r, "realm"); name != "" && name != c.realm.Name {
		if c.s.current()[name] == nil {
			return nil, refuse(http.StatusNotFound, "Realm not found.", "")
		}
		return nil, forbidden
	}
	c.w.Header().Del("Access-Control-Expose-Headers") // of which none here has anything to say
	a := &adminCall{call: c, holds: map[string]bool{}}
	for _, role := range g.scopes.rolesFor(t.user, t.client) {
		if role.Client != nil && role.Client.ClientID == "realm-management" {
			a.holds[role.Name] = true
		}
	}
	return a, nil
}

var forbidden = refuse(http.StatusForbidden, "HTTP 403 Forbidden", "")

// issuing returns the realm that a token says it is from; nil when there is none. It checks nothing: judge does.
func (c *call) issuing(token string) *served {
	var claims accessToken
	parts := strings.Split(token, ".")
	if len(parts) != 3 || decodePart(parts[1], &claims) != nil {
		return nil
	}
	name, err := url.PathUnescape(strings.TrimPrefix(claims.Issuer, c.base()+"/realms/"))
	if err != nil {
		return nil
	}
	return c.s.current()[name]
}

// may reports whether the caller holds one of the roles.
func (c *adminCall) may(roles string) bool {
	return slices.ContainsFunc(strings.Fields(roles), func(role string) bool { return c.holds[role] })
}

// find looks up what the address names, and decides whether the caller may see it. Who may not even search for a kind
// of things learns nothing about which there are, but for groups and roles by id: in Keycloak, anybody does.
func (c *adminCall) find(route adminRoute) error {
	for _, name := range chi.RouteContext(c.r.Context()).URLParams.Keys {
		var missing bool
		var text, roles string
		switch value := pathParam(c.r, name); name {
		case "user":
			c.user = c.realm.UserByID(value)
			missing, text, roles = c.user == nil, "User not found", queryUsers
		case "client":
			c.client = c.realm.clientByID(value)
			missing, text, roles = c.client == nil, noClient, queryClients
		case "scope":
			c.scope = c.realm.scopeByID(value)
			missing, text, roles = c.scope == nil, "Could not find client scope", queryClients
		case "group":
			c.group = c.realm.groupByID(value)
			missing, text = c.group == nil, "Could not find group by id"
		case "role-id":
			c.role = c.realm.roleByID(value)
			missing, text = c.role == nil, "Could not find role with id"
		}
		switch {
		case missing && (roles == "" || c.may(roles)):
			return refuse(http.StatusNotFound, text, "")
		case missing, name == "role-id" && !c.mayView(c.role):
			return forbidden
		}
	}
	if route.roles != "" && !c.may(route.roles) {
		return forbidden
	}
	if name := pathParam(c.r, "role"); name != "" {
		if c.role = c.realm.rolesOf(c.client)[name]; c.role == nil {
			return refuse(http.StatusNotFound, "Could not find role", "")
		}
	}
	if id := pathParam(c.r, "other"); id != "" {
		c.other = c.realm.clientByID(id)
		switch {
		case c.other == nil && (c.user != nil || c.group != nil):
			return refuse(http.StatusNotFound, "Client not found", "")
		case c.other == nil:
			return refuse(http.StatusNotFound, noClient, "")
		}
	}
	return nil
}

const noClient = "Could not find client"

// nothingHere answers where there is nothing to see, though Keycloak may have something there.
func (c *adminCall) nothingHere() (any, error) {
	return nil, refuse(http.StatusNotFound, "HTTP 404 Not Found", "The admin REST of the development realm shows the realm, its users, groups, roles, clients, client scopes and keys, and has nothing at this address.")
}

// readOnly answers whoever wants to change something.
func (c *adminCall) readOnly() (any, error) {
	c.w.Header().Set("Allow", "GET, HEAD, OPTIONS")
	return nil, refuse(http.StatusMethodNotAllowed, "HTTP 405 Method Not Allowed", "The admin REST of the development realm only reads. Change the realm file instead; "+
		"the control API at /realms/"+c.realm.Name+"/keystead changes keys and token lifetimes while the realm runs.")
}

// flag reads a parameter as Java does: what is not true is false.
func (c *adminCall) flag(name string, otherwise bool) bool {
	if text := c.r.URL.Query().Get(name); text != "" {
		return strings.EqualFold(text, "true")
	}
	return otherwise
}

// page cuts what first and max ask for out of a list. most is how many there are without max; -1 for all.
func page[T any](c *adminCall, list []T, most int) ([]T, error) {
	first, err := c.number("first", 0)
	if err != nil {
		return nil, err
	}
	if most, err = c.number("max", most); err != nil {
		return nil, err
	}
	list = list[min(max(first, 0), len(list)):]
	if most >= 0 {
		list = list[:min(most, len(list))]
	}
	return list, nil
}

func (c *adminCall) number(name string, otherwise int) (int, error) {
	text := c.r.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil { // to Keycloak, there is nothing at such an address
		return 0, refuse(http.StatusNotFound, "HTTP 404 Not Found", name+" must be a whole number, not "+printable(text))
	}
	return int(n), nil
}

// shown turns each of a list into what is shown of it. An empty list is [] in JSON.
func shown[T any](list []T, show func(T) *object) []*object {
	all := make([]*object, 0, len(list))
	for _, item := range list {
		all = append(all, show(item))
	}
	return all
}

func contains(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}
