package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"keystead/auth"
	"keystead/store"
)

// Notes are the example of a resource, to be copied: what is needed to list, create, read, replace and delete things that
// belong to their callers. What they look like in the database is in the package store.

// note is one note as the API shows it.
type note struct {
	ID        string    `json:"id"`
	Owner     string    `json:"owner" doc:"The subject of whoever wrote it."`
	Title     string    `json:"title"`
	Text      string    `json:"text"`
	Version   int64     `json:"version" doc:"The number in its ETag, which a change must name."`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// noteBody is what a caller says of a note.
type noteBody struct {
	Title string `json:"title" maxLength:"200" pattern:"^[^\\x00-\\x1f]*[^\\x00-\\x20][^\\x00-\\x1f]*$" patternDescription:"one line that is not blank"`
	Text  string `json:"text" required:"false" nullable:"true" maxLength:"10000" pattern:"^[^\\x00]*$" patternDescription:"text without NUL characters" doc:"Empty where it is left out."`
}

type noteOutput struct {
	ETag string `header:"ETag"`
	Body note
}

type createdNote struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     note
}

type notesInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many to return at most."`
	Cursor string `query:"cursor" pattern:"^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})?$" patternDescription:"the next of a page" doc:"What the page before has as next; none for the first page."`
	Owner  string `query:"owner" maxLength:"255" pattern:"^[^\\x00]*$" patternDescription:"text without NUL characters" doc:"Only those of this subject; me for the caller's own." example:"me"`
}

// notePage is a part of a list, newest first.
type notePage struct {
	Notes []note `json:"notes"`
	Next  string `json:"next,omitempty" doc:"The cursor of the next page; absent on the last."`
}

type createNoteInput struct{ Body noteBody }

type noteInput struct {
	ID string `path:"id" maxLength:"100" pattern:"^[0-9A-Za-z-]+$" patternDescription:"the id of a note"`
}

type replaceNoteInput struct {
	ID      string `path:"id" maxLength:"100" pattern:"^[0-9A-Za-z-]+$" patternDescription:"the id of a note"`
	IfMatch string `header:"If-Match" doc:"The ETag of the note that the change is based on (RFC 9110 §13.1.1); 428 without it." example:"\"1\""`
	Body    noteBody
}

type deleteNoteInput struct {
	ID      string `path:"id" maxLength:"100" pattern:"^[0-9A-Za-z-]+$" patternDescription:"the id of a note"`
	IfMatch string `header:"If-Match" doc:"The ETag of the note that is to go; any where it is left out." example:"\"1\""`
}

// registerNotes makes the operations on notes. A token without a subject can own nothing: what it wrote would belong to
// every other such token, too.
func (s *server) registerNotes(t *Table) {
	policy := auth.Require(auth.Claim("sub").Present()).Because("everybody has notes of their own; the role admin reads all")
	notFound := []int{http.StatusNotFound}
	changed := append(notFound, http.StatusForbidden, http.StatusPreconditionFailed)

	register(t, operation{
		ID: "listNotes", Method: http.MethodGet, Path: "/api/notes", Summary: "The caller's notes, newest first", Tag: "notes", Policy: policy,
		Description: "Callers with the realm role admin get everybody's.",
		Example:     notePage{[]note{exampleNote}, exampleNote.ID},
	}, s.listNotes)
	register(t, operation{
		ID: "createNote", Method: http.MethodPost, Path: "/api/notes", Summary: "Write a note", Tag: "notes", Policy: policy,
		Status: http.StatusCreated, Example: exampleNote, BodyExample: exampleNoteBody,
	}, s.createNote)
	register(t, operation{
		ID: "showNote", Method: http.MethodGet, Path: "/api/notes/{id}", Summary: "One note", Tag: "notes", Policy: policy,
		Refusals: notFound, Example: exampleNote,
	}, s.showNote)
	register(t, operation{
		ID: "replaceNote", Method: http.MethodPut, Path: "/api/notes/{id}", Summary: "Change a note of one's own", Tag: "notes", Policy: policy,
		Description: "The header If-Match names the version that the change is based on, so that two people who change one note at once cannot lose each other's words.",
		Refusals:    append(changed, http.StatusPreconditionRequired), Example: exampleNote, BodyExample: exampleNoteBody,
	}, s.replaceNote)
	register(t, operation{
		ID: "deleteNote", Method: http.MethodDelete, Path: "/api/notes/{id}", Summary: "Delete a note of one's own", Tag: "notes", Policy: policy,
		Refusals: changed,
	}, s.deleteNote)
}

var (
	exampleNoteBody = noteBody{Title: "Groceries", Text: "Bread, milk"}
	exampleNote     = note{
		ID: "01936f0e-5b7c-7d3a-9c1e-2f4b8a6d0c35", Owner: "f0c2e9a4-7f1d-4c55-9d27-0b6f9e3a1c88", Title: "Groceries", Text: "Bread, milk", Version: 1,
		CreatedAt: exampleTime, UpdatedAt: exampleTime,
	}
)

