package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"keystead/api"
	"keystead/auth"
	"keystead/auth/authtest"
	"keystead/session"
	"keystead/store"
)

const page = `<!doctype html><script type="application/json" id="keystead-settings">{{.Settings}}</script><script nonce="{{.Nonce}}" src="/assets/app-1a2b.js"></script>`

// newHandler returns the whole handler over the issuer's realm, with the keys already there.
func newHandler(t *testing.T, realm *authtest.Issuer, origins ...string) http.Handler {
	t.Helper()
	h, keys := handlerOf(t, realm.URL(), slog.New(slog.DiscardHandler), nil, origins...)
	waitForKeys(t, keys)
	return h
}

func waitForKeys(t *testing.T, keys *auth.Keys) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); keys.Ready() != nil; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(keys.Ready())
		}
	}
}

// newStore returns an open database of the test's own.
func newStore(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open("sqlite:"+filepath.Join(t.TempDir(), "test.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	go s.Run(t.Context())
	t.Cleanup(func() { _ = s.Close() })
	for end := time.Now().Add(10 * time.Second); s.Ready() != nil; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(s.Ready())
		}
	}
	return s
}

func handlerOf(t *testing.T, issuer string, log *slog.Logger, introspection *auth.Introspection, origins ...string) (http.Handler, *auth.Keys) {
	t.Helper()
	return handlerWith(t, issuer, introspection, func(o *api.Options) { o.Log, o.CORSOrigins = log, origins })
}

// handlerWith returns the whole handler over a realm with options changed.
func handlerWith(t *testing.T, issuer string, introspection *auth.Introspection, change func(*api.Options)) (*api.Handler, *auth.Keys) {
	t.Helper()
	keys := auth.NewKeys(auth.KeysConfig{Issuer: issuer, Logger: slog.New(slog.DiscardHandler)})
	go keys.Run(t.Context())
	db := newStore(t)
	revocations := session.NewRevocations(db, slog.New(slog.DiscardHandler))
	go revocations.Run(t.Context())
	verifier, err := auth.NewVerifier(auth.VerifierConfig{Keys: keys, Audience: []string{authtest.Audience}, Introspection: introspection, CacheSize: 100, Revocations: revocations})
	if err != nil {
		t.Fatal(err)
	}
	options := api.Options{
		Keys: keys, Verifier: verifier, Log: slog.New(slog.DiscardHandler),
		App: fstest.MapFS{
			"index.html":         {Data: []byte(page)},
			"docs.html":          {Data: []byte("<title>docs of {{.Settings.Realm}}</title>")},
			"redoc.html":         {Data: []byte("<title>redoc of {{.Settings.Realm}}</title>")},
			"favicon.svg":        {Data: []byte("<svg/>")},
			".gitkeep":           {},
			".git/config":        {Data: []byte("hunter2")},
			"assets/.env":        {Data: []byte("hunter2")},
			"assets/app-1a2b.js": {Data: []byte("let a = 1;")},
		},
		Store: db, Revocations: revocations,
		Settings: api.Settings{Issuer: issuer, KeycloakURL: strings.TrimSuffix(issuer, "/realms/demo"), Realm: "demo", ClientID: "demo", PublicURL: "http://localhost:8000", LoginMode: "check-sso"},
	}
	change(&options)
	h, err := api.NewHandler(options)
	if err != nil {
		t.Fatal(err)
	}
	return h, keys
}

// readyHandler is handlerWith over an issuer of the test's own, with the keys already there.
func readyHandler(t *testing.T, realm *authtest.Issuer, change func(*api.Options)) *api.Handler {
	t.Helper()
	h, keys := handlerWith(t, realm.URL(), nil, change)
	waitForKeys(t, keys)
	return h
}

// call sends a request with a token, when it is not empty, and header lines of the form "Name: value".
func call(h http.Handler, method, path, token string, headers ...string) *httptest.ResponseRecorder {
	return callWith(h, method, path, token, "", headers...)
}

