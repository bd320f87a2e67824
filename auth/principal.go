package auth

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Principal is the caller that a verified token describes. It never changes and is shared between
// requests: what its methods return is the caller's own. A claim that is absent or of a wrong type
// reads as the zero value: a list with anything but texts in it is no list at all.
type Principal struct {
	// What each use of a token reads comes first, side by side.
	key       *key // that the token is signed with; nil for an opaque token
	expiresAt time.Time
	issuedAt  time.Time
	notBefore time.Time // zero when the token has no nbf
	recheckAt time.Time // when the realm must be asked again; zero for a token that speaks for itself

	claims                   string // the payload; most strings here are parts of it
	subject, authorizedParty string
	tokenID, sessionID       string
	username, name           string
	givenName, familyName    string
	email                    string
	emailVerified            bool
	realmRoles               []string
	clientRoles              []clientRoles
	groups, scopes, audience []string
	organizations            []Organization
	acr                      string
	authTime                 time.Time
}

// clientRoles are a caller's roles of one client. A list of these is smaller than a map, and a
// caller has few.
type clientRoles struct {
	client string
	roles  []string
}

// Organization is one that a caller is a member of.
type Organization struct {
	Alias string
	ID    string // where the realm's mapper adds it
}

// Subject returns sub, the caller's id, which is never reused. Where the realm is not asked about
// tokens, lightweight ones, and those of a client without the scope basic, may have none.
func (p *Principal) Subject() string { return p.subject }

// TokenID returns jti.
func (p *Principal) TokenID() string { return p.tokenID }

// SessionID returns sid, the realm's login session. Service tokens have none.
func (p *Principal) SessionID() string { return p.sessionID }

// Offline reports whether the token belongs to an offline session, which outlives the online session whose
// SessionID it shares. Keycloak says so in the token's id; a token of one that does not, as older ones, reads
// as one of an online session.
func (p *Principal) Offline() bool {
	session, _ := p.kinds()
	return session == "of"
}

// kinds returns what Keycloak says in a token's id of the session (on, of, tr) and of the token (rt, lt): the
// id begins with two letters for each, two for the grant, and a colon. For an id of another form both are "".
func (p *Principal) kinds() (session, token string) {
	if len(p.tokenID) > 6 && p.tokenID[6] == ':' {
		return p.tokenID[:2], p.tokenID[2:4]
	}
	return "", ""
}

// Username returns preferred_username, which a realm may let people change.
func (p *Principal) Username() string { return p.username }

// Name returns the full name.
func (p *Principal) Name() string { return p.name }

// GivenName returns given_name.
func (p *Principal) GivenName() string { return p.givenName }

// FamilyName returns family_name.
func (p *Principal) FamilyName() string { return p.familyName }

// Email returns the e-mail address. It proves nothing unless EmailVerified.
func (p *Principal) Email() string { return p.email }

// EmailVerified reports whether the realm has checked the e-mail address.
func (p *Principal) EmailVerified() bool { return p.emailVerified }

// RealmRoles returns the roles of the realm.
func (p *Principal) RealmRoles() []string { return slices.Clone(p.realmRoles) }

// HasRealmRole reports whether the caller has this role of the realm.
func (p *Principal) HasRealmRole(role string) bool { return slices.Contains(p.realmRoles, role) }

// ClientRoles returns the roles by client id.
func (p *Principal) ClientRoles() map[string][]string {
	byClient := make(map[string][]string, len(p.clientRoles))
	for _, c := range p.clientRoles {
		byClient[c.client] = slices.Clone(c.roles)
	}
	return byClient
}

// Groups returns the groups as the realm maps them, most often full paths such as /staff/ops.
func (p *Principal) Groups() []string { return slices.Clone(p.groups) }

// Scopes returns the scopes that the token was granted (RFC 8693 §4.2).
func (p *Principal) Scopes() []string { return slices.Clone(p.scopes) }

// Audience returns aud, for whom the token is meant.
func (p *Principal) Audience() []string { return slices.Clone(p.audience) }

// Organizations returns the organizations that the caller is a member of, whether the realm maps
// them as a list of names or as an object.
func (p *Principal) Organizations() []Organization { return slices.Clone(p.organizations) }

// AuthorizedParty returns azp, the id of the client that obtained the token.
func (p *Principal) AuthorizedParty() string { return p.authorizedParty }

// ACR returns acr, how strongly the caller was authenticated, in the realm's own words.
func (p *Principal) ACR() string { return p.acr }

// AuthTime returns when the caller last typed a password or the like; zero where the token does not say.
func (p *Principal) AuthTime() time.Time { return p.authTime }

// IssuedAt returns iat.
func (p *Principal) IssuedAt() time.Time { return p.issuedAt }

// ExpiresAt returns exp. A verifier's leeway comes on top.
func (p *Principal) ExpiresAt() time.Time { return p.expiresAt }

// Claims returns every claim as the token had it, or the realm's answer about an introspected one: one
// JSON object.
func (p *Principal) Claims() string { return p.claims }

