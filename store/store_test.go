package store

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const patience = 20 * time.Second

// onEach runs a test on an empty database of either kind.
func onEach(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, sqliteURL(t))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, postgresURL(t))
	})
}

func sqliteURL(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "notes ?#%41.db") // of which a URL would lose some
}

// postgresURL makes a database for the test alone.
func postgresURL(t testing.TB) string {
	t.Helper()
	server := os.Getenv("KEYSTEAD_TEST_POSTGRES_URL")
	if server == "" {
		t.Skip("KEYSTEAD_TEST_POSTGRES_URL is not set; make test starts a PostgreSQL")
	}
	admin, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal("KEYSTEAD_TEST_POSTGRES_URL cannot be read")
	}
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), time.Now().UnixNano())
	if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		admin.Close()
	})
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("KEYSTEAD_TEST_POSTGRES_URL cannot be read")
	}
	u.Path = "/" + name
	return u.String()
}

// journal is a log that several goroutines may write and read.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// start runs a store until the test ends, whether its database is there or not. The log that it
// returns must not have the URL's password in it, and is asked for that.
func start(t testing.TB, address string) (*Store, *journal) {
	t.Helper()
	log := &journal{}
	s, err := Open(address, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	s.pingEvery = 100 * time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		s.Run(ctx)
		close(ended)
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(patience):
			t.Error("Run did not end with its context")
		}
		if err := s.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
		expectNoSecret(t, address, log.String())
	})
	return s, log
}

func expectNoSecret(t testing.TB, address, text string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return
	}
	if password, _ := u.User.Password(); password != "" && strings.Contains(text, password) {
		t.Errorf("there is a password in %q", text)
	}
}

// ready is start, for a database that is there.
func ready(t testing.TB, address string) *Store {
	t.Helper()
	s, log := start(t, address)
	wait(t, "the store is ready", func() bool { return s.Ready() == nil })
	if strings.Contains(log.String(), "level=WARN") {
		t.Errorf("the database was there, and the log warns:\n%s", log)
	}
	return s
}

func wait(t testing.TB, what string, happened func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %v in vain until %s", patience, what)
		}
	}
}

func TestCheck(t *testing.T) {
	tests := []struct {
		url  string
		want error // nil: fine
	}{
		{"sqlite:keystead.db", nil},
		{"sqlite:/var/lib/keystead/notes.db", nil},
		{"sqlite:a folder/with ? and # and %.db", nil},
		{"postgres://keystead:secret@db.example.com/keystead", nil},
		{"postgresql://keystead:s%40cret@db.example.com:6432/keystead?sslmode=require", nil},
		{"postgres://keystead:secret@one.example.com,two.example.com/keystead?target_session_attrs=read-write", nil},
		{"postgres://keystead:secret@[::1]:5432/keystead", nil},
		{"postgres://keystead:sec?ret@db.example.com/keystead", nil},

		{"", errKind},
		{"keystead.db", errKind},
		{"mysql://keystead:secret@db.example.com/keystead", errKind},
		{"SQLITE:keystead.db", errKind},
		{"sqlite:", errNoPath},
		{"sqlite::memory:", errMemory},
		{"sqlite:file::memory:?cache=shared", errMemory},
		{"sqlite:///keystead.db", errSlashes},
		{"sqlite://keystead.db", errSlashes},
		{"sqlite:data/", errFolder},
		{"sqlite:.", errFolder},
		{"postgres://keystead:secret@db.example.com:port/keystead", errPostgres},
		{"postgres://keystead:secret@db.example.com:70000/keystead", errPostgres},
		{"postgres://keystead:secret%zz@db.example.com/keystead", errPostgres},
		{"postgres://keystead:secret@db.example.com/keystead?sslmode=perhaps", errPostgres},
		{"postgres://keystead:secret@db.example.com/keystead?connect_timeout=secret", errPostgres},
		{"postgres://keystead:1/secret@db.example.com/keystead", errAtInSecret},
		{"postgres://keystead:1@secret@db.example.com/keystead", errAtInSecret},
		{"postgres://keystead:1@one.example.com,secret@db.example.com/keystead", errAtInSecret},
	}
	for _, tt := range tests {
		t.Run(tt.url, func(t *testing.T) {
			err := Check(tt.url)
			if !errors.Is(err, tt.want) {
				t.Errorf("Check(%q) = %v, want %v", tt.url, err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("Check(%q) = %q, with the password in it", tt.url, err)
			}
			if _, opened := Open(tt.url, slog.New(slog.DiscardHandler)); (opened == nil) != (err == nil) {
				t.Errorf("Check(%q) = %v, and Open says %v", tt.url, err, opened)
			}
		})
	}
}

func TestCheckNamesAMissingCertificate(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "ca.pem")
	err := Check("postgres://keystead:secret@db.example.com/keystead?sslmode=verify-full&sslrootcert=" + missing)
	if err == nil || !strings.Contains(err.Error(), missing) || strings.Contains(err.Error(), "secret") {
		t.Errorf("Check() = %v, want the missing file, and no password", err)
	}
}

