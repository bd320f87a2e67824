package main

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Both generators must send what they are told, and must see when an answer is not what it must be.
func TestGenerators(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]int{}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen[r.URL.Path+" "+r.Header.Get("Authorization")]++
		mu.Unlock()
		if r.URL.Path == "/refused" {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	defer site.Close()
	for name, g := range map[string]generator{"vegeta": {}, "wrk": wrkOf(t)} {
		t.Run(name, func(t *testing.T) {
			if name == "wrk" && g.wrk == "" {
				t.Skip("there is no wrk")
			}
			write := func(w workload) workload {
				if err := w.write(filepath.Join(t.TempDir(), "requests")); err != nil {
					t.Fatal(err)
				}
				return w
			}
			clear(seen)
			turns := write(workload{name: "turns", status: 200, requests: withTokens("/a", "one", "two")})
			a, err := g.load(t.Context(), site.URL, turns, 1)
			if err != nil || a.requests == 0 || a.perSecond() < 1 || a.p99 < a.p50 {
				t.Errorf("%+v, %v", a, err)
			}
			if one, two := seen["/a Bearer one"], seen["/a Bearer two"]; len(seen) != 2 || one-two > connections || two-one > connections {
				t.Errorf("the server saw %v", seen)
			}
			clear(seen)
			once := write(workload{name: "once", status: 200, once: true, requests: withTokens("/b", strings.Split(strings.Repeat("x ", 499)+"x", " ")...)})
			if a, err := g.load(t.Context(), site.URL, once, 1); err != nil || seen["/b Bearer x"] > 500+connections || a.perSecond() > 0 && name == "wrk" {
				t.Errorf("500 requests were sent %d times: %+v, %v", seen["/b Bearer x"], a, err)
			}
			if a, err := g.loadAt(t.Context(), site.URL, turns, 1, 500); err != nil || a.requests < 200 || a.requests > 550 {
				t.Errorf("at 500 a second: %+v, %v", a, err)
			}
			refused := write(workload{name: "refused", status: 200, requests: withTokens("/refused", "x")})
			if _, err := g.load(t.Context(), site.URL, refused, 1); err == nil {
				t.Error("a refusal passes for an answer")
			}
			refused.status = 403
			if _, err := g.load(t.Context(), site.URL, refused, 1); err != nil {
				t.Errorf("a refusal that must be: %v", err)
			}
		})
	}
}

func wrkOf(t *testing.T) generator {
	t.Helper()
	if _, err := exec.LookPath("wrk"); err != nil {
		return generator{}
	}
	g, err := newGenerator(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return g
}
