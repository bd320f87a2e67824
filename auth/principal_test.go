package auth_test

import (
	"context"
	"testing"
	"time"

	"github.com/go-chi/jwtauth/v5"
	"github.com/google/go-cmp/cmp"

	"keystead/auth"
	"keystead/auth/authtest"
)

// seen is all that a principal tells.
type seen struct {
	Subject, TokenID, SessionID, Username, Name, GivenName, FamilyName, Email string
	EmailVerified                                                             bool
	RealmRoles                                                                []string
	ClientRoles                                                               map[string][]string
	Groups, Scopes, Audience                                                  []string
	Organizations                                                             []auth.Organization
	AuthorizedParty, ACR                                                      string
	AuthTime, IssuedAt, ExpiresAt                                             time.Time
	Claims                                                                    string
}

func look(p *auth.Principal) seen {
	return seen{
		p.Subject(), p.TokenID(), p.SessionID(), p.Username(), p.Name(), p.GivenName(), p.FamilyName(), p.Email(), p.EmailVerified(),
		p.RealmRoles(), p.ClientRoles(), p.Groups(), p.Scopes(), p.Audience(), p.Organizations(),
		p.AuthorizedParty(), p.ACR(), p.AuthTime(), p.IssuedAt(), p.ExpiresAt(), p.Claims(),
	}
}

func TestPrincipal(t *testing.T) {
	realm := authtest.NewIssuer(t)
	claims := realm.Claims("alice", "user", "admin").
		With("resource_access", map[string]any{"my.client": map[string]any{"roles": []string{"editor"}, "more": 1}, "odd": "text", "empty": map[string]any{"roles": []string{}}}).
		With("groups", []string{"/staff/ops"}).With("name", "Alice \"Ali\" Пример\u2028").With("jti", "t1").With("sid", "s1").
		With("organization", []string{"acme", "globex"}).With("auth_time", 1_700_000_000)
	p := principal(t, realm, claims)
	issued := time.Unix(claims["iat"].(int64), 0)
	want := seen{
		Subject: "id-of-alice", TokenID: "t1", SessionID: "s1", Username: "alice", Name: "Alice \"Ali\" Пример\u2028", GivenName: "alice", FamilyName: "Example",
		Email: "alice@example.com", EmailVerified: true, RealmRoles: []string{"user", "admin"},
		ClientRoles: map[string][]string{"my.client": {"editor"}, "empty": {}}, Groups: []string{"/staff/ops"},
		Scopes: []string{"openid", "profile", "email"}, Audience: []string{authtest.Audience, "account"},
		Organizations: []auth.Organization{{Alias: "acme"}, {Alias: "globex"}}, AuthorizedParty: "demo", ACR: "1",
		AuthTime: time.Unix(1_700_000_000, 0), IssuedAt: issued, ExpiresAt: issued.Add(5 * time.Minute), Claims: string(marshal(t, claims)),
	}
	if diff := cmp.Diff(want, look(p)); diff != "" {
		t.Error(diff)
	}

	// What one reader does with it must not reach the next.
	p.RealmRoles()[0] = "root"
	p.ClientRoles()["my.client"][0] = "root"
	p.Groups()[0], p.Scopes()[0], p.Audience()[0], p.Organizations()[0].Alias = "/root", "root", "root", "root"
	if diff := cmp.Diff(want, look(p)); diff != "" {
		t.Errorf("the principal was changed: %s", diff)
	}
}

func TestEmailVerified(t *testing.T) {
	realm := authtest.NewIssuer(t)
	for value, want := range map[any]bool{true: true, false: false, "true": false, 1: false, nil: false} {
		if got := principal(t, realm, realm.Claims("alice").With("email_verified", value)).EmailVerified(); got != want {
			t.Errorf("email_verified %v reads as %v", value, got)
		}
	}
}

// Only the space parts scopes (RFC 6749 §3.3): another blank must not make two of one.
func TestScopes(t *testing.T) {
	realm := authtest.NewIssuer(t)
	for value, want := range map[string][]string{"read  write": {"read", "write"}, " read ": {"read"}, "read\u00a0admin\tx": {"read\u00a0admin\tx"}, "": {}} {
		if diff := cmp.Diff(want, principal(t, realm, realm.Claims("alice").With("scope", value)).Scopes()); diff != "" {
			t.Errorf("%q: %s", value, diff)
		}
	}
}

func TestTimesHaveFractions(t *testing.T) {
	realm := authtest.NewIssuer(t)
	if got := principal(t, realm, realm.Claims("alice").With("iat", 1_700_000_000.25)).IssuedAt(); !got.Equal(time.Unix(1_700_000_000, 250_000_000)) {
		t.Errorf("iat reads as %v", got)
	}
}

