package auth

import (
	"fmt"
	"net/http"
	"strings"
)

// Endpoints are the addresses of the realm that the login of a confidential client needs, as discovery names
// them (OpenID Connect Discovery 1.0 §3, RP-Initiated Logout 1.0 §2.1).
type Endpoints struct {
	Authorization string // below the issuer, for browsers
	EndSession    string // the same
	Token         string // below the back channel, for this process: see Keys.Client
}

// endpoints are addresses as discovery names them, if it does: whether they can be used is judged where one is
// needed, because bearer tokens need none.
type endpoints struct {
	Authorization string `json:"authorization_endpoint"`
	EndSession    string `json:"end_session_endpoint"`
	Token         string `json:"token_endpoint"`
	Introspection string `json:"introspection_endpoint"`
}

// Endpoints returns the realm's endpoints by the newest discovery document. While there was none, the error
// wraps ErrKeysUnavailable; it is another where the document lacks one of them, or has one that is below
// neither the issuer nor the back channel.
func (k *Keys) Endpoints() (Endpoints, error) {
	set := k.set.Load()
	if set == nil {
		return Endpoints{}, k.judgeSet(set)
	}
	authorization, err := k.public("authorization_endpoint", set.endpoints.Authorization)
	if err != nil {
		return Endpoints{}, err
	}
	endSession, err := k.public("end_session_endpoint", set.endpoints.EndSession)
	if err != nil {
		return Endpoints{}, err
	}
	token, err := k.reachable("token_endpoint", set.endpoints.Token)
	if err != nil {
		return Endpoints{}, err
	}
	return Endpoints{Authorization: authorization, EndSession: endSession, Token: token}, nil
}

// Client returns a client for calls to the realm that carry a secret, such as those to the token endpoint: over
// the transport of the keys, within their timeout, and without following redirects, because nobody elsewhere
// may learn the secret.
func (k *Keys) Client() *http.Client {
	return &http.Client{
		Transport:     k.cfg.Transport,
		Timeout:       k.cfg.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// introspectionEndpoint returns where the realm is asked about tokens (RFC 8414 §2).
func (k *Keys) introspectionEndpoint() (string, error) {
	set := k.set.Load()
	if set == nil {
		return "", k.judgeSet(set)
	}
	return k.reachable("introspection_endpoint", set.endpoints.Introspection)
}

// reachable rewrites an address of the realm to the back channel. An address elsewhere is refused: a
// realm's keys live below the realm, a client's secret is for nobody else, and the transport rules were
// checked for these two only.
func (k *Keys) reachable(name, uri string) (string, error) {
	rest, err := k.below(name, uri)
	return k.cfg.BackchannelURL + rest, err
}

// public rewrites an address of the realm to the issuer, where browsers reach it: a realm that takes its own
// name from each request names the back channel to who asks there. Elsewhere a browser is never sent.
func (k *Keys) public(name, uri string) (string, error) {
	rest, err := k.below(name, uri)
	return k.cfg.Issuer + rest, err
}

// below returns the part of an address behind the realm's own, from the slash on.
func (k *Keys) below(name, uri string) (string, error) {
	for _, realm := range []string{k.cfg.Issuer, k.cfg.BackchannelURL} {
		if rest, ok := strings.CutPrefix(uri, realm); ok && strings.HasPrefix(rest, "/") {
			return rest, nil
		}
	}
	if uri == "" {
		return "", fmt.Errorf("the realm's discovery document names no %s", name)
	}
	return "", fmt.Errorf("%s %q is below neither the issuer nor the back channel", name, uri)
}
