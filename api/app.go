package api

import (
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"
)

//go:embed placeholder.html
var placeholder string

// app serves the built single-page app: its page, rendered for each request, and its files.
type app struct {
	files    fs.FS
	page     *template.Template
	settings Settings
	policy   string // Content-Security-Policy with NONCE in place of the nonce
}

func newApp(files fs.FS, settings Settings) (*app, error) {
	text, err := fs.ReadFile(files, "index.html")
	if errors.Is(err, fs.ErrNotExist) {
		text = []byte(placeholder)
	} else if err != nil {
		return nil, fmt.Errorf("reading the page: %w", err)
	}
	page, err := template.New("index.html").Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("parsing the page: %w", err)
	}
	realm, err := url.Parse(settings.KeycloakURL)
	if err != nil {
		return nil, fmt.Errorf("parsing the realm's URL: %w", err)
	}
	return &app{files: files, page: page, settings: settings, policy: strings.Join([]string{
		"default-src 'none'",
		"script-src 'self' 'nonce-NONCE'",
		"style-src 'self' 'nonce-NONCE'",
		"img-src 'self' data:",
		"font-src 'self'",
		"connect-src 'self' " + realm.Scheme + "://" + realm.Host, // keycloak-js gets its tokens there
		"base-uri 'none'",
		"form-action 'self'",
		"frame-ancestors 'none'",
	}, "; ")}, nil
}

// showPage answers with a file of the app's root, such as its icon, or else with the page: which
// path means what is for the app to say.
func (a *app) showPage(w http.ResponseWriter, r *http.Request) error {
	name := strings.TrimPrefix(r.URL.Path, "/")
	if name != "index.html" && a.has(name) {
		w.Header().Set("Cache-Control", "no-cache")
		return a.serve(w, r, name)
	}
	nonce := rand.Text()
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Security-Policy", strings.ReplaceAll(a.policy, "NONCE", nonce))
	return a.page.Execute(w, struct {
		Nonce    string
		Settings Settings
	}{nonce, a.settings})
}

// showAsset answers with a file below /assets/, whose name holds a hash of its content: it may be
// kept for ever. A missing one is a 404 and never the page, which a browser would take for a script.
func (a *app) showAsset(w http.ResponseWriter, r *http.Request) error {
	name := strings.TrimPrefix(r.URL.Path, "/")
	if !a.has(name) {
		return notFound(w, r)
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	return a.serve(w, r, name)
}

// has reports whether the app has a file of that name. Folders and hidden files do not count.
func (a *app) has(name string) bool {
	if strings.HasPrefix(name, ".") || strings.Contains(name, "/.") {
		return false
	}
	info, err := fs.Stat(a.files, name)
	return err == nil && info.Mode().IsRegular()
}

func (a *app) serve(w http.ResponseWriter, r *http.Request, name string) error {
	file, err := a.files.Open(name)
	if err != nil {
		return fmt.Errorf("opening %s: %w", name, err)
	}
	defer file.Close()
	content, ok := file.(io.ReadSeeker)
	if !ok {
		return fmt.Errorf("%s cannot be sought in", name)
	}
	http.ServeContent(w, r, name, time.Time{}, content)
	return nil
}
