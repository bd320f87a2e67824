package realm

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestRealmDefaults holds a realm of nothing but a name against what Keycloak 26.7.4 makes of it.
func TestRealmDefaults(t *testing.T) {
	r, _ := load(t, `{"realm": "Tiny", "enabled": true}`)
	if r.Lifetimes != (Lifetimes{
		AccessToken: 300 * time.Second, Code: time.Minute, LoginPage: 30 * time.Minute, Action: 5 * time.Minute,
		SessionIdle: 30 * time.Minute, SessionMax: 10 * time.Hour, OfflineIdle: 720 * time.Hour,
		DeviceCode: 10 * time.Minute, DevicePollInterval: 5 * time.Second,
	}) {
		t.Errorf("lifetimes: %+v", r.Lifetimes)
	}
	if !r.LoginWithEmailAllowed || r.RevokeRefreshToken || r.DefaultSignature != "RS256" {
		t.Errorf("settings: %+v", r)
	}
	wantNames(t, "clients", r.ClientIDs(), "account", "account-console", "admin-cli", "broker", "realm-management", "security-admin-console")
	wantNames(t, "default roles", roleNames(r.Roles["default-roles-tiny"].Composites),
		"offline_access", "uma_authorization", "account/view-profile", "account/manage-account")
	if len(r.Scopes) != 12 || len(r.Scopes["profile"].Mappers) != 14 {
		t.Errorf("%d scopes, profile with %d mappers", len(r.Scopes), len(r.Scopes["profile"].Mappers))
	}
	console := r.Clients["security-admin-console"]
	wantNames(t, "scopes", scopeNames(console.DefaultScopes), "web-origins", "acr", "profile", "roles", "basic", "email")
	wantNames(t, "optional scopes", scopeNames(console.OptionalScopes), "address", "phone", "organization", "offline_access", "microprofile-jwt")
	if console.BaseURL != "/admin/Tiny/console/" || console.RootURL != "${authAdminUrl}" {
		t.Errorf("console: %+v", console)
	}
	wantNames(t, "roles for account-console", roleNames(r.Clients["account-console"].ScopeRoles), "account/manage-account", "account/view-groups")
}

func TestRealmSettings(t *testing.T) {
	r, _ := load(t, `{"realm": "r", "enabled": "true", "accessTokenLifespan": "77", "rememberMe": 1, "displayName": 5,
		"offlineSessionMaxLifespanEnabled": true, "clientSessionIdleTimeout": 5, "passwordPolicy": null,
		"attributes": {"acr.loa.map": "{\"silver\":1,\"gold\":\"2\"}", "clientSessionIdleTimeout": "9"},
		"components": {"org.keycloak.keys.KeyProvider": [{"providerId": "rsa", "config": {"priority": ["200"], "active": ["false"], "algorithm": ["PS256"], "privateKey": ["x"]}}]}}`)
	if r.Lifetimes.AccessToken != 77*time.Second || !r.RememberMe || r.DisplayName != "5" {
		t.Errorf("values of other types are not read: %+v", r)
	}
	if r.Lifetimes.OfflineMax != 1440*time.Hour || r.Lifetimes.ClientIdle != 9*time.Second {
		t.Errorf("lifetimes: %+v", r.Lifetimes)
	}
	if r.LevelsOf["silver"] != 1 || r.LevelsOf["gold"] != 2 {
		t.Errorf("levels: %v", r.LevelsOf)
	}
	if k := r.Keys[0]; k.ProviderID != "rsa" || k.Priority != 200 || !k.Enabled || k.Active || k.Algorithm != "PS256" || k.Cfg["privateKey"] != "x" {
		t.Errorf("key: %+v", k)
	}
}

func TestClientDefaults(t *testing.T) {
	r, _ := load(t, `{"realm": "r", "enabled": true, "clients": [
		{"clientId": "plain", "redirectUris": ["http://a:1/x/*", "/rel/*", "http://a:1/y", "app:/cb"]},
		{"clientId": "consent", "consentRequired": true},
		{"clientId": "spa", "publicClient": true, "secret": "x", "webOrigins": ["+"], "attributes": {"post.logout.redirect.uris": "http://a/##+"}, "redirectUris": ["http://b/"]},
		{"clientId": "nowhere", "attributes": {"post.logout.redirect.uris": "-"}, "redirectUris": ["http://b/"]},
		{"clientId": "own", "defaultClientScopes": ["email", "role_list"]}]}`)
	c := r.Clients["plain"]
	if !c.Enabled || c.Public || !c.StandardFlow || c.ImplicitFlow || c.DirectAccess || c.ServiceAccounts || !c.FullScope || len(c.Secret) < 32 {
		t.Errorf("plain: %+v", c)
	}
	if !slices.Equal(c.WebOrigins, []string{"http://a:1"}) || !slices.Equal(c.PostLogoutRedirectURIs, c.RedirectURIs) {
		t.Errorf("plain: %q %q", c.WebOrigins, c.PostLogoutRedirectURIs)
	}
	if r.Clients["consent"].FullScope {
		t.Error("a client that asks for consent has not the full scope")
	}
	if spa := r.Clients["spa"]; spa.Secret != "" || !slices.Equal(spa.PostLogoutRedirectURIs, []string{"http://a/", "http://b/"}) {
		t.Errorf("spa: %+v", spa)
	}
	if got := r.Clients["nowhere"].PostLogoutRedirectURIs; got != nil {
		t.Errorf("nowhere: %q", got)
	}
	wantNames(t, "own scopes", scopeNames(r.Clients["own"].DefaultScopes), "email")
	if again, _ := load(t, `{"realm": "r", "enabled": true}`); again.Clients["account"].ID != r.Clients["account"].ID {
		t.Error("ids change from start to start")
	}
}

