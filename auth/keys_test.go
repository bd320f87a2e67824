package auth_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keystead/auth"
	"keystead/auth/authtest"
)

// A rotation at full load: nobody with a good token is refused, whichever key signed it, and the
// realm is hardly asked.
func TestRotationUnderLoad(t *testing.T) {
	for _, size := range []int{0, 1000} {
		realm := authtest.NewIssuer(t)
		realm.Delay(20 * time.Millisecond)
		v := newVerifier(t, realm, auth.VerifierConfig{Keys: filled(t, auth.KeysConfig{Issuer: realm.URL()}), CacheSize: size})
		var stop atomic.Bool
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				for !stop.Load() {
					if _, err := v.Verify(t.Context(), realm.Token(fmt.Sprint("user-", i))); err != nil {
						t.Errorf("refused during a rotation: %v", err)
					}
				}
			})
		}
		before := realm.Token("alice")
		for range 2 {
			time.Sleep(50 * time.Millisecond)
			realm.Rotate()
		}
		time.Sleep(100 * time.Millisecond)
		stop.Store(true)
		wg.Wait()
		if _, err := v.Verify(t.Context(), before); err != nil {
			t.Errorf("a token by the old key, which is still published: %v", err)
		}
		if got := realm.Fetches(); got > 1+3 {
			t.Errorf("two rotations caused %d fetches", got-1)
		}
	}
}

// A key counts until the next fetch; then tokens by it are refused, remembered or not.
func TestWithdrawnKey(t *testing.T) {
	for _, size := range []int{0, 10} {
		realm := authtest.NewIssuer(t)
		v := newVerifier(t, realm, auth.VerifierConfig{Keys: filled(t, auth.KeysConfig{Issuer: realm.URL()}), CacheSize: size})
		old := realm.Token("alice")
		realm.Rotate()
		realm.Withdraw()
		if _, err := v.Verify(t.Context(), old); err != nil {
			t.Errorf("before the next fetch: %v", err)
		}
		if _, err := v.Verify(t.Context(), realm.Token("alice")); err != nil { // brings the next fetch
			t.Error(err)
		}
		if _, err := v.Verify(t.Context(), old); !errors.Is(err, auth.ErrTokenKeyUnknown) {
			t.Errorf("cache of %d: after the next fetch: %v", size, err)
		}
	}
}

// A key whose material is exchanged under the same id is another key.
func TestExchangedKey(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm, auth.VerifierConfig{Keys: filled(t, auth.KeysConfig{Issuer: realm.URL(), Refresh: 5 * time.Millisecond}), CacheSize: 10})
	old := realm.Token("alice")
	if _, err := v.Verify(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	exchanged := authtest.NewKey("RS256")
	exchanged.ID = realm.KeyID()
	realm.Use(exchanged)
	realm.Withdraw()
	eventually(t, func() bool { _, err := v.Verify(t.Context(), old); return errors.Is(err, auth.ErrTokenSignature) })
	if _, err := v.Verify(t.Context(), realm.Token("alice")); err != nil {
		t.Error(err)
	}
}

func TestForgedKeyIDsDoNotReachTheRealm(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm, auth.VerifierConfig{Keys: filled(t, auth.KeysConfig{Issuer: realm.URL()})})
	for i := range 200 {
		forged := realm.SignWith(with(realm.Key().Header(), "kid", fmt.Sprint("forged-", i)), realm.Claims("mallory"))
		if _, err := v.Verify(t.Context(), forged); !errors.Is(err, auth.ErrTokenKeyUnknown) {
			t.Fatalf("Verify = %v", err)
		}
	}
	if got := realm.Fetches(); got > 1+3 {
		t.Errorf("200 forged key ids caused %d fetches", got-1)
	}
}

