package realm

import (
	"crypto/rand"
	"net/url"
	"slices"
	"strings"
)

// readClients reads the clients and adds those that every realm has.
func (b *builder) readClients() {
	b.addBuiltinClients()
	for _, n := range b.file.objects("clients") {
		checkClient(n)
		if client := b.readClient(n); client != nil {
			client.DefaultScopes, client.OptionalScopes = b.scopesOf(n)
			b.checkSecret(n, client)
		}
	}
}

// checkSecret tells of a client whose secret nobody can know. The one that Keycloak makes for permissions of
// administrators stands in exports without one.
func (b *builder) checkSecret(n *node, client *Client) {
	asks := client.StandardFlow || client.DirectAccess || client.ServiceAccounts || client.DeviceFlow
	switch {
	case n.member("secret") != nil || client.Public || client.BearerOnly || !asks || client.AuthenticatorType != clientSecret:
	case client.ClientID != b.file.member("adminPermissionsClient").str("clientId"):
		n.warn("there is no \"secret\": Keycloak makes one, and this realm another at each start; add one, or \"publicClient\": true for an app that can keep none")
	}
}

// checkClient tells what of the client is not known or not acted on. One of another protocol is left alone
// as a whole.
func checkClient(n *node) {
	if n.str("protocol") != "" && n.str("protocol") != openIDConnect {
		n.leaveOut(otherProtocols)
		return
	}
	clientFields.check(n, nil)
	clientAttributes.check(n.object("attributes"), keycloakDefaults().list("clients")[0].member("attributes"))
	if kind := n.str("clientAuthenticatorType"); kind != "" && kind != clientSecret && !n.flag("publicClient", false) {
		n.member("clientAuthenticatorType").leaveOut(clientAuthentication)
	}
}

const clientSecret = "client-secret"

func (b *builder) readClient(n *node) *Client {
	id := n.str("clientId")
	if id == "" {
		n.refuse("a client needs a clientId")
		return nil
	}
	if b.Clients[id] != nil {
		n.member("clientId").refuse("client %q is there already", id)
		return nil
	}
	client := &Client{
		ID:                 b.idOf(n, "client", id),
		ClientID:           id,
		Name:               n.str("name"),
		Description:        n.str("description"),
		Enabled:            n.flag("enabled", true),
		Public:             n.flag("publicClient", false),
		BearerOnly:         n.flag("bearerOnly", false),
		AuthenticatorType:  orElse(n.str("clientAuthenticatorType"), clientSecret),
		ConsentRequired:    n.flag("consentRequired", false),
		FrontchannelLogout: n.flag("frontchannelLogout", false),
		NotBefore:          n.number("notBefore", 0),
		RootURL:            n.str("rootUrl"),
		BaseURL:            n.str("baseUrl"),
		AdminURL:           n.str("adminUrl"),
		AlwaysInConsole:    n.flag("alwaysDisplayInConsole", false),
		NodeTimeout:        n.number("nodeReRegistrationTimeout", -1),
		RedirectURIs:       n.strs("redirectUris"),
		Mappers:            b.readMappers(n),
		Attrs:              n.strMap("attributes"),
	}
	client.FullScope = n.flag("fullScopeAllowed", !client.ConsentRequired)
	readFlows(n, client)
	readOrigins(n, client)
	readPostLogout(client)
	client.Secret = readSecret(n, client)
	b.Clients[id] = client
	b.clientOrder = append(b.clientOrder, id)
	b.clientRoles[client] = map[string]*Role{}
	return client
}

// readFlows reads by which ways the client gets tokens.
func readFlows(n *node, client *Client) {
	only := n.flag("directGrantsOnly", false) // of old files
	client.StandardFlow = n.flag("standardFlowEnabled", !only)
	client.ImplicitFlow = n.flag("implicitFlowEnabled", false)
	client.DirectAccess = n.flag("directAccessGrantsEnabled", only)
	client.ServiceAccounts = n.flag("serviceAccountsEnabled", false)
	client.DeviceFlow = client.Attrs["oauth2.device.authorization.grant.enabled"] == "true"
	if n.flag("authorizationServicesEnabled", false) {
		client.ServiceAccounts, client.Public, client.BearerOnly = true, false, false
	}
	if protocol := orElse(n.str("protocol"), openIDConnect); protocol != openIDConnect {
		client.StandardFlow, client.ImplicitFlow, client.DirectAccess, client.DeviceFlow = false, false, false, false
	}
}

