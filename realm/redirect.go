package realm

import (
	"net/url"
	"slices"
	"strings"
)

// redirectAllowed reports whether a redirect URI is among the patterns, as Keycloak compares: exactly,
// or behind a prefix that ends in "*". A wildcard covers what follows the prefix, but never a host.
func (c *Client) redirectAllowed(uri string, patterns []string, base string) bool {
	u, err := url.Parse(uri)
	if err != nil || !saneRedirect(uri, u) {
		return false
	}
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		return matchesPattern(c.absolute(pattern, base), uri, u)
	})
}

// saneRedirect refuses what could mean one address here and another one in a browser.
func saneRedirect(uri string, u *url.URL) bool {
	lower := strings.ToLower(uri)
	switch {
	case u.Scheme == "", u.User != nil, strings.Contains(u.Host, "*"), strings.ContainsAny(uri, "\\\r\n\t "):
		return false
	case slices.Contains([]string{"javascript", "data", "vbscript", "file", "about", "blob"}, u.Scheme):
		return false
	case strings.Contains(u.EscapedPath()+"/", "/../"), strings.Contains(u.Path+"/", "/../"):
		return false
	case strings.Contains(lower, "%2e%2e"), strings.Contains(lower, "..%2f"), strings.Contains(lower, "%2f.."), strings.Contains(lower, "%5c"):
		return false
	}
	return (u.Scheme != "http" && u.Scheme != "https") || u.Host != ""
}

func matchesPattern(pattern, uri string, u *url.URL) bool {
	if pattern == "*" {
		return u.Scheme == "http" || u.Scheme == "https"
	}
	if matchesText(pattern, uri) {
		return true
	}
	// RFC 8252 §7.3: a native app listens on whatever port is free; a loopback pattern without a port takes any.
	p, err := url.Parse(strings.TrimSuffix(pattern, "*"))
	if err != nil || p.Port() != "" || u.Port() == "" || u.Scheme != "http" || !slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname()) {
		return false
	}
	return matchesText(pattern, strings.Replace(uri, u.Host, strings.TrimSuffix(u.Host, ":"+u.Port()), 1))
}

func matchesText(pattern, uri string) bool {
	prefix, wild := strings.CutSuffix(pattern, "*")
	if !wild {
		return uri == pattern
	}
	if !strings.Contains(strings.TrimPrefix(strings.TrimPrefix(prefix, "http://"), "https://"), "/") && strings.Contains(prefix, "://") {
		return false // http://host* would cover http://host.example
	}
	path, _, _ := strings.Cut(uri, "?")
	return strings.HasPrefix(path, prefix) || path == strings.TrimSuffix(prefix, "/")
}

// absolute resolves a pattern that begins with a slash against the client's root.
func (c *Client) absolute(pattern, base string) string {
	if !strings.HasPrefix(pattern, "/") {
		return pattern
	}
	return strings.TrimSuffix(c.root(base), "/") + pattern
}

// root is the client's root URL; that of Keycloak's own clients is the server itself.
func (c *Client) root(base string) string {
	root := strings.NewReplacer("${authBaseUrl}", base, "${authAdminUrl}", base).Replace(c.RootURL)
	if root == "" || strings.HasPrefix(root, "/") {
		return base + root
	}
	return root
}

// home is where the client's app is, for a link back; "" when the file does not say.
func (c *Client) home(base string) string {
	if c.BaseURL == "" {
		return ""
	}
	return c.absolute(c.BaseURL, base)
}

// origins returns the client's web origins, with "+" replaced by the origins of its redirect URIs.
func (c *Client) origins(base string) []string {
	var origins []string
	add := func(origin string) {
		if origin != "" && !slices.Contains(origins, origin) {
			origins = append(origins, origin)
		}
	}
	for _, origin := range c.WebOrigins {
		if origin != "+" {
			add(origin)
			continue
		}
		for _, pattern := range c.RedirectURIs {
			add(originOf(c.absolute(pattern, base)))
		}
	}
	return origins
}

func originOf(uri string) string {
	u, err := url.Parse(strings.TrimSuffix(uri, "*"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// originAllowed reports whether pages of that origin may read the client's answers.
func (c *Client) originAllowed(origin, base string) bool {
	origins := c.origins(base)
	return slices.Contains(origins, origin) || slices.Contains(origins, "*") && origin != "null"
}
