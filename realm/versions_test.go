package realm

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
)

// reload reads another file in the place of the server's own.
func (ts *testServer) reload(files ...string) []Changes {
	ts.t.Helper()
	var all []File
	for _, text := range files {
		all = append(all, File{Name: "test.json", Text: []byte(text)})
	}
	realms, _, err := Load(all, nil)
	if err != nil {
		ts.t.Fatal(err)
	}
	return ts.realm.Reload(realms)
}

// with returns the small realm with one text in the place of another.
func with(t *testing.T, old, other string) string {
	t.Helper()
	if strings.Count(small, old) != 1 {
		t.Fatalf("%q stands %d times in the file", old, strings.Count(small, old))
	}
	return strings.Replace(small, old, other, 1)
}

func (ts *testServer) password(user, password string) answer {
	ts.t.Helper()
	return ts.token("grant_type", "password", "client_id", "cli", "username", user, "password", password, "scope", "openid")
}

// Sessions live over a new reading of the file, with users and clients as they are there now.
func TestSessionsLiveOverAReload(t *testing.T) {
	const ann = `"username": "ann", "enabled": true, "email": "ann@example.com", "firstName": "Ann"`
	for name, tt := range map[string]struct {
		file        string
		refresh     string // what a refresh answers; "" for tokens
		userinfo    string // what the challenge says; "" for claims
		email       string
		wantChanges []string
	}{
		"another address": {
			file: with(t, `"email": "ann@example.com"`, `"email": "a.ash@example.com"`), email: "a.ash@example.com", wantChanges: []string{"changed users[ann]"},
		},
		"nothing but another order": {
			file: with(t, ann, `"firstName": "Ann", "username": "ann", "email": "ann@example.com", "enabled": true`), email: "ann@example.com",
		},
		"disabled": {
			file: with(t, ann, strings.Replace(ann, "true", "false", 1)), refresh: "User disabled", userinfo: userDisabled, wantChanges: []string{"changed users[ann]"},
		},
		"no longer there": {
			file: with(t, `"id": "11111111-0000-4000-8000-000000000001", "username": "ann"`, `"username": "eve"`), refresh: "Session not active", userinfo: sessionNotFound,
			wantChanges: []string{"added users[eve]", "removed users[ann]"},
		},
		"without the client": {
			file:    with(t, `{"clientId": "cli", "publicClient": true, "directAccessGrantsEnabled": true, "standardFlowEnabled": false},`, ""),
			refresh: badClient, userinfo: verificationFailed, wantChanges: []string{"removed clients[cli]"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			ts := newTestServer(t)
			tokens := ts.password("ann", "ann")
			var got []string
			for _, c := range ts.reload(tt.file) {
				for kind, paths := range map[string][]string{"added": c.Added, "removed": c.Removed, "changed": c.Changed} {
					for _, path := range paths {
						got = append(got, kind+" "+path)
					}
				}
			}
			if slices.Sort(got); !slices.Equal(got, tt.wantChanges) {
				t.Errorf("changes: %q, want %q", got, tt.wantChanges)
			}
			info := ts.userinfo(tokens.member("access_token"))
			if challenge := info.Header.Get("WWW-Authenticate"); tt.userinfo == "" && info.member("email") != tt.email || !strings.Contains(challenge, tt.userinfo) {
				t.Errorf("userinfo = %s %s %s", info.Status, challenge, info.text)
			}
			again := ts.refresh(tokens)
			if again.member("error_description") != tt.refresh {
				t.Fatalf("refresh = %s", again.text)
			}
			if tt.refresh == "" && claims(t, again.member("access_token"))["email"] != tt.email {
				t.Errorf("the new token has %v", claims(t, again.member("access_token"))["email"])
			}
		})
	}
}

// A browser's session and a login under way go on as well; a session of somebody who was disabled does not.
func TestBrowsersGoOnAfterAReload(t *testing.T) {
	ts := newTestServer(t)
	browser, later := ts.browser(), ts.browser()
	form := ts.loginForm(later)
	ts.signIn(browser)
	ts.reload(with(t, `"lastName": "Birch"`, `"lastName": "Beech"`))
	silent := ts.do(browser, ts.request("GET", plainAuth+"&prompt=none", nil))
	tokens := ts.token("grant_type", "authorization_code", "client_id", "plain", "redirect_uri", "http://localhost:9/cb", "code", ts.codeIn(silent))
	if name := claims(t, tokens.member("access_token"))["family_name"]; name != "Beech" {
		t.Errorf("single sign-on gives the name %v: %s", name, tokens.text)
	}
	ts.codeIn(ts.do(later, ts.request("POST", form, formOf("username", "ben", "password", "ben"))))
	ts.reload(with(t, `"username": "ben", "enabled": true`, `"username": "ben", "enabled": false`))
	if res := ts.do(browser, ts.request("GET", plainAuth+"&prompt=none", nil)); !strings.Contains(res.Header.Get("Location"), "error=login_required") {
		t.Errorf("single sign-on of a disabled user leads to %s", res.Header.Get("Location"))
	}
	// A login of a client that is gone ends, and does not break the server.
	open := ts.loginForm(later)
	ts.reload(with(t, `{"clientId": "plain", "publicClient": true, "redirectUris": ["http://localhost:9/*"]},`, ""))
	res := ts.do(later, ts.request("POST", open, formOf("username", "ben", "password", "ben")))
	again := ts.do(later, ts.request("GET", res.Header.Get("Location"), nil)) // the login begins anew
	if again.StatusCode != http.StatusBadRequest || !strings.Contains(again.text, "Client not found.") {
		t.Errorf("a form of a client that is gone = %s, then %s", res.Status, again.Status)
	}
}

