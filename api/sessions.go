package api

import (
	"context"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"keystead/auth"
	"keystead/session"
	"keystead/store"
)

// Where the session login lives.
const (
	loginPath    = "/auth/login"
	callbackPath = "/auth/callback"
	logoutPath   = "/auth/logout"
	sessionPath  = "/auth/session"

	backchannelPath = "/auth/backchannel-logout"
)

// codeCrossOrigin is for a request that another site's page makes with this site's cookie.
const codeCrossOrigin auth.Code = "cross_origin"

// addSessions makes the routes of the session login, where it is switched on.
func (s *server) addSessions(t *Table) {
	open := auth.Public().Because("nobody is signed in before")
	if s.sessions != nil {
		t.add(Route{Method: http.MethodGet, Path: loginPath, Summary: "Begins a login at the realm", Policy: open}, s.beginLogin)
		t.add(Route{Method: http.MethodGet, Path: callbackPath, Summary: "Where the realm sends a login back to", Policy: open}, s.finishLogin)
		ends := auth.Public().Because("it ends what the caller has, and shows nothing")
		t.add(Route{Method: http.MethodGet, Path: logoutPath, Summary: "Signs out, or asks first when another site sent the browser", Policy: ends}, s.askSignOut)
		t.add(Route{Method: http.MethodPost, Path: logoutPath, Summary: "Signs out", Policy: ends}, s.signOut)
		t.add(Route{Method: http.MethodGet, Path: sessionPath, Summary: "Who is signed in, and until when", Policy: auth.Public().Because("it shows the caller nothing but their own session")}, s.showSession)
	}
	t.add(Route{Method: http.MethodPost, Path: backchannelPath, Summary: "Where the realm tells of sign-outs", Policy: auth.Public().Because("a logout token, which the realm has signed, says what has ended")}, s.backchannelLogout)
	t.add(Route{Method: http.MethodGet, Path: "/auth/*", Summary: "Nothing: 404", Policy: auth.Public().Because("who looks for a login that is not there must not find the page")}, notFound)
}

func (s *server) beginLogin(w http.ResponseWriter, r *http.Request) error {
	address, err := s.sessions.Begin(w, r)
	if err != nil {
		return s.showFailure(w, r, &session.Failure{Code: asProblem(err).Code, Reason: "The realm did not answer so far, so nobody can sign in. Try again shortly.", ReturnTo: "/", Cause: err})
	}
	return sendTo(w, http.StatusFound, address)
}

func (s *server) finishLogin(w http.ResponseWriter, r *http.Request) error {
	returnTo, subject, err := s.sessions.Finish(w, r)
	var failure *session.Failure
	switch {
	case errors.As(err, &failure):
		return s.showFailure(w, r, failure)
	case err != nil:
		return err
	}
	annotate(r.Context(), slog.String("signed_in", subject))
	return sendTo(w, http.StatusFound, returnTo)
}

// showFailure tells a person why they are not signed in, and a program in its own way.
func (s *server) showFailure(w http.ResponseWriter, r *http.Request, failure *session.Failure) error {
	problem := &Problem{Status: http.StatusBadRequest, Code: failure.Code, Detail: failure.Reason, Cause: failure.Cause}
	if failure.Code != session.CodeLoginFailed {
		problem.Status = http.StatusServiceUnavailable
	}
	if !isNavigation(r) {
		return problem
	}
	again := action{Label: "Try again", Address: loginPath + "?" + url.Values{"return_to": {failure.ReturnTo}}.Encode()}
	m := message{Title: "The login was not finished", Text: failure.Reason, Action: again, Other: action{Label: "To the start page", Address: "/"}}
	if failure.AtRealm {
		m.Action, m.Other = action{Label: "Sign out of the realm", Address: logoutPath, Post: true}, again
	}
	return s.showMessage(w, r, problem, m)
}

