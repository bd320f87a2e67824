package authtest

import (
	"crypto/rand"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// IntrospectionClientID and IntrospectionClientSecret are the credentials for asking the issuer about
// tokens. The secret has letters in it that a header cannot carry as they are.
const (
	IntrospectionClientID     = Audience
	IntrospectionClientSecret = "s%cret: +&=/é"
)

// Lightweight returns a token as Keycloak issues it with "Always use lightweight access token": the user
// and the realm roles are told by introspection alone.
func (i *Issuer) Lightweight(username string, roles ...string) string {
	return i.SignLightweight(i.Claims(username, roles...).With("jti", "onltac:"+rand.Text()))
}

// SignLightweight returns a token that keeps back most of these claims for introspection.
func (i *Issuer) SignLightweight(claims Claims) string {
	kept := maps.Clone(claims)
	maps.DeleteFunc(kept, func(name string, _ any) bool {
		return !slices.Contains([]string{"exp", "iat", "jti", "iss", "typ", "azp", "sid", "scope", "cnf"}, name)
	})
	token := i.Sign(kept)
	i.Describe(token, claims)
	return token
}

// Opaque returns a token that is no JWT, for a user with these realm roles.
func (i *Issuer) Opaque(username string, roles ...string) string {
	token := rand.Text()
	i.Describe(token, i.Claims(username, roles...))
	return token
}

// Describe lets introspection tell these claims of a token, whatever the token itself says.
func (i *Issuer) Describe(token string, claims Claims) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.issued[token] = claims
}

// End makes a token inactive, as the end of its session does.
func (i *Issuer) End(token string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.issued, token)
}

// Introspections returns how often the realm was asked about a token.
func (i *Issuer) Introspections() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.introspections
}

// introspect answers as Keycloak does (RFC 7662 §2.2): of a token that is not good, or not meant for the
// client that asks, it says nothing but that.
func (i *Issuer) introspect(w http.ResponseWriter, r *http.Request) {
	token := r.PostFormValue("token")
	i.mu.Lock()
	i.introspections++
	claims, known := i.issued[token]
	i.mu.Unlock()
	id, secret, _ := r.BasicAuth()
	if unescape(id) != IntrospectionClientID || unescape(secret) != IntrospectionClientSecret {
		w.WriteHeader(http.StatusUnauthorized)
		send(w, map[string]any{"error": "invalid_client", "error_description": "Client authentication failed."})
		return
	}
	if token == "" {
		w.WriteHeader(http.StatusBadRequest)
		send(w, map[string]any{"error": "invalid_request", "error_description": "Token not provided."})
		return
	}
	if !known || expired(claims) || !meantFor(claims, IntrospectionClientID) {
		send(w, map[string]any{"active": false})
		return
	}
	send(w, claims.With("active", true).With("client_id", claims["azp"]).With("username", claims["preferred_username"]).With("token_type", "Bearer"))
}

func unescape(s string) string {
	plain, err := url.QueryUnescape(s) // RFC 6749 §2.3.1
	if err != nil {
		return ""
	}
	return plain
}

func expired(c Claims) bool {
	exp, ok := c["exp"].(int64)
	return ok && exp <= time.Now().Unix()
}

func meantFor(c Claims, client string) bool {
	audience, ok := c["aud"].([]string)
	return ok && slices.Contains(audience, client) || c["aud"] == client
}
