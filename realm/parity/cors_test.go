package parity

import (
	"strings"
	"testing"
)

const (
	listed = "http://localhost:9999" // among the web origins of most clients of lab
	evil   = "http://evil.example"
)

// open are the headers that let a page of that origin read the answer.
func readable(origin, exposed string) []string {
	return []string{"Access-Control-Allow-Origin", origin, "Access-Control-Allow-Credentials", "true", "Access-Control-Expose-Headers", exposed}
}

var unreadable = []string{"Access-Control-Allow-Origin", "", "Access-Control-Allow-Credentials", "", "Access-Control-Expose-Headers", ""}

const methods = "Access-Control-Allow-Methods"

func TestCORSOfPublicDocuments(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	for _, address := range []string{r.url(""), r.url("/.well-known/openid-configuration"), r.oidc("/certs")} {
		for _, origin := range []string{listed, evil} {
			t.Run(address[len(r.base):]+" for "+origin, func(t *testing.T) {
				t.Parallel()
				get(t, address, "Origin", origin).want(200).wantHeaders(readable(origin, "")...)
			})
		}
		t.Run(address[len(r.base):]+" without an origin", func(t *testing.T) {
			t.Parallel()
			get(t, address).want(200).wantHeaders(unreadable...)
		})
	}
}

func TestPreflights(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	const headers = "Origin, X-Requested-With, Access-Control-Request-Method, Accept, Access-Control-Request-Headers, DPoP, Content-Type, Authorization"
	tests := []struct{ address, method, methods string }{
		{r.oidc("/token"), "POST", "POST, OPTIONS"},
		{r.oidc("/revoke"), "POST", "POST, OPTIONS"},
		{r.oidc("/auth/device"), "POST", "POST, OPTIONS"},
		{r.oidc("/userinfo"), "GET", "GET, HEAD, OPTIONS"},
		{r.oidc("/userinfo"), "POST", "GET, HEAD, OPTIONS"},
		{r.oidc("/logout"), "POST", "GET, HEAD, OPTIONS"},
		{r.oidc("/certs"), "GET", "GET"},
		{r.url("/.well-known/openid-configuration"), "GET", "GET"},
		{r.url("/account"), "GET", "HEAD, DELETE, POST, GET, OPTIONS, PUT"},
	}
	for _, tt := range tests {
		for _, origin := range []string{listed, evil} {
			t.Run(tt.method+" "+tt.address[len(r.base):]+" for "+origin, func(t *testing.T) {
				t.Parallel()
				got := send(t, newRequest(t, "OPTIONS", tt.address, nil, "Origin", origin, "Access-Control-Request-Method", tt.method, "Access-Control-Request-Headers", "authorization,content-type"))
				got.want(200).wantHeaders("Access-Control-Allow-Origin", origin, "Access-Control-Allow-Credentials", "true", "Access-Control-Max-Age", "3600")
				sameWords(t, "Access-Control-Allow-Methods", got.header.Get("Access-Control-Allow-Methods"), tt.methods)
				sameWords(t, "Access-Control-Allow-Headers", got.header.Get("Access-Control-Allow-Headers"), headers)
			})
		}
	}
	for _, address := range []string{r.oidc("/token/introspect"), r.oidc("/auth")} {
		t.Run("none for "+address[len(r.base):], func(t *testing.T) {
			t.Parallel()
			send(t, newRequest(t, "OPTIONS", address, nil, "Origin", listed, "Access-Control-Request-Method", "POST")).wantHeaders(unreadable...)
		})
	}
}

func sameWords(t *testing.T, header, got, want string) {
	t.Helper()
	if wrong := compare(words(strings.FieldsFunc(want, listMark)...), strings.Join(strings.FieldsFunc(got, listMark), " ")); wrong != "" {
		t.Errorf("%s %s", header, wrong)
	}
}

func listMark(r rune) bool { return r == ',' || r == ' ' }

