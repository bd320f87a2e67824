package realm

import (
	"encoding/json"
	"slices"
	"testing"
)

// TestProfile holds which users Keycloak 26.7.4 stopped at the password grant.
func TestProfile(t *testing.T) {
	const both, admin = `"permissions":{"view":["admin","user"],"edit":["admin","user"]}`, `"permissions":{"view":["admin","user"],"edit":["admin"]}`
	tests := []struct {
		name, attribute, values string
		stopped                 bool
	}{
		{"required of users", `"required":{"roles":["user"]},` + both, `[]`, true},
		{"required and blank", `"required":{"roles":["user"]},` + both, `[" "]`, true},
		{"required of all", `"required":{},` + both, `[]`, true},
		{"required of administrators", `"required":{"roles":["admin"]},` + both, `[]`, false},
		{"required for a scope", `"required":{"roles":["user"],"scopes":["phone"]},` + both, `[]`, false},
		{"there for a scope", `"required":{"roles":["user"]},"selector":{"scopes":["phone"]},` + both, `[]`, false},
		{"required, but not theirs to give", `"required":{"roles":["user"]},` + admin, `[]`, false},
		{"required, and nobody's to give", `"required":{"roles":["user"]}`, `[]`, false},
		{"too long", `"validations":{"length":{"max":2}},` + both, `["abc"]`, true},
		{"too long, with the bound in quotes", `"validations":{"length":{"max":"2"}},` + both, `["abc"]`, true},
		{"too long, but not theirs to change", `"validations":{"length":{"max":2}},` + admin, `["abc"]`, false},
		{"too short without blanks", `"validations":{"length":{"min":2}},` + both, `[" a "]`, true},
		{"not as the pattern", `"validations":{"pattern":{"pattern":"[a-z]+"}},` + both, `["abc1"]`, true},
		{"as the pattern", `"validations":{"pattern":{"pattern":"[a-z]+"}},` + both, `["abc"]`, false},
		{"no option", `"validations":{"options":{"options":["x"]}},` + both, `["z"]`, true},
		{"two options", `"multivalued":true,"validations":{"options":{"options":["x","y"]}},` + both, `["x","y"]`, false},
		{"two values for one", both, `["x","y"]`, true},
		{"too many values", `"multivalued":true,"validations":{"multivalued":{"max":"1"}},` + both, `["x","y"]`, true},
		{"no integer", `"validations":{"integer":{}},` + both, `["x"]`, true},
		{"too large", `"validations":{"integer":{"min":3,"max":5}},` + both, `["6"]`, true},
		{"a number", `"validations":{"double":{}},` + both, `["1.5"]`, false},
		{"no address", `"validations":{"email":{}},` + both, `["nix"]`, true},
		{"no URI", `"validations":{"uri":{}},` + both, `["nix"]`, true},
		{"an odd name", `"validations":{"person-name-prohibited-characters":{}},` + both, `["a<b"]`, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			config, err := json.Marshal(`{"attributes":[{"name":"username"},{"name":"email"},{"name":"dep",` + test.attribute + `}]}`)
			if err != nil {
				t.Fatal(err)
			}
			r, _ := load(t, `{"realm": "r", "enabled": true, "users": [{"username": "b", "enabled": true, "attributes": {"dep": `+test.values+`}}],
				"components": {"org.keycloak.userprofile.UserProfileProvider": [{"config": {"kc.user.profile.config": [`+string(config)+`]}}]}}`)
			if got := slices.Contains(r.Pending(r.Users[0]), verifyProfile); got != test.stopped {
				t.Errorf("stopped: %v, want %v", got, test.stopped)
			}
		})
	}
}

func TestDefaultProfile(t *testing.T) {
	tests := []struct {
		user    User
		stopped bool
	}{
		{User{Username: "b", Email: "b@x.de", FirstName: "Bärbel", LastName: "O'Neil-Šmid"}, false},
		{User{Username: "b", Email: "b@localhost", FirstName: "B", LastName: "B"}, false},
		{User{Username: "b", Email: "nomail", FirstName: "B", LastName: "B"}, true},
		{User{Username: "b", Email: "b@x.de", FirstName: " ", LastName: "B"}, true},
		{User{Username: "b", Email: "b@x.de"}, true},
	}
	r := &Realm{Profile: defaultProfile().attributes}
	for _, test := range tests {
		if got := len(r.Pending(&test.user)) > 0; got != test.stopped {
			t.Errorf("%+v: stopped %v", test.user, got)
		}
	}
}

func TestProfileKeeps(t *testing.T) {
	config, err := json.Marshal(`{"unmanagedAttributePolicy":"ADMIN_EDIT","attributes":[{"name":"username"},{"name":"email"},
		{"name":"dep","displayName":"Department","group":"work","validations":{"length":{"max":64}},"annotations":{"a":[1,true,null]}}]}`)
	if err != nil {
		t.Fatal(err)
	}
	r, warnings := load(t, `{"realm": "r", "enabled": true, "users": [{"username": "b", "enabled": true, "realmRoles": [], "attributes": {"x": ["y"]}}],
		"components": {"org.keycloak.userprofile.UserProfileProvider": [{"config": {"kc.user.profile.config": [`+string(config)+`]}}]}}`)
	dep := r.Profile[2]
	if dep.DisplayName != "Department" || dep.Group != "work" || dep.Validations["length"]["max"] != 64.0 || len(dep.Annotations["a"].([]any)) != 3 {
		t.Errorf("dep: %+v", dep)
	}
	if len(warnings) != 0 || !slices.Equal(r.Users[0].Attrs["x"], []string{"y"}) {
		t.Errorf("unmanaged attributes are allowed here: %v", warnings)
	}
}
