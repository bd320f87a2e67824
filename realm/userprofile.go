package realm

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// verifyProfile is the required action of a user whose profile is not complete.
// Required actions that Keycloak adds by itself.
const (
	verifyProfile = "VERIFY_PROFILE"
	verifyEmail   = "VERIFY_EMAIL"
)

// profile says which attributes users have.
type profile struct {
	attributes []ProfileAttribute
	unmanaged  bool // others may be imported, too
	open       bool // … and users may have others of their own making
	othersToo  bool // administrators see others, too
}

// rootAttributes are members of a user rather than attributes of it.
var rootAttributes = []string{"username", "email", "firstName", "lastName"}

// defaultProfile is what a realm has whose file brings no profile.
func defaultProfile() *profile {
	both := []string{"admin", "user"}
	names := map[string]any{"person-name-prohibited-characters": map[string]any{}, "length": map[string]any{"max": float64(255)}}
	return &profile{attributes: []ProfileAttribute{
		{Name: "username", DisplayName: "${username}", View: both, Edit: both, Validations: map[string]map[string]any{
			"length": {"min": float64(3), "max": float64(255)}, "username-prohibited-characters": {}, "up-username-not-idn-homograph": {}}},
		{Name: "email", DisplayName: "${email}", RequiredOfUsers: true, View: both, Edit: both, Validations: map[string]map[string]any{
			"email": {}, "length": {"max": float64(255)}}},
		{Name: "firstName", DisplayName: "${firstName}", RequiredOfUsers: true, View: both, Edit: both, Validations: nested(names)},
		{Name: "lastName", DisplayName: "${lastName}", RequiredOfUsers: true, View: both, Edit: both, Validations: nested(names)},
	}}
}

// readProfile reads the user profile out of the realm's components, where it stands as JSON in a string.
func readProfile(components *node) *profile {
	for _, c := range components.objects(userProfileKind) {
		texts := c.object("config").list("kc.user.profile.config")
		if len(texts) == 0 {
			continue
		}
		config, err := texts[0].src.inner(texts[0], texts[0].scalar())
		if err != nil {
			texts[0].refuse("want the user profile as JSON in a string: %v", err)
			return defaultProfile()
		}
		return readProfileConfig(config)
	}
	return defaultProfile()
}

func readProfileConfig(config *node) *profile {
	policy := config.str("unmanagedAttributePolicy")
	p := &profile{unmanaged: policy == "ENABLED" || policy == "ADMIN_EDIT", open: policy == "ENABLED"}
	p.othersToo = p.unmanaged || policy == "ADMIN_VIEW"
	for _, a := range config.objects("attributes") {
		if a.str("name") == "" {
			a.refuse("an attribute of the user profile needs a name")
			continue
		}
		p.attributes = append(p.attributes, readProfileAttribute(a))
	}
	for _, name := range []string{"username", "email"} {
		if !slices.ContainsFunc(p.attributes, func(a ProfileAttribute) bool { return a.Name == name }) {
			config.refuse("the user profile must have an attribute %q", name)
		}
	}
	return p
}

func readProfileAttribute(a *node) ProfileAttribute {
	permissions := a.object("permissions")
	attribute := ProfileAttribute{
		Name:        a.str("name"),
		DisplayName: a.str("displayName"),
		View:        permissions.strs("view"),
		Edit:        permissions.strs("edit"),
		Multivalued: a.flag("multivalued", false),
		Validations: nested(a.object("validations").plain()),
		Annotations: a.object("annotations").plain(),
		Group:       a.str("group"),
	}
	if required := a.object("required"); required != nil {
		roles, scopes := required.strs("roles"), required.strs("scopes")
		attribute.RequiredOfUsers = len(scopes) == 0 && (len(roles) == 0 || slices.Contains(roles, "user"))
		if len(scopes) > 0 {
			required.member("scopes").leaveOut(userProfileChecks)
		}
	}
	if a.object("selector") != nil {
		attribute.RequiredOfUsers = false // it is there for some scopes only
		a.member("selector").leaveOut(userProfileChecks)
	}
	for _, check := range slices.Sorted(maps.Keys(attribute.Validations)) {
		if valueChecks[check] == nil && !otherChecks[check] {
			a.member("validations").member(check).leaveOut(userProfileChecks)
		}
	}
	return attribute
}

// plain returns the object as encoding/json would.
func (n *node) plain() map[string]any {
	all := map[string]any{}
	for _, m := range n.values() {
		all[m.name] = m.value()
	}
	return all
}

func (n *node) value() any {
	switch n.kind {
	case jsontext.KindBeginObject:
		return n.plain()
	case jsontext.KindBeginArray:
		list := []any{}
		for _, item := range n.items {
			list = append(list, item.value())
		}
		return list
	case jsontext.KindString:
		return n.text
	case jsontext.KindNull:
		return nil
	}
	var value any
	if err := json.Unmarshal([]byte(n.text), &value); err != nil {
		return n.text
	}
	return value
}

// nested keeps the members that are objects themselves.
func nested(all map[string]any) map[string]map[string]any {
	objects := map[string]map[string]any{}
	for name, value := range all {
		if settings, ok := value.(map[string]any); ok {
			objects[name] = settings
		}
	}
	return objects
}

// keep reads the attributes of a user.
func (p *profile) keep(n *node) map[string][]string {
	attributes := n.strsMap("attributes")
	for _, m := range n.members("attributes") {
		declared := slices.ContainsFunc(p.attributes, func(a ProfileAttribute) bool { return a.Name == m.name })
		switch {
		case slices.Contains(rootAttributes, m.name):
			delete(attributes, m.name)
		case !declared && !p.unmanaged:
			m.warn("the user profile does not declare the attribute %q: tokens carry it, but Keycloak's consoles neither show nor change it; declare it, or set unmanagedAttributePolicy to ENABLED", m.name)
		}
	}
	return attributes
}
