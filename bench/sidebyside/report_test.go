package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// made returns a report with figures that one can check by hand.
func made() *report {
	of := func(name string, k kind, perSecond, cpu float64) figures {
		work := map[string][]sample{}
		for _, w := range []string{hot, everyone, fresh} {
			work[w] = []sample{{perSecond: perSecond, cpu: cpu}, {perSecond: perSecond * 2, cpu: cpu * 2}}
		}
		return figures{server: server{name: name, kind: k}, work: work, starts: []time.Duration{40 * time.Millisecond}, memory: []int64{30 << 20}}
	}
	steady := []sample{{perSecond: 500, p99: time.Millisecond}}
	return &report{
		handler: map[string]float64{hot: 1.2, everyone: 1.05},
		servers: []figures{
			of(bareName, limit, 1000, 20), of(keysteadName, product, 800, 30),
			of("slow", goLibrary, 300, 200), of("fast", goLibrary, 400, 100), of("<guide>", guide, 90, 900),
		},
		troubles: []trouble{{name: keysteadName, newFailed: 1, newSent: 5, fetches: 2}},
		atRate:   [][]sample{steady, steady},
		static:   []sample{{perSecond: 70}}, nginx: []sample{{perSecond: 100}},
		missing: []missingPeer{{axumName, "there is no cargo"}},
	}
}

func TestTargets(t *testing.T) {
	want := map[string]struct {
		measured float64
		verdict  string
	}{
		"CPU, hot token, against the same handler without authentication": {1.2, "MISSED"},
		"CPU, 500 users, against the same handler without authentication": {1.05, "holds"},
		"CPU, hot token, against bare net/http":                           {1.5, "holds"},
		"CPU, hot token, against the fastest Go library":                  {0.3, "holds"},
		"CPU, hot token, against axum":                                    {-1, "not measured: it is missing"},
		"requests/s, hot token, against the fastest guide":                {800.0 / 90, "MISSED"},
		"failed requests over a key rotation":                             {1, "MISSED"},
		"start to first answer":                                           {40, "holds"},
		"requests/s, static files, against nginx":                         {0.7, "holds"},
	}
	for _, got := range made().targets() {
		w, found := want[got.name]
		if found && (got.measured != w.measured || got.verdict() != w.verdict) {
			t.Errorf("%s: %v, %s; want %v, %s", got.name, got.measured, got.verdict(), w.measured, w.verdict)
		}
		delete(want, got.name)
	}
	for name := range want {
		t.Errorf("there is no target %q", name)
	}
}

// Where the system tells no CPU time, no target about it may seem to hold.
func TestWithoutProc(t *testing.T) {
	r := made()
	for i := range r.servers {
		for _, samples := range r.servers[i].work {
			for j := range samples {
				samples[j].cpu = 0
			}
		}
		r.servers[i].memory = []int64{0}
	}
	for _, got := range r.targets() {
		about := strings.HasPrefix(got.name, "CPU") && !strings.Contains(got.name, "same handler") || strings.HasPrefix(got.name, "memory")
		if about && !strings.HasPrefix(got.verdict(), "not measured") {
			t.Errorf("%s: %v %s", got.name, got.measured, got.verdict())
		}
	}
}

func TestSpread(t *testing.T) {
	for want, values := range map[string][]float64{"–": {}, "2.0 (1.0–4.0)": {4, 1, 2}, "3.5": {3.5}} {
		if got := spread(values, 1); got != want {
			t.Errorf("%v: %s, want %s", values, got, want)
		}
	}
	if got := spread([]float64{9, 0, 8}, 0); got != "–" { // one round has no figure
		t.Errorf("with a round that has none: %s", got)
	}
}

func TestReportGoesBetweenItsMarks(t *testing.T) {
	folder := t.TempDir()
	page := filepath.Join(folder, "performance.md")
	if err := made().writeInto(folder, "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a page: %v", err)
	}
	if err := os.WriteFile(page, []byte("head\n"+reportBegins+"the report before\n"+reportEnds+"history\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := made()
	if err := r.writeInto(folder, r.markdown()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"head\n" + reportBegins, "| Keystead ", "Missing: " + axumName + ": there is no cargo.", reportEnds + "history\n"} {
		if !strings.Contains(string(text), part) {
			t.Errorf("the page lacks %q:\n%s", part, text)
		}
	}
	if strings.Contains(string(text), "the report before") {
		t.Error("the report before is still there")
	}
}

func TestChartIsXML(t *testing.T) {
	decoder := xml.NewDecoder(strings.NewReader(made().chart()))
	bars := 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "rect" {
			bars++
		}
	}
	if bars != 5 {
		t.Errorf("there are %d bars for 5 servers", bars)
	}
}
