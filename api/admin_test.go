package api_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"keystead/api"
	"keystead/auth/authtest"
	"keystead/store"
)

func scrape(t *testing.T, h *api.Handler) string {
	t.Helper()
	rec := httptest.NewRecorder()
	h.Admin().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	if rec.Code != http.StatusOK {
		t.Fatalf("/metrics = %d %s", rec.Code, rec.Body)
	}
	return rec.Body.String()
}

func TestMetrics(t *testing.T) {
	realm := authtest.NewIssuer(t)
	h := readyHandler(t, realm, func(o *api.Options) { o.Build = api.Build{Version: "v1", Commit: "abc", GoVersion: "go1"} })
	bob := realm.Token("bob")
	for range 3 {
		call(h, "GET", "/api/me", bob)
	}
	call(h, "GET", "/api/admin/reports", bob)
	call(h, "GET", "/api/me", "")
	call(h, "GET", "/api/departments/a-secret-name/brief", bob)
	call(h, "GET", "/api/hunter2?code=hunter3", bob)
	call(h, "BREW", "/api/me", bob)
	call(h, "GET", "/a//b", "")
	text := scrape(t, h)
	for _, want := range []string{
		`keystead_http_requests_total{method="GET",route="/api/me",status="200"} 3`,
		`keystead_http_requests_total{method="GET",route="/api/me",status="401"} 1`,
		`keystead_http_requests_total{method="GET",route="/api/admin/reports",status="403"} 1`,
		`keystead_http_requests_total{method="GET",route="/api/departments/{department}/brief",status="403"} 1`,
		`keystead_http_requests_total{method="GET",route="/api/*",status="404"} 1`,
		`keystead_http_requests_total{method="GET",route="",status="400"} 1`,
		`keystead_http_requests_total{method="other",route="`,
		`keystead_http_request_duration_seconds_count{route="/api/me"} 4`,
		`keystead_decisions_total{code="",decision="allowed"} 5`,
		`keystead_decisions_total{code="role_missing",decision="refused"} 1`,
		`keystead_decisions_total{code="token_missing",decision="refused"} 1`,
		`keystead_realm_keys 1`,
		`keystead_realm_key_fetches_total{result="ok"} 1`,
		`keystead_realm_key_fetches_total{result="failed"} 0`,
		`keystead_token_cache_lookups_total{result="hit"} 6`,
		`keystead_token_cache_lookups_total{result="miss"} 1`,
		`keystead_token_cache_tokens 1`,
		`keystead_ready{part="keys"} 1`,
		`keystead_ready{part="store"} 1`,
		`keystead_build_info{commit="abc",go_version="go1",version="v1"} 1`,
		"go_goroutines ",
		"process_resident_memory_bytes ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, regexp.MustCompile(`(?m)^(#|go_|process_|.*_bucket).*\n`).ReplaceAllString(text, ""))
		}
	}
	for _, never := range []string{"hunter", "a-secret-name", bob, "BREW"} {
		if strings.Contains(text, never) {
			t.Errorf("%s stands in the metrics", never)
		}
	}
	if rec := call(h, "GET", "/metrics", ""); strings.Contains(rec.Body.String(), "keystead_") {
		t.Error("the app's own address shows the metrics")
	}
}

// Readiness goes by keys; the database makes it degraded; from the moment that the process is to stop it is gone.
func TestReadiness(t *testing.T) {
	realm := authtest.NewIssuer(t)
	folder := filepath.Join(t.TempDir(), "later")
	db, err := store.Open("sqlite:"+filepath.Join(folder, "test.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	go db.Run(t.Context())
	t.Cleanup(func() { _ = db.Close() })
	realm.Answer(authtest.Down)
	h, keys := handlerWith(t, realm.URL(), nil, func(o *api.Options) { o.Store = db })
	bob := realm.Token("bob")

	expect := func(code int, body string, wantDetails ...string) {
		t.Helper()
		var rec, details *httptest.ResponseRecorder
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			rec = call(h, "GET", "/readyz", "")
			details = httptest.NewRecorder()
			h.Admin().ServeHTTP(details, httptest.NewRequest("GET", "/readyz", nil))
			if rec.Code == code && strings.Contains(rec.Body.String(), body) || time.Now().After(end) {
				break
			}
		}
		if rec.Code != code || !strings.Contains(rec.Body.String(), body) || details.Code != code {
			t.Fatalf("/readyz = %d %s, want %d %s; details %d", rec.Code, rec.Body, code, body, details.Code)
		}
		for _, want := range wantDetails {
			if !strings.Contains(details.Body.String(), want) {
				t.Errorf("no %s in %s", want, details.Body)
			}
		}
		if !json.Valid(details.Body.Bytes()) {
			t.Errorf("no JSON: %s", details.Body)
		}
	}
	expect(503, `"code":"keys_unavailable"`, `"status":"unavailable"`, `"keys":{"ready":false,"keys":0`, `"error":`)
	if rec := call(h, "GET", "/api/me", bob); rec.Code != 503 || !strings.Contains(scrape(t, h), `keystead_decisions_total{code="keys_unavailable",decision="refused"} 1`) {
		t.Errorf("without keys: %d, and the metrics do not say so", rec.Code)
	}
	realm.Answer(nil)
	waitForKeys(t, keys)
	expect(200, `{"status":"degraded"}`, `"status":"degraded"`, `"store":{"ready":false,"error":"`)

	// Without the database all goes on that needs none.
	for path, want := range map[string]int{"/api/me": 200, "/secured": 200, "/api/notes": 503} {
		rec := call(h, "GET", path, bob)
		if rec.Code != want {
			t.Errorf("%s = %d, want %d", path, rec.Code, want)
		}
		if want == 503 && (codeOf(t, rec.Body.Bytes()) != "store_unavailable" || rec.Header().Get("Retry-After") == "" || strings.Contains(rec.Body.String(), folder)) {
			t.Errorf("%s = %v %s", path, rec.Header(), rec.Body)
		}
	}
	if !strings.Contains(scrape(t, h), `keystead_ready{part="store"} 0`) {
		t.Error("the metrics call the store ready")
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	expect(200, `{"status":"ready"}`, `"status":"ready"`, `"store":{"ready":true}`, `"fetched_at":"20`)
	if rec := call(h, "GET", "/api/notes", bob); rec.Code != 200 {
		t.Errorf("the store is back, and notes = %d", rec.Code)
	}

	h.Stopping()
	expect(503, `"code":"stopping"`, `"status":"stopping"`)
	rec := call(h, "GET", "/api/me", bob)
	if rec.Code != 200 || rec.Header().Get("Connection") != "close" {
		t.Errorf("a call while stopping = %d %v", rec.Code, rec.Header())
	}
}
