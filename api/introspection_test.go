package api_test

import (
	"net/http"
	"strings"
	"testing"

	"keystead/auth"
	"keystead/auth/authtest"
)

// A lightweight token is worth what the realm answers about it, and a realm that does not answer is no
// verdict on it.
func TestIntrospection(t *testing.T) {
	realm := authtest.NewIssuer(t)
	h := handlerFor(t, realm.URL(), &auth.Introspection{ClientID: authtest.IntrospectionClientID, ClientSecret: authtest.IntrospectionClientSecret})
	for token, want := range map[string]int{realm.Lightweight("alice", "admin"): http.StatusOK, realm.Lightweight("bob", "user"): http.StatusForbidden, "unknown": http.StatusUnauthorized} {
		if rec := call(h, "GET", "/api/admin/reports", token); rec.Code != want {
			t.Errorf("GET /api/admin/reports = %d, want %d; body %s", rec.Code, want, rec.Body)
		}
	}
	carol := realm.Lightweight("carol", "admin")
	realm.Answer(authtest.Down)
	rec := call(h, "GET", "/api/me", carol)
	if rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") != "5" || !strings.Contains(rec.Body.String(), `"code":"introspection_unavailable"`) || rec.Header().Get("WWW-Authenticate") != "" {
		t.Errorf("while the realm is away: %d %v %s", rec.Code, rec.Header(), rec.Body)
	}
}
