package realm

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const controlPath = realmPath + "/keystead"

// controlBrowser is a browser that has sent the secret.
func (ts *testServer) controlBrowser() *http.Client {
	ts.t.Helper()
	browser := ts.browser()
	if res := ts.do(browser, ts.request("POST", controlPath, formOf("do", "open", "secret", testSecret))); res.StatusCode != http.StatusSeeOther {
		ts.t.Fatalf("the secret = %s %s", res.Status, res.text)
	}
	return browser
}

// send posts a form of the page, and returns the page after it.
func (ts *testServer) send(browser *http.Client, pairs ...string) answer {
	ts.t.Helper()
	res := ts.do(browser, ts.request("POST", controlPath, formOf(pairs...), "Sec-Fetch-Site", "same-origin", "Origin", "null"))
	if res.StatusCode == http.StatusSeeOther {
		return ts.do(browser, ts.request("GET", res.Header.Get("Location"), nil))
	}
	return res
}

func TestControlPageAsksForTheSecret(t *testing.T) {
	t.Parallel()
	ts := newTestServer(t)
	browser := ts.browser()
	asks := regexp.MustCompile(`<input id="secret" name="secret" type="password" autocomplete="off"`)
	if res := ts.do(browser, ts.request("GET", controlPath, nil)); res.StatusCode != http.StatusOK || !asks.MatchString(res.text) || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("at first = %s %v %s", res.Status, res.Header, res.text)
	}
	begin := time.Now()
	res := ts.do(browser, ts.request("POST", controlPath, formOf("do", "open", "secret", testSecret+"x")))
	if res.StatusCode != http.StatusUnauthorized || !asks.MatchString(res.text) || len(res.Cookies()) > 0 || time.Since(begin) < wrongSecretHas {
		t.Errorf("a wrong secret = %s after %v, cookies %v", res.Status, time.Since(begin), res.Cookies())
	}
	res = ts.do(browser, ts.request("POST", controlPath, formOf("do", "open", "secret", testSecret)))
	if res.StatusCode != http.StatusSeeOther || len(res.Cookies()) != 1 {
		t.Fatalf("the secret = %s, cookies %v", res.Status, res.Cookies())
	}
	c := res.Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != controlPath || c.MaxAge != 0 || !c.Expires.IsZero() || strings.Contains(c.Value, testSecret) {
		t.Errorf("the cookie: %s", c)
	}
	if res := ts.do(browser, ts.request("GET", res.Header.Get("Location"), nil)); !strings.Contains(res.text, "every endpoint answers as usual") {
		t.Errorf("the page = %s %s", res.Status, res.text)
	}
	if res := ts.do(browser, ts.request("GET", controlPath+"/trouble", nil)); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("the cookie opens the API: %s", res.Status)
	}
	if res := ts.send(browser, "do", "forget"); !asks.MatchString(res.text) {
		t.Errorf("after forgetting the secret = %s %s", res.Status, res.text)
	}
}

// A cookie is good for the realm and the secret that it was made with.
func TestControlPageBelievesNoOtherCookie(t *testing.T) {
	ts := newTestServer(t, small, strings.ReplaceAll(small, `"realm": "small"`, `"realm": "other"`))
	jar, _ := cookiejar.New(nil)
	at, _ := url.Parse(ts.URL + realmPath + "/keystead")
	own := ts.controlBrowser()
	value := own.Jar.Cookies(at)[0].Value
	set := func(value string) *http.Client {
		jar.SetCookies(at, []*http.Cookie{{Name: controlCookie, Value: value, Path: "/"}})
		return &http.Client{Jar: jar}
	}
	opens := func(path, value string) bool {
		return strings.Contains(ts.do(set(value), ts.request("GET", path, nil)).text, "What goes wrong now")
	}
	if !opens(controlPath, value) {
		t.Error("its own cookie does not open the page")
	}
	if opens("/realms/other/keystead", value) {
		t.Error("the cookie of one realm opens another's page")
	}
	for _, forged := range []string{"", testSecret, value[1:], "x" + value[1:]} {
		if opens(controlPath, forged) {
			t.Errorf("the cookie %q opens the page", forged)
		}
	}
	ts.realm.secret = "another-secret-at-the-next-start"
	if opens(controlPath, value) {
		t.Error("the cookie opens the page after the secret has changed")
	}
	if res := ts.send(own, "do", "calm"); res.StatusCode != http.StatusUnauthorized || !strings.Contains(res.text, "new secret") {
		t.Errorf("a form after the secret has changed = %s %s", res.Status, res.text)
	}
	ts.realm.secret = ""
	c := &call{s: ts.realm, realm: ts.realm.current()["small"]}
	if opens(controlPath, c.controlProof()) {
		t.Error("a server without a secret opens its page")
	}
	if res := ts.send(ts.browser(), "do", "open", "secret", ""); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("no secret, to a server without one = %s", res.Status)
	}
}

