package realm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"keystead/auth/authtest"
)

// trouble switches trouble on; body is what the control API takes.
func (ts *testServer) trouble(endpoint, body string) {
	ts.t.Helper()
	if res := ts.control("PUT", "/trouble/"+endpoint, body); res.StatusCode != http.StatusNoContent {
		ts.t.Fatalf("PUT trouble/%s %s = %s %s", endpoint, body, res.Status, res.text)
	}
}

// tokensOf are fresh tokens of ben, by password.
func (ts *testServer) tokensOf(scope string) answer {
	ts.t.Helper()
	res := ts.token("grant_type", "password", "client_id", "cli", "username", "ben", "password", "ben", "scope", scope)
	if res.StatusCode != http.StatusOK {
		ts.t.Fatalf("no tokens: %s %s", res.Status, res.text)
	}
	return res
}

// offlineTokens are fresh ones of ann, who stays signed in to the client plain in a browser, too.
func (ts *testServer) offlineTokens() answer {
	ts.t.Helper()
	browser := ts.browser()
	ts.codeIn(ts.do(browser, ts.request("POST", ts.loginForm(browser), formOf("username", "ann", "password", "ann"))))
	code := ts.codeIn(ts.do(browser, ts.request("GET", strings.Replace(plainAuth, "scope=openid", "scope=openid+offline_access", 1), nil)))
	return ts.token("grant_type", "authorization_code", "client_id", "plain", "code", code, "redirect_uri", "http://localhost:9/cb")
}

func (ts *testServer) refresh(tokens answer) answer {
	ts.t.Helper()
	return ts.token("grant_type", "refresh_token", "client_id", claims(ts.t, tokens.member("access_token"))["azp"].(string), "refresh_token", tokens.member("refresh_token"))
}

func (ts *testServer) userinfo(token string) answer {
	ts.t.Helper()
	return ts.do(http.DefaultClient, ts.request("GET", realmPath+oidc+"/userinfo", nil, "Authorization", "Bearer "+token))
}

const certsPath = realmPath + oidc + "/certs"

func TestTroubleAnswers(t *testing.T) {
	ts := newTestServer(t)
	real := ts.do(http.DefaultClient, ts.request("GET", certsPath, nil))
	tests := []struct {
		set, accept string
		status      int
		mediaType   string
		says        string
	}{
		{`{"answer":"error"}`, "", 503, "application/json", `{"error":"unknown_error","error_description":"This answer was asked for`},
		{`{"answer":"error","status":429}`, "application/json", 429, "application/json", `"unknown_error"`},
		{`{"answer":"error","status":500}`, "text/html,*/*", 500, "text/html", "kc-error-message"},
		{`{"answer":"garbage"}`, "", 200, "text/html", "<!doctype html>"},
		{`{"answer":"empty"}`, "", 200, "application/json", `{"keys":[]}`},
		{`{"answer":"normal","delay_ms":1}`, "", 200, "application/json", real.text},
		{`{"delay_ms":1}`, "", 200, "application/json", real.text},
	}
	for _, tt := range tests {
		ts.trouble("certs", tt.set)
		res := ts.do(http.DefaultClient, ts.request("GET", certsPath, nil, "Accept", tt.accept, "Origin", "http://page.example"))
		if res.StatusCode != tt.status || !strings.HasPrefix(res.Header.Get("Content-Type"), tt.mediaType) || !strings.Contains(res.text, tt.says) {
			t.Errorf("%s = %s %s %q, want %d %s with %q", tt.set, res.Status, res.Header.Get("Content-Type"), res.text, tt.status, tt.mediaType, tt.says)
		}
		if allowed := res.Header.Get("Access-Control-Allow-Origin"); allowed != "http://page.example" {
			t.Errorf("%s: a page sees nothing of it, Access-Control-Allow-Origin %q", tt.set, allowed)
		}
	}
	ts.trouble("token", `{"answer":"empty"}`)
	if res := ts.token("grant_type", "password"); res.StatusCode != http.StatusOK || strings.TrimSpace(res.text) != "{}" {
		t.Errorf("an empty answer of the token endpoint = %s %s", res.Status, res.text)
	}
	if res := ts.control("DELETE", "/trouble/certs", ""); res.StatusCode != http.StatusNoContent {
		t.Error(res.Status)
	}
	if res := ts.do(http.DefaultClient, ts.request("GET", certsPath, nil)); res.text != real.text || res.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("afterwards = %s %s", res.Status, res.text)
	}
}

