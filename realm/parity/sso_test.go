package parity

import (
	"testing"
	"time"
)

// A person who is signed in already goes to the next app without a page.
func TestSingleSignOn(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	b := newBrowser(t, r)
	first := r.pub().session(b, "alice")
	tests := []struct {
		name   string
		app    app
		change []string
	}{
		{"another app", r.free(), nil},
		{"the same app", r.pub(), nil},
		{"prompt=none", r.free(), []string{"prompt", "none"}},
		{"prompt=none in the fragment", r.pub(), []string{"prompt", "none", "response_mode", "fragment"}},
		{"a hint to someone else", r.free(), []string{"login_hint", "bob"}},
		{"a hint to someone else, prompt=none", r.free(), []string{"login_hint", "bob", "prompt", "none"}},
		{"prompt=consent without consent", r.free(), []string{"prompt", "consent"}},
		{"prompt=select_account", r.free(), []string{"prompt", "select_account"}},
		{"long max_age", r.free(), []string{"max_age", "3600"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { // not parallel: one browser
			b := b.copy(t)
			back := tt.app.authorize(b, tt.change...).returned(tt.app)
			wantClaims(t, "redirect", flat(back), shape{"state": "st4te", "session_state": first.sid, "iss": r.url(""), "code": anyText})
			have := tt.app.exchange(t, back.Get("code")).tokens()
			access := r.verified(t, have.access).claims
			if access["acr"] != "0" || access["sid"] != first.sid {
				t.Errorf("acr = %v, sid = %v; want acr 0 in the session %s", access["acr"], access["sid"], first.sid)
			}
			if id := r.verified(t, have.id).claims; id["acr"] != "0" || id["auth_time"] != decode(t, first.id).claims["auth_time"] {
				t.Errorf("ID token: acr = %v, auth_time = %v; want 0 and the first login's", id["acr"], id["auth_time"])
			}
		})
	}
}

// A cookie that the server did not set, or that has ended, signs nobody in.
func TestCookiesThatDoNotCount(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	a := r.pub()
	tests := []struct {
		name  string
		spoil func(t *testing.T, b *browser, have tokens) string // returns the new cookie
	}{
		{"garbage", func(*testing.T, *browser, tokens) string { return "x" }},
		{"changed signature", func(_ *testing.T, b *browser, _ tokens) string {
			cookie := b.cookie("KEYCLOAK_IDENTITY")
			return cookie[:len(cookie)-10] + "AAAAAAAAAA"
		}},
		{"an access token", func(_ *testing.T, _ *browser, have tokens) string { return have.access }},
		{"a refresh token", func(_ *testing.T, _ *browser, have tokens) string { return have.refresh }},
		{"an ID token", func(_ *testing.T, _ *browser, have tokens) string { return have.id }},
		{"after a logout", func(t *testing.T, b *browser, have tokens) string {
			newBrowser(t, r).open(r.oidc("/logout"), form("id_token_hint", have.id)).want(200)
			return b.cookie("KEYCLOAK_IDENTITY")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBrowser(t, r)
			cookie := tt.spoil(t, b, a.session(b, "bob"))
			for name, kept := range b.cookies {
				if kept.Name == "KEYCLOAK_IDENTITY" {
					changed := *kept
					changed.Value = cookie
					b.cookies[name] = &changed
				}
			}
			if got := a.authorize(b, "prompt", "none"); got.returned(a).Get("error") != "login_required" {
				t.Errorf("redirected to %s, want login_required", got.location())
			}
		})
	}
}

// Keycloak does not look at the hint.
func TestIDTokenHint(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	a, b := r.pub(), newBrowser(t, r)
	mine := a.session(b, "alice").id
	others := a.session(newBrowser(t, r), "bob").id
	for name, hint := range map[string]string{"one's own": mine, "someone else's": others, "garbage": "x"} {
		t.Run(name, func(t *testing.T) { // not parallel: one browser
			if got := a.authorize(b.copy(t), "prompt", "none", "id_token_hint", hint); got.returned(a).Get("code") == "" {
				t.Errorf("redirected to %s, want a code", got.location())
			}
		})
	}
}

func TestSignInAgain(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	tests := []struct {
		name, parameter, value, text string
	}{
		{"prompt=login", "prompt", "login", "Please re-authenticate to continue"},
		{"max_age exceeded", "max_age", "1", "Please re-authenticate to continue"},
		{"acr_values", "acr_values", "1", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := r.pub(), newBrowser(t, r)
			first := a.session(b, "alice")
			time.Sleep(2100 * time.Millisecond) // max_age counts whole seconds, and auth_time must move
			page := a.authorize(b, tt.parameter, tt.value).want(200).has("kc-form-login", "password", "!username", "kc-attempted-username")
			if tt.text != "" {
				page.says(tt.text)
			}
			page = b.submit(page, "kc-form-login", "password", "wrong").want(200).says("Invalid username or password.").has("password", "!username")
			back := b.submit(page, "kc-form-login", "password", "alice").returned(a)
			have := a.exchange(t, back.Get("code")).tokens()
			id := r.verified(t, have.id).claims
			if id["acr"] != "1" || id["sid"] != first.sid {
				t.Errorf("acr = %v, sid = %v; want 1 in the session %s", id["acr"], id["sid"], first.sid)
			}
			if before := decode(t, first.id).claims["auth_time"].(float64); id["auth_time"].(float64) <= before {
				t.Errorf("auth_time = %v, and was %v before", id["auth_time"], before)
			}
		})
	}
}

