//go:build !norealm

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keystead/auth/authtest"
)

// These tests sign people in and out over HTTP, each on the development realm and on a real Keycloak.

func TestSessionLogin(t *testing.T)           { testSessionLogin(t, onDevelopmentRealm) }
func TestSessionLoginOnKeycloak(t *testing.T) { testSessionLogin(t, onKeycloak(t)) }

func testSessionLogin(t *testing.T, kind realmKind) {
	r := newLoginRealm(t, kind, nil)
	p := r.serve(t, sqliteFile(t), "--login-mode=session")
	tests := []struct {
		name string
		test func(*testing.T, *loginRealm, *replica)
	}{
		{"the walk", walk},
		{"answers to no login of this browser", strayAnswers},
		{"answers of the realm that are no code", refusedLogins},
		{"a way back that is taken twice", takenTwice},
		{"logins side by side", sideBySide},
		{"where a login leads", whereLoginsLead},
		{"fixation", fixation},
		{"two people, one browser", twoPeople},
		{"requests of other sites", foreignRequests},
		{"sign-outs that nobody asked for", unwantedSignOuts},
		{"the realm is away", realmAway},
		{"what the browser is told", whatBrowsersSee},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, r, p) })
	}
}

// walk is what the first guide has people do.
func walk(t *testing.T, r *loginRealm, p *replica) {
	b := newBrowser(t)
	b.fetch("GET", p.public+"/api/me", "").want(t, http.StatusUnauthorized, "token_missing")
	missing := b.fetch("GET", p.public+"/auth/session", "").want(t, http.StatusUnauthorized, "session_missing")
	if missing.member("login") != "/auth/login" {
		t.Errorf("nobody is told where to sign in: %s", missing.body)
	}
	if to := b.open(p.public+"/api/me?x=1").want(t, http.StatusFound, "").to(); to != p.public+"/auth/login?return_to=%2Fapi%2Fme%3Fx%3D1" {
		t.Errorf("a person who opens an operation is sent to %s", to)
	}

	page := b.begin(r, "?return_to=%2Fapi%2Fme%3Fx%3D1")
	if !page.asksForPassword() {
		t.Fatalf("the login begins with %d %.500s", page.status, page.body)
	}
	asked := page.from.Query()
	if !page.from.Query().Has("state") { // Keycloak's page may stand at another address than that with the parameters
		first, err := url.Parse(b.open(p.public + "/auth/login").to())
		if err != nil {
			t.Fatal(err)
		}
		asked = first.Query()
	}
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if asked.Get(name) == "" {
			t.Errorf("the login has no %s: %v", name, asked)
		}
	}
	if asked.Get("code_challenge_method") != "S256" || asked.Get("scope") != "openid" || asked.Get("client_id") != sessionClient {
		t.Errorf("the login asks for %v", asked)
	}

	end := b.follow(b.password(page, "alice")).want(t, http.StatusOK, "")
	if end.from.RequestURI() != "/api/me?x=1" || end.member("username") != "alice" {
		t.Errorf("the login ends at %s with %s", end.from, end.body)
	}
	b.fetch("GET", p.public+"/api/me", "").want(t, http.StatusOK, "")
	b.fetch("GET", p.public+"/api/admin/reports", "").want(t, http.StatusOK, "")
	var info struct {
		Sub, Username, Email string
		SignedInAt           time.Time `json:"signed_in_at"`
		ExpiresAt            time.Time `json:"expires_at"`
	}
	signedIn := b.fetch("GET", p.public+"/auth/session", "").want(t, http.StatusOK, "")
	if err := json.Unmarshal([]byte(signedIn.body), &info); err != nil || info.Sub == "" || info.Username != "alice" || info.Email != "alice@example.com" ||
		time.Since(info.SignedInAt) > time.Minute || time.Until(info.ExpiresAt) < 25*time.Minute || time.Until(info.ExpiresAt) > 31*time.Minute {
		t.Errorf("/auth/session = %s (%v); the realm's sessions last 30 minutes without use", signedIn.body, err)
	}
	if signedIn.header.Get("Cache-Control") != "no-store" {
		t.Errorf("/auth/session may be kept: %v", signedIn.header)
	}

	stolen := b.copy()
	out := b.open(p.public+"/auth/logout").want(t, http.StatusSeeOther, "")
	if to, err := url.Parse(out.to()); err != nil || !strings.HasPrefix(out.to(), r.issuer+"/") || to.Query().Get("id_token_hint") == "" || to.Query().Get("client_id") != sessionClient {
		t.Errorf("signing out leads to %.100s", out.to())
	}
	stolen.fetch("GET", p.public+"/api/me", "").want(t, http.StatusUnauthorized, "session_expired") // before the realm is asked
	if back := b.follow(out).want(t, http.StatusOK, ""); back.from.String() != p.public+"/" {
		t.Errorf("signing out ends at %s: %.500s", back.from, back.body)
	}
	b.fetch("GET", p.public+"/api/me", "").want(t, http.StatusUnauthorized, "token_missing")
	ended := stolen.fetch("GET", p.public+"/auth/session", "").want(t, http.StatusUnauthorized, "session_expired")
	if ended.member("login") != "/auth/login" {
		t.Errorf("who was signed out is not told where to sign in: %s", ended.body)
	}
	if !b.begin(r, "").asksForPassword() {
		t.Error("after the sign-out somebody gets in without a password")
	}
}

// signedInAs reports who the browser is for the API, "" for nobody.
func signedInAs(b *browser, p *replica) string {
	return b.fetch("GET", p.direct+"/api/me", "").member("username")
}

// change returns an address with other parameters: pairs, of which "-" as value takes one away.
func change(t testing.TB, address string, pairs ...string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	for pair := range slices.Chunk(pairs, 2) {
		if query.Del(pair[0]); pair[1] != "-" {
			query.Set(pair[0], pair[1])
		}
	}
	u.RawQuery = query.Encode()
	return u.String()
}

