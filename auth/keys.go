package auth

import (
	"cmp"
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"golang.org/x/time/rate"
)

const (
	fetchTimeout   = 10 * time.Second
	maxAnswerBytes = 1 << 20
	minRSABits     = 2048 // RFC 7518 §3.3
	firstBackoff   = time.Second
	maxBackoff     = 10 * time.Second
)

// KeysConfig says whose keys to keep, and how to reach them.
type KeysConfig struct {
	Issuer         string        // the realm's URL, exactly as discovery must repeat it
	BackchannelURL string        // the realm's URL as this process reaches it; default: Issuer
	Refresh        time.Duration // how often a good set is fetched again; default: 15 min
	Logger         *slog.Logger  // default: slog.Default
}

// Keys holds the public signing keys of one realm (RFC 7517) and keeps them fresh while Run runs.
// A failed fetch never replaces good keys. It is safe for concurrent use.
type Keys struct {
	cfg    KeysConfig
	client http.Client
	budget *rate.Limiter // of fetches that unknown key ids may cause

	mu      sync.Mutex
	keys    map[string]*rsa.PublicKey // by key id; nil until a fetch has succeeded
	running *fetch                    // the fetch under way, if any
	failed  error                     // why the newest fetch failed; nil when it did not
	retryAt time.Time                 // when Run tries again after a failure
}

// fetch is one attempt to get the key set; done is closed when it has ended.
type fetch struct {
	done chan struct{}
	err  error // read after done
}

// NewKeys returns an empty key set. Call Run to fill it and keep it fresh.
func NewKeys(cfg KeysConfig) *Keys {
	cfg.BackchannelURL = cmp.Or(cfg.BackchannelURL, cfg.Issuer)
	cfg.Refresh = cmp.Or(cfg.Refresh, 15*time.Minute)
	cfg.Logger = cmp.Or(cfg.Logger, slog.Default())
	return &Keys{
		cfg:    cfg,
		client: http.Client{CheckRedirect: sameHostOnly},
		// Three at once let a rotation through even right after a stray token; one per 10 s after
		// that keeps forged key ids from turning this process against the realm.
		budget: rate.NewLimiter(rate.Every(10*time.Second), 3),
	}
}

// sameHostOnly keeps whoever can bend one redirect from choosing our keys.
func sameHostOnly(req *http.Request, via []*http.Request) error {
	if first := via[0].URL; req.URL.Host != first.Host || req.URL.Scheme != first.Scheme {
		return fmt.Errorf("redirected to another host, %s", req.URL.Host)
	}
	if len(via) >= 3 {
		return errors.New("redirected too often")
	}
	return nil
}

// Run fetches the keys now and then every Refresh, or sooner after a failure (1 s doubling to 10 s,
// with jitter), until ctx ends.
func (k *Keys) Run(ctx context.Context) {
	backoff := firstBackoff
	for {
		wait := k.cfg.Refresh
		f, _ := k.startOrJoin(unlimited)
		<-f.done
		if f.err == nil {
			backoff = firstBackoff
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

// Ready returns nil when there are keys to judge tokens with, or an error that says why there are none.
func (k *Keys) Ready() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.keys != nil:
		return nil
	case k.failed != nil:
		return fmt.Errorf("%w: %w", ErrKeysUnavailable, k.failed)
	default:
		return fmt.Errorf("%w: the first fetch has not ended", ErrKeysUnavailable)
	}
}

// RetryAfter returns how long it takes until the next attempt to get keys, at least a second.
func (k *Keys) RetryAfter() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	return max(time.Until(k.retryAt), time.Second)
}

