//go:build !norealm

package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keystead/auth"
	"keystead/auth/authtest"
	"keystead/session"
	"keystead/store"
)

// These tests sign people out, and see what their tokens are still good for.

// bearer asks a replica with a token.
func bearer(t testing.TB, p *replica, token string) answer {
	t.Helper()
	return newBrowser(t).send("GET", p.direct+"/api/me", "", "Authorization", "Bearer "+token)
}

// refusedIn waits until a replica takes a token no more, and returns when that was.
func refusedIn(t testing.TB, p *replica, token string) (time.Time, error) {
	b := newBrowser(t)
	for end := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		a, err := b.try("GET", p.direct+"/api/me", "", "Authorization", "Bearer "+token)
		switch {
		case err != nil:
			return time.Time{}, err
		case a.status == http.StatusUnauthorized && a.code() == "token_revoked":
			return time.Now(), nil
		case a.status != http.StatusOK:
			return time.Time{}, fmt.Errorf("the token got %d %s", a.status, a.body)
		case time.Now().After(end):
			return time.Time{}, errors.New("the token is still good")
		}
	}
}

// refusedOnEach signs somebody out, and wants each replica to refuse the tokens within a second or so of when that was done.
func refusedOnEach(t testing.TB, what string, window time.Duration, replicas []*replica, signOut func(), tokens ...string) {
	t.Helper()
	times := make([]time.Time, len(replicas)*len(tokens))
	var all sync.WaitGroup
	for i, p := range replicas {
		for k, token := range tokens {
			all.Go(func() {
				var err error
				if times[i*len(tokens)+k], err = refusedIn(t, p, token); err != nil {
					t.Errorf("%s: replica %d: %v", what, i+1, err)
				}
			})
		}
	}
	began := time.Now()
	signOut()
	done := time.Now()
	all.Wait()
	var took []time.Duration
	for i, refused := range times {
		if late := refused.Sub(done); late > window {
			t.Errorf("%s: replica %d took the token for %v more, want at most %v", what, i/len(tokens)+1, late, window)
		}
		took = append(took, refused.Sub(began).Round(time.Millisecond))
	}
	t.Logf("%s took %v; the tokens were refused %v after it began", what, done.Sub(began).Round(time.Millisecond), took)
}

func TestSignOutEndsTokens(t *testing.T)           { testSignOutEndsTokens(t, onDevelopmentRealm) }
func TestSignOutEndsTokensOnKeycloak(t *testing.T) { testSignOutEndsTokens(t, onKeycloak(t)) }

