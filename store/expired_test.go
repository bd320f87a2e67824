package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// rows counts what each table of sessions.go and revocations.go holds.
func rows(t testing.TB, db *sql.DB) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, table := range []string{"sessions", "revocations", "logout_tokens"} {
		var n int
		if err := db.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		counts[table] = n
	}
	return counts
}

// fill keeps n sessions, revocations and logout tokens that expire then.
func fill(t testing.TB, s *Store, n int, expires time.Time) {
	t.Helper()
	const numbers = " WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < CAST($1 AS BIGINT)) "
	for _, query := range []string{
		"INSERT INTO sessions (id, realm_session, subject, issued_at, data, leased_until, expires_at)" + numbers +
			"SELECT $2 || '-' || i, $2 || '-' || i, $2 || '-' || i, 0, '', 0, CAST($3 AS BIGINT) FROM n",
		"INSERT INTO logout_tokens (id, expires_at)" + numbers + "SELECT $2 || '-' || i, CAST($3 AS BIGINT) FROM n",
		"INSERT INTO revocations (sequence, realm_session, offline, expires_at)" + numbers +
			"SELECT i + (SELECT COALESCE(max(sequence), 0) FROM revocations), 'r' || $2 || '-' || i, FALSE, CAST($3 AS BIGINT) FROM n",
	} {
		if _, err := s.write.Exec(query, n, fmt.Sprint(expires.UnixMicro()), expires.UnixMicro()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDeleteExpired(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, other := ready(t, url), ready(t, url)
		clock := time.Now().UTC().Truncate(time.Microsecond)
		s.now = func() time.Time { return clock }
		other.now = s.now
		fill(t, s, sweepBatch+1, clock) // those have just expired
		fill(t, s, 3, clock.Add(time.Microsecond))
		if err := other.DeleteExpired(t.Context()); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(map[string]int{"sessions": 3, "revocations": 3, "logout_tokens": 3}, rows(t, s.read)); diff != "" {
			t.Errorf("rows that remain (-want +got):\n%s", diff)
		}
		clock = clock.Add(time.Hour)
		if err := s.DeleteExpired(t.Context()); err != nil {
			t.Error(err)
		}
		// The last revocation stays for its sequence, and nobody gets it.
		if diff := cmp.Diff(map[string]int{"sessions": 0, "revocations": 1, "logout_tokens": 0}, rows(t, s.read)); diff != "" {
			t.Errorf("rows that remain in the end (-want +got):\n%s", diff)
		}
		if all := after(t, s, 0); len(all) != 0 {
			t.Errorf("RevocationsAfter() = %v, want none", all)
		}
	})
}

func TestManyDeleteExpired(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		stores := []*Store{ready(t, url), ready(t, url)}
		fill(t, stores[0], sweepBatch+sweepBatch/2, time.Now())
		var turn atomic.Int32
		atOnce(6, func() {
			if err := stores[turn.Add(1)%2].DeleteExpired(t.Context()); err != nil {
				t.Error(err)
			}
		})
		if diff := cmp.Diff(map[string]int{"sessions": 0, "revocations": 1, "logout_tokens": 0}, rows(t, stores[0].read)); diff != "" {
			t.Errorf("rows that remain (-want +got):\n%s", diff)
		}
	})
}

// A row that another process is at is left to the next time: waiting for it could end in waiting for each other.
func TestPostgresDeleteExpiredWaitsForNobody(t *testing.T) {
	t.Parallel()
	s := ready(t, postgresURL(t))
	clock := time.Now()
	fill(t, s, 5, clock)
	tx, err := s.write.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for _, query := range []string{
		"UPDATE sessions SET leased_until = 1 WHERE id LIKE '%-2'",
		"UPDATE logout_tokens SET expires_at = expires_at WHERE id LIKE '%-2'",
		"UPDATE revocations SET offline = TRUE WHERE realm_session LIKE '%-2'",
	} {
		if _, err := tx.Exec(query); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.DeleteExpired(t.Context()); err != nil {
		t.Errorf("DeleteExpired() = %v", err)
	}
	if diff := cmp.Diff(map[string]int{"sessions": 1, "revocations": 2, "logout_tokens": 1}, rows(t, s.read)); diff != "" {
		t.Errorf("rows that remain (-want +got):\n%s", diff)
	}
}

func TestRunDeletesWhatExpired(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		first := ready(t, url)
		fill(t, first, 2, time.Now())
		log := &journal{}
		s, err := Open(url, slog.New(slog.NewTextHandler(log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		s.sweepEvery = 20 * time.Millisecond
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			s.Run(ctx)
			close(ended)
		}()
		wait(t, "the session is gone", func() bool { return rows(t, first.read)["sessions"] == 0 })
		fill(t, first, 2, time.Now())
		wait(t, "the later session is gone, too", func() bool { return rows(t, first.read)["sessions"] == 0 })
		if strings.Contains(log.String(), "level=WARN") {
			t.Errorf("all is well, and the log warns:\n%s", log)
		}
		if _, err := first.write.Exec("ALTER TABLE sessions RENAME TO kept"); err != nil {
			t.Fatal(err)
		}
		wait(t, "the log tells that nothing can be deleted", func() bool { return strings.Contains(log.String(), "stay in the database") })
		cancel()
		<-ended
	})
}

func TestNothingIsKeptWhileTheDatabaseIsAway(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, err := Open(url, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		ctx := t.Context()
		_, read := s.Session(ctx, "id")
		_, leased := s.LeaseSession(ctx, "id", time.Minute)
		_, listed := s.RevocationsAfter(ctx, 0)
		for i, err := range []error{
			s.PutSession(ctx, alicesSession()), s.ReplaceSession(ctx, alicesSession()), read, s.DeleteSession(ctx, "id"), leased, s.ReleaseSession(ctx, "id"),
			s.Revoke(ctx, Revocation{RealmSession: "r", ExpiresAt: anHour()}, "", time.Time{}), listed, s.DeleteExpired(ctx),
		} {
			if !errors.Is(err, ErrUnavailable) {
				t.Errorf("call %d: %v, want ErrUnavailable", i, err)
			}
		}
	})
}
