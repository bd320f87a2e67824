//go:build !norealm

package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"keystead/realm/realmtest"
)

// What the API answers when the realm is in trouble, for each switch of the development realm (docs/trouble.md). What the app
// in a browser says to it stands in e2e/trouble.spec.ts.

// troubled is an app on a realm that goes wrong.
type troubled struct {
	t     *testing.T
	realm *realmtest.Realm
	url   string // of the app
}

// newTroubled starts both. before happens to the realm before the app begins.
func newTroubled(t *testing.T, before func(*realmtest.Realm), args ...string) *troubled {
	t.Helper()
	app := "127.0.0.1:" + freePort(t)
	realm := realmtest.Start(t)
	if before != nil {
		before(realm)
	}
	start(t, append([]string{"serve", "--addr=" + app, "--issuer=" + realm.Issuer, "--client-id=demo", "--audience=keystead-api", "--log-format=json"}, args...)...)
	a := &troubled{t, realm, "http://" + app}
	get(t, a.url+"/health", "") // it answers
	return a
}

// ready waits until the app can judge tokens.
func (a *troubled) ready() *troubled {
	a.t.Helper()
	eventually(a.t, patience, "the app is ready", func() bool { return get(a.t, a.url+"/readyz", "").StatusCode == http.StatusOK })
	return a
}

// answers checks what the API says to a token: a status of 200, or the code of a problem.
func (a *troubled) answers(what, path, token, want string) {
	a.t.Helper()
	if got := a.says(path, token); got != want {
		a.t.Errorf("%s: GET %s says %s, want %s", what, path, got, want)
	}
}

const good = "200 OK"

func (a *troubled) says(path, token string) string {
	a.t.Helper()
	res := get(a.t, a.url+path, token)
	if res.StatusCode == http.StatusOK {
		return good
	}
	var problem struct {
		Code string `json:"code"`
	}
	if err := json.NewDecoder(res.Body).Decode(&problem); err != nil {
		a.t.Fatalf("GET %s: %s, %v", path, res.Status, err)
	}
	return problem.Code
}

// recovers waits until the API takes the token, with nothing done to it.
func (a *troubled) recovers(token string) {
	a.t.Helper()
	eventually(a.t, 30*time.Second, "the API takes the token by itself", func() bool { return a.says("/api/me", token) == good })
}

// Whatever comes in the place of the keys: tokens of keys that are known go on, others are not called bad, and once the keys
// can be had the API goes on by itself.
func TestTroubleWithKeys(t *testing.T) {
	for name, trouble := range map[string]realmtest.Trouble{
		"error":     {Answer: "error", Status: http.StatusBadGateway},
		"garbage":   {Answer: "garbage"},
		"truncated": {Answer: "truncated"},
		"empty":     {Answer: "empty"},
		"reset":     {Answer: "reset"},
		"hang":      {Answer: "hang"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newTroubled(t, nil).ready()
			known := a.realm.Token("alice")
			a.answers("before", "/api/me", known, good)
			a.realm.Trouble("certs", trouble)
			a.realm.RotateKeys()
			unknown := a.realm.Token("alice")
			a.answers("a token of a known key", "/api/me", known, good)
			a.answers("a token of another key", "/api/me", unknown, "keys_unavailable")
			a.answers("a token of a known key, after that", "/api/me", known, good)
			a.realm.Calm()
			a.recovers(unknown)
		})
	}
	t.Run("late", func(t *testing.T) {
		t.Parallel()
		a := newTroubled(t, nil).ready()
		a.realm.Trouble("certs", realmtest.Trouble{Answer: "normal", Delay: time.Second})
		a.realm.RotateKeys()
		a.answers("a token whose key comes late", "/api/me", a.realm.Token("alice"), good)
	})
}

// An app that starts while the realm is in trouble is there, says that it is not ready, and becomes so by itself.
func TestStartInTrouble(t *testing.T) {
	for _, endpoint := range []string{"discovery", "certs", "all"} {
		for _, answer := range []string{"error", "garbage", "hang"} {
			t.Run(endpoint+" "+answer, func(t *testing.T) {
				t.Parallel()
				a := newTroubled(t, func(r *realmtest.Realm) { r.Trouble(endpoint, realmtest.Trouble{Answer: answer}) })
				token := a.realm.Token("alice")
				if res := get(t, a.url+"/readyz", ""); res.StatusCode != http.StatusServiceUnavailable {
					t.Errorf("/readyz = %s", res.Status)
				}
				a.answers("a good token", "/api/me", token, "keys_unavailable")
				a.realm.Calm()
				a.recovers(token)
				a.ready()
			})
		}
	}
}

// Endpoints that the API does not ask may be down.
func TestTroubleElsewhere(t *testing.T) {
	a := newTroubled(t, nil).ready()
	for _, endpoint := range []string{"auth", "token", "userinfo", "introspect", "revoke", "logout", "device", "account", "frames"} {
		a.realm.Trouble(endpoint, realmtest.Trouble{Answer: "hang"})
		a.answers(endpoint, "/api/me", a.realm.Token("alice"), good)
	}
}