func strayAnswers(t *testing.T, r *loginRealm, p *replica) {
	const (
		notBegun = "was not begun in this browser"
		twice    = "says something twice"
		other    = "another issuer"
	)
	tests := []struct {
		name, says string
		answer     func(b *browser, callback string) (*browser, string)
	}{
		{"no state", notBegun, func(b *browser, callback string) (*browser, string) { return b, change(t, callback, "state", "-") }},
		{"an empty state", notBegun, func(b *browser, callback string) (*browser, string) { return b, change(t, callback, "state", "") }},
		{"a state of somebody's own", notBegun, func(b *browser, callback string) (*browser, string) {
			return b, change(t, callback, "state", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
		}},
		{"a state that begins like the right one", notBegun, func(b *browser, callback string) (*browser, string) {
			u, _ := url.Parse(callback)
			return b, change(t, callback, "state", u.Query().Get("state")[:20]+"AAAAAA")
		}},
		{"a state that is too long", notBegun, func(b *browser, callback string) (*browser, string) {
			return b, change(t, callback, "state", strings.Repeat("A", 4000))
		}},
		{"nothing at all", notBegun, func(b *browser, _ string) (*browser, string) { return b, p.public + "/auth/callback" }},
		{"another browser's", notBegun, func(b *browser, callback string) (*browser, string) { return newBrowser(t), callback }},
		{"another browser's, in one that has begun a login, too", notBegun, func(b *browser, callback string) (*browser, string) {
			victim := newBrowser(t)
			victim.open(p.public + "/auth/login")
			return victim, callback
		}},
		{"a cookie that was changed", notBegun, func(b *browser, callback string) (*browser, string) {
			for _, cookie := range b.named("keystead_") {
				b.plant("localhost", cookie.Name, cookie.Value[:40]+"AAAA"+cookie.Value[44:])
			}
			return b, callback
		}},
		{"a cookie under another login's name", notBegun, func(b *browser, callback string) (*browser, string) {
			mine := b.named("keystead_")[0]
			b.open(p.public + "/auth/login")
			for _, cookie := range b.named("keystead_") {
				if cookie.Name != mine.Name {
					b.plant("localhost", mine.Name, cookie.Value)
				}
			}
			return b, callback
		}},
		{"another issuer", other, func(b *browser, callback string) (*browser, string) {
			return b, change(t, callback, "iss", "http://localhost/realms/evil")
		}},
		{"an empty issuer", other, func(b *browser, callback string) (*browser, string) { return b, change(t, callback, "iss", "") }},
		{"two codes", twice, func(b *browser, callback string) (*browser, string) { return b, callback + "&code=another" }},
		{"two issuers", twice, func(b *browser, callback string) (*browser, string) {
			return b, callback + "&iss=" + url.QueryEscape(r.issuer)
		}},
		{"two states", twice, func(b *browser, callback string) (*browser, string) { return b, callback + "&state=another" }},
		{"no code", "", func(b *browser, callback string) (*browser, string) { return b, change(t, callback, "code", "-") }},
		{"a code of nobody's", "finished before", func(b *browser, callback string) (*browser, string) {
			return b, change(t, callback, "code", "00000000-0000-0000-0000-000000000000.a.b")
		}},
		{"a code of another login, which PKCE does not fit", "finished before", func(b *browser, callback string) (*browser, string) {
			u, _ := url.Parse(newBrowser(t).comeBack(r, "bob", "")) // an attacker's own
			return b, change(t, callback, "code", u.Query().Get("code"))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			owner := newBrowser(t)
			callback := owner.comeBack(r, "alice", "")
			b, address := tt.answer(owner, callback)
			a := b.arrive(address)
			if a.status != http.StatusBadRequest || !strings.Contains(a.text(), tt.says) || !strings.Contains(a.body, `href="/auth/login?return_to=%2F`) {
				t.Errorf("got %d %s %s", a.status, a.to(), a.text())
			}
			if b.session() != "" || signedInAs(b, p) != "" {
				t.Errorf("somebody is signed in as %q", signedInAs(b, p))
			}
			if program := b.fetch("GET", address, ""); program.status != http.StatusBadRequest || program.code() != "login_failed" {
				t.Errorf("a program got %d %s", program.status, program.body)
			}
		})
	}
}

func refusedLogins(t *testing.T, r *loginRealm, p *replica) {
	tests := []struct {
		name, says, logged string
	}{
		{"access_denied", "You did not let the app have", "access_denied"},
		{"temporarily_unavailable", "The login page was open for too long", "temporarily_unavailable"},
		{"login_required", "would have had to ask", "login_required"},
		{"invalid_scope", "The realm has refused the login", "invalid_scope"},
		{`"><script>alert(1)</script>`, "The realm has refused the login", "alert(1)"},
		{strings.Repeat("x", 4000), "The realm has refused the login", "xxx…"},
	}
	for _, tt := range tests {
		b := newBrowser(t)
		state := stateOf(t, b.open(p.public+"/auth/login?return_to=/deep"))
		answer := p.public + "/auth/callback?" + url.Values{"state": {state}, "error": {tt.name}, "error_description": {"<b>words-of-the-realm</b>"}, "iss": {r.issuer}}.Encode()
		a := b.arrive(answer)
		if a.status != http.StatusBadRequest || !strings.Contains(a.text(), tt.says) || strings.Contains(a.body, "<script>alert") || strings.Contains(a.body, "words-of-the-realm") || !strings.Contains(a.body, "return_to=%2Fdeep") {
			t.Errorf("%.30s: %d %s", tt.name, a.status, a.text())
		}
		eventually(t, patience, fmt.Sprintf("the log holds %q", tt.logged), func() bool { return strings.Contains(p.log.String(), tt.logged) })
		if again := b.arrive(answer); again.status != http.StatusBadRequest || !strings.Contains(again.body, "was not begun in this browser") {
			t.Errorf("%.30s: a login can be answered twice: %d", tt.name, again.status)
		}
	}

	b := newBrowser(t) // who only asks whether somebody is signed in gets no error page
	if a := b.follow(b.open(p.public+"/auth/login?prompt=none&return_to=/quiet"), p.public+"/quiet"); a.to() != p.public+"/quiet" || b.session() != "" {
		t.Errorf("a quiet question ends with %d %s %s", a.status, a.to(), a.text())
	}
	b.signIn(r, "alice")
	if a := b.follow(b.open(p.public+"/auth/login?prompt=none&return_to=/quiet"), p.public+"/quiet"); a.to() != p.public+"/quiet" || signedInAs(b, p) != "alice" {
		t.Errorf("a quiet login ends with %d %s %s", a.status, a.to(), a.text())
	}
	if a := b.begin(r, "?prompt=login"); !a.asksForPassword() {
		t.Errorf("prompt=login is not passed on: %d %s", a.status, a.to())
	}
	if to := b.open(p.public + "/auth/login?login_hint=bob&kc_idp_hint=x&client_id=evil&redirect_uri=http://evil.test/&scope=all&state=mine").to(); !strings.Contains(to, "login_hint=bob") ||
		!strings.Contains(to, "kc_idp_hint=x") || strings.Contains(to, "evil") || strings.Contains(to, "scope=all") || strings.Contains(to, "state=mine") {
		t.Errorf("of the parameters are passed on: %s", to)
	}
}

func stateOf(t testing.TB, a answer) string {
	t.Helper()
	u, err := url.Parse(a.to())
	if err != nil || u.Query().Get("state") == "" {
		t.Fatalf("no login begins: %d %s", a.status, a.to())
	}
	return u.Query().Get("state")
}

func takenTwice(t *testing.T, r *loginRealm, p *replica) {
	b := newBrowser(t)
	callback := b.comeBack(r, "alice", "?return_to=/first")
	thief := b.copy() // has the cookie of the login, too
	if a := b.arrive(callback).want(t, http.StatusFound, ""); a.to() != p.public+"/first" {
		t.Errorf("the login leads to %s", a.to())
	}
	if a := b.arrive(callback).want(t, http.StatusFound, ""); a.to() != p.public+"/" || signedInAs(b, p) != "alice" {
		t.Errorf("a reload leads to %s, as %q", a.to(), signedInAs(b, p))
	}
	mine := r.wire.newest()
	stranger := newBrowser(t)
	stranger.arrive(callback).want(t, http.StatusBadRequest, "")
	if a := thief.arrive(callback); a.status != http.StatusBadRequest || thief.session() != "" {
		t.Errorf("a code that was used gives another session: %d %s", a.status, a.to())
	}
	// The realm ends what the code gave (RFC 6749 §4.1.2): the session lasts as long as its access token.
	_, after := r.tryToken(t, url.Values{"grant_type": {"refresh_token"}, "client_id": {sessionClient}, "client_secret": {sessionSecret}, "refresh_token": {mine.Refresh}})
	if !strings.Contains(after, "invalid_grant") || signedInAs(b, p) != "alice" {
		t.Errorf("after a code was shown twice a refresh gets %.100s, and the session is %q", after, signedInAs(b, p))
	}

	// Somebody else has redeemed the code: what they can without the verifier is to spoil it.
	b = newBrowser(t)
	callback = b.comeBack(r, "alice", "")
	u, _ := url.Parse(callback)
	_, text := r.tryToken(t, url.Values{"grant_type": {"authorization_code"}, "client_id": {sessionClient}, "client_secret": {sessionSecret}, "redirect_uri": {p.public + "/auth/callback"}, "code": {u.Query().Get("code")}})
	if !strings.Contains(text, "invalid_grant") {
		t.Errorf("a code without its verifier gives %s", text)
	}
	if a := b.arrive(callback); a.status != http.StatusBadRequest || b.session() != "" {
		t.Errorf("a code that was redeemed elsewhere: %d %s", a.status, a.to())
	}
}

func sideBySide(t *testing.T, r *loginRealm, p *replica) {
	b := newBrowser(t)
	first := b.begin(r, "?return_to=/first")
	second := b.begin(r, "?return_to=/second")
	for _, tab := range []struct {
		page answer
		path string
	}{{second, "/second"}, {first, "/first"}} {
		page := tab.page
		if page.asksForPassword() {
			if page = b.follow(b.password(page, "alice"), p.public+"/auth/callback"); page.to() == "" { // Keycloak: signed in in another tab
				page = b.follow(b.open(tab.page.from.String()), p.public+"/auth/callback")
			}
		}
		if page.to() == "" {
			t.Fatalf("the realm does not finish the login of %s: %d %.800s", tab.path, page.status, page.body)
		}
		if a := b.arrive(page.to()); a.to() != p.public+tab.path {
			t.Errorf("the login of %s ends with %d %s %.1500s", tab.path, a.status, a.to(), a.body)
		}
	}
	if signedInAs(b, p) != "alice" || len(b.named("keystead_")) != 1 {
		t.Errorf("two tabs: %q, %v", signedInAs(b, p), b.named("keystead_"))
	}

	// More than five at a time would make headers too long.
	b = newBrowser(t)
	var states []string
	for i := range 7 {
		states = append(states, stateOf(t, b.open(fmt.Sprintf("%s/auth/login?return_to=/%d", p.public, i))))
		if i < 6 {
			continue
		}
		if n := len(b.named("keystead_")); n != 5 {
			t.Errorf("%d logins wait in cookies, want 5", n)
		}
	}
	for i, state := range states {
		a := b.arrive(p.public + "/auth/callback?error=access_denied&state=" + state)
		if known := strings.Contains(a.body, fmt.Sprintf("return_to=%%2F%d", i)); known != (i >= 2) {
			t.Errorf("login %d is known: %v", i, known)
		}
	}
}

func whereLoginsLead(t *testing.T, r *loginRealm, p *replica) {
	b := newBrowser(t)
	b.signIn(r, "alice") // from now on the realm does not ask
	good := []string{
		"/notes", "/notes?q=a%20b&x=1", "/notes?q=1#part-2", "/#/deep", "/a/b/c", "/notes?next=https://example.com/", "/%C3%A4", "/a:b", "/notes?q=%2F%2Fevil.test",
	}
	bad := []string{
		"//evil.test", "///evil.test", "////evil.test", `/\evil.test`, `\/evil.test`, `\\evil.test`, `/\/evil.test`, "https://evil.test", "http:evil.test", "https:/evil.test", "https:///evil.test",
		"javascript:alert(1)", "data:text/html,x", "evil.test", "./evil", "", " //evil.test", "/\t/evil.test", "/\n/evil.test", "/\r/evil.test", "\t//evil.test", "/ /evil.test", "/%09/evil.test", "/%2f%2fevil.test", "/%2f/evil.test", "/%5cevil.test", "/%5c%5cevil.test",
		"/%00/evil.test", "/\x00/evil.test", "/\x7f/evil.test", "/auth/logout", "/auth/login", "/auth/callback?code=x", "/%61uth/logout", "/./auth/logout", "/x/../auth/logout", "//localhost/notes", "/a/..//evil.test", "/.//evil.test", "/%2e/%2fevil.test", "@evil.test", "/" + strings.Repeat("a", 5000), "?x", "#x", "/%zz",
	}
	lead := func(target string) string {
		a := b.follow(b.open(p.public+"/auth/login?"+url.Values{"return_to": {target}}.Encode()), p.public+"/auth/callback")
		if a.to() == "" {
			t.Fatalf("%q: %d %.500s", target, a.status, a.body)
		}
		a = b.arrive(a.to())
		return a.header.Get("Location")
	}
	for _, target := range good {
		if to := lead(target); to != target {
			t.Errorf("return_to %q leads to %q", target, to)
		}
	}
	for _, target := range bad {
		if to := lead(target); to != "/" {
			t.Errorf("return_to %q leads to %q", target, to)
		}
	}
}

func fixation(t *testing.T, r *loginRealm, p *replica) {
	const planted = "planted-planted-planted-planted-planted-plan"
	name := "keystead_" + strings.TrimPrefix(p.public, "http://localhost:")
	b := newBrowser(t)
	b.plant("localhost", name, planted)
	b.fetch("GET", p.public+"/api/me", "").want(t, http.StatusUnauthorized, "session_expired")
	b.signIn(r, "alice")
	first := b.session()
	if first == "" || first == planted {
		t.Fatalf("the session is %q", first)
	}
	attacker := newBrowser(t)
	attacker.plant("localhost", name, planted)
	attacker.fetch("GET", p.public+"/api/me", "").want(t, http.StatusUnauthorized, "session_expired")

	before := b.copy()
	b.signIn(r, "alice")
	if b.session() == first || b.session() == "" {
		t.Error("a login keeps the session's id")
	}
	before.fetch("GET", p.public+"/api/me", "").want(t, http.StatusUnauthorized, "session_expired")

	// A session that an attacker has signed in to is not taken over by whoever signs in after that, nor is theirs by the attacker.
	attacker = newBrowser(t)
	attacker.signIn(r, "bob")
	victim := newBrowser(t)
	victim.plant("localhost", name, attacker.session())
	victim.signIn(r, "alice")
	if victim.session() == attacker.session() || signedInAs(attacker, p) != "" || signedInAs(victim, p) != "alice" {
		t.Errorf("the attacker is %q, the victim %q", signedInAs(attacker, p), signedInAs(victim, p))
	}
}

func twoPeople(t *testing.T, r *loginRealm, p *replica) {
	b := newBrowser(t)
	b.signIn(r, "bob")
	b.fetch("GET", p.public+"/api/admin/reports", "").want(t, http.StatusForbidden, "role_missing")
	b.signOut(r)
	b.signIn(r, "alice")
	b.fetch("GET", p.public+"/api/admin/reports", "").want(t, http.StatusOK, "")
}

// A browser sends the session's cookie whoever makes the request. SameSite keeps it away from other sites' requests, but not in
// all browsers, nor from sibling hosts.
func foreignRequests(t *testing.T, r *loginRealm, p *replica) {
	b := newBrowser(t)
	b.signIn(r, "alice")
	const note = `{"title":"from elsewhere","text":""}`
	unsafe := []struct {
		name    string
		headers []string
		want    int
	}{
		{"cross-site", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"}, http.StatusForbidden},
		{"same-site", []string{"Sec-Fetch-Site", "same-site", "Origin", "http://other.localhost"}, http.StatusForbidden},
		{"an older browser", []string{"Origin", "https://evil.test"}, http.StatusForbidden},
		{"an origin of another port", []string{"Origin", "http://localhost:1"}, http.StatusForbidden},
		{"an opaque origin", []string{"Origin", "null"}, http.StatusForbidden},
		{"cross-site, that says it has our origin in a name", []string{"Origin", "http://localhost.evil.test"}, http.StatusForbidden},
		{"its own page", []string{"Sec-Fetch-Site", "same-origin", "Origin", p.public}, http.StatusCreated},
		{"an older browser's own page", []string{"Origin", p.public}, http.StatusCreated},
		{"a program", nil, http.StatusCreated},
	}
	for _, tt := range unsafe {
		a := b.send("POST", p.public+"/api/notes", note, append([]string{"Content-Type", "application/json"}, tt.headers...)...)
		if a.status != tt.want || tt.want == http.StatusForbidden && a.code() != "cross_origin" {
			t.Errorf("%s: %d %s", tt.name, a.status, a.body)
		}
		if a.status == http.StatusForbidden && a.header.Get("Www-Authenticate") != "" {
			t.Errorf("%s: a token is asked for, which would not help: %v", tt.name, a.header)
		}
		if a.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %v", tt.name, a.header)
		}
	}
	for _, method := range []string{"PUT", "PATCH", "DELETE", "POST"} {
		a := b.send(method, p.public+"/api/notes/00000000-0000-4000-8000-000000000000", "{}", "Content-Type", "application/json", "Sec-Fetch-Site", "cross-site")
		if a.status != http.StatusForbidden || a.code() != "cross_origin" {
			t.Errorf("%s of another site: %d %s", method, a.status, a.body)
		}
	}

	// A request with both is the token's, and needs no proof: a page of another site cannot add that header.
	bob := "Bearer " + r.passwordToken(t, "bob").Access
	both := b.send("GET", p.public+"/api/me", "", "Authorization", bob)
	if both.want(t, http.StatusOK, "").member("username") != "bob" {
		t.Errorf("with a token and a session: %s", both.body)
	}
	b.send("POST", p.public+"/api/notes", note, "Content-Type", "application/json", "Authorization", bob, "Sec-Fetch-Site", "cross-site").want(t, http.StatusCreated, "")
	b.send("GET", p.public+"/api/me", "", "Authorization", "Bearer nonsense").want(t, http.StatusUnauthorized, "token_malformed") // no way round a bad token
	b.send("GET", p.public+"/api/me", "", "Authorization", "Basic YTpi").want(t, http.StatusOK, "")                               // a proxy's
	for _, cookie := range []string{"", "x", strings.Repeat("a", 4000), "..", "%00", "' OR 1=1 --"} {
		thief := newBrowser(t)
		a := thief.send("GET", p.public+"/api/me", "", "Cookie", "keystead_"+strings.TrimPrefix(p.public, "http://localhost:")+"="+cookie)
		if a.status != http.StatusUnauthorized {
			t.Errorf("the cookie %.20q: %d %s", cookie, a.status, a.body)
		}
	}
}

func unwantedSignOuts(t *testing.T, r *loginRealm, p *replica) {
	b := newBrowser(t)
	b.signIn(r, "alice")
	logout := p.public + "/auth/logout"
	still := func(name string, a answer) {
		t.Helper()
		if signedInAs(b, p) != "alice" {
			t.Fatalf("%s signs out: %d %s", name, a.status, a.to())
		}
	}
	get := func(name string, headers ...string) {
		t.Helper()
		a := b.send("GET", logout, "", append([]string{"Accept", "text/html"}, headers...)...)
		if a.status != http.StatusOK || !strings.Contains(a.body, "Sign out?") || !strings.Contains(a.body, `<form method="post" action="/auth/logout">`) {
			t.Errorf("%s: %d %.300s", name, a.status, a.body)
		}
		still(name, a)
	}
	get("a link on another site", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate")
	get("a link on a sibling host", "Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "navigate")
	get("an image of another site", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors")
	get("an image of this site", "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "no-cors")
	get("a browser that says nothing")
	get("a prefetch", "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate", "Sec-Purpose", "prefetch")
	get("a prerender", "Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate", "Sec-Purpose", "prefetch;prerender")
	still("a HEAD", b.send("HEAD", logout, "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"))
	for name, headers := range map[string][]string{
		"a form of another site": {"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Origin", "https://evil.test"}, "a form of a sibling host": {"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "navigate"},
		"an older browser's form": {"Origin", "https://evil.test"}, "a form without an origin of its own": {"Origin", "null"},
	} {
		a := b.send("POST", logout, "", append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)...)
		if a.status != http.StatusForbidden || a.code() != "cross_origin" {
			t.Errorf("%s: %d %.300s", name, a.status, a.body)
		}
		still(name, a)
	}
	if a := b.follow(b.submit(logout, url.Values{}).want(t, http.StatusSeeOther, "")); a.from.String() != p.public+"/" || signedInAs(b, p) != "" {
		t.Errorf("the confirmation ends at %s as %q", a.from, signedInAs(b, p))
	}
	if a := b.follow(b.open(logout)); a.status != http.StatusOK { // nobody is signed in: that is no error
		t.Errorf("signing out twice: %d %s", a.status, a.text())
	}
}

func realmAway(t *testing.T, r *loginRealm, p *replica) {
	b := newBrowser(t)
	b.signIn(r, "alice")
	callback := newBrowser(t)
	late := callback.comeBack(r, "bob", "?return_to=/late")
	r.wire.set(func() { r.wire.cut = true })
	defer r.wire.set(func() { r.wire.cut = false })

	if signedInAs(b, p) != "alice" {
		t.Error("a session whose access token is good ends with the realm away")
	}
	if a := callback.arrive(late); a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "The realm did not answer") || !strings.Contains(a.body, "return_to=%2Flate") {
		t.Errorf("a login that the realm does not finish: %d %s", a.status, a.text())
	}
	stolen := b.copy()
	began := time.Now()
	a := b.open(p.public + "/auth/logout")
	if a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "You are signed out here, but not at the realm") || !strings.Contains(a.body, r.issuer[:strings.Index(r.issuer, "/realms/")]) {
		t.Errorf("a sign-out that the realm does not hear of: %d %s", a.status, a.text())
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("the person waits for %v", took)
	}
	stolen.fetch("GET", p.public+"/api/me", "").want(t, http.StatusUnauthorized, "session_expired")
	if a := stolen.fetch("POST", p.public+"/auth/logout", "", "Origin", p.public); a.status != http.StatusServiceUnavailable || a.code() != "realm_unavailable" || a.header.Get("Retry-After") == "" {
		t.Errorf("a program that signs out: %d %s %v", a.status, a.body, a.header)
	}
	r.wire.set(func() { r.wire.cut = false })
	// The page's button still ends the realm's session, though the hint went with the session here: the realm asks.
	if a := b.follow(b.submit(p.public+"/auth/logout", url.Values{})); a.status != http.StatusOK || strings.HasPrefix(a.from.String(), p.public) {
		t.Errorf("the second attempt ends at %s with %d", a.from, a.status)
	}
	if a := callback.follow(callback.open(p.public+"/auth/login?return_to=/late"), p.public+"/late"); a.to() != p.public+"/late" {
		t.Errorf("the login that was tried again ends with %d %s", a.status, a.to())
	}
}

// Nothing that the browser can read holds a token.
func whatBrowsersSee(t *testing.T, r *loginRealm, p *replica) {
	b := newBrowser(t)
	var seen []string
	look := func(a answer) { seen = append(seen, a.body, fmt.Sprint(a.header)) }
	callback := b.comeBack(r, "alice", "")
	look(b.arrive(callback))
	got := r.wire.newest()
	for _, path := range []string{"/", "/config.json", "/auth/session", "/api/me", "/docs", "/openapi.json", "/readyz", "/auth/nothing"} {
		look(b.open(p.public + path))
		look(b.fetch("GET", p.public+path, ""))
	}
	for _, cookie := range b.given {
		seen = append(seen, cookie.String())
	}
	all := strings.Join(seen, "\n")
	for _, secret := range []string{got.Access, got.Refresh, got.ID, sessionSecret, sealingSecret} {
		for _, part := range partsOf(secret) {
			if at := strings.Index(all, part); at >= 0 {
				t.Errorf("the browser sees %.20s…: %.300s", part, all[max(0, at-100):])
			}
		}
	}
	if !strings.Contains(b.open(p.public+"/config.json").body, "session") {
		t.Error("the page does not learn of its login mode")
	}
}

func TestSessionCookie(t *testing.T)           { testSessionCookie(t, onDevelopmentRealm) }
func TestSessionCookieOnKeycloak(t *testing.T) { testSessionCookie(t, onKeycloak(t)) }

func testSessionCookie(t *testing.T, kind realmKind) {
	check := func(t *testing.T, b *browser, name string, secure bool) {
		t.Helper()
		found := 0
		for _, cookie := range b.given {
			if !strings.HasPrefix(cookie.Name, name) {
				continue
			}
			found++
			persists := strings.Contains(cookie.Name, "_login_")
			if !cookie.HttpOnly || cookie.Secure != secure || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" || (cookie.MaxAge != 0) != persists && cookie.MaxAge >= 0 {
				t.Errorf("%s", cookie)
			}
		}
		if found < 3 || b.session() == "" { // a login that is begun and finished, and the session
			t.Errorf("%d cookies of ours", found)
		}
	}
	t.Run("http on loopback", func(t *testing.T) {
		r := newLoginRealm(t, kind, nil)
		p := r.serve(t, sqliteFile(t))
		b := newBrowser(t)
		b.signIn(r, "alice")
		check(t, b, "keystead_"+strings.TrimPrefix(p.public, "http://localhost:"), false)
		for range 3 {
			b.fetch("GET", p.public+"/api/me", "").want(t, http.StatusOK, "")
		}
		if a := b.open(p.public + "/api/me"); a.header.Get("Set-Cookie") != "" {
			t.Errorf("each answer sets the cookie: %v", a.header)
		}
		if n := len(b.named("keystead_")); n != 1 {
			t.Errorf("%d cookies stay", n)
		}
	})
	t.Run("https", func(t *testing.T) {
		certFile, keyFile, authorities := selfSigned(t)
		port := freePort(t)
		r := newLoginRealmFor(t, kind, "https://localhost:"+port, nil)
		r.begin(t, "localhost:"+port, sqliteFile(t), "--tls-cert="+certFile, "--tls-key="+keyFile)
		b := newBrowserTrusting(t, authorities)
		eventually(t, patience, "the server is ready", func() bool {
			a, err := b.try("GET", r.public+"/readyz", "")
			return err == nil && strings.Contains(a.body, `"ready"`)
		})
		b.signIn(r, "alice")
		check(t, b, "__Host-keystead", true)
		b.fetch("GET", r.public+"/api/me", "").want(t, http.StatusOK, "")
		thief := newBrowserTrusting(t, authorities)
		thief.plant("localhost", "keystead", b.session()) // a name without the prefix, which another host of the site could set
		thief.plant("localhost", "keystead_"+port, b.session())
		thief.fetch("GET", r.public+"/api/me", "").want(t, http.StatusUnauthorized, "token_missing")
	})
}

// The settings' secrets: what stops a start, what goes on, and that none is told.
func TestSessionSecrets(t *testing.T) {
	r := newLoginRealm(t, onDevelopmentRealm, nil)
	database := sqliteFile(t)
	p := r.serve(t, database)
	b := newBrowser(t)
	b.signIn(r, "alice")
	restart := func(secret string) {
		t.Helper()
		if err := p.stop(); err != nil {
			t.Fatal(err)
		}
		p = r.serve(t, database, "--session-secret="+secret)
	}
	begun := newBrowser(t)
	callback := begun.comeBack(r, "bob", "?return_to=/begun-before")
	restart(anotherSecret + "," + sealingSecret)
	if signedInAs(b, p) != "alice" {
		t.Error("a new secret in front of the old one ends sessions")
	}
	if a := begun.arrive(callback); a.to() != p.public+"/begun-before" {
		t.Errorf("a login that was begun before: %d %s", a.status, a.to())
	}
	restart(anotherSecret)
	ended := b.fetch("GET", p.public+"/api/me", "").want(t, http.StatusUnauthorized, "session_expired")
	if ended.member("login") != "/auth/login" {
		t.Errorf("the answer is %s", ended.body)
	}
	if signedInAs(begun, p) != "bob" {
		t.Error("a session of the new secret ends with the old one")
	}
	b.signIn(r, "alice")

	for _, secret := range []string{"too-short-for-a-secret", sealingSecret + ",too-short-for-a-secret", ",", "thirty-one-bytes-are-too-few-31"} {
		var stdout, stderr authtest.Log
		err := run(t.Context(), r.args("localhost:"+freePort(t), database, "--session-secret="+secret), nil, nil, &stdout, &stderr)
		if err == nil || !strings.Contains(err.Error(), "KEYSTEAD_SESSION_SECRET") {
			t.Errorf("%q: %v", secret, err)
		}
		if told := fmt.Sprint(err, stdout.String(), stderr.String()); strings.Contains(told, "too-short-for") || strings.Contains(told, "thirty-one") || strings.Contains(told, sealingSecret) {
			t.Errorf("%q is told: %s", secret, told)
		}
	}
	var stdout, stderr authtest.Log
	if err := run(t.Context(), r.args("localhost:"+freePort(t), database, "--print-config"), nil, nil, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(stdout.String(), "KEYSTEAD_SESSION_SECRET") {
		t.Errorf("--print-config does not name the setting: %s", stdout.String())
	}
	r.findNoSecret(t, stdout.String()+stderr.String())
	err := run(t.Context(), r.args("localhost:"+freePort(t), database, "--public-url=http://app.test"), nil, nil, &stdout, &stderr)
	if err == nil || !strings.Contains(err.Error(), "KEYSTEAD_INSECURE_COOKIES") {
		t.Errorf("plain http off loopback: %v", err)
	}
}

// While the database is away nobody is signed in or out by session, and whoever has a token does not notice.
func TestSessionsWithoutDatabase(t *testing.T) {
	check := func(t *testing.T, r *loginRealm, p *replica, b *browser) {
		t.Helper()
		token := r.passwordToken(t, "bob").Access
		for _, path := range []string{"/api/me", "/auth/session"} {
			a := b.fetch("GET", p.public+path, "")
			if a.status != http.StatusServiceUnavailable || a.code() != "store_unavailable" || a.header.Get("Retry-After") == "" {
				t.Errorf("%s with a session: %d %s %v", path, a.status, a.body, a.header)
			}
		}
		if a := b.open(p.public + "/auth/logout"); a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "You are still signed in") {
			t.Errorf("signing out: %d %s", a.status, a.text())
		}
		if b.session() == "" {
			t.Error("the cookie is gone, so nobody can end the session")
		}
		other := newBrowser(t)
		if a := other.arrive(other.comeBack(r, "bob", "")); a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "The database cannot be used just now") {
			t.Errorf("signing in: %d %s", a.status, a.text())
		}
		other.send("GET", p.public+"/api/me", "", "Authorization", "Bearer "+token).want(t, http.StatusOK, "")
		b.send("GET", p.public+"/api/me", "", "Authorization", "Bearer "+token).want(t, http.StatusOK, "")
		newBrowser(t).fetch("GET", p.public+"/api/me", "").want(t, http.StatusUnauthorized, "token_missing")
	}
	t.Run("SQLite since the start", func(t *testing.T) {
		r := newLoginRealm(t, onDevelopmentRealm, nil)
		folder := t.TempDir() + "/folder"
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		p := r.serve(t, "sqlite:"+folder+"/keystead.db")
		b := newBrowser(t)
		b.signIn(r, "alice")
		_ = p.stop()
		if err := os.Rename(folder, folder+".away"); err != nil {
			t.Fatal(err)
		}
		p = r.begin(t, strings.TrimPrefix(r.public, "http://"), "sqlite:"+folder+"/keystead.db")
		get(t, p.public+"/health", "")
		eventually(t, patience, "tokens can be judged", func() bool { return get(t, p.public+"/readyz", "").StatusCode == http.StatusOK })
		check(t, r, p, b)
		if err := os.Rename(folder+".away", folder); err != nil {
			t.Fatal(err)
		}
		eventually(t, patience, "sessions are back", func() bool { return signedInAs(b, p) == "alice" })
	})
	t.Run("PostgreSQL in the middle", func(t *testing.T) {
		gate, database := newGate(t, postgresDatabase(t))
		r := newLoginRealm(t, onDevelopmentRealm, nil)
		p := r.serve(t, database)
		b := newBrowser(t)
		b.signIn(r, "alice")
		gate.close()
		check(t, r, p, b)
		gate.open(t)
		eventually(t, patience, "sessions are back", func() bool { return signedInAs(b, p) == "alice" })
		b.signOut(r)
		if signedInAs(b, p) != "" {
			t.Error("nobody can sign out after the outage")
		}
	})
}

// How sessions end by themselves.
func TestSessionsEnd(t *testing.T)           { testSessionsEnd(t, onDevelopmentRealm) }
func TestSessionsEndOnKeycloak(t *testing.T) { testSessionsEnd(t, onKeycloak(t)) }

func testSessionsEnd(t *testing.T, kind realmKind) {
	ended := func(t *testing.T, p *replica, b *browser) {
		t.Helper()
		eventually(t, patience, "the session ends", func() bool {
			a := b.fetch("GET", p.public+"/api/me", "")
			if a.status == http.StatusUnauthorized && (a.code() != "session_expired" || a.member("login") != "/auth/login") {
				t.Errorf("it ends with %s", a.body)
			}
			return a.status == http.StatusUnauthorized
		})
	}
	t.Run("the realm ends it and tells nobody", func(t *testing.T) {
		t.Parallel()
		r := newLoginRealm(t, kind, func(file map[string]any) {
			lifespan(2)(file)
			for _, client := range []string{"demo", sessionClient} {
				delete(clientIn(file, client)["attributes"].(map[string]any), "backchannel.logout.url")
			}
		})
		p := r.serve(t, sqliteFile(t))
		b := newBrowser(t)
		r.endSession(t, b.signIn(r, "alice").ID)
		if signedInAs(b, p) != "alice" {
			t.Error("nobody was told, and yet the session is over before its access token")
		}
		ended(t, p, b)
	})
	t.Run("nobody uses it", func(t *testing.T) {
		t.Parallel()
		r := newLoginRealm(t, kind, func(file map[string]any) { file["ssoSessionIdleTimeout"] = 2; file["accessTokenLifespan"] = 1 })
		p := r.serve(t, sqliteFile(t))
		b := newBrowser(t)
		b.signIn(r, "alice")
		time.Sleep(2100 * time.Millisecond) // asking would be using it
		b.fetch("GET", p.public+"/auth/session", "").want(t, http.StatusUnauthorized, "session_expired")
	})
	t.Run("its longest time is over", func(t *testing.T) {
		t.Parallel()
		r := newLoginRealm(t, kind, func(file map[string]any) { file["ssoSessionMaxLifespan"] = 3; file["accessTokenLifespan"] = 1 })
		p := r.serve(t, sqliteFile(t))
		b := newBrowser(t)
		b.signIn(r, "alice")
		began := time.Now()
		ended(t, p, b) // however often it is used
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it ended after %v", took)
		}
	})
}

