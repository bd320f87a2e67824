package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"keystead/auth"
)

// securityScheme is the name under which the document says how to authenticate.
const securityScheme = "realm"

// operation declares one of the API's operations: what it is, and who may use it. The declaration is
// the route, the check, the document, and what the app shows.
type operation struct {
	ID      string // verb and thing, such as showReport; stable, since programs use it
	Method  string
	Path    string // with parameters in braces
	Summary string
	Policy  auth.Policy

	Description string       // beyond the summary and the policy
	Schema      *huma.Schema // of the answer, where its type does not tell
}

// register makes an operation. answer gets its parameters and body in an I, and returns an O or why it
// could not: huma.Register has their forms.
func register[I, O any](t *Table, op operation, answer func(context.Context, *I) (*O, error)) {
	if !t.declare(Route{Operation: op.ID, Method: op.Method, Path: op.Path, Summary: op.Summary, Policy: op.Policy}, []string{op.Method}) {
		return
	}
	document := huma.Operation{
		OperationID: op.ID, Method: op.Method, Path: op.Path, Summary: op.Summary,
		Description: strings.TrimSpace(op.Description + "\n\nRequires " + op.Policy.String() + "."),
		Security:    []map[string][]string{},
	}
	for _, alternative := range op.Policy.Security() {
		requirement := map[string][]string{}
		if alternative != nil {
			requirement[securityScheme] = alternative
		}
		document.Security = append(document.Security, requirement)
	}
	if !op.Policy.IgnoresTokens() {
		document.Errors = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable}
	}
	if op.Schema != nil {
		document.Responses = map[string]*huma.Response{"200": {Content: map[string]*huma.MediaType{"application/json": {Schema: op.Schema}}}}
	}
	huma.Register(t.api, document, func(ctx context.Context, in *I) (*O, error) {
		out, err := answer(ctx, in)
		if err != nil {
			return nil, t.server.problem(ctx, err)
		}
		return out, nil
	})
}

// huma makes its own errors, those of its validation, through these variables and nothing else.
func init() {
	huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
		return invalid(ctx.Context(), status, errs)
	}
	huma.NewError = func(status int, _ string, errs ...error) huma.StatusError {
		return invalid(context.Background(), status, errs)
	}
}

// invalid returns the problem with a request that huma did not take. What was sent is not repeated.
func invalid(ctx context.Context, status int, errs []error) *Problem {
	codes := map[int]auth.Code{
		http.StatusBadRequest: codeRequestMalformed, http.StatusRequestEntityTooLarge: codeBodyTooLarge,
		http.StatusUnsupportedMediaType: codeMediaType, http.StatusUnprocessableEntity: codeValidation,
	}
	var details []string
	for _, err := range errs {
		var detail *huma.ErrorDetail
		if errors.As(err, &detail) {
			details = append(details, detail.Location+": "+detail.Message)
		}
	}
	slices.Sort(details)
	problem := &Problem{
		Status: status, Code: cmp.Or(codes[status], codeInternal),
		Detail: cmp.Or(strings.Join(details, "; "), "The request cannot be read"),
	}
	return problem.complete(ctx)
}

// bodyOf is the output of an operation that answers with a T.
type bodyOf[T any] struct{ Body T }

// nothing is the input of an operation without parameters.
type nothing struct{}
