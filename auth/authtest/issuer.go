// Package authtest runs an issuer in the test's own process, shaped like a Keycloak realm: it signs
// real tokens with any claims, key and algorithm, publishes its keys, rotates them, tells what it knows
// of a token (RFC 7662), signs users in and out, and is slow, away or talks rubbish when told to. One line
// makes a token for a user with roles, and one a request that carries it:
//
//	realm := authtest.NewIssuer(t)
//	token := realm.Token("alice", "admin")
//	request := realm.Request("GET", "/api/me", "alice", "admin")
//
// A login needs nobody to type a password: [Issuer.SignIn] says who is signed in at the realm, and then its
// authorization endpoint sends each browser back with a code, its token endpoint takes the code, refreshes, and
// fails as told, and its end session endpoint sends the browser back, too.
//
// A [Log] takes what the program under test writes.
package authtest

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// Audience and ClientID are what the issuer's tokens carry as aud and azp unless told otherwise.
const (
	Audience = "keystead-api"
	ClientID = "demo"
)

// Claims are the members of a token's payload.
type Claims map[string]any

// With returns a copy of c in which the claim name has the given value; nil removes it.
func (c Claims) With(name string, value any) Claims {
	changed := maps.Clone(c)
	changed[name] = value
	if value == nil {
		delete(changed, name)
	}
	return changed
}

// Issuer is a realm on loopback. It is safe for concurrent use.
type Issuer struct {
	server *httptest.Server

	mu           sync.Mutex
	key          *Key             // that signs
	set          []map[string]any // the published keys, newest first
	cacheControl string           // of the key set
	fetches      int              // of the key set
	delay        time.Duration    // of every answer
	answer       http.HandlerFunc // answers in place of the realm when set

	issued         map[string]Claims // what introspection tells, by token
	introspections int
	logins         logins
}

// NewIssuer starts an issuer with one RS256 key. It ends with the test.
func NewIssuer(t testing.TB) *Issuer {
	t.Helper()
	i := Start()
	t.Cleanup(i.Close)
	return i
}

// Start is NewIssuer for a program that is no test. End it with Close.
func Start() *Issuer {
	i := &Issuer{cacheControl: "no-cache", issued: map[string]Claims{}, logins: newLogins()}
	i.Rotate()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /realms/demo/.well-known/openid-configuration", i.showDiscovery)
	mux.HandleFunc("GET /realms/demo/protocol/openid-connect/certs", i.showKeys)
	mux.HandleFunc("POST /realms/demo/protocol/openid-connect/token/introspect", i.introspect)
	mux.HandleFunc("POST /realms/demo/protocol/openid-connect/token", i.token)
	mux.HandleFunc("/realms/demo/protocol/openid-connect/auth", i.authorize)
	mux.HandleFunc("/realms/demo/protocol/openid-connect/logout", i.endSession)
	i.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		answer, delay := i.answer, i.delay
		i.mu.Unlock()
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
		}
		if answer != nil {
			answer(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	i.server.Start() // now that i.server is there for whoever is asked
	return i
}

// Close ends the issuer.
func (i *Issuer) Close() { i.server.Close() }

// URL returns the realm's URL, which is the iss claim of its tokens.
func (i *Issuer) URL() string { return i.server.URL + "/realms/demo" }

// Key returns the key that signs.
func (i *Issuer) Key() *Key {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.key
}

// KeyID returns the id of the key that signs.
func (i *Issuer) KeyID() string { return i.Key().ID }

// Rotate makes a new RS256 key and signs with it from now on. The older keys stay published, as
// Keycloak keeps passive keys.
func (i *Issuer) Rotate() { i.Use(NewKey("RS256")) }

// Use publishes key and signs with it from now on.
func (i *Issuer) Use(key *Key) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.key = key
	i.set = append([]map[string]any{key.JWK()}, i.set...)
}

// Publish adds a member of any form to the key set, without signing with it.
func (i *Issuer) Publish(jwk map[string]any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.set = append(i.set, jwk)
}

// Withdraw takes all keys but the newest out of the key set.
func (i *Issuer) Withdraw() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.set = i.set[:1]
}

// CacheControl sets that header of the key set; Keycloak's is no-cache.
func (i *Issuer) CacheControl(value string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.cacheControl = value
}

// Delay lets every answer take this long. 0 ends that.
func (i *Issuer) Delay(d time.Duration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.delay = d
}

// Answer lets handler answer every request in place of the realm, to play outages and garbage; nil
// brings the realm back.
func (i *Issuer) Answer(handler http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.answer = handler
}

