package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
)

// IntrospectionRetryAfter is how long to wait after ErrIntrospectionUnavailable before the next attempt.
const IntrospectionRetryAfter = 5 * time.Second

const (
	answerLifetime  = 10 * time.Second // of a yes, unless the token expires sooner: so late is a sign-out noticed
	refusalLifetime = 5 * time.Second
	maxRefusals     = 1000 // that are remembered
	maxOpaque       = 8    // opaque tokens that the realm is asked about at once
	maxWarned       = 100  // clients that the log names
)

// Introspection are the credentials of a confidential client with which a Verifier asks the realm about
// tokens (RFC 7662). Keycloak calls every token inactive that does not have this client in its audience.
type Introspection struct {
	ClientID     string
	ClientSecret string
}

// introspector asks the realm about tokens, over the transport of the keys and at the endpoint that
// their discovery names.
type introspector struct {
	cfg    Introspection
	keys   *Keys
	client *http.Client

	flights              singleflight.Group             // by digest: many requests wait for one answer
	refusals             *otter.Cache[digest, *refusal] // so that a dead token does not reach the realm with every request; nil: none
	opaque               chan struct{}                  // holds one value for each opaque token that is asked about
	failures, rejections *rate.Limiter                  // of lines in the log

	mu     sync.Mutex
	warned map[string]bool // by client
}

// refusal is a verdict on a token that was introspected. It is kept by a pointer, as a principal is, so that one compiled cache
// does for both: another would have 230 kB.
type refusal struct {
	reason *Error
	until  time.Time
}

func newIntrospector(cfg Introspection, keys *Keys, remember bool) (*introspector, error) {
	i := &introspector{
		cfg:        cfg,
		keys:       keys,
		client:     keys.Client(),
		opaque:     make(chan struct{}, maxOpaque),
		failures:   rate.NewLimiter(rate.Every(10*time.Second), 1),
		rejections: rate.NewLimiter(rate.Every(10*time.Second), 1),
		warned:     map[string]bool{},
	}
	if !remember {
		return i, nil
	}
	var err error
	i.refusals, err = otter.New(&otter.Options[digest, *refusal]{
		MaximumSize:      maxRefusals,
		Executor:         func(upkeep func()) { upkeep() },
		ExpiryCalculator: otter.ExpiryWriting[digest, *refusal](refusalLifetime),
	})
	return i, err
}

// isOpaque reports whether a token is no JWT, but of the form that every bearer token has (RFC 6750 §2.1).
func isOpaque(token string) bool {
	text := strings.TrimRight(token, "=")
	return text != "" && strings.Count(token, ".") != 2 && !strings.ContainsFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-._~+/", r)
	})
}

// lacking names what a token leaves for the realm to say; "" for one that speaks for itself.
func (v *Verifier) lacking(c claims) string {
	var names []string
	if !c.hasAudience && !v.cfg.InsecureSkipAudience {
		names = append(names, "aud")
	}
	if c.principal.subject == "" {
		names = append(names, "sub")
	}
	if !c.hasRoles {
		names = append(names, "roles")
	}
	return strings.Join(names, ", ")
}

// introspect judges a token by what the realm answers about it. Requests with the same token wait for the
// same answer, each no longer than its ctx. signed is what the token itself says, verified; nil for an
// opaque one.
func (v *Verifier) introspect(ctx context.Context, token string, head header, signed *Principal) (*Principal, error) {
	d := digestOf(token)
	verdict := v.introspector.flights.DoChan(string(d[:]), func() (any, error) {
		if p, err := v.recallAnswer(d); p != nil || err != nil { // of a flight that ended a moment ago
			return p, err
		}
		p, err := v.askAbout(token, head, signed)
		v.rememberAnswer(d, p, err)
		return p, err
	})
	select {
	case result := <-verdict:
		if result.Err != nil {
			return nil, result.Err
		}
		return result.Val.(*Principal), nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrIntrospectionUnavailable, ctx.Err())
	}
}

func (v *Verifier) recallAnswer(d digest) (*Principal, error) {
	if v.cache == nil {
		return nil, nil
	}
	now := v.cfg.Now()
	if r, ok := v.introspector.refusals.GetIfPresent(d); ok && now.Before(r.until) {
		return nil, r.reason
	}
	return v.recall(d, now), nil
}

// rememberAnswer keeps a verdict. That there was none is not kept: the next request tries again.
func (v *Verifier) rememberAnswer(d digest, p *Principal, err error) {
	var reason *Error
	switch {
	case v.cache == nil:
	case err == nil:
		v.cache.remember(d, p)
	case errors.As(err, &reason) && reason.Code != CodeIntrospectionUnavailable:
		v.introspector.refusals.Set(d, &refusal{reason, v.cfg.Now().Add(refusalLifetime)})
	}
}

