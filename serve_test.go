package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"keystead/auth/authtest"
	"keystead/config"
)

// These tests meet the server as its clients do: over TCP, with bytes that an HTTP library would not send.

// patience bounds every wait for something that should come at once.
const patience = 10 * time.Second

// eventually waits until ok, and ends the test when that takes too long.
func eventually(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}

func serveArgs(t *testing.T, realm *authtest.Issuer, addr string, more ...string) []string {
	return append([]string{
		"serve", "--addr=" + addr, "--issuer=" + realm.URL(), "--client-id=demo", "--audience=" + authtest.Audience,
		"--database-url=sqlite:" + filepath.Join(t.TempDir(), "keystead.db"), "--log-format=json",
	}, more...)
}

// startServer runs the program until it is ready for everything, and returns where.
func startServer(t *testing.T, realm *authtest.Issuer, more ...string) (addr string, log *authtest.Log) {
	t.Helper()
	addr = "127.0.0.1:" + freePort(t)
	log, _ = start(t, serveArgs(t, realm, addr, more...)...)
	waitUntilReady(t, addr)
	return addr, log
}

func waitUntilReady(t *testing.T, addr string) {
	t.Helper()
	eventually(t, patience, "the program is ready", func() bool {
		body, _ := io.ReadAll(get(t, "http://"+addr+"/readyz", "").Body)
		return strings.Contains(string(body), `"ready"`)
	})
}

// reply is an answer as it came over the wire.
type reply struct {
	status int
	header http.Header
	body   string
	close  bool // the server says that the connection ends
}

// code returns the code of a problem.
func (r reply) code() string {
	var problem struct{ Code string }
	_ = json.Unmarshal([]byte(r.body), &problem)
	return problem.Code
}

func readReply(r *bufio.Reader) (reply, error) {
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(body), res.Close}, err
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn
}

// ask sends these bytes on a connection of their own and returns the first answer.
func ask(t *testing.T, addr, raw string) reply {
	t.Helper()
	conn := dial(t, addr)
	defer conn.Close()
	_, _ = io.WriteString(conn, raw) // a server that refuses need not read all of it
	r, err := readReply(bufio.NewReader(conn))
	if err != nil {
		t.Fatalf("no answer to %.80q: %v", raw, err)
	}
	return r
}

// talk is ask for a connection that the server is to end: it returns every answer until then.
func talk(t *testing.T, addr, raw string) []reply {
	t.Helper()
	conn := dial(t, addr)
	defer conn.Close()
	_, _ = io.WriteString(conn, raw)
	var replies []reply
	for r := bufio.NewReader(conn); ; {
		next, err := readReply(r)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) {
			return replies
		}
		if err != nil {
			t.Errorf("after %d answers to %.80q: %v", len(replies), raw, err)
			return replies
		}
		replies = append(replies, next)
	}
}

// request returns the bytes of a request without a body. A token and further header lines may be empty.
func request(line, token string, headers ...string) string {
	if token != "" {
		headers = append(headers, "Authorization: Bearer "+token)
	}
	return line + " HTTP/1.1\r\n" + strings.Join(append([]string{"Host: localhost"}, headers...), "\r\n") + "\r\n\r\n"
}

// stillAnswers fails unless somebody else is answered, and soon.
func stillAnswers(t *testing.T, addr, token string) {
	t.Helper()
	began := time.Now()
	if r := ask(t, addr, request("GET /api/me", token)); r.status != http.StatusOK {
		t.Errorf("another caller got %d: %s", r.status, r.body)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("another caller waited for %v", took)
	}
}

// drip sends what is first and then, if there is something to drip, goes on with it until the connection ends.
func drip(conn net.Conn, first, more string) {
	_, err := io.WriteString(conn, first)
	for ; err == nil && more != ""; time.Sleep(20 * time.Millisecond) {
		_, err = io.WriteString(conn, more)
	}
}

