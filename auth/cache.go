package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/fips140"
	"crypto/rand"
	"crypto/sha256"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
)

// digest stands for a token in the cache, which must not hold the token itself. It means nothing outside this process.
type digest [sha256.Size]byte

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
	_, _ = rand.Read(key) // it never fails
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
		return sha256.Sum256(bytesOf(token))
	}
	var tag [16]byte
	copy(d[:], hasher.Seal(tag[:0], onlyNonce[:], nil, bytesOf(token)))
	return d
}

// cache remembers the principals of verified tokens. A nil cache forgets and remembers nothing.
type cache struct {
	entries      *otter.Cache[digest, *Principal]
	hits, misses atomic.Uint64
}

// usualBytes is what an ordinary token's principal weighs at most.
const usualBytes = 2 << 10

// weight is 1 for an ordinary principal, and more for one that holds more memory, so that the tokens of
// users with thousands of roles cannot make the cache many times larger than its size promises.
func weight(_ digest, p *Principal) uint32 {
	texts := len(p.realmRoles) + len(p.groups) + len(p.scopes) + len(p.audience) + 2*len(p.organizations)
	for _, c := range p.clientRoles {
		texts += 3 + len(c.roles)
	}
	const headerBytes = 16 // of a string; its text is part of the claims
	return uint32(1 + (len(p.claims)+headerBytes*texts)/usualBytes)
}

// newCache returns a cache for at most size principals, fewer where they are large, each kept for as
// long as lifetime says. When it is full, the entries go first that are used least: a flood of tokens that are seen once does not
// drive out the busy ones.
func newCache(size int, lifetime func(*Principal) time.Duration) (*cache, error) {
	if size == 0 {
		return nil, nil
	}
	entries, err := otter.New(&otter.Options[digest, *Principal]{
		MaximumWeight: uint64(size),
		Weigher:       weight,
		Executor:      func(upkeep func()) { upkeep() }, // a goroutine each time costs more than it does
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[digest, *Principal]) time.Duration {
			return max(lifetime(e.Value), time.Nanosecond)
		}),
	})
	return &cache{entries: entries}, err
}

// find returns the principal of a token whose key, if it has one, the realm still publishes, or nil.
func (c *cache) find(d digest) *Principal {
	p, ok := c.entries.GetIfPresent(d)
	if !ok {
		c.misses.Add(1)
		return nil
	}
	if p.key != nil && p.key.withdrawn.Load() {
		c.forget(d)
		c.misses.Add(1)
		return nil
	}
	c.hits.Add(1)
	return p
}

func (c *cache) remember(d digest, p *Principal) {
	if c != nil {
		c.entries.Set(d, p)
	}
}

func (c *cache) forget(d digest) {
	if c != nil {
		c.entries.Invalidate(d)
	}
}
