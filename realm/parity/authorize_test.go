package parity

import (
	"strings"
	"testing"
)

// Where the client or the redirect URI is wrong, nobody is sent anywhere.
func TestAuthorizationRefusedOnAPage(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	pub := r.pub()
	essential := `{"id_token":{"acr":{"essential":true,"values":["gold"]}}}`
	tests := []struct {
		name    string
		app     app
		change  []string
		status  int
		message string
	}{
		{"unknown client", pub, []string{"client_id", "nobody"}, 400, "Client not found."},
		{"no client", pub, []string{"client_id", "-"}, 400, "Invalid Request"},
		{"empty client", pub, []string{"client_id", ""}, 400, "Client not found."},
		{"client of another case", pub, []string{"client_id", "PUB"}, 400, "Client not found."},
		{"client switched off", r.app("off"), nil, 400, "Client disabled."},
		{"bearer-only client", r.app("bearer"), nil, 403, "Bearer-only applications are not allowed to initiate browser login"},
		{"no redirect URI", pub, []string{"redirect_uri", "-"}, 400, "Invalid parameter: redirect_uri"},
		{"foreign redirect URI", pub, []string{"redirect_uri", "http://evil.example/app/cb"}, 400, "Invalid parameter: redirect_uri"},
		{"client without redirect URIs", r.app("nowhere"), nil, 400, "Invalid parameter: redirect_uri"},
		{"max_age no number", pub, []string{"max_age", "abc"}, 400, "Invalid Request"},
		{"unknown essential level", pub, []string{"claims", essential}, 400, "Invalid parameter: claims"},
		{"registration", pub, []string{"prompt", "create"}, 400, "Registration not allowed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			page := tt.app.authorize(newBrowser(t, r), tt.change...)
			page.wantErrorPage(tt.status, tt.message)
			if page.title() != "Sign in to Keystead laboratory" {
				t.Errorf("title = %q", page.title())
			}
		})
	}
}

func TestRegistrationsAreOff(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	b := newBrowser(t, r)
	b.open(r.oidc("/registrations"), r.pub().request()).wantErrorPage(400, "Registration not allowed")
}

// Everything else is told to the app.
func TestAuthorizationRefusedByRedirect(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	pub, free := r.pub(), r.free()
	const (
		noMethod  = "Missing parameter: code_challenge_method"
		noImplict = "Client is not allowed to initiate browser login with given response_type. Implicit flow is disabled for the client."
		noFlow    = "Client is not allowed to initiate browser login with given response_type. Standard flow is disabled for the client."
	)
	tests := []struct {
		name        string
		app         app
		change      []string
		code        string
		description string
	}{
		{"no PKCE where it is required", pub, []string{"code_challenge", "-", "code_challenge_method", "-"}, "invalid_request", noMethod},
		{"no PKCE method", pub, []string{"code_challenge_method", "-"}, "invalid_request", noMethod},
		{"no PKCE challenge", pub, []string{"code_challenge", "-"}, "invalid_request", "Missing parameter: code_challenge"},
		{"PKCE method plain", pub, []string{"code_challenge_method", "plain"}, "invalid_request", "Invalid parameter: code challenge method is not matching the configured one"},
		{"unknown PKCE method", pub, []string{"code_challenge_method", "S512"}, "invalid_request", "Invalid parameter: code challenge method is not matching the configured one"},
		{"PKCE challenge too short", pub, []string{"code_challenge", "short"}, "invalid_request", "Invalid parameter: code_challenge"},
		{"PKCE challenge with odd characters", pub, []string{"code_challenge", strings.Repeat("a+", 22)}, "invalid_request", "Invalid parameter: code_challenge"},
		{"unknown PKCE method where none is required", free, []string{"code_challenge", challenge(verifier), "code_challenge_method", "S512"}, "invalid_request", "Invalid parameter: code_challenge_method"},
		{"PKCE method without challenge where none is required", free, []string{"code_challenge_method", "S256"}, "invalid_request", "Missing parameter: code_challenge"},
		{"prompt=none without a session", pub, []string{"prompt", "none"}, "login_required", ""},
		{"unknown response type", pub, []string{"response_type", "foo"}, "unsupported_response_type", ""},
		{"no response type", pub, []string{"response_type", "-"}, "invalid_request", "Missing parameter: response_type"},
		{"empty response type", pub, []string{"response_type", ""}, "unsupported_response_type", ""},
		{"implicit flow", pub, []string{"response_type", "token"}, "unauthorized_client", noImplict},
		{"implicit flow with ID token", pub, []string{"response_type", "id_token token"}, "unauthorized_client", noImplict},
		{"hybrid flow", pub, []string{"response_type", "code id_token"}, "unauthorized_client", noImplict},
		{"unknown response mode", pub, []string{"response_mode", "bogus"}, "invalid_request", "Invalid parameter: response_mode"},
		{"unknown scope", pub, []string{"scope", "openid bogus"}, "invalid_scope", "Invalid scopes: openid bogus"},
		{"empty scope", pub, []string{"scope", ""}, "invalid_scope", "Invalid scopes: "},
		{"standard flow off", r.app("noflow"), nil, "unauthorized_client", noFlow},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := tt.app.authorize(newBrowser(t, r), tt.change...).want(302)
			want := shape{"error": tt.code, "error_description": tt.description, "state": "st4te", "iss": r.url("")}
			if tt.description == "" {
				delete(want, "error_description")
			}
			wantClaims(t, "redirect to "+got.location().String(), flat(got.returned(tt.app)), want)
		})
	}
}

