package realm

import (
	"net/http"
	"time"
)

// revoke is RFC 7009. A refresh token takes its client's part of the session with it, an access token only itself.
func (c *call) revoke() error {
	client, form, err := c.clientForm()
	if err != nil {
		return err
	}
	if form.Get("token") == "" {
		return refuse(http.StatusBadRequest, "invalid_request", "Token not provided")
	}
	if t, err := c.readRefreshToken(form.Get("token")); err == nil {
		return c.revokeRefresh(client, t)
	}
	t, _, reason := c.judge(form.Get("token"))
	switch {
	case t.Type == "ID":
		return refuse(http.StatusBadRequest, "unsupported_token_type", "Unsupported token type")
	case reason != "":
		return refuse(http.StatusOK, "invalid_token", "Invalid token")
	case t.client != client:
		return refuse(http.StatusBadRequest, "invalid_request", "Unmatching clients")
	}
	c.realm.mu.Lock()
	defer c.realm.mu.Unlock()
	// Known for longer than the token lives: after its end the realm's clock may be set back.
	c.realm.revoked.put(t.ID, true, c.now, time.Unix(t.Expires, 0).Add(2*maxOffset*time.Second))
	return nil
}

func (c *call) revokeRefresh(client *Client, t refreshToken) error {
	if t.Party != client.ClientID {
		return refuse(http.StatusBadRequest, "invalid_request", "Unmatching clients")
	}
	c.realm.mu.Lock()
	defer c.realm.mu.Unlock()
	if s := c.realm.live(t.Session, t.offline(), c.now); s != nil {
		c.realm.leave(s, client)
	}
	return nil
}
