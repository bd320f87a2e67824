package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// sessionSecretBytes is what a session secret has at least: as many bytes as the key that is made of it (AES-256).
const sessionSecretBytes = 32

// sessionLogin checks the settings with which this server signs people in itself, and returns the secrets. None of the
// secrets is quoted.
func (p *problems) sessionLogin(s Settings, c Config) []Secret {
	insecure := p.boolean("insecure-cookies", s.InsecureCookies)
	var given, missing []string
	for _, setting := range []struct{ flag, value string }{
		{"session-client-id", s.SessionClientID}, {"session-client-secret", string(s.SessionClientSecret)}, {"session-secret", string(s.SessionSecret)},
	} {
		if setting.value != "" {
			given = append(given, EnvName(setting.flag))
		} else {
			missing = append(missing, EnvName(setting.flag))
		}
	}
	switch {
	case len(given) == 0:
		if s.LoginMode == "session" {
			p.errs = append(p.errs, fmt.Errorf("%s (--login-mode) is session, which needs the session login: give %s", EnvName("login-mode"), strings.Join(missing, ", ")))
		}
		return nil
	case len(missing) > 0:
		p.errs = append(p.errs, fmt.Errorf("%s not set, but %s: the session login needs all three or none", areOrIs(missing), areOrIs(given)))
	}
	if strings.ContainsFunc(s.SessionClientID, unicode.IsSpace) {
		p.add("session-client-id", s.SessionClientID, "a client id without blanks")
	}
	if s.SessionClientID != "" && s.SessionClientID == s.ClientID {
		p.add("session-client-id", s.SessionClientID, "another client than the app's ("+EnvName("client-id")+"): that one is public, and this one has a secret")
	}
	if u, err := url.Parse(c.PublicURL); err == nil && u.Scheme == "http" && !IsLoopback(u.Hostname()) && !insecure {
		p.errs = append(p.errs, fmt.Errorf("%s (--public-url) is %s, and over plain http anybody on the way can take over a session: give an https URL, take the session login's settings away, or, where the network between is trusted, set %s=true",
			EnvName("public-url"), c.PublicURL, EnvName("insecure-cookies")))
	}
	if len(c.AuthorizedParties) > 0 && !slices.Contains(c.AuthorizedParties, s.SessionClientID) {
		p.errs = append(p.errs, fmt.Errorf("%s (--authorized-parties) must hold the session login's client, %s: nobody who signs in with it could use the API", EnvName("authorized-parties"), s.SessionClientID))
	}
	return p.sessionSecrets(string(s.SessionSecret))
}

func (p *problems) sessionSecrets(value string) []Secret {
	if value == "" {
		return nil
	}
	var secrets []Secret
	for i, secret := range splitList(value) {
		if len(secret) < sessionSecretBytes {
			p.errs = append(p.errs, fmt.Errorf("%s (--session-secret): number %d of its list has %d bytes, and at least %d are needed; \"openssl rand -base64 32\" prints a good one",
				EnvName("session-secret"), i+1, len(secret), sessionSecretBytes))
		}
		secrets = append(secrets, Secret(secret))
	}
	if len(secrets) == 0 {
		p.errs = append(p.errs, fmt.Errorf("%s (--session-secret) is a list without an entry", EnvName("session-secret")))
	}
	return secrets
}

func areOrIs(names []string) string {
	verb := " is"
	if len(names) > 1 {
		verb = " are"
	}
	return strings.Join(names, " and ") + verb
}
