package realm

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// adminSmall is a realm that its users ask about: root may see everything, ann nothing.
const adminSmall = `{
	"realm": "small", "enabled": true, "rememberMe": "TRUE", "resetPasswordAllowed": "", "accessTokenLifespan": "120", "otpPolicyDigits": 8, "loginTheme": "acme",
	"smtpServer": {"host": "mail.example.com", "password": "mail-password", "authTokenClientSecret": "mail-secret"}, "defaultGroups": ["/all"], "verifyEmail": false,
	"attributes": {"frontendUrl": "https://sso.example.com"},
	"components": {"org.keycloak.userprofile.UserProfileProvider": [{"config": {"kc.user.profile.config": ["{\"unmanagedAttributePolicy\": \"ADMIN_VIEW\", \"attributes\": [{\"name\": \"username\"}, {\"name\": \"email\"}, {\"name\": \"hidden\", \"permissions\": {\"view\": [\"user\"]}}]}"]}}]},
	"groups": [{"name": "all", "subGroups": [` + manyGroups + `]}],
	"clientScopes": [{"id": "5c09e000-0000-4000-8000-000000000001", "name": "own", "description": "Its own", "attributes": {"x": "y"}, "protocolMappers": [
		{"id": "5c09e000-0000-4000-8000-000000000002", "name": "tag", "protocolMapper": "oidc-hardcoded-claim-mapper", "config": {"claim.name": "tag", "claim.value": "1"}}]}],
	"clients": [
		{"id": "c11e0000-0000-4000-8000-000000000001", "clientId": "cli", "publicClient": true, "directAccessGrantsEnabled": true, "defaultClientScopes": ["own"]},
		{"id": "c11e0000-0000-4000-8000-000000000002", "clientId": "back", "secret": "back-secret"}
	],
	"users": [
		{"id": "11111111-0000-4000-8000-000000000001", "username": "ann", "enabled": true, "credentials": [{"value": "ann"}], "attributes": {"free": ["1"], "hidden": ["2"]},
		 "groups": ["/all"], "clientConsents": [{"clientId": "cli", "grantedClientScopes": ["own"]}], "requiredActions": []},
		{"id": "11111111-0000-4000-8000-000000000002", "username": "root", "enabled": true, "credentials": [{"value": "root"}], "clientRoles": {"realm-management": ["realm-admin"]}},
		{"id": "11111111-0000-4000-8000-000000000003", "username": "seeker", "enabled": true, "credentials": [{"value": "seeker"}], "clientRoles": {"realm-management": ["query-users", "query-groups", "query-clients", "query-realms"]}},
		{"id": "11111111-0000-4000-8000-000000000004", "username": "stuck", "enabled": true, "credentials": [{"value": "stuck"}], "requiredActions": ["UPDATE_PASSWORD", "CONFIGURE_TOTP"]}
	]
}`

const manyGroups = `{"name": "a"}, {"name": "b"}, {"name": "c"}, {"name": "d"}, {"name": "e"}, {"name": "f"}, {"name": "g"}, {"name": "h"}, {"name": "i"}, {"name": "j"}, {"name": "k"}, {"name": "l"}`

const annID = "11111111-0000-4000-8000-000000000001"

// ask sends a request to the admin REST with a token of that user.
func (ts *testServer) ask(user, method, path string, header ...string) answer {
	ts.t.Helper()
	token := ts.token("grant_type", "password", "client_id", "cli", "username", user, "password", user).member("access_token")
	return ts.do(http.DefaultClient, ts.request(method, "/admin/realms/small"+path, nil, append([]string{"Authorization", "Bearer " + token}, header...)...))
}

// read is what GET shows to root.
func (ts *testServer) read(path string) any {
	ts.t.Helper()
	res := ts.ask("root", "GET", path)
	var body any
	if err := json.Unmarshal([]byte(res.text), &body); err != nil || res.StatusCode != http.StatusOK {
		ts.t.Fatalf("GET %s: %s %s", path, res.Status, res.text)
	}
	return body
}