// readOrigins reads from where browsers may call. Where the file says nothing, Keycloak takes the origins
// of the redirect URIs, but for relative ones.
func readOrigins(n *node, client *Client) {
	checkRedirects(n)
	client.WebOrigins = n.strs("webOrigins")
	if n.member("webOrigins") != nil {
		return
	}
	for _, uri := range client.RedirectURIs {
		if origin := patternOrigin(uri); strings.HasPrefix(uri, "http") && !slices.Contains(client.WebOrigins, origin) {
			client.WebOrigins = append(client.WebOrigins, origin)
		}
	}
}

// patternOrigin returns what stands before the path of a redirect URI, which may hold an asterisk.
func patternOrigin(uri string) string {
	const scheme = len("https://")
	if len(uri) > scheme {
		if slash := strings.IndexByte(uri[scheme:], '/'); slash >= 0 {
			return uri[:scheme+slash]
		}
	}
	return uri
}

// checkRedirects refuses the redirect URIs that Keycloak refuses.
func checkRedirects(n *node) {
	for _, item := range n.list("redirectUris") {
		uri := item.scalar()
		scheme, _, _ := strings.Cut(strings.ToLower(uri), ":")
		switch {
		case strings.Contains(uri, "#"):
			item.refuse("a redirect URI has no fragment: cut %q at the #", uri)
		case scheme == "javascript" || scheme == "data" || scheme == "vbscript":
			item.refuse("a redirect URI cannot be a %s: address", scheme)
		}
	}
	for _, name := range []string{"rootUrl", "baseUrl"} {
		if _, err := url.Parse(n.str(name)); err != nil && !strings.Contains(n.str(name), "${") {
			n.member(name).refuse("%q is no URL", n.str(name))
		}
	}
}

// readPostLogout reads where a browser may go after signing out: "+" stands for the redirect URIs, "-" for
// nowhere, and ## separates several.
func readPostLogout(client *Client) {
	const attribute = "post.logout.redirect.uris"
	if client.Attrs[attribute] == "" {
		client.Attrs[attribute] = "+"
	}
	for _, uri := range strings.Split(client.Attrs[attribute], "##") {
		switch uri {
		case "-":
			client.PostLogoutRedirectURIs = nil
			return
		case "+":
			client.PostLogoutRedirectURIs = append(client.PostLogoutRedirectURIs, client.RedirectURIs...)
		default:
			client.PostLogoutRedirectURIs = append(client.PostLogoutRedirectURIs, uri)
		}
	}
}

// maskedSecret is what Keycloak's partial export writes in the place of secrets.
const maskedSecret = "**********"

func readSecret(n *node, client *Client) string {
	secret := n.str("secret")
	switch {
	case client.Public:
		return ""
	case n.member("secret") == nil:
		return randomSecret()
	case secret == maskedSecret:
		n.member("secret").warn("the export has hidden the secret of client %q: it is %s now, as it would be in Keycloak", client.ClientID, maskedSecret)
	}
	return secret
}

func randomSecret() string { return rand.Text() + rand.Text() }

// scopesOf reads the scopes of a client; those of the realm, if it names none of either kind.
func (b *builder) scopesOf(n *node) (defaults, optionals []*Scope) {
	if n.member("defaultClientScopes") == nil && n.member("optionalClientScopes") == nil {
		return slices.Clone(b.defaultScopes), slices.Clone(b.optionalScopes)
	}
	defaults, optionals = b.scopesIn(n, "defaultClientScopes"), b.scopesIn(n, "optionalClientScopes")
	optionals = slices.DeleteFunc(optionals, func(s *Scope) bool { return slices.Contains(defaults, s) })
	return defaults, optionals
}
