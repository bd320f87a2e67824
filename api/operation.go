package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"keystead/auth"
)

// operation declares one of the API's operations: what it is, and who may use it. The declaration is
// the route, the check, the document, and what the app shows.
type operation struct {
	ID      string // verb and thing, such as showReport; stable, since programs use it
	Method  string
	Path    string // with parameters in braces
	Summary string
	Tag     string // of the document's
	Policy  auth.Policy

	Description string       // beyond the summary and the policy
	Status      int          // of success; default: 200, or 204 where the answer has no body
	Refusals    []int        // statuses beyond those that every such operation has
	Schema      *huma.Schema // of the answer, where its type does not tell
	Example     any          // of the answer
	BodyExample any          // of what is sent
}

// register makes an operation. answer gets its parameters and body in an I, and returns an O or why it
// could not: huma.Register has their forms.
func register[I, O any](t *Table, op operation, answer func(context.Context, *I) (*O, error)) {
	document, ok := t.begin(op, reflect.TypeFor[I](), op.Schema)
	if !ok {
		return
	}
	huma.Register(t.api, document, func(ctx context.Context, in *I) (*O, error) {
		out, err := answer(ctx, in)
		if err != nil {
			return nil, t.server.problem(ctx, err)
		}
		return out, nil
	})
	t.illustrate(op)
}

// registerPlain makes an operation without input. There is nothing that huma could read or check, so it is told of it for the
// document only: to answer past it saves a tenth of a whole request.
func registerPlain[O any](t *Table, op operation, answer func(context.Context) (*O, error)) {
	body, _ := reflect.TypeFor[O]().FieldByName("Body") // each output has one
	schema := op.Schema
	if schema == nil {
		schema = t.api.OpenAPI().Components.Schemas.Schema(body.Type, true, op.ID+"Response")
	}
	document, ok := t.begin(op, reflect.TypeFor[nothing](), schema)
	if !ok {
		return
	}
	t.plain[op.Method+" "+op.Path] = func(w http.ResponseWriter, r *http.Request) error {
		if _, err := queryOf(r.URL); err != nil {
			return &Problem{Status: http.StatusBadRequest, Code: codeRequestMalformed, Detail: unreadableQuery}
		}
		out, err := answer(r.Context())
		if err != nil {
			return err
		}
		if parts, ok := any(out).(*parts); ok {
			w.Header()["Content-Type"] = jsonType
			w.WriteHeader(op.success())
			for _, part := range parts.Body {
				_, _ = io.WriteString(w, part) // a client that left cannot be told
			}
			return nil
		}
		t.server.writeJSON(w, r, op.success(), "application/json", reflect.ValueOf(out).Elem().FieldByIndex(body.Index).Interface())
		return nil
	}
	huma.Register(t.api, document, answeredElsewhere)
	t.illustrate(op)
}

var jsonType = []string{"application/json"} // shared by all answers: nobody may write into it

// answeredElsewhere is what huma takes for the answer of all operations without input.
func answeredElsewhere(context.Context, *nothing) (*text, error) {
	return nil, errors.New("the operation was to be answered past huma")
}

