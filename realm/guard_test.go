package realm

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestHostMustBeLoopback(t *testing.T) {
	ts := newTestServer(t)
	tests := map[string]int{
		"evil.example": 403, "localhost.evil.example": 403, "127.0.0.1.evil.example": 403, "10.0.0.1": 403, "0.0.0.0": 403,
		"[::]": 403, "192.168.1.5:8080": 403, "notlocalhost": 403, "localhost:evil": 403, "localhost:1;a=b": 403, "]]127.0.0.1[[": 403, "localhost\".localhost": 403, "": 403, "[fe80::1%25lo]": 403,
		"localhost": 200, "localhost:1": 200, "LOCALHOST": 200, "app.localhost": 200, "127.0.0.1": 200, "127.8.9.1:80": 200, "[::1]": 200, "[::1]:80": 200,
	}
	for host, want := range tests {
		req := ts.request("GET", realmPath+"/.well-known/openid-configuration", nil)
		req.Host = host
		rec := record(ts.realm, req)
		if rec.Code != want {
			t.Errorf("Host %q = %d, want %d", host, rec.Code, want)
		}
	}
}

// Every request that a page of another site can make a browser send, and that would change something.
func TestForeignPagesAreRefused(t *testing.T) {
	fromElsewhere := [][]string{
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"}, // another port of the same host name is another page
		{"Origin", "http://evil.example"},
		{"Origin", "null"},
		{"Sec-Fetch-Site", "cross-site", "Origin", "null"},
	}
	ts := newTestServer(t)
	for _, header := range fromElsewhere {
		browser := ts.browser()
		page := ts.do(browser, ts.request("GET", plainAuth, nil))
		for _, form := range []struct {
			action string
			fields url.Values
		}{
			{find(t, formAction, page.text), formOf("username", "ben", "password", "ben")},
			{find(t, pickAction, page.text), formOf("user", "ben")},
			{strings.Replace(find(t, formAction, page.text), "/authenticate?", "/required-action?", 1), formOf("password-new", "x")},
			{strings.Replace(find(t, formAction, page.text), "/authenticate?", "/consent?", 1), formOf("accept", "Yes")},
			{ts.URL + realmPath + oidc + "/logout/logout-confirm", formOf("session_code", "x")},
			{ts.URL + realmPath + "/device", formOf("device_user_code", "AAAA-BBBB")},
		} {
			res := ts.do(browser, ts.request("POST", form.action, form.fields, header...))
			if res.StatusCode != http.StatusForbidden || !strings.Contains(res.text, "page of another site") {
				t.Errorf("POST %s with %q = %s", form.action, header, res.Status)
			}
		}
		if res := ts.do(browser, ts.request("POST", find(t, formAction, page.text), formOf("username", "ben", "password", "ben"), "Sec-Fetch-Site", "same-origin", "Origin", "null")); res.StatusCode != http.StatusFound {
			t.Errorf("our own page, whose referrer policy makes the origin null = %s", res.Status)
		}
	}
}

func TestLoginBelongsToItsBrowser(t *testing.T) {
	ts := newTestServer(t)
	victim, attacker := ts.browser(), ts.browser()
	theirs := ts.loginForm(victim)
	ts.loginForm(attacker)
	for name, client := range map[string]*http.Client{"another browser": attacker, "one without cookies": {CheckRedirect: victim.CheckRedirect}} {
		res := ts.do(client, ts.request("POST", theirs, formOf("username", "ben", "password", "ben")))
		if location := res.Header.Get("Location"); strings.Contains(location, "code=") {
			t.Errorf("%s finished a login that is not its own: %s", name, location)
		}
	}
	if res := ts.do(victim, ts.request("POST", strings.Replace(theirs, "client_id=plain", "client_id=app", 1), formOf("username", "ben", "password", "ben"))); strings.Contains(res.Header.Get("Location"), "localhost:9") && !strings.Contains(res.Header.Get("Location"), oidc+"/auth?") {
		t.Errorf("a login finished under the name of another client: %s", res.Header.Get("Location"))
	}
	for _, pick := range []bool{false, true} {
		forged := strings.Replace(theirs, "session_code=", "session_code=x", 1)
		fields := formOf("username", "ben", "password", "ben")
		if pick {
			forged, fields = strings.Replace(forged, "/authenticate?", "/pick-user?", 1), formOf("user", "ben")
		}
		res := ts.do(victim, ts.request("POST", forged, fields))
		if res.StatusCode != http.StatusFound || !strings.Contains(res.Header.Get("Location"), "/login-actions/authenticate") {
			t.Errorf("a form without the page's session code, picked %v = %s, Location %s", pick, res.Status, res.Header.Get("Location"))
		}
	}
}

