package realm

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// load reads one file and fails the test when that does not work.
func load(t *testing.T, text string) (*Realm, []Warning) {
	t.Helper()
	realms, warnings, err := Load([]File{{Name: "test.json", Text: []byte(text)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return realms[0], warnings
}

func TestLoadRefuses(t *testing.T) {
	tests := []struct {
		name, text string
		want       string // part of the error
	}{
		{"nothing", ``, "test.json, line 1, column 1: not JSON: the text ends"},
		{"no JSON", "{\n  \"realm\": nix}", "test.json, line 2, column 13: not JSON"},
		{"a comma too many", "{\"realm\": \"r\",\n}", "test.json, line 1, column 14: not JSON"},
		{"half a file", `{"realm": "r", "users": [`, "the text ends before the JSON does"},
		{"two values", `{"realm": "a"} {"realm": "b"}`, "more text behind the first JSON value"},
		{"no object", `"realm"`, `want an object, not "realm"`},
		{"no name", `{"enabled": true}`, `there is no "realm"`},
		{"a name that is no part of an address", `{"realm": "a/b"}`, `"a/b" cannot name a realm`},
		{"one realm twice", `[{"realm": "r"}, {"realm": "r"}]`, `realm "r" stands in test.json already`},
		{"users without their realm", `{"realm": "r", "users": []}`, `no file holds that realm`},

		{"a list that is none", `{"realm": "r", "clients": [{"clientId": "a"},{"clientId": "b",` + "\n" + `"redirectUris": "x"}]}`, `clients[b].redirectUris (line 2): want a list, not "x"`},
		{"a number that is none", `{"realm": "r", "accessTokenLifespan": "soon"}`, `accessTokenLifespan (line 1): want a whole number below 2147483648, not "soon"`},
		{"a number too large", `{"realm": "r", "notBefore": 2147483648}`, "want a whole number below"},
		{"a boolean that is none", `{"realm": "r", "rememberMe": "perhaps"}`, "want true or false"},
		{"a string that is none", `{"realm": "r", "displayName": {}}`, "want a string, not an object"},

		{"a client without name", `{"realm": "r", "clients": [{}]}`, "clients[0] (line 1): a client needs a clientId"},
		{"a client twice", `{"realm": "r", "clients": [{"clientId": "a"}, {"clientId": "a"}]}`, `clients[a].clientId (line 1): client "a" is there already`},
		{"account-console without account", `{"realm": "r", "clients": [{"clientId": "account-console"}]}`, "add the client account, too"},
		{"a redirect URI with fragment", `{"realm": "r", "clients": [{"clientId": "a", "redirectUris": ["http://a/#x"]}]}`, "has no fragment"},
		{"a redirect URI that is a script", `{"realm": "r", "clients": [{"clientId": "a", "redirectUris": ["JavaScript:x"]}]}`, "cannot be a javascript: address"},
		{"a mapper twice", `{"realm": "r", "clients": [{"clientId": "a", "protocolMappers": [{"name": "m", "protocolMapper": "x"}, {"name": "m", "protocolMapper": "x"}]}]}`, "stands here twice"},
		{"a scope twice", `{"realm": "r", "clientScopes": [{"name": "s"}, {"name": "s"}]}`, `client scope "s" stands here twice`},

		{"a realm role twice", `{"realm": "r", "roles": {"realm": [{"name": "x"}, {"name": "x"}]}}`, `realm role "x" stands here twice`},
		{"a client role twice", `{"realm": "r", "clients": [{"clientId": "c"}], "roles": {"client": {"c": [{"name": "x"}, {"name": "x"}]}}}`, `role "x" of client "c" stands here twice`},
		{"a role that Keycloak makes itself", `{"realm": "r", "roles": {"client": {"account": [{"name": "view-profile"}]}}}`, "refuses a second one"},
		{"roles of no client", `{"realm": "r", "roles": {"client": {"nix": [{"name": "x"}]}}}`, `roles.client.nix (line 1): there is no client "nix"`},
		{"a role made of no role", `{"realm": "r", "roles": {"realm": [{"name": "x", "composites": {"realm": ["nix"]}}]}}`, `realm role "nix", which is not there`},
		{"a role made of no client role", `{"realm": "r", "roles": {"realm": [{"name": "x", "composites": {"client": {"account": ["nix"]}}}]}}`, `role "nix" of client "account", which is not there`},
		{"a scope mapping for no client", `{"realm": "r", "scopeMappings": [{"client": "nix", "roles": ["x"]}]}`, `scopeMappings[nix].client (line 1): there is no client "nix"`},
		{"a scope mapping for nothing", `{"realm": "r", "scopeMappings": [{"roles": ["x"]}]}`, "needs a client or a clientScope"},
		{"a group twice", `{"realm": "r", "groups": [{"name": "g"}, {"name": "g"}]}`, "group /g stands here twice"},
		{"a default group that is none", `{"realm": "r", "defaultGroups": ["/nix"]}`, `there is no group "/nix"`},

		{"a user without name", `{"realm": "r", "enabled": true, "users": [{"enabled": true}]}`, "users[0] (line 1): a user needs a username"},
		{"a user twice", `{"realm": "r", "enabled": true, "users": [{"username": "A"}, {"username": "a"}]}`, `users[a] (line 1): user "a" is there already`},
		{"an id twice", `{"realm": "r", "enabled": true, "users": [{"username": "a", "id": "1"}, {"username": "b", "id": "1"}]}`, "another user has the id 1"},
		{"an e-mail address twice", `{"realm": "r", "enabled": true, "users": [{"username": "a", "email": "X@x.de"}, {"username": "b", "email": "x@x.de"}]}`, "users[b] (line 1): another user has the e-mail address x@x.de"},
		{"a user in no group", `{"realm": "r", "enabled": true, "users": [{"username": "a", "groups": ["/nix"]}]}`, `users[a].groups[0] (line 1): there is no group "/nix"`},
		{"a user with roles of no client", `{"realm": "r", "enabled": true, "users": [{"username": "a", "clientRoles": {"nix": ["x"]}}]}`, `there is no client "nix"`},
		{"a service account of no client", `{"realm": "r", "enabled": true, "users": [{"username": "a", "serviceAccountClientId": "nix"}]}`, "service account"},
		{"a service account's name taken", `{"realm": "r", "clients": [{"clientId": "C", "serviceAccountsEnabled": true}], "users": [{"username": "service-account-c"}]}`, `"serviceAccountClientId": "C"`},
		{"consent for no scope", `{"realm": "r", "enabled": true, "users": [{"username": "a", "clientConsents": [{"clientId": "account", "grantedClientScopes": ["nix"]}]}]}`, `no client scope "nix"`},

		{"an unknown password policy", `{"realm": "r", "passwordPolicy": "nixda(8)"}`, `there is no password policy "nixda"`},
		{"a password policy without number", `{"realm": "r", "passwordPolicy": "length(x)"}`, "length wants a whole number"},
		{"a password against the policy", `{"realm": "r", "passwordPolicy": "length(8)", "users": [{"username": "a", "credentials": [{"value": "geheim"}]}]}`, "users[a].credentials[0] (line 1): Password policy not met"},
		{"a password without value", `{"realm": "r", "enabled": true, "users": [{"username": "a", "credentials": [{"type": "password"}]}]}`, `a password needs a "value"`},
		{"a user profile without e-mail", `{"realm": "r", "components": {"org.keycloak.userprofile.UserProfileProvider": [{"config": {"kc.user.profile.config": ["{\"attributes\":[{\"name\":\"username\"}]}"]}}]}}`, `must have an attribute "email"`},
		{"a user profile that is no JSON", `{"realm": "r", "components": {"org.keycloak.userprofile.UserProfileProvider": [{"config": {"kc.user.profile.config": ["{"]}}]}}`, "want the user profile as JSON in a string"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			realms, _, err := Load([]File{{Name: "test.json", Text: []byte(test.text)}}, nil)
			if err == nil || realms != nil {
				t.Fatalf("Load took it: %v", realms)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got  %v\nwant …%s…", err, test.want)
			}
			if strings.Contains(err.Error(), "geheim") {
				t.Errorf("the error shows a password: %v", err)
			}
		})
	}
}

func TestLoadTellsAllProblems(t *testing.T) {
	text := `{"realm": "r", "clients": [{}, {"clientId": "a", "enabled": "x"}], "groups": [` + strings.Repeat("{},", 30) + `{}]}`
	_, _, err := Load([]File{{Name: "test.json", Text: []byte(text)}}, nil)
	for _, want := range []string{"clients[0]", "clients[a].enabled", "groups[0]", "and 13 more"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
}

func TestLoadWarns(t *testing.T) {
	tests := []struct{ name, text, path, want string }{
		{"a field that Keycloak does not know", `{"realm": "r", "enabled": true, "clients": [{"clientId": "a", "redirectUri": "x"}]}`, "clients[a].redirectUri", "refuses the whole file"},
		{"a realm that is off", `{"realm": "r"}`, "", "nobody can sign in"},
		{"a user that is off", `{"realm": "r", "enabled": true, "users": [{"username": "Ann"}]}`, "users[ann]", "cannot sign in"},
		{"a user without names", `{"realm": "r", "enabled": true, "users": [{"username": "ann", "enabled": true}]}`, "users[ann]", "email is missing, firstName is missing, lastName is missing"},
		{"a role made on the way", `{"realm": "r", "enabled": true, "users": [{"username": "ann", "enabled": true, "realmRoles": ["amdin"]}]}`, "users[ann].realmRoles[0]", `no realm role "amdin"`},
		{"a scope that is not there", `{"realm": "r", "enabled": true, "clientScopes": [], "clients": [{"clientId": "a", "defaultClientScopes": ["email"]}]}`, "clients[a].defaultClientScopes[0]", "it must bring this one, too"},
		{"an attribute that nothing declares", `{"realm": "r", "enabled": true, "users": [{"username": "ann", "enabled": true, "attributes": {"dep": ["x"]}}]}`, "users[ann].attributes.dep", "does not declare"},
		{"a lifetime of nothing", `{"realm": "r", "enabled": true, "accessTokenLifespan": 0}`, "accessTokenLifespan", "default of 300 s"},
		{"a hidden secret", `{"realm": "r", "enabled": true, "clients": [{"clientId": "a", "secret": "**********"}]}`, "clients[a].secret", "hidden the secret"},
		{"a user without roles", `{"realm": "r", "enabled": true, "users": [{"username": "ann", "enabled": true}, {"username": "ben", "enabled": true, "realmRoles": []}]}`, "users", "no role stands with ann, so"},
		{"a password said to be temporary", `{"realm": "r", "enabled": true, "users": [{"username": "ann", "credentials": [{"value": "x", "temporary": true}]}]}`, "users[ann].credentials[0].temporary", "passes over this"},
		{"a user with something to do first", `{"realm": "r", "enabled": true, "users": [{"username": "ann", "requiredActions": ["UPDATE_PASSWORD"]}]}`, "users[ann].requiredActions", "refuses the password grant"},
		{"a username in upper case", `{"realm": "r", "enabled": true, "users": [{"username": "Ann"}]}`, "users[ann].username", "as ann"},
		{"scopes without the built-in ones", `{"realm": "r", "enabled": true, "clientScopes": [{"name": "profile"}]}`, "clientScopes", "this one has no web-origins, acr, roles, basic, email;"},
		{"an export without users", `{"realm": "r", "enabled": true, "keycloakVersion": "26.7.4"}`, "", "leaves them out"},
		{"a client whose secret nobody knows", `{"realm": "r", "enabled": true, "clients": [{"clientId": "a"}]}`, "clients[a]", "another at each start"},
		{"levels that are none", `{"realm": "r", "enabled": true, "attributes": {"acr.loa.map": "nix"}}`, `attributes["acr.loa.map"]`, "says nothing"},
		{"a pattern for Java", `{"realm": "r", "enabled": true, "passwordPolicy": "regexPattern((?=.*x).*)"}`, "passwordPolicy", "cannot check"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, warnings := load(t, test.text)
			if !slices.ContainsFunc(warnings, func(w Warning) bool {
				return w.File == "test.json" && w.Path == test.path && strings.Contains(w.Text, test.want)
			}) {
				t.Errorf("no warning %q at %s in %q", test.want, test.path, warnings)
			}
		})
	}
}

func TestLoadSeveralFiles(t *testing.T) {
	files := []File{
		{Name: "a-users-0.json", Text: []byte(`{"realm": "a", "users": [{"username": "ann", "enabled": true}]}`)},
		{Name: "a-users-1.json", Text: []byte(`{"realm": "a", "users": [{"username": "ben", "enabled": true}]}`)},
		{Name: "both.json", Text: []byte("\xef\xbb\xbf" + `[{"realm": "b", "enabled": true}, {"realm": "a", "enabled": true}]`)},
	}
	realms, warnings, err := Load(files, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(realms) != 2 || realms[0].Name != "b" || realms[1].Name != "a" || len(realms[1].Users) != 2 {
		t.Errorf("got %v", realms)
	}
	if len(warnings) == 0 || warnings[0].File != "a-users-0.json" {
		t.Errorf("warnings should name the file of the users: %v", warnings)
	}
	if _, _, err := Load(nil, nil); err == nil {
		t.Error("no file at all must be an error")
	}
}

// TestLoadDemoRealm reads the realm that comes with the program, as everybody's first start does.
func TestLoadDemoRealm(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "deploy", "realm", "demo-realm.json"))
	if err != nil {
		t.Fatal(err)
	}
	realms, warnings, err := Load([]File{{Name: "demo-realm.json", Text: text}}, func(string) (string, bool) { return "", false })
	if err != nil || len(warnings) != 0 {
		t.Fatal(err, warnings)
	}
	r := realms[0]
	alice := r.UserByLogin("Alice@example.com")
	if alice == nil || !alice.Credentials[0].Matches("alice") || alice.Credentials[0].Matches("bob") || len(r.Pending(alice)) != 0 {
		t.Errorf("alice cannot sign in: %+v", alice)
	}
	wantNames(t, "roles of alice", roleNames(alice.Effective()), "user", "admin", "account/view-profile", "account/manage-account")
	wantNames(t, "default roles", roleNames(r.Roles["default-roles-demo"].Composites),
		"user", "offline_access", "uma_authorization", "account/view-profile", "account/manage-account")
	wantNames(t, "scopes of demo", scopeNames(r.Clients["demo"].DefaultScopes), "basic", "acr", "profile", "email", "roles", "web-origins", "keystead-api")
	if got := r.Clients["demo"].PostLogoutRedirectURIs; !slices.Equal(got, []string{"http://localhost:8000/", "http://localhost:3000/"}) {
		t.Errorf("post logout: %v", got)
	}
	if reporter := r.Clients["reporter"]; reporter.ServiceAccount == nil || reporter.ServiceAccount.Username != "service-account-reporter" || reporter.Secret != "reporter-demo-secret" {
		t.Errorf("reporter: %+v", reporter)
	}
}

// TestLoadExport reads what kc.sh export of Keycloak 26.7.4 wrote, where that is at hand.
func TestLoadExport(t *testing.T) {
	samples := filepath.Join("..", "..", "shared", "keycloak", "samples")
	var files []File
	for _, name := range []string{"exported-users.json", "exported-realm.json"} {
		text, err := os.ReadFile(filepath.Join(samples, name))
		if err != nil {
			t.Skip("the recorded export is not here:", err)
		}
		files = append(files, File{Name: name, Text: text})
	}
	realms, warnings, err := Load(files, nil)
	if err != nil || len(warnings) != 0 {
		t.Fatal(err, warnings)
	}
	for _, name := range []string{"alice", "bob"} {
		user := realms[0].UserByLogin(name)
		if !user.Credentials[0].Matches(name) || user.Credentials[0].Matches("carol") {
			t.Errorf("%s cannot sign in", name)
		}
	}
	if n := len(realms[0].Keys); n != 4 {
		t.Errorf("%d keys, want 4", n)
	}
}

func FuzzLoad(f *testing.F) {
	text, err := os.ReadFile(filepath.Join("..", "deploy", "realm", "demo-realm.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`[{"realm": "r", "enabled": ${X:true}, "clients": [{"clientId": "a", "secret": "${Y}", "defaultRoles": ["x"]}]}]`))
	f.Add([]byte(`{"realm": "r", "users": [{"username": "a", "credentials": [{"secretData": "{}", "credentialData": "{}"}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		realms, _, err := Load([]File{{Name: "test.json", Text: text}}, func(name string) (string, bool) { return `"` + name, name != "" })
		if err != nil {
			return
		}
		for _, r := range realms {
			for _, user := range r.Users {
				user.Effective()
				r.Pending(user)
			}
			for _, client := range r.Clients {
				if slices.Contains(client.DefaultScopes, nil) || slices.Contains(client.ScopeRoles, nil) {
					t.Errorf("client %q has holes", client.ClientID)
				}
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	text, err := os.ReadFile(filepath.Join("..", "deploy", "realm", "demo-realm.json"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := Load([]File{{Name: "demo-realm.json", Text: text}}, os.LookupEnv); err != nil {
			b.Fatal(err)
		}
	}
}

func roleNames(roles []*Role) []string {
	var names []string
	for _, role := range roles {
		if role.Client != nil {
			names = append(names, role.Client.ClientID+"/"+role.Name)
		} else {
			names = append(names, role.Name)
		}
	}
	return names
}

func scopeNames(scopes []*Scope) []string {
	var names []string
	for _, scope := range scopes {
		names = append(names, scope.Name)
	}
	return names
}

// wantNames compares lists whose order does not matter.
func wantNames(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s:\ngot  %q\nwant %q", what, got, want)
	}
}
