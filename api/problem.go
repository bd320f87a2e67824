package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"time"

	"keystead/auth"
	"keystead/session"
	"keystead/store"
)

// Problem is a failure that the client may read, in the form of RFC 9457. Cause stays in the log.
type Problem struct {
	Title     string    `json:"title" example:"Forbidden"`
	Status    int       `json:"status" example:"403"`
	Detail    string    `json:"detail,omitempty" doc:"What was wrong, and how to mend it." example:"Requires one of: admin"`
	Code      auth.Code `json:"code" doc:"The same in words for programs, which never changes." example:"role_missing"`
	RequestID string    `json:"request_id,omitempty" doc:"Quote it when asking about this answer."`
	Login     string    `json:"login,omitempty" doc:"Where nobody is signed in: the address that signs a person in, to open in the browser with return_to=PATH."`
	Fields    []Field   `json:"fields,omitempty" doc:"With the code validation: each part of the request that was not taken."`
	Cause     error     `json:"-"`

	scopes, acr []string // as auth.Error has them
	header      http.Header
}

// Field says what is wrong with one part of a request. It never holds what was sent.
type Field struct {
	Field   string `json:"field" doc:"Where it is: body.title, query.limit, path.id." example:"body.title"`
	Message string `json:"message" doc:"What it must be." example:"expected length <= 200"`
}

// Error returns the detail.
func (p *Problem) Error() string { return p.Detail }

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.Cause }

// GetStatus returns the status to answer with.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders returns the headers beside the body, such as the challenge.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType returns the media type of RFC 9457.
func (p *Problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

// The codes that are not verdicts on a token.
const (
	codeNotFound             auth.Code = "not_found"
	codeMethodNotAllowed     auth.Code = "method_not_allowed"
	codePreconditionFailed   auth.Code = "precondition_failed"
	codePreconditionRequired auth.Code = "precondition_required"
	codeRequestMalformed     auth.Code = "request_malformed"
	codeBodyTooLarge         auth.Code = "body_too_large"
	codeMediaType            auth.Code = "media_type"
	codeValidation           auth.Code = "validation"
	codeRateLimited          auth.Code = "rate_limited"
	codeStoreUnavailable     auth.Code = "store_unavailable"
	codeStopping             auth.Code = "stopping"
	codeInternal             auth.Code = "internal"
)

const storeAway = "The database cannot be used just now; try again shortly. What needs no database works"

// storeRetryAfter is when to come again while the database is away: it is asked about as often.
const storeRetryAfter = 5 * time.Second

// asProblem turns any error into what the client may see of it.
func asProblem(err error) *Problem {
	var problem *Problem
	if errors.As(err, &problem) {
		return problem
	}
	if errors.Is(err, store.ErrUnavailable) {
		return &Problem{Status: http.StatusServiceUnavailable, Detail: storeAway, Code: codeStoreUnavailable, Cause: err}
	}
	if errors.Is(err, store.ErrInvalid) {
		return &Problem{Status: http.StatusUnprocessableEntity, Detail: "Something in the request cannot be kept: text must be UTF-8 without NUL characters", Code: codeValidation, Cause: err}
	}
	var refusal *auth.Error
	if errors.As(err, &refusal) {
		return &Problem{Status: status(refusal.Code), Detail: refusal.Reason, Code: refusal.Code, scopes: refusal.Scopes, acr: refusal.ACRValues}
	}
	switch {
	case errors.Is(err, context.Canceled): // nobody reads this, and nothing is wrong here
		return &Problem{Status: http.StatusBadRequest, Detail: "The request was given up by its sender", Code: codeRequestMalformed}
	case errors.Is(err, context.DeadlineExceeded):
		return &Problem{Status: http.StatusInternalServerError, Detail: "It took longer than a request may take", Code: codeInternal, Cause: err}
	}
	return &Problem{Status: http.StatusInternalServerError, Detail: "Something went wrong here. Quote the request id when you report it", Code: codeInternal, Cause: err}
}

// status returns the HTTP status of a verdict.
func status(code auth.Code) int {
	switch code {
	case auth.CodeRoleMissing, auth.CodeScopeMissing, auth.CodeGroupMissing, auth.CodeOrganizationMissing, auth.CodeClaimMismatch:
		return http.StatusForbidden
	case auth.CodeKeysUnavailable, auth.CodeIntrospectionUnavailable, session.CodeRealmUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusUnauthorized
	}
}

// complete fills in what every problem has.
func (p *Problem) complete(ctx context.Context) *Problem {
	p.Title, p.RequestID = http.StatusText(p.Status), recordOf(ctx).id
	annotate(ctx, slog.String("code", string(p.Code)))
	if p.Cause != nil {
		annotate(ctx, slog.Any("error", p.Cause))
	}
	return p
}

// problem returns what to answer to a request that failed with err, and counts it.
func (s *server) problem(ctx context.Context, err error) *Problem {
	p := *asProblem(err)
	switch p.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		if p.Code != session.CodeSessionMissing { // who asks whether somebody is signed in is told so, and refused nothing
			s.decisions.refuse(p.Code)
		}
		if p.Code == codeCrossOrigin { // no token would help
			break
		}
		p.header = http.Header{"Www-Authenticate": {s.challenge(p)}}
		if s.sessions != nil && isSignedOut(err) {
			p.Login = loginPath
		}
	case http.StatusServiceUnavailable:
		p.header = http.Header{"Retry-After": {seconds(s.retryAfter(p.Code))}}
	}
	return p.complete(ctx)
}

func (s *server) retryAfter(code auth.Code) time.Duration {
	switch code {
	case auth.CodeIntrospectionUnavailable, session.CodeRealmUnavailable:
		return auth.IntrospectionRetryAfter
	case codeStoreUnavailable:
		return storeRetryAfter
	case codeStopping:
		return time.Second // another replica can answer at once
	default:
		return s.keys.RetryAfter()
	}
}

// fail answers with the problem that err amounts to.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := s.problem(r.Context(), err)
	maps.Copy(w.Header(), p.header)
	s.writeJSON(w, r, p.Status, problemType, p)
}

// challenge returns the WWW-Authenticate value of RFC 6750 §3, or of RFC 9470 §3 where a stronger sign-in would do, with the
// problem's code as a parameter of our own, which §3 allows, for clients that do not see the body, and with the address of
// what a client must know to get a token (RFC 9728 §5.1). Without a token there is nothing to complain about, so it names no error.
func (s *server) challenge(p Problem) string {
	metadata := `, resource_metadata="` + quotable(s.settings.PublicURL) + metadataPath + `"`
	value := `Bearer realm="` + quotable(s.settings.Realm) + `"`
	switch {
	case p.Code == auth.CodeTokenMissing, p.Code == session.CodeSessionMissing, p.Code == session.CodeSessionExpired:
		return value + metadata
	case p.Code == auth.CodeAuthenticationLevel:
		value += `, error="insufficient_user_authentication"`
	case p.Status == http.StatusForbidden:
		value += `, error="insufficient_scope"`
	default:
		value += `, error="invalid_token"`
	}
	value += `, error_description="` + quotable(p.Detail) + `"`
	if len(p.scopes) > 0 {
		value += `, scope="` + quotable(strings.Join(p.scopes, " ")) + `"`
	}
	if len(p.acr) > 0 {
		value += `, acr_values="` + quotable(strings.Join(p.acr, " ")) + `"`
	}
	return value + `, code="` + string(p.Code) + `"` + metadata
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
