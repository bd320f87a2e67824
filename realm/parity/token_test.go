package parity

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
)

const badClient = "Invalid client or Invalid client credentials"

// The token endpoint refuses before it looks at a grant, and per grant.
func TestTokenEndpointRefuses(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	const device = "urn:ietf:params:oauth:grant-type:device_code"
	tests := []struct {
		name        string
		form        []string
		status      int
		code        string
		description string
	}{
		{"nothing", nil, 400, "invalid_request", "Missing form parameter: grant_type"},
		{"no grant type", []string{"client_id", "free"}, 400, "invalid_request", "Missing form parameter: grant_type"},
		{"unknown grant type", []string{"client_id", "free", "grant_type", "foo"}, 400, "unsupported_grant_type", "Unsupported grant_type"},
		{"no client", []string{"grant_type", "password", "username", "bob", "password", "bob"}, 401, "invalid_client", badClient},
		{"unknown client", []string{"client_id", "nobody", "grant_type", "password"}, 401, "invalid_client", badClient},
		{"client switched off", []string{"client_id", "off", "client_secret", "off-secret", "grant_type", "password", "username", "bob", "password", "bob"}, 401, "invalid_client", badClient},
		{"wrong secret", []string{"client_id", "conf", "client_secret", "wrong", "grant_type", "password", "username", "bob", "password", "bob"}, 401, "unauthorized_client", badClient},
		{"no secret", []string{"client_id", "conf", "grant_type", "password", "username", "bob", "password", "bob"}, 401, "unauthorized_client", badClient},
		{"empty secret", []string{"client_id", "conf", "client_secret", "", "grant_type", "client_credentials"}, 401, "unauthorized_client", badClient},
		{"repeated parameter", []string{"client_id", "free", "grant_type", "password", "username", "bob", "password", "bob", "password", "bob"}, 400, "invalid_request", "duplicated parameter"},

		{"code: missing", []string{"client_id", "free", "grant_type", "authorization_code", "redirect_uri", callback}, 400, "invalid_request", "Missing parameter: code"},
		{"code: garbage", []string{"client_id", "free", "grant_type", "authorization_code", "redirect_uri", callback, "code", "nope"}, 400, "invalid_grant", "Code not valid"},
		{"code: garbage of the right form", []string{"client_id", "free", "grant_type", "authorization_code", "redirect_uri", callback,
			"code", "00000000-0000-0000-0000-000000000000.aaaaaaaaaaaaaaaaaaaaaaaa.00000000-0000-0000-0000-000000000000"}, 400, "invalid_grant", "Code not valid"},

		{"password: wrong", []string{"client_id", "free", "grant_type", "password", "username", "bob", "password", "wrong"}, 400, "invalid_grant", "Invalid user credentials"},
		{"password: blanks around the name", []string{"client_id", "free", "grant_type", "password", "username", " bob ", "password", "bob"}, 400, "invalid_grant", "Invalid user credentials"},
		{"password: unknown user", []string{"client_id", "free", "grant_type", "password", "username", "nobody", "password", "nobody"}, 400, "invalid_grant", "Invalid user credentials"},
		{"password: missing", []string{"client_id", "free", "grant_type", "password", "username", "bob"}, 400, "invalid_grant", "Invalid user credentials"},
		{"password: username missing", []string{"client_id", "free", "grant_type", "password"}, 401, "invalid_request", "Missing parameter: username"},
		{"password: user switched off", []string{"client_id", "free", "grant_type", "password", "username", "dan", "password", "dan"}, 400, "invalid_grant", "Account disabled"},
		{"password: user switched off, wrong password", []string{"client_id", "free", "grant_type", "password", "username", "dan", "password", "wrong"}, 400, "invalid_grant", "Invalid user credentials"},
		{"password: user not switched on", []string{"client_id", "free", "grant_type", "password", "username", "erna", "password", "erna"}, 400, "invalid_grant", "Account disabled"},
		{"password: required action", []string{"client_id", "free", "grant_type", "password", "username", "uma", "password", "uma"}, 400, "invalid_grant", "Account is not fully set up"},
		{"password: profile not complete", []string{"client_id", "free", "grant_type", "password", "username", "bare", "password", "bare"}, 400, "invalid_grant", "Account is not fully set up"},
		{"password: not allowed to the client", []string{"client_id", "pub", "grant_type", "password", "username", "bob", "password", "bob"}, 400, "unauthorized_client", "Client not allowed for direct access grants"},
		{"password: unknown scope", []string{"client_id", "free", "grant_type", "password", "username", "bob", "password", "bob", "scope", "bogus"}, 400, "invalid_scope", "Invalid scopes: bogus"},
		{"password: offline without the role", []string{"client_id", "free", "grant_type", "password", "username", "bob", "password", "bob", "scope", "openid offline_access"}, 400, "not_allowed", "Offline tokens not allowed for the user or client"},
		{"password: a service account", []string{"client_id", "free", "grant_type", "password", "username", "service-account-robot", "password", "robot-secret"}, 400, "invalid_grant", "Invalid user credentials"},

		{"client credentials: public client", []string{"client_id", "free", "grant_type", "client_credentials"}, 401, "unauthorized_client", "Public client not allowed to retrieve service account"},
		{"client credentials: no service account", []string{"client_id", "conf", "client_secret", "conf-secret", "grant_type", "client_credentials"}, 401, "unauthorized_client", "Client not enabled to retrieve service account"},
		{"client credentials: unknown scope", []string{"client_id", "robot", "client_secret", "robot-secret", "grant_type", "client_credentials", "scope", "bogus"}, 400, "invalid_scope", "Invalid scopes: bogus"},

		{"refresh: missing", []string{"client_id", "free", "grant_type", "refresh_token"}, 400, "invalid_request", "No refresh token"},
		{"refresh: garbage", []string{"client_id", "free", "grant_type", "refresh_token", "refresh_token", "nope"}, 400, "invalid_grant", "Invalid refresh token"},

		{"device: missing code", []string{"client_id", "tv", "grant_type", device}, 400, "invalid_request", "Missing parameter: device_code"},
		{"device: garbage", []string{"client_id", "tv", "grant_type", device, "device_code", "x"}, 400, "invalid_grant", "Device code not valid"},
		{"device: not allowed to the client", []string{"client_id", "free", "grant_type", device, "device_code", "x"}, 400, "invalid_grant", "Client not allowed OAuth 2.0 Device Authorization Grant"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := post(t, r.oidc("/token"), form(tt.form...))
			got.wantError(tt.status, tt.code, tt.description)
			got.wantHeaders("Cache-Control", "no-store", "Pragma", "no-cache", "WWW-Authenticate", "")
		})
	}
}

