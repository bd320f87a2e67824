package parity

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// What realm/testdata/admin-realm.json fixes. Its callers are named for the roles of realm-management that they have.
const (
	adminLab = "admin-lab"
	adminID  = "ad000000-0000-4000-8000-0000000000" // how its ids begin

	idAdminLab = adminID + "00"
	idReader   = adminID + "11"
	idWriter   = adminID + "12"
	idEditor   = adminID + "13"
	idRead     = adminID + "21"
	idWrite    = adminID + "22"
	idStaff    = adminID + "31"
	idDesk     = adminID + "32"
	idNight    = adminID + "33"
	idOps      = adminID + "34"
	idTool     = adminID + "41"
	idRobot    = adminID + "43"
	idAPI      = adminID + "44"
	idAlice    = adminID + "61"
	idBob      = adminID + "62"
	idRobotMan = adminID + "64"
)

func (r realm) tool() app { return app{r, "tool", "", callback, false} }

// admin is an address of the admin REST.
func (r realm) admin(path string) string { return r.base + "/admin/realms/" + r.name + path }

var adminTokens sync.Map // caller → func that gets one once: the access token

// as asks as that caller, by the client tool.
func (r realm) as(t testing.TB, caller, path string, headers ...string) *reply {
	t.Helper()
	once, _ := adminTokens.LoadOrStore(caller, sync.OnceValue(func() string { return r.tool().password(t, caller).tokens().access }))
	return get(t, r.admin(path), append([]string{"Authorization", "Bearer " + once.(func() string)()}, headers...)...)
}

// list reads a body that is a list, of objects or of strings.
func (r *reply) list() []any {
	r.t.Helper()
	var all []any
	if err := json.Unmarshal([]byte(r.want(200).body), &all); err != nil || all == nil {
		r.t.Fatalf("not a JSON array: %v%s", err, r.explain())
	}
	return all
}

// pick returns that member of each object of a list, in order.
func (r *reply) pick(member string) []string {
	r.t.Helper()
	names := []string{}
	for _, item := range r.list() {
		object, _ := item.(map[string]any)
		names = append(names, fmt.Sprint(object[member]))
	}
	return names
}

// named returns the object of a list that has that name.
func (r *reply) named(member, value string) map[string]any {
	r.t.Helper()
	for _, item := range r.list() {
		if object, ok := item.(map[string]any); ok && object[member] == value {
			return object
		}
	}
	r.t.Fatalf("no %s %q%s", member, value, r.explain())
	return nil
}

// objects matches a list of objects in that order.
func objects(want ...shape) matcher {
	return func(got any) string {
		items, ok := got.([]any)
		if !ok || len(items) != len(want) {
			return fmt.Sprintf("is %s, want a list of %d", describe(got), len(want))
		}
		for i, item := range items {
			if wrong := compare(want[i], item); wrong != "" {
				return fmt.Sprintf("[%d]: %s", i, wrong)
			}
		}
		return ""
	}
}

// wantList compares a body that is a list of objects, which are sorted by id first where the order is not said.
func (r *reply) wantList(want ...shape) {
	r.t.Helper()
	if wrong := objects(want...)(any(r.list())); wrong != "" {
		r.t.Errorf("the list differs: %s%s", wrong, r.explain())
	}
}

// byID sorts a list, for those of Keycloak that come in any order.
func (r *reply) byID() *reply {
	r.t.Helper()
	items := r.list()
	slices.SortFunc(items, func(a, b any) int {
		return strings.Compare(fmt.Sprint(a.(map[string]any)["id"]), fmt.Sprint(b.(map[string]any)["id"]))
	})
	text, err := json.Marshal(items)
	if err != nil {
		r.t.Fatal(err)
	}
	sorted := *r
	sorted.body = string(text)
	return &sorted
}

func TestAdminNeedsAToken(t *testing.T) {
	t.Parallel()
	r := open(t, adminLab)
	mine := r.tool().password(t, "realm-admin").tokens()
	for name, headers := range map[string][]string{
		"none":            nil,
		"garbage":         {"Authorization", "Bearer x.y.z"},
		"another scheme":  {"Authorization", "Basic " + mine.access},
		"an ID token":     {"Authorization", "Bearer " + mine.id},
		"a refresh token": {"Authorization", "Bearer " + mine.refresh},
		"a forged token":  {"Authorization", "Bearer " + mine.access[:strings.LastIndex(mine.access, ".")+1] + strings.Repeat("A", 342)},
	} {
		for _, path := range []string{"", "/users", "/nosuch"} {
			t.Run(name+" at "+path, func(t *testing.T) {
				t.Parallel()
				get(t, r.admin(path), headers...).wantError(401, "HTTP 401 Unauthorized", "")
			})
		}
		t.Run(name+" in an unknown realm", func(t *testing.T) {
			t.Parallel()
			get(t, r.base+"/admin/realms/nosuch", headers...).wantError(401, "HTTP 401 Unauthorized", "")
		})
	}
}

func TestAdminTokensAreForTheirRealm(t *testing.T) {
	t.Parallel()
	r, demo := open(t, adminLab), open(t, "demo")
	bearer := []string{"Authorization", "Bearer " + r.tool().password(t, "realm-admin").tokens().access}
	for _, path := range []string{"", "/users", "/clients", "/keys"} {
		get(t, demo.admin(path), bearer...).wantError(403, "HTTP 403 Forbidden", "")
	}
	get(t, realm{r.base, "nosuch"}.admin("/users"), bearer...).wantError(404, "Realm not found.", "")
	session := r.tool().password(t, "realm-admin").tokens()
	get(t, r.admin("/users/count"), "Authorization", "Bearer "+session.access).want(200)
	post(t, r.oidc("/logout"), form("client_id", "tool", "refresh_token", session.refresh)).want(204)
	get(t, r.admin("/users/count"), "Authorization", "Bearer "+session.access).wantError(401, "HTTP 401 Unauthorized", "")
}

