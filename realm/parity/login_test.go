package parity

import (
	"net/http"
	"strings"
	"testing"
)

func TestLoginPage(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	b := newBrowser(t, r)
	page := r.pub().authorize(b).want(200).has("kc-form-login", "username", "password", "kc-login", "rememberMe", "!input-error-username")
	page.says("Username or email").wantHeaders("X-Frame-Options", "SAMEORIGIN", "X-Content-Type-Options", "nosniff", "Referrer-Policy", "no-referrer")
	if policy := page.header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors") {
		t.Errorf("Content-Security-Policy = %q", policy)
	}
	if page.title() != "Sign in to Keystead laboratory" {
		t.Errorf("title = %q", page.title())
	}
	action, hidden := page.form("kc-form-login")
	if !strings.HasPrefix(action, r.url("/login-actions/authenticate?")) {
		t.Errorf("the form goes to %s", action)
	}
	for _, parameter := range []string{"session_code", "execution", "client_id", "tab_id", "client_data"} {
		if !strings.Contains(action, parameter+"=") {
			t.Errorf("the form's action lacks %s: %s", parameter, action)
		}
	}
	if _, there := hidden["credentialId"]; !there {
		t.Errorf("hidden fields are %v", hidden)
	}
	for id, want := range map[string][2]string{"username": {"name", "username"}, "password": {"name", "password"}, "kc-login": {"name", "login"}, "rememberMe": {"name", "rememberMe"}} {
		if got := attribute(page.element(id), want[0]); got != want[1] {
			t.Errorf("#%s has %s=%q, want %q", id, want[0], got, want[1])
		}
	}
}

func TestLoginPageOfDemo(t *testing.T) {
	t.Parallel()
	r := open(t, "demo")
	page := r.demo().authorize(newBrowser(t, r)).want(200).has("kc-form-login", "username", "password", "kc-login", "!rememberMe")
	if page.title() != "Sign in to Keystead demo" {
		t.Errorf("title = %q", page.title())
	}
}

func TestLoginHint(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	b := newBrowser(t, r)
	page := r.pub().authorize(b, "login_hint", `bob"<b>`)
	if got := attribute(page.element("username"), "value"); got != `bob"<b>` {
		t.Errorf("#username = %q", got)
	}
}

func TestLogins(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	const wrong = "Invalid username or password."
	tests := []struct {
		name, username, password string
		refusal                  string // "" where the login is good
	}{
		{"wrong password", "alice", "wrong", wrong},
		{"password of another case", "alice", "ALICE", wrong},
		{"password with a blank", "alice", "alice ", wrong},
		{"unknown user", "nobody", "nobody", wrong},
		{"nothing", "", "", wrong},
		{"no password", "alice", "", wrong},
		{"no username", "", "alice", wrong},
		{"user switched off", "dan", "dan", "Account is disabled, contact your administrator."},
		{"user switched off, wrong password", "dan", "wrong", wrong},
		{"user that the file does not switch on", "erna", "erna", "Account is disabled, contact your administrator."},
		{"service account", "service-account-robot", "robot-secret", wrong},

		{"by name", "alice", "alice", ""},
		{"by name with blanks around it", " alice ", "alice", ""},
		{"by name in another case", "ALICE", "alice", ""},
		{"by e-mail", "alice@example.com", "alice", ""},
		{"by e-mail in another case", "Alice@Example.COM", "alice", ""},
		{"name in another case in the file", "mixedcase", "mixed", ""},
		{"e-mail in another case in the file", "mixed.case@example.com", "mixed", ""},
		{"hashed with argon2id", "argo", "argon-secret", ""},
		{"hashed with argon2id, wrong", "argo", "argo", wrong},
		{"hashed with pbkdf2-sha512", "pia", "pbkdf2-secret", ""},
		{"hashed with pbkdf2-sha512, wrong", "pia", "pia", wrong},
		{"hashed with pbkdf2-sha256", "otto", "pbkdf2-256-secret", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBrowser(t, r)
			got := b.login(r.pub().authorize(b), tt.username, tt.password)
			if tt.refusal == "" {
				got.returned(r.pub())
				return
			}
			got.want(200).says(tt.refusal).has("kc-form-login", "username", "password")
			if tt.refusal == wrong {
				got.has("input-error-username")
			} else {
				got.has("!input-error-username")
			}
			if kept := attribute(got.element("username"), "value"); kept != tt.username {
				t.Errorf("#username = %q, want %q kept", kept, tt.username)
			}
			if b.cookie("KEYCLOAK_IDENTITY") != "" {
				t.Error("signed in all the same")
			}
		})
	}
}

