package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"keystead/api"
	"keystead/auth/authtest"
)

type note struct {
	ID, Owner, Title, Text string
	Version                int
}

type notePage struct {
	Notes []note
	Next  string
}

// write creates a note and returns its address.
func write(t *testing.T, h http.Handler, token, title string) string {
	t.Helper()
	rec := callWith(h, "POST", "/api/notes", token, `{"title": "`+title+`", "text": "words"}`)
	var n note
	decode(t, rec, "application/json", &n)
	location := rec.Header().Get("Location")
	if rec.Code != http.StatusCreated || location != "/api/notes/"+n.ID || rec.Header().Get("ETag") != `"1"` || n.Version != 1 || n.Title != title {
		t.Fatalf("create = %d %v %s", rec.Code, rec.Header(), rec.Body)
	}
	return location
}

func codeOf(t *testing.T, body []byte) string {
	t.Helper()
	var problem api.Problem
	if err := json.Unmarshal(body, &problem); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return string(problem.Code)
}

// Who may do what to whose note.
func TestNotesBelongToTheirOwner(t *testing.T) {
	realm := authtest.NewIssuer(t)
	h := newHandler(t, realm)
	alice, bob, carol := realm.Token("alice", "admin"), realm.Token("bob", "user"), realm.Token("carol")
	stranger := realm.Sign(realm.Claims("nobody").With("sub", nil))
	bobs, alices := write(t, h, bob, "of bob"), write(t, h, alice, "of alice")

	const change = `{"title": "changed"}`
	for _, tt := range []struct {
		name, method, path, token string
		status                    int
		code                      string
	}{
		{"no subject, no notes", "GET", "/api/notes", stranger, 403, "claim_mismatch"},
		{"nor any to write", "POST", "/api/notes", stranger, 403, "claim_mismatch"},
		{"nor anybody's to read", "GET", bobs, stranger, 403, "claim_mismatch"},
		{"another's does not exist", "GET", bobs, carol, 404, "not_found"},
		{"to be changed", "PUT", bobs, carol, 404, "not_found"},
		{"to be deleted", "DELETE", bobs, carol, 404, "not_found"},
		{"an admin's neither", "GET", alices, bob, 404, "not_found"},
		{"what is no id", "GET", "/api/notes/1", bob, 404, "not_found"},
		{"an admin reads it", "GET", bobs, alice, 200, ""},
		{"and no more", "PUT", bobs, alice, 403, "claim_mismatch"},
		{"than that", "DELETE", bobs, alice, 403, "claim_mismatch"},
		{"the owner reads it", "GET", bobs, bob, 200, ""},
		{"changes it", "PUT", bobs, bob, 200, ""},
		{"deletes it", "DELETE", bobs, bob, 204, ""},
		{"once", "DELETE", bobs, bob, 404, "not_found"},
	} {
		rec := callWith(h, tt.method, tt.path, tt.token, change, `If-Match: "1"`)
		if tt.method == "DELETE" && tt.status == 204 {
			rec = callWith(h, tt.method, tt.path, tt.token, "")
		}
		if rec.Code != tt.status {
			t.Errorf("%s: %s = %d, want %d; %s", tt.name, tt.path, rec.Code, tt.status, rec.Body)
		}
		if tt.code != "" && codeOf(t, rec.Body.Bytes()) != tt.code {
			t.Errorf("%s: %s", tt.name, rec.Body)
		}
	}
}

// A change names what it is based on, so that nobody's words are lost.
func TestNotesAreNotOverwritten(t *testing.T) {
	realm := authtest.NewIssuer(t)
	h := newHandler(t, realm)
	bob := realm.Token("bob")
	at := write(t, h, bob, "first")
	for _, tt := range []struct {
		method, ifMatch string
		status          int
		code, etag      string
	}{
		{"PUT", "", 428, "precondition_required", ""},
		{"PUT", `"7"`, 412, "precondition_failed", ""},
		{"PUT", `W/"1"`, 412, "precondition_failed", ""},
		{"PUT", `1`, 412, "precondition_failed", ""},
		{"PUT", `"1"`, 200, "", `"2"`},
		{"PUT", `"1"`, 412, "precondition_failed", ""},
		{"PUT", `"9", "2"`, 200, "", `"3"`},
		{"PUT", `*`, 200, "", `"4"`},
		{"DELETE", `"3"`, 412, "precondition_failed", ""},
		{"DELETE", `"4"`, 204, "", ""},
	} {
		var headers []string
		if tt.ifMatch != "" {
			headers = []string{"If-Match: " + tt.ifMatch}
		}
		rec := callWith(h, tt.method, at, bob, `{"title": "second"}`, headers...)
		if rec.Code != tt.status || rec.Header().Get("ETag") != tt.etag {
			t.Errorf("%s with If-Match %s = %d %q, want %d %q", tt.method, tt.ifMatch, rec.Code, rec.Header().Get("ETag"), tt.status, tt.etag)
		}
		if tt.code != "" && codeOf(t, rec.Body.Bytes()) != tt.code {
			t.Errorf("%s with If-Match %s: %s", tt.method, tt.ifMatch, rec.Body)
		}
	}
}