// An answer that breaks off has the length of the whole, so that a caller can notice.
func TestTroubleTruncates(t *testing.T) {
	ts := newTestServer(t)
	real := ts.do(http.DefaultClient, ts.request("GET", certsPath, nil))
	ts.trouble("all", `{"answer":"truncated"}`)
	for path, status := range map[string]int{certsPath: 200, realmPath + oidc + "/userinfo": 401, plainAuth: 200, plainAuth + "&prompt=none": 302} {
		res, err := ts.browser().Do(ts.request("GET", path, nil))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		empty := res.ContentLength == 0
		if res.StatusCode != status || !empty && (!errors.Is(err, io.ErrUnexpectedEOF) || int64(len(text)) != res.ContentLength/2) || empty && err != nil {
			t.Errorf("%s = %s, %d of %d bytes, %v", path, res.Status, len(text), res.ContentLength, err)
		}
		if path == certsPath && (res.ContentLength != int64(len(real.text)) || !strings.HasPrefix(real.text, string(text))) {
			t.Errorf("the half is none of the whole: %d bytes announced, %q", res.ContentLength, text)
		}
	}
	if res := ts.do(ts.browser(), ts.request("GET", plainAuth+"&prompt=none", nil)); !strings.Contains(res.Header.Get("Location"), "login_required") {
		t.Errorf("a redirect has lost its address: %v", res.Header)
	}
}

func TestTroubleClosesTheConnection(t *testing.T) {
	ts := newTestServer(t)
	ts.trouble("token", `{"answer":"reset"}`)
	if _, err := http.DefaultClient.Do(ts.request("POST", realmPath+oidc+"/token", formOf("grant_type", "password"))); !errors.Is(err, io.EOF) {
		t.Errorf("the answer to a POST: %v", err)
	}
}

// Whoever waits ends the wait by giving up, also in the middle of a POST, and the server by stopping.
func TestTroubleHangs(t *testing.T) {
	ts := newTestServer(t)
	stopping, stop := context.WithCancel(t.Context())
	began, ended := make(chan bool, 1), make(chan bool, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { ended <- true; panic(recover()) }()
		began <- true
		ts.realm.ServeHTTP(w, r)
	}))
	server.Config.BaseContext = func(net.Listener) context.Context { return stopping }
	server.Start()
	defer server.Close()
	ts.trouble("all", `{"answer":"hang"}`)
	wait := func(when string, happens chan bool) {
		t.Helper()
		select {
		case <-happens:
		case <-time.After(10 * time.Second):
			t.Fatalf("nothing happens when %s", when)
		}
	}
	for _, method := range []string{"GET", "POST"} {
		calling, giveUp := context.WithCancel(t.Context())
		answered := make(chan error, 1)
		go func() {
			_, err := http.DefaultClient.Do(ts.request(method, server.URL+realmPath+oidc+"/userinfo", formOf("access_token", "x")).WithContext(calling))
			answered <- err
		}()
		wait("there is a "+method, began)
		select {
		case <-ended:
			t.Fatalf("a %s does not hang", method)
		case <-time.After(50 * time.Millisecond):
		}
		giveUp()
		if err := <-answered; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", method, err)
		}
		wait("the caller of a "+method+" gives up", ended)
	}
	go func() { _, _ = http.Get(server.URL + certsPath) }()
	wait("there is another", began)
	stop()
	wait("the server stops", ended)
}

// An answer that is late is made when it is sent, and comes after the time that the server gives others.
func TestTroubleDelays(t *testing.T) {
	ts := newTestServer(t)
	server := httptest.NewUnstartedServer(ts.realm)
	server.Config.WriteTimeout = 50 * time.Millisecond
	server.Start()
	defer server.Close()
	ts.URL = server.URL
	ts.trouble("token", `{"delay_ms":150}`)
	began := ts.clock.Now().Unix()
	begin := time.Now()
	time.AfterFunc(50*time.Millisecond, func() { ts.clock.Add(time.Minute) })
	res := ts.tokensOf("openid")
	if time.Since(begin) < 150*time.Millisecond || claims(t, res.member("access_token"))["iat"] != float64(began+60) {
		t.Errorf("after %v, %d s later: %s", time.Since(begin), ts.clock.Now().Unix()-began, res.text)
	}
	ts.trouble("token", `{"delay_ms":150,"answer":"error"}`)
	begin = time.Now()
	if res := ts.token(); time.Since(begin) < 150*time.Millisecond || res.StatusCode != 503 {
		t.Errorf("after %v: %s", time.Since(begin), res.text)
	}
}

