package parity

import (
	"crypto/sha512"
	"strings"
	"testing"
)

// The code flow as the app of the demo realm goes through it: a public client with PKCE.
func TestCodeFlowOfDemo(t *testing.T) { // not parallel: the realm refuses two logins of a person at once
	r := open(t, "demo")
	a, b := r.demo(), newBrowser(t, r)
	got := a.exchange(t, a.signIn(b, "alice").Get("code"))
	got.want(200).wantHeaders("Cache-Control", "no-store", "Pragma", "no-cache", "Content-Type", "application/json")
	got.wantShape(tokenAnswer())
	have := got.tokens()

	person := aliceProfile.and(shape{"sub": "a11ce000-0000-4000-8000-000000000001"})
	access := r.verified(t, have.access)
	wantClaims(t, "header", access.header, shape{"alg": "RS256", "typ": "JWT", "kid": anyText})
	wantClaims(t, "access token", access.claims, a.accessClaims("onrtac").and(person).and(shape{
		"aud":             list("keystead-api", "account"),
		"department":      "engineering",
		"allowed-origins": list(appURL, viteURL),
		"realm_access":    roles("user", "admin"),
		"resource_access": shape{"account": roles("view-profile", "manage-account")},
	}))
	wantClaims(t, "ID token", r.verified(t, have.id).claims, a.idClaims().and(person).and(shape{"at_hash": halfHash(have.access)}))
	wantClaims(t, "refresh token", decode(t, have.refresh).claims, a.refreshClaims(person["sub"]).and(shape{
		"aud_x":    list("keystead-api", "account"),
		"reuse_id": uuid, // tells apart the tokens of one session in a realm where they rotate
		"scope":    words("openid", "email", "profile", "acr", "basic", "web-origins", "roles", "keystead-api"),
	}))
	r.userinfo(t, have.access).want(200).wantShape(person.and(shape{"department": "engineering"}))
}

// The server-side client of demo has both a secret and PKCE.
func TestCodeFlowOfSession(t *testing.T) { // not parallel: the realm refuses two logins of a person at once
	r := open(t, "demo")
	a := app{r, "keystead-session", "keystead-session-demo-secret", appURL + "/auth/callback", true}
	back := a.signIn(newBrowser(t, r), "bob")
	got := a.exchange(t, back.Get("code")).want(200)
	got.wantShape(tokenAnswer())
	wantClaims(t, "access token", r.verified(t, got.tokens().access).claims, a.accessClaims("onrtac").and(bobProfile).and(shape{
		"sub": "b0b00000-0000-4000-8000-000000000002", "email_verified": true, "aud": list("keystead-api", "account"), "department": "sales",
		"realm_access": roles("user"), "resource_access": shape{"account": roles("view-profile", "manage-account")},
	}))
	a.authorize(newBrowser(t, r), "code_challenge", "-", "code_challenge_method", "-").returned(a)
}

