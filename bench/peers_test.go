package main

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"keystead/auth/authtest"
	"keystead/bench/library"
)

// Whoever skips a check is fast for nothing: everybody in the table must admit and refuse the same
// tokens, and must find out who is an admin.
func TestEverybodyDoesTheWork(t *testing.T) {
	realm := authtest.NewIssuer(t)
	good := claimsFor(realm, "alice", "admin")
	hourAgo := time.Now().Add(-time.Hour).Unix()
	refused := map[string]string{
		"no token":          "a.b",
		"changed signature": withChangedSignature(t, realm.Sign(good)),
		"another audience":  realm.Sign(good.With("aud", []string{"another-api"})),
		"another issuer":    realm.Sign(good.With("iss", "https://elsewhere.example/realms/demo")),
		"expired":           realm.Sign(good.With("iat", hourAgo-300).With("exp", hourAgo)),
	}
	for name, verify := range everybody(t, realm) {
		t.Run(name, func(t *testing.T) {
			for _, user := range []struct {
				token string
				admin bool
			}{{realm.Sign(good), true}, {tokenFor(realm, "bob"), false}} {
				if admin, err := verify(t.Context(), user.token); admin != user.admin || err != nil {
					t.Errorf("a good token gives admin %t, %v; want %t", admin, err, user.admin)
				}
			}
			for flaw, token := range refused {
				if _, err := verify(t.Context(), token); err == nil {
					t.Errorf("admitted: %s", flaw)
				}
			}
		})
	}
}

// adminCheck verifies a token and says whether its bearer is an admin.
type adminCheck func(ctx context.Context, token string) (admin bool, err error)

func everybody(t *testing.T, realm *authtest.Issuer) map[string]adminCheck {
	t.Helper()
	all := map[string]adminCheck{
		"keystead with cache":    ourVerify(t, realm, 100),
		"keystead without cache": ourVerify(t, realm, 0),
	}
	for _, l := range library.Libraries {
		verify, err := l.Start(t.Context(), realm.URL(), authtest.Audience)
		if err != nil {
			t.Fatalf("starting %s: %v", l.Name(), err)
		}
		all[l.Name()] = func(ctx context.Context, token string) (bool, error) {
			claims, err := verify(ctx, token)
			return library.IsAdmin(claims), err
		}
	}
	return all
}

func TestLimitVerifiesTheSignature(t *testing.T) {
	realm := authtest.NewIssuer(t)
	token := tokenFor(realm, "alice")
	for _, tt := range []struct {
		name, token string
		admitted    bool
	}{
		{"changed signature", withChangedSignature(t, token), false},
		{"good token", token, true},
	} {
		verify, err := signatureAlone(realm, tt.token)
		if err != nil {
			t.Fatal(err)
		}
		if err := verify(); (err == nil) != tt.admitted {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// The figures are for tokens as Keycloak issues them: shorter ones would flatter everybody.
func TestTokenIsOfKeycloaksSize(t *testing.T) {
	if n := len(tokenFor(authtest.NewIssuer(t), "alice", "admin")); n < 1200 || n > 1500 {
		t.Errorf("the token has %d bytes", n)
	}
}

func withChangedSignature(t *testing.T, token string) string {
	t.Helper()
	dot := strings.LastIndexByte(token, '.')
	signature, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	if err != nil {
		t.Fatal(err)
	}
	signature[len(signature)/2] ^= 1
	return token[:dot+1] + base64.RawURLEncoding.EncodeToString(signature)
}
