// Package realmtest runs a development realm in the test's own process, for tests of apps and of what checks
// tokens: it makes real tokens of any user, and goes wrong when told to. Where authtest plays an issuer that signs
// whatever a test wants, this is the whole realm, with logins, sessions and everything else that a browser or a
// library may ask for.
//
//	realm := realmtest.Start(t)
//	token := realm.Token("alice")
//	realm.Trouble("certs", realmtest.Trouble{Answer: "error", Status: 503, Times: 2})
//	// … the app is to answer all the same
//
// What can go wrong is described in docs/trouble.md.
package realmtest

import (
	"context"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"testing"
	"time"

	demorealm "keystead/deploy/realm"
	"keystead/realm"
)

// Realm is a development realm on loopback. It is safe for concurrent use, except that its methods end the test on
// an error, so that they are for the test's own goroutine (see [testing.T.FailNow]).
type Realm struct {
	Issuer string // the iss claim of its tokens, and the base of its endpoints
	URL    string // scheme and host
	Secret string // of the control API

	t testing.TB
}

// Start starts a realm that ends with the test: that of the first file, or the demo realm when none is named. Files
// are such as Keycloak imports; their placeholders are looked up in the environment.
func Start(t testing.TB, files ...string) *Realm {
	t.Helper()
	read := []realm.File{{Name: "the demo realm", Text: []byte(demorealm.JSON)}}
	if len(files) > 0 {
		read = nil
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, realm.File{Name: name, Text: text})
	}
	realms, warnings, err := realm.Load(read, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range warnings {
		t.Logf("%s: %s: %s", w.File, w.Path, w.Text)
	}
	const secret = "the-secret-of-a-realm-in-a-test"
	handler := realm.New(realm.Options{Realms: realms, Secret: secret, Log: slog.New(slog.DiscardHandler)})
	server := httptest.NewUnstartedServer(handler)
	running, stop := context.WithCancel(context.Background())
	server.Config.BaseContext = func(net.Listener) context.Context { return running }
	server.Start()
	go handler.MakeKeys()
	t.Cleanup(func() {
		stop() // requests that hang, as they were told to, end with this
		server.Close()
	})
	r := &Realm{URL: server.URL, Secret: secret, t: t}
	return r.Of(realms[0].Name)
}

// Of returns another realm of the same files.
func (r *Realm) Of(name string) *Realm {
	other := *r
	other.Issuer = r.URL + "/realms/" + url.PathEscape(name)
	return &other
}

// Tokens are what a login brings. Refresh and ID are "" where the client or the scope gives none.
type Tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	ID      string `json:"id_token"`
}

// Option says more about tokens.
type Option func(*tokenRequest)

type tokenRequest struct {
	Username string         `json:"username"`
	ClientID string         `json:"client_id,omitempty"`
	Scope    string         `json:"scope,omitempty"`
	Claims   map[string]any `json:"claims,omitempty"`
}

// Client names the client that tokens are for. Without it, they are for the realm's only app.
func Client(id string) Option { return func(r *tokenRequest) { r.ClientID = id } }

// Scope asks for scopes, separated by blanks. Without it, that is openid.
func Scope(scope string) Option { return func(r *tokenRequest) { r.Scope = scope } }

// Claims sets claims of the access token, over the realm's own, exp and iss too. nil takes one out.
func Claims(claims map[string]any) Option { return func(r *tokenRequest) { r.Claims = claims } }

// Token returns an access token of a user, with a session of its own.
func (r *Realm) Token(username string, options ...Option) string {
	r.t.Helper()
	return r.Tokens(username, options...).Access
}

// Tokens returns all tokens of a user, with a session of their own.
func (r *Realm) Tokens(username string, options ...Option) Tokens {
	r.t.Helper()
	in := tokenRequest{Username: username}
	for _, set := range options {
		set(&in)
	}
	var out Tokens
	r.control("POST", "/tokens", in, &out)
	return out
}