// A stray client that comes back again and again with one foreign key id must not spend the budget
// that a rotation needs.
func TestUnknownKeyIDIsRemembered(t *testing.T) {
	realm := authtest.NewIssuer(t)
	var now atomic.Int64
	now.Store(time.Now().Unix())
	keys := filled(t, auth.KeysConfig{Issuer: realm.URL(), Now: func() time.Time { return time.Unix(now.Load(), 0) }})
	v := newVerifier(t, realm, auth.VerifierConfig{Keys: keys})
	stray := authtest.NewKey("ES256")
	token := realm.SignWith(with(realm.Key().Header(), "kid", stray.ID), realm.Claims("alice"))
	for range 100 {
		if _, err := v.Verify(t.Context(), token); !errors.Is(err, auth.ErrTokenKeyUnknown) {
			t.Fatalf("Verify = %v", err)
		}
	}
	if got := realm.Fetches(); got != 2 {
		t.Errorf("one foreign key id caused %d fetches", got-1)
	}
	realm.Rotate()
	if _, err := v.Verify(t.Context(), realm.Token("alice")); err != nil {
		t.Errorf("a rotation right after: %v", err)
	}
	now.Add(3) // soon, because a key may be published late; but later each time
	for range 100 {
		_, _ = v.Verify(t.Context(), token)
	}
	now.Add(3)
	_, _ = v.Verify(t.Context(), token)
	if got := realm.Fetches(); got != 4 {
		t.Errorf("six seconds later the realm was asked %d times in all, want 4", got)
	}
}