// Whom each address is open to; all others get 403.
func TestAdminPolicy(t *testing.T) {
	t.Parallel()
	const (
		seesUsers      = " realm-admin view-users manage-users by-composite users-and-clients realm-and-users managers "
		queriesUsers   = seesUsers + "query-users realm-and-querier "
		queriesGroups  = seesUsers + "query-groups "
		seesClients    = " realm-admin view-clients manage-clients users-and-clients realm-and-clients managers "
		queriesClients = seesClients + "query-clients "
		seesRealm      = " realm-admin view-realm manage-realm realm-and-users realm-and-clients managers realm-and-querier "
		usersClients   = " realm-admin users-and-clients managers "
		realmUsers     = " realm-admin realm-and-users managers "
		others         = " impersonation create-client query-realms view-authorization nobody "
		everybody      = seesUsers + queriesUsers + queriesGroups + queriesClients + seesRealm + others
	)
	tests := []struct {
		path   string
		open   string
		status int // for those to whom it is open; 0: 200
	}{
		{"", strings.NewReplacer(" impersonation ", " ", " nobody ", " ").Replace(everybody), 0},
		{"/keys", seesRealm, 0},
		{"/default-groups", seesRealm, 0},

		{"/users", queriesUsers, 0},
		{"/users/count", queriesUsers, 0},
		{"/users/nosuch", queriesUsers, 404},
		{"/users/nosuch/role-mappings", queriesUsers, 404},
		{"/users/" + idAlice, seesUsers, 0},
		{"/users/" + idAlice + "/groups", seesUsers, 0},
		{"/users/" + idAlice + "/groups/count", seesUsers, 0},
		{"/users/" + idAlice + "/sessions", seesUsers, 0},
		{"/users/" + idAlice + "/credentials", seesUsers, 0},
		{"/users/" + idAlice + "/consents", seesUsers, 0},
		{"/users/" + idAlice + "/role-mappings", seesUsers, 0},
		{"/users/" + idAlice + "/role-mappings/realm", seesUsers, 0},
		{"/users/" + idAlice + "/role-mappings/realm/composite", seesUsers, 0},
		{"/users/" + idAlice + "/role-mappings/realm/available", seesUsers, 0},
		{"/users/" + idAlice + "/role-mappings/clients/" + idAPI, usersClients, 0},
		{"/users/" + idAlice + "/role-mappings/clients/" + idAPI + "/composite", usersClients, 0},
		{"/users/" + idAlice + "/role-mappings/clients/" + idAPI + "/available", seesUsers, 0},

		{"/groups", queriesGroups, 0},
		{"/groups/count", queriesGroups, 0},
		{"/groups/nosuch", everybody, 404},
		{"/groups/" + idStaff, seesUsers, 0},
		{"/groups/" + idStaff + "/children", seesUsers, 0},
		{"/groups/" + idStaff + "/members", seesUsers, 0},
		{"/groups/" + idStaff + "/role-mappings", seesUsers, 0},
		{"/groups/" + idStaff + "/role-mappings/realm/composite", seesUsers, 0},
		{"/groups/" + idStaff + "/role-mappings/clients/" + idAPI, usersClients, 0},
		{"/group-by-path/staff/ops", seesUsers, 0},
		{"/group-by-path/nosuch", everybody, 404},

		{"/roles", seesRealm, 0},
		{"/roles/editor", seesRealm, 0},
		{"/roles/nosuch", seesRealm, 404},
		{"/roles/editor/composites", seesRealm, 0},
		{"/roles/editor/composites/realm", seesRealm, 0},
		{"/roles/editor/composites/clients/" + idAPI, seesRealm, 0},
		{"/roles/editor/users", realmUsers + "realm-and-querier ", 0},
		{"/roles/reader/groups", realmUsers, 0},
		{"/roles-by-id/" + idEditor, seesRealm, 0},
		{"/roles-by-id/" + idEditor + "/composites", seesRealm, 0},
		{"/roles-by-id/" + idWrite, seesClients, 0},
		{"/roles-by-id/" + idWrite + "/composites", seesClients, 0},
		{"/roles-by-id/nosuch", everybody, 404},

		{"/clients", queriesClients, 0},
		{"/clients/nosuch", queriesClients, 404},
		{"/clients/nosuch/client-secret", queriesClients, 404},
		{"/clients/" + idAPI, seesClients, 0},
		{"/clients/" + idAPI + "/client-secret", seesClients, 0},
		{"/clients/" + idRobot + "/service-account-user", seesClients, 0},
		{"/clients/" + idAPI + "/service-account-user", seesClients, 400},
		{"/clients/" + idAPI + "/default-client-scopes", seesClients, 0},
		{"/clients/" + idAPI + "/optional-client-scopes", seesClients, 0},
		{"/clients/" + idAPI + "/protocol-mappers/models", seesClients, 0},
		{"/clients/" + idAPI + "/protocol-mappers/models/" + adminID + "51", seesClients, 0},
		{"/clients/" + idAPI + "/protocol-mappers/models/nosuch", seesClients, 404},
		{"/clients/" + idAPI + "/scope-mappings", seesClients, 0},
		{"/clients/" + idAPI + "/scope-mappings/realm", seesClients, 0},
		{"/clients/" + idAPI + "/scope-mappings/realm/composite", seesClients, 0},
		{"/clients/" + idAPI + "/user-sessions", seesClients, 0},
		{"/clients/" + idAPI + "/session-count", seesClients, 0},
		{"/clients/" + idAPI + "/offline-sessions", seesClients, 0},
		{"/clients/" + idAPI + "/offline-session-count", seesClients, 0},
		{"/clients/" + idAPI + "/roles", seesClients, 0},
		{"/clients/" + idAPI + "/roles/write", seesClients, 0},
		{"/clients/" + idAPI + "/roles/nosuch", seesClients, 404},
		{"/clients/" + idAPI + "/roles/write/composites", seesClients, 0},
		{"/clients/" + idAPI + "/roles/write/users", usersClients, 0},
		{"/clients/" + idAPI + "/roles/read/groups", usersClients, 0},
		{"/clients/" + idAPI + "/evaluate-scopes/generate-example-access-token?userId=" + idAlice, usersClients, 0},
		{"/clients/" + idAPI + "/evaluate-scopes/generate-example-id-token?userId=" + idAlice, usersClients, 0},
		{"/clients/" + idAPI + "/evaluate-scopes/generate-example-userinfo?userId=" + idAlice, usersClients, 0},
		{"/clients/" + idAPI + "/evaluate-scopes/protocol-mappers", seesClients, 0},

		{"/client-scopes", queriesClients, 0},
		{"/client-scopes/nosuch", queriesClients, 404},
		{"/client-scopes/nosuch/scope-mappings", queriesClients, 404},
		{"/default-default-client-scopes", seesClients, 0},
		{"/default-optional-client-scopes", seesClients, 0},
	}
	r := open(t, adminLab)
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			done := map[string]bool{}
			for _, caller := range strings.Fields(everybody) {
				want := 403
				if strings.Contains(tt.open, " "+caller+" ") {
					want = max(tt.status, 200)
				}
				if done[caller] {
					continue
				}
				done[caller] = true
				if got := r.as(t, caller, tt.path); got.status != want {
					t.Errorf("%s gets %d, want %d%s", caller, got.status, want, got.explain())
				}
			}
		})
	}
}

