package main

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/auth0/go-jwt-middleware/v2/jwks"
	"github.com/auth0/go-jwt-middleware/v2/validator"
	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-chi/jwtauth/v5"
	"github.com/golang-jwt/jwt/v5"
	"github.com/lestrrat-go/jwx/v2/jwk"
	jwxjwt "github.com/lestrrat-go/jwx/v2/jwt"

	"keystead/auth/authtest"
)

const leeway = 30 * time.Second

// verifyFunc does what an API does with a token: it refuses a bad one, and says of a good one
// whether its bearer has the realm role admin.
type verifyFunc func(ctx context.Context, token string) (admin bool, err error)

// peer is a library at its best ordinary settings, as its own documents show them. All of them
// check the signature, issuer, audience and expiry; the tests prove it.
type peer struct {
	module string // Go module path
	use    string // what of it is used
	note   string // what to know when comparing
	start  func(ctx context.Context, realm *authtest.Issuer) (verifyFunc, error)
}

var peers = []peer{
	{
		module: golangJWT, use: "map claims",
		note:  "brings no key store: here a map by key id that is filled again when an unknown id comes",
		start: startGolangJWT,
	},
	{
		module: "github.com/coreos/go-oidc/v3", use: "remote key set",
		note:  "made for ID tokens; no leeway on the expiry",
		start: startGoOIDC,
	},
	{
		module: "github.com/auth0/go-jwt-middleware/v2", use: "caching provider",
		note:  "an unknown key id waits for the key set's next refresh",
		start: startAuth0,
	},
	{
		module: "github.com/go-chi/jwtauth/v5", use: "static key",
		note:  "one key given at the start; neither key sets nor key ids",
		start: startJWTAuth,
	},
	{
		module: "github.com/lestrrat-go/jwx/v2", use: "jwt.Parse",
		note:  "the key set is fetched once; kept fresh by jwk.Cache it costs the same",
		start: startJWX,
	},
}

// missingPeers are those that ought to be in the table and why they are not.
var missingPeers = []string{
	"MicahParks/keyfunc v3: its dependency jwkset cannot be downloaded; golang-jwt stands for both",
}

// golangJWT is the peer that a target names.
const golangJWT = "github.com/golang-jwt/jwt/v5"

// name is the module's path without its host and major version.
func (p peer) name() string {
	return path.Dir(strings.TrimPrefix(p.module, "github.com/"))
}

// title is the name with the version that is compiled in and with what is used of it.
func (p peer) title() string {
	version := "(unknown)"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == p.module {
				version = m.Version
			}
		}
	}
	return fmt.Sprintf("%s %s, %s", p.name(), version, p.use)
}

const limitName = "crypto/rsa VerifyPKCS1v15 alone, digest ready"

// signatureAlone is the limit: the RSA operation that no uncached verifier can do without.
func signatureAlone(realm *authtest.Issuer, token string) (func() error, error) {
	dot := strings.LastIndexByte(token, '.')
	signature, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	if err != nil {
		return nil, fmt.Errorf("decoding the signature: %w", err)
	}
	key, ok := realm.Key().Public().(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("the issuer does not sign by RSA")
	}
	digest := sha256.Sum256([]byte(token[:dot]))
	return func() error { return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) }, nil
}

func startGolangJWT(ctx context.Context, realm *authtest.Issuer) (verifyFunc, error) {
	store := &keyStore{address: keySetURL(realm)}
	if err := store.fetch(ctx); err != nil {
		return nil, err
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(realm.URL()),
		jwt.WithAudience(authtest.Audience), jwt.WithExpirationRequired(), jwt.WithLeeway(leeway))
	return func(ctx context.Context, token string) (bool, error) {
		claims := jwt.MapClaims{}
		_, err := parser.ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) {
			kid, _ := t.Header["kid"].(string)
			return store.key(ctx, kid)
		})
		if err != nil {
			return false, err
		}
		return isAdmin(claims["realm_access"]), nil
	}, nil
}

// keyStore is what a project that uses golang-jwt writes for itself: the keys of one key set.
type keyStore struct {
	address string

	mu      sync.RWMutex
	keys    map[string]*rsa.PublicKey
	fetched time.Time
}

