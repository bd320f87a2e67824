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
	}
}

// Tokens that come once, in whatever number, neither grow the cache nor drive out the busy ones.
func TestCacheIsBoundedAndKeepsTheBusy(t *testing.T) {
	realm := authtest.NewIssuer(t)
	realm.Use(authtest.NewKey("EdDSA"))
	const size = 100
	v := newVerifier(t, realm, auth.VerifierConfig{Algorithms: []string{"EdDSA"}, CacheSize: size})
	busy := map[string]*auth.Principal{}
	for i := range 20 {
		token := realm.Token(fmt.Sprint("busy-", i))
		busy[token] = verified(t, v, token)
	}
	use := func() (kept int) {
		for token, p := range busy {
			if again := verified(t, v, token); again == p {
				kept++
			} else {
				busy[token] = again
			}
		}
		return kept
	}
	for range 20 {
		use()
	}
	flood := map[string]*auth.Principal{}
	for i := range 3000 {
		token := realm.Token(fmt.Sprint("once-", i))
		flood[token] = verified(t, v, token)
		if i%100 == 0 {
			if kept := use(); kept < len(busy)*9/10 {
				t.Fatalf("after %d others, %d of %d busy tokens are remembered", i, kept, len(busy))
			}
		}
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