func testSignOutEndsTokens(t *testing.T, kind realmKind) {
	onDatabases(t, func(t *testing.T, database string, window time.Duration) {
		t.Parallel()
		r := newLoginRealm(t, kind, nil)
		first, second := r.serve(t, database), r.serve(t, database)
		both := []*replica{first, second}
		good := func(what, token string) {
			t.Helper()
			for i, p := range both {
				if a := bearer(t, p, token); a.status != http.StatusOK {
					t.Errorf("%s on replica %d: %d %s", what, i+1, a.status, a.body)
				}
			}
		}

		b := newBrowser(t)
		mine := b.signIn(r, "alice")
		app := b.appTokens(r, "alice", "openid")
		offline := b.appTokens(r, "alice", "openid offline_access")
		elsewhere := newBrowser(t).appTokens(r, "alice", "openid") // another session of hers
		bob := newBrowser(t).appTokens(r, "bob", "openid")
		if sidOf(t, mine.Access) != sidOf(t, app.Access) || sidOf(t, app.Access) != sidOf(t, offline.Access) || sidOf(t, elsewhere.Access) == sidOf(t, app.Access) {
			t.Fatal("the tokens do not belong to the sessions that they should")
		}
		for what, token := range map[string]string{"the session's": mine.Access, "the app's": app.Access, "the offline one": offline.Access, "another session's": elsewhere.Access, "bob's": bob.Access} {
			good(what, token)
		}
		thief := b.copy()

		out := b.open(r.public + "/auth/logout")
		refusedOnEach(t, "a sign-out of the session login", window, both, func() {
			if page := b.follow(out); page.from.String() != r.public+"/" {
				t.Fatalf("the sign-out ends at %s: %s", page.from, page.text())
			}
		}, app.Access, mine.Access)
		b.signIn(r, "alice") // in the same second, mostly
		newer := b.appTokens(r, "alice", "openid")
		good("a token of the next login", newer.Access)
		good("another session's", elsewhere.Access)
		good("bob's", bob.Access)
		for _, p := range both {
			if signedInAs(b, p) != "alice" || signedInAs(thief, p) != "" {
				t.Errorf("the next login is %q, the session that was signed out %q", signedInAs(b, p), signedInAs(thief, p))
			}
		}
		good("the offline one", offline.Access)
		renewed := r.token(t, url.Values{"grant_type": {"refresh_token"}, "client_id": {"demo"}, "refresh_token": {offline.Refresh}})
		good("a new offline one", renewed.Access)

		// The single-page app's own sign-out, of which only the realm tells.
		refusedOnEach(t, "a sign-out of the app", window, both, func() { r.endSession(t, elsewhere.ID) }, elsewhere.Access)

		_ = second.stop()
		second = r.serve(t, database)
		both[1] = second
		for what, token := range map[string]string{"app": app.Access, "session": mine.Access, "elsewhere": elsewhere.Access} {
			if a := bearer(t, second, token); a.status != http.StatusUnauthorized || a.code() != "token_revoked" {
				t.Errorf("after a restart the token of the %s gets %d %s", what, a.status, a.body)
			}
		}
		good("bob's", bob.Access)

		if strings.HasPrefix(database, "postgres") {
			inPostgres(t, database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'LISTEN %'")
			refusedOnEach(t, "a sign-out while nobody listens", window+200*time.Millisecond, both, func() { r.endSession(t, newer.ID) }, newer.Access)
		}
		byHand(t, r, both, window, bob)

		// With revoke_offline_access, which Keycloak sends where the client says so.
		token := r.key.Compact(logoutHeader(r), r.logoutClaims(t, offline.Access, "demo").With("events", map[string]any{logoutEvent: map[string]any{"revoke_offline_access": true}}))
		refusedOnEach(t, "a sign-out that takes offline tokens with it", window, both, func() { sendLogout(t, first, token).want(t, http.StatusOK, "") }, offline.Access, renewed.Access)
	})
}

// byHand revokes as an administrator does.
func byHand(t *testing.T, r *loginRealm, both []*replica, window time.Duration, bob tokens) {
	t.Helper()
	admin := r.passwordToken(t, "alice").Access
	revoke := func(token, body string) answer {
		return newBrowser(t).send("POST", both[0].direct+revocationPath, body, "Content-Type", "application/json", "Authorization", "Bearer "+token)
	}
	revoke(bob.Access, `{"sub":"x"}`).want(t, http.StatusForbidden, "role_missing")
	for _, body := range []string{`{}`, `{"sid":"a","sub":"b"}`, `{"sid":"","sub":""}`, `{"sid":1}`, `{"sid":"` + strings.Repeat("a", 300) + `"}`, `{"sid":"a","other":1}`, `{"sub":"\u0000"}`} {
		revoke(admin, body).want(t, http.StatusUnprocessableEntity, "validation")
	}
	refusedOnEach(t, "a revocation of a session", window, both, func() {
		revoke(admin, `{"sid":"`+sidOf(t, bob.Access)+`"}`).want(t, http.StatusCreated, "")
	}, bob.Access)

	b := newBrowser(t)
	app := b.appTokens(r, "bob", "openid")
	b.signIn(r, "bob")
	nextSecond() // tokens tell their age in seconds
	sub, _ := claimsOf(t, app.Access)["sub"].(string)
	refusedOnEach(t, "a revocation of a user", window, both, func() { revoke(admin, `{"sub":"`+sub+`"}`).want(t, http.StatusCreated, "") }, app.Access)
	again := newBrowser(t).appTokens(r, "bob", "openid")
	for i, p := range both {
		if signedInAs(b, p) != "" {
			t.Errorf("the user's session goes on, on replica %d", i+1)
		}
		bearer(t, p, again.Access).want(t, http.StatusOK, "")
		bearer(t, p, admin).want(t, http.StatusOK, "")
	}
}

// nextSecond waits until the clock shows another second than now.
func nextSecond() { time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second))) }

