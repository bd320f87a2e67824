package main

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"keystead/auth/authtest"
)

// start runs the program until the test ends or stop is called, which returns what run returned.
func start(t *testing.T, args ...string) (stderr *authtest.Log, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var stdout authtest.Log
	stderr = &authtest.Log{}
	ended := make(chan error, 1)
	environ := []string{"KEYSTEAD_DATABASE_URL=sqlite:" + filepath.Join(t.TempDir(), "test.db")} // not in this folder
	go func() { ended <- run(ctx, args, environ, nil, &stdout, stderr) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() { _ = stop() })
	return stderr, stop
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// get asks until there is an answer, at most for 10 s.
func get(t *testing.T, url, token string) *http.Response {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			t.Cleanup(func() { res.Body.Close() })
			return res
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func TestServe(t *testing.T) {
	realm := authtest.NewIssuer(t)
	port := freePort(t)
	log, stop := start(t, "serve", "--addr=localhost:"+port, "--issuer="+realm.URL(), "--client-id=demo", "--audience="+authtest.Audience, "--log-format=json")

	for _, host := range []string{"127.0.0.1", "[::1]", "localhost"} {
		if host == "[::1]" && !hasIPv6() {
			continue
		}
		if res := get(t, "http://"+host+":"+port+"/health", ""); res.StatusCode != http.StatusOK {
			t.Errorf("%s: /health = %s", host, res.Status)
		}
	}
	for end := time.Now().Add(10 * time.Second); get(t, "http://localhost:"+port+"/readyz", "").StatusCode != http.StatusOK; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never ready")
		}
	}
	var me struct{ Username string }
	res := get(t, "http://localhost:"+port+"/api/me", realm.Token("alice"))
	if err := json.NewDecoder(res.Body).Decode(&me); err != nil || me.Username != "alice" {
		t.Errorf("/api/me = %s, %+v, %v", res.Status, me, err)
	}
	if err := run(t.Context(), []string{"healthcheck", "--addr=:" + port}, nil, nil, &authtest.Log{}, &authtest.Log{}); err != nil {
		t.Errorf("healthcheck of a living instance: %v", err)
	}
	if err := stop(); err != nil {
		t.Errorf("stopping returned %v", err)
	}
	if err := run(t.Context(), []string{"healthcheck"}, []string{"KEYSTEAD_ADDR=localhost:" + port}, nil, &authtest.Log{}, &authtest.Log{}); err == nil {
		t.Error("healthcheck of a dead instance found it well")
	}
	if !strings.Contains(log.String(), `"url":"http://localhost:`+port+`"`) {
		t.Errorf("the log does not say where it serves: %s", log)
	}
}

// asProgram makes the test binary behave as keystead: some of what the process takes from its
// environment is read once and cannot be changed by a test.
const asProgram = "TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestServeFollowsTheProxyEnvironment(t *testing.T) {
	asked := make(chan string, 10)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.String()
		w.WriteHeader(http.StatusBadGateway)
	}))
	defer proxy.Close()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "serve", "--addr=127.0.0.1:"+freePort(t), "--issuer=http://keycloak.test/realms/demo", "--insecure-http-issuer", "--client-id=demo", "--audience=a")
	cmd.Env = []string{asProgram + "=1", "HTTP_PROXY=" + proxy.URL, "KEYSTEAD_DATABASE_URL=sqlite:" + filepath.Join(t.TempDir(), "test.db")}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	select {
	case got := <-asked:
		if got != "http://keycloak.test/realms/demo/.well-known/openid-configuration" {
			t.Errorf("the proxy was asked for %s", got)
		}
	case <-time.After(10 * time.Second):
		t.Error("the proxy was not asked")
	}
}

// A realm behind a company's own authority: the log says what to do, and doing it helps.
func TestServeWithAnAuthorityOfOnesOwn(t *testing.T) {
	realm := authtest.NewIssuer(t)
	var server *httptest.Server
	server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		issuer := server.URL + "/realms/demo"
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": issuer, "jwks_uri": issuer + "/certs", "keys": []any{realm.Key().JWK()}})
	}))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	defer server.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	args := func(port string) []string {
		return []string{"serve", "--addr=127.0.0.1:" + port, "--issuer=" + server.URL + "/realms/demo", "--client-id=demo", "--audience=" + authtest.Audience,
			"--algorithms=RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA"}
	}

	log, stop := start(t, args(freePort(t))...)
	for end := time.Now().Add(10 * time.Second); !strings.Contains(log.String(), "KEYSTEAD_CA_FILE"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the log does not name the setting: %s", log)
		}
	}
	if !strings.Contains(log.String(), "O=Acme Co") {
		t.Errorf("the log does not name the authority: %s", log)
	}
	_ = stop()

	port := freePort(t)
	start(t, append(args(port), "--ca-file="+file)...)
	token := realm.Sign(realm.Claims("alice").With("iss", server.URL+"/realms/demo"))
	if res := get(t, "http://127.0.0.1:"+port+"/api/me", token); res.StatusCode != http.StatusOK {
		t.Errorf("with the authority: %s", res.Status)
	}
}