// Down is a handler for Answer: a realm that fails.
func Down(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "<html>starting</html>", http.StatusServiceUnavailable)
}

// Fetches returns how often the key set was fetched.
func (i *Issuer) Fetches() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.fetches
}

// Claims returns the claims of an access token as Keycloak issues it to a user with these realm roles.
func (i *Issuer) Claims(username string, roles ...string) Claims {
	now := time.Now().Unix()
	claims := Claims{
		"exp": now + 300, "iat": now, "auth_time": now,
		"jti": "onrtac:" + rand.Text(), "iss": i.URL(), "aud": []string{Audience, "account"},
		"sub": "id-of-" + username, "typ": "Bearer", "azp": ClientID, "sid": rand.Text(), "acr": "1",
		"allowed-origins": []string{"http://localhost:8000", "http://localhost:3000"},
		"resource_access": map[string]any{"account": map[string]any{"roles": []string{"manage-account", "manage-account-links", "view-profile"}}},
		"scope":           "openid profile email", "email_verified": true, "preferred_username": username,
		"name": username + " Example", "given_name": username, "family_name": "Example", "email": username + "@example.com",
	}
	if len(roles) > 0 { // without any, Keycloak leaves the claim out
		claims["realm_access"] = map[string]any{"roles": roles}
	}
	return claims
}

// IDClaims returns the claims of an ID token as Keycloak issues it to a client for a login with this nonce.
func (i *Issuer) IDClaims(username, client, nonce string) Claims {
	claims := i.Claims(username).With("typ", "ID").With("jti", rand.Text()).With("aud", client).With("azp", client).With("nonce", nonce)
	maps.DeleteFunc(claims, func(name string, value any) bool {
		return name == "allowed-origins" || name == "resource_access" || name == "scope" || value == ""
	})
	return claims
}

// LogoutClaims returns the claims of a logout token as Keycloak sends it to a client when a user's session has
// ended.
func (i *Issuer) LogoutClaims(client, username, sid string) Claims {
	now := time.Now().Unix()
	return Claims{
		"exp": now + 120, "iat": now, "jti": rand.Text(), "iss": i.URL(), "aud": client, "sub": "id-of-" + username, "typ": "Logout", "sid": sid,
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	}
}

// SignLogout returns a logout token with these claims.
func (i *Issuer) SignLogout(claims Claims) string {
	key := i.Key()
	header := key.Header()
	header["typ"] = "logout+jwt"
	return key.Compact(header, claims)
}

// Token returns a token for a user with these realm roles, valid for five minutes.
func (i *Issuer) Token(username string, roles ...string) string {
	return i.Sign(i.Claims(username, roles...))
}

// Request returns a request to a handler under test that carries such a token.
func (i *Issuer) Request(method, target, username string, roles ...string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	r.Header.Set("Authorization", "Bearer "+i.Token(username, roles...))
	return r
}

// Sign returns a token with these claims.
func (i *Issuer) Sign(claims Claims) string {
	key := i.Key()
	token := key.Compact(key.Header(), claims)
	i.Describe(token, claims)
	return token
}

// SignWith is Sign with a header of the caller's own, taken as it is.
func (i *Issuer) SignWith(header, claims any) string { return i.Key().Compact(header, claims) }

func (i *Issuer) showDiscovery(w http.ResponseWriter, _ *http.Request) {
	endpoint := i.URL() + "/protocol/openid-connect"
	send(w, map[string]any{
		"issuer": i.URL(), "jwks_uri": endpoint + "/certs", "introspection_endpoint": endpoint + "/token/introspect",
		"authorization_endpoint": endpoint + "/auth", "token_endpoint": endpoint + "/token", "end_session_endpoint": endpoint + "/logout",
		"authorization_response_iss_parameter_supported": true,
	})
}

// showKeys publishes a key for encryption first, as Keycloak does: who takes the first key fails.
func (i *Issuer) showKeys(w http.ResponseWriter, _ *http.Request) {
	i.mu.Lock()
	i.fetches++
	encryption := maps.Clone(i.set[0])
	encryption["kid"], encryption["use"], encryption["alg"] = "key-for-encryption", "enc", "RSA-OAEP"
	keys := append([]map[string]any{encryption}, i.set...)
	w.Header().Set("Cache-Control", i.cacheControl)
	i.mu.Unlock()
	send(w, map[string]any{"keys": keys})
}

func send(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // who hung up cannot be told
}