// A session's access token is got once, however many requests want it on however many replicas.
func TestRefreshRace(t *testing.T)           { testRefreshRace(t, onDevelopmentRealm) }
func TestRefreshRaceOnKeycloak(t *testing.T) { testRefreshRace(t, onKeycloak(t)) }

func testRefreshRace(t *testing.T, kind realmKind) {
	onDatabases(t, func(t *testing.T, database string, _ time.Duration) {
		t.Parallel()
		const seconds = 2
		r := newLoginRealm(t, kind, lifespan(seconds))
		first, second := r.serve(t, database), r.serve(t, database)
		b := newBrowser(t)
		for _, tt := range []struct {
			name string
			wait time.Duration // from the token's issue
		}{
			{"due, and still good", seconds*time.Second/2 + 100*time.Millisecond},
			{"over", seconds*time.Second + 100*time.Millisecond},
		} {
			b.signIn(r, "alice")
			time.Sleep(tt.wait)
			before := r.wire.count("refresh_token")
			answers, longest := burst(t, b, "/api/me", first, second)
			requests := r.wire.count("refresh_token") - before
			t.Logf("%s: 50 requests on two replicas: %v, %d token request(s), the longest took %v", tt.name, answers, requests, longest.Round(time.Millisecond))
			if answers[http.StatusOK] != 50 || requests != 1 {
				t.Errorf("%s: %v with %d token requests, want 50 × 200 with 1", tt.name, answers, requests)
			}
		}
	})
}

