package parity

import (
	"strings"
	"testing"
)

// The helper pages of keycloak-js live in frames of foreign pages.
func TestFrames(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	for _, tt := range []struct {
		path string
		says []string
	}{
		{"/3p-cookies/step1.html", []string{"step2.html"}},
		{"/3p-cookies/step2.html", []string{"postMessage", "supported", "unsupported"}},
		{"/login-status-iframe.html", []string{"unchanged", "changed", "error", "postMessage", "KEYCLOAK_SESSION", "init"}},
	} {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			got := get(t, r.oidc(tt.path)).want(200).wantHeaders("X-Frame-Options", "")
			if contentType := got.header.Get("Content-Type"); !strings.HasPrefix(contentType, "text/html") {
				t.Errorf("Content-Type = %q", contentType)
			}
			if policy := got.header.Get("Content-Security-Policy"); strings.Contains(policy, "frame-ancestors 'self'") || strings.Contains(policy, "frame-ancestors 'none'") {
				t.Errorf("Content-Security-Policy = %q: foreign pages may not frame it", policy)
			}
			for _, word := range tt.says {
				if !strings.Contains(got.body, word) {
					t.Errorf("the page lacks %q%s", word, got.explain())
				}
			}
		})
	}
}

func TestFrameOfLoginStatus(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	tests := []struct {
		name           string
		client, origin string
		status         int
	}{
		{"listed", "free", listed, 204},
		{"origin of a redirect URI", "pub", listed, 204},
		{"all", "any", evil, 204},
		{"foreign", "free", evil, 403},
		{"client without origins", "narrow", listed, 403},
		{"unknown client", "nobody", listed, 403},
		{"client switched off", "off", listed, 403},
		{"the server's own", "pub", r.base, 204},
		{"null", "pub", "null", 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := get(t, r.oidc("/login-status-iframe.html/init")+"?"+form("client_id", tt.client, "origin", tt.origin).Encode()).want(tt.status)
			if tt.status == 204 && got.body != "" {
				t.Errorf("the body is %q", got.body)
			}
		})
	}
}
