package auth_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/jwtauth/v5"
	"github.com/google/go-cmp/cmp"

	"keystead/auth"
	"keystead/auth/authtest"
)

// newVerifier returns a verifier of the issuer's tokens whose keys are kept until the test ends.
func newVerifier(t *testing.T, realm *authtest.Issuer) *auth.Verifier {
	t.Helper()
	keys := auth.NewKeys(auth.KeysConfig{Issuer: realm.URL(), Logger: discard})
	go keys.Run(t.Context())
	return verifierWith(t, realm, keys)
}

func verifierWith(t *testing.T, realm *authtest.Issuer, keys *auth.Keys) *auth.Verifier {
	t.Helper()
	v, err := auth.NewVerifier(auth.VerifierConfig{Keys: keys, Issuer: realm.URL(), Audience: []string{authtest.Audience}})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestRefusals(t *testing.T) {
	realm := authtest.NewIssuer(t)
	other := authtest.NewIssuer(t)
	v := newVerifier(t, realm)
	alice := realm.Claims("alice", "admin")
	now := time.Now()
	header := func(name string, value any) string {
		h := map[string]any{"alg": "RS256", "typ": "JWT", "kid": realm.KeyID()}
		h[name] = value
		return realm.SignWith(h, alice)
	}
	good := realm.Sign(alice)
	parts := strings.Split(good, ".")

	tests := []struct {
		name, token string
		want        error
		reason      string // part of it
	}{
		{"empty", "", auth.ErrTokenMalformed, "three parts"},
		{"two parts", "a.b", auth.ErrTokenMalformed, "three parts"},
		{"five parts, as an encrypted token has", "a.b.c.d.e", auth.ErrTokenMalformed, "three parts"},
		{"not base64url", "!." + parts[1] + "." + parts[2], auth.ErrTokenMalformed, "header is not base64url"},
		{"padded base64", parts[0] + "." + parts[1] + "." + parts[2] + "=", auth.ErrTokenMalformed, "signature is not base64url"},
		{"header no JSON", encode("hello") + "." + parts[1] + "." + parts[2], auth.ErrTokenMalformed, "header is not a JSON object"},
		{"too long", strings.Repeat("a", 17000), auth.ErrTokenTooLarge, "17000 bytes"},
		{"alg none, unsigned", encode(`{"alg":"none","typ":"JWT"}`) + "." + parts[1] + ".", auth.ErrTokenAlgorithm, "RS256"},
		{"alg nOnE", header("alg", "nOnE"), auth.ErrTokenAlgorithm, "RS256"},
		{"alg RS512", header("alg", "RS512"), auth.ErrTokenAlgorithm, "RS256"},
		{"HS256 signed with the public key", hs256(realm, alice), auth.ErrTokenAlgorithm, "RS256"},
		{"unknown crit", header("crit", []string{"b64"}), auth.ErrTokenMalformed, "crit"},
		{"no kid", header("kid", ""), auth.ErrTokenKeyUnknown, "names no key"},
		{"kid of the encryption key", header("kid", "key-for-encryption"), auth.ErrTokenKeyUnknown, "does not publish"},
		{"logout token", header("typ", "logout+jwt"), auth.ErrTokenType, "JWT or at+jwt"},
		{"another realm's key", other.Sign(alice), auth.ErrTokenKeyUnknown, "another realm"},
		{"another key under a known id", other.SignWith(map[string]any{"alg": "RS256", "typ": "JWT", "kid": realm.KeyID()}, alice), auth.ErrTokenSignature, "does not verify"},
		{"payload changed", parts[0] + "." + encode(`{"sub":"root"}`) + "." + parts[2], auth.ErrTokenSignature, "does not verify"},
		{"payload no object", realm.SignWith(map[string]any{"alg": "RS256", "typ": "JWT", "kid": realm.KeyID()}, []int{1}), auth.ErrTokenMalformed, "payload is not a JSON object"},
		{"ID token", realm.Sign(alice.With("typ", "ID")), auth.ErrTokenType, `type "ID"`},
		{"refresh token", realm.Sign(alice.With("typ", "Refresh")), auth.ErrTokenType, `type "Refresh"`},
		{"typ claim of a wrong type, behind a type that could do without", realm.SignWith(map[string]any{"alg": "RS256", "typ": "at+jwt", "kid": realm.KeyID()}, alice.With("typ", []string{"ID"})), auth.ErrTokenType, `type ""`},
		{"no typ claim", realm.Sign(alice.With("typ", nil)), auth.ErrTokenType, `type ""`},
		{"another issuer", realm.Sign(alice.With("iss", "https://evil.example/realms/demo")), auth.ErrTokenIssuer, "Issuer https://evil.example/realms/demo is not"},
		{"issuer with a slash", realm.Sign(alice.With("iss", realm.URL()+"/")), auth.ErrTokenIssuer, "trailing slash"},
		{"issuer by https", realm.Sign(alice.With("iss", strings.Replace(realm.URL(), "http", "https", 1))), auth.ErrTokenIssuer, "http and https"},
		{"no issuer", realm.Sign(alice.With("iss", nil)), auth.ErrTokenIssuer, "(none)"},
		{"expired", realm.Sign(alice.With("exp", now.Add(-192*time.Second).Unix())), auth.ErrTokenExpired, "expired 3m1"},
		{"no exp", realm.Sign(alice.With("exp", nil)), auth.ErrClaimMissing, "exp"},
		{"exp a string", realm.Sign(alice.With("exp", "9999999999")), auth.ErrClaimMissing, "exp"},
		{"exp beyond reason", realm.Sign(alice.With("exp", 1e300)), auth.ErrClaimMissing, "exp"},
		{"no iat", realm.Sign(alice.With("iat", nil)), auth.ErrClaimMissing, "iat"},
		{"issued in the future", realm.Sign(alice.With("iat", now.Add(time.Minute).Unix())), auth.ErrTokenNotYet, "compare the clocks"},
		{"not valid yet", realm.Sign(alice.With("nbf", now.Add(time.Minute).Unix())), auth.ErrTokenNotYet, "valid only in"},
		{"nbf a string", realm.Sign(alice.With("nbf", "soon")), auth.ErrClaimMissing, "nbf"},
		{"audience of another", realm.Sign(alice.With("aud", "account")), auth.ErrTokenAudience, "Audience account holds none of keystead-api; add an audience mapper to the client demo"},
		{"audience that contains ours", realm.Sign(alice.With("aud", "keystead-api-2")), auth.ErrTokenAudience, "none of"},
		{"no audience", realm.Sign(alice.With("aud", nil)), auth.ErrTokenAudience, "(none)"},
		{"audience with a null in it", realm.Sign(alice.With("aud", []any{nil, authtest.Audience})), auth.ErrTokenAudience, "(none)"},
		{"audience an object", realm.Sign(alice.With("aud", map[string]bool{authtest.Audience: true})), auth.ErrTokenAudience, "(none)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := v.Verify(t.Context(), tt.token)
			if p != nil || !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.reason) {
				t.Errorf("Verify = %v, %v; want the code of %q and a reason with %q", p, err, tt.want, tt.reason)
			}
		})
	}
}

