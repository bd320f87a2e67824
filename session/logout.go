package session

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
)

const (
	probeTimeout   = 2 * time.Second // for which a person waits at a sign-out
	longestAddress = 4000            // Keycloak reads no longer request line than 4,096 bytes
)

// SignOut ends the session that a request brings, and returns the realm's address to send the browser to, where its own
// session ends (OpenID Connect RP-Initiated Logout 1.0 §2). The errors are store.ErrUnavailable, with which nothing has
// ended, and ErrRealmUnavailable, with which the session here has.
func (m *Manager) SignOut(w http.ResponseWriter, r *http.Request) (address string, err error) {
	var idToken string
	if secret := m.secretOf(r); secret != "" {
		_, l, err := m.load(r.Context(), secret)
		if err != nil && !errors.Is(err, ErrExpired) {
			return "", err
		}
		idToken = l.IDToken
		if err := m.cfg.Store.DeleteSession(r.Context(), idOf(secret)); err != nil {
			return "", err
		}
		m.dropCookie(w, m.cookie)
	}
	endpoints, err := m.cfg.Keys.Endpoints()
	if err != nil || !m.answers(r.Context(), endpoints.Token) {
		return "", ErrRealmUnavailable
	}
	params := url.Values{"client_id": {m.cfg.ClientID}, "post_logout_redirect_uri": {m.cfg.PublicURL + "/"}}
	address = endpoints.EndSession + "?" + params.Encode()
	if idToken != "" {
		params.Set("id_token_hint", idToken)
		if hinted := endpoints.EndSession + "?" + params.Encode(); len(hinted) <= longestAddress {
			address = hinted
		} // without the hint the realm asks the person first
	}
	return address, nil
}

// answers reports whether the realm can be reached: a browser that is sent to one that cannot be shows its own error, and the
// person does not learn what has ended and what has not. Which answer it is does not matter.
func (m *Manager) answers(ctx context.Context, endpoint string) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint, nil)
	if err != nil {
		return false
	}
	res, err := m.cfg.Keys.Client().Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode < http.StatusInternalServerError
}
