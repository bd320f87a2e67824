package parity

import "testing"

func (r realm) api() app { return app{r, "api", "api-secret", "", false} }

func TestIntrospection(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	free, api := r.free(), r.api()
	have := free.password(t, "alice").tokens()
	active := free.accessClaims("onrtro").and(labAlice).and(aliceRoles).and(shape{
		"auth_time": nil, "allowed-origins": list("http://localhost:9999", "http://localhost:9998"),
		"client_id": "free", "username": "alice", "token_type": "Bearer", "active": true,
	})
	t.Run("active", func(t *testing.T) {
		api.introspect(t, have.access).want(200).wantHeaders("Cache-Control", "no-cache", "Content-Type", "application/json").wantShape(active)
	})
	t.Run("with a hint", func(t *testing.T) {
		api.introspect(t, have.access, "token_type_hint", "access_token").want(200).wantShape(active)
	})
	t.Run("with an unknown hint", func(t *testing.T) {
		api.introspect(t, have.access, "token_type_hint", "bogus").want(400)
	})
	t.Run("with basic authentication", func(t *testing.T) {
		post(t, r.oidc("/token/introspect"), form("token", have.access), basic("api", "api-secret")...).want(200).wantShape(active)
	})
	t.Run("after single sign-on", func(t *testing.T) {
		t.Parallel()
		pub, b := r.pub(), newBrowser(t, r)
		have := pub.session(b, "alice")
		want := pub.accessClaims("onrtac").and(labAlice).and(aliceRoles).and(shape{
			"allowed-origins": list("http://localhost:9999"), "client_id": "pub", "username": "alice", "token_type": "Bearer", "active": true,
		})
		api.introspect(t, have.access).want(200).wantShape(want)
		pub.authorize(b).returned(pub)
		api.introspect(t, have.access).want(200).wantShape(want.and(shape{"acr": "0"})) // acr is the session's now
	})
	t.Run("of a service account", func(t *testing.T) {
		t.Parallel()
		robot := app{r, "robot", "robot-secret", "", false}
		token := robot.token(t, "grant_type", "client_credentials").tokens().access
		api.introspect(t, token).want(200).wantShape(robot.accessClaims("trrtcc").and(shape{
			"auth_time": nil, "sid": nil, "sub": "5e471ce0-0000-4000-8000-000000000101", "preferred_username": "service-account-robot", "email_verified": false,
			"aud": "api", "realm_access": roles("reader"), "resource_access": shape{"api": roles("read")}, "scope": words("email", "profile"),
			"client_id": "robot", "username": "service-account-robot", "token_type": "Bearer", "active": true,
		}))
	})
}

func TestIntrospectionSaysNo(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	free, conf, api := r.free(), r.conf(), r.api()
	have, own := free.password(t, "alice").tokens(), conf.password(t, "alice").tokens()
	ended := free.password(t, "alice").tokens()
	post(t, r.oidc("/logout"), free.form("refresh_token", ended.refresh)).want(204)
	tests := []struct {
		name  string
		by    app
		token string
		hint  string
	}{
		{"garbage", api, "nope", ""},
		{"not in the audience", conf, have.access, ""},
		{"its own token without the audience", conf, own.access, ""},
		{"another client's refresh token", api, have.refresh, "refresh_token"},
		{"another client's ID token", api, have.id, ""},
		{"its own refresh token without the hint", conf, own.refresh, ""},
		{"session ended", api, ended.access, ""},
		{"changed signature", api, have.access[:len(have.access)-10] + "AAAAAAAAAA", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			form := tt.by.form("token", tt.token)
			if tt.hint != "" {
				form.Set("token_type_hint", tt.hint)
			}
			post(t, r.oidc("/token/introspect"), form).want(200).wantShape(shape{"active": false})
		})
	}
}

func TestIntrospectionOfOwnTokens(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	conf := r.conf()
	have := conf.password(t, "bob").tokens()
	t.Run("refresh token", func(t *testing.T) {
		t.Parallel()
		got := conf.introspect(t, have.refresh, "token_type_hint", "refresh_token").want(200).json()
		if got["active"] != true || got["client_id"] != "conf" || got["username"] != "bob" || got["typ"] != "Refresh" {
			t.Errorf("introspection says %v", got)
		}
	})
	t.Run("ID token", func(t *testing.T) {
		t.Parallel()
		got := conf.introspect(t, have.id).want(200).json()
		if got["active"] != true || got["client_id"] != "conf" || got["username"] != "bob" {
			t.Errorf("introspection says %v", got)
		}
	})
}

func TestIntrospectionRefuses(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	const failed = "Client authentication failed."
	tests := []struct {
		name   string
		form   []string
		status int
		code   string
		text   string
	}{
		{"public client", []string{"client_id", "pub", "token", "x"}, 403, "invalid_request", "Client not allowed."},
		{"wrong secret", []string{"client_id", "api", "client_secret", "wrong", "token", "x"}, 401, "invalid_client", failed},
		{"no secret", []string{"client_id", "api", "token", "x"}, 401, "invalid_client", failed},
		{"unknown client", []string{"client_id", "nobody", "client_secret", "x", "token", "x"}, 401, "invalid_client", badClient},
		{"no client", []string{"token", "x"}, 401, "invalid_client", badClient},
		{"no token", []string{"client_id", "api", "client_secret", "api-secret"}, 400, "invalid_request", "Token not provided."},
		{"repeated parameter", []string{"client_id", "api", "client_secret", "api-secret", "token", "x", "token", "x"}, 400, "invalid_request", "duplicated parameter"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			post(t, r.oidc("/token/introspect"), form(tt.form...)).wantError(tt.status, tt.code, tt.text)
		})
	}
}

func TestIntrospectionByBearerOnlyClient(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	bearer := app{r, "bearer", "bearer-secret", "", false}
	bearer.introspect(t, r.free().password(t, "alice").tokens().access).want(200).wantShape(shape{"active": false})
}
