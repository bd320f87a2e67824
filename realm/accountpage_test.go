package realm

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

const accountPath = realmPath + "/account"

// accountRealm has people with and without the roles for their account, and an app that is told of sign-outs there.
func accountRealm(t *testing.T, toTell string) string {
	t.Helper()
	const both = `"permissions": {"view": ["admin", "user"], "edit": ["admin", "user"]}`
	profile, err := json.Marshal(`{"attributes": [
		{"name": "username", "displayName": "${username}", ` + both + `},
		{"name": "email", "displayName": "${email}", "required": {"roles": ["user"]}, "validations": {"email": {}}, ` + both + `},
		{"name": "firstName", "displayName": "${firstName}", ` + both + `}, {"name": "lastName", "displayName": "${lastName}", ` + both + `},
		{"name": "nick", "displayName": "Nickname", "validations": {"length": {"max": 5}}, ` + both + `},
		{"name": "tongues", "multivalued": true, ` + both + `},
		{"name": "size", "validations": {"options": {"options": ["S", "M"]}}, ` + both + `},
		{"name": "days", "multivalued": true, "validations": {"options": {"options": ["Mon", "Tue"]}}, ` + both + `},
		{"name": "desk", "permissions": {"view": ["admin", "user"], "edit": ["admin"]}},
		{"name": "salary", "permissions": {"view": ["admin"], "edit": ["admin"]}}]}`)
	if err != nil {
		t.Fatal(err)
	}
	person := func(name, roles string) string {
		return fmt.Sprintf(`{"username": %q, "enabled": true, "email": "%s@example.com", "emailVerified": true, "firstName": "F", "lastName": "L", "credentials": [{"value": %q}],
			"realmRoles": ["offline_access"], "clientRoles": {"account": [%s]}, "attributes": {"desk": ["by the window"], "salary": ["much"], "tongues": ["de", "en"], "nick": ["<b>x"]}}`, name, name, name, roles)
	}
	return `{"realm": "small", "displayName": "Small", "enabled": true,
		"components": {"org.keycloak.userprofile.UserProfileProvider": [{"config": {"kc.user.profile.config": [` + string(profile) + `]}}]},
		"users": [` + person("ann", `"manage-account"`) + `,` + person("ben", `"manage-account"`) + `,` + person("vic", `"view-profile"`) + `,` + person("zoe", ``) + `],
		"clients": [
			{"clientId": "plain", "name": "The app", "publicClient": true, "redirectUris": ["http://localhost:9/*"], "baseUrl": "http://localhost:9/home"},
			{"clientId": "homeless", "publicClient": true, "redirectUris": ["http://localhost:9/other/*"]},
			{"clientId": "cli", "publicClient": true, "directAccessGrantsEnabled": true, "attributes": {"backchannel.logout.url": "` + toTell + `"}}]}`
}

// person is somebody at the account page.
type person struct {
	*testServer
	browser *http.Client
}

// enter opens an address of the account and signs in on the way.
func (ts *testServer) enter(name, address string) (person, answer) {
	ts.t.Helper()
	p := person{ts, ts.browser()}
	login := p.follow(p.do(p.browser, p.request("GET", address, nil)))
	return p, p.follow(p.do(p.browser, p.request("POST", find(p.t, formAction, login.text), formOf("username", name, "password", name))))
}

// follow goes where a redirect leads, as long as that is on this server.
func (p person) follow(a answer) answer {
	p.t.Helper()
	for range 8 {
		if a.StatusCode != http.StatusFound || !strings.HasPrefix(a.Header.Get("Location"), p.URL) {
			return a
		}
		a = p.do(p.browser, p.request("GET", a.Header.Get("Location"), nil))
	}
	p.t.Fatalf("it goes on and on, to %s", a.Request.URL)
	return answer{}
}

