package auth

import (
	"fmt"
	"slices"
	"strings"
)

// condition is a requirement that is not composed of others.
type condition struct {
	name     string // "realm role admin"
	code     Code   // of its refusal
	refused  string // what a refusal says
	claim    string // that it looks at
	security []string
	scopes   []string // as in Error
	acr      []string // as in Error
	param    string   // of the path, that it compares with
	presence bool     // it asks for nothing but the claim's presence
	invalid  string   // what is wrong with the condition itself

	holds func(request) truth
	found func(request) string      // what there is in place of what is required; may be nil
	open  func(*Principal) []string // the values of param for which it holds; may be nil
}

// RealmRole holds for callers with one of these roles of the realm (realm_access.roles).
func RealmRole(roles ...string) Requirement {
	return &condition{
		name:     "realm role " + strings.Join(roles, " or "),
		code:     CodeRoleMissing,
		refused:  "Requires one of: " + strings.Join(roles, ", "),
		claim:    "realm_access",
		security: roles,
		invalid:  blank(roles),
		holds:    func(r request) truth { return anyIn(r.caller.realmRoles, roles) },
	}
}

// ClientRole holds for callers with one of these roles of a client (resource_access.CLIENT.roles).
func ClientRole(client string, roles ...string) Requirement {
	qualified := make([]string, len(roles))
	for i, role := range roles {
		qualified[i] = client + ":" + role
	}
	return &condition{
		name:     fmt.Sprintf("role %s of client %s", strings.Join(roles, " or "), client),
		code:     CodeRoleMissing,
		refused:  fmt.Sprintf("Requires one of: %s (roles of client %s)", strings.Join(roles, ", "), client),
		claim:    "resource_access." + client,
		security: qualified,
		invalid:  blank(append([]string{client}, roles...)),
		holds: func(r request) truth {
			for _, c := range r.caller.clientRoles {
				if c.client == client {
					return anyIn(c.roles, roles)
				}
			}
			return unknown
		},
	}
}

// Scope holds for tokens with all these scopes.
func Scope(scopes ...string) Requirement {
	missing := func(p *Principal) []string {
		return slices.DeleteFunc(slices.Clone(scopes), func(scope string) bool { return slices.Contains(p.scopes, scope) })
	}
	return &condition{
		name:     "scope " + strings.Join(scopes, " and "),
		code:     CodeScopeMissing,
		refused:  "Requires the scope " + strings.Join(scopes, ", "),
		claim:    "scope",
		security: scopes,
		scopes:   scopes,
		invalid:  blank(scopes),
		holds: func(r request) truth {
			for _, scope := range scopes {
				if t := anyIn(r.caller.scopes, []string{scope}); t != yes {
					return t
				}
			}
			return yes
		},
		found: func(r request) string {
			if rest := missing(r.caller); len(rest) < len(scopes) {
				return "the token lacks " + strings.Join(rest, ", ")
			}
			return ""
		},
	}
}

// InGroup holds for members of this group, given by its full path: /staff/ops.
func InGroup(path string) Requirement {
	return group("group "+path, path, func(group string) bool { return group == path })
}

// InGroupTree holds for members of this group, given by its full path, and of all groups below it.
func InGroupTree(path string) Requirement {
	return group("group "+path+" or one below it", path, func(group string) bool {
		rest, ok := strings.CutPrefix(group, path)
		return ok && (rest == "" || rest[0] == '/')
	})
}

func group(name, path string, matches func(string) bool) Requirement {
	c := &condition{
		name:    name,
		code:    CodeGroupMissing,
		refused: "Requires " + name,
		claim:   "groups",
		holds:   func(r request) truth { return inList(r.caller.groups, matches) },
	}
	if !strings.HasPrefix(path, "/") || strings.HasSuffix(path, "/") {
		c.invalid = "must name a full path such as /staff/ops"
	}
	return c
}

// InOrganization holds for members of this organization, given by its alias.
func InOrganization(alias string) Requirement {
	return &condition{
		name:    "organization " + alias,
		code:    CodeOrganizationMissing,
		refused: "Requires a member of the organization " + alias,
		claim:   "organization",
		invalid: blank([]string{alias}),
		holds: func(r request) truth {
			return inList(r.caller.organizations, func(o Organization) bool { return o.Alias == alias })
		},
	}
}

// AuthenticationLevel holds where the caller was authenticated at one of these levels (acr, in the
// realm's own words, the preferred first). Name all that suffice: words have no order. Its refusal asks the client for a
// stronger sign-in (RFC 9470 §3).
func AuthenticationLevel(acr ...string) Requirement {
	return &condition{
		name:    "authentication level " + strings.Join(acr, " or "),
		code:    CodeAuthenticationLevel,
		refused: "Requires a stronger sign-in: the authentication level " + strings.Join(acr, " or "),
		claim:   "acr",
		acr:     acr,
		invalid: blank(acr),
		holds: func(r request) truth {
			switch {
			case r.caller.acr == "":
				return unknown
			case slices.Contains(acr, r.caller.acr):
				return yes
			}
			return no
		},
		found: func(r request) string {
			if r.caller.acr == "" {
				return ""
			}
			return "it is " + r.caller.acr
		},
	}
}

// blank says what is wrong with names of which none may be empty.
func blank(names []string) string {
	if len(names) == 0 || slices.Contains(names, "") {
		return "names nothing"
	}
	return ""
}

// anyIn reports whether one of the wanted texts is in a list; a nil one is a claim that is absent or malformed.
func anyIn(list, wanted []string) truth {
	if list == nil {
		return unknown
	}
	for _, item := range wanted {
		if slices.Contains(list, item) {
			return yes
		}
	}
	return no
}

func inList[T any](list []T, matches func(T) bool) truth {
	switch {
	case list == nil:
		return unknown
	case slices.ContainsFunc(list, matches):
		return yes
	}
	return no
}

func (c *condition) words() string         { return c.name }
func (c *condition) judge(r request) truth { return c.holds(r) }
func (c *condition) grant(request) string  { return c.name }

func (c *condition) check() error {
	if c.invalid == "" {
		return nil
	}
	return fmt.Errorf("the condition %q %s", c.name, c.invalid)
}

func (c *condition) refusal(r request) *Error {
	refusal := &Error{Code: c.code, Reason: c.refused, Scopes: c.scopes, ACRValues: c.acr}
	if c.found != nil {
		if found := c.found(r); found != "" {
			refusal.Reason += ": " + found
		}
	}
	return refusal
}

func (c *condition) explain(r request) Finding {
	finding := Finding{Condition: c.name, Met: c.holds(r) == yes}
	if finding.Met {
		return finding
	}
	finding.Reason = c.refusal(r).Reason
	if c.holds(r) == unknown {
		finding.Reason += "; the token has no usable claim " + c.claim
	}
	return finding
}

func (c *condition) where(r request) map[string][]string {
	if c.open == nil {
		return nil
	}
	return map[string][]string{c.param: c.open(r.caller)}
}

func (c *condition) alternatives() [][]string {
	if c.code == CodeScopeMissing {
		return [][]string{c.security}
	}
	if len(c.security) == 0 {
		return [][]string{{}}
	}
	var each [][]string
	for _, name := range c.security {
		each = append(each, []string{name})
	}
	return each
}
