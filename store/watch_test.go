package store

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// watch counts the calls of changed until the test ends, and sees to it that they come one by one.
func watch(t *testing.T, s *Store) *atomic.Int64 {
	t.Helper()
	var calls atomic.Int64
	var running atomic.Int32
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.WatchRevocations(ctx, func() {
			if running.Add(1) > 1 {
				t.Error("changed is called while it runs")
			}
			calls.Add(1)
			running.Add(-1)
		})
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(patience):
			t.Error("WatchRevocations did not end with its context")
		}
	})
	return &calls
}

// quiet is a store that would not poll before the test is over.
func quiet(t *testing.T, url string) (*Store, *journal) {
	t.Helper()
	s, log := start(t, url)
	s.pollEvery = time.Hour
	wait(t, "the store is ready", func() bool { return s.Ready() == nil })
	return s, log
}

// listeners counts the connections that listen in the database.
func listeners(t testing.TB, s *Store) int {
	t.Helper()
	var n int
	if err := s.read.QueryRow("SELECT count(*) FROM pg_stat_activity WHERE " + listening).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// listening finds a connection by its newest statement, which is a ping after a silence.
const listening = "datname = current_database() AND pid <> pg_backend_pid() AND (query LIKE 'LISTEN%' OR query = '-- ping')"

// settled waits until the watch listens and has told so.
func settled(t *testing.T, s *Store, calls *atomic.Int64) {
	t.Helper()
	wait(t, "the watch listens", func() bool { return listeners(t, s) == 1 })
	wait(t, "the watch has told so", func() bool { return calls.Load() >= 1 })
	stable := calls.Load()
	wait(t, "the calls of the beginning are over", func() bool {
		before := stable
		stable = calls.Load()
		return before == stable
	})
}

func TestWatchPolls(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := ready(t, url)
		s.pollEvery = 10 * time.Millisecond
		calls := watch(t, s)
		wait(t, "there were some calls", func() bool { return calls.Load() >= 10 })
	})
}

func TestWatchPollsWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	s, _ := start(t, "sqlite:/nonexistent/keystead.db")
	s.pollEvery = 10 * time.Millisecond
	calls := watch(t, s)
	wait(t, "there were some calls", func() bool { return calls.Load() >= 10 })
}

func TestWatchSeesItsOwnStoreRevoke(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, _ := quiet(t, url)
		calls := watch(t, s)
		wait(t, "it was called at first", func() bool { return calls.Load() >= 1 })
		before := calls.Load()
		revoke(t, s, Revocation{RealmSession: "sid", ExpiresAt: anHour()})
		wait(t, "it was called for the revocation", func() bool { return calls.Load() > before })
	})
}

func TestPostgresTellsOtherStores(t *testing.T) {
	t.Parallel()
	url := postgresURL(t)
	s, log := quiet(t, url)
	other := ready(t, url)
	calls := watch(t, s)
	settled(t, other, calls)
	for range 3 {
		before := calls.Load()
		began := time.Now()
		revoke(t, other, Revocation{RealmSession: "sid", ExpiresAt: anHour()})
		wait(t, "the other store's revocation has arrived", func() bool { return calls.Load() > before })
		t.Logf("revoked and told in %v", time.Since(began))
	}
	before := calls.Load()
	if err := other.Revoke(t.Context(), Revocation{RealmSession: "sid", ExpiresAt: anHour()}, "jti", anHour()); err != nil {
		t.Fatal(err)
	}
	wait(t, "that with a token has arrived", func() bool { return calls.Load() > before })
	if strings.Contains(log.String(), "level=WARN") {
		t.Errorf("all is well, and the log warns:\n%s", log)
	}
}

func TestPostgresWatchGoesOnAfterACut(t *testing.T) {
	t.Parallel()
	url := postgresURL(t)
	s, log := quiet(t, url)
	other := ready(t, url)
	calls := watch(t, s)
	settled(t, other, calls)
	for range 2 {
		before := calls.Load()
		if _, err := other.write.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " + listening); err != nil {
			t.Fatal(err)
		}
		// What was revoked between is found by looking once it listens again.
		wait(t, "it was called after the cut", func() bool { return calls.Load() > before })
		settled(t, other, calls)
		before = calls.Load()
		revoke(t, other, Revocation{RealmSession: "sid", ExpiresAt: anHour()})
		wait(t, "a revocation has arrived", func() bool { return calls.Load() > before })
	}
	if strings.Contains(log.String(), "level=WARN") {
		t.Errorf("a connection that was soon back is nothing to warn of:\n%s", log)
	}
}

