package parity

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"slices"
	"testing"
	"time"
)

const uncached = "no-cache, must-revalidate, no-transform, no-store"

func TestDiscovery(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"demo", "lab"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, name)
			got := get(t, r.url("/.well-known/openid-configuration")).want(200).wantHeaders("Cache-Control", uncached, "ETag", "").json()
			// A server may offer more than this, and announces only what it offers.
			want := shape{
				"issuer":                           r.url(""),
				"authorization_endpoint":           r.oidc("/auth"),
				"token_endpoint":                   r.oidc("/token"),
				"introspection_endpoint":           r.oidc("/token/introspect"),
				"userinfo_endpoint":                r.oidc("/userinfo"),
				"end_session_endpoint":             r.oidc("/logout"),
				"jwks_uri":                         r.oidc("/certs"),
				"check_session_iframe":             r.oidc("/login-status-iframe.html"),
				"revocation_endpoint":              r.oidc("/revoke"),
				"device_authorization_endpoint":    r.oidc("/auth/device"),
				"code_challenge_methods_supported": list("plain", "S256"),
				"acr_values_supported":             list("0", "1"),
				"prompt_values_supported":          including("none", "login", "consent"),
				"response_modes_supported":         including("query", "fragment", "form_post"),
				"response_types_supported":         including("code", "none"),
				"subject_types_supported":          including("public"),
				"grant_types_supported": including("authorization_code", "refresh_token", "client_credentials", "password",
					"urn:ietf:params:oauth:grant-type:device_code"),
				"id_token_signing_alg_values_supported":          including("RS256", "ES256", "PS256"),
				"token_endpoint_auth_methods_supported":          including("client_secret_basic", "client_secret_post"),
				"introspection_endpoint_auth_methods_supported":  including("client_secret_basic", "client_secret_post"),
				"revocation_endpoint_auth_methods_supported":     including("client_secret_basic", "client_secret_post"),
				"claims_supported":                               including("aud", "sub", "iss", "auth_time", "name", "given_name", "family_name", "preferred_username", "email", "acr"),
				"claim_types_supported":                          including("normal"),
				"claims_parameter_supported":                     true,
				"scopes_supported":                               including("openid", "profile", "email", "offline_access"),
				"backchannel_logout_supported":                   true,
				"backchannel_logout_session_supported":           true,
				"authorization_response_iss_parameter_supported": true,
			}
			for member, value := range want {
				if wrong := compare(value, got[member]); wrong != "" {
					t.Errorf("%s %s", member, wrong)
				}
			}
			if scopes, _ := got["scopes_supported"].([]any); len(scopes) == 0 || scopes[0] != "openid" {
				t.Errorf("scopes_supported = %v, want openid first", scopes)
			}
			if _, there := got["service_documentation"]; there {
				t.Error("service_documentation is there")
			}
		})
	}
}

func TestDiscoveryElsewhere(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	document := get(t, r.url("/.well-known/openid-configuration")).want(200).json()
	for _, address := range []string{
		r.url("/.well-known/openid-configuration/"),
		r.url("/.well-known/oauth-authorization-server"),
		r.base + "/.well-known/oauth-authorization-server/realms/lab",
	} {
		got := get(t, address).want(200).json()
		for _, member := range []string{"issuer", "token_endpoint", "jwks_uri"} {
			if got[member] != document[member] {
				t.Errorf("GET %s: %s = %v, want %v", address, member, got[member], document[member])
			}
		}
	}
	head := send(t, newRequest(t, http.MethodHead, r.url("/.well-known/openid-configuration"), nil)).want(200)
	head.wantHeaders("Cache-Control", uncached)
	if head.body != "" {
		t.Errorf("HEAD came with a body: %s", head.body)
	}
}

