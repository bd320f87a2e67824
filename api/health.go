package api

import (
	"net/http"
)

// showHealth answers while the process lives.
func (s *server) showHealth(w http.ResponseWriter, r *http.Request) error {
	s.writeJSON(w, r, http.StatusOK, "application/json", map[string]string{"status": "ok"})
	return nil
}

// showReadiness answers 200 when tokens can be judged, and 503 until then.
func (s *server) showReadiness(w http.ResponseWriter, r *http.Request) error {
	if err := s.keys.Ready(); err != nil {
		return err
	}
	s.writeJSON(w, r, http.StatusOK, "application/json", map[string]string{"status": "ready"})
	return nil
}