// Callers who may only search, or see less than all of an answer, see nothing of the rest.
func TestAdminShowsNoMoreThanTheCallerMaySee(t *testing.T) {
	t.Parallel()
	r := open(t, adminLab)
	for caller, path := range map[string]string{
		"query-users":       "/users",
		"query-groups":      "/groups",
		"query-clients":     "/clients",
		"realm-and-querier": "/roles/editor/users",
		"view-users":        "/users/" + idAlice + "/role-mappings/realm/available",
		"realm-and-users":   "/roles/editor/composites/clients/" + idAPI,
		"users-and-clients": "/groups/" + idStaff + "/role-mappings/realm/available",
	} {
		if got := r.as(t, caller, path); len(got.list()) != 0 {
			t.Errorf("%s sees something%s", caller, got.explain())
		}
	}
	r.as(t, "query-clients", "/client-scopes").wantList()
	r.as(t, "query-users", "/users?search=alice").wantList()
	r.as(t, "view-users", "/users/"+idAlice+"/role-mappings").want(200).wantShape(shape{})
	sameNames(t, r.as(t, "view-realm", "/roles/editor/composites").pick("name"), "reader", "writer")
	sameNames(t, r.as(t, "realm-and-clients", "/roles/editor/composites").pick("name"), "reader", "writer", "write")
	if group := r.as(t, "view-users", "/groups/"+idStaff).want(200).json(); compare(shape{}, group["clientRoles"]) != "" || compare([]string{"reader"}, group["realmRoles"]) != "" {
		t.Errorf("view-users sees the roles %v and %v", group["realmRoles"], group["clientRoles"])
	}
	sameNames(t, r.as(t, "manage-users", "/users/"+idAlice+"/role-mappings/realm/available").pick("name"),
		"default-roles-admin-lab", "helper", "offline_access", "reader", "uma_authorization", "writer")
}

func sameNames(t testing.TB, got []string, want ...string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q in any order", got, want)
	}
}

// A token opens what its user may do, as far as its client may carry the roles. What the token itself says of them is
// of no account.
func TestAdminRolesAreThoseOfUserAndClient(t *testing.T) {
	t.Parallel()
	r := open(t, adminLab)
	narrow := "Bearer " + app{r, "narrow", "", callback, false}.password(t, "realm-admin").tokens().access
	get(t, r.admin("/users"), "Authorization", narrow).wantList()
	get(t, r.admin("/users/count"), "Authorization", narrow).want(200)
	for _, path := range []string{"/users/" + idAlice, "/clients", "/roles", "/keys", "/clients/" + idAPI + "/client-secret"} {
		get(t, r.admin(path), "Authorization", narrow).wantError(403, "HTTP 403 Forbidden", "")
	}
	bare := "Bearer " + app{r, "bare", "", callback, false}.password(t, "realm-admin").tokens().access
	light := "Bearer " + app{r, "admin-cli", "", callback, false}.password(t, "realm-admin").tokens().access
	for _, token := range []string{bare, light} {
		get(t, r.admin("/users/"+idAlice), "Authorization", token).want(200)
		get(t, r.admin("/keys"), "Authorization", token).want(200)
	}
	robot := "Bearer " + app{r, "robot", "robot-secret", "", false}.token(t, "grant_type", "client_credentials").tokens().access
	get(t, r.admin("/users/"+idAlice), "Authorization", robot).want(200)
	get(t, r.admin("/clients/"+idAPI), "Authorization", robot).want(200)
	get(t, r.admin("/roles"), "Authorization", robot).wantError(403, "HTTP 403 Forbidden", "")
}

func TestAdminRealm(t *testing.T) {
	t.Parallel()
	r := open(t, adminLab)
	full := r.as(t, "view-realm", "").want(200).wantHeaders("Cache-Control", "no-cache").json()
	for name, want := range map[string]any{
		"id": idAdminLab, "realm": adminLab, "displayName": "Laboratory of the admin REST", "enabled": true, "rememberMe": true,
		"accessTokenLifespan": 600, "ssoSessionIdleTimeout": 1800, "sslRequired": "external", "browserFlow": "browser",
		"defaultSignatureAlgorithm": "RS256", "otpPolicyType": "totp", "smtpServer": shape{}, "eventsListeners": []string{"jboss-logging"},
		"attributes": shape{
			"purpose": "parity", "cibaBackchannelTokenDeliveryMode": "poll", "cibaExpiresIn": "120", "cibaInterval": "5", "cibaAuthRequestedUserHint": "login_hint",
			"oauth2DeviceCodeLifespan": "600", "oauth2DevicePollingInterval": "5", "parRequestUriLifespan": "60", "realmReusableOtpCode": "false",
		},
		"defaultRole": roleShape(nil, "default-roles-admin-lab", "${role_default-roles}", true, idAdminLab),
	} {
		if wrong := compare(want, full[name]); wrong != "" {
			t.Errorf("%s %s", name, wrong)
		}
	}
	if len(full) != 105 {
		t.Errorf("the realm has %d members, want 105", len(full))
	}
	least := shape{"realm": adminLab, "displayName": "Laboratory of the admin REST", "bruteForceProtected": false, "organizationsEnabled": false, "supportedLocales": []string{}}
	r.as(t, "query-clients", "").want(200).wantShape(least)
	r.as(t, "view-users", "").want(200).wantShape(least.and(shape{"registrationEmailAsUsername": false}))

	realms := realm{r.base, ""}
	realms.as(t, "query-clients", "").wantList(shape{"realm": adminLab})
	realms.as(t, "view-realm", "?briefRepresentation=true").wantList(shape{"id": idAdminLab, "realm": adminLab, "displayName": "Laboratory of the admin REST", "enabled": true})
	realms.as(t, "nobody", "").wantError(403, "HTTP 403 Forbidden", "")
	if wrong := compare(plain([]any{full}), any(realms.as(t, "realm-admin", "").list())); wrong != "" {
		t.Errorf("the list of realms %s", wrong)
	}
}

func TestAdminServerInfo(t *testing.T) {
	t.Parallel()
	r := open(t, adminLab)
	address := r.base + "/admin/serverinfo"
	for caller, want := range map[string]any{"manage-realm": map[string]string{"version": "26.7.4"}, "view-realm": nil} {
		got := get(t, address, "Authorization", "Bearer "+r.tool().password(t, caller).tokens().access)
		if wrong := compare(want, got.want(200).json()["systemInfo"]); wrong != "" {
			t.Errorf("to %s, systemInfo %s", caller, wrong)
		}
	}
	get(t, address).wantError(401, "HTTP 401 Unauthorized", "")
	nobody := r.tool().password(t, "nobody").tokens().access
	get(t, address, "Authorization", "Bearer "+nobody).wantError(403, "HTTP 403 Forbidden", "")
}