// callWith is call with a body, which GET and HEAD do not have.
func callWith(h http.Handler, method, path, token, body string, headers ...string) *httptest.ResponseRecorder {
	if method == http.MethodGet || method == http.MethodHead {
		body = ""
	}
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

// The table reads as the access policy: who gets what, refusals first.
func TestAccess(t *testing.T) {
	realm, other := authtest.NewIssuer(t), authtest.NewIssuer(t)
	h := newHandler(t, realm)
	bob, alice := realm.Token("bob", "user"), realm.Token("alice", "user", "admin")
	service := realm.Sign(realm.Claims("service-account-reporter", "admin").With("sid", nil).With("azp", "reporter"))
	expired := realm.Sign(realm.Claims("alice", "admin").With("exp", time.Now().Add(-time.Minute).Unix()))
	foreign := other.Token("alice", "admin")
	otherClient := realm.Sign(realm.Claims("alice", "admin").With("aud", "account"))

	const (
		missing = `Bearer realm="demo", resource_metadata="http://localhost:8000/.well-known/oauth-protected-resource"`
		invalid = `Bearer realm="demo", error="invalid_token", error_description="`
	)
	tests := []struct {
		name, method, path, token string
		status                    int
		code, challenge           string // of a problem; the challenge's start
	}{
		{"claims need a token", "GET", "/secured", "", 401, "token_missing", missing},
		{"claims refuse an expired token", "GET", "/secured", expired, 401, "token_expired", invalid + "The token expired 1m"},
		{"claims refuse another realm", "GET", "/secured", foreign, 401, "token_key_unknown", invalid},
		{"claims refuse another client's audience", "GET", "/secured", otherClient, 401, "token_audience", invalid + "Audience account holds none of keystead-api"},
		{"claims refuse rubbish", "GET", "/secured", "rubbish", 401, "token_malformed", invalid},
		{"the echo needs a token", "GET", "/protected", "", 401, "token_missing", missing},
		{"me needs a token", "GET", "/api/me", "", 401, "token_missing", missing},
		{"the report needs a token", "GET", "/api/admin/reports", "", 401, "token_missing", missing},
		{"the report refuses an expired admin", "GET", "/api/admin/reports", expired, 401, "token_expired", invalid},
		{"the report refuses a plain user", "GET", "/api/admin/reports", bob, 403, "role_missing", `Bearer realm="demo", error="insufficient_scope", error_description="Requires one of: admin"`},
		{"unknown operations need a token", "GET", "/api/nothing", "", 401, "token_missing", missing},
		{"unknown operations need a token for every method", "DELETE", "/api/nothing/at/all", "", 401, "token_missing", missing},
		{"the API's root needs a token", "GET", "/api", "", 401, "token_missing", missing},
		{"an operation's other methods need a token", "POST", "/api/me", "", 401, "token_missing", missing},
		{"and for methods that no router knows", "BREW", "/api/me", "", 401, "token_missing", missing},
		{"wherever they are tried", "BREW", "/api/nothing", "", 401, "token_missing", missing},
		{"which are no way to find operations", "BREW", "/api/nothing", bob, 404, "not_found", ""},
		{"unknown operations do not exist", "GET", "/api/nothing", bob, 404, "not_found", ""},
		{"an operation's other methods are named", "POST", "/api/me", bob, 405, "method_not_allowed", ""},
		{"outside the API, too", "POST", "/secured", bob, 405, "method_not_allowed", ""},
		{"a method that no router knows", "BREW", "/api/me", bob, 405, "method_not_allowed", ""},
		{"a missing asset is no page", "GET", "/assets/gone-1a2b.js", "", 404, "not_found", ""},
		{"nor is a hidden one served", "GET", "/assets/.env", "", 404, "not_found", ""},
		{"assets have no listing", "GET", "/assets/", "", 404, "not_found", ""},

		{"health is open", "GET", "/health", "", 200, "", ""},
		{"readiness is open", "GET", "/readyz", "", 200, "", ""},
		{"settings are open", "GET", "/config.json", "", 200, "", ""},
		{"the page is open", "GET", "/", "", 200, "", ""},
		{"deep links are the page", "GET", "/admin/reports", "", 200, "", ""},
		{"claims for bob", "GET", "/secured", bob, 200, "", ""},
		{"the echo for bob", "GET", "/protected", bob, 200, "", ""},
		{"me for bob", "GET", "/api/me", bob, 200, "", ""},
		{"HEAD works where GET does", "HEAD", "/api/me", bob, 200, "", ""},
		{"HEAD needs the token, too", "HEAD", "/api/me", "", 401, "", missing},
		{"the report for alice", "GET", "/api/admin/reports", alice, 200, "", ""},
		{"the report for a service", "GET", "/api/admin/reports", service, 200, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rec := call(h, tt.method, tt.path, tt.token)
			if rec.Code != tt.status {
				t.Fatalf("%s %s = %d, want %d; body %s", tt.method, tt.path, rec.Code, tt.status, rec.Body)
			}
			challenge := rec.Header().Get("WWW-Authenticate")
			if !strings.HasPrefix(challenge, tt.challenge) || (tt.challenge == "") != (challenge == "") || (tt.challenge == missing && challenge != missing) {
				t.Errorf("challenge %q, want it to start with %q", challenge, tt.challenge)
			}
			if tt.code == "" {
				return
			}
			if (challenge != "" && challenge != missing) != strings.HasSuffix(challenge, `, code="`+tt.code+`"`+strings.TrimPrefix(missing, `Bearer realm="demo"`)) {
				t.Errorf("the challenge %q does not end with the code %s", challenge, tt.code)
			}
			var problem api.Problem
			decode(t, rec, "application/problem+json", &problem)
			if string(problem.Code) != tt.code || problem.Status != tt.status || problem.Title != http.StatusText(tt.status) || problem.Detail == "" {
				t.Errorf("problem %+v, want the code %s", problem, tt.code)
			}
			if id := rec.Header().Get("X-Request-Id"); id == "" || problem.RequestID != id {
				t.Errorf("request id %q in the header, %q in the body", id, problem.RequestID)
			}
		})
	}
}

