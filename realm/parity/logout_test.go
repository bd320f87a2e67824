package parity

import (
	"net/url"
	"testing"
)

const bye = "http://localhost:9999/app/bye"

// signedOut wants the login to be gone.
func (a app) signedOut(b *browser) {
	b.t.Helper()
	if b.cookie("KEYCLOAK_IDENTITY") != "" || b.cookie("KEYCLOAK_SESSION") != "" {
		b.t.Error("the cookies are still there")
	}
	if got := a.authorize(b, "prompt", "none"); got.returned(a).Get("error") != "login_required" {
		b.t.Errorf("the login is still there%s", got.explain())
	}
}

// signedIn wants the login to be there.
func (a app) signedIn(b *browser) {
	b.t.Helper()
	if got := a.authorize(b, "prompt", "none"); got.returned(a).Get("code") == "" {
		b.t.Errorf("the login is gone%s", got.explain())
	}
}

func TestLogoutWithAHint(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	pub := r.pub()
	tests := []struct {
		name  string
		form  []string
		where string // "" for the page that says good-bye
	}{
		{"and a redirect URI", []string{"post_logout_redirect_uri", bye}, bye},
		{"a redirect URI and a state", []string{"post_logout_redirect_uri", bye, "state", "s 1&"}, bye + "?" + url.Values{"state": {"s 1&"}}.Encode()},
		{"a redirect URI with a query and a state", []string{"post_logout_redirect_uri", bye + "?x=y", "state", "s1"}, bye + "?x=y&state=s1"},
		{"a redirect URI and the client", []string{"post_logout_redirect_uri", bye, "client_id", "pub"}, bye},
		{"alone", nil, ""},
		{"and the client", []string{"client_id", "pub"}, ""},
		{"and a state", []string{"state", "s1"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBrowser(t, r)
			have := pub.session(b, "bob")
			got := b.open(r.oidc("/logout"), with(form(tt.form...), "id_token_hint", have.id)).wantHeaders("Cache-Control", "no-cache")
			if tt.where == "" {
				got.want(200).says("You are logged out")
			} else if to := got.want(302).location().String(); to != tt.where {
				t.Errorf("redirected to %s, want %s", to, tt.where)
			}
			pub.signedOut(b)
			pub.renew(t, have.refresh).wantError(400, "invalid_grant", "Session not active")
			r.userinfo(t, have.access).want(401)
		})
	}
	t.Run("without cookies", func(t *testing.T) {
		t.Parallel()
		have := pub.session(newBrowser(t, r), "bob")
		got := newBrowser(t, r).open(r.oidc("/logout"), form("id_token_hint", have.id, "post_logout_redirect_uri", bye))
		if to := got.location().String(); to != bye {
			t.Errorf("redirected to %s", to)
		}
		pub.renew(t, have.refresh).wantError(400, "invalid_grant", "Session not active")
	})
	t.Run("again", func(t *testing.T) {
		t.Parallel()
		b := newBrowser(t, r)
		have := pub.session(b, "bob")
		for range 2 {
			got := b.open(r.oidc("/logout"), form("id_token_hint", have.id, "post_logout_redirect_uri", bye))
			if to := got.location().String(); to != bye {
				t.Errorf("redirected to %s", to)
			}
		}
	})
	t.Run("by POST", func(t *testing.T) {
		t.Parallel()
		b := newBrowser(t, r)
		have := pub.session(b, "bob")
		got := b.do(newRequest(t, "POST", r.oidc("/logout"), form("id_token_hint", have.id, "client_id", "pub", "post_logout_redirect_uri", bye)))
		if to := got.location().String(); to != bye {
			t.Errorf("redirected to %s", to)
		}
		pub.signedOut(b)
	})
	t.Run("ends the part of other apps", func(t *testing.T) {
		t.Parallel()
		free, b := r.free(), newBrowser(t, r)
		have := pub.session(b, "bob")
		other := free.exchange(t, free.authorize(b).returned(free).Get("code")).tokens()
		b.open(r.oidc("/logout"), form("id_token_hint", have.id)).want(200)
		free.renew(t, other.refresh).wantError(400, "invalid_grant", "Session not active")
	})
}

