package realm

import (
	"net/http"
	"slices"
	"strings"
)

func (r *Realm) scopeByID(id string) *Scope {
	for _, scope := range r.Scopes {
		if scope.ID == id {
			return scope
		}
	}
	return nil
}

func (c *adminCall) listScopes() (any, error) {
	scopes := []*Scope{}
	for _, scope := range c.realm.Scopes {
		if c.may(viewClients) {
			scopes = append(scopes, scope)
		}
	}
	slices.SortFunc(scopes, func(a, b *Scope) int { return strings.Compare(a.Name, b.Name) })
	return shown(scopes, describeScope), nil
}

func (c *adminCall) showScope() (any, error) { return describeScope(c.scope), nil }

// describeScope is Keycloak's ClientScopeRepresentation.
func describeScope(scope *Scope) *object {
	out := objectOf(
		"id", scope.ID, "name", scope.Name, "description?", scope.Description, "protocol", openIDConnect,
		"attributes", scope.Attrs,
	)
	if len(scope.Mappers) > 0 {
		out.set("protocolMappers", shown(scope.Mappers, describeMapper))
	}
	return out
}

func describeMapper(m *Mapper) *object {
	return objectOf(
		"id", m.ID, "name", m.Name, "protocol", openIDConnect, "protocolMapper", m.Type, "consentRequired", false,
		"config", m.Cfg,
	)
}

func namedScope(scope *Scope) *object {
	return objectOf("id", scope.ID, "name", scope.Name)
}

func (c *adminCall) listDefaultScopes() (any, error) {
	if c.client != nil {
		return shown(c.client.DefaultScopes, namedScope), nil
	}
	return shown(c.realm.defaultScopes, realmScope), nil
}

func (c *adminCall) listOptionalScopes() (any, error) {
	if c.client != nil {
		return shown(c.client.OptionalScopes, namedScope), nil
	}
	return shown(c.realm.optionalScopes, realmScope), nil
}

func realmScope(scope *Scope) *object {
	out := namedScope(scope)
	out.set("protocol", openIDConnect)
	return out
}

// mapperRoutes are the addresses of the protocol mappers of a client or a client scope.
func mapperRoutes(prefix string) []adminRoute {
	return []adminRoute{
		{prefix + "/models", viewClients, (*adminCall).listMappers},
		{prefix + "/models/{mapper}", viewClients, (*adminCall).showMapper},
		{prefix + "/protocol/{protocol}", viewClients, (*adminCall).listMappers},
	}
}

func (c *adminCall) mappers() []*Mapper {
	if c.scope != nil {
		return c.scope.Mappers
	}
	return c.client.Mappers
}

func (c *adminCall) listMappers() (any, error) {
	if protocol := pathParam(c.r, "protocol"); protocol != "" && protocol != openIDConnect {
		return []*object{}, nil
	}
	return shown(c.mappers(), describeMapper), nil
}

func (c *adminCall) showMapper() (any, error) {
	for _, mapper := range c.mappers() {
		if mapper.ID == pathParam(c.r, "mapper") {
			return describeMapper(mapper), nil
		}
	}
	return nil, refuse(http.StatusNotFound, "Model not found", "")
}
