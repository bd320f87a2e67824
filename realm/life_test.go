package realm

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

func record(h http.Handler, req *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec
}

// What ends by itself, at the second before and at its time.
func TestLifetimes(t *testing.T) {
	refresh := func(client string) func(*testServer) func() answer {
		return func(ts *testServer) func() answer {
			token := ts.token("grant_type", "password", "client_id", client, "username", "ben", "password", "ben").member("refresh_token")
			return func() answer {
				return ts.token("grant_type", "refresh_token", "client_id", client, "refresh_token", token)
			}
		}
	}
	userinfo := func(ts *testServer) func() answer {
		token := ts.token("grant_type", "password", "client_id", "cli", "username", "ben", "password", "ben", "scope", "openid").member("access_token")
		return func() answer {
			return ts.do(http.DefaultClient, ts.request("GET", realmPath+oidc+"/userinfo", nil, "Authorization", "Bearer "+token))
		}
	}
	tests := map[string]struct {
		begin func(*testServer) func() answer
		after time.Duration
		says  string // of the refusal
	}{
		"an access token":                      {userinfo, 300 * time.Second, ""},
		"a refresh token, by the idle limit":   {refresh("cli"), 1800 * time.Second, "Token is not active"},
		"a refresh token, by the client's own": {refresh("quick"), 60 * time.Second, "Token is not active"},
		"a code": {func(ts *testServer) func() answer {
			code := ts.signIn(ts.browser())
			return func() answer {
				return ts.token("grant_type", "authorization_code", "client_id", "plain", "code", code, "redirect_uri", "http://localhost:9/cb")
			}
		}, 60 * time.Second, "Code not valid"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, late := range []bool{false, true} {
				ts := newTestServer(t)
				use := tt.begin(ts)
				ts.clock.Add(tt.after)
				if !late {
					ts.clock.Add(-time.Second)
				}
				res := use()
				if good := res.StatusCode == http.StatusOK; good == late || late && !strings.Contains(res.text, tt.says) {
					t.Errorf("late %v: %s %s", late, res.Status, res.text)
				}
			}
		})
	}
}

func TestSessionEndsAtItsLimitHoweverBusy(t *testing.T) {
	ts := newTestServer(t)
	answer := ts.token("grant_type", "password", "client_id", "cli", "username", "ben", "password", "ben")
	for hours := 0.0; hours < 9.5; hours += 0.4 {
		ts.clock.Add(24 * time.Minute)
		answer = ts.token("grant_type", "refresh_token", "client_id", "cli", "refresh_token", answer.member("refresh_token"))
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("after %.1f h: %s", hours, answer.text)
		}
	}
	if !strings.Contains(answer.text, `"refresh_expires_in":1440,`) { // what is left of 10 h
		t.Errorf("after 9.6 h: %s", answer.text)
	}
	ts.clock.Add(25 * time.Minute)
	if answer = ts.token("grant_type", "refresh_token", "client_id", "cli", "refresh_token", answer.member("refresh_token")); answer.StatusCode != http.StatusBadRequest {
		t.Errorf("after 10 h: %s", answer.text)
	}
}

func TestOfflineTokenOutlivesTheSession(t *testing.T) {
	ts := newTestServer(t)
	offline := ts.token("grant_type", "password", "client_id", "cli", "username", "ann", "password", "ann", "scope", "offline_access").member("refresh_token")
	ts.clock.Add(20 * 24 * time.Hour)
	res := ts.token("grant_type", "refresh_token", "client_id", "cli", "refresh_token", offline)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("after 20 days: %s", res.text)
	}
	ts.clock.Add(31 * 24 * time.Hour)
	if res = ts.token("grant_type", "refresh_token", "client_id", "cli", "refresh_token", offline); res.StatusCode != http.StatusBadRequest {
		t.Errorf("after 31 idle days: %s", res.Status)
	}
	if res = ts.token("grant_type", "password", "client_id", "cli", "username", "ben", "password", "ben", "scope", "offline_access"); res.member("error") != "not_allowed" {
		t.Errorf("without the role: %s", res.text)
	}
}