func TestCloseRefuses(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, err := Open(url, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Ready(); !errors.Is(err, ErrUnavailable) {
			t.Errorf("Ready() before Run = %v, want ErrUnavailable", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
		if _, err := s.Notes(t.Context(), NotesQuery{Limit: 1}); !errors.Is(err, ErrUnavailable) {
			t.Errorf("Notes() after Close = %v, want ErrUnavailable", err)
		}
	})
}

func TestStoresMigrateTheSameDatabaseAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		stores := make([]*Store, 8)
		logs := make([]*journal, len(stores))
		for i := range stores {
			stores[i], logs[i] = start(t, url)
		}
		for i, s := range stores {
			wait(t, "each store is ready", func() bool { return s.Ready() == nil })
			if _, err := s.CreateNote(t.Context(), "alice", "", ""); err != nil {
				t.Error(err)
			}
			if strings.Contains(logs[i].String(), "level=WARN") {
				t.Errorf("store %d warns:\n%s", i, logs[i])
			}
		}
		var rows, versions int
		err := stores[0].read.QueryRow("SELECT count(*), count(DISTINCT version_id) FROM goose_db_version").Scan(&rows, &versions)
		if err != nil || rows != versions {
			t.Errorf("%d migrations are noted for %d versions (%v)", rows, versions, err)
		}
	})
}

func TestSQLiteNotesAMigrationOnce(t *testing.T) {
	s := ready(t, sqliteURL(t))
	if _, err := s.write.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (1, 1)"); err == nil {
		t.Error("the same migration can be noted twice, so it can be applied twice")
	}
}

func TestNewerSchemaIsLeftAlone(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		first := ready(t, url)
		for _, change := range []string{
			"DROP TABLE notes",
			"INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, $1)",
		} {
			args := []any{true}[:strings.Count(change, "$1")]
			if _, err := first.write.Exec(change, args...); err != nil {
				t.Fatal(err)
			}
		}
		s, log := start(t, url)
		wait(t, "the log tells", func() bool { return strings.Contains(log.String(), "level=WARN") })
		err := s.Ready()
		if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "older binary meets a newer database") || !strings.Contains(err.Error(), "99999") {
			t.Errorf("Ready() = %v, want both versions and ErrUnavailable", err)
		}
		if !strings.Contains(log.String(), "run the release that migrated") {
			t.Errorf("the log does not say how to mend it:\n%s", log)
		}
		if _, err := first.write.Exec("SELECT 1 FROM notes"); err == nil {
			t.Error("the older binary made a table")
		}
	})
}

func TestEmptiedDatabaseIsMigratedAgain(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := ready(t, url)
		for _, table := range []string{"notes", "sessions", "revocations", "logout_tokens", "goose_db_version"} {
			if _, err := s.write.Exec("DROP TABLE " + table); err != nil {
				t.Fatal(err)
			}
		}
		wait(t, "notes can be made", func() bool {
			_, err := s.CreateNote(t.Context(), "alice", "", "")
			return err == nil
		})
	})
}

func TestCallerWhoGivesUp(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := ready(t, url)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.CreateNote(ctx, "alice", "", ""); !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnavailable) {
			t.Errorf("CreateNote() = %v, want context.Canceled alone", err)
		}
		if err := s.Ready(); err != nil {
			t.Errorf("Ready() = %v", err)
		}
	})
}

// What people write is not for everybody on the machine.
func TestSQLiteFilesAreTheUsersOwn(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "notes.db")
	s := ready(t, "sqlite:"+file)
	if _, err := s.CreateNote(t.Context(), "alice", "a note", ""); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		if info, err := os.Stat(name); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", filepath.Base(name), info, err)
		}
	}
}

func TestSQLiteAwayAtStart(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "later")
	s, log := start(t, "sqlite:"+filepath.Join(folder, "notes.db"))
	expectAway(t, s, log, folder, "must exist and be writable")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	expectBack(t, s, log)
}

