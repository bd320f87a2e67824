package config

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/dustin/go-humanize"
)

// problems collects what is wrong while the settings are read.
type problems struct{ errs []error }

func (p *problems) add(flag, value, want string) {
	p.errs = append(p.errs, fmt.Errorf("%s (--%s) must be %s, got %q", EnvName(flag), flag, want, redact(value)))
}

func (p *problems) required(flag, value, want string) string {
	if value == "" {
		p.errs = append(p.errs, fmt.Errorf("%s (--%s) is not set: give %s", EnvName(flag), flag, want))
	}
	return value
}

func (p *problems) clientID(flag, value string) string {
	if strings.ContainsFunc(value, unicode.IsSpace) {
		p.add(flag, value, "a client id without blanks")
	}
	return p.required(flag, value, "the id of the app's public client, such as demo")
}

// loginModes are the ways in of the single-page app.
var loginModes = []string{"login-required", "check-sso", "public", "session"}

func (p *problems) loginMode(flag, value string) string {
	if !slices.Contains(loginModes, value) {
		p.add(flag, value, "one of "+strings.Join(loginModes, ", "))
	}
	return value
}

// bothOrNeither is for settings that are of use only together. The second may be a secret and is never quoted.
func (p *problems) bothOrNeither(flag, value, otherFlag, other string) {
	if (value == "") == (other == "") {
		return
	}
	missing, given := flag, otherFlag
	if other == "" {
		missing, given = otherFlag, flag
	}
	p.errs = append(p.errs, fmt.Errorf("%s (--%s) is not set, but %s is: give both or neither", EnvName(missing), missing, EnvName(given)))
}

func (p *problems) boolean(flag string, value toggle) bool {
	on, err := strconv.ParseBool(string(value))
	if err != nil {
		p.add(flag, string(value), "true or false")
	}
	return on
}

func (p *problems) audience(flag, value string, skip bool) []string {
	items := splitList(value)
	if len(items) == 0 && !skip {
		p.required(flag, "", "the audience that tokens for this API carry, such as keystead-api")
	}
	return items
}

// knownAlgorithms are those that sign with a private key: whoever can verify cannot sign.
var knownAlgorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

func (p *problems) algorithms(flag, value string) []string {
	items := splitList(value)
	for _, item := range items {
		if !slices.Contains(knownAlgorithms, item) {
			p.add(flag, item, "a list out of "+strings.Join(knownAlgorithms, ", "))
		}
	}
	if len(items) == 0 {
		p.add(flag, value, "a list out of "+strings.Join(knownAlgorithms, ", "))
	}
	return items
}

func (p *problems) duration(flag, value string, least, most time.Duration) time.Duration {
	d, err := time.ParseDuration(value)
	if err != nil || d < least || d > most {
		p.add(flag, value, fmt.Sprintf("a duration with its unit from %v to %v, such as 30s or 15m", least, most))
	}
	return d
}

func (p *problems) number(flag, value string, least, most int) int {
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most {
		p.add(flag, value, fmt.Sprintf("a whole number from %d to %d", least, most))
	}
	return n
}

// certificates returns the system's authorities and those in the file.
func (p *problems) certificates(flag, value string) *x509.CertPool {
	if value == "" {
		return nil
	}
	text, err := os.ReadFile(value)
	if err != nil {
		p.errs = append(p.errs, fmt.Errorf("%s (--%s) must name a readable file: %w", EnvName(flag), flag, err))
		return nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a container without any authorities of its own
	}
	if !pool.AppendCertsFromPEM(text) {
		p.add(flag, value, "a file with certificates in PEM, which begin with -----BEGIN CERTIFICATE-----")
	}
	return pool
}

// parties refuses a list of nothing: who writes "${A},${B}" with both unset wants some, not all.
func (p *problems) parties(flag, value string) []string {
	items := splitList(value)
	if value != "" && len(items) == 0 {
		p.add(flag, value, "a list of client ids; leave it unset to accept tokens of all clients")
	}
	return items
}

