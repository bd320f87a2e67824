package authtest

import (
	"crypto/rand"
	"crypto/sha256"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// SessionClientID and SessionClientSecret are the credentials of a confidential client for logins. The public
// one is ClientID, which has no secret. The secret has letters in it that a header cannot carry as they are.
const (
	SessionClientID     = "keystead-session"
	SessionClientSecret = "se%cret: +&=/é"
)

// RotateRefreshTokens lets each refresh token be good once from now on, as Keycloak does with "Revoke Refresh
// Token". Until then it may be used again and again.
func (i *Issuer) RotateRefreshTokens() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.logins.rotating = true
}

// Alter lets change alter the claims of the access token and of the ID token that the token endpoint is about to
// sign, to play short lifetimes (exp is an int64) and faults; nil ends that. at_hash is added after it, unless
// it is there.
func (i *Issuer) Alter(change func(access, id Claims)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.logins.alter = change
}

// AroundToken puts a handler around the token endpoint, to hold it up or to let it fail; nil ends that. See
// Refuse.
func (i *Issuer) AroundToken(around func(endpoint http.Handler) http.Handler) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.logins.around = around
}

// Refuse returns, whatever it is put around, a handler that answers an OAuth error such as invalid_grant (RFC
// 6749 §5.2).
func Refuse(status int, code string) func(http.Handler) http.Handler {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { refuse(w, status, code, "As the test wants it") })
	}
}

func refuse(w http.ResponseWriter, status int, code, description string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	send(w, map[string]any{"error": code, "error_description": description})
}

// TokenRequests returns how often the token endpoint was asked by a grant type such as refresh_token, whatever
// came of it.
func (i *Issuer) TokenRequests(grantType string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.logins.requests[grantType]
}

// token is the token endpoint (RFC 6749 §3.2).
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.logins.requests[r.PostFormValue("grant_type")]++
	around := i.logins.around
	i.mu.Unlock()
	var endpoint http.Handler = http.HandlerFunc(i.grantTokens)
	if around != nil {
		endpoint = around(endpoint)
	}
	endpoint.ServeHTTP(w, r)
}

func (i *Issuer) grantTokens(w http.ResponseWriter, r *http.Request) {
	client, ok := authenticated(r)
	if !ok {
		refuse(w, http.StatusUnauthorized, "unauthorized_client", "Invalid client or Invalid client credentials")
		return
	}
	var l login
	var how, flaw string
	switch r.PostFormValue("grant_type") {
	case "authorization_code":
		how = "ac"
		l, flaw = i.redeem(r)
	case "refresh_token":
		how = "rt"
		l, flaw = i.refresh(r.PostFormValue("refresh_token"))
	default:
		refuse(w, http.StatusBadRequest, "unsupported_grant_type", "Unsupported grant_type")
		return
	}
	i.mu.Lock()
	s, live := i.logins.sessions[l.sid]
	i.mu.Unlock()
	switch {
	case flaw != "":
	case l.client != client:
		flaw = "Token client and authorized client don't match"
	case !live:
		flaw = "Session not active"
	}
	if flaw != "" {
		refuse(w, http.StatusBadRequest, "invalid_grant", flaw)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	send(w, i.tokens(l, s, how))
}

// authenticated returns the client that asks, by a header or by the form (RFC 6749 §2.3.1).
func authenticated(r *http.Request) (client string, ok bool) {
	id, secret, byHeader := r.BasicAuth()
	id, secret = unescape(id), unescape(secret)
	if !byHeader {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	return id, id == SessionClientID && secret == SessionClientSecret || id == ClientID && secret == ""
}

// redeem spends a code, whatever comes of it, and returns the login that it stands for, or why it is refused.
func (i *Issuer) redeem(r *http.Request) (l login, flaw string) {
	code := r.PostFormValue("code")
	i.mu.Lock()
	l, ok := i.logins.codes[code]
	delete(i.logins.codes, code)
	i.mu.Unlock()
	verifier := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	switch {
	case !ok:
		return l, "Code not valid"
	case l.redirectURI != r.PostFormValue("redirect_uri"):
		return l, "Incorrect redirect_uri"
	case l.challenge != "" && l.challenge != encode(verifier[:]): // RFC 7636 §4.6
		return l, "PKCE verification failed: Code mismatch"
	}
	return l, ""
}

// refresh returns the login of a refresh token, or why it is refused. The ID token of a refresh has no nonce.
func (i *Issuer) refresh(token string) (l login, flaw string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	l, ok := i.logins.refreshes[token]
	if !ok {
		return l, "Invalid refresh token"
	}
	if i.logins.rotating {
		delete(i.logins.refreshes, token)
	}
	l.nonce = ""
	return l, ""
}

// tokens returns the answer of the token endpoint; how is the grant's name in the token's id.
func (i *Issuer) tokens(l login, s session, how string) map[string]any {
	scopes := strings.Fields(l.scope)
	kind := "on"
	if slices.Contains(scopes, "offline_access") {
		kind = "of"
	}
	refresh := rand.Text()
	i.mu.Lock()
	i.logins.refreshes[refresh] = l
	alter := i.logins.alter
	i.mu.Unlock()
	access := i.Claims(s.username, s.roles...).With("azp", l.client).With("jti", kind+"rt"+how+":"+rand.Text())
	id := i.IDClaims(s.username, l.client, l.nonce)
	for _, claims := range []Claims{access, id} {
		maps.Copy(claims, Claims{"sid": l.sid, "auth_time": s.began.Unix()})
	}
	if alter != nil {
		alter(access, id)
	}
	token := i.Sign(access)
	answer := map[string]any{
		"access_token": token, "expires_in": lifetime(access), "token_type": "Bearer",
		"refresh_token": refresh, "refresh_expires_in": 1800,
		"session_state": l.sid, "scope": l.scope, "not-before-policy": 0,
	}
	if slices.Contains(scopes, "openid") {
		if _, there := id["at_hash"]; !there {
			id["at_hash"] = i.Key().HalfHash(token)
		}
		answer["id_token"] = i.Sign(id)
	}
	return answer
}

func lifetime(c Claims) int64 {
	exp, _ := c["exp"].(int64)
	iat, _ := c["iat"].(int64)
	return exp - iat
}