// sameJSON compares a value with JSON.
func sameJSON(t *testing.T, what string, got any, want string) {
	t.Helper()
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got) != fmt.Sprint(wanted) { // maps are printed in the order of their keys
		t.Errorf("%s is %v, want %v", what, got, wanted)
	}
}

func TestAdminRoutesAreClosed(t *testing.T) {
	ts := newTestServer(t, adminSmall)
	ts.realm.WaitForKeys()
	v := ts.realm.current()["small"]
	fill := strings.NewReplacer("{user}", annID, "{client}", v.Clients["back"].ID, "{other}", v.Clients["cli"].ID, "{group}", v.Groups["/all"].ID,
		"{scope}", v.Scopes["own"].ID, "{role-id}", v.Roles["offline_access"].ID, "{role}", "offline_access", "{mapper}", v.Scopes["own"].Mappers[0].ID,
		"{protocol}", openIDConnect, "*", "all")
	ann := ts.token("grant_type", "password", "client_id", "cli", "username", "ann", "password", "ann").member("access_token")
	for _, route := range adminRoutes {
		path := "/admin/realms/small" + fill.Replace(route.path)
		if res := ts.do(http.DefaultClient, ts.request("GET", path, nil)); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("GET %s without a token: %s %s", path, res.Status, res.text)
		}
		for _, secret := range []string{ann, testSecret} {
			if res := ts.do(http.DefaultClient, ts.request("GET", path, nil, "Authorization", "Bearer "+secret)); res.StatusCode < 400 || strings.Contains(res.text, "secret") {
				t.Errorf("GET %s without a role: %s %s", path, res.Status, res.text)
			}
		}
		if res := ts.ask("seeker", "GET", fill.Replace(route.path)); strings.Contains(res.text, "back-secret") || strings.Contains(res.text, annID) {
			t.Errorf("GET %s shows those who may only search: %s", path, res.text)
		}
	}
}

func TestAdminOnlyReads(t *testing.T) {
	ts := newTestServer(t, adminSmall)
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH"} {
		for _, path := range []string{"", "/users", "/users/" + annID, "/users/" + annID + "/reset-password", "/clients", "/logout-all", "/components"} {
			res := ts.ask("root", method, path)
			if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD, OPTIONS" ||
				!strings.Contains(res.text, "realm file") || !strings.Contains(res.text, "/realms/small/keystead") {
				t.Errorf("%s %s: %s, Allow %q, %s", method, path, res.Status, res.Header.Get("Allow"), res.text)
			}
		}
		if res := ts.do(http.DefaultClient, ts.request(method, "/admin/realms/small/users", nil)); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s without a token: %s", method, res.Status)
		}
	}
}

func TestAdminHasNoConsole(t *testing.T) {
	ts := newTestServer(t, adminSmall)
	for _, path := range []string{"/admin", "/admin/", "/admin/small/console", "/admin/master/console/"} {
		if res := ts.do(http.DefaultClient, ts.request("GET", path, nil)); res.StatusCode != http.StatusNotFound || !strings.Contains(res.text, "no admin console") {
			t.Errorf("GET %s: %s %s", path, res.Status, res.text)
		}
	}
	for _, path := range []string{"/users/profile", "/authentication/flows", "/events"} {
		if res := ts.ask("root", "GET", path); res.StatusCode != http.StatusNotFound || !strings.Contains(res.text, "nothing at this address") {
			t.Errorf("GET %s: %s %s", path, res.Status, res.text)
		}
	}
}

func TestAdminWantsALoopbackName(t *testing.T) {
	ts := newTestServer(t, adminSmall)
	if res := ts.ask("root", "GET", "/users", "Host", "evil.example"); res.StatusCode != http.StatusForbidden || strings.Contains(res.text, "ann") {
		t.Errorf("under another name: %s %s", res.Status, res.text)
	}
	// The issuer is another under another name of this machine, as in Keycloak.
	if res := ts.ask("root", "GET", "/users", "Host", "other.localhost"); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("with a token of another issuer: %s %s", res.Status, res.text)
	}
}