func TestRefusalsKeepTheResponseMode(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	a := r.pub()
	want := shape{"error": "login_required", "state": "st4te", "iss": r.url("")}
	t.Run("fragment", func(t *testing.T) {
		t.Parallel()
		got := a.authorize(newBrowser(t, r), "prompt", "none", "response_mode", "fragment")
		if to := got.location(); to.RawQuery != "" || to.Fragment == "" {
			t.Errorf("redirected to %s", to)
		}
		wantClaims(t, "redirect", flat(got.returned(a)), want)
	})
	t.Run("form_post", func(t *testing.T) {
		t.Parallel()
		action, hidden := a.authorize(newBrowser(t, r), "prompt", "none", "response_mode", "form_post").want(200).form("")
		if action != a.redirect {
			t.Errorf("the form goes to %s", action)
		}
		wantClaims(t, "form", flat(hidden), want)
	})
	t.Run("implicit flow in the fragment", func(t *testing.T) {
		t.Parallel()
		if to := a.authorize(newBrowser(t, r), "response_type", "token").location(); to.Fragment == "" || to.RawQuery != "" {
			t.Errorf("redirected to %s", to)
		}
	})
	t.Run("without state", func(t *testing.T) {
		t.Parallel()
		got := a.authorize(newBrowser(t, r), "prompt", "none", "state", "-")
		wantClaims(t, "redirect", flat(got.returned(a)), shape{"error": "login_required", "iss": r.url("")})
	})
}

func TestRepeatedParameter(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	a := r.pub()
	for _, name := range []string{"scope", "state", "nonce", "response_type"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values := a.request()
			values.Add(name, values.Get(name))
			got := newBrowser(t, r).open(r.oidc("/auth"), values)
			back := got.returned(a)
			if back.Get("error") != "invalid_request" || back.Get("error_description") != "duplicated parameter" {
				t.Errorf("redirected to %s", got.location())
			}
		})
	}
}

// What is unknown or harmless leads to the login page all the same.
func TestAuthorizationTakesMuch(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	a := r.pub()
	tests := []struct {
		name   string
		change []string
	}{
		{"unknown prompt", []string{"prompt", "bogus"}},
		{"prompt=login", []string{"prompt", "login"}},
		{"prompt=consent", []string{"prompt", "consent"}},
		{"unknown identity provider", []string{"kc_idp_hint", "google"}},
		{"languages", []string{"ui_locales", "de en"}},
		{"unknown parameter", []string{"colour", "blue"}},
		{"acr_values", []string{"acr_values", "1"}},
		{"unknown acr_values", []string{"acr_values", "gold"}},
		{"voluntary claims", []string{"claims", `{"id_token":{"acr":{"values":["gold"]}}}`}},
		{"an essential level there is", []string{"claims", `{"id_token":{"acr":{"essential":true,"values":["1"]}}}`}},
		{"max_age", []string{"max_age", "60"}},
		{"unknown action", []string{"kc_action", "BOGUS"}},
		{"response type none", []string{"response_type", "none"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a.authorize(newBrowser(t, r), tt.change...).want(200).has("kc-form-login", "username", "password")
		})
	}
}

func TestResponseTypeNone(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	back := r.pub().signIn(newBrowser(t, r), "bob", "response_type", "none")
	wantClaims(t, "redirect", flat(back), shape{"state": "st4te", "session_state": sid, "iss": r.url("")})
}