func TestAllowHeader(t *testing.T) {
	realm := authtest.NewIssuer(t)
	h := newHandler(t, realm)
	for _, request := range []string{"POST /api/me", "DELETE /secured", "PUT /", "BREW /health"} {
		method, path, _ := strings.Cut(request, " ")
		if got := call(h, method, path, realm.Token("bob")).Header().Get("Allow"); got != "GET, HEAD, OPTIONS" {
			t.Errorf("%s: Allow is %q", request, got)
		}
	}
}

func TestAnswers(t *testing.T) {
	realm := authtest.NewIssuer(t)
	h := newHandler(t, realm)
	claims := realm.Claims("alice", "user", "admin").With("department", "engineering").With("big", json.Number("12345678901234567890"))
	alice := realm.Sign(claims)
	want, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}

	var secured struct{ Claims json.RawMessage }
	decode(t, call(h, "GET", "/secured", alice), "application/json", &secured)
	if string(secured.Claims) != string(want) {
		t.Errorf("/secured changed the claims:\n got %s\nwant %s", secured.Claims, want)
	}

	for query, message := range map[string]string{"": "probeReceived", "?message=hello": "helloReceived", "?message=": "Received"} {
		var echo struct {
			Message string
			User    json.RawMessage
		}
		decode(t, call(h, "GET", "/protected"+query, alice), "application/json", &echo)
		if echo.Message != message || string(echo.User) != string(want) {
			t.Errorf("/protected%s = %+v", query, echo)
		}
	}

	var me struct {
		Sub, Username, Email string
		Roles                []string
		ExpiresAt            time.Time `json:"expires_at"`
	}
	decode(t, call(h, "GET", "/api/me", alice), "application/json", &me)
	if me.Sub != "id-of-alice" || me.Username != "alice" || me.Email != "alice@example.com" || len(me.Roles) != 2 || me.ExpiresAt.Unix() != claims["exp"] {
		t.Errorf("/api/me = %+v", me)
	}
	if rec := call(h, "GET", "/api/me", realm.Sign(realm.Claims("bob").With("realm_access", nil))); !strings.Contains(rec.Body.String(), `"roles":[]`) {
		t.Errorf("/api/me without roles = %s", rec.Body)
	}
}

