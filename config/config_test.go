package config_test

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"keystead/config"
)

// cli has the shape of the real command line, as far as settings go.
type cli struct {
	Serve struct {
		config.Settings
		PrintConfig bool `action:""`
	} `cmd:""`
}

// parse reads settings the way the main package does.
func parse(t *testing.T, env []string, dotenv string, args ...string) (*kong.Context, config.Settings, *config.Sources) {
	t.Helper()
	sources := config.NewSources(env, dotenv)
	var c cli
	ctx, err := kong.Must(&c, kong.Resolvers(sources)).Parse(append([]string{"serve"}, args...))
	if err != nil {
		t.Fatal(err)
	}
	return ctx, c.Serve.Settings, sources
}

func load(t *testing.T, env []string, args ...string) (config.Config, error) {
	t.Helper()
	_, settings, sources := parse(t, env, "absent.env", args...)
	return config.Load(settings, sources, false)
}

// needed are the settings without a default.
var needed = []string{
	"KEYSTEAD_ISSUER=https://login.example.com/realms/demo",
	"KEYSTEAD_CLIENT_ID=demo",
	"KEYSTEAD_AUDIENCE=keystead-api",
}

func TestRefusals(t *testing.T) {
	tests := []struct {
		name string
		set  string
		want string // part of the message
	}{
		{"issuer without scheme", "ISSUER=login.example.com/realms/demo", `KEYSTEAD_ISSUER (--issuer) must be an http or https URL`},
		{"issuer of another scheme", "ISSUER=ftp://login.example.com/realms/demo", `got "ftp://login.example.com/realms/demo"`},
		{"issuer with a slash at the end", "ISSUER=https://login.example.com/realms/demo/", "without a slash at the end"},
		{"issuer that is no realm", "ISSUER=https://login.example.com/demo", "ends in /realms/NAME"},
		{"issuer without a realm's name", "ISSUER=https://login.example.com/realms", "ends in /realms/NAME"},
		{"issuer with a query", "ISSUER=https://login.example.com/realms/demo?a=b", "with nothing behind it"},
		{"issuer with a port out of range", "ISSUER=https://login.example.com:99999/realms/demo", "must be an http or https URL"},
		{"plain http issuer", "ISSUER=http://login.example.com/realms/demo", "set KEYSTEAD_INSECURE_HTTP_ISSUER=true"},
		{"plain http back channel", "BACKCHANNEL_URL=http://keycloak:8080/realms/demo", "KEYSTEAD_BACKCHANNEL_URL (--backchannel-url) must be https"},
		{"a name that only starts like loopback", "ISSUER=http://localhost.example.com/realms/demo", "must be https"},
		{"switch that is no switch", "INSECURE_HTTP_ISSUER=maybe", `must be true or false, got "maybe"`},
		{"address without port", "ADDR=localhost", `KEYSTEAD_ADDR (--addr) must be HOST:PORT`},
		{"address with a port out of range", "ADDR=localhost:80000", `got "localhost:80000"`},
		{"public address without a public URL", "ADDR=:8000", "KEYSTEAD_PUBLIC_URL (--public-url) is not set: the address :8000 is not on loopback"},
		{"public URL with a path", "PUBLIC_URL=https://app.example.com/keystead", "URL without a path"},
		{"audience of commas only", "AUDIENCE= , ,", "KEYSTEAD_AUDIENCE (--audience) is not set"},
		{"audience switched off by a word", "VERIFY_AUDIENCE=off", `KEYSTEAD_VERIFY_AUDIENCE (--verify-audience) must be true or false, got "off"`},
		{"an algorithm that anybody can sign by", "ALGORITHMS=RS256,none", `KEYSTEAD_ALGORITHMS (--algorithms) must be a list out of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, got "none"`},
		{"a symmetric algorithm", "ALGORITHMS=HS256", `got "HS256"`},
		{"an algorithm in lower case", "ALGORITHMS=rs256", `got "rs256"`},
		{"no algorithm", "ALGORITHMS=,", `got ","`},
		{"leeway without a unit", "LEEWAY=30", `KEYSTEAD_LEEWAY (--leeway) must be a duration with its unit from 0s to 5m0s, such as 30s or 15m, got "30"`},
		{"leeway too long", "LEEWAY=6m", `got "6m"`},
		{"leeway below nothing", "LEEWAY=-1s", `got "-1s"`},
		{"refresh too often", "JWKS_REFRESH=100ms", "from 1s to 24h0m0s"},
		{"stale keys for ever", "JWKS_MAX_STALE=9999h", "from 1s to 720h0m0s"},
		{"authorized parties that are none", "AUTHORIZED_PARTIES=,", "a list of client ids; leave it unset"},
		{"token size of nothing", "MAX_TOKEN_BYTES=0", "a whole number from 1024 to 524288"},
		{"cache with a unit", "TOKEN_CACHE=10k", `a whole number from 0 to 10000000, got "10k"`},
		{"authorities that are not there", "CA_FILE=testdata/absent", "KEYSTEAD_CA_FILE (--ca-file) must name a readable file"},
		{"authorities that are none", "CA_FILE=config.go", "a file with certificates in PEM"},
		{"every origin", "CORS_ORIGINS=*", "any page on the web"},
		{"wildcard origin", "CORS_ORIGINS=https://*.example.com", "any page on the web"},
		{"origin with a slash", "CORS_ORIGINS=https://app.example.com/", "an origin as browsers send it"},
		{"origin with the default port", "CORS_ORIGINS=https://app.example.com:443", "an origin as browsers send it"},
		{"origin in upper case", "CORS_ORIGINS=https://App.example.com", "an origin as browsers send it"},
		{"null origin", "CORS_ORIGINS=null", "an origin as browsers send it"},
		{"one bad origin among good ones", "CORS_ORIGINS=https://a.example.com, b.example.com", `got "b.example.com"`},
		{"folder without an app", "WEB_DIR=testdata", "an index.html"},
		{"log level", "LOG_LEVEL=loud", `must be debug, info, warn or error, got "loud"`},
		{"log format", "LOG_FORMAT=xml", `must be text or json, got "xml"`},
		{"value and file at once", "CLIENT_ID_FILE=testdata/absent", "KEYSTEAD_CLIENT_ID and KEYSTEAD_CLIENT_ID_FILE are both set"},
		{"issuer with an empty query", "ISSUER=https://login.example.com/realms/demo?", "must be"},
		{"issuer with an empty fragment", "ISSUER=https://login.example.com/realms/demo#", "must be"},
		{"issuer that climbs", "ISSUER=https://login.example.com/realms/..", "must be"},
		{"issuer with a doubled slash", "ISSUER=https://login.example.com//realms/demo", "must be"},
		{"issuer with a blank", "ISSUER=https://login.example.com/realms/a b", "percent-encoded"},
		{"issuer with an encoded slash", "ISSUER=https://login.example.com/realms/a%2Fb", "ends in /realms/NAME"},
		{"issuer at an IPv6 address", "ISSUER=http://[::1]:8080/realms/demo", "use a name, such as localhost"},
		{"client id with blanks", "CLIENT_ID= demo ", `without blanks, got " demo "`},
		{"a login mode that is none", "LOGIN_MODE=silent", `KEYSTEAD_LOGIN_MODE (--login-mode) must be one of login-required, check-sso, public, session, got "silent"`},
		{"no login mode", "LOGIN_MODE= ", `KEYSTEAD_LOGIN_MODE (--login-mode) must be one of`},
		{"the session mode without its login", "LOGIN_MODE=session", "KEYSTEAD_LOGIN_MODE (--login-mode) is session, which needs the session login: give KEYSTEAD_SESSION_CLIENT_ID, KEYSTEAD_SESSION_CLIENT_SECRET, KEYSTEAD_SESSION_SECRET"},
		{"a session login without secrets", "SESSION_CLIENT_ID=web", "KEYSTEAD_SESSION_CLIENT_SECRET and KEYSTEAD_SESSION_SECRET are not set, but KEYSTEAD_SESSION_CLIENT_ID is: the session login needs all three or none"},
		{"insecure cookies by halves", "INSECURE_COOKIES=maybe", "KEYSTEAD_INSECURE_COOKIES (--insecure-cookies) must be true or false"},
		{"introspection without a secret", "INTROSPECTION_CLIENT_ID=keystead-api", "KEYSTEAD_INTROSPECTION_CLIENT_SECRET (--introspection-client-secret) is not set, but KEYSTEAD_INTROSPECTION_CLIENT_ID is: give both or neither"},
		{"introspection without a client", "INTROSPECTION_CLIENT_SECRET=hunter2", "KEYSTEAD_INTROSPECTION_CLIENT_ID (--introspection-client-id) is not set, but KEYSTEAD_INTROSPECTION_CLIENT_SECRET is: give both or neither"},
		{"introspection by a client with blanks", "INTROSPECTION_CLIENT_ID=keystead api", `without blanks, got "keystead api"`},
		{"the app's address for metrics", "ADMIN_ADDR=localhost:8000", "another address than the app's"},
		{"metrics without a port", "ADMIN_ADDR=localhost", "KEYSTEAD_ADMIN_ADDR (--admin-addr) must be HOST:PORT"},
		{"a proxy by name", "TRUSTED_PROXIES=proxy.internal", `a list of networks, such as 10.0.0.0/8 or 192.0.2.7, got "proxy.internal"`},
		{"everybody as a proxy", "TRUSTED_PROXIES=10.0.0.0/8, 0.0.0.0/0", `any client could claim any address, got "0.0.0.0/0"`},
		{"a rate with a unit", "RATE_LIMIT=100/s", `KEYSTEAD_RATE_LIMIT (--rate-limit) must be a whole number from 1 to 1000000, or off, got "100/s"`},
		{"a body of nothing", "MAX_BODY_BYTES=0", `a size from 1.0 KiB to 100 MiB, such as 64 KiB or 1048576, got "0"`},
		{"a body without end", "MAX_BODY_BYTES=99 TB", "a size from"},
		{"a time limit of nothing", "REQUEST_TIMEOUT=0s", "from 1s to 10m0s"},
		{"a certificate without its key", "TLS_CERT=cert.pem", "KEYSTEAD_TLS_KEY (--tls-key) is not set, but KEYSTEAD_TLS_CERT is: give both or neither"},
		{"port that only the system knows", "ADDR=localhost:0", "a port from 1 to 65535"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, append(needed, "KEYSTEAD_"+tt.set))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Load = %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestPasswordsInURLsAreNotRepeated(t *testing.T) {
	if got := printed(t, "KEYSTEAD_DATABASE_URL=postgres://db/app?sslmode=require&password=hunter2&user=app"); strings.Contains(got, "hunter2") || !strings.Contains(got, "user=app") {
		t.Errorf("printed: %s", got)
	}
	for _, value := range []string{"https://me:hunter2@login.example.com/realms/demo", "https://me:hunter2%zz@login.example.com", "https://me:a/hunter2@login.example.com", "me:hunter2@login.example.com"} {
		ctx, settings, sources := parse(t, []string{"KEYSTEAD_ISSUER=" + value}, "absent.env")
		var out strings.Builder
		if err := config.Print(&out, ctx, sources); err != nil {
			t.Fatal(err)
		}
		_, err := config.Load(settings, sources, false)
		if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "@login.example.com") {
			t.Errorf("%s: %v", value, err)
		}
		if strings.Contains(out.String(), "hunter2") {
			t.Errorf("printed: %s", out.String())
		}
	}
}

func printed(t *testing.T, env ...string) string {
	t.Helper()
	ctx, _, sources := parse(t, env, "absent.env")
	var out strings.Builder
	if err := config.Print(&out, ctx, sources); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Wherever a secret comes from, neither the table of settings nor an error nor a careless line in the log has it.
func TestSecretsAreNotRepeated(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	write(t, file, "hunter2\n")
	for _, tt := range []struct {
		env  string
		args []string
	}{
		{"KEYSTEAD_INTROSPECTION_CLIENT_SECRET=hunter2", nil},
		{"KEYSTEAD_INTROSPECTION_CLIENT_SECRET_FILE=" + file, nil},
		{"", []string{"--introspection-client-secret=hunter2"}},
		{"", []string{"--introspection-client-secret", "hunter2"}},
	} {
		ctx, settings, sources := parse(t, append(needed, tt.env), "absent.env", tt.args...)
		var out strings.Builder
		if err := config.Print(&out, ctx, sources); err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`KEYSTEAD_INTROSPECTION_CLIENT_SECRET +\(set\) +\S`).MatchString(out.String()) {
			t.Errorf("printed:\n%s", out.String())
		}
		_, err := config.Load(settings, sources, false) // which misses the client's id
		if err == nil {
			t.Error("a secret without a client was taken")
		}
		settings.IntrospectionClientID = "keystead-api"
		cfg, errBoth := config.Load(settings, sources, false)
		if errBoth != nil || cfg.IntrospectionClientID != "keystead-api" || string(cfg.IntrospectionClientSecret) != "hunter2" {
			t.Errorf("both: %v, %v", cfg, errBoth)
		}
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Info("careless", "settings", settings, "config", cfg, "secret", cfg.IntrospectionClientSecret)
		for _, text := range []string{out.String(), fmt.Sprint(err), log.String(), fmt.Sprintf("%v %+v %#v %#v", cfg, settings, cfg, settings)} {
			if strings.Contains(text, "hunter2") {
				t.Errorf("the secret stands in: %s", text)
			}
		}
	}
}

func TestEveryMistakeIsReportedAtOnce(t *testing.T) {
	_, err := load(t, []string{"KEYSTEAD_ADDR=nowhere", "KEYSTEAD_LOG_LEVEL=loud", "KEYSTEAD_AUDIENCE_FILE=testdata/absent"})
	if err == nil {
		t.Fatal("Load took wrong settings")
	}
	for _, name := range []string{"ADDR", "LOG_LEVEL", "ISSUER", "CLIENT_ID", "AUDIENCE", "AUDIENCE_FILE"} {
		if !strings.Contains(err.Error(), "KEYSTEAD_"+name+" ") {
			t.Errorf("no word about %s in:\n%v", name, err)
		}
	}
}

func TestDefaults(t *testing.T) {
	got, err := load(t, needed)
	if err != nil {
		t.Fatal(err)
	}
	want := config.Config{
		Addr:           "localhost:8000",
		PublicURL:      "http://localhost:8000",
		Issuer:         "https://login.example.com/realms/demo",
		KeycloakURL:    "https://login.example.com",
		Realm:          "demo",
		BackchannelURL: "https://login.example.com/realms/demo",
		ClientID:       "demo",
		LoginMode:      "login-required",
		Audience:       []string{"keystead-api"},
		Algorithms:     []string{"RS256"},
		Leeway:         30 * time.Second,
		JWKSRefresh:    15 * time.Minute,
		JWKSMaxStale:   24 * time.Hour,
		MaxTokenBytes:  16384,
		TokenCache:     10000,
		DatabaseURL:    "sqlite:keystead.db",
		MaxBodyBytes:   1 << 20,
		RequestTimeout: 30 * time.Second,
		LogLevel:       slog.LevelInfo,
		LogFormat:      "json",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAccepted(t *testing.T) {
	tests := []struct {
		name, set string
		want      func(config.Config) bool
	}{
		{"plain http on loopback", "ISSUER=http://localhost:8080/realms/demo", func(c config.Config) bool { return c.KeycloakURL == "http://localhost:8080" }},
		{"back channel at ::1", "BACKCHANNEL_URL=http://[::1]:8080/realms/demo", func(c config.Config) bool { return c.BackchannelURL == "http://[::1]:8080/realms/demo" }},
		{"realm with a blank", "ISSUER=https://example.com/auth/realms/my%20realm", func(c config.Config) bool {
			return c.Realm == "my realm" && c.KeycloakURL == "https://example.com/auth" && c.Issuer == "https://example.com/auth/realms/my%20realm"
		}},
		{"realm with a letter of another script", "ISSUER=https://example.com/realms/gr%C3%B6%C3%9Fe", func(c config.Config) bool { return c.Realm == "größe" }},
		{"realm with an apostrophe", "ISSUER=https://example.com/realms/o'neil", func(c config.Config) bool { return c.Realm == "o'neil" }},
		{"realm with a dash", "ISSUER=https://login.example.com/realms/my-realm", func(c config.Config) bool { return c.Realm == "my-realm" }},
		{"Keycloak below a path", "ISSUER=https://example.com/auth/realms/demo", func(c config.Config) bool { return c.KeycloakURL == "https://example.com/auth" && c.Realm == "demo" }},
		{"the landing page", "LOGIN_MODE=public", func(c config.Config) bool { return c.LoginMode == "public" }},
		{"one question at the realm", "LOGIN_MODE=check-sso", func(c config.Config) bool { return c.LoginMode == "check-sso" }},
		{"loopback address", "ADDR=127.0.0.1:9000", func(c config.Config) bool { return c.PublicURL == "http://localhost:9000" }},
		{"public URL as nobody else writes it", "PUBLIC_URL=https://App.Example.com:443", func(c config.Config) bool { return c.PublicURL == "https://app.example.com" }},
		{"public URL with a slash", "PUBLIC_URL=https://app.example.com/", func(c config.Config) bool { return c.PublicURL == "https://app.example.com" }},
		{"list with blanks", "AUDIENCE= a, b ,", func(c config.Config) bool { return cmp.Equal(c.Audience, []string{"a", "b"}) }},
		{"a database that replicas share", "DATABASE_URL=postgres://app:hunter2@db/app", func(c config.Config) bool { return c.DatabaseURL == "postgres://app:hunter2@db/app" }},
		{"proxies", "TRUSTED_PROXIES=10.1.2.3/8, 192.0.2.7, 2001:db8::/32, ::ffff:198.51.100.1", func(c config.Config) bool {
			return cmp.Equal(c.TrustedProxies, []string{"10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32", "198.51.100.1/32"})
		}},
		{"a rate", "RATE_LIMIT=600", func(c config.Config) bool { return c.RateLimit == 600 }},
		{"no rate", "RATE_LIMIT=off", func(c config.Config) bool { return c.RateLimit == 0 }},
		{"a size in bytes", "MAX_BODY_BYTES=65536", func(c config.Config) bool { return c.MaxBodyBytes == 65536 }},
		{"a size with its unit", "MAX_BODY_BYTES=64KiB", func(c config.Config) bool { return c.MaxBodyBytes == 65536 }},
		{"metrics on an address of their own", "ADMIN_ADDR=:9000", func(c config.Config) bool { return c.AdminAddr == ":9000" }},
		{"empty counts as not set", "LOG_LEVEL=", func(c config.Config) bool { return c.LogLevel == slog.LevelInfo }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := load(t, append(needed, "KEYSTEAD_"+tt.set))
			if err != nil || !tt.want(got) {
				t.Errorf("Load = %+v, %v", got, err)
			}
		})
	}
}

func TestInsecureIssuerMustBeAskedFor(t *testing.T) {
	env := append(needed, "KEYSTEAD_BACKCHANNEL_URL=http://keycloak:8080/realms/demo")
	if _, err := load(t, env); err == nil {
		t.Error("a plain http back channel was taken without a word")
	}
	got, err := load(t, env, "--insecure-http-issuer")
	if err != nil || got.BackchannelURL != "http://keycloak:8080/realms/demo" {
		t.Errorf("Load = %+v, %v", got, err)
	}
}

func TestPrecedenceAndOrigins(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "audience")
	dotenv := filepath.Join(dir, ".env")
	write(t, file, "from-file\n")
	write(t, dotenv, "KEYSTEAD_ADDR=localhost:1\nKEYSTEAD_CLIENT_ID=from-dotenv\nKEYSTEAD_ISSUER=https://dotenv.example.com/realms/demo\nKEYSTEAD_AUDIENCE=from-dotenv\n")
	env := []string{"KEYSTEAD_ADDR=localhost:2", "KEYSTEAD_ISSUER=https://env.example.com/realms/demo", "KEYSTEAD_AUDIENCE_FILE=" + file}

	ctx, settings, sources := parse(t, env, dotenv, "--addr", "localhost:3", "--print-config")
	got, err := config.Load(settings, sources, false)
	if err != nil {
		t.Fatal(err)
	}
	if got.Addr != "localhost:3" || got.Issuer != "https://env.example.com/realms/demo" || got.ClientID != "from-dotenv" || got.Audience[0] != "from-file" {
		t.Errorf("flag, environment, file and .env in the wrong order: %+v", got)
	}

	var out strings.Builder
	if err := config.Print(&out, ctx, sources); err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(out.String()) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		rows[name] = strings.Join(strings.Fields(rest), " ")
	}
	want := map[string]string{
		"KEYSTEAD_ADDR":      "localhost:3 flag",
		"KEYSTEAD_ISSUER":    "https://env.example.com/realms/demo environment",
		"KEYSTEAD_AUDIENCE":  "from-file file " + file + ", named in the environment",
		"KEYSTEAD_CLIENT_ID": "from-dotenv " + dotenv,
		"KEYSTEAD_LOG_LEVEL": "info default",
	}
	for name, row := range want {
		if rows[name] != row {
			t.Errorf("%s printed as %q, want %q", name, rows[name], row)
		}
	}
	if strings.Contains(out.String(), "PRINT_CONFIG") || strings.Contains(out.String(), "HELP") {
		t.Errorf("what is no setting was printed as one:\n%s", out.String())
	}
}

