package parity

import "testing"

// What a client may say about the form of its tokens.
func TestSigning(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	tests := []struct {
		client     string
		access, id shape // their headers
	}{
		{"free", shape{"alg": "RS256", "typ": "JWT", "kid": anyText}, shape{"alg": "RS256", "typ": "JWT", "kid": anyText}},
		{"es256", shape{"alg": "ES256", "typ": "JWT", "kid": anyText}, shape{"alg": "ES256", "typ": "JWT", "kid": anyText}},
		{"ps256", shape{"alg": "PS256", "typ": "JWT", "kid": anyText}, shape{"alg": "RS256", "typ": "JWT", "kid": anyText}},
		{"rfc9068", shape{"alg": "RS256", "typ": "at+jwt", "kid": anyText}, shape{"alg": "RS256", "typ": "JWT", "kid": anyText}},
	}
	for _, tt := range tests {
		t.Run(tt.client, func(t *testing.T) {
			t.Parallel()
			a := r.app(tt.client)
			have := a.password(t, "bob").tokens()
			access, id := r.verified(t, have.access), r.verified(t, have.id)
			wantClaims(t, "header of the access token", access.header, tt.access)
			wantClaims(t, "header of the ID token", id.header, tt.id)
			if id.claims["at_hash"] != halfHash(have.access) {
				t.Errorf("at_hash = %v, want %s", id.claims["at_hash"], halfHash(have.access))
			}
			wantClaims(t, "header of the refresh token", decode(t, have.refresh).header, shape{"alg": "HS512", "typ": "JWT", "kid": uuid})
			r.userinfo(t, have.access).want(200)
			a.renew(t, have.refresh).want(200)
		})
	}
}

func TestKeyOfES256(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	kid := decode(t, r.app("es256").password(t, "bob").tokens().access).header["kid"]
	for _, each := range get(t, r.oidc("/certs")).json()["keys"].([]any) {
		if key := each.(map[string]any); key["kid"] == kid {
			wantClaims(t, "the key", key, shape{"kid": kid, "kty": "EC", "alg": "ES256", "use": "sig", "crv": "P-256", "x": text(`[\w-]{43}`), "y": text(`[\w-]{43}`)})
			return
		}
	}
	t.Error("the key is not published")
}

func TestLightweightTokens(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	light := r.app("light")
	have := light.password(t, "alice").tokens()
	wantClaims(t, "access token", r.verified(t, have.access).claims, shape{
		"exp": anyNumber, "iat": anyNumber, "jti": jti("onltro"), "iss": r.url(""), "typ": "Bearer", "azp": "light", "sid": have.sid, "scope": words("openid", "email", "profile"),
	})
	wantClaims(t, "ID token", r.verified(t, have.id).claims, light.idClaims().and(labAlice).and(shape{"auth_time": nil, "nonce": nil, "at_hash": halfHash(have.access)}))
	wantClaims(t, "refresh token", decode(t, have.refresh).claims, light.refreshClaims(nil).and(nil))
	r.userinfo(t, have.access).want(401).wantHeaders("WWW-Authenticate",
		`Bearer realm="lab", error="invalid_token", error_description="Lightweight access token not allowed for userinfo endpoint"`)
	api := app{r, "api", "api-secret", "", false}
	api.introspect(t, have.access).want(200).wantShape(light.accessClaims("onltro").and(labAlice).and(aliceRoles).and(shape{
		"auth_time": nil, "client_id": "light", "username": "alice", "token_type": "Bearer", "active": true,
	}))
	again := light.renew(t, have.refresh).tokens()
	wantClaims(t, "access token after a refresh", r.verified(t, again.access).claims, shape{
		"exp": anyNumber, "iat": anyNumber, "jti": jti("onltrt"), "iss": r.url(""), "typ": "Bearer", "azp": "light", "sid": have.sid, "scope": words("openid", "email", "profile"),
	})
	t.Run("of a browser", func(t *testing.T) {
		t.Parallel()
		have := light.session(newBrowser(t, r), "alice")
		wantClaims(t, "access token", r.verified(t, have.access).claims, shape{
			"exp": anyNumber, "iat": anyNumber, "jti": jti("onltac"), "iss": r.url(""), "typ": "Bearer", "azp": "light", "sid": have.sid, "scope": words("openid", "email", "profile"),
		})
		api.introspect(t, have.access).want(200).wantShape(light.accessClaims("onltac").and(labAlice).and(aliceRoles).and(shape{
			"client_id": "light", "username": "alice", "token_type": "Bearer", "active": true,
		}))
	})
}

func TestLightweightTokensOfDemo(t *testing.T) { // not parallel: the realm refuses two logins of a person at once
	r := open(t, "demo")
	have := r.app("keystead-lightweight").password(t, "alice").tokens()
	api := app{r, "keystead-api", "keystead-api-demo-secret", "", false}
	got := api.introspect(t, have.access).want(200).json()
	if got["active"] != true || got["department"] != "engineering" || compare(roles("user", "admin"), got["realm_access"]) != "" {
		t.Errorf("introspection says %v", got)
	}
}
