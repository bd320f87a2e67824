package realm

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"keystead/realm/pages"
)

// logoutRequest is a question whether to sign out, until the person answers it.
type logoutRequest struct {
	root     string // the browser that was asked
	redirect string // where to go afterwards; "" for a page of our own
}

// logout is OpenID Connect RP-Initiated Logout 1.0, and with a refresh token in a form what apps did before it.
func (c *call) logout() error {
	c.w.Header().Set("Cache-Control", "no-cache")
	if err := c.r.ParseForm(); err != nil {
		return refusePage(http.StatusBadRequest, "Invalid Request")
	}
	if c.r.Method == http.MethodPost && c.r.PostForm.Has("refresh_token") {
		return c.logoutByToken()
	}
	values := c.r.Form
	hint, clientID, redirect := values.Get("id_token_hint"), values.Get("client_id"), values.Get("post_logout_redirect_uri")
	var sid string
	if hint != "" {
		token, ok := c.readHint(hint)
		if !ok || clientID != "" && clientID != token.Party {
			return refusePage(http.StatusBadRequest, "Invalid parameter: id_token_hint")
		}
		clientID, sid = token.Party, token.Session
	}
	if len(redirect)+len(values.Get("state")) > maxRequest {
		return refusePage(http.StatusBadRequest, "Invalid Request")
	}
	if redirect != "" {
		if clientID == "" {
			return refusePage(http.StatusBadRequest, "Missing parameters: id_token_hint")
		}
		client := c.realm.Clients[clientID]
		if client == nil || !client.redirectAllowed(redirect, client.PostLogoutRedirectURIs, c.base()) {
			refused := &pageError{status: http.StatusBadRequest, text: "Invalid redirect uri", client: client}
			if client != nil {
				refused.detail = c.addressDetail(client, redirect, "post.logout.redirect.uris", client.PostLogoutRedirectURIs)
			}
			return refused
		}
		redirect = withState(redirect, values.Get("state"))
	}
	current := c.browserSession()
	switch {
	case hint != "":
		c.endSession(sid, false)
		if current == nil || current.id == sid {
			c.clearSessionCookies()
		}
		return c.loggedOut(redirect)
	case redirect != "" && current == nil:
		return c.loggedOut(redirect)
	}
	return c.askToLogOut(clientID, redirect)
}

// hintToken is what logout reads in an ID token. One that has expired still tells who it was for.
type hintToken struct {
	Issuer  string `json:"iss"`
	Type    string `json:"typ"`
	Party   string `json:"azp"`
	Session string `json:"sid"`
}

func (c *call) readHint(text string) (hintToken, bool) {
	var t hintToken
	err := c.realm.keys.verify(text, &t)
	return t, err == nil && t.Type == "ID" && t.Issuer == c.issuer()
}

func withState(redirect, state string) string {
	if state == "" {
		return redirect
	}
	separator := "?"
	if strings.Contains(redirect, "?") {
		separator = "&"
	}
	return redirect + separator + "state=" + url.QueryEscape(state)
}

func (c *call) loggedOut(redirect string) error {
	if redirect != "" {
		return c.redirect(redirect)
	}
	c.page(http.StatusOK, pages.Message{Frame: c.frame(), Title: "You are logged out", Text: "You are logged out"})
	return nil
}

// askToLogOut asks the person first: any page can send a browser here.
func (c *call) askToLogOut(clientID, redirect string) error {
	root := c.rootOfBrowser()
	if current := c.browserSession(); current != nil {
		root = current.id
	}
	if root == "" {
		root = randomText(18)
	}
	c.setRootCookies(root)
	code := randomText(32)
	c.realm.mu.Lock()
	c.realm.logouts.put(code, &logoutRequest{root, redirect}, c.now, c.now.Add(c.realm.Lifetimes.Action))
	c.realm.mu.Unlock()
	query := url.Values{"tab_id": {randomText(8)}}
	if clientID != "" {
		query.Set("client_id", clientID)
	}
	c.page(http.StatusOK, pages.LogoutConfirm{Frame: c.frame(), Action: c.endpointURL("/logout/logout-confirm") + "?" + query.Encode(), SessionCode: code})
	return nil
}

// logoutConfirmed takes the answer of the confirm page.
func (c *call) logoutConfirmed() error {
	c.w.Header().Set("Cache-Control", "no-cache")
	if err := c.ownPage(); err != nil {
		return err
	}
	form, err := c.form()
	if err != nil {
		return err
	}
	c.realm.mu.Lock()
	asked, ok := c.realm.logouts.get(form.Get("session_code"), c.now)
	c.realm.logouts.remove(form.Get("session_code"))
	c.realm.mu.Unlock()
	if !ok || asked.root != c.rootOfBrowser() {
		return refusePage(http.StatusBadRequest, "Logout failed")
	}
	if current := c.browserSession(); current != nil {
		c.endSession(current.id, false)
	}
	c.clearSessionCookies()
	return c.loggedOut(asked.redirect)
}

// logoutByToken ends the session of a refresh token, for apps that sign out without the browser.
func (c *call) logoutByToken() error {
	client, form, err := c.clientForm()
	if err != nil {
		return err
	}
	t, err := c.readRefreshToken(form.Get("refresh_token"))
	if err != nil {
		return err
	}
	if t.Party != client.ClientID {
		return invalidGrant("Invalid refresh token. Token client and authorized client don't match")
	}
	c.endSession(t.Session, t.offline())
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// endSession ends a session for all its clients.
func (c *call) endSession(sid string, offline bool) {
	c.endSessions(func() []*session {
		if s := c.realm.live(sid, offline, c.now); s != nil {
			return []*session{s}
		}
		return nil
	})
}

// endSessions ends the sessions that find returns, which is called with the lock held. Their clients are told
// first: as in Keycloak, a session goes on until they have answered. With an offline session ends the browser's
// of the same id, of which nobody is told.
func (c *call) endSessions(find func() []*session) {
	v := c.realm
	v.mu.Lock()
	ending := find()
	var all []notice
	for _, s := range ending {
		for _, part := range s.clients {
			if n := (notice{part.client, s.user, s.id}); !slices.Contains(all, n) { // a session and its offline one end together
				all = append(all, n)
			}
		}
	}
	v.mu.Unlock()
	c.tell(all)
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, s := range ending {
		v.drop(s)
		v.sessions.remove(s.id)
	}
}
