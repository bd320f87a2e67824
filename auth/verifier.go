// Package auth decides who is calling and what they may do. It verifies the access tokens of one
// Keycloak realm against the realm's published keys (RFC 7515, RFC 7519, RFC 8725), turns them into
// a Principal, and checks roles on it. It knows nothing of routes or pages.
package auth

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
)

const (
	maxTokenBytes = 16 << 10
	defaultLeeway = 30 * time.Second

	maxNumericDate = 253402300799 // the end of the year 9999
)

// VerifierConfig says which tokens to accept.
type VerifierConfig struct {
	Keys     *Keys            // the realm's keys
	Issuer   string           // must equal the iss claim
	Audience []string         // the aud claim must hold one of these
	Leeway   time.Duration    // clock skew allowed on exp, nbf and iat; default: 30 s
	Now      func() time.Time // default: time.Now
}

// Verifier judges access tokens. It is safe for concurrent use.
type Verifier struct {
	cfg   VerifierConfig
	rs256 jws.Verifier
}

// NewVerifier returns a Verifier. Keys, Issuer and Audience must be set.
func NewVerifier(cfg VerifierConfig) (*Verifier, error) {
	if cfg.Keys == nil || cfg.Issuer == "" || len(cfg.Audience) == 0 {
		return nil, fmt.Errorf("a verifier needs keys, an issuer and an audience")
	}
	cfg.Leeway = cmp.Or(cfg.Leeway, defaultLeeway)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	rs256, err := jws.NewVerifier(jwa.RS256)
	if err != nil {
		return nil, fmt.Errorf("preparing RS256: %w", err)
	}
	return &Verifier{cfg: cfg, rs256: rs256}, nil
}

// Verify checks a token in compact form: its algorithm, its signature by a key of the realm, and
// that it is an access token of this issuer, for this audience, at this time. Every refusal is an
// *Error, to be had with errors.As. It does not ask the realm whether the session still lives.
func (v *Verifier) Verify(ctx context.Context, token string) (*Principal, error) {
	if len(token) > maxTokenBytes {
		return nil, &Error{CodeTokenTooLarge, fmt.Sprintf("The token has %d bytes; at most %d are read", len(token), maxTokenBytes)}
	}
	head, payload, signature, err := split(token)
	if err != nil {
		return nil, err
	}
	key, err := v.cfg.Keys.Lookup(ctx, head.KeyID)
	if err != nil {
		return nil, err
	}
	signed := token[:strings.LastIndexByte(token, '.')]
	if err := v.rs256.Verify([]byte(signed), signature, key); err != nil {
		return nil, &Error{CodeTokenSignature, "The token's signature does not verify with the realm's key of that id"}
	}
	// From here on the realm vouches for the content, so reasons may quote it.
	claims, err := parseClaims(payload)
	if err != nil {
		return nil, err
	}
	if err := v.judge(head, claims); err != nil {
		return nil, err
	}
	return newPrincipal(payload, claims), nil
}

// header is the part of a JOSE header that is acted on. Members that would choose the key for us
// (jku, jwk, x5u, x5c) are not even read.
type header struct {
	Algorithm string          `json:"alg"`
	KeyID     string          `json:"kid"`
	Type      string          `json:"typ"`
	Critical  json.RawMessage `json:"crit"`
}

// isRFC9068 reports whether the header names the type of RFC 9068 access tokens.
func (h header) isRFC9068() bool { return h.mediaType() == "at+jwt" }

// mediaType returns typ in lower case without its optional prefix (RFC 7515 §4.1.9).
func (h header) mediaType() string {
	return strings.TrimPrefix(strings.ToLower(h.Type), "application/")
}

// split takes a compact token apart and checks what can be checked without a key. Its errors quote
// nothing, because nothing has been verified yet.
func split(token string) (head header, payload, signature []byte, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return head, nil, nil, &Error{CodeTokenMalformed, "The token is not a JWT: it must have three parts separated by dots"}
	}
	var decoded [3][]byte
	for i, name := range []string{"header", "payload", "signature"} {
		if decoded[i], err = base64.RawURLEncoding.Strict().DecodeString(parts[i]); err != nil {
			return head, nil, nil, &Error{CodeTokenMalformed, "The token's " + name + " is not base64url"}
		}
	}
	if err := json.Unmarshal(decoded[0], &head); err != nil {
		return head, nil, nil, &Error{CodeTokenMalformed, "The token's header is not a JSON object of the expected form"}
	}
	switch {
	case head.Algorithm != jwa.RS256.String():
		return head, nil, nil, &Error{CodeTokenAlgorithm, "The token's algorithm is not among those accepted here: RS256"}
	case head.Critical != nil:
		return head, nil, nil, &Error{CodeTokenMalformed, "The token's header demands an extension (crit) that is not known here"}
	case head.KeyID == "":
		return head, nil, nil, &Error{CodeTokenKeyUnknown, "The token's header names no key (kid)"}
	case head.mediaType() != "jwt" && !head.isRFC9068():
		return head, nil, nil, &Error{CodeTokenType, "The token's header must have the type JWT or at+jwt"}
	}
	return head, decoded[1], decoded[2], nil
}

