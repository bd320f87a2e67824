package auth_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keystead/auth"
	"keystead/auth/authtest"
)

// path is an address's parameters.
type path map[string]string

func (p path) URLParam(name string) string { return p[name] }

// The claims of somebody who has some of everything.
func employee(realm *authtest.Issuer) authtest.Claims {
	return realm.Claims("alice", "user", "auditor").
		With("resource_access", map[string]any{"reports": map[string]any{"roles": []string{"viewer"}}, "empty": map[string]any{"roles": []string{}}}).
		With("scope", "openid reports:read").
		With("groups", []string{"/staff/ops", "/all"}).
		With("organization", []string{"acme"}).
		With("acr", "silver").
		With("department", "engineering").
		With("teams", []string{"red", "blue"}).
		With("tenant", map[string]any{"id": 42, "trial": false}).
		With("a.b", "dotted")
}

// Each row: a requirement, and what its refusal says; "" where it is met.
func TestRequirements(t *testing.T) {
	realm := authtest.NewIssuer(t)
	full := principal(t, realm, employee(realm))
	stripped := realm.Claims("alice").With("resource_access", nil).With("scope", nil).With("acr", nil)
	bare := principal(t, realm, stripped)
	odd := principal(t, realm, stripped.With("realm_access", map[string]any{"roles": "admin"}).With("resource_access", []string{"reports"}).
		With("scope", []string{"reports:read"}).With("groups", map[string]any{"/staff": true}).With("organization", map[string]any{"acme": true}).
		With("acr", 1).With("department", []any{"engineering", nil}).With("teams", map[string]any{}).With("tenant", "42").With("empty", ""))
	engineering := path{"department": "engineering", "tenant": "42", "team": "blue"}
	sales := path{"department": "sales", "tenant": "4", "team": "green"}

	const none = ": the token has no such claim that can be used"
	tests := []struct {
		name        string
		requirement auth.Requirement
		caller      *auth.Principal
		path        path
		code        auth.Code
		says        string
	}{
		{"a role that is missing", auth.RealmRole("admin"), full, nil, auth.CodeRoleMissing, "Requires one of: admin"},
		{"two roles that are missing", auth.RealmRole("admin", "root"), full, nil, auth.CodeRoleMissing, "Requires one of: admin, root"},
		{"a role without any", auth.RealmRole("admin"), bare, nil, auth.CodeRoleMissing, "Requires one of: admin"},
		{"a role in a text", auth.RealmRole("admin"), odd, nil, auth.CodeRoleMissing, "Requires one of: admin"},
		{"one role of two", auth.RealmRole("admin", "auditor"), full, nil, "", ""},
		{"a client's role that is missing", auth.ClientRole("reports", "editor"), full, nil, auth.CodeRoleMissing, "Requires one of: editor (roles of client reports)"},
		{"a client's role of another client", auth.ClientRole("demo", "viewer"), full, nil, auth.CodeRoleMissing, "Requires one of: viewer (roles of client demo)"},
		{"a client's role that the realm has", auth.ClientRole("reports", "auditor"), full, nil, auth.CodeRoleMissing, "Requires one of: auditor (roles of client reports)"},
		{"a realm's role that a client has", auth.RealmRole("viewer"), full, nil, auth.CodeRoleMissing, "Requires one of: viewer"},
		{"a client's role in a list", auth.ClientRole("reports", "viewer"), odd, nil, auth.CodeRoleMissing, "Requires one of: viewer (roles of client reports)"},
		{"a client's role", auth.ClientRole("reports", "editor", "viewer"), full, nil, "", ""},
		{"a scope that is missing", auth.Scope("reports:write"), full, nil, auth.CodeScopeMissing, "Requires the scope reports:write"},
		{"a scope of two", auth.Scope("reports:read", "reports:write"), full, nil, auth.CodeScopeMissing, "Requires the scope reports:read, reports:write: the token lacks reports:write"},
		{"a scope in a list", auth.Scope("reports:read"), odd, nil, auth.CodeScopeMissing, "Requires the scope reports:read"},
		{"part of a scope", auth.Scope("reports"), full, nil, auth.CodeScopeMissing, "Requires the scope reports"},
		{"both scopes", auth.Scope("openid", "reports:read"), full, nil, "", ""},
		{"another group", auth.InGroup("/staff"), full, nil, auth.CodeGroupMissing, "Requires group /staff"},
		{"a group in an object", auth.InGroup("/staff"), odd, nil, auth.CodeGroupMissing, "Requires group /staff"},
		{"a group", auth.InGroup("/staff/ops"), full, nil, "", ""},
		{"a group beside", auth.InGroupTree("/al"), full, nil, auth.CodeGroupMissing, "Requires group /al or one below it"},
		{"a group above", auth.InGroupTree("/staff/ops/night"), full, nil, auth.CodeGroupMissing, "Requires group /staff/ops/night or one below it"},
		{"a group below", auth.InGroupTree("/staff"), full, nil, "", ""},
		{"the group itself", auth.InGroupTree("/all"), full, nil, "", ""},
		{"another organization", auth.InOrganization("globex"), full, nil, auth.CodeOrganizationMissing, "Requires a member of the organization globex"},
		{"an organization of a wrong type", auth.InOrganization("acme"), odd, nil, auth.CodeOrganizationMissing, "Requires a member of the organization acme"},
		{"an organization", auth.InOrganization("acme"), full, nil, "", ""},
		{"a lower level", auth.AuthenticationLevel("gold"), full, nil, auth.CodeAuthenticationLevel, "Requires a stronger sign-in: the authentication level gold: it is silver"},
		{"no level", auth.AuthenticationLevel("gold"), bare, nil, auth.CodeAuthenticationLevel, "Requires a stronger sign-in: the authentication level gold"},
		{"a level that is a number", auth.AuthenticationLevel("1"), odd, nil, auth.CodeAuthenticationLevel, "Requires a stronger sign-in: the authentication level 1"},
		{"a level", auth.AuthenticationLevel("gold", "silver"), full, nil, "", ""},

		{"a claim that is absent", auth.Claim("department").Present(), bare, nil, auth.CodeClaimMismatch, "Requires the claim department"},
		{"a claim that is empty", auth.Claim("empty").Present(), odd, nil, auth.CodeClaimMismatch, "Requires the claim empty"},
		{"a claim that is an object", auth.Claim("tenant").Present(), full, nil, auth.CodeClaimMismatch, "Requires the claim tenant"},
		{"a claim that is there", auth.Claim("department").Present(), full, nil, "", ""},
		{"a claim below", auth.Claim("tenant.id").Present(), full, nil, "", ""},
		{"a claim of another value", auth.Claim("department").Equals("sales"), full, nil, auth.CodeClaimMismatch, "Requires the claim department equal to sales: it is engineering"},
		{"another case", auth.Claim("department").Equals("Engineering"), full, nil, auth.CodeClaimMismatch, "Requires the claim department equal to Engineering: it is engineering"},
		{"a list with null in it", auth.Claim("department").Contains("engineering"), odd, nil, auth.CodeClaimMismatch, "Requires the claim department with engineering in it" + none},
		{"a list is no value", auth.Claim("teams").Equals("red"), full, nil, auth.CodeClaimMismatch, "Requires the claim teams equal to red" + none},
		{"a value that is no member", auth.Claim("tenant.id").Equals("42"), odd, nil, auth.CodeClaimMismatch, "Requires the claim tenant.id equal to 42" + none},
		{"a name with a dot is no member", auth.Claim("a.b").Equals("dotted"), full, nil, auth.CodeClaimMismatch, "Requires the claim a.b equal to dotted" + none},
		{"a name with a dot", auth.Claim(`a\.b`).Equals("dotted"), full, nil, "", ""},
		{"a value", auth.Claim("department").Equals("engineering"), full, nil, "", ""},
		{"a number", auth.Claim("tenant.id").Equals("42"), full, nil, "", ""},
		{"another number", auth.Claim("tenant.id").Equals("42.0"), full, nil, auth.CodeClaimMismatch, "Requires the claim tenant.id equal to 42.0: it is 42"},
		{"a boolean", auth.Claim("tenant.trial").Equals("false"), full, nil, "", ""},
		{"a list without it", auth.Claim("teams").Contains("re"), full, nil, auth.CodeClaimMismatch, "Requires the claim teams with re in it: it is red, blue"},
		{"a list with it", auth.Claim("teams").Contains("blue"), full, nil, "", ""},
		{"a value counts as a list of one", auth.Claim("department").Contains("engineering"), full, nil, "", ""},
		{"the roles as a claim", auth.Claim("realm_access.roles").Contains("auditor"), full, nil, "", ""},

		{"another department", auth.Claim("department").EqualsPath("department"), full, sales, auth.CodeClaimMismatch, "Requires the claim department equal to the department in the address: it is engineering, not sales"},
		{"no department", auth.Claim("department").EqualsPath("department"), bare, sales, auth.CodeClaimMismatch, "Requires the claim department equal to the department in the address" + none},
		{"an empty one matches no address", auth.Claim("empty").EqualsPath("department"), odd, path{"department": ""}, auth.CodeClaimMismatch, "Requires the claim empty equal to the department in the address" + none},
		{"a claim matches no empty address", auth.Claim("department").EqualsPath("department"), full, path{}, auth.CodeClaimMismatch, "Requires the claim department equal to the department in the address: it is engineering, not "},
		{"one's own department", auth.Claim("department").EqualsPath("department"), full, engineering, "", ""},
		{"one's own tenant", auth.Claim("tenant.id").EqualsPath("tenant"), full, engineering, "", ""},
		{"another team", auth.Claim("teams").ContainsPath("team"), full, sales, auth.CodeClaimMismatch, "Requires the claim teams with the team of the address in it: it is red, blue, not green"},
		{"one's own team", auth.Claim("teams").ContainsPath("team"), full, engineering, "", ""},

		{"no alternative", auth.AnyOf(auth.RealmRole("admin"), auth.Scope("x")), full, nil, auth.CodeRoleMissing, "Requires one of: realm role admin; scope x"},
		{"no alternative but a stronger sign-in", auth.AnyOf(auth.RealmRole("admin"), auth.AuthenticationLevel("gold")), full, nil, auth.CodeAuthenticationLevel, "Requires a stronger sign-in: the authentication level gold: it is silver"},
		{"one alternative", auth.AnyOf(auth.RealmRole("admin"), auth.Scope("reports:read")), full, nil, "", ""},
		{"not all", auth.AllOf(auth.RealmRole("user"), auth.InGroup("/none"), auth.Scope("x")), full, nil, auth.CodeGroupMissing, "Requires group /none"},
		{"not all, and a stronger sign-in would not do", auth.AllOf(auth.AuthenticationLevel("gold"), auth.RealmRole("admin")), full, nil, auth.CodeRoleMissing, "Requires one of: admin"},
		{"all but a stronger sign-in", auth.AllOf(auth.AuthenticationLevel("gold"), auth.RealmRole("user")), full, nil, auth.CodeAuthenticationLevel, "Requires a stronger sign-in: the authentication level gold: it is silver"},
		{"all", auth.AllOf(auth.RealmRole("user"), auth.InGroup("/all")), full, nil, "", ""},
		{"nothing of nothing", auth.AllOf(), full, nil, auth.CodeClaimMismatch, "Requires a condition, and there is none"},

		{"not what the caller has", auth.Not(auth.RealmRole("auditor")), full, nil, auth.CodeClaimMismatch, "Refused to callers with realm role auditor"},
		{"not, without the claim", auth.Not(auth.RealmRole("suspended")), bare, nil, auth.CodeClaimMismatch, "Requires not realm role suspended, and the token does not say: it has no usable claim realm_access"},
		{"not, with the claim malformed", auth.Not(auth.RealmRole("suspended")), odd, nil, auth.CodeClaimMismatch, "Requires not realm role suspended, and the token does not say: it has no usable claim realm_access"},
		{"not, in a client without roles", auth.Not(auth.ClientRole("none", "x")), full, nil, auth.CodeClaimMismatch, "Requires not role x of client none, and the token does not say: it has no usable claim resource_access.none"},
		{"not, in a group of a wrong type", auth.Not(auth.InGroup("/staff")), odd, nil, auth.CodeClaimMismatch, "Requires not group /staff, and the token does not say: it has no usable claim groups"},
		{"not, with a scope of a wrong type", auth.Not(auth.Scope("x")), odd, nil, auth.CodeClaimMismatch, "Requires not scope x, and the token does not say: it has no usable claim scope"},
		{"not, with an organization of a wrong type", auth.Not(auth.InOrganization("globex")), odd, nil, auth.CodeClaimMismatch, "Requires not organization globex, and the token does not say: it has no usable claim organization"},
		{"not, without a level", auth.Not(auth.AuthenticationLevel("0")), bare, nil, auth.CodeClaimMismatch, "Requires not authentication level 0, and the token does not say: it has no usable claim acr"},
		{"not, without any claim of two", auth.Not(auth.AnyOf(auth.RealmRole("x"), auth.InGroup("/x"))), bare, nil, auth.CodeClaimMismatch, "Requires not (realm role x or group /x), and the token does not say: it has no usable claim realm_access, groups"},
		{"not, with one claim of two", auth.Not(auth.AnyOf(auth.RealmRole("x"), auth.InGroup("/x"))), principal(t, realm, stripped.With("groups", []string{})), nil, auth.CodeClaimMismatch, "Requires not (realm role x or group /x), and the token does not say: it has no usable claim realm_access"},
		{"not twice, without the claim", auth.Not(auth.Not(auth.RealmRole("x"))), bare, nil, auth.CodeClaimMismatch, "Requires not (not realm role x), and the token does not say: it has no usable claim realm_access"},
		{"not present", auth.Not(auth.Claim("department").Present()), bare, nil, auth.CodeClaimMismatch, "Requires not claim department, and the token does not say: it has no usable claim department"},
		{"not one's own department", auth.Not(auth.Claim("department").EqualsPath("department")), full, engineering, auth.CodeClaimMismatch, "Refused to callers with claim department equal to the department in the address"},
		{"not, with the claim", auth.Not(auth.RealmRole("suspended")), full, nil, "", ""},
		{"not, with no roles of a client", auth.Not(auth.ClientRole("empty", "x")), full, nil, "", ""},
		{"not, with one claim that tells", auth.Not(auth.AllOf(auth.RealmRole("x"), auth.InGroup("/none"))), principal(t, realm, stripped.With("groups", []string{})), nil, "", ""},
		{"not twice", auth.Not(auth.Not(auth.RealmRole("user"))), full, nil, "", ""},
		{"not another department", auth.Not(auth.Claim("department").EqualsPath("department")), full, sales, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			policy := auth.Require(tt.requirement)
			granted, err := policy.Decide(tt.caller, tt.path)
			finding := policy.Explain(tt.caller, tt.path)
			if finding.Met != (err == nil) || (finding.Reason == "") != (err == nil) {
				t.Errorf("Decide says %v, Explain %+v", err, finding)
			}
			if tt.code == "" {
				if err != nil || granted == "" {
					t.Errorf("refused: %v", err)
				}
				return
			}
			var refusal *auth.Error
			if !errors.As(err, &refusal) || refusal.Code != tt.code || refusal.Reason != tt.says || granted != "" {
				t.Errorf("got  %v\nwant %s: %s", err, tt.code, tt.says)
			}
		})
	}
}

