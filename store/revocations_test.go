package store

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func revoke(t testing.TB, s *Store, r Revocation) {
	t.Helper()
	if err := s.Revoke(t.Context(), r, "", time.Time{}); err != nil {
		t.Fatalf("Revoke() = %v", err)
	}
}

// after returns the revocations after that one, and checks their order.
func after(t testing.TB, s *Store, sequence int64) []Revocation {
	t.Helper()
	all, err := s.RevocationsAfter(t.Context(), sequence)
	if err != nil {
		t.Fatalf("RevocationsAfter() = %v", err)
	}
	for _, r := range all {
		if r.Sequence <= sequence {
			t.Errorf("sequence %d comes after %d", r.Sequence, sequence)
		}
		sequence = r.Sequence
	}
	return all
}

func TestRevocationLives(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, other := ready(t, url), ready(t, url)
		if all := after(t, s, 0); len(all) != 0 {
			t.Errorf("RevocationsAfter() of an empty table = %v", all)
		}
		second := time.Now().UTC().Truncate(time.Second)
		want := []Revocation{
			{RealmSession: "sid", ExpiresAt: anHour()},
			{Subject: "alice", Before: second, ExpiresAt: anHour().Add(time.Minute)},
			{RealmSession: "sid", Offline: true, ExpiresAt: anHour()}, // once more: nobody minds
			{Subject: "Älice 🗝️", Before: second.Add(-time.Hour), Offline: true, ExpiresAt: anHour()},
		}
		for i, r := range want {
			if r.Subject != "" {
				r.Before = r.Before.Add(999 * time.Millisecond)
			}
			r.Sequence = 1 << 62 // the store's own business
			revoke(t, []*Store{s, other}[i%2], r)
		}
		all := after(t, other, 0)
		if diff := cmp.Diff(want, all, cmpopts.IgnoreFields(Revocation{}, "Sequence")); diff != "" {
			t.Fatalf("RevocationsAfter(0) (-want +got):\n%s", diff)
		}
		for i, r := range all {
			if diff := cmp.Diff(all[i+1:], after(t, s, r.Sequence), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("RevocationsAfter() number %d (-want +got):\n%s", i, diff)
			}
		}
		s.now = func() time.Time { return all[0].ExpiresAt.Add(10 * time.Second) }
		if diff := cmp.Diff(all[1:2], after(t, s, 0)); diff != "" {
			t.Errorf("RevocationsAfter() an hour later (-want +got):\n%s", diff)
		}
	})
}

func TestRevocationIsRefused(t *testing.T) {
	type call struct {
		revoked Revocation
		token   string
		expires time.Time
	}
	soon, long := time.Now().Add(time.Hour), strings.Repeat("x", maxKey+1)
	tests := []call{
		{Revocation{ExpiresAt: soon}, "", time.Time{}},
		{Revocation{Before: soon, ExpiresAt: soon}, "", time.Time{}},
		{Revocation{RealmSession: "r", Subject: "s", Before: soon, ExpiresAt: soon}, "", time.Time{}},
		{Revocation{RealmSession: "r", Before: soon, ExpiresAt: soon}, "", time.Time{}},
		{Revocation{Subject: "s", ExpiresAt: soon}, "", time.Time{}},
		{Revocation{RealmSession: "r"}, "", time.Time{}},
		{Revocation{RealmSession: "r", ExpiresAt: soon}, "jti", time.Time{}},
	}
	for _, bad := range []string{"a\x00b", "\xff", long} {
		tests = append(tests,
			call{Revocation{RealmSession: bad, ExpiresAt: soon}, "", time.Time{}},
			call{Revocation{Subject: bad, Before: soon, ExpiresAt: soon}, "", time.Time{}},
			call{Revocation{RealmSession: "r", ExpiresAt: soon}, bad, soon})
	}
	onEach(t, func(t *testing.T, url string) {
		s := ready(t, url)
		for _, tt := range tests {
			if err := s.Revoke(t.Context(), tt.revoked, tt.token, tt.expires); !errors.Is(err, ErrInvalid) || errors.Is(err, ErrUnavailable) {
				t.Errorf("Revoke(%.60v, %.5q, %v) = %v, want ErrInvalid", tt.revoked, tt.token, tt.expires, err)
			}
		}
		if all := after(t, s, 0); len(all) != 0 {
			t.Errorf("RevocationsAfter() = %v, want none", all)
		}
	})
}

