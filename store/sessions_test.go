package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// anHour is when most sessions and revocations of these tests expire. A database keeps no less than microseconds.
func anHour() time.Time { return time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond) }

func alicesSession() Session {
	return Session{ID: "id", RealmSession: "sid", Subject: "alice", IssuedAt: time.Now().UTC().Truncate(time.Second), Data: []byte("sealed"), ExpiresAt: anHour()}
}

// put keeps the session.
func put(t testing.TB, s *Store, session Session) {
	t.Helper()
	if err := s.PutSession(t.Context(), session); err != nil {
		t.Fatalf("PutSession() = %v", err)
	}
}

func expectSession(t *testing.T, s *Store, want Session) {
	t.Helper()
	got, err := s.Session(t.Context(), want.ID)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
		t.Errorf("Session(): %v (-want +got):\n%s", err, diff)
	}
}

func expectNoSession(t *testing.T, s *Store, id string) {
	t.Helper()
	if got, err := s.Session(t.Context(), id); !errors.Is(err, ErrNotFound) {
		t.Errorf("Session(%q) = %v, %v; want ErrNotFound", id, got, err)
	}
}

func TestSessionLives(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := ready(t, url), t.Context()
		all := make([]byte, 256) // each byte there is
		for i := range all {
			all[i] = byte(i)
		}
		session := alicesSession()
		session.Data = all
		expectNoSession(t, s, session.ID)
		put(t, s, session)
		expectSession(t, s, session)

		session = Session{ID: session.ID, RealmSession: "another", Subject: "bob", IssuedAt: session.IssuedAt.Add(time.Minute),
			Data: []byte(strings.Repeat("long", 5_000)), ExpiresAt: session.ExpiresAt.Add(time.Minute)}
		put(t, s, session)
		expectSession(t, s, session)

		session = Session{ID: session.ID, RealmSession: "third", Subject: "carol", IssuedAt: session.IssuedAt.Add(time.Minute),
			Data: []byte{0}, ExpiresAt: session.ExpiresAt.Add(time.Minute)}
		if err := s.ReplaceSession(ctx, session); err != nil {
			t.Errorf("ReplaceSession() = %v", err)
		}
		expectSession(t, s, session)

		other := Session{ID: "other", ExpiresAt: anHour()} // of nobody yet, with nothing in it
		put(t, s, other)
		expectSession(t, s, other)

		for range 2 {
			if err := s.DeleteSession(ctx, session.ID); err != nil {
				t.Errorf("DeleteSession() = %v", err)
			}
			expectNoSession(t, s, session.ID)
		}
		expectSession(t, s, other)
	})
}

func TestSessionThatNoDatabaseHolds(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := ready(t, url), t.Context()
		for _, bad := range []string{"a\x00b", "\xff", strings.Repeat("x", maxKey+1)} {
			for i, session := range []Session{{ID: bad}, {ID: "id", RealmSession: bad}, {ID: "id", Subject: bad}} {
				session.ExpiresAt = anHour()
				for _, err := range []error{s.PutSession(ctx, session), s.ReplaceSession(ctx, session)} {
					if !errors.Is(err, ErrInvalid) || errors.Is(err, ErrUnavailable) {
						t.Errorf("%.5q in place %d: %v, want ErrInvalid", bad, i, err)
					}
				}
			}
			expectNoSession(t, s, bad)
			leased, err := s.LeaseSession(ctx, bad, time.Minute)
			if err = errors.Join(err, s.DeleteSession(ctx, bad), s.ReleaseSession(ctx, bad)); leased || err != nil {
				t.Errorf("of %.5q, which is no session's id: leased %v, %v", bad, leased, err)
			}
		}
		if err := s.PutSession(ctx, Session{ExpiresAt: anHour()}); !errors.Is(err, ErrInvalid) {
			t.Errorf("PutSession() without an id = %v, want ErrInvalid", err)
		}
		long := alicesSession()
		long.ID, long.RealmSession, long.Subject = strings.Repeat("i", maxKey), strings.Repeat("r", maxKey), strings.Repeat("s", maxKey)
		put(t, s, long)
		expectSession(t, s, long)
	})
}

func TestSessionExpires(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := ready(t, url), t.Context()
		session := alicesSession()
		put(t, s, session)
		clock := session.ExpiresAt.Add(-time.Microsecond)
		s.now = func() time.Time { return clock }
		expectSession(t, s, session)
		clock = session.ExpiresAt
		expectNoSession(t, s, session.ID)
		if leased, err := s.LeaseSession(ctx, session.ID, time.Minute); leased || err != nil {
			t.Errorf("LeaseSession() of an expired one = %v, %v", leased, err)
		}
		session.ExpiresAt = session.ExpiresAt.Add(time.Hour)
		if err := s.ReplaceSession(ctx, session); !errors.Is(err, ErrNotFound) {
			t.Errorf("ReplaceSession() of an expired one = %v, want ErrNotFound", err)
		}
		put(t, s, session)
		expectSession(t, s, session)
	})
}

