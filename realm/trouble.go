package realm

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"keystead/realm/pages"
)

// Trouble on demand: whoever tests an app switches on what goes wrong between the app and its realm.

const (
	maxDelay  = 60_000               // milliseconds before an answer
	maxHang   = time.Minute          // how long a request without an answer is kept
	maxOffset = 10 * 365 * 24 * 3600 // seconds that the clock is off at most, either way
	maxTimes  = 1_000_000            // requests that a trouble is told to last
	asked     = "This answer was asked for through the realm's control API: trouble is switched on for this endpoint."
	garbage   = "<!doctype html>\n<html lang=\"en\">\n<title>Welcome</title>\n<h1>Welcome to the network</h1>\n<p>This is not what was asked for.</p>\n</html>\n"
	htmlType  = "text/html;charset=utf-8"
	everybody = "all" // the endpoint that stands for each that has no trouble of its own
)

// What can go wrong with an answer.
const (
	answerNormal    = "normal"
	answerError     = "error"
	answerGarbage   = "garbage"
	answerTruncated = "truncated"
	answerEmpty     = "empty"
	answerHang      = "hang"
	answerReset     = "reset"
)

// answerTexts are the answers, with what they are.
var answerTexts = [][2]string{
	{answerNormal, "the usual one, late"},
	{answerError, "a status from 400 to 599"},
	{answerGarbage, "200 and an HTML page"},
	{answerTruncated, "half of the usual one"},
	{answerEmpty, "200 and nothing in it"},
	{answerHang, "none, until the caller gives up"},
	{answerReset, "none, the connection is closed"},
}

// endpointTexts are the names under which trouble is switched on, with what they stand for.
var endpointTexts = [][2]string{
	{"discovery", "the discovery document"},
	{"certs", "the key set"},
	{"auth", "the login and its pages"},
	{"token", "codes, refreshes, passwords"},
	{"introspect", "what a token holds"},
	{"userinfo", "who the user is"},
	{"revoke", "revocation"},
	{"logout", "the sign-out and its page"},
	{"device", "devices and their page"},
	{"account", "the account and its page"},
	{"frames", "the session's frames"},
	{everybody, "each that has no trouble of its own"},
}

func names(texts [][2]string) []string {
	var names []string
	for _, t := range texts {
		names = append(names, t[0])
	}
	return names
}

// troubleEndpoints are the paths below a realm that each name stands for: the path itself and all below it. The
// first that fits counts.
var troubleEndpoints = []struct{ name, path string }{
	{"discovery", "/.well-known"},
	{"certs", oidc + "/certs"},
	{"device", oidc + "/auth/device"},
	{"device", "/device"},
	{"auth", oidc + "/auth"},
	{"auth", oidc + "/registrations"},
	{"auth", oidc + "/forgot-credentials"},
	{"auth", "/login-actions"},
	{"introspect", oidc + "/token/introspect"},
	{"token", oidc + "/token"},
	{"userinfo", oidc + "/userinfo"},
	{"revoke", oidc + "/revoke"},
	{"logout", oidc + "/logout"},
	{"account", "/account"},
	{"frames", oidc + "/login-status-iframe.html"},
	{"frames", oidc + "/3p-cookies"},
}

// trouble is what goes wrong at an endpoint.
type trouble struct {
	Answer string `json:"answer"`
	Status int    `json:"status,omitempty"` // of the answer error
	Delay  int    `json:"delay_ms"`         // before the answer, in milliseconds
	Times  *int   `json:"times,omitempty"`  // how many requests it lasts still; nil: until taken away
}

