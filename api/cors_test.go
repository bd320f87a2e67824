package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"keystead/auth/authtest"
)

// Which pages may call the API: those of the listed origins, letter by letter, and of no others.
func TestCORSOrigins(t *testing.T) {
	realm := authtest.NewIssuer(t)
	listed := newHandler(t, realm, "https://portal.example.com", "http://localhost:3000")
	closed := newHandler(t, realm)
	bob := realm.Token("bob")
	for _, tt := range []struct {
		name    string
		h       http.Handler
		origin  string
		allowed bool
	}{
		{"no origin is listed at all", closed, "https://portal.example.com", false},
		{"unlisted", listed, "https://evil.example", false},
		{"a listed one in front", listed, "https://portal.example.com.evil.example", false},
		{"a listed one behind", listed, "https://evil-portal.example.com", false},
		{"below a listed one", listed, "https://evil.portal.example.com", false},
		{"above a listed one", listed, "https://example.com", false},
		{"another scheme", listed, "http://portal.example.com", false},
		{"another port", listed, "http://localhost:3001", false},
		{"no port where one is listed", listed, "http://localhost", false},
		{"a port where none is listed", listed, "https://portal.example.com:8443", false},
		{"the default port said out loud", listed, "https://portal.example.com:443", false},
		{"another name of the same machine", listed, "http://127.0.0.1:3000", false},
		{"a slash at the end", listed, "https://portal.example.com/", false},
		{"a dot at the end", listed, "https://portal.example.com.", false},
		{"user info", listed, "https://portal.example.com@evil.example", false},
		{"two at once", listed, "https://portal.example.com https://evil.example", false},
		{"a wildcard", listed, "*", false},
		{"null", listed, "null", false},
		{"the app's own", listed, "http://localhost:8000", false}, // which needs no permission
		{"listed", listed, "https://portal.example.com", true},
		{"listed with a port", listed, "http://localhost:3000", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := ""
			if tt.allowed {
				want = tt.origin
			}
			preflight := call(tt.h, "OPTIONS", "/api/admin/reports", "", "Origin: "+tt.origin, "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: authorization")
			if got := preflight.Header().Get("Access-Control-Allow-Origin"); got != want {
				t.Errorf("the preflight allows %q, want %q", got, want)
			}
			// Every answer, whatever it is, can be read by a page that is allowed, and by no other.
			for request, status := range map[string]int{
				"GET /api/me": 200, "GET /api/admin/reports": 403, "GET /api/nothing": 404, "POST /api/me": 405, "GET /api/../me": 400, "GET /health": 200,
				"POST /api/notes": 400, "GET /api/notes?limit=x": 422, "GET /assets/gone.js": 404, "GET /openapi.json": 200, "GET /": 200,
			} {
				method, path, _ := strings.Cut(request, " ")
				rec := call(tt.h, method, path, bob, "Origin: "+tt.origin)
				if got := rec.Header().Get("Access-Control-Allow-Origin"); got != want || rec.Code != status {
					t.Errorf("%s = %d, allows %q, want %d, %q", request, rec.Code, got, status, want)
				}
				if rec.Header().Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("%s allows credentials", request)
				}
				if tt.h == listed && !slices.Contains(rec.Header().Values("Vary"), "Origin") {
					t.Errorf("%s: a cache may give one origin's answer to another: %v", request, rec.Header())
				}
			}
			refused := call(tt.h, "GET", "/api/me", "", "Origin: "+tt.origin)
			exposed := strings.ToLower(refused.Header().Get("Access-Control-Expose-Headers"))
			if refused.Code != 401 || refused.Header().Get("Access-Control-Allow-Origin") != want || refused.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("a refusal = %d %v", refused.Code, refused.Header())
			}
			for _, header := range []string{"www-authenticate", "retry-after", "x-request-id", "etag", "location"} {
				if strings.Contains(exposed, header) != tt.allowed {
					t.Errorf("%s is exposed: %q", header, exposed)
				}
			}
		})
	}
}

// A preflight asks without a token, and gets all that the API takes.
func TestCORSPreflight(t *testing.T) {
	realm := authtest.NewIssuer(t)
	h := newHandler(t, realm, "https://portal.example.com")
	for _, tt := range []struct {
		name, path, method, headers string
		allowed                     bool
	}{
		{"a call with a token", "/api/me", "GET", "authorization", true},
		{"a call with a body", "/api/notes", "POST", "authorization,content-type", true},
		{"a change", "/api/notes/1", "PUT", "authorization,content-type,if-match,x-request-id", true},
		{"a patch", "/api/notes/1", "PATCH", "authorization", true},
		{"a deletion", "/api/notes/1", "DELETE", "authorization", true},
		{"what does not exist", "/api/nothing", "GET", "authorization", true}, // nobody learns that it does not
		{"another method", "/api/me", "TRACE", "authorization", false},
		{"another header", "/api/me", "GET", "authorization,x-evil", false},
	} {
		rec := call(h, "OPTIONS", tt.path, "", "Origin: https://portal.example.com", "Access-Control-Request-Method: "+tt.method, "Access-Control-Request-Headers: "+tt.headers)
		header := rec.Header()
		if allowed := header.Get("Access-Control-Allow-Origin") != ""; allowed != tt.allowed || rec.Code != http.StatusOK || rec.Body.Len() != 0 {
			t.Errorf("%s = %d %v", tt.name, rec.Code, header)
		}
		if tt.allowed && (header.Get("Access-Control-Allow-Methods") != tt.method || !strings.EqualFold(strings.ReplaceAll(header.Get("Access-Control-Allow-Headers"), " ", ""), tt.headers) || header.Get("Access-Control-Max-Age") != "600") {
			t.Errorf("%s: %v", tt.name, header)
		}
		if header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s allows credentials", tt.name)
		}
		for _, name := range []string{"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"} {
			if !slices.Contains(header.Values("Vary"), name) {
				t.Errorf("%s: Vary lacks %s: %v", tt.name, name, header.Values("Vary"))
			}
		}
	}
	// Only a preflight goes without a token: a plain OPTIONS call needs one, and then tells the methods.
	if rec := call(h, "OPTIONS", "/api/me", "", "Origin: https://portal.example.com"); rec.Code != http.StatusUnauthorized {
		t.Errorf("OPTIONS without Access-Control-Request-Method = %d", rec.Code)
	}
	if rec := call(h, "OPTIONS", "/api/notes", realm.Token("bob"), "Origin: https://portal.example.com"); rec.Code != http.StatusNoContent || rec.Header().Get("Allow") != "GET, HEAD, POST, OPTIONS" {
		t.Errorf("OPTIONS with a token = %d %v", rec.Code, rec.Header())
	}
}
