//go:build !norealm

package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"keystead/config"
	"keystead/realm"
)

const demoRealmName = "the demo realm"

// realmSettings are those of a development realm, alone or beside the app.
type realmSettings struct {
	RealmFile   []string      `name:"realm-file" sep:"," placeholder:"FILE" help:"Realm file as Keycloak imports it, or a folder of them; may be given several times. Default: the demo realm, with the users alice and bob."`
	RealmState  string        `name:"realm-state" aliases:"state" placeholder:"DIR" help:"Keep keys, sessions and what users have changed in this folder, so that they outlive a restart. Default: everything is forgotten. Whoever can read it can make tokens of the realm."`
	RealmSecret config.Secret `name:"realm-secret" placeholder:"SECRET" help:"The secret of the control API. Default: a new one at each start."`
}

type realmCommand struct {
	realmSettings
	RealmAddr string `name:"realm-addr" aliases:"addr" default:"localhost:8080" help:"HOST:PORT on a loopback address where the realm listens. The name localhost means both loopback families."`
}

// Run serves the realm until the context ends.
func (c *realmCommand) Run(env *environment) error {
	started := time.Now()
	if err := env.sources.Err(); err != nil {
		return err
	}
	log, flush := newLogger(env.stderr, config.Config{LogLevel: slog.LevelInfo, LogFormat: formatFor(env.stderr)})
	defer flush()
	read := recording(env.lookupFor(""))
	r, err := c.open(c.RealmAddr, read.lookup, log)
	if err != nil {
		return err
	}
	warnOfUnknown(env, log, read.names)
	return r.serve(env.ctx, log, func() {
		fmt.Fprintf(env.stdout, "\n  A development realm, in which anybody on this machine can sign in as anybody. It listens after %d ms.\n\n", time.Since(started).Milliseconds())
		r.summarize(env.stdout)
		fmt.Fprint(env.stdout, "\n  Ctrl-C stops it.\n\n")
	})
}