// What was late is answered as the file is by then.
func TestTroubleDelaysOverAReload(t *testing.T) {
	ts := newTestServer(t)
	token := ts.password("ann", "ann").member("access_token")
	ts.trouble("userinfo", `{"delay_ms":400}`)
	late := make(chan answer)
	go func() { late <- ts.userinfo(token) }()
	time.Sleep(100 * time.Millisecond)
	ts.reload(with(t, `"lastName": "Ash"`, `"lastName": "Oak"`))
	if res := <-late; res.member("family_name") != "Oak" {
		t.Errorf("userinfo = %s, family_name %q", res.Status, res.member("family_name"))
	}
}

// Each name stands for its addresses and no others; no address is forgotten but those of the control API.
func TestTroubleEndpoints(t *testing.T) {
	want := map[string]string{
		"/": "all", "/.well-known/openid-configuration": "discovery", "/.well-known/oauth-authorization-server": "discovery",
		oidc + "/certs": "certs", oidc + "/auth": "auth", oidc + "/registrations": "auth", oidc + "/forgot-credentials": "auth",
		oidc + "/token": "token", oidc + "/token/introspect": "introspect", oidc + "/userinfo": "userinfo", oidc + "/revoke": "revoke",
		oidc + "/logout": "logout", oidc + "/logout/logout-confirm": "logout", oidc + "/auth/device": "device",
		oidc + "/login-status-iframe.html": "frames", oidc + "/login-status-iframe.html/init": "frames",
		oidc + "/3p-cookies/step1.html": "frames", oidc + "/3p-cookies/step2.html": "frames",
		"/device": "device", "/device/status": "device", "/login-actions/authenticate": "auth", "/login-actions/pick-user": "auth",
		"/login-actions/required-action": "auth", "/login-actions/consent": "auth", "/account": "account",
	}
	ts := newTestServer(t)
	for _, name := range names(endpointTexts) {
		ts.trouble(name, `{"answer":"error","status":599}`)
		for _, e := range endpoints {
			method, _, _ := strings.Cut(e.methods, " ")
			path := strings.NewReplacer("{", "", "}", "").Replace(e.path)
			res := ts.do(ts.browser(), ts.request(method, realmPath+path, nil))
			at, known := want[e.path]
			if strings.HasPrefix(e.path, "/account/") {
				at, known = "account", true
			}
			if !known && !strings.HasPrefix(e.path, "/keystead") {
				t.Fatalf("no trouble is meant for %s", e.path)
			}
			if got := res.StatusCode == 599; got != (known && (name == "all" || name == at)) {
				t.Errorf("trouble at %s: %s %s = %s", name, method, e.path, res.Status)
			}
		}
		if res := ts.control("DELETE", "/trouble/"+name, ""); res.StatusCode != http.StatusNoContent {
			t.Error(res.Status)
		}
	}
	ts.trouble("discovery", `{"answer":"error","status":599}`)
	if res := ts.do(http.DefaultClient, ts.request("GET", "/.well-known/oauth-authorization-server"+realmPath, nil)); res.StatusCode != 599 {
		t.Errorf("the other address of discovery = %s", res.Status)
	}
	if res := ts.do(http.DefaultClient, ts.request("GET", "/", nil)); res.StatusCode != http.StatusOK {
		t.Errorf("the home page = %s", res.Status)
	}
}