// send posts a form of the page, with the values of ann's fields as they are but for the pairs, and follows nothing.
func (p person) send(page answer, action string, pairs ...string) answer {
	p.t.Helper()
	form := url.Values{}
	if action == "profile" {
		form = formOf("username", "ann", "email", "ann@example.com", "firstName", "F", "lastName", "L", "tongues", "de\r\nen", "nick", "x")
	}
	form.Set("state_checker", hiddenValue(p.t, page.text, "state_checker"))
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	to := find(p.t, regexp.MustCompile(`action="([^"]*/account/`+action+`[^"]*)"`), page.text)
	return p.do(p.browser, p.request("POST", to, form))
}

func (a answer) mustSay(t *testing.T, words ...string) {
	t.Helper()
	for _, word := range words {
		absent := strings.HasPrefix(word, "!")
		if strings.Contains(a.text, strings.TrimPrefix(word, "!")) == absent {
			t.Errorf("the page says %q: %v, want %v (%s, %s)", strings.TrimPrefix(word, "!"), absent, !absent, a.Status, a.Header.Get("Location"))
		}
	}
}

func TestAccountWantsALogin(t *testing.T) {
	ts := newTestServer(t, accountRealm(t, ""))
	for _, path := range []string{"", "/", "/account-security/device-activity", "/sessions"} {
		address := accountPath + path + "?referrer=plain&referrer_uri=" + url.QueryEscape("http://localhost:9/x?y=1")
		p, page := ts.enter("ann", address)
		page.mustSay(t, "Your account", `href="http://localhost:9/x?y=1"`, "Back to The app", "ann@example.com")
		if at := page.Request.URL; page.StatusCode != http.StatusOK || at.Path != accountPath+"/" || at.RawQuery != "referrer=plain&referrer_uri=http%3A%2F%2Flocalhost%3A9%2Fx%3Fy%3D1" {
			t.Errorf("%s: %s at %s", path, page.Status, at)
		}
		if cache := page.Header.Get("Cache-Control"); !strings.Contains(cache, "no-store") {
			t.Errorf("Cache-Control %q", cache)
		}
		p.do(p.browser, p.request("GET", address, nil)).mustSay(t, "Your account") // and now at once
	}
	lost := ts.do(ts.browser(), ts.request("GET", accountPath+"?error=temporarily_unavailable&iss=x", nil))
	if lost.mustSay(t, "ended without a session"); lost.StatusCode != http.StatusBadRequest {
		t.Errorf("after a login that failed: %s to %s", lost.Status, lost.Header.Get("Location"))
	}
}

func TestAccountLeadsBackToAppsOnly(t *testing.T) {
	ts := newTestServer(t, accountRealm(t, ""))
	p, _ := ts.enter("ann", accountPath)
	for query, want := range map[string]string{
		"referrer=plain": `id="referrer" href="http://localhost:9/home"`,
		"referrer=plain&referrer_uri=http://localhost:9/x": `id="referrer" href="http://localhost:9/x"`,
		"referrer=plain&referrer_uri=http://evil.example/": `!id="referrer"`,
		"referrer=homeless": `!id="referrer"`,
		"referrer=homeless&referrer_uri=http://localhost:9/x":          `!id="referrer"`,
		"referrer=nobody&referrer_uri=http://localhost:9/x":            `!id="referrer"`,
		"referrer_uri=http://localhost:9/x":                            `!id="referrer"`,
		"referrer=plain&referrer_uri=javascript:alert(1)//localhost:9": `!id="referrer"`,
	} {
		p.do(p.browser, p.request("GET", accountPath+"?"+query, nil)).mustSay(t, want)
	}
}

