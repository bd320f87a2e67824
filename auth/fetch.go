package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const maxAnswerBytes = 1 << 20

// fetch reads discovery and then the key set.
func (k *Keys) fetch() (*keySet, error) {
	ctx, cancel := context.WithTimeout(context.Background(), k.cfg.Timeout)
	defer cancel()
	asked := k.cfg.Now()
	var discovery struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
		endpoints
	}
	address := k.cfg.BackchannelURL + "/.well-known/openid-configuration"
	if _, err := k.getJSON(ctx, address, &discovery); err != nil {
		return nil, err
	}
	if discovery.Issuer != k.cfg.Issuer { // OpenID Connect Discovery 1.0 §4.3
		return nil, fmt.Errorf("%s names the issuer %q, not %q%s", address, discovery.Issuer, k.cfg.Issuer, difference(discovery.Issuer, k.cfg.Issuer))
	}
	uri, err := k.reachable("jwks_uri", discovery.JWKSURI)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	var raw struct {
		Keys []json.RawMessage `json:"keys"`
	}
	header, err := k.getJSON(ctx, uri, &raw)
	if err != nil {
		return nil, err
	}
	set := &keySet{byID: signingKeys(raw.Keys), endpoints: discovery.endpoints, fetched: asked, maxAge: maxAge(header)}
	if len(set.byID) == 0 {
		return nil, fmt.Errorf("%s holds no key that can verify tokens among its %d", uri, len(raw.Keys))
	}
	return set, nil
}

// getJSON reads the JSON at address and returns the answer's header.
func (k *Keys) getJSON(ctx context.Context, address string, into any) (http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("asking the realm: %w", err)
	}
	res, err := k.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking the realm: %w", err) // names method and address itself
	}
	defer res.Body.Close()
	body, err := readAnswer(res, address)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return nil, fmt.Errorf("%s did not answer JSON of the expected form: %w", address, err)
	}
	return res.Header, nil
}

// readAnswer returns the body of an answer that must be a good one.
func readAnswer(res *http.Response, address string) ([]byte, error) {
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", address, res.Status)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswerBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", address, err)
	}
	if len(body) > maxAnswerBytes {
		return nil, fmt.Errorf("%s answered more than %d bytes", address, maxAnswerBytes)
	}
	return body, nil
}

// sameHostOnly keeps whoever can bend one redirect from choosing our keys.
func sameHostOnly(req *http.Request, via []*http.Request) error {
	if first := via[0].URL; req.URL.Host != first.Host || req.URL.Scheme != first.Scheme {
		return fmt.Errorf("redirected to another host, %s", req.URL.Host)
	}
	if len(via) >= 3 {
		return errors.New("redirected too often")
	}
	return nil
}

// maxAge returns how long an answer says that it stays fresh (RFC 9111 §5.2.2.1), or 0. Keycloak says
// no-cache: to ask again each time is for browsers, not for a verifier.
func maxAge(header http.Header) time.Duration {
	for directive := range strings.SplitSeq(strings.Join(header.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		if !strings.EqualFold(name, "max-age") {
			continue
		}
		if seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31); err == nil {
			return time.Duration(seconds) * time.Second
		}
	}
	return 0
}