// complete fills in what was left out, and returns what is wrong with the rest in words; "" when nothing is.
func (t *trouble) complete() string {
	if t.Answer == "" {
		t.Answer = answerNormal
	}
	if t.Answer == answerError && t.Status == 0 {
		t.Status = http.StatusServiceUnavailable
	}
	switch {
	case !slices.Contains(names(answerTexts), t.Answer):
		return fmt.Sprintf("There is no answer %q. There are: %s.", t.Answer, strings.Join(names(answerTexts), ", "))
	case t.Answer == answerError && (t.Status < 400 || t.Status > 599):
		return fmt.Sprintf("status must be from 400 to 599, got %d.", t.Status)
	case t.Answer != answerError && t.Status != 0:
		return fmt.Sprintf("status goes with the answer error only, not with %s.", t.Answer)
	case t.Delay < 0 || t.Delay > maxDelay:
		return fmt.Sprintf("delay_ms must be from 0 to %d milliseconds, got %d.", maxDelay, t.Delay)
	case t.Times != nil && (*t.Times < 1 || *t.Times > maxTimes):
		return fmt.Sprintf("times must be from 1 to %d requests, got %d; left out, it lasts until it is taken away.", maxTimes, *t.Times)
	case t.Answer == answerNormal && t.Delay == 0:
		return "The answer normal without delay_ms changes nothing: name another answer, or a delay."
	}
	return ""
}

// words says for people what goes wrong.
func (t trouble) words() string {
	text := map[string]string{
		answerNormal: "answers as usual", answerError: fmt.Sprintf("answers with status %d", t.Status), answerGarbage: "answers with an HTML page",
		answerTruncated: "breaks off its answer half-way", answerEmpty: "answers with nothing in it", answerHang: "never answers", answerReset: "closes the connection",
	}[t.Answer]
	if t.Delay > 0 && t.Answer != answerHang {
		text += fmt.Sprintf(" after %g s", float64(t.Delay)/1000)
	}
	switch {
	case t.Times == nil:
		return text
	case *t.Times == 1:
		return text + ", for one more request"
	}
	return fmt.Sprintf("%s, for %d more requests", text, *t.Times)
}

// spanWords is a time span in days, hours, minutes and seconds.
func spanWords(span time.Duration) string {
	var words []string
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if n := span / unit.length; n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, unit.name))
			span -= n * unit.length
		}
	}
	return strings.Join(words, " ")
}

// troubles are those of a realm, and how far its clock is off.
type troubles struct {
	mu     sync.Mutex
	set    map[string]trouble // by the name of the endpoint
	offset time.Duration

	wrong chan struct{} // holds one for each wrong secret that waits for its answer
}

func newTroubles() *troubles {
	return &troubles{set: map[string]trouble{}, wrong: make(chan struct{}, maxWrong)}
}

// now is the realm's time when the clock on the wall says wall.
func (t *troubles) now(wall time.Time) time.Time { return wall.Add(t.shift()) }

func (t *troubles) shift() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.offset
}

func (t *troubles) all() map[string]trouble {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.set)
}

// clockWords say how far the clock is off; "" when it is right.
func (t *troubles) clockWords() string {
	switch off := t.shift(); {
	case off > 0:
		return spanWords(off) + " ahead"
	case off < 0:
		return spanWords(-off) + " behind"
	}
	return ""
}

// troublesSet tells what goes wrong, for people.
func (v *served) troublesSet() []pages.TroubleSet {
	all := v.troubles.all()
	var set []pages.TroubleSet
	for _, endpoint := range slices.Sorted(maps.Keys(all)) {
		set = append(set, pages.TroubleSet{Endpoint: endpoint, Words: all[endpoint].words()})
	}
	return set
}

func (t *troubles) put(endpoint string, set trouble) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.set[endpoint] = set
}

// remove reports whether there was any.
func (t *troubles) remove(endpoint string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.set[endpoint]
	delete(t.set, endpoint)
	return ok
}

// take returns what goes wrong with a request to the endpoint, and counts the request. Of the last one that a
// trouble lasts for, it names the endpoint for which the trouble was set.
func (t *troubles) take(endpoint string) (taken trouble, goesWrong bool, over string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range []string{endpoint, everybody} {
		set, ok := t.set[name]
		switch {
		case !ok:
			continue
		case set.Times == nil:
			return set, true, ""
		case *set.Times == 1:
			delete(t.set, name)
			return set, true, name
		}
		left := *set.Times - 1
		set.Times = &left
		t.set[name] = set
		return set, true, ""
	}
	return trouble{}, false, ""
}