func TestLogoutRefused(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	pub, b := r.pub(), newBrowser(t, r)
	have := pub.session(b, "bob")
	tests := []struct {
		name    string
		form    []string
		message string
	}{
		{"redirect URI without hint and client", []string{"post_logout_redirect_uri", bye}, "Missing parameters: id_token_hint"},
		{"foreign redirect URI", []string{"post_logout_redirect_uri", "http://evil.example/", "client_id", "pub"}, "Invalid redirect uri"},
		{"foreign redirect URI with the hint", []string{"post_logout_redirect_uri", "http://evil.example/", "id_token_hint", have.id}, "Invalid redirect uri"},
		{"unknown client", []string{"post_logout_redirect_uri", bye, "client_id", "nobody"}, "Invalid redirect uri"},
		{"garbage for a hint", []string{"id_token_hint", "x"}, "Invalid parameter: id_token_hint"},
		{"garbage for a hint, with the rest", []string{"post_logout_redirect_uri", bye, "client_id", "pub", "id_token_hint", "x"}, "Invalid parameter: id_token_hint"},
		{"hint of another client", []string{"post_logout_redirect_uri", bye, "client_id", "free", "id_token_hint", have.id}, "Invalid parameter: id_token_hint"},
		{"access token for a hint", []string{"id_token_hint", have.access}, "Invalid parameter: id_token_hint"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { // not parallel: one browser
			b := b.copy(t)
			b.open(r.oidc("/logout"), form(tt.form...)).wantErrorPage(400, tt.message)
			pub.signedIn(b)
		})
	}
}

// Without a hint the person is asked.
func TestLogoutConfirmed(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	pub := r.pub()
	tests := []struct {
		name  string
		form  []string
		where string
	}{
		{"nothing", nil, ""},
		{"the old redirect_uri, which is ignored", []string{"redirect_uri", bye}, ""},
		{"the client", []string{"client_id", "pub"}, ""},
		{"the client and a redirect URI", []string{"client_id", "pub", "post_logout_redirect_uri", bye}, bye},
		{"the client, a redirect URI and a state", []string{"client_id", "pub", "post_logout_redirect_uri", bye, "state", "s1"}, bye + "?state=s1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBrowser(t, r)
			have := pub.session(b, "bob")
			page := b.open(r.oidc("/logout"), form(tt.form...)).want(200).has("kc-logout").says("Do you want to log out?")
			if page.title() != "Logging out" {
				t.Errorf("title = %q", page.title())
			}
			if _, hidden := page.form(""); hidden.Get("session_code") == "" {
				t.Errorf("hidden fields are %v", hidden)
			}
			if b.cookie("KEYCLOAK_IDENTITY") == "" {
				t.Error("signed out before the answer")
			}
			got := b.submit(page, "", "confirmLogout", "Logout")
			if tt.where == "" {
				got.want(200).says("You are logged out")
			} else if to := got.want(302).location().String(); to != tt.where {
				t.Errorf("redirected to %s, want %s", to, tt.where)
			}
			pub.signedOut(b)
			pub.renew(t, have.refresh).wantError(400, "invalid_grant", "Session not active")
		})
	}
}

func TestLogoutWithoutASession(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	t.Run("the client and a redirect URI", func(t *testing.T) {
		t.Parallel()
		got := newBrowser(t, r).open(r.oidc("/logout"), form("client_id", "pub", "post_logout_redirect_uri", bye))
		if to := got.want(302).location().String(); to != bye {
			t.Errorf("redirected to %s", to)
		}
	})
	t.Run("nothing", func(t *testing.T) {
		t.Parallel()
		newBrowser(t, r).open(r.oidc("/logout"), nil).want(200).says("Do you want to log out?")
	})
}

