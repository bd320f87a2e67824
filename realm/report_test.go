package realm

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// loadFile reads a file of testdata or of this project as a realm.
func loadFile(t *testing.T, path ...string) *Realm {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	realms, _, err := Load([]File{{Name: path[len(path)-1], Text: text}}, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	return realms[0]
}

// TestFullExport reads an export of Keycloak 26.7.4 of a realm that has something of everything, and compares
// the whole report.
func TestFullExport(t *testing.T) {
	r := loadFile(t, "testdata", "full-export.json")
	var got strings.Builder
	for _, p := range r.Report.Unused {
		fmt.Fprintf(&got, "%s\n  %s\n", p.Path, p.Text)
		for _, member := range p.Members {
			fmt.Fprintf(&got, "  - %s\n", member)
		}
	}
	got.WriteString("\n")
	for _, w := range r.Report.Warnings {
		fmt.Fprintf(&got, "%s: %s\n  %s\n", w.File, w.Path, w.Text)
	}
	golden := filepath.Join("testdata", "full-export.report.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("the report on the full export is not that of %s (-update writes it anew):\n%s", golden, got.String())
	}
}

// TestDefaultsAreNotReported reads a new realm as Keycloak 26.7.4 exports it, and the demo realm.
func TestDefaultsAreNotReported(t *testing.T) {
	for _, r := range []*Realm{loadFile(t, "testdata", "new-export.json"), loadFile(t, "..", "deploy", "realm", "demo-realm.json")} {
		if len(r.Report.Unused) != 0 {
			t.Errorf("%s: %+v", r.Name, r.Report.Unused)
		}
	}
}

// kinds are all kinds of objects in a realm file, and where one is. In place, %s stands for further members.
var kinds = map[string]struct {
	fields fields
	place  string
}{
	"realm":             {realmFields, `{"realm": "r", "enabled": true %s}`},
	"attributes":        {realmAttributes, `{"realm": "r", "enabled": true, "offlineSessionMaxLifespanEnabled": true, "attributes": {"": "" %s}}`},
	"client":            {clientFields, `{"realm": "r", "enabled": true, "clients": [{"clientId": "c", "secret": "s" %s}], "roles": {"client": {"c": [{"name": "x"}]}}}`},
	"client attributes": {clientAttributes, `{"realm": "r", "enabled": true, "clients": [{"clientId": "c", "secret": "s", "attributes": {"": "" %s}}]}`},
	"user":              {userFields, `{"realm": "r", "enabled": true, "groups": [{"name": "g"}], "clients": [{"clientId": "c", "secret": "s", "serviceAccountsEnabled": true}], "users": [{"username": "ann" %s}]}`},
	"role":              {roleFields, `{"realm": "r", "enabled": true, "roles": {"realm": [{"name": "x" %s}, {"name": "y"}]}}`},
	"composites":        {compositeFields, `{"realm": "r", "enabled": true, "clients": [{"clientId": "c", "secret": "s"}], "roles": {"realm": [{"name": "x", "composites": {"": [] %s}}, {"name": "y"}], "client": {"c": [{"name": "z"}]}}}`},
	"roles":             {rolesFields, `{"realm": "r", "enabled": true, "clients": [{"clientId": "c", "secret": "s"}], "roles": {"": [] %s}, "users": [{"username": "ann", "clientRoles": {"c": ["new"]}}]}`},
	"group":             {groupFields, `{"realm": "r", "enabled": true, "clients": [{"clientId": "c", "secret": "s"}], "groups": [{"name": "g" %s}]}`},
	"scope":             {scopeFields, `{"realm": "r", "enabled": true, "clientScopes": [{"name": "s" %s}]}`},
	"scope attributes":  {scopeAttributes, `{"realm": "r", "enabled": true, "clientScopes": [{"name": "s", "attributes": {"": "" %s}}]}`},
	"mapper":            {mapperFields, `{"realm": "r", "enabled": true, "clients": [{"clientId": "c", "secret": "s", "protocolMappers": [{"name": "m", "protocolMapper": "oidc-sub-mapper" %s}]}]}`},
	"scope mapping":     {scopeMappingFields, `{"realm": "r", "enabled": true, "clients": [{"clientId": "c", "secret": "s"}], "scopeMappings": [{"": "" %s}]}`},
	"consent":           {consentFields, `{"realm": "r", "enabled": true, "users": [{"username": "ann", "clientConsents": [{"clientId": "account" %s}]}]}`},
	"component":         {componentFields, `{"realm": "r", "enabled": true, "components": {"org.keycloak.keys.KeyProvider": [{"providerId": "rsa-generated" %s}]}}`},
	"credential":        {credentialFields, `{"realm": "r", "enabled": true, "users": [{"username": "ann", "credentials": [{"": "" %s}]}]}`},
}

// example is a value of a member that is not the default, and further members of the object without which it
// would say nothing.
type example struct{ value, with string }

// examples are for the members, by kind or for all kinds, that do not take "1234".
var examples = map[string]example{
	"id": {`"1234"`, ``}, "name": {`"1234"`, ``}, "attributes": {`{"a": "b"}`, ``}, "enabled": {`false`, ``},
	"realmRoles": {`["new"]`, ``}, "protocolMappers": {`[{"name": "new", "protocolMapper": "oidc-acr-mapper"}]`, ``},
	"protocol": {`"saml"`, ``},

	"realm.roles":                       {`{"realm": [{"name": "new"}]}`, ``},
	"realm.defaultRole":                 {`{"name": "new"}`, ``},
	"realm.defaultRoles":                {`["new"]`, ``},
	"realm.groups":                      {`[{"name": "new"}]`, ``},
	"realm.defaultGroups":               {`["g"]`, `, "groups": [{"name": "g"}], "clients": [{"clientId": "c", "secret": "s", "serviceAccountsEnabled": true}]`},
	"realm.users":                       {`[{"username": "new"}]`, ``},
	"realm.clients":                     {`[{"clientId": "new", "secret": "s"}]`, ``},
	"realm.clientScopes":                {`[{"name": "new"}]`, ``},
	"realm.defaultDefaultClientScopes":  {`["new"]`, `, "clientScopes": [{"name": "new"}], "clients": [{"clientId": "c", "secret": "s"}]`},
	"realm.defaultOptionalClientScopes": {`["new"]`, `, "clientScopes": [{"name": "new"}], "clients": [{"clientId": "c", "secret": "s"}]`},
	"realm.scopeMappings":               {`[{"client": "account", "roles": ["new"]}]`, ``},
	"realm.clientScopeMappings":         {`{"account": [{"client": "admin-cli", "roles": ["view-profile"]}]}`, ``},
	"realm.applicationScopeMappings":    {`{"account": [{"client": "admin-cli", "roles": ["view-profile"]}]}`, ``},
	"realm.components":                  {`{"org.keycloak.keys.KeyProvider": [{"providerId": "rsa-generated"}]}`, ``},
	"realm.passwordPolicy":              {`"length(2)"`, ``},
	"realm.duplicateEmailsAllowed":      {`true`, `, "users": [{"username": "a", "email": "x@x.de"}, {"username": "b", "email": "x@x.de"}]`},
	"realm.sslRequired":                 {`"all"`, ``},
	"realm.offlineSessionMaxLifespan":   {`1234`, `, "offlineSessionMaxLifespanEnabled": true`},
	"loginWithEmailAllowed":             {`false`, ``},
	"realm.applications":                {`[{"name": "old"}]`, ``},

	"attributes.protocolMappers": {`"1234"`, ``},
	"attributes.acr.loa.map":     {`"{\"gold\": 1}"`, ``},

	"client.standardFlowEnabled":     {`false`, ``},
	"client.fullScopeAllowed":        {`false`, ``},
	"client.redirectUris":            {`["http://x"]`, ``},
	"client.webOrigins":              {`["http://x"]`, ``},
	"client.defaultClientScopes":     {`["email"]`, ``},
	"client.optionalClientScopes":    {`["email"]`, ``},
	"client.defaultRoles":            {`["x"]`, ``},
	"client.clientAuthenticatorType": {`"client-jwt"`, ``},

	"user.attributes":             {`{"a": ["b"]}`, ``},
	"user.enabled":                {`true`, ``},
	"user.clientRoles":            {`{"account": ["view-profile"]}`, ``},
	"user.applicationRoles":       {`{"account": ["view-profile"]}`, ``},
	"user.groups":                 {`["g"]`, ``},
	"user.credentials":            {`[{"value": "new"}]`, ``},
	"user.requiredActions":        {`["UPDATE_PASSWORD"]`, ``},
	"user.serviceAccountClientId": {`"c"`, ``},
	"user.clientConsents":         {`[{"clientId": "account", "grantedClientScopes": ["email"]}]`, ``},

	"role.attributes": {`{"a": ["b"]}`, ``}, "group.attributes": {`{"a": ["b"]}`, ``},
	"role.composites":        {`{"realm": ["y"]}`, ``},
	"composites.realm":       {`["y"]`, ``},
	"composites.client":      {`{"c": ["z"]}`, ``},
	"composites.application": {`{"c": ["z"]}`, ``},
	"roles.realm":            {`[{"name": "new"}]`, ``},
	"roles.client":           {`{"c": [{"name": "new"}]}`, ``},
	"roles.application":      {`{"c": [{"name": "new"}]}`, ``},
	"group.subGroups":        {`[{"name": "new"}]`, ``},
	"group.clientRoles":      {`{"c": ["new"]}`, ``},

	"mapper.protocol":              {`"docker-v2"`, ``},
	"mapper.protocolMapper":        {`"oidc-acr-mapper"`, ``},
	"config":                       {`{"a": "b"}`, ``},
	"scope mapping.client":         {`"c"`, ``},
	"scope mapping.clientScope":    {`"email"`, ``},
	"scope mapping.clientTemplate": {`"email"`, ``},
	"scope mapping.roles":          {`["new"]`, `, "client": "c"`},
	"consent.clientId":             {`"admin-cli"`, ``},
	"consent.grantedClientScopes":  {`["email"]`, ``},
	"component.config":             {`{"priority": ["5"]}`, ``},

	"counter": {`"1234"`, `, "value": "x"`}, "device": {`"1234"`, `, "value": "x"`}, "digits": {`"1234"`, `, "value": "x"`},
	"period": {`"1234"`, `, "value": "x"`}, "credential.config": {`"1234"`, `, "value": "x"`}, "credential.federationLink": {`"1234"`, `, "value": "x"`},
	"credential.temporary":         {`true`, `, "value": "x"`},
	"credential.secretData":        {`"{\"value\": \"eA==\"}"`, `, "credentialData": "{}"`},
	"credential.credentialData":    {`"{}"`, `, "secretData": "{\"value\": \"eA==\"}"`},
	"credential.hashedSaltedValue": {`"eA=="`, ``},
	"credential.salt":              {`"eA=="`, `, "hashedSaltedValue": "eA=="`},
	"credential.algorithm":         {`"pbkdf2-sha512"`, `, "hashedSaltedValue": "eA=="`},
	"credential.hashIterations":    {`5`, `, "hashedSaltedValue": "eA=="`},
}

// flags are members that take true.
var flags = set(`editUsernameAllowed rememberMe revokeRefreshToken verifyEmail offlineSessionMaxLifespanEnabled
	publicClient bearerOnly directAccessGrantsEnabled directGrantsOnly serviceAccountsEnabled implicitFlowEnabled
	authorizationServicesEnabled consentRequired frontchannelLogout emailVerified bruteForceProtected eventsEnabled
	adminEventsEnabled internationalizationEnabled alwaysDisplayInConsole`)

func valueLike(kind, member string) example {
	if flags[member] {
		return example{value: `true`}
	}
	for _, name := range []string{kind + "." + member, member} {
		if e, ok := examples[name]; ok {
			return e
		}
	}
	return example{value: `"1234"`}
}

// outcome is all that comes of a realm file.
type outcome struct {
	realm       *Realm
	clientRoles map[string]map[string]*Role // by client id; in the realm by address, which is never the same
	err         string
}

func outcomeOf(text string) outcome {
	realms, _, err := Load([]File{{Name: "test.json", Text: []byte(text)}}, nil)
	if err != nil {
		return outcome{err: err.Error()}
	}
	r := realms[0]
	r.parts = nil // digests of the file
	hideFromAdministrators(r)
	for _, user := range r.Users {
		user.part = [32]byte{}
	}
	r.Attrs = nil // what uses attributes is looked for elsewhere
	for _, client := range r.Clients {
		client.Attrs = nil
	}
	for _, scope := range r.Scopes {
		scope.Attrs = nil
	}
	for _, id := range builtinClients {
		r.Clients[id].Secret = "" // new each time
	}
	out := outcome{realm: r, clientRoles: map[string]map[string]*Role{}}
	for client, own := range r.clientRoles {
		out.clientRoles[client.ClientID] = own
	}
	r.clientRoles = nil
	return out
}

// hideFromAdministrators takes out what nothing but the admin REST shows: of what it shows, nothing is acted on.
func hideFromAdministrators(r *Realm) {
	r.representation = nil
	hide := func(mappers []*Mapper) {
		for _, m := range mappers {
			m.ID = ""
		}
	}
	roles := func(all map[string]*Role) {
		for _, role := range all {
			role.Description = ""
		}
	}
	roles(r.Roles)
	for _, own := range r.clientRoles {
		roles(own)
	}
	for _, scope := range r.Scopes {
		scope.Description = ""
		hide(scope.Mappers)
	}
	for _, client := range r.Clients {
		client.AdminURL, client.AlwaysInConsole, client.NodeTimeout = "", false, 0
		hide(client.Mappers)
	}
	for _, group := range r.Groups {
		group.Description = ""
	}
	for _, user := range r.Users {
		user.Created = 0
	}
}

// TestEveryMemberCounts holds what fields.go says of each member that Keycloak knows against what comes of it:
// one that is used makes another realm, another report or an error, one that is not is in the report, and one
// that says nothing changes nothing.
func TestEveryMemberCounts(t *testing.T) {
	for name, kind := range kinds {
		without := func(e example) outcome { return outcomeOf(fmt.Sprintf(kind.place, e.with)) }
		with := func(e example, member string) outcome {
			return outcomeOf(fmt.Sprintf(kind.place, fmt.Sprintf("%s, %q: %s", e.with, member, e.value)))
		}
		for member := range kind.fields.used {
			if strings.HasSuffix(name, " attributes") {
				break // these are read while the realm runs
			}
			if e := valueLike(name, member); reflect.DeepEqual(with(e, member), without(e)) {
				t.Errorf("%s: %s is said to be used, and %s makes no difference", name, member, e.value)
			}
		}
		for member := range kind.fields.silent {
			if e := valueLike(name, member); !reflect.DeepEqual(with(e, member), without(e)) {
				t.Errorf("%s: %s is said to change nothing, and makes a difference", name, member)
			}
		}
		for member := range kind.fields.unused {
			e := valueLike(name, member)
			if on := kind.fields.needs[member]; on != "" {
				if off := with(e, member); tells(off.realm.Report, member) {
					t.Errorf("%s: the report tells of %s, which changes nothing without %s", name, member, on)
				}
				e.with = fmt.Sprintf(", %q: true", on)
			}
			if got := with(e, member); got.realm == nil || !tells(got.realm.Report, member) {
				t.Errorf("%s: %s is not acted on, and the report does not tell of it: %+v", name, member, got)
			}
		}
	}
}

func tells(r Report, member string) bool {
	is := func(path string) bool {
		return path == member || strings.HasPrefix(path, member+"[") || strings.HasSuffix(path, memberSuffix(member, false))
	}
	return slices.ContainsFunc(r.Unused, func(p Part) bool { return is(p.Path) || slices.ContainsFunc(p.Members, is) })
}

// TestAttributesAreRead looks for the attributes that are said to be used in the program's text: unlike
// members, they are read while a realm runs.
func TestAttributesAreRead(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var program strings.Builder
	for _, name := range names {
		if text, err := os.ReadFile(name); err == nil && name != "fields.go" && name != "topics.go" && !strings.HasSuffix(name, "_test.go") {
			program.Write(text)
		}
	}
	reads := func(attribute string) bool { return strings.Contains(program.String(), `"`+attribute+`"`) }
	for _, f := range []fields{realmAttributes, clientAttributes, scopeAttributes} {
		for name := range f.used {
			if !reads(name) {
				t.Errorf("the attribute %s is said to be used, and nothing reads it", name)
			}
		}
	}
	for name := range clientAttributes.unused {
		// A key of the first one's algorithm is made, but userinfo stays plain; scopes have some of the same name.
		if reads(name) && name != "user.info.response.signature.alg" && !scopeAttributes.used[name] {
			t.Errorf("the attribute %s is said not to be used, and something reads it", name)
		}
	}
}

// secretive is a realm in which whatever may be a secret is one, wherever this realm acts on it or not.
const secretive = `{
	"realm": "secretive", "enabled": true, "privateKey": "geheim", "codeSecret": "geheim",
	"smtpServer": {"host": "mail.example.com", "password": "geheim"},
	"identityProviders": [{"alias": "github", "config": {"clientSecret": "geheim"}}],
	"authenticatorConfig": [{"alias": "mine", "config": {"secret": "geheim"}}],
	"components": {"org.keycloak.storage.UserStorageProvider": [{"name": "ldap", "config": {"bindCredential": ["geheim"]}}],
		"org.keycloak.keys.KeyProvider": [{"name": "own", "providerId": "ecdsa-generated", "config": {"ecdsaPrivateKey": ["geheim"]}}]},
	"clients": [{"clientId": "app", "secret": "geheim", "registrationAccessToken": "geheim", "attributes": {"jwt.credential.public.key": "geheim", "mine": "geheim"}}],
	"users": [{"username": "ann", "enabled": true, "attributes": {"pin": ["geheim"]}, "credentials": [{"value": "geheim", "temporary": true, "device": "geheim"}, {"type": "otp", "secretData": "geheim", "credentialData": "geheim"}]}]
}`

func TestReport(t *testing.T) {
	ts := newTestServer(t, secretive, `{"realm": "plain", "enabled": true}`)
	at := func(realm string) string { return "/realms/" + realm + "/keystead/report" }

	res := ts.do(http.DefaultClient, ts.request("GET", at("secretive"), nil))
	var got struct {
		Realm, Keycloak string
		Unused          []Part
		Warnings        []Warning
	}
	if err := json.Unmarshal([]byte(res.text), &got); err != nil || res.StatusCode != http.StatusOK || got.Realm != "secretive" || got.Keycloak != "26.7.4" {
		t.Fatalf("%s: %v, %s", res.Status, err, res.text)
	}
	report := Report{got.Unused, got.Warnings}
	for _, want := range []string{"smtpServer", "identityProviders[github]", "clients[app].registrationAccessToken"} {
		if !slices.ContainsFunc(report.Unused, func(p Part) bool { return p.Path == want && p.Text != "" && p.Members == nil }) {
			t.Errorf("%s is missing: %+v", want, report.Unused)
		}
	}
	if !slices.ContainsFunc(report.Warnings, func(w Warning) bool { return w.File == "test.json" && w.Path == "users[ann].attributes.pin" }) {
		t.Errorf("warnings: %+v", report.Warnings)
	}

	page := ts.do(http.DefaultClient, ts.request("GET", at("secretive"), nil, "Accept", "text/html,application/xhtml+xml,*/*;q=0.8"))
	if !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") || page.Header.Get("Vary") != "Accept" || !strings.Contains(page.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("page: %v", page.Header)
	}
	for _, part := range report.Unused {
		for _, place := range append([]string{part.Path}, part.Members...) {
			if !strings.Contains(page.text, strings.ReplaceAll(place, `"`, "&#34;")) {
				t.Errorf("the page lacks %s", place)
			}
		}
	}
	for _, text := range []string{res.text, page.text} {
		if strings.Contains(text, "geheim") {
			t.Errorf("the report shows a secret: %s", text)
		}
	}

	if empty := ts.do(http.DefaultClient, ts.request("GET", at("plain"), nil)); empty.text != `{"realm":"plain","keycloak":"26.7.4","unused":[],"warnings":[]}`+"\n" {
		t.Errorf("a realm of nothing but a name: %s", empty.text)
	}
	if page := ts.do(http.DefaultClient, ts.request("GET", at("plain"), nil, "Accept", "text/html")); strings.Count(page.text, "Nothing: ") != 2 {
		t.Errorf("a page with nothing to tell: %s", page.text)
	}
	home := ts.do(http.DefaultClient, ts.request("GET", "/", nil))
	if !strings.Contains(home.text, ts.URL+at("secretive")) || strings.Contains(home.text, at("plain")) {
		t.Errorf("the home page links to reports that have something to tell, and to no others: %s", home.text)
	}
}

