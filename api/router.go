// Package api holds what the server answers: the routes with what each of them needs, the handlers,
// problem details, and the single-page app.
package api

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/cors"

	"keystead/auth"
)

// Options are what the handler works with. Everything but CORSOrigins must be set.
type Options struct {
	Keys        *auth.Keys
	Verifier    *auth.Verifier
	Settings    Settings
	CORSOrigins []string // exact origins; none means the same origin only
	App         fs.FS    // the built single-page app; without an index.html in it a page says how to build it
	Log         *slog.Logger
}

type server struct {
	keys        *auth.Keys
	verifier    *auth.Verifier
	settings    Settings
	corsOrigins []string
	log         *slog.Logger
	started     time.Time
	decisions   decisions
	app         *app
}

// NewHandler returns the handler for everything that Keystead serves. Its error names each route whose
// policy is missing or cannot be meant.
func NewHandler(o Options) (http.Handler, error) {
	app, err := newApp(o.App, o.Settings)
	if err != nil {
		return nil, fmt.Errorf("preparing the single-page app: %w", err)
	}
	s := &server{
		keys: o.Keys, verifier: o.Verifier, settings: o.Settings, corsOrigins: o.CORSOrigins, log: o.Log,
		started: time.Now(), app: app,
	}
	t, err := s.newTable()
	if err != nil {
		return nil, fmt.Errorf("the routes are not right:\n%w", err)
	}
	return http.HandlerFunc(t.router.ServeHTTP), nil // no router: whoever has it could add routes past the table
}

// newTable makes all routes. What stands on none of them needs a token, except that any other GET is
// the app's page, so that its deep links work.
func (s *server) newTable() (*Table, error) {
	r := chi.NewRouter()
	r.Use(requestID)
	if len(s.corsOrigins) > 0 { // go-chi/cors reads an empty list as "every origin"
		r.Use(allowOrigins(s.corsOrigins))
	}
	r.Use(s.logRequests, s.recoverPanics, secureHeaders, s.checkPath, middleware.GetHead)

	t := startTable(s, r)
	register(t, operation{
		ID: "showHealth", Method: http.MethodGet, Path: "/health", Summary: "Whether the process lives",
		Policy: auth.Public().Because("a probe has no token"),
	}, s.showHealth)
	register(t, operation{
		ID: "showReadiness", Method: http.MethodGet, Path: "/readyz", Summary: "Whether tokens can be judged",
		Policy: auth.Public().Because("a probe has no token"),
	}, s.showReadiness)
	register(t, operation{
		ID: "showSettings", Method: http.MethodGet, Path: "/config.json", Summary: "What the app must know to sign people in",
		Policy: auth.Public().Because("it is needed to get a token, and holds no secret"),
	}, s.showSettings)
	register(t, operation{
		ID: "showClaims", Method: http.MethodGet, Path: "/secured", Summary: "Every claim, as the token has it",
		Policy: auth.Authenticated().Because("it shows the caller nothing but what they sent"), Schema: objectOf(map[string]*huma.Schema{"claims": claimsSchema}),
	}, s.showClaims)
	register(t, operation{
		ID: "echoMessage", Method: http.MethodGet, Path: "/protected", Summary: "A message back, and who sent it",
		Policy: auth.Authenticated().Because("it shows the caller nothing but what they sent"), Schema: objectOf(map[string]*huma.Schema{"message": {Type: huma.TypeString}, "user": claimsSchema}),
	}, s.echoMessage)
	register(t, operation{
		ID: "showMe", Method: http.MethodGet, Path: "/api/me", Summary: "Who is calling",
		Policy: auth.Authenticated().Because("it shows the caller nothing but what they sent"),
	}, s.showMe)
	register(t, operation{
		ID: "showPermissions", Method: http.MethodGet, Path: "/api/me/permissions", Summary: "What the caller may do, and what is missing",
		Policy: auth.Authenticated().Because("everybody may know what they may do"),
	}, t.showPermissions)
	register(t, operation{
		ID: "showBrief", Method: http.MethodGet, Path: "/api/departments/{department}/brief", Summary: "The brief of one's own department",
		Policy: auth.Require(auth.Claim("department").EqualsPath("department")).Because("a brief is for its department's own people"),
	}, s.showBrief)
	register(t, operation{
		ID: "showReport", Method: http.MethodGet, Path: "/api/admin/reports", Summary: "What was allowed and refused since the start",
		Policy: auth.Require(auth.RealmRole("admin")).Because("it tells of everybody's calls"),
	}, s.showReport)

	hidden := auth.Authenticated().Because("so that nobody can probe what exists")
	page := auth.Public().Because("the page signs people in; it holds no data")
	t.add(Route{Method: AnyMethod, Path: apiRoot, Summary: "Nothing: 404, or 405", Policy: hidden}, unknownOperation)
	t.add(Route{Method: AnyMethod, Path: unknownPattern, Summary: "Nothing: 404, or 405", Policy: hidden}, unknownOperation)
	t.add(Route{Method: http.MethodGet, Path: "/assets/*", Summary: "The app's files", Policy: page}, s.app.showAsset)
	t.add(Route{Method: http.MethodGet, Path: "/*", Summary: "The app's page, at each of its addresses", Policy: page}, s.app.showPage)
	r.MethodNotAllowed(s.refuseMethod(hidden, page))
	return t, t.check()
}

