package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"keystead/auth/authtest"
)

// sample is what one server did with one workload in one round.
type sample struct {
	perSecond float64
	p50, p99  time.Duration
	cpu       float64 // microseconds a request
}

// figures are all that was measured of one server.
type figures struct {
	server
	work   map[string][]sample // by the workload's name, one of each round
	starts []time.Duration
	memory []int64 // bytes after the load of 500 users
}

// bench is what all measurements share.
type bench struct {
	root, dir string
	realm     *authtest.Issuer
	load      generator
	workloads []workload
	seconds   int // of each measurement
	rounds    int
	progress  io.Writer
}

// prepareBodies keeps the answers that bare net/http writes: those of Keystead to the hot token.
func (b *bench) prepareBodies(ctx context.Context, keystead server) error {
	r, err := keystead.start(ctx, b.realm, b.dir)
	if err != nil {
		return err
	}
	for file, w := range map[string]workload{"secured": b.workload(hot), "reports": b.workload(reports)} {
		err := r.expect(ctx, w)
		if err == nil {
			var body []byte
			if _, body, err = get(ctx, r.base, w.requests[0]); err == nil {
				err = os.WriteFile(filepath.Join(b.dir, file), body, 0o600)
			}
		}
		if err != nil {
			return errors.Join(err, r.Stop())
		}
	}
	return r.Stop()
}

func (b *bench) workload(name string) workload {
	return b.workloads[slices.IndexFunc(b.workloads, func(w workload) bool { return w.name == name })]
}

// measureAll measures every server on every workload, once per round. In a round the servers take turns on a workload before
// the next one comes, so that what is compared was measured within a minute; each round begins with another server.
func (b *bench) measureAll(ctx context.Context, servers []server) ([]figures, error) {
	all := make([]figures, len(servers))
	for i, s := range servers {
		all[i] = figures{server: s, work: map[string][]sample{}}
	}
	for round := range b.rounds {
		if err := b.measureRound(ctx, all, round); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (b *bench) measureRound(ctx context.Context, all []figures, round int) (err error) {
	started := make([]*running, len(all))
	defer func() {
		for _, r := range started {
			if r != nil {
				err = errors.Join(err, r.Stop())
			}
		}
	}()
	for i := range all {
		r, err := all[i].start(ctx, b.realm, b.dir)
		if err != nil {
			return err
		}
		started[i] = r
		all[i].starts = append(all[i].starts, r.Started)
	}
	for _, w := range b.workloads {
		fmt.Fprintf(b.progress, "round %d of %d: %s\n", round+1, b.rounds, w.name)
		for i := range all {
			i = (i + round) % len(all)
			if all[i].short && w.name != hot || all[i].kind == limit && (w.status >= 400 || w.once) {
				continue // bare net/http refuses nobody, and looks at no token
			}
			s, err := b.measure(ctx, started[i], w)
			if err != nil {
				return fmt.Errorf("%s: %w", all[i].name, err)
			}
			all[i].work[w.name] = append(all[i].work[w.name], s)
			if w.name == everyone {
				all[i].memory = append(all[i].memory, started[i].Memory())
			}
		}
	}
	return nil
}

// measure measures one server on one workload. All but never-seen tokens are sent for a second before that.
func (b *bench) measure(ctx context.Context, r *running, w workload) (sample, error) {
	seconds := b.seconds
	if w.once {
		seconds = 1 // tokens take long to sign
	} else {
		if err := r.expect(ctx, w); err != nil {
			return sample{}, err
		}
		if _, err := b.load.load(ctx, r.base, w, 1); err != nil {
			return sample{}, err
		}
	}
	before := r.CPU()
	a, err := b.load.load(ctx, r.base, w, seconds)
	if err != nil {
		return sample{}, err
	}
	return sample{a.perSecond(), a.p50, a.p99, float64((r.CPU() - before).Microseconds()) / float64(a.requests)}, nil
}

// measureAtRate returns what both servers do at one rate, in rounds that alternate.
func (b *bench) measureAtRate(ctx context.Context, servers []server, perSecond int) (atRate [][]sample, err error) {
	atRate = make([][]sample, len(servers))
	fmt.Fprintf(b.progress, "both at %d requests a second\n", perSecond)
	started := make([]*running, len(servers))
	defer func() {
		for _, r := range started {
			if r != nil {
				err = errors.Join(err, r.Stop())
			}
		}
	}()
	for i, s := range servers {
		if started[i], err = s.start(ctx, b.realm, b.dir); err != nil {
			return nil, err
		}
	}
	for range b.rounds {
		for i, r := range started {
			a, err := b.load.loadAt(ctx, r.base, b.workload(hot), b.seconds, perSecond)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", r.name, err)
			}
			atRate[i] = append(atRate[i], sample{perSecond: a.perSecond(), p50: a.p50, p99: a.p99})
		}
	}
	return atRate, nil
}

func median[T int64 | float64 | time.Duration](values []T) T {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