// begin puts an operation into the table, and returns it as huma is to know it. With a schema of the answer huma need not find one.
func (t *Table) begin(op operation, input reflect.Type, schema *huma.Schema) (document huma.Operation, ok bool) {
	if !t.declare(Route{Operation: op.ID, Method: op.Method, Path: op.Path, Summary: op.Summary, Policy: op.Policy}, []string{op.Method}) {
		return document, false
	}
	document = huma.Operation{
		OperationID: op.ID, Method: op.Method, Path: op.Path, Summary: op.Summary, Tags: []string{op.Tag}, DefaultStatus: op.Status,
		Description: strings.TrimSpace(op.Description + "\n\nRequires " + op.Policy.String() + "."),
		Security:    []map[string][]string{},
		Responses:   responses(op.refusals(input)),
	}
	for _, alternative := range op.Policy.Security() {
		if alternative == nil {
			document.Security = append(document.Security, map[string][]string{})
			continue
		}
		document.Security = append(document.Security, map[string][]string{tokenScheme: alternative}, map[string][]string{loginScheme: {}})
	}
	if schema != nil {
		document.Responses[strconv.Itoa(op.success())] = &huma.Response{Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
	}
	if limits := t.server.limits; limits.bodyBytes > 0 {
		document.MaxBodyBytes = limits.bodyBytes + 1 // huma refuses a body of just that size
		document.BodyReadTimeout = limits.requestTimeout
	}
	return document, true
}

// queryOf returns the query of an address, once all of it can be read and is UTF-8.
func queryOf(address *url.URL) (url.Values, error) {
	if address.RawQuery == "" {
		return nil, nil
	}
	query, err := url.ParseQuery(address.RawQuery)
	for name, values := range query {
		if !utf8.ValidString(name + strings.Join(values, "")) {
			err = errors.New("not UTF-8")
		}
	}
	return query, err
}

// success returns the status of an answer with a body.
func (op operation) success() int { return cmp.Or(op.Status, http.StatusOK) }

// refusals returns what an operation with this input may answer beside its success.
func (op operation) refusals(input reflect.Type) []int {
	statuses := append([]int{http.StatusBadRequest, http.StatusTooManyRequests, http.StatusInternalServerError}, op.Refusals...)
	if _, body := input.FieldByName("Body"); body {
		statuses = append(statuses, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if input.NumField() > 0 {
		statuses = append(statuses, http.StatusUnprocessableEntity)
	}
	if op.Policy.IgnoresTokens() {
		return statuses
	}
	statuses = append(statuses, http.StatusUnauthorized, http.StatusServiceUnavailable)
	if op.Policy.Requires() {
		statuses = append(statuses, http.StatusForbidden)
	}
	return statuses
}

// illustrate puts the examples beside the schemas that huma has made by now.
func (t *Table) illustrate(op operation) {
	item := t.api.OpenAPI().Paths[op.Path]
	documented := map[string]*huma.Operation{
		http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodPatch: item.Patch, http.MethodDelete: item.Delete,
	}[op.Method]
	if op.Example != nil {
		documented.Responses[strconv.Itoa(documented.DefaultStatus)].Content["application/json"].Example = op.Example
	}
	if op.BodyExample != nil {
		documented.RequestBody.Content["application/json"].Example = op.BodyExample
	}
}

// checkQuery refuses what huma would take for something that was left out: a part of the query that cannot be read, and a
// number or a switch without a value.
func checkQuery(api huma.API, ctx huma.Context, next func(huma.Context)) {
	address := ctx.URL()
	query, err := queryOf(&address)
	if err != nil {
		_ = huma.WriteErr(api, ctx, http.StatusBadRequest, unreadableQuery)
		return
	}
	for _, param := range ctx.Operation().Parameters {
		if param.In != "query" || param.Schema.Type == huma.TypeString {
			continue
		}
		if values, sent := query[param.Name]; sent && values[0] == "" {
			_ = huma.WriteErr(api, ctx, http.StatusUnprocessableEntity, "", &huma.ErrorDetail{Location: "query." + param.Name, Message: "it has no value"})
			return
		}
	}
	next(ctx)
}

// huma takes what follows through variables of its package and nothing else: its own errors, those of its validation, are
// made there.
func init() {
	huma.DefaultArrayNullable = false // an empty list is [], here as everywhere
	// encoding/json takes names in any case, and of several the last: what is checked must be what is taken.
	huma.ValidateStrictCasing = true
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		return invalid(status, message, errs).complete(ctx.Context())
	}
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return invalid(status, message, errs).complete(context.Background())
	}
}

// invalid returns the problem with a request that huma did not take. What was sent is not repeated.
func invalid(status int, message string, errs []error) *Problem {
	problem := &Problem{Status: status, Detail: "The request cannot be read"}
	switch status {
	case http.StatusUnprocessableEntity:
		problem.Code, problem.Fields = codeValidation, fieldsOf(errs)
		var details []string
		for _, f := range problem.Fields {
			details = append(details, f.Field+": "+f.Message)
		}
		problem.Detail = cmp.Or(strings.Join(details, "; "), problem.Detail)
	case http.StatusRequestEntityTooLarge:
		problem.Code, problem.Detail = codeBodyTooLarge, bodyTooLarge
	case http.StatusUnsupportedMediaType:
		problem.Code, problem.Detail = codeMediaType, "Send the body as application/json"
	case http.StatusRequestTimeout:
		problem.Status, problem.Code, problem.Detail = http.StatusBadRequest, codeRequestMalformed, "The body did not arrive in time"
	case http.StatusBadRequest:
		problem.Code, problem.Detail = codeRequestMalformed, "The body is not JSON in UTF-8, with each name once"
		switch {
		case message == unreadableQuery:
			problem.Detail = unreadableQuery
		case len(errs) == 0:
			problem.Detail = "The body is missing: send it as application/json"
		}
	default:
		problem.Code, problem.Cause = codeInternal, errors.New(message)
		if message == "cannot read request body" { // huma says 500, but it was the sender that left
			problem.Status, problem.Code = http.StatusBadRequest, codeRequestMalformed
		}
	}
	return problem
}

const unreadableQuery = "The query cannot be read: each part must be NAME=VALUE, percent-encoded UTF-8"

const bodyTooLarge = "The body is larger than this server takes"

// fieldsOf lists what was wrong where, in an order that does not change from one try to the next.
func fieldsOf(errs []error) []Field {
	var fields []Field
	for _, err := range errs[:min(len(errs), mostFields)] {
		var detail *huma.ErrorDetail
		if errors.As(err, &detail) {
			location, message := detail.Location, detail.Message
			var missing string
			if n, _ := fmt.Sscanf(message, validation.MsgExpectedRequiredProperty, &missing); n == 1 { // huma names what it stands in
				location, message = location+"."+missing, "it is missing"
			}
			if strings.HasPrefix(message, "json:") { // names of Go, and perhaps the value
				message = "it is not of the right type"
			}
			fields = append(fields, Field{location[:min(len(location), longestLocation)], message})
		}
	}
	slices.SortFunc(fields, func(a, b Field) int {
		return cmp.Or(strings.Compare(a.Field, b.Field), strings.Compare(a.Message, b.Message))
	})
	return fields
}

// How much an answer says of a body that is wrong throughout: its names are the client's own.
const (
	mostFields      = 20
	longestLocation = 100
)

// bodyOf is the output of an operation that answers with a T.
type bodyOf[T any] struct{ Body T }

// nothing is the input of an operation without parameters.
type nothing struct{}
