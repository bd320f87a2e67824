package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/oauth2"

	"keystead/store"
)

const (
	refreshAhead    = 30 * time.Second        // how long before its end an access token is replaced, or half its life where that is less
	refreshPatience = leaseLife + time.Second // how long a request waits for the lease, or for whoever has it
	leaseLife       = 2 * tokenTimeout        // after which another replica may try: the one that wanted to has gone
	leasePause      = 25 * time.Millisecond   // between looks at what another replica has got
	keepPause       = 250 * time.Millisecond  // between attempts to keep what cannot be got twice
)

// take puts new tokens into a login, and reckons how long they and the session last. Keycloak tells in refresh_expires_in when
// its session ends for want of use, or altogether: 0 for an offline session.
func (l *login) take(tokens *oauth2.Token, now time.Time) {
	l.AccessToken = tokens.AccessToken
	if idToken, _ := tokens.Extra("id_token").(string); idToken != "" {
		l.IDToken = idToken
	}
	life := time.Duration(tokens.ExpiresIn) * time.Second
	l.AccessExpires = now.Add(life)
	l.RefreshToken = tokens.RefreshToken
	idle := longestIdle
	if seconds, _ := tokens.Extra("refresh_expires_in").(float64); seconds > 0 && seconds < idle.Seconds() {
		idle = time.Duration(seconds) * time.Second
	}
	if l.RefreshToken == "" { // the realm gives this client none: the session is as long as the token
		l.RefreshAt, idle = l.AccessExpires, life
	} else {
		l.RefreshAt = l.AccessExpires.Add(-min(refreshAhead, life/2))
	}
	l.ExpiresAt = now.Add(idle)
	if most := l.SignedInAt.Add(longestLife); l.ExpiresAt.After(most) {
		l.ExpiresAt = most
	}
}

// fresh returns the login with an access token that still has some life. Requests at the same time wait for one refresh, each
// no longer than its ctx.
func (m *Manager) fresh(ctx context.Context, secret string, l login) (login, error) {
	if m.now().Before(l.RefreshAt) {
		return l, nil
	}
	refreshed := m.flights.DoChan(idOf(secret), func() (any, error) {
		// Not the first caller's: others wait for it, too.
		ctx, cancel := context.WithTimeout(context.Background(), refreshPatience)
		defer cancel()
		return m.refresh(ctx, secret)
	})
	select {
	case result := <-refreshed:
		if result.Err != nil {
			return login{}, result.Err
		}
		return result.Val.(login), nil
	case <-ctx.Done():
		return login{}, fmt.Errorf("%w: %w", ErrRealmUnavailable, ctx.Err())
	}
}

// refresh gets a new access token, unless another replica does. Of all replicas one at a time has the lease on a session;
// the others use the token that there is, or wait for the new one. A realm may take a refresh token once only, and end the
// session of whoever shows it again.
func (m *Manager) refresh(ctx context.Context, secret string) (login, error) {
	for {
		end := m.now().Add(leaseLife)
		leased, err := m.cfg.Store.LeaseSession(ctx, idOf(secret), leaseLife)
		if err != nil {
			return login{}, err
		}
		_, l, err := m.load(ctx, secret) // only now: it may have been refreshed since it was read
		if err != nil {
			return login{}, err
		}
		now := m.now()
		switch {
		case now.Before(l.RefreshAt):
			if leased {
				m.release(ctx, secret)
			}
			return l, nil
		case leased:
			// However long it has waited for the lease: to give up with half a token would end the session.
			held, cancel := context.WithDeadline(context.WithoutCancel(ctx), end)
			defer cancel()
			return m.renew(held, secret)
		case now.Before(l.AccessExpires):
			return l, nil
		}
		select {
		case <-time.After(leasePause):
		case <-ctx.Done():
			return login{}, fmt.Errorf("%w: another replica did not get it either", ErrRealmUnavailable)
		}
	}
}

// renew asks the realm for a new access token, and keeps it. It has the lease.
func (m *Manager) renew(ctx context.Context, secret string) (login, error) {
	session, l, err := m.load(ctx, secret)
	if err != nil {
		return login{}, err
	}
	tokens, err := m.ask(ctx, l.RefreshToken)
	var answer *oauth2.RetrieveError
	switch {
	case err == nil:
	case errors.As(err, &answer) && answer.ErrorCode == "invalid_grant":
		return m.giveUp(ctx, secret, l)
	default:
		m.cfg.Log.Warn("a session could not be renewed", "error", explain(err), "mend", "the realm must answer, and accept KEYSTEAD_SESSION_CLIENT_ID with KEYSTEAD_SESSION_CLIENT_SECRET")
		if m.now().Before(l.AccessExpires) {
			return l, nil // and nobody tries again while the lease lasts: a realm that hangs must not hold each of them up
		}
		m.release(ctx, secret)
		return login{}, fmt.Errorf("%w: %w", ErrRealmUnavailable, err)
	}
	l.take(tokens, m.now())
	return l, m.keepRenewed(context.WithValue(session, renewed{}, true), l)
}

// keepRenewed writes new tokens to the database. The old ones may be of no use any more, so it tries for as long as it can.
func (m *Manager) keepRenewed(session context.Context, l login) error {
	for {
		_, err := m.keep(session, l)
		switch {
		case errors.Is(err, store.ErrRevoked), errors.Is(err, store.ErrNotFound):
			return ErrExpired
		case !errors.Is(err, store.ErrUnavailable):
			return err
		}
		select {
		case <-time.After(keepPause):
		case <-session.Done():
			return err
		}
	}
}

// giveUp ends a session that the realm has ended. It looks once more first: another replica whose lease was over may have got
// new tokens.
func (m *Manager) giveUp(ctx context.Context, secret string, l login) (login, error) {
	_, now, err := m.load(ctx, secret)
	if err != nil {
		return login{}, err
	}
	if now.RefreshToken != l.RefreshToken {
		m.release(ctx, secret)
		return now, nil
	}
	return login{}, m.end(ctx, secret)
}

// ask gets new tokens for a refresh token (RFC 6749 §6).
func (m *Manager) ask(ctx context.Context, refreshToken string) (*oauth2.Token, error) {
	if refreshToken == "" {
		return nil, &oauth2.RetrieveError{ErrorCode: "invalid_grant"}
	}
	client, err := m.client()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, m.cfg.Keys.Client()), tokenTimeout)
	defer cancel()
	return client.TokenSource(ctx, &oauth2.Token{RefreshToken: refreshToken}).Token()
}

func (m *Manager) release(ctx context.Context, secret string) {
	if err := m.cfg.Store.ReleaseSession(ctx, idOf(secret)); err != nil {
		m.cfg.Log.Debug("a lease was not given back; it ends by itself", "error", err)
	}
}

// explain tells what the realm has answered without what it was sent.
func explain(err error) string {
	var answer *oauth2.RetrieveError
	if errors.As(err, &answer) {
		return fmt.Sprintf("the realm answered %s: %s %s", answer.Response.Status, short(answer.ErrorCode), short(answer.ErrorDescription))
	}
	return err.Error()
}