// While the server is away its own warning is enough, and the watch is back with it.
func TestPostgresWatchGoesOnAfterAnOutage(t *testing.T) {
	t.Parallel()
	p := newProxy(t)
	p.open(t)
	s, log := quiet(t, p.url)
	calls := watch(t, s)
	settled(t, s, calls)
	p.cut()
	expectAway(t, s, log, p.address)
	before := calls.Load()
	p.open(t)
	expectBack(t, s, log)
	wait(t, "it was called after the outage", func() bool { return calls.Load() > before })
	wait(t, "it listens", func() bool { return listeners(t, s) == 1 })
	if warned := strings.Count(log.String(), "level=WARN"); warned != 1 {
		t.Errorf("%d warnings of one outage:\n%s", warned, log)
	}
}

// A network that swallows what it is given leaves the connection silent, as if nothing were revoked.
func TestPostgresWatchNoticesASilentConnection(t *testing.T) {
	t.Parallel()
	p := newProxy(t)
	p.open(t)
	s := ready(t, p.url)
	heard, ended := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		ended <- s.engine.listen(t.Context(), 20*time.Millisecond, func() { wake(heard) })
	}()
	wait(t, "it listens", func() bool { return len(heard) == 1 })
	<-heard
	wait(t, "a silence has made it ask", func() bool {
		var asked bool
		err := s.read.QueryRow("SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE " + listening + " AND query = '-- ping')").Scan(&asked)
		return err == nil && asked
	})
	revoke(t, s, Revocation{RealmSession: "sid", ExpiresAt: anHour()})
	select {
	case <-heard: // silences do it no harm
	case err := <-ended:
		t.Fatalf("listen() = %v while the server answers", err)
	case <-time.After(patience):
		t.Fatal("it hears nothing after a silence")
	}
	p.silence(true)
	select {
	case err := <-ended:
		if err == nil {
			t.Error("listen() = nil, want why it ended")
		}
	case <-time.After(patience):
		t.Error("listen() does not notice that nobody is there")
	}
}

func TestWatchLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	s := ready(t, postgresURL(t))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		s.WatchRevocations(ctx, func() {})
		close(ended)
	}()
	wait(t, "the watch listens", func() bool { return listeners(t, s) == 1 })
	cancel()
	<-ended
	wait(t, "the connection is closed", func() bool { return listeners(t, s) == 0 })
}

// deaf is a database that can be used, and will not be listened to.
type deaf struct {
	engine
	asked atomic.Int32
	cured atomic.Bool
}

func (d *deaf) listen(ctx context.Context, _ time.Duration, hear func()) error {
	d.asked.Add(1)
	if !d.cured.Load() {
		return io.ErrUnexpectedEOF
	}
	hear()
	<-ctx.Done()
	return errors.New("it ended")
}

func TestOneWarningWhenOnlyListeningFails(t *testing.T) {
	t.Parallel()
	s, log := quiet(t, sqliteURL(t))
	d := &deaf{engine: s.engine}
	calls := watch(t, &Store{engine: d, log: s.log, pollEvery: time.Hour, pingEvery: time.Hour})
	wait(t, "the log warns", func() bool { return strings.Contains(log.String(), "level=WARN") })
	for _, word := range []string{"within a second", "unexpected EOF", "one connection more", "SQLite"} {
		if !strings.Contains(log.String(), word) {
			t.Errorf("the log does not have %q:\n%s", word, log)
		}
	}
	wait(t, "it was tried once more", func() bool { return d.asked.Load() > listenFailures })
	before := calls.Load()
	d.cured.Store(true)
	wait(t, "it is called when it listens", func() bool { return calls.Load() > before })
	wait(t, "the log tells", func() bool { return strings.Contains(log.String(), "at once again") })
	if warned := strings.Count(log.String(), "level=WARN"); warned != 1 {
		t.Errorf("%d warnings:\n%s", warned, log)
	}
}

// While the database is away nobody tries to listen to it: there would be a second warning of the same thing.
func TestNoListeningWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	d := &deaf{}
	d.cured.Store(true)
	s := &Store{engine: d, pollEvery: 10 * time.Millisecond, err: ErrUnavailable}
	calls := watch(t, s)
	wait(t, "some time has passed", func() bool { return calls.Load() >= 50 })
	if asked := d.asked.Load(); asked != 0 {
		t.Errorf("it was tried %d times to listen", asked)
	}
	s.mu.Lock()
	s.err = nil
	s.mu.Unlock()
	wait(t, "it listens", func() bool { return d.asked.Load() == 1 })
}