func TestRedirectURIs(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	tests := []struct {
		client, uri string
		allowed     bool
	}{
		{"loopback", "http://localhost:9999/exact", true},
		{"loopback", "http://localhost:9999/exact/", false},
		{"loopback", "http://localhost:9999/exact?x=y", false},
		{"loopback", "http://localhost:9999/exact#x", false},
		{"loopback", "http://localhost:9999/Exact", false},
		{"loopback", "http://LOCALHOST:9999/exact", false},
		{"loopback", "https://localhost:9999/exact", false},
		{"loopback", "http://localhost:9998/exact", false},
		{"loopback", "http://localhost:9999/query?a=b", true},
		{"loopback", "http://localhost:9999/query?a=c", false},
		{"loopback", "http://localhost:9999/query", false},

		{"loopback", "http://localhost:9999/app/", true},
		{"loopback", "http://localhost:9999/app", true},
		{"loopback", "http://localhost:9999/app/cb", true},
		{"loopback", "http://localhost:9999/app/deep/cb?x=y", true},
		{"loopback", "http://localhost:9999/app/cb#fragment", true},
		{"loopback", "http://localhost:9999/apples", false},
		{"loopback", "http://localhost:9999/app?x=y", true},
		{"loopback", "http://localhost:9999/app/../evil", false},
		{"loopback", "http://localhost:9999/app/%2e%2e/evil", false},
		{"loopback", "http://localhost:9999/app/%2f..", false},
		{"loopback", `http://localhost:9999/app/\evil`, false},
		{"loopback", "http://user@localhost:9999/app/cb", false},
		{"loopback", "http://localhost:9999@evil.example/app/cb", false},
		{"loopback", "http://localhost:9999.evil.example/app/cb", false},
		{"loopback", "http://evil.example/?http://localhost:9999/app/cb", false},

		{"loopback", "http://127.0.0.1/cb", true},
		{"loopback", "http://127.0.0.1:4711/cb", true},
		{"loopback", "http://127.0.0.1:4711/cb?x=y", true},
		{"loopback", "http://127.0.0.1:4711", true},
		{"loopback", "http://127.0.0.1", true},
		{"loopback", "https://127.0.0.1:4711/cb", false},
		{"loopback", "http://127.0.0.2:4711/cb", false},
		{"loopback", "http://[::1]:4711/cb", true},
		{"loopback", "http://127.0.0.1.evil.example/cb", false},
		{"loopback", "http://localhost/portless", true},
		{"loopback", "http://localhost:4711/portless", true},
		{"loopback", "http://localhost:4711/any/cb", true},
		{"loopback", "http://localhost:4711/other", false},
		{"loopback", "http://host.example/portless", true},
		{"loopback", "http://host.example:4711/portless", false},
		{"loopback", "https://localhost/secure", true},
		{"loopback", "https://localhost:4711/secure", false},

		{"loopback", "http://localhost:9999/base/relative", true},
		{"loopback", "http://localhost:9999/relative", false},
		{"loopback", "/relative", false},
		{"loopback", "http://localhost:9999/base/below/cb", true},
		{"loopback", "http://localhost:9999/base/other", false},

		{"loopback", "myapp://callback", true},
		{"loopback", "myapp://other", false},
		{"loopback", "https://a.example.com/cb", false},

		{"any", "http://evil.example/cb", true},
		{"any", "https://evil.example/cb?x=y", true},
		{"any", "javascript:alert(1)", false},
		{"any", "data:text/html,hi", false},
		{"any", "myapp://callback", false},
		{"any", "ftp://evil.example/cb", false},
		{"nowhere", "http://localhost:9999/app/cb", false},
	}
	for _, tt := range tests {
		t.Run(tt.client+" "+tt.uri, func(t *testing.T) {
			t.Parallel()
			a := app{r, tt.client, "", tt.uri, false}
			page := a.authorize(newBrowser(t, r))
			if tt.allowed {
				page.want(200).has("kc-form-login")
			} else {
				page.wantErrorPage(400, "Invalid parameter: redirect_uri")
			}
		})
	}
}

// A client with a single redirect URI still has to name it.
func TestRedirectURIIsNeverGuessed(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	r.conf().authorize(newBrowser(t, r), "redirect_uri", "-").wantErrorPage(400, "Invalid parameter: redirect_uri")
}
