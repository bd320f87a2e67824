package auth

import (
	"slices"
	"strings"
)

// RequireRealmRole returns nil when the caller has one of the given realm roles, and ErrRoleMissing
// with the roles in its reason otherwise. No roles at all admit nobody.
func (p *Principal) RequireRealmRole(roles ...string) error {
	if slices.ContainsFunc(roles, p.HasRealmRole) {
		return nil
	}
	return &Error{Code: CodeRoleMissing, Reason: "Requires one of: " + strings.Join(roles, ", ")}
}
