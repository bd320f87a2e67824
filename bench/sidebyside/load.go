package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

const connections = 32

//go:embed wrk.lua
var script []byte

// generator sends requests as fast as they are answered: by wrk, or where that is missing by vegeta, which takes more of the
// machine for itself.
type generator struct {
	wrk    string // its path; "": there is none
	script string
}

func newGenerator(dir string) (generator, error) {
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		return generator{}, nil
	}
	g := generator{wrk: wrk, script: filepath.Join(dir, "wrk.lua")}
	return g, os.WriteFile(g.script, script, 0o600)
}

func (g generator) name() string {
	if g.wrk == "" {
		return "vegeta, since there is no wrk"
	}
	return "wrk"
}

// answers are what came back in one measurement.
type answers struct {
	requests int
	took     time.Duration
	p50, p99 time.Duration
}

// perSecond is 0 where the requests ran out before the time did.
func (a answers) perSecond() float64 {
	if a.took == 0 {
		return 0
	}
	return float64(a.requests) / a.took.Seconds()
}

// load sends a workload to a server for so many whole seconds, as fast as it answers. Any answer that is not as it must be is
// an error.
func (g generator) load(ctx context.Context, base string, w workload, seconds int) (answers, error) {
	if g.wrk == "" {
		return attack(base, w, vegeta.Rate{}, time.Duration(seconds)*time.Second)
	}
	return g.runWrk(ctx, base, w, connections, seconds, 0)
}

// restMilliseconds is how long a connection of wrk rests between two requests where there is a rate.
const restMilliseconds = 4

// loadAt is load at a rate. wrk knows none: its connections rest between two requests, and how many of them make the rate is found
// by trying, with the answers of this server.
func (g generator) loadAt(ctx context.Context, base string, w workload, seconds, perSecond int) (answers, error) {
	if g.wrk == "" {
		return attack(base, w, vegeta.Rate{Freq: perSecond, Per: time.Second}, time.Duration(seconds)*time.Second)
	}
	many := max(1, perSecond*restMilliseconds/1000)
	for range 2 {
		tried, err := g.runWrk(ctx, base, w, many, 1, restMilliseconds)
		if err != nil {
			return answers{}, err
		}
		many = max(1, int(float64(many)*min(2, float64(perSecond)/tried.perSecond())))
	}
	return g.runWrk(ctx, base, w, many, seconds, restMilliseconds)
}

func (g generator) runWrk(ctx context.Context, base string, w workload, connections, seconds, rest int) (answers, error) {
	mode := "again"
	if w.once {
		mode = "once"
	}
	out, err := exec.CommandContext(ctx, g.wrk, "-t1", "-c"+strconv.Itoa(connections), "-d"+strconv.Itoa(seconds)+"s", "--timeout", "10s",
		"-s", g.script, base, "--", w.file, mode, strconv.Itoa(rest)).Output()
	if err != nil {
		return answers{}, fmt.Errorf("wrk: %w", err)
	}
	var got struct{ Requests, Microseconds, Refused, Broken, P50, P99 int }
	line := out[bytes.LastIndexByte(bytes.TrimSpace(out), '\n')+1:]
	if err := json.Unmarshal(line, &got); err != nil {
		return answers{}, fmt.Errorf("wrk printed %q: %w", line, err)
	}
	a := answers{got.Requests, time.Duration(got.Microseconds) * time.Microsecond, time.Duration(got.P50) * time.Microsecond, time.Duration(got.P99) * time.Microsecond}
	refused := 0
	if w.status >= 400 {
		refused = got.Requests
	}
	switch {
	case got.Requests == 0:
		return a, fmt.Errorf("%s: no answer in %d s", w.name, seconds)
	case got.Broken > got.Requests/100: // a server may close connections now and then
		return a, fmt.Errorf("%s: %d of %d requests were not answered", w.name, got.Broken, got.Requests)
	case got.Refused != refused:
		return a, fmt.Errorf("%s: %d of %d answers are refusals, where %d must be", w.name, got.Refused, got.Requests, refused)
	}
	if w.once && got.Requests >= len(w.requests)-connections {
		a.took = 0 // wrk waits for its time to pass, and counts that in
	}
	return a, nil
}

// attack sends a workload at a rate; at rate zero as fast as it is answered.
func attack(base string, w workload, rate vegeta.Rate, d time.Duration) (answers, error) {
	var sent atomic.Int64 // the targeter is called from many sides
	targeter := func(t *vegeta.Target) error {
		next := int(sent.Add(1)) - 1
		if w.once && next >= len(w.requests) {
			return vegeta.ErrNoTargets
		}
		r := w.requests[next%len(w.requests)]
		*t = vegeta.Target{Method: http.MethodGet, URL: base + r.path, Header: http.Header{r.header: {r.value}}}
		return nil
	}
	options := []func(*vegeta.Attacker){vegeta.Connections(connections), vegeta.Workers(connections), vegeta.Timeout(10 * time.Second)}
	if rate.Freq == 0 {
		options = append(options, vegeta.MaxWorkers(connections))
	}
	var metrics vegeta.Metrics
	wrong := 0
	for result := range vegeta.NewAttacker(options...).Attack(targeter, rate, d, "") {
		if result.Error == vegeta.ErrNoTargets.Error() {
			continue
		}
		metrics.Add(result)
		if int(result.Code) != w.status {
			wrong++
		}
	}
	metrics.Close()
	a := answers{int(metrics.Requests), metrics.Duration + metrics.Wait, metrics.Latencies.P50, metrics.Latencies.P99}
	if wrong > 0 || a.requests == 0 {
		return a, fmt.Errorf("%s: %d of %d answers are not %d: %v", w.name, wrong, a.requests, w.status, metrics.Errors)
	}
	return a, nil
}
