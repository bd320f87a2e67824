package files

import (
	"net/http"
	"strings"
)

// maxRanges bounds the ranges of one request: a great many tiny ones cost far more to answer than to
// ask for (RFC 9110 §17.15).
const maxRanges = 16

// forServeContent gives the request as http.ServeContent should see it: without a Range that is to be
// ignored, and with the lines of a list as one (RFC 9110 §5.3), for it reads only the first.
func forServeContent(r *http.Request, f *form) *http.Request {
	match, noneMatch := r.Header["If-Match"], r.Header["If-None-Match"]
	ignored := r.Header["Range"] != nil && ignoresRange(r, f)
	if !ignored && len(match) < 2 && len(noneMatch) < 2 {
		return r
	}
	plain := r.WithContext(r.Context())
	plain.Header = r.Header.Clone()
	if ignored {
		plain.Header.Del("Range")
	}
	if len(match) > 1 {
		plain.Header.Set("If-Match", strings.Join(match, ","))
	}
	if len(noneMatch) > 1 {
		plain.Header.Set("If-None-Match", strings.Join(noneMatch, ","))
	}
	return plain
}

// ignoresRange reports whether the whole is sent although a part was asked for, which is always
// allowed and at times demanded (RFC 9110 §14.2): to a HEAD, or for a unit that is not ours. Several
// parts of a compressed variant are not sent, since its Content-Encoding would then be read as that
// of the multipart around them.
func ignoresRange(r *http.Request, f *form) bool {
	ranges, known := strings.CutPrefix(r.Header.Get("Range"), "bytes=")
	if !known || r.Method == http.MethodHead || f.length[0] == "0" {
		return true
	}
	commas := strings.Count(ranges, ",")
	return commas >= maxRanges || commas > 0 && f.encoding != nil || hasEmptySuffix(ranges)
}

// hasEmptySuffix finds "-0", the last no bytes: http.ServeContent would answer with a Content-Range
// that ends before it begins.
func hasEmptySuffix(ranges string) bool {
	for part := range strings.SplitSeq(ranges, ",") {
		if part = trim(part); strings.HasPrefix(part, "-") && strings.Trim(part, "-+0 \t") == "" {
			return true
		}
	}
	return false
}

// corrector mends the header fields that http.ServeContent leaves wrong: it sends a compressed whole
// without its length, and a 412 with the type, encoding and Cache-Control of the file that it does not
// hold. A shared cache might keep such a 412 for as long as the file.
type corrector struct {
	http.ResponseWriter
	form *form
}

func (c *corrector) WriteHeader(status int) {
	h := c.Header()
	switch status {
	case http.StatusOK:
		h["Content-Length"] = c.form.length
	case http.StatusPreconditionFailed:
		for _, field := range []string{"Content-Type", "Content-Encoding", "Cache-Control"} {
			h.Del(field)
		}
	}
	c.ResponseWriter.WriteHeader(status)
}