// Claim returns one claim as the token had it, and whether it is there. Nothing is converted: the
// reader decides what a wrong type means.
func (p *Principal) Claim(name string) (value json.RawMessage, ok bool) {
	// The text was read strictly before, so this cannot fail.
	_, _ = readObject([]byte(p.claims), func(r *jsonReader, found string) error {
		if found != name {
			return r.skip()
		}
		raw, err := r.dec.ReadValue()
		value, ok = json.RawMessage(raw), true // of a copy of the text that nobody else has
		return err
	})
	return value, ok
}

// claims are a payload, or the realm's answer about a token, which has the same form: what of it describes
// the caller, and what only the verifier looks at.
type claims struct {
	principal *Principal
	issuer    string
	typ       string
	hasTyp    bool
	bound     bool   // there is a cnf claim (RFC 7800)
	unusable  string // the name of a claim whose value cannot be what it must be

	hasAudience, hasRoles bool // such a claim is there, whatever it holds
	active, judged        bool // of an answer (RFC 7662 §2.2): it says true; it says true or false
}

// parseClaims reads a payload strictly.
func parseClaims(payload []byte) (c claims, err error) {
	p := &Principal{}
	c.principal = p
	p.claims, err = readObject(payload, func(r *jsonReader, name string) (err error) {
		switch name {
		case "iss":
			c.issuer, err = r.string()
		case "typ":
			c.hasTyp = true
			c.typ, err = r.string()
		case "cnf":
			c.bound, err = true, r.skip()
		case "exp":
			p.expiresAt, err = c.date(r, name)
		case "iat":
			p.issuedAt, err = c.date(r, name)
		case "nbf":
			p.notBefore, err = c.date(r, name)
		case "sub":
			if p.subject, err = r.string(); p.subject == "" { // an owner must not be "", which everything without one is
				c.unusable = name
			}
		case "auth_time":
			p.authTime, _, err = r.date()
		case "active":
			c.active, c.judged, err = r.boolean()
		case "aud":
			c.hasAudience = true
			p.audience, err = r.oneOrMore()
		case "azp":
			p.authorizedParty, err = r.string()
		case "jti":
			p.tokenID, err = r.string()
		case "sid":
			p.sessionID, err = r.string()
		case "acr":
			p.acr, err = r.string()
		case "scope":
			isText := r.dec.PeekKind() == jsontext.KindString
			var scopes string
			if scopes, err = r.string(); isText {
				p.scopes = strings.FieldsFunc(scopes, func(r rune) bool { return r == ' ' }) // and no other blank: RFC 6749 §3.3
			}
		case "preferred_username":
			p.username, err = r.string()
		case "name":
			p.name, err = r.string()
		case "given_name":
			p.givenName, err = r.string()
		case "family_name":
			p.familyName, err = r.string()
		case "email":
			p.email, err = r.string()
		case "email_verified":
			p.emailVerified, _, err = r.boolean()
		case "realm_access":
			c.hasRoles = true
			p.realmRoles, err = r.roles()
		case "resource_access":
			c.hasRoles = true
			p.clientRoles, err = r.clientRoles()
		case "groups":
			p.groups, err = r.oneOrMore()
		case "organization":
			p.organizations, err = r.organizations()
		default:
			err = r.skip()
		}
		return err
	})
	return c, err
}

// date reads the time of a claim that must be one where it is there at all.
func (c *claims) date(r *jsonReader, name string) (time.Time, error) {
	t, ok, err := r.date()
	if !ok {
		c.unusable = name
	}
	return t, err
}

// roles reads {"roles": ["…"]}, the form of realm_access and of each entry of resource_access.
func (r *jsonReader) roles() (roles []string, err error) {
	if r.dec.PeekKind() != jsontext.KindBeginObject {
		return nil, r.skip()
	}
	err = r.object(func(r *jsonReader, name string) (err error) {
		if name == "roles" {
			roles, err = r.strings()
			return err
		}
		return r.skip()
	})
	return roles, err
}

// clientRoles reads {"demo": {"roles": ["…"]}, …}, the form of resource_access. A client whose roles
// cannot be read is left out.
func (r *jsonReader) clientRoles() (list []clientRoles, err error) {
	if r.dec.PeekKind() != jsontext.KindBeginObject {
		return nil, r.skip()
	}
	err = r.object(func(r *jsonReader, client string) error {
		roles, err := r.roles()
		if roles != nil {
			list = append(list, clientRoles{client, roles})
		}
		return err
	})
	return list, err
}

// organizations reads ["acme"] or {"acme": {"id": "…"}}; which of them a realm sends is a setting of
// its mapper.
func (r *jsonReader) organizations() ([]Organization, error) {
	list, sound := []Organization{}, true
	if r.dec.PeekKind() != jsontext.KindBeginObject {
		aliases, err := r.oneOrMore()
		if aliases == nil {
			return nil, err
		}
		for _, alias := range aliases {
			list = append(list, Organization{Alias: alias})
		}
		return list, err
	}
	err := r.object(func(r *jsonReader, alias string) error {
		if r.dec.PeekKind() != jsontext.KindBeginObject {
			sound = false
			return r.skip()
		}
		organization := Organization{Alias: alias}
		err := r.object(func(r *jsonReader, name string) (err error) {
			if name == "id" {
				organization.ID, err = r.string()
				return err
			}
			return r.skip()
		})
		list = append(list, organization)
		return err
	})
	if !sound {
		return nil, err
	}
	return list, err
}
