package auth_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keystead/auth"
	"keystead/auth/authtest"
)

// credentials are those that the issuer expects.
var credentials = &auth.Introspection{ClientID: authtest.IntrospectionClientID, ClientSecret: authtest.IntrospectionClientSecret}

// introspecting returns a verifier that asks the realm about tokens, and its log.
func introspecting(t *testing.T, realm *authtest.Issuer, cfg auth.VerifierConfig) (*auth.Verifier, *authtest.Log) {
	t.Helper()
	return introspectingWith(t, realm, cfg, auth.KeysConfig{Issuer: realm.URL()})
}

func introspectingWith(t *testing.T, realm *authtest.Issuer, cfg auth.VerifierConfig, keysCfg auth.KeysConfig) (*auth.Verifier, *authtest.Log) {
	t.Helper()
	log := &authtest.Log{}
	keysCfg.Logger = slog.New(slog.NewTextHandler(log, nil))
	keys := auth.NewKeys(keysCfg)
	go keys.Run(t.Context())
	eventually(t, func() bool { return keys.Ready() == nil })
	cfg.Keys = keys
	if cfg.Introspection == nil {
		cfg.Introspection = credentials
	}
	return newVerifier(t, realm, cfg), log
}

// clock is a time that a test moves.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

// The table tells what the realm is asked about, how often, and what comes of it.
func TestIntrospection(t *testing.T) {
	realm, other := authtest.NewIssuer(t), authtest.NewIssuer(t)
	alice := realm.Claims("alice", "admin")
	fresh := func() authtest.Claims { return alice.With("jti", "onltro:"+rand.Text()) }
	light := func(name string, value any) string { return realm.SignLightweight(fresh().With(name, value)) }
	// described and opaque are tokens of which the realm tells one thing otherwise.
	described := func(name string, value any) string {
		claims := fresh()
		token := realm.SignLightweight(claims)
		realm.Describe(token, claims.With(name, value))
		return token
	}
	opaque := func(name string, value any) string {
		token := rand.Text()
		realm.Describe(token, alice.With(name, value))
		return token
	}
	lacking := func(names ...string) string {
		full := fresh()
		signed := full
		for _, name := range names {
			signed = signed.With(name, nil)
		}
		token := realm.Sign(signed)
		realm.Describe(token, full)
		return token
	}
	claims := fresh()
	otherSubject := realm.Sign(claims.With("aud", nil))
	realm.Describe(otherSubject, claims.With("sub", "id-of-bob"))
	ended := realm.Lightweight("alice")
	realm.End(ended)
	ago := func(d time.Duration) int64 { return time.Now().Add(-d).Unix() }
	good := realm.Lightweight("alice")
	_, signature, _ := strings.Cut(other.Lightweight("alice"), ".")
	forged := strings.Join(append(strings.Split(good, ".")[:2], strings.Split(signature, ".")[1]), ".")

	tests := []struct {
		name, token string
		want        error
		words       string
		asked       int
	}{
		{"a full token speaks for itself", realm.Token("alice", "admin"), nil, "", 0},
		{"and is refused for itself", realm.Sign(alice.With("aud", "account")), auth.ErrTokenAudience, "Audience account holds none of keystead-api; add an audience mapper", 0},
		{"an empty audience is one, too", realm.Sign(alice.With("aud", []string{})), auth.ErrTokenAudience, "(none)", 0},
		{"a lightweight token", light("nonce", nil), nil, "", 1},
		{"a token without an audience", lacking("aud"), nil, "", 1},
		{"a token without a subject", lacking("sub"), nil, "", 1},
		{"a token without roles", lacking("realm_access", "resource_access"), nil, "", 1},
		{"a token with roles of clients alone", realm.Sign(realm.Claims("bob")), nil, "", 0},
		{"a token with roles of the realm alone", realm.Sign(alice.With("resource_access", nil)), nil, "", 0},
		{"a token that is no JWT", opaque("nonce", nil), nil, "", 1},

		{"a lightweight token that was ended", ended, auth.ErrTokenRevoked, "calls the token inactive: its session has ended, it was revoked, or the client keystead-api is not in its audience", 1},
		{"an opaque token that the realm does not know", "rubbish", auth.ErrTokenRevoked, "inactive", 1},
		{"an encrypted token that the realm does not know", "a.b.c.d.e", auth.ErrTokenRevoked, "inactive", 1},
		{"a lightweight token for others", light("aud", "account"), auth.ErrTokenRevoked, "inactive", 1},
		{"an answer with another jti", described("jti", "onltro:2"), auth.ErrIntrospectionUnavailable, "could not be asked", 1},
		{"an answer with another subject", otherSubject, auth.ErrIntrospectionUnavailable, "could not be asked", 1},
		{"an answer with another issuer", described("iss", other.URL()), auth.ErrTokenIssuer, "is not", 1},
		{"an answer with a key of the client", described("cnf", map[string]string{"jkt": "x"}), auth.ErrTokenBound, "cnf", 1},
		{"an answer about an ID token", opaque("typ", "ID"), auth.ErrTokenType, `"ID"`, 1},
		{"an answer about a refresh token", opaque("typ", "Refresh"), auth.ErrTokenType, `"Refresh"`, 1},
		{"an answer without a type", opaque("typ", nil), auth.ErrTokenType, `""`, 1},
		{"an answer without an issuer", opaque("iss", nil), auth.ErrTokenIssuer, "(none)", 1},
		{"an answer without exp", opaque("exp", nil), auth.ErrClaimMissing, "no exp", 1},
		{"an answer without iat", described("iat", nil), auth.ErrClaimMissing, "no iat", 1},
		{"an answer with an empty subject", opaque("sub", ""), auth.ErrClaimMissing, "sub", 1},
		{"an answer about the past", opaque("exp", float64(ago(time.Minute))), auth.ErrTokenExpired, "expired 1m", 1},
		{"an answer about the future", opaque("nbf", ago(-time.Minute)), auth.ErrTokenNotYet, "only in", 1},

		{"a lightweight token by another key", forged, auth.ErrTokenSignature, "", 0},
		{"a lightweight token of another realm", other.Lightweight("alice"), auth.ErrTokenKeyUnknown, "", 0},
		{"a lightweight token that names another issuer", light("iss", other.URL()), auth.ErrTokenIssuer, "", 0},
		{"a lightweight ID token", light("typ", "ID"), auth.ErrTokenType, "", 0},
		{"a lightweight token that has expired", light("exp", ago(time.Minute)), auth.ErrTokenExpired, "expired 1m", 0},
		{"a lightweight token that expired within the leeway", light("exp", ago(10*time.Second)), auth.ErrTokenExpired, "expired 1", 1},
		{"a lightweight token of tomorrow", light("iat", ago(-time.Hour)), auth.ErrTokenNotYet, "", 0},
		{"a lightweight token without exp", light("exp", nil), auth.ErrClaimMissing, "", 0},
		{"a lightweight token that is bound", light("cnf", map[string]string{"jkt": "x"}), auth.ErrTokenBound, "", 0},
		{"a lightweight token of no known type", realm.SignWith(with(realm.Key().Header(), "typ", "dpop+jwt"), alice.With("aud", nil)), auth.ErrTokenType, "", 0},
		{"three parts that are no JWT", "a.b.c", auth.ErrTokenMalformed, "", 0},
		{"three empty parts", "..", auth.ErrTokenMalformed, "", 0},
		{"letters that no bearer token has", "caf\u00e9", auth.ErrTokenMalformed, "", 0},
		{"a line break", "a\nb", auth.ErrTokenMalformed, "", 0},
		{"an equals sign within", "a=b", auth.ErrTokenMalformed, "", 0},
		{"equals signs alone", "==", auth.ErrTokenMalformed, "", 0},
		{"nothing", "", auth.ErrTokenMalformed, "", 0},
		{"an opaque token that is too long", strings.Repeat("a", 17<<10), auth.ErrTokenTooLarge, "", 0},
	}
	for _, size := range []int{0, 100} {
		v, log := introspecting(t, realm, auth.VerifierConfig{CacheSize: size})
		for _, tt := range tests {
			t.Run(fmt.Sprint(tt.name, ", cache of ", size), func(t *testing.T) {
				before := realm.Introspections()
				p, err := v.Verify(t.Context(), tt.token)
				if !errors.Is(err, tt.want) || err != nil && !strings.Contains(err.Error(), tt.words) {
					t.Errorf("Verify = %v, want %v, %q", err, tt.want, tt.words)
				}
				if err == nil && !strings.HasPrefix(p.Subject(), "id-of-") {
					t.Errorf("the subject is %q", p.Subject())
				}
				if asked := realm.Introspections() - before; asked != tt.asked {
					t.Errorf("the realm was asked %d times, want %d", asked, tt.asked)
				}
			})
			if parts := strings.Split(tt.token, "."); len(tt.token) > 20 && strings.Contains(log.String(), parts[len(parts)-1]) {
				t.Errorf("%s: the log quotes the token: %s", tt.name, log)
			}
		}
	}
}

