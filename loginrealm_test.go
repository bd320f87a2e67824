//go:build !norealm

package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"keystead/auth/authtest"
	demorealm "keystead/deploy/realm"
)

// The realms of these tests are the demo realm with other addresses: on the development realm, and once more on a real Keycloak,
// which KEYSTEAD_TEST_ISSUER names. Each test has one of its own, and so a free hand.

const (
	sessionClient  = "keystead-session"
	sessionSecret  = "keystead-session-demo-secret"
	sealingSecret  = "a-secret-for-tests-that-is-long-enough-1"
	anotherSecret  = "a-secret-for-tests-that-is-long-enough-2"
	controlSecret  = "a-control-secret-for-tests"
	backchannel    = "/auth/backchannel-logout"
	revocationPath = "/api/admin/revocations"
)

// loginRealm is a realm, and one app whose replicas sign people in at it.
type loginRealm struct {
	issuer string
	key    *authtest.Key // that the realm signs with
	wire   *wire         // between the replicas and the realm
	public string        // where browsers find the app

	admin adminREST // below the realm; nil on the development realm
}

// adminREST asks Keycloak's administration.
type adminREST func(t testing.TB, method, path string, body any) *http.Response

// realmKind makes a realm that has a realm file's content.
type realmKind func(t *testing.T, file map[string]any) (issuer string, admin adminREST)

// newLoginRealm makes a realm whose file edit may change.
func newLoginRealm(t *testing.T, kind realmKind, edit func(file map[string]any)) *loginRealm {
	t.Helper()
	return newLoginRealmFor(t, kind, "http://localhost:"+freePort(t), edit)
}

func newLoginRealmFor(t *testing.T, kind realmKind, public string, edit func(file map[string]any)) *loginRealm {
	t.Helper()
	r := &loginRealm{public: public}
	var file map[string]any
	text := os.Expand(demorealm.JSON, func(name string) string { // Keycloak's REST does not, as its import does
		switch setting, value, _ := strings.Cut(name, ":"); {
		case setting == "KEYSTEAD_APP_URL":
			return public
		case strings.HasPrefix(setting, "KEYSTEAD_"):
			return value
		default:
			return "${" + name + "}"
		}
	})
	if err := json.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	r.key = authtest.KeyOf("RS256", private)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	provider := func(name, id string, config map[string]any) map[string]any {
		return map[string]any{"name": name, "providerId": id, "config": config}
	}
	file["components"].(map[string]any)["org.keycloak.keys.KeyProvider"] = []any{
		provider("tests", "rsa", map[string]any{"privateKey": []string{base64.StdEncoding.EncodeToString(der)}, "priority": []string{"200"}, "algorithm": []string{"RS256"}}),
	}
	for _, user := range file["users"].([]any) {
		delete(user.(map[string]any), "id") // one Keycloak may have several such realms
	}
	for _, client := range []string{"demo", sessionClient} {
		set := clientIn(file, client)["attributes"].(map[string]any)
		set["backchannel.logout.url"], set["backchannel.logout.session.required"] = public+backchannel, "true"
	}
	clientIn(file, "demo")["optionalClientScopes"] = []any{"offline_access"}
	alice := file["users"].([]any)[0].(map[string]any)
	alice["realmRoles"] = []any{"user", "admin", "offline_access"}
	if edit != nil {
		edit(file)
	}
	r.issuer, r.admin = kind(t, file)
	r.wire = newWire(t, r.issuer)
	return r
}

// clientIn returns a client of a realm file.
func clientIn(file map[string]any, id string) map[string]any {
	for _, client := range file["clients"].([]any) {
		if client := client.(map[string]any); client["clientId"] == id {
			return client
		}
	}
	panic("the demo realm has no client " + id)
}

// lifespan is an edit: how long the session client's access tokens live.
func lifespan(seconds int) func(map[string]any) {
	return func(file map[string]any) {
		clientIn(file, sessionClient)["attributes"].(map[string]any)["access.token.lifespan"] = fmt.Sprint(seconds)
	}
}

