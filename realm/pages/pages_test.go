package pages

import (
	"io"
	"regexp"
	"strings"
	"testing"
)

const probe = `"><script>alert(1)</script>'javascript:`

// all is every page with the text in each of its fields.
func all(text string) map[string]interface{ Render(io.Writer) error } {
	frame := Frame{Realm: text, Base: "/keystead/pages", Nonce: "n0nce"}
	people := []Person{{Username: text, Name: text, Roles: []string{text}, Note: text}, {Username: text, Disabled: true}}
	return map[string]interface{ Render(io.Writer) error }{
		"login":            Login{Frame: frame, Action: "/a", Username: text, UsernameLabel: text, FieldError: text, Alert: text, Info: text, RememberMe: true, PickAction: "/p", People: people},
		"sign in again":    Login{Frame: frame, Action: "/a", AttemptedUser: text, FieldError: text, Info: text, PickAction: "/p", People: people[:1]},
		"many people":      Login{Frame: frame, Action: "/a", PickAction: "/p", People: append(people, make([]Person, fewPeople)...)},
		"message":          Message{Frame: frame, Title: text, Text: text, Detail: text, BackURL: "https://app.example.com/" + text, BackText: text},
		"error":            Message{Frame: frame, Title: text, Text: text, Detail: text, BackURL: "javascript:alert(1)", BackText: text, Error: true},
		"consent":          Consent{Frame: frame, Action: "/a", Client: text, Code: text, Scopes: []string{text}},
		"update password":  UpdatePassword{Frame: frame, Action: "/a", Username: text, Error: text, ConfirmError: text, Cancel: true},
		"logout":           LogoutConfirm{Frame: frame, Action: "/a", SessionCode: text},
		"device":           Device{Frame: frame, Action: "/a", UserCode: text, Error: text},
		"form post":        FormPost{Frame: frame, Action: "/a", Fields: [][2]string{{text, text}}},
		"required actions": RequiredAction{Frame: frame, Username: text, Actions: []string{text, "UPDATE_PASSWORD"}, BackURL: "javascript:alert(1)"},
		"home": Home{Base: "/keystead/pages", Realms: []HomeRealm{{
			Name: text, Title: text, Issuer: "http://localhost/realms/" + text, Curl: []string{text},
			People:  []HomePerson{{Username: text, Name: text, Password: text, Roles: []string{text}, Disabled: true}},
			Clients: []HomeClient{{ClientID: text, Kind: text, URL: "javascript:alert(1)"}},
		}, {Name: "empty"}}},
	}
}

func written(t *testing.T, page interface{ Render(io.Writer) error }) string {
	t.Helper()
	var b strings.Builder
	if err := page.Render(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Nothing that a page is told becomes markup, and the policy that forbids inline styles and handlers costs nothing.
func TestPagesEscape(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<[^>]+\s(style|on[a-z]+)\s*=`)
	script := regexp.MustCompile(`<script[^>]*>`)
	for name, page := range all(probe) {
		text := written(t, page)
		if strings.Contains(text, "<script>") || strings.Contains(text, probe) {
			t.Errorf("%s: a field became markup: %s", name, text)
		}
		if strings.Contains(text, `href="javascript:`) {
			t.Errorf("%s: a link runs a script", name)
		}
		if found := inline.FindString(text); found != "" {
			t.Errorf("%s: %s", name, found)
		}
		for _, tag := range script.FindAllString(text, -1) {
			if name != "form post" || tag != `<script nonce="n0nce">` {
				t.Errorf("%s has the script %s", name, tag)
			}
		}
	}
}

func TestPagesAreWellMade(t *testing.T) {
	for name, page := range all("text") {
		text := written(t, page)
		if strings.Count(text, "<h1") != 1 || strings.Count(text, "<main") != 1 || !strings.Contains(text, `<html lang="en">`) {
			t.Errorf("%s: it has %d h1 and %d main", name, strings.Count(text, "<h1"), strings.Count(text, "<main"))
		}
		if !strings.Contains(text, "<strong>Development realm</strong> – anyone can sign in") {
			t.Errorf("%s does not say what it is", name)
		}
		seen := map[string]bool{}
		for _, id := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(text, -1) {
			if seen[id[1]] {
				t.Errorf("%s has the id %s twice", name, id[1])
			}
			seen[id[1]] = true
		}
		for _, of := range regexp.MustCompile(` for="([^"]*)"`).FindAllStringSubmatch(text, -1) {
			if !seen[of[1]] {
				t.Errorf("%s has a label for %s, which is not there", name, of[1])
			}
		}
	}
}

// The ids and field names that scripts for Keycloak's pages use.
func TestKeycloaksNames(t *testing.T) {
	for name, want := range map[string][]string{
		"login":           {`id="kc-form-login"`, `id="username" name="username"`, `id="password" name="password"`, `name="credentialId"`, `id="kc-login" name="login"`, `id="rememberMe" name="rememberMe"`, `id="input-error-username"`, ">Sign In<"},
		"sign in again":   {`id="kc-attempted-username"`, `id="password"`, `id="input-error-password"`},
		"error":           {`id="kc-error-message"`, `class="instruction`},
		"message":         {`id="backToApplication"`},
		"consent":         {`id="kc-login" name="accept"`, `id="kc-cancel" name="cancel"`, `name="code"`},
		"update password": {`id="password-new" name="password-new"`, `id="password-confirm" name="password-confirm"`, `id="kc-cancel" name="cancel-aia" value="true"`, `id="kc-submit"`, `id="input-error-password-confirm"`, `id="logout-sessions" name="logout-sessions"`},
		"logout":          {`id="kc-logout" name="confirmLogout"`, `name="session_code"`, "Do you want to log out?"},
		"device":          {`id="device_user_code" name="device_user_code"`},
	} {
		text := written(t, all("text")[name])
		for _, part := range want {
			if !strings.Contains(text, part) {
				t.Errorf("%s lacks %s", name, part)
			}
		}
	}
	if text := written(t, all("text")["sign in again"]); strings.Contains(text, `id="username"`) {
		t.Error("a field for the name, where the person is known")
	}
}
