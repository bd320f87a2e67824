package api

import (
	"cmp"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/httprate"
)

// limits bound what one request and one client may take.
type limits struct {
	bodyBytes      int64         // 0: no bound of our own
	requestTimeout time.Duration // 0: none
}

// limitBodies refuses a body that says it is too large before any of it is read. One that does not say is cut off where it is
// read. While the process stops, each connection ends with its next answer.
func (s *server) limitBodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.stopping.Load() {
			w.Header().Set("Connection", "close")
		}
		if s.limits.bodyBytes > 0 && r.ContentLength > s.limits.bodyBytes {
			w.Header().Set("Connection", "close") // what is still coming is not worth reading
			s.fail(w, r, &Problem{Status: http.StatusRequestEntityTooLarge, Code: codeBodyTooLarge, Detail: bodyTooLarge})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// limitRate refuses a client address that has made perMinute requests in the last minute. Probes are not counted: they come
// from the machine that decides whether this one lives.
func (s *server) limitRate(perMinute int) func(http.Handler) http.Handler {
	limiter := httprate.NewRateLimiter(perMinute, time.Minute,
		httprate.WithKeyFuncs(func(r *http.Request) (string, error) { return httprate.CanonicalizeIP(clientAddress(r)), nil }),
		httprate.WithLimitHandler(func(w http.ResponseWriter, r *http.Request) {
			wait := time.Minute
			if reset, err := strconv.ParseInt(w.Header().Get("X-RateLimit-Reset"), 10, 64); err == nil {
				wait = max(time.Until(time.Unix(reset, 0)), time.Second)
			}
			w.Header().Set("Retry-After", strconv.Itoa(int(wait.Round(time.Second).Seconds())))
			s.fail(w, r, &Problem{
				Status: http.StatusTooManyRequests, Code: codeRateLimited,
				Detail: "At most " + strconv.Itoa(perMinute) + " requests a minute are answered; the header Retry-After says when to come again",
			})
		}),
	)
	return func(next http.Handler) http.Handler {
		limited := limiter.Handler(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if isProbe(r) {
				next.ServeHTTP(w, r)
				return
			}
			limited.ServeHTTP(w, r)
		})
	}
}

// clientAddress returns who is calling: whoever is connected, or for a proxy that is trusted, whom that one names.
func clientAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	return cmp.Or(middleware.GetClientIP(r.Context()), host)
}