// A trouble lasts for as many requests as it was told to, that of an endpoint comes before that of all, and
// preflights are not counted.
func TestTroubleLasts(t *testing.T) {
	ts := newTestServer(t)
	var log authtest.Log
	ts.realm.log = slog.New(slog.NewTextHandler(&log, nil))
	ts.trouble("certs", `{"answer":"error","status":500,"times":2}`)
	ts.trouble("all", `{"answer":"error","status":501,"times":1}`)
	preflight := ts.request("OPTIONS", certsPath, nil, "Origin", "http://page.example", "Access-Control-Request-Method", "GET")
	var got []int
	for range 4 {
		if res := ts.do(http.DefaultClient, preflight); res.StatusCode != http.StatusOK || res.Header.Get("Access-Control-Allow-Origin") == "" {
			t.Errorf("a preflight = %s", res.Status)
		}
		got = append(got, ts.do(http.DefaultClient, ts.request("GET", certsPath, nil)).StatusCode)
		if len(got) == 1 {
			if left := ts.control("GET", "/trouble", "").text; !strings.Contains(left, `"certs":{"answer":"error","status":500,"delay_ms":0,"times":1}`) {
				t.Errorf("after the first of two: %s", left)
			}
		}
	}
	if !slices.Equal(got, []int{500, 500, 501, 200}) {
		t.Errorf("four requests = %v", got)
	}
	ts.trouble("token", `{"answer":"reset","delay_ms":1500,"times":2}`)
	ts.control("DELETE", "/trouble/token", "")
	ts.control("DELETE", "/trouble/token", "") // ends nothing
	ts.control("PUT", "/clock", `{"offset_seconds":-90061}`)
	ts.trouble("revoke", `{"answer":"hang","delay_ms":5}`)
	ts.control("DELETE", "/trouble", "")
	if text := ts.control("GET", "/trouble", "").text; strings.TrimSpace(text) != `{"clock_offset_seconds":0,"endpoints":{}}` {
		t.Errorf("when all is as usual: %s", text)
	}
	want := []string{
		`"trouble was switched on" realm=small endpoint=certs what="answers with status 500, for 2 more requests"`,
		`"trouble was switched on" realm=small endpoint=all what="answers with status 501, for one more request"`,
		`"trouble has ended" realm=small endpoint=certs why="it has lasted for as many requests as it was to"`,
		`"trouble has ended" realm=small endpoint=all why="it has lasted for as many requests as it was to"`,
		`"trouble was switched on" realm=small endpoint=token what="closes the connection after 1.5 s, for 2 more requests"`,
		`"trouble has ended" realm=small endpoint=token why="it was switched off"`,
		`"the clock was set off" realm=small how="1 d 1 h 1 m 1 s behind"`,
		`"trouble was switched on" realm=small endpoint=revoke what="never answers"`,
		`"trouble has ended" realm=small endpoint=revoke why="it was switched off"`,
		`"the clock is right again" realm=small`,
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != len(want) {
		t.Errorf("%d lines in the log, want %d:\n%s", len(lines), len(want), &log)
	}
	for i := range min(len(lines), len(want)) {
		if !strings.Contains(lines[i], "level=INFO msg="+want[i]) {
			t.Errorf("line %d of the log: %s\nwant %s", i, lines[i], want[i])
		}
	}
}

func TestTroubleIsChecked(t *testing.T) {
	ts := newTestServer(t)
	names := "discovery, certs, auth, token, introspect, userinfo, revoke, logout, device, account, frames, all"
	for _, tt := range []struct {
		method, path, body, says string
	}{
		{"PUT", "/trouble/nope", `{"answer":"hang"}`, `There is no endpoint \"nope\". There are: ` + names},
		{"DELETE", "/trouble/nope", ``, names},
		{"PUT", "/trouble/certs", `{"answer":"slow"}`, "There are: normal, error, garbage, truncated, empty, hang, reset."},
		{"PUT", "/trouble/certs", `{"answer":"hang","delay":1}`, "any of answer, status, delay_ms, times: unknown field"},
		{"PUT", "/trouble/certs", `{"answer":"error","status":399}`, "from 400 to 599, got 399"},
		{"PUT", "/trouble/certs", `{"answer":"error","status":600}`, "from 400 to 599, got 600"},
		{"PUT", "/trouble/certs", `{"answer":"hang","status":500}`, "the answer error only, not with hang"},
		{"PUT", "/trouble/certs", `{"answer":"hang","delay_ms":-1}`, "from 0 to 60000 milliseconds, got -1"},
		{"PUT", "/trouble/certs", `{"answer":"hang","delay_ms":60001}`, "got 60001"},
		{"PUT", "/trouble/certs", `{"answer":"hang","times":0}`, "got 0; left out, it lasts"},
		{"PUT", "/trouble/certs", `{"answer":"hang","times":1.5}`, "times"},
		{"PUT", "/trouble/certs", `{}`, "changes nothing"},
		{"PUT", "/clock", `{}`, "offset_seconds is missing"},
		{"PUT", "/clock", `{"offset_seconds":315360001}`, "ten years either way, got 315360001"},
		{"PUT", "/clock", `{"offset_seconds":-315360001}`, "got -315360001"},
		{"PUT", "/clock", `{"seconds":1}`, "any of offset_seconds: unknown field"},
	} {
		res := ts.control(tt.method, tt.path, tt.body)
		if res.StatusCode != http.StatusBadRequest || !strings.Contains(res.text, tt.says) {
			t.Errorf("%s %s %s = %s %s, want 400 with %s", tt.method, tt.path, tt.body, res.Status, res.text, tt.says)
		}
	}
	if text := ts.control("GET", "/trouble", "").text; strings.TrimSpace(text) != `{"clock_offset_seconds":0,"endpoints":{}}` {
		t.Errorf("a refused request has changed something: %s", text)
	}
}

// The control API is for who knows the secret, and for no page of a browser.
func TestTroubleIsGuarded(t *testing.T) {
	ts := newTestServer(t)
	for _, e := range endpoints {
		if !strings.HasPrefix(e.path, "/keystead/") || e.path == "/keystead/report" {
			continue
		}
		for method := range strings.FieldsSeq(e.methods) {
			path := realmPath + strings.NewReplacer("{", "", "}", "").Replace(e.path)
			for name, tt := range map[string]struct {
				header []string
				want   int
			}{
				"nobody":          {nil, http.StatusUnauthorized},
				"a wrong secret":  {[]string{"Authorization", "Bearer " + testSecret + "x"}, http.StatusUnauthorized},
				"a page":          {[]string{"Authorization", "Bearer " + testSecret, "Origin", "http://localhost:9"}, http.StatusForbidden},
				"the realm's own": {[]string{"Authorization", "Bearer " + testSecret, "Origin", ts.URL}, http.StatusForbidden},
			} {
				if res := ts.do(http.DefaultClient, ts.request(method, path, nil, tt.header...)); res.StatusCode != tt.want {
					t.Errorf("%s %s by %s = %s, want %d", method, path, name, res.Status, tt.want)
				}
			}
		}
	}
}

func TestClock(t *testing.T) {
	ts := newTestServer(t)
	now := ts.clock.Now().Unix()
	setOff := func(seconds int) {
		t.Helper()
		if res := ts.control("PUT", "/clock", fmt.Sprintf(`{"offset_seconds":%d}`, seconds)); res.StatusCode != http.StatusNoContent {
			t.Fatal(res.text)
		}
	}
	usual := ts.tokensOf("openid")
	for _, off := range []int{-3600, maxOffset, -maxOffset} {
		setOff(off)
		if text := ts.control("GET", "/trouble", "").text; !strings.Contains(text, fmt.Sprintf(`"clock_offset_seconds":%d`, off)) {
			t.Errorf("%s", text)
		}
		tokens := ts.tokensOf("openid")
		got := claims(t, tokens.member("access_token"))
		if iat, exp := int64(got["iat"].(float64)), int64(got["exp"].(float64)); iat != now+int64(off) || exp != iat+300 {
			t.Errorf("with the clock off by %d: iat %d, exp %d, want %d", off, iat-now, exp-now, off)
		}
		if res := ts.userinfo(tokens.member("access_token")); res.StatusCode != http.StatusOK {
			t.Errorf("with the clock off by %d, userinfo = %s", off, res.Status)
		}
		if res := ts.refresh(tokens); res.StatusCode != http.StatusOK {
			t.Errorf("with the clock off by %d, refresh = %s", off, res.text)
		}
		ts.signIn(ts.browser())
	}
	setOff(0)
	if res := ts.userinfo(usual.member("access_token")); res.StatusCode == http.StatusOK {
		t.Error("a session that had ended ten years ahead has come back")
	}
	ts.offlineTokens()
	setOff(3600)
	setOff(0)
	if all := ts.sessions("?username=ann"); len(all) != 1 || !all[0].Offline {
		t.Errorf("after an hour ahead: %+v", all)
	}
	setOff(40 * 24 * 3600)
	setOff(0)
	if all := ts.sessions("?username=ann"); len(all) != 0 {
		t.Errorf("after forty days ahead: %+v", all)
	}
	again := ts.tokensOf("openid")
	setOff(-3600)
	if res := ts.userinfo(again.member("access_token")); res.StatusCode != http.StatusOK {
		t.Errorf("a token from the future = %s", res.Status)
	}
	setOff(299)
	if res := ts.userinfo(again.member("access_token")); res.StatusCode != http.StatusOK {
		t.Errorf("a second before its end = %s", res.Status)
	}
	setOff(300)
	if res := ts.userinfo(again.member("access_token")); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("at its end = %s", res.Status)
	}
	setOff(1799)
	if res := ts.refresh(again); res.StatusCode != http.StatusOK {
		t.Errorf("a session, a second before its idle time = %s", res.text)
	}
}

