package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"keystead/api"
	"keystead/auth"
	"keystead/config"
	"keystead/jsonlog"
	"keystead/session"
	"keystead/store"
)

const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	headerBytes   = 32 << 10 // of a request, beside its token
	drainTime     = 2 * time.Second

	// headroomBytes count as memory in use and are never touched, so that the system never has to give them. The garbage
	// collector runs when memory in use has doubled: with the four megabytes that there are otherwise, it would thirty times a
	// second under load, and take a tenth of the time.
	headroomBytes = 6 << 20

	revocationsPatience = 2 * time.Second // with which a start waits for the list
	shutdownGrace       = 10 * time.Second
)

type serveCommand struct {
	config.Settings
	PrintConfig bool `action:"" help:"Print each setting and where it came from, and end."`
}

// Run serves until the context ends, then lets open requests finish.
func (c *serveCommand) Run(env *environment) error {
	if c.PrintConfig {
		if err := config.Print(env.stdout, env.parsed, env.sources); err != nil {
			return err
		}
	}
	cfg, err := load(env, c.Settings)
	if err != nil {
		return err
	}
	if c.PrintConfig {
		return nil
	}
	log, flush := newLogger(env.stderr, cfg)
	defer flush()
	warnOfUnknown(env, log, nil)
	return serveApp(env.ctx, cfg, log, func() {})
}

// load reads and checks the settings. Its error names all that is wrong with them.
func load(env *environment, settings config.Settings) (config.Config, error) {
	cfg, err := config.Load(settings, env.sources, isTerminal(env.stderr))
	if bad := store.Check(settings.DatabaseURL); bad != nil {
		err = errors.Join(err, fmt.Errorf("%s (--database-url) cannot be used: %w", config.EnvName("database-url"), bad))
	}
	if err != nil {
		return config.Config{}, fmt.Errorf("the settings are not right:\n%w", err)
	}
	return cfg, nil
}

// warnOfUnknown names variables that look like settings and are none, nor any of those that something else reads.
func warnOfUnknown(env *environment, log *slog.Logger, others []string) {
	for _, name := range env.sources.Unknown(config.Flags(env.parsed)) {
		if bare, _, _ := strings.Cut(name, " "); slices.Contains(others, bare) {
			continue
		}
		log.Warn("there is no such setting; --help lists them all", "name", name)
	}
}

// serveApp serves the app and its API until ctx ends. It calls listening once the address is open.
func serveApp(ctx context.Context, cfg config.Config, log *slog.Logger, listening func()) error {
	if u, err := url.Parse(cfg.PublicURL); err == nil && u.Scheme == "http" && !config.IsLoopback(u.Hostname()) {
		if cfg.LoginMode != "session" {
			log.Warn("browsers give a page over plain http no Web Crypto, so nobody can sign in: put TLS in front and set KEYSTEAD_PUBLIC_URL to the https address", "url", cfg.PublicURL)
		}
		if cfg.SessionClientID != "" {
			log.Warn("the session login's cookies go over plain http (KEYSTEAD_INSECURE_COOKIES=true): anybody on the way can take over a session; put TLS in front and set KEYSTEAD_PUBLIC_URL to the https address", "url", cfg.PublicURL)
		}
	}

	if cfg.InsecureSkipAudience {
		log.Warn("audiences are not verified (KEYSTEAD_VERIFY_AUDIENCE=false): any service that is sent a token of this realm can use it here; add an audience mapper to the realm and take the setting away")
	}

	db, err := store.Open(string(cfg.DatabaseURL), log)
	if err != nil {
		return fmt.Errorf("opening the database: %w", err)
	}
	defer db.Close()
	headroom := make([]byte, headroomBytes)
	defer runtime.KeepAlive(headroom)
	keys := newKeys(cfg, log)
	revocations := session.NewRevocations(db, log)
	handler, err := newHandler(cfg, keys, db, revocations, log)
	if err != nil {
		return err
	}
	listeners, err := listen("addr", cfg.Addr)
	if err != nil {
		return err
	}
	served, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	if cfg.AdminAddr != "" {
		admin, err := serveAdmin(cfg.AdminAddr, handler.Admin(), log, fail)
		if err != nil {
			return errors.Join(err, closeAll(listeners))
		}
		defer admin.Close()
	}
	// Keys and database serve the requests that are still open when ctx ends.
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { keys.Run(background) })
	running.Go(func() { db.Run(background) })
	running.Go(func() { revocations.Run(background) })
	select { // what was revoked must be refused from the first answer on, unless the database is away
	case <-revocations.Read():
	case <-time.After(revocationsPatience):
		log.Warn("it is not known yet which tokens were revoked: the database does not answer", "waited", revocationsPatience.String())
	case <-ctx.Done():
	}
	log.Info("serving", "url", cfg.PublicURL, "addr", cfg.Addr, "admin_addr", cfg.AdminAddr, "issuer", cfg.Issuer)
	listening()
	err = serve(served, newServer(cfg, handler, log), listeners, log, handler.Stopping)
	if ctx.Err() == nil {
		err = errors.Join(err, context.Cause(served)) // nobody asked for the end
	}
	stop()
	running.Wait()
	return err
}

