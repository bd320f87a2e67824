package realm

import (
	"maps"
	"slices"
	"strings"
)

// Keys of flaws that an edit of a profile has beside those of its values.
const (
	emailTaken    = "emailExistsMessage"
	usernameTaken = "usernameExistsMessage"
)

// editProfile reads what a user wants the own profile to be: all values of all attributes, by name. An attribute
// that is not given is removed where the user may change it, and else stays. What the realm's user profile does not
// declare is passed over, as in Keycloak, unless the realm lets users have such attributes. It returns the change for changeUser, or what is wrong.
func (r *Realm) editProfile(user *User, given map[string][]string) (change func(*User), flaws []profileFlaw) {
	edited := map[string][]string{}
	for _, a := range r.Profile {
		values, there := given[a.Name]
		values = withoutEmpty(values)
		if a.Name == "username" || a.Name == "email" {
			for i := range values {
				values[i] = strings.ToLower(values[i])
			}
		}
		if r.userEdits(a) {
			edited[a.Name] = values
			flaws = append(flaws, r.flawsOfEdit(user, a, values)...)
		} else if there && !slices.Equal(values, user.own(a.Name)) {
			flaws = append(flaws, readOnlyFlaws(a, values)...)
		}
	}
	if r.UnmanagedAttributes {
		for _, name := range slices.Sorted(maps.Keys(given)) {
			if r.declares(name) {
				continue
			}
			edited[name] = withoutEmpty(given[name])
			flaws = append(flaws, ProfileAttribute{Name: name, Multivalued: true, Validations: unmanagedChecks}.flaws(edited[name])...)
		}
		for name := range user.Attrs {
			if _, kept := edited[name]; !kept && !r.declares(name) {
				edited[name] = nil
			}
		}
	}
	if len(flaws) > 0 {
		return nil, flaws
	}
	return func(u *User) { u.takeProfile(edited) }, nil
}

// unmanagedChecks is what Keycloak checks in attributes that nobody declared.
var unmanagedChecks = map[string]map[string]any{"length": {"min": 0, "max": 2048}}

func withoutEmpty(values []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(value string) bool { return value == "" })
}

// declares reports whether the user profile has an attribute.
func (r *Realm) declares(name string) bool {
	return slices.ContainsFunc(r.Profile, func(a ProfileAttribute) bool { return a.Name == name })
}

func (r *Realm) flawsOfEdit(user *User, a ProfileAttribute, values []string) []profileFlaw {
	flaws := a.flaws(values)
	add := func(key string) { flaws = append(flaws, profileFlaw{a.Name, key, []any{a.title()}}) }
	switch {
	case len(values) == 0 && a.Name == "username":
		add("missingUsernameMessage")
	case len(values) == 0 && a.Name == "email" && a.RequiredOfUsers:
		add("missingEmailMessage")
	case len(values) == 0:
	case a.Name == "username" && r.another(user, func(u *User) bool { return u.Username == values[0] }):
		add(usernameTaken)
	case a.Name == "email" && !r.DuplicateEmailsAllowed && r.another(user, func(u *User) bool { return u.Email == values[0] }):
		add(emailTaken)
	}
	return flaws
}

func (r *Realm) another(than *User, is func(*User) bool) bool {
	return slices.ContainsFunc(r.Users, func(u *User) bool { return u.ID != than.ID && is(u) })
}

func readOnlyFlaws(a ProfileAttribute, values []string) []profileFlaw {
	flaws := []profileFlaw{{a.Name, "error-user-attribute-read-only", []any{a.title()}}}
	switch {
	case a.Name != "username":
	case len(values) == 0:
		flaws = append(flaws, profileFlaw{a.Name, "missingUsernameMessage", []any{a.title()}})
	default:
		flaws = append(flaws, profileFlaw{a.Name, "readOnlyUsernameMessage", []any{a.title()}})
	}
	return flaws
}

// takeProfile sets attributes, those with no value among them. A new e-mail address is not verified.
func (u *User) takeProfile(edited map[string][]string) {
	u.Attrs = maps.Clone(u.Attrs)
	if u.Attrs == nil {
		u.Attrs = map[string][]string{}
	}
	for name, values := range edited {
		first := ""
		if len(values) > 0 {
			first = values[0]
		}
		switch name {
		case "username":
			u.Username = first
		case "email":
			u.EmailVerified = u.EmailVerified && u.Email == first
			u.Email = first
		case "firstName":
			u.FirstName = first
		case "lastName":
			u.LastName = first
		default:
			delete(u.Attrs, name)
			if len(values) > 0 {
				u.Attrs[name] = values
			}
		}
	}
}
