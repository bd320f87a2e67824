package api

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
)

// recoverPanics answers a request whose handler panicked, and lets the server live on.
func (s *server) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch cause := recover(); cause {
			case nil:
			case http.ErrAbortHandler:
				panic(cause) // net/http's own way to drop a connection
			default:
				annotate(r.Context(), slog.String("stack", string(debug.Stack())))
				if recordOf(r.Context()).answer.status != 0 {
					annotate(r.Context(), slog.Any("error", cause))
					panic(http.ErrAbortHandler) // an answer was begun: cut it off rather than let it look whole
				}
				s.fail(w, r, fmt.Errorf("panic: %v", cause))
			}
		}()
		next.ServeHTTP(w, r)
	})
}