// The caller is the one of the answer, with roles and all, for a lightweight and for an opaque token.
func TestIntrospectedCaller(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v, _ := introspecting(t, realm, auth.VerifierConfig{})
	for _, token := range []string{realm.Lightweight("alice", "user", "admin"), realm.Opaque("alice", "user", "admin")} {
		p := verified(t, v, token)
		if p.Username() != "alice" || !p.HasRealmRole("admin") || p.HasRealmRole("owner") || p.AuthorizedParty() != authtest.ClientID || p.SessionID() == "" {
			t.Errorf("the caller is %s", p.Claims())
		}
	}
}

// Of two times of expiry the earlier one counts.
func TestIntrospectedExpiry(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v, _ := introspecting(t, realm, auth.VerifierConfig{})
	now := time.Now().Unix()
	for _, tt := range []struct{ signed, answered, want int64 }{{60, 120, 60}, {120, 60, 60}} {
		claims := realm.Claims("alice").With("exp", now+tt.signed)
		token := realm.SignLightweight(claims)
		realm.Describe(token, claims.With("exp", now+tt.answered))
		if got := verified(t, v, token).ExpiresAt().Unix() - now; got != tt.want {
			t.Errorf("%d s in the token, %d s in the answer: %d s", tt.signed, tt.answered, got)
		}
	}
}