// Key is a key of the realm.
type Key struct {
	ID        string `json:"kid"`
	Algorithm string `json:"algorithm"`
	Use       string `json:"use"` // sig or enc
	Priority  int64  `json:"priority"`
	Active    bool   `json:"active"` // signs, if no other of its algorithm has a higher priority
}

// Keys returns the keys of the realm, highest priority first.
func (r *Realm) Keys() []Key {
	r.t.Helper()
	var all []Key
	r.control("GET", "/keys", nil, &all)
	return all
}

// RotateKeys makes the realm sign with a new RS256 key. The old ones go on verifying.
func (r *Realm) RotateKeys() {
	r.t.Helper()
	r.control("POST", "/rotate-keys", map[string]string{"algorithm": "RS256"}, nil)
}

// WithdrawKey takes a key out of the set: what it has signed does not verify any more. A new key takes its place
// where it was the last that signed with its algorithm.
func (r *Realm) WithdrawKey(kid string) {
	r.t.Helper()
	r.control("DELETE", "/keys/"+url.PathEscape(kid), nil, nil)
}

// Trouble is what goes wrong at an endpoint.
type Trouble struct {
	Answer string        // normal, error, garbage, truncated, empty, hang or reset; "" is normal
	Status int           // of the answer error, 400 to 599; 0 is 503
	Delay  time.Duration // before the answer, up to a minute
	Times  int           // how many requests it lasts; 0: until Calm
}

// Trouble lets an endpoint go wrong, in place of what was set there before: discovery, certs, auth, token, introspect,
// userinfo, revoke, logout, device, account, frames, or all.
func (r *Realm) Trouble(endpoint string, t Trouble) {
	r.t.Helper()
	in := map[string]any{"answer": t.Answer, "delay_ms": t.Delay.Milliseconds()}
	if t.Status != 0 {
		in["status"] = t.Status
	}
	if t.Times != 0 {
		in["times"] = t.Times
	}
	r.control("PUT", "/trouble/"+url.PathEscape(endpoint), in, nil)
}

// Calm ends all trouble, and sets the clock right.
func (r *Realm) Calm() {
	r.t.Helper()
	r.control("DELETE", "/trouble", nil, nil)
}

// ShiftClock sets the realm's clock ahead of the machine's, or behind it. It counts whole seconds, and each call from
// the machine's time, not from the last.
func (r *Realm) ShiftClock(ahead time.Duration) {
	r.t.Helper()
	r.control("PUT", "/clock", map[string]int64{"offset_seconds": int64(ahead.Seconds())}, nil)
}

// Session is a session that has not ended.
type Session struct {
	ID       string    `json:"id"` // the sid of tokens; an offline session has the same as the one it came from
	Username string    `json:"username"`
	Offline  bool      `json:"offline"`
	Started  time.Time `json:"started"`
	LastUsed time.Time `json:"last_used"`
	Ends     time.Time `json:"ends"` // unless it is used before
	Clients  []string  `json:"clients"`
}

// Sessions returns all sessions, oldest first.
func (r *Realm) Sessions() []Session {
	r.t.Helper()
	var all []Session
	r.control("GET", "/sessions", nil, &all)
	return all
}

// ExpireSession ends a session as if it had not been used for too long: nobody is told.
func (r *Realm) ExpireSession(sid string) {
	r.t.Helper()
	r.control("POST", "/sessions/"+url.PathEscape(sid)+"/expire", nil, nil)
}

// EndSession ends a session as an administrator does: its apps are told by back channel before it returns.
func (r *Realm) EndSession(sid string) {
	r.t.Helper()
	r.control("DELETE", "/sessions/"+url.PathEscape(sid), nil, nil)
}

// SignOut ends all sessions of a user, offline ones too. Apps are told before it returns.
func (r *Realm) SignOut(username string) {
	r.t.Helper()
	r.control("POST", "/users/"+url.PathEscape(username)+"/logout", nil, nil)
}
