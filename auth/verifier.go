package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// MaxLeeway is the most clock skew that may be allowed: more would mean that clocks are not kept.
	MaxLeeway = 5 * time.Minute

	defaultMaxTokenBytes = 16 << 10
)

// VerifierConfig says which tokens to accept. Keys and Audience must be set.
type VerifierConfig struct {
	Keys     *Keys    // the keys of the realm, whose issuer must equal the iss claim
	Audience []string // the aud claim must hold one of these

	// InsecureSkipAudience accepts tokens for any audience: whatever service gets a token of this
	// realm can then use it here. It is for realms that have no audience mapper.
	InsecureSkipAudience bool
	AuthorizedParties    []string      // the clients (azp) whose tokens are accepted; none: all
	Algorithms           []string      // out of RS256 … RS512, PS256 …, ES256 …, EdDSA; none: RS256
	Leeway               time.Duration // clock skew allowed on exp, nbf and iat, at most MaxLeeway; 30 s is usual, 0 allows none
	MaxTokenBytes        int           // a longer token is refused unread; default: 16 KiB
	CacheSize            int           // how many verified tokens are remembered; 0: none

	// Introspection lets the realm be asked about lightweight and opaque tokens; nil: they are refused.
	Introspection *Introspection

	Revocations Revocations      // may be nil
	Now         func() time.Time // default: time.Now
}

// Revocations says which tokens are no longer good before they expire.
type Revocations interface {
	// Revoked reports whether the token was revoked by its id (TokenID), with its session
	// (SessionID), or with all tokens of its Subject that were IssuedAt strictly before some time. It
	// is asked at each use of a token, so it must answer from memory.
	Revoked(*Principal) bool
}

// Verifier judges access tokens. It is safe for concurrent use.
type Verifier struct {
	cfg        VerifierConfig
	issuer     string
	algorithms []*algorithm
	allowed    string // the names of the algorithms, for people
	cache      *cache

	introspector *introspector // nil: the realm is not asked about tokens
}