// serveAdmin answers on addr in the background, and calls fail when it cannot any more.
func serveAdmin(addr string, handler http.Handler, log *slog.Logger, fail context.CancelCauseFunc) (io.Closer, error) {
	listeners, err := listen("admin-addr", addr)
	if err != nil {
		return nil, err
	}
	srv := &http.Server{
		Handler: handler, ReadTimeout: headerTimeout, WriteTimeout: time.Minute, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	for _, listener := range listeners {
		go func() {
			if err := srv.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				fail(fmt.Errorf("serving on %s: %w", addr, err))
			}
		}()
	}
	return srv, nil
}

// newServer returns the app's server with the limits of one connection.
func newServer(cfg config.Config, handler http.Handler, log *slog.Logger) *http.Server {
	srv := &http.Server{
		Handler:           endUnclear(handler),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       headerTimeout + cfg.RequestTimeout, // who sends slower holds a connection for nothing
		WriteTimeout:      headerTimeout + 2*cfg.RequestTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerBytes + 2*cfg.MaxTokenBytes,                 // a token that is a little too long gets an answer that says so
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // what clients do wrong on the wire

		DisableGeneralOptionsHandler: true, // it would answer OPTIONS * past the handler, its limits and its log
	}
	if cfg.Certificate != nil {
		srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*cfg.Certificate}, MinVersion: tls.VersionTLS12}
	}
	return srv
}