func TestClaim(t *testing.T) {
	realm := authtest.NewIssuer(t)
	p := principal(t, realm, realm.Claims("alice").With("department", "engineering").With("tenant", map[string]int{"id": 42}).With("nothing", []any{nil}))
	for name, want := range map[string]string{"department": `"engineering"`, "tenant": `{"id":42}`, "nothing": `[null]`} {
		value, ok := p.Claim(name)
		if !ok || string(value) != want {
			t.Errorf("Claim(%s) = %s, %v", name, value, ok)
		}
		value[0] = 'X'
		if again, _ := p.Claim(name); string(again) != want {
			t.Errorf("Claim(%s) was changed to %s", name, again)
		}
	}
	if value, ok := p.Claim("Department"); ok {
		t.Errorf("a name in another case gave %s", value)
	}
}

func TestOrganizations(t *testing.T) {
	realm := authtest.NewIssuer(t)
	tests := map[string]struct {
		claim any
		want  []auth.Organization
	}{
		"a list":          {[]string{"acme"}, []auth.Organization{{Alias: "acme"}}},
		"one":             {"acme", []auth.Organization{{Alias: "acme"}}},
		"an object":       {map[string]any{"acme": map[string]any{"id": "42", "tier": []string{"gold"}}}, []auth.Organization{{Alias: "acme", ID: "42"}}},
		"without an id":   {map[string]any{"acme": map[string]any{}}, []auth.Organization{{Alias: "acme"}}},
		"an id of a kind": {map[string]any{"acme": map[string]any{"id": 42}}, []auth.Organization{{Alias: "acme"}}},
		"no object in it": {map[string]any{"acme": true, "globex": nil}, nil},
		"with a number":   {[]any{"acme", 1}, nil},
		"a number":        {1, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, principal(t, realm, realm.Claims("alice").With("organization", tt.claim)).Organizations()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Handlers written for go-chi/jwtauth read the token from the context. The type is mutable, so each
// of them must get one of its own.
func TestJWTAuthSeesAFreshToken(t *testing.T) {
	realm := authtest.NewIssuer(t)
	p := principal(t, realm, realm.Claims("alice", "admin"))
	ctx := auth.NewContext(context.WithValue(t.Context(), outer{}, "kept"), p)

	first, claims, err := jwtauth.FromContext(ctx)
	if err != nil || first == nil || claims["preferred_username"] != "alice" || first.Subject() != "id-of-alice" {
		t.Fatalf("jwtauth.FromContext = %v, %v, %v", first, claims, err)
	}
	if err := first.Set("sub", "mallory"); err != nil {
		t.Fatal(err)
	}
	if second, _, _ := jwtauth.FromContext(ctx); second.Subject() != "id-of-alice" {
		t.Error("one handler changed the token of another")
	}
	if got, ok := auth.FromContext(ctx); !ok || got != p {
		t.Errorf("FromContext = %v, %v", got, ok)
	}
	if ctx.Value(outer{}) != "kept" {
		t.Error("values of the outer context are lost")
	}
	for _, bare := range []context.Context{t.Context(), auth.NewContext(t.Context(), nil)} {
		if _, ok := auth.FromContext(bare); ok {
			t.Error("a bare context carries a caller")
		}
		if token, _, _ := jwtauth.FromContext(bare); token != nil {
			t.Errorf("a bare context carries a token, %v", token)
		}
	}
	odd := auth.NewContext(t.Context(), principal(t, realm, realm.Claims("alice").With("jti", 1)))
	if token, _, _ := jwtauth.FromContext(odd); token != nil {
		t.Errorf("a claim that the type cannot hold gave %v", token)
	}
}

type outer struct{}

// Keycloak's token ids say of what kind the session is. What only looks like one says nothing.
func TestOffline(t *testing.T) {
	realm := authtest.NewIssuer(t)
	v := newVerifier(t, realm, auth.VerifierConfig{})
	for jti, want := range map[any]bool{
		"ofrtac:3e144c74-7da2": true, "ofrtrt:3e144c74-7da2": true, "ofltac:3e144c74-7da2": true,
		"onrtac:3e144c74-7da2": false, "onofof:3e144c74-7da2": false, "trrtcc:3e144c74-7da2": false, "OFrtac:3e144c74-7da2": false,
		"ofrtac3e144c74": false, "ofrt:3e144c74": false, "of": false, "of:": false, "ofrtac:": true, "3e144c74-7da2": false, nil: false,
	} {
		p, err := v.Verify(t.Context(), realm.Sign(realm.Claims("alice").With("jti", jti)))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Offline(); got != want {
			t.Errorf("%v: Offline = %v", jti, got)
		}
	}
}
