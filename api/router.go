// Package api holds what the server answers: the routes with what each of them needs, the handlers,
// problem details, and the single-page app.
package api

import (
	"cmp"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/cors"

	"keystead/auth"
	"keystead/session"
	"keystead/store"
)

// Options are what the handler works with. Keys, Verifier, Revocations, Settings, App, Store and Log must be set.
type Options struct {
	Keys     *auth.Keys
	Verifier *auth.Verifier
	Settings Settings
	App      fs.FS // the built single-page app; without an index.html in it a page says how to build it
	AppFixed bool  // it cannot change, as what is embedded: a file is read when it is first asked for
	Store    *store.Store
	Log      *slog.Logger
	Build    Build

	Revocations   *session.Revocations
	Sessions      *session.Manager // nil: this server signs nobody in itself
	SessionClient string           // with which it does; "" without Sessions

	CORSOrigins    []string      // exact origins; none means the same origin only
	TrustedProxies []string      // CIDR; from elsewhere X-Forwarded-For is ignored
	RateLimit      int           // requests a minute of one client address; 0: no limit
	MaxBodyBytes   int64         // of a request; 0: 1 MiB
	RequestTimeout time.Duration // of everything that a request causes; 0: none
}

type server struct {
	keys      *auth.Keys
	verifier  *auth.Verifier
	store     *store.Store
	settings  Settings
	limits    limits
	proxies   trustedProxies
	log       *slog.Logger
	started   time.Time
	decisions decisions
	figures   *figures
	app       *app
	stopping  atomic.Bool

	revocations   *session.Revocations
	sessions      *session.Manager // nil: nobody signs in here
	sessionClient string
	crossOrigin   *http.CrossOriginProtection // of requests that bring a session
}

// Handler answers everything that Keystead serves.
type Handler struct {
	server *server
	table  *Table
}

// NewHandler returns a Handler. Its error names each route whose policy is missing or cannot be meant.
func NewHandler(o Options) (*Handler, error) {
	app, err := newApp(o.App, o.AppFixed, o.Settings)
	if err != nil {
		return nil, fmt.Errorf("preparing the single-page app: %w", err)
	}
	proxies, err := parseProxies(o.TrustedProxies)
	if err != nil {
		return nil, fmt.Errorf("the trusted proxies: %w", err)
	}
	s := &server{
		proxies: proxies, keys: o.Keys, verifier: o.Verifier, store: o.Store, settings: o.Settings, log: o.Log, started: time.Now(), app: app,
		limits:      limits{bodyBytes: cmp.Or(o.MaxBodyBytes, 1<<20), requestTimeout: o.RequestTimeout},
		revocations: o.Revocations, sessions: o.Sessions, sessionClient: o.SessionClient, crossOrigin: http.NewCrossOriginProtection(),
	}
	if err := s.crossOrigin.AddTrustedOrigin(o.Settings.PublicURL); err != nil { // a proxy may have changed the host
		return nil, fmt.Errorf("the public URL: %w", err)
	}
	s.figures = newFigures(o.Build)
	t, err := s.newTable(s.middlewares(o)...)
	if err != nil {
		return nil, fmt.Errorf("the routes are not right:\n%w", err)
	}
	return &Handler{s, t}, nil
}

// ServeHTTP answers requests to the app and its API.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.table.ServeHTTP(w, r) }

// Admin answers GET /metrics and /readyz, with details, for an address that only operators reach.
func (h *Handler) Admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", h.server.showMetrics)
	mux.HandleFunc("GET /readyz", h.server.showReadinessDetails)
	return mux
}

// Stopping makes readiness fall, and ends each connection with its next answer, so that clients and load balancers turn to
// another instance before this one closes its listeners.
func (h *Handler) Stopping() { h.server.stopping.Store(true) }

// middlewares are what every request passes before a route is chosen, in this order.
func (s *server) middlewares(o Options) []func(http.Handler) http.Handler {
	var all []func(http.Handler) http.Handler
	all = append(all, secureHeaders(o.Settings.PublicURL))
	if len(o.CORSOrigins) > 0 { // go-chi/cors reads an empty list as "every origin"
		all = append(all, allowOrigins(o.CORSOrigins))
	}
	all = append(all, s.observe, s.recoverPanics)
	if o.RateLimit > 0 { // before anything that refuses: refusals count, too
		all = append(all, s.limitRate(o.RateLimit))
	}
	return append(all, s.checkPath, s.limitBodies)
}

