package parity

import (
	"testing"
	"time"
)

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

func (a app) device(t testing.TB, pairs ...string) *reply {
	t.Helper()
	return post(t, a.oidc("/auth/device"), a.form(append([]string{"scope", "openid"}, pairs...)...))
}

// poll asks for the tokens, a little slower than the interval of the realm lab.
func (a app) poll(t testing.TB, code any, pairs ...string) *reply {
	t.Helper()
	time.Sleep(2100 * time.Millisecond)
	return a.token(t, append([]string{"grant_type", deviceGrant, "device_code", code.(string)}, pairs...)...)
}

func TestDeviceAuthorization(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	got := r.app("tv").device(t).want(200).wantHeaders("Cache-Control", "no-store, must-revalidate, max-age=0", "Content-Type", "application/json")
	answer := got.wantShape(shape{
		"device_code": text(`[\w-]{43}`), "user_code": text(`[A-Z]{4}-[A-Z]{4}`), "verification_uri": r.url("/device"),
		"verification_uri_complete": anyText, "expires_in": 600, "interval": 2,
	})
	if want := r.url("/device?user_code=") + answer["user_code"].(string); answer["verification_uri_complete"] != want {
		t.Errorf("verification_uri_complete = %v, want %s", answer["verification_uri_complete"], want)
	}
	tests := []struct {
		name   string
		app    app
		change []string
		status int
		code   string
		text   string
	}{
		{"not allowed to the client", r.free(), nil, 400, "unauthorized_client", "Client is not allowed to initiate OAuth 2.0 Device Authorization Grant. The flow is disabled for the client."},
		{"no PKCE where it is required", r.app("tv-pkce"), nil, 400, "invalid_request", "Missing parameter: code_challenge_method"},
		{"wrong secret", app{r, "conf", "wrong", "", false}, nil, 401, "unauthorized_client", badClient},
		{"unknown client", r.app("nobody"), nil, 401, "invalid_client", badClient},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.app.device(t, tt.change...).wantError(tt.status, tt.code, tt.text)
		})
	}
}

func TestDeviceFlow(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	tv := r.app("tv")
	answer := tv.device(t).want(200).json()
	tv.poll(t, answer["device_code"]).wantError(400, "authorization_pending", "The authorization request is still pending")
	tv.token(t, "grant_type", deviceGrant, "device_code", answer["device_code"].(string)).wantError(400, "slow_down", "Slow down")

	b := newBrowser(t, r)
	page := b.open(r.url("/device"), nil).want(200).has("device_user_code", "kc-user-verify-device-user-code-form")
	if name := attribute(page.element("device_user_code"), "name"); name != "device_user_code" {
		t.Errorf("#device_user_code has the name %q", name)
	}
	page = b.submit(page, "kc-user-verify-device-user-code-form", "device_user_code", "AAAA-BBBB").want(200).says("Invalid code")
	page = b.submit(page, "kc-user-verify-device-user-code-form", "device_user_code", answer["user_code"].(string)).want(200).has("kc-form-login")
	page = b.login(page, "alice", "alice").want(200).has("kc-login", "kc-cancel").says("A television")
	page = b.submit(page, "", "accept", "Yes").want(200)
	page.says("Device Login Successful").says("You may close this browser window and go back to your device.")

	got := tv.poll(t, answer["device_code"])
	got.want(200).wantShape(tokenAnswer())
	have := got.tokens()
	wantClaims(t, "access token", r.verified(t, have.access).claims, tv.accessClaims("onrtdg").and(labAlice).and(aliceRoles).and(shape{"allowed-origins": list("http://localhost:9999")}))
	wantClaims(t, "ID token", r.verified(t, have.id).claims, tv.idClaims().and(labAlice).and(shape{"nonce": nil, "at_hash": halfHash(have.access)}))
	wantClaims(t, "refresh token", decode(t, have.refresh).claims, tv.refreshClaims(labAlice["sub"]).and(shape{"aud_x": "api"}))
	tv.renew(t, have.refresh).want(200)
	tv.poll(t, answer["device_code"]).wantError(400, "invalid_grant", "Device code not valid")
}

// With the code in the address and a session there is but the consent page.
func TestDeviceFlowInASession(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	conf := r.conf()
	answer := conf.device(t).want(200).json()
	b := newBrowser(t, r)
	r.pub().signIn(b, "bob")
	page := b.open(answer["verification_uri_complete"].(string), nil).want(200).has("kc-login", "kc-cancel")
	b.submit(page, "", "accept", "Yes").want(200).says("Device Login Successful")
	have := conf.poll(t, answer["device_code"]).tokens()
	wantClaims(t, "access token", r.verified(t, have.access).claims, conf.accessClaims("onrtdg").and(labBob).and(shape{"acr": "0"}))
}

func TestDeviceFlowRefused(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	tv := r.app("tv")
	answer := tv.device(t).want(200).json()
	b := newBrowser(t, r)
	page := b.login(b.open(answer["verification_uri_complete"].(string), nil), "bob", "bob").want(200).has("kc-login", "kc-cancel")
	b.submit(page, "", "cancel", "No").want(200).says("Consent denied")
	tv.poll(t, answer["device_code"]).wantError(400, "access_denied", "The end user denied the authorization request")
}

func TestDeviceFlowWithPKCE(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	tv := r.app("tv-pkce")
	answer := tv.device(t, "code_challenge", challenge(verifier), "code_challenge_method", "S256").want(200).json()
	b := newBrowser(t, r)
	page := b.login(b.open(answer["verification_uri_complete"].(string), nil), "bob", "bob").want(200)
	b.submit(page, "", "accept", "Yes").want(200).says("Device Login Successful")
	tv.poll(t, answer["device_code"], "code_verifier", verifier).want(200)
}

func TestDeviceCodeOfAnotherClient(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	answer := r.app("tv").device(t).want(200).json()
	r.conf().poll(t, answer["device_code"]).wantError(400, "invalid_grant", "unauthorized client")
}

func TestUnknownUserCode(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	newBrowser(t, r).open(r.url("/device"), form("user_code", "AAAA-BBBB")).want(200).says("Invalid code").has("device_user_code")
}