// NewVerifier returns a Verifier. Its error names what cfg lacks or has wrong. With a cache it keeps a
// goroutine for as long as the process lives, so make one and share it.
func NewVerifier(cfg VerifierConfig) (*Verifier, error) {
	if len(cfg.Algorithms) == 0 {
		cfg.Algorithms = []string{"RS256"}
	}
	cfg.MaxTokenBytes = cmp.Or(cfg.MaxTokenBytes, defaultMaxTokenBytes)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	v := &Verifier{cfg: cfg, allowed: strings.Join(cfg.Algorithms, ", ")}
	var errs []error
	if cfg.Keys == nil {
		errs = append(errs, errors.New("a verifier needs keys"))
	} else if v.issuer = cfg.Keys.cfg.Issuer; v.issuer == "" {
		errs = append(errs, errors.New("the keys need an issuer"))
	}
	if len(cfg.Audience) == 0 && !cfg.InsecureSkipAudience {
		errs = append(errs, errors.New("a verifier needs an audience"))
	}
	if slices.Contains(cfg.Audience, "") || slices.Contains(cfg.AuthorizedParties, "") {
		errs = append(errs, errors.New("an audience or authorized party must not be empty"))
	}
	if cfg.Leeway < 0 || cfg.Leeway > MaxLeeway {
		errs = append(errs, fmt.Errorf("the leeway must be from 0 to %v, got %v", MaxLeeway, cfg.Leeway))
	}
	if cfg.Introspection != nil && (cfg.Introspection.ClientID == "" || cfg.Introspection.ClientSecret == "") {
		errs = append(errs, errors.New("introspection needs a client id and its secret"))
	}
	if cfg.MaxTokenBytes < 0 || cfg.CacheSize < 0 {
		errs = append(errs, errors.New("sizes must not be negative"))
	}
	for _, name := range cfg.Algorithms {
		alg := findAlgorithm(name, algorithms)
		if alg == nil {
			errs = append(errs, fmt.Errorf("there is no algorithm %q to verify tokens with", name))
		}
		v.algorithms = append(v.algorithms, alg)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	var err error
	v.cache, err = newCache(cfg.CacheSize, func(p *Principal) time.Duration {
		if !p.recheckAt.IsZero() {
			return p.recheckAt.Sub(cfg.Now())
		}
		return p.expiresAt.Add(cfg.Leeway).Sub(cfg.Now())
	})
	if err == nil && cfg.Introspection != nil {
		v.introspector, err = newIntrospector(*cfg.Introspection, cfg.Keys, cfg.CacheSize > 0)
	}
	return v, err
}

// Verify judges a token in compact form: whether its algorithm is allowed, its signature is by a key
// of the realm, and it is an access token of this issuer, for this audience, at this time, not
// revoked and not bound to a key of its client. Every refusal is, or wraps, an *Error with one of the
// codes of this package; of several reasons it names the one that is checked first. Only where
// Introspection is set, and only about lightweight and opaque tokens, does Verify ask the realm whether
// the token still holds. It waits for that, and where a key is not known yet, and then no longer than ctx.
func (v *Verifier) Verify(ctx context.Context, token string) (*Principal, error) {
	// There are two ways to the claims, the cache and the signature. What can change while a token is
	// remembered is checked on both.
	if err := v.judgeSize(token); err != nil {
		return nil, err
	}
	var d digest
	var p *Principal
	var now time.Time
	if v.cache != nil {
		d = digestOf(token)
		now = v.cfg.Now()
		p = v.recall(d, now)
	}
	remembered := p != nil
	if remembered {
		if err := v.cfg.Keys.usable(v.cfg.Keys.set.Load()); err != nil && p.key != nil { // an opaque token needs none
			return nil, err
		}
		if err := v.judgeTimes(p, now); err != nil {
			return nil, err
		}
	} else {
		var err error
		if p, err = v.read(ctx, token); err != nil {
			return nil, err
		}
	}
	if v.cfg.Revocations != nil && v.cfg.Revocations.Revoked(p) {
		v.cache.forget(d)
		return nil, ErrTokenRevoked
	}
	if !remembered {
		p = v.cache.remember(d, p)
	}
	return p, nil
}

// judgeSize keeps what nobody has vouched for from costing anything.
func (v *Verifier) judgeSize(token string) error {
	if len(token) > v.cfg.MaxTokenBytes {
		return &Error{Code: CodeTokenTooLarge, Reason: fmt.Sprintf("The token has %d bytes; at most %d are read", len(token), v.cfg.MaxTokenBytes)}
	}
	return nil
}

// CacheStatus tells what the cache of verified tokens has done.
type CacheStatus struct {
	Hits, Misses uint64
	Tokens       int // that are remembered now, about
}

// CacheStatus returns what there is to watch. Without a cache it stays zero.
func (v *Verifier) CacheStatus() CacheStatus {
	if v.cache == nil {
		return CacheStatus{}
	}
	return CacheStatus{v.cache.hits.Load(), v.cache.misses.Load(), v.cache.entries.EstimatedSize()}
}

// recall returns the principal of a token that was accepted before, or nil where it must be judged anew.
func (v *Verifier) recall(d digest, now time.Time) *Principal {
	p := v.cache.find(d)
	if p != nil && !p.recheckAt.IsZero() && !now.Before(p.recheckAt) {
		return nil
	}
	return p
}

// read verifies a token and checks all but whether it was revoked. What the token does not say, the realm is
// asked for.
func (v *Verifier) read(ctx context.Context, token string) (*Principal, error) {
	if v.introspector != nil && isOpaque(token) {
		return v.introspect(ctx, token, header{}, nil)
	}
	head, payload, key, err := v.open(ctx, token)
	if err != nil {
		return nil, err
	}
	// From here on the realm vouches for the content, so reasons may quote it.
	if head.mediaType != "jwt" && !head.isRFC9068() {
		return nil, &Error{Code: CodeTokenType, Reason: fmt.Sprintf("The token's header has the type %q; this API takes access tokens, whose header has JWT or at+jwt", head.mediaType)}
	}
	claims, err := parseClaims(payload)
	if err != nil {
		return nil, errPayload
	}
	if err := v.judgeClaims(head, claims); err != nil {
		return nil, err
	}
	p := claims.principal
	p.key = key
	if err := v.judgeTimes(p, v.cfg.Now()); err != nil { // before the realm is asked: an expired token is not worth a call
		return nil, err
	}
	if v.introspector != nil {
		if lacking := v.lacking(claims); lacking != "" {
			v.introspector.warn(p, lacking)
			return v.introspect(ctx, token, head, p)
		}
	}
	if err := v.judgeParties(p); err != nil {
		return nil, err
	}
	return p, nil
}

// vouched reads a token that is not for the API, of whatever kind, once it is verified that the realm signed
// it. It returns the claims that access tokens have, too; read is for the others, and sees each member of the
// payload.
func (v *Verifier) vouched(ctx context.Context, token string, read func(*jsonReader, string) error) (head header, c claims, err error) {
	if err := v.judgeSize(token); err != nil {
		return head, c, err
	}
	head, payload, _, err := v.open(ctx, token)
	if err != nil {
		return head, c, err
	}
	c, err = parseClaims(payload)
	if err == nil {
		_, err = readObject(payload, read)
	}
	if err != nil {
		return head, c, errPayload
	}
	return head, c, nil
}

var errPayload = &Error{Code: CodeTokenMalformed, Reason: "The token's payload is not a sound JSON object"}

// open returns what a token holds and the key that signed it, once the signature is verified. What
// can be refused without the signature is refused before, for a thirtieth of the time.
func (v *Verifier) open(ctx context.Context, token string) (head header, payload []byte, key *key, err error) {
	parts, err := parseCompact(token)
	if err != nil {
		return head, nil, nil, err
	}
	head = parts.header
	alg := findAlgorithm(head.algorithm, v.algorithms)
	if alg == nil {
		return head, nil, nil, &Error{Code: CodeTokenAlgorithm, Reason: "The token's algorithm is not among those accepted here: " + v.allowed}
	}
	if head.keyID == "" {
		return head, nil, nil, &Error{Code: CodeTokenKeyUnknown, Reason: "The token's header names no key (kid)"}
	}
	if key, err = v.cfg.Keys.lookup(ctx, head.keyID, alg); err != nil {
		return head, nil, nil, err
	}
	if payload, err = decode("payload", parts.payload); err != nil {
		return head, nil, nil, err
	}
	signature, err := decode("signature", parts.signature)
	if err != nil {
		return head, nil, nil, err
	}
	if !alg.verify(key, parts.signed, signature) {
		return head, nil, nil, ErrTokenSignature
	}
	return head, payload, key, nil
}

// judgeClaims checks the claims that are not about time or parties: those that every token must have,
// a lightweight one, too.
func (v *Verifier) judgeClaims(head header, c claims) error {
	switch {
	case c.bound: // first: such a token is of the type DPoP, and its bearer should learn why that is refused
		return ErrTokenBound
	case c.typ != "Bearer" && (c.hasTyp || !head.isRFC9068()):
		return &Error{Code: CodeTokenType, Reason: fmt.Sprintf("The token is of type %q; this API takes access tokens, whose typ claim is Bearer", c.typ)}
	}
	return v.judgeOrigin(c)
}

// judgeOrigin checks what the claims of every kind of token must say: who issued it, and from when to when it
// is good.
func (v *Verifier) judgeOrigin(c claims) error {
	p := c.principal
	switch {
	case c.issuer != v.issuer:
		return &Error{Code: CodeTokenIssuer, Reason: fmt.Sprintf("Issuer %s is not %s%s", cmp.Or(c.issuer, "(none)"), v.issuer, difference(c.issuer, v.issuer))}
	case c.unusable != "":
		return &Error{Code: CodeClaimMissing, Reason: "The token's " + c.unusable + " claim cannot be used: it is of a wrong type or out of bounds"}
	case p.expiresAt.IsZero():
		return &Error{Code: CodeClaimMissing, Reason: "The token has no exp claim"}
	case p.issuedAt.IsZero():
		return &Error{Code: CodeClaimMissing, Reason: "The token has no iat claim"}
	}
	return nil
}

// judgeParties checks for whom a token is meant, and who obtained it.
func (v *Verifier) judgeParties(p *Principal) error {
	if !v.cfg.InsecureSkipAudience && !slices.ContainsFunc(v.cfg.Audience, func(a string) bool { return slices.Contains(p.audience, a) }) {
		mend := "add an audience mapper to the client " + p.authorizedParty
		if v.introspector == nil && isLightweight(p) {
			mend = `the token is lightweight: switch off "Always use lightweight access token" or set KEYSTEAD_INTROSPECTION_CLIENT_ID (client ` + p.authorizedParty + ", tab Advanced)"
		}
		return &Error{Code: CodeTokenAudience, Reason: fmt.Sprintf("Audience %s holds none of %s; %s",
			cmp.Or(strings.Join(p.audience, ", "), "(none)"), strings.Join(v.cfg.Audience, ", "), mend)}
	}
	if len(v.cfg.AuthorizedParties) > 0 && !slices.Contains(v.cfg.AuthorizedParties, p.authorizedParty) {
		return &Error{Code: CodeTokenAuthorizedParty, Reason: fmt.Sprintf("The token was obtained by the client %s (azp), which is not among those accepted here",
			cmp.Or(p.authorizedParty, "(none)"))}
	}
	return nil
}

// isLightweight reports whether Keycloak left most claims out of a token.
func isLightweight(p *Principal) bool {
	_, token := p.kinds()
	return token == "lt"
}

// judgeTimes checks the claims that are about time (RFC 7519 §4.1.4 to §4.1.6).
func (v *Verifier) judgeTimes(p *Principal, now time.Time) error {
	if late := now.Sub(p.expiresAt); late >= v.cfg.Leeway {
		return &Error{Code: CodeTokenExpired, Reason: fmt.Sprintf("The token expired %s ago", late.Round(time.Second))}
	}
	if early := p.issuedAt.Sub(now); early > v.cfg.Leeway {
		return &Error{Code: CodeTokenNotYet, Reason: fmt.Sprintf("The token was issued %s in the future; compare the clocks of this server and the realm", early.Round(time.Second))}
	}
	if early := p.notBefore.Sub(now); early > v.cfg.Leeway {
		return &Error{Code: CodeTokenNotYet, Reason: fmt.Sprintf("The token is valid only in %s", early.Round(time.Second))}
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
