package parity

import "testing"

func (a app) revoke(t testing.TB, pairs ...string) *reply {
	t.Helper()
	return post(t, a.oidc("/revoke"), a.form(pairs...))
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	free, pub, api := r.free(), r.pub(), r.api()
	t.Run("a refresh token ends the session", func(t *testing.T) {
		t.Parallel()
		b := newBrowser(t, r)
		have := pub.session(b, "alice")
		got := pub.revoke(t, "token", have.refresh, "token_type_hint", "refresh_token").want(200)
		if got.body != "" {
			t.Errorf("the body is %q, want none", got.body)
		}
		pub.renew(t, have.refresh).wantError(400, "invalid_grant", "Session not active")
		r.userinfo(t, have.access).want(401).wantHeaders("WWW-Authenticate", `Bearer realm="lab", error="invalid_token", error_description="user_session_not_found"`)
		api.introspect(t, have.access).want(200).wantShape(shape{"active": false})
		if back := pub.authorize(b, "prompt", "none").returned(pub); back.Get("error") != "login_required" {
			t.Errorf("the login is still there: %v", back)
		}
	})
	t.Run("a refresh token leaves other apps alone", func(t *testing.T) {
		t.Parallel()
		b := newBrowser(t, r)
		have := pub.session(b, "bob")
		other := free.exchange(t, free.authorize(b).returned(free).Get("code")).tokens()
		pub.revoke(t, "token", have.refresh).want(200)
		pub.renew(t, have.refresh).wantError(400, "invalid_grant", "Session doesn't have required client")
		free.renew(t, other.refresh).want(200)
		r.userinfo(t, other.access).want(200)
	})
	t.Run("an access token, that one only", func(t *testing.T) {
		t.Parallel()
		have := free.password(t, "bob").tokens()
		free.revoke(t, "token", have.access).want(200)
		r.userinfo(t, have.access).want(401).wantHeaders("WWW-Authenticate", `Bearer realm="lab", error="invalid_token", error_description="Token verification failed"`)
		r.userinfo(t, free.renew(t, have.refresh).tokens().access).want(200)
	})
	t.Run("an access token is inactive then", func(t *testing.T) {
		t.Parallel()
		have := free.password(t, "alice").tokens()
		free.revoke(t, "token", have.access, "token_type_hint", "access_token").want(200)
		api.introspect(t, have.access).want(200).wantShape(shape{"active": false})
	})
	t.Run("twice", func(t *testing.T) {
		t.Parallel()
		have := free.password(t, "bob").tokens()
		free.revoke(t, "token", have.refresh).want(200)
		free.revoke(t, "token", have.refresh).want(200)
	})
	t.Run("a wrong hint does not matter", func(t *testing.T) {
		t.Parallel()
		have := free.password(t, "bob").tokens()
		free.revoke(t, "token", have.refresh, "token_type_hint", "access_token").want(200)
		free.renew(t, have.refresh).wantError(400, "invalid_grant", "Session not active")
	})
	t.Run("garbage", func(t *testing.T) {
		t.Parallel()
		free.revoke(t, "token", "nope").wantError(200, "invalid_token", "Invalid token")
	})
	t.Run("an ID token", func(t *testing.T) {
		t.Parallel()
		have := free.password(t, "bob").tokens()
		free.revoke(t, "token", have.id).wantError(400, "unsupported_token_type", "Unsupported token type")
	})
	t.Run("nothing", func(t *testing.T) {
		t.Parallel()
		free.revoke(t).wantError(400, "invalid_request", "Token not provided")
	})
	t.Run("another client's", func(t *testing.T) {
		t.Parallel()
		have := free.password(t, "bob").tokens()
		r.conf().revoke(t, "token", have.refresh).wantError(400, "invalid_request", "Unmatching clients")
		r.conf().revoke(t, "token", have.access).wantError(400, "invalid_request", "Unmatching clients")
		free.renew(t, have.refresh).want(200)
	})
	t.Run("wrong secret", func(t *testing.T) {
		t.Parallel()
		app{r, "conf", "wrong", "", false}.revoke(t, "token", "nope").want(401)
	})
	t.Run("unknown client", func(t *testing.T) {
		t.Parallel()
		r.app("nobody").revoke(t, "token", "nope").want(401)
	})
}