// Audience and authorized party are those of the answer.
func TestIntrospectedParties(t *testing.T) {
	realm := authtest.NewIssuer(t)
	token := realm.Lightweight("alice")
	for want, cfg := range map[error]auth.VerifierConfig{
		nil:                          {AuthorizedParties: []string{authtest.ClientID}},
		auth.ErrTokenAudience:        {Audience: []string{"other-api"}},
		auth.ErrTokenAuthorizedParty: {AuthorizedParties: []string{"reporter"}},
	} {
		v, _ := introspecting(t, realm, cfg)
		if _, err := v.Verify(t.Context(), token); !errors.Is(err, want) {
			t.Errorf("Verify = %v, want %v", err, want)
		} else if err != nil && strings.Contains(err.Error(), "Always use") {
			t.Errorf("the setting is not to blame: %v", err)
		}
	}
	// Where audiences are not verified, the lack of one is no reason to ask.
	v, _ := introspecting(t, realm, auth.VerifierConfig{InsecureSkipAudience: true})
	before := realm.Introspections()
	verified(t, v, realm.Sign(realm.Claims("alice").With("aud", nil)))
	if asked := realm.Introspections() - before; asked != 0 {
		t.Errorf("the realm was asked %d times", asked)
	}
}

// Only the boolean true is a yes, and only false a no: whatever else answers has not judged the token.
func TestOnlyActiveTrueIsAYes(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v, log := introspecting(t, realm, auth.VerifierConfig{})
	token := realm.Lightweight("alice")
	claims, err := json.Marshal(realm.Claims("alice").With("jti", nil))
	if err != nil {
		t.Fatal(err)
	}
	for active, want := range map[string]error{
		`"active":false,`:  auth.ErrTokenRevoked,
		`"active":"true",`: auth.ErrIntrospectionUnavailable, `"active":1,`: auth.ErrIntrospectionUnavailable, `"active":null,`: auth.ErrIntrospectionUnavailable,
		`"Active":true,`: auth.ErrIntrospectionUnavailable, ``: auth.ErrIntrospectionUnavailable,
		`"active":false,"active":true,`: auth.ErrIntrospectionUnavailable, `"active":true,"active":true,`: auth.ErrIntrospectionUnavailable,
	} {
		realm.Answer(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{", active, string(claims[1:])) })
		if _, err := v.Verify(t.Context(), token); !errors.Is(err, want) {
			t.Errorf("%s gave %v, want %v", active, err, want)
		}
	}
	if strings.Contains(log.String(), "id-of-alice") {
		t.Errorf("the log quotes the answer: %s", log)
	}
}

// A realm that cannot answer is no verdict on the token. The log names the cause, and neither the token
// nor the secret.
func TestIntrospectionUnavailable(t *testing.T) {
	active := `{"active":true}`
	tests := []struct {
		name   string
		answer http.HandlerFunc
		log    string
	}{
		{"down", authtest.Down, "503 Service Unavailable"},
		{"wrong credentials", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, "401 Unauthorized: correct KEYSTEAD_INTROSPECTION_CLIENT_ID and KEYSTEAD_INTROSPECTION_CLIENT_SECRET"},
		{"a public client", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, "confidential"},
		{"not understood", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }, "400 Bad Request"},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/elsewhere" {
				fmt.Fprint(w, active)
				return
			}
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, "307 Temporary Redirect"},
		{"a page", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>sign in</html>") }, "did not answer a sound JSON object"},
		{"nothing", func(http.ResponseWriter, *http.Request) {}, "did not answer a sound JSON object"},
		{"two answers", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, active, active) }, "did not answer a sound JSON object"},
		{"too much", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"active":true,"x":"`, strings.Repeat("x", 1<<20), `"}`)
		}, "more than 1048576 bytes"},
		{"hung up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF"},
		{"too slow", func(_ http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm() // a server notices that its client has left only once the body is read
			<-r.Context().Done()
		}, "deadline exceeded"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			realm := authtest.NewIssuer(t)
			v, log := introspectingWith(t, realm, auth.VerifierConfig{CacheSize: 10}, auth.KeysConfig{Issuer: realm.URL(), Timeout: time.Second})
			realm.Answer(tt.answer)
			unavailable(t, v, log, realm, tt.log)
			token := realm.Lightweight("bob")
			if _, err := v.Verify(t.Context(), token); !errors.Is(err, auth.ErrIntrospectionUnavailable) {
				t.Errorf("Verify = %v", err)
			}
			realm.Answer(nil)
			verified(t, v, token) // a failure is not remembered
		})
	}
}

// unavailable checks what a verifier makes of a realm that does not answer.
func unavailable(t *testing.T, v *auth.Verifier, log *authtest.Log, realm *authtest.Issuer, want string) {
	t.Helper()
	for _, token := range []string{realm.Lightweight("alice"), realm.Opaque("alice")} {
		if _, err := v.Verify(t.Context(), token); !errors.Is(err, auth.ErrIntrospectionUnavailable) {
			t.Errorf("Verify = %v", err)
		}
		for _, secret := range []string{token, token[len(token)-20:], authtest.IntrospectionClientSecret, url.QueryEscape(authtest.IntrospectionClientSecret)} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("the log tells a secret: %s", log)
			}
		}
	}
	if !strings.Contains(log.String(), want) {
		t.Errorf("no %q in %s", want, log)
	}
	if n := strings.Count(log.String(), "could not be asked about a token"); n != 1 {
		t.Errorf("%d lines in the log, want one in a while: %s", n, log)
	}
}

// A realm whose discovery names no endpoint, or one of somebody else's, is not asked.
func TestIntrospectionEndpoint(t *testing.T) {
	stranger := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("a stranger was asked %s", r.URL) }))
	defer stranger.Close()
	for endpoint, want := range map[string]string{"": "names no introspection_endpoint", stranger.URL: "below neither the issuer nor the back channel"} {
		realm := authtest.NewIssuer(t)
		realm.Answer(func(w http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(w).Encode(map[string]any{"issuer": realm.URL(), "jwks_uri": realm.URL() + "/certs", "introspection_endpoint": endpoint, "keys": []any{realm.Key().JWK()}})
		})
		v, log := introspecting(t, realm, auth.VerifierConfig{})
		unavailable(t, v, log, realm, want)
	}
}

// Before discovery could be read for the first time, opaque tokens cannot be judged either.
func TestIntrospectionBeforeDiscovery(t *testing.T) {
	realm := authtest.NewIssuer(t)
	keys := auth.NewKeys(auth.KeysConfig{Issuer: realm.URL(), Logger: discard})
	v := newVerifier(t, realm, auth.VerifierConfig{Keys: keys, Introspection: credentials})
	if _, err := v.Verify(t.Context(), realm.Opaque("alice")); !errors.Is(err, auth.ErrIntrospectionUnavailable) {
		t.Errorf("Verify = %v", err)
	}
}

// The realm is asked over the back channel.
func TestIntrospectionOverTheBackChannel(t *testing.T) {
	realm := authtest.NewIssuer(t)
	target, err := url.Parse(strings.TrimSuffix(realm.URL(), "/realms/demo"))
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	proxy := httputil.NewSingleHostReverseProxy(target)
	back := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/token/introspect") {
			asked.Add(1)
		}
		proxy.ServeHTTP(w, r)
	}))
	defer back.Close()
	v, _ := introspectingWith(t, realm, auth.VerifierConfig{}, auth.KeysConfig{Issuer: realm.URL(), BackchannelURL: back.URL + "/realms/demo"})
	verified(t, v, realm.Lightweight("alice"))
	if asked.Load() != 1 {
		t.Errorf("the back channel carried %d introspections", asked.Load())
	}
}

// Many requests with one token cost one call, and the one that gives up takes none along.
func TestIntrospectionIsShared(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v, _ := introspecting(t, realm, auth.VerifierConfig{CacheSize: 10})
	token := realm.Lightweight("alice")
	realm.Delay(300 * time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := v.Verify(ctx, token); !errors.Is(err, auth.ErrIntrospectionUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("who gave up got %v", err)
	}
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if _, err := v.Verify(t.Context(), token); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if asked := realm.Introspections(); asked != 1 {
		t.Errorf("the realm was asked %d times", asked)
	}
}

// An answer counts for ten seconds and never past exp; then a sign-out is noticed.
func TestIntrospectionIsRemembered(t *testing.T) {
	for _, kind := range []string{"lightweight", "opaque"} {
		realm := authtest.NewIssuer(t)
		var c clock
		v, _ := introspecting(t, realm, auth.VerifierConfig{CacheSize: 10, Now: c.now})
		token := realm.Lightweight("alice")
		if kind == "opaque" {
			token = realm.Opaque("alice")
		}
		check := func(when string, want error, asked int) {
			t.Helper()
			if _, err := v.Verify(t.Context(), token); !errors.Is(err, want) {
				t.Errorf("%s, %s: %v, want %v", kind, when, err, want)
			}
			if got := realm.Introspections(); got != asked {
				t.Errorf("%s, %s: asked %d times, want %d", kind, when, got, asked)
			}
		}
		check("at first", nil, 1)
		c.advance(9 * time.Second)
		check("after 9 s", nil, 1)
		c.advance(time.Second)
		check("after 10 s", nil, 2)
		realm.End(token)
		c.advance(9 * time.Second)
		check("signed out, within 10 s", nil, 2)
		c.advance(time.Second)
		check("signed out, after 10 s", auth.ErrTokenRevoked, 3)
		c.advance(4 * time.Second)
		check("asked again", auth.ErrTokenRevoked, 3)
		c.advance(time.Second)
		check("asked again after 5 s", auth.ErrTokenRevoked, 4)
	}
}

func TestIntrospectionIsNotRememberedPastExpiry(t *testing.T) {
	realm := authtest.NewIssuer(t)
	var c clock
	v, _ := introspecting(t, realm, auth.VerifierConfig{CacheSize: 10, Now: c.now})
	token := realm.SignLightweight(realm.Claims("alice").With("exp", time.Now().Unix()+6))
	verified(t, v, token)
	c.advance(7 * time.Second) // the leeway of 30 s is for tokens that speak for themselves
	verified(t, v, token)
	if asked := realm.Introspections(); asked != 2 {
		t.Errorf("asked %d times", asked)
	}
}

// A refusal is remembered whatever its reason is: here that the answer is about the past.
func TestIntrospectionRemembersRefusals(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v, _ := introspecting(t, realm, auth.VerifierConfig{CacheSize: 10})
	realm.Describe("past", realm.Claims("alice").With("exp", float64(time.Now().Add(-time.Minute).Unix())))
	for range 3 {
		if _, err := v.Verify(t.Context(), "past"); !errors.Is(err, auth.ErrTokenExpired) {
			t.Errorf("Verify = %v", err)
		}
	}
	if asked := realm.Introspections(); asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

// Without a cache nothing is remembered, neither yes nor no.
func TestIntrospectionWithoutACache(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v, _ := introspecting(t, realm, auth.VerifierConfig{})
	for _, token := range []string{realm.Lightweight("alice"), realm.Opaque("alice"), "unknown"} {
		before := realm.Introspections()
		for range 2 {
			_, _ = v.Verify(t.Context(), token)
		}
		if asked := realm.Introspections() - before; asked != 2 {
			t.Errorf("asked %d times", asked)
		}
	}
}

// What is remembered of an introspected token ends with its key and its revocation.
func TestIntrospectedTokensEnd(t *testing.T) {
	realm := authtest.NewIssuer(t)
	var revoked atomic.Bool
	v, _ := introspecting(t, realm, auth.VerifierConfig{CacheSize: 10, Revocations: revocations(func(p *auth.Principal) bool { return revoked.Load() && p.Username() == "alice" })})
	alice, bob := realm.Lightweight("alice"), realm.Lightweight("bob")
	verified(t, v, alice)
	verified(t, v, bob)
	revoked.Store(true)
	for range 2 { // remembered, and asked about anew
		if _, err := v.Verify(t.Context(), alice); !errors.Is(err, auth.ErrTokenRevoked) {
			t.Errorf("revoked here: %v", err)
		}
	}
	realm.Rotate()
	realm.Withdraw()
	verified(t, v, realm.Token("carol")) // brings the new keys
	if _, err := v.Verify(t.Context(), bob); !errors.Is(err, auth.ErrTokenKeyUnknown) {
		t.Errorf("by a withdrawn key: %v", err)
	}
}

// Opaque tokens need no keys, so they are judged when those are too old to be used.
func TestOpaqueTokensNeedNoKeys(t *testing.T) {
	realm := authtest.NewIssuer(t)
	var c clock
	v, _ := introspectingWith(t, realm, auth.VerifierConfig{CacheSize: 10}, auth.KeysConfig{Issuer: realm.URL(), Now: c.now})
	light, opaque := realm.Lightweight("alice"), realm.Opaque("alice")
	verified(t, v, light)
	c.advance(25 * time.Hour)
	for range 2 { // asked about, and remembered
		verified(t, v, opaque)
		if _, err := v.Verify(t.Context(), light); !errors.Is(err, auth.ErrKeysUnavailable) {
			t.Errorf("Verify = %v", err)
		}
	}
}

// Rubbish that anybody can send reaches the realm eight at a time, and holds up no token that it signed.
func TestOpaqueTokensAreBounded(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v, log := introspecting(t, realm, auth.VerifierConfig{CacheSize: 100})
	alice := realm.Claims("alice")
	light := realm.SignLightweight(alice)
	arrived, release := make(chan struct{}), make(chan struct{})
	realm.Answer(func(w http.ResponseWriter, r *http.Request) {
		if r.PostFormValue("token") == light {
			_ = json.NewEncoder(w).Encode(alice.With("active", true))
			return
		}
		arrived <- struct{}{}
		<-release
		fmt.Fprint(w, `{"active":false}`)
	})
	var wg sync.WaitGroup
	ask := func(token string) {
		if _, err := v.Verify(t.Context(), token); !errors.Is(err, auth.ErrTokenRevoked) {
			t.Errorf("Verify = %v", err)
		}
	}
	for i := range 8 {
		wg.Go(func() { ask(fmt.Sprint("rubbish-", i)) })
	}
	for range 8 {
		<-arrived
	}
	wg.Go(func() { ask("rubbish-0") }) // waits for the answer that is under way
	for i := range 100 {
		if _, err := v.Verify(t.Context(), fmt.Sprint("more-rubbish-", i)); !errors.Is(err, auth.ErrIntrospectionUnavailable) || !strings.Contains(err.Error(), "too many") {
			t.Errorf("the ninth: %v", err)
		}
	}
	verified(t, v, light)
	close(release)
	wg.Wait()
	wg.Go(func() { ask("rubbish-9") })
	<-arrived
	wg.Wait()
	if n := strings.Count(log.String(), "more than 8 opaque tokens at once"); n != 1 {
		t.Errorf("%d lines in the log: %s", n, log)
	}
}

// One line for each client tells what its tokens lack, what that costs, and how to mend it.
func TestIntrospectionWarnsOnce(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v, log := introspecting(t, realm, auth.VerifierConfig{})
	for range 3 {
		verified(t, v, realm.Lightweight("alice"))
		verified(t, v, realm.Token("alice"))
	}
	line := log.String()
	if strings.Count(line, "each costs a call to the realm") != 1 || !strings.Contains(line, "client=demo") || !strings.Contains(line, `lacking="aud, sub, roles"`) || !strings.Contains(line, "Always use lightweight access token") {
		t.Errorf("the log: %s", line)
	}
	verified(t, v, realm.Opaque("alice"))
	if log.String() != line {
		t.Errorf("an opaque token has no client to name: %s", log)
	}
	bare := realm.Claims("bob").With("azp", "bare").With("resource_access", nil)
	verified(t, v, realm.Sign(bare))
	if more := strings.TrimPrefix(log.String(), line); !strings.Contains(more, "client=bare lacking=roles") || strings.Contains(more, "Always use") {
		t.Errorf("of another client: %s", more)
	}
}

// Without credentials a lightweight token is refused, and the reason names the settings on both sides
// where the challenge does not cut it off.
func TestLightweightWithoutIntrospection(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm, auth.VerifierConfig{})
	_, err := v.Verify(t.Context(), realm.SignLightweight(realm.Claims("alice").With("jti", "onltro:1").With("azp", "keystead-lightweight")))
	if !errors.Is(err, auth.ErrTokenAudience) {
		t.Fatalf("Verify = %v", err)
	}
	for _, want := range []string{"lightweight", "Always use lightweight access token", "KEYSTEAD_INTROSPECTION_CLIENT_ID"} {
		if !strings.Contains(err.Error()[:min(200, len(err.Error()))], want) {
			t.Errorf("no %q within 200 letters of: %v", want, err)
		}
	}
	if _, err := v.Verify(t.Context(), realm.Opaque("alice")); !errors.Is(err, auth.ErrTokenMalformed) {
		t.Errorf("an opaque token: %v", err)
	}
	if realm.Introspections() != 0 {
		t.Error("the realm was asked")
	}
}