// What was revoked is not forgotten while the clock is ahead.
func TestClockForgetsNoRevocation(t *testing.T) {
	ts := newTestServer(t)
	revoke := func(token string) {
		t.Helper()
		if res := ts.do(http.DefaultClient, ts.request("POST", realmPath+oidc+"/revoke", formOf("client_id", "cli", "token", token))); res.StatusCode != http.StatusOK || res.text != "" {
			t.Fatal(res.Status, res.text)
		}
	}
	token := ts.tokensOf("openid").member("access_token")
	revoke(token)
	ts.control("PUT", "/clock", `{"offset_seconds":600}`)
	revoke(ts.tokensOf("openid").member("access_token"))
	ts.control("PUT", "/clock", `{"offset_seconds":-60}`)
	if res := ts.userinfo(token); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a revoked token = %s", res.Status)
	}
}

func (ts *testServer) keys() (listed []listedKey, published []string) {
	ts.t.Helper()
	if err := json.Unmarshal([]byte(ts.control("GET", "/keys", "").text), &listed); err != nil {
		ts.t.Fatal(err)
	}
	var set struct{ Keys []struct{ Kid string } }
	if err := json.Unmarshal([]byte(ts.do(http.DefaultClient, ts.request("GET", certsPath, nil)).text), &set); err != nil {
		ts.t.Fatal(err)
	}
	for _, key := range set.Keys {
		published = append(published, key.Kid)
	}
	return listed, published
}