// TestReportIsForNoOtherSite sends what a page elsewhere could.
func TestReportIsForNoOtherSite(t *testing.T) {
	ts := newTestServer(t)
	for _, method := range []string{"GET", "OPTIONS"} {
		res := ts.do(http.DefaultClient, ts.request(method, realmPath+reportPath, nil, "Origin", "https://evil.example"))
		for name := range res.Header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: %s", method, name)
			}
		}
	}
	if res := ts.do(http.DefaultClient, ts.request("GET", realmPath+reportPath, nil, "Host", "evil.example")); res.StatusCode != http.StatusForbidden {
		t.Errorf("under a foreign name: %s", res.Status)
	}
}

// TestReportsOfSeveralRealms keeps apart what is told of realms that are read together.
func TestReportsOfSeveralRealms(t *testing.T) {
	realms, warnings, err := Load([]File{
		{Name: "both.json", Text: []byte(`[{"realm": "a", "enabled": true, "smtpServer": {"host": "x"}}, {"realm": "b", "enabled": true, "organizationsEnabled": true, "odd": 1}]`)},
		{Name: "a-users-0.json", Text: []byte(`{"realm": "a", "users": [{"username": "Ann", "enabled": true, "realmRoles": [], "federationLink": "x"}]}`)},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, b := realms[0].Report, realms[1].Report
	if !tells(a, "smtpServer") || !tells(a, "federationLink") || tells(a, "organizationsEnabled") || !tells(b, "organizationsEnabled") || len(b.Unused) != 1 {
		t.Errorf("a: %+v\nb: %+v", a.Unused, b.Unused)
	}
	if len(b.Warnings) != 1 || b.Warnings[0].Path != "[1].odd" || len(a.Warnings) == 0 || a.Warnings[0].File != "a-users-0.json" || len(warnings) != len(a.Warnings)+1 {
		t.Errorf("a: %+v\nb: %+v\nall: %+v", a.Warnings, b.Warnings, warnings)
	}
}

// TestKeysThatAreNotUsed tells the keys of a file that are published from those that are not.
func TestKeysThatAreNotUsed(t *testing.T) {
	for config, want := range map[string]bool{
		`"providerId": "rsa-generated"`:                                                       false,
		`"providerId": "rsa-generated", "config": {"algorithm": ["RS512"]}`:                   true,
		`"providerId": "rsa-enc-generated", "config": {"algorithm": ["RSA-OAEP"]}`:            false,
		`"providerId": "hmac-generated", "config": {"algorithm": ["HS512"]}`:                  false,
		`"providerId": "ecdsa-generated"`:                                                     true,
		`"providerId": "ecdsa-generated", "config": {"enabled": ["false"]}`:                   false,
		`"providerId": "rsa", "config": {"privateKey": ["**********"]}`:                       true,
		`"providerId": "rsa", "config": {"privateKey": ["bm8ga2V5"], "algorithm": ["RS256"]}`: true,
	} {
		r, _ := load(t, `{"realm": "r", "enabled": true, "components": {"org.keycloak.keys.KeyProvider": [{"name": "k", `+config+`}]}}`)
		if got := len(r.Report.Unused) == 1; got != want {
			t.Errorf("%s: %+v", config, r.Report.Unused)
		}
	}
}

// TestReportIsOfTheFileAsItIsNow reads a file anew while its realm is served.
func TestReportIsOfTheFileAsItIsNow(t *testing.T) {
	ts := newTestServer(t, `{"realm": "small", "enabled": true, "smtpServer": {"host": "x"}}`)
	now, _ := load(t, `{"realm": "small", "enabled": true, "organizationsEnabled": true}`)
	ts.realm.Reload([]*Realm{now})
	if text := ts.do(http.DefaultClient, ts.request("GET", realmPath+reportPath, nil)).text; !strings.Contains(text, "organizationsEnabled") || strings.Contains(text, "smtpServer") {
		t.Errorf("after the file was read again: %s", text)
	}
}

// TestSame holds values against each other that make Keycloak do the same, or not.
func TestSame(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{`30`, `"30"`, true}, {`true`, `"true"`, true}, {`30`, `31`, false}, {`false`, `null`, true}, {`false`, `true`, false},
		{`""`, `[]`, true}, {`{}`, `{"a": [""]}`, true}, {`{"a": 1}`, `{"a": 1, "b": false}`, true}, {`{"a": 1}`, `{"a": 1, "b": true}`, false},
		{`["a", "b"]`, `["b", "a"]`, true}, {`["a"]`, `["a", "b"]`, false}, {`["a", "b"]`, `["a", "c"]`, false},
		{`[{"id": "1", "alias": "x"}]`, `[{"id": "2", "alias": "x"}]`, true}, {`[{"alias": "x"}]`, `[{"alias": "y"}]`, false}, {`{"a": 1}`, `[1]`, false},
	} {
		pair := parseBuiltin("", []byte("["+test.a+","+test.b+"]")).items
		if same(pair[0], pair[1]) != test.want || same(pair[1], pair[0]) != test.want {
			t.Errorf("%s and %s: want %v", test.a, test.b, test.want)
		}
	}
}
