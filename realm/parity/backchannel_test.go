package parity

import (
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"
)

// ear hears what the server tells apps in the back. The realm file knows its address by
// KEYSTEAD_PARITY_BACKCHANNEL_URL, so there is one for all tests.
type ear struct {
	mu    sync.Mutex
	heard []heard
	asks  func() // what the app told-asks does before it answers
}

type heard struct {
	method, path, contentType, body string
}

var listening = sync.OnceValues(func() (*ear, error) {
	address, err := url.Parse(os.Getenv("KEYSTEAD_PARITY_BACKCHANNEL_URL"))
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address.Host)
	if err != nil {
		return nil, err
	}
	e := &ear{}
	go func() { _ = http.Serve(listener, e) }()
	return e, nil
})

func (e *ear) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	_ = req.ParseForm()
	e.mu.Lock()
	e.heard = append(e.heard, heard{req.Method, req.URL.Path, req.Header.Get("Content-Type"), req.PostForm.Encode()})
	asks := e.asks
	e.mu.Unlock()
	switch {
	case req.URL.Path == "/told-asks" && asks != nil:
		asks()
	case req.URL.Path == "/told-badly":
		http.Redirect(w, req, "/told-elsewhere", http.StatusTemporaryRedirect)
	}
}

func listen(t testing.TB) *ear {
	t.Helper()
	if os.Getenv("KEYSTEAD_PARITY_BACKCHANNEL_URL") == "" {
		t.Skip("KEYSTEAD_PARITY_BACKCHANNEL_URL says nowhere to listen")
	}
	e, err := listening()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// count is how much was heard so far.
func (e *ear) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.heard)
}

