package pages

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

type renderer interface{ Render(io.Writer) error }

// kinds are all pages, empty.
var kinds = []renderer{
	Login{}, Message{}, Consent{}, UpdatePassword{}, LogoutConfirm{}, Device{}, FormPost{}, RequiredAction{}, Home{}, Report{}, Account{}, TroubleSecret{}, Trouble{},
}

// fill returns the page with every string set by value, every slice holding one such element, and every flag on.
func fill(t testing.TB, p renderer, value func(field string) string) renderer {
	t.Helper()
	filled := reflect.New(reflect.TypeOf(p)).Elem()
	fillValue(filled, "", value)
	return filled.Interface().(renderer)
}

func fillValue(v reflect.Value, field string, value func(string) string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(value(field))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fillValue(v.Index(0), field, value)
	case reflect.Array:
		for i := range v.Len() {
			fillValue(v.Index(i), fmt.Sprint(field, i), value)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fillValue(v.Field(i), strings.TrimPrefix(field+"."+v.Type().Field(i).Name, "."), value)
		}
	}
}

// addresses are the fields that hold a URL.
var addresses = regexp.MustCompile(`(^|\.)((Profile|SignOut|Pick)?Action|BackURL|PasswordURL|TroubleURL|URL|Issuer|Base|Report)$`)

// words fills a page with innocent values.
func words(field string) string {
	if addresses.MatchString(field) {
		return "https://app.example/" + field
	}
	return "the " + field
}

// breakOut tries to break out of text, attributes and tags.
func breakOut(field string) string {
	if addresses.MatchString(field) {
		return `https://app.example/` + field + `?"'><script>alert(1)</script>`
	}
	return field + `"'><script>alert(1)</script><b onclick=alert(1) style=color:red>{{.}}`
}

// element is a start tag, with the text up to its end.
type element struct {
	name  string
	attrs map[string]string
	text  *strings.Builder
}

func (e element) has(name string) bool { _, ok := e.attrs[name]; return ok }

// document is a rendered page: its elements in order, and all text and attribute values.
type document struct {
	elements []element
	values   string
}

func (d document) all(name string) (found []element) {
	for _, e := range d.elements {
		if e.name == name {
			found = append(found, e)
		}
	}
	return found
}

// byID returns the element with the id; one without a name when there is none.
func (d document) byID(id string) element {
	for _, e := range d.elements {
		if e.attrs["id"] == id {
			return e
		}
	}
	return element{text: new(strings.Builder)}
}

// text is what the element holds, with blanks as a reader sees them.
func (d document) text(id string) string {
	return strings.Join(strings.Fields(d.byID(id).text.String()), " ")
}

func open(t testing.TB, p renderer) document {
	t.Helper()
	var b bytes.Buffer
	if err := p.Render(&b); err != nil {
		t.Fatalf("rendering %T: %v", p, err)
	}
	return read(t, b.String())
}

// read reads the page strictly enough to notice tags that are not closed.
func read(t testing.TB, page string) document {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict = false
	d.AutoClose = []string{"meta", "link", "input", "br"}
	d.Entity = xml.HTMLEntity
	var doc document
	var open []element
	var values strings.Builder
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("the page is not well formed: %v\n%s", err, page)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := element{name: token.Name.Local, attrs: map[string]string{}, text: new(strings.Builder)}
			for _, a := range token.Attr {
				e.attrs[a.Name.Local] = a.Value
				values.WriteString(a.Value + "\n")
			}
			doc.elements = append(doc.elements, e)
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			values.Write(token)
			for _, e := range open {
				e.text.Write(token)
			}
		}
	}
	doc.values = values.String()
	return doc
}