func onDevelopmentRealm(t *testing.T, file map[string]any) (string, adminREST) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "realm.json")
	text, err := json.Marshal(file)
	if err == nil {
		err = os.WriteFile(name, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	addr := "localhost:" + freePort(t)
	start(t, "realm", "--realm-addr="+addr, "--realm-file="+name, "--realm-secret="+controlSecret)
	issuer := "http://" + addr + "/realms/demo"
	get(t, issuer, "") // waits for the start
	return issuer, nil
}

// onKeycloak returns the kind of realms on the Keycloak that KEYSTEAD_TEST_ISSUER names.
func onKeycloak(t *testing.T) realmKind {
	t.Helper()
	issuer := os.Getenv("KEYSTEAD_TEST_ISSUER")
	if issuer == "" {
		t.Skip("KEYSTEAD_TEST_ISSUER names no Keycloak; make test starts one")
	}
	server, _, _ := strings.Cut(issuer, "/realms/")
	return func(t *testing.T, file map[string]any) (string, adminREST) { return newKeycloakRealm(t, server, file) }
}

// newKeycloakRealm makes a realm of that content, and takes it away in the end.
func newKeycloakRealm(t *testing.T, server string, file map[string]any) (string, adminREST) {
	t.Helper()
	name := "sessions-" + strings.ToLower(rand.Text()[:8])
	file["realm"] = name
	for _, id := range []string{"account", "account-console"} {
		account := clientIn(file, id)
		account["baseUrl"], account["redirectUris"] = "/realms/"+name+"/account/", []string{"/realms/" + name + "/account/*"}
	}
	roles := file["roles"].(map[string]any)["realm"].([]any)
	roles[2].(map[string]any)["name"] = "default-roles-" + name
	file["defaultRole"] = map[string]any{"name": "default-roles-" + name}
	admin := func(t testing.TB, method, path string, body any) *http.Response {
		t.Helper()
		res, err := askKeycloak(server, method, path, body)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	admin(t, http.MethodPost, "/admin/realms", file)
	t.Cleanup(func() { admin(t, http.MethodDelete, "/admin/realms/"+name, nil) })
	return server + "/realms/" + name, func(t testing.TB, method, path string, body any) *http.Response {
		t.Helper()
		return admin(t, method, "/admin/realms/"+name+path, body)
	}
}

// askKeycloak asks its admin REST, as the administrator that scripts/keycloak.sh makes. The body is read, and there for more.
func askKeycloak(server, method, path string, body any) (*http.Response, error) {
	form := url.Values{"grant_type": {"password"}, "client_id": {"admin-cli"}, "username": {"admin"}, "password": {"admin"}}
	res, err := http.PostForm(server+"/realms/master/protocol/openid-connect/token", form)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var tokens struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&tokens); err != nil {
		return nil, err
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest(method, server+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+tokens.AccessToken)
	if res, err = http.DefaultClient.Do(req); err != nil {
		return nil, err
	}
	defer res.Body.Close()
	read, err := io.ReadAll(res.Body)
	res.Body = io.NopCloser(bytes.NewReader(read))
	if err == nil && res.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s %s: %s %.500s", method, path, res.Status, read)
	}
	return res, err
}

// tokens are what the realm's token endpoint gives.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	ID      string `json:"id_token"`
}

