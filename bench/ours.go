package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strconv"
	"time"

	"keystead/auth"
	"keystead/auth/authtest"
)

const leeway = 30 * time.Second

// startKeystead returns a verifier whose keys are there, with a cache of the given size (0: none).
func startKeystead(ctx context.Context, realm *authtest.Issuer, cacheSize int, algorithms ...string) (
	*auth.Verifier, error,
) {
	keys := auth.NewKeys(auth.KeysConfig{Issuer: realm.URL(), Logger: slog.New(slog.DiscardHandler)})
	go keys.Run(ctx)
	for deadline := time.Now().Add(10 * time.Second); keys.Ready() != nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return nil, keys.Ready()
		}
	}
	return auth.NewVerifier(auth.VerifierConfig{
		Keys: keys, Audience: []string{authtest.Audience},
		Leeway: leeway, CacheSize: cacheSize, Algorithms: algorithms,
	})
}

// ourCases are the operations that have targets. Refusals are asked of a verifier with its cache,
// as a server has it.
func ourCases(ctx context.Context, realm *authtest.Issuer, token string) ([]benchCase, error) {
	uncached, err := startKeystead(ctx, realm, 0)
	if err != nil {
		return nil, fmt.Errorf("starting keystead: %w", err)
	}
	cached, err := startKeystead(ctx, realm, 10_000)
	if err != nil {
		return nil, fmt.Errorf("starting keystead: %w", err)
	}
	principal, err := cached.Verify(ctx, token)
	if err != nil {
		return nil, fmt.Errorf("verifying the token: %w", err)
	}
	crowded, err := startKeystead(ctx, realm, 5) // too small for 500 users: each time a token is new, and remembered
	if err != nil {
		return nil, fmt.Errorf("starting keystead: %w", err)
	}
	users := usersTokens(realm, 500)
	wrongAlgorithm := withHeader(realm, "HS256", realm.KeyID())
	unknownKey := withHeader(realm, "RS256", "of-another-realm")

	seen := []target{timeAtMost(2 * time.Microsecond), allocsAtMost(2), ofFastestPeer(1.0 / 25)}
	refusal := []target{timeAtMost(3 * time.Microsecond)}
	check := []target{timeAtMost(100 * time.Nanosecond), allocsAtMost(0)}
	cases := []benchCase{
		{name: "seen before: one token", op: accepts(ctx, cached, token), targets: seen},
		{name: "seen before: 500 users in turn", op: accepts(ctx, cached, users...), targets: seen},
		{name: "never seen, no cache", op: accepts(ctx, uncached, token), targets: []target{ofRSA(1.5), ofGolangJWT(1)}},
		{name: "never seen, with the cache", op: accepts(ctx, crowded, users...), targets: []target{ofRSA(1.5), ofGolangJWT(1)}},
		{name: "refused: form", op: refuses(ctx, cached, "a.b", auth.ErrTokenMalformed), targets: refusal},
		{name: "refused: algorithm", op: refuses(ctx, cached, wrongAlgorithm, auth.ErrTokenAlgorithm), targets: refusal},
		{name: "refused: unknown key", op: refuses(ctx, cached, unknownKey, auth.ErrTokenKeyUnknown), targets: refusal},
		{name: "role check: present", op: checks(principal, "admin", true), targets: check},
		{name: "role check: absent", op: checks(principal, "auditor", false), targets: check},
	}
	// What is measured is the second time: all tokens are in the cache then, and the realm was asked
	// for the unknown key. As many turns as there are users see to both.
	for i := range cases {
		cases[i].name = "keystead, " + cases[i].name
		for range users {
			if err := cases[i].op(); err != nil {
				return nil, fmt.Errorf("%s: %w", cases[i].name, err)
			}
		}
	}
	return cases, nil
}

func accepts(ctx context.Context, v *auth.Verifier, tokens ...string) func() error {
	next := 0
	return func() error {
		_, err := v.Verify(ctx, tokens[next])
		next = (next + 1) % len(tokens)
		return err
	}
}

// refuses compares the error each time: a refusal for another reason would be another measurement.
func refuses(ctx context.Context, v *auth.Verifier, token string, want error) func() error {
	return func() error {
		if _, err := v.Verify(ctx, token); !errors.Is(err, want) {
			return fmt.Errorf("got %v, want the refusal %w", err, want)
		}
		return nil
	}
}

func checks(p *auth.Principal, role string, want bool) func() error {
	return func() error {
		if p.HasRealmRole(role) != want {
			return fmt.Errorf("the role %s must give %t", role, want)
		}
		return nil
	}
}

func usersTokens(realm *authtest.Issuer, users int) []string {
	tokens := make([]string, users)
	for i := range tokens {
		tokens[i] = tokenFor(realm, "user-"+strconv.Itoa(i))
	}
	return tokens
}

// withHeader returns a token that is good but for its header.
func withHeader(realm *authtest.Issuer, alg, kid string) string {
	return realm.SignWith(map[string]any{"alg": alg, "typ": "JWT", "kid": kid}, claimsFor(realm, "alice"))
}

// cacheMemory is what a cache full of tokens holds on to.
type cacheMemory struct {
	tokens        int
	bytes         int64 // by which the heap grew
	sampled, held int   // of the sampled tokens, those that were still in the cache at the end
}

// measureCache fills a cache with distinct valid tokens, a multiple of 100, and looks at the heap.
// They are signed with Ed25519, since as many RSA signatures would take minutes; a cache entry is the
// same for both.
func measureCache(ctx context.Context, tokens int) (cacheMemory, error) {
	m := cacheMemory{tokens: tokens}
	realm := authtest.Start()
	defer realm.Close()
	key := authtest.NewKey("EdDSA")
	realm.Use(key)

	before := heapInUse()
	v, err := startKeystead(ctx, realm, tokens, "EdDSA")
	if err != nil {
		return m, fmt.Errorf("starting keystead: %w", err)
	}
	// A cache that takes in little would look thrifty. A hundred tokens are kept aside, to see at the
	// end whether they still give the same principal; the rest become garbage.
	samples := map[string]*auth.Principal{}
	for i := range tokens {
		if err := ctx.Err(); err != nil {
			return m, err
		}
		token := key.Compact(key.Header(), claimsFor(realm, "user-"+strconv.Itoa(i))) // the realm would remember what it signs
		p, err := v.Verify(ctx, token)
		if err != nil {
			return m, fmt.Errorf("filling the cache: %w", err)
		}
		if i%(tokens/100) == 0 {
			samples[token] = p
		}
	}
	m.bytes = heapInUse() - before
	m.sampled = len(samples)
	for token, first := range samples {
		p, err := v.Verify(ctx, token)
		if err != nil {
			return m, fmt.Errorf("looking into the cache: %w", err)
		}
		if p == first {
			m.held++
		}
	}
	return m, nil
}

func heapInUse() int64 {
	// The second collection frees what finalizers and pools held through the first.
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
