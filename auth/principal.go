package auth

import (
	"encoding/json"
	"strings"
	"time"
)

// Principal is the caller that a verified token describes. It is shared between requests: read it,
// do not change it.
type Principal struct {
	Subject       string
	Username      string // preferred_username
	Name          string // the full name
	GivenName     string
	FamilyName    string
	Email         string
	EmailVerified bool
	RealmRoles    []string
	ClientRoles   map[string][]string // by client id
	Groups        []string            // full paths, where the realm maps them
	Scopes        []string
	ClientID      string // azp, the client that obtained the token
	IssuedAt      time.Time
	ExpiresAt     time.Time
	Claims        json.RawMessage // every claim as the token had it
}

func newPrincipal(payload []byte, c claims) *Principal {
	p := &Principal{
		Subject:     c.text("sub"),
		Username:    c.text("preferred_username"),
		Name:        c.text("name"),
		GivenName:   c.text("given_name"),
		FamilyName:  c.text("family_name"),
		Email:       c.text("email"),
		RealmRoles:  rolesIn(c["realm_access"]),
		ClientRoles: map[string][]string{},
		Groups:      c.list("groups"),
		Scopes:      strings.Fields(c.text("scope")),
		ClientID:    c.text("azp"),
		Claims:      payload,
	}
	// A failure leaves false: a claim of a wrong type says nothing.
	_ = json.Unmarshal(c["email_verified"], &p.EmailVerified)
	p.IssuedAt, _ = c.time("iat")
	p.ExpiresAt, _ = c.time("exp")
	var access map[string]json.RawMessage
	if json.Unmarshal(c["resource_access"], &access) == nil {
		for client, raw := range access {
			if roles := rolesIn(raw); roles != nil {
				p.ClientRoles[client] = roles
			}
		}
	}
	return p
}

// rolesIn reads {"roles": ["…"]}, the form of realm_access and of each entry of resource_access.
// Anything else, even in part, grants nothing.
func rolesIn(raw json.RawMessage) []string {
	var access claims
	if json.Unmarshal(raw, &access) != nil {
		return nil
	}
	return texts(access["roles"])
}