func TestSQLiteAwayInTheMiddle(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	s, log := start(t, "sqlite:"+filepath.Join(folder, "notes.db"))
	wait(t, "the store is ready", func() bool { return s.Ready() == nil })
	kept, err := s.CreateNote(t.Context(), "alice", "kept", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(folder, folder+".away"); err != nil {
		t.Fatal(err)
	}
	expectAway(t, s, log, folder)
	if err := os.Rename(folder+".away", folder); err != nil {
		t.Fatal(err)
	}
	expectBack(t, s, log)
	if _, err := s.Note(t.Context(), kept.ID); err != nil {
		t.Errorf("Note() after the outage = %v", err)
	}
}

// What is written to a file that has no name any more would be lost.
func TestSQLiteFileReplaced(t *testing.T) {
	t.Parallel()
	for _, replaced := range []bool{false, true} {
		file := filepath.Join(t.TempDir(), "notes.db")
		s, log := start(t, "sqlite:"+file)
		wait(t, "the store is ready", func() bool { return s.Ready() == nil })
		if _, err := s.CreateNote(t.Context(), "alice", "lost", ""); err != nil {
			t.Fatal(err)
		}
		err := errors.Join(os.Remove(file+"-wal"), os.Remove(file+"-shm"))
		if replaced {
			err = errors.Join(err, os.WriteFile(file+".new", nil, 0o600), os.Rename(file+".new", file))
		} else {
			err = errors.Join(err, os.Remove(file))
		}
		if err != nil {
			t.Fatal(err)
		}
		expectBack(t, s, log)
		notes, err := s.Notes(t.Context(), NotesQuery{Limit: 10})
		if err != nil || len(notes) != 1 {
			t.Errorf("replaced %v: Notes() = %v, %v; want the one that was made in the new file", replaced, notes, err)
		}
	}
}

func TestSQLiteNotADatabase(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "notes.db")
	text := []byte(strings.Repeat("this is no database\n", 100))
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s, log := start(t, "sqlite:"+file)
	expectAway(t, s, log, file)
	if now, err := os.ReadFile(file); err != nil || !bytes.Equal(now, text) {
		t.Errorf("the file was changed (%v)", err)
	}
}

// A change whose turn does not come in time is no mistake.
func TestSQLiteWriterIsBusy(t *testing.T) {
	t.Parallel()
	s := ready(t, sqliteURL(t))
	tx, err := s.write.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := s.CreateNote(t.Context(), "alice", "", ""); !errors.Is(err, ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("CreateNote() = %v, want ErrUnavailable alone", err)
	}
	if err := s.Ready(); err != nil {
		t.Errorf("Ready() = %v", err)
	}
}

// A disk without room fails changes, while what is there can be read.
func TestSQLiteFull(t *testing.T) {
	t.Parallel()
	s := ready(t, sqliteURL(t))
	if _, err := s.write.Exec("PRAGMA max_page_count = 1"); err != nil { // no more than there are
		t.Fatal(err)
	}
	if _, err := s.CreateNote(t.Context(), "alice", "", strings.Repeat("long", 10_000)); !errors.Is(err, ErrUnavailable) {
		t.Errorf("CreateNote() = %v, want ErrUnavailable", err)
	}
	if _, err := s.Notes(t.Context(), NotesQuery{Limit: 1}); err != nil {
		t.Errorf("Notes() = %v", err)
	}
	// Readiness tells, though a ping finds nothing wrong, until a change is taken again.
	if err := s.Ready(); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Ready() with a full disk = %v", err)
	}
	if _, err := s.write.Exec("PRAGMA max_page_count = 10000"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateNote(t.Context(), "alice", "", ""); err != nil || s.Ready() != nil {
		t.Errorf("with room again: %v, Ready() = %v", err, s.Ready())
	}
}

// What is neither the caller's mistake nor the database's is ours, and stays an error of its own.
func TestOwnMistakes(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := ready(t, url)
		for _, query := range []string{"SELECT 1 FROM nothing", "SELECT", "INSERT INTO notes (id) VALUES ('x')"} {
			if _, err := s.queryNotes(t.Context(), true, query); err == nil || errors.Is(err, ErrUnavailable) {
				t.Errorf("%s: %v, want an error that is not ErrUnavailable", query, err)
			}
		}
		if err := s.Ready(); err != nil {
			t.Errorf("Ready() = %v", err)
		}
	})
}

