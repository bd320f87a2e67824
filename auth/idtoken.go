package auth

import (
	"cmp"
	"context"
	"crypto"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
)

// IDToken is what an ID token says of a login (OpenID Connect Core 1.0 §2). All but the subject and two of the
// times may be empty: what the realm does not map, and what the token has in a wrong type.
type IDToken struct {
	Subject   string // sub, the user's id, which is never reused
	SessionID string // sid, the realm's session
	Username  string // preferred_username
	Name      string
	Email     string // the user's own claim: it proves nothing

	IssuedAt, ExpiresAt time.Time
	AuthTime            time.Time // when the user last typed a password or the like; zero where the token does not say
}

// VerifyIDToken judges the ID token of a login that client began with nonce (OpenID Connect Core 1.0 §3.1.3.7):
// its signature and issuer as Verify does, by the same algorithms; whether it is an ID token, for this client
// and no other, at this time; and whether it belongs to this login, by the nonce, and to accessToken, by
// at_hash where it has one. An empty client or nonce fits no token. The ID token of a refresh has no nonce, so
// it is refused: nothing is decided by it.
//
// An ID token never passes Verify, and an access token never passes this. The errors are Verify's; nothing is
// remembered.
func (v *Verifier) VerifyIDToken(ctx context.Context, token, client, nonce, accessToken string) (*IDToken, error) {
	var login loginClaims
	head, c, err := v.vouched(ctx, token, login.read)
	if err != nil {
		return nil, err
	}
	p := c.principal
	switch {
	case head.mediaType != "" && head.mediaType != "jwt":
		return nil, &Error{Code: CodeTokenType, Reason: fmt.Sprintf("The token's header has the type %q; an ID token's has JWT or none", head.mediaType)}
	case c.hasTyp && c.typ != "ID": // Keycloak's claim, which other issuers do not have
		return nil, &Error{Code: CodeTokenType, Reason: fmt.Sprintf("The token is of type %q; a login needs an ID token, whose typ claim is ID", c.typ)}
	}
	if err := v.judgeOrigin(c); err != nil {
		return nil, err
	}
	if p.subject == "" {
		return nil, &Error{Code: CodeClaimMissing, Reason: "The token has no sub claim"}
	}
	if err := login.judgeClient(p, client); err != nil {
		return nil, err
	}
	if err := v.judgeTimes(p, v.cfg.Now()); err != nil {
		return nil, err
	}
	if err := login.judgeLogin(nonce, findAlgorithm(head.algorithm, v.algorithms), accessToken); err != nil {
		return nil, err
	}
	return &IDToken{
		Subject: p.subject, SessionID: p.sessionID, Username: p.username, Name: p.name, Email: p.email,
		IssuedAt: p.issuedAt, ExpiresAt: p.expiresAt, AuthTime: p.authTime,
	}, nil
}

// loginClaims are the claims of an ID token that access tokens do not have, or that count where they are there
// at all.
type loginClaims struct {
	nonce, accessHash       string
	hasParty, hasAccessHash bool // such a claim is there, whatever it holds
}

func (l *loginClaims) read(r *jsonReader, name string) (err error) {
	switch name {
	case "nonce":
		l.nonce, err = r.string()
	case "at_hash":
		l.hasAccessHash = true
		l.accessHash, err = r.string()
	default:
		l.hasParty = l.hasParty || name == "azp"
		err = r.skip()
	}
	return err
}

// judgeClient checks for whom the token is meant: else a token that another client got could be used to sign
// in here. With several audiences only azp says who asked for it.
func (l *loginClaims) judgeClient(p *Principal, client string) error {
	if client == "" || !slices.Contains(p.audience, client) {
		return &Error{Code: CodeTokenAudience, Reason: fmt.Sprintf("Audience %s does not hold the client %s, which began the login",
			cmp.Or(strings.Join(p.audience, ", "), "(none)"), cmp.Or(client, "(none)"))}
	}
	if (l.hasParty || len(p.audience) > 1) && p.authorizedParty != client {
		return &Error{Code: CodeTokenAuthorizedParty, Reason: fmt.Sprintf("The token was obtained by the client %s (azp), not by %s, which began the login",
			cmp.Or(p.authorizedParty, "(none)"), client)}
	}
	return nil
}

// judgeLogin checks that the token belongs to the login that had this nonce, so that a code of somebody else's
// login cannot be slipped in, and to the access token that came with it (§3.1.3.8).
func (l *loginClaims) judgeLogin(nonce string, alg *algorithm, accessToken string) error {
	switch {
	case l.nonce == "":
		return &Error{Code: CodeClaimMissing, Reason: "The token has no nonce claim, so it belongs to no login"}
	case subtle.ConstantTimeCompare(bytesOf(l.nonce), bytesOf(nonce)) != 1:
		return &Error{Code: CodeClaimMismatch, Reason: "The token belongs to another login: its nonce claim is not the one that this login began with"}
	case l.hasAccessHash && l.accessHash != alg.halfHash(accessToken):
		return &Error{Code: CodeClaimMismatch, Reason: "The token belongs to another access token: its at_hash claim does not fit the one that came with it"}
	}
	return nil
}

// halfHash is the left half of the hash of an access token by the ID token's algorithm (OpenID Connect Core 1.0
// §3.1.3.6). Ed25519 hashes by SHA-512 itself (RFC 8032 §5.1).
func (a *algorithm) halfHash(accessToken string) string {
	h := cmp.Or(a.hash, crypto.SHA512).New()
	h.Write(bytesOf(accessToken))
	sum := h.Sum(nil)
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}
