package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"keystead/auth"
)

// check is one of the steps in which a token is judged.
type check struct {
	what  string
	codes []auth.Code

	introspection bool // it is made only where the realm is asked
}

func (c check) gives(code auth.Code) bool { return slices.Contains(c.codes, code) }

// checks are the steps in their order.
var checks = []check{
	{"it is of a size that is read", []auth.Code{auth.CodeTokenTooLarge}, false},
	{"it has the form of a token", []auth.Code{auth.CodeTokenMissing, auth.CodeTokenMalformed}, false},
	{"its algorithm is accepted here", []auth.Code{auth.CodeTokenAlgorithm}, false},
	{"the realm publishes its key", []auth.Code{auth.CodeTokenKeyUnknown, auth.CodeKeysUnavailable}, false},
	{"its signature is by that key", []auth.Code{auth.CodeTokenSignature}, false},
	{"whoever bears it may use it", []auth.Code{auth.CodeTokenBound}, false},
	{"it is an access token", []auth.Code{auth.CodeTokenType}, false},
	{"it comes from the issuer that is configured", []auth.Code{auth.CodeTokenIssuer}, false},
	{"it has the claims that it must have", []auth.Code{auth.CodeClaimMissing}, false},
	{"it is valid now", []auth.Code{auth.CodeTokenExpired, auth.CodeTokenNotYet}, false},
	{"the realm could be asked, where it must be", []auth.Code{auth.CodeIntrospectionUnavailable}, true},
	{"the realm calls it active, where it is asked", []auth.Code{auth.CodeTokenRevoked}, true},
	{"it is meant for this API", []auth.Code{auth.CodeTokenAudience}, false},
	{"its client is accepted here", []auth.Code{auth.CodeTokenAuthorizedParty}, false},
}

// mends say what to do about a refusal. The same stands in docs/tokens.md at more length.
var mends = map[auth.Code]string{
	auth.CodeTokenMissing:             "send a token",
	auth.CodeTokenTooLarge:            "map fewer roles or claims into tokens of this client, or raise KEYSTEAD_MAX_TOKEN_BYTES",
	auth.CodeTokenMalformed:           "take all of the token, and the access token rather than another one; an opaque token needs KEYSTEAD_INTROSPECTION_CLIENT_ID",
	auth.CodeTokenAlgorithm:           "look at the client's \"Access token signature algorithm\" in the console, and add it to KEYSTEAD_ALGORITHMS",
	auth.CodeTokenKeyUnknown:          "get a token of the realm in KEYSTEAD_ISSUER; this one is of another realm, or its key is no longer in use",
	auth.CodeKeysUnavailable:          "start the realm, or correct KEYSTEAD_ISSUER, KEYSTEAD_BACKCHANNEL_URL or KEYSTEAD_CA_FILE",
	auth.CodeTokenSignature:           "get a new token; this one was changed, or is of another realm with a key of the same id",
	auth.CodeTokenBound:               "switch DPoP or the binding to a certificate off for this client in the console",
	auth.CodeTokenType:                "send the access token, not the ID token or the refresh token",
	auth.CodeTokenIssuer:              "use the same name for the realm everywhere, or set KEYSTEAD_ISSUER to the iss claim above",
	auth.CodeClaimMissing:             "find the mapper that overwrites or removes that claim, in the client's scopes",
	auth.CodeTokenExpired:             "get a new token; where it is new, compare the clocks of this machine and the realm",
	auth.CodeTokenNotYet:              "compare the clocks of this machine and the realm, or raise KEYSTEAD_LEEWAY",
	auth.CodeIntrospectionUnavailable: "start the realm, or correct KEYSTEAD_INTROSPECTION_CLIENT_ID and its secret",
	auth.CodeTokenRevoked:             "sign in again",
	auth.CodeTokenAudience:            "do what the reason says in the console, or correct KEYSTEAD_AUDIENCE",
	auth.CodeTokenAuthorizedParty:     "add the client to KEYSTEAD_AUTHORIZED_PARTIES",
	auth.CodeRoleMissing:              "assign the role in the console; it counts from the next token on",
	auth.CodeScopeMissing:             "ask for the scope when getting the token, and assign it to the client in the console",
	auth.CodeGroupMissing:             "put the user into the group, and a group membership mapper with full paths into the client's scopes",
	auth.CodeOrganizationMissing:      "make the user a member, and ask for the scope organization",
	auth.CodeClaimMismatch:            "see the user's attribute and the mapper of that claim in the console",
	auth.CodeAuthenticationLevel:      "sign in again with one of these as acr_values",
}

// member is one of a header or a payload: its value as compact JSON, safe to print.
type member struct {
	name  string
	raw   json.RawMessage
	value string
}