func TestPostgresJudge(t *testing.T) {
	tests := []struct {
		err  error
		want trouble
	}{
		{&pgconn.PgError{Code: "08006"}, gone},
		{&pgconn.PgError{Code: "57P01"}, gone},
		{&pgconn.PgError{Code: "57P03"}, gone},
		{&pgconn.PgError{Code: "53300"}, passing},
		{&pgconn.PgError{Code: "53100"}, passing},
		{&pgconn.PgError{Code: "25006"}, passing},
		{&pgconn.PgError{Code: "23505"}, mistake},
		{&pgconn.PgError{Code: "42P01"}, mistake},
		{&pgconn.ConnectError{}, gone},
		{&net.OpError{Op: "read", Err: errors.New("connection reset")}, gone},
		{fmt.Errorf("reading: %w", io.ErrUnexpectedEOF), gone},
		{driver.ErrBadConn, gone},
		{context.DeadlineExceeded, passing},
		{errors.New("cannot encode"), mistake},
	}
	for _, tt := range tests {
		if got := new(postgres).judge(tt.err); got != tt.want {
			t.Errorf("judge(%#v) = %v, want %v", tt.err, got, tt.want)
		}
	}
}

// A lock that another process holds fails the one change, while the rest goes on.
func TestSQLiteLockedByAnother(t *testing.T) {
	t.Parallel()
	url := sqliteURL(t)
	s, other := ready(t, url), ready(t, url)
	tx, err := other.write.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateNote(t.Context(), "alice", "", ""); !errors.Is(err, ErrUnavailable) {
		t.Errorf("CreateNote() = %v, want ErrUnavailable", err)
	}
	if _, err := s.Notes(t.Context(), NotesQuery{Limit: 1}); err != nil {
		t.Errorf("Notes() = %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateNote(t.Context(), "alice", "", ""); err != nil {
		t.Errorf("CreateNote() after the lock = %v", err)
	}
}

func TestPostgresAwayAtStart(t *testing.T) {
	t.Parallel()
	p := newProxy(t)
	s, log := start(t, p.url)
	expectAway(t, s, log, p.address, "must run and be reachable")
	p.open(t)
	expectBack(t, s, log)
}

func TestPostgresAwayInTheMiddle(t *testing.T) {
	t.Parallel()
	p := newProxy(t)
	p.open(t)
	s, log := start(t, p.url)
	wait(t, "the store is ready", func() bool { return s.Ready() == nil })
	for range 2 {
		before := strings.Count(log.String(), "level=WARN")
		p.cut()
		expectAway(t, s, log, p.address)
		if warned := strings.Count(log.String(), "level=WARN") - before; warned != 1 {
			t.Errorf("%d warnings of one outage:\n%s", warned, log)
		}
		p.open(t)
		expectBack(t, s, log)
	}
}

// A server that neither answers nor refuses costs the first callers their time, and the others none.
func TestPostgresSilent(t *testing.T) {
	t.Parallel()
	p := newProxy(t)
	p.open(t)
	s, log := start(t, p.url)
	wait(t, "the store is ready", func() bool { return s.Ready() == nil })
	p.silence(true)
	began := time.Now()
	if _, err := s.CreateNote(t.Context(), "alice", "", ""); !errors.Is(err, ErrUnavailable) {
		t.Errorf("CreateNote() = %v, want ErrUnavailable", err)
	}
	if took := time.Since(began); took > operationTimeout+time.Second {
		t.Errorf("CreateNote() took %v", took)
	}
	expectAway(t, s, log)
	p.silence(false)
	p.cut() // what was said in the silence is lost
	p.open(t)
	expectBack(t, s, log)
}

func TestPostgresRefusesThePassword(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(postgresURL(t))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("mallory", "open-sesame")
	s, log := start(t, u.String())
	expectAway(t, s, log, u.Host, "password authentication failed", strings.TrimPrefix(u.Path, "/"))
	if text := log.String() + s.Ready().Error(); strings.Contains(text, "mallory") || strings.Contains(text, "open-sesame") {
		t.Errorf("the user or the password is told:\n%s", text)
	}
}

// A statement that waits for another's lock fails alone.
func TestPostgresSlowStatement(t *testing.T) {
	t.Parallel()
	s := ready(t, postgresURL(t))
	note, err := s.CreateNote(t.Context(), "alice", "", "")
	if err != nil {
		t.Fatal(err)
	}
	tx, err := s.write.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec("SELECT 1 FROM notes WHERE id = $1 FOR UPDATE", note.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteNote(t.Context(), note.ID, "alice", 0); !errors.Is(err, ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("DeleteNote() = %v, want ErrUnavailable alone", err)
	}
	if err := s.Ready(); err != nil {
		t.Errorf("Ready() = %v", err)
	}
}

// A replica that waits for another's migration ends with its context.
func TestPostgresWaitsForTheLock(t *testing.T) {
	t.Parallel()
	url := postgresURL(t)
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	holder, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	if _, err := holder.ExecContext(t.Context(), "SELECT pg_advisory_lock(4097083626)"); err != nil {
		t.Fatal(err)
	}
	asked := func() bool {
		var n int
		err := holder.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_try_advisory_lock%' AND pid <> pg_backend_pid()").Scan(&n)
		return err == nil && n > 0
	}

	s, err := Open(url, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan struct{})
	go func() {
		s.Run(ctx)
		close(ended)
	}()
	wait(t, "the store asks for the lock", asked)
	if err := s.Ready(); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Ready() while waiting = %v, want ErrUnavailable", err)
	}
	cancel()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("Run goes on after its context ended")
	}

	other, _ := start(t, url)
	wait(t, "another store asks for the lock", asked)
	if _, err := holder.ExecContext(t.Context(), "SELECT pg_advisory_unlock(4097083626)"); err != nil {
		t.Fatal(err)
	}
	wait(t, "the other store has migrated", func() bool { return other.Ready() == nil })
}