func TestCodeFlow(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	labOrigins := shape{"allowed-origins": list("http://localhost:9999")}
	tests := []struct {
		name    string
		app     app
		user    string
		person  shape
		access  shape // besides the usual
		refresh shape
	}{
		{"public with PKCE, roles", r.pub(), "alice", labAlice, aliceRoles.and(labOrigins), shape{"aud_x": "api"}},
		{"no roles: no audience", r.pub(), "bob", labBob, labOrigins, nil},
		{"default roles", r.pub(), "dora", labDora, labOrigins.and(shape{
			"aud":             "account",
			"realm_access":    roles("default-roles-lab", "offline_access", "uma_authorization"),
			"resource_access": shape{"account": roles("manage-account", "manage-account-links", "view-profile")},
		}), shape{"aud_x": "account"}},
		{"public without PKCE, origins given", r.free(), "bob", labBob, shape{"allowed-origins": list("http://localhost:9999", "http://localhost:9998")}, nil},
		{"confidential, no origins", r.conf(), "bob", labBob, nil, nil},
		{"all origins", app{r, "any", "", "https://anywhere.example/cb", false}, "bob", labBob, shape{"allowed-origins": list("*")}, nil},
		{"composites of composites", r.conf(), "clara",
			shape{"sub": anyText, "email_verified": false, "name": "Clara Chief", "preferred_username": "clara", "given_name": "Clara", "family_name": "Chief", "email": "clara@example.com"},
			shape{"aud": "api", "realm_access": roles("chief", "editor", "admin", "reader", "writer"), "resource_access": shape{"api": roles("read", "write")}},
			shape{"aud_x": "api"}},
		{"only the roles of the scope mappings", r.app("narrow"), "alice", labAlice,
			shape{"aud": "api", "realm_access": roles("user"), "resource_access": shape{"api": roles("read")}}, shape{"aud_x": "api"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBrowser(t, r)
			back := tt.app.signIn(b, tt.user)
			wantClaims(t, "redirect", flat(back), shape{
				"state": "st4te", "session_state": sid, "iss": r.url(""), "code": text(uuidForm + `\.[A-Za-z0-9_-]{24}\.` + uuidForm),
			})
			got := tt.app.exchange(t, back.Get("code"))
			got.want(200).wantShape(tokenAnswer().and(shape{"session_state": back.Get("session_state")}))
			have := got.tokens()
			sameSession := shape{"sid": have.sid}
			wantClaims(t, "access token", r.verified(t, have.access).claims,
				tt.app.accessClaims("onrtac").and(tt.person).and(tt.access).and(sameSession))
			wantClaims(t, "ID token", r.verified(t, have.id).claims,
				tt.app.idClaims().and(tt.person).and(sameSession).and(shape{"at_hash": halfHash(have.access)}))
			refresh := decode(t, have.refresh)
			wantClaims(t, "header", refresh.header, shape{"alg": "HS512", "typ": "JWT", "kid": uuid})
			wantClaims(t, "refresh token", refresh.claims, tt.app.refreshClaims(tt.person["sub"]).and(tt.refresh).and(sameSession))
			r.userinfo(t, have.access).want(200).wantShape(tt.person)
		})
	}
}

// Order matters to no one, but it shows at a glance that nothing is missing.
func TestRedirectOrder(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	a, b := r.pub(), newBrowser(t, r)
	got := b.login(a.authorize(b), "bob", "bob")
	var names []string
	for part := range strings.SplitSeq(got.location().RawQuery, "&") {
		name, _, _ := strings.Cut(part, "=")
		names = append(names, name)
	}
	if order := strings.Join(names, " "); order != "state session_state iss code" {
		t.Errorf("parameters come as %q", order)
	}
}

func TestCookies(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	a, b := r.pub(), newBrowser(t, r)
	page := a.authorize(b).want(200).wantHeaders("Cache-Control", "no-store, must-revalidate, max-age=0", "Content-Type", "text/html;charset=utf-8")
	for _, name := range []string{"AUTH_SESSION_ID", "KC_AUTH_SESSION_HASH", "KC_RESTART"} {
		if b.cookie(name) == "" {
			t.Errorf("the login page sets no cookie %s", name)
		}
	}
	for _, cookie := range b.cookies {
		if cookie.Path != "/realms/lab/" {
			t.Errorf("cookie %s has the path %s", cookie.Name, cookie.Path)
		}
		if want := cookie.Name != "KC_AUTH_SESSION_HASH"; cookie.HttpOnly != want {
			t.Errorf("cookie %s is HttpOnly = %v, want %v", cookie.Name, cookie.HttpOnly, want)
		}
	}
	back := b.login(page, "alice", "alice")
	session := back.returned(a).Get("session_state")
	if b.cookie("KC_RESTART") != "" {
		t.Error("the cookie KC_RESTART outlives the login")
	}
	hash := sha512.Sum384([]byte(session))
	for _, cookie := range b.cookies {
		switch cookie.Name {
		case "KEYCLOAK_SESSION":
			if cookie.Value != b64.EncodeToString(hash[:]) {
				t.Errorf("KEYCLOAK_SESSION = %s, want the hash of the session", cookie.Value)
			}
			if cookie.HttpOnly || cookie.MaxAge != 36000 {
				t.Errorf("KEYCLOAK_SESSION is HttpOnly = %v with Max-Age %d", cookie.HttpOnly, cookie.MaxAge)
			}
		case "KEYCLOAK_IDENTITY":
			if !cookie.HttpOnly || cookie.MaxAge != 0 {
				t.Errorf("KEYCLOAK_IDENTITY is HttpOnly = %v with Max-Age %d", cookie.HttpOnly, cookie.MaxAge)
			}
			identity := decode(t, cookie.Value)
			if identity.claims["sid"] != session || identity.claims["sub"] != labAlice["sub"] || identity.claims["typ"] != "Serialized-ID" {
				t.Errorf("KEYCLOAK_IDENTITY says %v", identity.claims)
			}
		}
	}
	if b.cookie("KEYCLOAK_SESSION") == "" || b.cookie("KEYCLOAK_IDENTITY") == "" {
		t.Errorf("the login sets no cookie KEYCLOAK_SESSION or KEYCLOAK_IDENTITY%s", back.explain())
	}
}

