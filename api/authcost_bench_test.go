package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"keystead/auth"
	"keystead/auth/authtest"
)

// BenchmarkAuthentication measures what checking a token adds to a whole request: CPU of a server process that does nothing
// else, over loopback, for one handler that needs the token and one that does not look at it, in rounds that alternate. Its
// figure is the ratio for one and the same request. Beside it stands the ratio to a request that carries no token at all, whose
// header of 1.4 kB net/http then need not read.
func BenchmarkAuthentication(b *testing.B) {
	if os.Getenv(asServer) != "" {
		serveForBenchmark(b)
		return
	}
	server := startServer(b)
	guarded := "GET /guarded HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + server.Token + "\r\n\r\n"
	open := strings.Replace(guarded, "/guarded", "/open", 1) // the same request: what differs is what the server does with it
	const bare = "GET /open HTTP/1.1\r\nHost: a\r\n\r\n"
	requests := []string{guarded, open, bare}
	costs, ratios := make([][]float64, len(requests)), make([][]float64, len(requests))
	for _, request := range requests { // what is cold now would be on the account of whoever comes first
		server.load(b, request, roundRequests)
	}
	for b.Loop() {
		for i, request := range requests {
			costs[i] = append(costs[i], server.load(b, request, roundRequests))
			ratios[i] = append(ratios[i], costs[0][len(costs[0])-1]/costs[i][len(costs[i])-1])
		}
	}
	b.ReportMetric(0, "ns/op") // of a round, which tells nobody anything
	b.ReportMetric(median(costs[0]), "guarded-µs/req")
	b.ReportMetric(median(costs[1]), "open-µs/req")
	b.ReportMetric(median(ratios[1]), "guarded/open")
	b.ReportMetric(median(ratios[2]), "guarded/open-without-token")
}

const (
	asServer         = "KEYSTEAD_BENCH_SERVER"
	roundRequests    = 20_000
	benchConnections = 16
)

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// benchServer is the process that is measured.
type benchServer struct{ Addr, Token string }

func startServer(b *testing.B) benchServer {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkAuthentication$", "-test.benchtime=1x")
	cmd.Env = append(os.Environ(), asServer+"=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { stdin.Close(); _ = cmd.Wait() })
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), asServer); ok {
			var server benchServer
			if err := json.Unmarshal([]byte(text), &server); err != nil {
				b.Fatal(err)
			}
			go func() { _, _ = io.Copy(io.Discard, stdout) }()
			return server
		}
	}
	b.Fatal("the server did not start")
	return benchServer{}
}

// serveForBenchmark is the server's process: everything that stands before an operation in real life, and one operation
// twice. It ends when its standard input does.
func serveForBenchmark(b *testing.B) {
	realm := authtest.NewIssuer(b)
	s := newServer(b, realm)
	s.log = slog.New(slog.NewJSONHandler(io.Discard, nil))
	s.limits = limits{bodyBytes: 1 << 20, requestTimeout: 30 * time.Second}
	table := newTestTable(b, s)
	token := realm.Sign(realm.Claims("alice", "user", "admin").With("padding", strings.Repeat("x", 500))) // as large as Keycloak's
	alice, err := s.verifier.Verify(b.Context(), token)
	if err != nil {
		b.Fatal(err)
	}
	registerPlain(table, operation{ID: "guarded", Method: "GET", Path: "/guarded", Policy: auth.Require(auth.RealmRole("admin"))}, s.showMe)
	registerPlain(table, operation{ID: "open", Method: "GET", Path: "/open", Policy: auth.Public().Because("it is measured")},
		func(ctx context.Context) (*bodyOf[me], error) {
			return s.showMe(auth.NewContext(ctx, alice))
		})
	table.add(Route{Method: "GET", Path: "/cpu", Policy: auth.Public().Because("it measures")}, func(w http.ResponseWriter, _ *http.Request) error {
		var used syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
			return err
		}
		_, err := fmt.Fprint(w, used.Utime.Nano()+used.Stime.Nano())
		return err
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = http.Serve(listener, table) }()
	text, _ := json.Marshal(benchServer{listener.Addr().String(), token})
	fmt.Printf("\n%s%s\n", asServer, text)
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// cpu returns the nanoseconds that the server has used so far.
func (s benchServer) cpu(b *testing.B) float64 {
	b.Helper()
	res, err := http.Get("http://" + s.Addr + "/cpu")
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	var nanoseconds float64
	if _, err := fmt.Fscan(res.Body, &nanoseconds); err != nil {
		b.Fatal(err)
	}
	return nanoseconds
}

// load sends a request n times over several connections, and returns the microseconds of CPU that each has cost the server.
func (s benchServer) load(b *testing.B, request string, n int) float64 {
	b.Helper()
	before := s.cpu(b)
	var wg sync.WaitGroup
	for range benchConnections {
		wg.Go(func() {
			if err := s.ask(request, n/benchConnections); err != nil {
				b.Error(err)
			}
		})
	}
	wg.Wait()
	return (s.cpu(b) - before) / float64(n) / 1000
}

// ask sends a request n times over one connection, and looks at each answer's status.
func (s benchServer) ask(request string, n int) error {
	conn, err := net.Dial("tcp", s.Addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	reader := bufio.NewReader(conn)
	for range n {
		if _, err := io.WriteString(conn, request); err != nil {
			return err
		}
		res, err := http.ReadResponse(reader, nil)
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			return err
		}
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("the server answers %s", res.Status)
		}
	}
	return nil
}