func TestAccountSavesTheProfile(t *testing.T) {
	ts := newTestServer(t, accountRealm(t, ""))
	tokens := ts.token("grant_type", "password", "client_id", "cli", "username", "ann", "password", "ann", "scope", "openid")
	p, page := ts.enter("ann", accountPath+"?referrer=plain")
	page.mustSay(t, "by the window", "!much", "&lt;b&gt;x", "!<b>x", "de\nen</textarea>", `name="desk" type="text" value="by the window" readonly`)
	saved := p.send(page, "profile", "email", "Ann.Ash@Example.com ", "firstName", "Ann", "tongues", "fr\r\n\r\nde\r\n", "size", "M", "desk", "elsewhere", "salary", "more", "username", "boss", "days", "Tue")
	if location := saved.Header.Get("Location"); saved.StatusCode != http.StatusFound || location != ts.URL+accountPath+"/?done=profile&referrer=plain" {
		t.Fatalf("%s to %q: %s", saved.Status, location, saved.text)
	}
	page = p.follow(saved)
	page.mustSay(t, "Your profile is saved.", "ann.ash@example.com", `value="Ann"`, "fr\nde</textarea>", "<option selected>M</option>", `value="Tue" checked`, "!elsewhere", "by the window", "!boss", "Back to The app")
	ann := ts.realm.current()["small"].UserByLogin("ann")
	if ann == nil || ann.Email != "ann.ash@example.com" || ann.EmailVerified || ann.Attrs["salary"][0] != "much" || ann.Attrs["desk"][0] != "by the window" || ann.Attrs["nick"][0] != "x" {
		t.Errorf("kept: %+v", ann)
	}
	next := claims(t, ts.token("grant_type", "refresh_token", "client_id", "cli", "refresh_token", tokens.member("refresh_token")).member("access_token"))
	if next["given_name"] != "Ann" || next["email"] != "ann.ash@example.com" || next["email_verified"] != false {
		t.Errorf("the next token of the session says %v", next)
	}
	p.follow(p.send(page, "profile", "size", "", "tongues", " ")).mustSay(t, "!selected>M", "!checked", "<textarea id=\"tongues\" name=\"tongues\" rows=\"3\">\n</textarea>")
}

func TestAccountSaysWhatIsWrong(t *testing.T) {
	ts := newTestServer(t, accountRealm(t, ""))
	p, page := ts.enter("ann", accountPath+"?referrer=plain")
	wrong := p.send(page, "profile", "nick", "toolong", "email", "ben@example.com", "firstName", "Kept", "days", "Sun")
	wrong.mustSay(t, "<title>Error: ", `role="alert"`, "3 fields need", `value="toolong"`, `value="Kept"`, "Email already exists.", "Maximal length is 5.", "Invalid value.",
		`autocomplete="email" aria-required="true" aria-invalid="true" aria-describedby="input-error-email" autofocus>`, `value="toolong" aria-invalid="true" aria-describedby="input-error-nick">`,
		`<fieldset class="field" id="days" aria-describedby="input-error-days">`, "Back to The app")
	if n := strings.Count(wrong.text, " autofocus"); n != 1 {
		t.Errorf("%d elements want the focus", n)
	}
	if ann := ts.realm.current()["small"].UserByLogin("ann"); ann.FirstName != "F" {
		t.Error("it was saved all the same")
	}
	p.send(wrong, "profile", "email", "").mustSay(t, "One field needs", "Please specify this field.")
	p.follow(p.send(wrong, "profile")).mustSay(t, "Your profile is saved.")
}

