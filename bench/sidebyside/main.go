// Command sidebyside measures Keystead beside the stacks of three guides, servers on other libraries, and bare net/http: the same
// work, in one run, as ratios. `make bench` calls it.
//
// Every server has the same realm, the same tokens and the same load; all of them share this machine with the load itself. The
// figures of one run can be compared with each other; those of two runs only with care.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"keystead/auth/authtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "sidebyside:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, progress io.Writer) (err error) {
	flags := flag.NewFlagSet("sidebyside", flag.ContinueOnError)
	root := flags.String("root", "..", "the project's folder, with bin/keystead built")
	rounds := flags.Int("rounds", 3, "how often everything is measured")
	seconds := flags.Int("seconds", 2, "how long each measurement takes")
	neverSeen := flags.Int("fresh", 12_000, "how many never-seen tokens are made, for one second of each round")
	quick := flags.Bool("quick", false, "one short round of what Go builds: shows that all of this works, and measures little")
	docs := flags.String("docs", "", "the folder whose performance.md and performance.svg take the report")
	only := flags.String("only", "", "measure only the servers whose names contain one of these, apart from bare net/http and Keystead; a comma list")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *quick {
		*rounds, *seconds, *neverSeen = 1, 1, min(*neverSeen, 4_000)
	}
	if *rounds < 1 || *seconds < 1 || *neverSeen < 1 {
		return errors.New("-rounds, -seconds and -fresh must be at least 1")
	}

	dir, err := os.MkdirTemp("", "keystead-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	load, err := newGenerator(dir)
	if err != nil {
		return err
	}
	fmt.Fprintln(progress, "building the servers")
	servers, missing, err := buildServers(ctx, *root, dir, *quick)
	if err != nil {
		return err
	}
	servers = chosen(servers, *only)
	realm := authtest.Start()
	defer realm.Close()
	fmt.Fprintf(progress, "signing %d tokens\n", *neverSeen+users)
	b := &bench{root: *root, dir: dir, realm: realm, load: load, seconds: *seconds, rounds: *rounds, progress: progress}
	if b.workloads, err = workloads(realm, dir, *neverSeen); err != nil {
		return err
	}
	begin := time.Now()
	r := report{load: load.name(), rounds: *rounds, seconds: *seconds, missing: missing, tokenBytes: len(b.workload(hot).requests[0].value) - len("Bearer ")}
	if err := b.fill(ctx, &r, servers); err != nil {
		return err
	}
	fmt.Fprintf(progress, "measured in %s\n\n", time.Since(begin).Round(time.Second))
	text := r.markdown()
	if _, err := fmt.Fprint(out, text); err != nil || *docs == "" {
		return err
	}
	return r.writeInto(*docs, text)
}

// chosen keeps the servers that are asked for.
func chosen(servers []server, only string) (kept []server) {
	for _, s := range servers {
		keep := only == "" || s.kind == limit || s.kind == product
		for part := range strings.SplitSeq(only, ",") {
			keep = keep || strings.Contains(s.name, part)
		}
		if keep {
			kept = append(kept, s)
		}
	}
	return kept
}

// fill measures all that the report tells.
func (b *bench) fill(ctx context.Context, r *report, servers []server) (err error) {
	bare, keystead := servers[0], servers[1]
	if err := b.prepareBodies(ctx, keystead); err != nil {
		return err
	}
	if r.handler, err = b.measureHandler(ctx); err != nil {
		return err
	}
	if r.servers, err = b.measureAll(ctx, servers); err != nil {
		return err
	}
	for _, f := range r.servers {
		if f.short || f.kind == limit {
			continue
		}
		capacity := median(pick(f.work[hot], rps))
		t, err := b.measureTrouble(ctx, f.server, int(min(max(capacity/2, 2), 500)))
		if err != nil {
			return err
		}
		r.troubles = append(r.troubles, t)
	}
	half := int(median(pick(r.servers[1].work[hot], rps)) / 2)
	if r.atRate, err = b.measureAtRate(ctx, []server{bare, keystead}, half); err != nil {
		return err
	}
	if r.static, r.nginx, err = b.measureStatic(ctx, keystead); err != nil {
		return err
	}
	r.paints, err = b.measurePaint(ctx, keystead)
	return err
}

// measureHandler returns what checking a token adds to the same handler, by the Go benchmark of the package api: the ratios of
// CPU for the hot token and for those of 500 users.
func (b *bench) measureHandler(ctx context.Context) (ratios map[string]float64, err error) {
	fmt.Fprintln(b.progress, "the same handler without authentication")
	cmd := exec.CommandContext(ctx, "go", "test", "./api", "-run", "^$", "-bench", "^BenchmarkAuthentication$", "-benchtime", strconv.Itoa(10*b.rounds)+"x")
	cmd.Dir = filepath.Clean(b.root)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("BenchmarkAuthentication: %w\n%s", err, out)
	}
	ratios = map[string]float64{}
	fields := strings.Fields(string(out))
	for i, unit := range fields {
		for name, metric := range map[string]string{hot: "guarded/open", everyone: "guarded/open-500-users"} {
			if unit == metric {
				if ratios[name], err = strconv.ParseFloat(fields[i-1], 64); err != nil {
					return nil, fmt.Errorf("BenchmarkAuthentication: %w", err)
				}
			}
		}
	}
	if len(ratios) != 2 {
		return nil, fmt.Errorf("BenchmarkAuthentication printed no ratios:\n%s", out)
	}
	return ratios, nil
}
