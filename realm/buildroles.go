package realm

import (
	"slices"
	"strings"
)

func (b *builder) addRealmRole(name, description string) *Role {
	role := &Role{ID: stableID(b.Name, "role", name), Name: name, Description: description}
	b.Roles[name] = role
	return role
}

func (b *builder) addClientRole(client *Client, name string) *Role {
	role := &Role{ID: stableID(b.Name, "role", client.ClientID, name), Name: name, Client: client}
	b.clientRoles[client][name] = role
	return role
}

func addComposite(role, part *Role) {
	if !slices.Contains(role.Composites, part) {
		role.Composites = append(role.Composites, part)
	}
}

// readRoles reads the roles of realm and clients, then what they are composed of, and adds those that
// every realm has.
func (b *builder) readRoles() {
	b.addOfflineRole()
	roles := b.file.object("roles")
	if roles != nil {
		rolesFields.check(roles, nil)
	}
	for _, n := range roles.objects("realm") {
		b.readRealmRole(n)
	}
	clients := roles.object(eitherName(roles, "client", "application"))
	for _, of := range clients.values() {
		client := b.Clients[of.name]
		if client == nil {
			of.refuse("there is no client %q to have roles: add it to clients", of.name)
			continue
		}
		for _, n := range clients.objects(of.name) {
			b.readClientRole(client, n)
		}
	}
	b.completeAdminRoles()
	b.addDeleteAccountRole()
	for _, n := range roles.objects("realm") {
		b.readComposites(b.Roles[roleName(n)], n)
	}
	for _, of := range clients.values() {
		for _, n := range clients.objects(of.name) {
			b.readComposites(b.clientRoles[b.Clients[of.name]][roleName(n)], n)
		}
	}
	b.readOldDefaultRoles()
	b.addAuthorizationRole()
}

// eitherName returns the name by which a member stands there: the newer, or the one of old exports.
func eitherName(n *node, newer, older string) string {
	if n.member(newer) == nil && n.member(older) != nil {
		return older
	}
	return newer
}

func roleName(n *node) string { return strings.TrimSpace(n.str("name")) }

func (b *builder) readRealmRole(n *node) {
	roleFields.check(n, nil)
	name := roleName(n)
	role := b.Roles[name]
	switch {
	case name == "":
		n.refuse("a role needs a name")
		return
	case role == nil:
		role = b.addRealmRole(name, "")
	case role != b.defaultRole && name != offlineAccess:
		n.refuse("realm role %q stands here twice", name)
		return
	}
	if n.str("id") != "" {
		role.ID = n.str("id")
	}
	role.Attrs, role.Description = n.strsMap("attributes"), orElse(n.str("description"), role.Description)
}

func (b *builder) readClientRole(client *Client, n *node) {
	roleFields.check(n, nil)
	name := roleName(n)
	role := b.clientRoles[client][name]
	switch {
	case name == "":
		n.refuse("a role needs a name")
		return
	case role != nil && !b.bringsClient(client.ClientID):
		n.refuse("Keycloak gives client %q this role itself and refuses a second one: leave it out, or add the client to clients, which then must bring all its roles", client.ClientID)
		return
	case role != nil:
		n.refuse("role %q of client %q stands here twice", name, client.ClientID)
		return
	}
	role = b.addClientRole(client, name)
	role.ID = b.idOf(n, "role", client.ClientID, name)
	role.Attrs, role.Description = n.strsMap("attributes"), n.str("description")
}

func (b *builder) readComposites(role *Role, n *node) {
	composites := n.object("composites")
	if role == nil || composites == nil {
		return
	}
	compositeFields.check(composites, nil)
	for _, item := range composites.list("realm") {
		if part := b.Roles[item.scalar()]; part != nil {
			addComposite(role, part)
		} else {
			item.refuse("role %q is to include realm role %q, which is not there: add it to roles.realm", role.Name, item.scalar())
		}
	}
	clients := composites.object(eitherName(composites, "client", "application"))
	for _, of := range clients.values() {
		client := b.Clients[of.name]
		if client == nil {
			of.refuse("role %q is to include roles of client %q, which is not there: add it to clients", role.Name, of.name)
			continue
		}
		for _, item := range clients.list(of.name) {
			if part := b.clientRoles[client][item.scalar()]; part != nil {
				addComposite(role, part)
			} else {
				item.refuse("role %q is to include role %q of client %q, which is not there: add it to roles.client", role.Name, item.scalar(), of.name)
			}
		}
	}
}

// realmRole returns the role that the item names. Keycloak makes those that are not there, and so it is here.
func (b *builder) realmRole(item *node) *Role {
	name := strings.TrimSpace(item.scalar())
	if role := b.Roles[name]; role != nil {
		return role
	}
	item.warn("there is no realm role %q: it is made, as Keycloak does; is the name right?", name)
	return b.addRealmRole(name, "")
}

func (b *builder) clientRole(client *Client, item *node) *Role {
	name := strings.TrimSpace(item.scalar())
	if role := b.clientRoles[client][name]; role != nil {
		return role
	}
	item.warn("client %q has no role %q: it is made, as Keycloak does; is the name right?", client.ClientID, name)
	return b.addClientRole(client, name)
}

// grantedRoles reads realmRoles and clientRoles of a user or a group.
func (b *builder) grantedRoles(n *node) []*Role {
	var roles []*Role
	add := func(role *Role) {
		if !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	for _, item := range n.list("realmRoles") {
		add(b.realmRole(item))
	}
	clients := n.object(eitherName(n, "clientRoles", "applicationRoles"))
	for _, of := range clients.values() {
		client := b.Clients[of.name]
		if client == nil {
			of.refuse("there is no client %q to have roles: add it to clients, or remove this", of.name)
			continue
		}
		for _, item := range clients.list(of.name) {
			add(b.clientRole(client, item))
		}
	}
	return roles
}
