package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"regexp"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

// requestIDForm bounds what is taken over from a client: the id ends in the log.
var requestIDForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// requestID gives each request an id, the caller's own X-Request-Id where it has a sound form, and
// sends it back.
func requestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(middleware.RequestIDHeader)
		if !requestIDForm.MatchString(id) {
			id = rand.Text()
		}
		w.Header().Set(middleware.RequestIDHeader, id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), middleware.RequestIDKey, id)))
	})
}

// record is what becomes known of a request while it is answered.
type record struct {
	notes     []slog.Attr // for its log line
	grantedBy string      // which part of the policy let the caller in
}

type recordKey struct{}

func recordOf(ctx context.Context) *record {
	if record, ok := ctx.Value(recordKey{}).(*record); ok {
		return record
	}
	return &record{} // nobody keeps one
}

// annotate adds to the log line of a request.
func annotate(ctx context.Context, attrs ...slog.Attr) {
	record := recordOf(ctx)
	record.notes = append(record.notes, attrs...)
}

// observe writes one line for each request, and counts it. The query, headers and bodies stay out: codes and
// tokens travel there.
func (s *server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		record := &record{}
		r = r.WithContext(context.WithValue(r.Context(), recordKey{}, record))
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			took := time.Since(start)
			route := chi.RouteContext(r.Context()).RoutePattern()
			status := cmp.Or(ww.Status(), http.StatusOK) // nothing was written: net/http sends 200
			s.metrics.count(served{route, r.Method, status}, took)
			level := levelOf(r, status)
			if !s.log.Enabled(r.Context(), level) {
				return
			}
			attrs := append([]slog.Attr{
				slog.String("request_id", middleware.GetReqID(r.Context())),
				slog.String("method", r.Method),
				slog.String("path", r.URL.Path),
				slog.String("route", route),
				slog.Int("status", status),
				slog.Float64("duration_ms", float64(took.Microseconds())/1000),
				slog.String("remote", clientAddress(r)),
			}, record.notes...)
			s.log.LogAttrs(r.Context(), level, "request", attrs...)
		}()
		next.ServeHTTP(ww, r)
	})
}

// levelOf keeps probes that find all well out of the usual log: they come every few seconds.
func levelOf(r *http.Request, status int) slog.Level {
	switch {
	case status == http.StatusServiceUnavailable:
		return slog.LevelWarn // the realm's failure, not ours
	case status >= http.StatusInternalServerError:
		return slog.LevelError
	case isProbe(r):
		return slog.LevelDebug
	default:
		return slog.LevelInfo
	}
}