// burst makes 50 requests at once, half of them on each replica, and counts the answers.
func burst(t *testing.T, b *browser, path string, replicas ...*replica) (answers map[int]int, longest time.Duration) {
	t.Helper()
	answers = map[int]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i := range 50 {
		all.Go(func() {
			<-begin
			began := time.Now()
			a, err := b.try("GET", replicas[i%len(replicas)].direct+path, "", sameOrigin...)
			took := time.Since(began)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if a.status != http.StatusOK && answers[a.status] == 0 {
				t.Logf("%d %s", a.status, a.body)
			}
			answers[a.status]++
			longest = max(longest, took)
		})
	}
	close(begin)
	all.Wait()
	return answers, longest
}

// A replica goes while it renews a session. The others take over once its lease is over. Nobody can mend it where the realm had
// answered: a refresh token that is good once was used, and nobody has the next.
func TestReplicaIsLost(t *testing.T)           { testReplicaIsLost(t, onDevelopmentRealm) }
func TestReplicaIsLostOnKeycloak(t *testing.T) { testReplicaIsLost(t, onKeycloak(t)) }

func testReplicaIsLost(t *testing.T, kind realmKind) {
	const seconds = 2
	tests := []struct {
		name     string
		over     bool // the access token, so that nobody can use it meanwhile
		killed   bool // else it hangs, and goes on after that
		answered bool // by the realm, which the replica does not hear of
		want     int
	}{
		{"killed before the realm was asked", false, true, false, http.StatusOK},
		{"killed before the realm was asked and while all wait", true, true, false, http.StatusOK},
		{"killed after the realm has answered", false, true, true, http.StatusUnauthorized},
		{"not heard by the realm", false, false, false, http.StatusOK},
		{"not hearing the realm", false, false, true, http.StatusUnauthorized},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newLoginRealm(t, kind, lifespan(seconds))
			database := sharedDatabase(t)
			second := r.serve(t, database)
			addr := "localhost:" + freePort(t)
			p := startProcess(t, nil, r.args(addr, database)...)
			first := &replica{public: r.public, direct: "http://" + addr}
			waitUntilReady(t, addr)
			b := newBrowser(t)
			b.signIn(r, "alice")

			held, release := make(chan struct{}), make(chan struct{})
			t.Cleanup(sync.OnceFunc(func() { close(release) }))
			var caught atomic.Bool
			r.wire.set(func() {
				r.wire.pause = func(grant string, answered bool) {
					if grant == "refresh_token" && answered == tt.answered && caught.CompareAndSwap(false, true) {
						close(held)
						<-release
					} else if answered {
						time.Sleep(300 * time.Millisecond) // the realm takes its time for the others
					}
				}
			})
			half := seconds * time.Second / 2
			time.Sleep(half + 50*time.Millisecond) // until it is due
			if tt.over {
				time.Sleep(half)
			}
			lost := make(chan answer, 1)
			go func() {
				a, _ := b.try("GET", first.direct+"/api/me", "", sameOrigin...)
				lost <- a
			}()
			<-held
			began := time.Now()
			if tt.killed {
				_ = p.cmd.Process.Kill()
			}
			if !tt.over {
				if signedInAs(b, second) != "alice" {
					t.Error("the other replica does not use what there is")
				}
				time.Sleep(half)
			}
			answers, longest := burst(t, b, "/api/me", second)
			t.Logf("over for %v: %v, the longest took %v; %d token requests", time.Since(began).Round(time.Millisecond), answers, longest.Round(time.Millisecond), r.wire.count("refresh_token"))
			if answers[tt.want] != 50 {
				t.Errorf("got %v, want 50 × %d", answers, tt.want)
			}
			if again := b.fetch("GET", second.direct+"/api/me", ""); again.status != tt.want {
				t.Errorf("afterwards: %d %s", again.status, again.body)
			}
			if !tt.killed {
				if a := <-lost; a.status != http.StatusOK && a.status != http.StatusServiceUnavailable && a.status != http.StatusUnauthorized {
					t.Errorf("whoever asked the replica itself got %d %s", a.status, a.body)
				} else {
					t.Logf("whoever asked the replica itself got %d %s", a.status, a.code())
				}
			}
		})
	}
}
