package auth_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"keystead/auth"
	"keystead/auth/authtest"
)

// fuzzed returns an issuer that signs quickly, and a verifier of its tokens.
func fuzzed(f *testing.F) (*authtest.Issuer, *auth.Verifier) {
	realm := authtest.NewIssuer(f)
	realm.Use(authtest.NewKey("EdDSA"))
	return realm, newVerifier(f, realm, auth.VerifierConfig{Algorithms: []string{"EdDSA", "RS256"}, CacheSize: 100})
}

// judged verifies a token and checks what holds for every verdict: a caller, or a reason with a code.
func judged(t *testing.T, v *auth.Verifier, token string) *auth.Principal {
	p, err := v.Verify(t.Context(), token)
	var refusal *auth.Error
	if (p == nil) != (errors.As(err, &refusal) && refusal.Code != "" && refusal.Reason != "") {
		t.Fatalf("Verify = %v, %v", p, err)
	}
	again, errAgain := v.Verify(t.Context(), token)
	if (p == nil) != (again == nil) || p == nil && refusal.Code != errAgain.(*auth.Error).Code {
		t.Fatalf("Verify = %v, then %v", err, errAgain)
	}
	return p
}

// decoded is what a lenient reader sees. Numbers stay text: JSON has some that no float64 can hold.
func decoded(t *testing.T, text []byte) map[string]any {
	var members map[string]any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&members); err != nil {
		t.Fatalf("accepted, but %v: %s", err, text)
	}
	return members
}

// FuzzToken: nothing but the token that was signed is accepted.
func FuzzToken(f *testing.F) {
	realm, v := fuzzed(f)
	good := realm.Token("alice", "admin")
	parts := strings.Split(good, ".")
	for _, token := range []string{
		good, "", "..", "a.b.c", good + ".", good + "=", parts[0] + ".." + parts[2], "e30.e30.", strings.Repeat(".", 100),
		encode(`{"alg":"none"}`) + "." + parts[1] + ".", realm.Key().Compact(realm.Key().Header(), []byte("{}")),
	} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if p := judged(t, v, token); p != nil && token != good {
			t.Errorf("%q is accepted as %s", token, p.Claims())
		}
	})
}

// FuzzHeader: a header that is accepted says the same to a lenient reader.
func FuzzHeader(f *testing.F) {
	realm, v := fuzzed(f)
	key := realm.Key()
	payload := realm.Claims("alice").With("exp", 4e9)
	for _, header := range []string{
		`{"alg":"EdDSA","typ":"JWT","kid":"KID"}`, `{"alg":"EdDSA","typ" : "at+jwt","kid" : "KID"}`, `{"alg":"none","alg":"EdDSA","kid":"KID","typ":"JWT"}`,
		`{"ALG":"EdDSA"}`, `{"alg":"EdDSA","kid":"KID","typ":"JWT","crit":["b64"],"b64":false}`, `{"alg":"EdDSA","kid":["KID"],"typ":"JWT"}`,
		`{"\u0061lg":"EdDSA","kid":"KID","typ":"JWT"}`, `[]`, `null`, `{"alg":"EdDSA","kid":"KID","typ":"JWT","x":{"a":[1,2,{"b":null}]}}`, `{`, "\xff",
	} {
		f.Add([]byte(header))
	}
	f.Fuzz(func(t *testing.T, template []byte) {
		header := []byte(strings.ReplaceAll(string(template), "KID", key.ID))
		if judged(t, v, key.Compact(header, payload)) == nil {
			return
		}
		lenient := decoded(t, header)
		if _, critical := lenient["crit"]; critical || lenient["alg"] != "EdDSA" || lenient["kid"] != key.ID {
			t.Errorf("accepted: %s", header)
		}
	})
}

// FuzzPayload: whatever the realm signs, claims that are accepted say the same to a lenient reader,
// and a role is only what stands in a list of texts.
func FuzzPayload(f *testing.F) {
	realm, v := fuzzed(f)
	key := realm.Key()
	// Each process of the fuzzer has a realm of its own, so the issuer is filled in late.
	claims, err := json.Marshal(realm.Claims("alice", "user", "admin").With("exp", 4e9).With("iss", "ISSUER"))
	if err != nil {
		f.Fatal(err)
	}
	good := string(claims)
	replace := func(old, replacement string) string { return strings.Replace(good, old, replacement, 1) }
	for _, payload := range []string{
		good, `{}`, `[]`, `null`, ``, replace(`"exp":`, `"exp":1,"exp":`), replace(`4000000000`, `"4000000000"`), replace(`4000000000`, `4e9`),
		replace(`["user","admin"]`, `"admin"`), replace(`["user","admin"]`, `["admin",1]`), replace(`["user","admin"]`, `{"admin":true}`), replace(`"roles"`, `"Roles"`),
		replace(`"alice"`, `"\ud800"`), replace(`"alice"`, "\"\xff\""), replace(`"alice"`, `"\u0061lice"`), replace(`"sub":`, `"cnf":{},"sub":`), replace(`"Bearer"`, `"ID"`),
		replace(`"sub":`, `"organization":{"acme":{"id":"1"}},"groups":["/a"],"nbf":0,"sub":`),
	} {
		f.Add([]byte(payload))
	}
	f.Fuzz(func(t *testing.T, template []byte) {
		payload := []byte(strings.ReplaceAll(string(template), "ISSUER", realm.URL()))
		p := judged(t, v, key.Compact(key.Header(), payload))
		if p == nil {
			return
		}
		lenient := decoded(t, payload)
		now := float64(time.Now().Unix())
		expires, _ := lenient["exp"].(json.Number)
		issued, dated := lenient["iat"].(json.Number)
		exp, _ := expires.Float64()
		iat, _ := issued.Float64()
		if lenient["iss"] != realm.URL() || lenient["typ"] != "Bearer" || exp < now-31 || !dated || iat > now+31 || p.Claims() != string(payload) {
			t.Errorf("accepted: %s", payload)
		}
		access, _ := lenient["realm_access"].(map[string]any)
		roles, _ := access["roles"].([]any)
		if p.HasRealmRole("admin") && !slices.Contains(roles, any("admin")) {
			t.Errorf("admin out of %s", payload)
		}
	})
}