// Nobody changes the account of another, whatever page they make the browser send a form from.
func TestAccountFormsAreOwnForms(t *testing.T) {
	ts := newTestServer(t, accountRealm(t, ""))
	ann, annsPage := ts.enter("ann", accountPath)
	ben, bensPage := ts.enter("ben", accountPath)
	unchanged := func(what string) {
		t.Helper()
		for _, name := range []string{"ann", "ben"} {
			if user := ts.realm.current()["small"].UserByLogin(name); user == nil || user.FirstName != "F" {
				t.Fatalf("%s: %s was changed", what, name)
			}
		}
		for _, p := range []person{ann, ben} {
			p.do(p.browser, p.request("GET", accountPath, nil)).mustSay(t, "Your account")
		}
	}
	for _, action := range []string{"profile", "sign-out"} {
		address, form := accountPath+"/"+action, formOf("firstName", "Evil", "email", "e@example.com", "lastName", "L", "others", "true", "state_checker", hiddenValue(t, annsPage.text, "state_checker"))
		for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "http://evil.example"}} {
			if got := ann.do(ann.browser, ann.request("POST", address, form, header...)); got.StatusCode != http.StatusForbidden {
				t.Errorf("%s with %s: %s", action, header, got.Status)
			}
		}
		for name, checker := range map[string]string{"none": "", "rubbish": "x", "ben's": hiddenValue(t, bensPage.text, "state_checker")} {
			form.Set("state_checker", checker)
			got := ann.do(ann.browser, ann.request("POST", address, form))
			if got.mustSay(t, "nothing was changed"); got.StatusCode != http.StatusForbidden {
				t.Errorf("%s with a state_checker that is %s: %s", action, name, got.Status)
			}
		}
		if got := ts.do(ts.browser(), ts.request("POST", address, form)); got.StatusCode != http.StatusFound || !strings.Contains(got.Header.Get("Location"), "/auth?client_id=account-console") {
			t.Errorf("%s without a session: %s to %s", action, got.Status, got.Header.Get("Location"))
		}
		unchanged(action)
	}
	if got := ann.do(ann.browser, ann.request("POST", accountPath, formOf("firstName", "Evil"))); got.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a form to the page itself: %s", got.Status)
	}
}

func TestAccountHeedsRoles(t *testing.T) {
	ts := newTestServer(t, accountRealm(t, ""))
	vic, page := ts.enter("vic", accountPath)
	page.mustSay(t, "vic@example.com", "!id=\"save\"", "<code>manage-account</code>", "!keeps what you change")
	if n, fields := strings.Count(page.text, " readonly"), 7; n != fields {
		t.Errorf("%d of %d fields are read only", n, fields)
	}
	zoe, hidden := ts.enter("zoe", accountPath)
	hidden.mustSay(t, "zoe could not see this", "!zoe@example.com", `"clientRoles"`, "Change password", "this browser")
	for _, p := range []person{vic, zoe} {
		own := p.do(p.browser, p.request("GET", accountPath, nil))
		form := formOf("firstName", "X", "email", "x@example.com", "state_checker", hiddenValue(t, own.text, "state_checker"))
		if got := p.do(p.browser, p.request("POST", accountPath+"/profile", form)); got.StatusCode != http.StatusForbidden {
			t.Errorf("%s", got.Status)
		}
	}
	for _, name := range []string{"vic", "zoe"} {
		if user := ts.realm.current()["small"].UserByLogin(name); user.FirstName != "F" {
			t.Errorf("%s was changed", name)
		}
	}
}

