// Package auth decides who is calling and what they may do. It verifies the access tokens of one
// Keycloak realm against the keys that the realm publishes, turns them into a Principal, and checks
// what they may do on it. It knows nothing of routes, pages or databases.
//
// Four values do the work:
//
//	keys := auth.NewKeys(auth.KeysConfig{Issuer: issuer})
//	go keys.Run(ctx)
//	verifier, err := auth.NewVerifier(auth.VerifierConfig{Keys: keys, Audience: []string{"keystead-api"}, Leeway: 30 * time.Second})
//	…
//	caller, err := verifier.Verify(ctx, token)
//	…
//	policy := auth.Require(auth.AnyOf(auth.RealmRole("admin"), auth.Claim("department").EqualsPath("department")))
//	grantedBy, err := policy.Decide(caller, path)
//
// [Keys] fetches the realm's keys, follows their rotation, and keeps the last good ones through an
// outage. [Verifier] judges tokens; it follows RFC 7515 (signatures), RFC 7519 (claims), RFC 9068
// (access tokens) and RFC 8725 (what goes wrong), and is strict where they leave a choice. [Principal]
// is what a good token says of its caller. [NewContext] hands it to handlers, those written for
// go-chi/jwtauth among them. [Policy] says who may use an operation: it decides, says which part of it let the caller
// in or did not, and tells people and documents what it requires.
//
// # Refusals
//
// Every refusal is, or wraps, an [*Error] with a stable [Code] and a reason for people:
//
//	if errors.Is(err, auth.ErrTokenExpired) { … }
//
// [ErrKeysUnavailable] and [ErrIntrospectionUnavailable] are no verdicts: the realm could not be asked, so
// the token may be good. Answer them with 503, not 401.
//
// # Logins and sign-outs
//
// [Verifier.VerifyIDToken] and [Verifier.VerifyLogoutToken] judge the two other kinds of token that a realm signs
// for an app: what came of a login (OpenID Connect Core 1.0), and that somebody signed out (OpenID Connect
// Back-Channel Logout 1.0). No token passes for one of another kind. [Keys.Endpoints] says where the realm takes
// logins, and [Keys.Client] is for asking it there.
//
// # What is not checked
//
// A token stays good until it expires, whatever happens to its session at the realm, unless
// [Revocations] says otherwise; only about lightweight and opaque tokens is the realm asked, where
// [Introspection] is set. A logout token may come again, and an ID token, too, as far as its login's nonce is
// still good: who takes them must see to it that each counts once. A principal's e-mail address is the user's
// own claim unless EmailVerified.
package auth
