package auth

import (
	"crypto/sha256"
	"time"

	"github.com/maypok86/otter/v2"
)

// digest stands for a token in the cache, which must not hold the token itself.
type digest [sha256.Size]byte

// cache remembers the principals of verified tokens. A nil cache forgets and remembers nothing.
type cache struct {
	entries *otter.Cache[digest, *Principal]
}

func digestOf(token string) digest { return sha256.Sum256(bytesOf(token)) }

// newCache returns a cache for at most size principals, each kept for as long as lifetime says. When
// it is full, the entries go first that are used least: a flood of tokens that are seen once does not
// drive out the busy ones.
func newCache(size int, lifetime func(*Principal) time.Duration) (*cache, error) {
	if size == 0 {
		return nil, nil
	}
	entries, err := otter.New(&otter.Options[digest, *Principal]{
		MaximumSize: size,
		Executor:    func(upkeep func()) { upkeep() }, // a goroutine each time costs more than it does
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[digest, *Principal]) time.Duration {
			return max(lifetime(e.Value), time.Nanosecond)
		}),
	})
	return &cache{entries}, err
}

// find returns the principal of a token whose key the realm still publishes, or nil.
func (c *cache) find(d digest) *Principal {
	p, ok := c.entries.GetIfPresent(d)
	if !ok {
		return nil
	}
	if p.key.withdrawn.Load() {
		c.forget(d)
		return nil
	}
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
