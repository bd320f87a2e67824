package realm

import (
	"slices"
	"strings"
)

const openIDConnect = "openid-connect"

// builtinDefaults are the scopes that clients of a realm without own scopes start with.
var (
	builtinDefaults  = []string{"web-origins", "acr", "profile", "roles", "basic", "email"}
	builtinOptionals = []string{"address", "phone", "organization", offlineAccess, "microprofile-jwt"}
)

// readScopes reads the client scopes. A realm has either its own or the built-in ones, and offline_access in
// any case.
func (b *builder) readScopes() {
	if b.file.member("clientScopes") == nil {
		for _, n := range builtinScopes() {
			b.readScope(n)
		}
		b.defaultScopes, b.optionalScopes = b.named(builtinDefaults), b.named(builtinOptionals)
		return
	}
	for _, n := range b.file.objects("clientScopes") {
		checkScope(n)
		b.readScope(n)
	}
	b.defaultScopes = b.scopesIn(b.file, "defaultDefaultClientScopes")
	b.optionalScopes = b.scopesIn(b.file, "defaultOptionalClientScopes")
	b.checkOwnScopes()
	if !b.fileHas("clientScopes", offlineAccess) {
		for _, n := range builtinScopes() {
			if n.str("name") == offlineAccess {
				b.readScope(n)
			}
		}
		b.optionalScopes = append(b.named([]string{offlineAccess}), b.optionalScopes...)
	}
}

// checkOwnScopes tells which scopes the realm lacks that it would have if the file brought none.
func (b *builder) checkOwnScopes() {
	missing := slices.DeleteFunc(slices.Clone(builtinDefaults), func(name string) bool { return b.fileHas("clientScopes", name) })
	if len(missing) > 0 {
		b.file.member("clientScopes").warn("a file that brings clientScopes gets none of the built-in ones but offline_access: this one has no %s; tokens lack what these would put there", strings.Join(missing, ", "))
	}
}

// checkScope tells what of the scope is not known or not acted on. Every realm has a few for SAML, which few
// realms use.
func checkScope(n *node) {
	scopeFields.check(n, nil)
	if protocol := n.str("protocol"); protocol == "" || protocol == openIDConnect {
		scopeAttributes.check(n.object("attributes"), nil)
	} else if !slices.Contains(builtinForeign, n.str("name")) {
		n.leaveOut(otherProtocols)
	}
}

// builtinForeign are the scopes that every realm has for SAML.
var builtinForeign = []string{"role_list", "saml_organization", "AuthnContextClassRef"}

func (b *builder) readScope(n *node) {
	name := n.str("name")
	switch {
	case name == "":
		n.refuse("a client scope needs a name")
	case b.Scopes[name] != nil:
		n.refuse("client scope %q stands here twice", name)
	case orElse(n.str("protocol"), openIDConnect) == openIDConnect: // those of SAML are of no use here
		b.Scopes[name] = &Scope{ID: b.idOf(n, "scope", name), Name: name, Description: n.str("description"), Mappers: b.readMappers(n), Attrs: n.strMap("attributes")}
	}
}

func (b *builder) readMappers(n *node) []*Mapper {
	var mappers []*Mapper
	for _, m := range n.objects("protocolMappers") {
		mapperFields.check(m, nil)
		name, kind := m.str("name"), m.str("protocolMapper")
		switch {
		case kind == "":
			m.refuse("a protocol mapper needs a protocolMapper, such as oidc-audience-mapper")
		case slices.ContainsFunc(mappers, func(other *Mapper) bool { return other.Name == name }):
			m.refuse("a protocol mapper named %q stands here twice", name)
		default:
			checkMapper(m, kind)
			mappers = append(mappers, &Mapper{ID: b.idOf(m, "mapper", n.str("clientId"), n.str("name"), name), Name: name, Type: kind, Cfg: m.strMap("config")})
		}
	}
	return mappers
}

// checkMapper tells of a mapper that is not acted on. Every realm has the one of organizations, which few
// realms have.
func checkMapper(m *node, kind string) {
	if _, known := mapperKinds[kind]; known || kind == "oidc-organization-membership-mapper" {
		return
	}
	m.leaveOut(protocolMappers)
	if !otherMappers[kind] {
		m.warn("Keycloak has no protocol mapper of the type %q, unless a plug-in brings it: is the name right?", kind)
	}
}

func (b *builder) named(names []string) []*Scope {
	var list []*Scope
	for _, name := range names {
		list = append(list, b.Scopes[name])
	}
	return list
}

// scopesIn reads a list of names of scopes. Keycloak passes over those that it does not know.
func (b *builder) scopesIn(n *node, list string) []*Scope {
	var found []*Scope
	for _, item := range n.list(list) {
		scope := b.Scopes[item.scalar()]
		switch {
		case scope == nil && !b.isForeignScope(item.scalar()):
			item.warn("there is no client scope %q: it is left out, as Keycloak does%s", item.scalar(), b.scopeHint(item.scalar()))
		case scope != nil && !slices.Contains(found, scope):
			found = append(found, scope)
		}
	}
	return found
}

// isForeignScope reports whether the scope is there, but for SAML.
func (b *builder) isForeignScope(name string) bool {
	for _, n := range b.file.list("clientScopes") {
		if n.str("name") == name {
			return true
		}
	}
	return b.file.member("clientScopes") == nil && slices.Contains(builtinForeign, name)
}

func (b *builder) scopeHint(name string) string {
	isBuiltin := slices.ContainsFunc(builtinScopes(), func(n *node) bool { return n.str("name") == name })
	if isBuiltin && b.file.member("clientScopes") != nil {
		return "; a file that brings clientScopes gets none of the built-in ones, so it must bring this one, too"
	}
	return ""
}

// readScopeMappings reads which roles the tokens of clients and scopes may carry.
func (b *builder) readScopeMappings() {
	for _, n := range b.file.objects("scopeMappings") {
		if add := b.scopeTarget(n); add != nil {
			for _, item := range n.list("roles") {
				add(b.realmRole(item))
			}
		}
	}
	clients := b.file.object(eitherName(b.file, "clientScopeMappings", "applicationScopeMappings"))
	for _, of := range clients.values() {
		client := b.Clients[of.name]
		if client == nil {
			of.refuse("there is no client %q to have roles: add it to clients", of.name)
			continue
		}
		for _, n := range clients.objects(of.name) {
			if add := b.scopeTarget(n); add != nil {
				for _, item := range n.list("roles") {
					add(b.clientRole(client, item))
				}
			}
		}
	}
}

// scopeTarget returns how to add a role to the client or client scope that a scope mapping is for.
func (b *builder) scopeTarget(n *node) func(*Role) {
	scopeMappingFields.check(n, nil)
	clientID, scopeName := n.str("client"), orElse(n.str("clientScope"), n.str("clientTemplate"))
	var roles *[]*Role
	switch client, scope := b.Clients[clientID], b.Scopes[scopeName]; {
	case client != nil:
		roles = &client.ScopeRoles
	case clientID != "":
		n.member("client").refuse("there is no client %q", clientID)
	case scope != nil:
		roles = &scope.ScopeRoles
	case scopeName == "":
		n.refuse("a scope mapping needs a client or a clientScope")
	case !b.isForeignScope(scopeName):
		n.refuse("there is no client scope %q", scopeName)
	}
	if roles == nil {
		return nil
	}
	return func(role *Role) {
		if !slices.Contains(*roles, role) {
			*roles = append(*roles, role)
		}
	}
}
