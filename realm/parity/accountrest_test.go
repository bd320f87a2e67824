package parity

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// accounts is a realm whose user profile has something of every kind. Each test has a person of its own, and
// leaves them as they were.
type accounts struct {
	t    *testing.T
	app  app
	user string
	held tokens
}

func openAccount(t *testing.T, user string) accounts {
	t.Helper()
	a := open(t, "account").app("app")
	return accounts{t, a, user, a.password(t, user).tokens()}
}

// call asks the account REST; a body is sent as JSON.
func (a accounts) call(method, path string, body any, headers ...string) *reply {
	a.t.Helper()
	req := newRequest(a.t, method, a.app.url("/account"+path), nil, append([]string{"Accept", "application/json", "Authorization", "Bearer " + a.held.access}, headers...)...)
	if body != nil {
		text, ok := body.(string)
		if !ok {
			text = mustJSON(body)
		}
		req.Body, req.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		req.Header.Set("Content-Type", "application/json")
	}
	return send(a.t, req)
}

func mustJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// array parses the body as an array of objects.
func (r *reply) array() []map[string]any {
	r.t.Helper()
	var all []map[string]any
	if err := json.Unmarshal([]byte(r.body), &all); err != nil {
		r.t.Fatalf("not a JSON array of objects: %v%s", err, r.explain())
	}
	return all
}

// profile is what the person has at first, with changes: a nil takes a member out.
func (a accounts) profile(root shape, attributes shape) shape {
	title := strings.ToUpper(a.user[:1]) + a.user[1:]
	own := shape{"department": []string{"lab"}, "nickname": []string{"nick"}, "languages": []string{"de", "en"}}.and(attributes)
	return shape{"username": a.user, "email": a.user + "@example.com", "firstName": title, "lastName": "Account", "attributes": own}.and(root)
}

// read is the profile as the server has it now.
func (a accounts) read() map[string]any {
	a.t.Helper()
	return a.call("GET", "?userProfileMetadata=false", nil).want(200).json()
}

func TestAccountProfile(t *testing.T) {
	t.Parallel()
	a := openAccount(t, "adele")
	metadata := shape{"name": "nickname", "displayName": "Nickname", "required": false, "readOnly": false, "multivalued": false, "validators": shape{
		"multivalued": shape{"max": "1"}, "length": shape{"min": 2, "max": 8, "ignore.empty.value": true},
		"pattern": shape{"pattern": "[a-z]+", "error-message": "Small letters only.", "ignore.empty.value": true},
	}}
	got := a.call("GET", "", nil, "Origin", listed).want(200).wantHeaders("Access-Control-Allow-Origin", listed, "Cache-Control", "no-cache").json()
	declared, _ := got["userProfileMetadata"].(map[string]any)["attributes"].([]any)
	var names []string
	for _, item := range declared {
		attribute, _ := item.(map[string]any)
		name := fmt.Sprint(attribute["name"])
		names = append(names, name)
		switch name {
		case "nickname":
			wantClaims(t, "nickname", attribute, metadata)
		case "department":
			if attribute["readOnly"] != true {
				t.Error("the department is not read only")
			}
		}
	}
	if want := "username email firstName lastName nickname languages size days age rate site born code department oath"; strings.Join(names, " ") != want {
		t.Errorf("declared %q, want %s", names, want)
	}
	wantClaims(t, "without metadata", a.read(), shape{
		"id": uuid, "username": "adele", "email": "adele@example.com", "emailVerified": true, "firstName": "Adele", "lastName": "Account",
		"attributes": shape{"department": list("lab"), "nickname": list("nick"), "languages": list("de", "en")},
	})
}

