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
	defaultTimeout  = 5 * time.Second

	firstMissed = 2 * time.Second // for which a key id that the realm does not have is not asked for again
	longMissed  = 10 * time.Minute
	maxMissed   = 1000 // how many of those are remembered
)

// KeysConfig says whose keys to keep, and how to reach them. Issuer must be set.
type KeysConfig struct {
	Issuer         string            // the realm's URL, exactly as discovery must repeat it
	BackchannelURL string            // the realm's URL as this process reaches it; default: Issuer
	MaxStale       time.Duration     // how long the last good keys serve while no fetch succeeds; default: 24 h
	Refresh        time.Duration     // how often the keys are fetched again, sooner where the realm's Cache-Control says so; default: 15 min, and at most half of MaxStale
	Timeout        time.Duration     // of one fetch, and half of the longest that a request may wait for keys; of one introspection, and one call by Client; default: 5 s
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

	mu          sync.Mutex
	running     *fetch            // the fetch under way, if any
	missed      map[string]missed // key ids that fetches did not bring
	due         time.Time         // when Run fetches again
	failing     int               // fetches that failed since the last good one
	told        string            // the reason that was logged last
	status      KeysStatus
	rescheduled chan struct{} // wakes Run when due has changed
}

// missed says until when a key id is not asked for, and how long that wait is.
type missed struct {
	until time.Time
	wait  time.Duration
}

// keySet is what one fetch brought. It does not change.
type keySet struct {
	byID    map[string][]*key // an id may stand for keys of several kinds (RFC 7517 §4.5)
	fetched time.Time
	maxAge  time.Duration // from Cache-Control; 0 when it does not say

	endpoints endpoints
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
	cfg.MaxStale = positiveOr(cfg.MaxStale, defaultMaxStale)
	cfg.Refresh = min(positiveOr(cfg.Refresh, defaultRefresh), cfg.MaxStale/2)
	cfg.Timeout = positiveOr(cfg.Timeout, defaultTimeout)
	cfg.Logger = cmp.Or(cfg.Logger, slog.Default())
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Keys{
		cfg:    cfg,
		client: http.Client{Transport: cfg.Transport, CheckRedirect: sameHostOnly},
		// Three at once let a rotation through even right after a stray token; one per 10 s after
		// that keeps forged key ids from turning this process against the realm.
		budget:      rate.NewLimiter(rate.Every(10*time.Second), 3),
		missed:      map[string]missed{},
		rescheduled: make(chan struct{}, 1),
	}
}

func positiveOr(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// Run fetches the keys now, again before they are Refresh old, and sooner after a failure, whoever
// caused that fetch (1 s doubling to 10 s, with jitter), until ctx ends. After that nobody renews the
// keys, and they serve until they are MaxStale old.
func (k *Keys) Run(ctx context.Context) {
	for ctx.Err() == nil {
		k.mu.Lock()
		due := k.due
		k.mu.Unlock()
		if time.Now().Before(due) {
			select {
			case <-time.After(time.Until(due)):
			case <-k.rescheduled:
			case <-ctx.Done():
			}
			continue
		}
		f, _ := k.startOrJoin()
		select {
		case <-f.done:
		case <-ctx.Done():
		}
	}
}

// refreshIn returns how long a new set may serve. Some randomness keeps the replicas of a service from
// asking the realm all at once.
func (k *Keys) refreshIn(set *keySet) time.Duration {
	wait := k.cfg.Refresh
	if set.maxAge > 0 {
		wait = min(wait, max(set.maxAge, minRefresh))
	}
	return wait - rand.N(wait/10+1)
}

// backoff returns how long to wait after so many failures in a row.
func backoff(failures int) time.Duration {
	wait := maxBackoff
	if failures <= 4 {
		wait = min(firstBackoff<<(failures-1), maxBackoff)
	}
	return wait + rand.N(wait/2)
}

// Ready returns nil when there are keys to judge tokens with, or an error that says why there are none.
func (k *Keys) Ready() error { return k.judgeSet(k.set.Load()) }

// judgeSet is usable with the reason.
func (k *Keys) judgeSet(set *keySet) error {
	err := k.usable(set)
	if err == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.status.LastError != nil:
		return fmt.Errorf("%w: %w", err, k.status.LastError)
	case set == nil:
		return fmt.Errorf("%w: the first fetch has not ended", err)
	default:
		return fmt.Errorf("%w: the keys are older than %v", err, k.cfg.MaxStale)
	}
}