// A login whose session is signed out while it is being finished does not come to life.
func TestSignOutDuringLogin(t *testing.T)           { testSignOutDuringLogin(t, onDevelopmentRealm) }
func TestSignOutDuringLoginOnKeycloak(t *testing.T) { testSignOutDuringLogin(t, onKeycloak(t)) }

func testSignOutDuringLogin(t *testing.T, kind realmKind) {
	r := newLoginRealm(t, kind, lifespan(2))
	database := sqliteFile(t) // over which a replica hears of another's sign-outs only when it asks, each second
	told, p := r.serve(t, database), r.serve(t, database)
	during := func(grant string, act, meanwhile func()) {
		t.Helper()
		answered, release := make(chan struct{}), make(chan struct{})
		r.wire.set(func() {
			r.wire.pause = func(asked string, after bool) {
				if asked == grant && after {
					close(answered)
					<-release
				}
			}
		})
		var acting sync.WaitGroup
		acting.Go(act)
		<-answered
		r.wire.set(func() { r.wire.pause = nil })
		meanwhile()
		close(release)
		acting.Wait()
	}

	b := newBrowser(t)
	app := b.appTokens(r, "alice", "openid")
	callback := b.comeBack(r, "alice", "?return_to=/late")
	var a answer
	during("authorization_code", func() { a, _ = b.try("GET", strings.Replace(callback, p.public, p.direct, 1), "", navigation...) }, func() { r.endSession(t, app.ID) })
	if a.status != http.StatusBadRequest || b.session() != "" || !strings.Contains(a.text(), "was ended") {
		t.Errorf("the login ends with %d %s %s", a.status, a.to(), a.text())
	}
	bearer(t, told, r.wire.newest().Access).want(t, http.StatusUnauthorized, "token_revoked")

	mine := b.signIn(r, "alice")
	time.Sleep(1100 * time.Millisecond) // until a new token is due
	during("refresh_token", func() { a, _ = b.try("GET", p.direct+"/api/me", "", sameOrigin...) }, func() { r.endSession(t, mine.ID) })
	if a.status != http.StatusUnauthorized || a.code() != "session_expired" || a.member("login") != "/auth/login" {
		t.Errorf("a request that renews the session gets %d %s", a.status, a.body)
	}
	b.fetch("GET", p.direct+"/api/me", "").want(t, http.StatusUnauthorized, "session_expired")
}

const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// logoutClaims are those of a logout token for the session of a token.
func (r *loginRealm) logoutClaims(t testing.TB, token, client string) authtest.Claims {
	t.Helper()
	of, now := claimsOf(t, token), time.Now().Unix()
	return authtest.Claims{
		"iss": r.issuer, "aud": client, "sub": of["sub"], "sid": of["sid"], "iat": now, "exp": now + 120, "jti": rand.Text(), "typ": "Logout",
		"events": map[string]any{logoutEvent: map[string]any{}},
	}
}

func logoutHeader(r *loginRealm) map[string]any {
	header := r.key.Header()
	header["typ"] = "logout+jwt"
	return header
}

