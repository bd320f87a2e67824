package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

const (
	postgresConns    = 10
	postgresLifetime = 30 * time.Minute     // so that a new server behind the same name gets its share
	postgresIdle     = 2 * operationTimeout // how long a transaction may say nothing
	postgresLock     = 0x6b657973746561     // a number that nobody else uses in this database
	postgresChannel  = "keystead_revocations"
)

// postgres is a database on a server.
type postgres struct {
	config *pgx.ConnConfig
}

func (p *postgres) open() (write, read *sql.DB) {
	db := stdlib.OpenDB(*p.config)
	db.SetMaxOpenConns(postgresConns)
	db.SetMaxIdleConns(postgresConns)
	db.SetConnMaxLifetime(postgresLifetime)
	return db, db
}

func (p *postgres) prepare() error { return nil }

// migrations lets one replica migrate at a time. The others ask for the lock each second, and are
// refused after a minute, to be back with the next attempt.
func (p *postgres) migrations(db *sql.DB) (*goose.Provider, error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db, migrationFiles(), goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
}

func (p *postgres) ping(ctx context.Context, db *sql.DB) error { return askVersion(ctx, db) }

// begin takes an advisory lock until the transaction ends, shared unless it is alone. The statements after that see what
// those have committed who held it before; in a transaction that is more isolated, which a server may have as its default,
// they would not. A process that vanishes in the middle must not hold the lock until the server misses it, hours later.
func (p *postgres) begin(ctx context.Context, db *sql.DB, alone bool) (*sql.Tx, error) {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return nil, err
	}
	lock := "pg_advisory_xact_lock_shared($2)"
	if alone {
		lock = "pg_advisory_xact_lock($2)"
	}
	_, err = tx.ExecContext(ctx, "SELECT set_config('idle_in_transaction_session_timeout', $1, true), "+lock, fmt.Sprint(postgresIdle.Milliseconds()), postgresLock)
	if err != nil {
		tx.Rollback()
		return nil, err
	}
	return tx, nil
}

func (p *postgres) announce(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, "NOTIFY "+postgresChannel)
	return err
}

func (p *postgres) skipLocked() string { return " FOR UPDATE SKIP LOCKED" }

func (p *postgres) judge(err error) trouble {
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch code := failure.Code; {
		case strings.HasPrefix(code, "53"), code == "25006": // no room, and a server that only reads
			return passing
		case strings.HasPrefix(code, "08"), strings.HasPrefix(code, "57P0"): // no connection, and shutdowns
			return gone
		}
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return gone
	}
	if errors.Is(err, context.DeadlineExceeded) { // is a net.Error, too
		return passing
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return gone
	}
	for _, cut := range []error{driver.ErrBadConn, sql.ErrConnDone, pgconn.ErrConnClosed, net.ErrClosed, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, cut) {
			return gone
		}
	}
	return mistake
}

func (p *postgres) name() string {
	return fmt.Sprintf("PostgreSQL %s, database %s", net.JoinHostPort(p.config.Host, fmt.Sprint(p.config.Port)), p.config.Database)
}

// cause leaves out the user, whom the driver puts in front and the server names in quotes.
func (p *postgres) cause(err error) string {
	if failure, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		err = failure.Unwrap()
	}
	text := strings.Join(strings.Fields(err.Error()), " ") // one line
	return strings.ReplaceAll(text, `"`+p.config.User+`"`, `"***"`)
}

func (p *postgres) mend() string {
	return "the server must run and be reachable from here, and the URL must name its host, database, user and password; the user must be allowed to create tables there"
}
