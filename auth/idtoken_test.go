package auth_test

import (
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keystead/auth"
	"keystead/auth/authtest"
)

func TestIDToken(t *testing.T) {
	realm := authtest.NewIssuer(t)
	now := time.Unix(time.Now().Unix(), 0)
	claims := realm.IDClaims("alice", "app", "nonce-1").With("sid", "session-1").With("iat", now.Unix()).With("exp", now.Unix()+60).With("auth_time", now.Unix()-3600)
	got, err := newVerifier(t, realm, auth.VerifierConfig{}).VerifyIDToken(t.Context(), realm.Sign(claims), "app", "nonce-1", "")
	want := &auth.IDToken{
		Subject: "id-of-alice", SessionID: "session-1", Username: "alice", Name: "alice Example", Email: "alice@example.com",
		IssuedAt: now, ExpiresAt: now.Add(time.Minute), AuthTime: now.Add(-time.Hour),
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v, %s", err, diff)
	}
}

func TestIDTokenAccepted(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm, auth.VerifierConfig{})
	const access = "an access token"
	good := realm.IDClaims("alice", "app", "nonce-1")
	hash := realm.Key().HalfHash(access)
	for name, token := range map[string]string{
		"as Keycloak issues it":          realm.Sign(good.With("at_hash", hash)),
		"without a hash":                 realm.Sign(good),
		"for several, asked for by us":   realm.Sign(good.With("aud", []string{"other", "app"})),
		"for us alone, without azp":      realm.Sign(good.With("azp", nil)),
		"for us alone, in a list":        realm.Sign(good.With("aud", []string{"app"}).With("azp", nil)),
		"without Keycloak's typ":         realm.Sign(good.With("typ", nil)),
		"without a typ in the header":    typed(realm, nil, good),
		"expired within the leeway":      realm.Sign(good.With("exp", ago(20*time.Second))),
		"issued ahead within it":         realm.Sign(good.With("iat", ago(-20*time.Second))),
		"an hour old":                    realm.Sign(good.With("iat", ago(time.Hour))),
		"without a session and a name":   realm.Sign(good.With("sid", nil).With("name", nil).With("preferred_username", nil).With("email", nil).With("auth_time", nil)),
		"with odd claims nobody needs":   realm.Sign(good.With("sid", 1).With("name", true).With("auth_time", "x").With("acr", 1).With("c_hash", 1).With("cnf", map[string]string{"jkt": "x"})),
		"signed with a nonce in unicode": realm.SignWith(realm.Key().Header(), []byte(strings.Replace(string(marshal(t, good)), "nonce-1", `\u006eonce-1`, 1))),
	} {
		t.Run(name, func(t *testing.T) {
			if id, err := v.VerifyIDToken(t.Context(), token, "app", "nonce-1", access); err != nil || id.Subject != "id-of-alice" {
				t.Errorf("VerifyIDToken = %v, %v", id, err)
			}
		})
	}
}

