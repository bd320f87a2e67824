package realm

import (
	"cmp"
	"crypto/subtle"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"
)

// Options are what a Server is made from.
type Options struct {
	Realms []*Realm         // as Load returns them, at least one
	Secret string           // opens the control API; "" closes it
	Log    *slog.Logger     // nil: nothing is logged
	Now    func() time.Time // nil: time.Now
}

// Server serves realms as Keycloak does. It is an http.Handler that answers at once; what needs keys
// waits until MakeKeys has made them.
type Server struct {
	realms  atomic.Pointer[map[string]*served] // by name; the map is never written to: another takes its place
	swap    sync.Mutex                         // held by who makes another
	gone    map[string]*served                 // realms that a reload no longer had, should they come back; guarded by swap
	kept    map[string]state                   // of realms that are not there yet, by name; guarded by swap
	secret  string
	log     *slog.Logger
	now     func() time.Time
	handler http.Handler
	client  *http.Client // tells apps of sign-outs
	started time.Time
}

// New returns a server of the realms. It starts nothing: call MakeKeys beside it.
func New(o Options) *Server {
	s := &Server{gone: map[string]*served{}, kept: map[string]state{}, secret: o.Secret, log: o.Log, now: o.Now, client: newBackchannelClient()}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.started = s.now()
	realms := map[string]*served{}
	for _, r := range o.Realms {
		realms[r.Name] = newServed(r)
	}
	s.realms.Store(&realms)
	s.handler = s.routes()
	return s
}

// MakeKeys makes the keys of all realms, as many at a time as there are processors, and returns when
// all are there. To be called once, after the listener is open.
func (s *Server) MakeKeys() {
	var all sync.WaitGroup
	for _, v := range s.current() {
		all.Go(func() { s.makeKeys(v) })
	}
	all.Wait()
}

// makeKeys makes the keys that a version of a realm needs and that are not there.
func (s *Server) makeKeys(v *served) {
	for _, w := range v.keys.provide(v.Keys, v.DefaultSignature, v.askedAlgorithms()) {
		s.log.Warn(w.Text, "realm", v.Name, "path", w.Path)
	}
}

// current returns the realms by name, as they are now.
func (s *Server) current() map[string]*served { return *s.realms.Load() }

// WaitForKeys returns when the keys of all realms are there.
func (s *Server) WaitForKeys() {
	for _, v := range s.current() {
		<-v.keys.made
	}
}

// Names returns the names of the realms, sorted.
func (s *Server) Names() []string { return slices.Sorted(maps.Keys(s.current())) }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Under DNS rebinding a foreign name leads here, and the browser takes the answers for that name's own.
	if !isLoopbackHost(r.Host) {
		http.Error(w, "This development realm answers under loopback names only, such as localhost, not under "+printable(r.Host)+".", http.StatusForbidden)
		return
	}
	s.handler.ServeHTTP(w, r)
}

// isLoopbackHost reports whether a Host header names this machine: a loopback address, localhost, or a
// name below localhost (RFC 6761 §6.3).
func isLoopbackHost(host string) bool {
	name := host
	if h, port, err := net.SplitHostPort(host); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
		name = h
	} else if inner, ok := strings.CutPrefix(name, "["); ok {
		name = strings.TrimSuffix(inner, "]")
	}
	name = strings.ToLower(name)
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return validHost(name)
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.IsLoopback() && addr.Zone() == ""
}

// validHost keeps what no host name holds out of addresses and pages that are made from it.
func validHost(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.')
	})
}

func printable(text string) string {
	if len(text) > 100 {
		text = text[:100]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
}

// routeLeniently takes a path with a slash at its end for the same without, and HEAD for a GET whose body is left out.
func routeLeniently(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		route := chi.RouteContext(r.Context())
		path := cmp.Or(r.URL.RawPath, r.URL.Path)
		if plain, cut := strings.CutSuffix(path, "/"); cut && plain != "" {
			route.RoutePath = plain
		}
		if r.Method == http.MethodHead {
			route.RouteMethod = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) routes() http.Handler {
	r := chi.NewRouter()
	r.Use(routeLeniently, headers)
	r.NotFound(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusNotFound, map[string]string{"error": "Unable to find matching target resource method"})
	})
	r.Get("/", s.home)
	r.Get(pagesBase+"/style.css", serveStyle)
	r.Get("/.well-known/oauth-authorization-server/realms/{realm}", s.with((*call).discovery))
	r.Route("/admin", s.adminREST)
	r.Route("/realms/{realm}", func(r chi.Router) {
		notFound := func(w http.ResponseWriter, r *http.Request) {
			if s.realmOf(r) == nil {
				writeJSON(w, http.StatusNotFound, map[string]string{"error": "Realm does not exist"})
				return
			}
			writeJSON(w, http.StatusNotFound, map[string]string{"error": "HTTP 404 Not Found"})
		}
		r.NotFound(notFound)
		r.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "/.well-known/") {
				notFound(w, r) // as Keycloak has it
				return
			}
			writeJSON(w, http.StatusMethodNotAllowed, map[string]string{"error": "HTTP 405 Method Not Allowed"})
		})
		for _, e := range endpoints {
			for method := range strings.FieldsSeq(e.methods) {
				r.Method(method, e.path, s.with(e.handle))
			}
			r.Method(http.MethodOptions, e.path, s.with(e.preflight))
		}
	})
	return r
}

// endpoint is one address of a realm.
type endpoint struct {
	path, methods string
	cors          string // methods that a preflight is told; "": the endpoint takes no part in CORS
	handle        func(*call) error
}

