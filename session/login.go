package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"keystead/auth"
	"keystead/store"
)

// CodeLoginFailed is the code of a Failure.
const CodeLoginFailed auth.Code = "login_failed"

// Failure is a login that was not finished: why, in words for the person who wanted to sign in. Cause is for the log.
type Failure struct {
	Code     auth.Code
	Reason   string
	ReturnTo string // where the login was to lead
	Cause    error
	AtRealm  bool // another try ends the same way while the browser's session at the realm lasts
}

// Error returns the reason.
func (f *Failure) Error() string { return f.Reason }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Cause }

// Begin begins a login, and returns the realm's address to send the browser to (OpenID Connect Core 1.0 §3.1.2.1). Of the
// request's parameters return_to says where the login is to lead, a path of this server; prompt, login_hint, kc_idp_hint and
// kc_action are the realm's own, and passed on. The error is ErrKeysUnavailable while the realm was never reached.
func (m *Manager) Begin(w http.ResponseWriter, r *http.Request) (address string, err error) {
	client, err := m.client()
	if err != nil {
		return "", err
	}
	query := r.URL.Query()
	p := m.newPending(samePath(query.Get("return_to")), query.Get("prompt") == "none")
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(p.Verifier), oauth2.SetAuthURLParam("nonce", p.Nonce)}
	for _, name := range []string{"prompt", "login_hint", "kc_idp_hint", "kc_action"} {
		if value := query.Get(name); value != "" && len(value) <= longestParam {
			options = append(options, oauth2.SetAuthURLParam(name, value))
		}
	}
	if err := m.await(w, r, p); err != nil {
		return "", err
	}
	return client.AuthCodeURL(p.State, options...), nil
}

// longestParam bounds what is passed on to the realm, and longestReturn what waits in a cookie.
const (
	longestParam  = 256
	longestReturn = 1024
)

// samePath returns target where it is a path of this server, and otherwise "/": a link must not lead through a login to
// somebody else's page. Browsers take \ for / and leave out tabs and line ends, and resolve dots (WHATWG URL §4.4); a proxy may
// decode first.
func samePath(target string) string {
	u, err := url.Parse(target)
	if err != nil || len(target) > longestReturn || !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") ||
		strings.ContainsFunc(target, isBlank) || u.Scheme != "" || u.Host != "" ||
		strings.Contains(u.Path, "//") || strings.ContainsFunc(u.Path, isNoPath) || strings.HasPrefix(path.Clean(u.Path)+"/", "/auth/") {
		return "/"
	}
	return target
}

func isBlank(r rune) bool  { return r <= ' ' || r == '\\' || r == 0x7f }
func isNoPath(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f } // decoded, a blank is a part of a name

// Finish ends a login with what the realm has sent the browser back with (OpenID Connect Core 1.0 §3.1.2.5), and returns the
// path to go on to, and who has signed in, if anybody. The session has a new id, whatever the browser had before. An error is
// a *Failure.
func (m *Manager) Finish(w http.ResponseWriter, r *http.Request) (returnTo, subject string, err error) {
	query := r.URL.Query()
	p, known := m.find(r, query.Get("state"))
	if !known {
		if m.IsPresent(r) {
			if _, err := m.Principal(r); err == nil {
				return "/", "", nil // the way back was taken twice: by a reload, or by "Back"
			}
		}
		return "", "", &Failure{Code: CodeLoginFailed, ReturnTo: "/", Reason: "This login was not begun in this browser, or it was more than 30 minutes ago. " +
			"Where cookies are off for this address, allow them."}
	}
	fail := func(reason string, cause error) (string, string, error) {
		return "", "", &Failure{Code: CodeLoginFailed, Reason: reason, ReturnTo: p.ReturnTo, Cause: cause}
	}
	for _, name := range []string{"state", "code", "iss", "error"} {
		if len(query[name]) > 1 {
			return fail("The realm's answer says something twice, so it is not the realm's.", nil)
		}
	}
	if query.Has("iss") && query.Get("iss") != m.cfg.Issuer { // RFC 9207 §2.4
		return fail("The answer comes from another issuer than "+m.cfg.Issuer+".", nil)
	}
	m.dropCookie(w, m.pendingName(p.State)) // it is answered once
	if name := query.Get("error"); name != "" {
		if p.Quiet && (name == "login_required" || name == "interaction_required" || name == "consent_required") {
			return p.ReturnTo, "", nil // nobody was to be asked, and nobody is signed in
		}
		return fail(refusal(name), fmt.Errorf("the realm answered %s: %s", short(name), short(query.Get("error_description"))))
	}
	begun, err := m.signIn(p, query.Get("code"))
	if err != nil {
		return "", "", m.failure(err, p.ReturnTo)
	}
	if before := m.secretOf(r); before != "" && before != begun.secret {
		if err := m.cfg.Store.DeleteSession(r.Context(), idOf(before)); err != nil {
			m.cfg.Log.Warn("a session that a login replaced could not be deleted; it expires by itself", "error", err)
		}
	}
	m.sessions.WriteSessionCookie(begun.session, w, begun.secret, begun.login.ExpiresAt)
	return withAction(p.ReturnTo, query), begun.login.Subject, nil
}

// begun is a new session.
type begun struct {
	session context.Context
	secret  string
	login   login
}

// signIn makes a session of a code, under a new id (OWASP, Session Management, "Renew the Session ID After Any Privilege Level
// Change"). A browser that is impatient sends the same answer twice: both get the same session, since a realm takes a code that
// comes again for stolen, and ends what it has given for it.
func (m *Manager) signIn(p pending, code string) (begun, error) {
	made, err, _ := m.flights.Do("login "+p.State+" "+code, func() (any, error) {
		// Not the request's: the browser may have given that one up.
		ctx, cancel := context.WithTimeout(context.Background(), refreshPatience)
		defer cancel()
		l, err := m.exchange(ctx, p, code)
		if err != nil {
			return nil, err
		}
		session, err := m.sessions.Load(ctx, "")
		if err != nil {
			return nil, err
		}
		secret, err := m.keep(session, l)
		return begun{session, secret, l}, err
	})
	if err != nil {
		return begun{}, err
	}
	return made.(begun), nil
}