// askSignOut signs out at once where this site's own page, or the person, asked for it. Any other page could have sent the
// browser here, so the person is asked first. So are those whose browsers do not say where they come from, and one that only
// fetches what may be wanted next.
func (s *server) askSignOut(w http.ResponseWriter, r *http.Request) error {
	site := r.Header.Get("Sec-Fetch-Site")
	if (site == "same-origin" || site == "none") && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Purpose") == "" {
		return s.endSession(w, r)
	}
	return s.showMessage(w, r, nil, message{
		Title: "Sign out?", Text: "This ends your session here and at the realm.",
		Action: action{Label: "Sign out", Address: logoutPath, Post: true}, Other: action{Label: "Stay signed in", Address: "/"},
	})
}

func (s *server) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.sameOrigin(r); err != nil {
		return err
	}
	return s.endSession(w, r)
}

func (s *server) endSession(w http.ResponseWriter, r *http.Request) error {
	address, err := s.sessions.SignOut(w, r)
	again := action{Label: "Try again", Address: logoutPath, Post: true}
	switch {
	case errors.Is(err, session.ErrRealmUnavailable) && isNavigation(r):
		return s.showMessage(w, r, asProblem(err), message{
			Title: "You are signed out here, but not at the realm", Action: again, Other: action{Label: "To the start page", Address: "/"},
			Text: "The realm did not answer at " + s.settings.KeycloakURL + ". Until its own session ends, whoever uses this browser can get in without a password.",
		})
	case errors.Is(err, store.ErrUnavailable) && isNavigation(r):
		return s.showMessage(w, r, asProblem(err), message{
			Title: "You are still signed in", Action: again, Other: action{Label: "To the start page", Address: "/"},
			Text: "The database cannot be used just now, so your session cannot be ended. Try again shortly.",
		})
	case err != nil:
		return err
	}
	return sendTo(w, http.StatusSeeOther, address)
}

// sendTo sends the browser on. Unlike http.Redirect it repeats the address nowhere else: tokens stand in some.
func sendTo(w http.ResponseWriter, status int, address string) error {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", address)
	w.WriteHeader(status)
	return nil
}

// showSession answers GET /auth/session.
func (s *server) showSession(w http.ResponseWriter, r *http.Request) error {
	info, err := s.sessions.Info(r)
	if err != nil {
		return err
	}
	s.writeJSON(w, r, http.StatusOK, "application/json", struct {
		Subject    string    `json:"sub"`
		Username   string    `json:"username,omitempty"`
		Name       string    `json:"name,omitempty"`
		Email      string    `json:"email,omitempty"`
		SignedInAt time.Time `json:"signed_in_at"`
		ExpiresAt  time.Time `json:"expires_at"`
	}{info.Subject, info.Username, info.Name, info.Email, info.SignedInAt.UTC().Truncate(time.Second), info.ExpiresAt.UTC().Truncate(time.Second)})
	return nil
}

// backchannelLogout takes a logout token (OpenID Connect Back-Channel Logout 1.0 §2.5, §2.8). The realm hears of success only when the
// list that every check of a token asks, here and on all replicas, is about to have it.
func (s *server) backchannelLogout(w http.ResponseWriter, r *http.Request) error {
	if mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); mediaType != "application/x-www-form-urlencoded" {
		return &Problem{Status: http.StatusUnsupportedMediaType, Code: codeMediaType, Detail: "Send the logout token as application/x-www-form-urlencoded, in the field logout_token"}
	}
	r.Body = http.MaxBytesReader(w, r.Body, s.limits.bodyBytes)
	if err := r.ParseForm(); err != nil {
		return &Problem{Status: http.StatusBadRequest, Code: codeRequestMalformed, Detail: "The form cannot be read", Cause: err}
	}
	if len(r.PostForm["logout_token"]) != 1 {
		return &Problem{Status: http.StatusBadRequest, Code: codeRequestMalformed, Detail: "The form must have the field logout_token, once"}
	}
	clients := []string{s.settings.ClientID}
	if s.sessionClient != "" {
		clients = append(clients, s.sessionClient)
	}
	token, err := s.verifier.VerifyLogoutToken(r.Context(), r.PostForm.Get("logout_token"), clients)
	if err == nil {
		err = s.revocations.SignOut(r.Context(), token)
	}
	if errors.Is(err, session.ErrReplayed) {
		return &Problem{Status: http.StatusBadRequest, Code: codeTokenReplayed, Detail: "The logout token was used before"}
	}
	if err != nil {
		problem := *asProblem(err)
		if problem.Status == http.StatusUnauthorized { // it is no credential: the request is not right (§2.8)
			problem.Status = http.StatusBadRequest
		}
		return &problem
	}
	annotate(r.Context(), slog.String("ended_subject", token.Subject), slog.String("ended_session", token.SessionID))
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	return nil
}

