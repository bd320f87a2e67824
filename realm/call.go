package realm

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"keystead/realm/pages"
)

// call is one request to a realm.
type call struct {
	w     http.ResponseWriter
	r     *http.Request
	s     *Server
	realm *served
	now   time.Time
}

// base is the scheme and host by which this server was reached. The issuer follows it, as Keycloak's
// does, so localhost and 127.0.0.1 are different issuers.
func (c *call) base() string { return baseOf(c.r) }

func baseOf(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

func (c *call) issuer() string { return c.base() + "/realms/" + url.PathEscape(c.realm.Name) }

func (c *call) cookiePath() string { return "/realms/" + url.PathEscape(c.realm.Name) + "/" }

func pathParam(r *http.Request, name string) string {
	value := chi.URLParam(r, name)
	if r.URL.RawPath == "" {
		return value // decoded already
	}
	if decoded, err := url.PathUnescape(value); err == nil {
		return decoded
	}
	return value
}

// refusal is an OAuth error answer (RFC 6749 §5.2), with Keycloak's code and words.
type refusal struct {
	status     int
	code, text string
}

func (e *refusal) Error() string { return e.code + ": " + e.text }

func refuse(status int, code, text string) error { return &refusal{status, code, text} }

// pageError is an error that a person reads on a page.
type pageError struct {
	status int
	text   string
	client *Client // whose app a link leads back to; may be nil
	detail string  // how to mend it, where there is more to say than Keycloak does
}

func (e *pageError) Error() string { return e.text }

func refusePage(status int, text string) error { return &pageError{status: status, text: text} }

// seeOther ends a handler with a redirect.
type seeOther struct{ to string }

func (e *seeOther) Error() string { return "see other" }

func (c *call) fail(err error) {
	var asJSON *refusal
	var asPage *pageError
	var elsewhere *seeOther
	switch {
	case errors.As(err, &elsewhere):
		_ = c.redirect(elsewhere.to)
	case errors.As(err, &asJSON):
		body := newObject()
		body.set("error", asJSON.code)
		body.setNonEmpty("error_description", asJSON.text)
		writeJSON(c.w, asJSON.status, body)
	case errors.As(err, &asPage):
		message := pages.Message{Frame: c.frame(), Title: "This request ends here", Text: asPage.text, Detail: asPage.detail, Error: true}
		if asPage.client != nil {
			if home := asPage.client.home(c.base()); home != "" {
				message.BackURL, message.BackText = home, "Back to Application"
			}
		}
		c.page(asPage.status, message)
	default:
		c.s.log.Error("a request failed", "realm", c.realm.Name, "path", c.r.URL.Path, "error", err)
		writeJSON(c.w, http.StatusInternalServerError, map[string]string{"error": "unknown_error"})
	}
}

// pageBase is where the pages' stylesheet is.
const pagesBase = "/keystead/pages"

func (c *call) frame() pages.Frame {
	return pages.Frame{Realm: c.realm.Title(), Base: pagesBase, Nonce: randomText(16)}
}

// page writes a page. It loads nothing but its stylesheet, and only its own kind may frame it.
// There is no form-action: browsers hold it against redirects, too, and a login ends with one to the app.
func (c *call) page(status int, page renderer) { writePage(c.w, status, page) }

type renderer interface{ Render(io.Writer) error }

func writePage(w http.ResponseWriter, status int, page renderer) {
	var text bytes.Buffer
	if err := page.Render(&text); err != nil { // a form cannot post to an address that is none of the web
		http.Error(w, "This page cannot be shown: "+err.Error(), http.StatusBadRequest)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html;charset=utf-8")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store, must-revalidate, max-age=0")
	}
	script := ""
	if post, ok := page.(pages.FormPost); ok {
		script = " script-src 'nonce-" + post.Nonce + "';"
	}
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self' data:;"+script+" base-uri 'none'; frame-ancestors 'self'")
	w.WriteHeader(status)
	_, _ = text.WriteTo(w) // who is gone reads no error
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (c *call) json(body any) error {
	writeJSON(c.w, http.StatusOK, body)
	return nil
}

func (c *call) redirect(to string) error {
	c.w.Header().Set("Location", to)
	c.w.WriteHeader(http.StatusFound)
	return nil
}

// form reads a form body. Keycloak takes no other kind: to it, a JSON body is an empty form.
func (c *call) form() (url.Values, error) {
	if err := c.r.ParseForm(); err != nil {
		return nil, refuse(http.StatusBadRequest, "invalid_request", "The form in the request cannot be read.")
	}
	return c.r.PostForm, nil
}

// repeated reports whether a parameter stands there twice, which OAuth forbids (RFC 6749 §3.1, §3.2).
func repeated(values url.Values) bool {
	for _, list := range values {
		if len(list) > 1 {
			return true
		}
	}
	return false
}

func (c *call) noStore() {
	c.w.Header().Set("Cache-Control", "no-store")
	c.w.Header().Set("Pragma", "no-cache")
}

// openOrigin lets pages of any origin read the answer: it holds nothing secret.
func (c *call) openOrigin() {
	if origin := c.r.Header.Get("Origin"); origin != "" {
		c.w.Header().Set("Access-Control-Allow-Origin", origin)
		c.w.Header().Set("Access-Control-Allow-Credentials", "true")
		c.w.Header().Add("Vary", "Origin")
	}
}

// echoOrigin is for answers before the client is known: the page may read why.
func (c *call) echoOrigin(expose string) {
	if origin := c.r.Header.Get("Origin"); origin != "" && origin != c.base() {
		c.openOrigin()
		c.w.Header().Set("Access-Control-Expose-Headers", expose)
	}
}

// admitOrigin refuses pages of origins that the client does not list, whatever else they got right.
func (c *call) admitOrigin(client *Client) error {
	origin := c.r.Header.Get("Origin")
	if origin == "" || origin == c.base() {
		return nil
	}
	for _, name := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers"} {
		c.w.Header().Del(name)
	}
	if !client.originAllowed(origin, c.base()) {
		return refuse(http.StatusForbidden, "Invalid origin", "")
	}
	c.openOrigin()
	c.w.Header().Set("Access-Control-Expose-Headers", "Access-Control-Allow-Methods")
	return nil
}

// ownPage refuses requests that a page of another site made the browser send. Fetch metadata tell;
// browsers without them send Origin; what sends neither is no browser. GET takes no form and is always let in.
func (c *call) ownPage() error {
	if err := crossOrigin.Check(c.r); err != nil {
		return refusePage(http.StatusForbidden, "This form was sent by a page of another site, so it was not acted on. Sign in from the app again.")
	}
	return nil
}

var crossOrigin = http.NewCrossOriginProtection()

// bearer returns the token of the Authorization header (RFC 6750 §2.1).
func (c *call) bearer() string {
	scheme, token, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

func (c *call) endpointURL(name string) string { return c.issuer() + oidc + name }

// addressOf is the caller's address without its port.
func addressOf(r *http.Request) string {
	host, _, ok := cutLast(r.RemoteAddr, ":")
	if !ok {
		return r.RemoteAddr
	}
	return strings.Trim(host, "[]")
}