// Lookup returns the key with the given id. A known key is returned at once. An unknown one causes
// a fetch, within a budget, and waits for it, so that a rotation refuses no request. The errors are
// ErrTokenKeyUnknown, and ErrKeysUnavailable where the realm could not be asked.
func (k *Keys) Lookup(ctx context.Context, kid string) (*rsa.PublicKey, error) {
	// A fetch that was under way when the request came may be older than the key; the second round
	// then makes sure that one was begun after.
	for range 2 {
		key, askable := k.find(kid)
		if key != nil {
			return key, nil
		}
		if !askable {
			return nil, ErrKeysUnavailable
		}
		f, joined := k.startOrJoin(k.budget.Allow)
		if f == nil {
			return nil, ErrTokenKeyUnknown
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
	if key, _ := k.find(kid); key != nil {
		return key, nil
	}
	return nil, ErrTokenKeyUnknown
}

// find returns the key with the given id or nil, and whether it makes sense to ask the realm: while
// there are no keys at all after a failure, Run asks, and requests do not wait for it.
func (k *Keys) find(kid string) (key *rsa.PublicKey, askable bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keys[kid], k.keys != nil || k.failed == nil
}

func unlimited() bool { return true }

// startOrJoin returns the fetch under way (joined), or else starts one if allow lets it, or else nil.
// The fetch lives apart from the request that caused it, whose end must not fail the others.
func (k *Keys) startOrJoin(allow func() bool) (f *fetch, joined bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.running != nil {
		return k.running, true
	}
	if !allow() {
		return nil, false
	}
	f = &fetch{done: make(chan struct{})}
	k.running = f
	go func() {
		keys, err := k.fetch()
		if err != nil {
			k.cfg.Logger.Warn("fetching the realm's keys failed; it is tried again", "error", err)
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		if err == nil {
			k.keys = keys
		}
		k.failed, f.err, k.running = err, err, nil
		close(f.done)
	}()
	return f, false
}

// fetch reads discovery and then the key set.
func (k *Keys) fetch() (map[string]*rsa.PublicKey, error) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	defer cancel()
	var discovery struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	address := k.cfg.BackchannelURL + "/.well-known/openid-configuration"
	if err := k.getJSON(ctx, address, &discovery); err != nil {
		return nil, err
	}
	if discovery.Issuer != k.cfg.Issuer { // OpenID Connect Discovery 1.0 §4.3
		return nil, fmt.Errorf("%s names the issuer %q, not %q%s", address, discovery.Issuer, k.cfg.Issuer, difference(discovery.Issuer, k.cfg.Issuer))
	}
	uri, err := k.reachable(discovery.JWKSURI)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := k.getJSON(ctx, uri, &set); err != nil {
		return nil, err
	}
	keys := signingKeys(set.Keys)
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s holds no usable RS256 signing key among %d", uri, len(set.Keys))
	}
	return keys, nil
}

// reachable rewrites an address of the realm to the back channel. An address elsewhere is refused:
// a realm's keys live below the realm, and the transport rules were checked for these two only.
func (k *Keys) reachable(uri string) (string, error) {
	if rest, ok := strings.CutPrefix(uri, k.cfg.Issuer+"/"); ok {
		return k.cfg.BackchannelURL + "/" + rest, nil
	}
	if strings.HasPrefix(uri, k.cfg.BackchannelURL+"/") {
		return uri, nil
	}
	return "", fmt.Errorf("jwks_uri %q is below neither the issuer nor the back channel", uri)
}

func (k *Keys) getJSON(ctx context.Context, address string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("asking the realm: %w", err)
	}
	res, err := k.client.Do(req)
	if err != nil {
		return fmt.Errorf("asking the realm: %w", err) // names method and address itself
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", address, res.Status)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswerBytes+1))
	if err != nil {
		return fmt.Errorf("reading %s: %w", address, err)
	}
	if len(body) > maxAnswerBytes {
		return fmt.Errorf("%s answered more than %d bytes", address, maxAnswerBytes)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%s did not answer JSON of the expected form: %w", address, err)
	}
	return nil
}

// signingKeys picks the keys that may verify RS256. A realm also publishes keys for encryption, and
// one broken key must not spoil the good ones.
func signingKeys(raw []json.RawMessage) map[string]*rsa.PublicKey {
	keys := map[string]*rsa.PublicKey{}
	for _, text := range raw {
		key, err := jwk.ParseKey(text)
		if err != nil || key.KeyID() == "" || key.KeyType() != jwa.RSA {
			continue
		}
		if use := key.KeyUsage(); use != "" && use != string(jwk.ForSignature) {
			continue
		}
		if alg := key.Algorithm().String(); alg != "" && alg != jwa.RS256.String() {
			continue
		}
		var public rsa.PublicKey
		if err := key.Raw(&public); err != nil || public.N.BitLen() < minRSABits {
			continue
		}
		keys[key.KeyID()] = &public
	}
	return keys
}
