package realm

import (
	"fmt"
	"maps"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Pending returns the required actions that stop a sign-in of the user: those of the file, and VERIFY_PROFILE
// when an attribute that users may change is missing or not as the user profile wants it, and VERIFY_EMAIL where
// the realm wants addresses verified. Nothing stops a service account.
func (r *Realm) Pending(user *User) []string {
	if user.ServiceAccountOf != nil {
		return nil
	}
	actions := slices.Clone(user.RequiredActions)
	if len(r.flaws(user)) > 0 && !slices.Contains(actions, verifyProfile) {
		actions = append(actions, verifyProfile)
	}
	if r.VerifyEmail && user.Email != "" && !user.EmailVerified && !slices.Contains(actions, verifyEmail) {
		actions = append(actions, verifyEmail)
	}
	return actions
}

// flaws returns what the user profile finds wrong with the user. Like Keycloak it looks only at what the user
// could mend.
func (r *Realm) flaws(user *User) []profileFlaw {
	var flaws []profileFlaw
	for _, a := range r.Profile {
		if r.userEdits(a) {
			flaws = append(flaws, a.flaws(user.own(a.Name))...)
		}
	}
	return flaws
}

// userEdits reports whether users may change the attribute themselves.
func (r *Realm) userEdits(a ProfileAttribute) bool {
	return slices.Contains(a.Edit, "user") && (a.Name != "username" || r.EditUsernameAllowed)
}

// userViews reports whether users see the attribute: who may change it sees it, too.
func (a ProfileAttribute) userViews() bool {
	return slices.Contains(a.View, "user") || slices.Contains(a.Edit, "user")
}

// own returns the values of an attribute that are the user's own, not those of a group.
func (u *User) own(name string) []string {
	if slices.Contains(rootAttributes, name) {
		return u.Attribute(name, false)
	}
	return u.Attrs[name]
}

// profileFlaw is something that the user profile finds wrong with an attribute.
type profileFlaw struct {
	attribute string
	key       string // Keycloak's name of the message, or what the profile itself gives for one
	params    []any  // strings and nils that belong into the message; the attribute's own name is the first
}

// missingValue is the key of a flaw: a value must be given.
const missingValue = "error-user-attribute-required"

// inFile is the flaw as a warning about the realm file has it.
func (f profileFlaw) inFile() string {
	if f.key == missingValue {
		return f.attribute + " is missing"
	}
	return fmt.Sprintf("%s is not as the user profile wants it (%s)", f.attribute, f.key)
}

// flaws returns what is wrong with values of the attribute that a user has, or wants.
func (a ProfileAttribute) flaws(values []string) []profileFlaw {
	var flaws []profileFlaw
	add := func(f *flaw) {
		if f == nil || slices.ContainsFunc(flaws, func(known profileFlaw) bool { return known.key == f.key }) {
			return
		}
		flaws = append(flaws, profileFlaw{a.Name, f.key, append([]any{a.title()}, f.params...)})
	}
	given := withoutEmpty(values)
	if a.RequiredOfUsers && !slices.ContainsFunc(given, func(value string) bool { return strings.TrimSpace(value) != "" }) {
		add(&flaw{key: missingValue})
	}
	count, limited := a.Validations["multivalued"]
	if !a.Multivalued {
		count, limited = map[string]any{"max": "1"}, true
	}
	if least, most := bound(count, "min"), bound(count, "max"); limited && outside(float64(len(given)), least, most) {
		add(&flaw{"error-invalid-multivalued-size", []any{orElse(least.text(false), "0"), most.param(false)}})
	}
	for _, name := range slices.Sorted(maps.Keys(a.Validations)) {
		if check := valueChecks[name]; check != nil {
			for _, value := range given {
				add(check(value, a.Validations[name]))
			}
		}
	}
	return flaws
}

// title is the attribute's name for people, which may be a key of Keycloak's own texts: ${firstName}.
func (a ProfileAttribute) title() string { return orElse(a.DisplayName, a.Name) }

// flaw is a profileFlaw without what is the attribute's.
type flaw struct {
	key    string
	params []any
}

// otherChecks are validators that are no checks of one value: the number of values is checked above, and no
// name of a realm file tries to look like another.
var otherChecks = set("multivalued up-username-not-idn-homograph")

// valueChecks are Keycloak's validators by name. Those that are not here accept everything.
var valueChecks = map[string]func(value string, settings map[string]any) *flaw{
	"length": func(value string, settings map[string]any) *flaw {
		if fmt.Sprint(settings["trim-disabled"]) != "true" {
			value = strings.TrimSpace(value)
		}
		return rangeFlaw(float64(utf8.RuneCountInString(value)), settings, "error-invalid-length", "-too-short", "-too-long", false)
	},
	"integer": func(value string, settings map[string]any) *flaw {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return &flaw{key: "error-invalid-number"}
		}
		return rangeFlaw(float64(n), settings, "error-number-out-of-range", "-too-small", "-too-big", false)
	},
	"double": func(value string, settings map[string]any) *flaw {
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return &flaw{key: "error-invalid-number"}
		}
		return rangeFlaw(n, settings, "error-number-out-of-range", "-too-small", "-too-big", true)
	},
	"pattern": func(value string, settings map[string]any) *flaw {
		text := fmt.Sprint(settings["pattern"])
		pattern, err := regexp.Compile(`^(?:` + text + `)$`)
		if err != nil || pattern.MatchString(value) { // Java's syntax knows more than Go's
			return nil
		}
		message, _ := settings["error-message"].(string)
		return &flaw{orElse(message, "error-pattern-no-match"), []any{text}}
	},
	"options": func(value string, settings map[string]any) *flaw {
		return unless(slices.Contains(list(settings, "options"), value), "error-invalid-value")
	},
	"iso-date": func(value string, _ map[string]any) *flaw {
		_, err := time.Parse(time.DateOnly, value)
		return unless(err == nil, "error-invalid-date", value)
	},
	"email": func(value string, _ map[string]any) *flaw {
		return unless(emailForm.MatchString(value), "error-invalid-email", value)
	},
	"uri": uriFlaw,
	"person-name-prohibited-characters": func(value string, _ map[string]any) *flaw {
		return unless(!oddInNames.MatchString(value), "error-person-name-invalid-character")
	},
	"username-prohibited-characters": func(value string, _ map[string]any) *flaw {
		return unless(!oddInUsernames.MatchString(value), "error-username-invalid-character")
	},
}

