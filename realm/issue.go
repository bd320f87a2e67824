package realm

import (
	"cmp"
	"crypto"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
)

// grant is what a set of tokens is made from: a copy, so that no lock is held while they are signed.
type grant struct {
	realm  *served
	base   string // scheme and host of the request
	issuer string
	client *Client
	user   *User
	scopes scopes

	session      string    // sid; "" without one, as with client credentials
	kind         string    // on, of, tr: what the jti says of the session
	how          string    // ac, rt, ro, cc, dg: … and of the grant type
	started      time.Time // of the client's part of the session
	ends         time.Time // when the session ends at the latest; zero: no bound on access tokens
	refreshEnds  time.Time // zero: a refresh token without an end, or none at all
	authTime     time.Time
	acr          string
	nonce        string
	notes        map[string]string
	override     map[string]json.RawMessage // claims of the access token that the control API was given; null: without that one
	refresh      bool                       // with a refresh token
	refreshScope string                     // of the refresh token that this follows: a refresh with less scope narrows only what it yields
	chain        string                     // reuse_id of the refresh token that this follows; "" for a first one
	withID       bool                       // with an ID token
}

// grantOf copies what tokens need from a session that was joined. The lock must be held.
func (v *served) grantOf(c *call, s *session, part *clientSession, sc scopes, how string) *grant {
	g := &grant{
		realm: v, base: c.base(), issuer: c.issuer(), client: part.client, user: s.user, scopes: sc.permitted(s.user),
		session: s.id, kind: "on", how: how, started: part.started, authTime: s.authTime, acr: part.acr,
		notes: map[string]string{}, refresh: part.client.Attrs["use.refresh.tokens"] != "false",
	}
	g.withID = g.scopes.openid
	if _, most := v.lifetimeOf(s); most > 0 {
		g.ends = s.started.Add(most)
	}
	g.refreshEnds = v.clientSessionEnds(s, part.client, part.started, c.now)
	if s.offline {
		g.kind, g.ends = "of", time.Time{}
		if v.Lifetimes.OfflineMax == 0 {
			g.refreshEnds = time.Time{}
		}
	}
	maps.Copy(g.notes, part.notes)
	if !s.authTime.IsZero() {
		g.notes["AUTH_TIME"] = strconv.FormatInt(s.authTime.Unix(), 10)
	}
	return g
}

// accessOrder and idOrder are the order in which Keycloak writes the claims that it knows by name.
var (
	accessOrder  = []string{"exp", "iat", "auth_time", "jti", "iss", "aud", "sub", "typ", "azp", "nonce", "sid", "at_hash", "acr", "allowed-origins", "realm_access", "resource_access", "scope"}
	refreshOrder = []string{"exp", "iat", "jti", "iss", "aud", "sub", "typ", "azp", "sid", "scope", "aud_x", "reuse_id", "prov"}
)

// accessClaims are the claims of an access token, or what introspection says of it.
func (g *grant) accessClaims(kind claimsFor, jti string, issued, expires int64) *object {
	claims := newObject()
	claims.set("exp", expires)
	claims.set("iat", issued)
	claims.set("jti", jti)
	claims.set("iss", g.issuer)
	claims.set("typ", "Bearer")
	claims.set("azp", g.client.ClientID)
	claims.setNonEmpty("sid", g.session)
	claims.set("scope", g.scopes.text())
	mapped := mapClaims(g, kind, claims)
	setAudience(claims, "aud", mapped.audience)
	claims.sortBy(accessOrder)
	return claims
}

// setAudience writes one audience as a string and several as a list.
func setAudience(claims *object, name string, audience []string) {
	switch len(audience) {
	case 0:
	case 1:
		claims.set(name, audience[0])
	default:
		claims.set(name, audience)
	}
}

func (g *grant) idClaims(access string, issued, expires int64) *object {
	claims := newObject()
	claims.set("exp", expires)
	claims.set("iat", issued)
	claims.set("jti", newUUID())
	claims.set("iss", g.issuer)
	claims.set("sub", g.user.ID)
	claims.set("typ", "ID")
	claims.set("azp", g.client.ClientID)
	claims.setNonEmpty("nonce", g.nonce)
	claims.setNonEmpty("sid", g.session)
	if access != "" {
		claims.set("at_hash", halfHash(hashOf(g.idAlgorithm()), access))
	}
	mapped := mapClaims(g, forID, claims)
	audience := []string{g.client.ClientID}
	for _, other := range mapped.audience {
		if other != g.client.ClientID {
			audience = append(audience, other)
		}
	}
	setAudience(claims, "aud", audience)
	claims.sortBy(accessOrder)
	return claims
}

