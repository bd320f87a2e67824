package api

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"keystead/auth"
)

// me describes the caller of GET /api/me.
type me struct {
	Subject       string              `json:"sub"`
	Username      string              `json:"username,omitempty"`
	Email         string              `json:"email,omitempty"`
	EmailVerified bool                `json:"email_verified"`
	Name          string              `json:"name,omitempty"`
	GivenName     string              `json:"given_name,omitempty"`
	FamilyName    string              `json:"family_name,omitempty"`
	Roles         []string            `json:"roles"` // realm roles
	ClientRoles   map[string][]string `json:"client_roles"`
	Groups        []string            `json:"groups"`
	Scopes        []string            `json:"scopes"`
	IssuedAt      time.Time           `json:"issued_at"`
	ExpiresAt     time.Time           `json:"expires_at"`
}

// registerCaller makes the operations about whoever calls them.
func (s *server) registerCaller(t *Table) {
	own := auth.Authenticated().Because("it shows the caller nothing but what they sent")
	registerPlain(t, operation{
		ID: "showClaims", Method: http.MethodGet, Path: "/secured", Summary: "Every claim, as the token has it", Tag: "claims", Policy: own,
		Schema: objectOf(map[string]*huma.Schema{"claims": claimsSchema}), Example: map[string]any{"claims": exampleClaims},
	}, s.showClaims)
	register(t, operation{
		ID: "echoMessage", Method: http.MethodGet, Path: "/protected", Summary: "A message back, and who sent it", Tag: "claims", Policy: own,
		Schema:  objectOf(map[string]*huma.Schema{"message": {Type: huma.TypeString}, "user": claimsSchema}),
		Example: map[string]any{"message": "helloReceived", "user": exampleClaims},
	}, s.echoMessage)
	registerPlain(t, operation{
		ID: "showMe", Method: http.MethodGet, Path: "/api/me", Summary: "Who is calling", Tag: "caller", Policy: own, Example: exampleMe,
	}, s.showMe)
	registerPlain(t, operation{
		ID: "showPermissions", Method: http.MethodGet, Path: "/api/me/permissions", Summary: "What the caller may do, and what is missing", Tag: "caller",
		Policy: auth.Authenticated().Because("everybody may know what they may do"), Example: examplePermissions,
	}, t.showPermissions)
}

var (
	exampleTime   = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	exampleClaims = map[string]any{
		"iss": "https://login.example.com/realms/demo", "aud": "keystead-api", "sub": "f0c2e9a4-7f1d-4c55-9d27-0b6f9e3a1c88", "typ": "Bearer", "azp": "demo",
		"iat": exampleTime.Unix(), "exp": exampleTime.Add(5 * time.Minute).Unix(), "preferred_username": "alice", "realm_access": map[string]any{"roles": []string{"user", "admin"}},
	}
	exampleMe = me{
		Subject: "f0c2e9a4-7f1d-4c55-9d27-0b6f9e3a1c88", Username: "alice", Email: "alice@example.com", EmailVerified: true, Name: "Alice Archer",
		GivenName: "Alice", FamilyName: "Archer", Roles: []string{"user", "admin"}, ClientRoles: map[string][]string{"account": {"view-profile"}},
		Groups: []string{"/staff"}, Scopes: []string{"openid", "profile"}, IssuedAt: exampleTime, ExpiresAt: exampleTime.Add(5 * time.Minute),
	}
)

func (s *server) showMe(ctx context.Context) (*bodyOf[me], error) {
	p := caller(ctx)
	return &bodyOf[me]{me{
		Subject: p.Subject(), Username: p.Username(), Email: p.Email(), EmailVerified: p.EmailVerified(),
		Name: p.Name(), GivenName: p.GivenName(), FamilyName: p.FamilyName(),
		Roles: listed(p.RealmRoles()), ClientRoles: p.ClientRoles(), Groups: listed(p.Groups()), Scopes: listed(p.Scopes()),
		IssuedAt: p.IssuedAt().UTC(), ExpiresAt: p.ExpiresAt().UTC(),
	}}, nil
}

// listed makes sure that JSON shows an empty list as one.
func listed(items []string) []string {
	if items == nil {
		return []string{}
	}
	return items
}

// text is an answer that is JSON already. To encode claims again would cost more than all the rest of
// the request, and could change them.
type text struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	Body        []byte
}

func textOf(parts ...string) *text {
	return &text{"application/json", []byte(strings.Join(parts, ""))}
}

// parts are a text in pieces, which an operation without input writes one after the other: claims are long.
type parts struct{ Body []string }

// claimsSchema describes the claims of a token: which ones it has is the realm's business.
var claimsSchema = &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}

// objectOf describes an object that has all these members.
func objectOf(members map[string]*huma.Schema) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, Properties: members, Required: slices.Sorted(maps.Keys(members))}
}

// showClaims answers GET /secured with every claim as the token had it.
func (s *server) showClaims(ctx context.Context) (*parts, error) {
	return &parts{[]string{`{"claims":`, caller(ctx).Claims(), "}\n"}}, nil
}

type echoInput struct {
	Message string `query:"message" doc:"What to say; probe where nothing is." example:"hello"`
}

// Resolve gives the message its default where the address has none: an empty one is a message, too,
// which huma's own defaults do not know.
func (in *echoInput) Resolve(ctx huma.Context) []error {
	if address := ctx.URL(); !address.Query().Has("message") {
		in.Message = "probe"
	}
	return nil
}

// echoMessage answers GET /protected.
func (s *server) echoMessage(ctx context.Context, in *echoInput) (*text, error) {
	message, err := json.Marshal(in.Message + "Received")
	if err != nil {
		return nil, err
	}
	return textOf(`{"message":`, string(message), `,"user":`, caller(ctx).Claims(), "}\n"), nil
}
