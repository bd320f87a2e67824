package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"keystead/auth"
	"keystead/jsonlog"
)

// record is what becomes known of a request while it is answered. It is the request's context, the place for its route, and
// what its answer is written to, too: each of them made by itself would mean another copy of the request, or another piece of
// memory. It is written by the goroutine that answers, and by no other.
type record struct {
	limited // the context

	id        string
	started   time.Time
	principal *auth.Principal // the caller; nil while there is none
	grantedBy string          // which part of the policy let the caller in
	noted     []slog.Attr     // what else its log line says

	route    chi.Context
	patterns [1]string
	answer   answer
}

const requestIDHeader = "X-Request-Id"

type recordKey struct{}

// Value implements context.Context.
func (r *record) Value(key any) any {
	switch key {
	case recordKey{}:
		return r
	case chi.RouteCtxKey:
		return &r.route
	}
	if r.principal != nil {
		if value := auth.NewContext(context.Background(), r.principal).Value(key); value != nil {
			return value
		}
	}
	return r.limited.Value(key)
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
	record.noted = append(record.noted, attrs...)
}

// begin gives each request to a router its record, an end to everything that it causes, and an id: the caller's own
// X-Request-Id where it has a sound form. The id is sent back.
func (s *server) begin(router chi.Router) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if !isRequestID(id) {
			id = rand.Text()
		}
		w.Header()[requestIDHeader] = []string{id}
		record := &record{id: id, started: time.Now()}
		record.route.Routes, record.route.RoutePatterns = router, record.patterns[:0]
		if r.Method == http.MethodHead {
			record.route.RouteMethod = http.MethodGet // no route has a HEAD of its own
		}
		record.begin(r.Context(), record.started, s.limits.requestTimeout)
		defer record.end()
		router.ServeHTTP(w, r.WithContext(record))
	})
}

// isRequestID bounds what is taken over from a client: the id ends in the log.
func isRequestID(id string) bool {
	const signs = "-._ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	return id != "" && len(id) <= 64 && strings.Trim(id, signs) == ""
}

// observe writes one line for each request, and counts it. The query, headers and bodies stay out: codes and
// tokens travel there.
func (s *server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		record := recordOf(r.Context())
		record.answer.ResponseWriter = w
		defer func() {
			took := time.Since(record.started)
			route := record.route.RoutePattern()
			status := cmp.Or(record.answer.status, http.StatusOK) // nothing was written: net/http sends 200
			s.figures.count(served{route, r.Method, status}, took)
			level := levelOf(r, status)
			if !s.log.Enabled(record, level) {
				return
			}
			attrs := [12]slog.Attr{
				slog.String("request_id", record.id),
				slog.String("method", r.Method),
				slog.String("path", shown(r.URL.Path)),
				slog.String("route", route),
				slog.Int("status", status),
				slog.Float64("duration_ms", float64(took.Microseconds())/1000),
				slog.String("remote", s.proxies.clientOf(r)),
			}
			n := 7
			if record.principal != nil {
				attrs[n], attrs[n+1] = slog.String("subject", record.principal.Subject()), slog.String("client", record.principal.AuthorizedParty())
				n += 2
			}
			if record.grantedBy != "" {
				attrs[n] = slog.String("granted_by", record.grantedBy)
				n++
			}
			s.writeLine(record, record.started.Add(took), level, append(attrs[:n], record.noted...))
		}()
		next.ServeHTTP(&record.answer, r)
	})
}

// writeLine writes the line of a request. There is nowhere to tell of an error.
func (s *server) writeLine(ctx context.Context, t time.Time, level slog.Level, attrs []slog.Attr) {
	const message = "request"
	if h, ok := s.log.Handler().(*jsonlog.Handler); ok {
		_ = h.Line(ctx, t, level, message, attrs)
		return
	}
	line := slog.NewRecord(t, level, message, 0) // Logger.LogAttrs would look for its caller, which nobody reads
	line.AddAttrs(attrs...)
	_ = s.log.Handler().Handle(ctx, line)
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

// answer notes the status that goes out.
type answer struct {
	http.ResponseWriter
	status int // 0: nothing was written
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) { // others come before the answer
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *answer) Write(content []byte) (int, error) {
	a.status = cmp.Or(a.status, http.StatusOK)
	return a.ResponseWriter.Write(content)
}

// WriteString implements io.StringWriter.
func (a *answer) WriteString(content string) (int, error) {
	a.status = cmp.Or(a.status, http.StatusOK)
	return io.WriteString(a.ResponseWriter, content)
}

// Unwrap lets http.ResponseController find what is below.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// limited is a context that ends some time after it began. Its timer is made when somebody first waits for the end: most
// requests are answered from memory, and nobody does.
type limited struct {
	context.Context // what it came from

	mu       sync.Mutex
	deadline time.Time // zero: none of its own
	timed    context.Context
	cancel   context.CancelFunc
}

// begin starts the time. With a timeout of 0 there is no end but the parent's.
func (l *limited) begin(parent context.Context, now time.Time, timeout time.Duration) {
	l.Context = parent
	if timeout > 0 {
		l.deadline = now.Add(timeout)
	}
}

// end stops the timer, if there is one.
func (l *limited) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cancel != nil {
		l.cancel()
	}
}

// ending returns the context that has a timer.
func (l *limited) ending() context.Context {
	if l.deadline.IsZero() {
		return l.Context
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timed == nil {
		l.timed, l.cancel = context.WithDeadline(l.Context, l.deadline)
	}
	return l.timed
}

// Deadline implements context.Context.
func (l *limited) Deadline() (time.Time, bool) { return l.ending().Deadline() }

// Done implements context.Context.
func (l *limited) Done() <-chan struct{} { return l.ending().Done() }

// Err implements context.Context.
func (l *limited) Err() error { return l.ending().Err() }

// Value implements context.Context. The package context asks here for the timer's own context, to which it then adds what
// comes from this one; without it, it would start a goroutine for each.
func (l *limited) Value(key any) any {
	l.mu.Lock()
	timed := l.timed
	l.mu.Unlock()
	if timed != nil {
		return timed.Value(key)
	}
	return l.Context.Value(key)
}