func TestAccepted(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm)
	alice := realm.Claims("alice")
	ago := func(d time.Duration) int64 { return time.Now().Add(-d).Unix() }
	tests := map[string]string{
		"array of audiences":                    realm.Sign(alice),
		"audience as a string":                  realm.Sign(alice.With("aud", authtest.Audience)),
		"expired within the leeway":             realm.Sign(alice.With("exp", ago(20*time.Second))),
		"issued a little ahead of our clock":    realm.Sign(alice.With("iat", ago(-20*time.Second))),
		"times with a fraction":                 realm.Sign(alice.With("exp", float64(ago(-60*time.Second))+0.5)),
		"nbf 0, as older Keycloaks send":        realm.Sign(alice.With("nbf", 0)),
		"RFC 9068 token without Keycloak's typ": realm.SignWith(map[string]any{"alg": "RS256", "typ": "at+jwt", "kid": realm.KeyID()}, alice.With("typ", nil)),
		"RFC 9068 type in full":                 realm.SignWith(map[string]any{"alg": "RS256", "typ": "application/at+JWT", "kid": realm.KeyID()}, alice),
		"header that offers a key of its own":   realm.SignWith(map[string]any{"alg": "RS256", "typ": "JWT", "kid": realm.KeyID(), "jku": "https://evil.example/keys"}, alice),
	}
	for name, token := range tests {
		t.Run(name, func(t *testing.T) {
			if p, err := v.Verify(t.Context(), token); err != nil || p.Subject != "id-of-alice" {
				t.Errorf("Verify = %+v, %v", p, err)
			}
		})
	}
}

