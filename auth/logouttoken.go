package auth

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// maxLogoutTokenAge bounds how long a logout token counts, and so how long it must be remembered, whatever its
// exp says. Keycloak's are good for two minutes.
const maxLogoutTokenAge = 5 * time.Minute

const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// LogoutToken is the realm's word that somebody signed out (OpenID Connect Back-Channel Logout 1.0 §2.4): with
// a SessionID out of that session, and without one out of all of them.
type LogoutToken struct {
	ID        string // jti
	Subject   string // sub; it may be empty where SessionID is not
	SessionID string // sid

	IssuedAt  time.Time // without a SessionID, tokens that the user got since then are not meant
	ExpiresAt time.Time // when this verifier stops taking the token, its leeway included: remember ID until then

	RevokeOffline bool // tokens of offline sessions are meant, too: Keycloak's revoke_offline_access
}

// VerifyLogoutToken judges a logout token for one of clients (OpenID Connect Back-Channel Logout 1.0 §2.6): its
// signature and issuer as Verify does, by the same algorithms; whether it is a logout token, for such a client,
// just issued, and says who signed out of what. Older Keycloaks give it the header type JWT; then the typ claim
// must say Logout.
//
// It does not check that the token is seen for the first time: that is for the caller, by ID. A logout token
// never passes Verify, and no other token passes this. The errors are Verify's; nothing is remembered.
func (v *Verifier) VerifyLogoutToken(ctx context.Context, token string, clients []string) (*LogoutToken, error) {
	var logout logoutClaims
	head, c, err := v.vouched(ctx, token, logout.read)
	if err != nil {
		return nil, err
	}
	p := c.principal
	switch {
	case head.mediaType != "logout+jwt" && head.mediaType != "jwt":
		return nil, &Error{Code: CodeTokenType, Reason: fmt.Sprintf("The token's header has the type %q; a logout token's has logout+jwt", head.mediaType)}
	case c.typ != "Logout" && (c.hasTyp || head.mediaType != "logout+jwt"):
		return nil, &Error{Code: CodeTokenType, Reason: fmt.Sprintf("The token is of type %q; this address takes logout tokens, whose typ claim is Logout", c.typ)}
	case logout.hasNonce: // §2.4: so that it is never taken for an ID token
		return nil, &Error{Code: CodeTokenType, Reason: "The token has a nonce claim, which a logout token must not have"}
	}
	if err := v.judgeOrigin(c); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(clients, func(client string) bool { return client != "" && slices.Contains(p.audience, client) }) {
		return nil, &Error{Code: CodeTokenAudience, Reason: fmt.Sprintf("Audience %s holds none of the clients %s",
			cmp.Or(strings.Join(p.audience, ", "), "(none)"), cmp.Or(strings.Join(clients, ", "), "(none)"))}
	}
	if err := v.judgeTimes(p, v.cfg.Now()); err != nil {
		return nil, err
	}
	if age := v.cfg.Now().Sub(p.issuedAt); age >= maxLogoutTokenAge+v.cfg.Leeway {
		return nil, &Error{Code: CodeTokenExpired, Reason: fmt.Sprintf("The token was issued %s ago; a logout token is taken for %s", age.Round(time.Second), maxLogoutTokenAge)}
	}
	if err := logout.judge(p); err != nil {
		return nil, err
	}
	return &LogoutToken{
		ID: p.tokenID, Subject: p.subject, SessionID: p.sessionID, IssuedAt: p.issuedAt, RevokeOffline: logout.revokeOffline,
		ExpiresAt: earlier(p.expiresAt, p.issuedAt.Add(maxLogoutTokenAge)).Add(v.cfg.Leeway),
	}, nil
}

// logoutClaims are the claims of a logout token that access tokens do not have, or that count where they are
// there at all.
type logoutClaims struct {
	hasNonce, hasSession bool // such a claim is there, whatever it holds
	isLogout             bool // events holds the event of a logout
	revokeOffline        bool
}

func (l *logoutClaims) read(r *jsonReader, name string) error {
	if name == "events" && r.dec.PeekKind() == jsontext.KindBeginObject {
		return r.object(l.readEvent)
	}
	l.hasNonce = l.hasNonce || name == "nonce"
	l.hasSession = l.hasSession || name == "sid"
	return r.skip()
}

func (l *logoutClaims) readEvent(r *jsonReader, name string) error {
	if name != logoutEvent || r.dec.PeekKind() != jsontext.KindBeginObject {
		return r.skip()
	}
	l.isLogout = true
	return r.object(func(r *jsonReader, name string) (err error) {
		if name == "revoke_offline_access" {
			l.revokeOffline, _, err = r.boolean()
			return err
		}
		return r.skip()
	})
}

// judge checks what the token says of the logout. A session that cannot be read is refused even beside a
// subject, as that alone would mean all of the user's sessions.
func (l *logoutClaims) judge(p *Principal) error {
	switch {
	case !l.isLogout:
		return &Error{Code: CodeClaimMissing, Reason: "The token's events claim does not hold " + logoutEvent + " with an object"}
	case p.tokenID == "":
		return &Error{Code: CodeClaimMissing, Reason: "The token has no jti claim that can be used, so it could be sent again"}
	case l.hasSession && p.sessionID == "":
		return &Error{Code: CodeClaimMissing, Reason: "The token's sid claim cannot be used: it is of a wrong type or empty"}
	case p.subject == "" && p.sessionID == "":
		return &Error{Code: CodeClaimMissing, Reason: "The token has neither a sub nor a sid claim, so it does not say who signed out"}
	}
	return nil
}