func TestAccountEndsSessions(t *testing.T) {
	var told []string
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { told = append(told, r.FormValue("logout_token")) }))
	defer app.Close()
	ts := newTestServer(t, accountRealm(t, app.URL))
	signIn := func(user string, more ...string) (sid, refresh string) {
		tokens := ts.token(append([]string{"grant_type", "password", "client_id", "cli", "username", user, "password", user}, more...)...)
		return tokens.member("session_state"), tokens.member("refresh_token")
	}
	lives := func(refresh string) bool {
		return ts.token("grant_type", "refresh_token", "client_id", "cli", "refresh_token", refresh).StatusCode == http.StatusOK
	}
	first, firstRefresh := signIn("ann")
	ts.clock.Add(3 * time.Minute)
	second, secondRefresh := signIn("ann")
	offline, offlineRefresh := signIn("ann", "scope", "offline_access")
	bens, bensRefresh := signIn("ben")
	bensOffline, bensOfflineRefresh := signIn("ben", "scope", "offline_access")
	p, page := ts.enter("ann", accountPath+"?referrer=plain")
	page.mustSay(t, first, second, "!"+bens, "3 m ago", "this browser", "offline access", `name="offline" value="`+offline+`"`, "in 27 m", "in 30 m", "Sign out everywhere else")

	page = p.follow(p.send(page, "sign-out", "session", first))
	if page.mustSay(t, "That session has ended.", "!"+first, second, "Back to The app"); lives(firstRefresh) || !lives(secondRefresh) {
		t.Error("the session that was to end lives, or another one ended")
	}
	if len(told) != 1 || claims(t, told[0])["sub"] == nil {
		t.Errorf("the app was told %d times", len(told))
	}
	p.send(page, "sign-out", "session", bens)
	p.send(page, "sign-out", "offline", bensOffline)
	p.send(page, "sign-out", "session", "rubbish")
	if !lives(bensRefresh) || !lives(bensOfflineRefresh) {
		t.Error("ann ended a session of ben's")
	}
	if p.follow(p.send(page, "sign-out", "offline", offline)).mustSay(t, "!"+offline, second); lives(offlineRefresh) {
		t.Error("the offline access goes on")
	}
	_, again := signIn("ann", "scope", "offline_access")
	page = p.follow(p.send(page, "sign-out", "others", "true"))
	if page.mustSay(t, "All other sessions have ended.", "this browser", "!"+second, "!Sign out everywhere else"); lives(secondRefresh) || lives(again) || !lives(bensRefresh) {
		t.Error("not all others ended, or more")
	}

	own := find(t, regexp.MustCompile(`name="session" value="([^"]*)"[^>]*this browser`), page.text)
	out := p.send(page, "sign-out", "session", own)
	out.mustSay(t, "You are logged out", `href="http://localhost:9/home"`, "Back to The app")
	for _, cookie := range p.browser.Jar.Cookies(out.Request.URL) {
		if strings.HasPrefix(cookie.Name, "KEYCLOAK_") {
			t.Errorf("the browser keeps %s", cookie.Name)
		}
	}
	if got := p.do(p.browser, p.request("GET", accountPath, nil)); got.StatusCode != http.StatusFound {
		t.Errorf("after signing out the account says %s", got.Status)
	}
}

func TestAccountChangesThePassword(t *testing.T) {
	ts := newTestServer(t, accountRealm(t, ""))
	p, page := ts.enter("ann", accountPath+"?referrer=plain")
	link := strings.ReplaceAll(find(t, regexp.MustCompile(`id="change-password" href="([^"]*)"`), page.text), "&amp;", "&")
	form := p.follow(p.do(p.browser, p.request("GET", link, nil)))
	p.follow(p.do(p.browser, p.request("POST", find(t, passwordAction, form.text), formOf("cancel-aia", "true")))).mustSay(t, "Your account", "!Your password is changed.", "Back to The app")
	form = p.follow(p.do(p.browser, p.request("GET", link, nil)))
	changed := p.follow(p.do(p.browser, p.request("POST", find(t, passwordAction, form.text), formOf("password-new", "fresh", "password-confirm", "fresh"))))
	changed.mustSay(t, "Your password is changed.", "Back to The app")
	if query := changed.Request.URL.RawQuery; query != "done=password&referrer=plain" {
		t.Errorf("the address keeps %s", query)
	}
	if res := ts.token("grant_type", "password", "client_id", "cli", "username", "ann", "password", "fresh"); res.StatusCode != http.StatusOK {
		t.Errorf("the new password: %s", res.Status)
	}
}

func TestAgentTitles(t *testing.T) {
	for text, want := range map[string]string{
		"": "A program",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0": "Firefox 127 on Windows",
		"curl/8.5.0": "curl 8",
		"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36": "Chrome Mobile 126 on Android",
		strings.Repeat("x ", maxAgent) + "Firefox/1": "A program",
	} {
		if got := agentOf(&http.Request{Header: http.Header{"User-Agent": {text}}}).title(); got != want {
			t.Errorf("%.60s: %s, want %s", text, got, want)
		}
	}
}