func TestPickUser(t *testing.T) {
	ts := newTestServer(t)
	browser := ts.browser()
	page := ts.do(browser, ts.request("GET", plainAuth, nil))
	res := ts.do(browser, ts.request("POST", find(t, pickAction, page.text), formOf("user", "ben")))
	code := ts.codeIn(res)
	answer := ts.token("grant_type", "authorization_code", "client_id", "plain", "code", code, "redirect_uri", "http://localhost:9/cb")
	if got := claims(t, answer.member("access_token")); got["preferred_username"] != "ben" || got["acr"] != "1" || got["auth_time"] == nil {
		t.Errorf("the token of who was picked: %v", got)
	}
	for user, want := range map[string]string{"gone": "Account is disabled", "nobody": ""} {
		browser := ts.browser()
		page := ts.do(browser, ts.request("GET", plainAuth, nil))
		res := ts.do(browser, ts.request("POST", find(t, pickAction, page.text), formOf("user", user)))
		if strings.Contains(res.Header.Get("Location"), "localhost:9") || !strings.Contains(res.text, want) {
			t.Errorf("picking %s = %s, Location %s, %s", user, res.Status, res.Header.Get("Location"), res.text)
		}
	}
}

func TestRequiredActionsAreRefusedClearly(t *testing.T) {
	ts := newTestServer(t)
	browser := ts.browser()
	res := ts.do(browser, ts.request("POST", ts.loginForm(browser), formOf("username", "stuck", "password", "stuck")))
	if !strings.Contains(res.Header.Get("Location"), "/login-actions/required-action?") {
		t.Fatalf("login = %s, Location %s", res.Status, res.Header.Get("Location"))
	}
	page := ts.do(browser, ts.request("GET", res.Header.Get("Location"), nil))
	if page.StatusCode != http.StatusOK || !strings.Contains(page.text, "CONFIGURE_TOTP") || !strings.Contains(page.text, "stuck") {
		t.Errorf("the page = %s %s", page.Status, page.text)
	}
}

func TestNoOpenRedirect(t *testing.T) {
	ts := newTestServer(t)
	const at = realmPath + oidc
	for _, path := range []string{
		"/auth?client_id=plain&response_type=code&redirect_uri=http://evil.example/",
		"/auth?client_id=plain&response_type=code&redirect_uri=http://localhost:9.evil.example/",
		"/auth?client_id=plain&response_type=code&redirect_uri=http://localhost:9@evil.example/",
		"/auth?client_id=plain&response_type=code&redirect_uri=http://evil.example\\@localhost:9/",
		"/auth?client_id=plain&response_type=bogus&redirect_uri=//evil.example/",
		"/auth?client_id=plain&response_type=code&redirect_uri=javascript:alert(1)//http://localhost:9/",
		"/auth?client_id=plain&response_type=code&redirect_uri=http://localhost:9/../x",
		"/auth?client_id=plain&response_type=code&redirect_uri=http://localhost:9/%252e%252e/x",
		"/auth?client_id=plain&response_type=code&redirect_uri=http://LOCALHOST:9/",
		"/auth?client_id=none&response_type=code&redirect_uri=http://localhost:9/",
		"/logout?client_id=plain&post_logout_redirect_uri=http://evil.example/",
		"/logout?post_logout_redirect_uri=http://localhost:9/",
		"/registrations?client_id=plain&redirect_uri=http://evil.example/",
	} {
		res := ts.do(ts.browser(), ts.request("GET", at+path, nil))
		if res.StatusCode != http.StatusBadRequest || res.Header.Get("Location") != "" {
			t.Errorf("GET %s = %s, Location %q", path, res.Status, res.Header.Get("Location"))
		}
	}
}

