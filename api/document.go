package api

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"keystead/auth"
)

// The security schemes of the document: a token that one has, and a login that gets one.
const (
	tokenScheme = "realm"
	loginScheme = "login"
)

const documentText = `The API behind the app, guarded by a Keycloak realm. Send an access token of the realm as ` + "`Authorization: Bearer TOKEN`" + `;
every operation says which one it requires, and each refusal says what was missing.

Errors are problem details (RFC 9457). Their ` + "`code`" + ` never changes, so programs can go by it; ` + "`request_id`" + `, also in the header
` + "`X-Request-Id`" + `, finds the request in the server's log.`

// newDocument returns the API document before any operation is in it.
func newDocument(settings Settings) *huma.OpenAPI {
	realm := cmp.Or(settings.Issuer, "https://login.example.com/realms/demo")
	document := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info:    &huma.Info{Title: "Keystead", Version: "1", Description: documentText},
		Servers: []*huma.Server{{URL: cmp.Or(settings.PublicURL, "/")}},
		Components: &huma.Components{
			Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
			SecuritySchemes: map[string]*huma.SecurityScheme{
				tokenScheme: {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "An access token of the realm that you have already."},
				loginScheme: {Type: "oauth2", Description: "Sign in at the realm as the app's own client.", Flows: &huma.OAuthFlows{AuthorizationCode: &huma.OAuthFlow{
					AuthorizationURL: realm + "/protocol/openid-connect/auth", TokenURL: realm + "/protocol/openid-connect/token",
					Scopes: map[string]string{"openid": "who you are"},
				}}},
			},
			Responses: map[string]*huma.Response{},
		},
		Tags: []*huma.Tag{
			{Name: "caller", Description: "Who is calling, and what they may do."},
			{Name: "notes", Description: "The example of a resource: paging, ownership, and changes that do not overwrite each other."},
			{Name: "departments", Description: "The example of a user's attribute that decides."},
			{Name: "admin", Description: "For callers with the realm role admin."},
			{Name: "claims", Description: "What the token says, as it says it."},
			{Name: "service", Description: "For probes, and for clients that have no token yet."},
		},
	}
	problem := document.Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	for _, refusal := range refusals {
		document.Components.Responses[refusal.name()] = refusal.response(problem)
	}
	return document
}

// refusal is an answer that many operations share: one for each status, with an example for each code.
type refusal struct {
	status  int
	text    string
	headers map[string]*huma.Param
	samples []sample
}

// sample is an example of a problem.
type sample struct {
	code   auth.Code
	detail string
	fields []Field
}

var retryAfter = map[string]*huma.Param{"Retry-After": {Description: "In how many seconds to come again.", Schema: &huma.Schema{Type: huma.TypeInteger}}}

var challenge = map[string]*huma.Param{"WWW-Authenticate": {
	Description: "The challenge of RFC 6750, with the problem's code, and the address of what a client must know to get a token (RFC 9728).",
	Schema:      &huma.Schema{Type: huma.TypeString},
}}