// What is remembered of a flood is bounded, and the flood does not reach the realm.
func TestUnknownKeyIDFlood(t *testing.T) {
	realm := authtest.NewIssuer(t)
	keys := filled(t, auth.KeysConfig{Issuer: realm.URL()})
	v := newVerifier(t, realm, auth.VerifierConfig{Keys: keys})
	good := realm.Token("alice")
	head := realm.Key().Header()
	rest := good[strings.IndexByte(good, '.'):]
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 1000 {
				forged := encode(string(marshal(t, with(head, "kid", rand.Text())))) + rest
				if _, err := v.Verify(t.Context(), forged); !errors.Is(err, auth.ErrTokenKeyUnknown) {
					t.Errorf("Verify = %v", err)
				}
				if _, err := v.Verify(t.Context(), good); err != nil {
					t.Errorf("a good token in the flood: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if got := realm.Fetches(); got > 1+4 {
		t.Errorf("4000 forged key ids caused %d fetches", got-1)
	}
}

// A flood that comes while the realm is asked waits for that one answer; what is remembered of it is
// bounded, and forgotten in time.
func TestUnknownKeyIDFloodOfASlowRealm(t *testing.T) {
	realm := authtest.NewIssuer(t)
	var now atomic.Int64
	now.Store(time.Now().Unix())
	keys := filled(t, auth.KeysConfig{Issuer: realm.URL(), Now: func() time.Time { return time.Unix(now.Load(), 0) }})
	v := newVerifier(t, realm, auth.VerifierConfig{Keys: keys})
	rest := realm.Token("alice")
	rest = rest[strings.IndexByte(rest, '.'):]
	head := realm.Key().Header()
	for range 2 {
		realm.Delay(200 * time.Millisecond)
		var wg sync.WaitGroup
		for range 1500 {
			wg.Go(func() {
				forged := encode(string(marshal(t, with(head, "kid", rand.Text())))) + rest
				if _, err := v.Verify(t.Context(), forged); !errors.Is(err, auth.ErrTokenKeyUnknown) {
					t.Errorf("Verify = %v", err)
				}
			})
		}
		wg.Wait()
		now.Add(60)
	}
	if got := realm.Fetches(); got > 1+4 {
		t.Errorf("3000 forged key ids caused %d fetches", got-1)
	}
}

// A realm may have moved within its host. Elsewhere it is somebody else's, and round in a circle
// nobody's.
func TestRedirects(t *testing.T) {
	realm := authtest.NewIssuer(t)
	to := func(target string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target, http.StatusFound) }
	}
	mux := http.NewServeMux()
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	mux.HandleFunc("/moved/realms/demo/.well-known/openid-configuration", to("/new"))
	mux.HandleFunc("/elsewhere/realms/demo/.well-known/openid-configuration", to(realm.URL()+"/.well-known/openid-configuration"))
	mux.HandleFunc("/circle/realms/demo/.well-known/openid-configuration", to("/circle/realms/demo/.well-known/openid-configuration"))
	mux.HandleFunc("/new", func(w http.ResponseWriter, _ *http.Request) {
		issuer := front.URL + "/moved/realms/demo"
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, issuer, issuer+"/certs")
	})
	mux.HandleFunc("/moved/realms/demo/certs", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"keys":[%s]}`, marshal(t, realm.Key().JWK()))
	})
	filled(t, auth.KeysConfig{Issuer: front.URL + "/moved/realms/demo"})
	for path, want := range map[string]string{"/elsewhere": "redirected to another host, 127.0.0.1:", "/circle": "redirected too often"} {
		keys := auth.NewKeys(auth.KeysConfig{Issuer: front.URL + path + "/realms/demo", Logger: discard})
		go keys.Run(t.Context())
		eventually(t, func() bool { err := keys.Status().LastError; return err != nil && strings.Contains(err.Error(), want) })
	}
}

// A realm that is slow, but there: whoever needs the new key waits for it, and nobody else.
func TestSlowRealm(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm, auth.VerifierConfig{})
	old := realm.Token("alice")
	realm.Delay(200 * time.Millisecond)
	realm.Rotate()
	fresh := realm.Token("alice")
	var wg sync.WaitGroup
	var waiting atomic.Int32
	for range 10 {
		waiting.Add(1)
		wg.Go(func() {
			if _, err := v.Verify(t.Context(), fresh); err != nil {
				t.Errorf("refused by a slow realm: %v", err)
			}
			waiting.Add(-1)
		})
	}
	if _, err := v.Verify(t.Context(), old); err != nil || waiting.Load() == 0 {
		t.Errorf("a known key: %v, with %d still waiting", err, waiting.Load())
	}
	wg.Wait()
	if got := realm.Fetches(); got != 2 {
		t.Errorf("ten callers caused %d fetches", got-1)
	}
}

func TestKnownKeyNeverWaits(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm, auth.VerifierConfig{Keys: filled(t, auth.KeysConfig{Issuer: realm.URL()})})
	token := realm.Token("alice")
	asked, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	realm.Answer(func(w http.ResponseWriter, _ *http.Request) {
		once.Do(func() { close(asked) })
		<-release
		authtest.Down(w, nil)
	})
	unknown := make(chan error)
	go func() {
		_, err := v.Verify(t.Context(), realm.SignWith(with(realm.Key().Header(), "kid", "new"), realm.Claims("bob")))
		unknown <- err
	}()
	<-asked
	if _, err := v.Verify(t.Context(), token); err != nil { // would hang until the test times out
		t.Errorf("Verify = %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := v.Verify(ctx, realm.SignWith(with(realm.Key().Header(), "kid", "new"), realm.Claims("bob"))); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who left still waits: %v", err)
	}
	close(release)
	if err := <-unknown; !errors.Is(err, auth.ErrKeysUnavailable) {
		t.Errorf("an unknown key while the realm fails gave %v, want no verdict", err)
	}
}

func TestBadAnswersNeverReplaceGoodKeys(t *testing.T) {
	var current *authtest.Issuer
	answers := map[string]http.HandlerFunc{
		"down":  authtest.Down,
		"HTML":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>hello</html>") },
		"empty": func(http.ResponseWriter, *http.Request) {},
		"huge": func(w http.ResponseWriter, r *http.Request) {
			sound, _ := json.Marshal(current.Key().JWK())
			fmt.Fprintf(w, `{"issuer":"http://%s/realms/demo","jwks_uri":"http://%s/realms/demo/certs","keys":[%s],"x":%q}`, r.Host, r.Host, sound, strings.Repeat("a", 2<<20))
		},
		"keys for encryption that do not say so": func(w http.ResponseWriter, r *http.Request) {
			jwk := current.Key().JWK()
			delete(jwk, "use")
			jwk["alg"] = "RSA-OAEP"
			text, _ := json.Marshal(jwk)
			fmt.Fprintf(w, `{"issuer":"http://%s/realms/demo","jwks_uri":"http://%s/realms/demo/certs","keys":[%s]}`, r.Host, r.Host, text)
		},
		"no keys": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"issuer":"http://%s/realms/demo","jwks_uri":"http://%s/realms/demo/certs","keys":[]}`, r.Host, r.Host)
		},
		"weak, symmetric and broken keys": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"issuer":"http://%s/realms/demo","jwks_uri":"http://%s/realms/demo/certs","keys":[
				{"kid":"a","kty":"oct","k":"c2VjcmV0"},{"kid":"b","kty":"RSA","n":"_____w","e":"AQAB"},{"kid":"c","kty":"nonsense"},7]}`, r.Host, r.Host)
		},
		"keys elsewhere": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"issuer":"http://%s/realms/demo","jwks_uri":"http://evil.example/certs"}`, r.Host)
		},
		"another issuer": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"issuer":"http://evil.example/realms/demo","jwks_uri":"http://%s/realms/demo/certs"}`, r.Host)
		},
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `{"issuer":`)
		},
		"keys that fail behind a sound discovery": func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/certs") {
				authtest.Down(w, r)
				return
			}
			fmt.Fprintf(w, `{"issuer":"http://%s/realms/demo","jwks_uri":"http://%s/realms/demo/certs"}`, r.Host, r.Host)
		},
		"redirect to another host": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://evil.example/", http.StatusFound)
		},
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			realm := authtest.NewIssuer(t)
			keys := filled(t, auth.KeysConfig{Issuer: realm.URL(), Refresh: 5 * time.Millisecond})
			v := newVerifier(t, realm, auth.VerifierConfig{Keys: keys})
			token := realm.Token("alice")
			current = realm
			realm.Answer(answer)
			eventually(t, func() bool { return keys.Status().LastError != nil })
			if _, err := v.Verify(t.Context(), token); err != nil {
				t.Errorf("good keys are lost: %v", err)
			}
			realm.Rotate()
			if _, err := v.Verify(t.Context(), realm.Token("alice")); !errors.Is(err, auth.ErrKeysUnavailable) {
				t.Errorf("a new key while the realm answers badly gave %v", err)
			}
		})
	}
}

// The first requests come before the first keys. They wait for them.
func TestFirstRequestWaitsForTheFirstFetch(t *testing.T) {
	realm := authtest.NewIssuer(t)
	realm.Delay(100 * time.Millisecond)
	keys := auth.NewKeys(auth.KeysConfig{Issuer: realm.URL(), Logger: discard})
	v := newVerifier(t, realm, auth.VerifierConfig{Keys: keys})
	go keys.Run(t.Context())
	if _, err := v.Verify(t.Context(), realm.Token("alice")); err != nil {
		t.Error(err)
	}
	if got := realm.Fetches(); got != 1 {
		t.Errorf("the realm was asked %d times", got)
	}
}

func TestStartsWithoutTheRealmAndRecovers(t *testing.T) {
	realm := authtest.NewIssuer(t)
	realm.Answer(authtest.Down)
	keys := auth.NewKeys(auth.KeysConfig{Issuer: realm.URL(), Logger: discard})
	v := newVerifier(t, realm, auth.VerifierConfig{Keys: keys})
	if err := keys.Ready(); !errors.Is(err, auth.ErrKeysUnavailable) {
		t.Errorf("Ready before any fetch = %v", err)
	}
	go keys.Run(t.Context())
	eventually(t, func() bool { err := keys.Ready(); return err != nil && strings.Contains(err.Error(), "503") })
	if _, err := v.Verify(t.Context(), realm.Token("alice")); !errors.Is(err, auth.ErrKeysUnavailable) {
		t.Errorf("Verify without keys = %v, want no verdict", err)
	}
	if wait := keys.RetryAfter(); wait < time.Second || wait > 2*time.Second {
		t.Errorf("RetryAfter = %v", wait)
	}
	realm.Answer(nil)
	eventually(t, func() bool { _, err := v.Verify(t.Context(), realm.Token("alice")); return err == nil })
}

// A container reaches the realm by another address than browsers do. Keycloak then answers with its
// public issuer, and with key addresses of either kind.
func TestBackchannel(t *testing.T) {
	for _, kind := range []string{"public", "back channel", "elsewhere"} {
		t.Run(kind, func(t *testing.T) {
			const public = "https://login.example.com/realms/demo"
			realm := authtest.NewIssuer(t)
			var proxy *httptest.Server
			proxy = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/certs") {
					res, err := http.Get(realm.URL() + "/protocol/openid-connect/certs")
					if err != nil {
						t.Error(err)
						return
					}
					defer res.Body.Close()
					_, _ = io.Copy(w, res.Body)
					return
				}
				base := map[string]string{"public": public, "back channel": proxy.URL + "/realms/demo", "elsewhere": realm.URL()}[kind]
				fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, public, base+"/protocol/openid-connect/certs")
			}))
			t.Cleanup(proxy.Close)
			keys := auth.NewKeys(auth.KeysConfig{Issuer: public, BackchannelURL: proxy.URL + "/realms/demo", Logger: discard})
			go keys.Run(t.Context())
			if kind == "elsewhere" {
				eventually(t, func() bool {
					return strings.Contains(keys.Ready().Error(), "below neither the issuer nor the back channel")
				})
				return
			}
			eventually(t, func() bool { return keys.Ready() == nil })
			v, err := auth.NewVerifier(auth.VerifierConfig{Keys: keys, Audience: []string{authtest.Audience}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := v.Verify(t.Context(), realm.Sign(realm.Claims("alice").With("iss", public))); err != nil {
				t.Error(err)
			}
		})
	}
}

// The last good keys serve through an outage, but not for ever: a realm may have withdrawn a key that
// nobody could ask about.
func TestMaxStale(t *testing.T) {
	for _, size := range []int{0, 10} {
		realm := authtest.NewIssuer(t)
		var now atomic.Int64
		now.Store(time.Now().Unix())
		var log authtest.Log
		keys := auth.NewKeys(auth.KeysConfig{
			Issuer: realm.URL(), Refresh: 10 * time.Millisecond, MaxStale: time.Hour,
			Now: func() time.Time { return time.Unix(now.Load(), 0) }, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		go keys.Run(t.Context())
		eventually(t, func() bool { return keys.Ready() == nil })
		v := newVerifier(t, realm, auth.VerifierConfig{Keys: keys, CacheSize: size})
		token := realm.Token("alice")
		realm.Answer(authtest.Down)
		eventually(t, func() bool { return keys.Status().LastError != nil })
		for _, step := range []struct {
			pass int64
			want error
		}{{0, nil}, {3500, nil}, {200, auth.ErrKeysUnavailable}} {
			now.Add(step.pass)
			if _, err := v.Verify(t.Context(), token); !errors.Is(err, step.want) {
				t.Errorf("cache of %d, after %d s more: %v, want %v", size, step.pass, err, step.want)
			}
		}
		if err := keys.Ready(); err == nil || !strings.Contains(err.Error(), "503") {
			t.Errorf("Ready = %v", err)
		}
		eventually(t, func() bool { return strings.Contains(log.String(), "older than 1h0m0s and serve no longer") })
		realm.Answer(nil)
		eventually(t, func() bool { _, err := v.Verify(t.Context(), token); return err == nil })
	}
}

// Once it is known that the realm is away, a key id that nobody can ask about is no verdict, however
// many come.
func TestUnknownKeysDuringAnOutage(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm, auth.VerifierConfig{})
	realm.Answer(authtest.Down)
	realm.Rotate()
	for range 10 {
		if _, err := v.Verify(t.Context(), realm.Token("alice")); !errors.Is(err, auth.ErrKeysUnavailable) {
			t.Errorf("Verify = %v", err)
		}
	}
}

func TestRefreshFollowsCacheControl(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"no-cache":                          15 * time.Minute,
		"":                                  15 * time.Minute,
		"public, max-age=300":               5 * time.Minute,
		`private, Max-Age="300", immutable`: 5 * time.Minute,
		"max-age=1":                         time.Minute,
		"max-age=86400":                     15 * time.Minute,
		"max-age=soon":                      15 * time.Minute,
		"max-age=-1":                        15 * time.Minute,
		"s-maxage=300":                      15 * time.Minute,
	} {
		realm := authtest.NewIssuer(t)
		realm.CacheControl(header)
		keys := filled(t, auth.KeysConfig{Issuer: realm.URL()})
		eventually(t, func() bool { return keys.RetryAfter() > time.Second })
		if got := keys.RetryAfter(); got > want || got < want*9/10-time.Second {
			t.Errorf("Cache-Control %q: again in %v, want shortly before %v", header, got, want)
		}
	}
}

// An outage is told, but not thousands of times.
func TestOutageInTheLog(t *testing.T) {
	realm := authtest.NewIssuer(t)
	var log authtest.Log
	keys := auth.NewKeys(auth.KeysConfig{Issuer: realm.URL(), Logger: slog.New(slog.NewTextHandler(&log, nil)), Refresh: time.Hour})
	v := newVerifier(t, realm, auth.VerifierConfig{Keys: keys})
	go keys.Run(t.Context())
	eventually(t, func() bool { return keys.Ready() == nil })
	ask := func() { // causes a fetch, as long as the budget lasts
		_, _ = v.Verify(t.Context(), realm.SignWith(with(realm.Key().Header(), "kid", rand.Text()), realm.Claims("alice")))
	}
	realm.Answer(authtest.Down)
	for range 3 {
		ask()
	}
	realm.Answer(nil)
	eventually(t, func() bool { return strings.Contains(log.String(), "can be fetched again") })
	for _, tt := range []struct {
		text string
		want int
	}{{"level=WARN", 2}, {"attempt=1 ", 1}, {"attempt=2 ", 1}, {"503 Service Unavailable", 2}, {"level=INFO", 2}, {"failed_attempts=3", 1}} {
		if got := strings.Count(log.String(), tt.text); got != tt.want {
			t.Errorf("%s is %d times in the log, want %d:\n%s", tt.text, got, tt.want, log.String())
		}
	}
}

func TestStatus(t *testing.T) {
	realm := authtest.NewIssuer(t)
	realm.Use(authtest.NewKey("ES256"))
	keys := auth.NewKeys(auth.KeysConfig{Issuer: realm.URL(), Logger: discard, Refresh: 10 * time.Millisecond})
	if got := keys.Status(); got != (auth.KeysStatus{}) {
		t.Errorf("before the first fetch: %+v", got)
	}
	go keys.Run(t.Context())
	eventually(t, func() bool { return keys.Ready() == nil })
	got := keys.Status()
	if got.Keys != 2 || got.Fetches < 1 || got.Failures != 0 || got.LastError != nil || time.Since(got.FetchedAt) > time.Minute {
		t.Errorf("Status = %+v", got)
	}
	realm.Answer(authtest.Down)
	eventually(t, func() bool { return keys.Status().Failures > 0 })
	got = keys.Status()
	if got.Keys != 2 || got.Fetches < 2 || got.LastError == nil {
		t.Errorf("in an outage: %+v", got)
	}
}

// One key that cannot be used does not spoil the good one beside it, and is not used.
func TestOddKeysBesideAGoodOne(t *testing.T) {
	rsaKey, curve := authtest.NewKey("RS256"), authtest.NewKey("ES256")
	odd := func(key *authtest.Key, name string, value any) map[string]any {
		jwk := key.JWK()
		jwk[name] = value
		return jwk
	}
	private := rsaKey.JWK()
	for name, number := range map[string]*big.Int{"d": rsaKey.Signer().(*rsa.PrivateKey).D, "p": rsaKey.Signer().(*rsa.PrivateKey).Primes[0], "q": rsaKey.Signer().(*rsa.PrivateKey).Primes[1]} {
		private[name] = encode(string(number.Bytes()))
	}
	tests := map[string]struct {
		key *authtest.Key
		jwk map[string]any
	}{
		"for encryption":                  {rsaKey, odd(rsaKey, "use", "enc")},
		"for an odd use":                  {rsaKey, odd(rsaKey, "use", "SIG")},
		"only to encrypt with":            {rsaKey, odd(rsaKey, "key_ops", []string{"encrypt"})},
		"only to sign with":               {rsaKey, odd(rsaKey, "key_ops", []string{"sign"})},
		"published with its private half": {rsaKey, private},
		"of an even exponent":             {rsaKey, odd(rsaKey, "e", "AQAA")},
		"of an even modulus":              {rsaKey, odd(rsaKey, "n", encode(string(new(big.Int).Lsh(big.NewInt(3), 2046).Bytes())))},
		"that can be factored (ROCA)":     {rsaKey, odd(rsaKey, "n", encode(string(new(big.Int).Exp(big.NewInt(65537), big.NewInt(129), nil).Bytes())))},
		"for an algorithm of another":     {rsaKey, odd(rsaKey, "alg", "ES256")},
		"for an unknown algorithm":        {rsaKey, odd(rsaKey, "alg", "RS257")},
		"of an exponent of 1":             {rsaKey, odd(rsaKey, "e", "AQ")},
		"of an enormous modulus":          {rsaKey, odd(rsaKey, "n", encode(strings.Repeat("ÿ", 1025)))},
		"without a modulus":               {rsaKey, odd(rsaKey, "n", nil)},
		"whose modulus is a number":       {rsaKey, odd(rsaKey, "n", 7)},
		"of an unknown kind":              {rsaKey, odd(rsaKey, "kty", "PQC")},
		"symmetric":                       {rsaKey, map[string]any{"kty": "oct", "kid": rsaKey.ID, "k": "c2VjcmV0"}},
		"off its curve":                   {curve, odd(curve, "y", curve.JWK()["x"])},
		"of a curve that is too short":    {curve, odd(curve, "crv", "P-224")},
		"for key agreement":               {curve, map[string]any{"kty": "OKP", "crv": "X25519", "kid": curve.ID, "x": encode(strings.Repeat("x", 32))}},
		"an Ed25519 key of another size":  {curve, map[string]any{"kty": "OKP", "crv": "Ed25519", "kid": curve.ID, "x": encode("short")}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			realm := authtest.NewIssuer(t)
			realm.Publish(tt.jwk)
			v := newVerifier(t, realm, auth.VerifierConfig{Algorithms: everyAlgorithm})
			if _, err := v.Verify(t.Context(), realm.Token("alice")); err != nil {
				t.Errorf("the good key is spoilt: %v", err)
			}
			if _, err := v.Verify(t.Context(), tt.key.Compact(tt.key.Header(), realm.Claims("alice"))); !errors.Is(err, auth.ErrTokenKeyUnknown) {
				t.Errorf("the odd key is used: %v", err)
			}
		})
	}
}

// A key whose algorithm is changed under the same id serves the new one only.
func TestKeyWithAnotherAlgorithm(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm, auth.VerifierConfig{Keys: filled(t, auth.KeysConfig{Issuer: realm.URL(), Refresh: 5 * time.Millisecond}), Algorithms: everyAlgorithm, CacheSize: 10})
	old := realm.Token("alice")
	verified(t, v, old)
	realm.Use(as(realm.Key(), "PS256"))
	realm.Withdraw()
	eventually(t, func() bool { _, err := v.Verify(t.Context(), old); return errors.Is(err, auth.ErrTokenAlgorithm) })
	verified(t, v, realm.Token("alice"))
}

// A fetch that was under way when a key was made does not bring it. Whoever has joined that fetch must
// get one that was begun later.
func TestKeyMadeDuringAFetch(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm, auth.VerifierConfig{})
	before := marshal(t, map[string]any{"issuer": realm.URL(), "jwks_uri": realm.URL() + "/certs", "keys": []any{realm.Key().JWK()}})
	began, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	realm.Answer(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/certs") {
			once.Do(func() { close(began) })
			<-release
		}
		_, _ = w.Write(before)
	})
	stray := make(chan error, 1)
	go func() {
		_, err := v.Verify(t.Context(), realm.SignWith(with(realm.Key().Header(), "kid", "stray"), realm.Claims("bob")))
		stray <- err
	}()
	<-began
	realm.Rotate()
	realm.Answer(nil)
	fresh := make(chan error, 1)
	go func() {
		_, err := v.Verify(t.Context(), realm.Token("alice"))
		fresh <- err
	}()
	time.Sleep(20 * time.Millisecond) // until it has joined
	close(release)
	if err := <-fresh; err != nil {
		t.Errorf("a token by the new key: %v", err)
	}
	if err := <-stray; !errors.Is(err, auth.ErrTokenKeyUnknown) {
		t.Errorf("a token by no key: %v", err)
	}
}

// A realm that takes the call and never answers, or drop by drop, is given up in time.
func TestHangingRealm(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"hangs": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"drips": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				fmt.Fprint(w, " ")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(5 * time.Millisecond)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			realm := authtest.NewIssuer(t)
			v := newVerifier(t, realm, auth.VerifierConfig{Keys: filled(t, auth.KeysConfig{Issuer: realm.URL(), Timeout: 100 * time.Millisecond})})
			known := realm.Token("alice")
			realm.Answer(answer)
			realm.Rotate()
			if _, err := v.Verify(t.Context(), realm.Token("alice")); !errors.Is(err, auth.ErrKeysUnavailable) { // would wait until the test times out
				t.Errorf("a new key: %v", err)
			}
			verified(t, v, known)
		})
	}
}

// A fetch that a request caused and that failed is tried again soon, and says so.
func TestFailedFetchIsTriedAgain(t *testing.T) {
	realm := authtest.NewIssuer(t)
	keys := filled(t, auth.KeysConfig{Issuer: realm.URL()})
	v := newVerifier(t, realm, auth.VerifierConfig{Keys: keys})
	realm.Answer(authtest.Down)
	realm.Rotate()
	fresh := realm.Token("alice")
	if _, err := v.Verify(t.Context(), fresh); !errors.Is(err, auth.ErrKeysUnavailable) {
		t.Errorf("while the realm is away: %v", err)
	}
	eventually(t, func() bool { return keys.RetryAfter() < 3*time.Second })
	realm.Answer(nil)
	eventually(t, func() bool { return keys.Status().LastError == nil })
	verified(t, v, fresh)
	eventually(t, func() bool { return keys.RetryAfter() > time.Minute })
}

func TestRunEndsWithItsContext(t *testing.T) {
	realm := authtest.NewIssuer(t)
	for _, delay := range []time.Duration{time.Hour, 0} { // in a fetch, and between two
		realm.Delay(delay)
		keys := auth.NewKeys(auth.KeysConfig{Issuer: realm.URL(), Logger: discard, Timeout: 3 * time.Second})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { keys.Run(ctx); close(ended) }()
		if delay == 0 {
			eventually(t, func() bool { return keys.Ready() == nil })
		}
		cancel()
		select {
		case <-ended:
		case <-time.After(2 * time.Second):
			t.Errorf("with a delay of %v, Run goes on", delay)
		}
	}
}

// A set that may serve for a short time only is renewed before that is over, whatever Refresh says.
func TestRefreshKeepsTheKeysFromGoingStale(t *testing.T) {
	realm := authtest.NewIssuer(t)
	filled(t, auth.KeysConfig{Issuer: realm.URL(), MaxStale: 100 * time.Millisecond, Refresh: -1})
	eventually(t, func() bool { return realm.Fetches() >= 3 })
}

// Authorities, proxies and the like are the transport's matter: every call must go through it.
func TestTransport(t *testing.T) {
	realm := authtest.NewIssuer(t)
	var asked atomic.Int32
	keys := filled(t, auth.KeysConfig{Issuer: realm.URL(), Transport: transport(func(r *http.Request) (*http.Response, error) {
		asked.Add(1)
		return http.DefaultTransport.RoundTrip(r)
	})})
	if keys.Ready() != nil || asked.Load() != 2 {
		t.Errorf("the transport was asked %d times", asked.Load())
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestIssuerMismatchIsExplained(t *testing.T) {
	realm := authtest.NewIssuer(t)
	keys := auth.NewKeys(auth.KeysConfig{Issuer: strings.Replace(realm.URL(), "127.0.0.1", "localhost", 1), Logger: discard})
	go keys.Run(t.Context())
	eventually(t, func() bool {
		err := keys.Ready()
		return err != nil && strings.Contains(err.Error(), "names the issuer") && strings.Contains(err.Error(), realm.URL())
	})
}