// RetryAfter returns how long it takes until the next attempt to get keys, at least a second.
func (k *Keys) RetryAfter() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	return max(time.Until(k.due), time.Second)
}

// Status returns what there is to watch.
func (k *Keys) Status() KeysStatus {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.status
}

// usable returns nil while a set is there and fresh enough to judge with.
func (k *Keys) usable(set *keySet) error {
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
	if err := k.usable(set); err != nil {
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
		return nil, &Error{Code: CodeTokenAlgorithm, Reason: "The realm's key of that id is not one for the token's algorithm"}
	}
	return nil, nil
}

// ask returns the fetch that may bring the key with the given id, and whether it was under way before.
// It refuses at once where the id was asked for in vain a moment ago, or the budget is spent.
func (k *Keys) ask(id string) (f *fetch, joined bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.cfg.Now().Before(k.missed[id].until) {
		return nil, false, ErrTokenKeyUnknown
	}
	if k.running == nil && !k.budget.Allow() {
		if k.status.LastError != nil {
			return nil, false, ErrKeysUnavailable
		}
		return nil, false, &Error{Code: CodeTokenKeyUnknown, Reason: "The token is signed with a key that is not known here, and the realm was asked for such keys too often just now; try again in some seconds"}
	}
	f, joined = k.startOrJoinLocked()
	return f, joined, nil
}

// miss remembers that the realm has no such key, each time for twice as long: a stray client must not
// spend the budget that a rotation needs, and a key that is published late must not be missed for long.
func (k *Keys) miss(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.cfg.Now()
	if len(k.missed) >= maxMissed {
		for id, m := range k.missed {
			if !now.Before(m.until) {
				delete(k.missed, id)
			}
		}
	}
	before, known := k.missed[id]
	if now.Before(before.until) || !known && len(k.missed) >= maxMissed {
		return // the same fetch was in vain for many requests, and counts once; or there is no room
	}
	wait := min(max(2*before.wait, firstMissed), longMissed)
	k.missed[id] = missed{now.Add(wait), wait}
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
		var log func()
		if err == nil {
			log = k.replace(set)
		} else {
			log = k.fail(err)
		}
		k.status.Fetches++
		k.status.LastError, f.err, k.running = err, err, nil
		close(f.done)
		k.mu.Unlock()
		log() // a logger may ask for the status
		select {
		case k.rescheduled <- struct{}{}:
		default: // Run has not yet heard of the last time
		}
	}()
	return f, false
}

// fail notes a failed fetch and returns what to log. An outage of a day has thousands of them: the log
// tells of the first, the second, the fourth and so on, and of each that has another reason than the
// one before.
func (k *Keys) fail(err error) (log func()) {
	k.status.Failures++
	k.failing++
	k.due = time.Now().Add(backoff(k.failing))
	text := err.Error()
	if set := k.set.Load(); set != nil && k.usable(set) != nil {
		text += fmt.Sprintf("; the keys at hand are older than %v and serve no longer", k.cfg.MaxStale)
	}
	level := slog.LevelDebug
	if text != k.told || bits.OnesCount(uint(k.failing)) == 1 {
		level = slog.LevelWarn
	}
	k.told = text
	attempt := k.failing
	return func() {
		k.cfg.Logger.Log(context.Background(), level, "fetching the realm's keys failed; it is tried again", "attempt", attempt, "error", text)
	}
}

// replace puts a new set in the place of the old one and returns what to log. A key that stays keeps
// its identity; one that goes is marked, because principals that were verified with it are remembered
// elsewhere.
func (k *Keys) replace(set *keySet) (log func()) {
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
	k.due = time.Now().Add(k.refreshIn(set))
	failed := k.failing
	k.failing, k.told = 0, ""
	return func() {
		if failed > 0 {
			k.cfg.Logger.Info("the realm's keys can be fetched again", "failed_attempts", failed)
		}
		if len(came)+len(gone) > 0 {
			k.cfg.Logger.Info("the realm's signing keys", "new", came, "withdrawn", gone)
		}
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
