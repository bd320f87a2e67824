package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"keystead/auth"
	"keystead/session"
)

// handler answers a request or returns why it could not, which guard turns into an answer.
type handler func(http.ResponseWriter, *http.Request) error

// guarded is a handler behind its policy. It is a type of its own so that check can tell it from one
// that somebody put in its place on the router itself.
type guarded struct{ http.HandlerFunc }

// guard lets in whom the policy admits, on the route that matched, and nobody else.
func (s *server) guard(policy auth.Policy, next handler) guarded {
	return guarded{func(w http.ResponseWriter, r *http.Request) {
		err := s.admit(policy, r)
		if err == nil {
			err = next(w, r)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	}}
}

// guardOperation is guard for an operation. A person who opens its address without a token gets the app, which signs them in.
func (s *server) guardOperation(policy auth.Policy, next handler) guarded {
	if policy.AdmitsAnonymous() {
		return s.guard(policy, next)
	}
	return guarded{func(w http.ResponseWriter, r *http.Request) {
		err := s.admit(policy, r)
		switch {
		case err == nil:
			err = next(w, r)
		case isSignedOut(err) && (r.Method == http.MethodGet || r.Method == http.MethodHead):
			w.Header().Add("Vary", "Accept, Sec-Fetch-Mode")
			if isNavigation(r) {
				err = s.signInFirst(w, r)
			}
		}
		if err != nil {
			s.fail(w, r, err)
		}
	}}
}

// isSignedOut reports whether nobody is signed in, rather than somebody whose token is not good.
func isSignedOut(err error) bool {
	return errors.Is(err, auth.ErrTokenMissing) || errors.Is(err, session.ErrMissing) || errors.Is(err, session.ErrExpired)
}

// admit puts the caller into the request's record, if there is one, or returns why nobody is let in.
func (s *server) admit(policy auth.Policy, r *http.Request) error {
	if policy.IgnoresTokens() {
		return nil
	}
	record := recordOf(r.Context())
	caller, err := s.callerOf(r)
	switch {
	case err == nil:
		record.principal = caller
	case !isSignedOut(err) || !policy.AdmitsAnonymous():
		if p := asProblem(err); p.Status == http.StatusServiceUnavailable { // problem counts the others; there, a probe's answer is no decision
			s.decisions.refuse(p.Code)
		}
		return err
	}
	granted, err := policy.Decide(caller, chi.RouteContext(r.Context()))
	if err != nil {
		return err
	}
	record.grantedBy = granted
	s.decisions.allow()
	return nil
}

// callerOf returns who makes a request: by its token, or where it has none by its session.
func (s *server) callerOf(r *http.Request) (*auth.Principal, error) {
	token, err := auth.BearerToken(r)
	switch {
	case errors.Is(err, auth.ErrTokenMissing) && s.sessions != nil && s.sessions.IsPresent(r):
		return s.sessionCaller(r)
	case err != nil:
		return nil, err
	}
	return s.verifier.Verify(r.Context(), token)
}

// caller returns who makes a request that needs a token.
func caller(ctx context.Context) *auth.Principal {
	p, ok := auth.FromContext(ctx)
	if !ok {
		panic("api: a handler that needs a caller stands behind a policy that needs none")
	}
	return p
}
