package realm

import (
	"net/url"
	"strings"
	"testing"
)

// Whatever is accepted for a pattern leads to the pattern's own host. The rows that Keycloak was asked about
// stand in the parity suite.
func FuzzRedirect(f *testing.F) {
	for _, seed := range []string{
		"http://localhost:9/cb", "http://localhost:9", "http://localhost:9?a=b", "http://localhost:9.evil.example/", "http://localhost:9@evil.example/",
		"http://evil.example/?http://localhost:9/", "http://localhost:9\\@evil.example/", "http://localhost:9/../x", "http://localhost:9/%2e%2e/x",
		"//localhost:9/", "javascript:alert(1)//http://localhost:9/", "http://localhost:9/#@evil.example", "http://127.0.0.1:4711/cb", "myapp://cb",
		"HTTP://localhost:9/", "http:localhost:9/", "http:///localhost:9/", "http://localhost:9/\r\nSet-Cookie: a=b", "http://[::1]:9/", "\thttp://localhost:9/",
	} {
		f.Add(seed)
	}
	client := &Client{}
	patterns := []string{"http://localhost:9/*", "http://127.0.0.1/*", "myapp://cb"}
	f.Fuzz(func(t *testing.T, uri string) {
		if !client.redirectAllowed(uri, patterns, "http://localhost:8080") {
			return
		}
		if uri == "myapp://cb" {
			return
		}
		if strings.ContainsAny(uri, "\r\n\\\t ") {
			t.Errorf("%q holds what browsers read otherwise", uri)
		}
		u, err := url.Parse(uri)
		if err != nil || u.Scheme != "http" || u.User != nil || u.Host != "localhost:9" && u.Hostname() != "127.0.0.1" {
			t.Errorf("%q is accepted and leads to %v", uri, u)
		}
	})
}

func TestOrigins(t *testing.T) {
	client := &Client{
		RootURL: "http://localhost:7", RedirectURIs: []string{"http://localhost:9/*", "http://localhost:9/cb", "/relative", "myapp://cb"},
		WebOrigins: []string{"+", "https://app.example.com"},
	}
	for origin, want := range map[string]bool{
		"http://localhost:9": true, "http://localhost:7": true, "https://app.example.com": true,
		"null": false, "": false, "*": false, "+": false, "myapp://cb": false, "http://localhost": false, "http://localhost:90": false,
		"https://app.example.com.evil.example": false, "http://LOCALHOST:9": false, "http://localhost:9/": false,
	} {
		if got := client.originAllowed(origin, "http://localhost:8080"); got != want {
			t.Errorf("%q = %v, want %v", origin, got, want)
		}
	}
	all := &Client{WebOrigins: []string{"*"}}
	if !all.originAllowed("http://anything.example", "") || all.originAllowed("null", "") {
		t.Error("a star means every origin but null")
	}
}

func TestAStarIsForTheWebOnly(t *testing.T) {
	client := &Client{}
	for uri, want := range map[string]bool{
		"http://anything.example/": true, "https://anything.example/a?b": true,
		"http://user@anything.example/": false, "http://user:password@anything.example/": false, "javascript:alert(1)": false, "data:text/html,x": false,
		"ftp://anything.example/": false, "http://": false, "http://*.example/": false, "": false,
	} {
		if got := client.redirectAllowed(uri, []string{"*"}, ""); got != want {
			t.Errorf("%q = %v, want %v", uri, got, want)
		}
	}
}