// Each credential reaches the verifier: with them, the realm vouches for a token that says nothing itself.
func TestServeIntrospects(t *testing.T) {
	realm := authtest.NewIssuer(t)
	token := realm.Lightweight("alice")
	args := func(port string) []string {
		return []string{"serve", "--addr=127.0.0.1:" + port, "--issuer=" + realm.URL(), "--client-id=demo", "--audience=" + authtest.Audience}
	}
	port := freePort(t)
	start(t, args(port)...)
	if res := get(t, "http://127.0.0.1:"+port+"/api/me", token); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("without credentials: %s", res.Status)
	}
	port = freePort(t)
	start(t, append(args(port), "--introspection-client-id="+authtest.IntrospectionClientID, "--introspection-client-secret="+authtest.IntrospectionClientSecret)...)
	if res := get(t, "http://127.0.0.1:"+port+"/api/me", token); res.StatusCode != http.StatusOK {
		t.Errorf("with credentials: %s", res.Status)
	}
}

func TestServeWarns(t *testing.T) {
	realm := authtest.NewIssuer(t)
	var stderr authtest.Log
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := run(ctx, []string{"serve", "--addr=127.0.0.1:" + freePort(t), "--public-url=http://app.example.com", "--issuer=" + realm.URL(), "--client-id=demo", "--verify-audience=false", "--database-url=sqlite:" + filepath.Join(t.TempDir(), "test.db")},
		[]string{"KEYSTEAD_AUDIENCES=b"}, nil, &authtest.Log{}, &stderr)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"KEYSTEAD_AUDIENCES", "no Web Crypto", "KEYSTEAD_VERIFY_AUDIENCE=false"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("no warning about %s in %s", want, stderr.String())
		}
	}
}

func TestMistakesStopTheStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	good := []string{"--issuer=http://localhost:1/realms/demo", "--client-id=demo", "--audience=a"}
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"a wrong algorithm", append([]string{"serve", "--algorithms=HS256"}, good...), "KEYSTEAD_ALGORITHMS (--algorithms)"},
		{"no settings", []string{"serve"}, "KEYSTEAD_ISSUER (--issuer) is not set"},
		{"a port in use", append([]string{"serve", "--addr=localhost:" + port}, good...), "KEYSTEAD_ADDR (--addr)"},
		{"an unknown flag", []string{"serve", "--isuer=x"}, "--isuer"},
		{"an unknown command", []string{"brew"}, "brew"},
		{"no command", nil, "expected one of"},
		{"a bad address to check", []string{"healthcheck", "--addr=nowhere"}, `got "nowhere"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := run(t.Context(), tt.args, nil, nil, &authtest.Log{}, &authtest.Log{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("run = %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestHelpAndVersion(t *testing.T) {
	for args, want := range map[string]string{
		"--help":       "serve",
		"serve --help": "(KEYSTEAD_INSECURE_HTTP_ISSUER)",
		"version":      "keystead ",
	} {
		var stdout authtest.Log
		if err := run(t.Context(), strings.Fields(args), nil, nil, &stdout, &authtest.Log{}); err != nil || !strings.Contains(stdout.String(), want) {
			t.Errorf("%s: %v, %q", args, err, stdout.String())
		}
	}
}

func TestPrintConfig(t *testing.T) {
	var stdout authtest.Log
	err := run(t.Context(), []string{"serve", "--print-config", "--client-id=demo"}, []string{"KEYSTEAD_AUDIENCE=a"}, nil, &stdout, &authtest.Log{})
	if err == nil || !strings.Contains(err.Error(), "KEYSTEAD_ISSUER") {
		t.Errorf("what is missing is not reported: %v", err)
	}
	table := strings.Join(strings.Fields(stdout.String()), " ") // how wide the columns are does not matter
	for _, want := range []string{"KEYSTEAD_CLIENT_ID demo flag", "KEYSTEAD_AUDIENCE a environment"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, stdout.String())
		}
	}
}

func TestWebDir(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(t.TempDir(), "secret")
	for path, text := range map[string]string{filepath.Join(dir, "index.html"): "my own app", secret: "hunter2"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(secret, filepath.Join(dir, "link.txt")); err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	start(t, "serve", "--addr=127.0.0.1:"+port, "--issuer=http://localhost:1/realms/demo", "--client-id=demo", "--audience=a", "--web-dir="+dir)
	for _, path := range []string{"/", "/link.txt"} { // a link out of the folder is no file of the app
		body := make([]byte, 100)
		n, _ := get(t, "http://127.0.0.1:"+port+path, "").Body.Read(body)
		if string(body[:n]) != "my own app" {
			t.Errorf("%s = %q", path, body[:n])
		}
	}
}

// Requests that are under way when the process is told to stop are finished.
func TestStopFinishesRequests(t *testing.T) {
	listeners, err := listen("addr", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	began, release := make(chan struct{}), make(chan struct{})
	slow := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(began)
		<-release
		fmt.Fprint(w, "done")
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- serve(ctx, &http.Server{Handler: slow}, listeners, slog.New(slog.DiscardHandler), func() {})
	}()
	answer := make(chan string, 1)
	go func() {
		res, err := http.Get("http://" + listeners[0].Addr().String())
		if err != nil {
			answer <- err.Error()
			return
		}
		defer res.Body.Close()
		body := make([]byte, 10)
		n, _ := res.Body.Read(body)
		answer <- string(body[:n])
	}()
	<-began
	cancel()
	time.AfterFunc(50*time.Millisecond, func() { close(release) })
	if got := <-answer; got != "done" {
		t.Errorf("the request under way got %q", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func hasIPv6() bool {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err == nil {
		l.Close()
	}
	return err == nil
}
