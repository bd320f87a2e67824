package api

import (
	"crypto/rand"
	_ "embed"
	"html/template"
	"maps"
	"net/http"
)

//go:embed message.html
var messageText string

var messagePage = template.Must(template.New("message").Parse(messageText))

// message is a page that the app has no part in: what has become of a login or a sign-out, and what to do next.
type message struct {
	Title  string
	Text   string
	Action action
	Other  action // the zero value: there is none

	Nonce     string
	RequestID string // of a failure
}

// action is a way on: a link, or where it changes something a form.
type action struct {
	Label   string
	Address string
	Post    bool
	First   bool
}

// showMessage answers with a page, and where it is about a problem with its status and headers.
func (s *server) showMessage(w http.ResponseWriter, r *http.Request, problem *Problem, m message) error {
	status := http.StatusOK
	if problem != nil {
		p := s.problem(r.Context(), problem)
		maps.Copy(w.Header(), p.header)
		status, m.RequestID = p.Status, recordOf(r.Context()).id
	}
	m.Nonce, m.Action.First = rand.Text(), true
	h := w.Header()
	setPageHeaders(h, s.app.messagePolicy, "same-origin", m.Nonce)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	return messagePage.Execute(w, m)
}
