package auth_test

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/ecdsa"
	"crypto/fips140"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"keystead/auth"
	"keystead/auth/authtest"
)

// everyAlgorithm is the longest allow-list that there is.
var everyAlgorithm = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// TestAttacks has one row for each idea of how to get past a verifier: out of RFC 8725 (best current
// practices for JWT), RFC 7515 §10 and the vulnerabilities that other libraries had. Each row is
// judged with the shortest and the longest allow-list, and with and without the cache, and must get
// the same answer each time.
func TestAttacks(t *testing.T) {
	if fips140.Enforced() {
		t.Skip("FIPS 140-only mode does not make the weak key")
	}
	realm := authtest.NewIssuer(t)
	other := authtest.NewIssuer(t)
	keys := map[string]*authtest.Key{}
	for _, alg := range []string{"PS256", "ES256", "ES384", "EdDSA", "RS256"} { // RS256 last: it signs
		keys[alg] = authtest.NewKey(alg)
		realm.Use(keys[alg])
	}
	signer := keys["RS256"]
	encryption := map[string]any{"kid": "also-for-encryption", "kty": "RSA", "use": "enc", "n": signer.JWK()["n"], "e": "AQAB"}
	realm.Publish(encryption)
	realm.Publish(map[string]any{"kid": "symmetric", "kty": "oct", "alg": "HS256", "k": encode("the realm's secret, of 32 bytes!")})
	weak := weakKey(t)
	realm.Publish(weak.JWK())

	alice := realm.Claims("alice", "admin")
	good := realm.Sign(alice)
	parts := strings.Split(good, ".")
	payload := func(claims authtest.Claims) []byte { return marshal(t, claims) }
	// header returns a signed token whose header has one more member, or another value in it.
	header := func(name string, value any) string {
		h := maps.Clone(signer.Header())
		h[name] = value
		return realm.SignWith(h, alice)
	}
	claim := func(name string, value any) string { return realm.Sign(alice.With(name, value)) }
	// text returns a signed token whose payload is alice's with an old text replaced.
	text := func(old, replacement string) string {
		changed := strings.Replace(string(payload(alice)), old, replacement, 1)
		if changed == string(payload(alice)) {
			t.Fatalf("no %s in %s", old, payload(alice))
		}
		return realm.SignWith(signer.Header(), []byte(changed))
	}
	headerText := func(h string) string {
		return realm.SignWith([]byte(strings.ReplaceAll(h, "KID", realm.KeyID())), alice)
	}
	in := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }

	tests := []struct {
		name, token string
		want        *auth.Error
		reason      string // part of it
	}{
		// What is no token at all.
		{"nothing", "", auth.ErrTokenMalformed, "three parts"},
		{"two parts", parts[0] + "." + parts[1], auth.ErrTokenMalformed, "three parts"},
		{"four parts", good + ".", auth.ErrTokenMalformed, "three parts"},
		{"an encrypted token in place of a signed one (CVE-2023-51774)", "a.b.c.d.e", auth.ErrTokenMalformed, "three parts"},
		{"nothing but dots, which cost others memory (CVE-2025-27144, CVE-2025-30204)", strings.Repeat(".", 16000), auth.ErrTokenMalformed, "three parts"},
		{"too long", strings.Repeat("a", 16385), auth.ErrTokenTooLarge, "16385 bytes; at most 16384"},
		{"a header that is too long", encode(strings.Repeat(" ", 4000)) + ".e30.AA", auth.ErrTokenTooLarge, "header"},
		{"JSON serialization, flattened (RFC 8725 §3.2)", `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, auth.ErrTokenMalformed, "three parts"},
		{"JSON that is also compact (CVE-2022-39227)", `{"` + parts[0] + `.` + parts[1] + `.":"","protected":"` + parts[0] + `","payload":"e30","signature":"` + parts[2] + `"}`, auth.ErrTokenMalformed, "header is not base64url"},
		{"JSON without a protected header (CVE-2024-21664)", `{"signatures":[{}]}`, auth.ErrTokenMalformed, "three parts"},

		// Two texts for one token: RFC 7515 §10.12 and RFC 4648 §3.5.
		{"base64 that is not for URLs", parts[0] + "+." + parts[1] + "." + parts[2], auth.ErrTokenMalformed, "header is not base64url"},
		{"padding", parts[0] + "." + parts[1] + "." + parts[2] + "=", auth.ErrTokenMalformed, "signature is not base64url"},
		{"a line break that decoders skip", parts[0] + "." + parts[1] + "." + parts[2][:9] + "\n" + parts[2][9:], auth.ErrTokenMalformed, "signature is not base64url"},
		{"a carriage return in the header", parts[0][:4] + "\r" + parts[0][4:] + "." + parts[1] + "." + parts[2], auth.ErrTokenMalformed, "header is not base64url"},
		{"bits behind the last byte", parts[0] + "." + parts[1] + "." + spareBits(parts[2]), auth.ErrTokenMalformed, "signature is not base64url"},
		{"a payload that is not base64url", parts[0] + ".!." + parts[2], auth.ErrTokenMalformed, "payload is not base64url"},

		// The header's JSON: RFC 7515 §4, §5.2 and §10.13.
		{"a header that is no JSON", encode("hello") + "." + parts[1] + "." + parts[2], auth.ErrTokenMalformed, "header is not a sound JSON object"},
		{"a header that is a list", headerText(`[{"alg":"RS256","typ":"JWT","kid":"KID"}]`), auth.ErrTokenMalformed, "header is not a sound"},
		{"alg twice: one for the check, one for the use", headerText(`{"alg":"none","alg":"RS256","typ":"JWT","kid":"KID"}`), auth.ErrTokenMalformed, "header is not a sound"},
		{"alg twice, once behind an escape", headerText(`{"\u0061lg":"none","alg":"RS256","typ":"JWT","kid":"KID"}`), auth.ErrTokenMalformed, "header is not a sound"},
		{"a name in another case", headerText(`{"Alg":"RS256","typ":"JWT","kid":"KID"}`), auth.ErrTokenAlgorithm, "RS256"},
		{"something behind the header", headerText(`{"alg":"RS256","typ":"JWT","kid":"KID"}{}`), auth.ErrTokenMalformed, "header is not a sound"},
		{"a byte order mark", headerText("\ufeff" + `{"alg":"RS256","typ":"JWT","kid":"KID"}`), auth.ErrTokenMalformed, "header is not a sound"},
		{"a header that is not UTF-8", headerText(`{"alg":"RS256","typ":"JWT","kid":"KID","x":"` + "\xff" + `"}`), auth.ErrTokenMalformed, "header is not a sound"},
		{"a comment in JSON", headerText(`{/**/"alg":"RS256","typ":"JWT","kid":"KID"}`), auth.ErrTokenMalformed, "header is not a sound"},
		{"an unknown critical member (CVE-2025-59420)", header("crit", []string{"bork"}), auth.ErrTokenMalformed, "crit"},
		{"a critical member that turns the encoding off (RFC 7797)", headerText(`{"alg":"RS256","typ":"JWT","kid":"KID","b64":false,"crit":["b64"]}`), auth.ErrTokenMalformed, "crit"},
		{"crit that is empty", header("crit", []string{}), auth.ErrTokenMalformed, "crit"},
		{"crit that is null", header("crit", nil), auth.ErrTokenMalformed, "crit"},

		// The algorithm: RFC 8725 §2.1, §3.1, §3.2.
		{"alg none without a signature (CVE-2018-1000531)", encode(`{"alg":"none","typ":"JWT"}`) + "." + parts[1] + ".", auth.ErrTokenAlgorithm, "RS256"},
		{"alg nOnE", header("alg", "nOnE"), auth.ErrTokenAlgorithm, "RS256"},
		{"no alg (CVE-2022-23540)", headerText(`{"typ":"JWT","kid":"KID"}`), auth.ErrTokenAlgorithm, "RS256"},
		{"alg null", header("alg", nil), auth.ErrTokenAlgorithm, "RS256"},
		{"alg a list", header("alg", []string{"RS256"}), auth.ErrTokenAlgorithm, "RS256"},
		{"alg in lower case", header("alg", "rs256"), auth.ErrTokenAlgorithm, "RS256"},
		{"alg with a blank", header("alg", "RS256 "), auth.ErrTokenAlgorithm, "RS256"},
		{"HMAC keyed with the public key in PEM (CVE-2015-9235, CVE-2016-10555, CVE-2017-11424)", hs256(signer, alice, pemOf(t, signer)), auth.ErrTokenAlgorithm, "RS256"},
		{"HMAC keyed with the public key in DER (CVE-2022-29217, CVE-2024-33663, CVE-2024-54150)", hs256(signer, alice, derOf(t, signer)), auth.ErrTokenAlgorithm, "RS256"},
		{"HMAC keyed with nothing", hs256(signer, alice, nil), auth.ErrTokenAlgorithm, "RS256"},
		{"HMAC with a symmetric key of the set", hs256(&authtest.Key{Algorithm: "HS256", ID: "symmetric"}, alice, []byte("the realm's secret, of 32 bytes!")), auth.ErrTokenAlgorithm, "RS256"},
		{"an encryption's alg in a signed token", header("alg", "PBES2-HS256+A128KW"), auth.ErrTokenAlgorithm, "RS256"},
		{"RSA-PSS with a key for PKCS #1 v1.5", as(signer, "PS256").Compact(as(signer, "PS256").Header(), alice), auth.ErrTokenAlgorithm, ""},
		{"a longer hash with a key for SHA-256", as(signer, "RS512").Compact(as(signer, "RS512").Header(), alice), auth.ErrTokenAlgorithm, ""},
		{"PKCS #1 v1.5 with a key for RSA-PSS", as(keys["PS256"], "RS256").Compact(as(keys["PS256"], "RS256").Header(), alice), auth.ErrTokenAlgorithm, "key of that id"},
		{"RSA's name over a curve's key", keys["ES256"].Compact(with(keys["ES256"].Header(), "alg", "RS256"), alice), auth.ErrTokenAlgorithm, "key of that id"},

		// The key: RFC 8725 §2.7, §3.10; RFC 7515 §10.2.
		{"a key that the token brings along (CVE-2018-0114)", other.SignWith(with(with(signer.Header(), "jwk", other.Key().JWK()), "kid", other.KeyID()), alice), auth.ErrTokenKeyUnknown, "does not publish"},
		{"the same under a known id", other.SignWith(with(signer.Header(), "jwk", other.Key().JWK()), alice), auth.ErrTokenSignature, "does not verify"},
		{"an address of keys (jku)", other.SignWith(with(signer.Header(), "jku", other.URL()+"/protocol/openid-connect/certs"), alice), auth.ErrTokenSignature, "does not verify"},
		{"an address of a certificate (x5u)", other.SignWith(with(signer.Header(), "x5u", other.URL()), alice), auth.ErrTokenSignature, "does not verify"},
		{"a certificate (x5c)", other.SignWith(with(signer.Header(), "x5c", []string{"MIIB"}), alice), auth.ErrTokenSignature, "does not verify"},
		{"no kid", headerText(`{"alg":"RS256","typ":"JWT"}`), auth.ErrTokenKeyUnknown, "names no key"},
		{"kid a number", header("kid", 1), auth.ErrTokenKeyUnknown, "names no key"},
		{"kid a path", header("kid", "../../../../dev/null"), auth.ErrTokenKeyUnknown, ""},
		{"kid a query", header("kid", "x' UNION SELECT 'secret"), auth.ErrTokenKeyUnknown, ""},
		{"another realm's key", other.Sign(alice), auth.ErrTokenKeyUnknown, ""},
		{"a key for encryption", header("kid", "key-for-encryption"), auth.ErrTokenKeyUnknown, ""},
		{"a key for encryption that has no alg", header("kid", "also-for-encryption"), auth.ErrTokenKeyUnknown, ""},
		{"a key of 1024 bits (RFC 8725 §3.5)", weak.Compact(weak.Header(), alice), auth.ErrTokenKeyUnknown, ""},

		// The signature.
		{"no signature", parts[0] + "." + parts[1] + ".", auth.ErrTokenSignature, "does not verify"},
		{"another payload", parts[0] + "." + encode(`{"sub":"root"}`) + "." + parts[2], auth.ErrTokenSignature, "does not verify"},
		{"the signature of another token", parts[0] + "." + parts[1] + "." + strings.Split(realm.Token("bob"), ".")[2], auth.ErrTokenSignature, "does not verify"},
		{"a signature cut short", parts[0] + "." + parts[1] + "." + parts[2][:len(parts[2])-6], auth.ErrTokenSignature, "does not verify"},
		{"a signature of zeros", parts[0] + "." + parts[1] + "." + encode(string(make([]byte, 256))), auth.ErrTokenSignature, "does not verify"},
		{"an expired and forged token, which is forged first of all (CVE-2024-51744)", other.SignWith(signer.Header(), alice.With("exp", 1)), auth.ErrTokenSignature, "does not verify"},

		// The payload's JSON: RFC 7519 §4, RFC 8725 §2.6, §3.7.
		{"a payload that is a list", realm.SignWith(signer.Header(), []byte(`[]`)), auth.ErrTokenMalformed, "payload is not a sound JSON object"},
		{"an empty payload", realm.SignWith(signer.Header(), []byte(``)), auth.ErrTokenMalformed, "payload is not a sound"},
		{"a nested token (RFC 8725 §2.4)", realm.SignWith(with(signer.Header(), "cty", "JWT"), []byte(good)), auth.ErrTokenMalformed, "payload is not a sound"},
		{"a packed payload, a bomb elsewhere (CVE-2024-28180, CVE-2024-33664)", realm.SignWith(with(signer.Header(), "zip", "DEF"), deflated(t, payload(alice))), auth.ErrTokenMalformed, "payload is not a sound"},
		{"a claim twice", text(`"exp":`, `"exp":9999999999,"exp":`), auth.ErrTokenMalformed, "payload is not a sound"},
		{"a claim twice, once behind an escape", text(`"exp":`, `"\u0065xp":9999999999,"exp":`), auth.ErrTokenMalformed, "payload is not a sound"},
		{"roles twice", text(`"roles":["admin"]`, `"roles":["user"],"roles":["admin"]`), auth.ErrTokenMalformed, "payload is not a sound"},
		{"a member twice where nobody looks", text(`"exp":`, `"x":{"a":[{"b":1,"b":1}]},"exp":`), auth.ErrTokenMalformed, "payload is not a sound"},
		{"text that is not UTF-8", text(`"alice"`, "\"alice\xc3\x28\""), auth.ErrTokenMalformed, "payload is not a sound"},
		{"half a surrogate pair", text(`"alice"`, `"alice\ud800"`), auth.ErrTokenMalformed, "payload is not a sound"},
		{"a control character", text(`"alice"`, "\"al\x00ice\""), auth.ErrTokenMalformed, "payload is not a sound"},
		{"something behind the payload", realm.SignWith(signer.Header(), append(payload(alice), `{"sub":"root"}`...)), auth.ErrTokenMalformed, "payload is not a sound"},
		{"a number that is none", text(`"exp":`, `"x":NaN,"exp":`), auth.ErrTokenMalformed, "payload is not a sound"},
		{"a claim's name in another case", text(`"iss"`, `"ISS"`), auth.ErrTokenIssuer, "(none)"},

		// The type: RFC 8725 §2.8, §3.11, §3.12.
		{"an ID token", claim("typ", "ID"), auth.ErrTokenType, `type "ID"`},
		{"a refresh token", claim("typ", "Refresh"), auth.ErrTokenType, `type "Refresh"`},
		{"an offline token", claim("typ", "Offline"), auth.ErrTokenType, `type "Offline"`},
		{"a logout token", realm.SignWith(with(signer.Header(), "typ", "logout+jwt"), alice.With("typ", "Logout")), auth.ErrTokenType, "JWT or at+jwt"},
		{"a logout token without its header", claim("typ", "Logout"), auth.ErrTokenType, `type "Logout"`},
		{"typ in another case", claim("typ", "bearer"), auth.ErrTokenType, `type "bearer"`},
		{"typ a list", claim("typ", []string{"Bearer"}), auth.ErrTokenType, `type ""`},
		{"typ null, behind a header that could do without", realm.SignWith(with(signer.Header(), "typ", "at+jwt"), []byte(strings.Replace(string(payload(alice)), `"typ":"Bearer"`, `"typ":null`, 1))), auth.ErrTokenType, `type ""`},
		{"no typ", claim("typ", nil), auth.ErrTokenType, `type ""`},
		{"no typ in the header", headerText(`{"alg":"RS256","kid":"KID"}`), auth.ErrTokenType, "JWT or at+jwt"},
		{"the type of a security event (RFC 8417)", header("typ", "secevent+jwt"), auth.ErrTokenType, "JWT or at+jwt"},
		{"a token of a proof (DPoP)", header("typ", "dpop+jwt"), auth.ErrTokenType, "JWT or at+jwt"},

		// Who issued it, for whom: RFC 8725 §3.8, §3.9.
		{"another issuer", claim("iss", "https://evil.example/realms/demo"), auth.ErrTokenIssuer, "Issuer https://evil.example/realms/demo is not"},
		{"an issuer that begins like ours", claim("iss", realm.URL()+".evil.example"), auth.ErrTokenIssuer, "is not"},
		{"an issuer with a slash", claim("iss", realm.URL()+"/"), auth.ErrTokenIssuer, "trailing slash"},
		{"an issuer in other letters", claim("iss", strings.ToUpper(realm.URL())), auth.ErrTokenIssuer, "upper and lower case"},
		{"an issuer by https", claim("iss", strings.Replace(realm.URL(), "http", "https", 1)), auth.ErrTokenIssuer, "http and https"},
		{"an issuer in a list", claim("iss", []string{realm.URL()}), auth.ErrTokenIssuer, "(none)"},
		{"no issuer", claim("iss", nil), auth.ErrTokenIssuer, "(none)"},
		{"an audience of another", claim("aud", "account"), auth.ErrTokenAudience, "Audience account holds none of keystead-api; add an audience mapper to the client demo"},
		{"an audience that begins like ours", claim("aud", "keystead-api-2"), auth.ErrTokenAudience, "none of"},
		{"an audience in other letters", claim("aud", "Keystead-API"), auth.ErrTokenAudience, "none of"},
		{"no audience", claim("aud", nil), auth.ErrTokenAudience, "(none)"},
		{"no audience in a lightweight token", realm.Sign(alice.With("aud", nil).With("jti", "onltac:3e144c74")), auth.ErrTokenAudience, "the token is lightweight: switch off"},
		{"an empty audience (CVE-2020-26160)", claim("aud", []string{}), auth.ErrTokenAudience, "(none)"},
		{"an audience of one empty text", claim("aud", ""), auth.ErrTokenAudience, "none of"},
		{"an audience with a null in it", claim("aud", []any{nil, authtest.Audience}), auth.ErrTokenAudience, "(none)"},
		{"an audience that is an object", claim("aud", map[string]bool{authtest.Audience: true}), auth.ErrTokenAudience, "(none)"},
		{"an audience in a list in a list", claim("aud", [][]string{{authtest.Audience}}), auth.ErrTokenAudience, "(none)"},

		// When: RFC 7519 §4.1.4 to §4.1.6.
		{"expired", claim("exp", in(-192*time.Second)), auth.ErrTokenExpired, "expired 3m1"},
		{"no exp", claim("exp", nil), auth.ErrClaimMissing, "no exp"},
		{"exp a text", claim("exp", "9999999999"), auth.ErrClaimMissing, "exp claim cannot be used"},
		{"exp null", text(`"exp":`, `"exp":null,"x":`), auth.ErrClaimMissing, "exp"},
		{"exp true", claim("exp", true), auth.ErrClaimMissing, "exp"},
		{"exp a list", claim("exp", []int64{in(time.Hour)}), auth.ErrClaimMissing, "exp"},
		{"exp an object", claim("exp", map[string]int64{"seconds": in(time.Hour)}), auth.ErrClaimMissing, "exp"},
		{"exp beyond reason", claim("exp", 1e18), auth.ErrClaimMissing, "exp"},
		{"exp beyond every number", text(`"exp":`, `"exp":1e999,"x":`), auth.ErrClaimMissing, "exp"},
		{"exp before 1970", claim("exp", -1), auth.ErrClaimMissing, "exp"},
		{"exp at 0", claim("exp", 0), auth.ErrTokenExpired, "ago"},
		{"no iat", claim("iat", nil), auth.ErrClaimMissing, "no iat"},
		{"iat a text", claim("iat", "now"), auth.ErrClaimMissing, "iat"},
		{"issued in the future", claim("iat", in(time.Minute)), auth.ErrTokenNotYet, "compare the clocks"},
		{"not valid yet", claim("nbf", in(time.Minute)), auth.ErrTokenNotYet, "valid only in"},
		{"nbf a text", claim("nbf", "soon"), auth.ErrClaimMissing, "nbf"},
		{"nbf null", text(`"exp":`, `"nbf":null,"exp":`), auth.ErrClaimMissing, "nbf"},

		// Who it is.
		{"a subject that is a number", claim("sub", 1), auth.ErrClaimMissing, "sub"},
		{"a subject that is empty, as if it were everybody without one", claim("sub", ""), auth.ErrClaimMissing, "sub"},
		{"a token bound to a key (RFC 9449 §7.1, RFC 8705 §3)", claim("cnf", map[string]string{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}), auth.ErrTokenBound, "bound to a key"},
		{"the same as Keycloak types it, which is an access token, too", realm.Sign(alice.With("typ", "DPoP").With("cnf", map[string]string{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})), auth.ErrTokenBound, "bound to a key"},
		{"its type alone", claim("typ", "DPoP"), auth.ErrTokenType, `type "DPoP"`},
		{"the same with an odd value", text(`"exp":`, `"cnf":null,"exp":`), auth.ErrTokenBound, "bound to a key"},
		{"a payload deeper than any JSON reader should go", realm.SignWith(signer.Header(), []byte(strings.Replace(string(payload(alice)), `"exp":`, `"x":`+strings.Repeat("[", 10001)+`,"exp":`, 1))), auth.ErrTokenMalformed, "payload"},
	}
	everyKey := filled(t, auth.KeysConfig{Issuer: realm.URL()})
	verifiers := map[string]*auth.Verifier{
		"RS256":                  newVerifier(t, realm, auth.VerifierConfig{Keys: everyKey}),
		"RS256, cached":          newVerifier(t, realm, auth.VerifierConfig{Keys: everyKey, CacheSize: 100}),
		"all algorithms":         newVerifier(t, realm, auth.VerifierConfig{Keys: everyKey, Algorithms: everyAlgorithm}),
		"all algorithms, cached": newVerifier(t, realm, auth.VerifierConfig{Keys: everyKey, Algorithms: everyAlgorithm, CacheSize: 100}),
	}
	for name, v := range verifiers {
		if _, err := v.Verify(t.Context(), good); err != nil {
			t.Fatalf("%s: the good token is refused: %v", name, err)
		}
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for name, v := range verifiers {
				for range 2 {
					p, err := v.Verify(t.Context(), tt.token)
					if p != nil || codeOf(err) != tt.want.Code || !strings.Contains(err.Error(), tt.reason) {
						t.Errorf("%s: Verify = %v, %v; want %s and a reason with %q", name, p, err, tt.want.Code, tt.reason)
					}
				}
			}
		})
	}

	// Forgeries by the other algorithms, which the short list refuses before it looks.
	curve := keys["ES256"]
	curveParts := strings.Split(curve.Compact(curve.Header(), alice), ".")
	signature, err := base64.RawURLEncoding.DecodeString(curveParts[2])
	if err != nil {
		t.Fatal(err)
	}
	ed := strings.Split(keys["EdDSA"].Compact(keys["EdDSA"].Header(), alice), ".")
	edSignature, err := base64.RawURLEncoding.DecodeString(ed[2])
	if err != nil {
		t.Fatal(err)
	}
	others := []struct {
		name, token string
		want        *auth.Error
	}{
		{"r and s of zero, which sign everything (CVE-2022-21449)", curveParts[0] + "." + curveParts[1] + "." + encode(string(make([]byte, 64))), auth.ErrTokenSignature},
		{"r and s of the curve's order", curveParts[0] + "." + curveParts[1] + "." + encode(strings.Repeat(string(orderOf(curve)), 2)), auth.ErrTokenSignature},
		{"ECDSA in ASN.1", curveParts[0] + "." + curveParts[1] + "." + encode(string(asn1Signature(t, signature))), auth.ErrTokenSignature},
		{"ECDSA with a byte more", curveParts[0] + "." + curveParts[1] + "." + encode("\x00"+string(signature)), auth.ErrTokenSignature},
		{"ECDSA with a byte behind it", curveParts[0] + "." + curveParts[1] + "." + encode(string(signature)+"\x00"), auth.ErrTokenSignature},
		{"no ECDSA signature", curveParts[0] + "." + curveParts[1] + ".", auth.ErrTokenSignature},
		{"a curve's algorithm over another curve's key", keys["ES384"].Compact(with(keys["ES384"].Header(), "alg", "ES256"), alice), auth.ErrTokenAlgorithm},
		{"EdDSA's name over a curve's key", curve.Compact(with(curve.Header(), "alg", "EdDSA"), alice), auth.ErrTokenAlgorithm},
		{"EdDSA with s plus the order (RFC 8032 §8.4)", ed[0] + "." + ed[1] + "." + encode(string(plusOrder(edSignature))), auth.ErrTokenSignature},
		{"EdDSA of zeros", ed[0] + "." + ed[1] + "." + encode(string(make([]byte, 64))), auth.ErrTokenSignature},
		{"RSA-PSS with a salt of another length (RFC 7518 §3.5)", shortSalt(t, keys["PS256"], alice), auth.ErrTokenSignature},
	}
	for _, tt := range others {
		t.Run(tt.name, func(t *testing.T) {
			for _, name := range []string{"all algorithms", "all algorithms, cached"} {
				for range 2 {
					if p, err := verifiers[name].Verify(t.Context(), tt.token); p != nil || codeOf(err) != tt.want.Code {
						t.Errorf("%s: Verify = %v, %v; want %s", name, p, err, tt.want.Code)
					}
				}
			}
			if _, err := verifiers["RS256"].Verify(t.Context(), tt.token); !errors.Is(err, auth.ErrTokenAlgorithm) {
				t.Errorf("RS256 only: %v", err)
			}
		})
	}
}

// RFC 8725 §2.9 and the like: whatever stands where roles should, in whatever form, grants nothing.
func TestRolesOfAWrongTypeGrantNothing(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm, auth.VerifierConfig{})
	for name, access := range map[string]any{
		"roles a text":       map[string]any{"roles": "admin"},
		"roles an object":    map[string]any{"roles": map[string]any{"admin": true}},
		"roles null":         map[string]any{"roles": nil},
		"roles with numbers": map[string]any{"roles": []any{"admin", 1}},
		"roles with a null":  map[string]any{"roles": []any{nil, "admin"}},
		"roles nested":       map[string]any{"roles": []any{[]string{"admin"}}},
		"roles deeper still": map[string]any{"roles": map[string]any{"roles": []string{"admin"}}},
		"in another case":    map[string]any{"Roles": []string{"admin"}},
		"access a text":      "admin",
		"access a list":      []string{"admin"},
		"access null":        json.RawMessage("null"),
		"part of another":    map[string]any{"roles": []string{"administrator", "Admin", "admin ", "adm\u0130n"}},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := v.Verify(t.Context(), realm.Sign(realm.Claims("bob").With("realm_access", access).
				With("resource_access", map[string]any{"demo": access, "odd": access})))
			if err != nil {
				t.Fatal(err)
			}
			_, err = auth.Require(auth.RealmRole("admin")).Decide(p, nil)
			if !errors.Is(err, auth.ErrRoleMissing) || err.Error() != "Requires one of: admin" {
				t.Errorf("Decide = %v", err)
			}
			for _, roles := range p.ClientRoles() {
				for _, role := range roles {
					if role == "admin" {
						t.Errorf("client roles %v", p.ClientRoles())
					}
				}
			}
		})
	}
}

// codeOf returns the code of a refusal.
func codeOf(err error) auth.Code {
	var refusal *auth.Error
	if !errors.As(err, &refusal) {
		return ""
	}
	return refusal.Code
}

// encode is base64url.
func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// spareBits sets a bit that belongs to no byte.
func spareBits(s string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, s[len(s)-1])
	return s[:len(s)-1] + string(alphabet[last|1])
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func with(header map[string]any, name string, value any) map[string]any {
	changed := maps.Clone(header)
	changed[name] = value
	return changed
}

// as is the same key, under the same id, signing by another algorithm.
func as(key *authtest.Key, algorithm string) *authtest.Key {
	changed := *key
	changed.Algorithm = algorithm
	return &changed
}

func weakKey(t *testing.T) *authtest.Key {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0") // Go itself no longer makes or takes such a key
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	return authtest.KeyOf("RS256", key)
}

func derOf(t *testing.T, key *authtest.Key) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func pemOf(t *testing.T, key *authtest.Key) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: derOf(t, key)})
}

func hs256(key *authtest.Key, claims authtest.Claims, secret []byte) string {
	payload, _ := json.Marshal(claims)
	signed := encode(`{"alg":"HS256","typ":"JWT","kid":"`+key.ID+`"}`) + "." + encode(string(payload))
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(signed))
	return signed + "." + encode(string(mac.Sum(nil)))
}

func deflated(t *testing.T, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func orderOf(key *authtest.Key) []byte {
	return key.Public().(*ecdsa.PublicKey).Curve.Params().N.Bytes()
}

// asn1Signature writes r and s as everybody but JOSE does.
func asn1Signature(t *testing.T, signature []byte) []byte {
	t.Helper()
	half := len(signature) / 2
	out, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// plusOrder adds the order of Ed25519's group to s: the same signature in another text, for who does
// not look.
func plusOrder(signature []byte) []byte {
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	s := slices.Clone(signature[32:])
	slices.Reverse(s) // it is little-endian
	sum := new(big.Int).Add(new(big.Int).SetBytes(s), order).FillBytes(make([]byte, 32))
	slices.Reverse(sum)
	return append(slices.Clone(signature[:32]), sum...)
}

func shortSalt(t *testing.T, key *authtest.Key, claims authtest.Claims) string {
	t.Helper()
	signed := encode(string(marshal(t, key.Header()))) + "." + encode(string(marshal(t, claims)))
	digest := sha256.Sum256([]byte(signed))
	signature, err := key.Signer().Sign(rand.Reader, digest[:], &rsa.PSSOptions{SaltLength: 8, Hash: crypto.SHA256})
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + encode(string(signature))
}
