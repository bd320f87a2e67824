// Package config holds every setting of Keystead once: its flag, its variable, its default, its
// check and its help text. Only the main package reads it, and hands each other package the
// settings that it needs.
package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Settings are the settings of "keystead serve" as a person writes them. Kong fills them from the
// command line, from Sources, and from the defaults here, in that order. They are all text, so that
// Load can report every mistake at once.
type Settings struct {
	Addr               string `default:"localhost:8000" help:"HOST:PORT where the app listens. The name localhost means both loopback families; an empty host means every interface."`
	AdminAddr          string `name:"admin-addr" placeholder:"HOST:PORT" help:"Where metrics and readiness details listen, apart from the app; nothing guards them, so let only this machine or your network reach it. Default: nowhere."`
	PublicURL          string `name:"public-url" placeholder:"URL" help:"How browsers reach the app. Default: http://localhost:PORT when the address is on loopback, https where it serves that; required otherwise."`
	Issuer             string `placeholder:"URL" help:"The realm, exactly as in the tokens' iss claim, such as https://login.example.com/realms/demo. Required."`
	BackchannelURL     string `name:"backchannel-url" placeholder:"URL" help:"The realm's full URL as this server reaches it, when that differs from the issuer, such as http://keycloak:8080/realms/demo."`
	InsecureHTTPIssuer toggle `name:"insecure-http-issuer" default:"false" help:"Allow plain http to an issuer or back channel that is not on loopback."`
	CAFile             string `name:"ca-file" placeholder:"FILE" help:"Certificates in PEM of further authorities that may vouch for the realm's https, beside the system's own."`
	ClientID           string `name:"client-id" placeholder:"ID" help:"The public client that the single-page app signs in with. Required."`
	LoginMode          string `name:"login-mode" default:"login-required" placeholder:"MODE" help:"How the single-page app lets people in: login-required sends everybody to the login at once; check-sso asks the realm once whether they are signed in already, and shows a page with a sign-in button if not; public shows that page without asking; session signs people in at this server, so that no token is in the browser, and needs the session login's settings."`
	Audience           string `placeholder:"LIST" help:"Comma list; a token must be meant for one of these audiences. Required, unless audiences are not verified."`
	VerifyAudience     toggle `name:"verify-audience" default:"true" help:"Refuse tokens that are meant for others. Say false only for a realm that has no audience mapper: any service of the realm can then use here what tokens it is sent."`
	AuthorizedParties  string `name:"authorized-parties" placeholder:"LIST" help:"Comma list of client ids (azp) whose tokens are accepted. Default: all clients."`
	Algorithms         string `default:"RS256" placeholder:"LIST" help:"Comma list of the signature algorithms to accept, out of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA."`
	Leeway             string `default:"30s" help:"How far the clocks of this server and the realm may differ, at most 5m."`
	JWKSRefresh        string `name:"jwks-refresh" default:"15m" help:"How often the realm's keys are fetched again; sooner where the realm's Cache-Control says so, and at the latest at half of KEYSTEAD_JWKS_MAX_STALE."`
	JWKSMaxStale       string `name:"jwks-max-stale" default:"24h" help:"How long the last good keys serve while the realm is away. After that requests get 503."`
	MaxTokenBytes      string `name:"max-token-bytes" default:"16384" help:"A longer token is refused unread."`
	TokenCache         string `name:"token-cache" default:"10000" help:"How many verified tokens are remembered, at 2 KB each, fewer where they are larger; 0 switches that off."`

	IntrospectionClientID     string `name:"introspection-client-id" placeholder:"ID" help:"The confidential client with which this server asks the realm about lightweight and opaque tokens; it must be in their audience. Default: such tokens are refused."`
	IntrospectionClientSecret Secret `name:"introspection-client-secret" placeholder:"SECRET" help:"Its secret. Others on this machine can read the command line: better set KEYSTEAD_INTROSPECTION_CLIENT_SECRET_FILE."`

	SessionClientID     string `name:"session-client-id" placeholder:"ID" help:"The confidential client with which this server signs people in itself and keeps their tokens (/auth/login). Default: there is no such login."`
	SessionClientSecret Secret `name:"session-client-secret" placeholder:"SECRET" help:"Its secret. Others on this machine can read the command line: better set KEYSTEAD_SESSION_CLIENT_SECRET_FILE."`
	SessionSecret       Secret `name:"session-secret" placeholder:"LIST" help:"What seals the tokens in the database: at least 32 bytes, of random text, such as \"openssl rand -base64 32\" prints. Of a comma list the first seals and all open, so that a new one can take an old one's place. Better set KEYSTEAD_SESSION_SECRET_FILE."`
	InsecureCookies     toggle `name:"insecure-cookies" default:"false" help:"Allow that login over plain http on a name that is not loopback: anybody on the way can take over the session."`

	DatabaseURL string `name:"database-url" default:"sqlite:keystead.db" help:"Where notes, sessions and revocations are kept: sqlite:PATH, or postgres://USER:PASSWORD@HOST/DATABASE, which replicas can share. Others on this machine can read the command line: better set KEYSTEAD_DATABASE_URL_FILE where there is a password."`

	TrustedProxies string `name:"trusted-proxies" placeholder:"LIST" help:"Comma list of the networks (CIDR) whose X-Forwarded-For is believed. Default: none, so that whoever is connected counts as the client."`
	RateLimit      string `name:"rate-limit" placeholder:"NUMBER" help:"How many requests a client address may make in a minute; an IPv6 client counts as its /64. Default: no limit."`
	MaxBodyBytes   string `name:"max-body-bytes" default:"1 MiB" help:"A larger request body is refused."`
	RequestTimeout string `name:"request-timeout" default:"30s" help:"How long a request may take to arrive, and as long again to be answered."`
	TLSCert        string `name:"tls-cert" placeholder:"FILE" help:"Certificate chain in PEM to serve HTTPS with; needs its key, too. Default: plain HTTP, for a proxy in front."`
	TLSKey         string `name:"tls-key" placeholder:"FILE" help:"The certificate's private key in PEM."`

	CORSOrigins string `name:"cors-origins" placeholder:"LIST" help:"Comma list of origins, such as https://app.example.com, whose pages may call the API from a browser."`
	WebDir      string `name:"web-dir" placeholder:"DIR" help:"Serve the built app in this folder instead of the one inside the binary. It is read at the start: restart after a build."`
	LogLevel    string `name:"log-level" default:"info" help:"One of debug, info, warn, error."`
	LogFormat   string `name:"log-format" placeholder:"FORMAT" help:"One of text, json. Default: text on a terminal, json otherwise."`
}

