package api

import (
	"encoding/json"
	"net/http"
	"time"

	"keystead/auth"
)

// me describes the caller of GET /api/me.
type me struct {
	Subject       string              `json:"sub"`
	Username      string              `json:"username,omitempty"`
	Email         string              `json:"email,omitempty"`
	EmailVerified bool                `json:"email_verified"`
	Name          string              `json:"name,omitempty"`
	GivenName     string              `json:"given_name,omitempty"`
	FamilyName    string              `json:"family_name,omitempty"`
	Roles         []string            `json:"roles"` // realm roles
	ClientRoles   map[string][]string `json:"client_roles"`
	Groups        []string            `json:"groups"`
	Scopes        []string            `json:"scopes"`
	IssuedAt      time.Time           `json:"issued_at"`
	ExpiresAt     time.Time           `json:"expires_at"`
}

func (s *server) showMe(w http.ResponseWriter, r *http.Request) error {
	p := caller(r)
	s.writeJSON(w, r, http.StatusOK, "application/json", me{
		Subject: p.Subject(), Username: p.Username(), Email: p.Email(), EmailVerified: p.EmailVerified(),
		Name: p.Name(), GivenName: p.GivenName(), FamilyName: p.FamilyName(),
		Roles: listed(p.RealmRoles()), ClientRoles: p.ClientRoles(), Groups: listed(p.Groups()), Scopes: listed(p.Scopes()),
		IssuedAt: p.IssuedAt().UTC(), ExpiresAt: p.ExpiresAt().UTC(),
	})
	return nil
}

// listed makes sure that JSON shows an empty list as one.
func listed(items []string) []string {
	if items == nil {
		return []string{}
	}
	return items
}

// showClaims answers GET /secured with every claim as the token had it.
func (s *server) showClaims(w http.ResponseWriter, r *http.Request) error {
	s.writeJSON(w, r, http.StatusOK, "application/json", map[string]json.RawMessage{"claims": json.RawMessage(caller(r).Claims())})
	return nil
}

// echoMessage answers GET /protected.
func (s *server) echoMessage(w http.ResponseWriter, r *http.Request) error {
	message := "probe"
	if query := r.URL.Query(); query.Has("message") {
		message = query.Get("message")
	}
	s.writeJSON(w, r, http.StatusOK, "application/json", struct {
		Message string          `json:"message"`
		User    json.RawMessage `json:"user"`
	}{message + "Received", json.RawMessage(caller(r).Claims())})
	return nil
}

// caller returns who makes a guarded request.
func caller(r *http.Request) *auth.Principal {
	p, ok := auth.FromContext(r.Context())
	if !ok {
		panic("api: a handler that needs a caller stands on an open route")
	}
	return p
}