func TestResponseModes(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	a := r.pub()
	want := shape{"state": "st4te", "session_state": sid, "iss": r.url(""), "code": anyText}
	t.Run("query", func(t *testing.T) {
		t.Parallel()
		b := newBrowser(t, r)
		got := b.login(a.authorize(b, "response_mode", "query"), "bob", "bob")
		wantClaims(t, "redirect", flat(got.location().Query()), want)
	})
	t.Run("fragment", func(t *testing.T) {
		t.Parallel()
		b := newBrowser(t, r)
		got := b.login(a.authorize(b, "response_mode", "fragment"), "bob", "bob")
		if got.location().RawQuery != "" {
			t.Errorf("redirected to %s, want a fragment only", got.location())
		}
		wantClaims(t, "redirect", flat(got.returned(a)), want)
	})
	t.Run("form_post", func(t *testing.T) {
		t.Parallel()
		b := newBrowser(t, r)
		got := b.login(a.authorize(b, "response_mode", "form_post"), "bob", "bob").want(200)
		action, hidden := got.form("")
		if action != a.redirect {
			t.Errorf("the form goes to %s, want %s", action, a.redirect)
		}
		wantClaims(t, "form", flat(hidden), want)
		a.exchange(t, hidden.Get("code")).want(200)
	})
	t.Run("query of the redirect URI stays", func(t *testing.T) {
		t.Parallel()
		b := newBrowser(t, r)
		a := a
		a.redirect += "?keep=this"
		got := b.login(a.authorize(b), "bob", "bob").location()
		if got.Query().Get("keep") != "this" || got.Query().Get("code") == "" {
			t.Errorf("redirected to %s", got)
		}
		a.exchange(t, got.Query().Get("code")).want(200)
	})
}

func TestPostToAuthorizationEndpoint(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	a, b := r.pub(), newBrowser(t, r)
	page := b.follow(b.do(newRequest(t, "POST", r.oidc("/auth"), a.request())))
	b.login(page, "bob", "bob").returned(a)
}

// Scopes of the request show in the tokens.
func TestScopes(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	a := r.free()
	gina := shape{
		"sub": anyText, "email_verified": true, "name": "Gina Group", "preferred_username": "gina", "given_name": "Gina", "family_name": "Group",
		"email": "gina@example.com", "nickname": "gigi", "locale": "de",
	}
	address := shape{"street_address": "Ring 1", "locality": "Vienna", "country": "AT"}
	tests := []struct {
		scope   string
		granted []string
		claims  shape // of the ID token, besides the usual
	}{
		{"openid", []string{"openid", "email", "profile"}, nil},
		{"openid email", []string{"openid", "email", "profile"}, nil},
		{"openid openid", []string{"openid", "email", "profile"}, nil},
		{"openid address phone", []string{"openid", "email", "profile", "address", "phone"},
			shape{"address": address, "phone_number": "+43 1 5550100", "phone_number_verified": true}},
		{"openid microprofile-jwt", []string{"openid", "email", "profile", "microprofile-jwt"},
			shape{"upn": "gina", "groups": list("user", "reader")}},
	}
	for _, tt := range tests {
		t.Run(tt.scope, func(t *testing.T) {
			t.Parallel()
			b := newBrowser(t, r)
			have := a.session(b, "gina", "scope", tt.scope)
			if wrong := compare(words(tt.granted...), have.scope); wrong != "" {
				t.Errorf("scope %s", wrong)
			}
			wantClaims(t, "ID token", r.verified(t, have.id).claims, a.idClaims().and(gina).and(tt.claims))
			r.userinfo(t, have.access).want(200).wantShape(gina.and(tt.claims))
		})
	}
}