func TestReportCounts(t *testing.T) {
	realm := authtest.NewIssuer(t)
	h := newHandler(t, realm)
	alice, bob := realm.Token("alice", "admin"), realm.Token("bob", "user")
	call(h, "GET", "/health", "")
	call(h, "GET", "/api/me", bob)
	call(h, "GET", "/api/me", "")
	call(h, "GET", "/api/admin/reports", bob)
	call(h, "GET", "/api/nothing", bob)

	var report struct {
		GeneratedBy   string         `json:"generated_by"`
		GeneratedAt   time.Time      `json:"generated_at"`
		Allowed       int            `json:"allowed"`
		Refused       int            `json:"refused"`
		RefusedByCode map[string]int `json:"refused_by_code"`
	}
	decode(t, call(h, "GET", "/api/admin/reports", alice), "application/json", &report)
	if report.GeneratedBy != "id-of-alice" || time.Since(report.GeneratedAt) > time.Minute {
		t.Errorf("report by %q at %v", report.GeneratedBy, report.GeneratedAt)
	}
	if report.Allowed != 3 || report.Refused != 2 || report.RefusedByCode["token_missing"] != 1 || report.RefusedByCode["role_missing"] != 1 {
		t.Errorf("the report counts %+v", report)
	}
}

// The guides kept "the current user" in a variable of the module, so that two callers at once could
// see each other. Run with -race.
func TestCallersNeverSeeEachOther(t *testing.T) {
	realm := authtest.NewIssuer(t)
	h := newHandler(t, realm)
	var wg sync.WaitGroup
	for i := range 20 {
		name := fmt.Sprintf("user-%d", i)
		token := realm.Token(name, "user")
		wg.Go(func() {
			for range 20 {
				for path, want := range map[string]string{
					"/api/me":    `"username":"` + name + `"`,
					"/secured":   `"preferred_username":"` + name + `"`,
					"/protected": `"preferred_username":"` + name + `"`,
				} {
					if rec := call(h, "GET", path, token); !strings.Contains(rec.Body.String(), want) {
						t.Errorf("%s for %s = %s", path, name, rec.Body)
					}
				}
			}
		})
	}
	wg.Wait()
}

// No verdict without keys: 503 tells a client to come again, 401 would tell it to sign in again.
func TestWithoutKeys(t *testing.T) {
	realm := authtest.NewIssuer(t)
	realm.Answer(authtest.Down)
	h, keys := handlerOf(t, realm.URL(), slog.New(slog.DiscardHandler), nil)
	for end := time.Now().Add(10 * time.Second); strings.Contains(keys.Ready().Error(), "first fetch"); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the first fetch does not end")
		}
	}
	for _, path := range []string{"/api/me", "/readyz"} {
		rec := call(h, "GET", path, realm.Token("alice"))
		var problem api.Problem
		decode(t, rec, "application/problem+json", &problem)
		if rec.Code != http.StatusServiceUnavailable || problem.Code != auth.CodeKeysUnavailable || rec.Header().Get("Retry-After") == "" || rec.Header().Get("WWW-Authenticate") != "" {
			t.Errorf("%s = %d %v %+v", path, rec.Code, rec.Header(), problem)
		}
	}
	for path, want := range map[string]int{"/health": 200, "/": 200, "/config.json": 200} {
		if rec := call(h, "GET", path, ""); rec.Code != want {
			t.Errorf("%s = %d, want %d", path, rec.Code, want)
		}
	}
	if rec := call(h, "GET", "/api/me", ""); rec.Code != http.StatusUnauthorized {
		t.Errorf("no token needs no keys to be refused, got %d", rec.Code)
	}
}

