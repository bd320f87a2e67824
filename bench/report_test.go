package main

import (
	"strings"
	"testing"
	"time"

	"keystead/bench/library"
)

func TestReportNamesWhatIsMissed(t *testing.T) {
	results := []result{
		{benchCase: benchCase{name: limitName}, sample: sample{ns: 40_000}},
		{benchCase: benchCase{name: "a slow peer", peer: "slow"}, sample: sample{ns: 80_000}},
		{benchCase: benchCase{name: "golang-jwt", peer: library.GolangJWT}, sample: sample{ns: 50_000}},
		{benchCase: benchCase{targets: []target{ofFastestPeer(1.0 / 25), ofRSA(1.5)}}, sample: sample{ns: 2_000}},
	}
	var out strings.Builder
	if printReport(&out, results, cacheMemory{tokens: 1}) || strings.Contains(out.String(), "MISSED") {
		t.Errorf("a target is missed where all hold:\n%s", &out)
	}
	results[3].ns++
	out.Reset()
	if !printReport(&out, results, cacheMemory{tokens: 1}) || strings.Count(out.String(), "MISSED") != 1 {
		t.Errorf("not exactly one target is missed:\n%s", &out)
	}
	for line := range strings.Lines(out.String()) {
		if len([]rune(line)) > 111 { // with its newline
			t.Errorf("wider than 110 columns: %s", line)
		}
	}
}

func TestSummaryTakesMinimumAndMedian(t *testing.T) {
	samples := []sample{{ns: 9, allocs: 3, bytes: 30}, {ns: 2, allocs: 4, bytes: 20}, {ns: 5, allocs: 3, bytes: 40}}
	got := summarize(benchCase{}, samples)
	if got.sample != (sample{ns: 2, allocs: 3, bytes: 20}) || got.median != 5 {
		t.Errorf("summarize = %+v", got)
	}
}

func TestMeasureCountsOperations(t *testing.T) {
	calls := 0
	s, err := measure(func() error { calls++; return nil }, time.Millisecond)
	if err != nil || calls < 2 || s.ns <= 0 {
		t.Errorf("measure = %+v, %v after %d calls", s, err, calls)
	}
}
