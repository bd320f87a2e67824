package realm

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// again stops the server and starts another of the file, at the same address, with the state of the first.
func (ts *testServer) again(file string) *testServer {
	ts.t.Helper()
	states, err := ts.realm.States()
	if err != nil || len(states["small"]) == 0 {
		ts.t.Fatalf("no state: %v", err)
	}
	realms, _, err := Load([]File{{Name: "test.json", Text: []byte(file)}}, nil)
	if err != nil {
		ts.t.Fatal(err)
	}
	server := New(Options{Realms: realms, Secret: testSecret, Now: ts.clock.Now})
	if err := server.Restore("small", states["small"]); err != nil {
		ts.t.Fatal(err)
	}
	server.MakeKeys()
	ts.Close()
	next := httptest.NewUnstartedServer(server)
	_ = next.Listener.Close()
	if next.Listener, err = net.Listen("tcp", ts.Listener.Addr().String()); err != nil {
		ts.t.Fatal(err)
	}
	next.Start()
	ts.t.Cleanup(next.Close)
	return &testServer{Server: next, t: ts.t, realm: server, clock: ts.clock}
}

func TestStateOutlivesARestart(t *testing.T) {
	file := strings.Replace(small, `"enabled": true,`, `"enabled": true, "revokeRefreshToken": true,`, 1)
	ts := newTestServer(t, file)
	kids := ts.do(http.DefaultClient, ts.request("GET", realmPath+oidc+"/certs", nil)).text
	browser := ts.browser()
	ts.signIn(browser)
	spent := ts.password("ann", "ann")
	tokens := ts.refresh(spent)
	revoked := ts.password("ann", "ann")
	ts.do(http.DefaultClient, ts.request("POST", realmPath+oidc+"/revoke", formOf("client_id", "cli", "token", revoked.member("access_token"))))
	offline := ts.token("grant_type", "password", "client_id", "cli", "username", "ann", "password", "ann", "scope", "openid offline_access")
	v := ts.realm.current()["small"]
	v.setPassword(v.UserByLogin("stuck"), "another-one")
	ts.realm.changeUser("small", v.UserByLogin("ann").ID, func(u *User) { u.Email = "ann@elsewhere.example" })

	ts = ts.again(file)
	if now := ts.do(http.DefaultClient, ts.request("GET", realmPath+oidc+"/certs", nil)).text; now != kids {
		t.Errorf("the keys were %s and are %s", kids, now)
	}
	ts.codeIn(ts.do(browser, ts.request("GET", plainAuth+"&prompt=none", nil)))
	if res := ts.userinfo(tokens.member("access_token")); res.member("email") != "ann@elsewhere.example" {
		t.Errorf("userinfo = %s %s", res.Status, res.text)
	}
	if res := ts.userinfo(revoked.member("access_token")); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("userinfo with a revoked token = %s", res.Status)
	}
	if res := ts.refresh(offline); res.StatusCode != http.StatusOK {
		t.Errorf("offline refresh = %s", res.text)
	}
	if res := ts.refresh(tokens); res.StatusCode != http.StatusOK {
		t.Errorf("refresh = %s", res.text)
	}
	if res := ts.refresh(spent); res.member("error") != "invalid_grant" {
		t.Errorf("a refresh token that was used before the restart = %s", res.text)
	}
	if v := ts.realm.current()["small"]; !v.matches(v.UserByLogin("stuck"), "another-one") || v.matches(v.UserByLogin("stuck"), "stuck") {
		t.Error("the changed password is forgotten")
	}

	next := ts.password("ann", "ann")
	// A file that says something new about a user has the last word.
	ts = ts.again(strings.Replace(file, `"firstName": "S"`, `"firstName": "Es"`, 1))
	if v := ts.realm.current()["small"]; !v.matches(v.UserByLogin("stuck"), "stuck") {
		t.Error("the changed password stands above what the file now says of the user")
	}
	ts = ts.again(strings.Replace(file, `"username": "ann"`, `"username": "hannah"`, 1))
	if res := ts.userinfo(next.member("access_token")); res.StatusCode != http.StatusOK || res.member("preferred_username") != "hannah" {
		t.Errorf("userinfo of a user with another name = %s %s", res.Status, res.text)
	}
	ts = ts.again(strings.Replace(file, `{"id": "11111111-0000-4000-8000-000000000001", "username": "ann"`, `{"username": "eve"`, 1))
	if res := ts.userinfo(next.member("access_token")); res.Header.Get("WWW-Authenticate") != `Bearer realm="small", error="invalid_token", error_description="user_session_not_found"` {
		t.Errorf("userinfo of a user who is gone = %s %s", res.Status, res.Header.Get("WWW-Authenticate"))
	}
}

// Passwords that people have chosen are in the state as hashes only, and unused realms are not written again.
func TestStateIsSparing(t *testing.T) {
	ts := newTestServer(t)
	ts.realm.WaitForKeys()
	v := ts.realm.current()["small"]
	v.setPassword(v.UserByLogin("ann"), "chosen-by-ann")
	states, err := ts.realm.States()
	if err != nil || strings.Contains(string(states["small"]), "chosen-by-ann") {
		t.Errorf("state: %v %s", err, states["small"])
	}
	if again, _ := ts.realm.States(); len(again) != 0 {
		t.Errorf("%d states without a request", len(again))
	}
	ts.password("ben", "ben")
	if again, _ := ts.realm.States(); len(again) != 1 {
		t.Errorf("%d states after a request", len(again))
	}
}

func TestRestoreRefuses(t *testing.T) {
	ts := newTestServer(t)
	for text, want := range map[string]string{
		"":                              "unexpected end",
		`{"version": 9}`:                "version 9",
		`{"version": 1}`:                "secret",
		`{"version": 1, "sessions": 3}`: "sessions",
	} {
		if err := ts.realm.Restore("small", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// The file of a realm may come after the start, and its state is there all the same.
func TestStateOfARealmThatComesLater(t *testing.T) {
	first := newTestServer(t)
	first.realm.WaitForKeys()
	states, err := first.realm.States()
	if err != nil {
		t.Fatal(err)
	}
	later := newTestServer(t, `{"realm": "other", "enabled": true}`)
	if err := later.realm.Restore("small", states["small"]); err != nil {
		t.Fatal(err)
	}
	later.reload(`{"realm": "other", "enabled": true}`, small)
	if got, want := later.realm.current()["small"].keys.signer("RS256").id, first.realm.current()["small"].keys.signer("RS256").id; got != want {
		t.Errorf("it signs with %s, and had %s before", got, want)
	}
}