// claims returns what a token says.
func claimsOf(t testing.TB, token string) authtest.Claims {
	t.Helper()
	var claims authtest.Claims
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%.20s is no JWT", token)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(text, &claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

// sidOf returns the realm's session that a token belongs to.
func sidOf(t testing.TB, token string) string {
	t.Helper()
	sid, _ := claimsOf(t, token)["sid"].(string)
	return sid
}

// wire stands between the replicas and their realm. It counts token requests and remembers what was given, and it can fail.
type wire struct {
	url string // of the realm, as the replicas know it

	mu       sync.Mutex
	requests map[string]int // to the token endpoint, by grant type
	given    []tokens
	secrets  map[string]bool                   // all that must not be in a log
	cut      bool                              // connections end without an answer
	pause    func(grant string, answered bool) // called before the realm is asked, and before its answer goes on; it may block
}

func newWire(t testing.TB, issuer string) *wire {
	t.Helper()
	u, err := url.Parse(issuer)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{requests: map[string]int{}, secrets: map[string]bool{sessionSecret: true, sealingSecret: true, anotherSecret: true}}
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	proxy := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: u.Scheme, Host: u.Host})
			r.Out.Host = u.Host // the realm names itself by it
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		cut, pause := w.cut, w.pause
		w.mu.Unlock()
		if cut {
			panic(http.ErrAbortHandler)
		}
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/token") {
			proxy.ServeHTTP(rw, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		r.Body = io.NopCloser(bytes.NewReader(body))
		grant := form.Get("grant_type")
		w.mu.Lock()
		w.requests[grant]++
		for _, name := range []string{"code", "code_verifier", "refresh_token"} {
			w.secrets[form.Get(name)] = true
		}
		w.mu.Unlock()
		if pause != nil {
			pause(grant, false)
		}
		if r.Context().Err() != nil {
			return // whoever asked has gone
		}
		answer := httptest.NewRecorder()
		proxy.ServeHTTP(answer, r)
		w.note(answer.Body.Bytes())
		if pause != nil {
			pause(grant, true)
		}
		maps.Copy(rw.Header(), answer.Header())
		rw.WriteHeader(answer.Code)
		_, _ = rw.Write(answer.Body.Bytes())
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		transport.CloseIdleConnections()
	})
	w.url = server.URL + u.Path
	return w
}

func (w *wire) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

func (w *wire) note(body []byte) {
	var got tokens
	if json.Unmarshal(body, &got) != nil || got.Access == "" {
		return
	}
	w.set(func() {
		w.given = append(w.given, got)
		for _, token := range []string{got.Access, got.Refresh, got.ID} {
			w.secrets[token] = true
		}
	})
}

// newest returns the tokens that were given last.
func (w *wire) newest() (newest tokens) {
	w.set(func() { newest = w.given[len(w.given)-1] })
	return newest
}

// count returns how many token requests of that kind there were.
func (w *wire) count(grant string) (n int) {
	w.set(func() { n = w.requests[grant] })
	return n
}

// secret adds to what must not be in a log.
func (w *wire) secret(texts ...string) {
	w.set(func() {
		for _, text := range texts {
			w.secrets[text] = true
		}
	})
}

// replica is one process of the app.
type replica struct {
	public, direct string // the app, and this one of its replicas
	log            *authtest.Log
	stop           func() error
}

// args are those of a replica on that address. Later ones replace earlier ones.
func (r *loginRealm) args(addr, database string, more ...string) []string {
	return append([]string{
		"serve", "--addr=" + addr, "--public-url=" + r.public, "--issuer=" + r.issuer, "--backchannel-url=" + r.wire.url, "--client-id=demo", "--audience=keystead-api",
		"--session-client-id=" + sessionClient, "--session-client-secret=" + sessionSecret, "--session-secret=" + sealingSecret,
		"--database-url=" + database, "--log-format=json", "--log-level=debug",
	}, more...)
}

// serve starts a replica, the first one at the public address, and returns when it is ready. What it logs must hold no secret.
func (r *loginRealm) serve(t *testing.T, database string, more ...string) *replica {
	t.Helper()
	addr := strings.TrimPrefix(r.public, "http://")
	if !refusesConnections(addr) {
		addr = "localhost:" + freePort(t)
	}
	p := r.begin(t, addr, database, more...)
	waitUntilReady(t, addr)
	return p
}

// begin is serve without the wait.
func (r *loginRealm) begin(t *testing.T, addr, database string, more ...string) *replica {
	t.Helper()
	p := &replica{public: r.public, direct: "http://" + addr}
	t.Cleanup(func() { r.findNoSecret(t, p.log.String()) })
	p.log, p.stop = start(t, r.args(addr, database, more...)...)
	return p
}