// newTable makes all routes behind these middlewares. What stands on none of the routes needs a token, except that any other
// GET is the app's page, so that its deep links work.
func (s *server) newTable(middlewares ...func(http.Handler) http.Handler) (*Table, error) {
	r := chi.NewRouter()
	r.Use(middlewares...)

	t := startTable(s, r)
	s.registerService(t)
	s.registerCaller(t)
	s.registerNotes(t)
	register(t, operation{
		ID: "showBrief", Method: http.MethodGet, Path: "/api/departments/{department}/brief", Summary: "The brief of one's own department", Tag: "departments",
		Policy:  auth.Require(auth.Claim("department").EqualsPath("department")).Because("a brief is for its department's own people"),
		Example: exampleBrief,
	}, s.showBrief)
	registerPlain(t, operation{
		ID: "showReport", Method: http.MethodGet, Path: "/api/admin/reports", Summary: "What was allowed and refused since the start", Tag: "admin",
		Policy:  auth.Require(auth.RealmRole("admin")).Because("it tells of everybody's calls"),
		Example: exampleReport,
	}, s.showReport)
	register(t, operation{
		ID: "revoke", Method: http.MethodPost, Path: "/api/admin/revocations", Summary: "Ends the access tokens of a session or a user", Tag: "admin",
		Description: "Within a second no instance takes these tokens any more, and sessions of the session login are over. The realm is not told: who is still signed in there gets new tokens, but for a session that was named, whose new tokens are refused, too.",
		Policy:      auth.Require(auth.RealmRole("admin")).Because("it signs others out"),
		Status:      http.StatusCreated, BodyExample: exampleRevocation, Example: exampleRevoked,
	}, s.revoke)

	hidden := auth.Authenticated().Because("so that nobody can probe what exists")
	page := auth.Public().Because("the page signs people in; it holds no data")
	document := auth.Public().Because("it says what there is, and shows nobody's data")
	t.add(Route{Method: http.MethodGet, Path: "/openapi.json", Summary: "The API document, OpenAPI 3.1", Policy: document}, t.showDocument("application/json", t.DocumentJSON))
	t.add(Route{Method: http.MethodGet, Path: "/openapi.yaml", Summary: "The same in YAML", Policy: document}, t.showDocument("application/yaml", t.DocumentYAML))
	t.add(Route{Method: http.MethodGet, Path: "/docs", Summary: "The API document to read and to try (Swagger UI)", Policy: document}, s.app.showPage(docsPage))
	t.add(Route{Method: http.MethodGet, Path: "/docs/", Summary: "Leads to /docs", Policy: document}, leadTo("/docs"))
	t.add(Route{Method: http.MethodGet, Path: "/redoc/", Summary: "Leads to /redoc", Policy: document}, leadTo("/redoc"))
	t.add(Route{Method: http.MethodGet, Path: "/docs/oauth2-redirect.html", Summary: "Where the realm sends that page's login back to", Policy: document}, s.app.showPage(redirectPage))
	t.add(Route{Method: http.MethodGet, Path: "/redoc", Summary: "The API document to read (ReDoc)", Policy: document}, s.app.showPage(redocPage))
	t.add(Route{Method: http.MethodGet, Path: "/.well-known/*", Summary: "Nothing: 404", Policy: auth.Public().Because("who looks for metadata must not find the page")}, notFound)
	s.addSessions(t)
	t.add(Route{Method: AnyMethod, Path: apiRoot, Summary: "Nothing: 404, or 405", Policy: hidden}, unknownOperation)
	t.add(Route{Method: AnyMethod, Path: unknownPattern, Summary: "Nothing: 404, or 405", Policy: hidden}, unknownOperation)
	t.add(Route{Method: http.MethodGet, Path: "/assets/*", Summary: "The app's files", Policy: page}, s.app.showAsset)
	t.add(Route{Method: http.MethodGet, Path: "/*", Summary: "The app's page, at each of its addresses", Policy: page}, s.app.showApp)
	r.MethodNotAllowed(s.refuseMethod(hidden, page))
	explainPatterns(t.api.OpenAPI())
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
		AllowedHeaders: []string{"Authorization", "Content-Type", "If-Match", requestIDHeader},
		ExposedHeaders: []string{"WWW-Authenticate", "Retry-After", "ETag", "Location", requestIDHeader},
		MaxAge:         600,
	})
}

// secureHeaders sets what every answer has. A page has a policy of its own, which replaces the one here, and more of them. Under https
// browsers are told to stay there (RFC 6797); of other hosts below this one nothing is said.
func secureHeaders(publicURL string) func(http.Handler) http.Handler {
	fixed := http.Header{
		"X-Content-Type-Options":       {"nosniff"},
		"Referrer-Policy":              {"no-referrer"},
		"Content-Security-Policy":      {"default-src 'none'; frame-ancestors 'none'"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
	}
	if strings.HasPrefix(publicURL, "https:") {
		fixed["Strict-Transport-Security"] = []string{"max-age=31536000"}
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			maps.Copy(w.Header(), fixed)
			next.ServeHTTP(w, r)
		})
	}
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
	if len(allowedMethods(r)) == 0 {
		return notFound(w, r)
	}
	return methodNotAllowed(w, r)
}

func notFound(_ http.ResponseWriter, r *http.Request) error {
	return &Problem{Status: http.StatusNotFound, Detail: "There is nothing at " + shown(r.URL.Path), Code: codeNotFound}
}

// shown bounds a path that somebody made up, for answers and the log.
func shown(path string) string {
	const most = 200
	if len(path) > most {
		return strings.ToValidUTF8(path[:most], "") + "…"
	}
	return path
}

// leadTo returns the handler that sends on to another address.
func leadTo(path string) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		http.Redirect(w, r, path, http.StatusPermanentRedirect)
		return nil
	}
}

// methodNotAllowed names the methods that the path does have (RFC 9110 §15.5.6); chi leaves that to
// a handler of one's own. OPTIONS asks for just that (§9.3.7).
func methodNotAllowed(w http.ResponseWriter, r *http.Request) error {
	allow := strings.Join(append(allowedMethods(r), http.MethodOptions), ", ")
	w.Header().Set("Allow", allow)
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
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
