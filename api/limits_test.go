package api_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"keystead/api"
	"keystead/auth/authtest"
)

func TestBodyLimit(t *testing.T) {
	realm := authtest.NewIssuer(t)
	const most = 2000
	h := readyHandler(t, realm, func(o *api.Options) { o.MaxBodyBytes = most })
	bob := realm.Token("bob")
	body := func(size int) string {
		frame := `{"title": "x", "text": ""}`
		return strings.Replace(frame, `""`, `"`+strings.Repeat("a", size-len(frame))+`"`, 1)
	}
	for _, declared := range []bool{true, false} {
		for size, want := range map[int]int{most: 201, most + 1: 413, 100 * most: 413} {
			var reader io.Reader = strings.NewReader(body(size))
			if !declared {
				reader = io.MultiReader(reader) // whose length nobody can see
			}
			r := httptest.NewRequest("POST", "/api/notes", reader)
			r.Header.Set("Authorization", "Bearer "+bob)
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			if rec.Code != want {
				t.Errorf("%d bytes, declared %v = %d, want %d: %s", size, declared, rec.Code, want, rec.Body)
			}
			if want == 413 && codeOf(t, rec.Body.Bytes()) != "body_too_large" {
				t.Errorf("%s", rec.Body)
			}
		}
	}
}

// A body that says it is too large is refused wherever it is sent, before anything is read or judged.
func TestBodyLimitComesFirst(t *testing.T) {
	realm := authtest.NewIssuer(t)
	h := readyHandler(t, realm, func(o *api.Options) { o.MaxBodyBytes = 2000 })
	for _, request := range []string{"GET /api/me", "DELETE /api/notes/1", "POST /api/nothing", "GET /"} {
		method, path, _ := strings.Cut(request, " ")
		r := httptest.NewRequest(method, path, io.LimitReader(neverRead{t}, 2001))
		r.ContentLength = 2001
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		if rec.Code != 413 || rec.Header().Get("Connection") != "close" {
			t.Errorf("%s = %d %v", request, rec.Code, rec.Header())
		}
	}
}

// neverRead is a body that nobody may read.
type neverRead struct{ t *testing.T }

func (n neverRead) Read([]byte) (int, error) {
	n.t.Error("the body was read")
	return 0, io.EOF
}

func TestRateLimit(t *testing.T) {
	realm := authtest.NewIssuer(t)
	unlimited := newHandler(t, realm)
	for range 200 {
		if rec := call(unlimited, "GET", "/config.json", ""); rec.Code != 200 {
			t.Fatalf("without a limit: %d %v", rec.Code, rec.Header())
		}
	}
	h := readyHandler(t, realm, func(o *api.Options) {
		o.RateLimit, o.TrustedProxies, o.CORSOrigins = 5, []string{"10.0.0.0/8"}, []string{"https://portal.example.com"}
	})
	from := func(peer, forwarded string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/config.json", nil)
		r.RemoteAddr = peer
		r.Header.Set("Origin", "https://portal.example.com")
		if forwarded != "" {
			r.Header.Set("X-Forwarded-For", forwarded)
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		return rec
	}
	spend := func(name, peer string, forwarded func(i int) string, wantRefused bool) {
		t.Helper()
		refused := false
		for i := range 12 { // twice as many as two windows would let through
			rec := from(peer, forwarded(i))
			if rec.Code == 200 {
				continue
			}
			refused = true
			wait, err := strconv.Atoi(rec.Header().Get("Retry-After"))
			if rec.Code != 429 || codeOf(t, rec.Body.Bytes()) != "rate_limited" || err != nil || wait < 1 || wait > 119 || rec.Header().Get("Access-Control-Allow-Origin") == "" {
				t.Errorf("%s: %d %v %s", name, rec.Code, rec.Header(), rec.Body)
			}
		}
		if refused != wantRefused {
			t.Errorf("%s: refused %v", name, refused)
		}
	}
	none := func(int) string { return "" }
	spend("one client", "192.0.2.1:1000", none, true)
	spend("one that claims to be many", "192.0.2.2:1000", func(i int) string { return "198.51.100." + strconv.Itoa(i) }, true)
	spend("many behind a proxy that is trusted", "10.0.0.1:1000", func(i int) string { return "198.51.100." + strconv.Itoa(i) }, false)
	spend("one behind it", "10.0.0.1:1000", func(i int) string { return strconv.Itoa(i) + ".2.3.4, 203.0.113.7" }, true)
	spend("one with many addresses of its own", "10.0.0.1:1000", func(i int) string { return "2001:db8:1:1::" + strconv.Itoa(i+1) }, true)
	for range 20 {
		r := httptest.NewRequest("GET", "/health", nil)
		r.RemoteAddr = "192.0.2.1:1000"
		rec := httptest.NewRecorder()
		if h.ServeHTTP(rec, r); rec.Code != 200 {
			t.Fatalf("a probe got %d", rec.Code)
		}
	}
}

// The log names who called, and believes no stranger about that.
func TestClientAddress(t *testing.T) {
	realm := authtest.NewIssuer(t)
	for _, tt := range []struct {
		name      string
		proxies   []string
		peer      string
		forwarded []string
		want      string
	}{
		{"nobody is trusted", nil, "10.0.0.1:1", []string{"198.51.100.1"}, "10.0.0.1"},
		{"a stranger", []string{"10.0.0.0/8"}, "192.0.2.1:1", []string{"198.51.100.1"}, "192.0.2.1"},
		{"a proxy", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"198.51.100.1"}, "198.51.100.1"},
		{"a proxy behind another", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"1.2.3.4, 198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		{"in two headers", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"1.2.3.4", "198.51.100.1"}, "198.51.100.1"},
		{"a proxy that says nothing", []string{"10.0.0.0/8"}, "10.0.0.1:1", nil, "10.0.0.1"},
		{"a proxy that says rubbish", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"198.51.100.1, hunter2"}, "10.0.0.1"},
		{"a proxy by IPv4 inside IPv6", []string{"10.0.0.0/8"}, "[::ffff:10.0.0.1]:1", []string{"::ffff:198.51.100.1, ::ffff:10.0.0.2"}, "198.51.100.1"},
		{"a proxy with a zone", []string{"fe80::/10"}, "[fe80::1%eth0]:1", []string{"198.51.100.1, fe80::2%evil"}, "198.51.100.1"},
		{"nobody but proxies", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{", 10.0.0.3,, 10.0.0.2"}, "10.0.0.1"},
		{"IPv6", []string{"fd00::/8"}, "[fd00::1]:1", []string{"2001:db8::1"}, "2001:db8::1"},
	} {
		var log bytes.Buffer
		h := readyHandler(t, realm, func(o *api.Options) {
			o.TrustedProxies, o.Log = tt.proxies, slog.New(slog.NewJSONHandler(&log, nil))
		})
		r := httptest.NewRequest(http.MethodGet, "/config.json", nil)
		r.RemoteAddr = tt.peer
		r.Header["X-Forwarded-For"] = tt.forwarded
		h.ServeHTTP(httptest.NewRecorder(), r)
		if !strings.Contains(log.String(), `"remote":"`+tt.want+`"`) {
			t.Errorf("%s: %s", tt.name, log.String())
		}
	}
}
