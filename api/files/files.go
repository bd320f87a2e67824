// Package files serves the files of a built app: each under its own name, in the encoding that suits
// the caller, with a validator, and in parts where parts are asked for.
package files

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
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

// Index holds every file that may be served, ready to send. It never changes after New, so any number
// of requests may use it at once.
//
// The content is in memory, but for what is there only compressed: that is unpacked when somebody first wants it
// plain, which no browser does. What is sent is therefore what its ETag was made of, even when a folder
// on disk is built anew behind the running server, and a whole file goes out in one write. For files
// embedded in the binary that makes a second copy, a few megabytes at most; the first one is backed
// by the binary on disk and not touched again, so the system may drop it.
type Index struct {
	files map[string]*file
}

// file is what one name stands for: always as it is, and perhaps compressed as well.
type file struct {
	contentType []string
	variants    [codings]*variant // nil where there is none; identity is always there
}

// variant is the content in one encoding. Header values are slices, made once and shared by all
// answers: nobody may write into them.
type variant struct {
	body     func() ([]byte, error)
	etag     []string
	length   []string
	encoding []string // nil for identity
}

var (
	acceptRanges = []string{"bytes"}
	suffixes     = [codings]string{brotli: ".br", gzipped: ".gz"}
	encodings    = [codings]string{brotli: "br", gzipped: "gzip"}
)

// New reads every regular file of fsys once. A file NAME.br or NAME.gz beside NAME is taken for NAME
// compressed, not for a file of its own; that it really is, is not checked. So are, without NAME, NAME.br and NAME.gz that
// stand there together, and NAME.gz alone where NAME is a script or a style sheet, as the build leaves them: other archives
// are there to be fetched as they are. Left out are files and folders whose name begins
// with a dot, and links: not even those that stay inside are followed.
func New(fsys fs.FS) (*Index, error) {
	contents, err := read(fsys)
	if err != nil {
		return nil, fmt.Errorf("reading the files: %w", err)
	}
	x := &Index{files: make(map[string]*file)}
	for name := range contents {
		name = represented(name, contents)
		if x.files[name] == nil {
			x.files[name] = newFile(name, contents)
		}
	}
	return x, nil
}

func read(fsys fs.FS) (map[string][]byte, error) {
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
		contents[name], err = fs.ReadFile(fsys, name)
		return err
	})
	return contents, err
}

// represented returns the name of the file that the content of this name is of: another one where it is that one compressed.
func represented(name string, contents map[string][]byte) string {
	base, cut := strings.CutSuffix(name, suffixes[brotli])
	if !cut {
		base, cut = strings.CutSuffix(name, suffixes[gzipped])
	}
	has := func(name string) bool { _, ok := contents[name]; return ok }
	kind := path.Ext(base)
	switch {
	case !cut: // it is of itself
	case has(base), has(base+suffixes[gzipped]) && (has(base+suffixes[brotli]) || kind == ".js" || kind == ".css"):
		return base
	}
	return name
}

func newFile(name string, contents map[string][]byte) *file {
	f := &file{contentType: contentType(path.Ext(name))}
	for c, suffix := range suffixes {
		if body, ok := contents[name+suffix]; ok {
			f.variants[c] = newVariant(body, encodings[c])
		}
	}
	if f.variants[identity] == nil {
		f.variants[identity] = unpacked(contents[name+suffixes[gzipped]])
	}
	return f
}

// unpacked returns the variant without encoding of what is there only compressed.
func unpacked(packed []byte) *variant {
	v := newVariant(packed, "")
	var size uint32
	if len(packed) >= 4 {
		size = binary.LittleEndian.Uint32(packed[len(packed)-4:]) // RFC 1952 §2.3.1
	}
	v.length = []string{strconv.Itoa(int(size))}
	v.body = sync.OnceValues(func() ([]byte, error) {
		r, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(r)
		if err == nil && len(body) != int(size) {
			err = fmt.Errorf("%d bytes where the end says %d", len(body), size)
		}
		return body, err
	})
	return v
}

// newVariant makes the ETag of the bytes and of the encoding: tags of one file must differ by
// encoding (RFC 9110 §8.8.3.3), also should the build write the same bytes twice.
func newVariant(body []byte, encoding string) *variant {
	sum := sha256.Sum256(body)
	tag := base64.RawURLEncoding.EncodeToString(sum[:])
	v := &variant{body: func() ([]byte, error) { return body, nil }, length: []string{strconv.Itoa(len(body))}}
	if encoding == "" {
		v.etag = []string{`"` + tag + `"`}
		return v
	}
	v.etag = []string{`"` + tag + "-" + encoding + `"`}
	v.encoding = []string{encoding}
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
	v := f.choose(r.Header["Accept-Encoding"])
	body, err := v.body()
	if err != nil { // the build has left something else under a compressed file's name
		http.Error(w, name+" cannot be unpacked", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h["Content-Type"] = f.contentType
	h["Etag"] = v.etag
	h.Set("Cache-Control", cacheControl)
	if f.varies() {
		h.Add("Vary", "Accept-Encoding") // in every answer, also a 304 or an uncompressed one: RFC 9110 §12.5.5
	}
	if v.encoding != nil {
		h["Content-Encoding"] = v.encoding
	}
	if asksForWhole(r) {
		v.writeWhole(w, r, body)
		return
	}
	http.ServeContent(&corrector{w, v}, forServeContent(r, v), name, time.Time{}, bytes.NewReader(body))
}

// asksForWhole reports whether nothing in the request can make the answer other than a plain 200.
// There is no Last-Modified, so conditions on dates do not count.
func asksForWhole(r *http.Request) bool {
	h := r.Header
	return h["Range"] == nil && h["If-Match"] == nil && h["If-None-Match"] == nil
}

// writeWhole is the usual case, done in one write: http.ServeContent would copy in pieces.
func (v *variant) writeWhole(w http.ResponseWriter, r *http.Request, body []byte) {
	h := w.Header()
	h["Accept-Ranges"] = acceptRanges
	h["Content-Length"] = v.length
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}
