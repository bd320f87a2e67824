package files_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"keystead/api/files"
)

const (
	forever = "public, max-age=31536000, immutable"
	plain   = "console.log('0123456789')"
	brotli  = "BROTLI-abcdefghij"
	zipped  = "GZIP-ABCDEFGHIJKLM"
)

// built is a tree as the build leaves it.
var built = fstest.MapFS{
	"index.html":                  {Data: []byte("<!doctype html>")},
	"empty.txt":                   {},
	"assets/app-1a2b.js":          {Data: []byte(plain)},
	"assets/app-1a2b.js.br":       {Data: []byte(brotli)},
	"assets/app-1a2b.js.gz":       {Data: []byte(zipped)},
	"assets/logo.svg":             {Data: []byte("<svg/>")},
	"assets/logo.svg.gz":          {Data: []byte("SVG")},
	"assets/alone.csv.gz":         {Data: []byte("no base")},
	"assets/.hidden.js":           {Data: []byte("secret")},
	"assets/.git/config":          {Data: []byte("secret")},
	".gitkeep":                    {},
	".well-known/openid.json":     {Data: []byte("{}")},
	"folder.js/inner.js":          {Data: []byte("inner")},
	"folder.js.br":                {Data: []byte("beside a folder")},
	"..dots.js":                   {Data: []byte("hidden too")},
	"assets/link.js":              {Data: []byte("index.html"), Mode: fs.ModeSymlink},
	"assets/pipe.js":              {Mode: fs.ModeNamedPipe},
	"assets/a.b/c d/\u00fcber.js": {Data: []byte("names are bytes")},
}