// Config holds the same settings parsed and checked.
type Config struct {
	Addr                 string         // host:port to listen on; the host may be empty
	AdminAddr            string         // the same for metrics and readiness details; "": nowhere
	PublicURL            string         // scheme://host[:port], no slash at the end
	Issuer               string         // …/realms/{realm}, no slash at the end
	KeycloakURL          string         // the issuer without /realms/{realm}
	Realm                string         // the realm's name
	BackchannelURL       string         // the realm as this server reaches it; the issuer unless set
	InsecureHTTPIssuer   bool           // plain http off loopback is allowed
	RootCAs              *x509.CertPool // that vouch for the realm; nil: the system's own
	ClientID             string         // the app's public client
	LoginMode            string         // login-required, check-sso, public or session
	Audience             []string       // at least one, unless InsecureSkipAudience
	InsecureSkipAudience bool           // tokens for any audience are accepted
	AuthorizedParties    []string       // none: all clients
	Algorithms           []string       // at least one
	Leeway               time.Duration
	JWKSRefresh          time.Duration
	JWKSMaxStale         time.Duration
	MaxTokenBytes        int
	TokenCache           int // 0: off

	IntrospectionClientID     string // "": the realm is not asked about tokens
	IntrospectionClientSecret Secret // set where the id is

	SessionClientID     string   // "": this server signs nobody in
	SessionClientSecret Secret   // set where the id is
	SessionSecrets      []Secret // set where the id is; the first seals, all open

	DatabaseURL Secret // may hold a password; checked by the package that opens it

	TrustedProxies []string // CIDR; none: nobody's X-Forwarded-For is believed
	RateLimit      int      // requests of one client address in a minute; 0: no limit
	MaxBodyBytes   int64
	RequestTimeout time.Duration
	Certificate    *tls.Certificate // nil: plain HTTP

	CORSOrigins []string // empty: the same origin only
	WebDir      string   // "": the embedded app
	LogLevel    slog.Level
	LogFormat   string // "text" or "json"
}