func TestRequestID(t *testing.T) {
	realm := authtest.NewIssuer(t)
	h := newHandler(t, realm)
	for sent, kept := range map[string]bool{"abc-1.2_3": true, "": false, "two words": false, strings.Repeat("a", 65): false, `"quoted"`: false} {
		got := call(h, "GET", "/health", "", "X-Request-Id: "+sent).Header().Get("X-Request-Id")
		if (got == sent) != kept || got == "" {
			t.Errorf("X-Request-Id %q came back as %q", sent, got)
		}
	}
}

func TestLogNamesTheReasonAndNoSecret(t *testing.T) {
	realm := authtest.NewIssuer(t)
	var out authtest.Log
	h, keys := handlerOf(t, realm.URL(), slog.New(slog.NewJSONHandler(&out, nil)), nil)
	for keys.Ready() != nil {
		time.Sleep(time.Millisecond)
	}
	bob := realm.Token("bob", "user")
	call(h, "GET", "/health", "")
	if out.String() != "" {
		t.Errorf("a probe is logged: %s", out.String())
	}
	call(h, "GET", "/api/admin/reports?code=hunter2", bob, "Cookie: session=hunter3", "X-Request-Id: my-id")
	line := out.String()
	for _, want := range []string{`"request_id":"my-id"`, `"code":"role_missing"`, `"status":403`, `"subject":"id-of-bob"`, `"client":"demo"`, `"route":"/api/admin/reports"`} {
		if !strings.Contains(line, want) {
			t.Errorf("no %s in %s", want, line)
		}
	}
	for _, secret := range []string{bob, strings.Split(bob, ".")[2], "hunter2", "hunter3"} {
		if strings.Contains(line, secret) {
			t.Errorf("the log holds a secret: %s", line)
		}
	}
}

func decode(t *testing.T, rec *httptest.ResponseRecorder, contentType string, into any) {
	t.Helper()
	if got := rec.Header().Get("Content-Type"); got != contentType {
		t.Errorf("Content-Type is %q, want %q", got, contentType)
	}
	if got := rec.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q", got)
	}
	if err := json.Unmarshal(rec.Body.Bytes(), into); err != nil {
		t.Fatalf("%v in %s", err, rec.Body)
	}
}

// HEAD works wherever GET does, with the same headers, and through a real connection without a body.
func TestHead(t *testing.T) {
	realm := authtest.NewIssuer(t)
	h := newHandler(t, realm)
	server := httptest.NewServer(h)
	defer server.Close()
	bob := realm.Token("bob", "user")
	volatile := []string{"X-Request-Id", "Date", "Content-Security-Policy", "Content-Length"} // a problem holds its request's id
	for _, row := range access {
		method, path := methodOf(row.path)
		if method != http.MethodGet {
			continue
		}
		for _, token := range []string{"", bob} {
			answers := map[string]*http.Response{}
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				req, err := http.NewRequest(method, server.URL+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				if token != "" {
					req.Header.Set("Authorization", "Bearer "+token)
				}
				res, err := http.DefaultTransport.RoundTrip(req)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(res.Body)
				res.Body.Close()
				if err != nil || (method == http.MethodHead) != (len(body) == 0) {
					t.Errorf("%s %s has a body of %d, %v", method, path, len(body), err)
				}
				for _, name := range volatile {
					res.Header.Del(name)
				}
				answers[method] = res
			}
			get, head := answers[http.MethodGet], answers[http.MethodHead]
			if get.StatusCode != head.StatusCode {
				t.Errorf("%s: GET %d, HEAD %d", path, get.StatusCode, head.StatusCode)
			}
			if diff := cmp.Diff(get.Header, head.Header); diff != "" {
				t.Errorf("%s: %s", path, diff)
			}
		}
	}
}
