package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Note belongs to one subject of the realm.
type Note struct {
	ID        string // a UUIDv7: newer notes have greater ids
	Owner     string // the subject
	Title     string
	Text      string
	Version   int64 // 1 at first, and one more with each change
	CreatedAt time.Time
	UpdatedAt time.Time
}

// NotesQuery says which notes are wanted.
type NotesQuery struct {
	Owner  string // "": everybody's
	Before string // the id of the last note seen; "" for the first page
	Limit  int    // at least 1
}

const noteColumns = "id, owner, title, text, version, created_at, updated_at"

// CreateNote keeps a new note.
func (s *Store) CreateNote(ctx context.Context, owner, title, text string) (Note, error) {
	if err := checkNote(owner, title, text); err != nil {
		return Note{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Note{}, fmt.Errorf("making an id: %w", err)
	}
	now := time.Now().UTC().Truncate(time.Microsecond) // what the database keeps of it
	note := Note{ID: id.String(), Owner: owner, Title: title, Text: text, Version: 1, CreatedAt: now, UpdatedAt: now}
	err = s.change(ctx, func(ctx context.Context) error {
		_, err := s.write.ExecContext(ctx, "INSERT INTO notes ("+noteColumns+") VALUES ($1, $2, $3, $4, $5, $6, $6)",
			note.ID, owner, title, text, note.Version, now.UnixMicro())
		return err
	})
	if err != nil {
		return Note{}, err
	}
	return note, nil
}

// Note returns one note, whoever owns it, or ErrNotFound.
func (s *Store) Note(ctx context.Context, id string) (Note, error) {
	if !isID(id) {
		return Note{}, ErrNotFound
	}
	notes, err := s.queryNotes(ctx, false, "SELECT "+noteColumns+" FROM notes WHERE id = $1", id)
	if err != nil {
		return Note{}, err
	}
	if len(notes) == 0 {
		return Note{}, ErrNotFound
	}
	return notes[0], nil
}

// Notes returns the newest notes first. It is never nil without an error.
func (s *Store) Notes(ctx context.Context, query NotesQuery) ([]Note, error) {
	if query.Limit < 1 || query.Before != "" && !isID(query.Before) {
		return nil, fmt.Errorf("%w: a page of notes needs a limit above 0, and a note's id to go on from", ErrInvalid)
	}
	if !storable(query.Owner) {
		return nil, fmt.Errorf("%w: an owner must be UTF-8 without NUL characters", ErrInvalid)
	}
	// Put together, as SQLite uses no index for a condition such as ($2 = '' OR owner = $2).
	text, args := "SELECT "+noteColumns+" FROM notes", []any{query.Limit}
	var conditions []string
	if query.Owner != "" {
		args = append(args, query.Owner)
		conditions = append(conditions, fmt.Sprintf("owner = $%d", len(args)))
	}
	if query.Before != "" {
		args = append(args, query.Before)
		conditions = append(conditions, fmt.Sprintf("id < $%d", len(args)))
	}
	if len(conditions) > 0 {
		text += " WHERE " + strings.Join(conditions, " AND ")
	}
	return s.queryNotes(ctx, false, text+" ORDER BY id DESC LIMIT $1", args...)
}

// ReplaceNote gives the owner's note another title and text. The errors are ErrNotFound, and ErrConflict
// where the note has another version than the given one; 0 means any.
func (s *Store) ReplaceNote(ctx context.Context, id, owner string, version int64, title, text string) (Note, error) {
	if err := checkNote(owner, title, text); err != nil {
		return Note{}, err
	}
	if !isID(id) {
		return Note{}, ErrNotFound
	}
	notes, err := s.queryNotes(ctx, true,
		"UPDATE notes SET title = $1, text = $2, updated_at = $3, version = version + 1 WHERE "+matching("$4", "$5", "$6")+" RETURNING "+noteColumns,
		title, text, time.Now().UnixMicro(), id, owner, version)
	if err != nil {
		return Note{}, err
	}
	if len(notes) == 0 {
		return Note{}, s.whyNone(ctx, id, owner)
	}
	return notes[0], nil
}

// DeleteNote removes the owner's note. The errors are ReplaceNote's.
func (s *Store) DeleteNote(ctx context.Context, id, owner string, version int64) error {
	if err := checkNote(owner); err != nil {
		return err
	}
	if !isID(id) {
		return ErrNotFound
	}
	notes, err := s.queryNotes(ctx, true, "DELETE FROM notes WHERE "+matching("$1", "$2", "$3")+" RETURNING "+noteColumns, id, owner, version)
	if err != nil {
		return err
	}
	if len(notes) == 0 {
		return s.whyNone(ctx, id, owner)
	}
	return nil
}

// matching is the condition of a change: who owns the note and what was seen of it are tested by the
// statement that changes it, so that nothing can come between. Without the cast PostgreSQL would
// take the version for a small number.
func matching(id, owner, version string) string {
	return fmt.Sprintf("id = %s AND owner = %s AND (version = CAST(%[3]s AS BIGINT) OR CAST(%[3]s AS BIGINT) = 0)", id, owner, version)
}

// whyNone says why a change found no note.
func (s *Store) whyNone(ctx context.Context, id, owner string) error {
	note, err := s.Note(ctx, id)
	if err != nil {
		return err
	}
	if note.Owner != owner {
		return ErrNotFound
	}
	return ErrConflict
}

// isID reports whether a note could have this id. What PostgreSQL would not take is none.
func isID(text string) bool { return len(text) == 36 && uuid.Validate(text) == nil }

// checkNote refuses notes of nobody: they would be everybody's whose token has no subject.
func checkNote(owner string, texts ...string) error {
	if owner == "" {
		return fmt.Errorf("%w: a note needs an owner", ErrInvalid)
	}
	if !storable(owner) || !storable(texts...) {
		return fmt.Errorf("%w: a note must be UTF-8 without NUL characters", ErrInvalid)
	}
	return nil
}

// queryNotes reads to the end, since SQLite ends a change with the last row.
func (s *Store) queryNotes(ctx context.Context, changes bool, query string, args ...any) ([]Note, error) {
	do, db := s.do, s.read
	if changes {
		do, db = s.change, s.write
	}
	notes := []Note{}
	err := do(ctx, func(ctx context.Context) error {
		rows, err := db.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var n Note
			var created, updated int64
			if err := rows.Scan(&n.ID, &n.Owner, &n.Title, &n.Text, &n.Version, &created, &updated); err != nil {
				return err
			}
			n.CreatedAt, n.UpdatedAt = time.UnixMicro(created).UTC(), time.UnixMicro(updated).UTC()
			notes = append(notes, n)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	return notes, nil
}
