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

// An app that logs people in keeps the nonce of each login until the ID token of that login has come.
func ExampleVerifier_VerifyIDToken() {
	realm := authtest.Start()
	defer realm.Close()
	verifier, stop := exampleVerifier(realm)
	defer stop()

	token := realm.Sign(realm.IDClaims("alice", "my-app", "nonce of this login"))
	login, err := verifier.VerifyIDToken(context.Background(), token, "my-app", "nonce of this login", "")
	fmt.Println(login.Username, err)
	_, err = verifier.VerifyIDToken(context.Background(), token, "my-app", "nonce of another login", "")
	fmt.Println(err)
	// Output:
	// alice <nil>
	// The token belongs to another login: its nonce claim is not the one that this login began with
}

// An app that the realm tells of sign-outs must see to it itself that it takes each token once.
func ExampleVerifier_VerifyLogoutToken() {
	realm := authtest.Start()
	defer realm.Close()
	verifier, stop := exampleVerifier(realm)
	defer stop()

	token := realm.SignLogout(realm.LogoutClaims("my-app", "alice", "session-1").With("jti", "token-1"))
	logout, err := verifier.VerifyLogoutToken(context.Background(), token, []string{"my-app"})
	fmt.Println(logout.ID, logout.SessionID, err)
	_, err = verifier.VerifyLogoutToken(context.Background(), realm.Sign(realm.IDClaims("alice", "my-app", "n")), []string{"my-app"})
	fmt.Println(err)
	// Output:
	// token-1 session-1 <nil>
	// The token is of type "ID"; this address takes logout tokens, whose typ claim is Logout
}

func exampleVerifier(realm *authtest.Issuer) (verifier *auth.Verifier, stop func()) {
	ctx, stop := context.WithCancel(context.Background())
	keys := auth.NewKeys(auth.KeysConfig{Issuer: realm.URL(), Logger: discard})
	go keys.Run(ctx)
	verifier, err := auth.NewVerifier(auth.VerifierConfig{Keys: keys, Audience: []string{authtest.Audience}})
	if err != nil {
		panic(err)
	}
	return verifier, stop
}