// What is wrong is named by its field, and not repeated.
func TestNotesRefuseWhatIsNotOne(t *testing.T) {
	realm := authtest.NewIssuer(t)
	h := newHandler(t, realm)
	bob := realm.Token("bob")
	for _, tt := range []struct {
		name, body, contentType string
		status                  int
		code, fields            string
	}{
		{"no body", "", "application/json", 400, "request_malformed", ""},
		{"no JSON", `{"title": hunter2}`, "application/json", 400, "request_malformed", ""},
		{"no object", `["hunter2"]`, "application/json", 422, "validation", "body"},
		{"another type of content", `<title>hunter2</title>`, "application/xml", 415, "media_type", ""},
		{"no title", `{}`, "application/json", 422, "validation", "body.title"},
		{"a name twice", `{"title": "hunter2", "title": "x"}`, "application/json", 400, "request_malformed", ""},
		{"text that is not UTF-8", "{\"title\": \"hunter2 \xff\"}", "application/json", 400, "request_malformed", ""},
		{"an empty title", `{"title": ""}`, "application/json", 422, "validation", "body.title"},
		{"a blank title", `{"title": "  "}`, "application/json", 422, "validation", "body.title"},
		{"a title of two lines", `{"title": "hunter2\nx"}`, "application/json", 422, "validation", "body.title"},
		{"a title that is a number", `{"title": 4711}`, "application/json", 422, "validation", "body.title"},
		{"a title too long", `{"title": "` + strings.Repeat("hunter2", 30) + `"}`, "application/json", 422, "validation", "body.title"},
		{"a text too long and a member too many", `{"title": "x", "text": "` + strings.Repeat("x", 10001) + `", "owner": "hunter2"}`, "application/json", 422, "validation", "body.owner body.text"},
		{"a text with NUL", `{"title": "x", "text": "hunter2\u0000"}`, "application/json", 422, "validation", "body.text"},
		{"a member of a thousand letters", `{"title": "x", "` + strings.Repeat("a", 1000) + `": 1}`, "application/json", 422, "validation", "body." + strings.Repeat("a", 95)},
		{"the same member in another case", `{"title": "x", "TITLE": "hunter2\nx"}`, "application/json", 422, "validation", "body.TITLE"},
		{"only another case", `{"Title": "x"}`, "application/json", 422, "validation", "body.Title body.title"},
		{"another case with another type", `{"title": "x", "TEXT": 4711}`, "application/json", 422, "validation", "body.TEXT"},
		{"no type of content at all is JSON", `{"title": "x"}`, "", 201, "", ""},
		{"letters count, not bytes", `{"title": "` + strings.Repeat("ß", 200) + `"}`, "application/json; charset=utf-8", 201, "", ""},
		{"a text of several lines", `{"title": "x", "text": "one\ntwo\t☃"}`, "application/json", 201, "", ""},
	} {
		rec := callWith(h, "POST", "/api/notes", bob, tt.body, "Content-Type: "+tt.contentType)
		if rec.Code != tt.status {
			t.Errorf("%s = %d, want %d; %s", tt.name, rec.Code, tt.status, rec.Body)
			continue
		}
		if tt.code == "" {
			continue
		}
		var problem api.Problem
		decode(t, rec, "application/problem+json", &problem)
		var fields []string
		for _, f := range problem.Fields {
			fields = append(fields, f.Field)
			if f.Message == "" || !strings.Contains(problem.Detail, f.Field) {
				t.Errorf("%s: %+v", tt.name, problem)
			}
		}
		if string(problem.Code) != tt.code || strings.Join(fields, " ") != tt.fields || problem.Detail == "" {
			t.Errorf("%s: %+v, want the fields %s", tt.name, problem, tt.fields)
		}
		if strings.Contains(rec.Body.String(), "hunter2") || strings.Contains(rec.Body.String(), "4711") {
			t.Errorf("%s: what was sent is repeated: %s", tt.name, rec.Body)
		}
	}
	if rec := callWith(h, "POST", "/api/notes", bob, `{"title": " "}`); !strings.Contains(rec.Body.String(), "expected string to be one line that is not blank") {
		t.Errorf("a blank title is called %s", rec.Body)
	}
	many := callWith(h, "POST", "/api/notes", bob, `{"title": "x"`+manyMembers(500)+`}`)
	if many.Code != 422 || many.Body.Len() > 5000 {
		t.Errorf("five hundred mistakes = %d with %d bytes", many.Code, many.Body.Len())
	}
}