// allowOrigins lets pages of these origins call the API with a token. Cookies are never taken from
// them: no credentials are allowed.
func allowOrigins(origins []string) func(http.Handler) http.Handler {
	return cors.Handler(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
		// Without Authorization in this list, which is not among the library's defaults, every call
		// with a token fails its preflight.
		AllowedHeaders: []string{"Authorization", "Content-Type", middleware.RequestIDHeader},
		ExposedHeaders: []string{"WWW-Authenticate", "Retry-After", middleware.RequestIDHeader},
		MaxAge:         600,
	})
}

func secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// unknownPattern catches what is below /api and stands on no route. It has no HEAD of its own, which
// would win over the GET routes beside it.
const unknownPattern = "/api/*"

// apiRoot is the same without anything below.
const apiRoot = "/api"

// refuseMethod answers what chi finds no method for, one that it does not know among them. Below
// /api that needs a token like everything else there.
func (s *server) refuseMethod(hidden, open auth.Policy) http.HandlerFunc {
	below, elsewhere := s.guard(hidden, unknownOperation), s.guard(open, methodNotAllowed)
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api" || strings.HasPrefix(r.URL.Path, "/api/") {
			below.ServeHTTP(w, r)
			return
		}
		elsewhere.ServeHTTP(w, r)
	}
}

// unknownOperation answers callers who may know what the API has: 405 where the path exists with
// other methods, else 404.
func unknownOperation(w http.ResponseWriter, r *http.Request) error {
	if len(allowedMethods(r)) > 0 {
		return methodNotAllowed(w, r)
	}
	return notFound(w, r)
}

func notFound(_ http.ResponseWriter, r *http.Request) error {
	return &Problem{Status: http.StatusNotFound, Detail: "There is nothing at " + r.URL.Path, Code: codeNotFound}
}

// methodNotAllowed names the methods that the path does have (RFC 9110 §15.5.6); chi leaves that to
// a handler of one's own.
func methodNotAllowed(w http.ResponseWriter, r *http.Request) error {
	allow := strings.Join(allowedMethods(r), ", ")
	w.Header().Set("Allow", allow)
	return &Problem{Status: http.StatusMethodNotAllowed, Detail: r.Method + " is not possible here; use " + allow, Code: codeMethodNotAllowed}
}

func allowedMethods(r *http.Request) []string {
	var allowed []string
	for _, method := range methods {
		pattern := chi.RouteContext(r.Context()).Routes.Find(chi.NewRouteContext(), method, r.URL.Path)
		if pattern == "" || pattern == unknownPattern || pattern == apiRoot {
			continue
		}
		allowed = append(allowed, method)
		if method == http.MethodGet {
			allowed = append(allowed, http.MethodHead)
		}
	}
	return allowed
}