func splitList(value string) []string {
	var items []string
	for item := range strings.SplitSeq(value, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

func (p *problems) address(flag, value string) string {
	_, port, err := net.SplitHostPort(value)
	if err == nil {
		var number uint64
		if number, err = strconv.ParseUint(port, 10, 16); number == 0 {
			err = strconv.ErrRange // the system would choose a port, and the public URL would not know it
		}
	}
	if err != nil {
		p.add(flag, value, "HOST:PORT with a port from 1 to 65535, such as localhost:8000 or :8000")
	}
	return value
}

// adminAddress refuses the app's own address: what stands on it would be guarded by nobody.
func (p *problems) adminAddress(flag, value, addr string) string {
	if value == addr {
		p.add(flag, value, "another address than the app's: metrics and readiness details are not for everybody")
		return ""
	}
	return p.address(flag, value)
}

func (p *problems) publicURL(flag, value, addr string, secure bool) string {
	if value == "" {
		host, port, err := net.SplitHostPort(addr)
		switch {
		case err != nil: // reported by address
		case IsLoopback(host):
			if secure {
				return "https://localhost:" + port
			}
			return "http://localhost:" + port
		default:
			p.errs = append(p.errs, fmt.Errorf("%s (--%s) is not set: the address %s is not on loopback, so give the URL that browsers use, such as https://app.example.com",
				EnvName(flag), flag, addr))
		}
		return ""
	}
	u, err := url.Parse(value)
	if err != nil || !isWeb(u) || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		p.add(flag, value, "an http or https URL without a path, such as https://app.example.com")
		return ""
	}
	if secure && u.Scheme == "http" {
		p.add(flag, value, "https, as it is served with "+EnvName("tls-cert"))
	}
	host := strings.ToLower(u.Host) // as browsers write it
	if isDefaultPort(u) {
		host = strings.TrimSuffix(host, ":"+u.Port())
	}
	return u.Scheme + "://" + host
}

// realmURL checks the URL of a realm: keycloak-js and Keycloak itself build every address from it,
// so it must be written as Keycloak writes it.
func (p *problems) realmURL(flag, value string, insecure bool) string {
	u, err := url.Parse(value)
	switch {
	case err != nil || !isWeb(u):
		p.add(flag, value, "an http or https URL, such as https://login.example.com/realms/demo")
	case strings.HasSuffix(u.Path, "/"):
		p.add(flag, value, "the realm's URL without a slash at the end: Keycloak's tokens name it that way")
	case path.Base(path.Dir(u.Path)) != "realms" || u.Path != path.Clean(u.Path) || value != u.Scheme+"://"+u.Host+u.EscapedPath():
		p.add(flag, value, "a Keycloak realm's URL as its tokens have it: it ends in /realms/NAME with nothing behind it, the name percent-encoded where it must be")
	case u.Scheme == "http" && !IsLoopback(u.Hostname()) && !insecure:
		p.errs = append(p.errs, fmt.Errorf("%s (--%s) must be https, got %q: over plain http anybody on the way can replace the realm's keys; if the network between is trusted, set %s=true",
			EnvName(flag), flag, value, EnvName("insecure-http-issuer")))
	default:
		return value
	}
	return ""
}

// issuer is realmURL for an address that must be given, and that browsers use, too.
func (p *problems) issuer(flag, value string, insecure bool) string {
	if p.required(flag, value, "the realm's URL, such as https://login.example.com/realms/demo") == "" {
		return ""
	}
	value = p.realmURL(flag, value, insecure)
	if strings.Contains(value, "://[") {
		p.add(flag, value, "an address that a page's policy can name, which an IPv6 address is not (CSP 3 §2.3.1): use a name, such as localhost")
		return ""
	}
	return value
}

// splitIssuer returns Keycloak's own URL and the realm's name. Names may hold blanks and letters of
// any script; in the issuer they are percent-encoded.
func splitIssuer(issuer string) (keycloak, realm string) {
	keycloak, name := path.Split(issuer)
	realm, err := url.PathUnescape(name)
	if err != nil {
		realm = name // cannot happen: the issuer was parsed before
	}
	return strings.TrimSuffix(keycloak, "/realms/"), realm
}

func (p *problems) origins(flag, value string) []string {
	items := splitList(value)
	for _, item := range items {
		u, err := url.Parse(item)
		switch {
		case strings.Contains(item, "*"):
			p.add(flag, item, "a list of exact origins; with a wildcard any page on the web could call the API with its visitor's token")
		case err != nil || !isWeb(u) || item != u.Scheme+"://"+u.Host || item != strings.ToLower(item) || isDefaultPort(u):
			p.add(flag, item, "an origin as browsers send it: scheme://host or scheme://host:port, lower case, without a path or a default port")
		}
	}
	return items
}

// networks are in the form of CIDR; one address alone is a network of itself.
func (p *problems) networks(flag, value string) []string {
	var networks []string
	for _, item := range splitList(value) {
		network, err := netip.ParsePrefix(item)
		if addr, addrErr := netip.ParseAddr(item); addrErr == nil && addr.Zone() == "" {
			network, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err == nil && network.Addr().Is4In6() && network.Bits() >= 96 { // which is how IPv4 looks to some, and never here
			network = netip.PrefixFrom(network.Addr().Unmap(), network.Bits()-96)
		}
		switch {
		case err != nil:
			p.add(flag, item, "a list of networks, such as 10.0.0.0/8 or 192.0.2.7")
		case network.Bits() == 0:
			p.add(flag, item, "a list of the networks of your own proxies; with everybody on it, any client could claim any address")
		default:
			networks = append(networks, network.Masked().String())
		}
	}
	return networks
}

func (p *problems) rateLimit(flag, value string) int {
	if value == "" || value == "off" {
		return 0
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > 1_000_000 {
		p.add(flag, value, "a whole number from 1 to 1000000, or off")
	}
	return n
}

// size reads a number of bytes, with a unit or without.
func (p *problems) size(flag, value string, least, most uint64) int64 {
	n, err := humanize.ParseBytes(value)
	if err != nil || n < least || n > most {
		p.add(flag, value, fmt.Sprintf("a size from %s to %s, such as 64 KiB or 1048576", humanize.IBytes(least), humanize.IBytes(most)))
	}
	return int64(min(n, most))
}

// certificate reads both files. A key is a secret, so nothing of their content is repeated.
func (p *problems) certificate(certFlag, cert, keyFlag, key string) *tls.Certificate {
	p.bothOrNeither(certFlag, cert, keyFlag, key)
	if cert == "" || key == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		p.errs = append(p.errs, fmt.Errorf("%s and %s must name a certificate chain and its private key, both in PEM: %w", EnvName(certFlag), EnvName(keyFlag), err))
		return nil
	}
	return &pair
}

func (p *problems) webDir(flag, value string) string {
	if value == "" {
		return ""
	}
	if info, err := os.Stat(path.Join(value, "index.html")); err != nil || !info.Mode().IsRegular() {
		p.add(flag, value, "a folder with a built app in it (an index.html)")
	}
	return value
}

func (p *problems) level(flag, value string) slog.Level {
	var level slog.Level
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, value) || level.UnmarshalText([]byte(value)) != nil {
		p.add(flag, value, "debug, info, warn or error")
	}
	return level
}

func (p *problems) format(flag, value string, terminal bool) string {
	switch {
	case value == "text" || value == "json":
		return value
	case value != "":
		p.add(flag, value, "text or json")
	case terminal:
		return "text"
	}
	return "json"
}

// IsLoopback reports whether host, without a port, can only mean this machine: a loopback address,
// localhost, or a name below localhost (RFC 6761 §6.3).
func IsLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && addr.IsLoopback()
}

// userinfo matches a URL up to its host when there is a password in it, or what was meant as one; inQuery matches one
// among its parameters, as PostgreSQL takes it, too.
var (
	userinfo = regexp.MustCompile(`^.*:.*@`)
	inQuery  = regexp.MustCompile(`(?i)(password=)[^&\s]*`)
)

// redact hides a password in a URL: it is a secret, and settings are printed and logged.
func redact(value string) string {
	return inQuery.ReplaceAllString(userinfo.ReplaceAllString(value, "***@"), "$1***")
}

func isWeb(u *url.URL) bool {
	if port := u.Port(); port != "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
	}
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
}

func isDefaultPort(u *url.URL) bool {
	return u.Scheme == "http" && u.Port() == "80" || u.Scheme == "https" && u.Port() == "443"
}
