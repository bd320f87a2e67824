package session

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

const (
	pendingLife = 30 * time.Minute // as long as Keycloak's login page
	mostPending = 5                // logins under way in one browser: each has a cookie, and headers are limited
)

// pending is a login that a browser has begun. It waits in a cookie of that browser, so that whoever has not begun a login
// can neither finish it nor fill the database, and logins in several tabs do not get in each other's way.
type pending struct {
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"` // of PKCE
	ReturnTo string    `json:"return_to"`
	Quiet    bool      `json:"quiet,omitempty"` // nobody was to be asked anything (prompt=none)
	Began    time.Time `json:"began"`
}

func (m *Manager) newPending(returnTo string, quiet bool) pending {
	return pending{
		State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(),
		ReturnTo: returnTo, Quiet: quiet, Began: m.now(),
	}
}

// pendingName is the name of a login's cookie. A state of another length than ours has none.
func (m *Manager) pendingName(state string) string {
	if len(state) != len(rand.Text()) {
		return ""
	}
	return m.pendingPrefix() + state[:10]
}

func (m *Manager) pendingPrefix() string { return m.cookie + "_login_" }

// await leaves a login with the browser, and takes the oldest away when there are too many.
func (m *Manager) await(w http.ResponseWriter, r *http.Request, p pending) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	name := m.pendingName(p.State)
	m.setCookie(w, name, base64.RawURLEncoding.EncodeToString(m.sealer.seal(text, name)), pendingLife)

	var others []pending
	for _, cookie := range r.Cookies() {
		if !strings.HasPrefix(cookie.Name, m.pendingPrefix()) {
			continue
		}
		if other, ok := m.readPending(cookie); ok {
			others = append(others, other)
		} else {
			m.dropCookie(w, cookie.Name)
		}
	}
	slices.SortFunc(others, func(a, b pending) int { return b.Began.Compare(a.Began) })
	for _, other := range others[min(len(others), mostPending-1):] {
		m.dropCookie(w, m.pendingName(other.State))
	}
	return nil
}

// find returns the login that this browser has begun with this state, if it has.
func (m *Manager) find(r *http.Request, state string) (pending, bool) {
	name := m.pendingName(state)
	if name == "" {
		return pending{}, false
	}
	cookie, err := r.Cookie(name)
	if err != nil {
		return pending{}, false
	}
	p, ok := m.readPending(cookie)
	return p, ok && subtle.ConstantTimeCompare([]byte(p.State), []byte(state)) == 1
}

func (m *Manager) readPending(cookie *http.Cookie) (p pending, ok bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return p, false
	}
	text, ok := m.sealer.open(sealed, cookie.Name)
	if !ok || json.Unmarshal(text, &p) != nil {
		return p, false
	}
	return p, m.now().Sub(p.Began) < pendingLife
}

func (m *Manager) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(life.Seconds()), HttpOnly: true, Secure: m.secure,
		SameSite: http.SameSiteLaxMode, // the realm sends the browser back by a link across sites
	})
}

func (m *Manager) dropCookie(w http.ResponseWriter, name string) {
	m.setCookie(w, name, "", -time.Second)
}
