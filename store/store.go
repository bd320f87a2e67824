// Package store keeps what must outlive the process in a database: SQLite in a file, or PostgreSQL,
// which replicas can share. The process can start and live without it: Run connects and migrates as
// soon as the database is there, and until then every method fails fast with ErrUnavailable.
package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
)

const (
	firstBackoff     = 200 * time.Millisecond
	maxBackoff       = 10 * time.Second
	pingEvery        = 10 * time.Second
	pingTimeout      = 2 * time.Second
	operationTimeout = 3 * time.Second
)

// Store is one database. It is safe for concurrent use.
type Store struct {
	engine engine
	log    *slog.Logger
	write  *sql.DB
	read   *sql.DB // the same pool where the database wants no difference

	now        func() time.Time // what has expired is judged by this machine's clock
	pingEvery  time.Duration
	pollEvery  time.Duration
	sweepEvery time.Duration
	suspect    chan struct{} // tells Run to look at the database now
	revoked    chan struct{} // tells WatchRevocations to look: this process has revoked, or the database has come

	mu       sync.Mutex
	err      error // why the database cannot be used; nil when it can
	told     bool  // the log has a warning that no later line takes back
	readOnly error // why the newest change failed though the database can be read; nil when it did not
}

// engine is what SQLite and PostgreSQL do differently.
type engine interface {
	// open makes the pools, and connects nothing.
	open() (write, read *sql.DB)
	// prepare comes before each attempt to connect.
	prepare() error
	migrations(db *sql.DB) (*goose.Provider, error)
	ping(ctx context.Context, db *sql.DB) error
	judge(err error) trouble

	// begin starts a transaction that runs beside none that is alone; and, alone, beside none that begin started. Each of
	// its statements sees what was committed before.
	begin(ctx context.Context, db *sql.DB, alone bool) (*sql.Tx, error)
	// announce tells all who listen, once the transaction is committed.
	announce(ctx context.Context, tx *sql.Tx) error
	// listen calls hear when it has begun and with each announcement, until it fails or ctx ends. A silence of that length
	// makes it ask whether there is still somebody to listen to.
	listen(ctx context.Context, silence time.Duration, hear func()) error
	// skipLocked ends a SELECT that shall lock its rows, and leave out those that others have locked.
	skipLocked() string

	// These three are for people, and hold no password and no user.
	name() string
	cause(err error) string
	mend() string
}

// Check returns nil when Open would take the URL. It opens nothing, and its errors never quote the
// URL, which may hold a password.
func Check(url string) error {
	_, err := parse(url)
	return err
}

// Open returns the store that the URL names: sqlite:PATH, postgres://… or postgresql://…. It does not
// connect, which is for Run to do; the error is Check's.
func Open(url string, log *slog.Logger) (*Store, error) {
	engine, err := parse(url)
	if err != nil {
		return nil, err
	}
	write, read := engine.open()
	return &Store{
		engine:     engine,
		log:        log,
		write:      write,
		read:       read,
		now:        time.Now,
		pingEvery:  pingEvery,
		pollEvery:  pollEvery,
		sweepEvery: sweepEvery,
		suspect:    make(chan struct{}, 1),
		revoked:    make(chan struct{}, 1),
		err:        fmt.Errorf("%w: no connection has been made yet", ErrUnavailable),
	}, nil
}

// Run connects, brings the tables up to date, watches, and deletes what has expired, until ctx ends.
// Whatever fails is tried again, after 0.2 s at first and 10 s at most. Call it once.
func (s *Store) Run(ctx context.Context) {
	var sweeping sync.WaitGroup
	defer sweeping.Wait()
	sweeping.Go(func() { s.sweep(ctx) })
	wait := firstBackoff
	for ctx.Err() == nil {
		err := s.connect(ctx)
		switch {
		case err == nil:
			s.found()
			wait = firstBackoff
			s.watch(ctx)
		case ctx.Err() == nil:
			// Another process that makes a new database holds it for a moment, which is nothing to warn of.
			if s.engine.judge(err) != passing || wait >= time.Second {
				s.lose(err)
			}
			pause(ctx, wait)
			wait = min(2*wait, maxBackoff)
		}
	}
}

// connect makes sure that the database answers and has our tables. After an outage, too: it may have
// come back empty, or newer.
func (s *Store) connect(ctx context.Context) error {
	dropIdle(s.write)
	dropIdle(s.read)
	if err := s.engine.prepare(); err != nil {
		return err
	}
	dial, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	if err := s.write.PingContext(dial); err != nil {
		return err
	}
	if err := s.migrate(ctx); err != nil { // no timeout: other replicas come first, and tables may be large
		return err
	}
	return s.ping(ctx)
}

