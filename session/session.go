// Package session signs people in for a confidential client, and keeps their tokens: the browser has a cookie that says
// nothing. It also keeps the list of revocations, through which sign-outs reach bearer tokens.
package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/alexedwards/scs/v2"
	"golang.org/x/sync/singleflight"

	"keystead/auth"
	"keystead/store"
)

// The codes that this package gives beside those of auth.
const (
	CodeSessionMissing   auth.Code = "session_missing"
	CodeSessionExpired   auth.Code = "session_expired"
	CodeRealmUnavailable auth.Code = "realm_unavailable"
)

// One value for each code, to be used with errors.Is.
var (
	ErrMissing          = &auth.Error{Code: CodeSessionMissing, Reason: "Nobody is signed in here"}
	ErrExpired          = &auth.Error{Code: CodeSessionExpired, Reason: "The session has ended; sign in again"}
	ErrRealmUnavailable = &auth.Error{Code: CodeRealmUnavailable, Reason: "The realm did not answer, so the session could not be renewed; try again shortly"}
)

// What a session lasts at most, where the realm does not end it sooner: without use, and whatever is done with it.
const (
	longestIdle = 24 * time.Hour
	longestLife = 7 * 24 * time.Hour
)

// Config says for whom to sign people in. All of it must be set.
type Config struct {
	Keys         *auth.Keys
	Verifier     *auth.Verifier
	Store        *store.Store
	Log          *slog.Logger
	Issuer       string // the realm's URL, as its answers name it
	ClientID     string // of a confidential client
	ClientSecret string
	Secrets      []string // that seal what is kept; the first seals, all open
	PublicURL    string   // how browsers reach this server: scheme://host[:port]
}

// Manager signs people in and out, and knows who is signed in. It is safe for concurrent use, and any number of them may
// share a database.
type Manager struct {
	cfg      Config
	secure   bool // browsers come over https
	cookie   string
	sealer   *sealer
	sessions *scs.SessionManager
	flights  singleflight.Group // of refreshes, by session, and of logins
	now      func() time.Time
}

// New returns a Manager.
func New(cfg Config) (*Manager, error) {
	public, err := url.Parse(cfg.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("parsing the public URL: %w", err)
	}
	sealer, err := newSealer(cfg.Secrets)
	if err != nil {
		return nil, err
	}
	m := &Manager{cfg: cfg, secure: public.Scheme == "https", cookie: cookieName(public), sealer: sealer, now: time.Now}
	m.sessions = scs.New()
	m.sessions.Lifetime = longestLife
	m.sessions.Store = keeper{cfg.Store, sealer}
	m.sessions.Codec = codec{}
	m.sessions.Cookie = scs.SessionCookie{
		Name: m.cookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: m.secure,
		Persist: false, // it ends with the browser, or with the row
	}
	return m, nil
}

// cookieName returns the name of the session's cookie. Over https its prefix keeps other hosts of the site, and whoever can
// write cookies over http, from setting it (RFC 6265bis §4.1.3.2). Over http, which is for loopback, the port is part of it:
// cookies do not tell ports apart, and a developer has several apps on one machine.
func cookieName(public *url.URL) string {
	switch {
	case public.Scheme == "https":
		return "__Host-keystead"
	case public.Port() != "":
		return "keystead_" + public.Port()
	default:
		return "keystead"
	}
}

// Info tells who is signed in.
type Info struct {
	Subject    string
	Username   string
	Name       string
	Email      string
	SignedInAt time.Time
	ExpiresAt  time.Time // when the session ends, unless it is used before
}

// IsPresent reports whether a request brings a session, good or not.
func (m *Manager) IsPresent(r *http.Request) bool { return m.secretOf(r) != "" }

// Info returns who is signed in. The errors are those of Principal.
func (m *Manager) Info(r *http.Request) (Info, error) {
	l, _, err := m.current(r)
	if err != nil {
		return Info{}, err
	}
	return Info{l.Subject, l.Username, l.Name, l.Email, l.SignedInAt, l.ExpiresAt}, nil
}

// Principal returns the caller whose session a request brings, as their access token has it. Where that is about to expire,
// a new one is got first. The errors are ErrMissing, ErrExpired, ErrRealmUnavailable, store.ErrUnavailable and those of
// Verifier.Verify.
func (m *Manager) Principal(r *http.Request) (*auth.Principal, error) {
	_, p, err := m.current(r)
	return p, err
}

func (m *Manager) current(r *http.Request) (login, *auth.Principal, error) {
	ctx, secret := r.Context(), m.secretOf(r)
	if secret == "" {
		return login{}, nil, ErrMissing
	}
	_, l, err := m.load(ctx, secret)
	if err == nil {
		l, err = m.fresh(ctx, secret, l)
	}
	if err != nil {
		return login{}, nil, err
	}
	p, err := m.cfg.Verifier.Verify(ctx, l.AccessToken)
	over := errors.Is(err, auth.ErrTokenRevoked) || errors.Is(err, auth.ErrTokenExpired) ||
		err == nil && p.Subject() != l.Subject // renewed for somebody else (OpenID Connect Core 1.0 §12.2)
	if over {
		return login{}, nil, m.end(ctx, secret)
	}
	return l, p, err
}

// end deletes a session that is over, and returns what to say of it.
func (m *Manager) end(ctx context.Context, secret string) error {
	return errors.Join(ErrExpired, m.cfg.Store.DeleteSession(ctx, idOf(secret)))
}

// load returns a session and the login in it, or ErrExpired.
func (m *Manager) load(ctx context.Context, secret string) (context.Context, login, error) {
	session, err := m.sessions.Load(ctx, secret)
	if err != nil {
		return nil, login{}, err
	}
	l, ok := m.sessions.Get(session, loginKey).(login)
	if !ok {
		return nil, login{}, ErrExpired
	}
	return session, l, nil
}

// keep puts a login into a session and writes it to the database. It returns the secret for the cookie.
func (m *Manager) keep(session context.Context, l login) (string, error) {
	m.sessions.Put(session, loginKey, l)
	secret, _, err := m.sessions.Commit(session)
	return secret, err
}

// secretOf returns what the session's cookie holds, "" without one.
func (m *Manager) secretOf(r *http.Request) string {
	cookie, err := r.Cookie(m.cookie)
	if err != nil {
		return ""
	}
	return cookie.Value
}
