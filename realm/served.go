package realm

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// How much of each is kept at most. A developer never gets near; a page that asks without end does.
const (
	maxSessions = 10_000
	maxAttempts = 2_000
	maxCodes    = 2_000
	maxRevoked  = 10_000
	maxRequest  = 8 << 10 // bytes of an authorization request, which are kept until its end
	maxUses     = 500     // used refresh tokens of one client in one session
)

// served is one version of a realm while it runs: what its file says, and what comes and goes. Each reading of the
// file makes another version. A request keeps to the one that it began with.
type served struct {
	*Realm
	*running
}

// running is what comes and goes: all versions of a realm share it.
type running struct {
	keys     *keyring
	troubles *troubles
	touched  atomic.Bool // by a request, since the state was last asked for

	mu        sync.Mutex
	latest    *Realm             // the version that new requests get
	sessions  *bounded[*session] // by id
	offline   *bounded[*session] // sessions behind offline tokens, by id
	attempts  *bounded[*attempt] // logins under way, by tab id
	roots     *bounded[bool]     // ids of sessions that logins under way will become
	codes     *bounded[*code]
	devices   *bounded[*device]        // by device code
	userCodes *bounded[*device]        // by user code
	logouts   *bounded[*logoutRequest] // questions whether to sign out, by session code
	revoked   *bounded[bool]           // access tokens by jti
	passwords map[string]Credential    // by user id: those changed since the start
	done      map[string][]string      // by user id: required actions that were carried out
	consents  map[string][]string      // by user id and client: the scopes granted
	lifespans map[string]time.Duration // by client id: access token lifetimes set at run time
	edits     map[string]edit          // by user id: what users have changed about themselves
}

func newServed(r *Realm) *served {
	v := &served{r, &running{
		latest: r, keys: newKeyring(r.Name), troubles: newTroubles(),
		sessions: newBounded[*session](maxSessions), offline: newBounded[*session](maxSessions),
		attempts: newBounded[*attempt](maxAttempts), roots: newBounded[bool](maxAttempts), codes: newBounded[*code](maxCodes),
		devices: newBounded[*device](maxCodes), userCodes: newBounded[*device](maxCodes),
		logouts: newBounded[*logoutRequest](maxAttempts), revoked: newBounded[bool](maxRevoked),
		passwords: map[string]Credential{}, done: map[string][]string{},
		consents: map[string][]string{}, lifespans: map[string]time.Duration{}, edits: map[string]edit{},
	}}
	v.touched.Store(true)
	return v
}

// askedAlgorithms returns the signature algorithms that clients ask for.
func (r *Realm) askedAlgorithms() []string {
	var all []string
	for _, id := range r.ClientIDs() {
		for _, name := range []string{"access.token.signed.response.alg", "id.token.signed.response.alg", "user.info.response.signature.alg"} {
			if algorithm := r.Clients[id].Attrs[name]; slices.Contains(signatureAlgorithms, algorithm) {
				all = append(all, algorithm)
			}
		}
	}
	return all
}

// session is a user's sign-in, which clients share: single sign-on. Its fields are guarded by the realm's lock.
type session struct {
	id       string // the sid of tokens
	version  *Realm // whose user and clients these are: see bind
	user     *User
	started  time.Time
	seen     time.Time // when it was last used
	authTime time.Time // when the user last gave a password; zero: never, as with the password grant
	remember bool
	offline  bool
	checker  string // state_checker of the identity cookie
	address  string // from where it was begun, and with what
	agent    agent
	clients  map[string]*clientSession
}

// clientSession is a client's part of a session.
type clientSession struct {
	client       *Client
	started      time.Time
	offlineFirst bool              // the session began with this client's request for offline access
	notes        map[string]string // for the session note mapper; may be nil
	acr          string            // "1" after a password, "0" when single sign-on brought the client in
	used         map[string]*uses  // refresh tokens by jti
	last         string            // the refresh token that was used last
	forgotten    int64             // the latest issue of a token whose uses are forgotten
}

// attempt is a login under way in one tab of a browser.
type attempt struct {
	mu sync.Mutex // held by whoever deals with a request of that tab; guards all below

	tab, code string // tab_id; session_code, which the browser gets anew with each page
	root      string // id of the session that it will become; the browser proves it with a cookie
	client    *Client
	request   authRequest
	device    *device // set for the login that answers a device's request

	known     *User  // who must sign in again; nil: anybody may
	reason    string // why they must, for the page
	user      *User  // once shown
	fresh     bool   // the user gave a password or was picked, just now
	authTime  time.Time
	remember  bool
	action    string // status of kc_action once it was dealt with: success, cancelled, error
	consented bool
	finished  bool
}

