// Package files serves the files of a built app: each under its own name, in the encoding that suits
// the caller, with a validator, and in parts where parts are asked for.
package files

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Index holds every file that may be served. It never changes after New, so any number of requests may use it at once.
//
// What is sent is what its ETag was made of, even when a folder on disk is built anew behind the running server: the content is
// in memory, and a whole file goes out in one write. For files embedded in the binary that makes a second copy, once
// somebody wants them; the first one is backed by the binary on disk and not touched again, so the system may drop it.
type Index struct {
	files map[string]*file
}

// file is what one name stands for: always as it is, and perhaps compressed as well.
type file struct {
	contentType []string
	variants    [codings]*variant // nil where there is none; identity is always there
}

// variant is the content in one encoding.
type variant struct {
	encoding []string // nil for identity
	form     func() (*form, error)
}

// form is what is sent of a variant. Header values are slices, made once and shared by all answers: nobody may write into
// them.
type form struct {
	body     []byte
	encoding []string // nil for identity
	etag     []string
	length   []string
}

// read returns the content of the file of that name.
type read func(name string) ([]byte, error)

var (
	acceptRanges = []string{"bytes"}
	suffixes     = [codings]string{brotli: ".br", gzipped: ".gz"}
	encodings    = [codings]string{brotli: "br", gzipped: "gzip"}
)

// New takes in every regular file of fsys. A file NAME.br or NAME.gz beside NAME is taken for NAME
// compressed, not for a file of its own; that it really is, is not checked. So are, without NAME, NAME.br and NAME.gz that
// stand there together, and NAME.gz alone where NAME is a script or a style sheet, as the build leaves them: other archives
// are there to be fetched as they are. Left out are files and folders whose name begins
// with a dot, and links: not even those that stay inside are followed.
//
// Every file is read once: now, or where fsys is fixed, as what is embedded in the binary, when somebody first wants it.
func New(fsys fs.FS, fixed bool) (*Index, error) {
	names := make(map[string]bool)
	contents := make(map[string][]byte)
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := name != "." && strings.HasPrefix(entry.Name(), ".")
		if hidden && entry.IsDir() {
			return fs.SkipDir
		}
		if hidden || !entry.Type().IsRegular() {
			return nil
		}
		names[name] = true
		if !fixed {
			contents[name], err = fs.ReadFile(fsys, name)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the files: %w", err)
	}
	read := func(name string) ([]byte, error) { return contents[name], nil }
	if fixed {
		read = func(name string) ([]byte, error) { return fs.ReadFile(fsys, name) }
	}
	x := &Index{files: make(map[string]*file)}
	for name := range names {
		name = represented(name, names)
		if x.files[name] == nil {
			x.files[name] = newFile(name, names, read)
		}
	}
	return x, nil
}

// represented returns the name of the file that the content of this name is of: another one where it is that one compressed.
func represented(name string, names map[string]bool) string {
	base, cut := strings.CutSuffix(name, suffixes[brotli])
	if !cut {
		base, cut = strings.CutSuffix(name, suffixes[gzipped])
	}
	kind := path.Ext(base)
	switch {
	case !cut: // it is of itself
	case names[base], names[base+suffixes[gzipped]] && (names[base+suffixes[brotli]] || kind == ".js" || kind == ".css"):
		return base
	}
	return name
}

func newFile(name string, names map[string]bool, read read) *file {
	f := &file{contentType: contentType(path.Ext(name))}
	for c, suffix := range suffixes {
		if names[name+suffix] {
			f.variants[c] = newVariant(encodings[c], func() ([]byte, []byte, error) {
				body, err := read(name + suffix)
				return body, body, err
			})
		}
	}
	if f.variants[identity] == nil {
		f.variants[identity] = newVariant("", func() ([]byte, []byte, error) {
			packed, err := read(name + suffixes[gzipped])
			if err != nil {
				return nil, nil, err
			}
			body, err := unpack(packed)
			return body, packed, err
		})
	}
	return f
}

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r) // it checks sum and length: RFC 1952 §2.3.1
}

// newVariant makes the ETag of the bytes that were found and of the encoding: tags of one file must differ by
// encoding (RFC 9110 §8.8.3.3), also should the build write the same bytes twice.
func newVariant(encoding string, load func() (body, found []byte, err error)) *variant {
	v := &variant{}
	suffix := ""
	if encoding != "" {
		v.encoding, suffix = []string{encoding}, "-"+encoding
	}
	v.form = sync.OnceValues(func() (*form, error) {
		body, found, err := load()
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(found)
		return &form{
			body: body, encoding: v.encoding, length: []string{strconv.Itoa(len(body))},
			etag: []string{`"` + base64.RawURLEncoding.EncodeToString(sum[:]) + suffix + `"`},
		}, nil
	})
	return v
}

// Has reports whether there is a file of that name, without a leading slash. Names are compared and
// never taken apart, so there is no way out of the index: "a/../b" is just a name that nothing has.
func (x *Index) Has(name string) bool {
	_, ok := x.files[name]
	return ok
}

// Serve answers a GET or HEAD with the file, cacheControl being sent as it is. To call it for a name
// that Has denies is a mistake, answered with a plain 404. It does not look at the method beyond
// telling HEAD from GET, nor at who asks.
func (x *Index) Serve(w http.ResponseWriter, r *http.Request, name, cacheControl string) {
	f, ok := x.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	sent, err := f.choose(r.Header["Accept-Encoding"]).form()
	if err != nil { // the build has left something else under a compressed file's name
		http.Error(w, name+" cannot be unpacked", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h["Content-Type"] = f.contentType
	h["Etag"] = sent.etag
	h.Set("Cache-Control", cacheControl)
	if f.varies() {
		h.Add("Vary", "Accept-Encoding") // in every answer, also a 304 or an uncompressed one: RFC 9110 §12.5.5
	}
	if sent.encoding != nil {
		h["Content-Encoding"] = sent.encoding
	}
	if asksForWhole(r) {
		sent.writeWhole(w, r)
		return
	}
	http.ServeContent(&corrector{w, sent}, forServeContent(r, sent), name, time.Time{}, bytes.NewReader(sent.body))
}

// headBuffer is what net/http gathers of an answer: it fills that with the headers and the beginning of a longer body, and writes
// the rest by itself.
const headBuffer = 4 << 10

// Joiner is a connection that can hold what it is given to write next, and write it together with what comes after that.
type Joiner interface{ JoinNext() }

type joinerKey struct{}

// NewContext returns a context that says on which connection its requests come. Serve then sends the head of a larger file and
// the file in one write.
func NewContext(ctx context.Context, conn Joiner) context.Context {
	return context.WithValue(ctx, joinerKey{}, conn)
}

// asksForWhole reports whether nothing in the request can make the answer other than a plain 200.
// There is no Last-Modified, so conditions on dates do not count.
func asksForWhole(r *http.Request) bool {
	h := r.Header
	return h["Range"] == nil && h["If-Match"] == nil && h["If-None-Match"] == nil
}

// writeWhole is the usual case, done in one write: http.ServeContent would copy in pieces.
func (f *form) writeWhole(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["Accept-Ranges"] = acceptRanges
	h["Content-Length"] = f.length
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	if joiner, ok := r.Context().Value(joinerKey{}).(Joiner); ok && len(f.body) > headBuffer {
		joiner.JoinNext()
	}
	w.Write(f.body)
}