// What Keycloak makes of a file that leaves much unsaid.
func TestImport(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	t.Run("clients have defaults", func(t *testing.T) {
		t.Parallel()
		a := r.app("defaults")
		have := a.session(newBrowser(t, r), "bob")
		wantClaims(t, "access token", r.verified(t, have.access).claims, a.accessClaims("onrtac").and(labBob).and(shape{
			"allowed-origins": list("http://localhost:9999", "http://localhost:9998"),
		}))
	})
	t.Run("clients have a secret that nobody knows", func(t *testing.T) {
		t.Parallel()
		r.app("secretless").password(t, "bob").wantError(401, "unauthorized_client", badClient)
		app{r, "secretless", "secretless", "", false}.password(t, "bob").wantError(401, "unauthorized_client", badClient)
	})
	t.Run("names in lower case", func(t *testing.T) {
		t.Parallel()
		a := r.conf()
		id := a.password(t, "mixedcase", "password", "mixed").tokens().id
		wantClaims(t, "ID token", r.verified(t, id).claims, a.idClaims().and(shape{
			"auth_time": nil, "nonce": nil, "sub": "c45e0000-0000-4000-8000-000000000001", "preferred_username": "mixedcase",
			"email": "mixed.case@example.com", "email_verified": false, "name": "Mixed Case", "given_name": "Mixed", "family_name": "Case",
		}))
	})
	t.Run("roles of users come to be", func(t *testing.T) {
		t.Parallel()
		access := r.verified(t, r.conf().password(t, "ivo").tokens().access)
		if wrong := compare(roles("invented"), access.claims["realm_access"]); wrong != "" {
			t.Errorf("realm_access: %s", wrong)
		}
	})
}

func TestWithoutOpenID(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	a := r.pub()
	for _, scope := range []string{"-", "email"} {
		t.Run("scope "+scope, func(t *testing.T) {
			t.Parallel()
			b := newBrowser(t, r)
			got := a.exchange(t, a.signIn(b, "bob", "scope", scope).Get("code")).want(200)
			got.wantShape(tokenAnswer().and(shape{"id_token": nil, "scope": words("email", "profile")}))
			have := got.tokens()
			wantClaims(t, "access token", r.verified(t, have.access).claims, a.accessClaims("onrtac").and(labBob).and(shape{
				"scope": words("email", "profile"), "allowed-origins": list("http://localhost:9999"),
			}))
			r.userinfo(t, have.access).want(403).wantHeaders("WWW-Authenticate",
				`Bearer realm="lab", error="insufficient_scope", error_description="Missing openid scope"`)
		})
	}
}

func TestStateAndNonceAreOptional(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	a, b := r.pub(), newBrowser(t, r)
	back := a.signIn(b, "bob", "state", "-", "nonce", "-")
	wantClaims(t, "redirect", flat(back), shape{"session_state": sid, "iss": r.url(""), "code": anyText})
	have := a.exchange(t, back.Get("code")).tokens()
	wantClaims(t, "ID token", r.verified(t, have.id).claims, a.idClaims().and(labBob).and(shape{"nonce": nil}))
}

func TestStateComesBackAsItWas(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	t.Run("in a form", func(t *testing.T) {
		t.Parallel()
		const state = `"><script>alert(1)</script>&amp;'`
		b := newBrowser(t, r)
		page := b.login(r.pub().authorize(b, "state", state, "response_mode", "form_post"), "bob", "bob").want(200)
		if _, hidden := page.form(""); hidden.Get("state") != state || strings.Contains(page.body, "<script>alert") {
			t.Errorf("state = %q%s", hidden.Get("state"), page.explain())
		}
	})
	for _, state := range []string{"a b&c=d#e", "%41", "äöü€", `"<x>'`, "+"} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			b := newBrowser(t, r)
			if got := r.pub().signIn(b, "bob", "state", state).Get("state"); got != state {
				t.Errorf("state = %q, want %q", got, state)
			}
		})
	}
}