func TestAccountChange(t *testing.T) {
	t.Parallel()
	a := openAccount(t, "bruno")
	base := shape{"id": uuid, "username": "bruno", "email": "bruno@example.com", "emailVerified": anyFlag, "firstName": "Bruno", "lastName": "Account"}
	kept := shape{"department": list("lab"), "nickname": list("nick"), "languages": list("de", "en")}
	tests := []struct {
		name             string
		root, attributes shape // what is sent
		wantRoot, want   shape // what is there then
	}{
		{"nothing", nil, nil, nil, nil},
		{"names, with blanks", shape{"firstName": " Bru no ", "lastName": "O'Neil-Šmid"}, nil, shape{"firstName": " Bru no ", "lastName": "O'Neil-Šmid"}, nil},
		{"a number for a name", shape{"firstName": 5}, nil, shape{"firstName": "5"}, nil},
		{"a username in capitals", shape{"username": "BRUNO2"}, nil, shape{"username": "bruno2"}, nil},
		{"an address, which is not verified then", shape{"email": "Bruno2@Example.com"}, nil, shape{"email": "bruno2@example.com", "emailVerified": false}, nil},
		{"several values", nil, shape{"languages": []string{"fr", "", "fr"}, "days": []string{"Mon", "Wed"}}, nil, shape{"languages": list("fr", "fr"), "days": list("Mon", "Wed")}},
		{"one value without a list", nil, shape{"nickname": "solo"}, nil, shape{"nickname": list("solo")}},
		{"values of all kinds", nil, shape{"size": []string{"M"}, "age": []string{"150"}, "rate": []string{"0.5"}, "site": []string{"https://example.com/#a"}, "born": []string{"2020-12-01"}, "code": []string{"123"}},
			nil, shape{"size": list("M"), "age": list("150"), "rate": list("0.5"), "site": list("https://example.com/#a"), "born": list("2020-12-01"), "code": list("123")}},
		{"what is left out goes", nil, shape{"nickname": nil, "languages": nil}, nil, shape{"nickname": nil, "languages": nil}},
		{"an empty value goes", nil, shape{"nickname": []string{""}, "languages": []any{nil}}, nil, shape{"nickname": nil, "languages": nil}},
		{"what is not one's own stays", nil, shape{"department": nil}, nil, nil},
		{"what only the person may change", nil, shape{"oath": []string{"I do"}}, nil, shape{"oath": list("I do")}},
		{"what nobody declared", nil, shape{"unknown": []string{"x"}}, nil, nil},
		{"what is not theirs to say", shape{"id": "other", "emailVerified": true, "enabled": false}, nil, nil, nil},
	}
	for _, tt := range tests { // one after the other: they share a person
		t.Run(tt.name, func(t *testing.T) {
			a.call("POST", "", a.profile(tt.root, tt.attributes), "Origin", listed).want(204).wantHeaders("Access-Control-Allow-Origin", listed)
			wantClaims(t, "the profile", a.read(), base.and(tt.wantRoot).and(shape{"attributes": kept.and(tt.want)}))
		})
	}
	a.call("POST", "", a.profile(nil, nil)).want(204)
	got := a.app.renew(t, a.held.refresh).tokens()
	a.call("POST", "", a.profile(shape{"firstName": "Other"}, nil)).want(204)
	if name := a.app.givenName(t, a.app.renew(t, got.refresh).tokens()); name != "Other" {
		t.Errorf("given_name of the next token = %q", name)
	}
	a.call("POST", "", a.profile(nil, nil)).want(204)
}

// givenName is what userinfo says of the person.
func (a app) givenName(t *testing.T, have tokens) string {
	t.Helper()
	return fmt.Sprint(a.userinfo(t, have.access).want(200).json()["given_name"])
}

var anyFlag matcher = func(got any) string {
	if _, ok := got.(bool); !ok {
		return fmt.Sprintf("is %s, want true or false", describe(got))
	}
	return ""
}

