package api_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"keystead/api"
	"keystead/auth/authtest"
)

// The way of a client that knows nothing but an address (RFC 9728 §5): the challenge leads to the metadata, and that to the realm.
func TestProtectedResourceMetadata(t *testing.T) {
	realm := authtest.NewIssuer(t)
	h := readyHandler(t, realm, func(o *api.Options) { o.Settings.PublicURL = "https://app.example.com" })
	want := `Bearer realm="demo", resource_metadata="https://app.example.com/.well-known/oauth-protected-resource"`
	if got := call(h, "GET", "/api/me", "").Header().Get("WWW-Authenticate"); got != want {
		t.Errorf("the challenge is %s, want %s", got, want)
	}
	var metadata map[string]any
	decode(t, call(h, "GET", "/.well-known/oauth-protected-resource", ""), "application/json", &metadata)
	if diff := cmp.Diff(map[string]any{
		"resource": "https://app.example.com", "resource_name": "Keystead", "authorization_servers": []any{realm.URL()},
		"bearer_methods_supported": []any{"header"}, "resource_documentation": "https://app.example.com/docs",
	}, metadata); diff != "" {
		t.Error(diff)
	}
}