func parseClaims(payload []byte) (claims, error) {
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil || c == nil {
		return nil, &Error{CodeTokenMalformed, "The token's payload is not a JSON object"}
	}
	return c, nil
}

// judge checks the claims of a token whose signature holds.
func (v *Verifier) judge(head header, c claims) error {
	if _, present := c["typ"]; c.text("typ") != "Bearer" && (present || !head.isRFC9068()) {
		return &Error{CodeTokenType, fmt.Sprintf("The token is of type %q; this API takes access tokens, whose typ claim is Bearer", c.text("typ"))}
	}
	if issuer := c.text("iss"); issuer != v.cfg.Issuer {
		return &Error{CodeTokenIssuer, fmt.Sprintf("Issuer %s is not %s%s", cmp.Or(issuer, "(none)"), v.cfg.Issuer, difference(issuer, v.cfg.Issuer))}
	}
	if err := v.judgeTimes(c); err != nil {
		return err
	}
	audience := c.list("aud")
	if !slices.ContainsFunc(v.cfg.Audience, func(a string) bool { return slices.Contains(audience, a) }) {
		return &Error{CodeTokenAudience, fmt.Sprintf("Audience %s holds none of %s; add an audience mapper to the client %s",
			cmp.Or(strings.Join(audience, ", "), "(none)"), strings.Join(v.cfg.Audience, ", "), c.text("azp"))}
	}
	return nil
}

func (v *Verifier) judgeTimes(c claims) error {
	now := v.cfg.Now()
	expires, ok := c.time("exp")
	if !ok {
		return &Error{CodeClaimMissing, "The token has no usable exp claim"}
	}
	issued, ok := c.time("iat")
	if !ok {
		return &Error{CodeClaimMissing, "The token has no usable iat claim"}
	}
	if late := now.Sub(expires); late >= v.cfg.Leeway {
		return &Error{CodeTokenExpired, fmt.Sprintf("The token expired %s ago", late.Round(time.Second))}
	}
	if early := issued.Sub(now); early > v.cfg.Leeway {
		return &Error{CodeTokenNotYet, fmt.Sprintf("The token was issued %s in the future; compare the clocks of this server and the realm", early.Round(time.Second))}
	}
	if raw, present := c["nbf"]; present {
		from, ok := c.time("nbf")
		if !ok && !bytes.Equal(raw, []byte("0")) { // older Keycloaks send nbf 0
			return &Error{CodeClaimMissing, "The token has no usable nbf claim"}
		}
		if early := from.Sub(now); early > v.cfg.Leeway {
			return &Error{CodeTokenNotYet, fmt.Sprintf("The token is valid only in %s", early.Round(time.Second))}
		}
	}
	return nil
}

// difference names what people overlook when two URLs look alike; "" when nothing stands out.
func difference(got, want string) string {
	switch {
	case got == want+"/" || want == got+"/":
		return ": they differ by a trailing slash"
	case strings.EqualFold(got, want):
		return ": they differ in upper and lower case"
	case strings.TrimPrefix(got, "http://") == strings.TrimPrefix(want, "https://"),
		strings.TrimPrefix(got, "https://") == strings.TrimPrefix(want, "http://"):
		return ": they differ in http and https"
	}
	return ""
}

// claims are the members of a token's payload, decoded only when asked for.
type claims map[string]json.RawMessage

// text returns a claim that is a string, or "".
func (c claims) text(name string) string {
	var s string
	if json.Unmarshal(c[name], &s) != nil {
		return ""
	}
	return s
}

// list returns a claim that is an array of strings, or one string, which aud may be (RFC 7519
// §4.1.3). Anything else gives nothing: a claim of a wrong type must never grant.
func (c claims) list(name string) []string {
	if one := c.text(name); one != "" {
		return []string{one}
	}
	return texts(c[name])
}

// texts reads an array of nothing but strings; of anything else it reads nothing, not even a part.
func texts(raw json.RawMessage) []string {
	var items []*string // a null among strings would pass as ""
	if json.Unmarshal(raw, &items) != nil || slices.Contains(items, nil) {
		return nil
	}
	var list []string
	for _, item := range items {
		list = append(list, *item)
	}
	return list
}

// time returns a NumericDate (RFC 7519 §2), which may have a fraction, and whether it is one.
func (c claims) time(name string) (time.Time, bool) {
	var seconds float64
	if json.Unmarshal(c[name], &seconds) != nil || seconds <= 0 || seconds > maxNumericDate {
		return time.Time{}, false
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*float64(time.Second))), true
}