// TestOwnScopes shows that a file with scopes gets no others, and that built-in clients are left without.
func TestOwnScopes(t *testing.T) {
	r, _ := load(t, `{"realm": "r", "enabled": true, "clientScopes": [{"name": "mine"}, {"name": "spare"}, {"name": "saml", "protocol": "saml"}],
		"defaultDefaultClientScopes": ["mine", "saml"], "clients": [{"clientId": "c"}, {"clientId": "s", "serviceAccountsEnabled": true}]}`)
	if len(r.Scopes) != 3 || r.Scopes["offline_access"] == nil {
		t.Errorf("scopes: %v", r.Scopes)
	}
	wantNames(t, "scopes", scopeNames(r.Clients["c"].DefaultScopes), "mine")
	wantNames(t, "optional scopes", scopeNames(r.Clients["c"].OptionalScopes), "offline_access")
	if len(r.Clients["account"].DefaultScopes) != 0 {
		t.Error("a built-in client has scopes")
	}
	wantNames(t, "scopes with a service account", scopeNames(r.Clients["s"].DefaultScopes), "mine")
}

func TestRoles(t *testing.T) {
	r, _ := load(t, `{"realm": "r", "enabled": true, "defaultRole": {"name": "everyone"}, "clients": [{"clientId": "c"}],
		"roles": {"realm": [{"name": "everyone", "composites": {"realm": ["a"]}}, {"name": "a", "composites": {"realm": ["b"], "client": {"c": ["d"]}}}, {"name": "b", "composites": {"realm": ["a"]}}],
			"client": {"c": [{"name": "d"}]}},
		"scopeMappings": [{"client": "c", "roles": ["a"]}, {"clientScope": "email", "roles": ["made"]}],
		"clientScopeMappings": {"c": [{"client": "admin-cli", "roles": ["d"]}]},
		"groups": [{"name": "staff", "realmRoles": ["b"], "attributes": {"floor": "1"}, "subGroups": [{"name": "ops", "clientRoles": {"realm-management": ["view-users"]}}]}],
		"users": [{"username": "Ann", "enabled": true, "groups": ["staff/ops/"]}, {"username": "none", "enabled": true}]}`)
	ann := r.UserByLogin("ann")
	wantNames(t, "roles of ann", roleNames(ann.Effective()), "a", "b", "c/d",
		"realm-management/view-users", "realm-management/query-users", "realm-management/query-groups")
	if got := ann.Attribute("floor", false); !slices.Equal(got, []string{"1"}) {
		t.Errorf("floor: %q", got)
	}
	if got := r.UserByLogin("none").Effective(); len(got) != 0 {
		t.Errorf("a user of the file has only the roles listed, not %v", roleNames(got))
	}
	wantNames(t, "scope of c", roleNames(r.Clients["c"].ScopeRoles), "a")
	wantNames(t, "scope of email", roleNames(r.Scopes["email"].ScopeRoles), "made")
	wantNames(t, "scope of admin-cli", roleNames(r.Clients["admin-cli"].ScopeRoles), "c/d")
	wantNames(t, "default roles", roleNames(r.Roles["everyone"].Composites), "a", "offline_access", "uma_authorization", "account/view-profile", "account/manage-account")
}

func TestOldFiles(t *testing.T) {
	r, _ := load(t, `{"realm": "r", "enabled": true, "defaultRoles": ["x"], "clients": [{"clientId": "c", "defaultRoles": ["y"], "directGrantsOnly": true}],
		"roles": {"application": {"c": [{"name": "y"}]}}, "applicationScopeMappings": {"c": [{"client": "c", "roles": ["y"]}]},
		"users": [{"username": "ann", "applicationRoles": {"c": ["y"]}}]}`)
	wantNames(t, "default roles", roleNames(r.Roles["default-roles-r"].Composites),
		"x", "c/y", "offline_access", "uma_authorization", "account/view-profile", "account/manage-account")
	wantNames(t, "roles of ann", roleNames(r.Users[0].Roles), "c/y")
	if c := r.Clients["c"]; c.StandardFlow || !c.DirectAccess {
		t.Errorf("c: %+v", c)
	}
}

