package api

import (
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5/middleware"

	"keystead/auth"
)

// Problem is a failure that the client may read, in the form of RFC 9457. Cause stays in the log.
type Problem struct {
	Title     string    `json:"title"`
	Status    int       `json:"status"`
	Detail    string    `json:"detail,omitempty"`
	Code      auth.Code `json:"code"` // stable
	RequestID string    `json:"request_id,omitempty"`
	Cause     error     `json:"-"`
}

// Error returns the detail.
func (p *Problem) Error() string { return p.Detail }

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.Cause }

// The codes that are not verdicts on a token.
const (
	codeNotFound         auth.Code = "not_found"
	codeMethodNotAllowed auth.Code = "method_not_allowed"
	codeInternal         auth.Code = "internal"
)

// asProblem turns any error into what the client may see of it.
func asProblem(err error) *Problem {
	var problem *Problem
	if errors.As(err, &problem) {
		return problem
	}
	var refusal *auth.Error
	if errors.As(err, &refusal) {
		return &Problem{Status: status(refusal.Code), Detail: refusal.Reason, Code: refusal.Code}
	}
	return &Problem{Status: http.StatusInternalServerError, Detail: "Something went wrong here. Quote the request id when you report it", Code: codeInternal, Cause: err}
}

// status returns the HTTP status of a verdict.
func status(code auth.Code) int {
	switch code {
	case auth.CodeRoleMissing:
		return http.StatusForbidden
	case auth.CodeKeysUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusUnauthorized
	}
}

// fail answers with the problem that err amounts to.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := *asProblem(err)
	p.Title = http.StatusText(p.Status)
	p.RequestID = middleware.GetReqID(r.Context())
	note(r, slog.String("code", string(p.Code)))
	if p.Cause != nil {
		note(r, slog.Any("error", p.Cause))
	}
	switch p.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		s.decisions.refuse(p.Code)
		w.Header().Set("WWW-Authenticate", s.challenge(p))
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(s.keys.RetryAfter().Seconds()))))
	}
	s.writeJSON(w, r, p.Status, "application/problem+json", p)
}

// challenge returns the WWW-Authenticate value of RFC 6750 §3, with the problem's code as a parameter of
// our own, which §3 allows, for clients that do not see the body. Without a token there is nothing to
// complain about, so it names no error.
func (s *server) challenge(p Problem) string {
	value := `Bearer realm="` + quotable(s.settings.Realm) + `"`
	switch {
	case p.Code == auth.CodeTokenMissing:
		return value
	case p.Status == http.StatusForbidden:
		value += `, error="insufficient_scope"`
	default:
		value += `, error="invalid_token"`
	}
	return value + `, error_description="` + quotable(p.Detail) + `", code="` + string(p.Code) + `"`
}

// quotable keeps what may stand in a quoted error_description: ASCII without quotes and backslashes
// (RFC 6750 §3), and at most 200 characters.
func quotable(s string) string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return '\''
		}
		return r
	}, s)
	return clean[:min(len(clean), 200)]
}

// writeJSON answers with v. Answers depend on who asks, so nothing on the way may keep them.
func (s *server) writeJSON(w http.ResponseWriter, r *http.Request, status int, contentType string, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		s.log.Error("encoding an answer failed", "error", err, "path", r.URL.Path)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // a client that left cannot be told
}