func TestALoginPageLeftOpenBeginsAnew(t *testing.T) {
	ts := newTestServer(t)
	browser := ts.browser()
	action := ts.loginForm(browser)
	ts.clock.Add(31 * time.Minute)
	res := ts.do(browser, ts.request("POST", action, formOf("username", "ben", "password", "ben")))
	if res.StatusCode != http.StatusFound || !strings.Contains(res.Header.Get("Location"), oidc+"/auth?") || !strings.Contains(res.Header.Get("Location"), "state=st") {
		t.Fatalf("%s, Location %s", res.Status, res.Header.Get("Location"))
	}
	page := ts.do(browser, ts.request("GET", res.Header.Get("Location"), nil))
	again := ts.do(browser, ts.request("POST", find(t, formAction, page.text), formOf("username", "ben", "password", "ben")))
	ts.codeIn(again)
}

// A session that ended never comes back: neither its id, nor what was got with it, whatever else the browser had open.
func TestSessionsGetNewIDsAfterSignOut(t *testing.T) {
	for name, tt := range map[string]struct{ before, under bool }{
		"one app":                            {},
		"a second app by single sign-on":     {before: true},
		"a login that was open all the time": {under: true},
	} {
		t.Run(name, func(t *testing.T) {
			ts := newTestServer(t)
			browser := ts.browser()
			var open string
			if tt.under {
				open = ts.loginForm(browser)
			}
			code := ts.signIn(browser)
			first := ts.token("grant_type", "authorization_code", "client_id", "plain", "code", code, "redirect_uri", "http://localhost:9/cb")
			if tt.before {
				ts.codeIn(ts.do(browser, ts.request("GET", plainAuth+"&prompt=none", nil)))
			}
			confirm := ts.do(browser, ts.request("GET", realmPath+oidc+"/logout", nil))
			res := ts.do(browser, ts.request("POST", realmPath+oidc+"/logout/logout-confirm", formOf("session_code", hiddenValue(t, confirm.text, "session_code"))))
			if !strings.Contains(res.text, "You are logged out") {
				t.Fatalf("%s %s", res.Status, res.text)
			}
			if open == "" {
				open = ts.loginForm(browser)
			}
			again := ts.codeIn(ts.do(browser, ts.request("POST", open, formOf("username", "ann", "password", "ann"))))
			if sid := strings.Split(again, ".")[1]; sid == first.member("session_state") {
				t.Error("the new session has the id of the one that ended")
			}
			if res := ts.token("grant_type", "refresh_token", "client_id", "plain", "refresh_token", first.member("refresh_token")); res.StatusCode != http.StatusBadRequest {
				t.Errorf("the old refresh token = %s", res.Status)
			}
			if res := ts.do(browser, ts.request("GET", plainAuth+"&prompt=none", nil)); !strings.Contains(res.Header.Get("Location"), "code=") {
				t.Errorf("the new session is not the browser's: %s", res.Header.Get("Location"))
			}
		})
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	b := newBounded[int](3)
	now := time.Now()
	for i := range 10 {
		b.put(fmt.Sprint(i), i, now, now.Add(time.Hour))
	}
	if len(b.items) != 3 {
		t.Errorf("%d are kept, want 3", len(b.items))
	}
	if _, ok := b.get("9", now); !ok {
		t.Error("the newest is gone")
	}
	if _, ok := b.get("9", now.Add(time.Hour)); ok {
		t.Error("what has expired is still there")
	}
	b.put("10", 10, now.Add(2*time.Hour), now.Add(3*time.Hour))
	if len(b.items) != 1 {
		t.Errorf("the expired ones stay: %d", len(b.items))
	}
}

// Two uses of one code at the same moment: one gets tokens.
func TestACodeIsGoodOnce(t *testing.T) {
	ts := newTestServer(t)
	code := ts.signIn(ts.browser())
	var good, bad int
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			res := ts.token("grant_type", "authorization_code", "client_id", "plain", "code", code, "redirect_uri", "http://localhost:9/cb")
			mu.Lock()
			defer mu.Unlock()
			if res.StatusCode == http.StatusOK {
				good++
			} else {
				bad++
			}
		})
	}
	all.Wait()
	if good != 1 || bad != 7 {
		t.Errorf("%d got tokens, %d did not", good, bad)
	}
}