// Load checks settings and returns the Config they describe. Its error names every wrong setting,
// one on a line, with the value it had and what would be right. A terminal is where the log goes
// to a person.
func Load(s Settings, sources *Sources, terminal bool) (Config, error) {
	p := &problems{errs: slices.Clone(sources.errs)}
	c := Config{
		Addr:                 p.address("addr", s.Addr),
		InsecureHTTPIssuer:   p.boolean("insecure-http-issuer", s.InsecureHTTPIssuer),
		ClientID:             p.clientID("client-id", s.ClientID),
		LoginMode:            p.loginMode("login-mode", s.LoginMode),
		RootCAs:              p.certificates("ca-file", s.CAFile),
		InsecureSkipAudience: !p.boolean("verify-audience", s.VerifyAudience),
		AuthorizedParties:    p.parties("authorized-parties", s.AuthorizedParties),
		Algorithms:           p.algorithms("algorithms", s.Algorithms),
		Leeway:               p.duration("leeway", s.Leeway, 0, 5*time.Minute),
		JWKSRefresh:          p.duration("jwks-refresh", s.JWKSRefresh, time.Second, 24*time.Hour),
		JWKSMaxStale:         p.duration("jwks-max-stale", s.JWKSMaxStale, time.Second, 30*24*time.Hour),
		MaxTokenBytes:        p.number("max-token-bytes", s.MaxTokenBytes, 1024, 1<<19),
		TokenCache:           p.number("token-cache", s.TokenCache, 0, 10_000_000),
		DatabaseURL:          Secret(s.DatabaseURL),
		TrustedProxies:       p.networks("trusted-proxies", s.TrustedProxies),
		RateLimit:            p.rateLimit("rate-limit", s.RateLimit),
		MaxBodyBytes:         p.size("max-body-bytes", s.MaxBodyBytes, 1<<10, 100<<20),
		RequestTimeout:       p.duration("request-timeout", s.RequestTimeout, time.Second, 10*time.Minute),
		Certificate:          p.certificate("tls-cert", s.TLSCert, "tls-key", s.TLSKey),
		LogLevel:             p.level("log-level", s.LogLevel),
		WebDir:               p.webDir("web-dir", s.WebDir),
	}
	if s.AdminAddr != "" {
		c.AdminAddr = p.adminAddress("admin-addr", s.AdminAddr, c.Addr)
	}
	c.PublicURL = p.publicURL("public-url", s.PublicURL, c.Addr, c.Certificate != nil)
	c.Issuer = p.issuer("issuer", s.Issuer, c.InsecureHTTPIssuer)
	c.KeycloakURL, c.Realm = splitIssuer(c.Issuer)
	c.BackchannelURL = c.Issuer
	if s.BackchannelURL != "" {
		c.BackchannelURL = p.realmURL("backchannel-url", s.BackchannelURL, c.InsecureHTTPIssuer)
	}
	c.Audience = p.audience("audience", s.Audience, c.InsecureSkipAudience)
	if s.CORSOrigins != "" {
		c.CORSOrigins = p.origins("cors-origins", s.CORSOrigins)
	}
	if strings.ContainsFunc(s.IntrospectionClientID, unicode.IsSpace) {
		p.add("introspection-client-id", s.IntrospectionClientID, "a client id without blanks")
	}
	c.IntrospectionClientID, c.IntrospectionClientSecret = s.IntrospectionClientID, s.IntrospectionClientSecret
	p.bothOrNeither("introspection-client-id", s.IntrospectionClientID, "introspection-client-secret", string(s.IntrospectionClientSecret))
	c.SessionClientID, c.SessionClientSecret = s.SessionClientID, s.SessionClientSecret
	c.SessionSecrets = p.sessionLogin(s, c)
	c.LogFormat = p.format("log-format", s.LogFormat, terminal)
	return c, errors.Join(p.errs...)
}