// Whoever guesses gets nowhere, and does not keep out who knows.
func TestControlPageIsSlowToGuess(t *testing.T) {
	t.Parallel()
	ts := newTestServer(t)
	var mu sync.Mutex
	count := map[int]int{}
	var all sync.WaitGroup
	for range 3 * maxWrong {
		all.Go(func() {
			res := ts.do(ts.browser(), ts.request("POST", controlPath, formOf("do", "open", "secret", "wrong")))
			mu.Lock()
			defer mu.Unlock()
			count[res.StatusCode]++
		})
	}
	for range 20 { // until they wait
		if time.Sleep(10 * time.Millisecond); len(ts.realm.current()["small"].troubles.wrong) == maxWrong {
			break
		}
	}
	ts.controlBrowser()
	all.Wait()
	if count[http.StatusUnauthorized] < maxWrong || count[http.StatusTooManyRequests] == 0 || count[http.StatusUnauthorized]+count[http.StatusTooManyRequests] != 3*maxWrong {
		t.Errorf("answers to wrong secrets: %v", count)
	}
	if res := ts.do(ts.browser(), ts.request("POST", controlPath, formOf("do", "open", "secret", "wrong"))); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a wrong secret when nobody waits any more = %s", res.Status)
	}
}

// Pages of other sites, and of other ports of the same host, change nothing even with the cookie.
func TestControlPageTakesFormsOfItsOwn(t *testing.T) {
	ts := newTestServer(t)
	browser := ts.controlBrowser()
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "http://localhost:9"}, {"Origin", "null"}} {
		for _, form := range []url.Values{formOf("do", "trouble", "endpoint", "certs", "answer", "reset"), formOf("do", "open", "secret", testSecret), formOf("do", "forget")} {
			if res := ts.do(browser, ts.request("POST", controlPath, form, header...)); res.StatusCode != http.StatusForbidden {
				t.Errorf("%v with %v = %s", form, header, res.Status)
			}
		}
	}
	if res := ts.do(browser, ts.request("GET", controlPath, nil)); !strings.Contains(res.text, "every endpoint answers as usual") {
		t.Errorf("something was changed: %s", res.text)
	}
	stranger := ts.browser()
	for _, do := range []string{"trouble", "end", "calm", "clock", "rotate", "withdraw", "expire", "finish", "logout", "nope", ""} {
		if res := ts.send(stranger, "do", do, "endpoint", "certs", "answer", "reset", "offset", "5", "user", "ann"); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%q without the secret = %s", do, res.Status)
		}
	}
}

func TestControlPageSwitches(t *testing.T) {
	ts, told := told(t)
	browser := ts.controlBrowser()
	says := func(what string, page answer, want ...string) {
		t.Helper()
		if page.StatusCode != http.StatusOK {
			t.Fatalf("%s = %s %s", what, page.Status, page.text)
		}
		for _, text := range want {
			if !strings.Contains(page.text, text) {
				t.Errorf("%s: no %q in %s", what, text, page.text)
			}
		}
	}
	says("trouble", ts.send(browser, "do", "trouble", "endpoint", "certs", "answer", "error", "status", "", "delay", "1500", "times", "3"),
		"It goes wrong from now on.", "<code>certs</code> answers with status 503 after 1.5 s, for 3 more requests")
	says("trouble", ts.send(browser, "do", "trouble", "endpoint", "token", "answer", "hang", "status", "500"), "<code>token</code> never answers<")
	says("an end", ts.send(browser, "do", "end", "endpoint", "certs"), "<code>token</code>")
	says("the clock", ts.send(browser, "do", "clock", "offset", "-5400"), "The clock is 1 h 30 m behind: "+ts.clock.Now().Add(-90*time.Minute).UTC().Format("2006-01-02 15:04:05"))
	if page := ts.do(browser, ts.request("GET", "/", nil)); !strings.Contains(page.text, "token never answers") || !strings.Contains(page.text, "the clock is 1 h 30 m behind") || !strings.Contains(page.text, `href="`+ts.URL+controlPath+`"`) {
		t.Errorf("the home page: %s", page.text)
	}
	if text := ts.control("GET", "/trouble", "").text; !strings.Contains(text, `{"clock_offset_seconds":-5400,"endpoints":{"token":{"answer":"hang","delay_ms":0}}}`) {
		t.Errorf("the API tells: %s", text)
	}
	says("calm", ts.send(browser, "do", "calm"), "every endpoint answers as usual, and the clock is right")

	listed, _ := ts.keys()
	says("a new key", ts.send(browser, "do", "rotate", "algorithm", "ES256"), "A new key signs", "<strong>ES256</strong>")
	page := ts.send(browser, "do", "rotate", "algorithm", "RS256")
	says("a new key", page, "verifies only")
	if page = ts.send(browser, "do", "withdraw", "kid", listed[1].ID); strings.Contains(page.text, listed[1].ID) || !strings.Contains(page.text, listed[0].ID) {
		t.Errorf("a key that is gone: %s", page.text)
	}

	tokens := ts.offlineTokens()
	sid := ts.sessions("")[0].ID
	page = ts.do(browser, ts.request("GET", controlPath, nil))
	says("sessions", page, "<strong>ann</strong>", "offline", "plain", sid, "began <time", "just now", "in 30 m")
	if page = ts.send(browser, "do", "expire", "sid", sid); strings.Contains(page.text, sid) || *told != 0 || ts.refresh(tokens).StatusCode == http.StatusOK {
		t.Errorf("a session that has expired: told %d times, %s", *told, page.text)
	}
	ts.tokensOf("openid")
	if page = ts.send(browser, "do", "finish", "sid", ts.sessions("")[0].ID); !strings.Contains(page.text, "None. Sign in") || *told != 1 {
		t.Errorf("a session that was ended: told %d times, %s", *told, page.text)
	}
	ts.tokensOf("openid")
	if page = ts.send(browser, "do", "logout", "user", "ben"); !strings.Contains(page.text, "None. Sign in") || *told != 2 {
		t.Errorf("a user who was signed out: told %d times, %s", *told, page.text)
	}
}

