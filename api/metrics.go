package api

import (
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what a Prometheus server reads from the admin address. Every label has a bounded set of values: routes are
// patterns, never addresses that a client made up.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec

	series sync.Map // of served: what a request adds to, found without building its labels again
}

// served is a kind of request.
type served struct {
	route, method string
	status        int
}

// counters are the two that a kind of request adds to.
type counters struct {
	requests prometheus.Counter
	duration prometheus.Observer
}

// Build says which program runs, for the metrics.
type Build struct{ Version, Commit, GoVersion string }

func newMetrics(s *server, build Build) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "keystead_http_requests_total", Help: "Requests by the route that they met, their method and the status they got.",
		}, []string{"route", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "keystead_http_request_duration_seconds", Help: "How long requests took, by the route that they met.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route"}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "keystead_build_info", Help: "Always 1; the labels say which program runs.",
		ConstLabels: prometheus.Labels{"version": build.Version, "commit": build.Commit, "go_version": build.GoVersion},
	})
	info.Set(1)
	m.registry.MustRegister(m.requests, m.duration, info, observed{s},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// handler answers GET /metrics.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// count adds a request that has been answered.
func (m *metrics) count(r served, took time.Duration) {
	if !slices.Contains(countedMethods, r.method) {
		r.method = "other"
	}
	series, ok := m.series.Load(r)
	if !ok {
		series, _ = m.series.LoadOrStore(r, counters{m.requests.WithLabelValues(r.route, r.method, strconv.Itoa(r.status)), m.duration.WithLabelValues(r.route)})
	}
	c := series.(counters)
	c.requests.Inc()
	c.duration.Observe(took.Seconds())
}

var countedMethods = append(slices.Clone(methods), http.MethodHead, http.MethodOptions)

// observed are the figures that others keep, read when somebody asks.
type observed struct{ *server }

var (
	decisionsDesc    = describe("decisions_total", "Decisions on guarded routes: allowed, or refused with the code that the answer, the log and this metric share.", "decision", "code")
	keysDesc         = describe("realm_keys", "Keys of the realm that can verify tokens.")
	keyAgeDesc       = describe("realm_keys_age_seconds", "How long ago the keys in use were fetched; absent while there are none.")
	keyFetchesDesc   = describe("realm_key_fetches_total", "Attempts to fetch the realm's keys, by how they ended.", "result")
	cacheLookupsDesc = describe("token_cache_lookups_total", "Tokens looked up among those that were verified before, by whether they were there.", "result")
	cacheTokensDesc  = describe("token_cache_tokens", "Verified tokens that are remembered now.")
	revocationsDesc  = describe("revocations", "Sessions and users whose access tokens are refused before they expire.")
	readyDesc        = describe("ready", "Whether a part is fit for use: keys to judge tokens with, store for what is kept in the database.", "part")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("keystead_"+name, help, labels, nil)
}

// Describe is part of prometheus.Collector.
func (o observed) Describe(ch chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{decisionsDesc, keysDesc, keyAgeDesc, keyFetchesDesc, cacheLookupsDesc, cacheTokensDesc, revocationsDesc, readyDesc} {
		ch <- desc
	}
}

// Collect is part of prometheus.Collector.
func (o observed) Collect(ch chan<- prometheus.Metric) {
	counter := func(desc *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, value, labels...)
	}
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	allowed, refused := o.decisions.counts()
	counter(decisionsDesc, float64(allowed), "allowed", "")
	for code, n := range refused {
		counter(decisionsDesc, float64(n), "refused", string(code))
	}
	keys := o.keys.Status()
	gauge(keysDesc, float64(keys.Keys))
	if !keys.FetchedAt.IsZero() {
		gauge(keyAgeDesc, time.Since(keys.FetchedAt).Seconds())
	}
	counter(keyFetchesDesc, float64(keys.Fetches-keys.Failures), "ok")
	counter(keyFetchesDesc, float64(keys.Failures), "failed")
	cache := o.verifier.CacheStatus()
	counter(cacheLookupsDesc, float64(cache.Hits), "hit")
	counter(cacheLookupsDesc, float64(cache.Misses), "miss")
	gauge(cacheTokensDesc, float64(cache.Tokens))
	gauge(revocationsDesc, float64(o.revocations.Len()))
	gauge(readyDesc, truth(o.keys.Ready() == nil), "keys")
	gauge(readyDesc, truth(o.store.Ready() == nil), "store")
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
