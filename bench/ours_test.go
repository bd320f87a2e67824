package main

import (
	"context"
	"testing"

	"keystead/auth/authtest"
)

func ourVerify(t *testing.T, realm *authtest.Issuer, cacheSize int) adminCheck {
	t.Helper()
	v, err := startKeystead(t.Context(), realm, cacheSize)
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context, token string) (bool, error) {
		p, err := v.Verify(ctx, token)
		return err == nil && p.HasRealmRole("admin"), err
	}
}

// Each case must end as it claims; how long that takes is not asked here.
func TestOurCases(t *testing.T) {
	realm := authtest.NewIssuer(t)
	cases, err := ourCases(t.Context(), realm, tokenFor(realm, "alice", "admin"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if err := c.op(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestMeasureCache(t *testing.T) {
	m, err := measureCache(t.Context(), 500)
	if err != nil {
		t.Fatal(err)
	}
	if m.sampled != 100 || m.held != 100 {
		t.Errorf("held %d of %d sampled tokens", m.held, m.sampled)
	}
}