func TestLoginAfterAFailure(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	b := newBrowser(t, r)
	page := b.login(r.pub().authorize(b), "bob", "wrong")
	back := b.login(page, "bob", "bob").returned(r.pub())
	r.pub().exchange(t, back.Get("code")).want(200)
}

func TestLoginWithoutCookies(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	b := newBrowser(t, r)
	page := r.pub().authorize(b)
	clear(b.cookies)
	b.login(page, "bob", "bob").wantErrorPage(400, "Restart login cookie not found.")
}

func TestLoginWithAWrongSessionCode(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	b := newBrowser(t, r)
	page := r.pub().authorize(b)
	_, code, _ := strings.Cut(page.body, "session_code=")
	code, _, _ = strings.Cut(code, "&")
	page.body = strings.ReplaceAll(page.body, code, strings.Repeat("x", len(code)))
	again := b.login(page, "bob", "bob").want(200).has("kc-form-login")
	b.login(again, "bob", "bob").returned(r.pub())
}

func TestLoginPageOpenedAgain(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	b := newBrowser(t, r)
	action, _ := r.pub().authorize(b).form("kc-form-login")
	page := b.open(action, nil).want(200).has("kc-form-login")
	b.login(page, "bob", "bob").returned(r.pub())
}

// A form that is sent twice, as by a double click, does no harm: the app can begin anew.
func TestLoginSentTwice(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	a, b := r.pub(), newBrowser(t, r)
	page := a.authorize(b)
	b.login(page, "bob", "bob").returned(a)
	b.at = page.t.Name() // the form's action is absolute
	second := b.submit(page, "kc-form-login", "username", "bob", "password", "bob")
	back := second.returned(a)
	if back.Get("error") != "temporarily_unavailable" || back.Get("error_description") != "authentication_expired" {
		t.Errorf("the second time leads to %s", second.location())
	}
}

func TestTwoTabs(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	pub, free := r.pub(), r.free()
	b := newBrowser(t, r)
	first := pub.authorize(b, "state", "one")
	at := b.at
	second := free.authorize(b, "state", "two")
	if got := b.login(second, "bob", "bob").returned(free).Get("state"); got != "two" {
		t.Errorf("state of the second tab = %q", got)
	}
	b.at = at
	got := b.login(first, "bob", "bob")
	if back := got.returned(pub); back.Get("state") != "one" {
		t.Errorf("the first tab leads to %s", got.location())
	}
}

func TestRememberMe(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	b := newBrowser(t, r)
	b.submit(r.pub().authorize(b), "kc-form-login", "username", "bob", "password", "bob", "rememberMe", "on").returned(r.pub())
	if got := b.cookie("KEYCLOAK_REMEMBER_ME"); got != "username:bob" {
		t.Errorf("KEYCLOAK_REMEMBER_ME = %q", got)
	}
	for _, cookie := range b.cookies {
		if cookie.Name == "KEYCLOAK_IDENTITY" && cookie.MaxAge <= 0 {
			t.Error("KEYCLOAK_IDENTITY ends with the browser session")
		}
	}
}

// A form from another site is refused by its Origin or Sec-Fetch-Site in ours; Keycloak relies on its
// session code and lets it pass. So only this is common: without the session code of this browser, no login.
func TestLoginWithACookieOfAnotherBrowser(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	attacker, victim := newBrowser(t, r), newBrowser(t, r)
	page := r.pub().authorize(attacker)
	r.pub().authorize(victim)
	got := victim.login(page, "bob", "bob")
	if got.status == http.StatusFound && strings.HasPrefix(got.header.Get("Location"), callback) && strings.Contains(got.header.Get("Location"), "code=") {
		t.Errorf("signed in with the form of another browser%s", got.explain())
	}
	if victim.cookie("KEYCLOAK_IDENTITY") != "" {
		t.Error("the victim is signed in")
	}
}
