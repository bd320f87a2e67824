package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"keystead/auth"
	"keystead/store"
)

const (
	// longestToken is how long a revocation is kept: an access token that lives longer outlives it.
	longestToken = 24 * time.Hour

	// mostRevocations are listed in memory, at some 200 bytes each.
	mostRevocations = 100_000

	pruneEvery = time.Minute
)

// ErrReplayed means that a logout token was used before.
var ErrReplayed = errors.New("the logout token was used before")

// Revocations is the list of sessions and subjects whose access tokens are no longer good. Every check of a token asks it, so
// it is in memory; all processes that share a database share the list, which Run keeps up to date. It implements
// auth.Revocations.
type Revocations struct {
	store *store.Store
	log   *slog.Logger
	most  int
	now   func() time.Time

	sessions sync.Map // of *entry, by the realm's session
	subjects sync.Map // of *entry, by subject
	listed   atomic.Int64
	floor    atomic.Int64 // Unix seconds: see shorten; 0 while nothing was left out

	mu       sync.Mutex // of what follows, and of changes to the list
	sequence int64      // of the newest that was read
	pruned   time.Time
	read     chan struct{} // closed once the list was read
}

// entry is one of the list. It does not change.
type entry struct {
	before   time.Time // tokens issued before that; those of a session whenever they were issued
	offline  time.Time // the same for tokens of offline sessions; zero: those are good
	sequence int64
	expires  time.Time
}

// ever is later than any token is issued.
var ever = time.Unix(1<<40, 0)

// NewRevocations returns an empty list. Run fills it.
func NewRevocations(s *store.Store, log *slog.Logger) *Revocations {
	return &Revocations{store: s, log: log, most: mostRevocations, now: time.Now, read: make(chan struct{})}
}

// Run keeps the list up to date, within a second of what any process revokes, until ctx ends.
func (r *Revocations) Run(ctx context.Context) {
	r.store.WatchRevocations(ctx, func() {
		if err := r.update(ctx); err != nil {
			r.log.Debug("the list of revocations could not be read; it is tried again each second", "error", err)
		}
	})
}

// Read is closed once the list has been read for the first time: until then nothing is known of what was revoked before this
// process began.
func (r *Revocations) Read() <-chan struct{} { return r.read }

// Len returns how many are listed.
func (r *Revocations) Len() int { return int(r.listed.Load()) }

// Revoked implements auth.Revocations.
func (r *Revocations) Revoked(p *auth.Principal) bool {
	if r.listed.Load() == 0 {
		return false
	}
	return r.covers(&r.sessions, p.SessionID(), p) || r.covers(&r.subjects, p.Subject(), p) || p.IssuedAt().Unix() <= r.floor.Load()
}

func (r *Revocations) covers(list *sync.Map, name string, p *auth.Principal) bool {
	if name == "" {
		return false
	}
	found, ok := list.Load(name)
	if !ok {
		return false
	}
	e := found.(*entry)
	before := e.before
	if p.Offline() {
		before = e.offline
	}
	return p.IssuedAt().Before(before)
}

// SignOut revokes what a logout token is about: the access tokens of its session, or where it names none, those of its subject
// that were issued before it (OpenID Connect Back-Channel Logout 1.0 §2.7). The errors are ErrReplayed and those of the database.
func (r *Revocations) SignOut(ctx context.Context, t *auth.LogoutToken) error {
	revocation := store.Revocation{RealmSession: t.SessionID, Offline: t.RevokeOffline}
	if t.SessionID == "" {
		revocation.Subject, revocation.Before = t.Subject, t.IssuedAt
	}
	err := r.revoke(ctx, revocation, t.ID, t.ExpiresAt.Add(auth.MaxLeeway))
	if errors.Is(err, store.ErrConflict) {
		return ErrReplayed
	}
	return err
}

// RevokeSession revokes all tokens of a session of the realm, and RevokeSubject those of a subject that were issued before now.
// They return until when that is remembered.
func (r *Revocations) RevokeSession(ctx context.Context, sid string) (until time.Time, err error) {
	return r.now().Add(longestToken), r.revoke(ctx, store.Revocation{RealmSession: sid, Offline: true}, "", time.Time{})
}

// RevokeSubject is described with RevokeSession.
func (r *Revocations) RevokeSubject(ctx context.Context, subject string) (until time.Time, err error) {
	now := r.now()
	return now.Add(longestToken), r.revoke(ctx, store.Revocation{Subject: subject, Before: now.Truncate(time.Second), Offline: true}, "", time.Time{})
}

// revoke adds to the list of all processes, and waits until this one has read it.
func (r *Revocations) revoke(ctx context.Context, revocation store.Revocation, tokenID string, tokenExpires time.Time) error {
	revocation.ExpiresAt = r.now().Add(longestToken)
	if err := r.store.Revoke(ctx, revocation, tokenID, tokenExpires); err != nil {
		return err
	}
	return r.update(ctx)
}

// update reads what was revoked since the last time.
func (r *Revocations) update(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	added, err := r.store.RevocationsAfter(ctx, r.sequence)
	if err != nil {
		return fmt.Errorf("reading the list of revocations: %w", err)
	}
	for _, a := range added {
		r.add(a)
		r.sequence = a.Sequence
	}
	select {
	case <-r.read:
	default:
		close(r.read)
	}
	if now := r.now(); now.Sub(r.pruned) >= pruneEvery || r.Len() > r.most {
		r.pruned = now
		r.prune(now)
	}
	return nil
}

// add puts one on the list, beside what is there for the same session or subject.
func (r *Revocations) add(a store.Revocation) {
	list, name, before := &r.sessions, a.RealmSession, ever
	if name == "" {
		list, name, before = &r.subjects, a.Subject, a.Before
	}
	e := &entry{before: before, sequence: a.Sequence, expires: a.ExpiresAt}
	if a.Offline {
		e.offline = before
	}
	if found, ok := list.Load(name); ok {
		known := found.(*entry)
		e.before, e.offline, e.expires = later(e.before, known.before), later(e.offline, known.offline), later(e.expires, known.expires)
	} else {
		r.listed.Add(1)
	}
	list.Store(name, e)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// prune takes away what no token needs any more, and the oldest of what is too much.
func (r *Revocations) prune(now time.Time) {
	type place struct {
		list  *sync.Map
		name  any
		entry *entry
	}
	var kept []place
	for _, list := range []*sync.Map{&r.sessions, &r.subjects} {
		list.Range(func(name, found any) bool {
			if e := found.(*entry); now.Before(e.expires) {
				kept = append(kept, place{list, name, e})
			} else {
				list.Delete(name)
				r.listed.Add(-1)
			}
			return true
		})
	}
	tooMany := len(kept) - r.most
	if tooMany <= 0 {
		return
	}
	// What is left out must not become good again. All that was issued up to then is refused in its place: whoever refreshes
	// tokens, as browsers do every few minutes, has newer ones.
	slices.SortFunc(kept, func(a, b place) int { return cmp.Compare(a.entry.sequence, b.entry.sequence) })
	tooMany = min(tooMany+r.most/10, len(kept)) // some more, so that it is not again with the next
	for _, p := range kept[:tooMany] {
		p.list.Delete(p.name)
		r.listed.Add(-1)
	}
	floor := kept[tooMany-1].entry.sequence / int64(time.Second/time.Microsecond)
	r.floor.Store(max(r.floor.Load(), floor))
	r.log.Warn("there are more revocations than are listed, so all tokens that were issued before the oldest listed one are refused",
		"listed", r.Len(), "issued_until", time.Unix(floor, 0).UTC())
}
