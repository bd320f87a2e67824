package auth

import "errors"

// Code is the stable name of a reason for refusing a request. The same code stands in the answer's
// body, in the log and in the metrics.
type Code string

// The codes that this package gives.
const (
	CodeTokenMissing         Code = "token_missing"
	CodeTokenMalformed       Code = "token_malformed"
	CodeTokenTooLarge        Code = "token_too_large"
	CodeTokenAlgorithm       Code = "token_algorithm"
	CodeTokenKeyUnknown      Code = "token_key_unknown"
	CodeTokenSignature       Code = "token_signature"
	CodeTokenType            Code = "token_type"
	CodeTokenIssuer          Code = "token_issuer"
	CodeTokenAudience        Code = "token_audience"
	CodeTokenAuthorizedParty Code = "token_authorized_party"
	CodeTokenBound           Code = "token_bound"
	CodeTokenExpired         Code = "token_expired"
	CodeTokenNotYet          Code = "token_not_yet_valid"
	CodeTokenRevoked         Code = "token_revoked"
	CodeClaimMissing         Code = "token_claim_missing"
	CodeRoleMissing          Code = "role_missing"
	CodeKeysUnavailable      Code = "keys_unavailable"
)

// Error is a refusal: a code for programs and a reason for people. The reason never holds anything
// of a token whose signature was not verified.
type Error struct {
	Code   Code
	Reason string
}

// Error returns the reason.
func (e *Error) Error() string { return e.Reason }

// Is makes errors.Is(err, auth.ErrTokenExpired) hold for every error with the same code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// codeOf returns the code of a verdict, "" for none.
func codeOf(err error) Code {
	var refusal *Error
	errors.As(err, &refusal)
	if refusal == nil {
		return ""
	}
	return refusal.Code
}

// One value for each code, to be used with errors.Is. Errors of the same code may carry a more
// exact reason.
var (
	ErrTokenMissing         = &Error{CodeTokenMissing, "This address needs an access token: send it as Authorization: Bearer TOKEN"}
	ErrTokenMalformed       = &Error{CodeTokenMalformed, "The token is malformed"}
	ErrTokenTooLarge        = &Error{CodeTokenTooLarge, "The token is too large"}
	ErrTokenAlgorithm       = &Error{CodeTokenAlgorithm, "The token's algorithm is not accepted"}
	ErrTokenKeyUnknown      = &Error{CodeTokenKeyUnknown, "The token is signed with a key that the realm does not publish; it may come from another realm"}
	ErrTokenSignature       = &Error{CodeTokenSignature, "The token's signature does not verify with the realm's key of that id"}
	ErrTokenType            = &Error{CodeTokenType, "The token is not an access token"}
	ErrTokenIssuer          = &Error{CodeTokenIssuer, "The token comes from another issuer"}
	ErrTokenAudience        = &Error{CodeTokenAudience, "The token is not meant for this API"}
	ErrTokenAuthorizedParty = &Error{CodeTokenAuthorizedParty, "The token was obtained by a client that is not accepted here"}
	ErrTokenBound           = &Error{CodeTokenBound, "The token is bound to a key of its client (cnf), so it is not valid as a plain bearer token"}
	ErrTokenExpired         = &Error{CodeTokenExpired, "The token has expired"}
	ErrTokenNotYet          = &Error{CodeTokenNotYet, "The token is not valid yet"}
	ErrTokenRevoked         = &Error{CodeTokenRevoked, "The token was revoked, or its session has ended; sign in again"}
	ErrClaimMissing         = &Error{CodeClaimMissing, "The token lacks a claim"}
	ErrRoleMissing          = &Error{CodeRoleMissing, "The caller lacks a role"}
	ErrKeysUnavailable      = &Error{CodeKeysUnavailable, "The realm's keys could not be fetched, so the token cannot be judged; try again shortly"}
)