// The limits are the server's own, but shorter, so that the test need not wait for them.
func TestSlowClientsAreCutOff(t *testing.T) {
	wrote := make(chan error, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.URL.Path == "/endless" {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				wrote <- err
				return
			}
		}
	})
	cfg := config.Config{RequestTimeout: 3 * time.Second, MaxTokenBytes: 1 << 10}
	srv := newServer(cfg, handler, slog.New(slog.DiscardHandler))
	if srv.ReadHeaderTimeout != headerTimeout || srv.ReadTimeout != headerTimeout+cfg.RequestTimeout || srv.WriteTimeout != headerTimeout+2*cfg.RequestTimeout || srv.IdleTimeout != idleTimeout {
		t.Errorf("the server's limits are %v, %v, %v, %v", srv.ReadHeaderTimeout, srv.ReadTimeout, srv.WriteTimeout, srv.IdleTimeout)
	}
	srv.ReadHeaderTimeout, srv.ReadTimeout, srv.WriteTimeout, srv.IdleTimeout = 200*time.Millisecond, 400*time.Millisecond, 600*time.Millisecond, 300*time.Millisecond
	listeners, err := listen("addr", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listeners[0].Addr().String()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, srv, listeners, slog.New(slog.DiscardHandler), func() {}) }()

	whole := request("GET /", "")
	tests := []struct {
		name, first, more string
	}{
		{"says nothing", "", ""},
		{"stops within the request line", "GET /ap", ""},
		{"stops within the header", "GET / HTTP/1.1\r\nHost: local", ""},
		{"sends a header without end, byte by byte", "GET / HTTP/1.1\r\nX-Slow: ", "a"},
		{"says nothing more", whole, ""},
		{"stops within its second request", whole + "GET / HT", ""},
		{"drips its second request", whole, "a"},
		{"stops within a body that nobody reads", request("POST /", "", "Content-Length: 100") + "half", ""},
		{"drips a body that nobody reads", request("POST /", "", "Content-Length: 100000"), "a"},
	}
	var clients sync.WaitGroup
	for _, tt := range tests {
		conn := dial(t, addr)
		go drip(conn, tt.first, tt.more)
		clients.Go(func() {
			began := time.Now()
			_, err := io.Copy(io.Discard, conn)
			if took := time.Since(began); errors.Is(err, os.ErrDeadlineExceeded) || took > 3*time.Second {
				t.Errorf("who %s is cut off after %v (%v)", tt.name, took, err)
			}
		})
	}
	clients.Wait()
	_, _ = io.WriteString(dial(t, addr), request("GET /endless", ""))
	select {
	case <-wrote:
	case <-time.After(patience):
		t.Error("who reads nothing is never cut off")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestSlowBodiesAreCutOff(t *testing.T) {
	realm := authtest.NewIssuer(t)
	token := realm.Token("alice")
	addr, _ := startServer(t, realm, "--request-timeout=1s")
	tests := []struct {
		name, first, more string
	}{
		{"stalled", request("POST /api/notes", token, "Content-Type: application/json", "Content-Length: 100") + `{"title":`, ""},
		{"dripping", request("POST /api/notes", token, "Content-Type: application/json", "Content-Length: 1000") + `{"title":`, " "},
		{"stalled between chunks", request("POST /api/notes", token, "Content-Type: application/json", "Transfer-Encoding: chunked") + "1\r\n{\r\n", ""},
		{"stalled within a chunk", request("POST /api/notes", token, "Content-Type: application/json", "Transfer-Encoding: chunked") + "100\r\n{", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			conn := dial(t, addr)
			began := time.Now()
			go drip(conn, tt.first, tt.more)
			stillAnswers(t, addr, token)
			buffered := bufio.NewReader(conn)
			r, err := readReply(buffered)
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took < 500*time.Millisecond || took > 4*time.Second {
				t.Errorf("refused after %v", took)
			}
			if r.status != http.StatusBadRequest || r.code() != "request_malformed" {
				t.Errorf("got %d: %s", r.status, r.body)
			}
			if _, err := io.Copy(io.Discard, buffered); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the connection is kept")
			}
		})
	}
}

func TestOversizedRequests(t *testing.T) {
	realm := authtest.NewIssuer(t)
	token := realm.Token("alice")
	addr, _ := startServer(t, realm, "--max-token-bytes=2048", "--max-body-bytes=1024")
	write := func(length string) string {
		return request("POST /api/notes", token, "Content-Type: application/json", length)
	}
	note := func(size int) string {
		const frame = `{"title":"long","text":""}`
		return `{"title":"long","text":"` + strings.Repeat("a", size-len(frame)) + `"}`
	}
	chunks := func(body string) string { // small ones, so that no single one is over the limit
		var b strings.Builder
		for part := range slices.Chunk([]byte(body), 100) {
			fmt.Fprintf(&b, "%x\r\n%s\r\n", len(part), part)
		}
		return b.String() + "0\r\n\r\n"
	}
	tests := []struct {
		name, raw string
		want      int
		code      string
	}{
		{"one header line", request("GET /health", "", "X-Large: "+strings.Repeat("a", 64<<10)), http.StatusRequestHeaderFieldsTooLarge, ""},
		{"many header lines", request("GET /health", "", slices.Repeat([]string{"X-Many: " + strings.Repeat("a", 100)}, 1000)...), http.StatusRequestHeaderFieldsTooLarge, ""},
		{"a request line", request("GET /"+strings.Repeat("a", 64<<10), ""), http.StatusRequestHeaderFieldsTooLarge, ""},
		{"a token somewhat too long", request("GET /api/me", strings.Repeat("a", 4000)), http.StatusUnauthorized, "token_too_large"},
		{"a token far too long", request("GET /api/me", strings.Repeat("a", 64<<10)), http.StatusRequestHeaderFieldsTooLarge, ""},
		{"a body that says so", write("Content-Length: 1025"), http.StatusRequestEntityTooLarge, "body_too_large"},
		{"a body that says so and comes", write("Content-Length: 5000") + note(5000), http.StatusRequestEntityTooLarge, "body_too_large"},
		{"a body that says more than there can be", write("Content-Length: 9223372036854775807"), http.StatusRequestEntityTooLarge, "body_too_large"},
		{"a body in chunks", write("Transfer-Encoding: chunked") + chunks(note(1025)), http.StatusRequestEntityTooLarge, "body_too_large"},
		{"a body just small enough", write("Content-Length: 1024") + note(1024), http.StatusCreated, ""},
		{"a body just small enough in chunks", write("Transfer-Encoding: chunked") + chunks(note(1024)), http.StatusCreated, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if r := ask(t, addr, tt.raw); r.status != tt.want || r.code() != tt.code {
				t.Errorf("got %d %q, want %d %q", r.status, r.body, tt.want, tt.code)
			}
			stillAnswers(t, addr, token)
		})
	}
}

