package parity

import (
	"crypto/sha256"
	"net/http"
	"net/url"
	"testing"
)

// app is a client of a realm, with what it needs to sign people in.
type app struct {
	realm
	id, secret string
	redirect   string
	pkce       bool
}

// The redirect URI of most clients of lab.
const callback = "http://localhost:9999/app/cb"

// apps of the realm lab
func (r realm) pub() app  { return app{r, "pub", "", callback, true} }
func (r realm) free() app { return app{r, "free", "", callback, false} }
func (r realm) conf() app {
	return app{r, "conf", "conf-secret", "http://localhost:9999/conf/cb", false}
}
func (r realm) app(id string) app { return app{r, id, "", callback, false} }

// demo is the single-page app of the realm demo.
func (r realm) demo() app { return app{r, "demo", "", appURL + "/", true} }

// verifier is what a client made up for PKCE; one for all is enough here.
const verifier = "DBHsNrdlWqXDG7nemCIxK0svOYtvmNq2RrJXGKETtyrd5MQoVfvNBFQ31ZknB9sQVryFNvulQKMaqQGRNUiwIQ"

func challenge(verifier string) string {
	hash := sha256.Sum256([]byte(verifier))
	return b64.EncodeToString(hash[:])
}

// request is what the app sends people to the authorization endpoint with; pairs change it.
func (a app) request(pairs ...string) url.Values {
	values := form("client_id", a.id, "redirect_uri", a.redirect, "response_type", "code", "scope", "openid", "state", "st4te", "nonce", "n0nce")
	if a.pkce {
		values = with(values, "code_challenge", challenge(verifier), "code_challenge_method", "S256")
	}
	return with(values, pairs...)
}

// authorize opens the authorization endpoint and follows to the page or redirect in the end.
func (a app) authorize(b *browser, pairs ...string) *reply {
	b.t.Helper()
	return b.open(a.oidc("/auth"), a.request(pairs...))
}

// signIn signs a person in whose password is the name, and returns what came back to the app.
func (a app) signIn(b *browser, user string, pairs ...string) url.Values {
	b.t.Helper()
	return b.login(a.authorize(b, pairs...), user, user).returned(a)
}

// returned are the parameters of a redirect to the app, in the query or the fragment.
func (r *reply) returned(a app) url.Values {
	r.t.Helper()
	to := r.location()
	at := *to
	at.RawQuery, at.Fragment, at.RawFragment = "", "", ""
	if a.redirect != "" && at.String() != a.redirect {
		r.t.Fatalf("redirected to %s, want %s%s", to, a.redirect, r.explain())
	}
	query := to.RawQuery
	if to.Fragment != "" {
		query = to.EscapedFragment()
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		r.t.Fatalf("parameters of the redirect: %v%s", err, r.explain())
	}
	return values
}

// flat is values with one string each, to compare with a shape.
func flat(values url.Values) map[string]any {
	object := map[string]any{}
	for name, all := range values {
		object[name] = all[0]
		if len(all) > 1 {
			object[name] = all
		}
	}
	return object
}

// token sends the app's own form to the token endpoint, with its id and secret.
func (a app) token(t testing.TB, pairs ...string) *reply {
	t.Helper()
	return post(t, a.oidc("/token"), a.form(pairs...))
}

// form is a form with the app's id and secret; pairs change it.
func (a app) form(pairs ...string) url.Values {
	values := form("client_id", a.id)
	if a.secret != "" {
		values.Set("client_secret", a.secret)
	}
	return with(values, pairs...)
}

// exchange gives the token endpoint what a code exchange needs; pairs change it.
func (a app) exchange(t testing.TB, code string, pairs ...string) *reply {
	t.Helper()
	values := []string{"grant_type", "authorization_code", "code", code, "redirect_uri", a.redirect}
	if a.pkce {
		values = append(values, "code_verifier", verifier)
	}
	return a.token(t, append(values, pairs...)...)
}

// tokens are those of a good answer of the token endpoint.
type tokens struct {
	access, id, refresh string
	sid, scope          string
	all                 map[string]any
}

func (r *reply) tokens() tokens {
	r.t.Helper()
	r.want(http.StatusOK)
	all := r.json()
	member := func(name string) string {
		value, _ := all[name].(string)
		return value
	}
	return tokens{member("access_token"), member("id_token"), member("refresh_token"), member("session_state"), member("scope"), all}
}

// session signs a person in and exchanges the code.
func (a app) session(b *browser, user string, pairs ...string) tokens {
	b.t.Helper()
	back := a.signIn(b, user, pairs...)
	return a.exchange(b.t, back.Get("code")).tokens()
}

// password gets tokens with a password, which is the name.
func (a app) password(t testing.TB, user string, pairs ...string) *reply {
	t.Helper()
	return a.token(t, append([]string{"grant_type", "password", "username", user, "password", user, "scope", "openid"}, pairs...)...)
}

// renew asks for new tokens.
func (a app) renew(t testing.TB, refresh string, pairs ...string) *reply {
	t.Helper()
	return a.token(t, append([]string{"grant_type", "refresh_token", "refresh_token", refresh}, pairs...)...)
}

// userinfo asks about the bearer of a token.
func (r realm) userinfo(t testing.TB, access string) *reply {
	t.Helper()
	return get(t, r.oidc("/userinfo"), "Authorization", "Bearer "+access)
}

// introspect asks about a token.
func (a app) introspect(t testing.TB, token string, pairs ...string) *reply {
	t.Helper()
	return post(t, a.oidc("/token/introspect"), a.form(append([]string{"token", token}, pairs...)...))
}