func TestAccountRefusals(t *testing.T) {
	t.Parallel()
	a := openAccount(t, "cilla")
	flaw := func(field, message string, params ...any) shape {
		return shape{"field": field, "errorMessage": message, "params": params}
	}
	long := strings.Repeat("x", 256)
	tests := []struct {
		name             string
		root, attributes shape
		status           int
		want             []shape
	}{
		{"no first name", shape{"firstName": ""}, nil, 400, []shape{flaw("firstName", "error-user-attribute-required", "${firstName}")}},
		{"null", shape{"lastName": nil}, nil, 400, []shape{flaw("lastName", "error-user-attribute-required", "${lastName}")}},
		{"blanks", shape{"firstName": "", "lastName": "  "}, nil, 400, []shape{flaw("firstName", "error-user-attribute-required", "${firstName}"), flaw("lastName", "error-user-attribute-required", "${lastName}")}},
		{"no address", shape{"email": ""}, nil, 400, []shape{flaw("email", "missingEmailMessage", "${email}"), flaw("email", "error-user-attribute-required", "${email}")}},
		{"not an address", shape{"email": "nix"}, nil, 400, []shape{flaw("email", "error-invalid-email", "${email}", "nix")}},
		{"somebody's address", shape{"email": "FLORA@example.com"}, nil, 409, []shape{flaw("email", "emailExistsMessage", "${email}")}},
		{"somebody's name", shape{"username": "Flora"}, nil, 409, []shape{flaw("username", "usernameExistsMessage", "${username}")}},
		{"both", shape{"username": "x", "email": "flora@example.com"}, nil, 409, []shape{flaw("username", "error-invalid-length", "${username}", "3", "255"), flaw("email", "emailExistsMessage", "${email}")}},
		{"no username", shape{"username": ""}, nil, 400, []shape{flaw("username", "missingUsernameMessage", "${username}")}},
		{"an odd username", shape{"username": "a b<"}, nil, 400, []shape{flaw("username", "error-username-invalid-character", "${username}")}},
		{"odd names", shape{"firstName": "a<b", "lastName": long}, nil, 400, []shape{flaw("firstName", "error-person-name-invalid-character", "${firstName}"), flaw("lastName", "error-invalid-length-too-long", "${lastName}", nil, "255")}},
		{"length and pattern", nil, shape{"nickname": []string{"A"}}, 400, []shape{flaw("nickname", "error-invalid-length", "Nickname", "2", "8"), flaw("nickname", "Small letters only.", "Nickname", "[a-z]+")}},
		{"blanks around", nil, shape{"nickname": []string{" ab "}}, 400, []shape{flaw("nickname", "Small letters only.", "Nickname", "[a-z]+")}},
		{"two for one", nil, shape{"nickname": []string{"ab", "cd"}}, 400, []shape{flaw("nickname", "error-invalid-multivalued-size", "Nickname", "0", "1")}},
		{"too many", nil, shape{"languages": []string{"a", "b", "c", "d"}}, 400, []shape{flaw("languages", "error-invalid-multivalued-size", "languages", "0", "3")}},
		{"two that are too long", nil, shape{"languages": []string{"abcdef", "ghijkl"}}, 400, []shape{flaw("languages", "error-invalid-length-too-long", "languages", nil, "5")}},
		{"no option", nil, shape{"size": []string{"XL"}}, 400, []shape{flaw("size", "error-invalid-value", "Shirt size")}},
		{"no options", nil, shape{"days": []string{"Mon", "Fri", "Sat"}}, 400, []shape{flaw("days", "error-invalid-value", "Days in the office")}},
		{"no integer", nil, shape{"age": []string{"x"}}, 400, []shape{flaw("age", "error-invalid-number", "age")}},
		{"too small", nil, shape{"age": []string{"0"}}, 400, []shape{flaw("age", "error-number-out-of-range", "age", "1", "150")}},
		{"no number", nil, shape{"rate": []string{"y"}}, 400, []shape{flaw("rate", "error-invalid-number", "rate")}},
		{"too big", nil, shape{"rate": []string{"3"}}, 400, []shape{flaw("rate", "error-number-out-of-range", "rate", "0.5", "2.0")}},
		{"no URI", nil, shape{"site": []string{"nix"}}, 400, []shape{flaw("site", "error-invalid-uri", "Web site", "nix", "URI is not absolute")}},
		{"another scheme", nil, shape{"site": []string{"ftp://x/"}}, 400, []shape{flaw("site", "error-invalid-uri-scheme", "Web site", "ftp://x/", "ftp")}},
		{"no date", nil, shape{"born": []string{"2020-13-01"}}, 400, []shape{flaw("born", "error-invalid-date", "born", "2020-13-01")}},
		{"not as the pattern", nil, shape{"code": []string{"12"}}, 400, []shape{flaw("code", "error-pattern-no-match", "code", "[0-9]{3}")}},
		{"another department", nil, shape{"department": []string{"other"}}, 400, []shape{flaw("department", "error-user-attribute-read-only", "Department")}},
		{"no department", nil, shape{"department": []string{}}, 400, []shape{flaw("department", "error-user-attribute-read-only", "Department")}},
		{"what only administrators see", nil, shape{"badge": []string{"9"}}, 400, []shape{flaw("badge", "error-user-attribute-read-only", "badge")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := a.call("POST", "", a.profile(tt.root, tt.attributes)).want(tt.status).json()
			found, _ := body["errors"].([]any)
			if len(tt.want) == 1 {
				wantClaims(t, "the answer", body, tt.want[0].and(shape{"errors": []shape{tt.want[0]}}))
				return
			}
			for _, want := range tt.want {
				if !slices.ContainsFunc(found, func(got any) bool { return compare(want, got) == "" }) {
					t.Errorf("no %s in %s", describe(want), describe(body))
				}
			}
			if len(found) != len(tt.want) || len(body) != 1 {
				t.Errorf("answered %s", describe(body))
			}
		})
	}
	wantClaims(t, "the profile", a.read(), shape{
		"id": uuid, "username": "cilla", "email": "cilla@example.com", "emailVerified": true, "firstName": "Cilla", "lastName": "Account",
		"attributes": shape{"department": list("lab"), "nickname": list("nick"), "languages": list("de", "en")},
	})
}

