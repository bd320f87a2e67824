package auth

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	for failures, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 4: 8 * time.Second, 5: 10 * time.Second, 6: 10 * time.Second, 9999: 10 * time.Second} {
		for range 100 {
			if got := backoff(failures); got < want || got > want*3/2 {
				t.Fatalf("after %d failures: %v, want %v and up to half more", failures, got, want)
			}
		}
	}
}

// What is remembered of key ids that do not exist is bounded, and makes room in time.
func TestMissedIsBounded(t *testing.T) {
	now := time.Now()
	k := NewKeys(KeysConfig{Issuer: "none", Now: func() time.Time { return now }})
	for i := range 3 * maxMissed {
		k.miss(strconv.Itoa(i))
	}
	if len(k.missed) != maxMissed {
		t.Errorf("%d key ids are remembered", len(k.missed))
	}
	now = now.Add(firstMissed)
	k.miss("another")
	if len(k.missed) != 1 {
		t.Errorf("after a while %d are", len(k.missed))
	}
	for range 20 { // requests that waited for one fetch
		k.miss("another")
	}
	if got := k.missed["another"].wait; got != firstMissed {
		t.Errorf("after one fetch in vain, a key id waits for %v", got)
	}
	for _, want := range []time.Duration{2 * firstMissed, 4 * firstMissed, 8 * firstMissed} {
		now = k.missed["another"].until
		k.miss("another")
		if got := k.missed["another"].wait; got != want {
			t.Errorf("after one more fetch in vain, a key id waits for %v, want %v", got, want)
		}
	}
	for range 20 {
		now = k.missed["another"].until
		k.miss("another")
	}
	if got := k.missed["another"].wait; got != longMissed {
		t.Errorf("a stray key id waits for %v", got)
	}
}

// Large principals take the place of many, so that a size means an amount of memory.
func TestCacheWeighs(t *testing.T) {
	ordinary := &Principal{claims: strings.Repeat("x", 1000), realmRoles: make([]string, 30), key: &key{}}
	large := &Principal{claims: strings.Repeat("x", 12_000), realmRoles: make([]string, 2800), key: &key{}}
	spread := &Principal{clientRoles: []clientRoles{{"a", make([]string, 125)}}, organizations: make([]Organization, 64), key: &key{}}
	for _, tt := range []struct {
		p    *Principal
		want uint32
	}{{ordinary, 1}, {large, 28}, {spread, 3}} {
		if got := weight(tt.p); got != tt.want {
			t.Errorf("weight = %d, want %d", got, tt.want)
		}
	}
	for p, most := range map[*Principal]int{ordinary: 100, large: 100 / 28} {
		c, err := newCache(100, func(*Principal) time.Duration { return time.Hour })
		if err != nil {
			t.Fatal(err)
		}
		for i := range 1000 {
			c.remember(digestOf(strconv.Itoa(i)), p)
		}
		if n := c.entries.EstimatedSize(); n > most || n == 0 {
			t.Errorf("a cache for 100 holds %d of a weight of %d", n, weight(p))
		}
	}
}

// The cache lets go of what must not be used again.
func TestCacheForgets(t *testing.T) {
	c, err := newCache(10, func(p *Principal) time.Duration { return time.Until(p.expiresAt) })
	if err != nil {
		t.Fatal(err)
	}
	k := &key{}
	p := &Principal{key: k, expiresAt: time.Now().Add(time.Hour)}
	if remembered := c.remember(digestOf("a"), p); c.find(digestOf("a")) != remembered || c.find(digestOf("b")) != nil {
		t.Error("it does not find what it has")
	}
	c.forget(digestOf("a"))
	if n := c.entries.EstimatedSize(); n != 0 {
		t.Errorf("%d entries after forget", n)
	}
	c.remember(digestOf("a"), p)
	k.withdrawn.Store(true)
	if c.find(digestOf("a")) != nil || c.entries.EstimatedSize() != 0 {
		t.Error("an entry outlives its key")
	}
	c.remember(digestOf("c"), &Principal{key: &key{}, expiresAt: time.Now().Add(20 * time.Millisecond)})
	time.Sleep(30 * time.Millisecond)
	if _, ok := c.entries.GetIfPresent(digestOf("c")); ok {
		t.Error("an entry outlives its token")
	}
}

