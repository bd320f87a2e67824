package realm

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The cookies have Keycloak's names and contents. Keycloak makes them Secure with SameSite=None; over
// http that keeps ordinary clients from sending them back, and on one host name Lax is enough.

func (c *call) setCookie(name, value string, maxAge time.Duration, httpOnly bool) {
	http.SetCookie(c.w, &http.Cookie{
		Name: name, Value: value, Path: c.cookiePath(), MaxAge: int(maxAge.Seconds()),
		HttpOnly: httpOnly, SameSite: http.SameSiteLaxMode, Secure: c.r.TLS != nil,
	})
}

// rememberCookie keeps the name of who ticked "remember me", for the next login page.
const (
	rememberCookie = "KEYCLOAK_REMEMBER_ME"
	rememberFor    = 365 * 24 * time.Hour
)

func (c *call) clearCookie(name string) {
	http.SetCookie(c.w, &http.Cookie{Name: name, Path: c.cookiePath(), MaxAge: -1})
}

func (c *call) cookie(name string) string {
	cookie, err := c.r.Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// setRootCookies gives the browser the id of the session that its logins will become, with a proof
// that it is ours, and the hash by which a login page notices a login in another tab.
func (c *call) setRootCookies(root string) {
	proof := base64URL(c.realm.keys.mac("HS256", "AUTH_SESSION_ID "+root))
	c.setCookie("AUTH_SESSION_ID", base64.RawStdEncoding.EncodeToString([]byte(root+"."+proof)), 0, true)
	sum := sha512.Sum384([]byte(root))
	c.setCookie("KC_AUTH_SESSION_HASH", base64.StdEncoding.EncodeToString(sum[:]), time.Minute, false)
}

// rootOfBrowser returns the id that setRootCookies gave the browser; "" when there is none, or a forged one.
func (c *call) rootOfBrowser() string {
	text, err := base64.RawStdEncoding.DecodeString(c.cookie("AUTH_SESSION_ID"))
	if err != nil {
		return ""
	}
	root, proof, _ := strings.Cut(string(text), ".")
	want := base64URL(c.realm.keys.mac("HS256", "AUTH_SESSION_ID "+root))
	if !hmac.Equal([]byte(proof), []byte(want)) {
		return ""
	}
	return root
}

// sessionHash is the value of KEYCLOAK_SESSION, which the status frame compares with an app's sid.
func sessionHash(sid string) string {
	sum := sha512.Sum384([]byte(sid))
	return base64URL(sum[:])
}

// setSessionCookies makes the browser the holder of a session.
func (c *call) setSessionCookies(s *session) {
	_, most := c.realm.lifetimeOf(s)
	claims := newObject()
	claims.set("exp", c.now.Add(most).Unix())
	claims.set("iat", c.now.Unix())
	claims.set("jti", newUUID())
	claims.set("iss", c.issuer())
	claims.set("sub", s.user.ID)
	claims.set("typ", "Serialized-ID")
	claims.set("sid", s.id)
	claims.set("state_checker", s.checker)
	identity := must(c.realm.keys.sign("HS512", "JWT", claims)) // with the realm's own secret, which is always there
	keep := time.Duration(0)
	if s.remember {
		keep = most
	}
	c.setCookie("KEYCLOAK_IDENTITY", identity, keep, true)
	c.setCookie("KEYCLOAK_SESSION", sessionHash(s.id), most, false)
}

func (c *call) clearSessionCookies() {
	c.clearCookie("KEYCLOAK_IDENTITY")
	c.clearCookie("KEYCLOAK_SESSION")
}

// snapshot is a copy of what logins need to know of a session.
type snapshot struct {
	id       string
	user     *User
	authTime time.Time
	remember bool
	checker  string
}

// browserSession returns the session that the browser's cookie names, if it has not ended; else nil.
func (c *call) browserSession() *snapshot {
	var claims struct {
		Type    string `json:"typ"`
		Issuer  string `json:"iss"`
		ID      string `json:"sid"`
		Checker string `json:"state_checker"`
		Expires int64  `json:"exp"`
	}
	err := c.realm.keys.verify(c.cookie("KEYCLOAK_IDENTITY"), &claims)
	if err != nil || claims.Type != "Serialized-ID" || claims.Issuer != c.issuer() || claims.Expires <= c.now.Unix() {
		return nil
	}
	c.realm.mu.Lock()
	defer c.realm.mu.Unlock()
	s := c.realm.live(claims.ID, false, c.now)
	if s == nil || !s.user.Enabled || !sameSecret(s.checker, claims.Checker) {
		return nil
	}
	return &snapshot{s.id, s.user, s.authTime, s.remember, s.checker}
}

// setRestartCookie keeps the request, so that a login page that was left open too long can begin anew.
func (c *call) setRestartCookie(values url.Values) {
	claims := newObject()
	claims.set("typ", "restart")
	claims.set("query", values.Encode())
	c.setCookie("KC_RESTART", must(c.realm.keys.sign("HS512", "JWT", claims)), 0, true)
}

// restartQuery returns what setRestartCookie kept.
func (c *call) restartQuery() string {
	var claims struct {
		Type  string `json:"typ"`
		Query string `json:"query"`
	}
	if c.realm.keys.verify(c.cookie("KC_RESTART"), &claims) != nil || claims.Type != "restart" {
		return ""
	}
	return claims.Query
}
