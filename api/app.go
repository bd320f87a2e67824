package api

import (
	"cmp"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"keystead/api/files"
)

//go:embed placeholder.html
var placeholder string

// app serves what the build of web/ has left: its pages, rendered for each request, and its files.
type app struct {
	files    *files.Index
	settings Settings
	pages    map[string]*page // by file name

	messagePolicy string // as page has it, of the pages that are not the build's
}

type page struct {
	template *template.Template
	policy   string // Content-Security-Policy, with NONCE in place of the nonce
	opener   string // Cross-Origin-Opener-Policy; "": none
}

// The build's pages. Their files are templates, and never served as they are.
const (
	appPage      = "index.html"
	docsPage     = "docs.html"
	redirectPage = "oauth2-redirect.html"
	redocPage    = "redoc.html"
)

func newApp(fsys fs.FS, fixed bool, settings Settings) (*app, error) {
	index, err := files.New(fsys, fixed)
	if err != nil {
		return nil, err
	}
	realm, err := url.Parse(settings.KeycloakURL)
	if err != nil {
		return nil, fmt.Errorf("parsing the realm's URL: %w", err)
	}
	withRealm := policyOf("'self' " + realm.Scheme + "://" + realm.Host)
	own := withRealm
	if settings.LoginMode == sessionMode { // the app has nothing to do with the realm, then
		own = policyOf("'self'")
	}
	a := &app{files: index, settings: settings, messagePolicy: withRealm, pages: map[string]*page{
		appPage:   {policy: own, opener: "same-origin"},
		redocPage: {policy: own, opener: "same-origin"},
		// The login of the docs happens in a popup, which must keep its opener; at its end it stands on the redirect
		// page, which finds the opener only without a policy of its own.
		docsPage:     {policy: withRealm, opener: "same-origin-allow-popups"},
		redirectPage: {policy: withRealm},
	}}
	for name, page := range a.pages {
		text, err := fs.ReadFile(fsys, name)
		if errors.Is(err, fs.ErrNotExist) {
			text = []byte(placeholder)
		} else if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		if page.template, err = template.New(name).Parse(string(text)); err != nil {
			return nil, fmt.Errorf("parsing %s: %w", name, err)
		}
	}
	return a, nil
}

// policyOf returns the Content-Security-Policy of pages that talk to these origins. Tokens are fetched from the realm's, and a
// form that signs out ends there.
func policyOf(origins string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self' 'nonce-NONCE'",
		"style-src 'self' 'nonce-NONCE'",
		"img-src 'self' data:",
		"font-src 'self'",
		"connect-src " + origins,
		"base-uri 'none'",
		"form-action " + origins, // the app signs out by a form: the ID token must not stand in an address
		"frame-ancestors 'none'",
	}, "; ")
}

// showPage returns the handler that renders a page.
func (a *app) showPage(name string) handler {
	return func(w http.ResponseWriter, _ *http.Request) error { return a.render(w, name, "no-cache") }
}

// showSignIn answers a person who opened an operation's address without a token: the app signs them in.
func (a *app) showSignIn(w http.ResponseWriter) error { return a.render(w, appPage, "no-store") }

func (a *app) render(w http.ResponseWriter, name, cacheControl string) error {
	page, nonce := a.pages[name], rand.Text()
	h := w.Header()
	setPageHeaders(h, page.policy, page.opener, nonce)
	h.Set("Cache-Control", cacheControl)
	return page.template.Execute(w, struct {
		Nonce    string
		Settings Settings
	}{nonce, a.settings})
}

// setPageHeaders sets what a page has beyond every answer: nothing else can run a script, which these are about.
func setPageHeaders(h http.Header, policy, opener, nonce string) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", strings.ReplaceAll(policy, "NONCE", nonce))
	h.Set("Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()")
	if opener != "" {
		h.Set("Cross-Origin-Opener-Policy", opener)
	}
}

// showApp answers with a file of the build's root, such as the icon, or else with the app's page: which
// path means what is for the app to say.
func (a *app) showApp(w http.ResponseWriter, r *http.Request) error {
	name := strings.TrimPrefix(r.URL.Path, "/")
	if a.pages[cmp.Or(name, appPage)] == nil && a.files.Has(name) {
		a.files.Serve(w, r, name, "no-cache")
		return nil
	}
	return a.render(w, appPage, "no-cache")
}

// showAsset answers with a file below /assets/, whose name holds a hash of its content: it may be
// kept for ever. A missing one is a 404 and never the page, which a browser would take for a script.
func (a *app) showAsset(w http.ResponseWriter, r *http.Request) error {
	name := strings.TrimPrefix(r.URL.Path, "/")
	if !a.files.Has(name) {
		return notFound(w, r)
	}
	a.files.Serve(w, r, name, "public, max-age=31536000, immutable")
	return nil
}
