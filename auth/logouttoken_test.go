package auth_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keystead/auth"
	"keystead/auth/authtest"
)

const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// event is an events claim with that value of the logout's.
func event(value any) map[string]any { return map[string]any{logoutEvent: value} }

func TestLogoutToken(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm, auth.VerifierConfig{})
	now := time.Unix(time.Now().Unix(), 0)
	claims := realm.LogoutClaims("app", "alice", "session-1").With("jti", "token-1").With("iat", now.Unix()).With("exp", now.Unix()+120)
	want := auth.LogoutToken{ID: "token-1", Subject: "id-of-alice", SessionID: "session-1", IssuedAt: now, ExpiresAt: now.Add(150 * time.Second)} // with the leeway
	bySession, bySubject, offline := want, want, want
	bySession.Subject, bySubject.SessionID, offline.RevokeOffline = "", "", true
	for name, tt := range map[string]struct {
		token string
		want  auth.LogoutToken
	}{
		"as Keycloak sends it":                   {realm.SignLogout(claims), want},
		"as older Keycloaks send it":             {realm.Sign(claims), want},
		"as other issuers send it":               {realm.SignLogout(claims.With("typ", nil)), want},
		"with the type in full":                  {typed(realm, "application/Logout+JWT", claims), want},
		"for several clients":                    {realm.SignLogout(claims.With("aud", []string{"stranger", "app"})), want},
		"for our other client":                   {realm.SignLogout(claims.With("aud", "other-app")), want},
		"with the session only":                  {realm.SignLogout(claims.With("sub", nil)), bySession},
		"with the subject only":                  {realm.SignLogout(claims.With("sid", nil)), bySubject},
		"with the offline sessions":              {realm.SignLogout(claims.With("events", event(map[string]any{"revoke_offline_access": true}))), offline},
		"expressly without":                      {realm.SignLogout(claims.With("events", event(map[string]any{"revoke_offline_access": false}))), want},
		"with something like it":                 {realm.SignLogout(claims.With("events", event(map[string]any{"revoke_offline_access": "true"}))), want},
		"with a number like it":                  {realm.SignLogout(claims.With("events", event(map[string]any{"revoke_offline_access": 1}))), want},
		"with the offline sessions, elsewhere":   {realm.SignLogout(claims.With("events", map[string]any{logoutEvent: map[string]any{}, "revoke_offline_access": true, "x": map[string]any{"revoke_offline_access": true}})), want},
		"with more in the event":                 {realm.SignLogout(claims.With("events", event(map[string]any{"z": true, "y": []any{map[string]any{"revoke_offline_access": true}}}))), want},
		"with another event beside it":           {realm.SignLogout(claims.With("events", map[string]any{"https://schemas.openid.net/secevent/caep": 1, logoutEvent: map[string]any{}})), want},
		"of a user whom the API would not serve": {realm.SignLogout(claims.With("cnf", map[string]string{"jkt": "x"}).With("azp", "stranger")), want},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := v.VerifyLogoutToken(t.Context(), tt.token, []string{"app", "other-app"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, *got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLogoutTokenRefused(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm, auth.VerifierConfig{CacheSize: 10, Audience: []string{"app", authtest.Audience}})
	good := realm.LogoutClaims("app", "alice", "session-1")
	claim := func(name string, value any) string { return realm.SignLogout(good.With(name, value)) }
	if _, err := v.VerifyLogoutToken(t.Context(), realm.SignLogout(good), []string{"app"}); err != nil {
		t.Fatal(err)
	}
	rows := append(forgeries(t, realm, with(realm.Key().Header(), "typ", "logout+jwt"), good), []refused{
		// The type: OpenID Connect Back-Channel Logout 1.0 §2.6, 5 and 6, and §4.
		{"an ID token", realm.Sign(realm.IDClaims("alice", "app", "n")), auth.ErrTokenType, `type "ID"; this address takes logout tokens`},
		{"an access token", realm.Sign(realm.Claims("alice").With("aud", "app")), auth.ErrTokenType, `type "Bearer"`},
		{"an ID token with the event", realm.Sign(realm.IDClaims("alice", "app", "n").With("events", good["events"])), auth.ErrTokenType, `type "ID"`},
		{"an ID token of another issuer, with the event", realm.Sign(realm.IDClaims("alice", "app", "").With("typ", nil).With("events", good["events"])), auth.ErrTokenType, `type ""`},
		{"an access token by RFC 9068", typed(realm, "at+jwt", good.With("typ", nil)), auth.ErrTokenType, `header has the type "at+jwt"`},
		{"any security event", typed(realm, "secevent+jwt", good), auth.ErrTokenType, `header has the type "secevent+jwt"`},
		{"no type in the header", typed(realm, nil, good), auth.ErrTokenType, `header has the type ""`},
		{"the header's type, but another in the claims", claim("typ", "Bearer"), auth.ErrTokenType, `type "Bearer"`},
		{"typ in another case", claim("typ", "logout"), auth.ErrTokenType, `type "logout"`},
		{"typ null", claim("typ", rawNull), auth.ErrTokenType, `type ""`},
		{"a nonce", claim("nonce", "n"), auth.ErrTokenType, "nonce"},
		{"a nonce that is empty", claim("nonce", ""), auth.ErrTokenType, "nonce"},
		{"a nonce that is null", claim("nonce", rawNull), auth.ErrTokenType, "nonce"},

		// For whom.
		{"for another client", claim("aud", "other"), auth.ErrTokenAudience, "Audience other holds none of the clients app"},
		{"for the API", claim("aud", authtest.Audience), auth.ErrTokenAudience, "holds none of"},
		{"for nobody", claim("aud", nil), auth.ErrTokenAudience, "(none)"},
		{"for one that is empty", claim("aud", ""), auth.ErrTokenAudience, "holds none of"},
		{"for one in an object", claim("aud", map[string]bool{"app": true}), auth.ErrTokenAudience, "(none)"},

		// When.
		{"an old one that has not expired", realm.SignLogout(good.With("iat", ago(6*time.Minute)).With("exp", ago(-time.Hour))), auth.ErrTokenExpired, "ago; a logout token is taken for 5m0s"},

		// The event (§2.6, 5).
		{"no events", claim("events", nil), auth.ErrClaimMissing, "events claim does not hold " + logoutEvent},
		{"events empty", claim("events", map[string]any{}), auth.ErrClaimMissing, "events"},
		{"events a text", claim("events", logoutEvent), auth.ErrClaimMissing, "events"},
		{"events a list", claim("events", []any{event(map[string]any{})}), auth.ErrClaimMissing, "events"},
		{"another event", claim("events", map[string]any{"https://schemas.openid.net/secevent/risc/event-type/account-disabled": map[string]any{}}), auth.ErrClaimMissing, "events"},
		{"the event in other letters", claim("events", map[string]any{strings.ToUpper(logoutEvent): map[string]any{}}), auth.ErrClaimMissing, "events"},
		{"the event by https", claim("events", map[string]any{"https" + logoutEvent[4:]: map[string]any{}}), auth.ErrClaimMissing, "events"},
		{"the event true", claim("events", event(true)), auth.ErrClaimMissing, "events"},
		{"the event null", claim("events", event(nil)), auth.ErrClaimMissing, "events"},
		{"the event a list", claim("events", event([]any{})), auth.ErrClaimMissing, "events"},
		{"the event deeper", claim("events", map[string]any{"x": event(map[string]any{})}), auth.ErrClaimMissing, "events"},
		{"the event beside events", realm.SignLogout(good.With("events", nil).With(logoutEvent, map[string]any{})), auth.ErrClaimMissing, "events"},
		{"the event twice", realm.SignWith(with(realm.Key().Header(), "typ", "logout+jwt"), []byte(strings.Replace(string(marshal(t, good)), `{"`+logoutEvent+`":{}}`, `{"`+logoutEvent+`":{},"`+logoutEvent+`":{}}`, 1))), auth.ErrTokenMalformed, "payload is not a sound"},

		// What.
		{"no jti", claim("jti", nil), auth.ErrClaimMissing, "no jti"},
		{"jti empty", claim("jti", ""), auth.ErrClaimMissing, "no jti"},
		{"jti a number", claim("jti", 1), auth.ErrClaimMissing, "no jti"},
		{"neither subject nor session", realm.SignLogout(good.With("sub", nil).With("sid", nil)), auth.ErrClaimMissing, "neither a sub nor a sid"},
		{"a session that is empty, which beside a subject would mean all", claim("sid", ""), auth.ErrClaimMissing, "sid claim cannot be used"},
		{"a session that is a number", claim("sid", 1), auth.ErrClaimMissing, "sid claim cannot be used"},
		{"a session that is null", claim("sid", rawNull), auth.ErrClaimMissing, "sid claim cannot be used"},
		{"sessions in a list", claim("sid", []string{"session-1"}), auth.ErrClaimMissing, "sid claim cannot be used"},
	}...)
	check(t, rows, func(token string) (bool, error) {
		logout, err := v.VerifyLogoutToken(t.Context(), token, []string{"app"})
		return logout != nil, err
	})
	if n := v.CacheStatus(); n != (auth.CacheStatus{}) {
		t.Errorf("the cache was used: %+v", n)
	}
}

// Whoever takes logout tokens for no client, or for one without a name, takes none.
func TestLogoutTokenForNoClient(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm, auth.VerifierConfig{})
	for _, clients := range [][]string{nil, {}, {""}, {"", "other"}} {
		for _, audience := range []any{"app", "", []string{""}, []string{}, nil} {
			token := realm.SignLogout(realm.LogoutClaims("app", "alice", "s").With("aud", audience))
			if _, err := v.VerifyLogoutToken(t.Context(), token, clients); !errors.Is(err, auth.ErrTokenAudience) {
				t.Errorf("aud %v for clients %q: %v", audience, clients, err)
			}
		}
	}
}

// The edges in time, to the second. The leeway is on top of each.
func TestLogoutTokenTimes(t *testing.T) {
	realm := authtest.NewIssuer(t)
	const base = 1_800_000_000
	keys := filled(t, auth.KeysConfig{Issuer: realm.URL()})
	var now int64
	v := newVerifier(t, realm, auth.VerifierConfig{Keys: keys, Leeway: 10 * time.Second, Now: func() time.Time { return time.Unix(now, 0) }})
	claims := realm.LogoutClaims("app", "alice", "s").With("iat", base)
	short, long := realm.SignLogout(claims.With("exp", base+120)), realm.SignLogout(claims.With("exp", base+86_400))
	for _, step := range []struct {
		token string
		now   int64
		want  error
	}{
		{short, base - 11, auth.ErrTokenNotYet}, {short, base - 10, nil}, {short, base + 129, nil}, {short, base + 130, auth.ErrTokenExpired},
		{long, base - 11, auth.ErrTokenNotYet}, {long, base - 10, nil}, {long, base + 309, nil}, {long, base + 310, auth.ErrTokenExpired},
	} {
		now = step.now
		logout, err := v.VerifyLogoutToken(t.Context(), step.token, []string{"app"})
		if !errors.Is(err, step.want) {
			t.Errorf("at iat%+d: %v, want %v", now-base, err, step.want)
		}
		end := map[string]int64{short: base + 130, long: base + 310}[step.token]
		if err == nil && !logout.ExpiresAt.Equal(time.Unix(end, 0)) {
			t.Errorf("it is said to be taken until iat%+d, want iat%+d", logout.ExpiresAt.Unix()-base, end-base)
		}
	}
}

var rawNull = json.RawMessage("null")

// ago returns that time before now as a claim has it.
func ago(d time.Duration) int64 { return time.Now().Add(-d).Unix() }