// sendLogout sends a logout token as a realm does.
func sendLogout(t testing.TB, p *replica, token string) answer {
	t.Helper()
	return newBrowser(t).send("POST", p.direct+backchannel, url.Values{"logout_token": {token}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

// Whoever could forge a logout token could sign out everybody.
func TestForgedLogoutTokens(t *testing.T)           { testForgedLogoutTokens(t, onDevelopmentRealm) }
func TestForgedLogoutTokensOnKeycloak(t *testing.T) { testForgedLogoutTokens(t, onKeycloak(t)) }

func testForgedLogoutTokens(t *testing.T, kind realmKind) {
	r := newLoginRealm(t, kind, nil)
	database := sharedDatabase(t)
	first, second := r.serve(t, database), r.serve(t, database)
	b := newBrowser(t)
	mine := b.signIn(r, "alice")
	app := b.appTokens(r, "alice", "openid")

	claims := func(pairs ...any) authtest.Claims {
		all := r.logoutClaims(t, app.Access, sessionClient)
		for pair := range slices.Chunk(pairs, 2) {
			if name := pair[0].(string); pair[1] == nil {
				delete(all, name)
			} else {
				all[name] = pair[1]
			}
		}
		return all
	}
	signed := func(pairs ...any) string { return r.key.Compact(logoutHeader(r), claims(pairs...)) }
	header := func(pairs ...any) map[string]any {
		all := logoutHeader(r)
		for pair := range slices.Chunk(pairs, 2) {
			all[pair[0].(string)] = pair[1]
		}
		return all
	}
	unsigned := func(header map[string]any, signature func(text string) []byte) string {
		encode := func(v any) string {
			text, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			return base64.RawURLEncoding.EncodeToString(text)
		}
		text := encode(header) + "." + encode(claims())
		return text + "." + base64.RawURLEncoding.EncodeToString(signature(text))
	}
	der, err := x509.MarshalPKIXPublicKey(r.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	byPublicKey := func(text string) []byte {
		mac := hmac.New(sha256.New, public)
		mac.Write([]byte(text))
		return mac.Sum(nil)
	}
	nothing := func(string) []byte { return nil }
	other := authtest.NewKey("RS256")
	now := time.Now()
	good := signed()
	at := strings.LastIndex(good, ".")

	tests := []struct {
		name, token, code string
	}{
		{"another key under the realm's id", other.Compact(header(), claims()), "token_signature"},
		{"another key", other.Compact(header("kid", other.ID), claims()), "token_key_unknown"},
		{"no key", r.key.Compact(header("kid", ""), claims()), "token_key_unknown"},
		{"no algorithm", unsigned(header("alg", "none"), nothing), "token_algorithm"},
		{"no algorithm, in other words", unsigned(header("alg", "nOnE"), nothing), "token_algorithm"},
		{"HS256 by the public key", unsigned(header("alg", "HS256"), byPublicKey), "token_algorithm"},
		{"no signature", good[:at+1], ""},
		{"a changed signature", good[:at+1] + "AAAA" + good[at+5:], "token_signature"},
		{"another issuer", signed("iss", "http://evil.test/realms/demo"), "token_issuer"},
		{"no issuer", signed("iss", nil), "token_issuer"},
		{"another realm of the server", signed("iss", r.issuer+"2"), "token_issuer"},
		{"another client", signed("aud", "other-app"), "token_audience"},
		{"no client", signed("aud", nil), "token_audience"},
		{"the API itself", signed("aud", "keystead-api"), "token_audience"},
		{"expired", signed("iat", now.Add(-2*time.Minute).Unix(), "exp", now.Add(-time.Minute).Unix()), "token_expired"},
		{"issued long ago, and never expiring", signed("iat", now.Add(-time.Hour).Unix(), "exp", now.Add(100*time.Hour).Unix()), "token_expired"},
		{"from the future", signed("iat", now.Add(10*time.Minute).Unix(), "exp", now.Add(20*time.Minute).Unix()), "token_not_yet_valid"},
		{"no time of issue", signed("iat", nil), "token_claim_missing"},
		{"no end", signed("exp", nil), "token_claim_missing"},
		{"no events", signed("events", nil), "token_claim_missing"},
		{"no such event", signed("events", map[string]any{"http://schemas.openid.net/secevent/risc/event-type/account-disabled": map[string]any{}}), "token_claim_missing"},
		{"an event that is a list", signed("events", []string{logoutEvent}), "token_claim_missing"},
		{"an event that is no object", signed("events", map[string]any{logoutEvent: true}), "token_claim_missing"},
		{"a nonce", signed("nonce", "n"), "token_type"},
		{"an empty nonce", signed("nonce", ""), "token_type"},
		{"neither session nor user", signed("sid", nil, "sub", nil), "token_claim_missing"},
		{"an empty session", signed("sid", ""), "token_claim_missing"},
		{"a session that is a list", signed("sid", []string{sidOf(t, app.Access)}), "token_claim_missing"},
		{"no id", signed("jti", nil), "token_claim_missing"},
		{"an access token's type", signed("typ", "Bearer"), "token_type"},
		{"an ID token's type", signed("typ", "ID"), "token_type"},
		{"an access token's header", r.key.Compact(header("typ", "at+jwt"), claims()), "token_type"},
		{"an ID token", app.ID, "token_type"},
		{"the session's ID token", mine.ID, "token_type"},
		{"an access token", app.Access, "token_type"},
		{"a refresh token", app.Refresh, "token_algorithm"},
		{"nonsense", "nonsense", "token_malformed"},
		{"nothing", "", ""},
		{"too long", good + strings.Repeat("A", 20000), "token_too_large"},
		{"an encrypted one", "a.b.c.d.e", "token_malformed"},
	}
	for _, tt := range tests {
		if a := sendLogout(t, first, tt.token); a.status != http.StatusBadRequest || tt.code != "" && a.code() != tt.code {
			t.Errorf("%s: %d %s, want 400 %s", tt.name, a.status, a.body, tt.code)
		}
	}
	form, kindOf := url.Values{"logout_token": {good}}.Encode(), "application/x-www-form-urlencoded"
	for name, tt := range map[string]struct {
		method, query, contentType, body string
		want                             int
	}{
		"a GET":                    {"GET", "?" + form, "", "", http.StatusNotFound},
		"a PUT":                    {"PUT", "", kindOf, form, http.StatusMethodNotAllowed},
		"JSON":                     {"POST", "", "application/json", `{"logout_token":"` + good + `"}`, http.StatusUnsupportedMediaType},
		"no media type":            {"POST", "", "", form, http.StatusUnsupportedMediaType},
		"the token in the address": {"POST", "?" + form, kindOf, "", http.StatusBadRequest},
		"two tokens":               {"POST", "", kindOf, form + "&" + form, http.StatusBadRequest},
		"a form that is none":      {"POST", "", kindOf, "logout_token=%zz", http.StatusBadRequest},
		"too large":                {"POST", "", kindOf, "x=" + strings.Repeat("a", 2<<20) + "&" + form, http.StatusRequestEntityTooLarge},
	} {
		if a := newBrowser(t).send(tt.method, first.direct+backchannel+tt.query, tt.body, "Content-Type", tt.contentType); a.status != tt.want {
			t.Errorf("%s: %d %s, want %d", name, a.status, a.body, tt.want)
		}
	}
	for i, p := range []*replica{first, second} {
		if bearer(t, p, app.Access).want(t, http.StatusOK, ""); signedInAs(b, p) != "alice" {
			t.Fatalf("replica %d was talked into a sign-out", i+1)
		}
	}

	refusedOnEach(t, "a good one", 2*time.Second, []*replica{first, second}, func() { sendLogout(t, second, good).want(t, http.StatusOK, "") }, app.Access, mine.Access)
	for _, p := range []*replica{second, first} {
		sendLogout(t, p, good).want(t, http.StatusBadRequest, "token_replayed")
	}
	if signedInAs(b, first) != "" {
		t.Error("the session goes on")
	}

	// By subject alone: all of the user's sessions from before it was issued, and not the next.
	b = newBrowser(t) // the realm itself knows of nothing, and would give the same session
	b.signIn(r, "alice")
	app, bob := newBrowser(t).appTokens(r, "alice", "openid"), newBrowser(t).appTokens(r, "bob", "openid")
	nextSecond()
	all := signed("sid", nil)
	later := newBrowser(t).appTokens(r, "alice", "openid")
	refusedOnEach(t, "one of a user", 2*time.Second, []*replica{first, second}, func() { sendLogout(t, first, all).want(t, http.StatusOK, "") }, app.Access)
	bearer(t, second, later.Access).want(t, http.StatusOK, "")
	bearer(t, second, bob.Access).want(t, http.StatusOK, "")
	if signedInAs(b, second) != "" {
		t.Error("the session goes on")
	}
	sendLogout(t, first, r.key.Compact(header("typ", "JWT"), r.logoutClaims(t, bob.Access, "demo"))).want(t, http.StatusOK, "") // as older Keycloaks send it to the app
	bearer(t, first, bob.Access).want(t, http.StatusUnauthorized, "token_revoked")
}

// The realm hears that a sign-out was not heeded, and may send it again.
func TestLogoutTokensWithoutDatabase(t *testing.T) {
	r := newLoginRealm(t, onDevelopmentRealm, nil)
	folder := t.TempDir() + "/folder"
	p := r.begin(t, strings.TrimPrefix(r.public, "http://"), "sqlite:"+folder+"/keystead.db")
	get(t, p.public+"/health", "")
	eventually(t, patience, "tokens can be judged", func() bool { return get(t, p.public+"/readyz", "").StatusCode == http.StatusOK })
	app := newBrowser(t).appTokens(r, "alice", "openid")
	token := r.key.Compact(logoutHeader(r), r.logoutClaims(t, app.Access, "demo"))
	if a := sendLogout(t, p, token).want(t, http.StatusServiceUnavailable, "store_unavailable"); a.header.Get("Retry-After") == "" {
		t.Errorf("nobody is told when to come again: %v", a.header)
	}
	bearer(t, p, app.Access).want(t, http.StatusOK, "")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	eventually(t, patience, "the same token is taken", func() bool { return sendLogout(t, p, token).status == http.StatusOK })
	bearer(t, p, app.Access).want(t, http.StatusUnauthorized, "token_revoked")
}

// What a long list costs those who are not on it.
func TestRevocationsCostOthersNothing(t *testing.T) {
	const listed = 10_000
	issuer := authtest.NewIssuer(t)
	file := t.TempDir() + "/keystead.db"
	log := slog.New(slog.DiscardHandler)
	db, err := store.Open("sqlite:"+file, log)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithCancel(t.Context())
	keys, revocations := auth.NewKeys(auth.KeysConfig{Issuer: issuer.URL(), Logger: log}), session.NewRevocations(db, log)
	var running sync.WaitGroup
	for _, part := range []func(context.Context){db.Run, keys.Run, revocations.Run} {
		running.Go(func() { part(ctx) })
	}
	defer running.Wait()
	defer cancel()
	<-revocations.Read()
	verifier, err := auth.NewVerifier(auth.VerifierConfig{Keys: keys, Audience: []string{authtest.Audience}, Algorithms: []string{"RS256"}, MaxTokenBytes: 16384, CacheSize: 10_000, Revocations: revocations})
	if err != nil {
		t.Fatal(err)
	}
	var tokens []string
	for i := range 100 {
		tokens = append(tokens, issuer.Token(fmt.Sprint("user", i)))
	}
	measure := func() (p50, p99 time.Duration) {
		t.Helper()
		const calls = 20_000
		times := make([]time.Duration, calls)
		for i := range calls {
			began := time.Now()
			if _, err := verifier.Verify(ctx, tokens[i%len(tokens)]); err != nil {
				t.Fatal(err)
			}
			times[i] = time.Since(began)
		}
		slices.Sort(times)
		return times[calls/2], times[calls*99/100]
	}
	measure() // so that all are remembered
	empty50, empty99 := measure()

	rows, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	_, err = rows.Exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) INSERT INTO revocations (sequence, realm_session, offline, expires_at) SELECT $2 + i, 'session-' || i, FALSE, $3 FROM n",
		listed, time.Now().UnixMicro(), time.Now().Add(time.Hour).UnixMicro())
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, patience, "the list is read", func() bool { return revocations.Len() == listed })
	full50, full99 := measure()
	t.Logf("checking a token: p50 %v, p99 %v with an empty list; p50 %v, p99 %v with %d entries: × %.2f", empty50, empty99, full50, full99, listed, float64(full50)/float64(empty50))
	if full50 > 2*empty50+2*time.Microsecond {
		t.Errorf("each check takes %v instead of %v", full50, empty50)
	}
}

// What Keycloak sends a logout token for, and what ends sessions without a word. docs/sessions.md tells it.
func TestWhatKeycloakTellsOnKeycloak(t *testing.T) {
	kind := onKeycloak(t)
	r := newLoginRealm(t, kind, nil)
	var mu sync.Mutex
	var heard []authtest.Claims
	listener, err := net.Listen("tcp", strings.Replace(strings.TrimPrefix(r.public, "http://"), "localhost", "127.0.0.1", 1))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_ = req.ParseForm()
		if token := req.PostForm.Get("logout_token"); token != "" {
			mu.Lock()
			heard = append(heard, claimsOf(t, token))
			mu.Unlock()
		}
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Close() })

	userID := func(name string) string {
		var users []struct{ ID string }
		res := r.admin(t, "GET", "/users?exact=true&username="+name, nil)
		if err := json.NewDecoder(res.Body).Decode(&users); err != nil || len(users) != 1 {
			t.Fatalf("%v, %v", users, err)
		}
		return users[0].ID
	}
	bob := userID("bob")
	renew := func(app tokens) string {
		_, text := r.tryToken(t, url.Values{"grant_type": {"refresh_token"}, "client_id": {"demo"}, "refresh_token": {app.Refresh}})
		var answer struct {
			Error string `json:"error_description"`
		}
		_ = json.Unmarshal([]byte(text), &answer)
		return answer.Error
	}
	over := func(setting string, act func()) { // a lifetime, for a moment
		r.admin(t, "PUT", "", map[string]any{setting: 1})
		time.Sleep(1500 * time.Millisecond)
		act()
		r.admin(t, "PUT", "", map[string]any{setting: 1800})
	}
	tests := []struct {
		name string
		end  func(b *browser, app tokens)
		want int
	}{
		{"the app signs out", func(_ *browser, app tokens) { r.endSession(t, app.ID) }, 1},
		{"an administrator signs the user out", func(*browser, tokens) { r.admin(t, "POST", "/users/"+bob+"/logout", nil) }, 1},
		{"an administrator deletes the session", func(_ *browser, app tokens) { r.admin(t, "DELETE", "/sessions/"+sidOf(t, app.Access), nil) }, 1},
		{"an administrator signs everybody out", func(*browser, tokens) { r.admin(t, "POST", "/logout-all", nil) }, 0},
		{"an administrator gives the user another password", func(*browser, tokens) {
			r.admin(t, "PUT", "/users/"+bob+"/reset-password", map[string]any{"type": "password", "value": "bob", "temporary": false})
		}, 0},
		{"the app revokes its refresh token", func(_ *browser, app tokens) {
			res, err := http.PostForm(r.issuer+"/protocol/openid-connect/revoke", url.Values{"client_id": {"demo"}, "token": {app.Refresh}})
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
		}, 0},
		{"the session was not used for too long", func(*browser, tokens) { over("ssoSessionIdleTimeout", func() {}) }, 0},
		{"the session was not used for too long, and the app wants a new token", func(_ *browser, app tokens) { over("ssoSessionIdleTimeout", func() { renew(app) }) }, 1},
		{"the session was there for too long", func(*browser, tokens) { over("ssoSessionMaxLifespan", func() {}) }, 0},
		{"the session was there for too long, and the app wants a new token", func(_ *browser, app tokens) { over("ssoSessionMaxLifespan", func() { renew(app) }) }, 1},
		{"the session was there for too long, and the browser comes back", func(b *browser, _ tokens) {
			over("ssoSessionMaxLifespan", func() {
				b.open(r.issuer + "/protocol/openid-connect/auth?response_type=code&client_id=demo&scope=openid&code_challenge_method=S256&code_challenge=" + strings.Repeat("A", 43) + "&redirect_uri=" + url.QueryEscape(r.public+"/"))
			})
		}, 1},
		{"an administrator disables the user", func(*browser, tokens) {
			r.admin(t, "PUT", "/users/"+bob, map[string]any{"enabled": false})
		}, 0},
		{"an administrator deletes the user", func(*browser, tokens) { r.admin(t, "DELETE", "/users/"+bob, nil) }, 0},
	}
	for _, tt := range tests {
		b := newBrowser(t)
		app := b.appTokens(r, "bob", "openid")
		mu.Lock()
		heard = nil
		mu.Unlock()
		tt.end(b, app)
		time.Sleep(200 * time.Millisecond) // for what should not come
		mu.Lock()
		var told []string
		for _, claims := range heard {
			told = append(told, fmt.Sprintf("%v for %v, sid %v, sub %v", slices.Sorted(maps.Keys(claims)), claims["aud"], claims["sid"] == sidOf(t, app.Access), claims["sub"] == bob))
		}
		mu.Unlock()
		t.Logf("%s: %d logout token(s) %v; a refresh then gets %q", tt.name, len(told), told, renew(app))
		if len(told) != tt.want {
			t.Errorf("%s: %d logout tokens, want %d", tt.name, len(told), tt.want)
		}
		if tt.name == "an administrator disables the user" {
			r.admin(t, "PUT", "/users/"+bob, map[string]any{"enabled": true})
		}
	}
}