// codeTokenReplayed is for a logout token that comes again.
const codeTokenReplayed auth.Code = "token_replayed"

// sessionCaller returns whose session a request brings. A browser sends its cookie whoever makes the request, so what may change
// something needs proof that this site's own page does.
func (s *server) sessionCaller(r *http.Request) (*auth.Principal, error) {
	if err := s.sameOrigin(r); err != nil {
		return nil, err
	}
	return s.sessions.Principal(r)
}

func (s *server) sameOrigin(r *http.Request) error {
	if err := s.crossOrigin.Check(r); err != nil {
		return &Problem{Status: http.StatusForbidden, Code: codeCrossOrigin, Detail: "The request comes from a page of another site, which may not use the session of this one"}
	}
	return nil
}

// signInFirst answers a person who opened an operation's address and is not signed in.
func (s *server) signInFirst(w http.ResponseWriter, r *http.Request) error {
	if s.settings.LoginMode != sessionMode {
		return s.app.showSignIn(w)
	}
	return sendTo(w, http.StatusFound, loginPath+"?"+url.Values{"return_to": {r.URL.RequestURI()}}.Encode())
}

// sessionMode is the login mode in which the app has no token.
const sessionMode = "session"

// revocation is what POST /api/admin/revocations takes: one of its two.
type revocation struct {
	SessionID string `json:"sid,omitempty" minLength:"1" maxLength:"250" pattern:"^[^\\x00]*$" patternDescription:"text without NUL characters" doc:"The session of the realm whose tokens are to end (the claim sid)."`
	Subject   string `json:"sub,omitempty" minLength:"1" maxLength:"250" pattern:"^[^\\x00]*$" patternDescription:"text without NUL characters" doc:"The user whose tokens of up to now are to end (the claim sub)."`
}

// TransformSchema implements huma.SchemaTransformer.
func (revocation) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	one := 1
	s.MinProperties, s.MaxProperties = &one, &one
	return s
}

type revoked struct {
	SessionID       string    `json:"sid,omitempty"`
	Subject         string    `json:"sub,omitempty"`
	RememberedUntil time.Time `json:"remembered_until" doc:"Tokens that live longer than that are good again afterwards."`
}

type revocationInput struct{ Body revocation }

// revoke answers POST /api/admin/revocations.
func (s *server) revoke(ctx context.Context, in *revocationInput) (*bodyOf[revoked], error) {
	answer := revoked{SessionID: in.Body.SessionID, Subject: in.Body.Subject}
	var err error
	switch sid, sub := in.Body.SessionID, in.Body.Subject; {
	case sid == "" && sub == "": // one of them is null
		detail := "sid or sub must be a text"
		return nil, &Problem{Status: http.StatusUnprocessableEntity, Code: codeValidation, Detail: "body: " + detail, Fields: []Field{{"body", detail}}}
	case sid != "":
		answer.RememberedUntil, err = s.revocations.RevokeSession(ctx, sid)
	default:
		answer.RememberedUntil, err = s.revocations.RevokeSubject(ctx, sub)
	}
	if err != nil {
		return nil, err
	}
	answer.RememberedUntil = answer.RememberedUntil.UTC().Truncate(time.Second)
	return &bodyOf[revoked]{answer}, nil
}

var (
	exampleRevocation = revocation{SessionID: "vFZJ7mPcUqjv0sW1nM2rXb4t"}
	exampleRevoked    = revoked{SessionID: exampleRevocation.SessionID, RememberedUntil: exampleTime.Add(24 * time.Hour)}
)