// A refresh may end after the person has signed out here, of which the realm need not know.
func TestReplacedSessionStaysAway(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := ready(t, url), t.Context()
		session := alicesSession()
		if err := s.ReplaceSession(ctx, session); !errors.Is(err, ErrNotFound) {
			t.Errorf("ReplaceSession() of none = %v, want ErrNotFound", err)
		}
		put(t, s, session)
		if err := s.DeleteSession(ctx, session.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.ReplaceSession(ctx, session); !errors.Is(err, ErrNotFound) {
			t.Errorf("ReplaceSession() of a deleted one = %v, want ErrNotFound", err)
		}
		expectNoSession(t, s, session.ID)
	})
}

// Two stores stand for two replicas.
func TestOneOfManyLeases(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		stores := []*Store{ready(t, url), ready(t, url)}
		session := alicesSession()
		put(t, stores[0], session)
		for range 5 {
			var turn, won atomic.Int32
			atOnce(100, func() {
				leased, err := stores[turn.Add(1)%2].LeaseSession(t.Context(), session.ID, time.Minute)
				if err != nil {
					t.Error(err)
				}
				if leased {
					won.Add(1)
				}
			})
			if won.Load() != 1 {
				t.Errorf("%d of 100 have the lease, want 1", won.Load())
			}
			if err := stores[turn.Load()%2].ReleaseSession(t.Context(), session.ID); err != nil {
				t.Error(err)
			}
		}
		expectSession(t, stores[1], session)
	})
}

func TestLeaseEnds(t *testing.T) {
	const lease = 30 * time.Second
	tests := []struct {
		name string
		end  func(ctx context.Context, s *Store, session Session) error
		want bool
	}{
		{"not by itself", func(context.Context, *Store, Session) error { return nil }, false},
		{"not before its time", func(_ context.Context, s *Store, _ Session) error {
			return pass(s, lease-time.Microsecond)
		}, false},
		{"at its time", func(_ context.Context, s *Store, _ Session) error { return pass(s, lease) }, true},
		{"when it is given back", func(ctx context.Context, s *Store, session Session) error {
			return s.ReleaseSession(ctx, session.ID)
		}, true},
		{"with the session's refresh", func(ctx context.Context, s *Store, session Session) error {
			return s.ReplaceSession(ctx, session)
		}, true},
		{"with another login", func(ctx context.Context, s *Store, session Session) error {
			return s.PutSession(ctx, session)
		}, true},
		{"not with the session", func(ctx context.Context, s *Store, session Session) error {
			return s.DeleteSession(ctx, session.ID)
		}, false},
		{"not with another's", func(ctx context.Context, s *Store, session Session) error {
			session.ID = "other"
			return errors.Join(s.PutSession(ctx, session), s.ReleaseSession(ctx, session.ID))
		}, false},
	}
	onEach(t, func(t *testing.T, url string) {
		s, ctx := ready(t, url), t.Context()
		for _, tt := range tests {
			began := time.Now()
			s.now = func() time.Time { return began }
			session := alicesSession()
			session.ID = tt.name
			put(t, s, session)
			if leased, err := s.LeaseSession(ctx, session.ID, lease); !leased || err != nil {
				t.Errorf("%s: LeaseSession() = %v, %v; want it", tt.name, leased, err)
			}
			if err := tt.end(ctx, s, session); err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			if leased, err := s.LeaseSession(ctx, session.ID, lease); leased != tt.want || err != nil {
				t.Errorf("%s: LeaseSession() = %v, %v; want %v", tt.name, leased, err, tt.want)
			}
		}
	})
}

// pass lets time pass for that store.
func pass(s *Store, d time.Duration) error {
	now := s.now()
	s.now = func() time.Time { return now.Add(d) }
	return nil
}

