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
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"keystead/auth"
	"keystead/auth/authtest"
	"keystead/jsonlog"
)

// BenchmarkAuthentication measures what checking a token adds to a whole request: CPU of a server process that does nothing
// else, over loopback, for the handler of /secured where it needs the token and where it does not look at it, in rounds that
// alternate. Its figures are the ratios for one and the same request, and for those of 500 users in turn: both handlers then
// answer 500 users in turn, since to read the claims of so many costs more than to read those of one, whoever found out whose
// they are. Beside them stand the ratio for 500 users where the other handler answers the first of them only, and the ratio to
// a request that carries no token at all, whose header of 1.4 kB net/http then need not read.
func BenchmarkAuthentication(b *testing.B) {
	if os.Getenv(asServer) != "" {
		serveForBenchmark(b)
		return
	}
	server := startServer(b)
	one, all := server.Tokens[:1], server.Tokens
	loads := [][]string{ // the open ones are the same requests: what differs is what the server does with them
		requestsFor("/guarded", one), requestsFor("/open", one),
		requestsFor("/guarded", all), requestsFor("/open-in-turn", all), requestsFor("/open", all),
		{"GET /open HTTP/1.1\r\nHost: a\r\n\r\n"},
	}
	costs := make([][]float64, len(loads))
	var hot, users, oneUser, bare []float64
	for _, requests := range loads { // what is cold now would be on the account of whoever comes first
		server.load(b, requests, roundRequests)
	}
	for b.Loop() {
		cost := make([]float64, len(loads))
		for i := range 2 * len(loads) { // once forward, once backward: who comes first warms what the next one reads
			i = min(i, 2*len(loads)-1-i)
			cost[i] += server.load(b, loads[i], roundRequests) / 2
		}
		for i := range loads {
			costs[i] = append(costs[i], cost[i])
		}
		hot, bare = append(hot, cost[0]/cost[1]), append(bare, cost[0]/cost[5])
		users, oneUser = append(users, cost[2]/cost[3]), append(oneUser, cost[2]/cost[4])
	}
	b.ReportMetric(0, "ns/op") // of a round, which tells nobody anything
	b.ReportMetric(median(costs[0]), "guarded-µs/req")
	b.ReportMetric(median(costs[1]), "open-µs/req")
	b.ReportMetric(median(hot), "guarded/open")
	b.ReportMetric(median(users), "guarded/open-500-users")
	b.ReportMetric(median(oneUser), "guarded-500-users/open-to-one")
	b.ReportMetric(median(bare), "guarded/open-without-token")
}

func requestsFor(path string, tokens []string) []string {
	requests := make([]string, len(tokens))
	for i, token := range tokens {
		requests[i] = "GET " + path + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + token + "\r\n\r\n"
	}
	return requests
}

const (
	asServer         = "KEYSTEAD_BENCH_SERVER"
	roundRequests    = 4_000
	benchConnections = 16
	benchUsers       = 500
)

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// benchServer is the process that is measured.
type benchServer struct {
	Addr   string
	Tokens []string // one of each user
}

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
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 4<<20) // one holds all tokens
	for lines.Scan() {
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
// three times. It ends when its standard input does.
func serveForBenchmark(b *testing.B) {
	realm := authtest.NewIssuer(b)
	s := newServer(b, realm)
	log, _ := jsonlog.New(io.Discard, slog.LevelInfo)
	s.log = slog.New(log)
	s.limits = limits{bodyBytes: 1 << 20, requestTimeout: 30 * time.Second}
	table := newTestTable(b, s)
	tokens := make([]string, benchUsers)
	for i := range tokens {
		claims := realm.Claims("user-"+strconv.Itoa(i), "user", "admin")
		tokens[i] = realm.Sign(claims.With("exp", time.Now().Add(time.Hour).Unix()).With("padding", strings.Repeat("x", 500))) // as large as Keycloak's
	}
	users := make([]*auth.Principal, len(tokens))
	for i, token := range tokens {
		var err error
		if users[i], err = s.verifier.Verify(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
	answer := func(id string, policy auth.Policy, handler func(context.Context) (*parts, error)) {
		registerPlain(table, operation{ID: id, Method: "GET", Path: "/" + id, Policy: policy}, handler)
	}
	open := auth.Public().Because("it is measured")
	var turn atomic.Uint64
	answer("guarded", auth.Authenticated(), s.showClaims)
	answer("open", open, func(ctx context.Context) (*parts, error) { return s.showClaims(auth.NewContext(ctx, users[0])) })
	answer("open-in-turn", open, func(ctx context.Context) (*parts, error) {
		return s.showClaims(auth.NewContext(ctx, users[turn.Add(1)%benchUsers]))
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
	text, _ := json.Marshal(benchServer{listener.Addr().String(), tokens})
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

// load sends n requests, those given in turn, over several connections, and returns the microseconds of CPU that each has cost the server.
func (s benchServer) load(b *testing.B, requests []string, n int) float64 {
	b.Helper()
	before := s.cpu(b)
	var wg sync.WaitGroup
	for part := range benchConnections {
		wg.Go(func() {
			start := part * len(requests) / benchConnections // each begins with others
			if err := s.ask(requests, start, n/benchConnections); err != nil {
				b.Error(err)
			}
		})
	}
	wg.Wait()
	return (s.cpu(b) - before) / float64(n) / 1000
}

// ask sends n requests, from the start on, over one connection, and looks at each answer's status.
func (s benchServer) ask(requests []string, start, n int) error {
	conn, err := net.Dial("tcp", s.Addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	reader := bufio.NewReader(conn)
	for i := range n {
		if _, err := io.WriteString(conn, requests[(start+i)%len(requests)]); err != nil {
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
