package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"keystead/auth"
	"keystead/auth/authtest"
)

// newServer returns a server over the issuer's realm, with the keys already there.
func newServer(t testing.TB, realm *authtest.Issuer) *server {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	keys := auth.NewKeys(auth.KeysConfig{Issuer: realm.URL(), Logger: log})
	go keys.Run(t.Context())
	for end := time.Now().Add(10 * time.Second); keys.Ready() != nil; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(keys.Ready())
		}
	}
	verifier, err := auth.NewVerifier(auth.VerifierConfig{Keys: keys, Audience: []string{authtest.Audience}, CacheSize: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	app, err := newApp(fstest.MapFS{}, true, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	s := &server{keys: keys, verifier: verifier, log: log, app: app, settings: Settings{Realm: "demo", PublicURL: "https://app.example.com"}}
	s.figures = newFigures(Build{})
	return s
}

// newTestTable returns the server's table behind the middlewares that it has in real life.
func newTestTable(t testing.TB, s *server) *Table {
	t.Helper()
	table, err := s.newTable(s.middlewares(Options{Settings: s.settings})...)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func get(h http.Handler, path, token string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

func hello(context.Context) (*bodyOf[health], error) {
	return &bodyOf[health]{health{"hello"}}, nil
}

// helloHuma is the same for who goes to huma itself.
func helloHuma(ctx context.Context, _ *struct{}) (*bodyOf[health], error) { return hello(ctx) }

// An operation without input answers as the document says, and as the others do.
func TestPlainOperation(t *testing.T) {
	table := newTestTable(t, newServer(t, authtest.NewIssuer(t)))
	open := auth.Public().Because("it is tested")
	registerPlain(table, operation{ID: "greet", Method: "GET", Path: "/api/greet", Policy: open, Status: http.StatusAccepted}, hello)
	registerPlain(table, operation{ID: "refuse", Method: "GET", Path: "/api/refuse", Policy: open},
		func(context.Context) (*bodyOf[health], error) {
			return nil, &Problem{Status: http.StatusNotFound, Code: codeNotFound, Detail: "hunter2"}
		})
	for path, want := range map[string]string{
		"/api/greet":     `202 application/json {"status":"hello"}`,
		"/api/greet?x=1": `202 application/json {"status":"hello"}`,
		"/api/greet?%zz": `400 application/problem+json`,
		"/api/greet?%ff": `400 application/problem+json`,
		"/api/refuse":    `404 application/problem+json`,
	} {
		rec := get(table, path, "")
		got := fmt.Sprintf("%d %s %s", rec.Code, rec.Header().Get("Content-Type"), rec.Body)
		if !strings.HasPrefix(got, want) || rec.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s = %s %v, want %s", path, got, rec.Header(), want)
		}
	}
	responses := table.api.OpenAPI().Paths["/api/greet"].Get.Responses
	if responses["202"] == nil || responses["202"].Content["application/json"].Schema == nil || responses["200"] != nil {
		t.Errorf("the document has the answers %v", slices.Sorted(maps.Keys(responses)))
	}
}

// Whatever way a route is made, without a policy there is no start.
func TestRoutesWithoutAPolicyStopTheStart(t *testing.T) {
	raw := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }
	tests := []struct {
		name string
		make func(*Table)
		want string
	}{
		{"a hidden operation", func(t *Table) {
			huma.Register(t.api, huma.Operation{Method: "GET", Path: "/api/hidden", Hidden: true}, helloHuma)
		}, "GET /api/hidden has no policy: it was registered on huma itself"},
		{"an operation of huma's own", func(t *Table) { huma.Get(t.api, "/api/plain", helloHuma) }, "GET /api/plain has no policy"},
		{"one in a group", func(t *Table) { huma.Delete(huma.NewGroup(t.api, "/api/group"), "/x", helloHuma) }, "DELETE /api/group/x has no policy"},
		{"a raw route", func(t *Table) { t.router.Get("/api/raw", raw) }, "GET /api/raw has no policy: it was made on the router itself"},
		{"a raw method on a route that has a policy", func(t *Table) { t.router.Post("/api/me", raw) }, "POST /api/me has no policy"},
		{"a raw handler in the place of an operation", func(t *Table) { t.router.Get("/api/admin/reports", raw) }, "GET /api/admin/reports has no policy: it was made on the router itself"},
		{"one with a middleware in the place of an operation", func(t *Table) { t.router.With(secureHeaders("")).Get("/api/admin/reports", raw) }, "GET /api/admin/reports has no policy"},
		{"a mounted router", func(t *Table) {
			below := chi.NewRouter()
			below.Get("/raw", raw)
			t.router.Mount("/api/below", below)
		}, "GET /api/below/raw has no policy"},
		{"a group with a middleware", func(t *Table) {
			t.router.Group(func(r chi.Router) { r.With(secureHeaders("")).Put("/api/group", raw) })
		}, "PUT /api/group has no policy"},
		{"an operation with an empty policy", func(t *Table) {
			registerPlain(t, operation{ID: "x", Method: "GET", Path: "/api/x"}, hello)
		}, "GET /api/x: it has no policy"},
		{"a route with an empty policy", func(t *Table) { t.add(Route{Method: "GET", Path: "/api/x"}, notFound) }, "GET /api/x: it has no policy"},
		{"an open one without a reason", func(t *Table) {
			t.add(Route{Method: "GET", Path: "/api/x", Policy: auth.Public()}, notFound)
		}, "GET /api/x: a policy that lets everybody in needs a reason"},
		{"a parameter that the path does not have", func(t *Table) {
			registerPlain(t, operation{ID: "x", Method: "GET", Path: "/api/{id}/x", Policy: auth.Require(auth.Claim("sub").EqualsPath("user"))}, hello)
		}, "a parameter that the path does not have"},
		{"the same twice", func(t *Table) {
			registerPlain(t, operation{ID: "x", Method: "GET", Path: "/api/me", Policy: auth.Public().Because("x")}, hello)
		}, "GET /api/me: it is there twice"},
		{"one id twice", func(t *Table) {
			registerPlain(t, operation{ID: "showMe", Method: "GET", Path: "/api/x", Policy: auth.Authenticated()}, hello)
		}, "GET /api/x: another operation is called showMe, too"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table, err := NewTable(Settings{})
			if err != nil {
				t.Fatal(err)
			}
			tt.make(table)
			if err := table.check(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("check = %v, want %q", err, tt.want)
			}
		})
	}
}

// An operation that was registered on huma itself is not even there while the start fails.
func TestAHiddenOperationIsNotMounted(t *testing.T) {
	table := newTestTable(t, newServer(t, authtest.NewIssuer(t)))
	huma.Register(table.api, huma.Operation{Method: "GET", Path: "/hidden", Hidden: true}, helloHuma)
	if rec := get(table, "/hidden", ""); strings.Contains(rec.Body.String(), "hello") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

// Optional knows who sends a token, and lets nobody in with one that is not good.
func TestOptional(t *testing.T) {
	realm := authtest.NewIssuer(t)
	table := newTestTable(t, newServer(t, realm))
	registerPlain(table, operation{ID: "greet", Method: "GET", Path: "/greet", Policy: auth.Optional().Because("greets by name")},
		func(ctx context.Context) (*bodyOf[health], error) {
			name := "stranger"
			if p, ok := auth.FromContext(ctx); ok {
				name = p.Username()
			}
			return &bodyOf[health]{health{name}}, nil
		})
	for token, want := range map[string]string{
		"rubbish": `"code":"token_malformed"`,
		realm.Sign(realm.Claims("bob").With("exp", time.Now().Add(-time.Hour).Unix())): `"code":"token_expired"`,
		"":                   `{"status":"stranger"}`,
		realm.Token("alice"): `{"status":"alice"}`,
	} {
		if rec := get(table, "/greet", token); !strings.Contains(rec.Body.String(), want) {
			t.Errorf("%s, want %s", rec.Body, want)
		}
	}
}

// The challenges tell a client what to ask the realm for.
func TestChallenges(t *testing.T) {
	realm := authtest.NewIssuer(t)
	table := newTestTable(t, newServer(t, realm))
	bob := realm.Token("bob")
	const metadata = `, resource_metadata="https://app.example.com/.well-known/oauth-protected-resource"`
	tests := []struct {
		requirement auth.Requirement
		status      int
		want        string
	}{
		{auth.Scope("reports:read", "reports:write"), 403, `Bearer realm="demo", error="insufficient_scope", error_description="Requires the scope reports:read, reports:write", scope="reports:read reports:write", code="scope_missing"` + metadata},
		{auth.AuthenticationLevel("gold", "silver"), 401, `Bearer realm="demo", error="insufficient_user_authentication", error_description="Requires a stronger sign-in: the authentication level gold or silver: it is 1", acr_values="gold silver", code="authentication_level"` + metadata},
		{auth.InGroup("/staff"), 403, `Bearer realm="demo", error="insufficient_scope", error_description="Requires group /staff", code="group_missing"` + metadata},
		{auth.InOrganization("acme"), 403, `Bearer realm="demo", error="insufficient_scope", error_description="Requires a member of the organization acme", code="organization_missing"` + metadata},
		{auth.Claim("tier").Equals(`"gold"`), 403, `Bearer realm="demo", error="insufficient_scope", error_description="Requires the claim tier equal to 'gold': the token has no such claim that can be used", code="claim_mismatch"` + metadata},
	}
	long := "/api/long"
	registerPlain(table, operation{ID: "long", Method: "GET", Path: long, Policy: auth.Require(auth.RealmRole(strings.Repeat("ä", 300)))}, hello)
	if got := regexp.MustCompile(`error_description="([^"]*)"`).FindStringSubmatch(get(table, long, bob).Header().Get("WWW-Authenticate")); got == nil || len(got[1]) != 200 {
		t.Errorf("a long description is %v", got)
	}
	for i, tt := range tests {
		path := "/api/test/" + string(rune('a'+i))
		registerPlain(table, operation{ID: path, Method: "GET", Path: path, Policy: auth.Require(tt.requirement)}, hello)
		rec := get(table, path, bob)
		if got := rec.Header().Get("WWW-Authenticate"); rec.Code != tt.status || got != tt.want {
			t.Errorf("%d %s\nwant %d %s", rec.Code, got, tt.status, tt.want)
		}
	}
}

// Huma's own refusals have our form, and do not repeat what was sent.
func TestInvalidInput(t *testing.T) {
	realm := authtest.NewIssuer(t)
	table := newTestTable(t, newServer(t, realm))
	register(table, operation{ID: "list", Method: "GET", Path: "/api/list", Policy: auth.Authenticated()},
		func(context.Context, *struct {
			Limit int `query:"limit" minimum:"1" maximum:"100"`
		}) (*bodyOf[health], error) {
			return nil, nil
		})
	for query, want := range map[string]string{
		"limit=hunter2": "query.limit: invalid integer",
		"limit=4711":    "query.limit: expected number <= 100",
	} {
		rec := get(table, "/api/list?"+query, realm.Token("bob"))
		var problem Problem
		if err := json.Unmarshal(rec.Body.Bytes(), &problem); err != nil {
			t.Fatal(err)
		}
		if len(problem.Fields) != 1 || problem.Fields[0].Field != "query.limit" {
			t.Errorf("the fields are %+v", problem.Fields)
		}
		if rec.Code != 422 || problem.Code != codeValidation || problem.Detail != want || problem.RequestID == "" || problem.Title != "Unprocessable Entity" ||
			rec.Header().Get("Content-Type") != problemType || rec.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%d %v %s", rec.Code, rec.Header(), rec.Body)
		}
		if strings.Contains(rec.Body.String(), "hunter2") || strings.Contains(rec.Body.String(), "4711") {
			t.Errorf("what was sent is repeated: %s", rec.Body)
		}
		if rec := get(table, "/api/list?"+query, ""); rec.Code != 401 {
			t.Errorf("who sends no token learns what is valid: %d %s", rec.Code, rec.Body)
		}
	}
}

// A panic in a handler is answered and survived.
func TestPanicIsA500(t *testing.T) {
	var out authtest.Log
	s := newServer(t, authtest.NewIssuer(t))
	s.log = slog.New(slog.NewJSONHandler(&out, nil))
	table, err := s.newTable(s.middlewares(Options{CORSOrigins: []string{"https://portal.example.com"}})...)
	if err != nil {
		t.Fatal(err)
	}
	table.add(Route{Method: "GET", Path: "/boom", Policy: auth.Public().Because("it blows up")}, func(http.ResponseWriter, *http.Request) error { panic("hunter2") })
	r := httptest.NewRequest(http.MethodGet, "/boom", nil)
	r.Header.Set("Origin", "https://portal.example.com")
	rec := httptest.NewRecorder()
	table.ServeHTTP(rec, r)
	if rec.Code != 500 || !strings.Contains(rec.Body.String(), `"code":"internal"`) || strings.Contains(rec.Body.String(), "hunter2") || rec.Header().Get("Access-Control-Allow-Origin") == "" {
		t.Errorf("panic = %d %v %s", rec.Code, rec.Header(), rec.Body)
	}
	if line := out.String(); !strings.Contains(line, "panic: hunter2") || !strings.Contains(line, "table_test.go") || !strings.Contains(line, `"status":500`) {
		t.Errorf("the log does not tell where it panicked: %s", line)
	}
}

// An answer that a panic has cut short must not look whole.
func TestPanicInTheMiddleOfAnAnswer(t *testing.T) {
	table := newTestTable(t, newServer(t, authtest.NewIssuer(t)))
	table.add(Route{Method: "GET", Path: "/boom", Policy: auth.Public().Because("it blows up")}, func(w http.ResponseWriter, _ *http.Request) error {
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		panic("hunter2")
	})
	server := httptest.NewServer(table)
	defer server.Close()
	res, err := http.Get(server.URL + "/boom")
	if err == nil {
		defer res.Body.Close()
		_, err = io.ReadAll(res.Body)
	}
	if err == nil {
		t.Error("the answer looks whole")
	}
}

// Who waits for as long as Retry-After says is answered, and who comes sooner is not, wherever in the clock's minute the
// burst began and however long it was.
func TestRetryAfterIsTrue(t *testing.T) {
	for _, limit := range []int{1, 2, 10, 600} {
		for _, offset := range []time.Duration{0, 5 * time.Second, 29500 * time.Millisecond, 59 * time.Second} {
			for _, before := range []int{0, 1, limit / 2, limit} { // requests in the minute before
				synctest.Test(t, func(t *testing.T) {
					s := &server{}
					h := s.limitRate(limit)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
					ask := func() *httptest.ResponseRecorder {
						rec := httptest.NewRecorder()
						h.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
						return rec
					}
					for range before {
						ask()
					}
					time.Sleep(time.Minute + offset)
					rec := ask()
					for rec.Code != http.StatusTooManyRequests {
						rec = ask()
					}
					wait, err := strconv.Atoi(rec.Header().Get("Retry-After"))
					if err != nil || wait < 1 || len(rec.Header().Values("X-RateLimit-Limit")) > 0 {
						t.Fatalf("%v", rec.Header())
					}
					time.Sleep(time.Duration(wait)*time.Second - 1100*time.Millisecond)
					if rec := ask(); wait > 1 && rec.Code != http.StatusTooManyRequests {
						t.Errorf("limit %d, offset %v, %d before: answered too early, Retry-After was %d", limit, offset, before, wait)
					}
					time.Sleep(1100 * time.Millisecond)
					if rec := ask(); rec.Code != http.StatusNoContent {
						t.Errorf("limit %d, offset %v, %d before: refused after the %d s it was told to wait, now %s s", limit, offset, before, wait, rec.Header().Get("Retry-After"))
					}
				})
			}
		}
	}
}

// The document says what the policy says, for programs and for people.
func TestDocumentHoldsThePolicies(t *testing.T) {
	table, err := NewTable(Settings{})
	if err != nil {
		t.Fatal(err)
	}
	paths := table.api.OpenAPI().Paths
	for path, want := range map[string]struct {
		security []map[string][]string
		text     string
	}{
		"/health":                             {[]map[string][]string{}, "Requires nothing."},
		"/api/me":                             {[]map[string][]string{{"realm": {}}, {"login": {}}}, "Requires a token."},
		"/api/admin/reports":                  {[]map[string][]string{{"realm": {"admin"}}, {"login": {}}}, "Requires realm role admin."},
		"/api/departments/{department}/brief": {[]map[string][]string{{"realm": {}}, {"login": {}}}, "Requires claim department equal to the department in the address."},
	} {
		op := paths[path].Get
		if diff := cmp.Diff(want.security, op.Security); diff != "" || op.Description != want.text || op.OperationID == "" {
			t.Errorf("%s: %q %s", path, op.Description, diff)
		}
	}
	for _, route := range table.Routes() {
		if _, documented := paths[route.Path]; documented != (route.Operation != "") {
			t.Errorf("%s: documented %v, and called %q", route.Path, documented, route.Operation)
		}
	}
}

func TestMatch(t *testing.T) {
	table, err := NewTable(Settings{})
	if err != nil {
		t.Fatal(err)
	}
	for request, want := range map[string]string{
		"GET /api/admin/reports":            "showReport",
		"HEAD /api/me?x=/api/admin/reports": "showMe",
		"GET /api/departments/a%20b/brief":  "showBrief",
		"GET /api/nothing":                  "any /api/*",
		"HEAD /api/nothing":                 "any /api/*",
		"PUT /api/me":                       "any /api/*",
		"GET /admin":                        "GET /*",
		"GET /api/me/../admin/reports":      "The path holds a dot segment",
		"POST /admin":                       "there is no route for POST /admin",
		"GET api":                           `parse "api": invalid URI for request`,
	} {
		method, target, _ := strings.Cut(request, " ")
		route, params, err := table.Match(method, target)
		got := route.Operation
		switch {
		case err != nil:
			got = err.Error()
		case got == "":
			got = route.Method + " " + route.Path
		}
		if got != want {
			t.Errorf("%s meets %q, want %q", request, got, want)
		}
		if want == "showBrief" && params.URLParam("department") != "a b" {
			t.Errorf("the department is %q", params.URLParam("department"))
		}
	}
}

// What huma costs beside a handler that is written by hand: same caller, same answer.
func BenchmarkOperation(b *testing.B) {
	realm := authtest.NewIssuer(b)
	s := newServer(b, realm)
	table := newTestTable(b, s)
	table.add(Route{Method: "GET", Path: "/by-hand", Policy: auth.Authenticated()}, func(w http.ResponseWriter, r *http.Request) error {
		out, err := s.showMe(r.Context())
		if err != nil {
			return err
		}
		s.writeJSON(w, r, http.StatusOK, "application/json", out.Body)
		return nil
	})
	token := "Bearer " + realm.Token("alice", "user", "admin")
	for name, path := range map[string]string{"huma": "/api/me", "by hand": "/by-hand"} {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Header.Set("Authorization", token)
			b.ReportAllocs()
			for b.Loop() {
				rec := httptest.NewRecorder()
				table.ServeHTTP(rec, r)
				if rec.Code != http.StatusOK {
					b.Fatal(rec.Code, rec.Body)
				}
			}
		})
	}
}