// A changed password counts at once, and ends the person's other sessions when that is asked for.
func TestUpdatePassword(t *testing.T) {
	ts := newTestServer(t)
	elsewhere := ts.token("grant_type", "password", "client_id", "cli", "username", "ben", "password", "ben")
	browser := ts.browser()
	page := ts.do(browser, ts.request("GET", plainAuth+"&kc_action=UPDATE_PASSWORD", nil))
	res := ts.do(browser, ts.request("POST", find(t, formAction, page.text), formOf("username", "ben", "password", "ben")))
	at := res.Header.Get("Location")
	send := func(pairs ...string) answer {
		form := ts.do(browser, ts.request("GET", at, nil))
		return ts.do(browser, ts.request("POST", find(t, passwordAction, form.text), formOf(pairs...)))
	}
	for name, tt := range map[string]struct {
		pairs []string
		says  string
	}{
		"nothing":   {nil, "Please specify password."},
		"different": {[]string{"password-new", "a", "password-confirm", "b"}, "Passwords don&#39;t match."},
	} {
		if res := send(tt.pairs...); res.StatusCode != http.StatusOK || !strings.Contains(res.text, tt.says) {
			t.Errorf("%s = %s %s", name, res.Status, res.text)
		}
	}
	if res = send("password-new", "new", "password-confirm", "new", "logout-sessions", "on"); !strings.Contains(res.Header.Get("Location"), "kc_action_status=success") {
		t.Fatalf("%s, Location %s", res.Status, res.Header.Get("Location"))
	}
	ts.codeIn(res)
	for password, want := range map[string]int{"ben": 400, "new": 200} {
		if res := ts.token("grant_type", "password", "client_id", "cli", "username", "ben", "password", password); res.StatusCode != want {
			t.Errorf("password %s = %s, want %d", password, res.Status, want)
		}
	}
	if res := ts.token("grant_type", "refresh_token", "client_id", "cli", "refresh_token", elsewhere.member("refresh_token")); res.StatusCode != http.StatusBadRequest {
		t.Errorf("the other session lives on: %s", res.Status)
	}
}

// Whoever finds a browser that was left open does not change its owner's password.
func TestUpdatePasswordWantsAFreshSignIn(t *testing.T) {
	ts := newTestServer(t)
	browser := ts.browser()
	ts.signIn(browser)
	ask := func(more string) answer {
		t.Helper()
		return ts.do(browser, ts.request("GET", plainAuth+"&kc_action=UPDATE_PASSWORD"+more, nil))
	}
	ts.clock.Add(actionAge)
	if page := ask(""); !strings.Contains(page.Header.Get("Location"), "UPDATE_PASSWORD") {
		t.Errorf("five minutes after the sign-in = %s", page.Status)
	}
	ts.clock.Add(time.Second)
	for _, more := range []string{"&max_age=3600", ""} {
		if page := ask(more); page.StatusCode != http.StatusOK || !strings.Contains(page.text, "Please re-authenticate to continue") {
			t.Errorf("a second later, with %q = %s, Location %s", more, page.Status, page.Header.Get("Location"))
		}
	}
	if res := ts.do(browser, ts.request("GET", plainAuth+"&prompt=none", nil)); !strings.Contains(res.Header.Get("Location"), "code=") {
		t.Errorf("single sign-on without the action leads to %s", res.Header.Get("Location"))
	}
	form := find(t, formAction, ask("").text)
	if res := ts.do(browser, ts.request("POST", form, formOf("password", "ben"))); !strings.Contains(res.Header.Get("Location"), "UPDATE_PASSWORD") {
		t.Errorf("after the password = %s, Location %s", res.Status, res.Header.Get("Location"))
	}
}

func TestUsesOfRefreshTokens(t *testing.T) {
	now := time.Now()
	part := &clientSession{used: map[string]*uses{}}
	token := func(i int) refreshToken {
		made := refreshToken{ID: fmt.Sprint(i), Issued: now.Unix() + int64(i)} // without an end, as offline tokens are
		if i < maxUses/2 {
			made.Expires = now.Add(-time.Hour).Unix()
		}
		return made
	}
	const last = 3 * maxUses
	for i := range last + 1 {
		if text := part.use(token(i), 0, now); text != "" {
			t.Fatalf("use %d: %s", i, text)
		}
	}
	if len(part.used) > maxUses {
		t.Errorf("%d are kept, at most %d may be", len(part.used), maxUses)
	}
	for _, old := range []int{maxUses, last - maxUses, last - 1} { // forgotten, or known
		if text := part.use(token(old), 0, now); text != "Stale token" {
			t.Errorf("token %d once more: %q", old, text)
		}
	}
	if text := part.use(token(last), 1, now); text != "" {
		t.Errorf("a second use of the last, where two are allowed: %s", text)
	}
	if text := part.use(token(last), 1, now); text != "Maximum allowed refresh token reuse exceeded" {
		t.Errorf("a third: %q", text)
	}
}