func TestAdminKeys(t *testing.T) {
	t.Parallel()
	r := open(t, adminLab)
	keys := r.as(t, "view-realm", "/keys").want(200).json()
	active, _ := keys["active"].(map[string]any)
	seen := map[string]bool{}
	for _, item := range keys["keys"].([]any) {
		key := item.(map[string]any)
		algorithm := key["algorithm"].(string)
		want := shape{"providerId": uuid, "providerPriority": 100, "kid": active[algorithm], "status": "ACTIVE", "algorithm": algorithm}
		switch algorithm {
		case "AES": // of Keycloak's own
			continue
		case "HS512":
			want = want.and(shape{"type": "OCT", "use": "SIG"})
		default:
			want = want.and(shape{"type": "RSA", "use": map[string]string{"RS256": "SIG", "RSA-OAEP": "ENC"}[algorithm], "publicKey": anyText, "certificate": anyText, "validTo": anyNumber})
		}
		wantClaims(t, "the key of "+algorithm, key, want)
		seen[algorithm] = true
	}
	if !seen["HS512"] || !seen["RS256"] || !seen["RSA-OAEP"] {
		t.Errorf("keys of %v", seen)
	}
	published := map[string]any{}
	for _, item := range get(t, r.oidc("/certs")).want(200).json()["keys"].([]any) {
		published[item.(map[string]any)["alg"].(string)] = item.(map[string]any)["kid"]
	}
	if published["RS256"] != active["RS256"] || published["RSA-OAEP"] != active["RSA-OAEP"] {
		t.Errorf("published are %v, active %v", published, active)
	}
}

var (
	aliceBrief = shape{
		"id": idAlice, "username": "alice", "firstName": "Alice", "lastName": "Adams", "email": "alice@example.com",
		"emailVerified": true, "enabled": true, "createdTimestamp": anyNumber,
	}
	aliceFull = aliceBrief.and(shape{
		// The profile declares team for administrators, own for users only, and phone not at all.
		"attributes": shape{"team": []string{"red", "green"}}, "totp": false, "disableableCredentialTypes": []string{}, "requiredActions": []string{}, "notBefore": 0,
	})
)

func userAccess(manage, impersonate bool) shape {
	return shape{"view": true, "manage": manage, "manageGroupMembership": manage, "resetPassword": manage, "mapRoles": manage, "impersonate": impersonate}
}

func TestAdminUsers(t *testing.T) {
	t.Parallel()
	r := open(t, adminLab)
	r.as(t, "realm-admin", "/users/"+idAlice).want(200).wantShape(aliceFull.and(shape{"access": userAccess(true, true)}))
	r.as(t, "manage-users", "/users/"+idAlice).want(200).wantShape(aliceFull.and(shape{"access": userAccess(true, false)}))
	r.as(t, "view-users", "/users/"+idAlice).want(200).wantShape(aliceFull.and(shape{"access": userAccess(false, false)}))
	r.as(t, "view-users", "/users?search=alice").wantList(aliceFull.and(shape{"access": shape{"manage": false}}))
	r.as(t, "realm-admin", "/users?search=alice&briefRepresentation=true").wantList(aliceBrief.and(shape{"access": shape{"manage": true}}))
	r.as(t, "view-users", "/users/"+idBob).want(200).wantShape(shape{
		"id": idBob, "username": "bob", "firstName": "Bob", "lastName": "Adams", "email": "bob@example.com", "emailVerified": false, "enabled": false,
		"createdTimestamp": anyNumber, "attributes": shape{"team": []string{"blue"}}, "totp": false, "disableableCredentialTypes": []string{},
		"requiredActions": list("UPDATE_PASSWORD", "VERIFY_EMAIL"), "notBefore": 0, "access": userAccess(false, false),
	})
	r.as(t, "view-users", "/users/"+adminID+"63").want(200).wantShape(shape{
		"id": adminID + "63", "username": "carol", "emailVerified": false, "enabled": true, "createdTimestamp": 1700000000000, "totp": false,
		"disableableCredentialTypes": []string{}, "requiredActions": []string{}, "notBefore": 0, "access": userAccess(false, false),
	})
	credentials := r.as(t, "view-users", "/users/"+idAlice+"/credentials").list()
	if len(credentials) != 1 || credentials[0].(map[string]any)["type"] != "password" || uuid(credentials[0].(map[string]any)["id"]) != "" {
		t.Errorf("credentials: %v", credentials)
	}
	r.as(t, "view-users", "/users/"+adminID+"63/credentials").wantList()
	r.as(t, "view-users", "/users/"+idAlice+"/consents").wantList()
	r.as(t, "view-users", "/users/nosuch").wantError(404, "User not found", "")
}

// What the parameters of the list of users find, and how many.
func TestAdminFindsUsers(t *testing.T) {
	t.Parallel()
	r := open(t, adminLab)
	tests := []struct {
		query string
		want  string // in order
	}{
		{"search=adams", "alice bob"},
		{"search=ADAMS", "alice bob"},
		{"search=alice adams", "alice"},
		{"search=nobody alice", ""},
		{"search=a*", "alice bob"},
		{"search=*ob", "bob nobody"},
		{"search=ob", ""},
		{"search=a*e", "alice"},
		{`search="alice"`, "alice"},
		{`search="ali"`, ""},
		{"search=ali&exact=true", "alice"},
		{"search=service-account", ""},
		{"search=adams&username=alice&q=team:blue", "alice bob"},
		{"search=adams&enabled=true", "alice"},
		{"search=adams&emailVerified=false", "bob"},
		{"search=adams&first=1", "bob"},
		{"search=id:" + idBob + " " + idAlice + "&first=0", "bob alice"},
		{"username=lic", "alice"},
		{"username=ALICE&exact=true", "alice"},
		{"username=ali&exact=true", ""},
		{"username=service-account-robot", "service-account-robot"},
		{"email=example.com", "alice bob"},
		{"email=alice@example.com&exact=true", "alice"},
		{"firstName=ali", "alice"},
		{"lastName=adam", "alice bob"},
		{"lastName=adam&exact=true", ""},
		{"lastName=adams&firstName=bob", "bob"},
		{"enabled=false", "bob"},
		{"emailVerified=false", "bob by-composite carol nobody service-account-robot"},
		{"q=team:red", "alice"},
		{"q=team:green", "alice"},
		{"q=team:re", ""},
		{"q=phone:1 team:red", "alice"},
		{"q=phone:9 team:red", ""},
		{`q="team":"blue"`, "bob"},
		{"q=username:alice", "alice"},
		{"idpAlias=nosuch", ""},
		{"first=3&max=3", "carol create-client impersonation"},
		{"max=0", ""},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			t.Parallel()
			query := "?" + strings.NewReplacer(" ", "%20", `"`, "%22").Replace(tt.query)
			if got := strings.Join(r.as(t, "view-users", "/users"+query).pick("username"), " "); got != tt.want {
				t.Errorf("found %q, want %q", got, tt.want)
			}
			if count := r.as(t, "query-users", "/users/count"+query).want(200).body; !strings.Contains(tt.query, "first") && !strings.Contains(tt.query, "max") &&
				strings.TrimSpace(count) != fmt.Sprint(len(strings.Fields(tt.want))) {
				t.Errorf("counted %s, want %q", count, tt.want)
			}
		})
	}
	if got := r.as(t, "view-users", "/users").pick("username"); len(got) != 28 || slices.Contains(got, "service-account-robot") {
		t.Errorf("all users are %q", got)
	}
	if got := r.as(t, "view-users", "/users?first=x"); got.status != 404 || got.json()["error"] != "HTTP 404 Not Found" {
		t.Errorf("first=x%s", got.explain())
	}
}