func TestIDTokenRefused(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm, auth.VerifierConfig{CacheSize: 10, Audience: []string{"app", authtest.Audience}})
	const access = "an access token"
	good := realm.IDClaims("alice", "app", "nonce-1").With("at_hash", realm.Key().HalfHash(access))
	claim := func(name string, value any) string { return realm.Sign(good.With(name, value)) }
	sum := sha256.Sum256([]byte(access))
	if _, err := v.VerifyIDToken(t.Context(), realm.Sign(good), "app", "nonce-1", access); err != nil {
		t.Fatal(err)
	}
	rows := append(forgeries(t, realm, realm.Key().Header(), good), []refused{
		// The type.
		{"an access token", realm.Sign(realm.Claims("alice").With("aud", "app").With("azp", "app").With("nonce", "nonce-1")), auth.ErrTokenType, `type "Bearer"; a login needs an ID token`},
		{"a refresh token", claim("typ", "Refresh"), auth.ErrTokenType, `type "Refresh"`},
		{"a logout token", typed(realm, "logout+jwt", good.With("typ", nil)), auth.ErrTokenType, `header has the type "logout+jwt"`},
		{"an access token by RFC 9068", typed(realm, "at+jwt", good.With("typ", nil)), auth.ErrTokenType, `header has the type "at+jwt"`},
		{"typ in another case", claim("typ", "id"), auth.ErrTokenType, `type "id"`},
		{"typ a list", claim("typ", []string{"ID"}), auth.ErrTokenType, `type ""`},
		{"typ empty", claim("typ", ""), auth.ErrTokenType, `type ""`},

		// Who.
		{"no subject", claim("sub", nil), auth.ErrClaimMissing, "no sub claim"},

		// For whom (OpenID Connect Core 1.0 §3.1.3.7, 3 to 5).
		{"for another client", claim("aud", "other"), auth.ErrTokenAudience, "Audience other does not hold the client app, which began the login"},
		{"for the API", claim("aud", authtest.Audience), auth.ErrTokenAudience, "Audience keystead-api does not hold"},
		{"for one that begins like ours", claim("aud", "app2"), auth.ErrTokenAudience, "does not hold"},
		{"for nobody", claim("aud", nil), auth.ErrTokenAudience, "(none)"},
		{"for one in an object", claim("aud", map[string]bool{"app": true}), auth.ErrTokenAudience, "(none)"},
		{"for us among numbers", claim("aud", []any{"app", 1}), auth.ErrTokenAudience, "(none)"},
		{"for us, asked for by another", claim("azp", "other"), auth.ErrTokenAuthorizedParty, "obtained by the client other (azp), not by app"},
		{"for us, asked for by nobody we can read", claim("azp", []string{"app"}), auth.ErrTokenAuthorizedParty, "(none)"},
		{"for us, asked for by an empty client", claim("azp", ""), auth.ErrTokenAuthorizedParty, "(none)"},
		{"for several, without a word by whom", realm.Sign(good.With("aud", []string{"app", "other"}).With("azp", nil)), auth.ErrTokenAuthorizedParty, "(none)"},
		{"for several, asked for by another", realm.Sign(good.With("aud", []string{"app", "other"}).With("azp", "other")), auth.ErrTokenAuthorizedParty, "by the client other"},

		// For which login (§3.1.3.7, 11, and §3.1.3.8).
		{"of another login", claim("nonce", "nonce-2"), auth.ErrClaimMismatch, "belongs to another login"},
		{"of a login whose nonce begins like ours", claim("nonce", "nonce-11"), auth.ErrClaimMismatch, "another login"},
		{"of a login whose nonce ours begins with", claim("nonce", "nonce-"), auth.ErrClaimMismatch, "another login"},
		{"of a refresh", claim("nonce", nil), auth.ErrClaimMissing, "no nonce"},
		{"of a login with an empty nonce", claim("nonce", ""), auth.ErrClaimMissing, "no nonce"},
		{"of a login with ours in a list", claim("nonce", []string{"nonce-1"}), auth.ErrClaimMissing, "no nonce"},
		{"with another access token", claim("at_hash", realm.Key().HalfHash("another")), auth.ErrClaimMismatch, "its at_hash claim does not fit"},
		{"with the whole hash", claim("at_hash", encode(string(sum[:]))), auth.ErrClaimMismatch, "at_hash"},
		{"with an empty hash", claim("at_hash", ""), auth.ErrClaimMismatch, "at_hash"},
		{"with a hash of another type", claim("at_hash", 1), auth.ErrClaimMismatch, "at_hash"},
		{"with a hash that is null", claim("at_hash", rawNull), auth.ErrClaimMismatch, "at_hash"},
	}...)
	check(t, rows, func(token string) (bool, error) {
		id, err := v.VerifyIDToken(t.Context(), token, "app", "nonce-1", access)
		if err != nil && strings.Contains(err.Error(), "nonce-") {
			t.Errorf("the reason tells a nonce: %v", err)
		}
		return id != nil, err
	})
	if n := v.CacheStatus(); n != (auth.CacheStatus{}) {
		t.Errorf("the cache was used: %+v", n)
	}
}

