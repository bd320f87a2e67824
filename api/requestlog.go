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

// record is what becomes known of a request while it is answered. It is the request's context, too: one of its own for
// each thing would mean as many copies of the request. It is written by the goroutine that answers, and by no other.
type record struct {
	context.Context

	id        string
	caller    context.Context // what auth has made for the caller; nil while there is none
	grantedBy string          // which part of the policy let the caller in
	attrs     []slog.Attr     // of its log line: places for those that every line has, then what was noted
	space     [fixedAttrs + 5]slog.Attr
}

// fixedAttrs is how many every log line begins with.
const fixedAttrs = 7

type recordKey struct{}

// Value implements context.Context.
func (r *record) Value(key any) any {
	switch key {
	case recordKey{}:
		return r
	case middleware.RequestIDKey:
		return r.id
	}
	if r.caller != nil {
		if value := r.caller.Value(key); value != nil {
			return value
		}
	}
	return r.Context.Value(key)
}

// recordOf returns the record of a request.
func recordOf(ctx context.Context) *record {
	if record, ok := ctx.Value(recordKey{}).(*record); ok {
		return record
	}
	return &record{} // nobody keeps one
}

// annotate adds to the log line of a request.
func annotate(ctx context.Context, attrs ...slog.Attr) {
	record := recordOf(ctx)
	record.attrs = append(record.attrs, attrs...)
}

// begin gives each request its record, an end to everything that it causes, and an id: the caller's own X-Request-Id where it
// has a sound form. The id is sent back.
func (s *server) begin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(middleware.RequestIDHeader)
		if !requestIDForm.MatchString(id) {
			id = rand.Text()
		}
		w.Header().Set(middleware.RequestIDHeader, id)
		record := &record{Context: r.Context(), id: id}
		record.attrs = record.space[:fixedAttrs]
		if s.limits.requestTimeout > 0 {
			ctx, cancel := context.WithTimeout(record.Context, s.limits.requestTimeout)
			defer cancel()
			record.Context = ctx
		}
		next.ServeHTTP(w, r.WithContext(record))
	})
}

// observe writes one line for each request, and counts it. The query, headers and bodies stay out: codes and
// tokens travel there.
func (s *server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		record := recordOf(r.Context())
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
			copy(record.attrs, []slog.Attr{
				slog.String("request_id", record.id),
				slog.String("method", r.Method),
				slog.String("path", shown(r.URL.Path)),
				slog.String("route", route),
				slog.Int("status", status),
				slog.Float64("duration_ms", float64(took.Microseconds())/1000),
				slog.String("remote", clientAddress(r)),
			})
			s.log.LogAttrs(r.Context(), level, "request", record.attrs...)
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
