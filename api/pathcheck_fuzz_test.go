package api

import (
	"net/url"
	"path"
	"strings"
	"testing"
)

// A path that is let through reads the same to whoever cleans it, decodes it once more, or encodes it anew.
func FuzzAmbiguity(f *testing.F) {
	for _, seed := range []string{"/api/me", "/api/%61dmin", "/a/../b", "/a%2fb", "/a%252fb", "//", "/a;b", "/50%25", "/%e2%82%ac", "/a#b", `/a\b`, "/...", "/a/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || u.Host != "" || u.Opaque != "" || ambiguity(u) != "" {
			return
		}
		if cleaned := path.Clean(u.Path); u.Path != "" && u.Path != "/" && cleaned != strings.TrimSuffix(u.Path, "/") {
			t.Errorf("%q is %q to whoever cleans it", target, cleaned)
		}
		if again, err := url.PathUnescape(u.Path); err == nil && again != u.Path {
			t.Errorf("%q is %q to whoever decodes it twice", target, again)
		}
		encoded := url.URL{Path: u.Path}
		if back, err := url.ParseRequestURI(encoded.EscapedPath()); u.Path != "" && (err != nil || back.Path != u.Path) {
			t.Errorf("%q does not survive encoding: %v", target, err)
		}
	})
}