// Where the realm cannot say whether a token is good, the API does not call it bad.
func TestTroubleWithIntrospection(t *testing.T) {
	a := newTroubled(t, nil, "--introspection-client-id="+demoIntrospectionClient, "--introspection-client-secret="+demoIntrospectionSecret).ready()
	light := func() string { return a.realm.Token("alice", realmtest.Client("keystead-lightweight")) }
	a.answers("before", "/api/me", light(), good)
	for _, answer := range []string{"error", "garbage", "truncated", "empty", "reset"} {
		a.realm.Trouble("introspect", realmtest.Trouble{Answer: answer})
		a.answers(answer, "/api/me", light(), "introspection_unavailable")
		a.answers(answer+", a token that says all itself", "/api/me", a.realm.Token("alice"), good)
		a.realm.Calm()
		a.answers("after "+answer, "/api/me", light(), good)
	}
}

func TestTroubleWithClocks(t *testing.T) {
	a := newTroubled(t, nil).ready()
	for code, ahead := range map[string]time.Duration{"token_not_yet_valid": 10 * time.Minute, "token_expired": -10 * time.Minute, good: 20 * time.Second} {
		a.realm.ShiftClock(ahead)
		a.answers(ahead.String(), "/api/me", a.realm.Token("alice"), code)
		a.realm.Calm()
		a.answers("the clock is right again", "/api/me", a.realm.Token("alice"), good)
	}
}

// A key that is withdrawn counts until the API has fetched the keys again: at the latest when it meets one that it does not know.
func TestTroubleWithAWithdrawnKey(t *testing.T) {
	a := newTroubled(t, nil).ready()
	token := a.realm.Token("alice")
	a.answers("before", "/api/me", token, good)
	for _, key := range a.realm.Keys() {
		if key.Algorithm == "RS256" {
			a.realm.WithdrawKey(key.ID)
		}
	}
	a.answers("before anybody has told", "/api/me", token, good)
	a.answers("a token of the new key", "/api/me", a.realm.Token("alice"), good)
	a.answers("after the fetch that this led to", "/api/me", token, "token_key_unknown")
}

// A session that runs out tells nobody, so its tokens hold until they expire. One that is ended is told of.
func TestTroubleWithSessions(t *testing.T) {
	app := "127.0.0.1:" + freePort(t)
	t.Setenv("KEYSTEAD_BACKCHANNEL_LOGOUT_URL", "http://"+app+"/auth/backchannel-logout")
	realm := realmtest.Start(t)
	start(t, "serve", "--addr="+app, "--issuer="+realm.Issuer, "--client-id=demo", "--audience=keystead-api", "--log-format=json")
	a := (&troubled{t, realm, "http://" + app}).ready()
	sign := func(username string) (token, sid string) {
		token = a.realm.Token(username, realmtest.Client("demo"))
		return token, sidOf(t, token)
	}
	expired, sid := sign("alice")
	a.realm.ExpireSession(sid)
	a.answers("a session that has run out", "/api/me", expired, good)

	ended, sid := sign("alice")
	other, _ := sign("alice")
	bob, _ := sign("bob")
	a.realm.EndSession(sid)
	a.answers("a session that was ended", "/api/me", ended, "token_revoked")
	a.answers("another one of hers", "/api/me", other, good)
	a.realm.SignOut("alice")
	a.answers("another one of hers, now that all were ended", "/api/me", other, "token_revoked")
	a.answers("somebody else's", "/api/me", bob, good)
}

func TestTroubleWithClaims(t *testing.T) {
	a := newTroubled(t, nil).ready()
	const brief = "/api/departments/engineering/brief"
	for name, tt := range map[string]struct {
		path   string
		claims map[string]any
		want   string
	}{
		"as bob is":                 {brief, nil, "claim_mismatch"},
		"in another department":     {brief, map[string]any{"department": "engineering"}, good},
		"without an audience":       {"/api/me", map[string]any{"aud": nil}, "token_audience"},
		"for somebody else":         {"/api/me", map[string]any{"aud": "other-api"}, "token_audience"},
		"of another issuer":         {"/api/me", map[string]any{"iss": a.realm.Issuer + "/"}, "token_issuer"},
		"expired":                   {"/api/me", map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}, "token_expired"},
		"not a bearer token":        {"/api/me", map[string]any{"typ": "ID"}, "token_type"},
		"with a role that he lacks": {"/api/admin/reports", map[string]any{"realm_access": map[string]any{"roles": []string{"admin"}}}, good},
	} {
		a.answers(name, tt.path, a.realm.Token("bob", realmtest.Claims(tt.claims)), tt.want)
	}
}

// Where tokens come from may fail in every way: whoever asks for one learns it, and the API is none the worse.
func TestTroubleWithTheTokenEndpoint(t *testing.T) {
	a := newTroubled(t, nil).ready()
	ask := func() (int, error) {
		res, err := http.PostForm(a.realm.Issuer+"/protocol/openid-connect/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {"reporter"}, "client_secret": {"reporter-demo-secret"}})
		if err != nil {
			return 0, err
		}
		return res.StatusCode, res.Body.Close()
	}
	a.realm.Trouble("token", realmtest.Trouble{Answer: "error", Status: http.StatusTooManyRequests, Times: 2})
	for i, want := range []int{http.StatusTooManyRequests, http.StatusTooManyRequests, http.StatusOK} {
		if status, err := ask(); err != nil || status != want {
			t.Errorf("request %d of a service = %d, %v; want %d", i+1, status, err, want)
		}
	}
}
