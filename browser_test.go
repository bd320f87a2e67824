//go:build !norealm

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// browser is as much of a browser as signing in and out needs. Like a real one it keeps cookies by host, whatever the port, and
// sends those that are Secure to loopback over http, too; and it says what a request is for (Fetch Metadata). It follows no
// redirect by itself.
type browser struct {
	t      testing.TB
	client *http.Client
	at     string // the page it shows

	mu      sync.Mutex
	cookies map[string]*http.Cookie // by host, path and name
	given   []*http.Cookie          // all that it was ever sent, in that order
}

func newBrowser(t testing.TB) *browser { return newBrowserTrusting(t, nil) }

func newBrowserTrusting(t testing.TB, authorities *x509.CertPool) *browser {
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: authorities}, MaxIdleConnsPerHost: 64,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) { // what listens there may be a single family
			return (&net.Dialer{Timeout: patience}).DialContext(ctx, network, addr)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{t: t, cookies: map[string]*http.Cookie{}, client: &http.Client{
		Transport: transport, Timeout: 2 * patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// copy returns another browser with the same cookies: that of a thief.
func (b *browser) copy() *browser {
	other := newBrowser(b.t)
	other.client = b.client
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, cookie := range b.cookies {
		other.cookies[key] = cookie
	}
	return other
}

// answer is a reply, and where it came from.
type answer struct {
	reply
	from *url.URL
}

// to is the address that a redirect leads to, "" where it is none.
func (a answer) to() string {
	if a.status/100 != 3 {
		return ""
	}
	target, err := a.from.Parse(a.header.Get("Location"))
	if err != nil {
		return "(" + a.header.Get("Location") + ")"
	}
	return target.String()
}

// member returns a member of a JSON object.
func (a answer) member(name string) string {
	var all map[string]any
	_ = json.Unmarshal([]byte(a.body), &all)
	text, _ := all[name].(string)
	return text
}

// want ends the test unless the answer has that status and, where it is not "", that code.
func (a answer) want(t testing.TB, status int, code string) answer {
	t.Helper()
	if a.status != status || code != "" && a.code() != code {
		t.Fatalf("%s answered %d %s %.300s %s, want %d %s", a.from.Path, a.status, a.header.Get("Location"), a.body, a.text(), status, code)
	}
	return a
}

// send sends a request with the cookies for its address, and keeps those that come back. Headers are pairs.
func (b *browser) send(method, address, body string, headers ...string) answer {
	b.t.Helper()
	a, err := b.try(method, address, body, headers...)
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

// try is send for who expects that nobody may answer, and for other goroutines than the test's.
func (b *browser) try(method, address, body string, headers ...string) (answer, error) {
	req, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	for pair := range slices.Chunk(headers, 2) {
		req.Header.Add(pair[0], pair[1])
	}
	if line := b.cookieLine(req.URL); line != "" {
		req.Header.Set("Cookie", line)
	}
	res, err := b.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, err
	}
	b.keep(req.URL, res.Cookies())
	return answer{reply{res.StatusCode, res.Header, string(text), res.Close}, req.URL}, nil
}

func (b *browser) cookieLine(u *url.URL) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var parts []string
	for key, cookie := range b.cookies {
		if strings.HasPrefix(key, u.Hostname()+" ") && strings.HasPrefix(u.Path, strings.TrimSuffix(cookie.Path, "/")) {
			value := cookie.Value
			if cookie.Quoted {
				value = `"` + value + `"`
			}
			parts = append(parts, cookie.Name+"="+value)
		}
	}
	return strings.Join(parts, "; ")
}

func (b *browser) keep(u *url.URL, cookies []*http.Cookie) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, cookie := range cookies {
		b.given = append(b.given, cookie)
		key := u.Hostname() + " " + cookie.Path + " " + cookie.Name
		if cookie.MaxAge < 0 || cookie.Value == "" || !cookie.Expires.IsZero() && cookie.Expires.Before(time.Now()) {
			delete(b.cookies, key)
		} else {
			b.cookies[key] = cookie
		}
	}
}

// plant puts a cookie into the browser, as somebody could who was at it before.
func (b *browser) plant(host, name, value string) {
	b.keep(&url.URL{Host: host}, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// named returns the cookies whose name begins so.
func (b *browser) named(prefix string) []*http.Cookie {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []*http.Cookie
	for _, cookie := range b.cookies {
		if strings.HasPrefix(cookie.Name, prefix) {
			found = append(found, cookie)
		}
	}
	slices.SortFunc(found, func(a, b *http.Cookie) int { return strings.Compare(a.Name, b.Name) })
	return found
}

var navigation = []string{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}

// open goes to an address that somebody has typed.
func (b *browser) open(address string) answer {
	b.t.Helper()
	return b.show(b.send(http.MethodGet, address, "", append([]string{"Sec-Fetch-Site", "none", "Sec-Fetch-User", "?1"}, navigation...)...))
}

// arrive goes to an address to which a page of another site led.
func (b *browser) arrive(address string, headers ...string) answer {
	b.t.Helper()
	return b.show(b.send(http.MethodGet, address, "", append(append([]string{"Sec-Fetch-Site", "cross-site"}, navigation...), headers...)...))
}

// submit sends a form of a page of the same origin.
func (b *browser) submit(address string, form url.Values) answer {
	b.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.show(b.send(http.MethodPost, address, form.Encode(), append([]string{
		"Content-Type", "application/x-www-form-urlencoded", "Origin", u.Scheme + "://" + u.Host, "Sec-Fetch-Site", "same-origin", "Sec-Fetch-User", "?1",
	}, navigation...)...))
}

func (b *browser) show(a answer) answer {
	b.at = a.from.String()
	return a
}

var sameOrigin = []string{"Accept", "application/json", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin"}

// fetch calls the server as a script of its own page does.
func (b *browser) fetch(method, address, body string, headers ...string) answer {
	b.t.Helper()
	return b.send(method, address, body, slices.Concat(sameOrigin, []string{"Content-Type", "application/json"}, headers)...)
}

// follow goes where redirects lead, until there is a page, or until the next address begins with one of those given.
func (b *browser) follow(a answer, until ...string) answer {
	b.t.Helper()
	for range 10 {
		next := a.to()
		if next == "" || slices.ContainsFunc(until, func(prefix string) bool { return strings.HasPrefix(next, prefix) }) {
			return a
		}
		a = b.arrive(next)
	}
	b.t.Fatalf("ten redirects in a row, the last to %s", a.to())
	return a
}

// text is what a person reads on a page, or a short part of what is no page.
func (a answer) text() string {
	_, body, _ := strings.Cut(a.body, "</head>")
	words := strings.Join(strings.Fields(html.UnescapeString(anyTag.ReplaceAllString(body, " "))), " ")
	return words[:min(len(words), 400)]
}

var (
	anyTag    = regexp.MustCompile(`(?s)<[^>]*>`)
	formTag   = regexp.MustCompile(`(?is)<form\b([^>]*)>(.*?)</form>`)
	inputTag  = regexp.MustCompile(`(?is)<input\b([^>]*)>`)
	attribute = regexp.MustCompile(`(?is)([a-z-]+)\s*=\s*"([^"]*)"`)
)

func attributes(tag string) map[string]string {
	all := map[string]string{}
	for _, found := range attribute.FindAllStringSubmatch(tag, -1) {
		all[strings.ToLower(found[1])] = html.UnescapeString(found[2])
	}
	return all
}

// form returns the address of a page's form with that id, and its hidden fields; "" where there is none.
func (a answer) form(id string) (action string, fields url.Values) {
	for _, found := range formTag.FindAllStringSubmatch(a.body, -1) {
		form := attributes(found[1])
		if form["id"] != id {
			continue
		}
		fields = url.Values{}
		for _, input := range inputTag.FindAllStringSubmatch(found[2], -1) {
			if tag := attributes(input[1]); strings.EqualFold(tag["type"], "hidden") {
				fields.Set(tag["name"], tag["value"])
			}
		}
		target, err := a.from.Parse(form["action"])
		if err != nil {
			return "", nil
		}
		return target.String(), fields
	}
	return "", nil
}

// asksForPassword reports whether this is the realm's login page.
func (a answer) asksForPassword() bool {
	action, _ := a.form("kc-form-login")
	return a.status == http.StatusOK && action != ""
}

// password fills in the realm's login page, where the password is the name.
func (b *browser) password(page answer, username string) answer {
	b.t.Helper()
	action, fields := page.form("kc-form-login")
	if action == "" {
		b.t.Fatalf("%s is no login page: %d %.1000s", page.from, page.status, page.body)
	}
	fields.Set("username", username)
	fields.Set("password", username)
	return b.submit(action, fields)
}
