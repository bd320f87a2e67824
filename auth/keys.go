package auth

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/bits"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

const (
	defaultRefresh  = 15 * time.Minute
	defaultMaxStale = 24 * time.Hour
	minRefresh      = time.Minute // whatever the realm's Cache-Control says
	firstBackoff    = time.Second
	maxBackoff      = 10 * time.Second

	missedFor = 30 * time.Second // how long a key id stays unknown before it may cause a fetch again
	maxMissed = 1000             // how many of those are remembered
)

// KeysConfig says whose keys to keep, and how to reach them. Issuer must be set.
type KeysConfig struct {
	Issuer         string            // the realm's URL, exactly as discovery must repeat it
	BackchannelURL string            // the realm's URL as this process reaches it; default: Issuer
	Refresh        time.Duration     // how often the keys are fetched again, sooner where the realm's Cache-Control says so; default: 15 min
	MaxStale       time.Duration     // how long the last good keys serve while no fetch succeeds; default: 24 h
	Transport      http.RoundTripper // default: http.DefaultTransport
	Logger         *slog.Logger      // default: slog.Default
	Now            func() time.Time  // default: time.Now
}

// Keys holds the public signing keys of one realm (RFC 7517) and keeps them fresh while Run runs.
// Nothing but a good answer replaces good keys. It is safe for concurrent use.
type Keys struct {
	cfg    KeysConfig
	client http.Client
	budget *rate.Limiter // of fetches that unknown key ids may cause

	set atomic.Pointer[keySet] // nil until a fetch has succeeded

	mu      sync.Mutex
	running *fetch               // the fetch under way, if any
	missed  map[string]time.Time // key ids that a fetch did not bring, until when they are not asked for
	retryAt time.Time            // when Run fetches again
	failing uint                 // fetches that failed since the last good one
	status  KeysStatus
}

// keySet is what one fetch brought. It does not change.
type keySet struct {
	byID    map[string][]*key // an id may stand for keys of several kinds (RFC 7517 §4.5)
	fetched time.Time
	maxAge  time.Duration // from Cache-Control; 0 when it does not say
}

// fetch is one attempt to get the key set; done is closed when it has ended.
type fetch struct {
	done chan struct{}
	err  error // read after done
}

// KeysStatus tells how it stands with the keys.
type KeysStatus struct {
	Keys      int       // that can verify tokens
	FetchedAt time.Time // when the keys in use were fetched; zero while there are none
	Fetches   int       // attempts so far
	Failures  int       // of those
	LastError error     // why the newest fetch failed; nil when it did not
}

// NewKeys returns an empty key set. Call Run to fill it and keep it fresh.
func NewKeys(cfg KeysConfig) *Keys {
	cfg.BackchannelURL = cmp.Or(cfg.BackchannelURL, cfg.Issuer)
	cfg.Refresh = cmp.Or(cfg.Refresh, defaultRefresh)
	cfg.MaxStale = cmp.Or(cfg.MaxStale, defaultMaxStale)
	cfg.Logger = cmp.Or(cfg.Logger, slog.Default())
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Keys{
		cfg:    cfg,
		client: http.Client{Transport: cfg.Transport, CheckRedirect: sameHostOnly, Timeout: fetchTimeout},
		// Three at once let a rotation through even right after a stray token; one per 10 s after
		// that keeps forged key ids from turning this process against the realm.
		budget: rate.NewLimiter(rate.Every(10*time.Second), 3),
		missed: map[string]time.Time{},
	}
}

// Run fetches the keys now, again before they are Refresh old, and sooner after a failure (1 s
// doubling to 10 s, with jitter), until ctx ends.
func (k *Keys) Run(ctx context.Context) {
	backoff := firstBackoff
	for {
		f, _ := k.startOrJoin()
		<-f.done
		var wait time.Duration
		if f.err == nil {
			backoff = firstBackoff
			wait = k.refreshIn()
		} else {
			wait = backoff + rand.N(backoff/2)
			backoff = min(2*backoff, maxBackoff)
		}
		k.mu.Lock()
		k.retryAt = time.Now().Add(wait)
		k.mu.Unlock()
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// refreshIn returns how long the keys just fetched may serve. Some randomness keeps the replicas of
// a service from asking the realm all at once.
func (k *Keys) refreshIn() time.Duration {
	wait := k.cfg.Refresh
	if maxAge := k.set.Load().maxAge; maxAge > 0 {
		wait = min(wait, max(maxAge, minRefresh))
	}
	return wait - rand.N(wait/10+1)
}

// Ready returns nil when there are keys to judge tokens with, or an error that says why there are none.
func (k *Keys) Ready() error {
	err := k.usable()
	if err == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.status.LastError != nil:
		return fmt.Errorf("%w: %w", err, k.status.LastError)
	case k.set.Load() == nil:
		return fmt.Errorf("%w: the first fetch has not ended", err)
	default:
		return fmt.Errorf("%w: the keys are older than %v", err, k.cfg.MaxStale)
	}
}

// RetryAfter returns how long it takes until the next attempt to get keys, at least a second.
func (k *Keys) RetryAfter() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	return max(time.Until(k.retryAt), time.Second)
}

// Status returns what there is to watch.
func (k *Keys) Status() KeysStatus {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.status
}

// usable returns nil while the keys are there and fresh enough to judge with.
func (k *Keys) usable() error {
	set := k.set.Load()
	if set == nil || k.cfg.Now().Sub(set.fetched) > k.cfg.MaxStale {
		return ErrKeysUnavailable
	}
	return nil
}