func TestPagesEscapeWhatTheyShow(t *testing.T) {
	// Not shown on a page with everything on.
	hidden := []string{"Login.Username", "Frame.Nonce", "Home.Nonce", "Account.Fields.Text", "Account.Fields.Kind"}
	for _, p := range kinds {
		name := reflect.TypeOf(p).Name()
		t.Run(name, func(t *testing.T) {
			doc := open(t, fill(t, p, breakOut))
			for _, e := range doc.elements {
				if e.name == "b" || e.has("style") || (e.name == "script" && strings.Contains(e.text.String(), "alert")) {
					t.Errorf("a value became markup: <%s %v>", e.name, e.attrs)
				}
				for a := range e.attrs {
					if strings.HasPrefix(a, "on") {
						t.Errorf("<%s> has a handler %s", e.name, a)
					}
				}
			}
			fill(t, p, func(field string) string {
				if name == "FormPost" && field == "Frame.Nonce" || slices.Contains(hidden, field) || slices.Contains(hidden, name+"."+field) {
					return ""
				}
				if !addresses.MatchString(field) && !strings.Contains(doc.values, breakOut(field)) {
					t.Errorf("%s is not shown as it is", field)
				}
				return ""
			})
		})
	}
}

func TestPagesLinkOnlyToWebAddresses(t *testing.T) {
	for _, p := range kinds {
		t.Run(reflect.TypeOf(p).Name(), func(t *testing.T) {
			hostile := fill(t, p, func(field string) string {
				if addresses.MatchString(field) {
					return " JavaScript:alert(1)//"
				}
				return words(field)
			})
			var b bytes.Buffer
			if err := hostile.Render(&b); err != nil {
				if _, ok := p.(FormPost); !ok || b.Len() > 0 {
					t.Fatalf("Render = %v after %d bytes", err, b.Len())
				}
				return
			}
			for _, e := range read(t, b.String()).elements {
				for _, a := range []string{"href", "action", "src", "formaction"} {
					if strings.Contains(strings.ToLower(e.attrs[a]), "script:") {
						t.Errorf("<%s %s=%q>", e.name, a, e.attrs[a])
					}
				}
			}
		})
	}
	for _, address := range []string{"javascript:alert(1)", "JAVASCRIPT:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "vbscript:x", "myapp://x"} {
		doc := open(t, Message{Text: "x", BackURL: address})
		if doc.byID("backToApplication").name != "" {
			t.Errorf("BackURL %q became a link", address)
		}
	}
	for _, address := range []string{"http://localhost:8000/", "https://app.example/?a=b", "/realms/demo/account", "back?x=1"} {
		if got := open(t, Message{Text: "x", BackURL: address}).byID("backToApplication").attrs["href"]; got != address {
			t.Errorf("BackURL %q = %q", address, got)
		}
	}
}

func TestEveryStateOfAPageIsWellMade(t *testing.T) {
	pages := []renderer{}
	for _, p := range kinds {
		pages = append(pages, p, fill(t, p, words))
	}
	pages = append(pages, Account{Fields: accountFields("x"), MayEdit: true}, Account{Fields: accountFields("x"), Sessions: make([]AccountSession, 3)})
	pages = append(pages, Login{PickAction: "/pick", People: crowd(250)}, Login{FieldError: "no"}, Message{Error: true})
	for _, p := range pages {
		if f, ok := p.(FormPost); ok {
			f.Action = "https://app.example/"
			p = f
		}
		t.Run(reflect.TypeOf(p).Name(), func(t *testing.T) {
			doc := open(t, p)
			for _, name := range []string{"h1", "main", "header", "title"} {
				if n := len(doc.all(name)); n != 1 {
					t.Errorf("%d <%s>, want 1", n, name)
				}
			}
			checkElements(t, doc)
		})
	}
}

// accountFields are one of every kind, with errors.
func accountFields(text string) []AccountField {
	var fields []AccountField
	for i, options := range [][]AccountOption{nil, {{Value: text, Chosen: true}, {Value: "other"}}} {
		for j, several := range []bool{false, true} {
			for k, readOnly := range []bool{false, true} {
				fields = append(fields, AccountField{Name: fmt.Sprintf("f%d%d%d", i, j, k), Label: text, Text: text, Options: options, Several: several, ReadOnly: readOnly, Required: true, Kind: text, Error: text})
			}
		}
	}
	return fields
}

