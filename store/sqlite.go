package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// sqliteReaders is how many connections read at once. In WAL mode they neither wait for the writer
// nor hold it up.
const sqliteReaders = 4

// sqlite is a database in a file of this machine.
type sqlite struct {
	file string
	seen os.FileInfo // the file that is open; only Run's ping uses it
}

// open makes one connection to write with, since writers would wait for each other anyway: in the
// pool's queue each has its turn, while SQLite's own waiting is by chance and fails after a while.
func (q *sqlite) open() (write, read *sql.DB) {
	// Waiting for another process's lock must end before the operation's time does, as it does not
	// heed a context.
	const both = "_busy_timeout=2000&_foreign_keys=on&_synchronous=FULL&_error_rc=1&_dqs=0"
	write = q.pool(both+"&_journal_mode=WAL&_txlock=immediate", 1)
	read = q.pool(both+"&mode=rw&_query_only=on", sqliteReaders) // rw: only the writer may create the file
	return write, read
}

func (q *sqlite) pool(options string, size int) *sql.DB {
	path := url.URL{Path: filepath.ToSlash(q.file)} // a path may have ? # and % in it
	db, err := sql.Open("sqlite", "file:"+path.EscapedPath()+"?"+options)
	if err != nil {
		panic(err) // there is no such driver: not for any URL
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db
}

// prepare makes a new file that only this process' user may read: SQLite itself would let everybody. The files beside it
// get the same rights.
func (q *sqlite) prepare() error {
	// A file that is there must not even be opened: closing it would take away the locks of all other connections of this
	// process (SQLite, "How To Corrupt An SQLite Database File", 2.2).
	file, err := os.OpenFile(q.file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case err != nil:
		return err
	}
	return file.Close()
}

func (q *sqlite) migrations(db *sql.DB) (*goose.Provider, error) {
	versions, err := database.NewStore(goose.DialectSQLite3, goose.DefaultTablename)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectCustom, db, migrationFiles(), goose.WithStore(onceEach{versions}), goose.WithDisableGlobalRegistry(true))
}

// onceEach keeps two processes from applying the same migration one after the other. SQLite has no lock
// that outlasts a transaction, but the version is noted in the migration's own transaction, so that
// what a second one did is undone when it cannot be noted twice.
type onceEach struct{ database.Store }

func (o onceEach) CreateVersionTable(ctx context.Context, db database.DBTxConn) error {
	if err := o.Store.CreateVersionTable(ctx, db); err != nil {
		return err
	}
	_, err := db.ExecContext(ctx, "CREATE UNIQUE INDEX goose_db_version_once ON "+o.Tablename()+" (version_id)")
	return err
}

// ping also asks whether the file is still the one that is open. Otherwise a deleted file would
// take what is written, and lose it with the process.
func (q *sqlite) ping(ctx context.Context, db *sql.DB) error {
	before := q.seen
	q.seen = nil
	file, err := os.Stat(q.file)
	if err != nil {
		return err
	}
	if before != nil && !os.SameFile(before, file) {
		return errors.New("the file was replaced by another")
	}
	if err := askVersion(ctx, db); err != nil {
		return err
	}
	q.seen = file
	return nil
}

// begin needs nothing more for one that is alone: in SQLite each that writes is.
func (q *sqlite) begin(ctx context.Context, db *sql.DB, _ bool) (*sql.Tx, error) {
	return db.BeginTx(ctx, nil) // immediate: see open
}

func (q *sqlite) announce(context.Context, *sql.Tx) error { return nil }

// listen hears nothing: SQLite tells no other process. The file is one machine's, and mostly one process'.
func (q *sqlite) listen(ctx context.Context, _ time.Duration, _ func()) error {
	<-ctx.Done()
	return nil
}

func (q *sqlite) skipLocked() string { return "" }

func (q *sqlite) judge(err error) trouble {
	failure, ok := errors.AsType[*driver.Error](err)
	if !ok {
		return mistake
	}
	switch failure.Code() & 0xff { // the rest tells kinds of a kind
	case codes.SQLITE_CANTOPEN, codes.SQLITE_NOTADB:
		return gone
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED, codes.SQLITE_PROTOCOL, codes.SQLITE_READONLY, codes.SQLITE_PERM,
		codes.SQLITE_IOERR, codes.SQLITE_FULL, codes.SQLITE_CORRUPT:
		return passing
	}
	return mistake
}

func (q *sqlite) name() string { return "SQLite file " + q.file }

func (q *sqlite) cause(err error) string { return err.Error() }

func (q *sqlite) mend() string {
	return fmt.Sprintf("the folder %s must exist and be writable, and the file, where it exists, must be a writable SQLite database on a disk with room", filepath.Dir(q.file))
}
