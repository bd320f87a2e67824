package realm

import (
	_ "embed"
	"slices"
	"sync"
)

// What Keycloak 26.7 adds to a realm by itself, in the form of a realm file. ${realm} is its name.
var (
	//go:embed builtin-scopes.json
	builtinScopesText []byte
	//go:embed builtin-clients.json
	builtinClientsText []byte
	//go:embed keycloak-defaults.json
	keycloakDefaultsText []byte
)

// builtinScopes returns the client scopes of a realm whose file brings none.
var builtinScopes = sync.OnceValue(func() []*node { return parseBuiltin("", builtinScopesText).items })

// keycloakDefaults returns what the members of a new realm say that this one does not act on; those that say
// nothing, such as false, are left out.
var keycloakDefaults = sync.OnceValue(func() *node { return parseBuiltin("", keycloakDefaultsText) })

func parseBuiltin(realmName string, text []byte) *node {
	if realmName != "" {
		text = replacePlaceholders(text, func(name string) (string, bool) { return realmName, name == "realm" })
	}
	root, err := (&source{name: "built-in", text: text, log: &findings{}}).parse()
	if err != nil {
		panic(err) // a fault of this program, which the tests would show
	}
	return root
}

var builtinRolesNode = sync.OnceValue(func() *node { return parseBuiltin("", builtinClientsText).object("roles").object("client") })

// builtinRoles returns the roles that one of the clients has that every realm has.
func builtinRoles(clientID string) []*node { return builtinRolesNode().objects(clientID) }

// addBuiltinClients adds the clients that every realm has, but for those that the file brings itself.
func (b *builder) addBuiltinClients() {
	builtin := parseBuiltin(b.Name, builtinClientsText)
	bringsScopes := b.file.member("clientScopes") != nil
	for _, n := range builtin.objects("clients") {
		id := n.str("clientId")
		if b.bringsClient(id) && id == "account-console" && !b.bringsClient("account") {
			b.file.member("clients").refuse("Keycloak makes account-console itself, together with account, and refuses a second one: add the client account, too")
		}
		if b.bringsClient(id) || id == "account-console" && b.bringsClient("account") {
			continue
		}
		client := b.readClient(n)
		client.NodeTimeout = 0
		if len(client.RedirectURIs) == 0 { // as Keycloak leaves those that nobody signs in with: without a secret, too
			client.Secret = ""
			delete(client.Attrs, "post.logout.redirect.uris")
		}
		if !bringsScopes { // else they are made before there are any, and get none
			client.DefaultScopes, client.OptionalScopes = slices.Clone(b.defaultScopes), slices.Clone(b.optionalScopes)
		}
		for _, role := range builtinRoles(id) {
			b.addClientRole(client, role.str("name")).Description = role.str("description")
		}
		for _, role := range builtinRoles(id) {
			b.readComposites(b.clientRoles[client][role.str("name")], role)
		}
	}
	account, console := b.Clients["account"], b.Clients["account-console"]
	if account != nil && console != nil {
		b.addToDefaults(b.clientRoles[account]["view-profile"])
		b.addToDefaults(b.clientRoles[account]["manage-account"])
		console.ScopeRoles = []*Role{b.clientRoles[account]["manage-account"], b.clientRoles[account]["view-groups"]}
	}
}

func (b *builder) bringsClient(id string) bool {
	return slices.ContainsFunc(b.file.list("clients"), func(n *node) bool { return n.str("clientId") == id })
}
