package parity

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"
)

// client follows no redirects: they are part of what is tested.
var client = &http.Client{
	Timeout:       30 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{MaxIdleConnsPerHost: 16},
}

// reply is an answer of the server, with the request for the reports.
type reply struct {
	t       testing.TB
	request string
	status  int
	header  http.Header
	cookies []*http.Cookie
	body    string
}

// form makes parameters of pairs; a name may repeat.
func form(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values
}

// with returns a copy with pairs set; the value "-" removes a parameter.
func with(values url.Values, pairs ...string) url.Values {
	changed := url.Values{}
	for name, all := range values {
		changed[name] = append([]string(nil), all...)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "-" {
			changed.Del(pairs[i])
		} else {
			changed.Set(pairs[i], pairs[i+1])
		}
	}
	return changed
}

// newRequest makes a request; headers are pairs. With values, it is a form post unless the method is GET.
func newRequest(t testing.TB, method, address string, values url.Values, headers ...string) *http.Request {
	t.Helper()
	var body io.Reader
	if values != nil && method == http.MethodGet {
		address += "?" + values.Encode()
	} else if values != nil {
		body = strings.NewReader(values.Encode())
	}
	req, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, address, err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return req
}

func send(t testing.TB, req *http.Request) *reply {
	t.Helper()
	dump, _ := httputil.DumpRequestOut(req, true)
	res, err := client.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: reading the body: %v", req.Method, req.URL, err)
	}
	return &reply{t, string(dump), res.StatusCode, res.Header, res.Cookies(), string(body)}
}

func get(t testing.TB, address string, headers ...string) *reply {
	t.Helper()
	return send(t, newRequest(t, http.MethodGet, address, nil, headers...))
}

func post(t testing.TB, address string, values url.Values, headers ...string) *reply {
	t.Helper()
	return send(t, newRequest(t, http.MethodPost, address, values, headers...))
}

// explain describes the exchange, for failures: the request without what every browser sends, of a page only its text.
func (r *reply) explain() string {
	body := r.body
	if strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
		body = "[page] " + r.text()
	}
	return fmt.Sprintf("\n--- request\n%s\n--- answer %d\n%s\n%s\n---", tidy(r.request), r.status, headerLines(r.header), short(body, 1200))
}

func tidy(request string) string {
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSpace(request), "\r\n") {
		switch name, _, _ := strings.Cut(line, ":"); {
		case strings.HasPrefix(name, "Sec-"), name == "User-Agent", name == "Accept-Encoding", name == "Content-Length":
		default:
			limit := 700
			if name == "Cookie" {
				limit = 60
			}
			lines = append(lines, short(line, limit))
		}
	}
	return strings.Join(lines, "\n")
}

func headerLines(header http.Header) string {
	var lines strings.Builder
	_ = header.WriteSubset(&lines, map[string]bool{
		"Strict-Transport-Security": true, "X-Robots-Tag": true, "Content-Security-Policy": true, "Content-Length": true,
		"Referrer-Policy": true, "X-Content-Type-Options": true, "X-Frame-Options": true, "Set-Cookie": true,
	})
	for _, cookie := range header.Values("Set-Cookie") {
		lines.WriteString("Set-Cookie: " + short(cookie, 60) + "\n")
	}
	return strings.TrimSpace(lines.String())
}

func short(text string, limit int) string {
	if len(text) > limit {
		return text[:limit] + "…"
	}
	return text
}

// want ends the test unless the status is that one.
func (r *reply) want(status int) *reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("status = %d, want %d%s", r.status, status, r.explain())
	}
	return r
}

// wantHeaders compares headers, given as pairs; "" means that the header must be absent.
func (r *reply) wantHeaders(pairs ...string) *reply {
	r.t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		if got := strings.Join(r.header.Values(pairs[i]), " | "); got != pairs[i+1] {
			r.t.Errorf("header %s = %q, want %q%s", pairs[i], got, pairs[i+1], r.explain())
		}
	}
	return r
}

// json parses the body as an object.
func (r *reply) json() map[string]any {
	r.t.Helper()
	return r.object(r.body)
}

func (r *reply) object(text string) map[string]any {
	r.t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		r.t.Fatalf("not a JSON object: %v%s", err, r.explain())
	}
	if !strings.HasPrefix(r.header.Get("Content-Type"), "application/json") {
		r.t.Errorf("Content-Type = %q, want JSON%s", r.header.Get("Content-Type"), r.explain())
	}
	return object
}

// wantShape compares the body, a JSON object, with a shape.
func (r *reply) wantShape(want shape) map[string]any {
	r.t.Helper()
	got := r.json()
	if diff := want.diff(got); diff != "" {
		r.t.Errorf("the body differs:\n%s%s", diff, r.explain())
	}
	return got
}

// wantError expects an OAuth error; an empty description means that there is none.
func (r *reply) wantError(status int, code, description string) {
	r.t.Helper()
	want := shape{"error": code}
	if description != "" {
		want["error_description"] = description
	}
	r.want(status).wantShape(want)
}

// location is where a redirect leads.
func (r *reply) location() *url.URL {
	r.t.Helper()
	to, err := url.Parse(r.header.Get("Location"))
	if err != nil || r.status/100 != 3 {
		r.t.Fatalf("no redirect%s", r.explain())
	}
	return to
}
