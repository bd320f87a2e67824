package realm

import (
	"crypto/sha256"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// token is the token endpoint (RFC 6749 §3.2).
func (c *call) token() error {
	c.noStore()
	form, err := c.form()
	if err != nil {
		return err
	}
	grantType := form.Get("grant_type")
	if grantType == "" {
		return refuse(http.StatusBadRequest, "invalid_request", "Missing form parameter: grant_type")
	}
	if !c.realm.Enabled {
		return refuse(http.StatusForbidden, "access_denied", "Realm not enabled")
	}
	grants := map[string]func(*call, *Client, url.Values) (*grant, error){
		"authorization_code": (*call).codeGrant,
		"refresh_token":      (*call).refreshGrant,
		"password":           (*call).passwordGrant,
		"client_credentials": (*call).clientCredentialsGrant,
		deviceGrant:          (*call).deviceCodeGrant,
	}
	handle, ok := grants[grantType]
	switch {
	case repeated(form):
		return refuse(http.StatusBadRequest, "invalid_request", "duplicated parameter")
	case grantType == "urn:ietf:params:oauth:grant-type:token-exchange":
		handle, ok = (*call).tokenExchange, true
	}
	if !ok {
		return refuse(http.StatusBadRequest, "unsupported_grant_type", "Unsupported grant_type")
	}
	client, err := c.authenticatedClient(form)
	if err != nil {
		return err
	}
	if err := c.admitOrigin(client); err != nil {
		return err
	}
	g, err := handle(c, client, form)
	if err != nil {
		return err
	}
	if g.scopes.offline && !g.mayStayOffline() {
		return refuse(http.StatusBadRequest, "not_allowed", "Offline tokens not allowed for the user or client")
	}
	answer, err := g.tokens(c.now)
	if err != nil {
		return err
	}
	return c.json(answer)
}

func invalidGrant(text string) error { return refuse(http.StatusBadRequest, "invalid_grant", text) }

// mayStayOffline reports whether the user holds the role that offline tokens need, within the client's reach.
func (g *grant) mayStayOffline() bool {
	return slices.ContainsFunc(g.scopes.rolesFor(g.user, g.client), func(r *Role) bool {
		return r.Client == nil && r.Name == "offline_access"
	})
}

// codeGrant redeems an authorization code (RFC 6749 §4.1.3). A code is spent by the first attempt, whatever comes of it.
func (c *call) codeGrant(client *Client, form url.Values) (*grant, error) {
	if form.Get("code") == "" {
		return nil, refuse(http.StatusBadRequest, "invalid_request", "Missing parameter: code")
	}
	v := c.realm
	v.mu.Lock()
	defer v.mu.Unlock()
	kept, ok := v.codes.get(form.Get("code"), c.now)
	if !ok {
		return nil, invalidGrant("Code not valid")
	}
	s := v.live(kept.session, false, c.now)
	if kept.spent { // somebody has a copy (RFC 6749 §10.5): what the first use brought ends, too
		if s != nil {
			delete(s.clients, kept.client)
		}
		return nil, invalidGrant("Code not valid")
	}
	kept.spent = true
	switch {
	case !c.now.Before(kept.expires):
		return nil, invalidGrant("Code not valid")
	case s == nil:
		return nil, invalidGrant("Session not active")
	case kept.client != client.ClientID:
		return nil, invalidGrant("Auth error: Found different client_id in clientSession")
	case kept.request.RedirectURI != form.Get("redirect_uri"):
		return nil, invalidGrant("Incorrect redirect_uri")
	}
	if text := verifierFlaw(kept.request, form.Get("code_verifier")); text != "" {
		return nil, invalidGrant(text)
	}
	sc, _ := resolveScopes(client, kept.request.Scope)
	part := s.clients[client.ClientID]
	if part == nil {
		return nil, invalidGrant("Session not active")
	}
	v.keep(s, c.now)
	return c.grantWithSession(s, part, sc, "ac", kept.request.Nonce), nil
}

// verifierFlaw returns what is wrong with a PKCE verifier; "" when nothing is (RFC 7636 §4.6).
func verifierFlaw(request authRequest, verifier string) string {
	switch {
	case request.Challenge == "" && verifier != "":
		return "PKCE code verifier specified but challenge not present in authorization"
	case request.Challenge == "":
		return ""
	case verifier == "":
		return "PKCE code verifier not specified"
	case !challengeForm.MatchString(verifier):
		return "PKCE verification failed: Invalid code verifier"
	}
	computed := verifier
	if request.ChallengeMethod == "S256" {
		sum := sha256.Sum256([]byte(verifier))
		computed = base64URL(sum[:])
	}
	if !sameSecret(computed, request.Challenge) {
		return "PKCE verification failed: Code mismatch"
	}
	return ""
}

// grantWithSession is for grants that begin a client's part of a session. With the scope offline_access
// the tokens belong to an offline session instead, which outlives the browser's. A browser's session that
// began with such a request ends here, and no app is told. The lock must be held.
func (c *call) grantWithSession(s *session, part *clientSession, sc scopes, how, nonce string) *grant {
	v := c.realm
	inBrowser, offlineFirst := s, part.offlineFirst
	if sc.offline {
		kept := v.live(s.id, true, c.now)
		if kept == nil {
			kept = &session{id: s.id, version: v.Realm, user: s.user, started: c.now, authTime: s.authTime, offline: true, address: s.address, agent: s.agent, clients: map[string]*clientSession{}}
		}
		acr := part.acr
		notes := part.notes
		part = kept.join(part.client, acr, c.now)
		part.notes = notes
		v.keep(kept, c.now)
		s = kept
	}
	g := v.grantOf(c, s, part, sc, how)
	g.nonce = nonce
	if sc.offline && offlineFirst && g.mayStayOffline() {
		v.drop(inBrowser)
	}
	return g
}

// refreshToken is what a refresh token says (tokens of the realm for itself: HS512).
type refreshToken struct {
	Expires int64  `json:"exp"`
	Issued  int64  `json:"iat"`
	ID      string `json:"jti"`
	Issuer  string `json:"iss"`
	Type    string `json:"typ"`
	Party   string `json:"azp"`
	Session string `json:"sid"`
	Scope   string `json:"scope"`
	Chain   string `json:"reuse_id"`
}

func (t refreshToken) offline() bool { return t.Type == "Offline" }

// readRefreshToken checks all of a refresh token but its session.
func (c *call) readRefreshToken(text string) (refreshToken, error) {
	var t refreshToken
	if c.realm.keys.verify(text, &t) != nil || t.Type != "Refresh" && !t.offline() || t.Issuer != c.issuer() {
		return t, invalidGrant("Invalid refresh token")
	}
	if t.Expires != 0 && t.Expires <= c.now.Unix() {
		return t, invalidGrant("Token is not active")
	}
	return t, nil
}

// refreshGrant exchanges a refresh token (RFC 6749 §6).
func (c *call) refreshGrant(client *Client, form url.Values) (*grant, error) {
	text := form.Get("refresh_token")
	if text == "" {
		return nil, refuse(http.StatusBadRequest, "invalid_request", "No refresh token")
	}
	t, err := c.readRefreshToken(text)
	if err != nil {
		return nil, err
	}
	asked, known := resolveScopes(client, form.Get("scope"))
	v := c.realm
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.live(t.Session, t.offline(), c.now)
	switch {
	case t.Party != client.ClientID:
		return nil, invalidGrant("Invalid refresh token. Token client and authorized client don't match")
	case t.Issued < max(v.NotBefore, client.NotBefore):
		return nil, invalidGrant("Stale token")
	case s == nil && t.offline():
		return nil, invalidGrant("Offline user session not found")
	case s == nil:
		return nil, invalidGrant("Session not active")
	case !s.user.Enabled:
		return nil, invalidGrant(userDisabled)
	case t.Issued < s.user.NotBefore:
		return nil, invalidGrant("Stale token")
	case s.clients[client.ClientID] == nil:
		return nil, invalidGrant("Session doesn't have required client")
	case !known:
		return nil, refuse(http.StatusBadRequest, "invalid_scope", "Invalid scopes: "+form.Get("scope"))
	}
	part := s.clients[client.ClientID]
	if v.RevokeRefreshToken {
		if text := part.use(t, v.RefreshTokenMaxReuse, c.now); text != "" {
			delete(s.clients, client.ClientID) // somebody has a copy: neither of the two goes on
			return nil, invalidGrant(text)
		}
	}
	granted := strings.Fields(t.Scope)
	sc, _ := resolveScopes(client, strings.Join(slices.DeleteFunc(slices.Clone(granted), func(name string) bool {
		_, known := resolveScopes(client, name)
		return !known // taken from the client since
	}), " "))
	sc = sc.only(granted)
	withID := sc.openid
	if form.Get("scope") != "" {
		sc = sc.only(strings.Fields(asked.all()))
	}
	v.keep(s, c.now)
	g := v.grantOf(c, s, part, sc, "rt")
	g.withID, g.chain, g.refreshScope = withID, t.Chain, t.Scope
	return g, nil
}

// passwordGrant is the resource owner password grant (RFC 6749 §4.3), for command lines and tests.
func (c *call) passwordGrant(client *Client, form url.Values) (*grant, error) {
	if !client.DirectAccess {
		return nil, refuse(http.StatusBadRequest, "unauthorized_client", "Client not allowed for direct access grants")
	}
	sc, known := resolveScopes(client, form.Get("scope"))
	if !known {
		return nil, refuse(http.StatusBadRequest, "invalid_scope", "Invalid scopes: "+form.Get("scope"))
	}
	if form.Get("username") == "" {
		return nil, refuse(http.StatusUnauthorized, "invalid_request", "Missing parameter: username")
	}
	user := c.realm.UserByLogin(form.Get("username"))
	switch {
	case user == nil || !c.realm.matches(user, form.Get("password")):
		return nil, invalidGrant("Invalid user credentials")
	case !user.Enabled:
		return nil, invalidGrant("Account disabled")
	case len(c.realm.pending(user)) > 0:
		return nil, invalidGrant("Account is not fully set up")
	}
	return c.newSession(client, user, sc, "ro", nil), nil
}

// newSession begins a session without a browser. Notes go with it into tokens.
func (c *call) newSession(client *Client, user *User, sc scopes, how string, notes map[string]string) *grant {
	v := c.realm
	v.mu.Lock()
	defer v.mu.Unlock()
	s := &session{id: randomText(18), version: v.Realm, user: user, started: c.now, checker: randomText(16), address: addressOf(c.r), agent: agentOf(c.r), clients: map[string]*clientSession{}}
	part := s.join(client, v.levelName(client, 1), c.now)
	part.notes = notes
	if !sc.offline {
		v.keep(s, c.now)
	}
	return c.grantWithSession(s, part, sc, how, "")
}

// clientCredentialsGrant gives a service a token of its own (RFC 6749 §4.4), without a session unless
// the client wants refresh tokens.
func (c *call) clientCredentialsGrant(client *Client, form url.Values) (*grant, error) {
	switch {
	case client.Public:
		return nil, refuse(http.StatusUnauthorized, "unauthorized_client", "Public client not allowed to retrieve service account")
	case !client.ServiceAccounts || client.ServiceAccount == nil:
		return nil, refuse(http.StatusUnauthorized, "unauthorized_client", "Client not enabled to retrieve service account")
	case !client.ServiceAccount.Enabled:
		return nil, refuse(http.StatusUnauthorized, "invalid_request", "User '"+client.ServiceAccount.Username+"' disabled")
	}
	sc, known := resolveScopes(client, form.Get("scope"))
	if !known {
		return nil, refuse(http.StatusBadRequest, "invalid_scope", "Invalid scopes: "+form.Get("scope"))
	}
	if client.Attrs["client_credentials.use_refresh_token"] == "true" {
		return c.newSession(client, client.ServiceAccount, sc, "cc", c.serviceNotes(client)), nil
	}
	g := c.serviceGrant(client, sc)
	g.how = "cc"
	return g, nil
}

// serviceNotes say which service called, and from where.
func (c *call) serviceNotes(client *Client) map[string]string {
	address := addressOf(c.r)
	return map[string]string{"client_id": client.ClientID, "clientHost": address, "clientAddress": address}
}

// serviceGrant is the grant of a service account without a session.
func (c *call) serviceGrant(client *Client, sc scopes) *grant {
	sc = sc.permitted(client.ServiceAccount)
	return &grant{
		realm: c.realm, base: c.base(), issuer: c.issuer(), client: client, user: client.ServiceAccount, scopes: sc, withID: sc.openid,
		kind: "tr", acr: c.realm.levelName(client, 1), notes: c.serviceNotes(client),
	}
}

// deviceCodeGrant is how a device asks whether its user has answered (RFC 8628 §3.4).
func (c *call) deviceCodeGrant(client *Client, form url.Values) (*grant, error) {
	if !client.DeviceFlow {
		return nil, invalidGrant("Client not allowed OAuth 2.0 Device Authorization Grant")
	}
	if form.Get("device_code") == "" {
		return nil, refuse(http.StatusBadRequest, "invalid_request", "Missing parameter: device_code")
	}
	v := c.realm
	v.mu.Lock()
	defer v.mu.Unlock()
	d, ok := v.devices.get(form.Get("device_code"), c.now)
	switch {
	case !ok:
		return nil, invalidGrant("Device code not valid")
	case d.client != client.ClientID:
		return nil, invalidGrant("unauthorized client")
	}
	tooSoon := !d.polled.IsZero() && c.now.Sub(d.polled) < v.Lifetimes.DevicePollInterval
	d.polled = c.now
	switch {
	case d.state == deviceDenied:
		return nil, refuse(http.StatusBadRequest, "access_denied", "The end user denied the authorization request")
	case !c.now.Before(d.expires):
		return nil, refuse(http.StatusBadRequest, "expired_token", "Device code is expired")
	case tooSoon && d.state == devicePending:
		return nil, refuse(http.StatusBadRequest, "slow_down", "Slow down")
	case d.state == devicePending:
		return nil, refuse(http.StatusBadRequest, "authorization_pending", "The authorization request is still pending")
	}
	if text := verifierFlaw(d.request, form.Get("code_verifier")); text != "" {
		return nil, invalidGrant(text)
	}
	v.devices.remove(d.deviceCode)
	v.userCodes.remove(d.userCode)
	s := v.live(d.session, false, c.now)
	if s == nil || s.clients[client.ClientID] == nil {
		return nil, invalidGrant("Session not active")
	}
	sc, _ := resolveScopes(client, d.request.Scope)
	v.keep(s, c.now)
	return c.grantWithSession(s, s.clients[client.ClientID], sc, "dg", d.request.Nonce), nil
}

// tokenExchange is refused in Keycloak's words: this realm does not do it.
func (c *call) tokenExchange(*Client, url.Values) (*grant, error) {
	return nil, refuse(http.StatusBadRequest, "invalid_request", "Standard token exchange is not enabled for the requested client")
}