// dropIdle closes the connections that an outage may have cut without a word.
func dropIdle(db *sql.DB) {
	db.SetMaxIdleConns(-1)
	db.SetMaxIdleConns(db.Stats().MaxOpenConnections)
}

// watch returns when the database is lost or ctx has ended.
func (s *Store) watch(ctx context.Context) {
	tick := time.NewTicker(s.pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-s.suspect:
		case <-ctx.Done():
			return
		}
		if s.reachable() != nil {
			return
		}
		if err := s.ping(ctx); err != nil && ctx.Err() == nil {
			s.lose(err)
			return
		}
	}
}

func (s *Store) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return s.engine.ping(ctx, s.read)
}

// Ready returns nil when the database can be used, and otherwise an error that wraps ErrUnavailable. A database that answers
// but takes no changes, on a full disk for one, is not ready, though reading from it works.
func (s *Store) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return cmp.Or(s.err, s.readOnly)
}

// reachable returns nil unless the database is known to be away.
func (s *Store) reachable() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close closes all connections. End Run first.
func (s *Store) Close() error {
	s.mu.Lock()
	s.err = fmt.Errorf("%w: it was closed", ErrUnavailable)
	s.mu.Unlock()
	return errors.Join(s.write.Close(), s.read.Close())
}

// lose notes that the database cannot be used, and warns once for each outage.
func (s *Store) lose(err error) {
	cause := s.engine.cause(err)
	s.mu.Lock()
	told := s.told
	s.told = true
	s.err = fmt.Errorf("%w: %s", ErrUnavailable, cause)
	s.mu.Unlock()
	s.look()
	if told {
		s.log.Debug("the database is still unavailable", "error", cause)
		return
	}
	mend := s.engine.mend()
	if errors.Is(err, errNewer) {
		mend = "run the release that migrated the database, or a newer one"
	}
	s.log.Warn("the database is unavailable; it is tried again until it answers", "database", s.engine.name(), "error", cause, "mend", mend)
}

// found is the opposite of lose.
func (s *Store) found() {
	s.mu.Lock()
	told := s.told
	s.told = false
	s.err, s.readOnly = nil, nil
	s.mu.Unlock()
	wake(s.revoked) // a start waits for the list
	if told {
		s.log.Info("the database is available again", "database", s.engine.name())
	}
}

// look asks Run for a look at the database.
func (s *Store) look() { wake(s.suspect) }

// do runs an operation within its time and tells the database's troubles from mistakes. It refuses at
// once while the database is known to be away.
func (s *Store) do(ctx context.Context, operation func(context.Context) error) error {
	if err := s.reachable(); err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	err := operation(within)
	if err == nil {
		return nil
	}
	if errors.Is(ctx.Err(), context.Canceled) { // the caller gave up, which says nothing about the database
		return context.Cause(ctx)
	}
	trouble := s.engine.judge(err)
	switch {
	case trouble == gone:
		s.lose(err)
		return s.because(ErrUnavailable, err)
	case within.Err() != nil:
		s.look()
		return s.because(ErrUnavailable, err)
	case trouble == passing:
		s.look()
		return s.because(errRefused, err)
	}
	return err
}

// change is do for an operation that changes something. What it comes to is what is known of whether the database takes
// changes: a ping only reads.
func (s *Store) change(ctx context.Context, operation func(context.Context) error) error {
	err := s.do(ctx, operation)
	failed := errors.Is(err, errRefused)
	if err != nil && !failed {
		return err
	}
	s.mu.Lock()
	before, away := s.readOnly, s.err != nil
	s.readOnly = err
	s.mu.Unlock()
	switch {
	case failed && before == nil && !away:
		s.log.Warn("the database takes no changes", "database", s.engine.name(), "error", err, "mend", s.engine.mend())
	case !failed && before != nil:
		s.log.Info("the database takes changes again", "database", s.engine.name())
	}
	return err
}

// transact is change for an operation of several statements, of which all count or none. One that is alone runs while no
// other does that came through here, in any process.
func (s *Store) transact(ctx context.Context, alone bool, operation func(context.Context, *sql.Tx) error) error {
	return s.change(ctx, func(ctx context.Context) error {
		tx, err := s.engine.begin(ctx, s.write, alone)
		if err != nil {
			return err
		}
		defer tx.Rollback() // nothing after Commit
		if err := operation(ctx, tx); err != nil {
			return err
		}
		return tx.Commit()
	})
}

// because leaves the driver's error out of the chain: its deadline is not the caller's, and it may
// hold the user's name.
func (s *Store) because(sentinel, err error) error {
	return fmt.Errorf("%w: %s", sentinel, s.engine.cause(err))
}