// lookup finds a variable of the environment, for placeholders in realm files.
func (env *environment) lookup(name string) (string, bool) {
	for _, pair := range env.environ {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// lookupFor finds variables for realm files that send browsers back to an app, and tell it of sign-outs. What is set
// nowhere is made from the app's address; "" for an app that is not known.
func (env *environment) lookupFor(app string) func(name string) (string, bool) {
	return func(name string) (string, bool) {
		if value, ok := env.lookup(name); ok {
			return value, true
		}
		address, given := env.lookup("KEYSTEAD_APP_URL")
		if !given {
			address, given = app, app != ""
		}
		switch name {
		case "KEYSTEAD_APP_URL":
			return address, given
		case "KEYSTEAD_BACKCHANNEL_LOGOUT_URL":
			return address + "/auth/backchannel-logout", given
		}
		return "", false
	}
}

// recorder notes which variables the placeholders of realm files name.
type recorder struct {
	find  func(string) (string, bool)
	names []string
}

func recording(find func(string) (string, bool)) *recorder { return &recorder{find: find} }

func (r *recorder) lookup(name string) (string, bool) {
	r.names = append(r.names, name)
	return r.find(name)
}

func formatFor(stderr io.Writer) string {
	if isTerminal(stderr) {
		return "text"
	}
	return "json"
}

// runningRealm is a development realm that is about to be served.
type runningRealm struct {
	server      *realm.Server
	files       *realmFiles
	state       *realmState // nil: nothing is kept
	listeners   []net.Listener
	addr, url   string
	secret      string
	secretGiven bool // by a setting
}

// open reads the files and opens the address. Placeholders in the files are looked up.
func (c realmSettings) open(addr string, lookup func(string) (string, bool), log *slog.Logger) (*runningRealm, error) {
	if err := checkRealmAddr(addr); err != nil {
		return nil, err
	}
	if n := len(c.RealmSecret); n > 0 && n < leastSecret {
		return nil, fmt.Errorf("%s (--realm-secret) must have at least %d characters, and has %d: whoever guesses it gets a token of any user", config.EnvName("realm-secret"), leastSecret, n)
	}
	files := &realmFiles{names: c.RealmFile, url: "http://" + addr, lookup: lookup, log: log}
	realms, err := files.load()
	if err != nil {
		return nil, err
	}
	secret := cmp.Or(string(c.RealmSecret), rand.Text())
	server := realm.New(realm.Options{Realms: realms, Secret: secret, Log: log})
	state, err := openRealmState(c.RealmState, server)
	if err != nil {
		return nil, err
	}
	listeners, err := listen("realm-addr", addr)
	if err != nil {
		return nil, err
	}
	return &runningRealm{
		server: server, files: files, state: state, listeners: listeners,
		addr: addr, url: "http://" + addr, secret: secret, secretGiven: c.RealmSecret != "",
	}, nil
}

// leastSecret is how short a secret may be.
const leastSecret = 16

func checkRealmAddr(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || !isLoopbackAddress(host) || !isPort(port) {
		return fmt.Errorf("%s (--realm-addr) must be a loopback address with a port, such as localhost:8080, got %q: anybody can sign in to a development realm as anybody, so it listens where only this machine gets", config.EnvName("realm-addr"), addr)
	}
	return nil
}

func isLoopbackAddress(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}

// serve serves until ctx ends. Keys are made once the address is open, and whoever needs them waits.
func (r *runningRealm) serve(ctx context.Context, log *slog.Logger, listening func()) error {
	beside, stop := context.WithCancel(context.WithoutCancel(ctx)) // ends when the last request has: the state is written then
	var all sync.WaitGroup
	defer all.Wait()
	defer stop()
	go r.server.MakeKeys()
	forget, err := r.keepSecret()
	if err != nil {
		log.Warn("the secret of the control API could not be kept in a file, so \"keystead token mint\" must be given it as KEYSTEAD_REALM_SECRET", "error", err)
	}
	defer forget()
	all.Go(func() { r.files.watch(beside, r.server) })
	if r.state != nil {
		all.Go(func() { r.state.keep(beside, r.server, log) })
	}
	listening()
	srv := &http.Server{
		Handler: r.server, ReadHeaderTimeout: headerTimeout, ReadTimeout: 3 * headerTimeout, WriteTimeout: time.Minute, IdleTimeout: idleTimeout,
		ErrorLog:    slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		BaseContext: func(net.Listener) context.Context { return ctx }, // the end is not to wait for requests that hang because they were told to
	}
	return serve(ctx, srv, r.listeners, log, func() {})
}

// summarize tells where the realm is, who can sign in, and what to try.
func (r *runningRealm) summarize(w io.Writer) {
	for _, o := range r.server.Overview(r.url) {
		fmt.Fprintf(w, "  Issuer       %s\n", o.Issuer)
		for i, person := range o.People {
			label := "  Sign in as   "
			if i > 0 {
				label = "               "
			}
			if i == shownPeople {
				fmt.Fprintf(w, "%sand %d more: %s\n", label, len(o.People)-i, r.url)
				break
			}
			fmt.Fprintln(w, label+describePerson(person.Username, person.Password, person.Roles, person.Disabled))
		}
		if len(o.Curl) > 0 {
			fmt.Fprintf(w, "\n  A token without a browser:\n    %s\n", strings.Join(o.Curl, "\n    "))
		}
		fmt.Fprintln(w)
	}
	if !r.secretGiven { // what was given is known, and logs are read by many
		fmt.Fprintf(w, "  The secret of the control API, which \"keystead token mint\" finds by itself: %s\n", r.secret)
	}
	for _, o := range r.server.Overview(r.url) {
		fmt.Fprintf(w, "  Trouble on demand, to see what your app does about it; it asks for the secret of the control API: %s\n", o.TroubleURL)
	}
}

// shownPeople is how many users a summary lists.
const shownPeople = 6

func describePerson(username, password string, roles []string, disabled bool) string {
	text := plain(username)
	if password != "" {
		text += " / " + plain(password)
	}
	roles = slices.DeleteFunc(slices.Clone(roles), func(role string) bool {
		return strings.HasPrefix(role, "default-roles-") || role == "offline_access" || role == "uma_authorization"
	})
	switch {
	case disabled:
		text += " (disabled)"
	case len(roles) > 0:
		text += " (" + strings.Join(roles, ", ") + ")"
	}
	return text
}

// serves checks that an issuer is one of the realms here.
func (r *runningRealm) serves(issuer string) error {
	var issuers []string
	for _, o := range r.server.Overview(r.url) {
		if o.Issuer == issuer {
			return nil
		}
		issuers = append(issuers, o.Issuer)
	}
	return fmt.Errorf("%s (--issuer) is %s, but the realms served here are %s: name one of them, or use the other with \"keystead serve\"", config.EnvName("issuer"), issuer, strings.Join(issuers, ", "))
}

// close gives the address back, of a realm that is not served after all.
func (r *runningRealm) close() error {
	var errs []error
	for _, listener := range r.listeners {
		errs = append(errs, listener.Close())
	}
	return errors.Join(errs...)
}
