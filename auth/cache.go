package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/fips140"
	cryptorand "crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
)

// digest stands for a token in the cache, which must not hold the token itself. It means nothing outside this process.
type digest [16]byte

// hasher is AES-GCM by a random key that nobody ever learns. As nothing but the digest is made of a token, and always with the
// same nonce, this is GHASH under a secret key: any two given tokens of at most n blocks have the same digest with a probability
// of (n+1)/2¹²⁸ (McGrew and Viega 2004, §5.1), and an attacker who cannot see a digest has nothing to choose them by. It takes a
// quarter of the time of SHA-256, which would be the larger part of all that a known token costs.
var hasher = newHasher()

var onlyNonce [12]byte

// newHasher returns nil in FIPS 140-only mode, where GCM makes its nonces itself.
func newHasher() cipher.AEAD {
	if fips140.Enforced() {
		return nil
	}
	key := make([]byte, 32)
	_, _ = cryptorand.Read(key) // it never fails
	block, err := aes.NewCipher(key)
	if err == nil {
		var aead cipher.AEAD
		if aead, err = cipher.NewGCM(block); err == nil {
			return aead
		}
	}
	panic(err) // a key of 32 bytes is good
}

func digestOf(token string) (d digest) {
	if hasher == nil {
		sum := sha256.Sum256(bytesOf(token))
		return digest(sum[:]) // to make up a token with the digest of a good one is still work for 2¹²⁸ tries
	}
	hasher.Seal(d[:0], onlyNonce[:], nil, bytesOf(token))
	return d
}

// cache remembers the principals of verified tokens. A nil cache forgets and remembers nothing.
type cache struct {
	entries *otter.Cache[digest, *entry]
	// recent leads past entries to one of them: of those that share a place, the one that was used last. With many tokens in
	// turn, most of what a look into entries costs is waiting for memory, of which this needs less. What entries lets go of leaves
	// it, too; a look at the same moment may put it back, until that token is looked for again or another takes its place.
	recent       []atomic.Pointer[entry] // as many as a power of two
	hits, misses atomic.Uint64
}

// entry has what each use of a token reads side by side in memory.
type entry struct {
	digest    digest
	principal Principal
}

// usualBytes is what an ordinary token's principal weighs at most.
const usualBytes = 2 << 10

// weight is 1 for an ordinary principal, and more for one that holds more memory, so that the tokens of
// users with thousands of roles cannot make the cache many times larger than its size promises.
func weight(p *Principal) uint32 {
	texts := len(p.realmRoles) + len(p.groups) + len(p.scopes) + len(p.audience) + 2*len(p.organizations)
	for _, c := range p.clientRoles {
		texts += 3 + len(c.roles)
	}
	const headerBytes = 16 // of a string; its text is part of the claims
	return uint32(1 + (len(p.claims)+headerBytes*texts)/usualBytes)
}

// mostRecent is how many places recent has, at most.
const mostRecent = 4096

// newCache returns a cache for at most size principals, fewer where they are large, each kept for as
// long as lifetime says. When it is full, the entries go first that are used least: a flood of tokens that are seen once does not
// drive out the busy ones.
func newCache(size int, lifetime func(*Principal) time.Duration) (*cache, error) {
	if size == 0 {
		return nil, nil
	}
	places := 1 << (bits.Len(uint(min(size, mostRecent))) - 1)
	c := &cache{recent: make([]atomic.Pointer[entry], places)}
	var err error
	c.entries, err = otter.New(&otter.Options[digest, *entry]{
		MaximumWeight: uint64(size),
		Weigher:       func(_ digest, e *entry) uint32 { return weight(&e.principal) },
		Executor:      func(upkeep func()) { upkeep() }, // a goroutine each time costs more than it does
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[digest, *entry]) time.Duration {
			return max(lifetime(&e.Value.principal), time.Nanosecond)
		}),
		OnAtomicDeletion: func(e otter.DeletionEvent[digest, *entry]) { c.place(e.Key).CompareAndSwap(e.Value, nil) },
	})
	return c, err
}

// place returns where in recent a token belongs.
func (c *cache) place(d digest) *atomic.Pointer[entry] {
	return &c.recent[binary.LittleEndian.Uint64(d[:])&uint64(len(c.recent)-1)]
}

// find returns the principal of a token whose key, if it has one, the realm still publishes, or nil.
func (c *cache) find(d digest) *Principal {
	e := c.look(d)
	if e == nil {
		c.misses.Add(1)
		return nil
	}
	p := &e.principal
	if p.key != nil && p.key.withdrawn.Load() {
		c.forget(d)
		c.misses.Add(1)
		return nil
	}
	c.hits.Add(1)
	return p
}

// look returns the entry of a token, or nil. What recent has, entries is still asked for now and then, to know what is busy.
func (c *cache) look(d digest) *entry {
	const usesPerAsk = 16
	place := c.place(d)
	last := place.Load()
	isIt := last != nil && last.digest == d
	if isIt && rand.Uint32()%usesPerAsk != 0 {
		return last
	}
	e, _ := c.entries.GetIfPresent(d)
	if e != last && (e != nil || isIt) {
		place.CompareAndSwap(last, e)
	}
	return e
}

// remember returns the copy of p that it keeps, or p where it keeps none.
func (c *cache) remember(d digest, p *Principal) *Principal {
	if c == nil {
		return p
	}
	e := &entry{d, *p}
	c.entries.Set(d, e)
	return &e.principal
}

func (c *cache) forget(d digest) {
	if c != nil {
		c.entries.Invalidate(d)
	}
}
