package auth_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"keystead/auth"
	"keystead/auth/authtest"
)

// refused is a row of a table of tokens that must not pass.
type refused struct {
	name, token string
	want        *auth.Error
	reason      string // part of it
}

// forgeries are the ways to forge any kind of token: the same code refuses them as in TestAttacks, if it is
// asked. header and claims are those of a good token by the realm.
func forgeries(t *testing.T, realm *authtest.Issuer, header map[string]any, claims authtest.Claims) []refused {
	t.Helper()
	other := authtest.NewIssuer(t)
	good := realm.SignWith(header, claims)
	parts := strings.Split(good, ".")
	payload := string(marshal(t, claims))
	text := func(changed string) string { return realm.SignWith(header, []byte(changed)) }
	return []refused{
		{"nothing", "", auth.ErrTokenMalformed, "three parts"},
		{"two parts", parts[0] + "." + parts[1], auth.ErrTokenMalformed, "three parts"},
		{"too long", good + strings.Repeat("A", 16384), auth.ErrTokenTooLarge, "at most 16384"},
		{"alg none", encode(`{"alg":"none"}`) + "." + parts[1] + ".", auth.ErrTokenAlgorithm, "RS256"},
		{"HMAC keyed with the public key", hs256(realm.Key(), claims, pemOf(t, realm.Key())), auth.ErrTokenAlgorithm, "RS256"},
		{"another realm's key", other.SignWith(with(header, "kid", other.KeyID()), claims), auth.ErrTokenKeyUnknown, "does not publish"},
		{"another realm's signature", other.SignWith(header, claims), auth.ErrTokenSignature, "does not verify"},
		{"another payload", parts[0] + "." + encode(`{}`) + "." + parts[2], auth.ErrTokenSignature, "does not verify"},
		{"no signature", parts[0] + "." + parts[1] + ".", auth.ErrTokenSignature, "does not verify"},
		{"an unknown critical member", realm.SignWith(with(header, "crit", []string{"b64"}), claims), auth.ErrTokenMalformed, "crit"},
		{"a payload that is a list", text(`[]`), auth.ErrTokenMalformed, "payload is not a sound JSON object"},
		{"a payload that is cut short", text(payload[:len(payload)-1]), auth.ErrTokenMalformed, "payload is not a sound"},
		{"a claim twice", text(`{"sub":"root",` + payload[1:]), auth.ErrTokenMalformed, "payload is not a sound"},
		{"text that is not UTF-8", text(strings.Replace(payload, "alice", "alice\xff", 1)), auth.ErrTokenMalformed, "payload is not a sound"},

		{"another issuer", realm.SignWith(header, claims.With("iss", other.URL())), auth.ErrTokenIssuer, "Issuer " + other.URL() + " is not"},
		{"an issuer with a slash", realm.SignWith(header, claims.With("iss", realm.URL()+"/")), auth.ErrTokenIssuer, "trailing slash"},
		{"no issuer", realm.SignWith(header, claims.With("iss", nil)), auth.ErrTokenIssuer, "(none)"},
		{"no exp", realm.SignWith(header, claims.With("exp", nil)), auth.ErrClaimMissing, "no exp"},
		{"exp a text", realm.SignWith(header, claims.With("exp", "9999999999")), auth.ErrClaimMissing, "exp claim cannot be used"},
		{"no iat", realm.SignWith(header, claims.With("iat", nil)), auth.ErrClaimMissing, "no iat"},
		{"a subject that is a number", realm.SignWith(header, claims.With("sub", 1)), auth.ErrClaimMissing, "sub claim cannot be used"},
		{"a subject that is empty", realm.SignWith(header, claims.With("sub", "")), auth.ErrClaimMissing, "sub claim cannot be used"},
		{"expired", realm.SignWith(header, claims.With("exp", ago(40*time.Second))), auth.ErrTokenExpired, "expired 4"},
		{"issued in the future", realm.SignWith(header, claims.With("iat", ago(-40*time.Second))), auth.ErrTokenNotYet, "compare the clocks"},
		{"not valid yet", realm.SignWith(header, claims.With("nbf", ago(-40*time.Second))), auth.ErrTokenNotYet, "valid only in"},
	}
}

