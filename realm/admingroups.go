package realm

import (
	"net/http"
	"slices"
	"strings"
)

func (r *Realm) groupByID(id string) *Group {
	for _, group := range r.Groups {
		if group.ID == id {
			return group
		}
	}
	return nil
}

// groupsWhere returns the groups that fit, by name.
func (r *Realm) groupsWhere(fits func(*Group) bool) []*Group {
	var found []*Group
	for _, group := range r.Groups {
		if fits(group) {
			found = append(found, group)
		}
	}
	return sortedGroups(found)
}

// subGroups returns the groups right below one, or those at the top.
func (r *Realm) subGroups(parent *Group) []*Group {
	return r.groupsWhere(func(g *Group) bool { return g.Parent == parent })
}

func sortedGroups(groups []*Group) []*Group {
	slices.SortFunc(groups, func(a, b *Group) int {
		return strings.Compare(a.Name+"\x00"+a.Path, b.Name+"\x00"+b.Path)
	})
	return groups
}

func (g *Group) top() *Group {
	for g.Parent != nil {
		g = g.Parent
	}
	return g
}

// listGroups lists the groups at the top, without those below them. A search looks at all groups, and shows what it
// finds below the groups that it is in, or with populateHierarchy=false as a plain list.
func (c *adminCall) listGroups() (any, error) {
	if !c.may(viewUsers) {
		return []*object{}, nil
	}
	brief, counted := c.flag("briefRepresentation", true), c.flag("subGroupsCount", true)
	describe := func(g *Group) *object { return c.groupWithAccess(g, brief, counted) }
	searching := c.searchesGroups()
	groups := c.realm.subGroups(nil)
	if searching {
		groups = c.realm.groupsWhere(c.fitsSearch)
	}
	groups, err := page(c, groups, -1)
	if !searching || !c.flag("populateHierarchy", true) {
		return shown(groups, describe), err
	}
	var withParents []*Group
	for _, group := range groups {
		for g := group; g != nil && !slices.Contains(withParents, g); g = g.Parent {
			withParents = append(withParents, g)
		}
	}
	var below func(parent *Group) []*object
	below = func(parent *Group) []*object {
		level := slices.DeleteFunc(slices.Clone(withParents), func(g *Group) bool { return g.Parent != parent })
		return shown(sortedGroups(level), func(g *Group) *object {
			out := describe(g)
			out.set("subGroups", below(g))
			return out
		})
	}
	return below(nil), err
}

func (c *adminCall) searchesGroups() bool {
	query := c.r.URL.Query()
	return query.Get("search") != "" || query.Get("q") != ""
}

// fitsSearch reports whether a group has the attributes that the request asks for, or else the name.
func (c *adminCall) fitsSearch(g *Group) bool {
	query := c.r.URL.Query()
	search, q := query.Get("search"), query.Get("q")
	switch {
	case q != "":
		for name, value := range queriedAttributes(q) {
			if !slices.Contains(g.Attrs[name], value) {
				return false
			}
		}
		return true
	case search != "" && c.flag("exact", false):
		return g.Name == search
	}
	return contains(g.Name, search)
}

func (c *adminCall) countGroups() (any, error) {
	groups := c.realm.groupsWhere(c.fitsSearch)
	if c.flag("top", false) {
		tops := map[*Group]bool{}
		for _, group := range groups {
			tops[group.top()] = true
		}
		return map[string]int{"count": len(tops)}, nil
	}
	return map[string]int{"count": len(groups)}, nil
}

func (c *adminCall) showGroup() (any, error) { return c.groupWithAccess(c.group, false, true), nil }

func (c *adminCall) showGroupAt() (any, error) {
	group := c.realm.Groups["/"+pathParam(c.r, "*")]
	switch {
	case group == nil:
		return nil, refuse(http.StatusNotFound, "Group path does not exist", "")
	case !c.may(viewUsers):
		return nil, forbidden
	}
	out := c.describeGroup(group, false)
	out.set("subGroupCount", len(c.realm.subGroups(group)))
	return out, nil
}

// listSubGroups has ten groups unless max says otherwise, as in Keycloak.
func (c *adminCall) listSubGroups() (any, error) {
	groups := slices.DeleteFunc(c.realm.subGroups(c.group), func(g *Group) bool { return !c.fitsSearch(g) })
	groups, err := page(c, groups, 10)
	return shown(groups, func(g *Group) *object {
		return c.groupWithAccess(g, c.flag("briefRepresentation", false), c.flag("subGroupsCount", true))
	}), err
}

func (c *adminCall) listMembers() (any, error) {
	members, err := page(c, c.realm.usersWhere(func(u *User) bool { return slices.Contains(u.Groups, c.group) }), defaultPage)
	return shown(members, func(u *User) *object { return c.describeUser(u, c.flag("briefRepresentation", false)) }), err
}

func (c *adminCall) listDefaultGroups() (any, error) {
	return shown(c.realm.defaultGroups, func(g *Group) *object { return c.describeGroup(g, true) }), nil
}

// describeGroup is Keycloak's GroupRepresentation. Roles of clients are for those who may see clients.
func (c *adminCall) describeGroup(g *Group, brief bool) *object {
	out := objectOf("id", g.ID, "name", g.Name, "description?", g.Description, "path", g.Path)
	if g.Parent != nil {
		out.set("parentId", g.Parent.ID)
	}
	out.set("subGroups", []*object{})
	if brief {
		return out
	}
	realmRoles, clientRoles := []string{}, map[string][]string{}
	for _, role := range g.Roles {
		switch {
		case role.Client == nil:
			realmRoles = append(realmRoles, role.Name)
		case c.may(viewClients):
			clientRoles[role.Client.ClientID] = append(clientRoles[role.Client.ClientID], role.Name)
		}
	}
	out.set("attributes", g.Attrs)
	out.set("realmRoles", realmRoles)
	out.set("clientRoles", clientRoles)
	return out
}

func (c *adminCall) groupWithAccess(g *Group, brief, counted bool) *object {
	out := c.describeGroup(g, brief)
	if counted {
		out.set("subGroupCount", len(c.realm.subGroups(g)))
	}
	manages := c.may("manage-users")
	out.set("access", map[string]bool{"view": true, "viewMembers": true, "manageMembers": manages, "manage": manages, "manageMembership": manages})
	return out
}