// expectAway waits until the store knows that its database is away, and says so fast, and in the log
// with these words.
func expectAway(t *testing.T, s *Store, log *journal, words ...string) {
	t.Helper()
	wait(t, "the store is unavailable and the log tells", func() bool {
		return s.Ready() != nil && strings.Contains(log.String(), "level=WARN")
	})
	for _, word := range words {
		if !strings.Contains(log.String(), word) {
			t.Errorf("the log does not have %q:\n%s", word, log)
		}
	}
	const many = 1000
	began := time.Now()
	for range many {
		if _, err := s.Note(t.Context(), "01890a5d-ac96-774b-bcce-b302099a8057"); !errors.Is(err, ErrUnavailable) {
			t.Fatalf("Note() = %v, want ErrUnavailable", err)
		}
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("%d refusals took %v", many, took)
	}
}

// expectBack waits until a note can be made and the log has one line for each outage's end.
func expectBack(t *testing.T, s *Store, log *journal) {
	t.Helper()
	wait(t, "the store is back", func() bool {
		text := log.String()
		warned := strings.Count(text, "level=WARN")
		return s.Ready() == nil && warned > 0 && warned == strings.Count(text, "available again")
	})
	if _, err := s.CreateNote(t.Context(), "alice", "back", ""); err != nil {
		t.Errorf("CreateNote() after the outage = %v", err)
	}
}

// proxy stands before PostgreSQL, and is the network that fails. It is closed at first.
type proxy struct {
	url, address, server string

	mu       sync.Mutex
	silent   bool
	listener net.Listener
	conns    map[net.Conn]bool
}

func newProxy(t *testing.T) *proxy {
	t.Helper()
	server, err := pgx.ParseConfig(postgresURL(t))
	if err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free.Close()
	p := &proxy{
		address: free.Addr().String(),
		server:  net.JoinHostPort(server.Host, fmt.Sprint(server.Port)),
		conns:   map[net.Conn]bool{},
	}
	u := url.URL{Scheme: "postgres", User: url.UserPassword(server.User, server.Password), Host: p.address, Path: "/" + server.Database, RawQuery: "sslmode=disable"}
	p.url = u.String()
	t.Cleanup(p.cut)
	return p
}

func (p *proxy) open(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	p.listener = listener
	p.mu.Unlock()
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", p.server)
			if err != nil {
				client.Close()
				continue
			}
			p.mu.Lock()
			p.conns[client], p.conns[server] = true, true
			p.mu.Unlock()
			go p.pass(server, client)
			go p.pass(client, server)
		}
	}()
}

func (p *proxy) pass(to, from net.Conn) {
	defer to.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		p.mu.Lock()
		silent := p.silent
		p.mu.Unlock()
		if n > 0 && !silent {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// cut refuses new connections and ends the others.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		p.listener.Close()
	}
	for conn := range p.conns {
		conn.Close()
	}
	clear(p.conns)
}

func (p *proxy) silence(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.silent = on
}
