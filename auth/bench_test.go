package auth_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"keystead/auth"
	"keystead/auth/authtest"
)

// BenchmarkVerify shows the ways that a token can take, beside the one thing that none can do
// without: RSA. The peers stand in bench/.
func BenchmarkVerify(b *testing.B) {
	realm := authtest.NewIssuer(b)
	token := realm.Token("alice", "user", "admin")
	signed := token[:strings.LastIndexByte(token, '.')]
	uncached := newVerifier(b, realm, auth.VerifierConfig{})
	cached := newVerifier(b, realm, auth.VerifierConfig{CacheSize: 1000})

	b.Run("rsa-alone", func(b *testing.B) {
		signature, err := base64.RawURLEncoding.DecodeString(token[len(signed)+1:])
		if err != nil {
			b.Fatal(err)
		}
		digest := sha256.Sum256([]byte(signed))
		public := realm.Key().Public().(*rsa.PublicKey)
		for b.Loop() {
			if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature); err != nil {
				b.Fatal(err)
			}
		}
	})
	verify := func(name string, v *auth.Verifier, token string, good bool) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(b.Context(), token); (err == nil) != good {
					b.Fatal(err)
				}
			}
		})
	}
	verify("never-seen", uncached, token, true)
	verify("seen", cached, token, true)
	verify("refused-by-form", cached, "no.token", false)
	verify("refused-by-algorithm", cached, realm.SignWith(map[string]any{"alg": "HS256", "typ": "JWT", "kid": realm.KeyID()}, realm.Claims("alice")), false)
	verify("refused-by-key", cached, authtest.NewKey("RS256").Compact(authtest.NewKey("RS256").Header(), realm.Claims("alice")), false)
	b.Run("seen-500-in-parallel", func(b *testing.B) {
		var tokens []string
		for i := range 500 {
			tokens = append(tokens, realm.Token(fmt.Sprint("user-", i), "user"))
		}
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				if _, err := cached.Verify(b.Context(), tokens[i%len(tokens)]); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

// What a decision costs beside the token: one that every request pays for, so it must not show.
func BenchmarkDecide(b *testing.B) {
	realm := authtest.NewIssuer(b)
	p := principal(b, realm, realm.Claims("alice", "default-roles-demo", "offline_access", "user", "admin").With("department", "engineering"))
	here := path{"department": "engineering"}
	for name, policy := range map[string]auth.Policy{
		"a token":     auth.Authenticated(),
		"role":        auth.Require(auth.RealmRole("admin")),
		"composed":    auth.Require(auth.AnyOf(auth.RealmRole("auditor"), auth.AllOf(auth.RealmRole("admin"), auth.Not(auth.RealmRole("suspended"))))),
		"claim":       auth.Require(auth.Claim("department").Equals("engineering")),
		"claim, path": auth.Require(auth.Claim("department").EqualsPath("department")),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := policy.Decide(p, here); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
