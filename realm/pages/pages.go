// Package pages holds what a person sees of a development realm: the login form and its like. Every page
// works without a script, but for the one that posts itself. It has the ids, field names and messages of
// Keycloak's own pages, so that one script drives both; how it looks is ours.
package pages

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"sync"
	"unicode"
	"unicode/utf8"
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
	BackURL, BackText   string // a way back; left out when it is not an address of the web
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

// Account is a person's own account: profile, password, sessions.
type Account struct {
	Frame
	Username, Name    string
	Token             string // proves that the forms were shown in this session
	Done, Alert       string // what was done just now; what went wrong as a whole; "" for nothing
	BackURL, BackText string // the app that led here; "" when there is none
	Hidden            bool   // the person lacks the role to see the profile
	MayEdit           bool   // … and has the one to change it
	Fields            []AccountField
	ProfileAction     string
	PasswordURL       string
	SignOutAction     string
	Sessions          []AccountSession
	MoreSessions      int // that are not listed
}

// AccountField is an attribute of the profile.
type AccountField struct {
	Name, Label        string
	Text               string // the value; those of an attribute with several, one a line
	Options            []AccountOption
	Several            bool // it may have several values
	Required, ReadOnly bool
	Kind               string // what browsers may fill in (autocomplete); "" for nothing
	Error              string // what is wrong with what was typed; "" at first
	First              bool   // it is the first with an error
}

// AccountOption is a value that an attribute may have.
type AccountOption struct {
	Value  string
	Chosen bool
}

// AccountSession is a sign-in of the person.
type AccountSession struct {
	ID                  string
	Title, Address      string // the browser, and the network address it came from
	Here                bool   // it is this browser's
	Offline             bool   // it is offline access of apps, without a browser
	Started, Seen, Ends Moment // Ends is empty when there is no end
	Clients             []string
}

// Moment is an instant for people.
type Moment struct {
	Text  string // such as "3 m ago"
	Exact string
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
	Report              string   // where the report on the realm is; "" when it has nothing to tell
	Trouble             []string // what goes wrong on purpose, in words
	TroubleURL          string   // the page of it; "" where that is closed
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

// Report tells what of a realm's file is not acted on, and what in it means something else than one may think.
type Report struct {
	Frame
	Name     string // of the realm
	Version  string // of the Keycloak that the realm behaves as
	Unused   []ReportPart
	Warnings []ReportWarning
}

// ReportPart is what several members of a file, or one, would do in Keycloak.
type ReportPart struct {
	Path, Text string
	Members    []string // paths, when there are several
}

// ReportWarning is about one place in a file.
type ReportWarning struct{ File, Path, Text string }

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
func (p Account) Render(w io.Writer) error { return render(w, "account", p) }

// Render writes the page as a whole HTML document. It refuses an Action that is not of the web: the template
// would empty it, and the browser then post the code back to the realm.
func (p FormPost) Render(w io.Writer) error {
	if link(p.Action) == "" {
		return fmt.Errorf("no form can post to %q", p.Action)
	}
	return render(w, "formpost", p)
}

// Render writes the page as a whole HTML document.
func (p RequiredAction) Render(w io.Writer) error { return render(w, "requiredaction", p) }

// Render writes the page as a whole HTML document.
func (p Home) Render(w io.Writer) error { return render(w, "home", p) }

// Render writes the page as a whole HTML document.
func (p Report) Render(w io.Writer) error { return render(w, "report", p) }

// Render writes the page as a whole HTML document.
func (p TroubleSecret) Render(w io.Writer) error { return render(w, "troublesecret", p) }

// Render writes the page as a whole HTML document.
func (p Trouble) Render(w io.Writer) error { return render(w, "trouble", p) }

var templates = sync.OnceValue(parse) // most commands show no page

// parse joins each page with the frame round it.
func parse() map[string]*template.Template {
	frame := template.Must(template.New("frame.html").Funcs(template.FuncMap{
		"link": link, "fold": fold, "foldHome": foldHome, "fewRoles": fewRoles, "allRoles": allRoles, "foldPlaces": foldPlaces, "sentence": sentence,
	}).ParseFS(files, "templates/frame.html", "templates/people.html"))
	pages := map[string]*template.Template{}
	for _, name := range []string{"login", "message", "consent", "updatepassword", "logoutconfirm", "device", "formpost", "requiredaction", "home", "report", "account", "troublesecret", "trouble"} {
		pages[name] = template.Must(template.Must(frame.Clone()).ParseFS(files, "templates/"+name+".html"))
	}
	return pages
}

// render writes the page as a whole or, after an error, not at all.
func render(w io.Writer, name string, page any) error {
	var b bytes.Buffer
	if err := templates()[name].Execute(&b, page); err != nil {
		return fmt.Errorf("rendering the page %s: %w", name, err)
	}
	_, err := b.WriteTo(w)
	return err
}

// sentence makes one of a line of the log.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:] + "."
}

// link returns the address if a page may link to it, and "" otherwise: a javascript: address from a realm
// file would run as the realm's own. Relative addresses pass.
func link(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return address
}