// Every part of how a token is verified can be set, down to nothing where nothing is allowed.
func TestVerification(t *testing.T) {
	authorities := filepath.Join(t.TempDir(), "ca.pem")
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	write(t, authorities, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	got, err := load(t, []string{
		"KEYSTEAD_ISSUER=https://login.example.com/realms/demo", "KEYSTEAD_CLIENT_ID=demo", "KEYSTEAD_VERIFY_AUDIENCE=false",
		"KEYSTEAD_AUTHORIZED_PARTIES=demo, reporter", "KEYSTEAD_ALGORITHMS=ES256,EdDSA", "KEYSTEAD_LEEWAY=0s", "KEYSTEAD_JWKS_REFRESH=1m",
		"KEYSTEAD_JWKS_MAX_STALE=1h", "KEYSTEAD_MAX_TOKEN_BYTES=4096", "KEYSTEAD_TOKEN_CACHE=0", "KEYSTEAD_CA_FILE=" + authorities,
	})
	if err != nil {
		t.Fatal(err)
	}
	if !got.InsecureSkipAudience || got.Audience != nil || got.AuthorizedParties[1] != "reporter" || got.Algorithms[1] != "EdDSA" || got.Leeway != 0 ||
		got.JWKSRefresh != time.Minute || got.JWKSMaxStale != time.Hour || got.MaxTokenBytes != 4096 || got.TokenCache != 0 {
		t.Errorf("Load = %+v", got)
	}
	if _, err := server.Certificate().Verify(x509.VerifyOptions{Roots: got.RootCAs}); err != nil {
		t.Errorf("the authority is not trusted: %v", err)
	}
}

// With a certificate the app's own address is https. A key that fits another certificate stops the start, unquoted.
func TestCertificate(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	pair := server.TLS.Certificates[0]
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write(t, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})))
	write(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	env := append(needed, "KEYSTEAD_TLS_CERT="+cert, "KEYSTEAD_TLS_KEY="+key)
	got, err := load(t, env)
	if err != nil || got.Certificate == nil || got.PublicURL != "https://localhost:8000" {
		t.Errorf("Load = %v, %q, %v", got.Certificate, got.PublicURL, err)
	}
	if _, err := load(t, append(env, "KEYSTEAD_PUBLIC_URL=http://app.example.com")); err == nil || !strings.Contains(err.Error(), "must be https, as it is served with KEYSTEAD_TLS_CERT") {
		t.Errorf("plain http beside a certificate: %v", err)
	}
	write(t, key, "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n")
	if _, err := load(t, env); err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "KEYSTEAD_TLS_CERT and KEYSTEAD_TLS_KEY") {
		t.Errorf("a key that is none: %v", err)
	}
}

