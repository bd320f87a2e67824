package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"keystead/bench/process"
)

// report is all that one run has measured.
type report struct {
	load       string // the generator's name
	rounds     int
	seconds    int
	tokenBytes int
	handler    map[string]float64 // CPU against the same handler without authentication
	servers    []figures          // bare net/http and Keystead first
	troubles   []trouble          // Keystead's first
	atRate     [][]sample         // bare net/http and Keystead at half of what Keystead can do
	static     []sample
	nginx      []sample // none: there is no nginx
	paints     []time.Duration
	missing    []missingPeer
}

// target is a promise about a ratio or a figure.
type target struct {
	name     string
	measured float64
	limit    float64
	atLeast  bool   // the limit is the least, not the most
	note     string // what it was measured against, or why it was not measured
	unit     string
}

// noProc is why CPU and memory can be unknown.
const noProc = "this system has no /proc"

func (t target) verdict() string {
	switch {
	case t.measured < 0:
		return "not measured: " + t.note
	case t.atLeast == (t.measured >= t.limit) || t.measured == t.limit:
		return "holds"
	}
	return "MISSED"
}

func pick[T any](samples []sample, of func(sample) T) []T {
	values := make([]T, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	return values
}

func rps(s sample) float64 { return s.perSecond }
func cpu(s sample) float64 { return s.cpu }
func p50(s sample) float64 { return milliseconds(s.p50) }
func p99(s sample) float64 { return milliseconds(s.p99) }

// notMeasured stands for a ratio that there is not.
const notMeasured = -1

// ratio is the median of the ratios of the rounds. Where the system does not tell a figure, it is 0 and there is no ratio.
func ratio(a, b figures, work string, of func(sample) float64) float64 {
	return medianRatio(pick(a.work[work], of), pick(b.work[work], of))
}

// best returns the server of a kind with the least or the most of a figure, and whether there is any. Those measured in short
// are apart.
func (r *report) best(k kind, short bool, work string, of func(sample) float64, most bool) (best figures, found bool) {
	for _, f := range r.servers {
		if f.kind != k || f.short != short || len(f.work[work]) == 0 {
			continue
		}
		if !found || (median(pick(f.work[work], of)) > median(pick(best.work[work], of))) == most {
			best, found = f, true
		}
	}
	return best, found
}

func (r *report) targets() []target {
	bare, ours := r.servers[0], r.servers[1]
	against := func(name string, other figures, found bool, work string, of func(sample) float64, limit float64, atLeast bool) target {
		if !found {
			return target{name: name, measured: notMeasured, limit: limit, atLeast: atLeast, note: "it is missing", unit: "×"}
		}
		t := target{name: name, measured: ratio(ours, other, work, of), limit: limit, atLeast: atLeast, note: other.name, unit: "×"}
		if t.measured == notMeasured && strings.HasPrefix(name, "CPU") {
			t.note = noProc
		}
		return t
	}
	byName := func(name string) (figures, bool) {
		i := slices.IndexFunc(r.servers, func(f figures) bool { return f.name == name })
		if i < 0 {
			return figures{}, false
		}
		return r.servers[i], true
	}
	axum, hasAxum := byName(axumName)
	published, hasPublished := byName(publishedName)
	all := []target{
		{name: "CPU, hot token, against the same handler without authentication", measured: r.handler[hot], limit: 1.10, unit: "×"},
		{name: "CPU, 500 users, against the same handler without authentication", measured: r.handler[everyone], limit: 1.10, unit: "×"},
	}
	for _, work := range []string{hot, everyone} {
		goPeer, hasGo := r.best(goLibrary, false, work, cpu, false)
		all = append(all,
			against("CPU, "+work+", against bare net/http", bare, true, work, cpu, 1.5, false),
			against("CPU, "+work+", against axum", axum, hasAxum, work, cpu, 0.75, false),
			against("CPU, "+work+", against the fastest Go library", goPeer, hasGo, work, cpu, 0.35, false))
	}
	memory, unknown := float64(median(ours.memory))/(1<<20), ""
	if memory == 0 {
		memory, unknown = notMeasured, noProc
	}
	fastest, hasGuides := r.best(guide, false, hot, rps, true)
	twice, hasTwice := r.best(guide, true, hot, rps, true)
	newest, hasNewest := r.best(goLibrary, false, fresh, cpu, false)
	withTwo := against("requests/s, hot token, against the fastest guide with two workers", twice, hasTwice, hot, rps, 10, true)
	if hasTwice { // the machine may be too small for it
		withTwo.note += ", of which bare net/http does " + amount(ratio(bare, twice, hot, rps), withTwo.unit)
	}
	all = append(all,
		against("requests/s, hot token, against the fastest guide", fastest, hasGuides, hot, rps, 10, true),
		withTwo,
		against("requests/s, hot token, against guide 3 as published", published, hasPublished, hot, rps, 60, true),
		against("CPU, never-seen tokens, against the fastest Go library", newest, hasNewest, fresh, cpu, 0.9, false),
		target{name: fmt.Sprintf("p99 at %.0f requests/s, half of what Keystead can, against bare net/http", median(pick(r.atRate[1], rps))), measured: medianRatio(pick(r.atRate[1], p99), pick(r.atRate[0], p99)), limit: 1.5, unit: "×"},
		target{name: "failed requests over a key rotation", measured: float64(r.troubles[0].oldFailed + r.troubles[0].newFailed), limit: 0},
		target{name: fmt.Sprintf("fetches of the keys for %d tokens of unknown keys", unknownKeyTokens), measured: float64(r.troubles[0].fetches), limit: 5},
		target{name: "start to first answer", measured: float64(median(ours.starts).Microseconds()) / 1000, limit: 50, unit: "ms"},
		target{name: "memory after the load of 500 users", measured: memory, limit: 40, unit: "MiB", note: unknown},
		target{name: "the binary", measured: float64(ours.size()) / (1 << 20), limit: 25, unit: "MiB"})
	static := target{name: "requests/s, static files, against nginx", measured: notMeasured, limit: 0.7, atLeast: true, note: "there is no nginx", unit: "×"}
	if len(r.nginx) > 0 {
		static.note = "nginx"
		static.measured = medianRatio(pick(r.static, rps), pick(r.nginx, rps))
	}
	return append(all, static)
}

func medianRatio(a, b []float64) float64 {
	if len(a) == 0 || len(a) != len(b) {
		return notMeasured
	}
	ratios := make([]float64, len(a))
	for i := range a {
		if a[i] == 0 || b[i] == 0 {
			return notMeasured
		}
		ratios[i] = a[i] / b[i]
	}
	return median(ratios)
}

// markdown is the whole report but the chart.
func (r *report) markdown() string {
	var text strings.Builder
	bare := r.servers[0]
	fmt.Fprintf(&text, "%s, %s/%s, %d cores of %s. Load by %s over %d connections from the same machine; an RS256 token of %d bytes; %d rounds of %d s; median (least–most).\n",
		time.Now().UTC().Format("2006-01-02 15:04 UTC"), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), process.Processor(), r.load, connections, r.tokenBytes, r.rounds, r.seconds)

	rows := [][]string{{"targets", "measured", "target", "", "against"}}
	for _, t := range r.targets() {
		measured, sign, against := "–", "≤", ""
		if t.measured >= 0 {
			measured, against = amount(t.measured, t.unit), t.note
		}
		if t.atLeast {
			sign = "≥"
		}
		rows = append(rows, []string{t.name, measured, sign + " " + amount(t.limit, t.unit), t.verdict(), against})
	}
	table(&text, rows)

	rows = [][]string{{"GET /secured, hot token", "requests/s", "of bare", "p50 ms", "p99 ms", "CPU µs a request"}}
	for _, f := range r.servers {
		s := f.work[hot]
		rows = append(rows, []string{
			f.name, spread(pick(s, rps), 0), share(ratio(f, bare, hot, rps)),
			spread(pick(s, p50), 1), spread(pick(s, p99), 1), spread(pick(s, cpu), 1),
		})
	}
	table(&text, rows)

	for _, column := range []struct {
		title  string
		of     func(sample) float64
		digits int
	}{{"CPU µs a request", cpu, 1}, {"requests/s", rps, 0}} {
		works := []string{everyone, fresh, invalid, reports, lacking}
		rows = [][]string{append([]string{column.title}, works...)}
		for _, f := range r.servers {
			if f.short {
				continue
			}
			row := []string{f.name}
			for _, w := range works {
				row = append(row, spread(pick(f.work[w], column.of), column.digits))
			}
			rows = append(rows, row)
		}
		table(&text, rows)
	}

	rows = [][]string{{"", "start to first answer ms", "memory after 500 users MiB", "on disk MiB", ""}}
	for _, f := range r.servers {
		if f.short {
			continue
		}
		rows = append(rows, []string{
			f.name, spread(inMilliseconds(f.starts), 0), spread(mebibytes(f.memory), 1), fmt.Sprintf("%.1f", float64(f.size())/(1<<20)), f.shared,
		})
	}
	table(&text, rows)

	rows = [][]string{{"key rotation under load", "failed, new key", "failed, old key", fmt.Sprintf("fetches for %d tokens of unknown keys", unknownKeyTokens)}}
	for _, t := range r.troubles {
		rows = append(rows, []string{t.name, fmt.Sprintf("%d of %d", t.newFailed, t.newSent), fmt.Sprintf("%d of %d", t.oldFailed, t.oldSent), fmt.Sprint(t.fetches)})
	}
	table(&text, rows)

	if len(r.nginx) > 0 {
		rows = [][]string{{"files of the app in turn, gzip", "requests/s", "p99 ms", "CPU µs a request"}}
		for _, s := range []struct {
			name    string
			samples []sample
		}{{"Keystead", r.static}, {"nginx", r.nginx}} {
			rows = append(rows, []string{s.name, spread(pick(s.samples, rps), 0), spread(pick(s.samples, p99), 1), spread(pick(s.samples, cpu), 1)})
		}
		table(&text, rows)
	}
	rows = [][]string{{"hot token at a steady rate", "requests/s", "p50 ms", "p99 ms"}}
	for i, samples := range r.atRate {
		rows = append(rows, []string{r.servers[i].name, spread(pick(samples, rps), 0), spread(pick(samples, p50), 2), spread(pick(samples, p99), 2)})
	}
	table(&text, rows)
	if len(r.paints) > 0 {
		fmt.Fprintf(&text, "\nFirst paint of the home page in a browser without a cache: %s ms.\n", spread(inMilliseconds(r.paints), 0))
	} else {
		fmt.Fprint(&text, "\nFirst paint: not measured, as there is no Chromium (CHROMIUM_PATH).\n")
	}
	for _, m := range r.missing {
		fmt.Fprintf(&text, "\nMissing: %s: %s.\n", m.name, strings.TrimSuffix(m.why, "."))
	}
	return text.String()
}

