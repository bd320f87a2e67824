package files_test

import (
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"keystead/api/files"
)

const script = "assets/app-1a2b.js"

// newServer serves one file over a real connection, where a wrong Content-Length shows.
func newServer(t testing.TB, x *files.Index, name string) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x.Serve(w, r, name, forever)
	}))
	server.Client().Transport.(*http.Transport).DisableCompression = true // adds no Accept-Encoding of its own
	t.Cleanup(server.Close)
	return server
}

func fetch(t testing.TB, server *httptest.Server, method string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	res, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %q: %v", method, header, err)
	}
	return res, string(body)
}

func tags(x *files.Index) (identity, br, gzip string) {
	tag := func(accept string) string {
		return serve(x, "GET", script, "Accept-Encoding", accept).Header().Get("Etag")
	}
	return tag(""), tag("br"), tag("gzip")
}

func TestConditions(t *testing.T) {
	x := newIndex(t, built)
	server := newServer(t, x, script)
	identity, br, gzip := tags(x)
	const noneMatch, match, accept = "If-None-Match", "If-Match", "Accept-Encoding"
	tests := []struct {
		name   string
		header []string
		want   int
		tag    string
	}{
		{"fresh", []string{accept, "br", noneMatch, br}, 304, br},
		{"fresh, not compressed", []string{noneMatch, identity}, 304, identity},
		{"fresh, weak", []string{accept, "br", noneMatch, "W/" + br}, 304, br},
		{"fresh, in a list", []string{accept, "gzip", noneMatch, `"x", W/"y,z" ,` + gzip}, 304, gzip},
		{"fresh, on a second line", []string{accept, "gzip", noneMatch, `"x"`, noneMatch, gzip}, 304, gzip},
		{"fresh, any", []string{accept, "br", noneMatch, "*"}, 304, br},
		{"fresh, part asked for", []string{accept, "br", noneMatch, br, "Range", "bytes=0-1"}, 304, br},
		{"stale", []string{accept, "br", noneMatch, `"x"`}, 200, br},
		{"stale, the tag of another encoding", []string{accept, "br", noneMatch, gzip}, 200, br},
		{"stale, compressed to plain", []string{noneMatch, br}, 200, identity},
		{"no tag", []string{noneMatch, strings.Trim(identity, `"`)}, 200, identity},
		{"empty", []string{noneMatch, ""}, 200, identity},
		{"dates do not count", []string{"If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT", "If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"}, 200, identity},

		{"matches", []string{accept, "br", match, br}, 200, br},
		{"matches in a list", []string{accept, "br", match, `"x", ` + br}, 200, br},
		{"matches on a second line", []string{accept, "br", match, `"x"`, match, br}, 200, br},
		{"matches any", []string{match, "*"}, 200, identity},
		{"does not match", []string{accept, "br", match, `"x"`}, 412, br},
		{"does not match weakly", []string{accept, "br", match, "W/" + br}, 412, br},
		{"does not match another encoding", []string{accept, "br", match, identity}, 412, br},
		{"does not match, fresh all the same", []string{match, `"x"`, noneMatch, "*"}, 412, identity},
	}
	for _, tt := range tests {
		for _, method := range []string{"GET", "HEAD"} {
			res, body := fetch(t, server, method, tt.header...)
			h := res.Header
			if res.StatusCode != tt.want || h.Get("Etag") != tt.tag || h.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s: %s = %d %v, want %d and tag %s", tt.name, method, res.StatusCode, h, tt.want, tt.tag)
			}
			if cached := h.Get("Cache-Control") == forever; cached == (tt.want == 412) {
				t.Errorf("%s: %s = %d with Cache-Control %q", tt.name, method, res.StatusCode, h.Get("Cache-Control"))
			}
			if tt.want != 200 && (body != "" || h.Get("Content-Type") != "" || h.Get("Content-Encoding") != "" || res.ContentLength > 0) {
				t.Errorf("%s: %s = %d speaks of content: %v", tt.name, method, res.StatusCode, h)
			}
			if tt.want == 200 && h.Get("Content-Length") == "" {
				t.Errorf("%s: %s has no length", tt.name, method)
			}
		}
	}
}

func TestLength(t *testing.T) {
	x := newIndex(t, built)
	server := newServer(t, x, script)
	for accept, want := range map[string]string{"br": brotli, "gzip": zipped, "identity": plain} {
		for _, header := range [][]string{{}, {"If-None-Match", `"x"`}, {"If-Match", "*"}, {"Range", "bytes="}, {"Range", "lines=1-2"}} {
			for _, method := range []string{"GET", "HEAD"} {
				res, body := fetch(t, server, method, append(header, "Accept-Encoding", accept)...)
				if res.StatusCode != 200 || res.ContentLength != int64(len(want)) || len(res.TransferEncoding) > 0 {
					t.Errorf("%s %s %q = %d, %d bytes %v, want %d", method, accept, header, res.StatusCode, res.ContentLength, res.TransferEncoding, len(want))
				}
				if wantBody := map[string]string{"GET": want}[method]; body != wantBody {
					t.Errorf("%s %s %q = %q, want %q", method, accept, header, body, wantBody)
				}
			}
		}
	}
	if res, _ := fetch(t, newServer(t, x, "empty.txt"), "GET", "Range", "bytes=-5"); res.StatusCode != 200 || res.ContentLength != 0 {
		t.Errorf("empty file = %d, %d bytes", res.StatusCode, res.ContentLength)
	}
}

