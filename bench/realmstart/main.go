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
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"keystead/bench/process"
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
	resident         int64 // bytes; 0 where the system does not tell
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("realmstart", flag.ContinueOnError)
	rounds := flags.Int("rounds", 9, "how often the development realm is started")
	root := flags.String("root", "..", "the project's folder, with bin/keystead built")
	keycloak := flags.Bool("keycloak", true, "start a real Keycloak as well")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *rounds < 1 {
		return errors.New("-rounds must be at least 1")
	}
	binary, err := filepath.Abs(filepath.Join(*root, "bin", "keystead"))
	if err != nil {
		return err
	}
	var all []started
	for range *rounds {
		one, err := measure(ctx, func(port string) []string {
			return []string{binary, "realm", "--addr", "localhost:" + port}
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
	theirs, err := measure(ctx, func(port string) []string {
		return []string{filepath.Join(*root, "scripts", "keycloak.sh"), "--port", port}
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
		resident = fmt.Sprintf("%.1f MiB", float64(s.resident)/(1<<20))
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
func measure(ctx context.Context, command func(port string) []string) (s started, err error) {
	ports, err := process.FreePorts(1)
	if err != nil {
		return s, err
	}
	issuer := "http://localhost:" + ports[0] + "/realms/demo"
	begin := time.Now()
	server, err := process.Start(ctx, patience, issuer+"/.well-known/openid-configuration", command(ports[0])...)
	if err != nil {
		return s, err
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"reporter"}, "client_secret": {"reporter-demo-secret"}}
	err = server.Answers(ctx, patience, func() (*http.Response, error) {
		return http.PostForm(issuer+"/protocol/openid-connect/token", form)
	})
	s = started{discovery: server.Started, token: time.Since(begin), resident: server.Memory()}
	return s, errors.Join(err, server.Stop())
}