func TestServiceAccounts(t *testing.T) {
	r, _ := load(t, `{"realm": "r", "enabled": true, "groups": [{"name": "g"}], "defaultGroups": ["g"],
		"clients": [{"clientId": "Made", "serviceAccountsEnabled": true}, {"clientId": "given", "serviceAccountsEnabled": true}, {"clientId": "off"}],
		"users": [{"username": "robot", "enabled": true, "serviceAccountClientId": "given"}, {"username": "idle", "serviceAccountClientId": "off"}]}`)
	made := r.Clients["Made"].ServiceAccount
	if made == nil || made.Username != "service-account-made" || !made.Enabled || made.Groups[0].Path != "/g" {
		t.Fatalf("made: %+v", made)
	}
	wantNames(t, "roles", roleNames(made.Roles), "default-roles-r")
	if !slices.Contains(r.Clients["Made"].DefaultScopes, r.Scopes["service_account"]) {
		t.Error("the scope service_account is missing")
	}
	given := r.Clients["given"]
	if given.ServiceAccount.Username != "robot" || len(given.ServiceAccount.Roles) != 0 || slices.Contains(given.DefaultScopes, r.Scopes["service_account"]) {
		t.Errorf("given: %+v", given)
	}
	if r.Clients["off"].ServiceAccount != nil || r.UserByLogin("robot") != nil || len(r.Pending(given.ServiceAccount)) != 0 {
		t.Error("service accounts are no people")
	}
}

func TestUsers(t *testing.T) {
	r, _ := load(t, `{"realm": "r", "enabled": true, "duplicateEmailsAllowed": true, "users": [
		{"username": "ANN", "email": "Ann@X.de", "enabled": true, "requiredActions": ["update_password", "odd"],
		 "attributes": {"firstName": ["Anna"], "dep": "x"}, "credentials": [{"value": "one"}, {"type": "otp", "value": "two"}],
		 "clientConsents": [{"clientId": "account", "grantedClientScopes": ["email"]}]},
		{"username": "ben", "email": "ann@x.de"}]}`)
	ann := r.Users[0]
	if ann.Username != "ann" || ann.Email != "ann@x.de" || ann.FirstName != "Anna" || !slices.Equal(ann.Attrs["dep"], []string{"x"}) {
		t.Errorf("ann: %+v", ann)
	}
	if len(ann.Credentials) != 1 || !ann.Credentials[0].Matches("two") {
		t.Error("the last plain password counts")
	}
	if !slices.Equal(r.Pending(ann), []string{"UPDATE_PASSWORD", "odd", "VERIFY_PROFILE"}) {
		t.Errorf("pending: %q", r.Pending(ann))
	}
	if !slices.Equal(ann.Consents["account"], []string{"email"}) {
		t.Errorf("consents: %v", ann.Consents)
	}
}

func TestAddressesToVerify(t *testing.T) {
	r, _ := load(t, `{"realm": "r", "enabled": true, "verifyEmail": true, "users": [
		{"username": "new", "email": "new@x.de", "firstName": "N", "lastName": "E", "enabled": true},
		{"username": "old", "email": "old@x.de", "firstName": "O", "lastName": "L", "enabled": true, "emailVerified": true}]}`)
	if got := r.Pending(r.UserByLogin("new")); !slices.Equal(got, []string{"VERIFY_EMAIL"}) {
		t.Errorf("not verified: %q", got)
	}
	if got := r.Pending(r.UserByLogin("old")); len(got) != 0 {
		t.Errorf("verified: %q", got)
	}
}

func TestUnknownMappersAreTold(t *testing.T) {
	_, warnings := load(t, `{"realm": "r", "enabled": true, "clients": [{"clientId": "app", "protocolMappers": [
		{"name": "plan", "protocol": "openid-connect", "protocolMapper": "oidc-hardcoded-claim-maper", "config": {}},
		{"name": "aud", "protocol": "openid-connect", "protocolMapper": "oidc-audience-mapper", "config": {}}]}]}`)
	found := slices.IndexFunc(warnings, func(w Warning) bool { return strings.Contains(w.Text, "oidc-hardcoded-claim-maper") })
	if found < 0 || !strings.Contains(warnings[found].Path, "protocolMappers") {
		t.Errorf("warnings: %+v", warnings)
	}
	if slices.ContainsFunc(warnings, func(w Warning) bool { return strings.Contains(w.Text, "oidc-audience-mapper") }) {
		t.Error("a mapper that is acted on is warned of")
	}
}