// code is an authorization code (RFC 6749 §4.1.2). It stays known after its use, so that a second use is noticed.
type code struct {
	client  string // its id
	request authRequest
	session string
	expires time.Time
	spent   bool
}

// codeMemory is how long spent codes stay known.
const codeMemory = time.Hour

func (v *served) lifetimeOf(s *session) (idle, most time.Duration) {
	l := v.Lifetimes
	switch {
	case s.offline:
		return l.OfflineIdle, l.OfflineMax
	case s.remember:
		idle, most = l.RememberMeIdle, l.RememberMeMax
	}
	if idle == 0 {
		idle = l.SessionIdle
	}
	if most == 0 {
		most = l.SessionMax
	}
	return idle, most
}

func (v *served) sessionEnds(s *session) time.Time {
	idle, most := v.lifetimeOf(s)
	end := s.seen.Add(idle)
	if most > 0 {
		end = earlier(end, s.started.Add(most))
	}
	return end
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// clientSessionEnds is when a client's refresh tokens end at the latest, seen from now.
func (v *served) clientSessionEnds(s *session, client *Client, started, now time.Time) time.Time {
	end := v.sessionEnds(s)
	if s.offline {
		if idle := client.seconds("client.offline.session.idle.timeout", v.Lifetimes.ClientOfflineIdle); idle > 0 {
			end = earlier(end, now.Add(idle))
		}
		return end
	}
	if idle := client.seconds("client.session.idle.timeout", v.Lifetimes.ClientIdle); idle > 0 {
		end = earlier(end, now.Add(idle))
	}
	if most := client.seconds("client.session.max.lifespan", v.Lifetimes.ClientMax); most > 0 {
		end = earlier(end, started.Add(most))
	}
	return end
}

// seconds reads a lifetime from the client's attributes.
func (c *Client) seconds(attribute string, otherwise time.Duration) time.Duration {
	if n, err := strconv.ParseInt(c.Attrs[attribute], 10, 32); err == nil && n > 0 {
		return time.Duration(n) * time.Second
	}
	return otherwise
}

// accessLifespan is how long access tokens of the client live.
func (v *served) accessLifespan(client *Client) time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	if set, ok := v.lifespans[client.ClientID]; ok {
		return set
	}
	return client.seconds("access.token.lifespan", v.Lifetimes.AccessToken)
}

// live returns the session with that id if it has not ended. The lock must be held.
func (v *served) live(id string, offline bool, now time.Time) *session {
	sessions := v.sessions
	if offline {
		sessions = v.offline
	}
	s, ok := sessions.get(id, now)
	if !ok || !now.Before(v.sessionEnds(s)) || !v.bind(s) {
		return nil
	}
	return s
}

// bind makes a session that an earlier version of the realm has seen one of this version: its user and clients are
// those of the file as it is now. It reports whether anything is left of it: without its user there is no session. A
// request that began before the latest reading takes nothing away: it knows nothing of clients that are new. The lock
// must be held.
func (v *served) bind(s *session) bool {
	if s.version == v.Realm {
		return true
	}
	user := v.UserByID(s.user.ID)
	if user == nil {
		return false
	}
	s.version, s.user = v.Realm, user
	for id, part := range s.clients {
		if client := v.Clients[id]; client != nil {
			part.client = client
		} else if v.Realm == v.latest {
			delete(s.clients, id)
		}
	}
	return true
}

// version returns another version of the realm, which new requests are about to get. The lock must be held.
func (v *running) version(r *Realm) *served {
	v.latest = r
	return &served{r, v}
}

// keep stores the session and notes that it was used just now. The lock must be held.
func (v *served) keep(s *session, now time.Time) {
	s.seen = now
	sessions := v.sessions
	if s.offline {
		sessions = v.offline
	}
	sessions.put(s.id, s, now, v.sessionEnds(s))
}

// join returns the client's part of a session, and begins it where there is none. The lock must be held.
func (s *session) join(client *Client, acr string, now time.Time) *clientSession {
	part := s.clients[client.ClientID]
	if part == nil {
		part = &clientSession{client: client, started: now, used: map[string]*uses{}}
		s.clients[client.ClientID] = part
	}
	part.acr = acr
	return part
}

// leave ends a client's part of a session, and the session with its last client. The lock must be held.
func (v *served) leave(s *session, client *Client) {
	delete(s.clients, client.ClientID)
	if len(s.clients) == 0 {
		v.drop(s)
	}
}

func (v *served) drop(s *session) {
	if s.offline {
		v.offline.remove(s.id)
	} else {
		v.sessions.remove(s.id)
	}
}

// uses are how often a refresh token was used, and when it was made and ends (0: never).
type uses struct {
	count           int
	issued, expires int64
}

