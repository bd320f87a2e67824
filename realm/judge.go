package realm

import (
	"slices"
	"strings"
)

// accessToken is what the realm reads in its own access tokens.
type accessToken struct {
	Expires int64  `json:"exp"`
	Issued  int64  `json:"iat"`
	ID      string `json:"jti"`
	Issuer  string `json:"iss"`
	Subject string `json:"sub"`
	Type    string `json:"typ"`
	Party   string `json:"azp"`
	Session string `json:"sid"`
	Scope   string `json:"scope"`

	client *Client
	user   *User
	light  bool // does not name its user: a lightweight token
}

func (t *accessToken) offline() bool { return len(t.ID) > 2 && t.ID[:2] == "of" }

// Why an access token is not good, as userinfo says it.
const (
	verificationFailed = "Token verification failed"
	sessionNotFound    = "user_session_not_found"
	userDisabled       = "User disabled"
	serviceDisabled    = "user_disabled" // the same of a service account without a session
)

// judge reads an access token and decides whether it is good here and now. The reason is "" when it is;
// otherwise the token may be incomplete. The part that says what it grants is made anew in grant.
func (c *call) judge(text string) (t *accessToken, g *grant, reason string) {
	return c.judgeAs(text, "Bearer")
}

// judgeAs is judge for tokens of these types.
func (c *call) judgeAs(text string, types ...string) (t *accessToken, g *grant, reason string) {
	t = &accessToken{}
	if c.realm.keys.verify(text, t) != nil || !slices.Contains(types, t.Type) || t.Issuer != c.issuer() || t.Expires <= c.now.Unix() {
		return t, nil, verificationFailed
	}
	v := c.realm
	v.mu.Lock()
	defer v.mu.Unlock()
	t.client = v.Clients[t.Party]
	if _, gone := v.revoked.get(t.ID, c.now); gone || t.client == nil || !t.client.Enabled || t.Issued < max(v.NotBefore, t.client.NotBefore) {
		return t, nil, verificationFailed
	}
	sc, _ := resolveScopes(t.client, t.Scope)
	if t.Session == "" {
		t.user = v.UserByID(t.Subject)
		if t.user == nil || t.user != t.client.ServiceAccount {
			return t, nil, sessionNotFound
		}
		if !t.user.Enabled {
			return t, nil, serviceDisabled
		}
		return t, c.serviceGrant(t.client, sc), ""
	}
	s := v.live(t.Session, t.offline(), c.now)
	if s == nil || s.clients[t.Party] == nil {
		return t, nil, sessionNotFound
	}
	t.user, t.light = s.user, t.Subject == ""
	if !t.user.Enabled {
		return t, nil, userDisabled
	}
	if t.Issued < s.user.NotBefore || !t.light && t.Subject != s.user.ID {
		return t, nil, verificationFailed
	}
	g = v.grantOf(c, s, s.clients[t.Party], sc, "")
	return t, g, ""
}

// audienceOf reads an aud claim, one or several.
func audienceOf(claims *object) []string {
	switch aud := claims.get("aud").(type) {
	case string:
		return []string{aud}
	case []string:
		return aud
	}
	return nil
}

func (t *accessToken) hasScope(name string) bool {
	return slices.Contains(strings.Fields(t.Scope), name)
}
