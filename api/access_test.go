package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"keystead/api"
	"keystead/auth"
	"keystead/auth/authtest"
)

// who may do what, by kind of caller: bob (user, of sales), alice (user and admin, of engineering), a
// service with the role admin, alice with a lightweight token while the realm is not asked about such, and
// the same while it is.
const (
	nobody = iota
	bob
	alice
	service
	lightweight
	introspected
	callers
)

var callerNames = [callers]string{"nobody", "bob", "alice", "service", "lightweight", "introspected"}

// answers are the status and the code of a refusal, one for each caller.
type answers [callers]string

const (
	ok      = "200"
	created = "201"
	moved   = "308"
	missing = "401 token_missing"
	stale   = "401 token_audience" // what a lightweight token gets without introspection
	role    = "403 role_missing"
	claim   = "403 claim_mismatch"
	gone    = "404 not_found"
	form    = "415 media_type"
)

// The access policy: every operation, for every kind of caller. A path without a method is of GET; one of another method
// has a body that is good.
var access = []struct {
	operation, path string
	answers         answers
}{
	//                                                              nobody   bob    alice  service lightw. introspected
	{"showReport", "/api/admin/reports", answers{missing, role, ok, ok, stale, ok}},
	{"revoke", "POST /api/admin/revocations", answers{missing, role, created, created, stale, created}},
	{"showBrief", "/api/departments/engineering/brief", answers{missing, claim, ok, claim, stale, ok}},
	{"showBrief", "/api/departments/sales/brief", answers{missing, ok, claim, claim, stale, claim}},
	{"showBrief", "/api/departments/Engineering/brief", answers{missing, claim, claim, claim, stale, claim}},
	{"showMe", "/api/me", answers{missing, ok, ok, ok, stale, ok}},
	{"showPermissions", "/api/me/permissions", answers{missing, ok, ok, ok, stale, ok}},
	{"listNotes", "/api/notes", answers{missing, ok, ok, ok, stale, ok}},
	{"createNote", "POST /api/notes", answers{missing, created, created, created, stale, created}},
	{"showNote", "/api/notes/" + nobodysNote, answers{missing, gone, gone, gone, stale, gone}},
	{"replaceNote", "PUT /api/notes/" + nobodysNote, answers{missing, gone, gone, gone, stale, gone}},
	{"deleteNote", "DELETE /api/notes/" + nobodysNote, answers{missing, gone, gone, gone, stale, gone}},
	{"showClaims", "/secured", answers{missing, ok, ok, ok, stale, ok}},
	{"echoMessage", "/protected?message=probe", answers{missing, ok, ok, ok, stale, ok}},
	{"any /api/*", "/api/nothing", answers{missing, gone, gone, gone, stale, gone}},
	{"any /api", "/api", answers{missing, gone, gone, gone, stale, gone}},
	{"showHealth", "/health", answers{ok, ok, ok, ok, ok, ok}},
	{"showReadiness", "/readyz", answers{ok, ok, ok, ok, ok, ok}},
	{"showSettings", "/config.json", answers{ok, ok, ok, ok, ok, ok}},
	{"showResourceMetadata", "/.well-known/oauth-protected-resource", answers{ok, ok, ok, ok, ok, ok}},
	{"GET /.well-known/*", "/.well-known/oauth-protected-resource/api", answers{gone, gone, gone, gone, gone, gone}},
	{"GET /auth/*", "/auth/login", answers{gone, gone, gone, gone, gone, gone}},
	{"POST /auth/backchannel-logout", "POST /auth/backchannel-logout", answers{form, form, form, form, form, form}},
	{"GET /docs/", "/docs/", answers{moved, moved, moved, moved, moved, moved}},
	{"GET /redoc/", "/redoc/", answers{moved, moved, moved, moved, moved, moved}},
	{"GET /openapi.json", "/openapi.json", answers{ok, ok, ok, ok, ok, ok}},
	{"GET /openapi.yaml", "/openapi.yaml", answers{ok, ok, ok, ok, ok, ok}},
	{"GET /docs", "/docs", answers{ok, ok, ok, ok, ok, ok}},
	{"GET /docs/oauth2-redirect.html", "/docs/oauth2-redirect.html", answers{ok, ok, ok, ok, ok, ok}},
	{"GET /redoc", "/redoc", answers{ok, ok, ok, ok, ok, ok}},
	{"GET /assets/*", "/assets/app-1a2b.js", answers{ok, ok, ok, ok, ok, ok}},
	{"GET /*", "/departments/sales", answers{ok, ok, ok, ok, ok, ok}},
}

const nobodysNote = "01936f0e-5b7c-7d3a-9c1e-2f4b8a6d0c35"

// goodBody is what is sent to a path that takes a body.
func goodBody(path string) string {
	if path == "/api/admin/revocations" {
		return `{"sid": "nobodys-session"}`
	}
	return `{"title": "a note"}`
}

// methodOf splits a path of the table.
func methodOf(path string) (string, string) {
	if method, rest, ok := strings.Cut(path, " "); ok {
		return method, rest
	}
	return http.MethodGet, path
}

// TestAccessPolicy holds the API to the table, on tokens of a realm in this process.
func TestAccessPolicy(t *testing.T) {
	realm := authtest.NewIssuer(t)
	claims := realm.Claims("alice", "user", "admin").With("department", "engineering")
	holdToPolicy(t, realm.URL(), &auth.Introspection{ClientID: authtest.IntrospectionClientID, ClientSecret: authtest.IntrospectionClientSecret}, [callers]string{
		bob:         realm.Sign(realm.Claims("bob", "user").With("department", "sales")),
		alice:       realm.Sign(claims),
		service:     realm.Sign(realm.Claims("service-account-reporter", "admin").With("sid", nil).With("azp", "reporter")),
		lightweight: realm.SignLightweight(claims.With("jti", "onltac:1")),
	})
}