var (
	emailForm      = regexp.MustCompile(`^[^\s@<>(),:;"\\\[\]]+@[\p{L}\d](?:[\p{L}\d.-]*[\p{L}\d])?$`)
	oddInNames     = regexp.MustCompile(`[<>&"$%!#?§;*~/\\|^=\[\]{}()\p{Cc}]`)
	oddInUsernames = regexp.MustCompile(`[<>&"'$%!#?§,;:*~/\\|^=\[\]{}()\p{Cc}\pZ\x60]`)
)

func unless(good bool, key string, params ...any) *flaw {
	if good {
		return nil
	}
	return &flaw{key, params}
}

// list reads a setting that is an array.
func list(settings map[string]any, name string) []string {
	items, _ := settings[name].([]any)
	var texts []string
	for _, item := range items {
		texts = append(texts, fmt.Sprint(item))
	}
	return texts
}

func uriFlaw(value string, settings map[string]any) *flaw {
	u, err := url.Parse(value)
	schemes := list(settings, "allowedSchemes")
	if len(schemes) == 0 {
		schemes = []string{"http", "https"}
	}
	switch {
	case err != nil || !u.IsAbs():
		return &flaw{"error-invalid-uri", []any{value, "URI is not absolute"}}
	case !slices.Contains(schemes, u.Scheme):
		return &flaw{"error-invalid-uri-scheme", []any{value, u.Scheme}}
	case u.Host == "":
		return &flaw{"error-invalid-uri", []any{value, "URI has no host"}}
	case u.Fragment != "" && fmt.Sprint(settings["allowFragment"]) == "false":
		return &flaw{"error-invalid-uri-fragment", []any{value, u.Fragment}}
	}
	return nil
}

// limit is a bound of a range; nil: there is none.
type limit struct{ value float64 }

// bound reads "min" or "max", which may be a string in the file.
func bound(settings map[string]any, name string) *limit {
	value, err := strconv.ParseFloat(fmt.Sprint(settings[name]), 64)
	if err != nil {
		return nil
	}
	return &limit{value}
}

func outside(n float64, least, most *limit) bool {
	return least != nil && n < least.value || most != nil && n > most.value
}

// rangeFlaw says that a number is out of its range, in one of three messages: both bounds, the lower, the upper one.
func rangeFlaw(n float64, settings map[string]any, key, small, big string, fraction bool) *flaw {
	least, most := bound(settings, "min"), bound(settings, "max")
	switch {
	case !outside(n, least, most):
		return nil
	case most == nil:
		key += small
	case least == nil:
		key += big
	}
	return &flaw{key, []any{least.param(fraction), most.param(fraction)}}
}

// text is the bound as Java writes a long, or with fraction a double; "" when there is none.
func (l *limit) text(fraction bool) string {
	switch {
	case l == nil:
		return ""
	case fraction && l.value == math.Trunc(l.value):
		return strconv.FormatFloat(l.value, 'f', 1, 64)
	}
	return strconv.FormatFloat(l.value, 'f', -1, 64)
}

// param is the bound in the parameters of a message, null when there is none.
func (l *limit) param(fraction bool) any {
	if l == nil {
		return nil
	}
	return l.text(fraction)
}
