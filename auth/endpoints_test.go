package auth_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keystead/auth"
	"keystead/auth/authtest"
)

const (
	publicRealm   = "https://login.example.com/realms/demo"
	internalRealm = "http://keycloak:8080/realms/demo"
)

// discovered returns keys of a realm that browsers reach at publicRealm and this process at internalRealm, by
// a discovery document with these endpoints, below which the key set always stands.
func discovered(t *testing.T, endpoints map[string]any) *auth.Keys {
	t.Helper()
	key := authtest.NewKey("EdDSA")
	document := map[string]any{"issuer": publicRealm, "jwks_uri": internalRealm + "/certs", "keys": []any{key.JWK()}}
	maps.Copy(document, endpoints)
	return filled(t, auth.KeysConfig{Issuer: publicRealm, BackchannelURL: internalRealm, Transport: transport(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host != "keycloak:8080" {
			t.Errorf("the keys asked %s", r.URL)
		}
		rec := httptest.NewRecorder()
		err := json.NewEncoder(rec).Encode(document)
		return rec.Result(), err
	})})
}

// Browsers are sent to the issuer and this process asks the back channel, whichever name the realm gives to
// which endpoint.
func TestEndpoints(t *testing.T) {
	const path = "/protocol/openid-connect"
	document := func(forBrowsers, forServers string) map[string]any {
		return map[string]any{
			"authorization_endpoint": forBrowsers + path + "/auth", "end_session_endpoint": forBrowsers + path + "/logout", "token_endpoint": forServers + path + "/token",
		}
	}
	want := auth.Endpoints{Authorization: publicRealm + path + "/auth", EndSession: publicRealm + path + "/logout", Token: internalRealm + path + "/token"}
	for name, document := range map[string]map[string]any{
		"Keycloak's hostname-backchannel-dynamic": document(publicRealm, internalRealm),
		"all as browsers see them":                document(publicRealm, publicRealm),
		"all as this process sees them":           document(internalRealm, internalRealm),
		"the other way round":                     document(internalRealm, publicRealm),
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := discovered(t, document).Endpoints(); err != nil || got != want {
				t.Errorf("Endpoints = %+v, %v", got, err)
			}
		})
	}
}

// Without a back channel of its own the realm's addresses stay as they are.
func TestEndpointsOfOneName(t *testing.T) {
	realm := authtest.NewIssuer(t)
	got, err := filled(t, auth.KeysConfig{Issuer: realm.URL()}).Endpoints()
	path := realm.URL() + "/protocol/openid-connect"
	if want := (auth.Endpoints{Authorization: path + "/auth", EndSession: path + "/logout", Token: path + "/token"}); err != nil || got != want {
		t.Errorf("Endpoints = %+v, %v", got, err)
	}
}

// Nobody is sent elsewhere, neither a browser nor a secret. Bearer tokens can be judged all the same.
func TestEndpointsElsewhere(t *testing.T) {
	good := map[string]any{"authorization_endpoint": publicRealm + "/auth", "end_session_endpoint": publicRealm + "/logout", "token_endpoint": internalRealm + "/token"}
	for name := range good {
		for _, elsewhere := range []any{
			"https://evil.example/auth", "https://login.example.com/realms/other/auth", publicRealm + ".evil.example/auth", publicRealm + "-2/auth", publicRealm,
			"http://login.example.com/realms/demo/auth", "https://LOGIN.example.com/realms/demo/auth", "//login.example.com/realms/demo/auth", "javascript:alert(1)",
			"/protocol/openid-connect/auth",
		} {
			document := maps.Clone(good)
			document[name] = elsewhere
			got, err := discovered(t, document).Endpoints()
			if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "below neither the issuer nor the back channel") || got != (auth.Endpoints{}) {
				t.Errorf("%s %s: Endpoints = %+v, %v", name, elsewhere, got, err)
			}
		}
		document := maps.Clone(good)
		delete(document, name)
		got, err := discovered(t, document).Endpoints()
		if err == nil || !strings.Contains(err.Error(), "names no "+name) || got != (auth.Endpoints{}) {
			t.Errorf("without %s: Endpoints = %+v, %v", name, got, err)
		}
	}
}

// Until the realm was heard once nobody knows where it takes logins; then the last good answer counts.
func TestEndpointsBeforeDiscovery(t *testing.T) {
	realm := authtest.NewIssuer(t)
	realm.Answer(authtest.Down)
	keys := auth.NewKeys(auth.KeysConfig{Issuer: realm.URL(), Logger: discard, MaxStale: time.Nanosecond})
	if _, err := keys.Endpoints(); !errors.Is(err, auth.ErrKeysUnavailable) {
		t.Errorf("before the first fetch: %v", err)
	}
	go keys.Run(t.Context())
	eventually(t, func() bool { return keys.Status().Failures > 0 })
	if _, err := keys.Endpoints(); !errors.Is(err, auth.ErrKeysUnavailable) || !strings.Contains(err.Error(), "503 Service Unavailable") {
		t.Errorf("while the realm is down: %v", err)
	}
	realm.Answer(nil)
	eventually(t, func() bool { return keys.Status().Keys > 0 })
	realm.Answer(authtest.Down)
	if got, err := keys.Endpoints(); err != nil || got.Token == "" {
		t.Errorf("with keys that are too old to judge with: %+v, %v", got, err)
	}
}

// The client carries secrets, so it goes nowhere but where it was sent, within the keys' time.
func TestClient(t *testing.T) {
	stranger := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("a stranger was asked %s", r.URL) }))
	defer stranger.Close()
	realm := authtest.NewIssuer(t)
	var carried atomic.Int64
	cfg := auth.KeysConfig{Issuer: realm.URL(), Transport: transport(func(r *http.Request) (*http.Response, error) {
		carried.Add(1)
		return http.DefaultTransport.RoundTrip(r)
	})}
	for _, target := range []string{stranger.URL, "/elsewhere"} {
		realm.Answer(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, target, http.StatusTemporaryRedirect)
		})
		res, err := auth.NewKeys(cfg).Client().Post(realm.URL()+"/token", "application/x-www-form-urlencoded", strings.NewReader("client_secret=x"))
		if err != nil {
			t.Fatal(err)
		}
		if _ = res.Body.Close(); res.StatusCode != http.StatusTemporaryRedirect {
			t.Errorf("a redirect to %s came back as %s", target, res.Status)
		}
	}
	realm.Answer(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(5 * time.Second):
		}
	})
	cfg.Timeout = 100 * time.Millisecond
	if res, err := auth.NewKeys(cfg).Client().Get(realm.URL() + "/token"); !os.IsTimeout(err) {
		t.Errorf("a realm that hangs: %v, %v", res, err)
	}
	if n := carried.Load(); n != 3 {
		t.Errorf("the keys' transport carried %d of 3 calls", n)
	}
}
