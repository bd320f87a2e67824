package auth

// Code is the stable name of a reason for refusing a request. The same code stands in the answer's
// body, in the log and in the metrics.
type Code string

// The codes that this package gives.
const (
	CodeTokenMissing             Code = "token_missing"
	CodeTokenMalformed           Code = "token_malformed"
	CodeTokenTooLarge            Code = "token_too_large"
	CodeTokenAlgorithm           Code = "token_algorithm"
	CodeTokenKeyUnknown          Code = "token_key_unknown"
	CodeTokenSignature           Code = "token_signature"
	CodeTokenType                Code = "token_type"
	CodeTokenIssuer              Code = "token_issuer"
	CodeTokenAudience            Code = "token_audience"
	CodeTokenAuthorizedParty     Code = "token_authorized_party"
	CodeTokenBound               Code = "token_bound"
	CodeTokenExpired             Code = "token_expired"
	CodeTokenNotYet              Code = "token_not_yet_valid"
	CodeTokenRevoked             Code = "token_revoked"
	CodeClaimMissing             Code = "token_claim_missing"
	CodeRoleMissing              Code = "role_missing"
	CodeScopeMissing             Code = "scope_missing"
	CodeGroupMissing             Code = "group_missing"
	CodeOrganizationMissing      Code = "organization_missing"
	CodeClaimMismatch            Code = "claim_mismatch"
	CodeAuthenticationLevel      Code = "authentication_level"
	CodeKeysUnavailable          Code = "keys_unavailable"
	CodeIntrospectionUnavailable Code = "introspection_unavailable"
)

// Error is a refusal: a code for programs and a reason for people. The reason never holds anything
// of a token whose signature was not verified.
type Error struct {
	Code   Code
	Reason string

	Scopes    []string // with CodeScopeMissing: the scopes to ask the realm for (RFC 6750 §3)
	ACRValues []string // with CodeAuthenticationLevel: any of these would do (RFC 9470 §3)
}

// Error returns the reason.
func (e *Error) Error() string { return e.Reason }

// Is makes errors.Is(err, auth.ErrTokenExpired) hold for every error with the same code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// One value for each code, to be used with errors.Is. Errors of the same code may carry a more
// exact reason.
var (
	ErrTokenMissing             = &Error{Code: CodeTokenMissing, Reason: "This address needs an access token: send it as Authorization: Bearer TOKEN"}
	ErrTokenMalformed           = &Error{Code: CodeTokenMalformed, Reason: "The token is malformed"}
	ErrTokenTooLarge            = &Error{Code: CodeTokenTooLarge, Reason: "The token is too large"}
	ErrTokenAlgorithm           = &Error{Code: CodeTokenAlgorithm, Reason: "The token's algorithm is not accepted"}
	ErrTokenKeyUnknown          = &Error{Code: CodeTokenKeyUnknown, Reason: "The token is signed with a key that the realm does not publish; it may come from another realm"}
	ErrTokenSignature           = &Error{Code: CodeTokenSignature, Reason: "The token's signature does not verify with the realm's key of that id"}
	ErrTokenType                = &Error{Code: CodeTokenType, Reason: "The token is not an access token"}
	ErrTokenIssuer              = &Error{Code: CodeTokenIssuer, Reason: "The token comes from another issuer"}
	ErrTokenAudience            = &Error{Code: CodeTokenAudience, Reason: "The token is not meant for this API"}
	ErrTokenAuthorizedParty     = &Error{Code: CodeTokenAuthorizedParty, Reason: "The token was obtained by a client that is not accepted here"}
	ErrTokenBound               = &Error{Code: CodeTokenBound, Reason: "The token is bound to a key of its client (cnf), so it is not valid as a plain bearer token"}
	ErrTokenExpired             = &Error{Code: CodeTokenExpired, Reason: "The token has expired"}
	ErrTokenNotYet              = &Error{Code: CodeTokenNotYet, Reason: "The token is not valid yet"}
	ErrTokenRevoked             = &Error{Code: CodeTokenRevoked, Reason: "The token was revoked, or its session has ended; sign in again"}
	ErrClaimMissing             = &Error{Code: CodeClaimMissing, Reason: "The token lacks a claim"}
	ErrRoleMissing              = &Error{Code: CodeRoleMissing, Reason: "The caller lacks a role"}
	ErrScopeMissing             = &Error{Code: CodeScopeMissing, Reason: "The token lacks a scope"}
	ErrGroupMissing             = &Error{Code: CodeGroupMissing, Reason: "The caller is not in a group"}
	ErrOrganizationMissing      = &Error{Code: CodeOrganizationMissing, Reason: "The caller is not a member of an organization"}
	ErrClaimMismatch            = &Error{Code: CodeClaimMismatch, Reason: "A claim is not what it must be"}
	ErrAuthenticationLevel      = &Error{Code: CodeAuthenticationLevel, Reason: "The caller must sign in more strongly"}
	ErrKeysUnavailable          = &Error{Code: CodeKeysUnavailable, Reason: "The realm's keys could not be fetched, so the token cannot be judged; try again shortly"}
	ErrIntrospectionUnavailable = &Error{Code: CodeIntrospectionUnavailable, Reason: "The realm could not be asked about the token, so it cannot be judged; try again shortly"}
)