// failure tells a person what has gone wrong in the middle of a login.
func (m *Manager) failure(err error, returnTo string) *Failure {
	f := &Failure{Code: CodeLoginFailed, ReturnTo: returnTo, Cause: err}
	var refused *auth.Error
	var answer *oauth2.RetrieveError
	switch {
	case errors.Is(err, store.ErrRevoked), errors.Is(err, auth.ErrTokenRevoked):
		f.Reason, f.AtRealm = "Your session at the realm was ended here, so nobody can sign in with it any more. Sign out of the realm first.", true
	case errors.Is(err, store.ErrUnavailable):
		f.Code, f.Reason = "store_unavailable", "The database cannot be used just now, so the session cannot be kept. Try again shortly."
	case errors.As(err, &answer) && answer.ErrorCode == "invalid_grant":
		f.Reason, f.Cause = "The login took too long, or was finished before.", errors.New(explain(err))
	case errors.As(err, &answer) && answer.Response.StatusCode < http.StatusInternalServerError:
		f.Reason, f.Cause = "The realm does not accept this server's credentials. Its operator finds the reason in the log.", errors.New(explain(err))
		m.cfg.Log.Error("nobody can sign in; correct KEYSTEAD_SESSION_CLIENT_ID and KEYSTEAD_SESSION_CLIENT_SECRET: the client must be a confidential one of the realm, with the standard flow on",
			"client", m.cfg.ClientID, "error", explain(err))
	case errors.As(err, &refused) && refused.Code != auth.CodeKeysUnavailable && refused.Code != auth.CodeIntrospectionUnavailable:
		f.Reason = "The realm's token is not accepted here: " + refused.Reason + "."
		m.cfg.Log.Error("nobody can sign in, because the realm's token is not accepted here", "client", m.cfg.ClientID, "code", refused.Code, "reason", refused.Reason)
	default:
		f.Code, f.Reason = CodeRealmUnavailable, "The realm did not answer, so the login could not be finished. Try again shortly."
		if answer != nil {
			f.Cause = errors.New(explain(err))
		}
	}
	return f
}

// refusal says in plain words what the realm has answered (OpenID Connect Core 1.0 §3.1.2.6). The realm's own words, which
// anybody could put into the address, go to the log.
func refusal(name string) string {
	switch name {
	case "access_denied":
		return "You did not let the app have what it asked for, or the realm did not."
	case "temporarily_unavailable": // Keycloak: the login page was too old, or used twice
		return "The login page was open for too long, or was sent twice."
	case "login_required", "interaction_required", "consent_required":
		return "The realm would have had to ask you something."
	default:
		return "The realm has refused the login. Its operator finds the reason in the log."
	}
}

// exchange gets the tokens for a code, and checks them.
func (m *Manager) exchange(ctx context.Context, p pending, code string) (login, error) {
	client, err := m.client()
	if err != nil {
		return login{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	tokens, err := client.Exchange(context.WithValue(ctx, oauth2.HTTPClient, m.cfg.Keys.Client()), code, oauth2.VerifierOption(p.Verifier))
	if err != nil {
		return login{}, err
	}
	idToken, _ := tokens.Extra("id_token").(string)
	who, err := m.cfg.Verifier.VerifyIDToken(ctx, idToken, m.cfg.ClientID, p.Nonce, tokens.AccessToken)
	if err != nil {
		return login{}, err
	}
	principal, err := m.cfg.Verifier.Verify(ctx, tokens.AccessToken)
	if err != nil {
		return login{}, err
	}
	if principal.Subject() != who.Subject {
		return login{}, &auth.Error{Code: auth.CodeTokenMalformed, Reason: "Its ID token is about somebody else than its access token"}
	}
	now := m.now()
	l := login{
		Subject: who.Subject, RealmSession: principal.SessionID(), Username: who.Username, Name: who.Name, Email: who.Email,
		SignedInAt: now, IssuedAt: principal.IssuedAt(),
	}
	l.take(tokens, now)
	return l, nil
}

// client returns the client as the realm's endpoints are now.
func (m *Manager) client() (*oauth2.Config, error) {
	endpoints, err := m.cfg.Keys.Endpoints()
	if err != nil {
		return nil, err
	}
	return &oauth2.Config{
		ClientID: m.cfg.ClientID, ClientSecret: m.cfg.ClientSecret, RedirectURL: m.cfg.PublicURL + "/auth/callback", Scopes: []string{"openid"},
		Endpoint: oauth2.Endpoint{AuthURL: endpoints.Authorization, TokenURL: endpoints.Token, AuthStyle: oauth2.AuthStyleInHeader},
	}, nil
}

// tokenTimeout is how long the realm may take to give tokens.
const tokenTimeout = 5 * time.Second

// withAction hands on what became of something that the person was sent to the realm for, such as a new password (kc_action).
func withAction(returnTo string, query url.Values) string {
	u, err := url.Parse(returnTo)
	if err != nil || !query.Has("kc_action_status") {
		return returnTo
	}
	params := u.Query()
	for _, name := range []string{"kc_action", "kc_action_status"} {
		if value := query.Get(name); value != "" && len(value) <= longestParam {
			params.Set(name, value)
		}
	}
	u.RawQuery = params.Encode()
	return u.String()
}

// short bounds what the realm says, for the log.
func short(text string) string {
	const most = 200
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