func TestWithdrawKey(t *testing.T) {
	ts := newTestServer(t)
	before := ts.tokensOf("openid")
	listed, published := ts.keys()
	if len(listed) != 2 || len(published) != 2 || listed[0].ID != published[0] || listed[1].ID != published[1] {
		t.Fatalf("listed %+v, published %v", listed, published)
	}
	signing := listed[1]
	if signing != (listedKey{published[1], "RS256", "sig", 100, true, true}) || listed[0] != (listedKey{published[0], "RSA-OAEP", "enc", 100, true, true}) {
		t.Errorf("listed %+v", listed)
	}
	if res := ts.control("DELETE", "/keys/nope", ""); res.StatusCode != http.StatusNotFound || !strings.Contains(res.text, "no key nope") {
		t.Errorf("an unknown key = %s %s", res.Status, res.text)
	}
	for _, key := range listed {
		if res := ts.control("DELETE", "/keys/"+key.ID, ""); res.StatusCode != http.StatusNoContent {
			t.Fatal(res.Status, res.text)
		}
		if res := ts.control("DELETE", "/keys/"+key.ID, ""); res.StatusCode != http.StatusNotFound {
			t.Errorf("a key that is gone = %s", res.Status)
		}
	}
	listed, published = ts.keys()
	if len(listed) != 2 || len(published) != 2 || slices.Contains(published, signing.ID) || listed[0].Priority != fallbackPriority || listed[1].Priority != fallbackPriority {
		t.Errorf("afterwards listed %+v, published %v", listed, published)
	}
	if res := ts.userinfo(before.member("access_token")); res.StatusCode != http.StatusUnauthorized || !strings.Contains(res.Header.Get("WWW-Authenticate"), verificationFailed) {
		t.Errorf("a token of the key = %s %s", res.Status, res.Header.Get("WWW-Authenticate"))
	}
	after := ts.refresh(before) // refresh tokens have another key
	if res := ts.userinfo(after.member("access_token")); res.StatusCode != http.StatusOK {
		t.Errorf("a token of the new key = %s, after %s", res.Status, after.text)
	}
	// With another key that signs, none is made.
	ts.control("POST", "/rotate-keys", "{}")
	listed, _ = ts.keys()
	ts.control("DELETE", "/keys/"+listed[0].ID, "")
	if now, _ := ts.keys(); len(now) != 2 || now[0].Priority != fallbackPriority || now[1].Priority != fallbackPriority {
		t.Errorf("after a rotation and its withdrawal: %+v", now)
	}
}

// A key that only verifies replaces none that signs.
func TestWithdrawBesideAPassiveKey(t *testing.T) {
	k := newKeyring("test")
	k.provide(nil, "ES256", nil)
	k.add(&key{algorithm: "ES256", use: "sig", priority: 200, private: generate("ES256")})
	if !k.withdraw(k.signer("ES256").id) || k.signer("ES256") == nil || len(k.published()) != 4 {
		t.Errorf("the key that signs: %v of %d", k.signer("ES256"), len(k.published()))
	}
}

// Whoever signs while keys come and go always finds one.
func TestWithdrawWhileSigning(t *testing.T) {
	k := newKeyring("test")
	k.provide(nil, "ES256", nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 20 {
			if !k.withdraw(k.signer("ES256").id) {
				t.Error("the key that signs is unknown")
			}
			_ = k.rotate("ES256")
		}
	}()
	for {
		if _, err := k.sign("ES256", "JWT", newObject()); err != nil {
			t.Fatal(err)
		}
		select {
		case <-done:
			return
		default:
		}
	}
}

func (ts *testServer) sessions(query string) []listedSession {
	ts.t.Helper()
	res := ts.control("GET", "/sessions"+query, "")
	var all []listedSession
	if err := json.Unmarshal([]byte(res.text), &all); err != nil {
		ts.t.Fatalf("%v in %s", err, res.text)
	}
	return all
}

