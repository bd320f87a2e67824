package realm

import (
	"crypto/x509"
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// discovery is OpenID Connect Discovery §4, and RFC 8414 under its other names. It announces what this
// realm does: the rest of Keycloak's document is left out.
func (c *call) discovery() error {
	signing := slices.Concat(signatureAlgorithms, []string{"HS256", "HS384", "HS512"})
	clientAuth := []string{"client_secret_basic", "client_secret_post"}
	levels := slices.Sorted(maps.Keys(c.realm.LevelsOf))
	for _, level := range []string{"0", "1"} {
		if !slices.Contains(levels, level) {
			levels = append(levels, level)
		}
	}
	offered := []string{"openid"}
	offered = append(offered, slices.Sorted(maps.Keys(c.realm.Scopes))...)

	d := newObject()
	for _, member := range []struct {
		name  string
		value any
	}{
		{"issuer", c.issuer()},
		{"authorization_endpoint", c.endpointURL("/auth")},
		{"token_endpoint", c.endpointURL("/token")},
		{"introspection_endpoint", c.endpointURL("/token/introspect")},
		{"userinfo_endpoint", c.endpointURL("/userinfo")},
		{"end_session_endpoint", c.endpointURL("/logout")},
		{"jwks_uri", c.endpointURL("/certs")},
		{"check_session_iframe", c.endpointURL("/login-status-iframe.html")},
		{"grant_types_supported", []string{"authorization_code", "client_credentials", "password", "refresh_token", deviceGrant}},
		{"acr_values_supported", levels},
		{"response_types_supported", []string{"code", "none"}},
		{"subject_types_supported", []string{"public"}},
		{"prompt_values_supported", []string{"none", "login", "consent"}},
		{"id_token_signing_alg_values_supported", signing},
		{"response_modes_supported", []string{"query", "fragment", "form_post"}},
		{"token_endpoint_auth_methods_supported", clientAuth},
		{"introspection_endpoint_auth_methods_supported", clientAuth},
		{"claims_supported", []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "name", "given_name", "family_name", "preferred_username", "email", "acr", "azp", "nonce"}},
		{"claim_types_supported", []string{"normal"}},
		{"claims_parameter_supported", true},
		{"scopes_supported", offered},
		{"request_parameter_supported", false},
		{"request_uri_parameter_supported", false},
		{"code_challenge_methods_supported", []string{"plain", "S256"}},
		{"revocation_endpoint", c.endpointURL("/revoke")},
		{"revocation_endpoint_auth_methods_supported", clientAuth},
		{"backchannel_logout_supported", true},
		{"backchannel_logout_session_supported", true},
		{"device_authorization_endpoint", c.endpointURL("/auth/device")},
		{"authorization_response_iss_parameter_supported", true},
	} {
		d.set(member.name, member.value)
	}
	c.openOrigin()
	c.w.Header().Set("Cache-Control", "no-cache, must-revalidate, no-transform, no-store")
	return c.json(d)
}

// certs is the realm's key set (RFC 7517 §5): the keys that sign, and the one that others encrypt for,
// so that a consumer that takes just any key is noticed here.
func (c *call) certs() error {
	set := struct {
		Keys []publicKey `json:"keys"`
	}{[]publicKey{}}
	for _, key := range c.realm.keys.published() {
		set.Keys = append(set.Keys, key.published())
	}
	c.openOrigin()
	c.w.Header().Set("Cache-Control", "no-cache")
	return c.json(set)
}

// info is Keycloak's own description of a realm.
func (c *call) info() error {
	public := ""
	if signer := c.realm.keys.signer("RS256"); signer != nil {
		public = base64.StdEncoding.EncodeToString(must(x509.MarshalPKIXPublicKey(signer.private.Public())))
	}
	d := newObject()
	d.set("realm", c.realm.Name)
	d.set("public_key", public)
	d.set("token-service", c.issuer()+oidc)
	d.set("account-service", c.issuer()+"/account")
	d.set("tokens-not-before", c.realm.NotBefore)
	c.openOrigin()
	c.w.Header().Set("Cache-Control", "no-cache")
	c.w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	return c.json(d)
}

// serveStyle serves the stylesheet of the pages.
func serveStyle(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", styleTag)
	w.Header().Set("Content-Length", strconv.Itoa(len(style)))
	if r.Header.Get("If-None-Match") == styleTag {
		w.Header().Del("Content-Length")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(style)
}
