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

// notice is what an app is told: that a person's session has ended.
type notice struct {
	client *Client
	user   *User
	sid    string
}

// tell sends the clients that want to know a logout token (OpenID Connect Back-Channel Logout 1.0 §2.5), all at
// the same time, and waits for their answers, which change nothing. Only apps on this machine are told: the file
// may be the export of a realm in use, whose apps are none of a development realm's business.
func (c *call) tell(notices []notice) {
	var all sync.WaitGroup
	for _, n := range notices {
		if n.client.Attrs["backchannel.logout.url"] == "" {
			continue
		}
		address := n.client.absolute(n.client.Attrs["backchannel.logout.url"], c.base())
		log := c.s.log.With("realm", c.realm.Name, "client", n.client.ClientID, "url", address)
		if u, err := url.Parse(address); err != nil || !isLoopbackHost(u.Host) {
			log.Warn("an app was not told of a sign-out, because it is not on this machine")
			continue
		}
		if n.client.FrontchannelLogout {
			log.Warn("an app was not told of a sign-out: its client has frontchannelLogout switched on, and Keycloak then sends nothing in the back either")
			continue
		}
		all.Go(func() {
			if err := c.sendLogoutToken(n, address); err != nil {
				log.Warn("an app could not be told of a sign-out", "error", err)
			}
		})
	}
	all.Wait()
}

func (c *call) sendLogoutToken(n notice, address string) error {
	events := map[string]any{"http://schemas.openid.net/event/backchannel-logout": struct{}{}}
	if n.client.Attrs["backchannel.logout.revoke.offline.tokens"] == "true" { // Keycloak's own: the app is to forget its offline tokens, too
		events["revoke_offline_access"] = true
	}
	claims := newObject()
	claims.set("exp", c.now.Add(logoutTokenLife).Unix())
	claims.set("iat", c.now.Unix())
	claims.set("jti", newUUID())
	claims.set("iss", c.issuer())
	claims.set("aud", n.client.ClientID)
	claims.set("sub", n.user.ID)
	claims.set("typ", "Logout")
	if n.client.Attrs["backchannel.logout.session.required"] == "true" {
		claims.set("sid", n.sid)
	}
	claims.set("events", events)
	g := grant{realm: c.realm, client: n.client}
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
