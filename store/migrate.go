package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

var errNewer = errors.New("an older binary meets a newer database, and leaves it alone")

func migrationFiles() fs.FS {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the path is not a valid one: not at run time
	}
	return files
}

// migrate brings the tables up to date, unless a newer release already brought them further.
func (s *Store) migrate(ctx context.Context) error {
	provider, err := s.engine.migrations(s.write) // a new one each time, as it remembers failures
	if err != nil {
		return err
	}
	before, known, err := provider.GetVersions(ctx)
	if err != nil {
		return err
	}
	if before > known {
		return fmt.Errorf("%w: its tables have version %d, and this release knows them up to %d", errNewer, before, known)
	}
	// Another process may apply a migration between a look at an SQLite database and the attempt, which
	// then fails and changes nothing. It can do so with each, and each time the next look knows more.
	for range len(provider.ListSources()) + 1 {
		_, err = provider.Up(ctx)
		if _, failed := errors.AsType[*goose.PartialError](err); !failed {
			break
		}
	}
	if err == nil && before < known {
		s.log.Info("the database's tables are up to date", "version", known, "before", before)
	}
	return err
}

// askVersion is what a ping asks. Unlike the drivers' own it reads from the database, and notices
// when that has been emptied.
func askVersion(ctx context.Context, db *sql.DB) error {
	var version int64
	return db.QueryRowContext(ctx, "SELECT max(version_id) FROM "+goose.DefaultTablename).Scan(&version)
}