// Whatever cannot be read in one way only is refused, and nothing that follows it on the connection is taken for a request:
// a proxy in front may have taken that for a part of the first one, and not have checked it (RFC 9112 §11.2).
func TestMalformedRequests(t *testing.T) {
	realm := authtest.NewIssuer(t)
	token := realm.Token("alice")
	addr, log := startServer(t, realm)
	const refused = 0 // with whatever status net/http chooses
	line := func(line string) string { return line + "\r\nHost: localhost\r\n\r\n" }
	with := func(headers ...string) string { return request("GET /api/me", token, headers...) }
	write := func(headers ...string) string {
		return request("POST /api/notes", token, append(headers, "Content-Type: application/json")...)
	}
	const chunks = "d\r\n{\"title\":\"a\"}\r\n0\r\n\r\n"
	tests := []struct {
		name, raw string
		want      int
	}{
		{"no request line", "GARBAGE\r\n\r\n", refused},
		{"the beginning of TLS", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n", refused},
		{"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", http.StatusBadRequest},
		{"no version", line("GET /api/me"), refused},
		{"an unknown version", line("GET /api/me HTTP/9.9"), refused},
		{"a version of two digits", line("GET /api/me HTTP/1.10"), refused},
		{"another protocol", line("GET /api/me HTTPS/1.1"), refused},
		{"words behind the version", line("GET /api/me HTTP/1.1 x"), refused},
		{"two blanks", line("GET  /api/me HTTP/1.1"), refused},
		{"a method that is no token", line("G(T /api/me HTTP/1.1"), refused},
		{"a path without a slash", line("GET api/me HTTP/1.1"), refused},
		{"a bad escape", line("GET /%zz HTTP/1.1"), refused},
		{"a NUL in the path", line("GET /api\x00/me HTTP/1.1"), refused},
		{"no host", "GET /api/me HTTP/1.1\r\n\r\n", refused},
		{"two hosts", with("Host: other.test"), refused},
		{"a host that is none", "GET /api/me HTTP/1.1\r\nHost: a b/c\r\n\r\n", refused},

		{"a blank in a header name", with("Bad Name: x"), refused},
		{"a blank before the colon", with("X-A : x"), refused},
		{"no colon", with("X-A"), refused},
		{"no header name", with(": x"), refused},
		{"a NUL in a header", with("X-A: x\x00y"), refused},
		{"a CR in a header", with("X-A: x\ry"), refused},
		{"a first header line that continues none", "GET /api/me HTTP/1.1\r\n X-A: x\r\nHost: localhost\r\n\r\n", refused},
		{"two tokens", with("Authorization: Bearer "+token, "Connection: close"), http.StatusUnauthorized},
		{"an expectation that nobody knows", with("Expect: the-unexpected"), http.StatusExpectationFailed},

		{"a negative length", write("Content-Length: -1"), refused},
		{"a length with a sign", write("Content-Length: +5") + "hello", refused},
		{"a length that is none", write("Content-Length: five") + "hello", refused},
		{"an empty length", write("Content-Length:") + "hello", refused},
		{"a length in a list", write("Content-Length: 5, 5") + "hello", refused},
		{"a length beyond all numbers", write("Content-Length: 99999999999999999999") + "hello", refused},
		{"two lengths", write("Content-Length: 5", "Content-Length: 6") + "hello", refused},
		{"an unknown transfer encoding", write("Transfer-Encoding: xchunked") + chunks, refused},
		{"two transfer encodings", write("Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + chunks, refused},
		{"a list of transfer encodings", write("Transfer-Encoding: identity, chunked") + chunks, refused},
		{"a blank behind Transfer-Encoding", write("Transfer-Encoding : chunked") + chunks, refused},
		{"chunks with a bad size", write("Transfer-Encoding: chunked") + "zz\r\n" + chunks, http.StatusBadRequest},
		{"chunks with a negative size", write("Transfer-Encoding: chunked") + "-1\r\n" + chunks, http.StatusBadRequest},
		{"chunks with a size beyond all numbers", write("Transfer-Encoding: chunked") + "fffffffffffffffff\r\n" + chunks, http.StatusBadRequest},
		{"a chunk that is longer than its size", write("Transfer-Encoding: chunked") + "3\r\n{\"title\":\"a\"}\r\n0\r\n\r\n", http.StatusBadRequest},
		{"chunks with bare line feeds", write("Transfer-Encoding: chunked") + strings.ReplaceAll(chunks, "\r\n", "\n"), http.StatusBadRequest},

		// These are no mistakes by themselves, but whoever passed them on may see their end elsewhere.
		{"a length and chunks", write("Content-Length: 4", "Transfer-Encoding: chunked") + chunks, http.StatusCreated},
		{"a length and chunks that nobody reads", with("Content-Length: 4", "Transfer-Encoding: chunked") + "0\r\n\r\n", http.StatusOK},
		{"a length and chunks for the server itself", request("OPTIONS *", "", "Content-Length: 4", "Transfer-Encoding: chunked") + "0\r\n\r\n", http.StatusBadRequest},
		{"chunks in HTTP/1.0", strings.Replace(with("Transfer-Encoding: chunked", "Connection: keep-alive"), "HTTP/1.1", "HTTP/1.0", 1), http.StatusOK},

		{"another server's address without a token", request("GET http://other.test/api/me", "", "Connection: close"), http.StatusUnauthorized},
		{"another server's address", request("GET http://other.test/api/me", token, "Connection: close"), http.StatusOK},
		{"a tunnel", request("CONNECT other.test:443", token, "Connection: close"), http.StatusMethodNotAllowed},
		{"a tunnel to a path", request("CONNECT /api/me", token, "Connection: close"), http.StatusMethodNotAllowed},
		{"a trace", request("TRACE /api/me", token, "Connection: close"), http.StatusMethodNotAllowed},
		{"a method in lower case", request("get /api/me", token, "Connection: close"), http.StatusMethodNotAllowed},
		{"a method in lower case without a token", request("get /api/me", "", "Connection: close"), http.StatusUnauthorized},
		{"a path that is a star", request("GET *", token, "Connection: close"), http.StatusBadRequest},
		{"a header in the path", request("GET /%0d%0aX-Injected:%20yes", "", "Connection: close"), http.StatusBadRequest},
		{"a header in the path of an operation", request("GET /api/%0d%0aX-Injected:%20yes", token, "Connection: close"), http.StatusBadRequest},
		{"a header in the request id", request("GET /health", "", "X-Request-Id: a%0d%0aX-Injected: yes", "Connection: close"), http.StatusOK},
		{"an upgrade to HTTP/2", request("GET /health", "", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA", "Connection: Upgrade, HTTP2-Settings, close"), http.StatusOK},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			replies := talk(t, addr, tt.raw+request("GET /health", "", "Connection: close"))
			if len(replies) != 1 {
				t.Fatalf("%d answers: %+v", len(replies), replies)
			}
			r := replies[0]
			refusal := r.status >= 400 && r.status < 500 || r.status == http.StatusNotImplemented || r.status == http.StatusHTTPVersionNotSupported
			if r.status != tt.want && (tt.want != refused || !refusal) {
				t.Errorf("got %d %s, want %d", r.status, r.body, tt.want)
			}
			if r.header.Get("X-Injected") != "" || strings.Contains(r.header.Get("X-Request-Id"), "a%0d") {
				t.Errorf("a header of the client's making: %v", r.header)
			}
			stillAnswers(t, addr, token)
		})
	}
	if strings.Contains(log.String(), "panic") {
		t.Errorf("something panicked: %s", log)
	}
}

func TestIdleConnections(t *testing.T) {
	const each = 200
	realm := authtest.NewIssuer(t)
	token := realm.Token("alice")
	addr, _ := startServer(t, realm)
	stillAnswers(t, addr, token)
	before := runtime.NumGoroutine()

	var conns []net.Conn
	for range each {
		conns = append(conns, dial(t, addr)) // as browsers do to be quicker later
		kept := dial(t, addr)
		_, _ = io.WriteString(kept, request("GET /health", ""))
		if r, err := readReply(bufio.NewReader(kept)); err != nil || r.close {
			t.Fatalf("the connection is not kept: %+v, %v", r, err)
		}
		conns = append(conns, kept)
	}
	const others = each / 10 // that come and go
	eventually(t, patience, "each connection is served", func() bool { return runtime.NumGoroutine() > before+2*each-others })
	for range 20 {
		stillAnswers(t, addr, token)
	}
	for _, conn := range conns {
		conn.Close()
	}
	eventually(t, patience, "the goroutines of closed connections have ended", func() bool { return runtime.NumGoroutine() < before+others })
}

func TestTraversal(t *testing.T) {
	const secret = "hunter2"
	root := t.TempDir()
	dir := filepath.Join(root, "dist")
	for name, text := range map[string]string{
		"secret.txt": secret, "dist/.env": secret, "dist/assets/.git/config": secret, // beside the app, and hidden in it
		"dist/index.html": "my own app", "dist/assets/a.js": "my script",
	} {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"link.txt": "../secret.txt", "assets/link.js": "../../secret.txt", "assets/out": "../.."} {
		if err := os.Symlink(target, filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
	realm := authtest.NewIssuer(t)
	addr, _ := startServer(t, realm, "--web-dir="+dir)
	tests := []struct {
		path string
		want int
	}{
		{"/assets/../index.html", http.StatusBadRequest},
		{"/assets/../../secret.txt", http.StatusBadRequest},
		{"/../secret.txt", http.StatusBadRequest},
		{"/%2e%2e/", http.StatusBadRequest},
		{"/%2e%2e/secret.txt", http.StatusBadRequest},
		{"/assets/%2e%2e/%2e%2e/secret.txt", http.StatusBadRequest},
		{"/assets/%2e%2e/%2e%2e/etc/passwd", http.StatusBadRequest},
		{"/..%2fsecret.txt", http.StatusBadRequest},
		{"/..%2f..%2fetc/passwd", http.StatusBadRequest},
		{"/%252e%252e/secret.txt", http.StatusBadRequest},
		{"/..%255csecret.txt", http.StatusBadRequest},
		{"/assets/..%5c..%5csecret.txt", http.StatusBadRequest},
		{`/assets/..\..\secret.txt`, http.StatusBadRequest},
		{"//etc/passwd", http.StatusBadRequest},
		{"//secret.txt", http.StatusBadRequest},
		{"/assets//../../secret.txt", http.StatusBadRequest},
		{"/assets/..;/..;/secret.txt", http.StatusBadRequest},
		{"/assets/%c0%ae%c0%ae/secret.txt", http.StatusBadRequest}, // dots in UTF-8 that is none
		{"/assets/%00", http.StatusBadRequest},
		{"/link.txt%00.js", http.StatusBadRequest},
		{"http://localhost/../secret.txt", http.StatusBadRequest},
		{"/assets/.git/config", http.StatusNotFound},
		{"/assets/link.js", http.StatusNotFound},
		{"/assets/out/secret.txt", http.StatusNotFound},
		{"/assets/", http.StatusNotFound},
		{"/.env", http.StatusOK}, // the app's page, as at every address that no file has
		{"/link.txt", http.StatusOK},
		{"/assets/a.js", http.StatusOK},
	}
	for _, tt := range tests {
		r := ask(t, addr, request("GET "+tt.path, "", "Connection: close"))
		if r.status != tt.want || strings.Contains(r.body, secret) || strings.Contains(r.body, "root:") {
			t.Errorf("GET %s = %d %q, want %d", tt.path, r.status, r.body, tt.want)
		}
		if tt.want == http.StatusOK && !strings.HasPrefix(r.body, "my ") {
			t.Errorf("GET %s = %q", tt.path, r.body)
		}
	}
}

// process is the program as a process of its own: only that can be sent signals, and shows all that it writes.
type process struct {
	cmd    *exec.Cmd
	output *authtest.Log // both of stdout and stderr
	ended  chan error
}

func startProcess(t *testing.T, environ []string, args ...string) *process {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("there are no signals")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{exec.CommandContext(t.Context(), program, args...), &authtest.Log{}, make(chan error, 1)}
	p.cmd.Dir = t.TempDir()
	p.cmd.Env = append(environ, asProgram+"=1", "GORACE=atexit_sleep_ms=0") // else the race detector puts off the end
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() { p.ended <- p.cmd.Wait(); close(over) }()
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); <-over })
	return p
}

func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// wait returns how the process ended, which must be soon.
func (p *process) wait(t *testing.T, limit time.Duration) error {
	t.Helper()
	select {
	case err := <-p.ended:
		return err
	case <-time.After(limit):
		t.Fatalf("the process did not end within %v: %s", limit, p.output)
		return nil
	}
}

// noteBody is sent in two halves.
const noteBody = `{"title":"half","text":"and half"}`

// openCall is a call of which half of the body has been sent.
type openCall struct {
	conn net.Conn
	read *bufio.Reader
}

// openNote begins to write a note. The handler runs when it returns: the server has asked for the body.
func openNote(t *testing.T, addr, token string) openCall {
	t.Helper()
	conn := dial(t, addr)
	c := openCall{conn, bufio.NewReader(conn)}
	fmt.Fprint(conn, request("POST /api/notes", token, "Content-Type: application/json", fmt.Sprintf("Content-Length: %d", len(noteBody)), "Expect: 100-continue"))
	if r, err := readReply(c.read); err != nil || r.status != http.StatusContinue {
		t.Fatalf("the server does not ask for the body: %+v, %v", r, err)
	}
	fmt.Fprint(conn, noteBody[:len(noteBody)/2])
	return c
}

func (c openCall) finish(t *testing.T) {
	t.Helper()
	fmt.Fprint(c.conn, noteBody[len(noteBody)/2:])
	if r, err := readReply(c.read); err != nil || r.status != http.StatusCreated {
		t.Errorf("an open call got %+v, %v", r, err)
	}
}

// refusesConnections reports whether nobody listens any more.
func refusesConnections(addr string) bool {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err == nil {
		conn.Close()
	}
	return err != nil
}

func TestTermination(t *testing.T) {
	realm := authtest.NewIssuer(t)
	token := realm.Token("alice")
	addr := "127.0.0.1:" + freePort(t)
	p := startProcess(t, nil, serveArgs(t, realm, addr)...)
	waitUntilReady(t, addr)
	var calls []openCall
	for range 50 {
		calls = append(calls, openNote(t, addr, token))
	}

	p.signal(t, syscall.SIGTERM)
	eventually(t, patience, "readiness falls", func() bool {
		r := ask(t, addr, request("GET /readyz", ""))
		return r.status == http.StatusServiceUnavailable && r.code() == "stopping"
	})
	// A load balancer takes a moment to notice. Until then callers are answered, and told to leave.
	if r := ask(t, addr, request("GET /api/me", token)); r.status != http.StatusOK || !r.close {
		t.Errorf("a new caller got %+v", r)
	}
	for _, call := range calls[:25] {
		call.finish(t)
	}
	eventually(t, patience, "new connections are refused", func() bool { return refusesConnections(addr) })
	for _, call := range calls[25:] {
		call.finish(t)
	}
	if err := p.wait(t, 5*time.Second); err != nil {
		t.Errorf("the process ended with %v: %s", err, p.output)
	}
}

// A person at the terminal waits for no load balancer.
func TestInterrupt(t *testing.T) {
	realm := authtest.NewIssuer(t)
	token := realm.Token("alice")
	addr := "127.0.0.1:" + freePort(t)
	p := startProcess(t, nil, serveArgs(t, realm, addr)...)
	waitUntilReady(t, addr)
	call := openNote(t, addr, token)

	began := time.Now()
	p.signal(t, os.Interrupt)
	eventually(t, patience, "new connections are refused", func() bool { return refusesConnections(addr) })
	call.finish(t)
	if err := p.wait(t, 5*time.Second); err != nil {
		t.Errorf("the process ended with %v: %s", err, p.output)
	}
	if took := time.Since(began); took > drainTime {
		t.Errorf("that took %v", took)
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	realm := authtest.NewIssuer(t)
	token := realm.Token("alice")
	for _, first := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		addr := "127.0.0.1:" + freePort(t)
		p := startProcess(t, nil, serveArgs(t, realm, addr)...)
		waitUntilReady(t, addr)
		openNote(t, addr, token) // and never sends the rest

		p.signal(t, first)
		eventually(t, patience, "the first signal is heard", func() bool { return strings.Contains(p.output.String(), "stopping") })
		p.signal(t, syscall.SIGTERM)
		var exit *exec.ExitError
		if err := p.wait(t, drainTime); !errors.As(err, &exit) || exit.ExitCode() == 0 {
			t.Errorf("after %v and a second signal the process ended with %v", first, err)
		}
	}
}

// selfSigned writes a certificate for this machine and its key, and returns whom to trust for it.
func selfSigned(t *testing.T) (certFile, keyFile string, authorities *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	if err := errors.Join(os.WriteFile(certFile, certPEM, 0o600), os.WriteFile(keyFile, keyPEM, 0o600)); err != nil {
		t.Fatal(err)
	}
	authorities = x509.NewCertPool()
	authorities.AppendCertsFromPEM(certPEM)
	return certFile, keyFile, authorities
}

func TestServeHTTPS(t *testing.T) {
	realm := authtest.NewIssuer(t)
	certFile, keyFile, authorities := selfSigned(t)
	port := freePort(t)
	addr := "127.0.0.1:" + port
	log, _ := start(t, serveArgs(t, realm, "localhost:"+port, "--tls-cert="+certFile, "--tls-key="+keyFile)...)
	eventually(t, patience, "somebody listens", func() bool { return !refusesConnections(addr) })

	only := func(choose func(*http.Protocols)) *http.Client {
		protocols := &http.Protocols{}
		choose(protocols)
		transport := &http.Transport{Protocols: protocols, TLSClientConfig: &tls.Config{RootCAs: authorities}}
		t.Cleanup(transport.CloseIdleConnections)
		return &http.Client{Transport: transport, Timeout: patience}
	}
	for want, client := range map[string]*http.Client{
		"HTTP/1.1": only(func(p *http.Protocols) { p.SetHTTP1(true) }),
		"HTTP/2.0": only(func(p *http.Protocols) { p.SetHTTP2(true) }),
	} {
		req, err := http.NewRequest(http.MethodGet, "https://"+addr+"/api/me", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+realm.Token("alice"))
		res, err := client.Do(req)
		if err != nil {
			t.Fatalf("%s: %v", want, err)
		}
		res.Body.Close()
		if res.Proto != want || res.StatusCode != http.StatusOK || res.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: %s %s, %v", want, res.Proto, res.Status, res.Header)
		}
	}

	old := &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	if conn, err := tls.Dial("tcp", addr, old); err == nil {
		conn.Close()
		t.Error("TLS 1.1 is taken")
	} else if !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("TLS 1.1 fails for another reason: %v", err)
	}
	if r := ask(t, addr, request("GET /health", "")); r.status != http.StatusBadRequest {
		t.Errorf("plain HTTP got %d: %s", r.status, r.body)
	}
	eventually(t, patience, "the log names the URL", func() bool { return strings.Contains(log.String(), `"url":"https://localhost:`+port+`"`) })
	for want, environ := range map[bool][]string{
		true:  {"KEYSTEAD_ADDR=localhost:" + port, "KEYSTEAD_TLS_CERT=" + certFile},
		false: {"KEYSTEAD_ADDR=localhost:" + port},
	} {
		err := run(t.Context(), []string{"healthcheck"}, environ, nil, &authtest.Log{}, &authtest.Log{})
		if (err == nil) != want {
			t.Errorf("healthcheck with %q: %v", environ, err)
		}
	}
}