func TestAdminShowsTheFile(t *testing.T) {
	ts := newTestServer(t, adminSmall)
	realm := ts.read("").(map[string]any)
	sameJSON(t, "rememberMe", realm["rememberMe"], `true`)
	sameJSON(t, "resetPasswordAllowed", realm["resetPasswordAllowed"], `false`)
	sameJSON(t, "accessTokenLifespan", realm["accessTokenLifespan"], `120`)
	sameJSON(t, "otpPolicyDigits", realm["otpPolicyDigits"], `8`)
	sameJSON(t, "otpPolicyPeriod", realm["otpPolicyPeriod"], `30`)
	sameJSON(t, "loginTheme", realm["loginTheme"], `"acme"`)
	sameJSON(t, "defaultGroups", realm["defaultGroups"], `["/all"]`)
	sameJSON(t, "smtpServer", realm["smtpServer"], `{"host": "mail.example.com", "password": "**********", "authTokenClientSecret": "**********"}`)
	sameJSON(t, "an attribute", realm["attributes"].(map[string]any)["frontendUrl"], `"https://sso.example.com"`)
	sameJSON(t, "an attribute of Keycloak's own", realm["attributes"].(map[string]any)["cibaInterval"], `"5"`)

	ann := ts.read("/users/" + annID).(map[string]any)
	sameJSON(t, "attributes", ann["attributes"], `{"free": ["1"]}`)
	sameJSON(t, "createdTimestamp", ann["createdTimestamp"], fmt.Sprint(ts.clock.Now().UnixMilli()))
	consents := ts.read("/users/" + annID + "/consents").([]any)
	sameJSON(t, "the consent", consents[0].(map[string]any)["grantedClientScopes"], `["own"]`)

	sameJSON(t, "the scope", ts.read("/client-scopes/5c09e000-0000-4000-8000-000000000001"), `{"id": "5c09e000-0000-4000-8000-000000000001", "name": "own",
		"description": "Its own", "protocol": "openid-connect", "attributes": {"x": "y"}, "protocolMappers": [{"id": "5c09e000-0000-4000-8000-000000000002", "name": "tag",
		"protocol": "openid-connect", "protocolMapper": "oidc-hardcoded-claim-mapper", "consentRequired": false, "config": {"claim.name": "tag", "claim.value": "1"}}]}`)
	sameJSON(t, "the mapper", ts.read("/client-scopes/5c09e000-0000-4000-8000-000000000001/protocol-mappers/models/5c09e000-0000-4000-8000-000000000002").(map[string]any)["name"], `"tag"`)
	sameJSON(t, "the default group", ts.read("/default-groups").([]any)[0].(map[string]any)["path"], `"/all"`)
}

// Ids that the file does not give are the same at the next start, so that what tools have kept stays right.
func TestAdminIDsStay(t *testing.T) {
	ids := func() string {
		ts := newTestServer(t, adminSmall)
		var all []string
		for _, path := range []string{"/roles", "/clients", "/client-scopes", "/groups", "/users", "/users/" + annID + "/credentials"} {
			for _, item := range ts.read(path).([]any) {
				all = append(all, item.(map[string]any)["id"].(string))
			}
		}
		return strings.Join(all, " ")
	}
	first := ids()
	if second := ids(); first != second {
		t.Errorf("ids were %s, and are %s", first, second)
	}
	all := strings.Fields(first)
	slices.Sort(all)
	if len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Errorf("an id stands for two things: %v", all)
	}
}

func TestAdminPages(t *testing.T) {
	ts := newTestServer(t, adminSmall)
	parent := ts.read("/group-by-path/all").(map[string]any)["id"].(string)
	for query, want := range map[string]int{"": 10, "?max=11": 11, "?max=-1": 12, "?first=9": 3, "?first=99": 0, "?first=-5&max=2": 2, "?max=9999999999": -1, "?max=x": -1, "?first=1.5": -1} {
		res := ts.ask("root", "GET", "/groups/"+parent+"/children"+query)
		var list []any
		if err := json.Unmarshal([]byte(res.text), &list); want >= 0 && (err != nil || len(list) != want) {
			t.Errorf("%s: %d groups, want %d: %s", query, len(list), want, res.text)
		}
		if want < 0 && (res.StatusCode != http.StatusNotFound || !strings.Contains(res.text, "must be a whole number")) {
			t.Errorf("%s: %s %s", query, res.Status, res.text)
		}
	}
}

