package auth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
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

var discard = slog.New(slog.DiscardHandler)

// filled returns a key set that has fetched once, and waits for that.
func filled(t *testing.T, cfg auth.KeysConfig) *auth.Keys {
	t.Helper()
	cfg.Logger = discard
	keys := auth.NewKeys(cfg)
	go keys.Run(t.Context())
	eventually(t, func() bool { return keys.Ready() == nil })
	return keys
}

func TestRotationRefusesNoRequest(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := verifierWith(t, realm, filled(t, auth.KeysConfig{Issuer: realm.URL()}))
	before := realm.Token("alice")
	realm.Rotate()
	after := realm.Token("alice")

	var wg sync.WaitGroup
	for range 50 {
		for _, token := range []string{before, after} {
			wg.Go(func() {
				if _, err := v.Verify(t.Context(), token); err != nil {
					t.Errorf("refused during a rotation: %v", err)
				}
			})
		}
	}
	wg.Wait()
	if got := realm.Fetches(); got > 3 {
		t.Errorf("100 requests caused %d fetches", got-1)
	}

	realm.Withdraw()
	if _, err := v.Verify(t.Context(), before); err != nil {
		t.Errorf("a key counts until the next fetch: %v", err)
	}
}

func TestWithdrawnKeyIsForgottenAtTheNextFetch(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := verifierWith(t, realm, filled(t, auth.KeysConfig{Issuer: realm.URL(), Refresh: 10 * time.Millisecond}))
	old := realm.Token("alice")
	realm.Rotate()
	realm.Withdraw()
	eventually(t, func() bool {
		_, err := v.Verify(t.Context(), old)
		return errors.Is(err, auth.ErrTokenKeyUnknown)
	})
}

func TestForgedKeyIDsDoNotReachTheRealm(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := verifierWith(t, realm, filled(t, auth.KeysConfig{Issuer: realm.URL()}))
	for i := range 200 {
		forged := realm.SignWith(map[string]any{"alg": "RS256", "typ": "JWT", "kid": fmt.Sprint("forged-", i)}, realm.Claims("mallory"))
		if _, err := v.Verify(t.Context(), forged); !errors.Is(err, auth.ErrTokenKeyUnknown) {
			t.Fatalf("Verify = %v", err)
		}
	}
	if got := realm.Fetches(); got > 1+3 {
		t.Errorf("200 forged key ids caused %d fetches", got-1)
	}
}

func TestKnownKeyNeverWaits(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := verifierWith(t, realm, filled(t, auth.KeysConfig{Issuer: realm.URL()}))
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
		_, err := v.Verify(t.Context(), realm.SignWith(map[string]any{"alg": "RS256", "typ": "JWT", "kid": "new"}, realm.Claims("bob")))
		unknown <- err
	}()
	<-asked
	if _, err := v.Verify(t.Context(), token); err != nil { // would hang until the test times out
		t.Errorf("Verify = %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := v.Verify(ctx, realm.SignWith(map[string]any{"alg": "RS256", "typ": "JWT", "kid": "new"}, realm.Claims("bob"))); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who left still waits: %v", err)
	}
	close(release)
	if err := <-unknown; !errors.Is(err, auth.ErrKeysUnavailable) {
		t.Errorf("an unknown key while the realm fails gave %v, want no verdict", err)
	}
}

func TestBadAnswersNeverReplaceGoodKeys(t *testing.T) {
	answers := map[string]http.HandlerFunc{
		"down":  authtest.Down,
		"HTML":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>hello</html>") },
		"empty": func(http.ResponseWriter, *http.Request) {},
		"huge": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"keys":"`, strings.Repeat("a", 2<<20), `"}`)
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
		"redirect to another host": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://evil.example/", http.StatusFound)
		},
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			realm := authtest.NewIssuer(t)
			v := verifierWith(t, realm, filled(t, auth.KeysConfig{Issuer: realm.URL(), Refresh: 5 * time.Millisecond}))
			token := realm.Token("alice")
			var asked atomic.Int32
			realm.Answer(func(w http.ResponseWriter, r *http.Request) { asked.Add(1); answer(w, r) })
			eventually(t, func() bool { return asked.Load() > 0 })
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

func TestStartsWithoutTheRealmAndRecovers(t *testing.T) {
	realm := authtest.NewIssuer(t)
	realm.Answer(authtest.Down)
	keys := auth.NewKeys(auth.KeysConfig{Issuer: realm.URL(), Logger: discard})
	v := verifierWith(t, realm, keys)
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
			v, err := auth.NewVerifier(auth.VerifierConfig{Keys: keys, Issuer: public, Audience: []string{authtest.Audience}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := v.Verify(t.Context(), realm.Sign(realm.Claims("alice").With("iss", public))); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestIssuerMismatchIsExplained(t *testing.T) {
	realm := authtest.NewIssuer(t)
	keys := auth.NewKeys(auth.KeysConfig{Issuer: strings.Replace(realm.URL(), "127.0.0.1", "localhost", 1), Logger: discard})
	go keys.Run(t.Context())
	eventually(t, func() bool {
		err := keys.Ready()
		return err != nil && strings.Contains(err.Error(), "names the issuer") && strings.Contains(err.Error(), realm.URL())
	})
}

// eventually waits for something that another goroutine brings about.
func eventually(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatal("did not come about within 10 s")
}