func TestAccountShowsValuesAsTheyAre(t *testing.T) {
	hostile := breakOut("v")
	doc := open(t, Account{Fields: accountFields(hostile), MayEdit: true})
	if n := len(doc.all("b")) + len(doc.all("script")); n != 0 {
		t.Errorf("%d values became markup", n)
	}
	for id, tag := range map[string]string{"f000": "input", "f001": "input", "f010": "textarea", "f011": "textarea", "f100": "select", "f101": "select", "f110": "fieldset", "f111": "fieldset"} {
		e := doc.byID(id)
		if e.name != tag || e.attrs["aria-describedby"] != "input-error-"+id {
			t.Errorf("#%s is <%s %v>, want <%s>", id, e.name, e.attrs, tag)
		}
		if readOnly := strings.HasSuffix(id, "1"); tag != "fieldset" && (e.has("readonly") || e.has("disabled")) != readOnly {
			t.Errorf("#%s can be changed: %v", id, readOnly)
		}
	}
	if doc.byID("f000").attrs["value"] != hostile || doc.byID("f010").text.String() != "\n"+hostile {
		t.Error("a value is not shown as it is")
	}
}

func checkElements(t *testing.T, doc document) {
	t.Helper()
	var ids []string
	for _, e := range doc.elements {
		if id := e.attrs["id"]; id != "" {
			if slices.Contains(ids, id) {
				t.Errorf("id %s appears twice", id)
			}
			ids = append(ids, id)
		}
	}
	for _, e := range doc.elements {
		for _, a := range []string{"for", "aria-describedby", "aria-labelledby"} {
			if ref, ok := e.attrs[a]; ok && !slices.Contains(ids, ref) {
				t.Errorf("<%s %s=%q> points nowhere", e.name, a, ref)
			}
		}
		if e.has("style") || e.name == "style" {
			t.Errorf("<%s> has an inline style", e.name)
		}
		for a := range e.attrs {
			if strings.HasPrefix(a, "on") {
				t.Errorf("<%s> has a handler %s", e.name, a)
			}
		}
		if e.name == "script" && !e.has("nonce") {
			t.Error("a script without the nonce")
		}
	}
}