// told is a realm whose clients cli and plain are told of sign-outs, and how often they were.
func told(t *testing.T) (*testServer, *int) {
	t.Helper()
	count := 0
	app := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { count++ }))
	t.Cleanup(app.Close)
	telling := `"publicClient": true, "attributes": {"backchannel.logout.url": "` + app.URL + `"},`
	return newTestServer(t, strings.NewReplacer(`"clientId": "cli", "publicClient": true,`, `"clientId": "cli", `+telling, `"clientId": "plain", "publicClient": true,`, `"clientId": "plain", `+telling).Replace(small)), &count
}

func TestSessionsAreListed(t *testing.T) {
	ts := newTestServer(t)
	if all := ts.control("GET", "/sessions", "").text; strings.TrimSpace(all) != "[]" {
		t.Errorf("at first: %s", all)
	}
	began := ts.clock.Now().UTC()
	ts.signIn(ts.browser())
	ts.clock.Add(time.Minute)
	ts.offlineTokens()
	all := ts.sessions("")
	if len(all) != 3 {
		t.Fatalf("%+v", all)
	}
	if s := all[0]; s.Username != "ben" || s.Offline || !s.Started.Equal(began) || !s.LastUsed.Equal(began) || !s.Ends.Equal(began.Add(30*time.Minute)) || !slices.Equal(s.Clients, []string{"plain"}) {
		t.Errorf("a browser's session: %+v", s)
	}
	if s, offline := all[1], all[2]; s.ID != offline.ID || s.Offline || !offline.Offline || offline.Username != "ann" || !offline.Started.Equal(began.Add(time.Minute)) || !slices.Equal(offline.Clients, []string{"plain"}) {
		t.Errorf("an offline session beside its other: %+v, %+v", s, offline)
	}
	if text := ts.control("GET", "/sessions?username=ben", "").text; !strings.Contains(text, `"started":"`+began.Format(time.RFC3339)+`"`) {
		t.Errorf("times are not RFC 3339: %s", text)
	}
	for query, want := range map[string]int{"?username=ben": 1, "?username=ANN": 2, "?username=ann@example.com": 2, "?username=gone": 0} {
		if got := ts.sessions(query); len(got) != want {
			t.Errorf("%s: %+v, want %d", query, got, want)
		}
	}
	if res := ts.control("GET", "/sessions?username=nobody", ""); res.StatusCode != http.StatusNotFound || !strings.Contains(res.text, "There are: ann, ben") {
		t.Errorf("of nobody = %s %s", res.Status, res.text)
	}
	ts.clock.Add(30 * time.Minute)
	if all := ts.sessions(""); len(all) != 1 || !all[0].Offline {
		t.Errorf("after the idle time: %+v", all)
	}
}

func TestSessionsEndOnDemand(t *testing.T) {
	for _, tt := range []struct {
		name, method, path string
		offline            bool
		told               int
	}{
		{"expire", "POST", "/sessions/SID/expire", false, 0},
		{"expire, with its offline one", "POST", "/sessions/SID/expire", true, 0},
		{"end", "DELETE", "/sessions/SID", false, 1},
		{"end, with its offline one", "DELETE", "/sessions/SID", true, 1},
		{"sign out", "POST", "/users/USER/logout", false, 1},
		{"sign out, with the offline one", "POST", "/users/USER/logout", true, 1},
	} {
		ts, told := told(t)
		tokens, refused, others := answer{}, "Session not active", "ann"
		if tt.offline {
			tokens, refused, others = ts.offlineTokens(), "Offline user session not found", "ben"
		} else {
			tokens = ts.tokensOf("openid")
		}
		mine := ts.sessions("")[0]
		other := ts.token("grant_type", "password", "client_id", "quick", "username", others, "password", others)
		path := strings.NewReplacer("SID", mine.ID, "USER", mine.Username).Replace(tt.path)
		if res := ts.control(tt.method, path, ""); res.StatusCode != http.StatusNoContent || *told != tt.told {
			t.Errorf("%s = %s %s, told %d times, want %d", tt.name, res.Status, res.text, *told, tt.told)
		}
		if res := ts.refresh(tokens); res.StatusCode != http.StatusBadRequest || res.member("error_description") != refused {
			t.Errorf("%s: refresh = %s %s, want %s", tt.name, res.Status, res.text, refused)
		}
		if res := ts.userinfo(tokens.member("access_token")); !strings.Contains(res.Header.Get("WWW-Authenticate"), sessionNotFound) {
			t.Errorf("%s: userinfo = %s %s", tt.name, res.Status, res.Header.Get("WWW-Authenticate"))
		}
		if all := ts.sessions(""); len(all) != 1 || all[0].Username == mine.Username {
			t.Errorf("%s: left %+v", tt.name, all)
		}
		if res := ts.refresh(other); res.StatusCode != http.StatusOK {
			t.Errorf("%s: the other user = %s", tt.name, res.text)
		}
		if strings.Contains(path, "/sessions/") {
			if res := ts.control(tt.method, path, ""); res.StatusCode != http.StatusNotFound {
				t.Errorf("%s, again = %s", tt.name, res.Status)
			}
		} else if res := ts.control(tt.method, path, ""); res.StatusCode != http.StatusNoContent {
			t.Errorf("%s, again = %s", tt.name, res.Status)
		}
	}
	ts := newTestServer(t)
	if res := ts.control("POST", "/users/nobody/logout", ""); res.StatusCode != http.StatusNotFound || !strings.Contains(res.text, "There are: ann") {
		t.Errorf("nobody = %s %s", res.Status, res.text)
	}
}