// A request that was there before the file was read again, held up by trouble for a minute perhaps, knows nothing of a
// new client. It must not take the client out of a session that has it by now.
func TestRequestsOfBeforeLeaveNewClientsAlone(t *testing.T) {
	const newcomer = `"clients": [{"clientId": "new", "publicClient": true, "directAccessGrantsEnabled": true, "redirectUris": ["http://localhost:9/*"]},`
	ts := newTestServer(t)
	browser := ts.browser()
	ts.signIn(browser)
	before := ts.realm.current()["small"]
	ts.reload(with(t, `"clients": [`, newcomer))
	joined := ts.do(browser, ts.request("GET", strings.Replace(plainAuth, "client_id=plain", "client_id=new", 1), nil))
	tokens := ts.token("grant_type", "authorization_code", "client_id", "new", "redirect_uri", "http://localhost:9/cb", "code", ts.codeIn(joined))
	before.listed(nil, ts.clock.Now())
	if info := ts.userinfo(tokens.member("access_token")); info.StatusCode != http.StatusOK {
		t.Errorf("userinfo of the new client = %s %s", info.Status, info.Header.Get("WWW-Authenticate"))
	}
}

// What makes Keycloak do something else is a change, however little of the file it is.
func TestSmallChangesAreSeen(t *testing.T) {
	const file = `{"realm": "small", "enabled": true, "roles": {"realm": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}, "clients": [{"clientId": "app", "publicClient": true}]%s}`
	for name, tt := range map[string]struct{ before, after, want string }{
		"no built-in scopes":                 {"", `, "clientScopes": []`, "clientScopes"},
		"no scopes of new clients":           {"", `, "defaultDefaultClientScopes": []`, "defaultDefaultClientScopes"},
		"the first of two of the same name":  {`, "scopeMappings": [{"client": "app", "roles": ["a"]}, {"client": "app", "roles": ["b"]}]`, `, "scopeMappings": [{"client": "app", "roles": ["c"]}, {"client": "app", "roles": ["b"]}]`, "scopeMappings[app]"},
		"one of two that say quite the same": {`, "scopeMappings": [{"client": "app", "roles": ["a"]}, {"client": "app", "roles": ["a"]}]`, `, "scopeMappings": [{"client": "app", "roles": ["b"]}, {"client": "app", "roles": ["b"]}]`, "scopeMappings[app]"},
	} {
		t.Run(name, func(t *testing.T) {
			ts := newTestServer(t, fmt.Sprintf(file, tt.before))
			changes := ts.reload(fmt.Sprintf(file, tt.after))
			if len(changes) != 1 || !slices.Contains(slices.Concat(changes[0].Added, changes[0].Changed), tt.want) {
				t.Errorf("changes: %+v, want %s", changes, tt.want)
			}
		})
	}
}

// What users have changed about themselves lasts, until the file says something new about them.
func TestChangesOfUsersLastOverAReload(t *testing.T) {
	ts := newTestServer(t)
	ann := ts.realm.current()["small"].UserByLogin("ann")
	ts.realm.changeUser("small", ann.ID, func(u *User) {
		u.FirstName = "Anna"
		u.Attrs = maps.Clone(u.Attrs)
		u.Attrs["team"] = []string{"blue"}
	})
	if ann.FirstName != "Ann" || ann.Attrs["team"] != nil {
		t.Error("the change went into the version before")
	}
	ts.realm.current()["small"].setPassword(ann, "new-password")
	check := func(when, password, name string) {
		t.Helper()
		tokens := ts.password("ann", password)
		if got := ts.userinfo(tokens.member("access_token")).member("given_name"); got != name {
			t.Errorf("%s: the name is %q, want %q: %s", when, got, name, tokens.text)
		}
	}
	check("at once", "new-password", "Anna")
	ts.reload(with(t, `"lastName": "Birch"`, `"lastName": "Beech"`))
	check("after news of somebody else", "new-password", "Anna")
	ts.reload(with(t, `"firstName": "Ann", "lastName": "Ash"`, `"firstName": "Annie", "lastName": "Ash"`))
	check("after news of her", "ann", "Annie")
	ts.reload(small)
	check("after the file is as it was", "ann", "Ann")
}

