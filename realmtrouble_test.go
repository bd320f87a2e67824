//go:build !norealm

package main

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"keystead/auth/authtest"
)

// The realm says where trouble can be made, and when it stops does not wait for requests that hang as they were told to.
func TestRealmStopsInTrouble(t *testing.T) {
	within(t)
	const secret = "a-secret-that-is-long-enough"
	base := "localhost:" + freePort(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var stdout authtest.Log
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"realm", "--addr=" + base, "--realm-secret=" + secret}, nil, nil, &stdout, &authtest.Log{})
	}()
	realm := "http://" + base + "/realms/demo"
	if res := get(t, realm+"/keystead", ""); res.StatusCode != http.StatusOK {
		t.Errorf("the page of trouble = %s", res.Status)
	}
	if text := stdout.String(); !strings.Contains(text, realm+"/keystead\n") || strings.Contains(text, secret) {
		t.Errorf("the start says: %s", text)
	}
	req, err := http.NewRequest(http.MethodPut, realm+"/keystead/trouble/all", strings.NewReader(`{"answer":"hang"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	if res, err := http.DefaultClient.Do(req); err != nil || res.StatusCode != http.StatusNoContent {
		t.Fatal(res, err)
	}
	answered := make(chan error, 1)
	go func() {
		_, err := http.Get(realm + "/.well-known/openid-configuration")
		answered <- err
	}()
	time.Sleep(50 * time.Millisecond) // until it hangs
	began := time.Now()
	cancel()
	if err := <-ended; err != nil || time.Since(began) > shutdownGrace/2 {
		t.Errorf("the end took %v: %v", time.Since(began), err)
	}
	if <-answered == nil {
		t.Error("the request that was to hang was answered")
	}
}
