package auth_test

import (
	"fmt"
	"testing"

	"keystead/auth"
	"keystead/auth/authtest"
)

// A principal that is remembered is the very same one, which is how these tests see the cache work.
func TestCacheRemembers(t *testing.T) {
	realm := authtest.NewIssuer(t)
	for size, want := range map[int]bool{0: false, 10: true} {
		v := newVerifier(t, realm, auth.VerifierConfig{CacheSize: size})
		token := realm.Token("alice")
		first, second := verified(t, v, token), verified(t, v, token)
		if (first == second) != want {
			t.Errorf("cache of %d: remembered %v", size, first == second)
		}
		status := auth.CacheStatus{}
		if want {
			status = auth.CacheStatus{Hits: 1, Misses: 1, Tokens: 1}
		}
		if got := v.CacheStatus(); got != status {
			t.Errorf("cache of %d: %+v", size, got)
		}
	}
}

// Tokens that come once, in whatever number, neither grow the cache nor drive out the busy ones.
func TestCacheIsBoundedAndKeepsTheBusy(t *testing.T) {
	realm := authtest.NewIssuer(t)
	realm.Use(authtest.NewKey("EdDSA"))
	const size = 100
	v := newVerifier(t, realm, auth.VerifierConfig{Algorithms: []string{"EdDSA"}, CacheSize: size})
	flood := map[string]*auth.Principal{}
	once := func(n int) {
		for range n {
			token := realm.Token("once")
			flood[token] = verified(t, v, token)
		}
	}
	once(size) // the cache learns what is busy only once it is half full
	busy := map[string]*auth.Principal{}
	for i := range 20 {
		busy[realm.Token(fmt.Sprint("busy-", i))] = nil
	}
	uses, kept := 0, 0
	for range 300 {
		for token, p := range busy {
			again := verified(t, v, token)
			uses++
			if again == p {
				kept++
			}
			busy[token] = again
		}
		once(10)
	}
	if kept < uses*8/10 {
		t.Errorf("in the flood, only %d of %d uses of busy tokens found them remembered", kept, uses)
	}
	remembered := 0
	for token, p := range flood {
		if verified(t, v, token) == p {
			remembered++
		}
	}
	if remembered > 2*size {
		t.Errorf("a cache of %d remembers %d", size, remembered)
	}
}

func verified(t *testing.T, v *auth.Verifier, token string) *auth.Principal {
	t.Helper()
	p, err := v.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