// lookup returns the key with the given id for an algorithm. A known key is returned at once. An
// unknown one causes a fetch, within a budget, and waits for it, so that a rotation refuses no
// request; it never waits for the budget. The errors are ErrTokenKeyUnknown, ErrTokenAlgorithm where
// the key is for other algorithms, and ErrKeysUnavailable where the realm could not be asked.
func (k *Keys) lookup(ctx context.Context, id string, alg *algorithm) (*key, error) {
	// A fetch that was under way when the request came may be older than the key; the second round
	// then makes sure that one was begun after.
	for range 2 {
		if key, err := k.find(id, alg); key != nil || err != nil {
			return key, err
		}
		f, joined, err := k.ask(id)
		if err != nil {
			return nil, err
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", ErrKeysUnavailable, ctx.Err())
		}
		if f.err != nil {
			return nil, ErrKeysUnavailable
		}
		if !joined {
			break
		}
	}
	if key, err := k.find(id, alg); key != nil || err != nil {
		return key, err
	}
	k.miss(id)
	return nil, ErrTokenKeyUnknown
}

// find looks among the keys at hand. It returns neither a key nor an error where the realm may be
// asked; while there are no usable keys, Run asks, and requests do not wait for it.
func (k *Keys) find(id string, alg *algorithm) (*key, error) {
	set := k.set.Load()
	if err := k.usable(); err != nil {
		if set == nil && k.Status().LastError == nil {
			return nil, nil // the first fetch is under way or about to be: worth a wait
		}
		return nil, err
	}
	keys := set.byID[id]
	for _, key := range keys {
		if alg.fits(key) {
			return key, nil
		}
	}
	if len(keys) > 0 {
		return nil, &Error{CodeTokenAlgorithm, "The realm's key of that id is not one for the token's algorithm"}
	}
	return nil, nil
}

// ask returns the fetch that may bring the key with the given id, and whether it was under way before.
// It refuses at once where the id was asked for in vain a moment ago, or the budget is spent.
func (k *Keys) ask(id string) (f *fetch, joined bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.cfg.Now().Before(k.missed[id]) {
		return nil, false, ErrTokenKeyUnknown
	}
	if k.running == nil && !k.budget.Allow() {
		if k.status.LastError != nil {
			return nil, false, ErrKeysUnavailable
		}
		return nil, false, &Error{CodeTokenKeyUnknown, "The token is signed with a key that is not known here, and the realm was asked for such keys too often just now; try again in some seconds"}
	}
	f, joined = k.startOrJoinLocked()
	return f, joined, nil
}

// miss remembers that the realm has no such key, so that one stray client does not spend the budget
// that a rotation needs.
func (k *Keys) miss(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.cfg.Now()
	if len(k.missed) >= maxMissed {
		for id, until := range k.missed {
			if !now.Before(until) {
				delete(k.missed, id)
			}
		}
	}
	if len(k.missed) < maxMissed {
		k.missed[id] = now.Add(missedFor)
	}
}

// startOrJoin returns the fetch under way (joined), or else starts one.
func (k *Keys) startOrJoin() (f *fetch, joined bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.startOrJoinLocked()
}

// startOrJoinLocked is startOrJoin for a caller that holds mu. The fetch lives apart from the request
// that caused it, whose end must not fail the others.
func (k *Keys) startOrJoinLocked() (f *fetch, joined bool) {
	if k.running != nil {
		return k.running, true
	}
	f = &fetch{done: make(chan struct{})}
	k.running = f
	go func() {
		set, err := k.fetch()
		k.mu.Lock()
		defer k.mu.Unlock()
		if err == nil {
			k.replace(set)
		} else {
			k.fail(err)
		}
		k.status.Fetches++
		k.status.LastError, f.err, k.running = err, err, nil
		close(f.done)
	}()
	return f, false
}

// fail notes a failed fetch. An outage of a day has thousands of them: the log tells of the first, the
// second, the fourth and so on, and of each that has another reason than the one before.
func (k *Keys) fail(err error) {
	k.status.Failures++
	k.failing++
	level := slog.LevelDebug
	if last := k.status.LastError; bits.OnesCount(k.failing) == 1 || last.Error() != err.Error() {
		level = slog.LevelWarn
	}
	k.cfg.Logger.Log(context.Background(), level, "fetching the realm's keys failed; it is tried again", "attempt", k.failing, "error", err)
}

// replace puts a new set in the place of the old one. A key that stays keeps its identity; one that
// goes is marked, because principals that were verified with it are remembered elsewhere.
func (k *Keys) replace(set *keySet) {
	came, gone := []string{}, []string{}
	var old map[string][]*key
	if before := k.set.Load(); before != nil {
		old = before.byID
	}
	count := 0
	for id, keys := range set.byID {
		for i, key := range keys {
			count++
			if known := sameKey(key, old[id]); known != nil {
				keys[i] = known
			} else {
				came = append(came, id)
			}
		}
	}
	k.set.Store(set)
	for id, keys := range old {
		for _, key := range keys {
			if sameKey(key, set.byID[id]) == nil {
				key.withdrawn.Store(true)
				gone = append(gone, id)
			}
		}
	}
	k.status.Keys, k.status.FetchedAt = count, set.fetched
	if k.failing > 0 {
		k.cfg.Logger.Info("the realm's keys can be fetched again", "failed_attempts", k.failing)
		k.failing = 0
	}
	if len(came)+len(gone) > 0 {
		k.cfg.Logger.Info("the realm's signing keys", "new", came, "withdrawn", gone)
	}
}

// sameKey returns the one among keys that is equal to key, or nil.
func sameKey(key *key, keys []*key) *key {
	for _, other := range keys {
		if key.equal(other) {
			return other
		}
	}
	return nil
}