// Whoever kept a session is refused when it was revoked elsewhere, and what was kept before is gone.
func TestRevokedSessionStaysAway(t *testing.T) {
	second := time.Now().Truncate(time.Second)
	tests := []struct {
		name    string
		session Session
		revoked Revocation
		want    error
	}{
		{"its realm session", Session{RealmSession: "r", Subject: "a", IssuedAt: second}, Revocation{RealmSession: "r"}, ErrRevoked},
		{"its realm session, offline too", Session{RealmSession: "r", Subject: "a", IssuedAt: second}, Revocation{RealmSession: "r", Offline: true}, ErrRevoked},
		{"its realm session, by its name in other letters", Session{RealmSession: "r", Subject: "a", IssuedAt: second}, Revocation{RealmSession: "R"}, nil},
		{"another realm session", Session{RealmSession: "r", Subject: "a", IssuedAt: second}, Revocation{RealmSession: "a"}, nil},
		{"a realm session, and it has none", Session{Subject: "a", IssuedAt: second}, Revocation{RealmSession: "r"}, nil},
		{"a realm session, and it is nobody's", Session{IssuedAt: second}, Revocation{RealmSession: "r"}, nil},
		{"a realm session, and it is older than time", Session{}, Revocation{RealmSession: "r"}, nil},
		{"its subject, the second before", Session{RealmSession: "r", Subject: "a", IssuedAt: second}, Revocation{Subject: "a", Before: second.Add(time.Second)}, ErrRevoked},
		{"its subject, late in the second before", Session{Subject: "a", IssuedAt: second}, Revocation{Subject: "a", Before: second.Add(1999 * time.Millisecond)}, ErrRevoked},
		{"its subject, in the same second", Session{Subject: "a", IssuedAt: second}, Revocation{Subject: "a", Before: second.Add(999 * time.Millisecond)}, nil},
		{"its subject, in the second after", Session{Subject: "a", IssuedAt: second}, Revocation{Subject: "a", Before: second.Add(-time.Millisecond)}, nil},
		{"another subject", Session{RealmSession: "r", Subject: "a", IssuedAt: second}, Revocation{Subject: "r", Before: second.Add(time.Hour)}, nil},
		{"a subject, and it is nobody's", Session{RealmSession: "r"}, Revocation{Subject: "r", Before: second.Add(time.Hour)}, nil},
	}
	onEach(t, func(t *testing.T, url string) {
		stores, ctx := []*Store{ready(t, url), ready(t, url)}, t.Context()
		for i, tt := range tests {
			// The names are those of this line alone, so that no other revokes them.
			mark := func(text string) string {
				if text == "" {
					return ""
				}
				return fmt.Sprint(text, i)
			}
			session, revoked := tt.session, tt.revoked
			session.ID, session.RealmSession, session.Subject = mark("kept"), mark(session.RealmSession), mark(session.Subject)
			revoked.RealmSession, revoked.Subject = mark(revoked.RealmSession), mark(revoked.Subject)
			session.ExpiresAt, revoked.ExpiresAt = anHour(), anHour()
			put(t, stores[0], session)
			if err := stores[1].Revoke(ctx, revoked, "", time.Time{}); err != nil {
				t.Fatal(err)
			}
			_, err := stores[0].Session(ctx, session.ID)
			if wanted := map[bool]error{true: ErrNotFound}[tt.want != nil]; !errors.Is(err, wanted) {
				t.Errorf("%s: Session() = %v, want %v", tt.name, err, wanted)
			}
			if err := stores[0].ReplaceSession(ctx, session); !errors.Is(err, tt.want) {
				t.Errorf("%s: ReplaceSession() = %v, want %v", tt.name, err, tt.want)
			}
			session.ID = mark("new")
			if err := stores[0].PutSession(ctx, session); !errors.Is(err, tt.want) {
				t.Errorf("%s: PutSession() = %v, want %v", tt.name, err, tt.want)
			}
			_, err = stores[1].Session(ctx, session.ID)
			if wanted := map[bool]error{true: ErrNotFound}[tt.want != nil]; !errors.Is(err, wanted) {
				t.Errorf("%s: Session() of the new one = %v, want %v", tt.name, err, wanted)
			}
		}
	})
}

// However a login and a sign-out meet, no session is left.
func TestLoginsMeetSignOuts(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		stores := []*Store{ready(t, url), ready(t, url)}
		var refused atomic.Int32
		for round := range 150 {
			name := fmt.Sprint("s", round)
			session := Session{ID: name, RealmSession: name, Subject: name, IssuedAt: time.Now().Add(-time.Minute), ExpiresAt: anHour()}
			revoked := Revocation{RealmSession: name, ExpiresAt: anHour()}
			if round%2 == 1 {
				revoked = Revocation{Subject: name, Before: time.Now(), ExpiresAt: anHour()}
			}
			var both sync.WaitGroup
			both.Go(func() {
				switch err := stores[0].PutSession(t.Context(), session); {
				case errors.Is(err, ErrRevoked):
					refused.Add(1)
				case err != nil:
					t.Error(err)
				}
			})
			both.Go(func() {
				if err := stores[1].Revoke(t.Context(), revoked, "", time.Time{}); err != nil {
					t.Error(err)
				}
			})
			both.Wait()
			expectNoSession(t, stores[round%2], name)
		}
		t.Logf("%d of 150 logins came too late", refused.Load())
	})
}
