package main

import (
	"fmt"
	"io"
	"runtime"
	"time"

	"keystead/bench/library"
	"keystead/bench/process"
)

func printHead(out io.Writer, token string, rounds int, each time.Duration) {
	fmt.Fprintln(out, "Verifying one access token: Keystead beside its peers")
	fmt.Fprintln(out)
	fmt.Fprintf(out, "%s, %s/%s, %d cores of %s, %s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH,
		runtime.GOMAXPROCS(0), process.Processor(), time.Now().UTC().Format("2006-01-02 15:04 UTC"))
	fmt.Fprintf(out, "RS256 token of %d bytes; %d rounds of %s for each case, begun with another case each time\n\n",
		len(token), rounds, each)
}

// printReport prints all tables and returns whether a target was missed.
func printReport(out io.Writer, results []result, memory cacheMemory) (missed bool) {
	ref := referencesIn(results)
	printResults(out, results, ref)
	printNotes(out)
	return printTargets(out, results, ref, memory)
}

func printResults(out io.Writer, results []result, ref references) {
	const row = "%-50s %9s %9s %6v %6v %7s %15s\n"
	fmt.Fprintf(out, row, "each operation", "minimum", "median", "allocs", "B", "of RSA", "of fastest peer")
	for _, r := range results {
		fmt.Fprintf(out, row, r.name, duration(r.ns), duration(r.median), r.allocs, r.bytes,
			ratio(r.ns/ref.rsa), ratio(r.ns/ref.fastestPeer))
	}
	fmt.Fprintln(out, "\nRatios and verdicts go by the minimum of the rounds: what else runs on the machine can only add to it.")
	fmt.Fprintln(out)
}

func printNotes(out io.Writer) {
	fmt.Fprintln(out, "Each peer checks signature, issuer, audience and expiry, and reads the realm roles. About them:")
	for _, l := range library.Libraries {
		fmt.Fprintf(out, "- %s: %s\n", l.Name(), l.Note)
	}
	fmt.Fprintln(out)
}

func printTargets(out io.Writer, results []result, ref references, memory cacheMemory) (missed bool) {
	const row = "%-50s %-19s %10s %10s  %s\n"
	fmt.Fprintf(out, row, "targets", "", "measured", "at most", "verdict")
	judge := func(name, what string, measured, limit float64, show func(float64) string) {
		verdict := "holds"
		if measured > limit {
			verdict, missed = "MISSED", true
		}
		fmt.Fprintf(out, row, name, what, show(measured), show(limit), verdict)
	}
	for _, r := range results {
		for _, t := range r.targets {
			judge(r.name, t.what, t.measured(r, ref), t.limit, t.show)
		}
	}
	full := fmt.Sprintf("keystead, %d tokens in the cache", memory.tokens)
	judge(full, "memory", float64(memory.bytes), 250<<20, mebibytes)
	fmt.Fprintf(out, "\nOf %d of these tokens, looked up again at the end, the cache still held %d.\n",
		memory.sampled, memory.held)
	return missed
}

// references are the minima that others are compared with, in nanoseconds.
type references struct {
	rsa, fastestPeer, golangJWT float64
}

func referencesIn(results []result) references {
	var ref references
	for _, r := range results {
		if r.name == limitName {
			ref.rsa = r.ns
		}
		if r.peer == library.GolangJWT {
			ref.golangJWT = r.ns
		}
		if r.peer != "" && (ref.fastestPeer == 0 || r.ns < ref.fastestPeer) {
			ref.fastestPeer = r.ns
		}
	}
	return ref
}

// target is a promise about a case.
type target struct {
	what     string
	limit    float64
	measured func(result, references) float64
	show     func(float64) string
}

func timeAtMost(limit time.Duration) target {
	return target{"time", float64(limit), func(r result, _ references) float64 { return r.ns }, duration}
}

func allocsAtMost(limit float64) target {
	return target{"allocations", limit, func(r result, _ references) float64 { return float64(r.allocs) }, count}
}

func ofRSA(limit float64) target {
	return target{"of RSA", limit, func(r result, ref references) float64 { return r.ns / ref.rsa }, ratio}
}

func ofFastestPeer(limit float64) target {
	measured := func(r result, ref references) float64 { return r.ns / ref.fastestPeer }
	return target{"of the fastest peer", limit, measured, ratio}
}

func ofGolangJWT(limit float64) target {
	measured := func(r result, ref references) float64 { return r.ns / ref.golangJWT }
	return target{"of golang-jwt", limit, measured, ratio}
}

func duration(ns float64) string {
	if ns < 1000 {
		return fmt.Sprintf("%.1f ns", ns)
	}
	return fmt.Sprintf("%.2f µs", ns/1000)
}

func ratio(x float64) string { return fmt.Sprintf("%.3f", x) }

func count(x float64) string { return fmt.Sprintf("%.0f", x) }

func mebibytes(x float64) string { return fmt.Sprintf("%.0f MiB", x/(1<<20)) }
