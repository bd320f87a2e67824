package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"keystead/auth/authtest"
)

// unknownKeyTokens is how many tokens of keys that the realm does not know are sent.
const unknownKeyTokens = 1500

// trouble is what a server did while keys changed and while nonsense came.
type trouble struct {
	name               string
	oldFailed, oldSent int // with tokens of the key before a rotation
	newFailed, newSent int // with tokens of the new key
	fetches            int // of the key set over unknownKeyTokens tokens of unknown keys
}

// measureTrouble starts a server at a realm of its own. Under load of old tokens the realm rotates its keys, and tokens of the
// new key join; then tokens come that name a random key.
func (b *bench) measureTrouble(ctx context.Context, s server, perSecond int) (t trouble, err error) {
	fmt.Fprintf(b.progress, "key rotation and unknown keys: %s\n", s.name)
	realm := authtest.Start()
	defer realm.Close()
	r, err := s.start(ctx, realm, b.dir)
	if err != nil {
		return t, err
	}
	defer r.Stop()
	t.name = s.name
	old := withTokens(securedPath, tokenFor(realm, "alice", "admin"), tokenFor(realm, "bob"))
	if err := r.expect(ctx, workload{name: hot, status: 200, requests: old}); err != nil {
		return t, err
	}
	span := time.Duration(b.seconds) * time.Second
	t.oldFailed, t.oldSent = paced(ctx, r.base, old, perSecond, span)
	realm.Rotate()
	next := withTokens(securedPath, tokenFor(realm, "alice", "admin"), tokenFor(realm, "bob"))
	var wg sync.WaitGroup
	wg.Go(func() {
		failed, sent := paced(ctx, r.base, old, perSecond/2, 2*span)
		t.oldFailed, t.oldSent = t.oldFailed+failed, t.oldSent+sent
	})
	wg.Go(func() { t.newFailed, t.newSent = paced(ctx, r.base, next, perSecond/2, 2*span) })
	wg.Wait()

	unknown := withTokens(securedPath, signAll(unknownKeyTokens, func(user string) string {
		return realm.SignWith(map[string]any{"alg": "RS256", "typ": "JWT", "kid": "unknown-" + user}, realm.Claims(user))
	})...)
	before := realm.Fetches()
	queue := make(chan request)
	for range 16 {
		wg.Go(func() {
			for next := range queue {
				_, _, _ = get(ctx, r.base, next) // a refusal, or not: the realm counts what follows from it
			}
		})
	}
	for _, next := range unknown {
		queue <- next
	}
	close(queue)
	wg.Wait()
	t.fetches = realm.Fetches() - before
	return t, ctx.Err()
}

// paced sends requests in turn at a rate, and counts the answers that are not 200.
func paced(ctx context.Context, base string, requests []request, perSecond int, d time.Duration) (failed, sent int) {
	var bad atomic.Int64
	var wg sync.WaitGroup
	ticker := time.NewTicker(time.Second / time.Duration(perSecond))
	defer ticker.Stop()
	ctx, cancel := context.WithTimeout(ctx, d+10*time.Second) // what is not answered by then has failed
	defer cancel()
	for end := time.Now().Add(d); time.Now().Before(end) && ctx.Err() == nil; sent++ {
		<-ticker.C
		next := requests[sent%len(requests)]
		wg.Go(func() {
			if status, _, err := get(ctx, base, next); err != nil || status != http.StatusOK {
				bad.Add(1)
			}
		})
	}
	wg.Wait()
	return int(bad.Load()), sent
}