func roleShape(id any, name, description string, composite bool, container string) shape {
	role := shape{"id": id, "name": name, "composite": composite, "clientRole": container != idAdminLab, "containerId": container}
	if id == nil {
		role["id"] = uuid
	}
	if description != "" {
		role["description"] = description
	}
	return role
}

var (
	reader = roleShape(idReader, "reader", "Reads", false, idAdminLab)
	writer = roleShape(idWriter, "writer", "", false, idAdminLab)
	editor = roleShape(idEditor, "editor", "Reads and writes", true, idAdminLab)
	read   = roleShape(idRead, "read", "Calls that read", false, idAPI)
	write  = roleShape(idWrite, "write", "", true, idAPI)
)

func TestAdminRoles(t *testing.T) {
	t.Parallel()
	r := open(t, adminLab)
	sameNames(t, r.as(t, "view-realm", "/roles").pick("name"),
		"default-roles-admin-lab", "editor", "helper", "offline_access", "reader", "uma_authorization", "writer")
	r.as(t, "view-realm", "/roles?search=READ").wantList(editor, reader) // by the description, too
	r.as(t, "view-realm", "/roles?search=read&first=1&max=1&briefRepresentation=false").wantList(reader.and(shape{"attributes": shape{"level": []string{"1"}}}))
	if got := r.as(t, "view-realm", "/roles?first=1&max=2").pick("name"); !slices.Equal(got, []string{"editor", "helper"}) {
		t.Errorf("the second and the third role are %q", got)
	}
	if got := r.as(t, "view-realm", "/roles?max=2").pick("name"); len(got) != 7 {
		t.Errorf("max alone cuts the list to %q", got)
	}
	r.as(t, "view-realm", "/roles/reader").want(200).wantShape(reader.and(shape{"attributes": shape{"level": []string{"1"}}}))
	r.as(t, "view-realm", "/roles-by-id/"+idWriter).want(200).wantShape(writer.and(shape{"attributes": shape{}}))
	r.as(t, "view-realm", "/roles/nosuch").wantError(404, "Could not find role", "")
	r.as(t, "view-realm", "/roles-by-id/nosuch").wantError(404, "Could not find role with id", "")
	for _, of := range []string{"/roles/editor", "/roles-by-id/" + idEditor} {
		r.as(t, "realm-admin", of+"/composites").byID().wantList(reader, writer, write)
		r.as(t, "realm-admin", of+"/composites/realm").byID().wantList(reader, writer)
		r.as(t, "realm-admin", of+"/composites/clients/"+idAPI).wantList(write)
		r.as(t, "realm-admin", of+"/composites/clients/nosuch").wantError(404, "Could not find client", "")
	}
	r.as(t, "realm-admin", "/roles/editor/users").wantList(aliceFull.and(shape{"access": shape{"manage": true}}))
	r.as(t, "realm-admin", "/roles/reader/users").wantList() // only those to whom it is given directly
	r.as(t, "realm-admin", "/roles/reader/groups").wantList(shape{"id": idStaff, "name": "staff", "description": "Whoever works here", "path": "/staff", "subGroups": []any{}})

	r.as(t, "view-clients", "/clients/"+idAPI+"/roles").byID().wantList(read, write)
	r.as(t, "view-clients", "/clients/"+idAPI+"/roles?first=1&max=1").wantList(write)
	r.as(t, "view-clients", "/clients/"+idAPI+"/roles/write").want(200).wantShape(write.and(shape{"attributes": shape{"level": []string{"2"}}}))
	r.as(t, "view-clients", "/clients/"+idAPI+"/roles/write/composites").wantList(read)
	if got := r.as(t, "realm-admin", "/clients/"+idAPI+"/roles/read/users").pick("username"); !slices.Equal(got, []string{"alice"}) {
		t.Errorf("read is given to %q", got)
	}
}

func TestAdminRoleMappings(t *testing.T) {
	t.Parallel()
	r := open(t, adminLab)
	alice, staff, night := "/users/"+idAlice+"/role-mappings", "/groups/"+idStaff+"/role-mappings", "/groups/"+idNight+"/role-mappings"
	apiMappings := shape{"id": idAPI, "client": "api", "mappings": objects(read)}
	r.as(t, "realm-admin", alice).want(200).wantShape(shape{"realmMappings": objects(editor), "clientMappings": shape{"api": apiMappings}})
	r.as(t, "realm-admin", alice+"/realm").wantList(editor)
	r.as(t, "realm-admin", alice+"/realm/composite").byID().wantList(reader, writer, editor)
	r.as(t, "realm-admin", alice+"/realm/composite?briefRepresentation=false").byID().wantList(
		reader.and(shape{"attributes": shape{"level": []string{"1"}}}), writer.and(shape{"attributes": shape{}}), editor.and(shape{"attributes": shape{}}))
	r.as(t, "realm-admin", alice+"/clients/"+idAPI).wantList(read)
	r.as(t, "realm-admin", alice+"/clients/"+idAPI+"/composite").byID().wantList(read, write)
	r.as(t, "realm-admin", alice+"/clients/"+idAPI+"/available").wantList(write)
	r.as(t, "realm-admin", alice+"/clients/nosuch").wantError(404, "Client not found", "")
	r.as(t, "realm-admin", "/users/"+idBob+"/role-mappings").want(200).wantShape(shape{})
	r.as(t, "realm-admin", "/users/"+idBob+"/role-mappings/realm/composite").wantList(reader) // of his groups

	r.as(t, "realm-admin", staff).want(200).wantShape(shape{"realmMappings": objects(reader), "clientMappings": shape{"api": apiMappings}})
	r.as(t, "realm-admin", night).want(200).wantShape(shape{"realmMappings": objects(writer)})
	r.as(t, "realm-admin", night+"/realm/composite").byID().wantList(reader, writer) // its parents'
	r.as(t, "realm-admin", night+"/clients/"+idAPI+"/composite").wantList()          // but not of clients

	api, tool := "/clients/"+idAPI+"/scope-mappings", "/clients/"+idTool+"/scope-mappings"
	r.as(t, "view-clients", api).want(200).wantShape(shape{"realmMappings": objects(editor)})
	r.as(t, "realm-admin", api+"/realm").wantList(editor)
	r.as(t, "realm-admin", api+"/realm/composite").byID().wantList(reader, writer, editor)
	r.as(t, "realm-admin", api+"/clients/"+idAPI+"/composite").byID().wantList(read, write) // its own need no saying
	r.as(t, "realm-admin", api+"/clients/"+idAPI+"/available").wantList()
	r.as(t, "realm-admin", tool).want(200).wantShape(shape{})
	if got := r.as(t, "realm-admin", tool+"/realm/composite").pick("name"); len(got) != 7 {
		t.Errorf("with full scope, tokens may carry %q", got)
	}
}