// Two users of one name there never are: the file's own keeps it. Users may have swapped what is theirs.
func TestNamesOfTheFileCount(t *testing.T) {
	ts := newTestServer(t)
	rename := func(from, to string) {
		user := ts.realm.current()["small"].UserByLogin(from)
		ts.realm.changeUser("small", user.ID, func(u *User) { u.Username, u.Email = to, to+"@example.com" })
	}
	check := func(when, want string) {
		t.Helper()
		var have []string
		for _, user := range ts.realm.current()["small"].Users[:3] {
			have = append(have, user.Username+" "+user.Email)
		}
		if got := strings.Join(have, ", "); got != want {
			t.Errorf("%s: %s, want %s", when, got, want)
		}
	}
	rename("ann", "zoe")
	rename("ben", "ann")
	rename("zoe", "ben")
	ts.reload(with(t, `"lastName": "One"`, `"lastName": "Two"`))
	check("two have swapped names", "ben ben@example.com, ann ann@example.com, gone gone@example.com")
	rename("ann", "zoe")
	ts.reload(with(t, `"username": "gone", "enabled": false, "email": "gone@example.com"`, `"username": "gone", "enabled": false, "email": "zoe@example.com"`))
	check("the file gives an address away", "ann ann@example.com, ben ben@example.com, gone zoe@example.com")
}

func TestRealmsComeAndGo(t *testing.T) {
	const other = `{"realm": "other", "enabled": true}`
	ts := newTestServer(t)
	tokens := ts.password("ann", "ann")
	if got, want := ts.reload(small, other), []Changes{{Realm: "other", New: true}}; !reflect.DeepEqual(got, want) {
		t.Errorf("changes: %+v, want %+v", got, want)
	}
	if res := ts.do(http.DefaultClient, ts.request("GET", "/realms/other/protocol/openid-connect/certs", nil)); !strings.Contains(res.text, "RS256") {
		t.Errorf("the keys of the new realm = %s", res.text)
	}
	if got, want := ts.reload(small), []Changes{{Realm: "other", Gone: true}}; !reflect.DeepEqual(got, want) {
		t.Errorf("changes: %+v, want %+v", got, want)
	}
	if res := ts.do(http.DefaultClient, ts.request("GET", "/realms/other", nil)); res.StatusCode != http.StatusNotFound {
		t.Errorf("the realm that is gone = %s", res.Status)
	}
	if again := ts.refresh(tokens); again.StatusCode != http.StatusOK {
		t.Errorf("the realm that stays: %s", again.text)
	}
	ts.reload(other)
	ts.reload(with(t, `"lastName": "Ash"`, `"lastName": "Oak"`), other)
	if again := ts.refresh(tokens); again.StatusCode != http.StatusOK || claims(t, again.member("access_token"))["family_name"] != "Oak" {
		t.Errorf("the realm that came back: %s %s", again.Status, again.member("error_description"))
	}
}

// Requests that come while the file is read again find one version or the other. The race detector watches.
func TestReloadsUnderLoad(t *testing.T) {
	ts := newTestServer(t)
	tokens := ts.password("ann", "ann")
	other := with(t, `"lastName": "Ash"`, `"lastName": "Oak"`)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 25 {
				if res := ts.userinfo(tokens.member("access_token")); res.StatusCode != http.StatusOK {
					t.Errorf("userinfo = %s %s", res.Status, res.Header.Get("WWW-Authenticate"))
				}
				if res := ts.refresh(tokens); res.StatusCode != http.StatusOK {
					t.Errorf("refresh = %s", res.text)
				}
			}
		})
	}
	for i := range 40 {
		ts.reload([]string{other, small}[i%2])
	}
	all.Wait()
}

// Keys of the file come and go with it; those that were made at the start stay.
func TestKeysFollowTheFile(t *testing.T) {
	k := newKeyring("test")
	text := base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PrivateKey(must(rsa.GenerateKey(rand.Reader, 2048))))
	file := []KeyProvider{{ProviderID: "rsa", Enabled: true, Active: true, Priority: 200, Algorithm: "RS256", Cfg: map[string]string{"privateKey": text}}}
	k.provide(nil, "RS256", nil)
	made := k.signer("RS256").id
	k.provide(file, "RS256", []string{"ES256"})
	brought := k.signer("RS256").id
	if brought == made || k.byID(made) == nil || k.signer("ES256") == nil {
		t.Errorf("with a key in the file: %s signs, %s was made before: %v", brought, made, k.byID(made))
	}
	k.provide(nil, "RS256", nil)
	if k.signer("RS256").id != made || k.byID(brought) != nil {
		t.Errorf("without it: %s signs, and %s is still there: %v", k.signer("RS256").id, brought, k.byID(brought))
	}
	k.provide(file, "RS256", nil)
	k.withdraw(brought)
	k.provide(file, "RS256", nil)
	if k.byID(brought) != nil {
		t.Error("a key that was withdrawn came back when the file was read again")
	}
}
