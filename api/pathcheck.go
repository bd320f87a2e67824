package api

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"keystead/auth"
)

const codePathAmbiguous auth.Code = "path_ambiguous"

// checkPath refuses paths that can be read in two ways: whoever stands before this server, or behind
// it, might take the other one, and let through under one name what is guarded under another. The
// router then sees the path in one form only, decoded.
func (s *server) checkPath(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if reason := ambiguity(r.URL); reason != "" {
			s.fail(w, r, &Problem{Status: http.StatusBadRequest, Code: codePathAmbiguous, Detail: reason + ", so it could be read in two ways; send it plainly"})
			return
		}
		if r.URL.RawPath != "" {
			plain := *r.URL
			plain.RawPath = ""
			r = r.WithContext(r.Context())
			r.URL = &plain
		}
		next.ServeHTTP(w, r)
	})
}

var (
	encodedSlash = regexp.MustCompile(`(?i)%2f`)
	encodedTwice = regexp.MustCompile(`(?i)%[0-9a-f]{2}`)
)

// isPlain reports whether a path holds nothing but names of letters, digits and a few signs. Nearly all do, and need no look at
// each thing that may be wrong.
func isPlain(path string) bool {
	var previous byte
	for _, c := range []byte(path) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		case (c == '/' || c == '.') && previous != '/':
		default:
			return false
		}
		previous = c
	}
	return path != "" && path[0] == '/'
}

// ambiguity says what is wrong with a path, "" for nothing.
func ambiguity(u *url.URL) string {
	path, raw := u.Path, u.RawPath // raw is empty where encoding the path gives what was sent
	if raw == "" && isPlain(path) && u.Opaque == "" {
		return ""
	}
	segments := strings.Split(path, "/")
	dots := func(segment string) bool { return segment == "." || segment == ".." }
	switch {
	case u.Opaque != "" || path != "" && path[0] != '/':
		return "The path does not begin with a slash"
	case !utf8.ValidString(path):
		return "The path is not UTF-8"
	case strings.ContainsFunc(path, unicode.IsControl):
		return "The path holds a control character"
	case encodedSlash.MatchString(raw):
		return "The path holds an encoded slash (%2F)"
	case strings.Contains(path, "//"):
		return "The path holds two slashes in a row"
	case slices.ContainsFunc(segments, dots):
		return "The path holds a dot segment"
	case strings.Contains(path, ";"):
		return "The path holds a semicolon"
	case strings.Contains(path, `\`):
		return "The path holds a backslash"
	case encodedTwice.MatchString(path):
		return "The path is encoded twice"
	case strings.Contains(raw, "#"):
		return "The path holds a number sign that is not encoded"
	}
	return ""
}
