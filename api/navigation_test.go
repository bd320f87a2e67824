package api_test

import (
	"net/http"
	"strings"
	"testing"

	"keystead/auth/authtest"
)

const (
	chromeAccepts = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
	anything      = "*/*"
)

// A person who opens an operation's address gets the app, which signs them in; a program gets JSON.
func TestNavigation(t *testing.T) {
	realm := authtest.NewIssuer(t)
	h := newHandler(t, realm)
	bob := realm.Token("bob")
	for _, tt := range []struct {
		name, method, path, token string
		headers                   []string
		page                      bool
		status                    int
	}{
		{"a browser's address bar", "GET", "/api/me", "", []string{"Sec-Fetch-Mode: navigate", "Accept: " + chromeAccepts}, true, 200},
		{"a browser that says nothing of itself", "GET", "/api/me", "", []string{"Accept: " + chromeAccepts}, true, 200},
		{"only HTML", "GET", "/secured", "", []string{"Accept: text/html"}, true, 200},
		{"rather HTML", "GET", "/secured", "", []string{"Accept: application/json;q=0.5, text/html"}, true, 200},
		{"by parts", "GET", "/secured", "", []string{"Accept: application/*;q=0.5, text/*;q=0.6"}, true, 200},
		{"HEAD of the same", "HEAD", "/api/notes", "", []string{"Sec-Fetch-Mode: navigate"}, true, 200},
		{"an operation with a parameter", "GET", "/api/departments/sales/brief", "", []string{"Sec-Fetch-Mode: navigate"}, true, 200},
		{"one for admins", "GET", "/api/admin/reports", "", []string{"Sec-Fetch-Mode: navigate"}, true, 200},
		{"fetch of a page", "GET", "/api/me", "", []string{"Sec-Fetch-Mode: cors", "Accept: " + chromeAccepts}, false, 401},
		{"an image", "GET", "/api/me", "", []string{"Sec-Fetch-Mode: no-cors", "Accept: text/html"}, false, 401},
		{"curl", "GET", "/api/me", "", []string{"Accept: " + anything}, false, 401},
		{"nothing said", "GET", "/api/me", "", nil, false, 401},
		{"either", "GET", "/api/me", "", []string{"Accept: text/html, application/json"}, false, 401},
		{"rather JSON", "GET", "/api/me", "", []string{"Accept: text/html;q=0.5, application/json"}, false, 401},
		{"no HTML at all", "GET", "/api/me", "", []string{"Accept: text/html;q=0, */*;q=0.1"}, false, 401},
		{"problems rather than HTML", "GET", "/api/me", "", []string{"Accept: application/problem+json, text/html;q=0.1"}, false, 401},
		{"tables rather than text", "GET", "/api/me", "", []string{"Accept: text/csv, text/*;q=0.1"}, false, 401},
		{"rubbish", "GET", "/api/me", "", []string{"Accept: text/html;q=9, ;;;,"}, false, 401},
		{"a form", "POST", "/api/notes", "", []string{"Sec-Fetch-Mode: navigate"}, false, 401},
		{"what is no operation", "GET", "/api/nothing", "", []string{"Sec-Fetch-Mode: navigate"}, false, 401},
		{"with a token", "GET", "/api/me", bob, []string{"Sec-Fetch-Mode: navigate"}, false, 200},
		{"with a bad one", "GET", "/api/me", "rubbish", []string{"Sec-Fetch-Mode: navigate"}, false, 401},
		{"what is open", "GET", "/health", "", []string{"Sec-Fetch-Mode: navigate"}, false, 200},
	} {
		rec := call(h, tt.method, tt.path, tt.token, tt.headers...)
		contentType := rec.Header().Get("Content-Type")
		if rec.Code != tt.status || strings.HasPrefix(contentType, "text/html") != tt.page {
			t.Errorf("%s: %d %s", tt.name, rec.Code, contentType)
		}
		if tt.page && (rec.Header().Get("Cache-Control") != "no-store" || !strings.Contains(rec.Header().Get("Content-Security-Policy"), "'nonce-")) {
			t.Errorf("%s: %v", tt.name, rec.Header())
		}
		if vary := rec.Header().Get("Vary"); tt.page && vary != "Accept, Sec-Fetch-Mode" {
			t.Errorf("%s: Vary is %q", tt.name, vary)
		}
		if tt.status == http.StatusUnauthorized && rec.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: no challenge", tt.name)
		}
	}
}