func TestTokenEndpointReadsFormsOnly(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	req, err := http.NewRequestWithContext(t.Context(), "POST", r.oidc("/token"), strings.NewReader(`{"grant_type":"password"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	send(t, req).wantError(400, "invalid_request", "Missing form parameter: grant_type")

	values := form("client_id", "free", "grant_type", "password", "username", "bob", "password", "bob")
	post(t, r.oidc("/token")+"?"+values.Encode(), form()).wantError(400, "invalid_request", "Missing form parameter: grant_type")
}

func basic(id, secret string) []string {
	return []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))}
}

func TestClientAuthentication(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	service := form("grant_type", "client_credentials")
	person := form("grant_type", "password", "username", "bob", "password", "bob")
	tests := []struct {
		name    string
		values  map[string][]string
		headers []string
		refusal string // "" where it is good
	}{
		{"basic", service, basic("robot", "robot-secret"), ""},
		{"basic, in lower case", service, []string{"Authorization", "basic " + strings.TrimPrefix(basic("robot", "robot-secret")[1], "Basic ")}, ""},
		{"basic and the same id in the form", with(service, "client_id", "robot"), basic("robot", "robot-secret"), ""},
		{"public client, basic without a secret", person, basic("free", ""), ""},
		{"public client with a secret", with(person, "client_id", "free", "client_secret", "anything"), nil, ""},
		{"wrong secret", service, basic("robot", "wrong"), "unauthorized_client"},
		{"secret of another client", service, basic("robot", "conf-secret"), "unauthorized_client"},
		{"unknown client", service, basic("nobody", "robot-secret"), "invalid_client"},
		{"no basic credentials", service, []string{"Authorization", "Basic !"}, "invalid_client"},
		{"bearer instead", service, []string{"Authorization", "Bearer x"}, "invalid_client"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := post(t, r.oidc("/token"), tt.values, tt.headers...)
			if tt.refusal == "" {
				got.want(200)
				return
			}
			got.wantError(401, tt.refusal, badClient)
		})
	}
}

// Each way to spoil a code, and that it is spent then.
func TestCodeRefused(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	pub, free := r.pub(), r.free()
	tests := []struct {
		name        string
		by          app
		change      []string
		description string
	}{
		{"wrong verifier", pub, []string{"code_verifier", strings.Repeat("x", 43)}, "PKCE verification failed: Code mismatch"},
		{"no verifier", pub, []string{"code_verifier", "-"}, "PKCE code verifier not specified"},
		{"verifier too short", pub, []string{"code_verifier", "abc"}, "PKCE verification failed: Invalid code verifier"},
		{"verifier with odd characters", pub, []string{"code_verifier", strings.Repeat("ä+", 30)}, "PKCE verification failed: Invalid code verifier"},
		{"other redirect URI", pub, []string{"redirect_uri", "http://localhost:9999/app/other"}, "Incorrect redirect_uri"},
		{"no redirect URI", pub, []string{"redirect_uri", "-"}, "Incorrect redirect_uri"},
		{"another client", free, []string{"code_verifier", verifier}, "Auth error: Found different client_id in clientSession"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code := pub.signIn(newBrowser(t, r), "bob").Get("code")
			tt.by.exchange(t, code, tt.change...).wantError(400, "invalid_grant", tt.description)
			pub.exchange(t, code).wantError(400, "invalid_grant", "Code not valid")
		})
	}
	t.Run("a verifier that was not announced", func(t *testing.T) {
		t.Parallel()
		code := free.signIn(newBrowser(t, r), "bob").Get("code")
		free.exchange(t, code, "code_verifier", verifier).wantError(400, "invalid_grant", "PKCE code verifier specified but challenge not present in authorization")
	})
	t.Run("PKCE where it is not required", func(t *testing.T) {
		t.Parallel()
		challenged := []string{"code_challenge", challenge(verifier), "code_challenge_method", "S256"}
		code := free.signIn(newBrowser(t, r), "bob", challenged...).Get("code")
		free.exchange(t, code).wantError(400, "invalid_grant", "PKCE code verifier not specified")
		code = free.signIn(newBrowser(t, r), "bob", challenged...).Get("code")
		free.exchange(t, code, "code_verifier", verifier).want(200)
	})
	t.Run("PKCE method plain where none is required", func(t *testing.T) {
		t.Parallel()
		for _, change := range [][]string{{"code_challenge", verifier}, {"code_challenge", verifier, "code_challenge_method", "plain"}} {
			code := free.signIn(newBrowser(t, r), "bob", change...).Get("code")
			free.exchange(t, code, "code_verifier", verifier).want(200)
		}
	})
	t.Run("garbage in the secret half", func(t *testing.T) {
		t.Parallel()
		code := free.signIn(newBrowser(t, r), "bob").Get("code")
		spoilt := "00000000" + code[8:]
		free.exchange(t, spoilt).wantError(400, "invalid_grant", "Code not valid")
	})
}

// A code used twice costs the app its part of the session, but not the person the login.
func TestCodeReuse(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	a, b := r.pub(), newBrowser(t, r)
	code := a.signIn(b, "alice").Get("code")
	have := a.exchange(t, code).tokens()
	a.exchange(t, code).wantError(400, "invalid_grant", "Code not valid")
	a.renew(t, have.refresh).wantError(400, "invalid_grant", "Session doesn't have required client")
	r.userinfo(t, have.access).want(401)
	back := a.authorize(b, "prompt", "none").returned(a)
	if back.Get("session_state") != have.sid {
		t.Errorf("the session is %v, want %s still", back, have.sid)
	}
	a.exchange(t, back.Get("code")).want(200)
}

func TestPasswordGrant(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	free, conf := r.free(), r.conf()
	origins := shape{"allowed-origins": list("http://localhost:9999", "http://localhost:9998")}
	tests := []struct {
		name   string
		app    app
		user   string
		change []string
		person shape
		access shape
	}{
		{"public", free, "alice", nil, labAlice, aliceRoles.and(origins)},
		{"confidential", conf, "bob", nil, labBob, nil},
		{"by e-mail", free, "bob", []string{"username", "BOB@example.com"}, labBob, origins},
		{"with a nonce", free, "bob", []string{"nonce", "n0nce"}, labBob, origins},
		{"default roles", conf, "dora", nil, labDora, shape{
			"aud":             "account",
			"realm_access":    roles("default-roles-lab", "offline_access", "uma_authorization"),
			"resource_access": shape{"account": roles("manage-account", "manage-account-links", "view-profile")},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := tt.app.password(t, tt.user, tt.change...)
			got.want(200).wantHeaders("Cache-Control", "no-store", "Pragma", "no-cache", "Content-Type", "application/json").wantShape(tokenAnswer())
			have := got.tokens()
			wantClaims(t, "access token", r.verified(t, have.access).claims, tt.app.accessClaims("onrtro").and(tt.person).and(tt.access).and(shape{"auth_time": nil}))
			id := tt.app.idClaims().and(tt.person).and(shape{"auth_time": nil, "nonce": nil, "at_hash": halfHash(have.access)})
			wantClaims(t, "ID token", r.verified(t, have.id).claims, id)
			refresh := tt.app.refreshClaims(tt.person["sub"])
			if aud, there := tt.access["aud"]; there {
				refresh["aud_x"] = aud
			}
			wantClaims(t, "refresh token", decode(t, have.refresh).claims, refresh)
			r.userinfo(t, have.access).want(200).wantShape(tt.person)
		})
	}
	t.Run("without openid", func(t *testing.T) {
		t.Parallel()
		got := conf.password(t, "bob", "scope", "-")
		got.want(200).wantShape(tokenAnswer().and(shape{"id_token": nil, "scope": words("email", "profile")}))
		wantClaims(t, "access token", decode(t, got.tokens().access).claims, conf.accessClaims("onrtro").and(labBob).and(shape{"auth_time": nil, "scope": words("email", "profile")}))
	})
	t.Run("temporary has no effect in a file", func(t *testing.T) {
		t.Parallel()
		conf.password(t, "tom").want(200)
	})
}

func TestPasswordGrantOfDemo(t *testing.T) { // not parallel: the realm refuses two logins of a person at once
	r := open(t, "demo")
	cli, other := r.app("keystead-cli"), r.app("other-app")
	have := cli.password(t, "bob").tokens()
	person := bobProfile.and(shape{"sub": "b0b00000-0000-4000-8000-000000000002", "email_verified": true})
	wantClaims(t, "access token", r.verified(t, have.access).claims, cli.accessClaims("onrtro").and(person).and(shape{
		"auth_time": nil, "aud": list("keystead-api", "account"), "department": "sales",
		"realm_access": roles("user"), "resource_access": shape{"account": roles("view-profile", "manage-account")},
	}))
	have = other.password(t, "bob").tokens()
	wantClaims(t, "access token", r.verified(t, have.access).claims, other.accessClaims("onrtro").and(person).and(shape{
		"auth_time": nil, "aud": "account",
		"realm_access": roles("user"), "resource_access": shape{"account": roles("view-profile", "manage-account")},
	}))
	cli.password(t, "alice", "scope", "openid offline_access").wantError(400, "not_allowed", "Offline tokens not allowed for the user or client")
	other.password(t, "bob", "scope", "openid phone").wantError(400, "invalid_scope", "Invalid scopes: openid phone")
}

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	robot := app{r, "robot", "robot-secret", "", false}
	// The file brings the service account along, and then Keycloak leaves the scope service_account away.
	account := shape{"sub": "5e471ce0-0000-4000-8000-000000000101", "preferred_username": "service-account-robot", "email_verified": false}
	access := robot.accessClaims("trrtcc").and(account).and(shape{
		"auth_time": nil, "sid": nil, "aud": "api", "realm_access": roles("reader"), "resource_access": shape{"api": roles("read")},
	})
	answer := tokenAnswer().and(shape{"refresh_token": nil, "session_state": nil, "refresh_expires_in": 0, "id_token": nil, "scope": words("email", "profile")})
	t.Run("plain", func(t *testing.T) {
		t.Parallel()
		got := robot.token(t, "grant_type", "client_credentials").want(200)
		got.wantShape(answer)
		wantClaims(t, "access token", r.verified(t, got.tokens().access).claims, access.and(shape{"scope": words("email", "profile")}))
		r.userinfo(t, got.tokens().access).want(403)
	})
	t.Run("openid", func(t *testing.T) {
		t.Parallel()
		got := robot.token(t, "grant_type", "client_credentials", "scope", "openid").want(200)
		got.wantShape(answer.and(shape{"id_token": anyText, "scope": words("openid", "email", "profile")}))
		have := got.tokens()
		wantClaims(t, "access token", r.verified(t, have.access).claims, access)
		wantClaims(t, "ID token", r.verified(t, have.id).claims, robot.idClaims().and(account).and(shape{"auth_time": nil, "sid": nil, "nonce": nil, "at_hash": halfHash(have.access)}))
		r.userinfo(t, have.access).want(200).wantShape(shape{"sub": account["sub"], "preferred_username": "service-account-robot", "email_verified": false})
	})
	t.Run("default roles and refresh tokens", func(t *testing.T) {
		t.Parallel()
		other := app{r, "Robot-Default", "robot-secret", "", false}
		got := other.token(t, "grant_type", "client_credentials").want(200)
		got.wantShape(tokenAnswer().and(shape{"id_token": nil, "scope": words("email", "profile")}))
		have := got.tokens()
		account := shape{"sub": uuid, "preferred_username": "service-account-robot-default", "email_verified": false, "client_id": "Robot-Default", "clientHost": anyText, "clientAddress": anyText}
		defaults := shape{
			"auth_time": nil, "aud": "account", "realm_access": roles("default-roles-lab", "offline_access", "uma_authorization"),
			"resource_access": shape{"account": roles("manage-account", "manage-account-links", "view-profile")}, "scope": words("email", "profile"),
		}
		wantClaims(t, "access token", r.verified(t, have.access).claims, other.accessClaims("onrtcc").and(account).and(defaults))
		again := other.renew(t, have.refresh).want(200)
		wantClaims(t, "access token after a refresh", r.verified(t, again.tokens().access).claims, other.accessClaims("onrtrt").and(account).and(defaults))
	})
}

// The roles of realm-management are Keycloak's own, and so is what they are composed of.
func TestClientCredentialsOfAuditor(t *testing.T) {
	t.Parallel()
	r := open(t, "demo")
	auditor := app{r, "keystead-auditor", "keystead-auditor-demo-secret", "", false}
	have := auditor.token(t, "grant_type", "client_credentials").tokens()
	wantClaims(t, "access token", r.verified(t, have.access).claims, auditor.accessClaims("trrtcc").and(shape{
		"auth_time": nil, "sid": nil, "sub": "5e471ce0-0000-4000-8000-000000000004", "scope": "",
		"client_id": "keystead-auditor", "clientHost": anyText, "clientAddress": anyText, "aud": "realm-management",
		"resource_access": shape{"realm-management": roles("view-users", "view-clients", "view-realm", "query-users", "query-groups", "query-clients")},
	}))
}

func TestClientCredentialsOfDemo(t *testing.T) {
	t.Parallel()
	r := open(t, "demo")
	reporter := app{r, "reporter", "reporter-demo-secret", "", false}
	have := reporter.token(t, "grant_type", "client_credentials").tokens()
	wantClaims(t, "access token", r.verified(t, have.access).claims, reporter.accessClaims("trrtcc").and(shape{
		"auth_time": nil, "sid": nil, "sub": "5e471ce0-0000-4000-8000-000000000003", "preferred_username": "service-account-reporter",
		"client_id": "reporter", "clientHost": anyText, "clientAddress": anyText, "aud": "keystead-api", "realm_access": roles("admin"), "scope": "profile",
	}))
}