// The edges of the leeway, to the second: what is allowed late or early, and what no longer.
func TestLeeway(t *testing.T) {
	realm := authtest.NewIssuer(t)
	const base = 1_800_000_000
	claims := realm.Claims("alice").With("iat", base).With("nbf", base).With("exp", base+300)
	token := realm.Sign(claims)
	keys := filled(t, auth.KeysConfig{Issuer: realm.URL()})
	for now, want := range map[int64]error{
		base - 11:  auth.ErrTokenNotYet,
		base - 10:  nil,
		base + 309: nil,
		base + 310: auth.ErrTokenExpired,
	} {
		v, err := auth.NewVerifier(auth.VerifierConfig{
			Keys: keys, Issuer: realm.URL(), Audience: []string{authtest.Audience},
			Leeway: 10 * time.Second, Now: func() time.Time { return time.Unix(now, 0) },
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Verify(t.Context(), token); !errors.Is(err, want) {
			t.Errorf("at iat%+d: %v, want %v", now-base, err, want)
		}
	}
}

func TestPrincipal(t *testing.T) {
	realm := authtest.NewIssuer(t)
	claims := realm.Claims("alice", "user", "admin").
		With("resource_access", map[string]any{"my.client": map[string]any{"roles": []string{"editor"}}, "odd": "text"}).
		With("groups", []string{"/staff/ops"})
	got, err := newVerifier(t, realm).Verify(t.Context(), realm.Sign(claims))
	if err != nil {
		t.Fatal(err)
	}
	issued := time.Unix(claims["iat"].(int64), 0)
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	want := &auth.Principal{
		Subject: "id-of-alice", Username: "alice", Name: "alice Example", GivenName: "alice", FamilyName: "Example",
		Email: "alice@example.com", EmailVerified: true, RealmRoles: []string{"user", "admin"},
		ClientRoles: map[string][]string{"my.client": {"editor"}}, Groups: []string{"/staff/ops"},
		Scopes: []string{"openid", "profile", "email"}, ClientID: "demo",
		IssuedAt: issued, ExpiresAt: issued.Add(5 * time.Minute), Claims: payload,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRolesOfAWrongTypeGrantNothing(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm)
	for name, access := range map[string]any{
		"roles a string":     map[string]any{"roles": "admin"},
		"roles an object":    map[string]any{"roles": map[string]any{"admin": true}},
		"roles null":         map[string]any{"roles": nil},
		"roles with numbers": map[string]any{"roles": []any{"admin", 1}},
		"roles with a null":  map[string]any{"roles": []any{nil, "admin"}},
		"roles nested":       map[string]any{"roles": []any{[]string{"admin"}}},
		"in another case":    map[string]any{"Roles": []string{"admin"}},
		"access a string":    "admin",
		"access a list":      []string{"admin"},
		"part of another":    map[string]any{"roles": []string{"administrator", "Admin", "admin "}},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := v.Verify(t.Context(), realm.Sign(realm.Claims("bob").With("realm_access", access)))
			if err != nil {
				t.Fatal(err)
			}
			err = p.RequireRealmRole("admin")
			if !errors.Is(err, auth.ErrRoleMissing) || err.Error() != "Requires one of: admin" {
				t.Errorf("RequireRealmRole = %v", err)
			}
		})
	}
}

func TestRequireRealmRole(t *testing.T) {
	p := &auth.Principal{RealmRoles: []string{"user", "auditor"}}
	if err := p.RequireRealmRole("admin", "auditor"); err != nil {
		t.Errorf("one of two roles was not enough: %v", err)
	}
	if err := p.RequireRealmRole(); err == nil {
		t.Error("no roles at all admitted somebody")
	}
}

// Handlers written for go-chi/jwtauth read the token from the context. The type is mutable, so each
// of them must get one of its own.
func TestJWTAuthSeesAFreshToken(t *testing.T) {
	realm := authtest.NewIssuer(t)
	p, err := newVerifier(t, realm).Verify(t.Context(), realm.Token("alice", "admin"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := auth.NewContext(context.WithValue(t.Context(), outer{}, "kept"), p)

	first, claims, err := jwtauth.FromContext(ctx)
	if err != nil || first == nil || claims["preferred_username"] != "alice" || first.Subject() != "id-of-alice" {
		t.Fatalf("jwtauth.FromContext = %v, %v, %v", first, claims, err)
	}
	if err := first.Set("sub", "mallory"); err != nil {
		t.Fatal(err)
	}
	if second, _, _ := jwtauth.FromContext(ctx); second.Subject() != "id-of-alice" {
		t.Error("one handler changed the token of another")
	}
	if got, ok := auth.FromContext(ctx); !ok || got != p {
		t.Errorf("FromContext = %v, %v", got, ok)
	}
	if ctx.Value(outer{}) != "kept" {
		t.Error("values of the outer context are lost")
	}
	if _, ok := auth.FromContext(t.Context()); ok {
		t.Error("a bare context carries a caller")
	}
}

type outer struct{}

func hs256(realm *authtest.Issuer, claims authtest.Claims) string {
	payload, _ := json.Marshal(claims)
	signed := encode(`{"alg":"HS256","typ":"JWT","kid":"`+realm.KeyID()+`"}`) + "." + encode(string(payload))
	der, err := x509.MarshalPKIXPublicKey(realm.PublicKey())
	if err != nil {
		panic(err)
	}
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	mac.Write([]byte(signed))
	return signed + "." + encode(string(mac.Sum(nil)))
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