func newIndex(t testing.TB, fsys fs.FS) *files.Index {
	t.Helper()
	x, err := files.New(fsys, false)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// serve sends a request with the header given as names and values in turn.
func serve(x *files.Index, method, name string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	x.Serve(rec, r, name, forever)
	return rec
}

func TestHas(t *testing.T) {
	x := newIndex(t, built)
	tests := map[string]bool{
		"index.html":                  true,
		"empty.txt":                   true,
		"assets/app-1a2b.js":          true,
		"assets/alone.csv.gz":         true,
		"folder.js.br":                true,
		"folder.js/inner.js":          true,
		"assets/a.b/c d/\u00fcber.js": true,

		"assets/app-1a2b.js.br":             false,
		"assets/app-1a2b.js.gz":             false,
		"assets/logo.svg.gz":                false,
		"assets/.hidden.js":                 false,
		"assets/.git/config":                false,
		".gitkeep":                          false,
		".well-known/openid.json":           false,
		"..dots.js":                         false,
		"assets/link.js":                    false,
		"assets/pipe.js":                    false,
		"":                                  false,
		".":                                 false,
		"/":                                 false,
		"assets":                            false,
		"assets/":                           false,
		"folder.js":                         false,
		"/index.html":                       false,
		"//index.html":                      false,
		"index.html/":                       false,
		"./index.html":                      false,
		"assets/../index.html":              false,
		"..":                                false,
		"../files.go":                       false,
		"../../../../etc/passwd":            false,
		"/etc/passwd":                       false,
		"%2e%2e/files.go":                   false,
		"assets/%2e%2e/index.html":          false,
		"assets%2fapp-1a2b.js":              false,
		"..%2f..%2fetc%2fpasswd":            false,
		"%252e%252e/files.go":               false,
		"index.html\x00":                    false,
		"index.html\x00.js":                 false,
		`assets\app-1a2b.js`:                false,
		`..\files.go`:                       false,
		"INDEX.HTML":                        false,
		"index.html ":                       false,
		"index.html?x":                      false,
		strings.Repeat("../", 500) + "x":    false,
		"assets/app-1a2b.js.br.gz":          false,
		"assets/a.b/c d/u\u0308ber.js":      false,
		"\xff":                              false,
		"file:///etc/passwd":                false,
		"C:/Windows/win.ini":                false,
		"assets/app-1a2b.js/../../.gitkeep": false,
	}
	for name, want := range tests {
		if got := x.Has(name); got != want {
			t.Errorf("Has(%q) = %t, want %t", name, got, want)
		}
		rec := serve(x, "GET", name)
		if wantStatus := map[bool]int{true: 200, false: 404}[want]; rec.Code != wantStatus {
			t.Errorf("GET %q = %d, want %d", name, rec.Code, wantStatus)
		}
		if !want && (rec.Header().Get("Cache-Control") != "" || rec.Header().Get("Etag") != "") {
			t.Errorf("GET %q: the 404 may be cached: %v", name, rec.Header())
		}
	}
}

func TestContentType(t *testing.T) {
	tests := map[string]string{
		"a.html": "text/html; charset=utf-8", "a.css": "text/css; charset=utf-8", "a.txt": "text/plain; charset=utf-8", "a.xml": "text/xml; charset=utf-8",
		"a.js": "text/javascript; charset=utf-8", "a.mjs": "text/javascript; charset=utf-8", "a.min.JS": "text/javascript; charset=utf-8",
		"a.json": "application/json", "a.js.map": "application/json", "a.webmanifest": "application/manifest+json", "a.wasm": "application/wasm", "a.pdf": "application/pdf",
		"a.svg": "image/svg+xml", "a.png": "image/png", "a.jpg": "image/jpeg", "a.jpeg": "image/jpeg", "a.webp": "image/webp", "a.avif": "image/avif", "a.gif": "image/gif", "a.ico": "image/vnd.microsoft.icon",
		"a.woff": "font/woff", "a.woff2": "font/woff2", "a.ttf": "font/ttf",
		"a": "application/octet-stream", "a.xyz": "application/octet-stream", "html": "application/octet-stream", "b.gz": "application/octet-stream", "b.html/c": "application/octet-stream",
	}
	tree := fstest.MapFS{}
	for name := range tests {
		tree[name] = &fstest.MapFile{Data: []byte("<!doctype html><script>")} // what sniffing would take for a page
	}
	x := newIndex(t, tree)
	for name, want := range tests {
		if got := serve(x, "GET", name).Header().Get("Content-Type"); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestVariants(t *testing.T) {
	x := newIndex(t, built)
	tests := []struct{ name, accept, encoding, vary, body string }{
		{"assets/app-1a2b.js", "br, gzip", "br", "Accept-Encoding", brotli},
		{"assets/app-1a2b.js", "gzip", "gzip", "Accept-Encoding", zipped},
		{"assets/app-1a2b.js", "", "", "Accept-Encoding", plain},
		{"assets/app-1a2b.js", "identity;q=0", "", "Accept-Encoding", plain},
		{"assets/logo.svg", "br, gzip", "gzip", "Accept-Encoding", "SVG"},
		{"assets/logo.svg", "br", "", "Accept-Encoding", "<svg/>"},
		{"index.html", "br, gzip", "", "", "<!doctype html>"},
		{"assets/alone.csv.gz", "gzip", "", "", "no base"},
		{"folder.js.br", "br", "", "", "beside a folder"},
		{"empty.txt", "br, gzip", "", "", ""},
	}
	for _, tt := range tests {
		rec := serve(x, "GET", tt.name, "Accept-Encoding", tt.accept)
		h := rec.Header()
		if rec.Code != 200 || rec.Body.String() != tt.body || h.Get("Content-Encoding") != tt.encoding || h.Get("Vary") != tt.vary {
			t.Errorf("%s for %q = %d %q %v, want %q in %q", tt.name, tt.accept, rec.Code, rec.Body, h, tt.body, tt.encoding)
		}
		if h.Get("Cache-Control") != forever || h.Get("Accept-Ranges") != "bytes" || h.Get("Last-Modified") != "" {
			t.Errorf("%s for %q: header %v", tt.name, tt.accept, h)
		}
	}
}

// The build keeps large files only compressed: whoever takes no encoding gets them as they were.
func TestOnlyCompressed(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = io.WriteString(w, plain)
	_ = w.Close()
	x := newIndex(t, fstest.MapFS{
		"app.js.br": {Data: []byte(brotli)}, "app.js.gz": {Data: packed.Bytes()},
		"broken.js.br": {Data: []byte(brotli)}, "broken.js.gz": {Data: packed.Bytes()[:packed.Len()-9]},
		"short.js.br": {}, "short.js.gz": {Data: []byte("x")},
		"library.js.gz": {Data: packed.Bytes()}, "library.txt.gz": {Data: packed.Bytes()},
	})
	for accept, want := range map[string]string{"": plain, "br": plain, "gzip, br": packed.String()} {
		if rec := serve(x, "GET", "library.js", "Accept-Encoding", accept); rec.Code != 200 || rec.Body.String() != want {
			t.Errorf("a script that is there only by gzip, for %q: %d %q", accept, rec.Code, rec.Body)
		}
	}
	if x.Has("library.js.gz") || x.Has("library.txt") || !x.Has("library.txt.gz") {
		t.Error("an archive of another kind is no file of its own, or a script's is")
	}
	if !x.Has("app.js") || x.Has("app.js.gz") || x.Has("app.js.br") {
		t.Error("it is known by another name than its own")
	}
	tags := map[string]bool{}
	for accept, want := range map[string]string{"": plain, "gzip": packed.String(), "br": brotli, "identity, gzip;q=0, br;q=0": plain} {
		rec := serve(x, "GET", "app.js", "Accept-Encoding", accept)
		if rec.Code != 200 || rec.Body.String() != want || rec.Header().Get("Content-Length") != strconv.Itoa(len(want)) || rec.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("for %q: %d %q %v", accept, rec.Code, rec.Body, rec.Header())
		}
		tags[rec.Header().Get("Etag")] = true
	}
	if len(tags) != 3 {
		t.Errorf("the three forms have the tags %v", tags)
	}
	if rec := serve(x, "GET", "app.js", "Range", "bytes=8-10"); rec.Code != 206 || rec.Body.String() != plain[8:11] {
		t.Errorf("a part: %d %q", rec.Code, rec.Body)
	}
	for _, name := range []string{"broken.js", "short.js"} {
		rec := serve(x, "GET", name)
		if rec.Code != 500 || rec.Header().Get("Etag") != "" || rec.Header().Get("Cache-Control") != "" {
			t.Errorf("%s: %d %v", name, rec.Code, rec.Header())
		}
	}
}

// A Vary that stands already, such as that of CORS, is kept.
func TestVaryIsAdded(t *testing.T) {
	x := newIndex(t, built)
	rec := httptest.NewRecorder()
	rec.Header().Set("Vary", "Origin")
	x.Serve(rec, httptest.NewRequest("GET", "/", nil), "assets/app-1a2b.js", forever)
	if got := strings.Join(rec.Header().Values("Vary"), ", "); got != "Origin, Accept-Encoding" {
		t.Errorf("Vary is %q", got)
	}
}

type joins int

func (j *joins) JoinNext() { *j++ }

// Only what net/http would write in two parts is joined.
func TestLargerFilesAreJoined(t *testing.T) {
	x := newIndex(t, fstest.MapFS{"small": {Data: make([]byte, 4096)}, "large": {Data: make([]byte, 4097)}})
	for _, tt := range []struct {
		method, name, header, value string
		want                        joins
	}{
		{"GET", "large", "Accept", "*/*", 1}, {"GET", "small", "Accept", "*/*", 0}, {"HEAD", "large", "Accept", "*/*", 0}, {"GET", "large", "Range", "bytes=0-4096", 0},
	} {
		var joined joins
		r := httptest.NewRequestWithContext(files.NewContext(t.Context(), &joined), tt.method, "/", nil)
		r.Header.Set(tt.header, tt.value)
		x.Serve(httptest.NewRecorder(), r, tt.name, forever)
		if joined != tt.want {
			t.Errorf("%s %s with %s: joined %d times, want %d", tt.method, tt.name, tt.header, joined, tt.want)
		}
	}
}

func TestETag(t *testing.T) {
	same := []byte("the same bytes in all")
	x := newIndex(t, fstest.MapFS{"a.js": {Data: same}, "a.js.br": {Data: same}, "a.js.gz": {Data: same}, "b.js": {Data: same}, "c.js": {Data: []byte("other")}})
	tag := func(name, accept string) string {
		return serve(x, "GET", name, "Accept-Encoding", accept).Header().Get("Etag")
	}

	sum := sha256.Sum256(same)
	if want := `"` + base64.RawURLEncoding.EncodeToString(sum[:]) + `"`; tag("a.js", "") != want || tag("b.js", "") != want {
		t.Errorf("tags %s and %s, want %s", tag("a.js", ""), tag("b.js", ""), want)
	}
	seen := map[string]bool{tag("a.js", ""): true, tag("a.js", "br"): true, tag("a.js", "gzip"): true, tag("c.js", ""): true}
	if len(seen) != 4 {
		t.Errorf("contents share a tag: %v", seen)
	}
}

// What is sent and the ETag stay one, whatever becomes of the folder.
func TestOpenFolder(t *testing.T) {
	outside, inside := t.TempDir(), t.TempDir()
	write(t, filepath.Join(outside, "secret.js"), "secret")
	write(t, filepath.Join(inside, "a.js"), plain)
	write(t, filepath.Join(inside, "a.js.br"), brotli)
	for link, target := range map[string]string{"out.js": filepath.Join(outside, "secret.js"), "in.js": "a.js", "folder": outside} {
		if err := os.Symlink(target, filepath.Join(inside, link)); err != nil {
			t.Skip("no links here:", err)
		}
	}
	root, err := os.OpenRoot(inside)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	x := newIndex(t, root.FS())
	for _, name := range []string{"out.js", "in.js", "folder", "folder/secret.js"} {
		if x.Has(name) {
			t.Errorf("%s is in the index", name)
		}
	}

	before := serve(x, "GET", "a.js", "Accept-Encoding", "br")
	write(t, filepath.Join(inside, "a.js.br"), "built anew")
	after := serve(x, "GET", "a.js", "Accept-Encoding", "br")
	if before.Body.String() != brotli || after.Body.String() != brotli || before.Header().Get("Etag") != after.Header().Get("Etag") {
		t.Errorf("%q, then %q", before.Body, after.Body)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// unreadable lists a file but refuses to open it.
type unreadable struct{ fstest.MapFS }

func (u unreadable) Open(name string) (fs.File, error) {
	if name == "index.html" {
		return nil, fs.ErrPermission
	}
	return u.MapFS.Open(name)
}

func (u unreadable) ReadFile(name string) ([]byte, error) { return nil, fs.ErrPermission }

func TestNewFails(t *testing.T) {
	if _, err := files.New(unreadable{built}, false); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("unreadable file: %v", err)
	}
	if _, err := files.New(os.DirFS(filepath.Join(t.TempDir(), "missing")), false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing folder: %v", err)
	}
	if x := newIndex(t, fstest.MapFS{}); x.Has("") || x.Has(".") {
		t.Error("an empty tree has files")
	}
}

// counting counts what is read.
type counting struct {
	fstest.MapFS
	reads map[string]int
}

func (c counting) ReadFile(name string) ([]byte, error) {
	c.reads[name]++
	return c.MapFS.ReadFile(name)
}

// What cannot change is read when it is wanted, and once; what can is read at the start, so that it is sent as it was then.
func TestFixedFilesAreReadWhenWanted(t *testing.T) {
	for _, fixed := range []bool{false, true} {
		c := counting{fstest.MapFS{"a.txt": {Data: []byte("first")}, "b.txt": {Data: []byte("other")}}, map[string]int{}}
		x, err := files.New(c, fixed)
		if err != nil {
			t.Fatal(err)
		}
		if (len(c.reads) == 0) != fixed {
			t.Errorf("fixed %t: New reads %v", fixed, c.reads)
		}
		before := serve(x, "GET", "a.txt")
		c.MapFS["a.txt"] = &fstest.MapFile{Data: []byte("second")}
		after := serve(x, "GET", "a.txt")
		if before.Body.String() != "first" || after.Body.String() != "first" || before.Header().Get("Etag") != after.Header().Get("Etag") || c.reads["a.txt"] != 1 || fixed && c.reads["b.txt"] != 0 {
			t.Errorf("fixed %t: %q, then %q; read %v", fixed, before.Body, after.Body, c.reads)
		}
	}
}

// discard is a response that goes nowhere.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

func BenchmarkServe(b *testing.B) {
	big := bytes.Repeat([]byte("0123456789"), 10_000)
	x := newIndex(b, fstest.MapFS{"app.js": {Data: bytes.Repeat(big, 4)}, "app.js.br": {Data: big}, "app.js.gz": {Data: big}})
	fresh := serve(x, "GET", "app.js", "Accept-Encoding", "br").Header().Get("Etag")
	for name, condition := range map[string]string{"whole": "", "not modified": fresh} {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequest("GET", "/app.js", nil)
			r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
			if condition != "" {
				r.Header.Set("If-None-Match", condition)
			}
			w := discard{make(http.Header)}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				x.Serve(w, r, "app.js", forever)
			}
		})
	}
}

// BenchmarkServer is the same through a real connection.
func BenchmarkServer(b *testing.B) {
	big := bytes.Repeat([]byte("0123456789"), 10_000)
	x := newIndex(b, fstest.MapFS{"app.js": {Data: bytes.Repeat(big, 4)}, "app.js.br": {Data: big}})
	server := newServer(b, x, "app.js")
	b.SetBytes(int64(len(big)))
	b.ReportAllocs()
	for b.Loop() {
		if res, body := fetch(b, server, "GET", "Accept-Encoding", "br"); res.StatusCode != 200 || len(body) != len(big) {
			b.Fatalf("%d with %d bytes", res.StatusCode, len(body))
		}
	}
}