// What cannot be done is said above the forms, which keep what was typed.
func TestControlPageRefuses(t *testing.T) {
	ts := newTestServer(t)
	browser := ts.controlBrowser()
	for _, tt := range []struct {
		form   []string
		status int
		says   []string
	}{
		{[]string{"do", "trouble", "endpoint", "userinfo", "answer", "error", "status", "700", "delay", "5", "times", "7"}, 400, []string{"from 400 to 599, got 700", `value="700"`, `value="5"`, `value="7"`, `value="userinfo" selected`}},
		{[]string{"do", "trouble", "endpoint", "certs", "answer", "garbage", "delay", "soon"}, 400, []string{"delay must be a whole number, got &#34;soon&#34;", `value="garbage" selected`}},
		{[]string{"do", "trouble", "endpoint", "certs", "answer", "garbage", "times", "0"}, 400, []string{"times must be from 1"}},
		{[]string{"do", "trouble", "endpoint", "nope", "answer", "garbage"}, 400, []string{"There is no endpoint"}},
		{[]string{"do", "clock", "offset", "1e9"}, 400, []string{"offset must be a whole number", `value="1e9"`}},
		{[]string{"do", "clock", "offset", "9999999999"}, 400, []string{"ten years either way"}},
		{[]string{"do", "rotate", "algorithm", "none"}, 400, []string{"no signature algorithm"}},
		{[]string{"do", "withdraw", "kid", "nope"}, 404, []string{"There is no key nope"}},
		{[]string{"do", "expire", "sid", "nope"}, 404, []string{"There is no session nope"}},
		{[]string{"do", "finish", "sid", "nope"}, 404, []string{"There is no session nope"}},
		{[]string{"do", "logout", "user", "nobody"}, 404, []string{"There is no user nobody"}},
		{[]string{"do", "<b>"}, 400, []string{"no form &#34;&lt;b&gt;&#34;"}},
	} {
		res := ts.send(browser, tt.form...)
		want := append([]string{`role="alert"`, "every endpoint answers as usual"}, tt.says...)
		if res.StatusCode != tt.status || slices.ContainsFunc(want, func(text string) bool { return !strings.Contains(res.text, text) }) {
			t.Errorf("%q = %s, want %d with %q: %s", tt.form, res.Status, tt.status, want, res.text)
		}
	}
	if res := ts.do(browser, ts.request("GET", controlPath+"?done=<b>", nil)); strings.Contains(res.text, `role="status"`) {
		t.Errorf("an address can put words into the page: %s", res.text)
	}
}

// A long list is cut, the latest first.
func TestControlPageListsTheLatestSessions(t *testing.T) {
	ts := newTestServer(t)
	browser := ts.controlBrowser()
	for range shownSessions + 3 {
		ts.control("POST", "/tokens", `{"username":"ann","client_id":"cli"}`)
		ts.clock.Add(time.Second)
	}
	all := ts.sessions("")
	page := ts.do(browser, ts.request("GET", controlPath, nil)).text
	if !strings.Contains(page, "3 more are not listed") || strings.Contains(page, all[2].ID) || strings.Index(page, all[102].ID) > strings.Index(page, all[3].ID) || !strings.Contains(page, all[3].ID) {
		t.Errorf("of %d sessions: %s", len(all), page)
	}
}
