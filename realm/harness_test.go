package realm

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

const testSecret = "the-secret-of-the-tests"

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// testServer is a running server of the realms of a file.
type testServer struct {
	*httptest.Server
	t     *testing.T
	realm *Server
	clock *clock
}

// small is a realm with one app, a command line and a few people.
const small = `{
	"realm": "small", "enabled": true,
	"users": [
		{"id": "11111111-0000-4000-8000-000000000001", "username": "ann", "enabled": true, "email": "ann@example.com", "firstName": "Ann", "lastName": "Ash",
		 "credentials": [{"value": "ann"}], "realmRoles": ["offline_access"]},
		{"id": "11111111-0000-4000-8000-000000000002", "username": "ben", "enabled": true, "email": "ben@example.com", "firstName": "Ben", "lastName": "Birch",
		 "credentials": [{"value": "ben"}]},
		{"username": "gone", "enabled": false, "email": "gone@example.com", "firstName": "G", "lastName": "One", "credentials": [{"value": "gone"}]},
		{"username": "stuck", "enabled": true, "email": "stuck@example.com", "firstName": "S", "lastName": "Tuck", "credentials": [{"value": "stuck"}], "requiredActions": ["CONFIGURE_TOTP"]}
	],
	"clients": [
		{"clientId": "app", "publicClient": true, "redirectUris": ["http://localhost:9/*"], "baseUrl": "http://localhost:9/", "attributes": {"pkce.code.challenge.method": "S256"}},
		{"clientId": "plain", "publicClient": true, "redirectUris": ["http://localhost:9/*"]},
		{"clientId": "cli", "publicClient": true, "directAccessGrantsEnabled": true, "standardFlowEnabled": false},
		{"clientId": "quick", "publicClient": true, "directAccessGrantsEnabled": true, "attributes": {"client.session.idle.timeout": "60", "client.session.max.lifespan": "90", "access.token.lifespan": "30"}},
		{"clientId": "reader", "secret": "reader-secret", "serviceAccountsEnabled": true}
	]
}`

func newTestServer(t *testing.T, files ...string) *testServer {
	t.Helper()
	if len(files) == 0 {
		files = []string{small}
	}
	var all []File
	for _, text := range files {
		all = append(all, File{Name: "test.json", Text: []byte(text)})
	}
	realms, _, err := Load(all, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{now: time.Now().Truncate(time.Second)}
	server := New(Options{Realms: realms, Secret: testSecret, Now: c.Now})
	go server.MakeKeys()
	ts := &testServer{Server: httptest.NewServer(server), t: t, realm: server, clock: c}
	t.Cleanup(ts.Close)
	return ts
}

// browser keeps cookies and follows no redirects.
func (ts *testServer) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		ts.t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// answer is a response that was read.
type answer struct {
	*http.Response
	text string
}

func (ts *testServer) do(client *http.Client, req *http.Request) answer {
	ts.t.Helper()
	res, err := client.Do(req)
	if err != nil {
		ts.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		ts.t.Fatal(err)
	}
	return answer{res, string(body)}
}

func (ts *testServer) request(method, path string, form url.Values, header ...string) *http.Request {
	ts.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = ts.URL + path
	}
	req, err := http.NewRequest(method, path, strings.NewReader(form.Encode()))
	if err != nil {
		ts.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		} else {
			req.Header.Set(header[i], header[i+1])
		}
	}
	return req
}

const realmPath = "/realms/small"

// token posts to the token endpoint; pairs are the form.
func (ts *testServer) token(pairs ...string) answer {
	ts.t.Helper()
	return ts.do(http.DefaultClient, ts.request("POST", realmPath+oidc+"/token", formOf(pairs...)))
}

func formOf(pairs ...string) url.Values {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

// member reads a member of a JSON answer.
func (a answer) member(name string) string {
	var body map[string]any
	_ = json.Unmarshal([]byte(a.text), &body)
	text, _ := body[name].(string)
	return text
}

// claims reads the payload of a token.
func claims(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("no token: %q", token)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

const plainAuth = realmPath + oidc + "/auth?client_id=plain&redirect_uri=http%3A%2F%2Flocalhost%3A9%2Fcb&response_type=code&scope=openid&state=st"

var formAction = regexp.MustCompile(`id="kc-form-login"[^>]*action="([^"]*)"`)
var passwordAction = regexp.MustCompile(`id="kc-passwd-update-form"[^>]*action="([^"]*)"`)
var consentAction = regexp.MustCompile(`action="([^"]*/login-actions/consent[^"]*)"`)
var pickAction = regexp.MustCompile(`action="([^"]*pick-user[^"]*)"`)

// loginForm opens the login page and returns where its form posts to.
func (ts *testServer) loginForm(client *http.Client) string {
	ts.t.Helper()
	page := ts.do(client, ts.request("GET", plainAuth, nil))
	return find(ts.t, formAction, page.text)
}

func find(t *testing.T, pattern *regexp.Regexp, text string) string {
	t.Helper()
	found := pattern.FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("nothing like %s in %s", pattern, text)
	}
	return strings.ReplaceAll(found[1], "&amp;", "&")
}

// signIn signs ben in and returns the code.
func (ts *testServer) signIn(client *http.Client) string {
	ts.t.Helper()
	res := ts.do(client, ts.request("POST", ts.loginForm(client), formOf("username", "ben", "password", "ben")))
	return ts.codeIn(res)
}

func (ts *testServer) codeIn(res answer) string {
	ts.t.Helper()
	location, err := url.Parse(res.Header.Get("Location"))
	if err != nil || location.Query().Get("code") == "" {
		ts.t.Fatalf("no code: %s, Location %s, %s", res.Status, location, res.text)
	}
	return location.Query().Get("code")
}

func hiddenValue(t *testing.T, text, name string) string {
	t.Helper()
	return find(t, regexp.MustCompile(`name="`+name+`"[^>]*value="([^"]*)"`), text)
}
