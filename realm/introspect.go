package realm

import (
	"net/http"
	"slices"
)

// introspect is RFC 7662. Only confidential clients may ask, and only about tokens that are meant for
// them; of all others they learn nothing but that they are not active.
func (c *call) introspect() error {
	form, err := c.form()
	if err != nil {
		return err
	}
	client, secret := c.clientOf(form)
	switch {
	case client == nil || !client.Enabled:
		return refuse(http.StatusUnauthorized, "invalid_client", badClient)
	case client.Public:
		return refuse(http.StatusForbidden, "invalid_request", "Client not allowed.")
	case !client.proves(secret):
		return refuse(http.StatusUnauthorized, "invalid_client", "Client authentication failed.")
	case repeated(form):
		return refuse(http.StatusBadRequest, "invalid_request", "duplicated parameter")
	case form.Get("token") == "":
		return refuse(http.StatusBadRequest, "invalid_request", "Token not provided.")
	}
	hint := form.Get("token_type_hint")
	if !slices.Contains([]string{"", "access_token", "refresh_token"}, hint) {
		return refuse(http.StatusBadRequest, "unsupported_token_type", "Unsupported token type")
	}
	c.w.Header().Set("Cache-Control", "no-cache")
	answer := c.introspectAccess(client, form.Get("token"))
	if answer == nil && hint == "refresh_token" {
		answer = c.introspectRefresh(client, form.Get("token"))
	}
	if answer == nil {
		return c.json(map[string]bool{"active": false})
	}
	return c.json(answer)
}

func (c *call) introspectAccess(client *Client, text string) *object {
	t, g, reason := c.judgeAs(text, "Bearer", "ID") // Keycloak knows its ID tokens here, too
	if reason != "" {
		return nil
	}
	claims := g.accessClaims(forIntrospection, t.ID, t.Issued, t.Expires)
	if t.Type == "ID" {
		claims.set("typ", "ID")
		claims.set("aud", t.Party)
	}
	if !slices.Contains(audienceOf(claims), client.ClientID) {
		return nil
	}
	claims.set("client_id", t.Party)
	claims.set("username", t.user.Username)
	claims.set("token_type", t.Type)
	claims.set("active", true)
	return claims
}

// introspectRefresh tells a client of its own refresh token.
func (c *call) introspectRefresh(client *Client, text string) *object {
	t, err := c.readRefreshToken(text)
	if err != nil || t.Party != client.ClientID {
		return nil
	}
	c.realm.mu.Lock()
	defer c.realm.mu.Unlock()
	s := c.realm.live(t.Session, t.offline(), c.now)
	if s == nil || s.clients[t.Party] == nil {
		return nil
	}
	answer := newObject()
	if t.Expires != 0 {
		answer.set("exp", t.Expires)
	}
	answer.set("iat", t.Issued)
	answer.set("jti", t.ID)
	answer.set("iss", t.Issuer)
	answer.set("aud", t.Issuer)
	answer.set("sub", s.user.ID)
	answer.set("typ", t.Type)
	answer.set("azp", t.Party)
	answer.set("sid", t.Session)
	answer.set("scope", t.Scope)
	answer.set("client_id", t.Party)
	answer.set("username", s.user.Username)
	answer.set("token_type", t.Type)
	answer.set("active", true)
	return answer
}