func TestAccountRequests(t *testing.T) {
	t.Parallel()
	a := openAccount(t, "david")
	t.Run("an unknown member", func(t *testing.T) {
		got := a.call("POST", "", a.profile(shape{"groups": []string{}}, nil)).want(400).json()
		if text := fmt.Sprint(got["error"]); !strings.HasPrefix(text, `Invalid json representation for UserRepresentation. Unrecognized field "groups"`) {
			t.Errorf("error = %s", text)
		}
	})
	t.Run("no JSON", func(t *testing.T) {
		a.call("POST", "", "rubbish").wantError(400, "invalid_request", "Cannot parse the JSON")
	})
	t.Run("a form", func(t *testing.T) {
		post(t, a.app.url("/account"), form("firstName", "X"), "Authorization", "Bearer "+a.held.access, "Accept", "text/html").want(405)
	})
	t.Run("foreign origin", func(t *testing.T) {
		a.call("POST", "", a.profile(nil, nil), "Origin", evil).wantError(403, "Invalid origin", "")
	})
	t.Run("credentials", func(t *testing.T) {
		for _, kind := range a.call("GET", "/credentials", nil).want(200).array() {
			if kind["type"] != "password" {
				continue // one-time codes, of which the development realm knows nothing
			}
			held, _ := kind["userCredentialMetadatas"].([]any)
			wantClaims(t, "the password", kind, shape{
				"type": "password", "category": "basic-authentication", "displayName": "password-display-name", "helptext": "password-help-text",
				"iconCssClass": "kcAuthenticatorPasswordClass", "updateAction": "UPDATE_PASSWORD", "removeable": false, "userCredentialMetadatas": kind["userCredentialMetadatas"],
			})
			if len(held) != 1 {
				t.Fatalf("held: %s", describe(held))
			}
			if first, _ := held[0].(map[string]any)["credential"].(map[string]any); first["type"] != "password" || uuid(first["id"]) != "" {
				t.Errorf("held: %s", describe(held))
			}
			return
		}
		t.Error("there is no password")
	})
	t.Run("nothing there", func(t *testing.T) {
		a.call("GET", "/bogus", nil).wantError(404, "HTTP 404 Not Found", "")
		get(t, a.app.url("/account/bogus"), "Accept", "application/json").wantError(401, "HTTP 401 Unauthorized", "")
	})
	t.Run("preflight", func(t *testing.T) {
		for _, path := range []string{"/account", "/account/sessions", "/account/sessions/x", "/account/bogus"} {
			send(t, newRequest(t, http.MethodOptions, a.app.url(path), nil, "Origin", evil, "Access-Control-Request-Method", "POST")).want(200).
				wantHeaders("Access-Control-Allow-Origin", evil, "Access-Control-Allow-Methods", "HEAD, DELETE, POST, GET, OPTIONS, PUT")
		}
	})
	t.Run("only the role to look", func(t *testing.T) {
		flora := openAccount(t, "flora")
		flora.call("GET", "", nil).want(200)
		flora.call("GET", "/sessions", nil).want(200)
		flora.call("POST", "", shape{"firstName": "X"}).wantError(403, "HTTP 403 Forbidden", "")
		flora.call("DELETE", "/sessions", nil).wantError(403, "HTTP 403 Forbidden", "")
		flora.call("DELETE", "/sessions/x", nil).wantError(403, "HTTP 403 Forbidden", "")
	})
	t.Run("no role", func(t *testing.T) {
		nobody := openAccount(t, "grant")
		nobody.call("GET", "/sessions", nil).wantError(401, "HTTP 401 Unauthorized", "")
		nobody.call("POST", "", shape{"firstName": "X"}).wantError(401, "HTTP 401 Unauthorized", "")
	})
	t.Run("every address has a page for browsers", func(t *testing.T) {
		for _, path := range []string{"/account", "/account/", "/account/sessions", "/account/account-security/signing-in", "/account/bogus/x"} {
			page := newBrowser(t, a.app.realm).open(a.app.url(path), nil).want(200)
			if kind := page.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/html") {
				t.Errorf("%s is %s", path, kind)
			}
		}
	})
}

