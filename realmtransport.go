package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"

	"keystead/config"
)

// realmTransport carries calls to the realm. It honours the proxy environment, as Go's own transport
// does, and says of an unknown authority which setting makes it known.
type realmTransport struct {
	transport *http.Transport
}

// newRealmTransport trusts the given authorities, or the system's where there are none.
func newRealmTransport(roots *x509.CertPool) realmTransport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 32 // of Go's own 2 the others of a burst of introspections would each need a new connection
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return realmTransport{transport}
}

// RoundTrip implements http.RoundTripper.
func (t realmTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := t.transport.RoundTrip(r)
	var unverified *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &unverified) && errors.As(err, &unknown) && len(unverified.UnverifiedCertificates) > 0 {
		chain := unverified.UnverifiedCertificates
		return nil, fmt.Errorf("the certificate of %s is from an authority that is not known here, %q; put that authority's certificate into a file and name it with %s: %w",
			r.URL.Host, chain[len(chain)-1].Issuer, config.EnvName("ca-file"), err)
	}
	return res, err
}