var refusals = []refusal{
	{http.StatusBadRequest, "The request cannot be read.", nil, []sample{
		{codeRequestMalformed, "The body is not JSON in UTF-8, with each name once", nil},
		{codePathAmbiguous, "The path holds a dot segment, so it could be read in two ways; send it plainly", nil},
	}},
	{http.StatusUnauthorized, "There is no token, or not a good one.", challenge, []sample{
		{auth.CodeTokenMissing, auth.ErrTokenMissing.Reason, nil},
		{auth.CodeTokenExpired, "The token expired 3m12s ago", nil},
		{auth.CodeTokenAudience, "Audience account holds none of keystead-api: add an audience mapper to the client demo", nil},
		{auth.CodeTokenSignature, auth.ErrTokenSignature.Reason, nil},
	}},
	{http.StatusForbidden, "The token is good, but the caller may not do this.", challenge, []sample{
		{auth.CodeRoleMissing, "Requires one of: admin", nil},
		{auth.CodeClaimMismatch, "Requires the claim department equal to the department in the address: it is sales", nil},
	}},
	{http.StatusNotFound, "There is no such thing, or it is not the caller's.", nil, []sample{
		{codeNotFound, "There is no such note, or it is not yours", nil},
	}},
	{http.StatusPreconditionFailed, "It was changed meanwhile.", nil, []sample{
		{codePreconditionFailed, "The note was changed since you read it: read it again, and change that", nil},
	}},
	{http.StatusRequestEntityTooLarge, "The body is too large.", nil, []sample{
		{codeBodyTooLarge, bodyTooLarge, nil},
	}},
	{http.StatusUnsupportedMediaType, "The body is not JSON.", nil, []sample{
		{codeMediaType, "Send the body as application/json", nil},
	}},
	{http.StatusUnprocessableEntity, "Something in the request is not as it must be.", nil, []sample{
		{codeValidation, "body.title: expected length <= 200", []Field{{"body.title", "expected length <= 200"}}},
	}},
	{http.StatusPreconditionRequired, "The request does not say which version it is about.", nil, []sample{
		{codePreconditionRequired, "Send the ETag of the note that you read as If-Match, so that nobody's change is lost", nil},
	}},
	{http.StatusTooManyRequests, "The client made too many requests.", retryAfter, []sample{
		{codeRateLimited, "At most 600 requests a minute are answered; the header Retry-After says when to come again", nil},
	}},
	{http.StatusInternalServerError, "Something went wrong here.", nil, []sample{
		{codeInternal, "Something went wrong here. Quote the request id when you report it", nil},
	}},
	{http.StatusServiceUnavailable, "Something that is needed to answer cannot be reached.", retryAfter, []sample{
		{auth.CodeKeysUnavailable, auth.ErrKeysUnavailable.Reason, nil},
		{codeStoreUnavailable, storeAway, nil},
	}},
}

// name is that of the component: the status in one word.
func (r refusal) name() string { return strings.ReplaceAll(http.StatusText(r.status), " ", "") }

func (r refusal) response(problem *huma.Schema) *huma.Response {
	examples := map[string]*huma.Example{}
	for _, s := range r.samples {
		examples[string(s.code)] = &huma.Example{Value: Problem{
			Title: http.StatusText(r.status), Status: r.status, Detail: s.detail, Code: s.code, RequestID: "HJ5QLK3RWVXXO7VUL4OEOQNWD2", Fields: s.fields,
		}}
	}
	return &huma.Response{
		Description: r.text, Headers: r.headers,
		Content: map[string]*huma.MediaType{problemType: {Schema: problem, Examples: examples}},
	}
}

// responses returns what an operation may answer beside its success.
func responses(statuses []int) map[string]*huma.Response {
	all := map[string]*huma.Response{}
	for _, r := range refusals {
		if slices.Contains(statuses, r.status) {
			all[strconv.Itoa(r.status)] = &huma.Response{Ref: "#/components/responses/" + r.name()}
		}
	}
	return all
}

// explainPatterns puts what huma calls a patternDescription, a word that OpenAPI does not know, into the description. Its
// messages have been made by then.
func explainPatterns(document *huma.OpenAPI) {
	explain := func(s *huma.Schema) {
		if s.PatternDescription != "" {
			s.Description = strings.TrimSpace(s.Description + " It must be " + s.PatternDescription + ".")
			s.PatternDescription = ""
		}
	}
	for _, schema := range document.Components.Schemas.Map() {
		for _, property := range schema.Properties {
			explain(property)
		}
	}
	for _, item := range document.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			for _, param := range op.Parameters {
				explain(param.Schema)
			}
		}
	}
}

// DocumentJSON returns the API document, OpenAPI 3.1.
func (t *Table) DocumentJSON() ([]byte, error) {
	text, err := json.Marshal(t.api.OpenAPI())
	if err != nil {
		return nil, fmt.Errorf("encoding the API document: %w", err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", "  "); err != nil {
		return nil, fmt.Errorf("encoding the API document: %w", err)
	}
	indented.WriteByte('\n')
	return indented.Bytes(), nil
}

// DocumentYAML returns the same in YAML.
func (t *Table) DocumentYAML() ([]byte, error) {
	text, err := t.api.OpenAPI().YAML()
	if err != nil {
		return nil, fmt.Errorf("encoding the API document: %w", err)
	}
	return text, nil
}

// showDocument returns the handler for a rendering of the document. It is made when it is first asked for, by when all
// operations are in it.
func (t *Table) showDocument(contentType string, render func() ([]byte, error)) handler {
	rendered := sync.OnceValues(render)
	return func(w http.ResponseWriter, r *http.Request) error {
		text, err := rendered()
		if err != nil {
			return err
		}
		h := w.Header()
		h.Set("Content-Type", contentType)
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(text)))
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
		return nil
	}
}
