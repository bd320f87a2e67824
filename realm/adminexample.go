package realm

import (
	"net/http"
	"slices"
	"strings"
)

// exampleOf shows what the user would have with the client, and with the scopes that the request names, without signing
// anybody in: the session is kept nowhere.
func exampleOf(claims func(*adminCall, *grant) *object) func(*adminCall) (any, error) {
	return func(c *adminCall) (any, error) {
		id := c.r.URL.Query().Get("userId")
		user := c.realm.UserByID(id)
		switch {
		case id == "":
			return nil, refuse(http.StatusNotFound, "No userId provided", "")
		case !c.may(viewUsers):
			return nil, refuse(http.StatusForbidden, "You have no access to this user", "")
		case user == nil:
			return nil, refuse(http.StatusNotFound, "No user found", "")
		}
		s := &session{id: randomText(18), version: c.realm.Realm, user: user, started: c.now, seen: c.now, clients: map[string]*clientSession{}}
		part := s.join(c.client, c.realm.levelName(c.client, 1), c.now)
		return claims(c, c.realm.grantOf(c.call, s, part, c.exampleScopes(), "na")), nil
	}
}

// exampleScopes are those that the request names; names that the client does not have are passed over.
func (c *adminCall) exampleScopes() scopes {
	names := slices.DeleteFunc(strings.Fields(c.r.URL.Query().Get("scope")), func(name string) bool {
		_, known := resolveScopes(c.client, name)
		return !known
	})
	resolved, _ := resolveScopes(c.client, strings.Join(names, " "))
	return resolved
}

func (c *adminCall) accessClaims(g *grant) *object {
	kind, weight := forAccess, "rt"
	if c.client.lightweight() {
		kind, weight = forLightweight, "lt"
	}
	claims := g.accessClaims(kind, g.kind+weight+g.how+":"+newUUID(), c.now.Unix(), c.exampleEnds())
	c.narrow(claims)
	return claims
}

func (c *adminCall) idClaims(g *grant) *object { return g.idClaims("", c.now.Unix(), c.exampleEnds()) }

func (c *adminCall) userinfoClaims(g *grant) *object { return g.userinfo() }

func (c *adminCall) exampleEnds() int64 { return c.now.Add(c.realm.accessLifespan(c.client)).Unix() }

// narrow leaves in a token what is for the audiences that the request names, if the token is for any of them.
func (c *adminCall) narrow(claims *object) {
	has := audienceOf(claims)
	wanted := slices.DeleteFunc(slices.Clone(has), func(id string) bool {
		return !slices.Contains(c.r.URL.Query()["audience"], id)
	})
	if len(wanted) == 0 {
		return
	}
	setAudience(claims, "aud", wanted)
	if access, ok := claims.get("resource_access").(*object); ok {
		access.names = slices.DeleteFunc(access.names, func(client string) bool { return !slices.Contains(wanted, client) })
	}
}

// listEffectiveMappers lists the mappers of a token with the scopes that the request names, and whose they are.
func (c *adminCall) listEffectiveMappers() (any, error) {
	all := []*object{}
	add := func(mappers []*Mapper, id, name, kind string) {
		for _, m := range mappers {
			out := objectOf(
				"mapperId", m.ID, "mapperName", m.Name, "containerId", id, "containerName", name, "containerType", kind,
				"protocolMapper", m.Type,
			)
			all = append(all, out)
		}
	}
	for _, scope := range c.exampleScopes().list {
		add(scope.Mappers, scope.ID, scope.Name, "client-scope")
	}
	add(c.client.Mappers, c.client.ID, "", "client")
	return all, nil
}