// Scripts find their way on Keycloak's pages by these; a Keycloak 26.7.4 was asked for them.
func TestPagesHaveKeycloaksHandles(t *testing.T) {
	frame := Frame{Realm: "Demo", Base: "/pages"}
	login := Login{Frame: frame, Action: "/go", Username: "alice", UsernameLabel: "Username or email", RememberMe: true, RememberMeChecked: true}
	wrong, again, disabled := login, login, login
	wrong.FieldError = "Invalid username or password."
	again.FieldError, again.AttemptedUser, again.Info = wrong.FieldError, "alice", "Please re-authenticate to continue"
	disabled.Alert = "Account is disabled, contact your administrator."
	forced := UpdatePassword{Frame: frame, Username: "alice"}
	asked, mismatch, empty, policy := forced, forced, forced, forced
	asked.Cancel = true
	mismatch.ConfirmError, empty.Error, policy.Error = "Passwords don't match.", "Please specify password.", "Invalid password: minimum length 8."
	const username, password = "input#username[autocomplete=username][name=username]", "input#password[autocomplete=current-password][name=password][type=password]"
	tests := []struct {
		name string
		page renderer
		want []string // tag#id[attribute=value]…=text; with ! in front it must not be there
	}{
		{"login", login, []string{"form#kc-form-login[action=/go][method=post]", username + "[autofocus][value=alice]", password, "input#id-hidden-input[name=credentialId]", "input#rememberMe[checked][name=rememberMe]", "button#kc-login[name=login]=Sign In", "!#input-error-username", "!#kc-attempted-username", "!#pick"}},
		{"wrong password", wrong, []string{username + "[aria-invalid=true][aria-describedby=input-error-username]", password + "[aria-invalid=true][aria-describedby=input-error-username]", "#input-error-username[aria-live=polite]=" + wrong.FieldError}},
		{"once more", again, []string{"input#kc-attempted-username[readonly][value=alice]", "!#username", "!#rememberMe", password + "[autofocus][aria-describedby=input-error-password]", "#input-error-password=" + wrong.FieldError}},
		{"disabled", disabled, []string{"!#input-error-username", username}},
		{"error", Message{Frame: frame, Text: "Client not found.", BackURL: "http://app/", Error: true}, []string{"div#kc-error-message=This cannot go on Client not found. « Back to Application", "a#backToApplication[href=http://app/]=« Back to Application"}},
		{"signed out", Message{Frame: frame, Title: "You are logged out", Text: "You are logged out"}, []string{"h1#kc-page-title=You are logged out", "div#kc-info-message=You are logged out", "!#backToApplication"}},
		{"consent", Consent{Frame: frame, Client: "An app", Code: "c0de"}, []string{"h1#kc-page-title=Grant Access to An app", "button#kc-login[name=accept]=Yes", "button#kc-cancel[name=cancel]=No"}},
		{"forced password", forced, []string{"form#kc-passwd-update-form[method=post]", "input#password-new[name=password-new][autofocus]", "input#password-confirm[name=password-confirm]", "input#logout-sessions[name=logout-sessions][type=checkbox]", "button#kc-submit=Submit", "!#kc-cancel", "!#username"}},
		{"asked password", asked, []string{"button#kc-cancel[name=cancel-aia][value=true]=Cancel"}},
		{"passwords differ", mismatch, []string{"#input-error-password-confirm=Passwords don't match.", "!#input-error-password-new", "input#password-confirm[aria-describedby=input-error-password-confirm]"}},
		{"no password", empty, []string{"#input-error-password-new=Please specify password.", "!#input-error-password-confirm"}},
		{"policy", policy, []string{"!#input-error-password-new", "!#input-error-password-confirm"}},
		{"logout", LogoutConfirm{Frame: frame}, []string{"input#kc-logout[name=confirmLogout][type=submit][value=Logout]", "h1#kc-page-title=Logging out"}},
		{"device", Device{Frame: frame, UserCode: "ABCD-EFGH"}, []string{"form#kc-user-verify-device-user-code-form[method=post]", "input#device_user_code[name=device_user_code][value=ABCD-EFGH]", "button#kc-login=Submit"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := open(t, tt.page)
			for _, want := range tt.want {
				doc.check(t, want)
			}
			want := "Sign in to Demo"
			if _, ok := tt.page.(LogoutConfirm); ok {
				want = "Logging out"
			}
			if got := doc.all("title")[0].text.String(); got != want {
				t.Errorf("title %q, want %q", got, want)
			}
		})
	}
	for _, p := range []renderer{disabled, again, policy} {
		texts := []string{}
		for _, e := range open(t, p).elements {
			if strings.Contains(e.attrs["class"], "kc-feedback-text") {
				texts = append(texts, e.text.String())
			}
		}
		if len(texts) != 1 || !strings.HasSuffix(texts[0], "administrator.") && !strings.HasSuffix(texts[0], "continue") && !strings.HasSuffix(texts[0], "length 8.") {
			t.Errorf("alerts of %T: %q", p, texts)
		}
	}
}

var (
	handle     = regexp.MustCompile(`^(!?)([a-z0-9]*)#([\w-]+)((?:\[[^]]*\])*)(?:=(.*))?$`)
	attributes = regexp.MustCompile(`\[([\w-]+)(?:=([^]]*))?\]`)
)

func (d document) check(t *testing.T, want string) {
	t.Helper()
	m := handle.FindStringSubmatch(want)
	e := d.byID(m[3])
	if m[1] == "!" {
		if e.name != "" {
			t.Errorf("#%s is there", m[3])
		}
		return
	}
	if e.name == "" || m[2] != "" && m[2] != e.name {
		t.Errorf("no %s, but <%s>", want, e.name)
	}
	for _, a := range attributes.FindAllStringSubmatch(m[4], -1) {
		if got, ok := e.attrs[a[1]]; !ok || strings.Contains(a[0], "=") && got != a[2] {
			t.Errorf("#%s has %s=%q, want %s", m[3], a[1], got, a[0])
		}
	}
	if m[5] != "" && d.text(m[3]) != m[5] {
		t.Errorf("#%s says %q, want %q", m[3], d.text(m[3]), m[5])
	}
}

// Somebody tabs from the name through the form to the people: no tabindex, and the order of the document.
func TestLoginIsInTheOrderOfTabs(t *testing.T) {
	doc := open(t, Login{RememberMe: true, PickAction: "/pick", People: crowd(12)})
	var order []string
	for _, e := range doc.elements {
		if e.has("tabindex") {
			t.Errorf("<%s> has a tabindex", e.name)
		}
		switch {
		case e.name == "summary", e.name == "button" && e.attrs["name"] == "user":
			order = append(order, e.name)
		case (e.name == "input" && e.attrs["type"] != "hidden") || e.name == "button":
			order = append(order, e.attrs["id"])
		}
	}
	got := strings.Join(order, " ")
	if !strings.HasPrefix(got, "username password rememberMe kc-login button ") || !strings.HasSuffix(got, " summary button button button button") {
		t.Errorf("order %s", got)
	}
}