// check judges each row, whose refusal must be the one that it names, twice: nothing is remembered.
func check(t *testing.T, rows []refused, judge func(token string) (accepted bool, err error)) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			for range 2 {
				accepted, err := judge(row.token)
				if accepted || codeOf(err) != row.want.Code || !strings.Contains(err.Error(), row.reason) {
					t.Errorf("accepted %v, %v; want %s and a reason with %q", accepted, err, row.want.Code, row.reason)
				}
			}
		})
	}
}

// No kind of token passes for another, even where all its claims would do, and a verifier that saw it as what
// it is does not remember it as anything else.
func TestKindsAreToldApart(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm, auth.VerifierConfig{Audience: []string{"app"}, CacheSize: 100})
	// everything has what any kind must have, so only the type tells what it is.
	everything := realm.Claims("alice", "admin").With("aud", "app").With("azp", "app").
		With("events", realm.LogoutClaims("app", "alice", "s")["events"])
	login := everything.With("nonce", "n")
	tokens := map[string]map[string]string{
		"access": {
			"as Keycloak types it":      realm.Sign(login),
			"without a nonce":           realm.Sign(everything),
			"by RFC 9068":               typed(realm, "at+jwt", everything.With("typ", nil)),
			"by RFC 9068, with a nonce": typed(realm, "at+jwt", login.With("typ", nil)),
			"by RFC 9068 and Keycloak":  typed(realm, "at+jwt", everything),
			"by RFC 9068, type in full": typed(realm, "application/at+jwt", everything),
		},
		"ID": {
			"as Keycloak types it":      realm.Sign(login.With("typ", "ID")),
			"as other issuers type it":  realm.Sign(login.With("typ", nil)),
			"without a type at all":     typed(realm, nil, login.With("typ", nil)),
			"with Keycloak's type only": typed(realm, nil, login.With("typ", "ID")),
		},
		"logout": {
			"as Keycloak types it":     typed(realm, "logout+jwt", everything.With("typ", "Logout")),
			"as older ones type it":    realm.Sign(everything.With("typ", "Logout")),
			"as other issuers type it": typed(realm, "logout+jwt", everything.With("typ", nil)),
		},
		"none": {
			"a refresh token":       realm.Sign(login.With("typ", "Refresh")),
			"an offline token":      realm.Sign(everything.With("typ", "Offline")),
			"Bearer as a logout":    typed(realm, "logout+jwt", everything),
			"ID as a logout":        typed(realm, "logout+jwt", login.With("typ", "ID")),
			"ID by RFC 9068":        typed(realm, "at+jwt", login.With("typ", "ID")),
			"Logout by RFC 9068":    typed(realm, "at+jwt", everything.With("typ", "Logout")),
			"Logout without a type": typed(realm, nil, everything.With("typ", "Logout")),
			"no type, no nonce":     realm.Sign(everything.With("typ", nil)),
			"a logout with a nonce": typed(realm, "logout+jwt", login.With("typ", "Logout")),
			"typ null":              typed(realm, "logout+jwt", everything.With("typ", rawNull)),
			"another type":          typed(realm, "secevent+jwt", everything.With("typ", nil)),
		},
	}
	for kind, forms := range tokens {
		for form, token := range forms {
			for range 2 {
				_, access := v.Verify(t.Context(), token)
				_, id := v.VerifyIDToken(t.Context(), token, "app", "n", "")
				_, logout := v.VerifyLogoutToken(t.Context(), token, []string{"app"})
				for as, err := range map[string]error{"access": access, "ID": id, "logout": logout} {
					var refusal *auth.Error
					if as == kind && err != nil || as != kind && (!errors.As(err, &refusal) || refusal.Code != auth.CodeTokenType && refusal.Code != auth.CodeClaimMissing) {
						t.Errorf("%s token, %s, judged as %s token: %v", kind, form, as, err)
					}
				}
			}
		}
	}
}

// typed signs claims under a header of that type; nil: of none.
func typed(realm *authtest.Issuer, typ any, claims authtest.Claims) string {
	header := with(realm.Key().Header(), "typ", typ)
	if typ == nil {
		delete(header, "typ")
	}
	return realm.SignWith(header, claims)
}