// findNoSecret looks for every token, code and secret that was seen so far.
func (r *loginRealm) findNoSecret(t testing.TB, text string) {
	t.Helper()
	r.wire.mu.Lock()
	defer r.wire.mu.Unlock()
	for secret := range r.wire.secrets {
		for _, part := range partsOf(secret) {
			if at := strings.Index(text, part); at >= 0 {
				t.Errorf("%.20s… is told: %.300s", part, text[strings.LastIndex(text[:at], "\n")+1:])
			}
		}
	}
}

// partsOf returns what of a secret must not be told: of a token its payload and signature, of a code what is not the session's id.
func partsOf(secret string) []string {
	parts := strings.Split(secret, ".")
	switch {
	case len(secret) < 16:
		return nil
	case len(parts) == 3 && strings.HasPrefix(secret, "eyJ"):
		return parts[1:]
	}
	return parts[:1]
}

// sharedDatabase is one that several processes can use at once: PostgreSQL where there is one.
func sharedDatabase(t testing.TB) string {
	t.Helper()
	if os.Getenv("KEYSTEAD_TEST_POSTGRES_URL") == "" {
		return sqliteFile(t)
	}
	return postgresDatabase(t)
}

func sqliteFile(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "keystead.db")
}

// onDatabases runs a test of several replicas on each database that they can share.
func onDatabases(t *testing.T, test func(t *testing.T, database string, window time.Duration)) {
	t.Run("SQLite", func(t *testing.T) { test(t, sqliteFile(t), 2*time.Second) }) // only polled
	t.Run("PostgreSQL", func(t *testing.T) { test(t, postgresDatabase(t), time.Second) })
}

// postgresDatabase makes a database for one test.
func postgresDatabase(t testing.TB) string {
	t.Helper()
	server := os.Getenv("KEYSTEAD_TEST_POSTGRES_URL")
	if server == "" {
		t.Skip("KEYSTEAD_TEST_POSTGRES_URL is not set; make test starts a PostgreSQL")
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("KEYSTEAD_TEST_POSTGRES_URL cannot be read")
	}
	name := "app_" + strings.ToLower(rand.Text())
	inPostgres(t, server, "CREATE DATABASE "+name)
	t.Cleanup(func() { inPostgres(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	u.Path = "/" + name
	return u.String()
}

// inPostgres runs a statement of its own.
func inPostgres(t testing.TB, database, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

// gate is a network that can be cut, in front of a PostgreSQL.
type gate struct {
	addr, server string

	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]bool
}

// newGate returns an open one, and the database's URL through it.
func newGate(t testing.TB, database string) (*gate, string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{addr: "127.0.0.1:0", server: u.Host, conns: map[net.Conn]bool{}}
	g.open(t)
	t.Cleanup(g.close)
	u.Host = g.addr
	return g, u.String()
}

func (g *gate) open(t testing.TB) {
	t.Helper()
	listener, err := net.Listen("tcp", g.addr)
	if err != nil {
		t.Fatal(err)
	}
	g.mu.Lock()
	g.listener, g.addr = listener, listener.Addr().String()
	g.mu.Unlock()
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", g.server)
			if err != nil {
				client.Close()
				continue
			}
			g.mu.Lock()
			g.conns[client], g.conns[server] = true, true
			g.mu.Unlock()
			pass := func(to, from net.Conn) { _, _ = io.Copy(to, from); to.Close(); from.Close() }
			go pass(server, client)
			go pass(client, server)
		}
	}()
}

// close ends all connections, and takes no more.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.listener.Close()
	for conn := range g.conns {
		conn.Close()
	}
	clear(g.conns)
}

// begin begins a login, and goes on to the realm's first page or back to the app, whose address it returns then unasked.
func (b *browser) begin(r *loginRealm, query string) answer {
	b.t.Helper()
	return b.follow(b.open(r.public+"/auth/login"+query), r.public+"/")
}