const (
	firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0"
	pixel   = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"
)

// agents are what a session says of the browser that began it, and its device.
var agents = map[string][2]shape{
	firefox: {{"browser": "Firefox/127.0"}, {"os": "Windows", "osVersion": "10", "device": "Other", "mobile": false}},
	pixel:   {{"browser": "Chrome Mobile/126.0.0"}, {"os": "Android", "osVersion": "14", "device": "Pixel 8", "mobile": true}},
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.61": {
		{"browser": "Edge/126.0.2592"}, {"os": "Windows", "osVersion": "10", "device": "Other", "mobile": false}},
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15": {
		{"browser": "Safari/17.4"}, {"os": "Mac OS X", "osVersion": "10.15.7", "device": "Mac", "mobile": false}},
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1": {
		{"browser": "Mobile Safari/17.5"}, {"os": "iOS", "osVersion": "17.5", "device": "iPhone", "mobile": true}},
	"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36": {
		{"browser": "Chrome/126.0.0"}, {"os": "Linux", "osVersion": "Unknown", "device": "Other", "mobile": false}},
	"curl/8.5.0": {{"browser": "curl/8.5.0"}, {"os": "Other", "osVersion": "Unknown", "device": "Other", "mobile": false}},
}

// begin begins another session of the person, with a browser of that kind.
func (a accounts) begin(client, agent string) tokens {
	a.t.Helper()
	values := form("grant_type", "password", "client_id", client, "username", a.user, "password", a.user, "scope", "openid")
	return send(a.t, newRequest(a.t, http.MethodPost, a.app.oidc("/token"), values, "User-Agent", agent)).tokens()
}