func TestLogoutTokenCountsOnce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, other, ctx := ready(t, url), ready(t, url), t.Context()
		first := alicesSession()
		put(t, s, first)
		if err := s.Revoke(ctx, Revocation{RealmSession: first.RealmSession, ExpiresAt: anHour()}, "jti", anHour()); err != nil {
			t.Fatal(err)
		}
		expectNoSession(t, s, first.ID)

		second := alicesSession()
		second.RealmSession = "another"
		put(t, s, second)
		for _, s := range []*Store{s, other} {
			if err := s.Revoke(ctx, Revocation{RealmSession: second.RealmSession, ExpiresAt: anHour()}, "jti", anHour()); !errors.Is(err, ErrConflict) {
				t.Errorf("Revoke() with a token that was used = %v, want ErrConflict", err)
			}
		}
		expectSession(t, s, second)
		if all := after(t, s, 0); len(all) != 1 {
			t.Errorf("RevocationsAfter() = %v, want the first alone", all)
		}
		if err := other.Revoke(ctx, Revocation{RealmSession: second.RealmSession, ExpiresAt: anHour()}, "JTI", anHour()); err != nil {
			t.Errorf("Revoke() with another token = %v", err)
		}
		expectNoSession(t, s, second.ID)
	})
}

func TestOneOfManyLogoutTokensCounts(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		stores := []*Store{ready(t, url), ready(t, url)}
		var turn, won atomic.Int32
		atOnce(50, func() {
			n := turn.Add(1)
			err := stores[n%2].Revoke(t.Context(), Revocation{RealmSession: fmt.Sprint("r", n), ExpiresAt: anHour()}, "jti", anHour())
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, ErrConflict):
				t.Error(err)
			}
		})
		if all := after(t, stores[0], 0); won.Load() != 1 || len(all) != 1 {
			t.Errorf("%d of 50 counted and %d revocations are there, want 1 and 1", won.Load(), len(all))
		}
	})
}

// A revocation deletes what it is about, and nothing else.
func TestRevocationDeletesSessions(t *testing.T) {
	second := time.Now().UTC().Truncate(time.Second)
	sessions := []Session{
		{ID: "one", RealmSession: "r1", Subject: "alice", IssuedAt: second.Add(-time.Minute)},
		{ID: "two", RealmSession: "r2", Subject: "alice", IssuedAt: second.Add(-time.Second)},
		{ID: "three", RealmSession: "r2", Subject: "alice", IssuedAt: second},
		{ID: "four", RealmSession: "r3", Subject: "bob", IssuedAt: second.Add(-time.Minute)},
		{ID: "five", IssuedAt: second.Add(-time.Minute)},
	}
	tests := []struct {
		revoked Revocation
		want    string // the sessions that remain
	}{
		{Revocation{RealmSession: "r1"}, "two three four five"},
		{Revocation{RealmSession: "r2", Offline: true}, "one four five"},
		{Revocation{RealmSession: "alice"}, "one two three four five"},
		{Revocation{Subject: "alice", Before: second.Add(500 * time.Millisecond)}, "three four five"},
		{Revocation{Subject: "alice", Before: second.Add(time.Second)}, "four five"},
		{Revocation{Subject: "bob", Before: second.Add(-time.Hour)}, "one two three four five"},
		{Revocation{Subject: "r1", Before: second.Add(time.Hour)}, "one two three four five"},
	}
	onEach(t, func(t *testing.T, url string) {
		s := ready(t, url)
		for _, tt := range tests {
			if _, err := s.write.Exec("DELETE FROM revocations"); err != nil {
				t.Fatal(err)
			}
			for _, session := range sessions {
				session.ExpiresAt = anHour()
				put(t, s, session)
			}
			tt.revoked.ExpiresAt = anHour()
			revoke(t, s, tt.revoked)
			var left []string
			for _, session := range sessions {
				switch _, err := s.Session(t.Context(), session.ID); {
				case err == nil:
					left = append(left, session.ID)
				case !errors.Is(err, ErrNotFound):
					t.Error(err)
				}
			}
			if got := strings.Join(left, " "); got != tt.want {
				t.Errorf("after %+v there are %q, want %q", tt.revoked, got, tt.want)
			}
		}
	})
}

