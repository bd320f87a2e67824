package realm

import (
	"maps"
	"slices"
	"strings"
)

// offlineAccess is the realm role and the client scope that offline sessions need.
const offlineAccess = "offline_access"

// startRoles makes the composite role that users made by Keycloak itself start with.
func (b *builder) startRoles() {
	given := b.file.object("defaultRole")
	name := orElse(strings.TrimSpace(given.str("name")), "default-roles-"+strings.ToLower(b.Name))
	b.defaultRole = b.addRealmRole(name, orElse(given.str("description"), "${role_default-roles}"))
	if given != nil {
		roleFields.check(given, nil)
		b.defaultRole.ID = b.idOf(given, "role", name)
	}
}

// addToDefaults makes a role one of those that users made by Keycloak itself start with.
func (b *builder) addToDefaults(role *Role) { addComposite(b.defaultRole, role) }

// addOfflineRole adds the role offline_access, for everybody, unless the file has both it and the scope.
func (b *builder) addOfflineRole() {
	if b.fileHas("roles.realm", offlineAccess) && b.fileHas("clientScopes", offlineAccess) {
		return
	}
	b.addToDefaults(b.addRealmRole(offlineAccess, "${role_offline-access}"))
}

// fileHas reports whether the file lists something of that name.
func (b *builder) fileHas(list, name string) bool {
	n := b.file
	if list == "roles.realm" {
		n, list = n.member("roles"), "realm"
	}
	return slices.ContainsFunc(n.list(list), func(item *node) bool { return item.str("name") == name })
}

func (b *builder) addAuthorizationRole() {
	if b.Roles["uma_authorization"] == nil {
		b.addToDefaults(b.addRealmRole("uma_authorization", "${role_uma_authorization}"))
	}
}

// completeAdminRoles adds the roles that an older file's realm-management lacks.
func (b *builder) completeAdminRoles() {
	client := b.Clients["realm-management"]
	if client == nil {
		return
	}
	have := maps.Clone(b.clientRoles[client])
	for _, n := range builtinRoles("realm-management") {
		if have[n.str("name")] == nil {
			b.addClientRole(client, n.str("name")).Description = n.str("description")
		}
	}
	for _, n := range builtinRoles("realm-management") {
		name := n.str("name")
		if have[name] == nil || name != "realm-admin" {
			b.readComposites(b.clientRoles[client][name], n)
		}
		if have[name] == nil && have["realm-admin"] != nil {
			addComposite(have["realm-admin"], b.clientRoles[client][name])
		}
	}
}

// readOldDefaultRoles reads the lists that older files have in the place of defaultRole.
func (b *builder) readOldDefaultRoles() {
	if b.file.member("defaultRole") != nil {
		return
	}
	for _, item := range b.file.list("defaultRoles") {
		b.addToDefaults(b.realmRole(item))
	}
	for _, n := range b.file.objects("clients") {
		for _, item := range n.list("defaultRoles") {
			if client := b.Clients[n.str("clientId")]; client != nil {
				b.addToDefaults(b.clientRole(client, item))
			}
		}
	}
}

// addDeleteAccountRole adds the role that Keycloak gives the client account even where a file brings it.
func (b *builder) addDeleteAccountRole() {
	if account := b.Clients["account"]; account != nil && b.clientRoles[account]["delete-account"] == nil {
		b.addClientRole(account, "delete-account").Description = "${role_delete-account}"
	}
}
