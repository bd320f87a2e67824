package store

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
)

var (
	errKind       = errors.New("it must be sqlite:PATH, such as sqlite:keystead.db, or postgres://USER:PASSWORD@HOST:PORT/DATABASE")
	errNoPath     = errors.New("sqlite: needs the path of a file, such as sqlite:keystead.db")
	errMemory     = errors.New("a database in memory is not possible, as every connection would have its own; name a file, such as sqlite:keystead.db")
	errSlashes    = errors.New("sqlite: takes a path without slashes that stand for a host, such as sqlite:keystead.db or sqlite:/var/lib/keystead/keystead.db")
	errFolder     = errors.New("the path after sqlite: names a folder, and it must be a file's")
	errPostgres   = errors.New("it is not a PostgreSQL URL such as postgres://keystead:PASSWORD@db.example.com:5432/keystead?sslmode=verify-full: check the port and the options after the question mark, and write @ : / ? # and % in the password as %40 %3A %2F %3F %23 and %25")
	errAtInSecret = errors.New("an @ stands where a host or a database is named: write @ and / in the password as %40 and %2F")
)

func parse(url string) (engine, error) {
	if path, found := strings.CutPrefix(url, "sqlite:"); found {
		return parseSQLite(path)
	}
	if strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://") {
		return parsePostgres(url)
	}
	return nil, errKind
}

func parseSQLite(path string) (engine, error) {
	switch {
	case path == "":
		return nil, errNoPath
	case strings.Contains(path, ":memory:"):
		return nil, errMemory
	case strings.HasPrefix(path, "//"):
		return nil, errSlashes
	case strings.HasSuffix(path, "/") || filepath.Base(path) == "." || filepath.Base(path) == "..":
		return nil, errFolder
	}
	file, err := filepath.Abs(path) // where it is must not change with the working folder
	return &sqlite{file: file}, err
}

func parsePostgres(url string) (engine, error) {
	config, err := pgx.ParseConfig(url)
	if unread, ok := errors.AsType[*fs.PathError](err); ok {
		return nil, unread // a certificate that the URL names
	}
	if err != nil {
		return nil, errPostgres // the parser's own words quote the URL
	}
	// What follows an unescaped @ or / of a password is taken for a host or a database, would be sent
	// there, and would be logged.
	names := config.Database + config.Host
	for _, other := range config.Fallbacks {
		names += other.Host
	}
	if strings.Contains(names, "@") {
		return nil, errAtInSecret
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = pingTimeout
	}
	return &postgres{config: config}, nil
}
