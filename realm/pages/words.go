package pages

import "strings"

// Headline is the page's heading.
func (p Message) Headline() string {
	switch {
	case p.Title != "":
		return p.Title
	case p.Error:
		return "This cannot go on"
	}
	return p.Text
}

// AboveForm reports whether Keycloak shows Error above the form, as it does where a password policy refuses,
// rather than at the field.
func (p UpdatePassword) AboveForm() bool {
	return p.Error != "" && p.Error != "Please specify password."
}

// Action is a required action in plain words.
type Action struct {
	Code string // as in the realm file
	Must string // what the user has to do
	Mend string // what to change in the realm file instead
}

// takeOut ends the advice on an action that stands with the user.
const takeOut = `take it out of the user's "requiredActions".`

var actions = map[string]Action{
	"UPDATE_PASSWORD":                {Must: "Choose a new password.", Mend: "Give the user the password to keep, and " + takeOut},
	"VERIFY_EMAIL":                   {Must: "Confirm the e-mail address.", Mend: `Set "emailVerified" to true, and ` + takeOut},
	"UPDATE_EMAIL":                   {Must: "Enter a new e-mail address.", Mend: `Set "email", and ` + takeOut},
	"CONFIGURE_TOTP":                 {Must: "Set up one-time codes.", Mend: "To sign in without them, " + takeOut},
	"CONFIGURE_RECOVERY_AUTHN_CODES": {Must: "Note down recovery codes.", Mend: "To sign in without them, " + takeOut},
	"UPDATE_PROFILE":                 {Must: "Review the account's details.", Mend: "Set them as they should be, and " + takeOut},
	"VERIFY_PROFILE":                 {Must: "Complete the account's details.", Mend: `Give the user "email", "firstName", "lastName" and what else the realm's user profile requires.`},
	"TERMS_AND_CONDITIONS":           {Must: "Accept the terms and conditions.", Mend: "To sign in without that, " + takeOut},
	"UPDATE_USER_LOCALE":             {Must: "Choose a language.", Mend: "To sign in without that, " + takeOut},
	"WEBAUTHN-REGISTER":              {Must: "Register a security key.", Mend: "To sign in without one, " + takeOut},
	"WEBAUTHN-REGISTER-PASSWORDLESS": {Must: "Register a passkey.", Mend: "To sign in without one, " + takeOut},
}

// Explained is Actions in plain words, as far as these are known. Keycloak writes some codes in lower case.
func (p RequiredAction) Explained() []Action {
	explained := make([]Action, len(p.Actions))
	for i, code := range p.Actions {
		action, ok := actions[strings.ToUpper(code)]
		if !ok {
			action = Action{Must: "An action that this realm does not know.", Mend: "To sign in without it, " + takeOut}
		}
		action.Code = code
		explained[i] = action
	}
	return explained
}
