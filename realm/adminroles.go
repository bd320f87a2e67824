package realm

import (
	"maps"
	"slices"
	"strings"
)

// rolesOf returns the roles of a client by name; those of the realm for nil.
func (r *Realm) rolesOf(client *Client) map[string]*Role {
	if client == nil {
		return r.Roles
	}
	return r.clientRoles[client]
}

func (r *Realm) roleByID(id string) *Role {
	for _, role := range r.allRoles() {
		if role.ID == id {
			return role
		}
	}
	return nil
}

// allRoles returns the roles of realm and clients.
func (r *Realm) allRoles() []*Role {
	all := slices.Collect(maps.Values(r.Roles))
	for _, roles := range r.clientRoles {
		all = slices.AppendSeq(all, maps.Values(roles))
	}
	return all
}

// mayView reports whether the caller may see the role: one of the realm with the realm, one of a client with the clients.
func (c *adminCall) mayView(role *Role) bool {
	if role.Client != nil {
		return c.may(viewClients)
	}
	return c.may(viewRealm)
}

// roleRoutes are the addresses below one role.
func roleRoutes(role, roles string) []adminRoute {
	routes := []adminRoute{
		{role, roles, (*adminCall).showRole},
		{role + "/composites", roles, (*adminCall).listComposites},
		{role + "/composites/realm", roles, (*adminCall).listPartComposites},
		{role + "/composites/clients/{other}", roles, (*adminCall).listPartComposites},
	}
	if roles != "" { // Keycloak does not have these by the role's id
		routes = append(routes,
			adminRoute{role + "/users", roles, (*adminCall).listHolders},
			adminRoute{role + "/groups", roles, (*adminCall).listHoldingGroups})
	}
	return routes
}

// describeRole is Keycloak's RoleRepresentation.
func (r *Realm) describeRole(role *Role, brief bool) *object {
	container := r.ID
	if role.Client != nil {
		container = role.Client.ID
	}
	out := objectOf(
		"id", role.ID, "name", role.Name, "description?", role.Description, "composite", len(role.Composites) > 0,
		"clientRole", role.Client != nil, "containerId", container,
	)
	if !brief {
		attributes := map[string][]string{}
		maps.Copy(attributes, role.Attrs)
		out.set("attributes", attributes)
	}
	return out
}

// describeRoles shows roles by name; brief is without their attributes.
func (c *adminCall) describeRoles(roles []*Role, brief bool) []*object {
	slices.SortFunc(roles, func(a, b *Role) int { return strings.Compare(a.Name, b.Name) })
	return shown(roles, func(role *Role) *object { return c.realm.describeRole(role, brief) })
}

// listRoles lists the roles of the realm or of the client. Keycloak heeds first and max when both are there, or a search.
func (c *adminCall) listRoles() (any, error) {
	query := c.r.URL.Query()
	search := query.Get("search")
	roles := slices.SortedFunc(maps.Values(c.realm.rolesOf(c.client)), func(a, b *Role) int { return strings.Compare(a.Name, b.Name) })
	roles = slices.DeleteFunc(roles, func(r *Role) bool { return !contains(r.Name, search) && !contains(r.Description, search) })
	var err error
	if search != "" || query.Has("first") && query.Has("max") {
		roles, err = page(c, roles, -1)
	}
	return c.describeRoles(roles, c.flag("briefRepresentation", true)), err
}

func (c *adminCall) showRole() (any, error) { return c.realm.describeRole(c.role, false), nil }

func (c *adminCall) listComposites() (any, error) {
	return c.describeRoles(slices.DeleteFunc(slices.Clone(c.role.Composites), func(r *Role) bool { return !c.mayView(r) }), true), nil
}

// listPartComposites lists what the role is composed of out of the realm's roles, or one client's.
func (c *adminCall) listPartComposites() (any, error) {
	return c.describeRoles(slices.DeleteFunc(partOf(c.role.Composites, c.other), func(r *Role) bool { return !c.mayView(r) }), true), nil
}

// partOf returns those of the roles that belong to the client; to the realm for nil.
func partOf(roles []*Role, client *Client) []*Role {
	return slices.DeleteFunc(slices.Clone(roles), func(r *Role) bool { return r.Client != client })
}

// listHolders lists the users to whom the role is given directly.
func (c *adminCall) listHolders() (any, error) {
	switch {
	case !c.may(queryUsers):
		return nil, forbidden
	case !c.may(viewUsers):
		return []*object{}, nil
	}
	users, err := page(c, c.realm.usersWhere(func(u *User) bool { return slices.Contains(u.Roles, c.role) }), defaultPage)
	return shown(users, c.userInList), err
}