func TestCORSOfTokens(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	bob := form("grant_type", "password", "client_id", "free", "username", "bob", "password", "bob", "scope", "openid")
	tests := []struct {
		name   string
		change []string
		origin string
		status int
		read   bool
	}{
		{"listed", nil, listed, 200, true},
		{"listed, the other", nil, "http://localhost:9998", 200, true},
		{"any, for a client that allows all", []string{"client_id", "any"}, evil, 200, true},
		{"the server's own", nil, r.base, 200, false},
		{"foreign", nil, evil, 403, false},
		{"of another case", nil, "http://LOCALHOST:9999", 403, false},
		{"another port", nil, "http://localhost:9997", 403, false},
		{"null", nil, "null", 403, false},
		{"client without origins", []string{"client_id", "narrow"}, listed, 403, false},
		{"wrong password, listed", []string{"password", "wrong"}, listed, 400, true},
		{"wrong password, foreign", []string{"password", "wrong"}, evil, 403, false},
		{"garbage code, listed", []string{"grant_type", "authorization_code", "code", "x"}, listed, 400, true},
		{"garbage code, foreign", []string{"grant_type", "authorization_code", "code", "x"}, evil, 403, false},
		{"garbage refresh token, listed", []string{"grant_type", "refresh_token", "refresh_token", "x"}, listed, 400, true},
		{"garbage refresh token, foreign", []string{"grant_type", "refresh_token", "refresh_token", "x"}, evil, 403, false},
		{"unknown client", []string{"client_id", "nobody"}, evil, 401, true},
		{"wrong secret", []string{"client_id", "conf", "client_secret", "wrong"}, evil, 401, true},
		{"no grant type", []string{"grant_type", "-"}, listed, 400, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := post(t, r.oidc("/token"), with(bob, tt.change...), "Origin", tt.origin).want(tt.status)
			if tt.status == 403 {
				got.wantError(403, "Invalid origin", "")
			}
			if tt.read {
				got.wantHeaders(readable(tt.origin, methods)...)
			} else {
				got.wantHeaders(unreadable...)
			}
		})
	}
}

// A page of a foreign origin does not spend the code.
func TestCodeOfAForeignOrigin(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	pub := r.pub()
	code := pub.signIn(newBrowser(t, r), "bob").Get("code")
	values := pub.form("grant_type", "authorization_code", "code", code, "redirect_uri", pub.redirect, "code_verifier", verifier)
	post(t, r.oidc("/token"), values, "Origin", evil).wantError(403, "Invalid origin", "")
	post(t, r.oidc("/token"), values, "Origin", listed).want(200).wantHeaders(readable(listed, methods)...)
}

func TestCORSOfTheRest(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	pub := r.pub()
	have := pub.session(newBrowser(t, r), "bob")
	bearer := []string{"Authorization", "Bearer " + have.access}
	t.Run("userinfo, listed", func(t *testing.T) {
		t.Parallel()
		get(t, r.oidc("/userinfo"), append(bearer, "Origin", listed)...).want(200).wantHeaders(readable(listed, methods)...)
	})
	t.Run("userinfo, foreign", func(t *testing.T) {
		t.Parallel()
		got := get(t, r.oidc("/userinfo"), append(bearer, "Origin", evil)...)
		got.wantError(403, "Invalid origin", "")
		got.wantHeaders(unreadable...)
	})
	t.Run("userinfo, bad token", func(t *testing.T) {
		t.Parallel()
		got := get(t, r.oidc("/userinfo"), "Authorization", "Bearer abc", "Origin", evil).want(401)
		got.wantHeaders("Access-Control-Allow-Origin", evil, "Access-Control-Allow-Credentials", "true")
		sameWords(t, "Access-Control-Expose-Headers", got.header.Get("Access-Control-Expose-Headers"), methods+", WWW-Authenticate")
	})
	t.Run("revoke, listed", func(t *testing.T) {
		t.Parallel()
		post(t, r.oidc("/revoke"), pub.form("token", "x"), "Origin", listed).want(200).wantHeaders(readable(listed, methods)...)
	})
	t.Run("revoke, foreign", func(t *testing.T) {
		t.Parallel()
		post(t, r.oidc("/revoke"), pub.form("token", "x"), "Origin", evil).wantError(403, "Invalid origin", "")
	})
	t.Run("logout by the app, listed", func(t *testing.T) {
		t.Parallel()
		have := pub.session(newBrowser(t, r), "bob")
		post(t, r.oidc("/logout"), pub.form("refresh_token", have.refresh), "Origin", listed).want(204).wantHeaders(readable(listed, methods)...)
	})
	t.Run("logout by the app, foreign", func(t *testing.T) {
		t.Parallel()
		post(t, r.oidc("/logout"), pub.form("refresh_token", "x"), "Origin", evil).wantError(403, "Invalid origin", "")
	})
	t.Run("device, listed", func(t *testing.T) {
		t.Parallel()
		post(t, r.oidc("/auth/device"), r.app("tv").form(), "Origin", listed).want(200).wantHeaders(readable(listed, methods)...)
	})
	t.Run("device, foreign", func(t *testing.T) {
		t.Parallel()
		post(t, r.oidc("/auth/device"), r.app("tv").form(), "Origin", evil).wantError(403, "Invalid origin", "")
	})
	t.Run("introspection", func(t *testing.T) {
		t.Parallel()
		post(t, r.oidc("/token/introspect"), r.api().form("token", "x"), "Origin", evil).want(200).wantHeaders(unreadable...)
	})
	t.Run("login page", func(t *testing.T) {
		t.Parallel()
		get(t, r.oidc("/auth")+"?"+pub.request().Encode(), "Origin", listed).want(200).wantHeaders(unreadable...)
	})
}
