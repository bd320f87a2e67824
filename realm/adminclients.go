package realm

import (
	"net/http"
	"slices"
	"strings"
)

func (r *Realm) clientByID(id string) *Client {
	for _, client := range r.Clients {
		if client.ID == id {
			return client
		}
	}
	return nil
}

// listClients lists the clients by client id, or those that clientId names; with search=true, whose id has it inside.
func (c *adminCall) listClients() (any, error) {
	query := c.r.URL.Query()
	if q := queriedAttributes(query.Get("q")); len(q) > 0 { // Keycloak, too, knows only those that its start names
		return nil, refuse(http.StatusBadRequest, "invalid_request", "Attributes of clients cannot be searched for: use clientId instead of q")
	}
	if !c.may(viewClients) {
		return []*object{}, nil
	}
	wanted, search := query.Get("clientId"), c.flag("search", false)
	var clients []*Client
	for _, id := range slices.Sorted(slices.Values(c.realm.ClientIDs())) {
		if wanted == "" || id == wanted || search && contains(id, wanted) {
			clients = append(clients, c.realm.Clients[id])
		}
	}
	clients, err := page(c, clients, -1)
	return shown(clients, c.describeClient), err
}

func (c *adminCall) showClient() (any, error) { return c.describeClient(c.client), nil }

// describeClient is Keycloak's ClientRepresentation: with the secret, as there, for everybody who may see clients.
func (c *adminCall) describeClient(client *Client) *object {
	attributes := map[string]string{"realm_client": "false"}
	for name, value := range client.Attrs {
		attributes[name] = value
	}
	out := objectOf(
		"id", client.ID, "clientId", client.ClientID, "name?", client.Name, "description?", client.Description,
		"rootUrl?", client.RootURL, "adminUrl?", client.AdminURL, "baseUrl?", client.BaseURL,
		"surrogateAuthRequired", false, "enabled", client.Enabled, "alwaysDisplayInConsole", client.AlwaysInConsole,
		"clientAuthenticatorType", client.AuthenticatorType, "secret?", client.Secret,
		"redirectUris", listed(client.RedirectURIs), "webOrigins", listed(client.WebOrigins),
		"notBefore", client.NotBefore, "bearerOnly", client.BearerOnly, "consentRequired", client.ConsentRequired,
		"standardFlowEnabled", client.StandardFlow, "implicitFlowEnabled", client.ImplicitFlow,
		"directAccessGrantsEnabled", client.DirectAccess, "serviceAccountsEnabled", client.ServiceAccounts,
		"publicClient", client.Public, "frontchannelLogout", client.FrontchannelLogout, "protocol", openIDConnect,
		"attributes", attributes, "authenticationFlowBindingOverrides", map[string]string{},
		"fullScopeAllowed", client.FullScope, "nodeReRegistrationTimeout", client.NodeTimeout,
	)
	if len(client.Mappers) > 0 {
		out.set("protocolMappers", shown(client.Mappers, describeMapper))
	}
	out.set("defaultClientScopes", namesOfScopes(client.DefaultScopes))
	out.set("optionalClientScopes", namesOfScopes(client.OptionalScopes))
	manages := c.may("manage-clients") && client.ClientID != "realm-management"
	out.set("access", map[string]bool{"view": true, "configure": manages, "manage": manages})
	return out
}

// listed is a list that is [] in JSON when there is nothing in it.
func listed(list []string) []string { return append([]string{}, list...) }

func namesOfScopes(scopes []*Scope) []string {
	names := []string{}
	for _, scope := range scopes {
		names = append(names, scope.Name)
	}
	return names
}

func (c *adminCall) showSecret() (any, error) {
	return objectOf("type", "secret", "value?", c.client.Secret), nil
}

func (c *adminCall) showServiceAccount() (any, error) {
	if !c.client.ServiceAccounts || c.client.ServiceAccount == nil {
		return nil, refuse(http.StatusBadRequest, "Service account not enabled for the client '"+c.client.ClientID+"'", "")
	}
	return c.describeUser(c.client.ServiceAccount, false), nil
}

func (c *adminCall) listClientSessions() (any, error) {
	return page(c, c.clientSessions(), defaultPage)
}

func (c *adminCall) countClientSessions() (any, error) {
	return map[string]int{"count": len(c.clientSessions())}, nil
}

// clientSessions are the sessions that the client takes part in, or as the address says its offline sessions.
func (c *adminCall) clientSessions() []*object {
	offline := strings.Contains(c.r.URL.Path, "/offline-session")
	return c.describeSessions(offline, func(s *session) bool { return s.clients[c.client.ClientID] != nil })
}