// askAbout asks the realm and judges its answer as if it were the token.
func (v *Verifier) askAbout(token string, head header, signed *Principal) (*Principal, error) {
	i, asked := v.introspector, v.cfg.Now()
	if signed == nil {
		// Anybody can make up such tokens. They must neither flood the realm nor take the place of
		// tokens that it signed.
		select {
		case i.opaque <- struct{}{}:
			defer func() { <-i.opaque }()
		default:
			i.log(i.rejections, asked, fmt.Errorf("more than %d opaque tokens at once", maxOpaque))
			return nil, &Error{Code: CodeIntrospectionUnavailable, Reason: "The realm is being asked about too many opaque tokens at once; try again shortly"}
		}
	}
	answer, err := i.ask(token)
	if err == nil && signed != nil && answer.active {
		err = sameToken(signed, answer.principal)
	}
	if err != nil {
		i.log(i.failures, asked, err)
		return nil, ErrIntrospectionUnavailable
	}
	if !answer.active {
		return nil, v.inactive(signed)
	}
	if err := v.judgeClaims(head, answer); err != nil {
		return nil, err
	}
	p := answer.principal
	if signed != nil {
		p.key = signed.key
		p.expiresAt = earlier(p.expiresAt, signed.expiresAt)
	}
	if err := v.judgeTimes(p, v.cfg.Now()); err != nil {
		return nil, err
	}
	if err := v.judgeParties(p); err != nil {
		return nil, err
	}
	p.recheckAt = earlier(asked.Add(answerLifetime), p.expiresAt)
	return p, nil
}

// sameToken returns an error when an answer is about another token than the one that was asked about: a
// realm, or what stands before it, that mixes answers up must not make one caller another.
func sameToken(signed, answer *Principal) error {
	if signed.tokenID != "" && answer.tokenID != signed.tokenID || signed.subject != "" && answer.subject != signed.subject {
		return errors.New("the realm's answer is about another token: jti or sub differs")
	}
	return nil
}

// inactive returns the refusal of a token that the realm calls inactive. It does not say why (RFC 7662
// §2.2), and knows no leeway.
func (v *Verifier) inactive(signed *Principal) error {
	if signed != nil {
		if late := v.cfg.Now().Sub(signed.expiresAt); late >= 0 {
			return &Error{Code: CodeTokenExpired, Reason: fmt.Sprintf("The token expired %s ago", late.Round(time.Second))}
		}
	}
	return &Error{Code: CodeTokenRevoked, Reason: "The realm calls the token inactive: its session has ended, it was revoked, or the client " +
		v.introspector.cfg.ClientID + " is not in its audience"}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// ask sends a token to the realm and reads the answer. Its time limit is the client's, because many
// requests wait for it. Its errors quote nothing of token, secret or answer.
func (i *introspector) ask(token string) (claims, error) {
	address, err := i.keys.introspectionEndpoint()
	if err != nil {
		return claims{}, err
	}
	form := url.Values{"token": {token}, "token_type_hint": {"access_token"}}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return claims{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.SetBasicAuth(url.QueryEscape(i.cfg.ClientID), url.QueryEscape(i.cfg.ClientSecret)) // RFC 6749 §2.3.1
	res, err := i.client.Do(req)
	if err != nil {
		return claims{}, err
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden {
		return claims{}, fmt.Errorf("%s answered %s: correct KEYSTEAD_INTROSPECTION_CLIENT_ID and KEYSTEAD_INTROSPECTION_CLIENT_SECRET; the client must be a confidential one of the realm", address, res.Status)
	}
	body, err := readAnswer(res, address)
	if err != nil {
		return claims{}, err
	}
	answer, err := parseClaims(body)
	if err != nil {
		return claims{}, fmt.Errorf("%s did not answer a sound JSON object", address)
	}
	if !answer.judged { // something in between has answered: nobody has called the token bad
		return claims{}, fmt.Errorf("%s did not say whether the token is active (RFC 7662 §2.2)", address)
	}
	return answer, nil
}

// log tells why the realm did not answer, at most once in a while: an outage has such a reason with each
// request.
func (i *introspector) log(limit *rate.Limiter, now time.Time, err error) {
	level := slog.LevelDebug
	if limit.AllowN(now, 1) {
		level = slog.LevelWarn
	}
	i.keys.cfg.Logger.Log(context.Background(), level, "the realm could not be asked about a token", "error", err)
}

// warn says once for each client that its tokens cost more than they need to. The number of clients is
// bounded, as anybody may register them at some realms.
func (i *introspector) warn(p *Principal, lacking string) {
	client := p.authorizedParty
	i.mu.Lock()
	known := i.warned[client] || len(i.warned) >= maxWarned
	if !known {
		i.warned[client] = true
	}
	i.mu.Unlock()
	if known {
		return
	}
	mend := "give the client the scopes basic and roles and an audience mapper; a caller without any role is always asked about"
	if isLightweight(p) {
		mend = `to save the calls, switch off "Always use lightweight access token" in the client's tab Advanced`
	}
	i.keys.cfg.Logger.Warn("the tokens of a client lack claims, so each costs a call to the realm", "client", client, "lacking", lacking, "mend", mend)
}
