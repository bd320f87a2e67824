package auth_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"keystead/auth"
	"keystead/auth/authtest"
)

// A service keeps one set of keys and one verifier, and asks it about each token that it is sent.
func Example() {
	realm := authtest.Start() // in place of https://login.example.com/realms/demo
	defer realm.Close()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()

	keys := auth.NewKeys(auth.KeysConfig{Issuer: realm.URL(), Logger: discard})
	go keys.Run(ctx)
	verifier, err := auth.NewVerifier(auth.VerifierConfig{
		Keys: keys, Audience: []string{authtest.Audience},
		Leeway: 30 * time.Second, CacheSize: 10_000,
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	alice, err := verifier.Verify(ctx, realm.Token("alice", "user", "admin"))
	fmt.Println(alice.Username(), alice.RealmRoles(), err)

	policy := auth.Require(auth.AnyOf(auth.RealmRole("auditor"), auth.Claim("department").EqualsPath("department")))
	_, err = policy.Decide(alice, nil)
	fmt.Println(err)

	_, err = verifier.Verify(ctx, realm.Sign(realm.Claims("bob").With("exp", time.Now().Add(-time.Hour).Unix())))
	fmt.Println(errors.Is(err, auth.ErrTokenExpired))
	// Output:
	// alice [user admin] <nil>
	// Requires one of: realm role auditor; claim department equal to the department in the address
	// true
}