// Claims of the caller's own stand as they were given, in the access token alone.
func TestMintedClaims(t *testing.T) {
	ts := newTestServer(t)
	mint := func(body string) answer {
		t.Helper()
		res := ts.control("POST", "/tokens", body)
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s = %s %s", body, res.Status, res.text)
		}
		return res
	}
	usual := claims(t, mint(`{"username":"ann","client_id":"cli","scope":"openid email"}`).member("access_token"))
	res := mint(`{"username":"ann","client_id":"cli","scope":"openid email","claims":{"department":"x","email":null,"aud":["a","b"],"exp":1.50e1,"iss":"https://other.example","big":12345678901234567890,"deep":{"b":[1,null],"a":true},"sub":""}}`)
	got := claims(t, res.member("access_token"))
	for name, want := range map[string]any{"department": "x", "iss": "https://other.example", "exp": 15.0, "sub": "", "preferred_username": usual["preferred_username"], "scope": usual["scope"]} {
		if got[name] != want {
			t.Errorf("%s: %v, want %v", name, got[name], want)
		}
	}
	if _, there := got["email"]; there || usual["email"] == nil {
		t.Errorf("email: %v, usually %v", got["email"], usual["email"])
	}
	payload := must(decodeSegment(strings.Split(res.member("access_token"), ".")[1]))
	for _, literal := range []string{`"big":12345678901234567890`, `"exp":1.50e1`, `"deep":{"b":[1,null],"a":true}`, `"aud":["a","b"]`} {
		if !strings.Contains(payload, literal) {
			t.Errorf("no %s in %s", literal, payload)
		}
	}
	for _, other := range []string{"id_token", "refresh_token"} {
		if other := claims(t, res.member(other)); other["department"] != nil || other["iss"] != usual["iss"] || other["sub"] != usual["sub"] {
			t.Errorf("another token has the claims, too: %v", other)
		}
	}
	if after := claims(t, ts.refresh(res).member("access_token")); after["department"] != nil || after["iss"] != usual["iss"] {
		t.Errorf("they have outlived a refresh: %v", after)
	}
	if res := ts.userinfo(res.member("access_token")); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("userinfo with a token that has expired and is another's = %s", res.Status)
	}
	if res := ts.control("POST", "/tokens", `{"username":"ann","client_id":"cli","claims":["x"]}`); res.StatusCode != http.StatusBadRequest || !strings.Contains(res.text, "claims") {
		t.Errorf("claims that are no object = %s %s", res.Status, res.text)
	}
}

func decodeSegment(part string) (string, error) {
	var raw json.RawMessage
	err := decodePart(part, &raw)
	return string(raw), err
}

// Whoever reads the log sees why an app was signed out, or has met a key that it does not know.
func TestSwitchesAreLogged(t *testing.T) {
	ts := newTestServer(t)
	var log authtest.Log
	ts.realm.log = slog.New(slog.NewTextHandler(&log, nil))
	for _, end := range []struct{ method, path, says string }{
		{"POST", "/sessions/%s/expire", "a session has expired on demand"},
		{"DELETE", "/sessions/%s", "a session was ended"},
		{"POST", "/users/ann/logout", "a user was signed out everywhere"},
		{"POST", "/rotate-keys", "a new key signs"},
	} {
		path := strings.Replace(end.path, "%s", ts.password("ann", "ann").member("session_state"), 1)
		if res := ts.control(end.method, path, ""); res.StatusCode != http.StatusNoContent || !strings.Contains(log.String(), end.says) {
			t.Errorf("%s %s = %s; the log: %s", end.method, end.path, res.Status, log.String())
		}
	}
}
