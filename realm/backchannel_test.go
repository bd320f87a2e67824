package realm

import (
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
