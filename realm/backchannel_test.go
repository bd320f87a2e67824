package realm

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Apps elsewhere are not told, an app that redirects is not followed, and one that hangs holds nobody up for long.
func TestBackchannelLogoutReachesThisMachineOnly(t *testing.T) {
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer other.Close()
	var told []string
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		told = append(told, r.FormValue("logout_token"))
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	}))
	defer app.Close()
	for address, want := range map[string]int{app.URL + "/bc": 1, strings.Replace(app.URL, "127.0.0.1", "127.0.0.1.example.com", 1): 0, "http://192.0.2.1/": 0, "ftp://localhost/": 0, "://": 0} {
		told = nil
		ts := newTestServer(t, strings.Replace(small, `"clientId": "cli", "publicClient": true,`, `"clientId": "cli", "publicClient": true, "attributes": {"backchannel.logout.url": "`+address+`"},`, 1))
		tokens := ts.token("grant_type", "password", "client_id", "cli", "username", "ben", "password", "ben")
		begin := time.Now()
		res := ts.do(http.DefaultClient, ts.request("POST", realmPath+oidc+"/logout", formOf("client_id", "cli", "refresh_token", tokens.member("refresh_token"))))
		if res.StatusCode != http.StatusNoContent || len(told) != want || time.Since(begin) > backchannelTimeout {
			t.Errorf("%s: %s, told %d times, want %d", address, res.Status, len(told), want)
		}
		if want == 1 && claims(t, told[0])["sub"] != "11111111-0000-4000-8000-000000000002" {
			t.Errorf("the logout token says %v", claims(t, told[0]))
		}
	}
	if elsewhere != 0 {
		t.Error("a redirect was followed")
	}
}

// An app that hangs holds a sign-out up for no longer than the limit.
func TestBackchannelLogoutWaitsForNobodyLong(t *testing.T) {
	t.Parallel()
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	defer app.Close()
	ts := newTestServer(t, strings.Replace(small, `"clientId": "cli", "publicClient": true,`, `"clientId": "cli", "publicClient": true, "attributes": {"backchannel.logout.url": "`+app.URL+`"},`, 1))
	tokens := ts.token("grant_type", "password", "client_id", "cli", "username", "ben", "password", "ben")
	begin := time.Now()
	res := ts.do(http.DefaultClient, ts.request("POST", realmPath+oidc+"/logout", formOf("client_id", "cli", "refresh_token", tokens.member("refresh_token"))))
	if took := time.Since(begin); res.StatusCode != http.StatusNoContent || took < backchannelTimeout || took > 2*backchannelTimeout {
		t.Errorf("%s after %v", res.Status, took)
	}
	if res = ts.token("grant_type", "refresh_token", "client_id", "cli", "refresh_token", tokens.member("refresh_token")); res.StatusCode != http.StatusBadRequest {
		t.Errorf("the session goes on: %s", res.Status)
	}
}

// Keycloak says nothing of sessions that end by themselves, not even when their end is noticed later.
func TestBackchannelLogoutSaysNothingOfExpiry(t *testing.T) {
	told := 0
	app := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { told++ }))
	defer app.Close()
	ts := newTestServer(t, strings.Replace(small, `"clientId": "cli", "publicClient": true,`, `"clientId": "cli", "publicClient": true, "attributes": {"backchannel.logout.url": "`+app.URL+`"},`, 1))
	for _, after := range []time.Duration{30*time.Minute - time.Second, 30 * time.Minute} {
		tokens := ts.token("grant_type", "password", "client_id", "cli", "username", "ben", "password", "ben", "scope", "openid")
		ts.clock.Add(after)
		told = 0
		res := ts.do(http.DefaultClient, ts.request("GET", realmPath+oidc+"/logout?id_token_hint="+tokens.member("id_token"), nil))
		if ended := after == 30*time.Minute; res.StatusCode != http.StatusOK || (told == 0) != ended {
			t.Errorf("after %v: %s, told %d times", after, res.Status, told)
		}
	}
}