// What a request says is kept until its end, so it must not be long.
func TestLongRequestsAreRefused(t *testing.T) {
	ts := newTestServer(t)
	long := strings.Repeat("x", maxRequest)
	for _, path := range []string{plainAuth + long, realmPath + oidc + "/logout?client_id=plain&post_logout_redirect_uri=http://localhost:9/" + long} {
		if res := ts.do(ts.browser(), ts.request("GET", path, nil)); res.StatusCode != http.StatusBadRequest || !strings.Contains(res.text, "Invalid Request") {
			t.Errorf("GET %.60s… = %s", path, res.Status)
		}
	}
	v := ts.realm.current()["small"]
	for range maxAttempts + 10 {
		req, _ := http.NewRequest("GET", "http://localhost"+plainAuth, nil)
		record(ts.realm, req)
	}
	if v.attempts.limit != maxAttempts || len(v.attempts.items) > maxAttempts || len(v.roots.items) > maxAttempts {
		t.Errorf("%d logins under way and %d ids are kept", len(v.attempts.items), len(v.roots.items))
	}
}

// One form, sent many times at once after its session has ended: nothing is read while it is written.
func TestAFormSentTwiceAtOnce(t *testing.T) {
	ts := newTestServer(t)
	browser := ts.browser()
	open := ts.loginForm(browser)
	ts.signIn(browser)
	v := ts.realm.current()["small"]
	v.mu.Lock()
	for _, s := range v.othersOf(v.UserByLogin("ben"), "", ts.clock.Now()) {
		v.drop(s)
	}
	v.mu.Unlock()
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() { ts.do(browser, ts.request("POST", open, formOf("username", "ben", "password", "ben"))) })
	}
	all.Wait()
}

// What was decided about a device stays decided, and nothing is decided or handed out after its code's time.
func TestDevicesAreDecidedOnceAndInTime(t *testing.T) {
	file := strings.Replace(small, `{"clientId": "app"`, `{"clientId": "tv", "publicClient": true, "attributes": {"oauth2.device.authorization.grant.enabled": "true"}}, {"clientId": "app"`, 1)
	for name, tt := range map[string]struct {
		first string        // another person's answer before
		wait  time.Duration // before the answer
		then  time.Duration // before the device asks
		want  string        // error of the token endpoint; "" for tokens
	}{
		"in time":                {},
		"refused before":         {first: "cancel", want: "access_denied"},
		"approved too late":      {wait: 601 * time.Second, want: "expired_token"},
		"asked for too late":     {then: 601 * time.Second, want: "expired_token"},
		"approved twice, is one": {first: "accept"},
	} {
		t.Run(name, func(t *testing.T) {
			ts := newTestServer(t, file)
			codes := ts.do(http.DefaultClient, ts.request("POST", realmPath+oidc+"/auth/device", formOf("client_id", "tv")))
			ask := func(browser *http.Client, user string) (action, code string) {
				res := ts.do(browser, ts.request("GET", realmPath+"/device?user_code="+codes.member("user_code"), nil))
				page := ts.do(browser, ts.request("GET", res.Header.Get("Location"), nil))
				res = ts.do(browser, ts.request("POST", find(t, formAction, page.text), formOf("username", user, "password", user)))
				page = ts.do(browser, ts.request("GET", res.Header.Get("Location"), nil))
				return find(t, consentAction, page.text), hiddenValue(t, page.text, "code")
			}
			one, two := ts.browser(), ts.browser()
			actionOne, codeOne := ask(one, "ann")
			actionTwo, codeTwo := ask(two, "ben")
			if tt.first != "" {
				ts.do(one, ts.request("POST", actionOne, formOf("code", codeOne, tt.first, "x")))
			}
			ts.clock.Add(tt.wait)
			ts.do(two, ts.request("POST", actionTwo, formOf("code", codeTwo, "accept", "Yes")))
			ts.clock.Add(tt.then)
			res := ts.token("grant_type", deviceGrant, "client_id", "tv", "device_code", codes.member("device_code"))
			if res.member("error") != tt.want {
				t.Fatalf("the device = %s", res.text)
			}
			if tt.first == "accept" && claims(t, res.member("access_token"))["preferred_username"] != "ann" {
				t.Error("the second approver took the device over")
			}
		})
	}
}
