// Command bench measures what it costs to verify one access token: Keystead's auth package beside
// other Go libraries and beside the signature check alone, in one process, on the same token.
//
// The figures of one run can be compared with each other; those of two runs only with care.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"keystead/auth/authtest"
	"keystead/bench/library"
)

// errMissed ends a strict run in which a target was missed.
var errMissed = errors.New("a target was missed")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	rounds := flags.Int("rounds", 5, "how often each case is measured")
	each := flags.Duration("time", 200*time.Millisecond, "how long one measurement of a case takes")
	strict := flags.Bool("strict", false, "end with exit code 1 when a target is missed")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *rounds < 1 || *each < time.Millisecond {
		return errors.New("-rounds must be at least 1 and -time at least 1ms")
	}

	realm := authtest.Start()
	defer realm.Close()
	token := tokenFor(realm, "alice", "admin")
	cases, err := allCases(ctx, realm, token)
	if err != nil {
		return err
	}
	printHead(out, token, *rounds, *each)
	results, err := measureAll(ctx, cases, *rounds, *each)
	if err != nil {
		return err
	}
	memory, err := measureCache(ctx, 100_000)
	if err != nil {
		return err
	}
	if missed := printReport(out, results, memory); missed && *strict {
		return errMissed
	}
	return nil
}

// allCases returns the limit, the peers and our own cases, in the order in which they are printed.
func allCases(ctx context.Context, realm *authtest.Issuer, token string) ([]benchCase, error) {
	limit, err := signatureAlone(realm, token)
	if err != nil {
		return nil, err
	}
	cases := []benchCase{{name: limitName, op: limit}}
	for _, l := range library.Libraries {
		verify, err := l.Start(ctx, realm.URL(), authtest.Audience)
		if err != nil {
			return nil, fmt.Errorf("starting %s: %w", l.Title(), err)
		}
		cases = append(cases, benchCase{name: l.Title(), peer: l.Module, op: func() error {
			claims, err := verify(ctx, token)
			if err == nil && !library.IsAdmin(claims) {
				err = errors.New("the admin is not seen as one")
			}
			return err
		}})
	}
	ours, err := ourCases(ctx, realm, token)
	return append(cases, ours...), err
}

// tokenFor returns a token with the roles that Keycloak gives to everybody and those named, which
// outlasts any run.
func tokenFor(realm *authtest.Issuer, user string, roles ...string) string {
	return realm.Sign(claimsFor(realm, user, roles...))
}

func claimsFor(realm *authtest.Issuer, user string, roles ...string) authtest.Claims {
	roles = append(roles, "default-roles-demo", "offline_access", "uma_authorization")
	return realm.Claims(user, roles...).With("exp", time.Now().Add(24*time.Hour).Unix())
}
