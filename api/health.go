package api

import (
	"context"
	"net/http"
	"time"
)

// health tells a probe how it stands.
type health struct {
	Status string `json:"status" example:"ok"`
}

// showHealth answers while the process lives.
func (s *server) showHealth(context.Context) (*bodyOf[health], error) {
	return &bodyOf[health]{health{"ok"}}, nil
}

// readiness is health for whoever decides whether requests are sent here.
type readiness struct {
	Status string `json:"status" enum:"ready,degraded" doc:"degraded: tokens can be judged, but what is kept in the database cannot be had."`
}

// showReadiness answers 200 when tokens can be judged, and 503 until then and from the moment that the process is to stop.
// The database does not decide: most calls need none.
func (s *server) showReadiness(context.Context) (*bodyOf[readiness], error) {
	if s.stopping.Load() {
		return nil, &Problem{Status: http.StatusServiceUnavailable, Code: codeStopping, Detail: "This instance is about to stop; another one answers"}
	}
	if err := s.keys.Ready(); err != nil {
		return nil, err
	}
	status := "ready"
	if s.store.Ready() != nil {
		status = "degraded"
	}
	return &bodyOf[readiness]{readiness{status}}, nil
}

// isProbe reports whether a request comes from whoever watches this process, every few seconds.
func isProbe(r *http.Request) bool {
	return (r.URL.Path == "/health" || r.URL.Path == "/readyz") && (r.Method == http.MethodGet || r.Method == http.MethodHead)
}

// readinessDetails are for operators: they name what is wrong and with whom.
type readinessDetails struct {
	Status string       `json:"status"` // ready, degraded, unavailable, stopping
	Keys   keysDetails  `json:"keys"`
	Store  storeDetails `json:"store"`
}

type keysDetails struct {
	Ready     bool       `json:"ready"`
	Keys      int        `json:"keys"`
	FetchedAt *time.Time `json:"fetched_at,omitempty"`
	Fetches   int        `json:"fetches"`
	Failures  int        `json:"failures"`
	Error     string     `json:"error,omitempty"` // of the newest fetch
}

type storeDetails struct {
	Ready bool   `json:"ready"`
	Error string `json:"error,omitempty"`
}

// showReadinessDetails answers GET /readyz on the admin address, with the same statuses as the app's own.
func (s *server) showReadinessDetails(w http.ResponseWriter, r *http.Request) {
	keys := s.keys.Status()
	details := readinessDetails{Status: "ready", Keys: keysDetails{Ready: true, Keys: keys.Keys, Fetches: keys.Fetches, Failures: keys.Failures}, Store: storeDetails{Ready: true}}
	if !keys.FetchedAt.IsZero() {
		at := keys.FetchedAt.UTC()
		details.Keys.FetchedAt = &at
	}
	if keys.LastError != nil {
		details.Keys.Error = keys.LastError.Error()
	}
	status := http.StatusOK
	if err := s.store.Ready(); err != nil {
		details.Status, details.Store = "degraded", storeDetails{Error: err.Error()}
	}
	if err := s.keys.Ready(); err != nil {
		status, details.Status, details.Keys.Ready, details.Keys.Error = http.StatusServiceUnavailable, "unavailable", false, err.Error()
	}
	if s.stopping.Load() {
		status, details.Status = http.StatusServiceUnavailable, "stopping"
	}
	s.writeJSON(w, r, status, "application/json", details)
}
