package parity

import (
	"testing"
	"time"
)

func TestRefresh(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	a, b := r.pub(), newBrowser(t, r)
	first := a.session(b, "alice")
	got := a.renew(t, first.refresh)
	got.want(200).wantHeaders("Cache-Control", "no-store", "Pragma", "no-cache").wantShape(tokenAnswer().and(shape{"session_state": first.sid}))
	second := got.tokens()
	same := shape{"sid": first.sid, "auth_time": decode(t, first.access).claims["auth_time"]}
	wantClaims(t, "access token", r.verified(t, second.access).claims,
		a.accessClaims("onrtrt").and(labAlice).and(aliceRoles).and(same).and(shape{"allowed-origins": list("http://localhost:9999")}))
	wantClaims(t, "ID token", r.verified(t, second.id).claims,
		a.idClaims().and(labAlice).and(same).and(shape{"nonce": nil, "at_hash": halfHash(second.access)}))
	wantClaims(t, "refresh token", decode(t, second.refresh).claims, a.refreshClaims(labAlice["sub"]).and(shape{"sid": first.sid, "aud_x": "api"}))
	if decode(t, second.refresh).claims["jti"] == decode(t, first.refresh).claims["jti"] {
		t.Error("the refresh token is the old one")
	}
	a.renew(t, first.refresh).want(200) // reusable in this realm
	a.renew(t, second.refresh).want(200)
}

func TestRefreshRefused(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	free, conf := r.free(), r.conf()
	have := free.password(t, "bob").tokens()
	tests := []struct {
		name        string
		by          app
		token       string
		description string
	}{
		{"an access token", free, have.access, "Invalid refresh token"},
		{"an ID token", free, have.id, "Invalid refresh token"},
		{"a changed signature", free, have.refresh[:len(have.refresh)-10] + "AAAAAAAAAA", "Invalid refresh token"},
		{"a public client with another client's", r.app("narrow"), have.refresh, "Invalid refresh token. Token client and authorized client don't match"},
		{"a confidential client with another client's", conf, have.refresh, "Invalid refresh token. Token client and authorized client don't match"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.by.renew(t, tt.token).wantError(400, "invalid_grant", tt.description)
		})
	}
	t.Run("of another realm", func(t *testing.T) {
		t.Parallel()
		demo := open(t, "demo")
		demo.app("other-app").renew(t, have.refresh).wantError(400, "invalid_grant", "Invalid refresh token")
	})
	t.Run("after the end of the session", func(t *testing.T) {
		t.Parallel()
		have := free.password(t, "bob").tokens()
		post(t, r.oidc("/logout"), free.form("refresh_token", have.refresh)).want(204)
		free.renew(t, have.refresh).wantError(400, "invalid_grant", "Session not active")
	})
}

// A scope at a refresh takes away or changes less than one would think.
func TestRefreshScope(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	free := r.free()
	have := free.password(t, "bob", "scope", "openid phone").tokens()
	tests := []struct {
		name, scope string
		granted     []string
	}{
		{"the same", "openid phone", []string{"openid", "email", "profile", "phone"}},
		{"less", "openid", []string{"openid", "email", "profile"}},
		{"a default scope alone", "openid email", []string{"openid", "email", "profile"}},
		{"more", "openid phone address", []string{"openid", "email", "profile", "phone"}},
		{"without openid", "email", []string{"email", "profile"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := free.renew(t, have.refresh, "scope", tt.scope).tokens()
			if wrong := compare(words(tt.granted...), got.scope); wrong != "" {
				t.Errorf("scope %s", wrong)
			}
			if wrong := compare(words(tt.granted...), decode(t, got.access).claims["scope"]); wrong != "" {
				t.Errorf("scope of the access token %s", wrong)
			}
			if got.id == "" {
				t.Error("no ID token")
			}
		})
	}
	t.Run("unknown", func(t *testing.T) {
		t.Parallel()
		free.renew(t, have.refresh, "scope", "openid bogus").wantError(400, "invalid_scope", "Invalid scopes: openid bogus")
	})
	t.Run("the next refresh has all of it", func(t *testing.T) {
		t.Parallel()
		less := free.renew(t, have.refresh, "scope", "openid").tokens()
		if wrong := compare(words("openid", "email", "profile", "phone"), free.renew(t, less.refresh).tokens().scope); wrong != "" {
			t.Errorf("scope %s", wrong)
		}
	})
}