func TestUnknownVariables(t *testing.T) {
	ctx, _, sources := parse(t, []string{"KEYSTEAD_AUDIENCES=x", "KEYSTEAD_PORT_8000_TCP=tcp://10.0.0.1:8000", "KEYSTEAD_SERVICE_HOST=10.0.0.1", "KEYSTEAD_ADDR_FILE=x", "PATH=y"}, "absent.env")
	want := []string{"KEYSTEAD_AUDIENCES (environment)"}
	if diff := cmp.Diff(want, sources.Unknown(config.Flags(ctx))); diff != "" {
		t.Error(diff)
	}
}

func TestDotenvFiles(t *testing.T) {
	dir := t.TempDir()
	broken, marked := filepath.Join(dir, "broken"), filepath.Join(dir, "marked")
	write(t, broken, "KEYSTEAD_CLIENT_ID='hunter2\n")
	write(t, marked, "\ufeffKEYSTEAD_CLIENT_ID=demo\n")

	if err := config.NewSources(nil, broken).Err(); err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), broken) {
		t.Errorf("a broken file gave %v, want an error that names the file and nothing in it", err)
	}
	if err := config.NewSources(nil, dir).Err(); err == nil || !strings.Contains(err.Error(), "directory") {
		t.Errorf("a folder gave %v", err)
	}
	if _, settings, sources := parse(t, nil, marked); sources.Err() != nil || settings.ClientID != "demo" {
		t.Errorf("behind a byte order mark: %q, %v", settings.ClientID, sources.Err())
	}
}