// Whoever asks for what came after the last one seen gets each, though many processes revoke at once.
func TestReaderMissesNoRevocation(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		const writers, each = 4, 40
		stores := []*Store{ready(t, url), ready(t, url)}
		reader := ready(t, url)
		var turn atomic.Int32
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			atOnce(writers, func() {
				n := turn.Add(1)
				for i := range each {
					if err := stores[n%2].Revoke(t.Context(), Revocation{RealmSession: fmt.Sprint(n, "-", i), ExpiresAt: anHour()}, "", time.Time{}); err != nil {
						t.Error(err)
					}
				}
			})
		}()
		var seen int64
		names := map[string]bool{}
		for last := false; ; {
			for _, r := range after(t, reader, seen) {
				seen, names[r.RealmSession] = r.Sequence, true
			}
			if last {
				break
			}
			select {
			case <-ended:
				last = true // once more
			default:
			}
		}
		if len(names) != writers*each {
			t.Errorf("the reader saw %d revocations, want %d", len(names), writers*each)
		}
	})
}

func TestManyRevocations(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := ready(t, url)
		for _, n := range []int{revocationsPage, revocationsPage + 1, 3 * revocationsPage} {
			if _, err := s.write.Exec("DELETE FROM revocations"); err != nil {
				t.Fatal(err)
			}
			addMany(t, s, n)
			all := after(t, s, 0)
			if len(all) != n || all[n-1].Sequence != int64(n) {
				t.Errorf("RevocationsAfter() = %d revocations, want %d", len(all), n)
			}
		}
	})
}

// addMany adds n revocations, with 1 to n as their sequences.
func addMany(t testing.TB, s *Store, n int) {
	t.Helper()
	_, err := s.write.Exec("INSERT INTO revocations (sequence, realm_session, offline, expires_at) "+
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < CAST($1 AS BIGINT)) "+
		"SELECT i, CAST(i AS TEXT), FALSE, CAST($2 AS BIGINT) FROM n", n, anHour().UnixMicro())
	if err != nil {
		t.Fatal(err)
	}
}

// A clock that is behind, another's or this one later, must not hide a revocation from those who saw a greater sequence.
func TestSequenceGrowsWhateverTheClock(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := ready(t, url), t.Context()
		clock := time.Now()
		s.now = func() time.Time { return clock }
		revoke(t, s, Revocation{RealmSession: "first", ExpiresAt: clock.Add(time.Minute)})
		revoke(t, s, Revocation{RealmSession: "second", ExpiresAt: clock.Add(time.Minute)})
		all := after(t, s, 0)
		if len(all) != 2 || all[0].Sequence != clock.UnixMicro() {
			t.Fatalf("RevocationsAfter() = %v, want two from %d on", all, clock.UnixMicro())
		}
		clock = clock.Add(time.Hour)
		if err := s.DeleteExpired(ctx); err != nil {
			t.Fatal(err)
		}
		clock = clock.Add(-3 * time.Hour)
		revoke(t, s, Revocation{RealmSession: "third", ExpiresAt: anHour()})
		later := after(t, s, all[1].Sequence)
		if len(later) != 1 || later[0].RealmSession != "third" {
			t.Errorf("RevocationsAfter(the second) = %v, want the third", later)
		}
	})
}

// Who waited for another's revocation must see it, whatever the server takes for granted of transactions; and a process
// that vanished in the middle must not make the others wait for hours.
func TestPostgresWaitsForOneThatIsAlone(t *testing.T) {
	t.Parallel()
	s, ctx := ready(t, postgresURL(t)+"&default_transaction_isolation=repeatable%20read"), t.Context()
	alone, err := s.engine.begin(ctx, s.write, true)
	if err != nil {
		t.Fatal(err)
	}
	defer alone.Rollback()
	var timeout string
	if err := alone.QueryRow("SHOW idle_in_transaction_session_timeout").Scan(&timeout); err != nil || timeout != "6s" {
		t.Errorf("the server waits %s for a silent process, want 6s (%v)", timeout, err)
	}
	kept := make(chan error)
	go func() { kept <- s.PutSession(ctx, alicesSession()) }()
	wait(t, "the login waits", func() bool {
		var waits bool
		err := alone.QueryRow("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))").Scan(&waits)
		return err == nil && waits
	})
	if err := s.addRevocation(ctx, alone, Revocation{RealmSession: alicesSession().RealmSession, ExpiresAt: anHour()}); err != nil {
		t.Fatal(err)
	}
	if err := alone.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-kept; !errors.Is(err, ErrRevoked) {
		t.Errorf("PutSession() = %v, want ErrRevoked", err)
	}
}