// endpointName is the name of the endpoint that a request is for: "" for one that only "all" stands for, and
// false for those that are never in trouble.
func (c *call) endpointName() (string, bool) {
	path := strings.TrimPrefix(chi.RouteContext(c.r.Context()).RoutePattern(), "/realms/{realm}")
	at := func(place string) bool { return path == place || strings.HasPrefix(path, place+"/") }
	if at("/keystead") {
		return "", false
	}
	for _, e := range troubleEndpoints {
		if at(e.path) {
			return e.name, true
		}
	}
	return "", true
}

// inTrouble lets the handler answer, unless this request is to go wrong. Preflights never do: a browser would
// tell its page nothing of what went wrong.
func (c *call) inTrouble(handle func(*call) error) error {
	endpoint, ok := c.endpointName()
	if !ok || c.r.Method == http.MethodOptions {
		return handle(c)
	}
	t, goesWrong, over := c.realm.troubles.take(endpoint)
	if over != "" {
		c.logTroubleEnd(over, "it has lasted for as many requests as it was to")
	}
	if !goesWrong {
		return handle(c)
	}
	if t.Delay > 0 {
		c.hold(time.Duration(t.Delay) * time.Millisecond)
		c.now = c.realm.troubles.now(c.s.now())
		if latest := c.s.current()[c.realm.Name]; latest != nil { // the file may have been read again meanwhile
			c.realm = latest
		}
	}
	switch t.Answer {
	case answerNormal:
		return handle(c)
	case answerTruncated:
		return c.breakOff(handle)
	case answerHang:
		c.hold(maxHang)
		panic(http.ErrAbortHandler)
	case answerReset:
		panic(http.ErrAbortHandler)
	}
	c.noStore()
	c.openOrigin() // an app in a browser is to see what comes, too
	switch {
	case t.Answer == answerGarbage:
		c.w.Header().Set("Content-Type", htmlType)
		_, err := io.WriteString(c.w, garbage)
		return err
	case t.Answer == answerEmpty && endpoint == "certs":
		return c.json(map[string][]publicKey{"keys": {}})
	case t.Answer == answerEmpty:
		return c.json(struct{}{})
	case strings.Contains(c.r.Header.Get("Accept"), "text/html"): // Keycloak, too, asks for nothing else
		return refusePage(t.Status, asked)
	}
	return refuse(t.Status, "unknown_error", asked)
}

// hold lets time pass before the answer. A caller who gives up, or the end of the server, ends the request.
func (c *call) hold(d time.Duration) {
	// net/http notices that a caller is gone only when it has read the whole request.
	body, err := io.ReadAll(c.r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	c.r.Body = io.NopCloser(bytes.NewReader(body))
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Time{}) // the server's is for answers that come at once
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.r.Context().Done():
		panic(http.ErrAbortHandler)
	}
}

// breakOff sends the length of the handler's answer, and half of the answer. net/http then closes the
// connection. One without a body goes as it is.
func (c *call) breakOff(handle func(*call) error) error {
	whole := &heldAnswer{ResponseWriter: c.w, status: http.StatusOK}
	c.w = whole
	if err := handle(c); err != nil {
		c.fail(err)
	}
	c.w = whole.ResponseWriter
	if whole.body.Len() > 0 {
		c.w.Header().Set("Content-Length", strconv.Itoa(whole.body.Len()))
	}
	c.w.WriteHeader(whole.status)
	_, err := c.w.Write(whole.body.Next(whole.body.Len() / 2))
	return err
}

// heldAnswer keeps status and body back.
type heldAnswer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (a *heldAnswer) WriteHeader(status int)      { a.status = status }
func (a *heldAnswer) Write(b []byte) (int, error) { return a.body.Write(b) }
