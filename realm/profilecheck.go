package realm

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
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
func (r *Realm) flaws(user *User) []string {
	var flaws []string
	for _, a := range r.Profile {
		if !slices.Contains(a.Edit, "user") || a.Name == "username" && !r.EditUsernameAllowed {
			continue
		}
		if flaw := a.flaw(user.own(a.Name)); flaw != "" {
			flaws = append(flaws, a.Name+" "+flaw)
		}
	}
	return flaws
}

// own returns the values of an attribute that are the user's own, not those of a group.
func (u *User) own(name string) []string {
	if slices.Contains(rootAttributes, name) {
		return u.Attribute(name, false)
	}
	return u.Attrs[name]
}

func (a *ProfileAttribute) flaw(values []string) string {
	given := slices.DeleteFunc(slices.Clone(values), func(value string) bool { return strings.TrimSpace(value) == "" })
	switch {
	case len(given) == 0 && a.RequiredOfUsers:
		return "is missing"
	case len(given) == 0:
		return ""
	case len(given) > 1 && !a.Multivalued:
		return "has several values"
	}
	for _, name := range slices.Sorted(maps.Keys(a.Validations)) {
		settings := a.Validations[name]
		if name == "multivalued" && !between(float64(len(given)), settings) {
			return "has too many or too few values"
		}
		check := valueChecks[name]
		if check != nil && slices.ContainsFunc(given, func(value string) bool { return !check(value, settings) }) {
			return fmt.Sprintf("fails the check %q", name)
		}
	}
	return ""
}

// otherChecks are validators that are no checks of one value: the number of values is checked above, and no
// name of a realm file tries to look like another.
var otherChecks = set("multivalued up-username-not-idn-homograph")

// valueChecks are Keycloak's validators by name. Those that are not here accept everything.
var valueChecks = map[string]func(value string, settings map[string]any) bool{
	"length": func(value string, settings map[string]any) bool {
		if fmt.Sprint(settings["trim-disabled"]) != "true" {
			value = strings.TrimSpace(value)
		}
		return between(float64(utf8.RuneCountInString(value)), settings)
	},
	"integer": func(value string, settings map[string]any) bool {
		n, err := strconv.ParseInt(value, 10, 64)
		return err == nil && between(float64(n), settings)
	},
	"double": func(value string, settings map[string]any) bool {
		n, err := strconv.ParseFloat(value, 64)
		return err == nil && between(n, settings)
	},
	"pattern": func(value string, settings map[string]any) bool {
		pattern, err := regexp.Compile(`^(?:` + fmt.Sprint(settings["pattern"]) + `)$`)
		return err != nil || pattern.MatchString(value) // Java's syntax knows more than Go's
	},
	"options": func(value string, settings map[string]any) bool {
		options, _ := settings["options"].([]any)
		return slices.ContainsFunc(options, func(option any) bool { return fmt.Sprint(option) == value })
	},
	"email": func(value string, _ map[string]any) bool { return emailForm.MatchString(value) },
	"uri": func(value string, _ map[string]any) bool {
		u, err := url.Parse(value)
		return err == nil && u.IsAbs() && u.Host != ""
	},
	"person-name-prohibited-characters": func(value string, _ map[string]any) bool { return !oddInNames.MatchString(value) },
	"username-prohibited-characters":    func(value string, _ map[string]any) bool { return !oddInUsernames.MatchString(value) },
}

var (
	emailForm      = regexp.MustCompile(`^[^\s@<>(),:;"\\\[\]]+@[\p{L}\d](?:[\p{L}\d.-]*[\p{L}\d])?$`)
	oddInNames     = regexp.MustCompile(`[<>&"$%!#?§;*~/\\|^=\[\]{}()\p{Cc}]`)
	oddInUsernames = regexp.MustCompile(`[<>&"'$%!#?§,;:*~/\\|^=\[\]{}()\p{Cc}\pZ\x60]`)
)

// between reports whether the number keeps within "min" and "max", which may be strings in the file.
func between(n float64, settings map[string]any) bool {
	least, err := strconv.ParseFloat(fmt.Sprint(settings["min"]), 64)
	if err == nil && n < least {
		return false
	}
	most, err := strconv.ParseFloat(fmt.Sprint(settings["max"]), 64)
	return err != nil || n <= most
}