func TestAdminAddress(t *testing.T) {
	const metric = "keystead_http_requests_total{"
	realm := authtest.NewIssuer(t)
	admin := "127.0.0.1:" + freePort(t)
	addr, _ := startServer(t, realm, "--admin-addr="+admin)
	tests := []struct {
		addr, path string
		want       int
		has, lacks string
	}{
		{admin, "/metrics", http.StatusOK, metric, "<html"},
		{admin, "/readyz", http.StatusOK, `"fetches":`, metric},
		{admin, "/api/me", http.StatusNotFound, "", "{"},
		{admin, "/", http.StatusNotFound, "", "<html"},
		{addr, "/metrics", http.StatusOK, "<html", metric}, // the app's page, as at every address that nothing has
		{addr, "/readyz", http.StatusOK, `"ready"`, "fetches"},
	}
	for _, tt := range tests {
		r := ask(t, tt.addr, request("GET "+tt.path, ""))
		if r.status != tt.want || !strings.Contains(r.body, tt.has) || strings.Contains(r.body, tt.lacks) {
			t.Errorf("GET %s%s = %d %.200q", tt.addr, tt.path, r.status, r.body)
		}
	}
}

func TestAdminAddressTaken(t *testing.T) {
	realm := authtest.NewIssuer(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := freePort(t)
	for name, admin := range map[string]string{
		"by another program": taken.Addr().String(),
		"by the app itself":  "127.0.0.1:" + port, // which the settings write in another way
	} {
		err := run(t.Context(), serveArgs(t, realm, "localhost:"+port, "--admin-addr="+admin), nil, nil, &authtest.Log{}, &authtest.Log{})
		if err == nil || !strings.Contains(err.Error(), "KEYSTEAD_ADMIN_ADDR (--admin-addr)") || !strings.Contains(err.Error(), admin) {
			t.Errorf("taken %s: %v", name, err)
		}
		if !refusesConnections("127.0.0.1:" + port) {
			t.Errorf("taken %s: the app's own address is still open", name)
		}
	}
}

func TestDatabaseThatCannotBe(t *testing.T) {
	realm := authtest.NewIssuer(t)
	for _, url := range []string{
		"postgres://user:hunter2@:bad/x",
		"postgres://user:hunter2@127.0.0.1:99999/x",
		"postgres://user:hunter2%zz@127.0.0.1/x",
		"postgres://user:hunter2/x@127.0.0.1/x",
		"postgres://user:hunter2@127.0.0.1/x?sslmode=perhaps",
		"postgres://127.0.0.1/x?password=hunter2&port=bad",
		"postgres://user:hunter2@127.0.0.1/x?sslmode=verify-full&sslrootcert=/nowhere/ca.pem",
		"mysql://user:hunter2@127.0.0.1/x",
		"hunter2",
		"sqlite:",
		"sqlite::memory:",
	} {
		port := freePort(t)
		var stdout, stderr authtest.Log
		err := run(t.Context(), append(serveArgs(t, realm, "127.0.0.1:"+port), "--database-url="+url), nil, nil, &stdout, &stderr)
		if err == nil || !strings.Contains(err.Error(), "KEYSTEAD_DATABASE_URL (--database-url)") {
			t.Errorf("%s: %v", url, err)
		}
		if told := fmt.Sprint(err, stdout.String(), stderr.String()); strings.Contains(told, "hunter2") {
			t.Errorf("%s is told: %s", url, told)
		}
	}
}

func TestDatabaseAway(t *testing.T) {
	realm := authtest.NewIssuer(t)
	token := realm.Token("alice")
	folder := filepath.Join(t.TempDir(), "later")
	for name, url := range map[string]string{
		"SQLite":     "sqlite:" + filepath.Join(folder, "keystead.db"),
		"PostgreSQL": "postgres://user:hunter2@127.0.0.1:" + freePort(t) + "/x",
	} {
		t.Run(name, func(t *testing.T) {
			addr := "127.0.0.1:" + freePort(t)
			log, _ := start(t, append(serveArgs(t, realm, addr), "--database-url="+url)...)
			var ready reply
			get(t, "http://"+addr+"/health", "") // waits for the start
			eventually(t, patience, "tokens can be judged", func() bool {
				ready = ask(t, addr, request("GET /readyz", ""))
				return ready.status == http.StatusOK
			})
			if !strings.Contains(ready.body, `"degraded"`) {
				t.Errorf("readiness is %s", ready.body)
			}
			stillAnswers(t, addr, token)
			r := ask(t, addr, request("GET /api/notes", token))
			if r.status != http.StatusServiceUnavailable || r.code() != "store_unavailable" || r.header.Get("Retry-After") == "" {
				t.Errorf("notes got %d %s, %v", r.status, r.body, r.header)
			}
			eventually(t, patience, "the log says so", func() bool { return strings.Contains(log.String(), "the database is unavailable") })
			if strings.Contains(log.String(), "hunter2") {
				t.Errorf("the log holds the password: %s", log)
			}
			if name != "SQLite" {
				return
			}
			if err := os.Mkdir(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			waitUntilReady(t, addr)
			openNote(t, addr, token).finish(t)
		})
	}
}

// Logs are read by more people than may use the tokens in them.
func TestNoSecretIsWritten(t *testing.T) {
	realm := authtest.NewIssuer(t)
	good, light, opaque := realm.Token("alice"), realm.Lightweight("alice"), realm.Opaque("alice")
	expired := realm.Sign(realm.Claims("alice").With("exp", time.Now().Add(-time.Hour).Unix()))
	foreign := realm.Sign(realm.Claims("alice").With("iss", "http://other.test/realms/x"))
	forged := good[:strings.LastIndex(good, ".")+1] + "Zm9yZ2Vk"
	unknown := "unknown-opaque-token"
	tokens := []string{good, light, opaque, expired, foreign, forged, unknown}
	addr, admin := "127.0.0.1:"+freePort(t), "127.0.0.1:"+freePort(t)
	const password, code, text = "hunter2", "a-code-from-the-realm", "only for me"
	p := startProcess(t, []string{
		"KEYSTEAD_DATABASE_URL=postgres://user:" + password + "@127.0.0.1:" + freePort(t) + "/x",
		"KEYSTEAD_INTROSPECTION_CLIENT_ID=" + authtest.IntrospectionClientID,
		"KEYSTEAD_INTROSPECTION_CLIENT_SECRET=" + authtest.IntrospectionClientSecret,
	}, "serve", "--addr="+addr, "--admin-addr="+admin, "--issuer="+realm.URL(), "--client-id=demo", "--audience="+authtest.Audience, "--log-level=debug")
	get(t, "http://"+addr+"/health", "")
	eventually(t, patience, "tokens can be judged", func() bool { return ask(t, addr, request("GET /readyz", "")).status == http.StatusOK })

	for _, token := range tokens {
		ask(t, addr, request("GET /api/me", token))
		ask(t, addr, request("GET /api/notes?access_token="+token, token))
		ask(t, addr, request("GET /api/notes?access_token="+token, ""))
		talk(t, addr, request("GET /api/me", token, "Bad Name: x"))
		talk(t, addr, "GET /api/me?access_token="+token+" HTTP/9.9\r\n\r\n")
		ask(t, admin, request("GET /readyz?access_token="+token, token))
	}
	body := `{"title":"secret","text":"` + text + `"}`
	ask(t, addr, request("POST /api/notes", good, "Content-Type: application/json", fmt.Sprintf("Content-Length: %d", len(body)))+body)
	ask(t, addr, request("GET /?state=x&code="+code, ""))
	ask(t, addr, request("GET /docs/oauth2-redirect.html?code="+code, "", "Referer: http://localhost/?code="+code, "Cookie: session="+code))
	ask(t, addr, request("DELETE /api/me?code="+code, good))
	ask(t, addr, request("GET /api/..?code="+code, good))

	p.signal(t, os.Interrupt)
	if err := p.wait(t, patience); err != nil {
		t.Errorf("the process ended with %v", err)
	}
	output := p.output.String()
	for _, line := range []string{`"path":"/docs/oauth2-redirect.html"`, `"code":"token_expired"`, "the database is unavailable"} {
		if !strings.Contains(output, line) {
			t.Errorf("the log does not have %s, so that nothing is known of it: %s", line, output)
		}
	}
	secrets := []string{password, code, text, authtest.IntrospectionClientSecret, "Bearer"}
	for _, token := range tokens {
		parts := strings.Split(token, ".")
		secrets = append(secrets, parts[len(parts)-1]) // the signature of a JWT, or all of an opaque one
		if len(parts) == 3 {
			secrets = append(secrets, parts[1])
		}
	}
	for _, secret := range secrets {
		if at := strings.Index(output, secret); at >= 0 {
			t.Errorf("%.20s… stands in the log: %.300s", secret, output[strings.LastIndex(output[:at], "\n")+1:])
		}
	}
}

// Connections that browsers open beforehand, and say nothing on, do not hold up the end.
func TestSilentConnectionsDoNotDelayTheEnd(t *testing.T) {
	listeners, err := listen("addr", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- serve(ctx, &http.Server{Handler: http.NotFoundHandler()}, listeners, slog.New(slog.DiscardHandler), func() {})
	}()
	var conns []net.Conn
	for range 3 {
		conn, err := net.Dial("tcp", listeners[0].Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conns = append(conns, conn)
	}
	if _, err := conns[0].Write([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n")); err != nil { // by when the others are accepted, too
		t.Fatal(err)
	}
	if _, err := conns[0].Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("the end took %v", took)
	}
}

// Over either protocol no call is lost that comes while readiness has fallen and the listener is still open.
func TestCallsDuringTheDrain(t *testing.T) {
	realm := authtest.NewIssuer(t)
	certFile, keyFile, authorities := selfSigned(t)
	for name, choose := range map[string]func(*http.Protocols){
		"HTTP/1.1": func(p *http.Protocols) { p.SetHTTP1(true) },
		"HTTP/2.0": func(p *http.Protocols) { p.SetHTTP2(true) },
	} {
		t.Run(name, func(t *testing.T) {
			port := freePort(t)
			ctx, stop := context.WithCancelCause(t.Context())
			ended := make(chan error, 1)
			args := serveArgs(t, realm, "127.0.0.1:"+port, "--tls-cert="+certFile, "--tls-key="+keyFile)
			go func() { ended <- run(ctx, args, nil, nil, &authtest.Log{}, &authtest.Log{}) }()
			protocols := &http.Protocols{}
			choose(protocols)
			transport := &http.Transport{Protocols: protocols, TLSClientConfig: &tls.Config{RootCAs: authorities}, MaxIdleConnsPerHost: 50}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport, Timeout: patience}
			ask := func(path string) (int, error) {
				req, err := http.NewRequest(http.MethodGet, "https://127.0.0.1:"+port+path, nil)
				if err != nil {
					return 0, err
				}
				req.Header.Set("Authorization", "Bearer "+realm.Token("alice"))
				res, err := client.Do(req)
				if err != nil {
					return 0, err
				}
				defer res.Body.Close()
				_, err = io.Copy(io.Discard, res.Body)
				return res.StatusCode, err
			}
			eventually(t, patience, "the server is ready", func() bool { status, _ := ask("/readyz"); return status == http.StatusOK })

			until := time.Now().Add(drainTime - 500*time.Millisecond)
			stop(errTerminated)
			var calls, unready atomic.Int64
			var wg sync.WaitGroup
			for range 50 {
				wg.Go(func() {
					for time.Now().Before(until) {
						calls.Add(1)
						if status, err := ask("/api/me"); status != http.StatusOK {
							t.Errorf("a call during the drain: %d, %v", status, err)
							return
						}
						if status, _ := ask("/readyz"); status == http.StatusServiceUnavailable {
							unready.Add(1)
						}
						time.Sleep(10 * time.Millisecond)
					}
				})
			}
			wg.Wait()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if calls.Load() < 50 || unready.Load() == 0 {
				t.Errorf("%d calls, and readiness fell for %d", calls.Load(), unready.Load())
			}
		})
	}
}