func TestPagesEscapeWhatTheyAreTold(t *testing.T) {
	ts := newTestServer(t)
	const probe = `"><script>alert(1)</script>`
	escaped := url.QueryEscape(probe)
	for _, path := range []string{
		plainAuth + "&login_hint=" + escaped,
		plainAuth + "&nonce=" + escaped + "&response_mode=form_post&prompt=none&x=" + escaped,
		strings.Replace(plainAuth, "state=st", "state="+escaped+"&response_mode=form_post&prompt=none", 1),
		realmPath + "/device?user_code=" + escaped,
		realmPath + "/device/status?error=" + escaped,
		realmPath + oidc + "/auth?client_id=" + escaped,
		realmPath + oidc + "/logout?client_id=" + escaped,
		realmPath + "/login-actions/required-action?execution=" + escaped + "&tab_id=" + escaped,
		realmPath + oidc + "/login-status-iframe.html?x=" + escaped,
	} {
		res := ts.do(ts.browser(), ts.request("GET", path, nil))
		if strings.Contains(res.text, "<script>alert") || strings.Contains(res.text, probe) {
			t.Errorf("GET %s wrote it out: %s", path, res.text)
		}
		if csp := res.Header.Get("Content-Security-Policy"); csp != "" && (strings.Contains(csp, "unsafe") || !strings.Contains(csp, "default-src 'none'")) {
			t.Errorf("GET %s has the policy %q", path, csp)
		}
	}
	browser := ts.browser()
	res := ts.do(browser, ts.request("POST", ts.loginForm(browser), formOf("username", probe, "password", "x")))
	if !strings.Contains(res.text, "Invalid username or password.") || strings.Contains(res.text, probe) {
		t.Errorf("a wrong name was written out: %s", res.text)
	}
}