func noteOf(n store.Note) note {
	return note{n.ID, n.Owner, n.Title, n.Text, n.Version, n.CreatedAt, n.UpdatedAt}
}

func etagOf(n store.Note) string { return strconv.Quote(strconv.FormatInt(n.Version, 10)) }

func (s *server) listNotes(ctx context.Context, in *notesInput) (*bodyOf[notePage], error) {
	p := caller(ctx)
	owner := in.Owner
	switch {
	case owner == "me":
		owner = p.Subject()
	case readsAllNotes(p):
	case owner == "":
		owner = p.Subject()
	case owner != p.Subject():
		return &bodyOf[notePage]{notePage{Notes: []note{}}}, nil // whether they have any is not the caller's business
	}
	found, err := s.store.Notes(ctx, store.NotesQuery{Owner: owner, Before: strings.ToLower(in.Cursor), Limit: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	page := notePage{Notes: []note{}}
	for i, n := range found {
		if i == in.Limit { // one more than was asked for: there is another page
			page.Next = found[i-1].ID
			break
		}
		page.Notes = append(page.Notes, noteOf(n))
	}
	return &bodyOf[notePage]{page}, nil
}

func (s *server) createNote(ctx context.Context, in *createNoteInput) (*createdNote, error) {
	n, err := s.store.CreateNote(ctx, caller(ctx).Subject(), in.Body.Title, in.Body.Text)
	if err != nil {
		return nil, err
	}
	return &createdNote{"/api/notes/" + n.ID, etagOf(n), noteOf(n)}, nil
}

func (s *server) showNote(ctx context.Context, in *noteInput) (*noteOutput, error) {
	n, err := s.readableNote(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &noteOutput{etagOf(n), noteOf(n)}, nil
}

func (s *server) replaceNote(ctx context.Context, in *replaceNoteInput) (*noteOutput, error) {
	n, version, err := s.changeableNote(ctx, in.ID, in.IfMatch)
	if err != nil {
		return nil, err
	}
	if in.IfMatch == "" {
		return nil, &Problem{Status: http.StatusPreconditionRequired, Code: codePreconditionRequired, Detail: "Send the ETag of the note that you read as If-Match, so that nobody's change is lost"}
	}
	n, err = s.store.ReplaceNote(ctx, n.ID, n.Owner, version, in.Body.Title, in.Body.Text)
	if err != nil {
		return nil, noteProblem(err)
	}
	return &noteOutput{etagOf(n), noteOf(n)}, nil
}

func (s *server) deleteNote(ctx context.Context, in *deleteNoteInput) (*nothing, error) {
	n, version, err := s.changeableNote(ctx, in.ID, in.IfMatch)
	if err != nil {
		return nil, err
	}
	if err := s.store.DeleteNote(ctx, n.ID, n.Owner, version); err != nil {
		return nil, noteProblem(err)
	}
	return nil, nil
}

// readableNote returns a note that the caller may read. Another's is as absent as one that never was.
func (s *server) readableNote(ctx context.Context, id string) (store.Note, error) {
	p := caller(ctx)
	n, err := s.store.Note(ctx, id)
	if err == nil && n.Owner != p.Subject() && !readsAllNotes(p) {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.Note{}, noteProblem(err)
	}
	return n, nil
}

// changeableNote returns a note of the caller's own that is in a version which ifMatch admits, and the version that it must
// still have when it is changed; 0 where any will do.
func (s *server) changeableNote(ctx context.Context, id, ifMatch string) (n store.Note, version int64, err error) {
	n, err = s.readableNote(ctx, id)
	switch {
	case err != nil:
		return n, 0, err
	case n.Owner != caller(ctx).Subject():
		return n, 0, &auth.Error{Code: auth.CodeClaimMismatch, Reason: "Only its owner may change a note"}
	case ifMatch == "" || matches(ifMatch, "*"):
		return n, 0, nil
	case !matches(ifMatch, etagOf(n)):
		return n, 0, noteProblem(store.ErrConflict)
	}
	return n, n.Version, nil
}

func readsAllNotes(p *auth.Principal) bool { return p.HasRealmRole("admin") }

// matches reports whether a list as If-Match has it holds an ETag, compared letter by letter (RFC 9110 §13.1.1).
func matches(list, etag string) bool {
	for item := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(item) == etag {
			return true
		}
	}
	return false
}

// noteProblem turns what the database has to say into what the caller may read.
func noteProblem(err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return &Problem{Status: http.StatusNotFound, Code: codeNotFound, Detail: "There is no such note, or it is not yours"}
	case errors.Is(err, store.ErrConflict):
		return &Problem{Status: http.StatusPreconditionFailed, Code: codePreconditionFailed, Detail: "The note was changed since you read it: read it again, and change that"}
	}
	return err
}