// key returns a key by its id. An unknown one causes a fetch, at most every ten seconds.
func (s *keyStore) key(ctx context.Context, kid string) (*rsa.PublicKey, error) {
	s.mu.RLock()
	key, fetched := s.keys[kid], s.fetched
	s.mu.RUnlock()
	if key == nil && time.Since(fetched) > 10*time.Second {
		if err := s.fetch(ctx); err != nil {
			return nil, err
		}
		s.mu.RLock()
		key = s.keys[kid]
		s.mu.RUnlock()
	}
	if key == nil {
		return nil, errors.New("unknown key id")
	}
	return key, nil
}

func (s *keyStore) fetch(ctx context.Context) error {
	set, err := jwk.Fetch(ctx, s.address)
	if err != nil {
		return fmt.Errorf("fetching keys: %w", err)
	}
	keys := map[string]*rsa.PublicKey{}
	for i := range set.Len() {
		entry, _ := set.Key(i)
		var key rsa.PublicKey
		if entry.KeyUsage() == "sig" && entry.Raw(&key) == nil {
			keys[entry.KeyID()] = &key
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys, s.fetched = keys, time.Now()
	return nil
}

func startGoOIDC(ctx context.Context, realm *authtest.Issuer) (verifyFunc, error) {
	provider, err := oidc.NewProvider(ctx, realm.URL())
	if err != nil {
		return nil, err
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: authtest.Audience})
	return func(ctx context.Context, token string) (bool, error) {
		verified, err := verifier.Verify(ctx, token)
		if err != nil {
			return false, err
		}
		var claims roleClaims
		if err := verified.Claims(&claims); err != nil {
			return false, err
		}
		return claims.isAdmin(), nil
	}, nil
}

func startAuth0(_ context.Context, realm *authtest.Issuer) (verifyFunc, error) {
	issuer, err := url.Parse(realm.URL())
	if err != nil {
		return nil, err
	}
	provider := jwks.NewCachingProvider(issuer, 5*time.Minute)
	v, err := validator.New(provider.KeyFunc, validator.RS256, realm.URL(), []string{authtest.Audience},
		validator.WithAllowedClockSkew(leeway),
		validator.WithCustomClaims(func() validator.CustomClaims { return &roleClaims{} }))
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, token string) (bool, error) {
		verified, err := v.ValidateToken(ctx, token)
		if err != nil {
			return false, err
		}
		return verified.(*validator.ValidatedClaims).CustomClaims.(*roleClaims).isAdmin(), nil
	}, nil
}

func startJWTAuth(_ context.Context, realm *authtest.Issuer) (verifyFunc, error) {
	verifier := jwtauth.New("RS256", nil, realm.Key().Public(), jwxjwt.WithIssuer(realm.URL()),
		jwxjwt.WithAudience(authtest.Audience), jwxjwt.WithAcceptableSkew(leeway))
	return func(_ context.Context, token string) (bool, error) {
		verified, err := jwtauth.VerifyToken(verifier, token)
		if err != nil {
			return false, err
		}
		access, _ := verified.Get("realm_access")
		return isAdmin(access), nil
	}, nil
}

func startJWX(ctx context.Context, realm *authtest.Issuer) (verifyFunc, error) {
	keys, err := jwk.Fetch(ctx, keySetURL(realm))
	if err != nil {
		return nil, err
	}
	options := []jwxjwt.ParseOption{
		jwxjwt.WithKeySet(keys), jwxjwt.WithIssuer(realm.URL()),
		jwxjwt.WithAudience(authtest.Audience), jwxjwt.WithAcceptableSkew(leeway),
	}
	return func(_ context.Context, token string) (bool, error) {
		verified, err := jwxjwt.ParseString(token, options...)
		if err != nil {
			return false, err
		}
		access, _ := verified.Get("realm_access")
		return isAdmin(access), nil
	}, nil
}

func keySetURL(realm *authtest.Issuer) string { return realm.URL() + "/protocol/openid-connect/certs" }

// roleClaims is the struct for the libraries that decode into one.
type roleClaims struct {
	RealmAccess struct {
		Roles []string `json:"roles"`
	} `json:"realm_access"`
}

func (c *roleClaims) isAdmin() bool { return slices.Contains(c.RealmAccess.Roles, "admin") }

// Validate makes roleClaims custom claims for auth0; there is nothing more to check.
func (c *roleClaims) Validate(context.Context) error { return nil }

// isAdmin reads realm_access for the libraries that decode into maps.
func isAdmin(realmAccess any) bool {
	access, _ := realmAccess.(map[string]any)
	roles, _ := access["roles"].([]any)
	return slices.Contains(roles, any("admin"))
}