func TestControlAPIIsGuarded(t *testing.T) {
	ts := newTestServer(t)
	mint := func(header ...string) answer {
		req := ts.request("POST", realmPath+"/keystead/tokens", nil, header...)
		req.Body = http.NoBody
		return ts.do(http.DefaultClient, req)
	}
	for name, tt := range map[string]struct {
		header []string
		want   int
	}{
		"no secret":             {nil, 401},
		"a wrong secret":        {[]string{"Authorization", "Bearer " + testSecret + "x"}, 401},
		"a foreign page":        {[]string{"Authorization", "Bearer " + testSecret, "Origin", "http://evil.example"}, 403},
		"its own page":          {[]string{"Authorization", "Bearer " + testSecret, "Origin", ts.URL}, 403},
		"a page by fetch":       {[]string{"Authorization", "Bearer " + testSecret, "Sec-Fetch-Site", "cross-site"}, 403},
		"a foreign host":        {[]string{"Authorization", "Bearer " + testSecret, "Host", "evil.example"}, 403},
		"the secret, no user":   {[]string{"Authorization", "Bearer " + testSecret}, 404},
		"a preflight's headers": {[]string{"Authorization", "Bearer " + testSecret, "Access-Control-Request-Method", "POST", "Origin", "null"}, 403},
	} {
		if res := mint(tt.header...); res.StatusCode != tt.want || res.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s = %s, want %d; CORS %q", name, res.Status, tt.want, res.Header.Get("Access-Control-Allow-Origin"))
		}
	}
	preflight := ts.do(http.DefaultClient, ts.request("OPTIONS", realmPath+"/keystead/tokens", nil, "Origin", "http://localhost:9", "Access-Control-Request-Method", "POST"))
	if preflight.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("a preflight was answered with CORS")
	}
	realms, _, err := Load([]File{{"small", []byte(small)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range []string{"", "Bearer", "Bearer "} {
		req, _ := http.NewRequest("POST", "http://localhost"+realmPath+"/keystead/rotate-keys", http.NoBody)
		req.Header.Set("Authorization", header)
		if rec := record(New(Options{Realms: realms}), req); rec.Code != http.StatusUnauthorized {
			t.Errorf("a server without a secret, asked with %q = %d", header, rec.Code)
		}
	}
}

func (ts *testServer) control(method, path, body string) answer {
	ts.t.Helper()
	req, err := http.NewRequest(method, ts.URL+realmPath+"/keystead"+path, strings.NewReader(body))
	if err != nil {
		ts.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+testSecret)
	return ts.do(http.DefaultClient, req)
}

func TestControlAPI(t *testing.T) {
	ts := newTestServer(t)
	for _, tt := range []struct {
		method, path, body string
		want               int
		says               string
	}{
		{"POST", "/tokens", `{"username":"nobody"}`, 404, "There are: ann, ben, gone, stuck"},
		{"POST", "/tokens", `{"username":"gone","client_id":"cli"}`, 409, "disabled"},
		{"POST", "/tokens", `{"username":"ann"}`, 400, "Name the client"},
		{"POST", "/tokens", `{"username":"ann","client_id":"nope"}`, 404, "There is no client nope"},
		{"POST", "/tokens", `{"username":"ann","client_id":"cli","scope":"bogus"}`, 400, "Invalid scopes"},
		{"POST", "/tokens", `{"user":"ann"}`, 400, "unknown field"},
		{"POST", "/tokens", `[]`, 400, "JSON object"},
		{"POST", "/tokens", `{"username":"stuck","client_id":"cli"}`, 200, "access_token"},
		{"PATCH", "/clients/nope", `{"access_token_lifespan":4}`, 404, "no client nope"},
		{"PATCH", "/clients/cli", `{"access_token_lifespan":0}`, 400, "whole number"},
		{"PATCH", "/clients/cli", `{"access_token_lifespan":4}`, 204, ""},
		{"POST", "/tokens", `{"username":"ann","client_id":"cli"}`, 200, `"expires_in":4`},
		{"PATCH", "/clients/cli", `{"access_token_lifespan":null}`, 204, ""},
		{"POST", "/tokens", `{"username":"ann","client_id":"cli"}`, 200, `"expires_in":300`},
		{"POST", "/rotate-keys", `{"algorithm":"none"}`, 400, "no signature algorithm"},
		{"POST", "/rotate-keys", `{"algorithm":"RS999"}`, 400, "no signature algorithm"},
		{"POST", "/rotate-keys", `{"algorithm":"RSA-OAEP"}`, 400, "no signature algorithm"},
		{"POST", "/rotate-keys", `{}`, 204, ""},
		{"GET", "/tokens", ``, 405, "405"},
	} {
		res := ts.control(tt.method, tt.path, tt.body)
		if res.StatusCode != tt.want || !strings.Contains(res.text, tt.says) {
			t.Errorf("%s %s %s = %s %s, want %d with %q", tt.method, tt.path, tt.body, res.Status, res.text, tt.want, tt.says)
		}
	}
}

// A token is good under the name it was issued for, and no other.
func TestIssuersAreNotMixed(t *testing.T) {
	ts := newTestServer(t)
	tokens := ts.token("grant_type", "password", "client_id", "cli", "username", "ben", "password", "ben", "scope", "openid")
	for host, want := range map[string]int{"": http.StatusOK, "localhost:1": http.StatusUnauthorized} {
		if res := ts.do(http.DefaultClient, ts.request("GET", realmPath+oidc+"/userinfo", nil, "Authorization", "Bearer "+tokens.member("access_token"), "Host", host)); res.StatusCode != want {
			t.Errorf("userinfo under %q = %s, want %d", host, res.Status, want)
		}
	}
	req := ts.request("POST", realmPath+oidc+"/token", formOf("grant_type", "refresh_token", "client_id", "cli", "refresh_token", tokens.member("refresh_token")), "Host", "localhost:1")
	if res := ts.do(http.DefaultClient, req); res.StatusCode != http.StatusBadRequest {
		t.Errorf("refresh under another name = %s", res.Status)
	}
}

// The session cookie is what the realm made for that session: no other token of its own does.
func TestIdentityCookie(t *testing.T) {
	ts := newTestServer(t)
	browser := ts.browser()
	code := ts.signIn(browser)
	tokens := ts.token("grant_type", "authorization_code", "client_id", "plain", "code", code, "redirect_uri", "http://localhost:9/cb")
	silent := func(cookie string) string {
		req := ts.request("GET", plainAuth+"&prompt=none", nil)
		req.AddCookie(&http.Cookie{Name: "KEYCLOAK_IDENTITY", Value: cookie})
		return ts.do(ts.browser(), req).Header.Get("Location")
	}
	at, _ := url.Parse(ts.URL + realmPath + "/")
	var own string
	for _, cookie := range browser.Jar.Cookies(at) {
		if cookie.Name == "KEYCLOAK_IDENTITY" {
			own = cookie.Value
		}
	}
	if to := silent(own); !strings.Contains(to, "code=") {
		t.Fatalf("the cookie itself leads to %s", to)
	}
	for name, cookie := range map[string]string{
		"a refresh token": tokens.member("refresh_token"), "an ID token": tokens.member("id_token"), "an access token": tokens.member("access_token"),
		"one of another session": strings.Replace(own, own[len(own)-6:], "AAAAAA", 1), "nothing": "",
	} {
		if to := silent(cookie); !strings.Contains(to, "login_required") {
			t.Errorf("%s leads to %s", name, to)
		}
	}
	v := ts.realm.current()["small"]
	v.mu.Lock()
	v.sessions.each(ts.clock.Now(), func(s *session) { s.checker = "another" })
	v.mu.Unlock()
	if to := silent(own); !strings.Contains(to, "login_required") {
		t.Errorf("a cookie with another state_checker leads to %s", to)
	}
}

// Two tabs of one browser, two people: the second is told.
func TestASessionIsOnePersons(t *testing.T) {
	ts := newTestServer(t)
	browser := ts.browser()
	first, second := ts.loginForm(browser), ts.loginForm(browser)
	ts.codeIn(ts.do(browser, ts.request("POST", first, formOf("username", "ben", "password", "ben"))))
	res := ts.do(browser, ts.request("POST", second, formOf("username", "ann", "password", "ann")))
	if res.StatusCode != http.StatusBadRequest || !strings.Contains(res.text, "different user &#39;ben&#39;") {
		t.Errorf("%s, Location %s, %s", res.Status, res.Header.Get("Location"), res.text)
	}
}

// Questions that were put to one browser are not answered by another, nor without the code of the page.
func TestAnswersComeFromThePage(t *testing.T) {
	const asking = `{"clientId": "asking", "publicClient": true, "consentRequired": true, "redirectUris": ["http://localhost:9/*"]}, {"clientId": "app"`
	ts := newTestServer(t, strings.Replace(small, `{"clientId": "app"`, asking, 1))
	browser, other := ts.browser(), ts.browser()
	ts.signIn(browser)

	confirm := ts.do(browser, ts.request("GET", realmPath+oidc+"/logout", nil))
	code := hiddenValue(t, confirm.text, "session_code")
	if res := ts.do(other, ts.request("POST", realmPath+oidc+"/logout/logout-confirm", formOf("session_code", code))); res.StatusCode != http.StatusBadRequest {
		t.Errorf("another browser confirms a logout = %s", res.Status)
	}
	follow := func(path string) answer {
		res := ts.do(browser, ts.request("GET", path, nil))
		return ts.do(browser, ts.request("GET", res.Header.Get("Location"), nil))
	}
	page := follow(strings.Replace(plainAuth, "client_id=plain", "client_id=asking", 1))
	action := find(t, consentAction, page.text)
	if res := ts.do(browser, ts.request("POST", action, formOf("code", "x", "accept", "Yes"))); strings.Contains(res.Header.Get("Location"), "localhost:9") {
		t.Errorf("consent without the page's code leads to %s", res.Header.Get("Location"))
	}
	page = follow(plainAuth + "&kc_action=UPDATE_PASSWORD")
	action = strings.Replace(find(t, passwordAction, page.text), "session_code=", "session_code=x", 1)
	ts.do(browser, ts.request("POST", action, formOf("password-new", "new", "password-confirm", "new")))
	if res := ts.token("grant_type", "password", "client_id", "cli", "username", "ben", "password", "ben"); res.StatusCode != http.StatusOK {
		t.Errorf("a password was changed without the page's code: %s", res.text)
	}
}

// What a client's own tokens do not say, they do not open: the account wants its audience, the frame a client in use.
func TestSmallDoors(t *testing.T) {
	const more = `{"clientId": "bare", "publicClient": true, "directAccessGrantsEnabled": true, "defaultClientScopes": []},
		{"clientId": "off", "publicClient": true, "enabled": false, "webOrigins": ["http://localhost:9"]}, {"clientId": "app"`
	file := strings.Replace(small, `{"clientId": "app"`, more, 1)
	file = strings.Replace(file, `"realmRoles": ["offline_access"]`, `"clientRoles": {"account": ["manage-account"]}`, 1)
	ts := newTestServer(t, file)
	for client, want := range map[string]int{"cli": 200, "bare": 401} {
		token := ts.token("grant_type", "password", "client_id", client, "username", "ann", "password", "ann").member("access_token")
		res := ts.do(http.DefaultClient, ts.request("GET", realmPath+"/account", nil, "Accept", "application/json", "Authorization", "Bearer "+token))
		if res.StatusCode != want {
			t.Errorf("account with a token of %s = %s, want %d", client, res.Status, want)
		}
	}
	for client, want := range map[string]int{"app": 204, "off": 403, "none": 403} {
		res := ts.do(http.DefaultClient, ts.request("GET", realmPath+oidc+"/login-status-iframe.html/init?origin=http://localhost:9&client_id="+client, nil))
		if res.StatusCode != want {
			t.Errorf("the status frame for %s = %s, want %d", client, res.Status, want)
		}
	}
}

// A user code is good for one device, once.
func TestUserCodesAreGoodOnce(t *testing.T) {
	ts := newTestServer(t, strings.Replace(small, `{"clientId": "app"`, `{"clientId": "tv", "publicClient": true, "attributes": {"oauth2.device.authorization.grant.enabled": "true"}}, {"clientId": "app"`, 1))
	codes := ts.do(http.DefaultClient, ts.request("POST", realmPath+oidc+"/auth/device", formOf("client_id", "tv")))
	browser := ts.browser()
	open := func() answer {
		return ts.do(browser, ts.request("GET", realmPath+"/device?user_code="+codes.member("user_code"), nil))
	}
	res := open()
	page := ts.do(browser, ts.request("GET", res.Header.Get("Location"), nil))
	res = ts.do(browser, ts.request("POST", find(t, formAction, page.text), formOf("username", "ben", "password", "ben")))
	page = ts.do(browser, ts.request("GET", res.Header.Get("Location"), nil))
	res = ts.do(browser, ts.request("POST", find(t, consentAction, page.text), formOf("code", hiddenValue(t, page.text, "code"), "accept", "Yes")))
	if !strings.HasSuffix(res.Header.Get("Location"), "/device/status") {
		t.Fatalf("consent leads to %s", res.Header.Get("Location"))
	}
	if res = open(); res.StatusCode != http.StatusOK || !strings.Contains(res.text, "Invalid code") {
		t.Errorf("the code once more = %s, Location %s", res.Status, res.Header.Get("Location"))
	}
	poll := func() answer {
		return ts.token("grant_type", deviceGrant, "client_id", "tv", "device_code", codes.member("device_code"))
	}
	if res = poll(); res.StatusCode != http.StatusOK {
		t.Errorf("the device = %s", res.text)
	}
	if res = poll(); res.StatusCode != http.StatusBadRequest {
		t.Errorf("the device once more = %s", res.Status)
	}
}

// Who is asked to sign in again does so as themselves, picked or not.
func TestSigningInAgainIsForTheSamePerson(t *testing.T) {
	ts := newTestServer(t)
	browser := ts.browser()
	ts.signIn(browser)
	page := ts.do(browser, ts.request("GET", plainAuth+"&prompt=login", nil))
	res := ts.do(browser, ts.request("POST", find(t, pickAction, page.text), formOf("user", "ann")))
	if !strings.Contains(res.Header.Get("Location"), "/login-actions/authenticate") {
		t.Errorf("picking somebody else leads to %s", res.Header.Get("Location"))
	}
	page = ts.do(browser, ts.request("GET", plainAuth+"&prompt=login", nil))
	ts.codeIn(ts.do(browser, ts.request("POST", find(t, pickAction, page.text), formOf("user", "ben"))))
}

// A service account that is disabled gets no token, and those that it has are no longer good; in Keycloak's words.
func TestDisabledServiceAccounts(t *testing.T) {
	const file = `{"realm": "small", "enabled": true, "clients": [{"clientId": "robot", "secret": "robot-secret", "serviceAccountsEnabled": true}],
		"users": [{"username": "service-account-robot", "enabled": %t, "serviceAccountClientId": "robot", "clientRoles": {"realm-management": ["view-users"]}}]}`
	ts := newTestServer(t, fmt.Sprintf(file, true))
	ask := func() answer {
		return ts.token("grant_type", "client_credentials", "client_id", "robot", "client_secret", "robot-secret", "scope", "openid")
	}
	users := func(token string) answer {
		return ts.do(http.DefaultClient, ts.request("GET", "/admin/realms/small/users", nil, "Authorization", "Bearer "+token))
	}
	held := ask().member("access_token")
	if info, list := ts.userinfo(held), users(held); info.StatusCode != http.StatusOK || list.StatusCode != http.StatusOK {
		t.Errorf("as long as it is enabled: userinfo = %s, users = %s", info.Status, list.Status)
	}
	ts.reload(fmt.Sprintf(file, false))
	info := ts.userinfo(held)
	if challenge := info.Header.Get("WWW-Authenticate"); info.StatusCode != http.StatusUnauthorized || !strings.Contains(challenge, `error_description="user_disabled"`) {
		t.Errorf("userinfo = %s %s", info.Status, challenge)
	}
	if list := users(held); list.StatusCode != http.StatusUnauthorized {
		t.Errorf("users = %s", list.Status)
	}
	if res := ask(); res.StatusCode != http.StatusUnauthorized || res.member("error") != "invalid_request" || res.member("error_description") != "User 'service-account-robot' disabled" {
		t.Errorf("another token = %s %s %s", res.Status, res.member("error"), res.member("error_description"))
	}
}
