package store

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const nobodys = "01890a5d-ac96-774b-bcce-b302099a8057" // an id that no note has

func TestNoteLives(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := ready(t, url), t.Context()
		began := time.Now().UTC().Truncate(time.Microsecond)
		made, err := s.CreateNote(ctx, "alice", "Tëst – 標題 🗒️", "line\r\n\ttab 'quote' \"double\" $1 ?\u2028")
		if err != nil {
			t.Fatal(err)
		}
		want := Note{ID: made.ID, Owner: "alice", Title: "Tëst – 標題 🗒️", Text: "line\r\n\ttab 'quote' \"double\" $1 ?\u2028", Version: 1, CreatedAt: made.CreatedAt, UpdatedAt: made.CreatedAt}
		if diff := cmp.Diff(want, made); diff != "" {
			t.Errorf("CreateNote() (-want +got):\n%s", diff)
		}
		if made.CreatedAt.Before(began) || made.CreatedAt.Location() != time.UTC {
			t.Errorf("CreatedAt = %v, want UTC, and not before %v", made.CreatedAt, began)
		}
		if got, err := s.Note(ctx, made.ID); err != nil || got != made {
			t.Errorf("Note() = %v, %v; want what was made: %v", got, err, made)
		}

		changed, err := s.ReplaceNote(ctx, made.ID, "alice", 1, "", "other")
		want.Title, want.Text, want.Version, want.UpdatedAt = "", "other", 2, changed.UpdatedAt
		if err != nil || changed != want || changed.UpdatedAt.Before(made.UpdatedAt) || changed.UpdatedAt.Location() != time.UTC {
			t.Errorf("ReplaceNote() = %v, %v; want %v", changed, err, want)
		}
		if got, err := s.Note(ctx, made.ID); err != nil || got != changed {
			t.Errorf("Note() = %v, %v; want %v", got, err, changed)
		}

		if err := s.DeleteNote(ctx, made.ID, "alice", 2); err != nil {
			t.Errorf("DeleteNote() = %v", err)
		}
		if _, err := s.Note(ctx, made.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("Note() of a deleted one = %v, want ErrNotFound", err)
		}
	})
}

func TestChangesAreRefused(t *testing.T) {
	tests := []struct {
		name, id, owner string // id "": the note's
		version         int64
		want            error
	}{
		{"another's", "", "bob", 1, ErrNotFound},
		{"another's, any version", "", "bob", 0, ErrNotFound},
		{"no owner", "", "", 1, ErrInvalid},
		{"an owner that is no text", "", "a\x00b", 1, ErrInvalid},
		{"no such note", nobodys, "alice", 1, ErrNotFound},
		{"no such note, any version", nobodys, "alice", 0, ErrNotFound},
		{"no id", "x", "alice", 1, ErrNotFound},
		{"an id with NUL", "01890a5d-ac96-774b-bcce-b302099a805\x00", "alice", 1, ErrNotFound},
		{"older version", "", "alice", 1, ErrConflict},
		{"newer version", "", "alice", 3, ErrConflict},
		{"version of many digits", "", "alice", 1 << 62, ErrConflict},
		{"version below 0", "", "alice", -1, ErrConflict},
	}
	onEach(t, func(t *testing.T, url string) {
		s, ctx := ready(t, url), t.Context()
		note, err := s.CreateNote(ctx, "alice", "title", "")
		if err != nil {
			t.Fatal(err)
		}
		if note, err = s.ReplaceNote(ctx, note.ID, "alice", 0, "title", "text"); err != nil {
			t.Fatal(err)
		}
		for _, tt := range tests {
			id := tt.id
			if id == "" {
				id = note.ID
			}
			if _, err := s.ReplaceNote(ctx, id, tt.owner, tt.version, "new", "new"); !errors.Is(err, tt.want) {
				t.Errorf("%s: ReplaceNote() = %v, want %v", tt.name, err, tt.want)
			}
			if err := s.DeleteNote(ctx, id, tt.owner, tt.version); !errors.Is(err, tt.want) {
				t.Errorf("%s: DeleteNote() = %v, want %v", tt.name, err, tt.want)
			}
		}
		if got, err := s.Note(ctx, note.ID); err != nil || got != note {
			t.Errorf("Note() = %v, %v; want it unchanged: %v", got, err, note)
		}
		if err := s.DeleteNote(ctx, note.ID, "alice", 0); err != nil {
			t.Errorf("DeleteNote() of any version = %v", err)
		}
	})
}

func TestTextThatNoDatabaseHolds(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := ready(t, url), t.Context()
		for _, bad := range []string{"a\x00b", "\xff"} {
			_, inOwner := s.CreateNote(ctx, bad, "", "")
			_, inTitle := s.CreateNote(ctx, "alice", bad, "")
			_, inText := s.CreateNote(ctx, "alice", "", bad)
			_, inReplaced := s.ReplaceNote(ctx, nobodys, "alice", 0, "", bad)
			_, inList := s.Notes(ctx, NotesQuery{Owner: bad, Limit: 1})
			for i, err := range []error{inOwner, inTitle, inText, inReplaced, inList} {
				if !errors.Is(err, ErrInvalid) || errors.Is(err, ErrUnavailable) {
					t.Errorf("%q in place %d: %v, want ErrInvalid", bad, i, err)
				}
			}
		}
		if _, err := s.CreateNote(ctx, "", "title", "text"); !errors.Is(err, ErrInvalid) {
			t.Errorf("CreateNote() for nobody = %v, want ErrInvalid", err)
		}
		for _, query := range []NotesQuery{{}, {Limit: -1}, {Limit: 1, Before: "x"}, {Limit: 1, Before: "a\x00b"}} {
			if _, err := s.Notes(ctx, query); !errors.Is(err, ErrInvalid) {
				t.Errorf("Notes(%+v) = %v, want ErrInvalid", query, err)
			}
		}
	})
}