func TestAdminAvailableAdminRoles(t *testing.T) {
	t.Parallel()
	r := open(t, adminLab)
	management := r.as(t, "view-clients", "/clients?clientId=realm-management").pick("id")[0]
	available := "/users/" + idAlice + "/role-mappings/clients/" + management + "/available"
	sameNames(t, r.as(t, "manage-users", available).pick("name"),
		"manage-users", "query-clients", "query-groups", "query-organizations", "query-realms", "query-users", "view-users")
	if got := r.as(t, "realm-admin", available).pick("name"); len(got) != 22 {
		t.Errorf("available to realm-admin are %q", got)
	}
}

func groupShape(id, name, path string, parent any, children int) shape {
	return shape{"id": id, "name": name, "path": path, "parentId": parent, "subGroups": []any{}, "subGroupCount": children}.and(nil)
}

func groupAccess(manage bool) shape {
	return shape{"access": shape{"view": true, "viewMembers": true, "manage": manage, "manageMembers": manage, "manageMembership": manage}}
}

func TestAdminGroups(t *testing.T) {
	t.Parallel()
	r := open(t, adminLab)
	mine, theirs := groupAccess(true), groupAccess(false)
	staff := groupShape(idStaff, "staff", "/staff", nil, 2).and(shape{"description": "Whoever works here"})
	desk := groupShape(idDesk, "desk", "/staff/desk", idStaff, 1)
	night := groupShape(idNight, "night shift", "/staff/desk/night shift", idDesk, 0)
	ops := groupShape(idOps, "ops", "/staff/ops", idStaff, 0)
	helpers := groupShape(adminID+"35", "helpers", "/helpers", nil, 0)
	guests := groupShape(adminID+"36", "guests", "/guests", nil, 0)
	within := func(group, child shape) shape { return group.and(mine).and(shape{"subGroups": objects(child)}) }
	uncounted := shape{"subGroupCount": nil}

	r.as(t, "realm-admin", "/groups").wantList(guests.and(mine), helpers.and(mine), staff.and(mine))
	r.as(t, "view-users", "/groups?first=1&max=1").wantList(helpers.and(theirs))
	r.as(t, "realm-admin", "/groups?search=SHIFT").wantList(within(staff, within(desk, night.and(mine))))
	r.as(t, "realm-admin", "/groups?q=floor:2").wantList(within(staff, ops.and(mine)))
	r.as(t, "realm-admin", "/groups?search=shift&populateHierarchy=false").wantList(night.and(mine))
	r.as(t, "realm-admin", "/groups?search=shift&exact=true").wantList()
	r.as(t, "realm-admin", "/groups?search=s&populateHierarchy=false&max=2").wantList(desk.and(mine), guests.and(mine))
	r.as(t, "realm-admin", "/groups?search=guest&subGroupsCount=false").wantList(guests.and(uncounted).and(mine))
	r.as(t, "realm-admin", "/groups?search=guest&briefRepresentation=false").wantList(guests.and(mine).and(shape{"attributes": shape{}, "realmRoles": []string{}, "clientRoles": shape{}}))
	for query, want := range map[string]int{"": 6, "?search=s": 6, "?search=sh": 1, "?top=true": 3, "?search=sh&top=true": 1} {
		r.as(t, "query-groups", "/groups/count"+query).want(200).wantShape(shape{"count": want})
	}

	roles := shape{"attributes": shape{"floor": []string{"1"}, "site": []string{"Vienna", "Graz"}}, "realmRoles": []string{"reader"}, "clientRoles": shape{"api": []string{"read"}}}
	none := shape{"attributes": shape{}, "realmRoles": []string{}, "clientRoles": shape{}}
	r.as(t, "realm-admin", "/groups/"+idStaff).want(200).wantShape(staff.and(mine).and(roles))
	r.as(t, "realm-admin", "/groups/nosuch").wantError(404, "Could not find group by id", "")
	r.as(t, "realm-admin", "/groups/"+idStaff+"/children").wantList(desk.and(mine).and(none), ops.and(mine).and(none).and(shape{"attributes": shape{"floor": []string{"2"}}}))
	r.as(t, "realm-admin", "/groups/"+idStaff+"/children?briefRepresentation=true&search=OP").wantList(ops.and(mine))
	r.as(t, "realm-admin", "/groups/"+idNight+"/members").wantList(aliceFull)
	r.as(t, "realm-admin", "/groups/"+idNight+"/members?briefRepresentation=true").wantList(aliceBrief)
	r.as(t, "realm-admin", "/group-by-path/staff/desk/night%20shift").want(200).wantShape(night.and(none).and(shape{"realmRoles": []string{"writer"}}))
	r.as(t, "realm-admin", "/group-by-path/staff/").want(200).wantShape(staff.and(roles))
	r.as(t, "realm-admin", "/group-by-path/nosuch").wantError(404, "Group path does not exist", "")

	r.as(t, "realm-admin", "/users/"+idBob+"/groups").wantList(ops.and(uncounted), staff.and(uncounted))
	r.as(t, "realm-admin", "/users/"+idBob+"/groups?search=st&briefRepresentation=false").wantList(staff.and(uncounted).and(roles))
	r.as(t, "realm-admin", "/users/"+idBob+"/groups/count").want(200).wantShape(shape{"count": 2})
}