// endUnclear ends a connection with the answer to a request whose end a proxy in front may see elsewhere. What follows on
// that connection could be a request that was smuggled past the proxy, inside the body of this one. net/http takes chunks and
// does not tell whether a length stood beside them, and in HTTP/1.0 ignores them; both must end the connection (RFC 9112 §6.1).
func endUnclear(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TransferEncoding) > 0 || !r.ProtoAtLeast(1, 1) {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

func newKeys(cfg config.Config, log *slog.Logger) *auth.Keys {
	return auth.NewKeys(auth.KeysConfig{
		Issuer: cfg.Issuer, BackchannelURL: cfg.BackchannelURL, Refresh: cfg.JWKSRefresh, MaxStale: cfg.JWKSMaxStale,
		Transport: newRealmTransport(cfg.RootCAs), Logger: log,
	})
}

func newVerifier(cfg config.Config, keys *auth.Keys, revocations auth.Revocations) (*auth.Verifier, error) {
	var introspection *auth.Introspection
	if cfg.IntrospectionClientID != "" {
		introspection = &auth.Introspection{ClientID: cfg.IntrospectionClientID, ClientSecret: string(cfg.IntrospectionClientSecret)}
	}
	return auth.NewVerifier(auth.VerifierConfig{
		Keys: keys, Audience: cfg.Audience, InsecureSkipAudience: cfg.InsecureSkipAudience,
		AuthorizedParties: cfg.AuthorizedParties, Algorithms: cfg.Algorithms, Leeway: cfg.Leeway,
		MaxTokenBytes: cfg.MaxTokenBytes, CacheSize: cfg.TokenCache, Introspection: introspection,
		Revocations: revocations,
	})
}

// newSessions returns what signs people in at this server, nil where that is not switched on.
func newSessions(cfg config.Config, keys *auth.Keys, verifier *auth.Verifier, db *store.Store, log *slog.Logger) (*session.Manager, error) {
	if cfg.SessionClientID == "" {
		return nil, nil
	}
	var secrets []string
	for _, secret := range cfg.SessionSecrets {
		secrets = append(secrets, string(secret))
	}
	return session.New(session.Config{
		Keys: keys, Verifier: verifier, Store: db, Log: log, Issuer: cfg.Issuer, ClientID: cfg.SessionClientID,
		ClientSecret: string(cfg.SessionClientSecret), Secrets: secrets, PublicURL: cfg.PublicURL,
	})
}

func newHandler(cfg config.Config, keys *auth.Keys, db *store.Store, revocations *session.Revocations, log *slog.Logger) (*api.Handler, error) {
	verifier, err := newVerifier(cfg, keys, revocations)
	if err != nil {
		return nil, err
	}
	sessions, err := newSessions(cfg, keys, verifier, db, log)
	if err != nil {
		return nil, err
	}
	app, err := fs.Sub(webDist, "web/dist")
	if err != nil {
		return nil, err
	}
	if cfg.WebDir != "" {
		root, err := os.OpenRoot(cfg.WebDir) // unlike os.DirFS, follows no link out of the folder
		if err != nil {
			return nil, err
		}
		app = root.FS()
	}
	return api.NewHandler(api.Options{
		Revocations: revocations, Sessions: sessions, SessionClient: cfg.SessionClientID,
		Keys: keys, Verifier: verifier, Store: db, App: app, AppFixed: cfg.WebDir == "", Log: log, Build: buildOf(),
		CORSOrigins: cfg.CORSOrigins, TrustedProxies: cfg.TrustedProxies, RateLimit: cfg.RateLimit,
		MaxBodyBytes: cfg.MaxBodyBytes, RequestTimeout: cfg.RequestTimeout,
		Settings: api.Settings{
			Issuer: cfg.Issuer, KeycloakURL: cfg.KeycloakURL, Realm: cfg.Realm, ClientID: cfg.ClientID, PublicURL: cfg.PublicURL,
			LoginMode: cfg.LoginMode,
		},
	})
}

// listen opens addr, which the flag has set. The name localhost means both loopback families, because browsers try either;
// a machine without one of them gets the other.
func listen(flag, addr string) ([]net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	addrs := []string{addr}
	if host == "localhost" {
		addrs = []string{net.JoinHostPort("127.0.0.1", port), net.JoinHostPort("::1", port)}
	}
	var listeners []net.Listener
	var errs []error
	taken := false
	for _, addr := range addrs {
		listener, err := net.Listen("tcp", addr)
		if err != nil {
			errs = append(errs, err)
			taken = taken || errors.Is(err, syscall.EADDRINUSE)
			continue
		}
		listeners = append(listeners, listener)
	}
	if !taken && len(listeners) > 0 {
		return listeners, nil
	}
	_ = closeAll(listeners) // half of localhost would send people to whatever holds the other half
	return nil, fmt.Errorf("listening on %s: %w; choose an address that is free with %s (--%s)", addr, errors.Join(errs...), config.EnvName(flag), flag)
}

func closeAll(listeners []net.Listener) error {
	var errs []error
	for _, listener := range listeners {
		errs = append(errs, listener.Close())
	}
	return errors.Join(errs...)
}

// serve answers on all listeners until ctx ends or one of them fails. When the process was told to end, by whoever runs it
// and not by a person at its terminal, stopping is called and requests are taken for a moment more: load balancers need it to
// turn to another instance.
func serve(ctx context.Context, srv *http.Server, listeners []net.Listener, log *slog.Logger, stopping func()) error {
	conns := watchConnections(srv)
	defer conns.stop()
	failed := make(chan error, len(listeners))
	secure := srv.TLSConfig != nil // asked now: Serve itself sets it
	for _, listener := range listeners {
		go func() {
			if secure {
				failed <- srv.ServeTLS(conns.listener(listener), "", "")
				return
			}
			failed <- srv.Serve(conns.listener(listener))
		}()
	}
	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", errors.Join(err, srv.Close()))
	case <-ctx.Done():
	}
	stopping()
	if errors.Is(context.Cause(ctx), errTerminated) {
		log.Info("stopping: readiness has fallen; requests are taken for a moment more", "wait", drainTime.String())
		time.Sleep(drainTime)
	}
	log.Info("stopping: open requests finish, new ones are not taken")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		log.Warn("some requests did not finish in time and were cut off", "waited", shutdownGrace.String())
		return srv.Close()
	}
	return nil
}

// newLogger returns the log, and what must be called at the end lest its last lines are lost.
func newLogger(w io.Writer, cfg config.Config) (log *slog.Logger, flush func()) {
	if cfg.LogFormat == "json" {
		h, flush := jsonlog.New(w, cfg.LogLevel)
		return slog.New(h), flush
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: cfg.LogLevel})), func() {}
}

// isTerminal reports whether w goes to a person's terminal.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
