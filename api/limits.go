package api

import (
	"math"
	"net/http"
	"strconv"
	"time"

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
		if s.stopping.Load() && r.ProtoMajor < 2 { // in HTTP/2 it would end the connection for all requests on it; Shutdown says good-bye there
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
// from the machine that decides whether this one lives. Nor are logout tokens: they all come from the realm, which sends each once.
func (s *server) limitRate(perMinute int) func(http.Handler) http.Handler {
	counter := httprate.NewLocalLimitCounter(time.Minute)
	limiter := httprate.NewRateLimiter(perMinute, time.Minute, httprate.WithLimitCounter(counter), httprate.WithResponseHeaders(httprate.ResponseHeaders{}))
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			client := httprate.CanonicalizeIP(s.proxies.clientOf(r))
			if isProbe(r) || r.URL.Path == backchannelPath || !limiter.OnLimit(w, r, client) {
				next.ServeHTTP(w, r)
				return
			}
			now := time.Now().UTC()
			window := now.Truncate(time.Minute)
			current, previous, _ := counter.Get(client, window, window.Add(-time.Minute)) // in memory: it never fails
			w.Header().Set("Retry-After", seconds(untilAllowed(now, perMinute, current, previous)))
			s.fail(w, r, &Problem{
				Status: http.StatusTooManyRequests, Code: codeRateLimited,
				Detail: "At most " + strconv.Itoa(perMinute) + " requests a minute are answered; the header Retry-After says when to come again",
			})
		})
	}
}

// untilAllowed returns how long a client that was refused has to wait. httprate counts by the minute of the clock, and adds
// of the minute before as much as the last sixty seconds still cover; it answers while that rounds to less than the limit.
func untilAllowed(now time.Time, limit, current, previous int) time.Duration {
	window := now.Truncate(time.Minute)
	if current >= limit { // nothing more in this minute
		window, current, previous = window.Add(time.Minute), 0, current
	}
	share := (float64(limit) - 0.5 - float64(current)) / float64(previous) // of the minute before, that may still count
	return window.Add(time.Duration(float64(time.Minute)*(1-share))).Sub(now) + time.Millisecond
}

// seconds are a wait as Retry-After has it: whole ones, and rather too long than too short.
func seconds(wait time.Duration) string { return strconv.Itoa(int(math.Ceil(wait.Seconds()))) }
