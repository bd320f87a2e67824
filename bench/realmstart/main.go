// Command realmstart measures how soon a server of the demo realm answers: the development realm in
// bin/keystead, and a real Keycloak beside it where Java and Maven are at hand.
//
//	go run ./realmstart [-rounds 9] [-keycloak=false]
//
// A start is measured from the moment that the process is made: to the first answer of the discovery
// address, and to the first access token.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const patience = 4 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "realmstart:", err)
		os.Exit(1)
	}
}

// started is what one start took, and the memory that the process holds after it.
type started struct {
	discovery, token time.Duration
	resident         int64 // KiB; 0 where the system does not tell
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("realmstart", flag.ContinueOnError)
	rounds := flags.Int("rounds", 9, "how often the development realm is started")
	root := flags.String("root", "..", "the project's folder, with bin/keystead built")
	keycloak := flags.Bool("keycloak", true, "start a real Keycloak as well")
	if err := flags.Parse(args); err != nil {
		return err
	}
	binary, err := filepath.Abs(filepath.Join(*root, "bin", "keystead"))
	if err != nil {
		return err
	}
	var all []started
	for range *rounds {
		one, err := measure(ctx, func(port string) *exec.Cmd {
			return exec.CommandContext(ctx, binary, "realm", "--addr", "localhost:"+port)
		})
		if err != nil {
			return fmt.Errorf("the development realm: %w", err)
		}
		all = append(all, one)
	}
	ours := medians(all)
	fmt.Fprintf(out, "From process start, demo realm (median of %d starts)\n\n  %-22s %12s %12s %12s\n", *rounds, "", "discovery", "first token", "resident")
	print(out, "development realm", ours)
	if !*keycloak {
		return nil
	}
	theirs, err := measure(ctx, func(port string) *exec.Cmd {
		return exec.CommandContext(ctx, filepath.Join(*root, "scripts", "keycloak.sh"), "--port", port)
	})
	var lacking *exec.ExitError
	if errors.As(err, &lacking) && lacking.ExitCode() == 3 {
		fmt.Fprintf(out, "  %-22s missing: it needs Java and Maven\n", "Keycloak 26.7.4")
		return nil
	}
	if err != nil {
		return fmt.Errorf("starting Keycloak: %w", err)
	}
	print(out, "Keycloak 26.7.4 (once)", theirs)
	fmt.Fprintf(out, "\n  Keycloak takes %.0f times as long to a first token.\n", float64(theirs.token)/float64(ours.token))
	return nil
}

func print(out io.Writer, name string, s started) {
	resident := "unknown"
	if s.resident > 0 {
		resident = fmt.Sprintf("%.1f MiB", float64(s.resident)/1024)
	}
	fmt.Fprintf(out, "  %-22s %9d ms %9d ms %12s\n", name, s.discovery.Milliseconds(), s.token.Milliseconds(), resident)
}

func medians(all []started) started {
	var m started
	m.discovery = median(all, func(s started) time.Duration { return s.discovery })
	m.token = median(all, func(s started) time.Duration { return s.token })
	m.resident = median(all, func(s started) int64 { return s.resident })
	return m
}

func median[T ~int64](all []started, of func(started) T) T {
	var values []T
	for _, s := range all {
		values = append(values, of(s))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// measure starts a server, waits for its answers, and stops it.
func measure(ctx context.Context, command func(port string) *exec.Cmd) (s started, err error) {
	port, err := freePort()
	if err != nil {
		return s, err
	}
	cmd := command(port)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return s, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	issuer := "http://localhost:" + port + "/realms/demo"
	if err := until(ctx, ended, func() (*http.Response, error) { return http.Get(issuer + "/.well-known/openid-configuration") }); err != nil {
		return s, err
	}
	s.discovery = time.Since(begin)
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"reporter"}, "client_secret": {"reporter-demo-secret"}}
	if err := until(ctx, ended, func() (*http.Response, error) {
		return http.PostForm(issuer+"/protocol/openid-connect/token", form)
	}); err != nil {
		return s, err
	}
	s.token = time.Since(begin)
	s.resident = resident(cmd.Process.Pid)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return s, err
	}
	<-ended
	return s, nil
}

// until asks until the answer is 200.
func until(ctx context.Context, ended chan error, ask func() (*http.Response, error)) error {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		res, err := ask()
		if err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case err := <-ended:
			return fmt.Errorf("it ended before it answered: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		default:
		}
	}
	return errors.New("it did not answer in time")
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port), nil
}

// resident sums the memory of a process and its descendants, in KiB, where the system has /proc.
func resident(pid int) int64 {
	sum := int64(0)
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "VmRSS:" {
			n, _ := strconv.ParseInt(fields[1], 10, 64)
			sum += n
		}
	}
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for child := range strings.FieldsSeq(string(children)) {
		if n, err := strconv.Atoi(child); err == nil {
			sum += resident(n)
		}
	}
	return sum
}