// What the cache lets go of, to make room or because it was told to, it does not find by the shortcut either.
func TestCacheForgetsRecent(t *testing.T) {
	const size = 64
	c, err := newCache(size, func(*Principal) time.Duration { return time.Hour })
	if err != nil {
		t.Fatal(err)
	}
	digests := make([]digest, 20*size)
	for i := range digests {
		digests[i] = digestOf(strconv.Itoa(i))
		c.remember(digests[i], &Principal{})
		for range 3 {
			c.find(digests[i])
		}
	}
	recent := 0
	for i := range c.recent {
		e := c.recent[i].Load()
		if e == nil {
			continue
		}
		recent++
		if _, ok := c.entries.GetIfPresent(e.digest); !ok {
			t.Error("the shortcut leads to an entry that made room for others")
		}
	}
	if recent == 0 {
		t.Error("there is no shortcut")
	}
	for _, d := range digests {
		c.forget(d)
		if c.find(d) != nil {
			t.Fatal("it finds what it was told to forget")
		}
	}
}

// What is found by the shortcut counts as used: tokens that are used a few times do not drive it out.
func TestCacheKeepsRecentWhenItIsBusy(t *testing.T) {
	const size, busy = 1000, 10
	c, err := newCache(size, func(*Principal) time.Duration { return time.Hour })
	if err != nil {
		t.Fatal(err)
	}
	few := 0
	flood := func(n int) {
		for range n {
			d := digestOf("few-" + strconv.Itoa(few))
			few++
			c.remember(d, &Principal{})
			for range 4 {
				c.entries.GetIfPresent(d) // past the shortcut, whose places stay those of the busy
			}
		}
	}
	flood(size)
	for i := range busy {
		c.remember(digestOf(strconv.Itoa(i)), &Principal{})
	}
	for range 40 {
		for range 500 {
			for i := range busy {
				c.find(digestOf(strconv.Itoa(i)))
			}
		}
		flood(size / 20)
	}
	kept := 0
	for i := range busy {
		if _, ok := c.entries.GetIfPresent(digestOf(strconv.Itoa(i))); ok {
			kept++
		}
	}
	if kept < busy/2 {
		t.Errorf("of %d busy tokens, the flood left %d", busy, kept)
	}
}

// Many at once find the right entry or none, whichever share a place.
func TestCacheTellsEntriesApart(t *testing.T) {
	c, err := newCache(16, func(*Principal) time.Duration { return time.Hour })
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 5000 {
				name := strconv.Itoa((i*7 + worker) % 40)
				d := digestOf(name)
				p := c.find(d)
				if p == nil {
					p = c.remember(d, &Principal{subject: name})
				}
				if p.subject != name {
					t.Errorf("the entry of %s is that of %s", name, p.subject)
					return
				}
				if i%50 == 0 {
					c.forget(d)
				}
			}
		})
	}
	wg.Wait()
}

func TestDigestTellsTokensApart(t *testing.T) {
	token := strings.Repeat("eyJhbGciOiJSUzI1NiJ9.", 60)
	seen := map[digest]int{digestOf(token): -1}
	for i := range len(token) {
		changed := []byte(token)
		changed[i] ^= 1
		for _, other := range []string{string(changed), token[:i]} {
			if before, ok := seen[digestOf(other)]; ok {
				t.Fatalf("what was changed or cut at %d has the digest of %d", i, before)
			}
			seen[digestOf(other)] = i
		}
	}
	if digestOf(strings.Clone(token)) != digestOf(token) || digestOf(token+"\x00") == digestOf(token) {
		t.Error("a token has two digests, or two tokens have one")
	}
}
