package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"time"

	"keystead/api"
	"keystead/auth"
	"keystead/config"
)

// keysWait is how long a token waits for the realm's keys, which one fetch brings or not.
const keysWait = 7 * time.Second

type tokenCommand struct {
	config.Settings
	Args []string `arg:"" optional:"" name:"token-or-request" help:"The token, unless it comes from the standard input, which leaves it out of the shell's history; and a request to judge it for, such as GET /api/me."`
}

// Help is shown by kong below the usage.
func (*tokenCommand) Help() string {
	return `Shows what an access token holds, in words, whether these settings accept it, and if not which check fails and how to mend it. With a request
behind it, shows how each condition of that route's policy comes out:

  keystead token < token.txt
  keystead token GET /api/admin/reports < token.txt
  curl … /protocol/openid-connect/token … | keystead token GET /api/me

The answer of a token endpoint is understood, too. Nothing is sent anywhere, except to the realm by introspection where that is on.`
}

// Run fails when the token is not accepted, or the request would be refused.
func (c *tokenCommand) Run(env *environment) error {
	token, method, target, err := c.read(env)
	if err != nil {
		return err
	}
	out := &report{w: env.stdout, now: time.Now()}
	out.describe(token)

	cfg, err := config.Load(c.Settings, env.sources, false)
	if err != nil {
		return fmt.Errorf("the token was not judged, because the settings are not right:\n%w", err)
	}
	ctx, stop := context.WithCancel(env.ctx)
	defer stop()
	keys := newKeys(cfg, slog.New(slog.DiscardHandler))
	verifier, err := newVerifier(cfg, keys, nil)
	if err != nil {
		return err
	}
	go keys.Run(ctx)
	waitForKeys(ctx, keys)

	caller, refusal := verifier.Verify(ctx, token)
	out.judge(cfg, keys, refusal)
	if method != "" {
		return out.replay(method, target, caller, refusal)
	}
	return refused(refusal)
}

// read finds the token and the request among the arguments and the standard input.
func (c *tokenCommand) read(env *environment) (token, method, target string, err error) {
	args := c.Args
	if n := len(args); n >= 2 && isMethod(args[n-2]) && strings.HasPrefix(args[n-1], "/") {
		args, method, target = args[:n-2], args[n-2], args[n-1]
	}
	switch {
	case len(args) > 1 || len(args) == 1 && isMethod(args[0]):
		return "", "", "", errors.New("give at most a token, and behind it a request such as GET /api/me")
	case len(args) == 1 && args[0] != "-":
		token = args[0]
	default:
		if file, ok := env.stdin.(*os.File); ok && isTerminal(file) {
			fmt.Fprintln(env.stderr, "Paste a token, then press Enter and Ctrl-D.")
		}
		text, err := io.ReadAll(io.LimitReader(env.stdin, 1<<20))
		if err != nil {
			return "", "", "", fmt.Errorf("reading the token from the standard input: %w", err)
		}
		token = string(text)
	}
	if token = bare(token); token == "" {
		return "", "", "", errors.New("there is no token: give it as an argument or on the standard input")
	}
	return token, method, target, nil
}

var methodForm = regexp.MustCompile(`^[A-Z]{3,7}$`)

func isMethod(text string) bool { return methodForm.MatchString(text) }

// bare returns the token in what people paste: a header, quotes, or the whole answer of a token endpoint.
func bare(text string) string {
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if json.Unmarshal([]byte(text), &answer) == nil && answer.AccessToken != "" {
		return answer.AccessToken
	}
	text = strings.Trim(strings.TrimSpace(text), `"'`)
	for _, prefix := range []string{"Authorization:", "Bearer "} {
		if len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix) {
			text = strings.TrimSpace(text[len(prefix):])
		}
	}
	return text
}

// waitForKeys returns when the realm's keys are there, or the first attempt to fetch them has failed.
func waitForKeys(ctx context.Context, keys *auth.Keys) {
	for end := time.Now().Add(keysWait); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		if keys.Ready() == nil || keys.Status().LastError != nil {
			return
		}
	}
}

