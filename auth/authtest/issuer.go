// Package authtest runs an issuer in the test's own process, shaped like a Keycloak realm: it signs
// real tokens, publishes its keys, rotates them, and fails when told to.
package authtest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
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
	t      testing.TB
	server *httptest.Server

	mu      sync.Mutex
	signer  *rsa.PrivateKey
	public  []*rsa.PublicKey // what the key set holds, newest first
	fetches int              // of the key set
	answer  http.HandlerFunc // answers in place of the realm when set
}

// NewIssuer starts an issuer with one signing key. It ends with the test.
func NewIssuer(t testing.TB) *Issuer {
	t.Helper()
	i := &Issuer{t: t}
	i.Rotate()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /realms/demo/.well-known/openid-configuration", i.showDiscovery)
	mux.HandleFunc("GET /realms/demo/protocol/openid-connect/certs", i.showKeys)
	i.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		answer := i.answer
		i.mu.Unlock()
		if answer != nil {
			answer(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(i.server.Close)
	return i
}

// URL returns the realm's URL, which is the iss claim of its tokens.
func (i *Issuer) URL() string { return i.server.URL + "/realms/demo" }

// Rotate makes a new signing key. The older keys stay published, as Keycloak keeps passive keys.
func (i *Issuer) Rotate() {
	i.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		i.t.Fatal(err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.signer = key
	i.public = append([]*rsa.PublicKey{&key.PublicKey}, i.public...)
}

// Withdraw takes all keys but the newest out of the key set.
func (i *Issuer) Withdraw() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.public = i.public[:1]
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
	return Claims{
		"exp": now + 300, "iat": now, "auth_time": now,
		"jti": "onrtac:" + rand.Text(), "iss": i.URL(), "aud": []string{Audience, "account"},
		"sub": "id-of-" + username, "typ": "Bearer", "azp": ClientID, "sid": rand.Text(), "acr": "1",
		"realm_access":    map[string]any{"roles": roles},
		"resource_access": map[string]any{"account": map[string]any{"roles": []string{"view-profile"}}},
		"scope":           "openid profile email", "email_verified": true, "preferred_username": username,
		"name": username + " Example", "given_name": username, "family_name": "Example", "email": username + "@example.com",
	}
}

// Token returns a token for a user with these realm roles, valid for five minutes.
func (i *Issuer) Token(username string, roles ...string) string {
	i.t.Helper()
	return i.Sign(i.Claims(username, roles...))
}

// Sign returns a token with these claims, signed with the newest key.
func (i *Issuer) Sign(claims Claims) string {
	i.t.Helper()
	return i.SignWith(map[string]any{"alg": "RS256", "typ": "JWT", "kid": i.KeyID()}, claims)
}

// SignWith is Sign with a header of the caller's own, taken as it is: the signature is always RS256
// with the newest key, whatever the header says.
func (i *Issuer) SignWith(header map[string]any, claims any) string {
	i.t.Helper()
	i.mu.Lock()
	key := i.signer
	i.mu.Unlock()
	signed := i.segment(header) + "." + i.segment(claims)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		i.t.Fatal(err)
	}
	return signed + "." + encode(signature)
}

// KeyID returns the id of the newest key.
func (i *Issuer) KeyID() string {
	return keyID(i.PublicKey())
}

// PublicKey returns the newest key's public half, which everybody can read in the key set.
func (i *Issuer) PublicKey() *rsa.PublicKey {
	i.mu.Lock()
	defer i.mu.Unlock()
	return &i.signer.PublicKey
}

func (i *Issuer) segment(v any) string {
	i.t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		i.t.Fatal(err)
	}
	return encode(text)
}

func (i *Issuer) showDiscovery(w http.ResponseWriter, _ *http.Request) {
	i.send(w, map[string]any{"issuer": i.URL(), "jwks_uri": i.URL() + "/protocol/openid-connect/certs"})
}

// showKeys publishes a key for encryption first, as Keycloak does: who takes the first key fails.
func (i *Issuer) showKeys(w http.ResponseWriter, _ *http.Request) {
	i.mu.Lock()
	i.fetches++
	keys := []map[string]any{jwk(i.public[0], "enc", "RSA-OAEP", "key-for-encryption")}
	for _, key := range i.public {
		keys = append(keys, jwk(key, "sig", "RS256", keyID(key)))
	}
	i.mu.Unlock()
	i.send(w, map[string]any{"keys": keys})
}

func (i *Issuer) send(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		i.t.Errorf("the issuer could not answer: %v", err)
	}
}

func jwk(key *rsa.PublicKey, use, alg, kid string) map[string]any {
	return map[string]any{
		"kid": kid, "kty": "RSA", "alg": alg, "use": use,
		"n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes()),
	}
}

// keyID forms a key's id as Keycloak does: the SHA-256 of its SubjectPublicKeyInfo.
func keyID(key *rsa.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		panic(err) // cannot happen with an RSA key
	}
	sum := sha256.Sum256(der)
	return encode(sum[:])
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