func TestPromptNoneWithASession(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	tests := []struct {
		name   string
		app    app
		change []string
		wait   bool
		code   string
	}{
		{"acr_values", r.pub(), []string{"acr_values", "1"}, false, "login_required"},
		{"max_age exceeded", r.pub(), []string{"max_age", "1"}, true, "login_required"},
		{"consent needed", r.app("consent"), nil, false, "interaction_required"},
		{"action asked for", r.pub(), []string{"kc_action", "UPDATE_PASSWORD"}, false, "interaction_required"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBrowser(t, r)
			r.pub().signIn(b, "clara")
			if tt.wait {
				time.Sleep(2100 * time.Millisecond)
			}
			got := tt.app.authorize(b, append(tt.change, "prompt", "none")...)
			wantClaims(t, "redirect", flat(got.returned(tt.app)), shape{"error": tt.code, "state": "st4te", "iss": r.url("")})
		})
	}
}

// The first tokens stay good after a second login; a refresh keeps its own acr.
func TestEarlierTokensAfterSingleSignOn(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	a, b := r.pub(), newBrowser(t, r)
	first := a.session(b, "alice")
	back := a.authorize(b).returned(a)
	second := a.exchange(t, back.Get("code")).tokens()
	r.userinfo(t, first.access).want(200)
	r.userinfo(t, second.access).want(200)
	if acr := decode(t, a.renew(t, first.refresh).tokens().access).claims["acr"]; acr != "0" {
		t.Errorf("acr after a refresh = %v, want that of the client session now", acr)
	}
}

func TestNamesForLevels(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	a := r.app("levels")
	for _, tt := range []struct {
		name   string
		change []string
	}{
		{"nothing asked", nil},
		{"bronze asked", []string{"acr_values", "bronze"}},
		{"gold asked", []string{"acr_values", "gold"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBrowser(t, r)
			have := a.session(b, "bob", tt.change...)
			wantClaims(t, "ID token", r.verified(t, have.id).claims, a.idClaims().and(labBob).and(shape{"acr": "bronze"}))
			second := a.exchange(t, a.authorize(b).returned(a).Get("code")).tokens()
			if acr := decode(t, second.id).claims["acr"]; acr != "0" {
				t.Errorf("acr after single sign-on = %v, want 0", acr)
			}
		})
	}
}

func TestTwoPeopleInOneBrowser(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	b := newBrowser(t, r)
	page := r.pub().authorize(b)
	at := b.at
	other := b.copy(t) // a second tab, opened before the login
	r.free().signIn(other, "alice")
	b.cookies = other.cookies
	b.at = at
	got := b.login(page, "bob", "bob")
	if b.cookie("KEYCLOAK_IDENTITY") != "" {
		if sub := decode(t, b.cookie("KEYCLOAK_IDENTITY")).claims["sub"]; sub != labAlice["sub"] {
			t.Errorf("bob took over the session of alice%s", got.explain())
		}
	}
}