func TestRange(t *testing.T) {
	x := newIndex(t, built)
	server := newServer(t, x, script)
	identity, br, _ := tags(x)
	tests := []struct {
		name, accept, ranges, ifRange string
		want                          int
		contentRange, body            string
	}{
		{"first bytes", "br", "bytes=0-5", "", 206, "bytes 0-5/17", "BROTLI"},
		{"to the end", "br", "bytes=7-", "", 206, "bytes 7-16/17", "abcdefghij"},
		{"last bytes", "gzip", "bytes=-3", "", 206, "bytes 15-17/18", "KLM"},
		{"beyond the end", "gzip", "bytes=16-99", "", 206, "bytes 16-17/18", "LM"},
		{"not compressed", "", "bytes=0-6", "", 206, "bytes 0-6/25", "console"},
		{"same tag", "br", "bytes=0-5", br, 206, "bytes 0-5/17", "BROTLI"},
		{"other tag", "br", "bytes=0-5", `"x"`, 200, "", brotli},
		{"weak tag", "br", "bytes=0-5", "W/" + br, 200, "", brotli},
		{"tag of another encoding", "br", "bytes=0-5", identity, 200, "", brotli},
		{"a date", "br", "bytes=0-5", "Fri, 01 Jan 2100 00:00:00 GMT", 200, "", brotli},
		{"no overlap", "br", "bytes=17-", "", 416, "bytes */17", ""},
		{"no overlap, the plain one is longer", "br", "bytes=20-22", "", 416, "bytes */17", ""},
		{"other unit", "br", "lines=0-5", "", 200, "", brotli},
		{"no last bytes", "br", "bytes=-0", "", 200, "", brotli},
		{"no last bytes among others", "", "bytes=0-1, -00", "", 200, "", plain},
		{"several, compressed", "br", "bytes=0-1,4-5", "", 200, "", brotli},
		{"overlapping, more than all", "", "bytes=0-,0-", "", 200, "", plain},
		{"too many", "", "bytes=" + strings.Repeat("0-0,", 16) + "1-1", "", 200, "", plain},
	}
	for _, tt := range tests {
		header := []string{"Accept-Encoding", tt.accept, "Range", tt.ranges}
		if tt.ifRange != "" {
			header = append(header, "If-Range", tt.ifRange)
		}
		res, body := fetch(t, server, "GET", header...)
		if res.StatusCode != tt.want || res.Header.Get("Content-Range") != tt.contentRange || res.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %d %v, want %d %q", tt.name, res.StatusCode, res.Header, tt.want, tt.contentRange)
		}
		if tt.want == 416 {
			if res.Header.Get("Content-Encoding") != "" || res.Header.Get("Cache-Control") != "" {
				t.Errorf("%s: the 416 has the header of the file: %v", tt.name, res.Header)
			}
			continue
		}
		if body != tt.body || res.Header.Get("Content-Length") != strconv.Itoa(len(tt.body)) {
			t.Errorf("%s: %q, length %s, want %q", tt.name, body, res.Header.Get("Content-Length"), tt.body)
		}
		// A HEAD has no ranges: RFC 9110 §14.2.
		if res, _ := fetch(t, server, "HEAD", header...); res.StatusCode != 200 || res.Header.Get("Content-Range") != "" || res.ContentLength <= int64(0) {
			t.Errorf("%s: HEAD = %d %v", tt.name, res.StatusCode, res.Header)
		}
	}
}

func TestSeveralRanges(t *testing.T) {
	x := newIndex(t, built)
	server := newServer(t, x, script)
	identity, _, _ := tags(x)
	res, body := fetch(t, server, "GET", "Range", "bytes=0-6, -3", "If-Range", identity)
	if res.StatusCode != 206 || res.ContentLength != int64(len(body)) || res.Header.Get("Etag") != identity || res.Header.Get("Content-Range") != "" {
		t.Fatalf("%d %v for %d bytes", res.StatusCode, res.Header, len(body))
	}
	media, parameters, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil || media != "multipart/byteranges" {
		t.Fatalf("%s: %v", res.Header.Get("Content-Type"), err)
	}
	parts := multipart.NewReader(strings.NewReader(body), parameters["boundary"])
	for _, want := range []struct{ contentRange, body string }{{"bytes 0-6/25", "console"}, {"bytes 22-24/25", "9')"}} {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(part)
		if err != nil || string(got) != want.body || part.Header.Get("Content-Range") != want.contentRange || part.Header.Get("Content-Type") != "text/javascript; charset=utf-8" {
			t.Errorf("part %q %v %v, want %+v", got, part.Header, err, want)
		}
	}
	if _, err := parts.NextRawPart(); err != io.EOF {
		t.Errorf("a third part: %v", err)
	}
}

// The request is the caller's: serving it leaves its header alone.
func TestRequestIsKept(t *testing.T) {
	x := newIndex(t, built)
	r := httptest.NewRequest("HEAD", "/", nil)
	r.Header = http.Header{"Range": {"bytes=0-1"}, "If-None-Match": {`"x"`, `"y"`}}
	x.Serve(httptest.NewRecorder(), r, script, forever)
	if r.Header.Get("Range") != "bytes=0-1" || len(r.Header["If-None-Match"]) != 2 {
		t.Errorf("header became %v", r.Header)
	}
}