// comeBack signs in at the realm and returns the address with which the realm sends the browser back.
func (b *browser) comeBack(r *loginRealm, username, query string) string {
	b.t.Helper()
	page := b.begin(r, query)
	if page.to() == "" {
		page = b.follow(b.password(page, username), r.public+"/")
	}
	callback := page.to()
	if !strings.HasPrefix(callback, r.public+"/auth/callback?") {
		b.t.Fatalf("the login leads to %q: %d %s", callback, page.status, page.text())
	}
	if u, err := url.Parse(callback); err == nil && u.Query().Has("code") {
		r.wire.secret(u.Query().Get("code"))
	}
	return callback
}

// signIn signs in, and returns the tokens that the session has.
func (b *browser) signIn(r *loginRealm, username string) tokens {
	b.t.Helper()
	if a := b.arrive(b.comeBack(r, username, "")); a.to() != r.public+"/" {
		b.t.Fatalf("the login ends with %d %s %s", a.status, a.to(), a.text())
	}
	r.wire.secret(b.session())
	return r.wire.newest()
}

// session returns the secret of the session's cookie, "" without one.
func (b *browser) session() string {
	for _, cookie := range append(b.named("keystead_"), b.named("__Host-keystead")...) {
		if !strings.Contains(cookie.Name, "_login_") {
			return cookie.Value
		}
	}
	return ""
}

// signOut signs out here and at the realm, and returns the last page.
func (b *browser) signOut(r *loginRealm) answer {
	b.t.Helper()
	a := b.open(r.public + "/auth/logout")
	return b.follow(a.want(b.t, http.StatusSeeOther, ""))
}

// appTokens signs the single-page app in, by code and PKCE: with the realm's session of this browser, or a new one.
func (b *browser) appTokens(r *loginRealm, username, scope string) tokens {
	b.t.Helper()
	const verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636, Appendix B
	query := url.Values{
		"client_id": {"demo"}, "redirect_uri": {r.public + "/"}, "response_type": {"code"}, "scope": {scope}, "state": {"s"}, "nonce": {"n"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	page := b.follow(b.open(r.issuer+"/protocol/openid-connect/auth?"+query.Encode()), r.public+"/")
	if page.to() == "" {
		page = b.follow(b.password(page, username), r.public+"/")
	}
	back, err := url.Parse(page.to())
	if err != nil || back.Query().Get("code") == "" {
		b.t.Fatalf("the app's login leads to %q: %d %s", page.to(), page.status, page.text())
	}
	return r.token(b.t, url.Values{"grant_type": {"authorization_code"}, "client_id": {"demo"}, "redirect_uri": {r.public + "/"}, "code": {back.Query().Get("code")}, "code_verifier": {verifier}})
}

// token asks the realm's token endpoint, not over the wire.
func (r *loginRealm) token(t testing.TB, form url.Values) tokens {
	t.Helper()
	got, text := r.tryToken(t, form)
	if got.Access == "" {
		t.Fatalf("no token: %s", text)
	}
	return got
}

func (r *loginRealm) tryToken(t testing.TB, form url.Values) (got tokens, text string) {
	t.Helper()
	res, err := http.PostForm(r.issuer+"/protocol/openid-connect/token", form)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = json.Unmarshal(body, &got)
	r.wire.note(body)
	return got, string(body)
}

// passwordToken returns a token that a command line gets.
func (r *loginRealm) passwordToken(t testing.TB, username string) tokens {
	t.Helper()
	return r.token(t, url.Values{"grant_type": {"password"}, "client_id": {"keystead-cli"}, "username": {username}, "password": {username}, "scope": {"openid"}})
}

// endSession ends a session at the realm, which tells the clients.
func (r *loginRealm) endSession(t testing.TB, idToken string) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.PostForm(r.issuer+"/protocol/openid-connect/logout", url.Values{"id_token_hint": {idToken}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(res.Body)
		t.Fatalf("the realm's logout: %s %.500s", res.Status, body)
	}
}