func TestRefreshWithoutOpenID(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	free := r.free()
	have := free.password(t, "bob", "scope", "-").tokens()
	free.renew(t, have.refresh).want(200).wantShape(tokenAnswer().and(shape{"id_token": nil, "scope": words("email", "profile")}))
}

// In the realm demo each refresh token is good for one use.
func TestRotation(t *testing.T) { // not parallel: the realm refuses two logins of a person at once
	r := open(t, "demo")
	cli := r.app("keystead-cli")
	t.Run("in turn", func(t *testing.T) {
		have := cli.password(t, "bob").tokens()
		for range 3 {
			have = cli.renew(t, have.refresh).tokens()
		}
	})
	t.Run("an old one costs the session", func(t *testing.T) {
		first := cli.password(t, "bob").tokens()
		second := cli.renew(t, first.refresh).tokens()
		cli.renew(t, first.refresh).wantError(400, "invalid_grant", "Maximum allowed refresh token reuse exceeded")
		cli.renew(t, second.refresh).wantError(400, "invalid_grant", "Session doesn't have required client")
	})
	t.Run("one before the last", func(t *testing.T) { // within one second it would pass
		first := cli.password(t, "bob").tokens()
		time.Sleep(1100 * time.Millisecond)
		second := cli.renew(t, first.refresh).tokens()
		time.Sleep(1100 * time.Millisecond)
		third := cli.renew(t, second.refresh).tokens()
		cli.renew(t, first.refresh).wantError(400, "invalid_grant", "Stale token")
		cli.renew(t, third.refresh).wantError(400, "invalid_grant", "Session doesn't have required client")
	})
	t.Run("of a browser session", func(t *testing.T) {
		a, b := r.demo(), newBrowser(t, r)
		first := a.session(b, "alice")
		second := a.renew(t, first.refresh).tokens()
		third := a.renew(t, second.refresh).tokens()
		a.renew(t, second.refresh).wantError(400, "invalid_grant", "Maximum allowed refresh token reuse exceeded")
		a.renew(t, third.refresh).wantError(400, "invalid_grant", "Session doesn't have required client")
		a.exchange(t, a.authorize(b, "prompt", "none").returned(a).Get("code")).want(200) // the login lives on
	})
	t.Run("two sessions do not meet", func(t *testing.T) {
		one, two := cli.password(t, "bob").tokens(), cli.password(t, "bob").tokens()
		cli.renew(t, one.refresh).want(200)
		cli.renew(t, one.refresh).want(400)
		cli.renew(t, two.refresh).want(200)
	})
	t.Run("two tabs", func(t *testing.T) { // the second login of the app in a session counts as the first use of nothing
		a, b := r.demo(), newBrowser(t, r)
		one := a.session(b, "alice")
		two := a.exchange(t, a.authorize(b).returned(a).Get("code")).tokens()
		one = a.renew(t, one.refresh).tokens()
		two = a.renew(t, two.refresh).tokens()
		a.renew(t, one.refresh).want(200)
		a.renew(t, two.refresh).want(200)
	})
}

