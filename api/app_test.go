package api_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"keystead/api"
	"keystead/auth"
	"keystead/auth/authtest"
)

func TestPage(t *testing.T) {
	realm := authtest.NewIssuer(t)
	h := newHandler(t, realm)
	first, second := call(h, "GET", "/", ""), call(h, "GET", "/deep/link?a=b", "")

	nonces := regexp.MustCompile(`'nonce-([A-Z2-7]{26})'`)
	nonce := nonces.FindStringSubmatch(first.Header().Get("Content-Security-Policy"))
	if nonce == nil || !strings.Contains(first.Body.String(), `<script nonce="`+nonce[1]+`"`) {
		t.Fatalf("policy %q does not fit the page %s", first.Header().Get("Content-Security-Policy"), first.Body)
	}
	if other := nonces.FindStringSubmatch(second.Header().Get("Content-Security-Policy")); other == nil || other[1] == nonce[1] {
		t.Errorf("two pages share the nonce %v", other)
	}
	policy := first.Header().Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "connect-src 'self' " + strings.TrimSuffix(realm.URL(), "/realms/demo") + ";", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("no %q in the policy %q", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("unsafe policy %q", policy)
	}
	for name, want := range map[string]string{"Cache-Control": "no-cache", "Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin", "Etag": ""} {
		if got := first.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}

	// The page carries the same settings as /config.json.
	inline := regexp.MustCompile(`(?s)id="keystead-settings">(.*?)</script>`).FindStringSubmatch(first.Body.String())
	var fromPage, fromFile api.Settings
	if err := json.Unmarshal([]byte(inline[1]), &fromPage); err != nil {
		t.Fatalf("%v in %s", err, inline[1])
	}
	decode(t, call(h, "GET", "/config.json", ""), "application/json", &fromFile)
	if fromPage != fromFile || fromPage.Issuer != realm.URL() || fromPage.ClientID != "demo" {
		t.Errorf("the page says %+v, /config.json %+v", fromPage, fromFile)
	}
}

func TestFiles(t *testing.T) {
	h := newHandler(t, authtest.NewIssuer(t))
	tests := []struct{ path, contentType, cache string }{
		{"/assets/app-1a2b.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"/favicon.svg", "image/svg+xml", "no-cache"},
		{"/index.html", "text/html; charset=utf-8", "no-cache"},
		{"/.git/config", "text/html; charset=utf-8", "no-cache"},
		{"/.gitkeep", "text/html; charset=utf-8", "no-cache"},
	}
	for _, tt := range tests {
		rec := call(h, "GET", tt.path, "")
		if rec.Code != 200 || rec.Header().Get("Content-Type") != tt.contentType || rec.Header().Get("Cache-Control") != tt.cache {
			t.Errorf("%s = %d %q %q", tt.path, rec.Code, rec.Header().Get("Content-Type"), rec.Header().Get("Cache-Control"))
		}
		if strings.Contains(rec.Body.String(), "{{") {
			t.Errorf("%s shows the template: %s", tt.path, rec.Body)
		}
	}
}

// What every answer has, and what only a page or only https has.
func TestSecureHeaders(t *testing.T) {
	realm := authtest.NewIssuer(t)
	plain := newHandler(t, realm)
	secure := readyHandler(t, realm, func(o *api.Options) { o.Settings.PublicURL = "https://app.example.com" })
	for path, opener := range map[string]string{
		"/": "same-origin", "/deep/link": "same-origin", "/docs": "same-origin-allow-popups", "/docs/oauth2-redirect.html": "", "/redoc": "same-origin",
		"/api/me": "", "/health": "", "/assets/app-1a2b.js": "", "/assets/gone.js": "", "/favicon.svg": "", "/a//b": "",
	} {
		for scheme, h := range map[string]http.Handler{"http": plain, "https": secure} {
			header := call(h, "GET", path, "").Header()
			want := map[string]string{
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": opener, "Cross-Origin-Resource-Policy": "same-origin",
				"Permissions-Policy": "", "Strict-Transport-Security": "",
			}
			if header.Get("Content-Type") == "text/html; charset=utf-8" {
				want["Permissions-Policy"] = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
			}
			if scheme == "https" {
				want["Strict-Transport-Security"] = "max-age=31536000"
			}
			for name, value := range want {
				if got := header.Get(name); got != value {
					t.Errorf("%s %s: %s is %q, want %q", scheme, path, name, got, value)
				}
			}
			policy := header.Get("Content-Security-Policy")
			if !strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
				t.Errorf("%s %s: the policy is %q", scheme, path, policy)
			}
		}
	}
}

// The pages' files are templates: only their addresses show them, rendered.
func TestPagesAreNotServedAsFiles(t *testing.T) {
	h := newHandler(t, authtest.NewIssuer(t))
	for path, want := range map[string]string{"/docs": "<title>docs of demo</title>", "/redoc": "<title>redoc of demo</title>", "/docs.html": "keystead-settings", "/redoc.html": "keystead-settings", "/index.html": "keystead-settings", "/docs/oauth2-redirect.html": "make build"} {
		rec := call(h, "GET", path, "")
		if rec.Code != 200 || !strings.Contains(rec.Body.String(), want) || strings.Contains(rec.Body.String(), "{{") || rec.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("%s = %d %v %s", path, rec.Code, rec.Header(), rec.Body)
		}
	}
}

// Settings end inside a script tag: nothing in them may close it.
func TestPageEscapesSettings(t *testing.T) {
	realm := authtest.NewIssuer(t)
	keys := auth.NewKeys(auth.KeysConfig{Issuer: realm.URL()})
	verifier, err := auth.NewVerifier(auth.VerifierConfig{Keys: keys, Audience: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	settings := api.Settings{Realm: `</script><script>alert(1)</script>`, KeycloakURL: "https://login.example.com", PublicURL: "https://app.example.com"}
	for name, app := range map[string]fstest.MapFS{"built": {"index.html": {Data: []byte(page)}}, "not built": {}} {
		h, err := api.NewHandler(api.Options{Keys: keys, Verifier: verifier, App: app, Store: newStore(t), Settings: settings, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		body := call(h, "GET", "/", "").Body.String()
		if strings.Contains(body, "<script>alert") {
			t.Errorf("%s: %s", name, body)
		}
		if name == "not built" && !strings.Contains(body, "make build") {
			t.Errorf("the placeholder does not say how to build the app: %s", body)
		}
	}
}
