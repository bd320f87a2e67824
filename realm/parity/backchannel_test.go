package parity

import (
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"
)

// ear hears what the server tells apps in the back. The realm file knows its address by
// KEYSTEAD_PARITY_BACKCHANNEL_URL, so there is one for all tests.
type ear struct {
	mu    sync.Mutex
	heard []heard
}

type heard struct {
	method, path, contentType, body string
}

var listening = sync.OnceValues(func() (*ear, error) {
	address, err := url.Parse(os.Getenv("KEYSTEAD_PARITY_BACKCHANNEL_URL"))
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address.Host)
	if err != nil {
		return nil, err
	}
	e := &ear{}
	go func() { _ = http.Serve(listener, e) }()
	return e, nil
})

func (e *ear) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	_ = req.ParseForm()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, heard{req.Method, req.URL.Path, req.Header.Get("Content-Type"), req.PostForm.Encode()})
}

func listen(t testing.TB) *ear {
	t.Helper()
	if os.Getenv("KEYSTEAD_PARITY_BACKCHANNEL_URL") == "" {
		t.Skip("KEYSTEAD_PARITY_BACKCHANNEL_URL says nowhere to listen")
	}
	e, err := listening()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// count is how much was heard so far.
func (e *ear) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.heard)
}

// about returns what was said to a path about a person's session, once it has been said; what was
// heard before, that is the first few, does not count.
func (e *ear) about(t testing.TB, path, sub, sid string, before int) jwt {
	t.Helper()
	end := time.Now().Add(5 * time.Second)
	for {
		if token, ok := e.find(t, path, sub, sid, before); ok {
			return token
		}
		if time.Now().After(end) {
			t.Fatalf("%s heard nothing about the session %s", path, sid)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (e *ear) find(t testing.TB, path, sub, sid string, before int) (jwt, bool) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, each := range e.heard[before:] {
		if each.path != path {
			continue
		}
		values, err := url.ParseQuery(each.body)
		if err != nil || each.method != "POST" || each.contentType != "application/x-www-form-urlencoded" || len(values) != 1 {
			t.Errorf("heard something odd, %s as %s: %s", each.method, each.contentType, short(each.body, 200))
			continue
		}
		token := decode(t, values.Get("logout_token"))
		if token.claims["sub"] == sub && (sid == "" || token.claims["sid"] == sid) {
			return token, true
		}
	}
	return jwt{}, false
}

func (r realm) told() app { return app{r, "told", "told-secret", callback, false} }

func logoutClaims(r realm, session string) shape {
	return shape{
		"exp": in(2 * time.Minute), "iat": in(0), "jti": uuid, "iss": r.url(""), "aud": "told", "sub": labAlice["sub"], "typ": "Logout", "sid": session,
		"events": shape{"http://schemas.openid.net/event/backchannel-logout": shape{}},
	}
}

func TestBackChannelLogout(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	e := listen(t)
	told, pub := r.told(), r.pub()
	tests := []struct {
		name string
		end  func(t *testing.T, b *browser, mine, others tokens)
	}{
		{"by itself", func(t *testing.T, b *browser, mine, _ tokens) {
			b.open(r.oidc("/logout"), form("id_token_hint", mine.id)).want(200)
		}},
		{"by another app", func(t *testing.T, b *browser, _, others tokens) {
			b.open(r.oidc("/logout"), form("id_token_hint", others.id)).want(200)
		}},
		{"by another app in the back", func(t *testing.T, _ *browser, _, others tokens) {
			post(t, r.oidc("/logout"), pub.form("refresh_token", others.refresh)).want(204)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBrowser(t, r)
			mine := told.session(b, "alice")
			others := pub.exchange(t, pub.authorize(b).returned(pub).Get("code")).tokens()
			before := e.count()
			tt.end(t, b, mine, others)
			token := e.about(t, "/told", labAlice["sub"].(string), mine.sid, before)
			wantClaims(t, "header", r.verified(t, token.raw).header, shape{"alg": "RS256", "typ": "logout+jwt", "kid": anyText})
			wantClaims(t, "logout token", token.claims, logoutClaims(r, mine.sid))
		})
	}
}

// An app that is not to know the session is told about the person.
func TestBackChannelLogoutWithoutSession(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	e := listen(t)
	b := newBrowser(t, r)
	have := r.app("told-less").session(b, "clara")
	before := e.count()
	b.open(r.oidc("/logout"), form("id_token_hint", have.id)).want(200)
	token := e.about(t, "/told-less", decode(t, have.id).claims["sub"].(string), "", before)
	wantClaims(t, "logout token", token.claims, logoutClaims(r, "").and(shape{"aud": "told-less", "sub": decode(t, have.id).claims["sub"], "sid": nil}))
}