func manyMembers(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, `, "m%d": 1`, i)
	}
	return text.String()
}

// Pages go on where the last one ended, whatever is written meanwhile.
func TestNotesComeInPages(t *testing.T) {
	realm := authtest.NewIssuer(t)
	h := newHandler(t, realm)
	alice, bob := realm.Token("alice", "admin"), realm.Token("bob")
	var page notePage
	decode(t, call(h, "GET", "/api/notes", bob), "application/json", &page)
	if page.Notes == nil || len(page.Notes) != 0 || page.Next != "" {
		t.Errorf("an empty list = %+v", page)
	}
	for i := range 7 {
		write(t, h, bob, fmt.Sprint("note ", i))
		write(t, h, alice, fmt.Sprint("hers ", i))
	}
	read := func(token, query string) []string {
		var titles []string
		for next, round := "", 0; round == 0 || next != ""; round++ {
			var page notePage
			decode(t, call(h, "GET", "/api/notes?limit=3&"+query+"&cursor="+next, token), "application/json", &page)
			for _, n := range page.Notes {
				titles = append(titles, n.Title)
			}
			if next = page.Next; round > 20 {
				t.Fatal("the list does not end")
			}
			write(t, h, bob, "late") // which is newer than what is still to come
		}
		return titles
	}
	if got := strings.Join(read(bob, "x=y"), ","); got != "note 6,note 5,note 4,note 3,note 2,note 1,note 0" {
		t.Errorf("bob's = %s", got)
	}
	if got := read(alice, "owner=me"); len(got) != 7 || got[0] != "hers 6" {
		t.Errorf("alice's own = %v", got)
	}
	if got := read(alice, "owner=id-of-bob"); len(got) < 10 || strings.Contains(strings.Join(got, ","), "hers") {
		t.Errorf("bob's by alice = %v", got)
	}
	if got := read(alice, "x=y"); len(got) < 17 {
		t.Errorf("all = %v", got)
	}
	if got := read(bob, "owner=id-of-alice"); len(got) != 0 {
		t.Errorf("alice's by bob = %v", got)
	}
	// A filter that cannot be read must not be dropped: an admin would get everybody's.
	for _, query := range []string{"owner=%zz", "owner=alice%", "owner=%ff", "owner=%ED%A0%80", "limit=%zz", "a;b=c", "%ff=x"} {
		if rec := call(h, "GET", "/api/notes?"+query, alice); rec.Code != 400 || codeOf(t, rec.Body.Bytes()) != "request_malformed" {
			t.Errorf("%s = %d %s", query, rec.Code, rec.Body)
		}
	}
	for query, field := range map[string]string{"owner=%00": "query.owner", "limit=": "query.limit", "limit=0": "query.limit", "limit=101": "query.limit", "cursor=hunter2": "query.cursor"} {
		rec := call(h, "GET", "/api/notes?"+query, bob)
		if rec.Code != 422 || !strings.Contains(rec.Body.String(), `"field":"`+field+`"`) || strings.Contains(rec.Body.String(), "hunter2") {
			t.Errorf("%s = %d %s", query, rec.Code, rec.Body)
		}
	}
}

// Of fifty who change one version at once, one wins; of fifty who do not mind which version it is, all do.
func TestNotesUnderConcurrentChanges(t *testing.T) {
	realm := authtest.NewIssuer(t)
	h := newHandler(t, realm)
	bob := realm.Token("bob")
	const callers = 50
	for _, tt := range []struct {
		method, ifMatch string
		won             int
		lost            int // the status of the others
	}{
		{"PUT", `"1"`, 1, 412},
		{"PUT", `*`, callers, 0},
		{"DELETE", `"1"`, 1, 404},
		{"DELETE", `*`, 1, 404},
	} {
		at := write(t, h, bob, "contended")
		statuses := make([]int, callers)
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				statuses[i] = callWith(h, tt.method, at, bob, `{"title": "changed"}`, "If-Match: "+tt.ifMatch).Code
			})
		}
		wg.Wait()
		won := 0
		for _, status := range statuses {
			switch status {
			case 200, 204:
				won++
			case tt.lost:
			default:
				t.Errorf("%s with If-Match %s = %d", tt.method, tt.ifMatch, status)
			}
		}
		if won != tt.won {
			t.Errorf("%s with If-Match %s: %d won, want %d", tt.method, tt.ifMatch, won, tt.won)
		}
		var n note
		rec := call(h, "GET", at, bob)
		if tt.method == "PUT" {
			decode(t, rec, "application/json", &n)
		}
		if tt.method == "PUT" && n.Version != 1+tt.won || tt.method == "DELETE" && rec.Code != 404 {
			t.Errorf("%s with If-Match %s left version %d, %d", tt.method, tt.ifMatch, n.Version, rec.Code)
		}
	}
}