// use counts one use of a refresh token. It returns why that was one too many, in Keycloak's words; "" when
// it was not. The lock must be held.
func (p *clientSession) use(t refreshToken, allowed int, now time.Time) string {
	known := p.used[t.ID]
	if known == nil {
		if t.Issued <= p.forgotten {
			return "Stale token"
		}
		p.forget(now)
		known = &uses{issued: t.Issued, expires: t.Expires}
		p.used[t.ID] = known
	}
	known.count++
	switch {
	case known.count > 1 && p.last != t.ID:
		return "Stale token"
	case known.count > allowed+1:
		return "Maximum allowed refresh token reuse exceeded"
	}
	p.last = t.ID
	return ""
}

// forget makes room: for tokens that have expired, and else for the oldest, which counts as stale from then on.
func (p *clientSession) forget(now time.Time) {
	if len(p.used) < maxUses {
		return
	}
	maps.DeleteFunc(p.used, func(_ string, u *uses) bool { return u.expires != 0 && u.expires < now.Unix() })
	for len(p.used) >= maxUses {
		oldest := ""
		for jti, u := range p.used {
			if oldest == "" || u.issued < p.used[oldest].issued {
				oldest = jti
			}
		}
		p.forgotten = max(p.forgotten, p.used[oldest].issued)
		delete(p.used, oldest)
	}
}

// matches reports whether the password is the user's, as changed since the start.
func (v *served) matches(user *User, password string) bool {
	v.mu.Lock()
	changed, ok := v.passwords[user.ID]
	v.mu.Unlock()
	if ok {
		return changed.Matches(password)
	}
	return slices.ContainsFunc(user.Credentials, func(c Credential) bool { return c.Matches(password) })
}

// hasPassword reports whether the user has a password, as changed since the start.
func (v *served) hasPassword(user *User) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, changed := v.passwords[user.ID]
	return changed || len(user.Credentials) > 0
}

// pending returns the required actions that still stop the user.
func (v *served) pending(user *User) []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	done := v.done[user.ID]
	return slices.DeleteFunc(v.Pending(user), func(action string) bool { return slices.Contains(done, action) })
}

// setPassword changes a password; the file stays as it is.
func (v *served) setPassword(user *User, password string) {
	credential := hashPassword(password)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.passwords[user.ID] = credential
	if !slices.Contains(v.done[user.ID], updatePassword) {
		v.done[user.ID] = append(v.done[user.ID], updatePassword)
	}
}

// othersOf returns the user's sessions, offline ones too, but those of the id to keep. The lock must be held.
func (v *served) othersOf(user *User, keep string, now time.Time) []*session {
	var others []*session
	add := func(s *session) {
		if v.bind(s) && s.user.ID == user.ID && s.id != keep {
			others = append(others, s)
		}
	}
	v.sessions.each(now, add)
	v.offline.each(now, add)
	return others
}

// granted reports whether the user has consented to these scopes for the client before.
func (v *served) granted(user *User, client *Client, scopes []*Scope) bool {
	v.mu.Lock()
	given := slices.Concat(v.consents[user.ID+" "+client.ClientID], user.Consents[client.ClientID])
	v.mu.Unlock()
	return !slices.ContainsFunc(scopes, func(s *Scope) bool { return s.asksConsent() && !slices.Contains(given, s.Name) })
}

func (v *served) grant(user *User, client *Client, scopes []*Scope) {
	v.mu.Lock()
	defer v.mu.Unlock()
	key := user.ID + " " + client.ClientID
	for _, s := range scopes {
		if !slices.Contains(v.consents[key], s.Name) {
			v.consents[key] = append(v.consents[key], s.Name)
		}
	}
}

func (s *Scope) asksConsent() bool { return s.Attrs["display.on.consent.screen"] != "false" }

func (s *Scope) inTokenScope() bool { return s.Attrs["include.in.token.scope"] != "false" }

// consentText is what the consent page says of a scope.
func (s *Scope) consentText() string {
	text := s.Attrs["consent.screen.text"]
	if words, ok := consentTexts[text]; ok {
		return words
	}
	if text == "" || strings.HasPrefix(text, "${") {
		return s.Name
	}
	return text
}

var consentTexts = map[string]string{
	"${profileScopeConsentText}":       "User profile",
	"${emailScopeConsentText}":         "Email address",
	"${addressScopeConsentText}":       "Address",
	"${phoneScopeConsentText}":         "Phone number",
	"${rolesScopeConsentText}":         "User roles",
	"${offlineAccessScopeConsentText}": "Offline Access",
	"${organizationScopeConsentText}":  "Organization",
}