func TestAccountSessions(t *testing.T) {
	t.Parallel()
	a := openAccount(t, "elsie")
	a.call("DELETE", "/sessions", nil).want(204) // what earlier runs have left
	sessions := map[string]shape{}
	devices := map[string]shape{}
	named := shape{"clientId": "app", "clientName": "An app with a name", "userConsentRequired": false, "inUse": false, "offlineAccess": false}
	expect := func(have tokens, agent string, client shape) {
		sessions[have.sid] = agents[agent][0].and(shape{"id": have.sid, "ipAddress": anyText, "started": in(0), "lastAccess": in(0), "expires": in(10 * time.Hour), "clients": []shape{client}})
		devices[have.sid] = agents[agent][1]
	}
	for agent := range agents {
		expect(a.begin("app", agent), agent, named)
	}
	bare := a.begin("bare", firefox)
	expect(bare, firefox, named.and(shape{"clientId": "bare", "clientName": nil}))
	a.held = a.begin("app", pixel)
	expect(a.held, pixel, named)
	sessions[a.held.sid]["current"] = true

	t.Run("listed", func(t *testing.T) {
		got := a.call("GET", "/sessions", nil, "Origin", listed).want(200).wantHeaders("Access-Control-Allow-Origin", listed).array()
		for _, session := range got {
			id := fmt.Sprint(session["id"])
			if want, known := sessions[id]; known {
				wantClaims(t, "session "+id, session, want)
			}
		}
		if len(got) != len(sessions)+1 { // and the one that openAccount began
			t.Errorf("%d sessions, want %d", len(got), len(sessions)+1)
		}
	})
	t.Run("by device", func(t *testing.T) {
		seen := 0
		for _, device := range a.call("GET", "/sessions/devices", nil).want(200).array() {
			inside, _ := device["sessions"].([]any)
			isCurrent := false
			for _, item := range inside {
				session, _ := item.(map[string]any)
				id := fmt.Sprint(session["id"])
				want, known := sessions[id]
				if !known {
					continue
				}
				seen++
				wantClaims(t, "session "+id, session, want)
				isCurrent = isCurrent || id == a.held.sid
				for name, value := range devices[id] {
					if device[name] != value {
						t.Errorf("%s of the device = %v, want %v", name, device[name], value)
					}
				}
			}
			if device["current"] != nil != isCurrent {
				t.Errorf("current = %v, want %v", device["current"], isCurrent)
			}
			if wrong := in(0)(device["lastAccess"]); wrong != "" {
				t.Errorf("lastAccess %s", wrong)
			}
		}
		if seen != len(sessions) {
			t.Errorf("%d sessions, want %d", seen, len(sessions))
		}
	})
	t.Run("one ended", func(t *testing.T) {
		a.call("DELETE", "/sessions/"+bare.sid, nil, "Origin", listed).want(204).wantHeaders("Access-Control-Allow-Origin", listed)
		a.app.realm.app("bare").renew(t, bare.refresh).wantError(400, "invalid_grant", "Session not active")
		a.call("DELETE", "/sessions/"+bare.sid, nil).want(204)
		a.call("DELETE", "/sessions/bogus", nil).want(204)
	})
	t.Run("not somebody else's", func(t *testing.T) {
		other := openAccount(t, "hilda")
		a.call("DELETE", "/sessions/"+other.held.sid, nil).want(204)
		other.call("GET", "/sessions", nil).want(200)
	})
	t.Run("all others", func(t *testing.T) {
		a.call("DELETE", "/sessions", nil).want(204)
		if got := a.call("GET", "/sessions", nil).want(200).array(); len(got) != 1 || got[0]["id"] != a.held.sid {
			t.Errorf("left: %v", got)
		}
	})
	t.Run("all", func(t *testing.T) {
		a.begin("app", firefox)
		a.call("DELETE", "/sessions?current=true", nil).want(204)
		a.call("GET", "/sessions", nil).wantError(401, "HTTP 401 Unauthorized", "")
	})
}
