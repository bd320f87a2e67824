// Package api holds what the server answers: the routes with what each of them needs, the handlers,
// problem details, and the single-page app.
package api

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

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
	keys      *auth.Keys
	verifier  *auth.Verifier
	settings  Settings
	log       *slog.Logger
	started   time.Time
	decisions decisions
	app       *app
}

// NewHandler returns the handler for everything that Keystead serves.
func NewHandler(o Options) (http.Handler, error) {
	app, err := newApp(o.App, o.Settings)
	if err != nil {
		return nil, fmt.Errorf("preparing the single-page app: %w", err)
	}
	s := &server{keys: o.Keys, verifier: o.Verifier, settings: o.Settings, log: o.Log, started: time.Now(), app: app}

	r := chi.NewRouter()
	r.Use(requestID)
	if len(o.CORSOrigins) > 0 { // go-chi/cors reads an empty list as "every origin"
		r.Use(allowOrigins(o.CORSOrigins))
	}
	r.Use(s.logRequests, s.recoverPanics, secureHeaders, middleware.GetHead)

	// Every route says how it is guarded. What stands on none of these lines needs a token, except
	// that any other GET is the app's page, so that its deep links work.
	r.Get("/health", s.open(s.showHealth))
	r.Get("/readyz", s.open(s.showReadiness))
	r.Get("/config.json", s.open(s.showSettings))
	r.Get("/secured", s.guard(s.showClaims))
	r.Get("/protected", s.guard(s.echoMessage))
	r.Get("/api/me", s.guard(s.showMe))
	r.Get("/api/admin/reports", s.guard(s.showReport, "admin"))
	for _, method := range slices.Concat(methods, []string{http.MethodOptions, http.MethodTrace, http.MethodConnect}) {
		r.Method(method, "/api", s.guard(unknownOperation))
		r.Method(method, unknownPattern, s.guard(unknownOperation))
	}
	r.Get("/assets/*", s.open(s.app.showAsset))
	r.Get("/*", s.open(s.app.showPage))
	r.MethodNotAllowed(s.refuseMethod)
	return r, nil
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

// handler answers a request or returns why it could not; open and guard turn the error into an answer.
type handler func(http.ResponseWriter, *http.Request) error

// open lets everybody in, said out loud.
func (s *server) open(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	}
}

// guard lets in callers with a good token who have one of the realm roles, or any role where none
// is named.
func (s *server) guard(h handler, roles ...string) http.HandlerFunc {
	return s.open(func(w http.ResponseWriter, r *http.Request) error {
		token, err := auth.BearerToken(r)
		if err != nil {
			return err
		}
		caller, err := s.verifier.Verify(r.Context(), token)
		if err != nil {
			return err
		}
		note(r, slog.String("subject", caller.Subject()), slog.String("client", caller.AuthorizedParty()))
		if len(roles) > 0 {
			if _, err := auth.Require(auth.RealmRole(roles...)).Decide(caller, nil); err != nil {
				return err
			}
		}
		s.decisions.allow()
		return h(w, r.WithContext(auth.NewContext(r.Context(), caller)))
	})
}

// unknownPattern catches what is below /api and stands on no route. It has no HEAD of its own, which
// would win over the GET routes beside it.
const unknownPattern = "/api/*"

// methods are those that an operation may have; HEAD comes with GET.
var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// refuseMethod answers what chi finds no method for, one that it does not know among them. Below
// /api that needs a token like everything else, so that nobody can probe what exists.
func (s *server) refuseMethod(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/api" || strings.HasPrefix(r.URL.Path, "/api/") {
		s.guard(unknownOperation)(w, r)
		return
	}
	s.open(methodNotAllowed)(w, r)
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
		if pattern == "" || pattern == unknownPattern {
			continue
		}
		allowed = append(allowed, method)
		if method == http.MethodGet {
			allowed = append(allowed, http.MethodHead)
		}
	}
	return allowed
}
