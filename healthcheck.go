package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"
)

const healthTimeout = 3 * time.Second

type healthcheckCommand struct {
	Addr    string `default:"localhost:8000" help:"HOST:PORT where the instance listens."`
	TLSCert string `name:"tls-cert" placeholder:"FILE" help:"Set where the instance serves HTTPS."`
}

// Run fails unless GET /health is answered with 200.
func (c *healthcheckCommand) Run(env *environment) error {
	if err := env.sources.Err(); err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return fmt.Errorf("KEYSTEAD_ADDR (--addr) must be HOST:PORT, got %q", c.Addr)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost" // what listens everywhere can be asked here
	}
	ctx, cancel := context.WithTimeout(env.ctx, healthTimeout)
	defer cancel()
	scheme, transport := "http", &http.Transport{} // no proxy: the instance is on this machine
	if c.TLSCert != "" {
		// The certificate names the public host and not this address. Nothing is sent, and all that is believed is a 200.
		scheme, transport.TLSClientConfig = "https", &tls.Config{InsecureSkipVerify: true}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+net.JoinHostPort(host, port)+"/health", nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: transport}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("the instance does not answer: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the instance answers %s", res.Status)
	}
	return nil
}