// What nobody declared is the users' own where the realm says so: apps read and write it, and the page leaves it alone.
func TestAccountWithUnmanagedAttributes(t *testing.T) {
	file := strings.Replace(accountRealm(t, ""), `"{\"attributes\"`, `"{\"unmanagedAttributePolicy\": \"ENABLED\", \"attributes\"`, 1)
	ts := newTestServer(t, strings.Replace(file, `"attributes": {"desk"`, `"attributes": {"hobby": ["chess"], "desk"`, 1))
	access := ts.token("grant_type", "password", "client_id", "cli", "username", "ann", "password", "ann", "scope", "openid").member("access_token")
	rest := func(method, body string) answer {
		req := ts.request(method, accountPath, nil, "Authorization", "Bearer "+access, "Accept", "application/json", "Content-Type", "application/json")
		req.Body, req.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		return ts.do(http.DefaultClient, req)
	}
	rest("GET", "").mustSay(t, `"hobby":["chess"]`, "!salary")
	p, page := ts.enter("ann", accountPath)
	p.follow(p.send(page, "profile")).mustSay(t, "Your profile is saved.")
	rest("GET", "").mustSay(t, `"hobby":["chess"]`)
	const profile = `{"username": "ann", "email": "ann@example.com", "attributes": {%s}}`
	rest("POST", fmt.Sprintf(profile, `"pet": ["cat", ""]`))
	rest("GET", "").mustSay(t, `"pet":["cat"]`, "!hobby", `"desk":["by the window"]`)
	rest("POST", fmt.Sprintf(profile, `"pet": ["`+strings.Repeat("x", 2049)+`"]`)).mustSay(t, `"field":"pet","errorMessage":"error-invalid-length","params":["pet","0","2048"]`)
	rest("POST", fmt.Sprintf(profile, `"salary": ["more"]`)).mustSay(t, `"errorMessage":"error-user-attribute-read-only"`)
}

// Sessions tell what they were begun with after a restart, too, and the forms of a page that was shown before it hold.
func TestAccountOutlivesARestart(t *testing.T) {
	ts := newTestServer(t, accountRealm(t, ""))
	const firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0"
	ts.do(http.DefaultClient, ts.request("POST", realmPath+oidc+"/token", formOf("grant_type", "password", "client_id", "cli", "username", "ann", "password", "ann"), "User-Agent", firefox))
	p, page := ts.enter("ann", accountPath)
	page = p.follow(p.send(page, "profile", "firstName", "Ann"))
	p.testServer = ts.again(accountRealm(t, ""))
	p.do(p.browser, p.request("GET", accountPath, nil)).mustSay(t, "Firefox 127 on Windows", "127.0.0.1", `value="Ann"`)
	p.follow(p.send(page, "profile", "firstName", "Anna")).mustSay(t, "Your profile is saved.", `value="Anna"`)
}

func TestAccountListsManySessions(t *testing.T) {
	ts := newTestServer(t, accountRealm(t, ""))
	for range maxRows + 2 {
		ts.token("grant_type", "password", "client_id", "cli", "username", "ann", "password", "ann")
	}
	p, page := ts.enter("ann", accountPath)
	page.mustSay(t, "3 more are not listed.", "this browser")
	if n := strings.Count(page.text, `name="session"`); n != maxRows {
		t.Errorf("%d rows", n)
	}
	p.follow(p.send(page, "sign-out", "others", "true")).mustSay(t, "!not listed", "!Sign out everywhere else")
}

// A service account has no account to look at, whatever its roles are, and so it cannot change itself.
func TestServiceAccountsHaveNoAccount(t *testing.T) {
	ts := newTestServer(t, `{"realm": "small", "enabled": true, "clients": [{"clientId": "robot", "secret": "robot-secret", "serviceAccountsEnabled": true}],
		"users": [{"username": "service-account-robot", "enabled": true, "serviceAccountClientId": "robot", "clientRoles": {"account": ["manage-account"]}}]}`)
	token := ts.token("grant_type", "client_credentials", "client_id", "robot", "client_secret", "robot-secret").member("access_token")
	for _, method := range []string{"GET", "POST"} {
		req := ts.request(method, realmPath+"/account", nil, "Authorization", "Bearer "+token, "Accept", "application/json")
		if res := ts.do(http.DefaultClient, req); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s = %s %s", method, res.Status, res.text)
		}
	}
}