func TestPostLogoutRedirectURIs(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	tests := []struct {
		client, uri string
		allowed     bool
	}{
		{"pub", "http://localhost:9999/exact", true}, // those for the login, as the client names no others
		{"pub", "http://localhost:9999/app/deep?x=y", true},
		{"pub", "http://localhost:9999/other", false},
		{"leaver", "http://localhost:9999/bye", true},
		{"leaver", "http://localhost:9999/bye/", false},
		{"leaver", "http://localhost:9999/farewell/x", true},
		{"leaver", callback, false},
		{"stayer", callback, false},
		{"loopback", "http://127.0.0.1:4711/bye", true},
		{"any", "https://anywhere.example/", true},
		{"any", "javascript:alert(1)", false},
	}
	for _, tt := range tests {
		t.Run(tt.client+" "+tt.uri, func(t *testing.T) {
			t.Parallel()
			got := newBrowser(t, r).open(r.oidc("/logout"), form("client_id", tt.client, "post_logout_redirect_uri", tt.uri))
			if !tt.allowed {
				got.wantErrorPage(400, "Invalid redirect uri")
			} else if to := got.want(302).location().String(); to != tt.uri {
				t.Errorf("redirected to %s", to)
			}
		})
	}
}

func TestLogoutOfDemo(t *testing.T) { // not parallel: the realm refuses two logins of a person at once
	r := open(t, "demo")
	a, b := r.demo(), newBrowser(t, r)
	have := a.session(b, "alice")
	got := b.open(r.oidc("/logout"), form("client_id", "demo", "id_token_hint", have.id, "post_logout_redirect_uri", appURL+"/"))
	if to := got.want(302).location().String(); to != appURL+"/" {
		t.Errorf("redirected to %s", to)
	}
	a.signedOut(b)
}

// The app itself may end a session, without a browser.
func TestLogoutByTheApp(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	free, conf := r.free(), r.conf()
	t.Run("with a refresh token", func(t *testing.T) {
		t.Parallel()
		b := newBrowser(t, r)
		have := free.session(b, "bob")
		for range 2 {
			got := post(t, r.oidc("/logout"), free.form("refresh_token", have.refresh)).want(204).wantHeaders("Cache-Control", "no-cache")
			if got.body != "" {
				t.Errorf("the body is %q, want none", got.body)
			}
		}
		free.renew(t, have.refresh).wantError(400, "invalid_grant", "Session not active")
		if back := free.authorize(b, "prompt", "none").returned(free); back.Get("error") != "login_required" {
			t.Errorf("the login is still there: %v", back)
		}
	})
	t.Run("garbage", func(t *testing.T) {
		t.Parallel()
		post(t, r.oidc("/logout"), free.form("refresh_token", "x")).wantError(400, "invalid_grant", "Invalid refresh token")
	})
	t.Run("another client's", func(t *testing.T) {
		t.Parallel()
		have := free.password(t, "bob").tokens()
		post(t, r.oidc("/logout"), conf.form("refresh_token", have.refresh)).
			wantError(400, "invalid_grant", "Invalid refresh token. Token client and authorized client don't match")
		free.renew(t, have.refresh).want(200)
	})
	t.Run("wrong secret", func(t *testing.T) {
		t.Parallel()
		have := conf.password(t, "bob").tokens()
		post(t, r.oidc("/logout"), form("client_id", "conf", "client_secret", "wrong", "refresh_token", have.refresh)).wantError(401, "unauthorized_client", badClient)
		conf.renew(t, have.refresh).want(200)
	})
	t.Run("with an offline token", func(t *testing.T) {
		t.Parallel()
		have := free.password(t, "olaf", "scope", "openid offline_access").tokens()
		post(t, r.oidc("/logout"), free.form("refresh_token", have.refresh)).want(204)
		free.renew(t, have.refresh).want(400)
	})
}