func TestRealmInfo(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	got := get(t, r.url("")).want(200).wantHeaders("Cache-Control", "no-cache")
	info := got.wantShape(shape{
		"realm": "lab", "public_key": anyText, "token-service": r.oidc(""), "account-service": r.url("/account"), "tokens-not-before": 0,
	})
	der, err := base64.StdEncoding.DecodeString(info["public_key"].(string))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x509.ParsePKIXPublicKey(der); err != nil {
		t.Errorf("public_key: %v", err)
	}
	hash := sha256.Sum256(der)
	kid := b64.EncodeToString(hash[:])
	if token := decode(t, r.free().password(t, "alice").tokens().access); token.header["kid"] != kid {
		t.Errorf("tokens are signed by %v, but public_key is %s", token.header["kid"], kid)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"demo", "lab"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, name)
			got := get(t, r.oidc("/certs")).want(200).wantHeaders("Cache-Control", "no-cache", "Content-Type", "application/json")
			var uses []string
			for _, each := range got.json()["keys"].([]any) {
				key := each.(map[string]any)
				use := key["use"].(string) + " " + key["alg"].(string)
				uses = append(uses, use)
				if key["kty"] == "RSA" {
					t.Run(use, func(t *testing.T) { checkKey(t, name, key) })
				}
			}
			for _, want := range []string{"enc RSA-OAEP", "sig RS256"} {
				if !slices.Contains(uses, want) {
					t.Errorf("there are keys for %q, none for %q", uses, want)
				}
			}
		})
	}
}

// checkKey checks the form of an RSA key, its name and its certificate.
func checkKey(t *testing.T, realmName string, key map[string]any) {
	wantClaims(t, "the key", key, shape{
		"kid": text(`[A-Za-z0-9_-]{43}`), "kty": "RSA", "alg": anyText, "use": anyText, "x5c": including(), "x5t": anyText, "x5t#S256": anyText, "n": anyText, "e": "AQAB",
	})
	public := rsaKey(key)
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(der)
	if want := b64.EncodeToString(hash[:]); key["kid"] != want {
		t.Errorf("kid = %v, want the hash of the key, %s", key["kid"], want)
	}
	chain := key["x5c"].([]any)
	if len(chain) != 1 {
		t.Fatalf("x5c has %d certificates, want 1", len(chain))
	}
	raw, err := base64.StdEncoding.DecodeString(chain[0].(string))
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	if !public.Equal(certificate.PublicKey) {
		t.Error("the certificate is of another key")
	}
	if certificate.Subject.CommonName != realmName || certificate.Issuer.CommonName != realmName {
		t.Errorf("the certificate is of %s by %s, want %s", certificate.Subject, certificate.Issuer, realmName)
	}
	if life := certificate.NotAfter.Sub(certificate.NotBefore); life < 9*365*24*time.Hour {
		t.Errorf("the certificate lasts %v, want ten years", life)
	}
	thumb1, thumb256 := sha1.Sum(raw), sha256.Sum256(raw)
	if key["x5t"] != b64.EncodeToString(thumb1[:]) || key["x5t#S256"] != b64.EncodeToString(thumb256[:]) {
		t.Error("x5t or x5t#S256 is not the hash of the certificate")
	}
}

func TestUnknownPlaces(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	const noResource, noEndpoint = "Unable to find matching target resource method", "HTTP 404 Not Found"
	tests := []struct {
		method, address string
		status          int
		want            string
	}{
		{"GET", r.base + "/realms/nobody", 404, "Realm does not exist"},
		{"GET", r.base + "/realms/nobody/.well-known/openid-configuration", 404, "Realm does not exist"},
		{"GET", r.base + "/realms/nobody/protocol/openid-connect/certs", 404, "Realm does not exist"},
		{"POST", r.base + "/realms/nobody/protocol/openid-connect/token", 404, "Realm does not exist"},
		{"GET", r.base + "/nowhere", 404, noResource},
		{"GET", r.url("/nowhere"), 404, noEndpoint},
		{"GET", r.oidc("/nowhere"), 404, noEndpoint},
		{"GET", r.oidc("/token"), 405, "HTTP 405 Method Not Allowed"},
		{"GET", r.oidc("/token/introspect"), 405, "HTTP 405 Method Not Allowed"},
		{"DELETE", r.oidc("/certs"), 405, "HTTP 405 Method Not Allowed"},
		{"POST", r.url("/.well-known/openid-configuration"), 404, noEndpoint},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.address[len(r.base):], func(t *testing.T) {
			t.Parallel()
			send(t, newRequest(t, tt.method, tt.address, nil)).wantError(tt.status, tt.want, "")
		})
	}
}

func TestRealmSwitchedOff(t *testing.T) {
	t.Parallel()
	r := open(t, "shut")
	for _, address := range []string{r.url(""), r.url("/.well-known/openid-configuration"), r.oidc("/certs")} {
		get(t, address).want(200)
	}
	r.free().password(t, "alice").wantError(403, "access_denied", "Realm not enabled")
	b := newBrowser(t, r)
	r.free().authorize(b).wantErrorPage(400, "Realm not enabled")
}
