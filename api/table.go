package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-json-experiment/json/jsontext"

	"keystead/auth"
)

// Route is one line of the table: an address, what it is for, and who may use it.
type Route struct {
	Operation string // its id in the API document; "" for what is not part of that
	Method    string // or AnyMethod
	Path      string // with parameters in braces
	Summary   string
	Policy    auth.Policy
}

// AnyMethod stands for every method that a router knows.
const AnyMethod = "any"

// methods are those that an operation may have; HEAD comes with GET.
var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// Table is the one place where routes are made: each with its policy, which guards it. check finds
// those that were made past it.
type Table struct {
	server       *server
	router       chi.Router
	http.Handler // the router, with what comes before it
	api          huma.API
	routes       []Route
	known        map[string]Route   // by method and path
	plain        map[string]handler // the same, of operations without input
	errs         []error
}

// NewTable returns the table of all routes, for looking at: nobody is served. The settings stand in the API document, and
// may be empty.
func NewTable(settings Settings) (*Table, error) { return (&server{settings: settings}).newTable() }

// startTable returns a table without routes.
func startTable(s *server, router chi.Router) *Table {
	t := &Table{server: s, router: router, Handler: s.begin(router), known: map[string]Route{}, plain: map[string]handler{}}
	t.api = huma.NewAPI(huma.Config{
		OpenAPI: newDocument(s.settings),
		Formats: map[string]huma.Format{"application/json": strictJSON, "json": strictJSON},
	}, humachi.NewAdapter(guardingRouter{router, t}))
	t.api.UseMiddleware(func(ctx huma.Context, next func(huma.Context)) { checkQuery(t.api, ctx, next) })
	return t
}

// add makes a route that is not part of the API document.
func (t *Table) add(route Route, h handler) {
	each := []string{route.Method}
	if route.Method == AnyMethod { // but HEAD, which would win over the GET routes beside it
		each = append(slices.Clone(methods), http.MethodOptions, http.MethodTrace, http.MethodConnect)
	}
	if !t.declare(route, each) {
		return
	}
	for _, method := range each {
		t.router.Method(method, route.Path, t.server.guard(route.Policy, h))
	}
}

// declare puts a route into the table, unless something is wrong with it, which check tells.
func (t *Table) declare(route Route, methods []string) (ok bool) {
	var errs []error
	if err := route.Policy.Check(paramsOf(route.Path)); err != nil {
		errs = append(errs, err)
	}
	if slices.ContainsFunc(methods, func(method string) bool { _, twice := t.known[method+" "+route.Path]; return twice }) {
		errs = append(errs, errors.New("it is there twice"))
	}
	if route.Operation != "" && slices.ContainsFunc(t.routes, func(r Route) bool { return r.Operation == route.Operation }) {
		errs = append(errs, fmt.Errorf("another operation is called %s, too", route.Operation))
	}
	if len(errs) > 0 {
		t.errs = append(t.errs, fmt.Errorf("%s %s: %w", route.Method, route.Path, errors.Join(errs...)))
		return false
	}
	for _, method := range methods {
		t.known[method+" "+route.Path] = route
	}
	t.routes = append(t.routes, route)
	return true
}

// strictJSON refuses a body that could be read in two ways, with a name twice or with text that is not UTF-8 (RFC 8259 §4, §8.1):
// encoding/json would take the last, and put other letters in the place of those that it cannot read.
var strictJSON = huma.Format{
	Marshal: huma.DefaultJSONFormat.Marshal,
	Unmarshal: func(data []byte, v any) error {
		if !jsontext.Value(data).IsValid() {
			return errors.New("not JSON")
		}
		return huma.DefaultJSONFormat.Unmarshal(data, v)
	},
}

var noStore = []string{"no-store"}

// guardingRouter is where huma puts its operations: each behind the policy that was declared for it.
// An operation without one, which was registered past the table, is left out and told by check.
type guardingRouter struct {
	chi.Router
	table *Table
}

func (g guardingRouter) MethodFunc(method, path string, answer http.HandlerFunc) {
	route, ok := g.table.known[method+" "+path]
	if !ok {
		g.table.errs = append(g.table.errs, fmt.Errorf("%s %s has no policy: it was registered on huma itself; use register, which takes one", method, path))
		return
	}
	next, ok := g.table.plain[method+" "+path]
	if !ok {
		next = func(w http.ResponseWriter, r *http.Request) error {
			answer(w, r)
			return nil
		}
	}
	g.Router.Method(method, path, g.table.server.guardOperation(route.Policy, func(w http.ResponseWriter, r *http.Request) error {
		w.Header()["Cache-Control"] = noStore // answers depend on who asks, so nothing on the way may keep them
		return next(w, r)
	}))
}

// check compares the routes that there are with the table. Its error names each whose policy is missing or
// cannot be meant; a server with such a route must not start.
func (t *Table) check() error {
	errs := slices.Clone(t.errs)
	_ = chi.Walk(t.router, func(method, path string, h http.Handler, _ ...func(http.Handler) http.Handler) error {
		_, known := t.known[method+" "+path]
		if _, ok := h.(guarded); !ok || !known {
			errs = append(errs, fmt.Errorf("%s %s has no policy: it was made on the router itself; use register or add, which take one", method, path))
		}
		return nil
	})
	return errors.Join(errs...)
}

// Routes returns all routes, in the order in which they were made.
func (t *Table) Routes() []Route { return slices.Clone(t.routes) }

// Match returns the route that a request for target, a path with or without a query, would meet, and
// the parameters in it. Its error says why it would meet none.
func (t *Table) Match(method, target string) (Route, auth.Path, error) {
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return Route{}, nil, err
	}
	if reason := ambiguity(u); reason != "" {
		return Route{}, nil, errors.New(reason)
	}
	each := []string{method}
	if method == http.MethodHead {
		each = append(each, http.MethodGet)
	}
	for _, method := range each {
		ctx := chi.NewRouteContext()
		if pattern := t.router.Find(ctx, method, u.Path); pattern != "" {
			return t.known[method+" "+pattern], ctx, nil
		}
	}
	return Route{}, nil, fmt.Errorf("there is no route for %s %s", method, u.Path)
}

var param = regexp.MustCompile(`\{(\w+)`)

// paramsOf returns the names of the parameters in a path.
func paramsOf(path string) []string {
	var names []string
	for _, match := range param.FindAllStringSubmatch(path, -1) {
		names = append(names, match[1])
	}
	return names
}
