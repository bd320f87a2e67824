package realm

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	logoutTokenLife    = 2 * time.Minute
	backchannelTimeout = 3 * time.Second // an app that hangs must not hold up a sign-out
)

// newBackchannelClient follows no redirects: a logout token is for the address in the realm file.
func newBackchannelClient() *http.Client {
	return &http.Client{
		Timeout:       backchannelTimeout,
		Transport:     &http.Transport{}, // no proxy: the apps are on this machine
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// tell sends each client a logout token (OpenID Connect Back-Channel Logout 1.0 §2.5), all at the same
// time, and waits for their answers. Only apps on this machine are told: the file may be the export of a
// realm in use, whose apps are none of a development realm's business.
func (c *call) tell(clients []*Client, s *session) {
	var all sync.WaitGroup
	for _, client := range clients {
		address := client.absolute(client.Attrs["backchannel.logout.url"], c.base())
		if u, err := url.Parse(address); err != nil || !isLoopbackHost(u.Host) {
			c.s.log.Warn("an app was not told of a sign-out, because it is not on this machine", "realm", c.realm.Name, "client", client.ClientID, "url", address)
			continue
		}
		all.Go(func() {
			if err := c.sendLogoutToken(client, address, s); err != nil {
				c.s.log.Warn("an app could not be told of a sign-out", "realm", c.realm.Name, "client", client.ClientID, "url", address, "error", err)
			}
		})
	}
	all.Wait()
}

func (c *call) sendLogoutToken(client *Client, address string, s *session) error {
	claims := newObject()
	claims.set("exp", c.now.Add(logoutTokenLife).Unix())
	claims.set("iat", c.now.Unix())
	claims.set("jti", newUUID())
	claims.set("iss", c.issuer())
	claims.set("aud", client.ClientID)
	claims.set("sub", s.user.ID)
	claims.set("typ", "Logout")
	if client.Attrs["backchannel.logout.session.required"] != "false" {
		claims.set("sid", s.id)
	}
	claims.set("events", map[string]any{"http://schemas.openid.net/event/backchannel-logout": struct{}{}})
	g := grant{realm: c.realm, client: client}
	token, err := c.realm.keys.sign(g.idAlgorithm(), "logout+jwt", claims)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), backchannelTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(url.Values{"logout_token": {token}}.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := c.s.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, maxBody))
	return err
}