// The sample file is the settings' reference: it must name each of them, with its default.
func TestSampleIsComplete(t *testing.T) {
	sample, err := os.ReadFile("../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	ctx, _, sources := parse(t, nil, "../.env.example")
	for _, flag := range config.Flags(ctx) {
		line := "\n# " + config.EnvName(flag.Name) + "=" + flag.Default
		if !strings.Contains(string(sample), line) {
			t.Errorf(".env.example has no line %q", strings.TrimSpace(line))
		}
	}
	for line := range strings.Lines(string(sample)) {
		name, _, ok := strings.Cut(strings.TrimPrefix(line, "# "), "=")
		if ok && strings.HasPrefix(name, "KEYSTEAD_") && !known(config.Flags(ctx), name) {
			t.Errorf(".env.example names %s, which is no setting", name)
		}
	}
	if got := sources.Unknown(config.Flags(ctx)); got != nil {
		t.Errorf(".env.example sets %v", got)
	}
}

func known(flags []*kong.Flag, name string) bool {
	for _, flag := range flags {
		if config.EnvName(flag.Name) == name {
			return true
		}
	}
	return false
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSessionLogin(t *testing.T) {
	const secret, other = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
	switchedOn := append(slices.Clone(needed), "KEYSTEAD_SESSION_CLIENT_ID=web", "KEYSTEAD_SESSION_CLIENT_SECRET=hunter2")
	with := func(more ...string) []string { return append(slices.Clone(switchedOn), more...) }

	cfg, err := load(t, with("KEYSTEAD_LOGIN_MODE=session", "KEYSTEAD_SESSION_SECRET="+secret+", "+other))
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.SessionSecrets) != 2 || string(cfg.SessionSecrets[0]) != secret || string(cfg.SessionSecrets[1]) != other {
		t.Errorf("%d secrets, want both, in their order", len(cfg.SessionSecrets))
	}
	for name, tt := range map[string]struct {
		more []string
		want string // "": it is taken
	}{
		"a short secret":               {[]string{"KEYSTEAD_SESSION_SECRET=" + secret[1:]}, "number 1 of its list has 31 bytes, and at least 32 are needed"},
		"a short one behind another":   {[]string{"KEYSTEAD_SESSION_SECRET=" + secret + ",short"}, "number 2 of its list has 5 bytes"},
		"a list of nothing":            {[]string{"KEYSTEAD_SESSION_SECRET=,"}, "a list without an entry"},
		"the app's own client":         {[]string{"KEYSTEAD_SESSION_SECRET=" + secret, "KEYSTEAD_CLIENT_ID=web"}, `must be another client than the app's`},
		"plain http":                   {[]string{"KEYSTEAD_SESSION_SECRET=" + secret, "KEYSTEAD_PUBLIC_URL=http://app.example.com"}, "anybody on the way can take over a session"},
		"plain http, as it was told":   {[]string{"KEYSTEAD_SESSION_SECRET=" + secret, "KEYSTEAD_PUBLIC_URL=http://app.example.com", "KEYSTEAD_INSECURE_COOKIES=true"}, ""},
		"https":                        {[]string{"KEYSTEAD_SESSION_SECRET=" + secret, "KEYSTEAD_PUBLIC_URL=https://app.example.com"}, ""},
		"a client that is not a party": {[]string{"KEYSTEAD_SESSION_SECRET=" + secret, "KEYSTEAD_AUTHORIZED_PARTIES=demo"}, "KEYSTEAD_AUTHORIZED_PARTIES (--authorized-parties) must hold the session login's client, web"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, with(tt.more...))
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("Load = %v, want an error with %q", err, tt.want)
			case err != nil && (strings.Contains(err.Error(), secret[1:]) || strings.Contains(err.Error(), "hunter2")):
				t.Errorf("a secret stands in the error: %v", err)
			}
		})
	}
}