func TestLoginListsManyPeople(t *testing.T) {
	for _, tt := range []struct{ people, open, more, rest int }{
		{0, 0, 0, 0}, {2, 2, 0, 0}, {10, 10, 0, 0}, {11, 8, 3, 0}, {100, 8, 92, 0}, {500, 8, 92, 400},
	} {
		got := fold(crowd(tt.people))
		if len(got.Open) != tt.open || len(got.More) != tt.more || got.Rest != tt.rest {
			t.Errorf("%d people: %d open, %d more, %d not listed", tt.people, len(got.Open), len(got.More), got.Rest)
		}
	}
	doc := open(t, Login{PickAction: "/pick", People: crowd(500)})
	if text := doc.text("pick"); !strings.Contains(text, "92 more") || !strings.Contains(text, "400 others are not listed") {
		t.Error("the page does not say how many it leaves out")
	}
	if doc := open(t, Login{People: crowd(3)}); strings.Contains(doc.values, "user001") {
		t.Error("people are offered without a place to post them to")
	}
}

// A person's button must not answer to the name of the one that signs in, for scripts that go by names.
func TestPeopleAreNotTakenForTheSignInButton(t *testing.T) {
	for _, e := range open(t, Login{PickAction: "/pick", People: []Person{{Username: "alice", Disabled: true, Note: "must first"}}}).all("button") {
		if text := strings.ToLower(e.text.String()); e.attrs["id"] != "kc-login" && strings.Contains(text, "sign in") {
			t.Errorf("a person's button says %q", text)
		}
	}
}

func TestRequiredActionsAreExplained(t *testing.T) {
	page := RequiredAction{Username: "doris", Actions: []string{"VERIFY_EMAIL", "webauthn-register", "made-up"}}
	values := open(t, page).values
	for _, want := range []string{"VERIFY_EMAIL", "Confirm the e-mail address.", "webauthn-register", "Register a security key.", "made-up", "does not know"} {
		if !strings.Contains(values, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestFormPostSubmitsItself(t *testing.T) {
	doc := open(t, FormPost{Frame: Frame{Nonce: "n0nce"}, Action: "https://app.example/cb", Fields: [][2]string{{"code", "c"}, {"submit", "x"}}})
	scripts := doc.all("script")
	if len(scripts) != 1 || scripts[0].attrs["nonce"] != "n0nce" || !strings.Contains(scripts[0].text.String(), "prototype.submit.call") {
		t.Errorf("scripts: %v", scripts)
	}
	if len(doc.all("noscript")) != 1 {
		t.Error("nothing to press without JavaScript")
	}
	doc.check(t, "form#form-post[action=https://app.example/cb][method=post]")
}

func TestStyleIsSmall(t *testing.T) {
	if len(Style) > 10_000 {
		t.Errorf("the stylesheet has %d bytes", len(Style))
	}
	if regexp.MustCompile(`(?i)url\(|@import|expression`).MatchString(Style) {
		t.Error("the stylesheet loads something")
	}
}

func crowd(n int) []Person {
	people := make([]Person, n)
	for i := range people {
		people[i] = Person{Username: fmt.Sprintf("user%03d", i), Roles: []string{"user"}}
	}
	return people
}

// TestReportShowsEveryPlace opens a report on so many places that some of them are folded.
func TestReportShowsEveryPlace(t *testing.T) {
	var places []string
	for i := range 30 {
		places = append(places, fmt.Sprintf("users[u%d].totp", i))
	}
	doc := open(t, Report{Unused: []ReportPart{{Path: "users", Text: "x", Members: places}}})
	for _, place := range places {
		if !strings.Contains(doc.values, place) {
			t.Errorf("%s is not shown", place)
		}
	}
	if len(doc.all("details")) != 1 {
		t.Error("nothing is folded")
	}
}