func TestGrantsAndWords(t *testing.T) {
	realm := authtest.NewIssuer(t)
	caller := principal(t, realm, employee(realm))
	tests := []struct {
		policy       auth.Policy
		words, grant string
		security     [][]string
	}{
		{auth.Public().Because("x"), "nothing", "nothing", [][]string{}},
		{auth.Optional().Because("x"), "nothing; a token is judged if there is one", "nothing; a token is judged if there is one", [][]string{nil, {}}},
		{auth.Authenticated(), "a token", "a token", [][]string{{}}},
		{auth.Require(auth.RealmRole("admin", "auditor")), "realm role admin or auditor", "realm role admin or auditor", [][]string{{"admin"}, {"auditor"}}},
		{auth.Require(auth.Scope("openid", "reports:read")), "scope openid and reports:read", "scope openid and reports:read", [][]string{{"openid", "reports:read"}}},
		{auth.Require(auth.Claim("department").Equals("engineering")), "claim department equal to engineering", "claim department equal to engineering", [][]string{{}}},
		{
			auth.Require(auth.AnyOf(auth.RealmRole("admin"), auth.AllOf(auth.ClientRole("reports", "viewer"), auth.Not(auth.RealmRole("suspended"))))),
			"realm role admin or (role viewer of client reports and (not realm role suspended))",
			"role viewer of client reports and not realm role suspended",
			[][]string{{"admin"}, {"reports:viewer"}},
		},
		{
			auth.Require(auth.AllOf(auth.AnyOf(auth.RealmRole("a"), auth.RealmRole("user")), auth.AnyOf(auth.Scope("openid"), auth.RealmRole("d")))),
			"(realm role a or realm role user) and (scope openid or realm role d)",
			"realm role user and scope openid",
			[][]string{{"a", "openid"}, {"a", "d"}, {"user", "openid"}, {"user", "d"}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.words, func(t *testing.T) {
			granted, err := tt.policy.Decide(caller, nil)
			if err != nil || granted != tt.grant || tt.policy.String() != tt.words {
				t.Errorf("%s granted by %q, %v", tt.policy, granted, err)
			}
			if diff := cmp.Diff(tt.security, tt.policy.Security()); diff != "" {
				t.Error(diff)
			}
			if finding := tt.policy.Explain(caller, nil); !finding.Met || finding.Condition != tt.words {
				t.Errorf("%+v", finding)
			}
		})
	}
}

// What clients are asked to get stands in the refusal.
func TestRefusalsNameWhatToAskFor(t *testing.T) {
	realm := authtest.NewIssuer(t)
	caller := principal(t, realm, realm.Claims("bob"))
	var refusal *auth.Error
	_, err := auth.Require(auth.AnyOf(auth.Scope("reports:read", "reports:write"), auth.RealmRole("admin"))).Decide(caller, nil)
	if !errors.As(err, &refusal) || cmp.Diff(refusal.Scopes, []string{"reports:read", "reports:write"}) != "" {
		t.Errorf("%+v", err)
	}
	_, err = auth.Require(auth.AuthenticationLevel("gold", "silver")).Decide(caller, nil)
	if !errors.As(err, &refusal) || cmp.Diff(refusal.ACRValues, []string{"gold", "silver"}) != "" {
		t.Errorf("%+v", err)
	}
}

func TestNobodyKnown(t *testing.T) {
	for words, policy := range map[string]auth.Policy{
		"none":           {},
		"authenticated":  auth.Authenticated(),
		"a role":         auth.Require(auth.RealmRole("user")),
		"not a role":     auth.Require(auth.Not(auth.RealmRole("user"))),
		"no requirement": auth.Require(nil),
	} {
		if _, err := policy.Decide(nil, nil); !errors.Is(err, auth.ErrTokenMissing) {
			t.Errorf("%s let nobody in: %v", words, err)
		}
		if policy.Permission(nil).Allowed || policy.Explain(nil, nil).Met {
			t.Errorf("%s would let nobody in", words)
		}
	}
	realm := authtest.NewIssuer(t)
	if _, err := (auth.Policy{}).Decide(principal(t, realm, realm.Claims("alice", "admin")), nil); !errors.Is(err, auth.ErrTokenMissing) {
		t.Errorf("no policy let alice in: %v", err)
	}
	for _, policy := range []auth.Policy{auth.Public(), auth.Optional()} {
		if _, err := policy.Decide(nil, nil); err != nil || !policy.Permission(nil).Allowed {
			t.Errorf("%s: %v", policy, err)
		}
	}
}

func TestPermissions(t *testing.T) {
	realm := authtest.NewIssuer(t)
	claims := realm.Claims("alice", "user").With("department", "engineering").With("team", "red").With("teams", []string{"red", "blue"})
	caller, bare := principal(t, realm, claims), principal(t, realm, realm.Claims("bob", "user"))
	own, team := auth.Claim("department").EqualsPath("department"), auth.Claim("teams").ContainsPath("team")
	engineering := map[string][]string{"department": {"engineering"}}
	tests := []struct {
		name        string
		requirement auth.Requirement
		caller      *auth.Principal
		want        auth.Permission
	}{
		{"a claim that is absent", own, bare, auth.Permission{Refusal: &auth.Error{Code: auth.CodeClaimMismatch,
			Reason: "Requires the claim department equal to the department in the address: the token has no such claim that can be used"}}},
		{"a role that is missing", auth.AllOf(own, auth.RealmRole("admin")), caller, auth.Permission{Refusal: &auth.Error{Code: auth.CodeRoleMissing, Reason: "Requires one of: admin"}}},
		{"no value for both", auth.AllOf(auth.Claim("department").EqualsPath("x"), auth.Claim("team").EqualsPath("x")), caller, auth.Permission{Refusal: &auth.Error{Code: auth.CodeClaimMismatch,
			Reason: "No x meets all conditions at once: requires claim department equal to the x in the address and claim team equal to the x in the address"}}},
		{"one's own", own, caller, auth.Permission{Allowed: true, Where: engineering}},
		{"one's own and a role", auth.AllOf(auth.RealmRole("user"), own), caller, auth.Permission{Allowed: true, Where: engineering}},
		{"one's own or everywhere", auth.AnyOf(own, auth.RealmRole("user")), caller, auth.Permission{Allowed: true}},
		{"one's own or a role that is missing", auth.AnyOf(auth.RealmRole("admin"), own), caller, auth.Permission{Allowed: true, Where: engineering}},
		{"two parameters", auth.AllOf(own, team), caller, auth.Permission{Allowed: true, Where: map[string][]string{"department": {"engineering"}, "team": {"red", "blue"}}}},
		{"two conditions on one", auth.AllOf(team, auth.Claim("team").EqualsPath("team")), caller, auth.Permission{Allowed: true, Where: map[string][]string{"team": {"red"}}}},
		{"every other", auth.Not(own), caller, auth.Permission{Allowed: true}},
		{"every other, without the claim", auth.Not(own), bare, auth.Permission{Refusal: &auth.Error{Code: auth.CodeClaimMismatch,
			Reason: "Requires not claim department equal to the department in the address, and the token does not say: it has no usable claim department"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, auth.Require(tt.requirement).Permission(tt.caller)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExplainShowsEachPart(t *testing.T) {
	realm := authtest.NewIssuer(t)
	caller := principal(t, realm, realm.Claims("alice", "user").With("acr", nil))
	got := auth.Require(auth.AllOf(auth.AnyOf(auth.RealmRole("admin"), auth.RealmRole("user")), auth.Not(auth.AuthenticationLevel("0")))).Explain(caller, nil)
	silent := "Requires not authentication level 0, and the token does not say: it has no usable claim acr"
	want := auth.Finding{
		Condition: "(realm role admin or realm role user) and (not authentication level 0)", Reason: silent,
		Parts: []auth.Finding{
			{Condition: "realm role admin or realm role user", Met: true, Parts: []auth.Finding{
				{Condition: "realm role admin", Reason: "Requires one of: admin"},
				{Condition: "realm role user", Met: true},
			}},
			{Condition: "not authentication level 0", Reason: silent, Parts: []auth.Finding{
				{Condition: "authentication level 0", Reason: "Requires a stronger sign-in: the authentication level 0; the token has no usable claim acr"},
			}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A policy that cannot mean what it says is found at the start, not by whom it lets in.
func TestCheckFindsMistakes(t *testing.T) {
	tests := map[string]auth.Policy{
		"has no policy":               {},
		"it has no policy":            auth.Require(nil),
		"or one that is nil":          auth.Require(auth.AnyOf(auth.RealmRole("x"), nil)),
		"parts, or one that is":       auth.Require(auth.AllOf(auth.Not(nil))),
		"needs a reason":              auth.Public(),
		"lets everybody in needs":     auth.Optional(),
		`"realm role " names nothing`: auth.Require(auth.RealmRole()),
		"names nothing":               auth.Require(auth.RealmRole("")),
		"of client":                   auth.Require(auth.Not(auth.ClientRole("", "x"))),
		"scope":                       auth.Require(auth.Scope()),
		"must name a full path":       auth.Require(auth.AllOf(auth.RealmRole("x"), auth.InGroup("staff"))),
		"such as /staff/ops":          auth.Require(auth.InGroupTree("/")),
		"organization":                auth.Require(auth.InOrganization("")),
		"authentication level":        auth.Require(auth.AuthenticationLevel("")),
		"names no claim":              auth.Require(auth.Claim("tenant..id").Present()),
		"compares with nothing":       auth.Require(auth.Claim("tenant").Equals("")),
		"with nothing":                auth.Require(auth.Claim("tenant").EqualsPath("")),
		"path does not have":          auth.Require(auth.AnyOf(auth.RealmRole("x"), auth.Claim("tenant").EqualsPath("tennant"))),
		"no parts":                    auth.Require(auth.AnyOf()),
		"has no parts":                auth.Require(auth.AnyOf(auth.RealmRole("x"), auth.Not(auth.AllOf()))),
		"can never hold":              auth.Require(auth.Not(auth.Claim("tenant").Present())),
	}
	for want, policy := range tests {
		if err := policy.Check([]string{"tenant"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	for _, policy := range []auth.Policy{
		auth.Public().Because("probes come before tokens"),
		auth.Optional().Because("greets by name"),
		auth.Authenticated(),
		auth.Require(auth.AnyOf(auth.RealmRole("x"), auth.Not(auth.AllOf(auth.Claim("tenant").EqualsPath("tenant"), auth.Claim("a").Contains("b"))))),
	} {
		if err := policy.Check([]string{"tenant"}); err != nil {
			t.Errorf("%s: %v", policy, err)
		}
	}
}

// Reasons quote claims and addresses, which may be of any length.
func TestReasonsStayShort(t *testing.T) {
	realm := authtest.NewIssuer(t)
	long := strings.Repeat("ü", 3000)
	_, err := auth.Require(auth.Claim("department").EqualsPath("department")).Decide(
		principal(t, realm, realm.Claims("alice").With("department", long)), path{"department": long + "x"})
	if err == nil || len(err.Error()) > 400 {
		t.Errorf("%v", err)
	}
	// The members of a list that is no list of texts, however deep, are not taken for the claim.
	deep := principal(t, realm, realm.Claims("alice").With("tenant", json.RawMessage(`[{"id":"42"},{"tenant":{"id":"42"}}]`)))
	if _, err := auth.Require(auth.Claim("tenant.id").Equals("42")).Decide(deep, nil); err == nil {
		t.Error("a member of something in a list was taken for a member")
	}
}
