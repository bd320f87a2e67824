package store

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

var (
	// ErrUnavailable means that the database cannot be used now, for no fault of the caller's.
	ErrUnavailable = errors.New("the database is unavailable")
	// ErrNotFound means that there is no such row, or that it is another owner's.
	ErrNotFound = errors.New("not found")
	// ErrConflict means that the row has another version than the caller saw.
	ErrConflict = errors.New("changed in the meantime")
	// ErrRevoked means that somebody signed out, or was signed out, before what was to be kept.
	ErrRevoked = errors.New("revoked")
	// ErrInvalid means that the caller asked for what no database could do.
	ErrInvalid = errors.New("invalid")
)

// errRefused is ErrUnavailable for a database that answers, and refuses: the disk is full, it only reads.
var errRefused = fmt.Errorf("%w", ErrUnavailable)

// trouble is what an error of a database says about the database.
type trouble int

const (
	mistake trouble = iota // nothing: the error is ours or the caller's
	passing                // it could not do this, but may well do the next
	gone                   // it cannot be reached
)

// maxKey is how many bytes of a text an index can hold: PostgreSQL refuses a little more than twice as many.
const maxKey = 1000

// indexable reports whether both databases can hold these texts and find them by an index.
func indexable(texts ...string) bool {
	for _, text := range texts {
		if len(text) > maxKey {
			return false
		}
	}
	return storable(texts...)
}

// storable reports whether both databases can hold these texts: PostgreSQL takes neither NUL nor
// what is not UTF-8.
func storable(texts ...string) bool {
	for _, text := range texts {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return false
		}
	}
	return true
}