func TestOffline(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	free := r.free()
	answer := tokenAnswer().and(shape{"refresh_expires_in": 0, "scope": words("openid", "email", "profile", "offline_access")})
	claims := free.refreshClaims(labOlaf["sub"]).and(shape{
		"typ": "Offline", "exp": nil, "scope": words("openid", "email", "profile", "acr", "basic", "web-origins", "roles", "offline_access"),
	})
	access := shape{
		"auth_time": nil, "scope": words("openid", "email", "profile", "offline_access"), "realm_access": roles("offline_access", "user"),
		"allowed-origins": list("http://localhost:9999", "http://localhost:9998"),
	}
	t.Run("with a password", func(t *testing.T) {
		t.Parallel()
		got := free.password(t, "olaf", "scope", "openid offline_access")
		got.want(200).wantShape(answer)
		have := got.tokens()
		wantClaims(t, "access token", r.verified(t, have.access).claims, free.accessClaims("ofrtro").and(labOlaf).and(access))
		wantClaims(t, "refresh token", decode(t, have.refresh).claims, claims)
		again := free.renew(t, have.refresh)
		again.want(200).wantShape(answer)
		wantClaims(t, "access token after a refresh", r.verified(t, again.tokens().access).claims, free.accessClaims("ofrtrt").and(labOlaf).and(access))
	})
	t.Run("outlives the session", func(t *testing.T) {
		t.Parallel()
		b := newBrowser(t, r)
		have := free.session(b, "olaf", "scope", "openid offline_access")
		b.open(r.oidc("/logout"), form("id_token_hint", have.id)).want(200)
		free.authorize(b, "prompt", "none").returned(free)
		free.renew(t, have.refresh).want(200)
		r.userinfo(t, free.renew(t, have.refresh).tokens().access).want(200)
	})
	t.Run("refused in the browser without the role", func(t *testing.T) {
		t.Parallel()
		back := free.signIn(newBrowser(t, r), "bob", "scope", "openid offline_access")
		free.exchange(t, back.Get("code")).wantError(400, "not_allowed", "Offline tokens not allowed for the user or client")
	})
	t.Run("revoked", func(t *testing.T) {
		t.Parallel()
		have := free.password(t, "olaf", "scope", "openid offline_access").tokens()
		post(t, r.oidc("/revoke"), free.form("token", have.refresh)).want(200)
		free.renew(t, have.refresh).wantError(400, "invalid_grant", "Offline user session not found")
	})
}

func TestLifetimes(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	t.Run("of the client", func(t *testing.T) {
		t.Parallel()
		a := r.app("idler")
		got := a.password(t, "bob")
		got.want(200).wantShape(tokenAnswer().and(shape{"expires_in": about(120), "refresh_expires_in": about(900)}))
		have := got.tokens()
		wantClaims(t, "access token", decode(t, have.access).claims, a.accessClaims("onrtro").and(labBob).and(shape{"auth_time": nil, "exp": in(2 * time.Minute)}))
		wantClaims(t, "ID token", decode(t, have.id).claims, a.idClaims().and(labBob).and(shape{"auth_time": nil, "nonce": nil, "exp": in(2 * time.Minute)}))
		wantClaims(t, "refresh token", decode(t, have.refresh).claims, a.refreshClaims(labBob["sub"]).and(shape{"exp": in(15 * time.Minute)}))
	})
	t.Run("expired", func(t *testing.T) {
		t.Parallel()
		a := r.app("brief")
		got := a.password(t, "bob")
		got.want(200).wantShape(tokenAnswer().and(shape{"expires_in": about(1), "refresh_expires_in": about(2)}))
		have := got.tokens()
		time.Sleep(3200 * time.Millisecond)
		r.userinfo(t, have.access).want(401).wantHeaders("WWW-Authenticate", `Bearer realm="lab", error="invalid_token", error_description="Token verification failed"`)
		app{r, "api", "api-secret", "", false}.introspect(t, have.access).want(200).wantShape(shape{"active": false})
		a.renew(t, have.refresh).wantError(400, "invalid_grant", "Token is not active")
	})
	t.Run("no refresh tokens", func(t *testing.T) {
		t.Parallel()
		a := r.app("norefresh")
		got := a.exchange(t, a.signIn(newBrowser(t, r), "bob").Get("code"))
		got.want(200).wantShape(tokenAnswer().and(shape{"refresh_token": nil, "refresh_expires_in": 0}))
		wantClaims(t, "access token", r.verified(t, got.tokens().access).claims, a.accessClaims("onrtac").and(labBob))
	})
}
