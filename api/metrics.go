package api

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// figures are what a Prometheus server reads from the admin address. Every label has a bounded set of values: routes are
// patterns, never addresses that a client made up.
type figures struct {
	set   *metrics.Set
	build Build

	series atomic.Pointer[map[served]counters] // found without a lock; one more means a new map
	making sync.Mutex
}

// served is a kind of request.
type served struct {
	route, method string
	status        int
}

// counters are the two that a kind of request adds to.
type counters struct {
	requests *metrics.Counter
	duration *metrics.PrometheusHistogram
}

// Build says which program runs, for the metrics.
type Build struct{ Version, Commit, GoVersion string }

func newFigures(build Build) *figures {
	f := &figures{set: metrics.NewSet(), build: build}
	f.series.Store(&map[served]counters{})
	return f
}

var bucketSeconds = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// count adds a request that has been answered.
func (f *figures) count(r served, took time.Duration) {
	if !slices.Contains(countedMethods, r.method) {
		r.method = "other"
	}
	c, ok := (*f.series.Load())[r]
	if !ok {
		c = f.begin(r)
	}
	c.requests.Inc()
	c.duration.Update(took.Seconds())
}

// begin returns the counters of a kind of request that was not seen before.
func (f *figures) begin(r served) counters {
	f.making.Lock()
	defer f.making.Unlock()
	c := counters{
		f.set.GetOrCreateCounter(fmt.Sprintf("keystead_http_requests_total{method=%q,route=%q,status=%q}", r.method, r.route, strconv.Itoa(r.status))),
		f.set.GetOrCreatePrometheusHistogramExt(fmt.Sprintf("keystead_http_request_duration_seconds{route=%q}", r.route), bucketSeconds),
	}
	series := maps.Clone(*f.series.Load())
	series[r] = c
	f.series.Store(&series)
	return c
}

var countedMethods = append(slices.Clone(methods), http.MethodHead, http.MethodOptions)

func init() { metrics.ExposeMetadata(true) } // a package variable there: the types of metrics

// showMetrics answers GET /metrics of the admin address.
func (s *server) showMetrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	s.figures.set.WritePrometheus(w)
	s.writeObserved(w)
	metrics.WriteProcessMetrics(w)
}

// writeObserved writes the figures that others keep.
func (s *server) writeObserved(w io.Writer) {
	family := func(name, kind, help string) {
		fmt.Fprintf(w, "# HELP keystead_%s %s\n# TYPE keystead_%[1]s %[3]s\n", name, help, kind)
	}
	single := func(name, kind, help string, value float64) {
		family(name, kind, help)
		fmt.Fprintf(w, "keystead_%s %g\n", name, value)
	}

	allowed, refused := s.decisions.counts()
	family("decisions_total", "counter", "Decisions on guarded routes: allowed, or refused with the code that the answer, the log and this metric share.")
	fmt.Fprintf(w, "keystead_decisions_total{code=\"\",decision=\"allowed\"} %d\n", allowed)
	for _, code := range slices.Sorted(maps.Keys(refused)) {
		fmt.Fprintf(w, "keystead_decisions_total{code=%q,decision=\"refused\"} %d\n", code, refused[code])
	}

	keys := s.keys.Status()
	single("realm_keys", "gauge", "Keys of the realm that can verify tokens.", float64(keys.Keys))
	if !keys.FetchedAt.IsZero() {
		single("realm_keys_age_seconds", "gauge", "How long ago the keys in use were fetched; absent while there are none.", time.Since(keys.FetchedAt).Seconds())
	}
	family("realm_key_fetches_total", "counter", "Attempts to fetch the realm's keys, by how they ended.")
	fmt.Fprintf(w, "keystead_realm_key_fetches_total{result=\"ok\"} %d\n", keys.Fetches-keys.Failures)
	fmt.Fprintf(w, "keystead_realm_key_fetches_total{result=\"failed\"} %d\n", keys.Failures)

	cache := s.verifier.CacheStatus()
	family("token_cache_lookups_total", "counter", "Tokens looked up among those that were verified before, by whether they were there.")
	fmt.Fprintf(w, "keystead_token_cache_lookups_total{result=\"hit\"} %d\n", cache.Hits)
	fmt.Fprintf(w, "keystead_token_cache_lookups_total{result=\"miss\"} %d\n", cache.Misses)
	single("token_cache_tokens", "gauge", "Verified tokens that are remembered now.", float64(cache.Tokens))
	single("revocations", "gauge", "Sessions and users whose access tokens are refused before they expire.", float64(s.revocations.Len()))

	family("ready", "gauge", "Whether a part is fit for use: keys to judge tokens with, store for what is kept in the database.")
	fmt.Fprintf(w, "keystead_ready{part=\"keys\"} %d\n", truth(s.keys.Ready() == nil))
	fmt.Fprintf(w, "keystead_ready{part=\"store\"} %d\n", truth(s.store.Ready() == nil))

	family("build_info", "gauge", "Always 1; the labels say which program runs.")
	build := s.figures.build
	fmt.Fprintf(w, "keystead_build_info{commit=%q,go_version=%q,version=%q} 1\n", build.Commit, build.GoVersion, build.Version)
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}
