//go:build !norealm

package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"keystead/config"
)

// What the demo realm calls things, for settings that nobody has given.
const (
	demoClient              = "demo"
	demoAudience            = "keystead-api"
	demoIntrospectionClient = "keystead-api"
	demoIntrospectionSecret = "keystead-api-demo-secret"
	demoSessionClient       = "keystead-session"
	demoSessionSecret       = "keystead-session-demo-secret"
	viteOrigin              = "http://localhost:3000"
	defaultRealmAddr        = "localhost:8080"
)

type devCommand struct {
	config.Settings
	realmSettings
	RealmAddr string `name:"realm-addr" default:"localhost:8080" help:"HOST:PORT on a loopback address where the realm listens."`
}

// Help is shown by kong below the usage.
func (*devCommand) Help() string {
	return `Everything that "keystead serve" can be told can be told here, too. What is set nowhere is the demo realm's.`
}

// Run serves app and realm until the context ends, or one of them fails.
func (c *devCommand) Run(env *environment) error {
	started := time.Now()
	if err := c.fillIn(); err != nil {
		return err
	}
	cfg, err := load(env, c.Settings)
	if err != nil {
		return err
	}
	log, flush := newLogger(env.stderr, cfg)
	defer flush()
	read := recording(env.lookupFor(cfg.PublicURL))
	r, err := c.open(c.RealmAddr, read.lookup, log)
	if err != nil {
		return err
	}
	warnOfUnknown(env, log, read.names)
	if err := r.serves(cfg.Issuer); err != nil {
		return errors.Join(err, r.close())
	}
	ctx, stop := context.WithCancel(env.ctx)
	defer stop()
	open := make(chan struct{}, 2)
	ended := make(chan error, 2)
	run := func(part func(listening func()) error) {
		err := part(func() { open <- struct{}{} })
		stop() // neither is of use without the other
		ended <- err
	}
	go run(func(listening func()) error { return r.serve(ctx, log, listening) })
	go run(func(listening func()) error { return serveApp(ctx, cfg, log, listening) })
	for range 2 {
		select {
		case <-open:
			continue
		case <-ctx.Done():
		}
	}
	if ctx.Err() == nil {
		r.server.WaitForKeys()
		c.introduce(env.stdout, cfg, r, time.Since(started))
	}
	return errors.Join(<-ended, <-ended)
}

// fillIn gives settings that stand nowhere the values of the realm that is about to run.
func (c *devCommand) fillIn() error {
	if err := checkRealmAddr(c.RealmAddr); err != nil {
		return err
	}
	issuer := "http://" + c.RealmAddr + "/realms/demo"
	if len(c.RealmFile) > 0 {
		if c.Issuer == "" {
			return fmt.Errorf("with a realm file of your own, name the realm: set %s, such as http://%s/realms/NAME", config.EnvName("issuer"), c.RealmAddr)
		}
		return nil
	}
	if c.Issuer != "" && c.Issuer != issuer {
		return fmt.Errorf("%s is %s, but the development realm will be %s: take the setting away, or use that realm with \"keystead serve\"", config.EnvName("issuer"), c.Issuer, issuer)
	}
	c.Issuer = issuer
	c.ClientID = cmp.Or(c.ClientID, demoClient)
	c.Audience = cmp.Or(c.Audience, demoAudience)
	c.CORSOrigins = cmp.Or(c.CORSOrigins, viteOrigin)
	if c.IntrospectionClientID == "" && c.IntrospectionClientSecret == "" {
		c.IntrospectionClientID, c.IntrospectionClientSecret = demoIntrospectionClient, demoIntrospectionSecret
	}
	if c.SessionClientID == "" && c.SessionClientSecret == "" && c.SessionSecret == "" {
		// The realm forgets its sessions when it ends, so a secret that nobody keeps is good enough.
		c.SessionClientID, c.SessionClientSecret, c.SessionSecret = demoSessionClient, demoSessionSecret, config.Secret(rand.Text()+rand.Text())
	}
	return nil
}

// introduce says what runs now, and what to try first.
func (c *devCommand) introduce(w io.Writer, cfg config.Config, r *runningRealm, took time.Duration) {
	fmt.Fprintf(w, "\n  Open         %s   (ready after %d ms)\n  API docs     %s/docs\n", cfg.PublicURL, took.Milliseconds(), cfg.PublicURL)
	fmt.Fprint(w, "\n  Beside the app runs a development realm, in which anybody on this machine can sign in as anybody:\n\n")
	r.summarize(w)
	fmt.Fprintf(w, "\n  Call the API from another terminal:\n    curl %s/api/me -H \"Authorization: Bearer $(%s)\"\n    curl -i %s/api/me        # without a token: 401, and why\n\n  Ctrl-C stops both.\n\n",
		cfg.PublicURL, c.mintLine(r), cfg.PublicURL)
}

// mintLine is the command that makes a token of the first user.
func (c *devCommand) mintLine(r *runningRealm) string {
	line := os.Args[0] + " token mint --user "
	if people := r.server.Overview(r.url)[0].People; len(people) > 0 {
		line += people[0].Username
	}
	if c.RealmAddr != defaultRealmAddr {
		line += " --realm-addr " + c.RealmAddr
	}
	return line
}