// refused turns a refusal into why the command fails.
func refused(refusal error) error {
	if refusal == nil {
		return nil
	}
	var reason *auth.Error
	errors.As(refusal, &reason)
	if reason.Code == auth.CodeKeysUnavailable || reason.Code == auth.CodeIntrospectionUnavailable {
		return fmt.Errorf("the token could not be judged: %s", reason.Code)
	}
	return fmt.Errorf("the token is not accepted: %s", reason.Code)
}

// report writes what there is to say about a token.
type report struct {
	w   io.Writer
	now time.Time
}

func (r *report) line(format string, args ...any) { fmt.Fprintf(r.w, format+"\n", args...) }

// describe shows what a token holds. Nothing of it is verified yet.
func (r *report) describe(token string) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		r.line("This is no signed JWT: it has %d parts between dots, not 3. An opaque or an encrypted token shows nothing to whoever holds it.\n", len(parts))
		return
	}
	for i, name := range []string{"Header", "Claims"} {
		r.line("%s", name)
		members, err := membersOf(parts[i])
		if err != nil {
			r.line("  cannot be read: %v\n", err)
			continue
		}
		for _, m := range members {
			r.line("  %-18s %s", m.name, m.value)
			if words := r.explain(i == 0, m); words != "" {
				r.line("  %-18s %s", "", words)
			}
		}
		r.line("")
	}
}

// judge shows the checks in their order, and the first that fails.
func (r *report) judge(cfg config.Config, keys *auth.Keys, refusal error) {
	r.line("Checks, for %s", cfg.Issuer)
	var reason *auth.Error
	errors.As(refusal, &reason)
	for _, check := range checks {
		if check.introspection && cfg.IntrospectionClientID == "" {
			continue
		}
		if reason == nil || !check.gives(reason.Code) {
			r.line("  ✓ %s", check.what)
			continue
		}
		r.line("  ✗ %s: %s (%s)", check.what, reason.Reason, reason.Code)
		if err := keys.Status().LastError; err != nil && reason.Code == auth.CodeKeysUnavailable {
			r.line("    %v", err)
		}
		r.line("    To mend it: %s.", mends[reason.Code])
		break
	}
	if reason == nil {
		r.line("\nThe token is accepted here.")
	}
	r.line("")
}

// replay shows how the policy of a route comes out for the caller.
func (r *report) replay(method, target string, caller *auth.Principal, refusal error) error {
	table, err := api.NewTable(api.Settings{})
	if err != nil {
		return err
	}
	route, path, err := table.Match(method, target)
	if err != nil {
		return fmt.Errorf("%s %s meets no route: %w (see keystead routes)", method, target, err)
	}
	r.line("%s %s", method, target)
	r.line("  meets %s %s %s", route.Method, route.Path, route.Operation)
	r.line("  requires %s", route.Policy)
	if route.Policy.IgnoresTokens() {
		r.line("\nEverybody is let in: %s.", route.Policy.Reason())
		return nil
	}
	if refusal != nil {
		r.line("\nThe policy is not reached: the token is refused before.")
		return refused(refusal)
	}
	r.show(route.Policy.Explain(caller, path), "  ")
	granted, err := route.Policy.Decide(caller, path)
	if err != nil {
		var reason *auth.Error
		errors.As(err, &reason)
		r.line("\nRefused: %s. To mend it: %s.", reason.Reason, mends[reason.Code])
		return fmt.Errorf("%s %s would be refused: %s", method, target, reason.Code)
	}
	r.line("\nLet in by: %s.", granted)
	return nil
}

func (r *report) show(f auth.Finding, indent string) {
	if f.Met {
		r.line("%s✓ %s", indent, f.Condition)
	} else {
		r.line("%s✗ %s: %s", indent, f.Condition, f.Reason)
	}
	for _, part := range f.Parts {
		r.show(part, indent+"  ")
	}
}