func TestAdminClients(t *testing.T) {
	t.Parallel()
	r := open(t, adminLab)
	mapper := shape{
		"id": adminID + "51", "name": "aud of tool", "protocol": "openid-connect", "protocolMapper": "oidc-audience-mapper", "consentRequired": false,
		"config": shape{"included.client.audience": "tool", "access.token.claim": "true"},
	}
	api := shape{
		"id": idAPI, "clientId": "api", "name": "The API", "description": "What is called", "rootUrl": "https://api.example", "adminUrl": "https://api.example/k",
		"baseUrl": "/home", "surrogateAuthRequired": false, "enabled": true, "alwaysDisplayInConsole": true, "clientAuthenticatorType": "client-secret", "secret": "api-secret",
		"redirectUris": list("https://api.example/*", "/relative"), "webOrigins": []string{"https://api.example"}, "notBefore": 0, "bearerOnly": false, "consentRequired": false,
		"standardFlowEnabled": true, "implicitFlowEnabled": false, "directAccessGrantsEnabled": false, "serviceAccountsEnabled": false, "publicClient": false,
		"frontchannelLogout": true, "protocol": "openid-connect", "attributes": shape{"realm_client": "false", "access.token.lifespan": "120", "post.logout.redirect.uris": "+"},
		"authenticationFlowBindingOverrides": shape{}, "fullScopeAllowed": false, "nodeReRegistrationTimeout": -1, "protocolMappers": objects(mapper),
		"defaultClientScopes":  list("web-origins", "acr", "profile", "roles", "basic", "email"),
		"optionalClientScopes": list("address", "phone", "organization", "offline_access", "microprofile-jwt"),
		"access":               shape{"view": true, "configure": true, "manage": true},
	}
	onlySeen := shape{"access": shape{"view": true, "configure": false, "manage": false}}
	r.as(t, "realm-admin", "/clients/"+idAPI).want(200).wantShape(api)
	r.as(t, "view-clients", "/clients?clientId=api").wantList(api.and(onlySeen))
	tool := r.as(t, "view-clients", "/clients/"+idTool).want(200).json()
	if _, has := tool["secret"]; has || tool["protocolMappers"] != nil || tool["description"] != nil {
		t.Errorf("the client tool has %v", tool)
	}
	if management := r.as(t, "realm-admin", "/clients?clientId=realm-management").named("clientId", "realm-management"); management["secret"] != nil ||
		compare(onlySeen["access"], management["access"]) != "" || compare(shape{"realm_client": "true"}, management["attributes"]) != "" {
		t.Errorf("realm-management is %v", management)
	}
	for query, want := range map[string]string{
		"":                         "account account-console admin-cli api bare bearer broker narrow realm-management robot security-admin-console tool",
		"?first=1&max=3":           "account-console admin-cli api",
		"?clientId=ap":             "",
		"?clientId=AP&search=true": "api",
	} {
		if got := strings.Join(r.as(t, "view-clients", "/clients"+query).pick("clientId"), " "); got != want {
			t.Errorf("%s finds %q, want %q", query, got, want)
		}
	}
	r.as(t, "view-clients", "/clients/nosuch").wantError(404, "Could not find client", "")
	r.as(t, "view-clients", "/clients/"+idAPI+"/client-secret").want(200).wantShape(shape{"type": "secret", "value": "api-secret"})
	r.as(t, "view-clients", "/clients/"+idTool+"/client-secret").want(200).wantShape(shape{"type": "secret"})
	r.as(t, "view-clients", "/clients/"+idRobot+"/service-account-user").want(200).wantShape(shape{
		"id": idRobotMan, "username": "service-account-robot", "emailVerified": false, "enabled": true, "createdTimestamp": anyNumber, "totp": false,
		"disableableCredentialTypes": []string{}, "requiredActions": []string{}, "notBefore": 0,
	})
	r.as(t, "view-clients", "/clients/"+idAPI+"/service-account-user").wantError(400, "Service account not enabled for the client 'api'", "")
	r.as(t, "view-clients", "/clients/"+idAPI+"/protocol-mappers/protocol/saml").wantList()
	r.as(t, "view-clients", "/clients/"+idAPI+"/protocol-mappers/models/nosuch").wantError(404, "Model not found", "")
}

func TestAdminClientScopes(t *testing.T) {
	t.Parallel()
	r := open(t, adminLab)
	phone := r.as(t, "view-clients", "/client-scopes").named("name", "phone")
	mapper := func(name, attribute, claim, kind string) shape {
		return shape{"id": uuid, "name": name, "protocol": "openid-connect", "protocolMapper": "oidc-usermodel-attribute-mapper", "consentRequired": false, "config": shape{
			"user.attribute": attribute, "claim.name": claim, "jsonType.label": kind, "id.token.claim": "true", "access.token.claim": "true", "userinfo.token.claim": "true", "introspection.token.claim": "true",
		}}
	}
	byName := func(mappers any) any {
		slices.SortFunc(mappers.([]any), func(a, b any) int {
			return strings.Compare(a.(map[string]any)["name"].(string), b.(map[string]any)["name"].(string))
		})
		return mappers
	}
	phone["protocolMappers"] = byName(phone["protocolMappers"])
	wantClaims(t, "phone", phone, shape{
		"id": uuid, "name": "phone", "description": "OpenID Connect built-in scope: phone", "protocol": "openid-connect",
		"attributes":      shape{"include.in.token.scope": "true", "display.on.consent.screen": "true", "consent.screen.text": "${phoneScopeConsentText}"},
		"protocolMappers": objects(mapper("phone number", "phoneNumber", "phone_number", "String"), mapper("phone number verified", "phoneNumberVerified", "phone_number_verified", "boolean")),
	})
	id := phone["id"].(string)
	one := r.as(t, "view-clients", "/client-scopes/"+id).want(200).json()
	one["protocolMappers"] = byName(one["protocolMappers"])
	if wrong := compare(plain(phone), any(one)); wrong != "" {
		t.Errorf("the scope by itself %s", wrong)
	}
	if got := r.as(t, "view-clients", "/client-scopes/"+id+"/protocol-mappers/models").pick("name"); len(got) != 2 {
		t.Errorf("its mappers are %q", got)
	}
	r.as(t, "view-clients", "/client-scopes/"+id+"/scope-mappings").want(200).wantShape(shape{})
	r.as(t, "view-clients", "/client-scopes/nosuch").wantError(404, "Could not find client scope", "")
	for _, name := range []string{"acr", "address", "basic", "email", "microprofile-jwt", "offline_access", "organization", "profile", "roles", "service_account", "web-origins"} {
		r.as(t, "view-clients", "/client-scopes").named("name", name)
	}
	sameNames(t, r.as(t, "view-clients", "/clients/"+idAPI+"/default-client-scopes").pick("name"), "acr", "basic", "email", "profile", "roles", "web-origins")
	sameNames(t, r.as(t, "view-clients", "/clients/"+idAPI+"/optional-client-scopes").pick("name"), "address", "microprofile-jwt", "offline_access", "organization", "phone")
	sameNames(t, r.as(t, "view-clients", "/default-optional-client-scopes").pick("name"), "address", "microprofile-jwt", "offline_access", "organization", "phone")
	wantClaims(t, "a default scope", r.as(t, "view-clients", "/default-default-client-scopes").named("name", "email"), shape{"id": uuid, "name": "email", "protocol": "openid-connect"})
	wantClaims(t, "a client's default scope", r.as(t, "view-clients", "/clients/"+idAPI+"/default-client-scopes").named("name", "email"), shape{"id": uuid, "name": "email"})
}