// halfHash is the left half of a hash (OpenID Connect Core §3.1.3.6).
func halfHash(hash crypto.Hash, text string) string {
	sum := digest(hash, []byte(text))
	return base64URL(sum[:len(sum)/2])
}

func (g *grant) refreshClaims(access *object, issued, expires int64) *object {
	claims := newObject()
	if expires != 0 {
		claims.set("exp", expires)
	}
	claims.set("iat", issued)
	claims.set("jti", newUUID())
	claims.set("iss", g.issuer)
	claims.set("aud", g.issuer)
	if sub := access.get("sub"); sub != nil {
		claims.set("sub", sub)
	}
	claims.set("typ", g.refreshType())
	claims.set("azp", g.client.ClientID)
	claims.set("sid", g.session)
	claims.set("scope", cmp.Or(g.refreshScope, g.scopes.all()))
	if audience := access.get("aud"); audience != nil {
		claims.set("aud_x", audience)
	}
	claims.set("prov", "default")
	if g.realm.RevokeRefreshToken {
		claims.set("reuse_id", cmp.Or(g.chain, newUUID()))
	}
	claims.sortBy(refreshOrder)
	return claims
}

func (g *grant) refreshType() string {
	if g.kind == "of" {
		return "Offline"
	}
	return "Refresh"
}

func (g *grant) accessAlgorithm() string { return g.algorithm("access.token.signed.response.alg") }
func (g *grant) idAlgorithm() string     { return g.algorithm("id.token.signed.response.alg") }

func (g *grant) algorithm(attribute string) string {
	asked := g.client.Attrs[attribute]
	if slices.Contains(signatureAlgorithms, asked) || slices.Contains([]string{"HS256", "HS384", "HS512"}, asked) {
		return asked
	}
	return g.realm.DefaultSignature
}

// lightweight reports whether the client's access tokens leave most of what they stand for to introspection.
func (c *Client) lightweight() bool {
	return c.Attrs["client.use.lightweight.access.token.enabled"] == "true"
}

func (g *grant) accessType() string {
	if g.client.Attrs["access.token.header.type.rfc9068"] == "true" {
		return "at+jwt"
	}
	return "JWT"
}

// tokens makes and signs the answer of the token endpoint.
func (g *grant) tokens(now time.Time) (*object, error) {
	issued := now.Unix()
	expires := now.Add(g.realm.accessLifespan(g.client))
	if !g.ends.IsZero() {
		expires = earlier(expires, g.ends)
	}
	kind, weight := forAccess, "rt"
	if g.client.lightweight() {
		kind, weight = forLightweight, "lt"
	}
	claims := g.accessClaims(kind, g.kind+weight+g.how+":"+newUUID(), issued, expires.Unix())
	access, err := g.realm.keys.sign(g.accessAlgorithm(), g.accessType(), g.overridden(claims))
	if err != nil {
		return nil, err
	}
	answer := newObject()
	answer.set("access_token", access)
	answer.set("expires_in", expires.Unix()-issued)
	if err := g.addRefresh(answer, claims, now); err != nil {
		return nil, err
	}
	answer.set("token_type", "Bearer")
	if g.withID {
		id, err := g.realm.keys.sign(g.idAlgorithm(), "JWT", g.idClaims(access, issued, expires.Unix()))
		if err != nil {
			return nil, err
		}
		answer.set("id_token", id)
	}
	answer.set("not-before-policy", g.realm.NotBefore)
	if g.session != "" {
		answer.set("session_state", g.session)
	}
	answer.set("scope", g.scopes.text())
	mapClaims(g, forAnswer, answer)
	return answer, nil
}

// overridden returns the claims with those of the control API in place of the realm's own. The realm's stay as
// they are: a refresh token is made from them, and does not know of the others.
func (g *grant) overridden(claims *object) *object {
	if len(g.override) == 0 {
		return claims
	}
	out := newObject()
	for _, name := range claims.names {
		out.set(name, claims.get(name))
	}
	for _, name := range slices.Sorted(maps.Keys(g.override)) {
		if string(g.override[name]) == "null" {
			out.remove(name)
		} else {
			out.set(name, g.override[name])
		}
	}
	return out
}

func (g *grant) addRefresh(answer, access *object, now time.Time) error {
	if !g.refresh || g.session == "" {
		answer.set("refresh_expires_in", 0)
		return nil
	}
	var expires, lifetime int64
	if !g.refreshEnds.IsZero() {
		expires = g.refreshEnds.Unix()
		lifetime = expires - now.Unix()
	}
	refresh, err := g.realm.keys.sign("HS512", "JWT", g.refreshClaims(access, now.Unix(), expires))
	if err != nil {
		return err
	}
	answer.set("refresh_expires_in", lifetime)
	answer.set("refresh_token", refresh)
	return nil
}
