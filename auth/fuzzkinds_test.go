package auth_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"keystead/auth"
	"keystead/auth/authtest"
)

// lenient is a token as a lenient reader sees it.
type lenient struct{ header, claims map[string]any }

// refusedByOthers checks that a token which was accepted as one kind is none of the others.
func refusedByOthers(t *testing.T, token string, errs ...error) {
	t.Helper()
	for _, err := range errs {
		var refusal *auth.Error
		if !errors.As(err, &refusal) || refusal.Code == "" || refusal.Reason == "" {
			t.Errorf("%s is of another kind, too: %v", token, err)
		}
	}
}

// sound reports what every kind of token must have: an issuer, its times, and app in its audience.
func (l lenient) sound(realm *authtest.Issuer) bool {
	number := func(name string) (float64, bool) {
		n, ok := l.claims[name].(json.Number)
		f, _ := n.Float64()
		return f, ok
	}
	exp, expires := number("exp")
	iat, dated := number("iat")
	now := float64(time.Now().Unix())
	list, _ := l.claims["aud"].([]any)
	return l.claims["iss"] == realm.URL() && expires && exp > now-31 && dated && iat < now+31 && (l.claims["aud"] == "app" || slices.Contains(list, any("app")))
}

// typ returns the header's type as RFC 7515 §4.1.9 lets it be compared.
func (l lenient) typ() string {
	text, _ := l.header["typ"].(string)
	return strings.TrimPrefix(strings.ToLower(text), "application/")
}

// fuzzKind adds seeds made from a good token's header and payload, and calls judge with each token that the
// realm signs. Each process of the fuzzer has a realm of its own, so issuer, key and time are filled in late.
func fuzzKind(f *testing.F, realm *authtest.Issuer, good string, judge func(t *testing.T, token string, l func() lenient)) {
	for _, header := range []string{
		`{"alg":"EdDSA","typ":"JWT","kid":"KID"}`, `{"alg":"EdDSA","typ":"logout+jwt","kid":"KID"}`, `{"alg":"EdDSA","kid":"KID"}`, `{"alg":"EdDSA","typ":"at+jwt","kid":"KID"}`,
		`{"alg":"EdDSA","typ":["JWT"],"kid":"KID"}`, `{"alg":"EdDSA","typ":"JWT","typ":"logout+jwt","kid":"KID"}`,
	} {
		f.Add([]byte(header), []byte(good))
	}
	header := []byte(`{"alg":"EdDSA","typ":"JWT","kid":"KID"}`)
	for _, change := range []string{
		`"nonce":"n",`, `"nonce":null,`, `"azp":"app","azp":"other",`, `"at_hash":"x",`, `"at_hash":null,`, `"sid":1,`, `"sid":"",`, `"typ":"Bearer",`, `"events":{},`,
		`"events":{"` + logoutEvent + `":{"revoke_offline_access":true}},`, `"events":{"` + logoutEvent + `":[]},`, `"iat":"now",`, `"aud":["app","other"],`, `"sub":"",`,
	} {
		name := change[:strings.Index(change, ":")]
		f.Add(header, []byte("{"+change+good[1:]))                                                  // beside the good one
		f.Add(header, []byte("{"+change+strings.Replace(good[1:], name+":", `"x`+name[1:]+":", 1))) // in its place
	}
	f.Fuzz(func(t *testing.T, header, payload []byte) {
		header = []byte(strings.ReplaceAll(string(header), "KID", realm.KeyID()))
		payload = []byte(strings.NewReplacer("ISSUER", realm.URL(), `"NOW"`, strconv.FormatInt(time.Now().Unix(), 10)).Replace(string(payload)))
		token := realm.SignWith(header, payload)
		judge(t, token, func() lenient { return lenient{decoded(t, header), decoded(t, payload)} })
	})
}

// FuzzIDToken: an ID token that is accepted says the same to a lenient reader, and is of no other kind.
func FuzzIDToken(f *testing.F) {
	realm, v := fuzzed(f)
	claims, err := json.Marshal(realm.IDClaims("alice", "app", "n").With("exp", 4e9).With("iss", "ISSUER"))
	if err != nil {
		f.Fatal(err)
	}
	hash := realm.Key().HalfHash("access")
	fuzzKind(f, realm, string(claims), func(t *testing.T, token string, read func() lenient) {
		id, err := v.VerifyIDToken(t.Context(), token, "app", "n", "access")
		if err != nil {
			refusedByOthers(t, token, err)
			return
		}
		_, asAccess := v.Verify(t.Context(), token)
		_, asLogout := v.VerifyLogoutToken(t.Context(), token, []string{"app"})
		refusedByOthers(t, token, asAccess, asLogout)
		l := read()
		_, typed := l.claims["typ"]
		_, hashed := l.claims["at_hash"]
		_, party := l.claims["azp"]
		if !l.sound(realm) || l.typ() != "" && l.typ() != "jwt" || typed && l.claims["typ"] != "ID" || party && l.claims["azp"] != "app" ||
			hashed && l.claims["at_hash"] != hash || l.claims["nonce"] != "n" || id.Subject == "" || l.claims["sub"] != id.Subject {
			t.Errorf("accepted as %+v: %v", id, l)
		}
	})
}

// FuzzLogoutToken: a logout token that is accepted says the same to a lenient reader, and is of no other kind.
func FuzzLogoutToken(f *testing.F) {
	realm, v := fuzzed(f)
	claims, err := json.Marshal(realm.LogoutClaims("app", "alice", "s").With("exp", 4e9).With("iat", "NOW").With("iss", "ISSUER"))
	if err != nil {
		f.Fatal(err)
	}
	fuzzKind(f, realm, string(claims), func(t *testing.T, token string, read func() lenient) {
		logout, err := v.VerifyLogoutToken(t.Context(), token, []string{"app"})
		if err != nil {
			refusedByOthers(t, token, err)
			return
		}
		_, asAccess := v.Verify(t.Context(), token)
		_, asID := v.VerifyIDToken(t.Context(), token, "app", "n", "access")
		refusedByOthers(t, token, asAccess, asID)
		l := read()
		_, nonce := l.claims["nonce"]
		_, typed := l.claims["typ"]
		events, _ := l.claims["events"].(map[string]any)
		event, happened := events[logoutEvent].(map[string]any)
		sub, _ := l.claims["sub"].(string)
		sid, _ := l.claims["sid"].(string)
		if !l.sound(realm) || l.typ() != "logout+jwt" && (l.typ() != "jwt" || !typed) || typed && l.claims["typ"] != "Logout" || nonce || !happened ||
			logout.RevokeOffline != (event["revoke_offline_access"] == true) || logout.ID == "" || l.claims["jti"] != logout.ID ||
			sub != logout.Subject || sid != logout.SessionID || sub+sid == "" || time.Since(logout.IssuedAt) > 6*time.Minute {
			t.Errorf("accepted as %+v: %v", logout, l)
		}
	})
}
