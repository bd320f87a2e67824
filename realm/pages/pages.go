// Package pages holds what a person sees of a development realm: the login form and its like. Every page
// works without a script, but for the one that posts itself. It has the ids, field names and messages of
// Keycloak's own pages, so that one script drives both; how it looks is ours.
package pages

import (
	"embed"
	"html/template"
	"io"
	"net/url"
	"strings"
)

//go:embed templates/*.html
var files embed.FS

// Style is the stylesheet of all pages, to be served at Frame.Base + "/style.css".
//
//go:embed style.css
var Style string

// Frame is what every page of a realm shows.
type Frame struct {
	Realm string // the realm's name for people
	Base  string // where the stylesheet is, without a slash at the end
	Nonce string // for the one inline script (Content Security Policy Level 3 §8.1)
}

// Login is the form for name and password, and below it the people who can be picked instead.
type Login struct {
	Frame
	Action            string // where the form posts
	Username          string // filled in already
	UsernameLabel     string // "Username or email" or "Username"
	FieldError        string // what is wrong with what was typed; "" at first
	Alert             string // what is wrong with the account; "" when nothing is
	Info              string // why the person is asked again; "" at first
	RememberMe        bool   // the realm offers to remember the person
	RememberMeChecked bool
	AttemptedUser     string // who must sign in again: there is no field for a name then
	PickAction        string // where picking a person posts; "" leaves that out
	People            []Person
}

// Person is somebody who can be picked.
type Person struct {
	Username, Name string
	Roles          []string
	Disabled       bool
	Note           string // what stands between the person and a sign-in; "" for nothing
}

// Message is a page that only says something: an error, or how a step ended.
type Message struct {
	Frame
	Title, Text, Detail string
	BackURL, BackText   string // a way back; left out without an address of http or https
	Error               bool
}

// Consent asks whether a client may have what it asks for.
type Consent struct {
	Frame
	Action, Client, Code string
	Scopes               []string // in words
}

// UpdatePassword is the form for a new password.
type UpdatePassword struct {
	Frame
	Action, Username string
	Error            string // what was wrong with the last one; "" at first
	ConfirmError     string // what was wrong with its repetition; "" at first
	Cancel           bool   // the person may leave it
}

// LogoutConfirm asks whether to sign out.
type LogoutConfirm struct {
	Frame
	Action, SessionCode string
}

// Device is the form for the code that a device shows.
type Device struct {
	Frame
	Action, UserCode string
	Error            string // what was wrong with the code; "" at first
}

// FormPost posts itself to a client (OAuth 2.0 Form Post Response Mode).
type FormPost struct {
	Frame
	Action string
	Fields [][2]string // name and value
}

// RequiredAction says what a person has to do first, and that this realm does not do it.
type RequiredAction struct {
	Frame
	Username string
	Actions  []string // in Keycloak's names, such as CONFIGURE_TOTP
	BackURL  string
}

// Home is the server's own page: what is served, and who can sign in.
type Home struct {
	Realms      []HomeRealm
	Base, Nonce string
}

// HomeRealm is a realm on the home page.
type HomeRealm struct {
	Name, Title, Issuer string
	People              []HomePerson
	Clients             []HomeClient
	Curl                []string // lines to copy
}

// HomePerson is somebody who can sign in.
type HomePerson struct {
	Username, Name string
	Password       string // "" when it is not known
	Roles          []string
	Disabled       bool
}

// HomeClient is an app of a realm.
type HomeClient struct {
	ClientID string
	Kind     string // in words
	URL      string // where the app is; "" when the file does not say
}

// Render writes the page as a whole HTML document.
func (p Login) Render(w io.Writer) error { return render(w, "login", p) }

// Render writes the page as a whole HTML document.
func (p Message) Render(w io.Writer) error { return render(w, "message", p) }

// Render writes the page as a whole HTML document.
func (p Consent) Render(w io.Writer) error { return render(w, "consent", p) }

// Render writes the page as a whole HTML document.
func (p UpdatePassword) Render(w io.Writer) error { return render(w, "updatepassword", p) }

// Render writes the page as a whole HTML document.
func (p LogoutConfirm) Render(w io.Writer) error { return render(w, "logoutconfirm", p) }

// Render writes the page as a whole HTML document.
func (p Device) Render(w io.Writer) error { return render(w, "device", p) }

// Render writes the page as a whole HTML document.
func (p FormPost) Render(w io.Writer) error { return render(w, "formpost", p) }

// Render writes the page as a whole HTML document.
func (p RequiredAction) Render(w io.Writer) error { return render(w, "requiredaction", p) }

// Render writes the page as a whole HTML document.
func (p Home) Render(w io.Writer) error { return render(w, "home", p) }

var templates = parse()

// parse joins each page with the frame round it.
func parse() map[string]*template.Template {
	frame := template.Must(template.New("").Funcs(template.FuncMap{
		"initials": initials, "shown": shown, "safeBack": safeBack, "inWords": inWords,
		"few": func(n int) bool { return n <= fewPeople },
	}).ParseFS(files, "templates/frame.html"))
	pages := map[string]*template.Template{}
	entries, err := files.ReadDir("templates")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	for _, entry := range entries {
		if name := strings.TrimSuffix(entry.Name(), ".html"); name != "frame" {
			pages[name] = template.Must(template.Must(frame.Clone()).ParseFS(files, "templates/"+entry.Name()))
		}
	}
	return pages
}

func render(w io.Writer, name string, page any) error {
	return templates[name].ExecuteTemplate(w, "frame", page)
}

// fewPeople is how many people are shown without scrolling.
const fewPeople = 6

// initials are what stands in the circle beside a person.
func initials(name, username string) string {
	words := strings.Fields(name)
	if len(words) == 0 {
		words = strings.Fields(username)
	}
	out := ""
	for i, word := range words {
		if i == 0 || i == len(words)-1 {
			out += strings.ToUpper(string([]rune(word)[:1]))
		}
	}
	return out
}

// shown leaves out the roles that everybody has by default: they tell people apart from nobody.
func shown(roles []string) []string {
	var out []string
	for _, role := range roles {
		if role != "offline_access" && role != "uma_authorization" && !strings.HasPrefix(role, "default-roles-") {
			out = append(out, role)
		}
	}
	return out
}

// safeBack lets only addresses of the web be a link.
func safeBack(address string) string {
	if u, err := url.Parse(address); err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return address
}

// inWords says what a required action asks for.
func inWords(action string) string {
	if words, ok := actionWords[action]; ok {
		return words
	}
	return "carry out an action that the realm file names"
}

var actionWords = map[string]string{
	"UPDATE_PASSWORD":                "choose a new password",
	"VERIFY_EMAIL":                   "confirm the e-mail address",
	"CONFIGURE_TOTP":                 "set up one-time passwords",
	"CONFIGURE_RECOVERY_AUTHN_CODES": "set up recovery codes",
	"UPDATE_PROFILE":                 "bring the profile up to date",
	"VERIFY_PROFILE":                 "complete the profile: what the realm's user profile requires is missing or not valid",
	"UPDATE_EMAIL":                   "change the e-mail address",
	"TERMS_AND_CONDITIONS":           "accept the terms and conditions",
	"webauthn-register":              "register a passkey",
	"webauthn-register-passwordless": "register a passkey",
	"WEBAUTHN-REGISTER":              "register a passkey",
	"WEBAUTHN-REGISTER-PASSWORDLESS": "register a passkey",
	"UPDATE_USER_LOCALE":             "choose a language",
	"delete_account":                 "delete the account",
	"delete_credential":              "delete a credential",
}