// A caller that has lost its client, its nonce or the access token has no login to judge.
func TestIDTokenOfNoLogin(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm, auth.VerifierConfig{})
	good := realm.IDClaims("alice", "app", "nonce-1")
	for name, tt := range map[string]struct {
		token                 string
		client, nonce, access string
		want                  error
	}{
		"no client":                     {realm.Sign(good.With("aud", []string{""}).With("azp", "")), "", "nonce-1", "", auth.ErrTokenAudience},
		"no nonce":                      {realm.Sign(good), "app", "", "", auth.ErrClaimMismatch},
		"no nonce on either side":       {realm.Sign(good.With("nonce", nil)), "app", "", "", auth.ErrClaimMissing},
		"an empty nonce on either side": {realm.Sign(good.With("nonce", "")), "app", "", "", auth.ErrClaimMissing},
		"a hash, but no access token":   {realm.Sign(good.With("at_hash", realm.Key().HalfHash("x"))), "app", "nonce-1", "", auth.ErrClaimMismatch},
	} {
		if _, err := v.VerifyIDToken(t.Context(), tt.token, tt.client, tt.nonce, tt.access); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

// The hash of the access token is by the ID token's algorithm, and only the allowed ones are taken.
func TestIDTokenAlgorithms(t *testing.T) {
	for _, alg := range everyAlgorithm {
		t.Run(alg, func(t *testing.T) {
			realm := authtest.NewIssuer(t)
			realm.Use(authtest.NewKey(alg))
			keys := filled(t, auth.KeysConfig{Issuer: realm.URL()})
			v := newVerifier(t, realm, auth.VerifierConfig{Keys: keys, Algorithms: []string{alg}})
			token := realm.Sign(realm.IDClaims("alice", "app", "n").With("at_hash", realm.Key().HalfHash("access")))
			if _, err := v.VerifyIDToken(t.Context(), token, "app", "n", "access"); err != nil {
				t.Errorf("allowed: %v", err)
			}
			others := slices.DeleteFunc(slices.Clone(everyAlgorithm), func(other string) bool { return other == alg })
			if _, err := newVerifier(t, realm, auth.VerifierConfig{Keys: keys, Algorithms: others}).VerifyIDToken(t.Context(), token, "app", "n", "access"); !errors.Is(err, auth.ErrTokenAlgorithm) {
				t.Errorf("not allowed: %v", err)
			}
		})
	}
}

// The example of OpenID Connect Core 1.0, appendix A.4.
func TestAccessTokenHashOfTheStandard(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm, auth.VerifierConfig{})
	token := realm.Sign(realm.IDClaims("alice", "app", "n").With("at_hash", "77QmUPtjPfzWtF2AnpK9RQ"))
	if _, err := v.VerifyIDToken(t.Context(), token, "app", "n", "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"); err != nil {
		t.Error(err)
	}
}

// Without keys there is no verdict.
func TestIDAndLogoutTokensWithoutKeys(t *testing.T) {
	realm := authtest.NewIssuer(t)
	realm.Answer(authtest.Down)
	keys := auth.NewKeys(auth.KeysConfig{Issuer: realm.URL(), Logger: discard})
	go keys.Run(t.Context())
	v := newVerifier(t, realm, auth.VerifierConfig{Keys: keys})
	if _, err := v.VerifyIDToken(t.Context(), realm.Sign(realm.IDClaims("alice", "app", "n")), "app", "n", ""); !errors.Is(err, auth.ErrKeysUnavailable) {
		t.Errorf("VerifyIDToken = %v", err)
	}
	if _, err := v.VerifyLogoutToken(t.Context(), realm.SignLogout(realm.LogoutClaims("app", "alice", "s")), []string{"app"}); !errors.Is(err, auth.ErrKeysUnavailable) {
		t.Errorf("VerifyLogoutToken = %v", err)
	}
}