// about returns what was said to a path about a person's session, once it has been said; what was
// heard before, that is the first few, does not count.
func (e *ear) about(t testing.TB, path, sub, sid string, before int) jwt {
	t.Helper()
	end := time.Now().Add(5 * time.Second)
	for {
		if token, ok := e.find(t, path, sub, sid, before); ok {
			return token
		}
		if time.Now().After(end) {
			t.Fatalf("%s heard nothing about the session %s", path, sid)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (e *ear) find(t testing.TB, path, sub, sid string, before int) (jwt, bool) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, each := range e.heard[before:] {
		if each.path != path {
			continue
		}
		values, err := url.ParseQuery(each.body)
		if err != nil || each.method != "POST" || each.contentType != "application/x-www-form-urlencoded" || len(values) != 1 {
			t.Errorf("heard something odd, %s as %s: %s", each.method, each.contentType, short(each.body, 200))
			continue
		}
		token := decode(t, values.Get("logout_token"))
		if token.claims["sub"] == sub && (sid == "" || token.claims["sid"] == sid) {
			return token, true
		}
	}
	return jwt{}, false
}

// nothing wants that nothing was said to a path about a session. Both servers tell before they answer a
// sign-out, so there is nothing to wait for.
func (e *ear) nothing(t testing.TB, path, sub, sid string, before int) {
	t.Helper()
	if token, ok := e.find(t, path, sub, sid, before); ok {
		t.Errorf("%s heard %v", path, token.claims)
	}
}

func (r realm) told() app { return app{r, "told", "told-secret", callback, false} }

func logoutClaims(r realm, session string) shape {
	return shape{
		"exp": in(2 * time.Minute), "iat": in(0), "jti": uuid, "iss": r.url(""), "aud": "told", "sub": labAlice["sub"], "typ": "Logout", "sid": session,
		"events": shape{"http://schemas.openid.net/event/backchannel-logout": shape{}},
	}
}

func TestBackChannelLogout(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	e := listen(t)
	told, pub := r.told(), r.pub()
	tests := []struct {
		name string
		end  func(t *testing.T, b *browser, mine, others tokens)
	}{
		{"by itself", func(t *testing.T, b *browser, mine, _ tokens) {
			b.open(r.oidc("/logout"), form("id_token_hint", mine.id)).want(200)
		}},
		{"by another app", func(t *testing.T, b *browser, _, others tokens) {
			b.open(r.oidc("/logout"), form("id_token_hint", others.id)).want(200)
		}},
		{"by itself in the back", func(t *testing.T, _ *browser, mine, _ tokens) {
			post(t, r.oidc("/logout"), told.form("refresh_token", mine.refresh)).want(204)
		}},
		{"by the person, who was asked", func(_ *testing.T, b *browser, _, _ tokens) {
			b.submit(b.open(r.oidc("/logout"), nil).want(200), "", "confirmLogout", "Logout").want(200)
		}},
		{"without the browser's cookies", func(t *testing.T, _ *browser, mine, _ tokens) {
			newBrowser(t, r).open(r.oidc("/logout"), form("id_token_hint", mine.id)).want(200)
		}},
		{"by another app in the back", func(t *testing.T, _ *browser, _, others tokens) {
			post(t, r.oidc("/logout"), pub.form("refresh_token", others.refresh)).want(204)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBrowser(t, r)
			mine := told.session(b, "alice")
			others := pub.exchange(t, pub.authorize(b).returned(pub).Get("code")).tokens()
			before := e.count()
			tt.end(t, b, mine, others)
			token := e.about(t, "/told", labAlice["sub"].(string), mine.sid, before)
			wantClaims(t, "header", r.verified(t, token.raw).header, shape{"alg": "RS256", "typ": "logout+jwt", "kid": anyText})
			wantClaims(t, "logout token", token.claims, logoutClaims(r, mine.sid))
		})
	}
}

// What an app hears depends on its client.
func TestBackChannelLogoutByClient(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	e := listen(t)
	const event = "http://schemas.openid.net/event/backchannel-logout"
	tests := []struct {
		client, alg string
		claims      shape
	}{
		{"told-less", "RS256", shape{"sid": nil}},
		{"told-by-default", "RS256", shape{"sid": nil}},
		{"told-revoke", "RS256", shape{"events": shape{event: shape{}, "revoke_offline_access": true}}},
		{"told-es256", "ES256", nil},
		{"told-badly", "RS256", nil},
	}
	for _, tt := range tests {
		t.Run(tt.client, func(t *testing.T) {
			t.Parallel()
			a, b := r.app(tt.client), newBrowser(t, r)
			have := a.session(b, "clara")
			sub := decode(t, have.id).claims["sub"].(string)
			want := logoutClaims(r, have.sid).and(shape{"aud": tt.client, "sub": sub}).and(tt.claims)
			sid, _ := want["sid"].(string)
			before := e.count()
			b.open(r.oidc("/logout"), form("id_token_hint", have.id)).want(200)
			token := e.about(t, "/"+tt.client, sub, sid, before)
			wantClaims(t, "header", r.verified(t, token.raw).header, shape{"alg": tt.alg, "typ": "logout+jwt", "kid": anyText})
			wantClaims(t, "logout token", token.claims, want)
			e.nothing(t, "/told-elsewhere", sub, "", before) // no redirect is followed
			a.renew(t, have.refresh).wantError(400, "invalid_grant", "Session not active")
		})
	}
}

// An app that is told in the browser is never told in the back.
func TestBackChannelLogoutAndFrontChannel(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	e := listen(t)
	told, front, b := r.told(), r.app("told-front"), newBrowser(t, r)
	have := told.session(b, "alice")
	other := front.exchange(t, front.authorize(b).returned(front).Get("code")).tokens()
	before := e.count()
	post(t, r.oidc("/logout"), told.form("refresh_token", have.refresh)).want(204)
	e.about(t, "/told", labAlice["sub"].(string), have.sid, before)
	e.nothing(t, "/told-front", labAlice["sub"].(string), have.sid, before)
	front.renew(t, other.refresh).wantError(400, "invalid_grant", "Session not active")
}

// What ends tokens without a word to the app.
func TestBackChannelSilence(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	e := listen(t)
	told := r.told()
	tests := []struct {
		name string
		end  func(t *testing.T, have tokens, code string)
	}{
		{"refresh token revoked", func(t *testing.T, have tokens, _ string) { told.revoke(t, "token", have.refresh).want(200) }},
		{"access token revoked", func(t *testing.T, have tokens, _ string) { told.revoke(t, "token", have.access).want(200) }},
		{"code replayed", func(t *testing.T, _ tokens, code string) {
			told.exchange(t, code).wantError(400, "invalid_grant", "Code not valid")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code := told.signIn(newBrowser(t, r), "alice").Get("code")
			have := told.exchange(t, code).tokens()
			before := e.count()
			tt.end(t, have, code)
			r.userinfo(t, have.access).want(401)
			e.nothing(t, "/told", labAlice["sub"].(string), have.sid, before)
		})
	}
}

// The session goes on until all are told: an app that refreshes meanwhile gets tokens of the same session.
func TestBackChannelLogoutComesBeforeTheEnd(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	e := listen(t)
	a, b := r.app("told-asks"), newBrowser(t, r)
	have := a.session(b, "alice")
	answers := make(chan *reply, 1)
	e.mu.Lock()
	e.asks = func() { answers <- a.renew(t, have.refresh) }
	e.mu.Unlock()
	b.open(r.oidc("/logout"), form("id_token_hint", have.id)).want(200)
	select {
	case got := <-answers:
		if late := got.tokens(); late.sid != have.sid {
			t.Errorf("the session is %s, want %s", late.sid, have.sid)
		}
	default:
		t.Error("the app was not told before the answer")
	}
	a.renew(t, have.refresh).wantError(400, "invalid_grant", "Session not active")
}

// An offline session has the id of the browser's, and goes on without it. The app is told all the same.
func TestBackChannelLogoutOffline(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	e := listen(t)
	pub, told, revoke := r.pub(), r.told(), r.app("told-revoke")
	sub := labOlaf["sub"].(string)
	// begin signs olaf in to told, and then to told-revoke with offline access.
	begin := func(t *testing.T) (b *browser, online, offline tokens, before int) {
		b = newBrowser(t, r)
		online = told.session(b, "olaf")
		offline = revoke.exchange(t, revoke.authorize(b, "scope", "openid offline_access").returned(revoke).Get("code")).tokens()
		if offline.sid != online.sid {
			t.Errorf("the offline session is %s, the browser's %s", offline.sid, online.sid)
		}
		return b, online, offline, e.count()
	}
	t.Run("the browser's session ends", func(t *testing.T) {
		t.Parallel()
		b, online, offline, before := begin(t)
		b.open(r.oidc("/logout"), form("id_token_hint", online.id)).want(200)
		e.about(t, "/told", sub, online.sid, before)
		e.about(t, "/told-revoke", sub, offline.sid, before)
		told.renew(t, online.refresh).wantError(400, "invalid_grant", "Session not active")
		r.userinfo(t, revoke.renew(t, offline.refresh).tokens().access).want(200)
	})
	t.Run("the offline session ends, and the browser's with it", func(t *testing.T) {
		t.Parallel()
		_, online, offline, before := begin(t)
		post(t, r.oidc("/logout"), revoke.form("refresh_token", offline.refresh)).want(204)
		e.about(t, "/told-revoke", sub, offline.sid, before)
		e.nothing(t, "/told", sub, online.sid, before)
		revoke.renew(t, offline.refresh).wantError(400, "invalid_grant", "Offline user session not found")
		told.renew(t, online.refresh).wantError(400, "invalid_grant", "Session not active")
	})
	t.Run("the offline token is revoked", func(t *testing.T) {
		t.Parallel()
		_, online, offline, before := begin(t)
		revoke.revoke(t, "token", offline.refresh).want(200)
		e.nothing(t, "/told-revoke", sub, offline.sid, before)
		revoke.renew(t, offline.refresh).wantError(400, "invalid_grant", "Offline user session not found")
		told.renew(t, online.refresh).want(200)
	})
	t.Run("there is none in the browser", func(t *testing.T) {
		t.Parallel()
		b := newBrowser(t, r)
		have := revoke.session(b, "olaf", "scope", "openid offline_access")
		if back := pub.authorize(b, "prompt", "none").returned(pub); back.Get("error") != "login_required" {
			t.Errorf("the browser has a session: %v", back)
		}
		before := e.count()
		b.open(r.oidc("/logout"), form("id_token_hint", have.id)).want(200)
		e.nothing(t, "/told-revoke", sub, have.sid, before)
		revoke.renew(t, have.refresh).want(200)
		if next := pub.session(b, "olaf"); next.sid == have.sid {
			t.Error("the next session has the id of the offline one")
		}
	})
}

// Who changes the password may end all other sessions, offline ones too. Paula's only: the others have theirs all the time.
func TestBackChannelLogoutWithANewPassword(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	e := listen(t)
	told, revoke := r.told(), r.app("told-revoke")
	for _, others := range []bool{false, true} { // one after the other: one person
		b := newBrowser(t, r)
		mine := told.session(b, "paula")
		mineOffline := revoke.exchange(t, revoke.authorize(b, "scope", "openid offline_access").returned(revoke).Get("code")).tokens()
		other := told.session(newBrowser(t, r), "paula")
		otherOffline := revoke.session(newBrowser(t, r), "paula", "scope", "openid offline_access")
		sub := decode(t, mine.id).claims["sub"].(string)
		before := e.count()
		fields := []string{"password-new", "paula", "password-confirm", "paula"} // so that the suite can run twice
		if others {
			fields = append(fields, "logout-sessions", "on")
		}
		b.submit(told.authorize(b, "kc_action", "UPDATE_PASSWORD").want(200), "kc-passwd-update-form", fields...).returned(told)
		if others {
			e.about(t, "/told", sub, other.sid, before)
			e.about(t, "/told-revoke", sub, otherOffline.sid, before)
			told.renew(t, other.refresh).wantError(400, "invalid_grant", "Session not active")
			revoke.renew(t, otherOffline.refresh).wantError(400, "invalid_grant", "Offline user session not found")
		} else {
			e.nothing(t, "/told", sub, other.sid, before)
			told.renew(t, other.refresh).want(200)
			revoke.renew(t, otherOffline.refresh).want(200)
		}
		e.nothing(t, "/told", sub, mine.sid, before)
		told.renew(t, mine.refresh).want(200)
		revoke.renew(t, mineOffline.refresh).want(200)
	}
}