// What has happened since the start shows.
func TestAdminShowsTheRunningRealm(t *testing.T) {
	ts := newTestServer(t, adminSmall)
	v := ts.realm.current()["small"]
	stuck := v.UserByID("11111111-0000-4000-8000-000000000004")
	sameJSON(t, "requiredActions", ts.read("/users/" + stuck.ID).(map[string]any)["requiredActions"], `["UPDATE_PASSWORD", "CONFIGURE_TOTP"]`)
	v.setPassword(stuck, "new")
	sameJSON(t, "requiredActions", ts.read("/users/" + stuck.ID).(map[string]any)["requiredActions"], `["CONFIGURE_TOTP"]`)
	if got := ts.read("/users/" + stuck.ID + "/credentials").([]any); len(got) != 1 {
		t.Errorf("credentials: %v", got)
	}

	before := ts.read("/keys").(map[string]any)["active"].(map[string]any)["RS256"]
	if err := v.keys.rotate("RS256"); err != nil {
		t.Fatal(err)
	}
	keys := ts.read("/keys").(map[string]any)
	if after := keys["active"].(map[string]any)["RS256"]; after == before || after == nil {
		t.Errorf("the active key is still %v", after)
	}
	if n := len(keys["keys"].([]any)); n != 4 {
		t.Errorf("%d keys, want 4", n)
	}
	ts.realm.changeUser("small", annID, func(u *User) { u.FirstName = "Anna" })
	sameJSON(t, "the name", ts.read("/users/" + annID).(map[string]any)["firstName"], `"Anna"`)
}

// A token is as good here as elsewhere, and no longer.
func TestAdminTokensEnd(t *testing.T) {
	ts := newTestServer(t, adminSmall)
	token := ts.token("grant_type", "password", "client_id", "cli", "username", "root", "password", "root").member("access_token")
	get := func() int {
		return ts.do(http.DefaultClient, ts.request("GET", "/admin/realms/small/users", nil, "Authorization", "Bearer "+token)).StatusCode
	}
	if got := get(); got != http.StatusOK {
		t.Fatalf("a good token: %d", got)
	}
	ts.clock.Add(100 * time.Second)
	ts.control("PUT", "/clock", `{"offset_seconds": 30}`) // the realm's own clock counts
	if got := get(); got != http.StatusUnauthorized {
		t.Errorf("a token that has expired by the realm's clock: %d", got)
	}
	ts.control("PUT", "/clock", `{"offset_seconds": 0}`)
	ts.clock.Add(20 * time.Second)
	if got := get(); got != http.StatusUnauthorized {
		t.Errorf("an expired token: %d", got)
	}
}

// Administrators of one realm see nothing of another, whatever its name: master is a realm like others here.
func TestAdminKeepsRealmsApart(t *testing.T) {
	master := strings.Replace(adminSmall, `"realm": "small"`, `"realm": "master"`, 1)
	ts := newTestServer(t, adminSmall, master)
	ts.realm.WaitForKeys()
	form := formOf("grant_type", "password", "client_id", "cli", "username", "root", "password", "root")
	token := ts.do(http.DefaultClient, ts.request("POST", "/realms/master"+oidc+"/token", form)).member("access_token")
	for path, want := range map[string]int{"master/users": http.StatusOK, "small/users": http.StatusForbidden, "small": http.StatusForbidden, "nosuch/users": http.StatusNotFound} {
		if res := ts.do(http.DefaultClient, ts.request("GET", "/admin/realms/"+path, nil, "Authorization", "Bearer "+token)); res.StatusCode != want {
			t.Errorf("an administrator of master at %s: %s, want %d", path, res.Status, want)
		}
	}
	if res := ts.do(http.DefaultClient, ts.request("GET", "/admin/realms", nil, "Authorization", "Bearer "+token)); strings.Contains(res.text, `"small"`) {
		t.Errorf("the list of realms: %s", res.text)
	}
}