// table prints rows as Markdown that can be read as it is.
func table(text *strings.Builder, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	rule := make([]string, len(widths))
	for i, width := range widths {
		rule[i] = strings.Repeat("-", max(width, 3))
	}
	text.WriteString("\n")
	for _, row := range slices.Insert(slices.Clone(rows), 1, rule) {
		for i, cell := range row {
			text.WriteString("| " + cell + strings.Repeat(" ", max(widths[i], 3)-utf8.RuneCountInString(cell)+1))
		}
		text.WriteString("|\n")
	}
}

// spread shows the median, and the least and the most where there are several. A figure is 0 where it could not be had.
func spread(values []float64, digits int) string {
	if len(values) == 0 || slices.Min(values) == 0 {
		return "–"
	}
	middle := fmt.Sprintf("%.*f", digits, median(values))
	if len(values) == 1 {
		return middle
	}
	return fmt.Sprintf("%s (%.*f–%.*f)", middle, digits, slices.Min(values), digits, slices.Max(values))
}

func share(ratio float64) string {
	if ratio == notMeasured {
		return "–"
	}
	return fmt.Sprintf("%.3f", ratio)
}

func amount(x float64, unit string) string {
	digits := 2
	if unit == "" {
		digits = 0
	}
	return strings.TrimSpace(fmt.Sprintf("%.*f %s", digits, x, unit))
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func inMilliseconds(all []time.Duration) []float64 {
	values := make([]float64, len(all))
	for i, d := range all {
		values[i] = milliseconds(d)
	}
	return values
}

func mebibytes(all []int64) []float64 {
	values := make([]float64, len(all))
	for i, n := range all {
		values[i] = float64(n) / (1 << 20)
	}
	return values
}