func TestLongNote(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := ready(t, url), t.Context()
		note, err := s.CreateNote(ctx, strings.Repeat("o", 255), "", strings.Repeat("長い", 200_000))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Note(ctx, note.ID); err != nil || got != note {
			t.Errorf("Note() is not what was made (%v)", err)
		}
	})
}

func TestNotesOfAnOwner(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := ready(t, url), t.Context()
		if notes, err := s.Notes(ctx, NotesQuery{Limit: 10}); err != nil || notes == nil || len(notes) != 0 {
			t.Errorf("Notes() of an empty table = %#v, %v; want an empty list", notes, err)
		}
		var all []Note // newest first
		for _, owner := range []string{"alice", "bob", "alice", "Alice", "bob"} {
			note, err := s.CreateNote(ctx, owner, "", "")
			if err != nil {
				t.Fatal(err)
			}
			all = slices.Insert(all, 0, note)
		}
		for _, tt := range []struct {
			query NotesQuery
			want  []Note
		}{
			{NotesQuery{Limit: 10}, all},
			{NotesQuery{Limit: 2}, all[:2]},
			{NotesQuery{Limit: 2, Before: all[1].ID}, all[2:4]},
			{NotesQuery{Limit: 2, Before: all[4].ID}, []Note{}},
			{NotesQuery{Limit: 10, Owner: "alice"}, []Note{all[2], all[4]}},
			{NotesQuery{Limit: 10, Owner: "alice", Before: all[2].ID}, []Note{all[4]}},
			{NotesQuery{Limit: 10, Owner: "carol"}, []Note{}},
			{NotesQuery{Limit: 10, Owner: "ali%"}, []Note{}},
		} {
			got, err := s.Notes(ctx, tt.query)
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Errorf("Notes(%+v): %v (-want +got):\n%s", tt.query, err, diff)
			}
		}
	})
}

func TestPagesWhileNotesAreAdded(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := ready(t, url), t.Context()
		var want []string // newest first
		for range 50 {
			note, err := s.CreateNote(ctx, "alice", "", "")
			if err != nil {
				t.Fatal(err)
			}
			want = slices.Insert(want, 0, note.ID)
		}
		var adding sync.WaitGroup
		stop := make(chan struct{})
		adding.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := s.CreateNote(ctx, "alice", "new", ""); err != nil {
					t.Error(err)
				}
			}
		})
		var got []string
		query := NotesQuery{Owner: "alice", Limit: 7}
		for {
			page, err := s.Notes(ctx, query)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for i, note := range page {
				if i > 0 && note.CreatedAt.After(page[i-1].CreatedAt) {
					t.Errorf("a note of %v comes after an older one of %v", note.CreatedAt, page[i-1].CreatedAt)
				}
				if note.Title != "new" {
					got = append(got, note.ID)
				}
			}
			query.Before = page[len(page)-1].ID
		}
		close(stop)
		adding.Wait()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the pages together (-want +got):\n%s", diff)
		}
	})
}

func TestOneOfManyReplacesWins(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := ready(t, url), t.Context()
		note, err := s.CreateNote(ctx, "alice", "", "")
		if err != nil {
			t.Fatal(err)
		}
		var won, lost atomic.Int32
		atOnce(50, func() {
			switch _, err := s.ReplaceNote(ctx, note.ID, "alice", 1, "won", ""); {
			case err == nil:
				won.Add(1)
			case errors.Is(err, ErrConflict):
				lost.Add(1)
			default:
				t.Error(err)
			}
		})
		if won.Load() != 1 || lost.Load() != 49 {
			t.Errorf("%d replaces won and %d had a conflict, want 1 and 49", won.Load(), lost.Load())
		}
		atOnce(50, func() {
			if _, err := s.ReplaceNote(ctx, note.ID, "alice", 0, "any", ""); err != nil {
				t.Error(err)
			}
		})
		if got, err := s.Note(ctx, note.ID); err != nil || got.Version != 52 {
			t.Errorf("Note() = version %d, %v; want each replace to count: 52", got.Version, err)
		}
	})
}

// Two stores stand for two processes, which SQLite's locks tell apart no less.
func TestManyWritersOfTwoStores(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		stores := []*Store{ready(t, url), ready(t, url)}
		var turn atomic.Int32
		atOnce(50, func() {
			s := stores[turn.Add(1)%2]
			for range 4 {
				if _, err := s.CreateNote(t.Context(), "alice", "", ""); err != nil {
					t.Error(err)
				}
				if _, err := s.Notes(t.Context(), NotesQuery{Limit: 5}); err != nil {
					t.Error(err)
				}
			}
		})
		if notes, err := stores[0].Notes(t.Context(), NotesQuery{Limit: 1000}); err != nil || len(notes) != 200 {
			t.Errorf("%d notes, %v; want 200", len(notes), err)
		}
	})
}

func atOnce(n int, f func()) {
	var all sync.WaitGroup
	begin := make(chan struct{})
	for range n {
		all.Go(func() {
			<-begin
			f()
		})
	}
	close(begin)
	all.Wait()
}