func TestAdminExamples(t *testing.T) {
	t.Parallel()
	r := open(t, adminLab)
	evaluate := "/clients/" + idAPI + "/evaluate-scopes/"
	profile := shape{"email_verified": true, "name": "Alice Adams", "preferred_username": "alice", "given_name": "Alice", "family_name": "Adams", "email": "alice@example.com"}
	access := profile.and(shape{
		"exp": in(2 * time.Minute), "iat": in(0), "jti": jti("onrtna"), "iss": r.url(""), "aud": "tool", "sub": idAlice, "typ": "Bearer", "azp": "api", "sid": sid, "acr": "1",
		"allowed-origins": list("https://api.example"), "realm_access": roles("editor", "reader", "writer"), "resource_access": shape{"api": roles("read", "write")}, "scope": words("profile", "email"),
	})
	of := "?userId=" + idAlice
	token := evaluate + "generate-example-access-token"
	r.as(t, "users-and-clients", token+of).want(200).wantShape(access)
	r.as(t, "users-and-clients", token+of+"&scope=nosuch").want(200).wantShape(access)
	r.as(t, "users-and-clients", token+of+"&audience=nosuch").want(200).wantShape(access)
	r.as(t, "users-and-clients", token+of+"&scope=openid%20address&audience=tool").want(200).wantShape(access.and(shape{
		"scope": words("openid", "address", "profile", "email"), "resource_access": shape{},
	}))
	r.as(t, "users-and-clients", evaluate+"generate-example-id-token"+of).want(200).wantShape(profile.and(shape{
		"exp": in(2 * time.Minute), "iat": in(0), "jti": uuid, "iss": r.url(""), "aud": "api", "sub": idAlice, "typ": "ID", "azp": "api", "sid": sid, "acr": "1",
	}))
	r.as(t, "users-and-clients", evaluate+"generate-example-userinfo"+of).want(200).wantShape(profile.and(shape{"sub": idAlice}))
	r.as(t, "users-and-clients", token).wantError(404, "No userId provided", "")
	r.as(t, "view-clients", token).wantError(404, "No userId provided", "")
	r.as(t, "view-clients", token+of).wantError(403, "You have no access to this user", "")
	r.as(t, "view-users", token+of).wantError(403, "HTTP 403 Forbidden", "")
	r.as(t, "users-and-clients", token+"?userId=nosuch").wantError(404, "No user found", "")
	r.as(t, "view-users", "/users/"+idAlice+"/sessions").wantList() // nobody was signed in

	mappers := r.as(t, "view-clients", evaluate+"protocol-mappers?scope=address")
	wantClaims(t, "a mapper of a scope", mappers.named("mapperName", "address"), shape{
		"mapperId": uuid, "mapperName": "address", "containerId": uuid, "containerName": "address", "containerType": "client-scope", "protocolMapper": "oidc-address-mapper",
	})
	wantClaims(t, "a mapper of the client", mappers.named("mapperName", "aud of tool"), shape{
		"mapperId": adminID + "51", "mapperName": "aud of tool", "containerId": idAPI, "containerName": "", "containerType": "client", "protocolMapper": "oidc-audience-mapper",
	})
	if n := len(mappers.list()); n != 25 {
		t.Errorf("%d mappers, want 25", n)
	}
}

func TestAdminSessions(t *testing.T) {
	t.Parallel()
	r := open(t, adminLab)
	caller := "view-organizations" // whom no other test signs in by narrow
	session := app{r, "narrow", "", callback, false}.password(t, caller).tokens()
	id := r.as(t, "view-users", "/users?username="+caller).pick("id")[0]
	want := shape{
		"id": session.sid, "username": caller, "userId": id, "ipAddress": "127.0.0.1", "start": anyNumber, "lastAccess": anyNumber, "rememberMe": false,
		"clients": shape{adminID + "42": "narrow"}, "transientUser": false,
	}
	wantClaims(t, "the user's session", r.as(t, "view-users", "/users/"+id+"/sessions").named("id", session.sid), want)
	wantClaims(t, "the client's session", r.as(t, "view-clients", "/clients/"+adminID+"42/user-sessions?max=1000").named("id", session.sid), want)
	r.as(t, "view-clients", "/clients/"+adminID+"42/offline-sessions").wantList()
	r.as(t, "view-clients", "/clients/"+adminID+"42/offline-session-count").want(200).wantShape(shape{"count": 0})
	r.as(t, "view-clients", "/clients/"+adminID+"45/session-count").want(200).wantShape(shape{"count": 0})
	started := r.as(t, "view-users", "/users/"+id+"/sessions").named("id", session.sid)["start"].(float64)
	if off := time.Since(time.UnixMilli(int64(started))); off.Abs() > 15*time.Second {
		t.Errorf("the session started %v ago", off)
	}
	post(t, r.oidc("/logout"), form("client_id", "narrow", "refresh_token", session.refresh)).want(204)
	if slices.Contains(r.as(t, "view-users", "/users/"+id+"/sessions").pick("id"), session.sid) {
		t.Error("the session is there after its end")
	}
}

func TestAdminCORS(t *testing.T) {
	t.Parallel()
	r := open(t, adminLab)
	const origin = "https://tool.example"
	credentials := []string{"Access-Control-Allow-Origin", origin, "Access-Control-Allow-Credentials", "true"}
	r.as(t, "query-users", "/users/count", "Origin", origin).want(200).wantHeaders(credentials...)
	r.as(t, "nobody", "/users", "Origin", origin).want(403).wantHeaders(credentials...)
	for _, foreign := range []string{evil, "null"} {
		got := r.as(t, "realm-admin", "/users/count", "Origin", foreign)
		got.wantError(403, "Invalid origin", "")
		got.wantHeaders(unreadable...)
	}
	get(t, r.admin("/users"), "Origin", origin).want(401).wantHeaders(unreadable...)
	preflight := send(t, newRequest(t, "OPTIONS", r.admin("/users"), nil, "Origin", origin, "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "authorization"))
	preflight.want(200).wantHeaders(credentials...)
	sameWords(t, "Access-Control-Allow-Methods", preflight.header.Get("Access-Control-Allow-Methods"), "DELETE, POST, GET, PUT")
}

func TestAdminMethodsAndAddresses(t *testing.T) {
	t.Parallel()
	r := open(t, adminLab)
	if got := r.as(t, "realm-admin", "/nosuch"); got.status != 404 || got.json()["error"] != "HTTP 404 Not Found" {
		t.Errorf("an unknown address%s", got.explain())
	}
	r.as(t, "view-users", "/users/").want(200)
	token := "Bearer " + r.tool().password(t, "view-users").tokens().access
	if head := send(t, newRequest(t, "HEAD", r.admin("/users"), nil, "Authorization", token)); head.status != 200 || head.body != "" {
		t.Errorf("HEAD%s", head.explain())
	}
	got := send(t, newRequest(t, "PATCH", r.admin("/users"), nil, "Authorization", token))
	if got.status != 405 || got.json()["error"] != "HTTP 405 Method Not Allowed" {
		t.Errorf("PATCH%s", got.explain())
	}
}