// membersOf reads an encoded part of a token, in its order and leniently: what is odd is there to be
// seen.
func membersOf(part string) ([]member, error) {
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(part, "="))
	if err != nil {
		return nil, errors.New("it is not base64url")
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return nil, errors.New("it is not a JSON object")
	}
	var members []member
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return members, errors.New("its JSON is broken")
		}
		m := member{name: printable(fmt.Sprint(name))}
		if err := decoder.Decode(&m.raw); err != nil {
			return members, errors.New("its JSON is broken")
		}
		m.value = shortened(printable(string(m.raw)))
		members = append(members, m)
	}
	return members, nil
}

// printable keeps a token from steering the terminal.
func printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func shortened(text string) string {
	const most = 160
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + " …"
	}
	return text
}

// explain says in words what a member means; "" where its name says it.
func (r *report) explain(header bool, m member) string {
	if header {
		return map[string]string{
			"alg": "how it is signed", "typ": "what kind of token the header says it is", "kid": "the id of the realm's key that signed it",
		}[m.name]
	}
	switch m.name {
	case "exp":
		return r.when(m, "expires", "expired")
	case "iat":
		return r.when(m, "will be issued", "was issued")
	case "nbf":
		return r.when(m, "is valid from", "is valid since")
	case "auth_time":
		return r.when(m, "the user will sign in", "the user signed in")
	case "jti":
		return tokenKind(text(m))
	}
	return meanings[m.name]
}

// when tells a time and how far it is from now.
func (r *report) when(m member, future, past string) string {
	var seconds float64
	if json.Unmarshal(m.raw, &seconds) != nil || seconds < 0 || seconds > 253402300799 {
		return "this is no time"
	}
	t := time.Unix(int64(seconds), 0)
	if away := t.Sub(r.now); away > 0 {
		return fmt.Sprintf("%s in %s, at %s", future, away.Round(time.Second), t.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("%s %s ago, at %s", past, r.now.Sub(t).Round(time.Second), t.UTC().Format(time.RFC3339))
}

func text(m member) string {
	var s string
	_ = json.Unmarshal(m.raw, &s) // what is no text has no words for it
	return s
}

// meanings of the claims that Keycloak's access tokens have.
var meanings = map[string]string{
	"iss":                "the realm that issued it; must equal KEYSTEAD_ISSUER",
	"sub":                "the user's id, which is never used again",
	"aud":                "for whom it is meant; must hold one of KEYSTEAD_AUDIENCE",
	"azp":                "the client that obtained it",
	"typ":                "what kind of token it is; an access token says Bearer",
	"sid":                "the realm's login session; service tokens have none",
	"session_state":      "the realm's login session, as older Keycloaks call it",
	"acr":                "how strongly the user was authenticated; 0 stands for a session that was there already",
	"scope":              "the scopes that it was granted",
	"realm_access":       "the roles of the realm",
	"resource_access":    "the roles of clients",
	"groups":             "the user's groups",
	"organization":       "the organizations that the user is a member of",
	"allowed-origins":    "the origins whose pages may use it, as the client's web origins say; not enforced here",
	"preferred_username": "the name that the user signs in with, which can change",
	"name":               "the user's full name",
	"given_name":         "the user's first name",
	"family_name":        "the user's last name",
	"email":              "the user's address; it proves nothing unless email_verified",
	"email_verified":     "whether the realm has checked the address",
	"cnf":                "the key that it is bound to: a bearer alone may not use it",
	"client_id":          "the client that obtained it, in a service's token",
	"clientHost":         "where the service called the realm from",
	"clientAddress":      "where the service called the realm from",
	"nonce":              "ties an ID token to a login; access tokens have none",
	"at_hash":            "ties an ID token to an access token",
	"events":             "what a logout token tells",
}

// tokenKind reads what Keycloak writes before the colon of a token's id: session, token and grant in two letters each.
func tokenKind(id string) string {
	if len(id) < 7 || id[6] != ':' {
		return "the token's id"
	}
	session := map[string]string{"on": "of a login session", "of": "of an offline session", "tr": "without a session", "nt": "exchanged, without a refresh token"}[id[0:2]]
	token := map[string]string{"rt": "a regular token", "lt": "a lightweight token, which leaves out most claims"}[id[2:4]]
	grant := map[string]string{
		"ac": "by a login", "rt": "by a refresh", "ro": "by a password grant", "cc": "by client credentials", "dg": "by a device login",
		"te": "by token exchange", "na": "by the front channel",
	}[id[4:6]]
	if session == "" || token == "" || grant == "" {
		return "the token's id"
	}
	return "the token's id; it says: " + token + ", " + session + ", obtained " + grant
}
