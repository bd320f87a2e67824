package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"
)

// benchCase is an operation to measure.
type benchCase struct {
	name    string
	peer    string       // its module; "" for what is none
	op      func() error // nil when it went as it must
	targets []target
}

// sample is the cost of one operation, averaged over one measurement.
type sample struct {
	ns            float64
	allocs, bytes uint64
}

// result is what a case cost over all rounds. Everything but the median is the least of them: what
// else runs on the machine can only add.
type result struct {
	benchCase
	sample
	median float64 // nanoseconds
}

// measureAll measures each case once per round. Each round begins with another case, so that slow
// drifts of the machine do not favour one.
func measureAll(ctx context.Context, cases []benchCase, rounds int, each time.Duration) ([]result, error) {
	samples := make([][]sample, len(cases))
	for round := range rounds {
		for i := range cases {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			i = (i + round) % len(cases)
			s, err := measure(cases[i].op, each)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", cases[i].name, err)
			}
			samples[i] = append(samples[i], s)
		}
	}
	results := make([]result, len(cases))
	for i, c := range cases {
		results[i] = summarize(c, samples[i])
	}
	return results, nil
}

func summarize(c benchCase, samples []sample) result {
	r := result{benchCase: c, sample: samples[0]}
	times := make([]float64, len(samples))
	for i, s := range samples {
		times[i] = s.ns
		r.ns, r.allocs, r.bytes = min(r.ns, s.ns), min(r.allocs, s.allocs), min(r.bytes, s.bytes)
	}
	slices.Sort(times)
	r.median = (times[(len(times)-1)/2] + times[len(times)/2]) / 2
	return r
}

// measure repeats op for about the given time. Short runs come first, to warm up and to learn how
// often op fits into it.
func measure(op func() error, each time.Duration) (sample, error) {
	for n := 1; ; n *= 2 {
		took, err := repeat(op, n)
		if err != nil {
			return sample{}, err
		}
		if took >= each/20 {
			return measureN(op, max(1, int(float64(n)*float64(each)/float64(took))))
		}
	}
}

func measureN(op func() error, n int) (sample, error) {
	var before, after runtime.MemStats
	runtime.GC() // the garbage of the case before is not ours to collect
	runtime.ReadMemStats(&before)
	took, err := repeat(op, n)
	runtime.ReadMemStats(&after)
	return sample{
		ns:     float64(took.Nanoseconds()) / float64(n),
		allocs: (after.Mallocs - before.Mallocs) / uint64(n),
		bytes:  (after.TotalAlloc - before.TotalAlloc) / uint64(n),
	}, err
}

func repeat(op func() error, n int) (time.Duration, error) {
	start := time.Now()
	for range n {
		if err := op(); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}