// TestAccessPolicyOnKeycloak holds the API to the same table, on tokens of a real Keycloak with the demo
// realm.
func TestAccessPolicyOnKeycloak(t *testing.T) {
	issuer := os.Getenv("KEYSTEAD_TEST_ISSUER")
	if issuer == "" {
		t.Skip("KEYSTEAD_TEST_ISSUER names no Keycloak with the demo realm; make test starts one")
	}
	grant := func(form url.Values) string {
		t.Helper()
		res, err := http.PostForm(issuer+"/protocol/openid-connect/token", form)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var answer struct {
			AccessToken string `json:"access_token"`
		}
		if err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&answer); err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("no token of %s: %s %v", form.Get("client_id"), res.Status, err)
		}
		return answer.AccessToken
	}
	password := func(client, user string) string {
		return grant(url.Values{"grant_type": {"password"}, "client_id": {client}, "username": {user}, "password": {user}})
	}
	holdToPolicy(t, issuer, &auth.Introspection{ClientID: "keystead-api", ClientSecret: "keystead-api-demo-secret"}, [callers]string{
		bob:         password("keystead-cli", "bob"),
		alice:       password("keystead-cli", "alice"),
		service:     grant(url.Values{"grant_type": {"client_credentials"}, "client_id": {"reporter"}, "client_secret": {"reporter-demo-secret"}}),
		lightweight: password("keystead-lightweight", "alice"),
	})
}

func holdToPolicy(t *testing.T, issuer string, introspection *auth.Introspection, tokens [callers]string) {
	t.Helper()
	alone, asking := handlerFor(t, issuer, nil), handlerFor(t, issuer, introspection)
	tokens[introspected] = tokens[lightweight]
	for _, row := range access {
		for caller, want := range row.answers {
			h := alone
			if caller == introspected {
				h = asking
			}
			method, path := methodOf(row.path)
			rec := callWith(h, method, path, tokens[caller], goodBody(path))
			got := fmt.Sprint(rec.Code)
			if rec.Code >= 400 {
				var problem api.Problem
				decode(t, rec, "application/problem+json", &problem)
				got += " " + string(problem.Code)
				if problem.Code == auth.CodeTokenAudience && !strings.Contains(problem.Detail, "Always use lightweight access token") {
					t.Errorf("the cause is not named: %s", problem.Detail)
				}
			}
			if got != want {
				t.Errorf("%s for %s = %s, want %s; %s", row.path, callerNames[caller], got, want, rec.Body)
			}
		}
	}
	foretold(t, alone, asking, tokens)
}

// What the permissions foretell must be what the table says, wherever they name an address.
func foretold(t *testing.T, alone, asking http.Handler, tokens [callers]string) {
	t.Helper()
	for caller := bob; caller < callers; caller++ {
		if caller == lightweight {
			continue // which gets no permissions either
		}
		h := alone
		if caller == introspected {
			h = asking
		}
		var answer struct {
			Operations []struct {
				Operation, Method, Path, Code, Missing string
				Allowed                                bool
				Where                                  map[string][]string
			}
		}
		decode(t, call(h, "GET", "/api/me/permissions", tokens[caller]), "application/json", &answer)
		said := map[string]bool{}
		for _, op := range answer.Operations {
			said[op.Operation] = true
			path := op.Path
			for param, values := range op.Where {
				path = strings.ReplaceAll(path, "{"+param+"}", values[0])
			}
			path = strings.NewReplacer("{department}", "engineering", "{id}", nobodysNote).Replace(path)
			rec := callWith(h, op.Method, path, tokens[caller], goodBody(path))
			admitted := rec.Code < 300 || rec.Code == http.StatusNotFound // who may ask gets to hear that nobody has such a note
			if admitted != op.Allowed || op.Allowed != (op.Missing == "") || op.Allowed != (op.Code == "") {
				t.Errorf("%s was told %+v, and %s = %d", callerNames[caller], op, path, rec.Code)
			}
			if !op.Allowed && !strings.Contains(rec.Body.String(), `"code":"`+op.Code+`"`) {
				t.Errorf("%s was told %s, and %s = %s", callerNames[caller], op.Code, path, rec.Body)
			}
		}
		for _, row := range access {
			if !strings.Contains(row.operation, " ") && !said[row.operation] {
				t.Errorf("%s was told nothing of %s", callerNames[caller], row.operation)
			}
		}
	}
}

// A new route must not stand without its row.
func TestAccessPolicyIsWhole(t *testing.T) {
	table, err := api.NewTable(api.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	for _, row := range access {
		method, path := methodOf(row.path)
		route, _, err := table.Match(method, path)
		if err != nil {
			t.Error(err)
		}
		name := route.Operation
		if name == "" {
			name = route.Method + " " + route.Path
		}
		if name != row.operation {
			t.Errorf("%s meets %s, not %s", row.path, name, row.operation)
		}
		rows[name] = true
	}
	for _, route := range table.Routes() {
		if !rows[route.Operation] && !rows[route.Method+" "+route.Path] {
			t.Errorf("%s %s has no row in the table of who may do what", route.Method, route.Path)
		}
	}
}

// handlerFor returns the whole handler over a realm, with the keys already there.
func handlerFor(t *testing.T, issuer string, introspection *auth.Introspection) http.Handler {
	t.Helper()
	h, keys := handlerOf(t, issuer, slog.New(slog.DiscardHandler), introspection)
	waitForKeys(t, keys)
	return h
}
