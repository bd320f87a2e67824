package realm

import (
	"slices"
	"strings"
)

// scopes are what a request asked for, resolved against its client.
type scopes struct {
	openid  bool
	offline bool
	list    []*Scope // the client's default scopes, and the optional ones that were asked for
}

// resolveScopes reads a scope parameter (RFC 6749 §3.3). Names that the client does not have make it
// fail.
func resolveScopes(client *Client, parameter string) (scopes, bool) {
	out := scopes{list: slices.Clone(client.DefaultScopes)}
	for name := range strings.FieldsSeq(parameter) {
		if name == "openid" {
			out.openid = true
			continue
		}
		named := func(s *Scope) bool { return s.Name == name }
		switch i := slices.IndexFunc(client.OptionalScopes, named); {
		case slices.ContainsFunc(out.list, named):
		case i >= 0:
			out.list = append(out.list, client.OptionalScopes[i])
		default:
			return out, false
		}
		out.offline = out.offline || name == "offline_access"
	}
	return out, true
}

// only keeps the scopes that the other list has, too.
func (s scopes) only(others []string) scopes {
	out := scopes{openid: s.openid && slices.Contains(others, "openid")}
	for _, scope := range s.list {
		if slices.Contains(others, scope.Name) {
			out.list = append(out.list, scope)
			out.offline = out.offline || scope.Name == "offline_access"
		}
	}
	return out
}

// text is the scope claim of access tokens: what is to be seen there.
func (s scopes) text() string {
	var names []string
	if s.openid {
		names = append(names, "openid")
	}
	for _, scope := range s.list {
		if scope.inTokenScope() {
			names = append(names, scope.Name)
		}
	}
	return strings.Join(names, " ")
}

// all is the scope claim of refresh tokens: everything.
func (s scopes) all() string {
	var names []string
	if s.openid {
		names = append(names, "openid")
	}
	for _, scope := range s.list {
		names = append(names, scope.Name)
	}
	return strings.Join(names, " ")
}

// permitted leaves out the scopes that are bound to roles of which the user has none, as Keycloak does in silence.
func (s scopes) permitted(user *User) scopes {
	held := user.Effective()
	out := s
	out.list = slices.DeleteFunc(slices.Clone(s.list), func(scope *Scope) bool {
		return len(scope.ScopeRoles) > 0 && !slices.ContainsFunc(expand(scope.ScopeRoles), func(r *Role) bool { return slices.Contains(held, r) })
	})
	return out
}

// mappers returns the client's own mappers and those of the scopes.
func (s scopes) mappers(client *Client) []*Mapper {
	all := slices.Clone(client.Mappers)
	for _, scope := range s.list {
		all = append(all, scope.Mappers...)
	}
	return all
}

// rolesFor returns the roles that a token of the client may carry: all of the user's, or with
// fullScopeAllowed off those that the client and its scopes are given as well.
func (s scopes) rolesFor(user *User, client *Client) []*Role {
	held := user.Effective()
	if client.FullScope {
		return held
	}
	allowed := slices.Clone(client.ScopeRoles)
	for _, role := range held {
		if role.Client == client { // its own roles are always in its scope
			allowed = append(allowed, role)
		}
	}
	for _, scope := range s.list {
		allowed = append(allowed, scope.ScopeRoles...)
	}
	allowed = expand(allowed)
	return slices.DeleteFunc(held, func(r *Role) bool { return !slices.Contains(allowed, r) })
}
