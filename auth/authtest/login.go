package authtest

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// logins is what an issuer knows of people who are signed in.
type logins struct {
	user      string             // the session of whoever is signed in; "" for nobody
	sessions  map[string]session // that have not ended, by sid
	codes     map[string]login   // by authorization code
	refreshes map[string]login   // by refresh token
	rotating  bool               // a refresh token is good once
	requests  map[string]int     // to the token endpoint, by grant type
	alter     func(access, id Claims)
	around    func(http.Handler) http.Handler
}

// session is one of the realm's: a user, whose browser may sign in to several clients.
type session struct {
	username string
	roles    []string
	began    time.Time
}

// login is a client's part of a session.
type login struct {
	sid, client, redirectURI, nonce, challenge, scope string
}

func newLogins() logins {
	return logins{sessions: map[string]session{}, codes: map[string]login{}, refreshes: map[string]login{}, requests: map[string]int{}}
}

// SignIn signs a user with these realm roles in at the realm, and returns the id of that session (sid). The
// authorization endpoint, which knows one browser only, then answers every client at once with a code; while
// nobody is signed in, with the error login_required. Whoever was signed in before keeps that session's tokens.
func (i *Issuer) SignIn(username string, roles ...string) (sid string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	sid = rand.Text()
	i.logins.user = sid
	i.logins.sessions[sid] = session{username, roles, time.Now()}
	return sid
}

// EndSession ends a session as a sign-out or an administrator does: its codes and refresh tokens are refused,
// and introspection calls its access tokens inactive. Offline ones end, too, and no logout token is sent.
func (i *Issuer) EndSession(sid string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.logins.sessions, sid)
	if i.logins.user == sid {
		i.logins.user = ""
	}
	maps.DeleteFunc(i.issued, func(_ string, claims Claims) bool { return claims["sid"] == sid })
}

// authorize is the authorization endpoint (RFC 6749 §4.1.1). It takes every client and redirect URI.
func (i *Issuer) authorize(w http.ResponseWriter, r *http.Request) {
	answer := url.Values{"iss": {i.URL()}} // RFC 9207
	i.mu.Lock()
	sid := i.logins.user
	switch {
	case r.FormValue("response_type") != "code":
		answer.Set("error", "unsupported_response_type")
	case r.FormValue("code_challenge") != "" && r.FormValue("code_challenge_method") != "S256":
		answer.Set("error", "invalid_request")
	case sid == "":
		answer.Set("error", "login_required")
	default:
		code := rand.Text()
		i.logins.codes[code] = login{sid, r.FormValue("client_id"), r.FormValue("redirect_uri"), r.FormValue("nonce"), r.FormValue("code_challenge"), r.FormValue("scope")}
		answer.Set("code", code)
		answer.Set("session_state", sid)
	}
	i.mu.Unlock()
	redirect(w, r, r.FormValue("redirect_uri"), answer)
}

// endSession is the end session endpoint (RP-Initiated Logout 1.0 §2). It believes the hint unverified, asks
// nobody, and takes every redirect URI.
func (i *Issuer) endSession(w http.ResponseWriter, r *http.Request) {
	var hint struct {
		SessionID string `json:"sid"`
	}
	if parts := strings.Split(r.FormValue("id_token_hint"), "."); len(parts) == 3 {
		payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
		_ = json.Unmarshal(payload, &hint) // what cannot be read names no session
	}
	i.EndSession(hint.SessionID)
	if target := r.FormValue("post_logout_redirect_uri"); target != "" {
		redirect(w, r, target, url.Values{})
		return
	}
	fmt.Fprintln(w, "You are logged out")
}

// redirect sends a browser to a client with an answer and the state that the client gave.
func redirect(w http.ResponseWriter, r *http.Request, to string, answer url.Values) {
	target, err := url.Parse(to)
	if err != nil || !target.IsAbs() {
		http.Error(w, "Invalid parameter: redirect_uri", http.StatusBadRequest)
		return
	}
	if state := r.FormValue("state"); state != "" {
		answer.Set("state", state)
	}
	query := target.Query()
	maps.Copy(query, answer)
	target.RawQuery = query.Encode()
	http.Redirect(w, r, target.String(), http.StatusFound)
}
