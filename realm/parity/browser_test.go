package parity

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// browser keeps cookies of one realm by name and path and sends them whatever their attributes say:
// Keycloak marks them Secure even on http, where only browsers send them, and only to loopback.
type browser struct {
	realm
	t       testing.TB
	cookies map[string]*http.Cookie
	at      string // the page it shows
}

func newBrowser(t testing.TB, r realm) *browser {
	t.Helper()
	return &browser{realm: r, t: t, cookies: map[string]*http.Cookie{}}
}

// copy opens a second browser with the same cookies.
func (b *browser) copy(t testing.TB) *browser {
	other := newBrowser(t, b.realm)
	for name, cookie := range b.cookies {
		other.cookies[name] = cookie
	}
	return other
}

// cookie returns the value of a cookie, or "".
func (b *browser) cookie(name string) string {
	for _, cookie := range b.cookies {
		if cookie.Name == name {
			return strings.Trim(cookie.Value, `"`)
		}
	}
	return ""
}

// do sends a request with the cookies and keeps those that come back; it follows nothing.
func (b *browser) do(req *http.Request) *reply {
	b.t.Helper()
	for _, cookie := range b.cookies {
		if strings.HasPrefix(req.URL.Path, strings.TrimSuffix(cookie.Path, "/")) {
			value := cookie.Value
			if cookie.Quoted {
				value = `"` + value + `"`
			}
			add := cookie.Name + "=" + value
			if old := req.Header.Get("Cookie"); old != "" {
				add = old + "; " + add
			}
			req.Header.Set("Cookie", add)
		}
	}
	got := send(b.t, req)
	for _, cookie := range got.cookies {
		key := cookie.Name + cookie.Path
		if cookie.MaxAge < 0 || cookie.Value == "" {
			delete(b.cookies, key)
		} else {
			b.cookies[key] = cookie
		}
	}
	b.at = req.URL.String()
	return got
}

// get opens an address as if it had been typed or linked to.
func (b *browser) get(address string, values url.Values) *reply {
	b.t.Helper()
	req := newRequest(b.t, http.MethodGet, address, values, "Accept", "text/html", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "cross-site")
	return b.do(req)
}

// open opens an address and follows redirects on the server, up to a page or one that leads elsewhere.
func (b *browser) open(address string, values url.Values) *reply {
	b.t.Helper()
	return b.follow(b.get(address, values))
}

func (b *browser) follow(got *reply) *reply {
	b.t.Helper()
	for range 10 {
		if got.status/100 != 3 {
			return got
		}
		to := got.location()
		if to.IsAbs() && !strings.HasPrefix(to.String(), b.base+"/") {
			return got
		}
		next, err := url.Parse(b.at)
		if err != nil {
			b.t.Fatal(err)
		}
		got = b.get(next.ResolveReference(to).String(), nil)
	}
	b.t.Fatalf("ten redirects in a row%s", got.explain())
	return nil
}

// submit posts the form of a page as a browser does, and follows. Values join the hidden fields;
// the value "-" drops one.
func (b *browser) submit(page *reply, formID string, pairs ...string) *reply {
	b.t.Helper()
	return b.follow(b.submitOnce(page, formID, pairs...))
}

func (b *browser) submitOnce(page *reply, formID string, pairs ...string) *reply {
	b.t.Helper()
	action, hidden := page.form(formID)
	at, err := url.Parse(b.at)
	if err != nil {
		b.t.Fatal(err)
	}
	target, err := at.Parse(action)
	if err != nil {
		b.t.Fatalf("the form's action %q: %v", action, err)
	}
	req := newRequest(b.t, http.MethodPost, target.String(), with(hidden, pairs...), "Accept", "text/html", "Origin", b.base,
		"Referer", b.at, "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-User", "?1")
	return b.do(req)
}

// login fills in the login form of a page.
func (b *browser) login(page *reply, username, password string) *reply {
	b.t.Helper()
	return b.submit(page.want(200), "kc-form-login", "username", username, "password", password)
}

// ---- Pages, read with as little HTML as it takes --------------------------------

var (
	formTag  = regexp.MustCompile(`(?is)<form\b([^>]*)>(.*?)</form>`)
	inputTag = regexp.MustCompile(`(?is)<input\b([^>]*)>`)
	anyTag   = regexp.MustCompile(`(?s)<[^>]*>`)
	titleTag = regexp.MustCompile(`(?is)<title>(.*?)</title>`)
)

// attribute returns an attribute of a tag, or "".
func attribute(tag, name string) string {
	found := regexp.MustCompile(`(?is)(?:^|\s)` + name + `\s*=\s*(?:"([^"]*)"|'([^']*)')`).FindStringSubmatch(tag)
	if found == nil {
		return ""
	}
	return html.UnescapeString(found[1] + found[2])
}

// form returns the action and the hidden fields of a form. Keycloak's own theme gives some forms no
// id, or none that matters; formID "" takes the first with the method post.
func (r *reply) form(formID string) (action string, hidden url.Values) {
	r.t.Helper()
	for _, found := range formTag.FindAllStringSubmatch(r.body, -1) {
		if formID != "" && attribute(found[1], "id") != formID {
			continue
		}
		if formID == "" && !strings.EqualFold(attribute(found[1], "method"), "post") {
			continue
		}
		hidden = url.Values{}
		for _, input := range inputTag.FindAllStringSubmatch(found[2], -1) {
			if strings.EqualFold(attribute(input[1], "type"), "hidden") {
				hidden.Add(attribute(input[1], "name"), attribute(input[1], "value"))
			}
		}
		return attribute(found[1], "action"), hidden
	}
	r.t.Fatalf("the page has no form %q%s", formID, r.explain())
	return "", nil
}

// element returns the tag with that id, without its content, or "".
func (r *reply) element(id string) string {
	return regexp.MustCompile(`(?s)<[a-zA-Z][^>]*\sid\s*=\s*["']` + regexp.QuoteMeta(id) + `["'][^>]*>`).FindString(r.body)
}

// has wants elements with these ids; one that begins with "!" must not be there.
func (r *reply) has(ids ...string) *reply {
	r.t.Helper()
	for _, id := range ids {
		name, absent := strings.CutPrefix(id, "!")
		if (r.element(name) == "") != absent {
			r.t.Errorf("element #%s there = %v, want %v%s\n%s", name, absent, !absent, r.explain(), short(r.text(), 2000))
		}
	}
	return r
}

// text is the page without its tags.
func (r *reply) text() string {
	body := regexp.MustCompile(`(?is)<(script|style|head)\b.*?</(script|style|head)>`).ReplaceAllString(r.body, " ")
	return strings.Join(strings.Fields(html.UnescapeString(anyTag.ReplaceAllString(body, " "))), " ")
}

// says wants a text on the page.
func (r *reply) says(text string) *reply {
	r.t.Helper()
	if !strings.Contains(r.text(), text) {
		r.t.Errorf("the page does not say %q but: %s%s", text, short(r.text(), 1000), r.explain())
	}
	return r
}

// title is the page's title.
func (r *reply) title() string {
	found := titleTag.FindStringSubmatch(r.body)
	if found == nil {
		return ""
	}
	return strings.Join(strings.Fields(html.UnescapeString(found[1])), " ")
}

// wantErrorPage expects a page with a message instead of a redirect.
func (r *reply) wantErrorPage(status int, message string) *reply {
	r.t.Helper()
	r.want(status).has("kc-error-message").says(message)
	if contentType := r.header.Get("Content-Type"); !strings.HasPrefix(contentType, "text/html") {
		r.t.Errorf("Content-Type = %q, want a page%s", contentType, r.explain())
	}
	return r
}