const (
	oidc           = "/protocol/openid-connect"
	accountMethods = "HEAD, DELETE, POST, GET, OPTIONS, PUT"
)

var endpoints = []endpoint{
	{"/", "GET", "GET", (*call).info},
	{"/.well-known/openid-configuration", "GET", "GET", (*call).discovery},
	{"/.well-known/oauth-authorization-server", "GET", "GET", (*call).discovery},
	{oidc + "/certs", "GET", "GET", (*call).certs},
	{oidc + "/auth", "GET POST", "", (*call).authorize},
	{oidc + "/registrations", "GET", "", (*call).registrations},
	{oidc + "/forgot-credentials", "GET", "", (*call).forgotCredentials},
	{oidc + "/token", "POST", "POST, OPTIONS", (*call).token},
	{oidc + "/token/introspect", "POST", "", (*call).introspect},
	{oidc + "/userinfo", "GET POST", "GET, HEAD, OPTIONS", (*call).userinfo},
	{oidc + "/revoke", "POST", "POST, OPTIONS", (*call).revoke},
	{oidc + "/logout", "GET POST", "GET, HEAD, OPTIONS", (*call).logout},
	{oidc + "/logout/logout-confirm", "POST", "", (*call).logoutConfirmed},
	{oidc + "/auth/device", "POST", "POST, OPTIONS", (*call).deviceRequest},
	{oidc + "/login-status-iframe.html", "GET", "", (*call).statusFrame},
	{oidc + "/login-status-iframe.html/init", "GET", "", (*call).statusFrameInit},
	{oidc + "/3p-cookies/step1.html", "GET", "", (*call).thirdPartyStep1},
	{oidc + "/3p-cookies/step2.html", "GET", "", (*call).thirdPartyStep2},
	{"/device", "GET POST", "", (*call).devicePage},
	{"/device/status", "GET", "", (*call).deviceStatus},
	{"/login-actions/authenticate", "GET POST", "", (*call).authenticate},
	{"/login-actions/pick-user", "POST", "", (*call).pickUser},
	{"/login-actions/required-action", "GET POST", "", (*call).requiredAction},
	{"/login-actions/consent", "POST", "", (*call).consent},
	{"/account", "GET POST", accountMethods, accountREST((*call).account)},
	{"/account/sessions", "GET DELETE", accountMethods, accountREST((*call).accountSessions)},
	{"/account/sessions/devices", "GET", accountMethods, accountREST((*call).accountDevices)},
	{"/account/sessions/{session}", "DELETE", accountMethods, accountREST((*call).endAccountSession)},
	{"/account/credentials", "GET", accountMethods, accountREST((*call).accountCredentials)},
	{"/account/profile", "POST", "", (*call).saveProfile},
	{"/account/sign-out", "POST", "", (*call).signOut},
	{"/account/*", "GET POST PUT DELETE", accountMethods, accountREST((*call).accountElsewhere)},
	{reportPath, "GET", "", (*call).report},
	{"/keystead", "GET POST", "", (*call).controlPage},
	{"/keystead/tokens", "POST", "", (*call).mintTokens},
	{"/keystead/rotate-keys", "POST", "", (*call).rotateKeys},
	{"/keystead/clients/{client}", "PATCH", "", (*call).patchClient},
	{"/keystead/trouble", "GET DELETE", "", (*call).allTrouble},
	{"/keystead/trouble/{endpoint}", "PUT DELETE", "", (*call).oneTrouble},
	{"/keystead/clock", "PUT", "", (*call).setClock},
	{"/keystead/keys", "GET", "", (*call).listKeys},
	{"/keystead/keys/{kid}", "DELETE", "", (*call).withdrawKey},
	{"/keystead/sessions", "GET", "", (*call).listSessions},
	{"/keystead/sessions/{sid}", "DELETE", "", (*call).deleteSession},
	{"/keystead/sessions/{sid}/expire", "POST", "", (*call).expireSession},
	{"/keystead/users/{username}/logout", "POST", "", (*call).logoutUser},
}

// preflight answers OPTIONS: to browsers that ask whether a page may call (Fetch §4.8), and else with Allow.
func (e endpoint) preflight(c *call) error {
	h := c.w.Header()
	if origin := c.r.Header.Get("Origin"); origin != "" && e.cors != "" {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Methods", e.cors)
		h.Set("Access-Control-Allow-Credentials", "true")
		h.Set("Access-Control-Allow-Headers", "Origin, X-Requested-With, Access-Control-Request-Method, Accept, Access-Control-Request-Headers, DPoP, Content-Type, Authorization")
		h.Set("Access-Control-Max-Age", "3600")
		return nil
	}
	h.Set("Allow", strings.Join(append(strings.Fields(e.methods), "OPTIONS"), ", "))
	return nil
}

// with finds the realm and turns a handler's error into an answer.
func (s *Server) with(handle func(*call) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := s.realmOf(r)
		if v == nil {
			writeJSON(w, http.StatusNotFound, map[string]string{"error": "Realm does not exist"})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		c := &call{w: w, r: r, s: s, realm: v, now: v.troubles.now(s.now())}
		if err := c.inTrouble(handle); err != nil {
			c.fail(err)
		}
		v.touched.Store(true)
	}
}

const maxBody = 1 << 20

func (s *Server) realmOf(r *http.Request) *served {
	return s.current()[pathParam(r, "realm")]
}

// headers are on every answer, as in Keycloak, but HSTS: over http browsers pass it over.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Robots-Tag", "none")
		h.Set("X-Frame-Options", "SAMEORIGIN")
		next.ServeHTTP(w, r)
	})
}

// sameSecret compares in constant time.
func sameSecret(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
