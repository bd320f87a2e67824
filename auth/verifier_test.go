package auth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keystead/auth"
	"keystead/auth/authtest"
)

var discard = slog.New(slog.DiscardHandler)

// filled returns a key set that has fetched once, and is kept until the test ends.
func filled(t testing.TB, cfg auth.KeysConfig) *auth.Keys {
	t.Helper()
	cfg.Logger = discard
	keys := auth.NewKeys(cfg)
	go keys.Run(t.Context())
	eventually(t, func() bool { return keys.Ready() == nil })
	return keys
}

// newVerifier returns a verifier of the realm's tokens. What cfg leaves open is set as serve sets it,
// but for the cache, which is off.
func newVerifier(t testing.TB, realm *authtest.Issuer, cfg auth.VerifierConfig) *auth.Verifier {
	t.Helper()
	if cfg.Keys == nil {
		cfg.Keys = filled(t, auth.KeysConfig{Issuer: realm.URL()})
	}
	if cfg.Audience == nil && !cfg.InsecureSkipAudience {
		cfg.Audience = []string{authtest.Audience}
	}
	if cfg.Leeway == 0 {
		cfg.Leeway = 30 * time.Second
	}
	v, err := auth.NewVerifier(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// principal returns what a verifier makes of a token with these claims.
func principal(t testing.TB, realm *authtest.Issuer, claims authtest.Claims) *auth.Principal {
	t.Helper()
	p, err := newVerifier(t, realm, auth.VerifierConfig{}).Verify(t.Context(), realm.Sign(claims))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// eventually waits for something that another goroutine brings about.
func eventually(t testing.TB, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatal("did not come about within 10 s")
}

func TestAccepted(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm, auth.VerifierConfig{})
	alice := realm.Claims("alice")
	key := realm.Key()
	ago := func(d time.Duration) int64 { return time.Now().Add(-d).Unix() }
	tests := map[string]string{
		"a list of audiences":                   realm.Sign(alice),
		"one audience":                          realm.Sign(alice.With("aud", authtest.Audience)),
		"expired within the leeway":             realm.Sign(alice.With("exp", ago(20*time.Second))),
		"issued a little ahead of our clock":    realm.Sign(alice.With("iat", ago(-20*time.Second))),
		"times with a fraction":                 realm.Sign(alice.With("exp", float64(ago(-60*time.Second))+0.5)),
		"a time with an exponent":               realm.Sign(alice.With("exp", json.RawMessage("4e9"))),
		"nbf 0, as older Keycloaks send":        realm.Sign(alice.With("nbf", 0)),
		"RFC 9068 token without Keycloak's typ": realm.SignWith(with(key.Header(), "typ", "at+jwt"), alice.With("typ", nil)),
		"RFC 9068 type in full":                 realm.SignWith(with(key.Header(), "typ", "application/at+JWT"), alice),
		"header that offers a key of its own":   realm.SignWith(with(key.Header(), "jku", "https://evil.example/keys"), alice),
		"blanks in the JSON, as Keycloak has":   realm.SignWith([]byte(`{"alg":"RS256","typ" : "JWT","kid" : "`+key.ID+`"}`), alice),
		"a deep claim that nobody reads":        realm.Sign(alice.With("x", json.RawMessage(strings.Repeat(`[`, 5000)+strings.Repeat(`]`, 5000)))),
		"every known claim of an odd type": realm.Sign(alice.With("auth_time", "x").With("azp", 1).With("jti", []int{}).With("sid", true).With("acr", 1).
			With("scope", []string{"openid"}).With("name", map[string]int{}).With("email_verified", "true").With("groups", map[string]bool{"/staff": true}).
			With("organization", 7).With("resource_access", "all")),
	}
	for name, token := range tests {
		t.Run(name, func(t *testing.T) {
			if p, err := v.Verify(t.Context(), token); err != nil || p.Subject() != "id-of-alice" {
				t.Errorf("Verify = %+v, %v", p, err)
			}
		})
	}
}

func TestAlgorithms(t *testing.T) {
	for _, alg := range everyAlgorithm {
		t.Run(alg, func(t *testing.T) {
			realm := authtest.NewIssuer(t)
			realm.Use(authtest.NewKey(alg))
			token := realm.Token("alice")
			if p, err := newVerifier(t, realm, auth.VerifierConfig{Algorithms: []string{alg}}).Verify(t.Context(), token); err != nil {
				t.Errorf("allowed: %v, %v", p, err)
			}
			others := slices.DeleteFunc(slices.Clone(everyAlgorithm), func(other string) bool { return other == alg })
			if _, err := newVerifier(t, realm, auth.VerifierConfig{Algorithms: others}).Verify(t.Context(), token); !errors.Is(err, auth.ErrTokenAlgorithm) {
				t.Errorf("not allowed: %v", err)
			}
		})
	}
}

// A key that does not say what it is for serves every algorithm of its kind that is allowed, and two
// keys may share an id when they are of different kinds (RFC 7517 §4.5).
func TestKeysWithoutAnAlgorithm(t *testing.T) {
	realm := authtest.NewIssuer(t)
	curve := authtest.NewKey("ES256")
	curve.ID = realm.KeyID()
	realm.Publish(curve.JWK())
	silent := authtest.NewKey("RS256")
	jwk := silent.JWK()
	delete(jwk, "alg")
	delete(jwk, "use")
	realm.Publish(jwk)
	v := newVerifier(t, realm, auth.VerifierConfig{Algorithms: []string{"RS256", "PS384", "ES256"}})
	for _, key := range []*authtest.Key{realm.Key(), curve, silent, as(silent, "PS384")} {
		if _, err := v.Verify(t.Context(), key.Compact(key.Header(), realm.Claims("alice"))); err != nil {
			t.Errorf("%s: %v", key.Algorithm, err)
		}
	}
}

// A key that does not say what it is for is still of one kind, and only for algorithms of that.
func TestKeysAreForAlgorithmsOfTheirKind(t *testing.T) {
	realm := authtest.NewIssuer(t)
	kinds := map[string][]string{
		"RS256": {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"},
		"ES256": {"ES256"}, "ES384": {"ES384"}, "ES512": {"ES512"}, "EdDSA": {"EdDSA"},
	}
	keys := map[string]*authtest.Key{}
	for alg := range kinds {
		keys[alg] = authtest.NewKey(alg)
		jwk := keys[alg].JWK()
		delete(jwk, "alg")
		realm.Publish(jwk)
	}
	v := newVerifier(t, realm, auth.VerifierConfig{Algorithms: everyAlgorithm})
	for kind, key := range keys {
		for _, alg := range everyAlgorithm {
			fits := slices.Contains(kinds[kind], alg)
			token := key.Compact(with(key.Header(), "alg", alg), realm.Claims("alice"))
			if fits {
				token = as(key, alg).Compact(with(key.Header(), "alg", alg), realm.Claims("alice"))
			}
			_, err := v.Verify(t.Context(), token)
			if fits && err != nil || !fits && codeOf(err) != auth.CodeTokenAlgorithm {
				t.Errorf("%s by a key of the kind of %s: %v", alg, kind, err)
			}
		}
	}
}

// The edges of the leeway, to the second: what is allowed late or early, and what no longer. They
// are the same for a token that is remembered.
func TestLeeway(t *testing.T) {
	realm := authtest.NewIssuer(t)
	const base = 1_800_000_000
	token := realm.Sign(realm.Claims("alice").With("iat", base).With("nbf", base).With("exp", base+300))
	keys := filled(t, auth.KeysConfig{Issuer: realm.URL()})
	for _, size := range []int{0, 10} {
		var now int64
		v := newVerifier(t, realm, auth.VerifierConfig{
			Keys: keys, CacheSize: size, Leeway: 10 * time.Second, Now: func() time.Time { return time.Unix(now, 0) },
		})
		for _, step := range []struct {
			now  int64
			want error
		}{
			{base - 11, auth.ErrTokenNotYet}, {base - 10, nil}, {base - 11, auth.ErrTokenNotYet}, {base + 309, nil}, {base + 310, auth.ErrTokenExpired}, {base + 309, nil},
		} {
			now = step.now
			if _, err := v.Verify(t.Context(), token); !errors.Is(err, step.want) {
				t.Errorf("cache of %d, at iat%+d: %v, want %v", size, now-base, err, step.want)
			}
		}
	}
}

func TestAuthorizedParties(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm, auth.VerifierConfig{AuthorizedParties: []string{"demo", "reporter"}})
	for azp, want := range map[any]error{"demo": nil, "reporter": nil, "other": auth.ErrTokenAuthorizedParty, "demo ": auth.ErrTokenAuthorizedParty, nil: auth.ErrTokenAuthorizedParty, 1: auth.ErrTokenAuthorizedParty} {
		if _, err := v.Verify(t.Context(), realm.Sign(realm.Claims("alice").With("azp", azp))); !errors.Is(err, want) {
			t.Errorf("azp %v: %v, want %v", azp, err, want)
		}
	}
}

// Only the audience is skipped.
func TestInsecureSkipAudience(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm, auth.VerifierConfig{InsecureSkipAudience: true})
	alice := realm.Claims("alice").With("aud", nil)
	for want, claims := range map[error]authtest.Claims{
		nil:                  alice,
		auth.ErrTokenIssuer:  alice.With("iss", "https://evil.example"),
		auth.ErrTokenExpired: alice.With("exp", 1),
		auth.ErrTokenType:    alice.With("typ", "ID"),
	} {
		if _, err := v.Verify(t.Context(), realm.Sign(claims)); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}

func TestNewVerifierNamesWhatIsWrong(t *testing.T) {
	good := auth.VerifierConfig{Keys: auth.NewKeys(auth.KeysConfig{Issuer: "https://login.example.com/realms/demo"}), Audience: []string{"a"}}
	if _, err := auth.NewVerifier(good); err != nil {
		t.Fatal(err)
	}
	tests := map[string]func(c *auth.VerifierConfig){
		"needs keys":                 func(c *auth.VerifierConfig) { c.Keys = nil },
		"the keys need an issuer":    func(c *auth.VerifierConfig) { c.Keys = auth.NewKeys(auth.KeysConfig{}) },
		"needs an audience":          func(c *auth.VerifierConfig) { c.Audience = nil },
		"must not be empty":          func(c *auth.VerifierConfig) { c.Audience = []string{"a", ""} },
		"party must not be empty":    func(c *auth.VerifierConfig) { c.AuthorizedParties = []string{""} },
		`no algorithm "HS256"`:       func(c *auth.VerifierConfig) { c.Algorithms = []string{"RS256", "HS256"} },
		`no algorithm "none"`:        func(c *auth.VerifierConfig) { c.Algorithms = []string{"none"} },
		"from 0 to 5m0s, got 6m0s":   func(c *auth.VerifierConfig) { c.Leeway = 6 * time.Minute },
		"from 0 to 5m0s, got -1s":    func(c *auth.VerifierConfig) { c.Leeway = -time.Second },
		"sizes must not be negative": func(c *auth.VerifierConfig) { c.MaxTokenBytes = -1 },
		"must not be negative":       func(c *auth.VerifierConfig) { c.CacheSize = -1 },
		"client id and its secret":   func(c *auth.VerifierConfig) { c.Introspection = &auth.Introspection{ClientID: "a"} },
	}
	for want, spoil := range tests {
		cfg := good
		spoil(&cfg)
		if _, err := auth.NewVerifier(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %s", err, want)
		}
	}
}

// Errors of one code are the same to errors.Is, and those of two codes are not.
func TestErrorsAreToldApart(t *testing.T) {
	sentinels := []*auth.Error{
		auth.ErrTokenMissing, auth.ErrTokenMalformed, auth.ErrTokenTooLarge, auth.ErrTokenAlgorithm, auth.ErrTokenKeyUnknown, auth.ErrTokenSignature,
		auth.ErrTokenType, auth.ErrTokenIssuer, auth.ErrTokenAudience, auth.ErrTokenAuthorizedParty, auth.ErrTokenBound, auth.ErrTokenExpired,
		auth.ErrTokenNotYet, auth.ErrTokenRevoked, auth.ErrClaimMissing, auth.ErrRoleMissing, auth.ErrScopeMissing, auth.ErrGroupMissing,
		auth.ErrOrganizationMissing, auth.ErrClaimMismatch, auth.ErrAuthenticationLevel, auth.ErrKeysUnavailable, auth.ErrIntrospectionUnavailable,
	}
	for i, a := range sentinels {
		exact := fmt.Errorf("wrapped: %w", &auth.Error{Code: a.Code, Reason: "more exact"})
		for j, b := range sentinels {
			if errors.Is(exact, b) != (i == j) {
				t.Errorf("errors.Is(%s, %s) = %v", a.Code, b.Code, i != j)
			}
		}
	}
	if errors.Is(auth.ErrTokenExpired, context.Canceled) {
		t.Error("a refusal is an error of somebody else's")
	}
}

// revocations is what a test has revoked.
type revocations func(*auth.Principal) bool

func (r revocations) Revoked(p *auth.Principal) bool { return r(p) }

func TestRevocations(t *testing.T) {
	realm := authtest.NewIssuer(t)
	alice := realm.Claims("alice").With("jti", "token-1").With("sid", "session-1").With("iat", 1_700_000_000)
	before := func(at int64) revocations {
		return func(p *auth.Principal) bool {
			return p.Subject() == "id-of-alice" && p.IssuedAt().Before(time.Unix(at, 0))
		}
	}
	for name, tt := range map[string]struct {
		revoked revocations
		want    error
	}{
		"by the token's id":                {func(p *auth.Principal) bool { return p.TokenID() == "token-1" }, auth.ErrTokenRevoked},
		"by the session":                   {func(p *auth.Principal) bool { return p.SessionID() == "session-1" }, auth.ErrTokenRevoked},
		"by the subject":                   {before(1_700_000_001), auth.ErrTokenRevoked},
		"not: issued in the second itself": {before(1_700_000_000), nil},
		"not: another's":                   {func(p *auth.Principal) bool { return p.Subject() == "id-of-bob" }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var on atomic.Bool
			v := newVerifier(t, realm, auth.VerifierConfig{CacheSize: 10, Revocations: revocations(func(p *auth.Principal) bool { return on.Load() && tt.revoked(p) })})
			token := realm.Sign(alice)
			if _, err := v.Verify(t.Context(), token); err != nil {
				t.Fatal(err)
			}
			on.Store(true)
			for range 2 { // remembered, and verified anew
				if _, err := v.Verify(t.Context(), token); !errors.Is(err, tt.want) {
					t.Errorf("Verify = %v, want %v", err, tt.want)
				}
			}
		})
	}
}
