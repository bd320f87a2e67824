package realm

import (
	"fmt"
	"net/http"
)

// userinfo is OpenID Connect Core §5.3. Refusals have an empty body: the challenge says why (RFC 6750 §3).
func (c *call) userinfo() error {
	c.noStore()
	text := c.bearer()
	if c.r.Method == http.MethodPost {
		form, err := c.form()
		switch {
		case err != nil:
			return err
		case form.Has("access_token") && text != "": // RFC 6750 §2
			return refuse(http.StatusBadRequest, "invalid_request", "More than one method used for including an access token")
		case text == "":
			text = form.Get("access_token")
		}
	}
	challenge := func(status int, code, text string) error {
		value := fmt.Sprintf("Bearer realm=%q", c.realm.Name)
		if code != "" {
			value += fmt.Sprintf(", error=%q, error_description=%q", code, text)
		}
		c.w.Header().Set("WWW-Authenticate", value)
		c.w.Header().Set("Content-Type", "text/plain;charset=utf-8")
		c.w.WriteHeader(status)
		return nil
	}
	if text == "" {
		return challenge(http.StatusUnauthorized, "", "")
	}
	t, g, reason := c.judge(text)
	if reason != "" {
		c.echoOrigin("Access-Control-Allow-Methods, WWW-Authenticate")
		return challenge(http.StatusUnauthorized, "invalid_token", reason)
	}
	if err := c.admitOrigin(t.client); err != nil {
		return err
	}
	switch {
	case t.light || t.client.lightweight():
		return challenge(http.StatusUnauthorized, "invalid_token", "Lightweight access token not allowed for userinfo endpoint")
	case !t.hasScope("openid"):
		return challenge(http.StatusForbidden, "insufficient_scope", "Missing openid scope")
	}
	c.w.Header().Set("Cache-Control", "no-cache")
	return c.json(g.userinfo())
}

// userinfo is what userinfo says of the user.
func (g *grant) userinfo() *object {
	claims := newObject()
	claims.set("sub", g.user.ID)
	mapped := mapClaims(g, forUserinfo, claims)
	setAudience(claims, "aud", mapped.audience)
	return claims
}