func (c *adminCall) listHoldingGroups() (any, error) {
	if !c.may(viewUsers) {
		return nil, forbidden
	}
	groups, err := page(c, c.realm.groupsWhere(func(g *Group) bool { return slices.Contains(g.Roles, c.role) }), defaultPage)
	return shown(groups, func(g *Group) *object { return c.describeGroup(g, c.flag("briefRepresentation", true)) }), err
}

// mappingRoutes are the addresses of the roles that users and groups have, or that tokens of clients and client scopes
// may carry.
func mappingRoutes(prefix, roles string) []adminRoute {
	return []adminRoute{
		{prefix, roles, (*adminCall).showMappings},
		{prefix + "/realm", roles, (*adminCall).listMapped},
		{prefix + "/realm/composite", roles, (*adminCall).listEffective},
		{prefix + "/realm/available", roles, (*adminCall).listAvailable},
		{prefix + "/clients/{other}", roles, (*adminCall).listMapped},
		{prefix + "/clients/{other}/composite", roles, (*adminCall).listEffective},
		{prefix + "/clients/{other}/available", roles, (*adminCall).listAvailable},
	}
}

// mapped returns the roles that are given directly to what the address names, and all that follow from them.
func (c *adminCall) mapped() (direct, effective []*Role) {
	switch {
	case c.user != nil:
		return c.user.Roles, c.user.Effective()
	case c.group != nil && c.other != nil: // as measured: Keycloak counts what comes from parents for the realm's roles only
		return c.group.Roles, expand(c.group.Roles)
	case c.group != nil:
		return c.group.Roles, (&User{Groups: []*Group{c.group}}).Effective()
	case c.scope != nil:
		return c.scope.ScopeRoles, expand(c.scope.ScopeRoles)
	case c.client.FullScope:
		return c.client.ScopeRoles, c.realm.allRoles()
	}
	own := slices.Collect(maps.Values(c.realm.rolesOf(c.client)))
	return c.client.ScopeRoles, expand(append(own, c.client.ScopeRoles...))
}

// showMappings is Keycloak's MappingsRepresentation. Of users and groups it holds only roles that the caller may see.
func (c *adminCall) showMappings() (any, error) {
	direct, _ := c.mapped()
	onUsers := c.user != nil || c.group != nil
	var ofRealm []*Role
	ofClients := newObject()
	for _, role := range direct {
		switch {
		case onUsers && !c.mayView(role):
		case role.Client == nil:
			ofRealm = append(ofRealm, role)
		case ofClients.get(role.Client.ClientID) == nil:
			client := objectOf(
				"id", role.Client.ID, "client", role.Client.ClientID, "mappings", c.describeRoles(partOf(direct, role.Client), true),
			)
			ofClients.set(role.Client.ClientID, client)
		}
	}
	out := newObject()
	if len(ofRealm) > 0 {
		out.set("realmMappings", c.describeRoles(ofRealm, true))
	}
	if len(ofClients.names) > 0 {
		out.set("clientMappings", ofClients)
	}
	return out, nil
}

func (c *adminCall) listMapped() (any, error) {
	direct, _ := c.mapped()
	return c.visiblePart(direct, true)
}

func (c *adminCall) listEffective() (any, error) {
	_, effective := c.mapped()
	return c.visiblePart(effective, c.flag("briefRepresentation", true))
}

func (c *adminCall) visiblePart(roles []*Role, brief bool) (any, error) {
	if c.other != nil && !c.may(viewClients) {
		return nil, forbidden
	}
	return c.describeRoles(partOf(roles, c.other), brief), nil
}

// listAvailable lists the roles that the caller could add to those given directly.
func (c *adminCall) listAvailable() (any, error) {
	direct, _ := c.mapped()
	roles := slices.Collect(maps.Values(c.realm.rolesOf(c.other)))
	return c.describeRoles(slices.DeleteFunc(roles, func(r *Role) bool { return slices.Contains(direct, r) || !c.mayMap(r) }), true), nil
}

// mayMap reports whether the caller may give the role, were there a way here: an administrator's role only as far as
// the caller's own go.
func (c *adminCall) mayMap(role *Role) bool {
	onClient := c.client != nil || c.scope != nil
	switch {
	case onClient && role.Client == nil:
		return c.may("manage-clients") && c.may("manage-realm")
	case onClient:
		return c.may("manage-clients") && role.Client != c.client // its own are in its scope without saying
	case role.Client == nil || role.Client.ClientID != "realm-management" || strings.HasPrefix(role.Name, "query-"):
		return c.may("manage-users")
	}
	return c.may("manage-users") && (c.holds[role.Name] || c.holds[strings.Replace(role.Name, "view-", "manage-", 1)])
}
