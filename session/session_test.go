package session

import (
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"keystead/auth"
	"keystead/auth/authtest"
	"keystead/store"
)

const (
	testSecret = "a secret that is long enough to be one"
	testClient = authtest.SessionClientID
	publicURL  = "https://app.example.com"
)

func newStore(t testing.TB) *store.Store {
	t.Helper()
	db, err := store.Open("sqlite:"+filepath.Join(t.TempDir(), "test.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	go db.Run(t.Context())
	t.Cleanup(func() { _ = db.Close() })
	waitFor(t, func() error { return db.Ready() })
	return db
}

// waitFor returns as soon as there is no error any more.
func waitFor(t testing.TB, ready func() error) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ready() != nil; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(ready())
		}
	}
}

// newManager returns a Manager over the issuer's realm and a database of the test's own.
func newManager(t *testing.T, realm *authtest.Issuer, secrets ...string) *Manager {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	keys := auth.NewKeys(auth.KeysConfig{Issuer: realm.URL(), Logger: log})
	go keys.Run(t.Context())
	waitFor(t, keys.Ready)
	db := newStore(t)
	revocations := NewRevocations(db, log)
	go revocations.Run(t.Context())
	verifier, err := auth.NewVerifier(auth.VerifierConfig{Keys: keys, Audience: []string{authtest.Audience}, Revocations: revocations})
	if err != nil {
		t.Fatal(err)
	}
	if len(secrets) == 0 {
		secrets = []string{testSecret}
	}
	m, err := New(Config{
		Keys: keys, Verifier: verifier, Store: db, Log: log, Issuer: realm.URL(), ClientID: testClient, ClientSecret: authtest.SessionClientSecret, Secrets: secrets, PublicURL: publicURL,
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// browser keeps the cookies of one person.
type browser map[string]*http.Cookie

func (b browser) request(target string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for _, cookie := range b {
		r.AddCookie(cookie)
	}
	return r
}

func (b browser) take(rec *httptest.ResponseRecorder) {
	for _, cookie := range rec.Result().Cookies() {
		if cookie.MaxAge < 0 {
			delete(b, cookie.Name)
		} else {
			b[cookie.Name] = cookie
		}
	}
}

// begin begins a login and returns the address with which the realm sends the browser back.
func (b browser) begin(t *testing.T, m *Manager, target string) string {
	t.Helper()
	rec := httptest.NewRecorder()
	address, err := m.Begin(rec, b.request(target))
	if err != nil {
		t.Fatal(err)
	}
	b.take(rec)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.Header.Get("Location")
}

func (b browser) finish(m *Manager, back string) (returnTo string, err error) {
	rec := httptest.NewRecorder()
	returnTo, _, err = m.Finish(rec, b.request(back))
	b.take(rec)
	return returnTo, err
}

func (b browser) signIn(t *testing.T, m *Manager) {
	t.Helper()
	if _, err := b.finish(m, b.begin(t, m, "/auth/login")); err != nil {
		t.Fatal(err)
	}
}

func TestLogin(t *testing.T) {
	realm := authtest.NewIssuer(t)
	m := newManager(t, realm)
	realm.SignIn("alice", "user")
	b := browser{}
	returnTo, err := b.finish(m, b.begin(t, m, "/auth/login?return_to=%2Fnotes%3Fof%3Deverybody%23last"))
	if err != nil || returnTo != "/notes?of=everybody#last" {
		t.Fatalf("Finish = %q, %v", returnTo, err)
	}
	cookie := b["__Host-keystead"]
	if cookie == nil || len(b) != 1 {
		t.Fatalf("the browser has %v, want the session's cookie alone", b)
	}
	if !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" || cookie.MaxAge != 0 || !cookie.Expires.IsZero() {
		t.Errorf("the cookie is %v", cookie)
	}
	info, err := m.Info(b.request("/auth/session"))
	if err != nil || info.Username != "alice" || time.Until(info.ExpiresAt) <= 0 {
		t.Errorf("Info = %+v, %v", info, err)
	}
	p, err := m.Principal(b.request("/api/me"))
	if err != nil || p.Subject() != info.Subject || !p.HasRealmRole("user") {
		t.Errorf("Principal = %v, %v", p, err)
	}
	if _, err := m.Principal(browser{}.request("/")); !errors.Is(err, ErrMissing) {
		t.Errorf("without a cookie: %v", err)
	}
	made := browser{cookie.Name: {Name: cookie.Name, Value: strings.Repeat("A", len(cookie.Value))}}
	if _, err := m.Principal(made.request("/")); !errors.Is(err, ErrExpired) {
		t.Errorf("with a made-up cookie: %v", err)
	}
}

// What is passed on to the realm, and what protects the answer, stands in the address.
func TestBegin(t *testing.T) {
	m := newManager(t, authtest.NewIssuer(t))
	rec := httptest.NewRecorder()
	address, err := m.Begin(rec, httptest.NewRequest("GET", "/auth/login?prompt=login&login_hint=alice&kc_idp_hint=github&kc_action=UPDATE_PASSWORD&client_id=evil&redirect_uri=https://evil.example", nil))
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(address)
	query := u.Query()
	for name, want := range map[string]string{
		"client_id": testClient, "redirect_uri": publicURL + "/auth/callback", "response_type": "code", "scope": "openid", "code_challenge_method": "S256",
		"prompt": "login", "login_hint": "alice", "kc_idp_hint": "github", "kc_action": "UPDATE_PASSWORD",
	} {
		if len(query[name]) != 1 || query.Get(name) != want {
			t.Errorf("%s = %q, want %s", name, query[name], want)
		}
	}
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if len(query.Get(name)) < 26 {
			t.Errorf("%s = %q, too short to be a secret", name, query.Get(name))
		}
	}
	if cookie := rec.Header().Get("Set-Cookie"); strings.Contains(cookie, query.Get("state")) || strings.Contains(cookie, query.Get("nonce")) {
		t.Errorf("the cookie shows what the login is protected by: %s", cookie)
	}
}

func TestSamePath(t *testing.T) {
	for target, want := range map[string]string{
		"/notes?a=b#c": "/notes?a=b#c", "/": "/", "/a%2Fb": "/a%2Fb", "/%E2%9C%93": "/%E2%9C%93", "/x?next=https://other.example": "/x?next=https://other.example",
		"": "/", "notes": "/", "//evil.example": "/", "/\\evil.example": "/", "\\\\evil.example": "/", "https://evil.example": "/", "https:evil.example": "/",
		"/\t/evil.example": "/", "/\n/evil.example": "/", " //evil.example": "/", "javascript:alert(1)": "/", "///evil.example": "/", "/%zz": "/", "/%2Fevil.example": "/",
		"/auth/logout": "/", "/auth/login?return_to=/": "/", "/" + strings.Repeat("a", longestReturn): "/",
	} {
		if got := samePath(target); got != want {
			t.Errorf("samePath(%q) = %q, want %q", target, got, want)
		}
	}
}

// A refusal is never mistaken for a login, and says what to do.
func TestFinishRefuses(t *testing.T) {
	realm := authtest.NewIssuer(t)
	m := newManager(t, realm)
	realm.SignIn("alice", "user")
	change := func(back string, set map[string][]string) string {
		u, _ := url.Parse(back)
		query := u.Query()
		for name, values := range set {
			query[name] = values
		}
		u.RawQuery = query.Encode()
		return u.String()
	}
	for name, tt := range map[string]struct {
		set  map[string][]string
		want string
	}{
		"no state":            {map[string][]string{"state": {""}}, "not begun in this browser"},
		"another state":       {map[string][]string{"state": {strings.Repeat("A", 26)}}, "not begun in this browser"},
		"two codes":           {map[string][]string{"code": {"a", "b"}}, "says something twice"},
		"another issuer":      {map[string][]string{"iss": {"https://evil.example/realms/demo"}}, "comes from another issuer"},
		"an empty issuer":     {map[string][]string{"iss": {""}}, "comes from another issuer"},
		"a code of nobody":    {map[string][]string{"code": {"made-up"}}, "took too long, or was finished before"},
		"a refusal":           {map[string][]string{"error": {"access_denied"}}, "did not let the app have"},
		"a page that waited":  {map[string][]string{"error": {"temporarily_unavailable"}}, "open for too long"},
		"words of a stranger": {map[string][]string{"error": {"invalid_scope"}, "error_description": {"call 555"}}, "The realm has refused the login"},
	} {
		t.Run(name, func(t *testing.T) {
			b := browser{}
			_, err := b.finish(m, change(b.begin(t, m, "/auth/login?return_to=/notes"), tt.set))
			var failure *Failure
			if !errors.As(err, &failure) || !strings.Contains(failure.Reason, tt.want) {
				t.Fatalf("Finish = %v, want a failure with %q", err, tt.want)
			}
			if b["__Host-keystead"] != nil {
				t.Error("there is a session all the same")
			}
			if strings.Contains(failure.Reason, "555") {
				t.Errorf("words out of the address are shown: %s", failure.Reason)
			}
		})
	}
}

// With prompt=none nobody is asked anything: who is not signed in comes back as they left.
func TestQuietLogin(t *testing.T) {
	m := newManager(t, authtest.NewIssuer(t))
	b := browser{}
	if returnTo, err := b.finish(m, b.begin(t, m, "/auth/login?prompt=none&return_to=/notes")); err != nil || returnTo != "/notes" || len(b) != 0 {
		t.Errorf("Finish = %q, %v; the browser has %v", returnTo, err, b)
	}
	if _, err := b.finish(m, b.begin(t, m, "/auth/login?return_to=/notes")); err == nil {
		t.Error("a login that asks, and that nobody answered, went well")
	}
}

func TestLoginsSideBySide(t *testing.T) {
	realm := authtest.NewIssuer(t)
	m := newManager(t, realm)
	realm.SignIn("alice", "user")
	b := browser{}
	now := time.Now()
	var backs []string
	for i := range mostPending + 1 {
		m.now = func() time.Time { return now.Add(time.Duration(i) * time.Second) }
		backs = append(backs, b.begin(t, m, "/auth/login"))
	}
	if len(b) != mostPending {
		t.Fatalf("%d logins wait in the browser, want %d", len(b), mostPending)
	}
	var ids []string
	for i, back := range backs[1:] {
		if _, err := b.finish(m, back); err != nil {
			t.Errorf("login %d: %v", i+1, err)
		}
		ids = append(ids, b["__Host-keystead"].Value)
	}
	for i := range ids[1:] {
		if ids[i] == ids[i+1] {
			t.Error("a login went on with the session of the one before")
		}
	}
	old := browser{"c": {Name: "__Host-keystead", Value: ids[0]}}
	if _, err := m.Principal(old.request("/")); !errors.Is(err, ErrExpired) {
		t.Errorf("the session before the last login: %v", err)
	}
	if returnTo, err := b.finish(m, backs[1]); err != nil || returnTo != "/" {
		t.Errorf("a way back that was taken before = %q, %v, want home: somebody is signed in", returnTo, err)
	}
	m.now = func() time.Time { return now.Add(pendingLife + time.Hour) }
	if _, err := b.finish(m, b.begin(t, m, "/auth/login")); err != nil {
		t.Error(err)
	}
}

// Whoever reads or writes the database can neither use a session nor move one's tokens into another.
func TestWhatIsKept(t *testing.T) {
	realm := authtest.NewIssuer(t)
	m := newManager(t, realm)
	realm.SignIn("alice", "user", "admin")
	alice := browser{}
	alice.signIn(t, m)
	realm.SignIn("mallory", "user")
	mallory := browser{}
	mallory.signIn(t, m)

	ctx := t.Context()
	kept := func(b browser) store.Session {
		s, err := m.cfg.Store.Session(ctx, idOf(b["__Host-keystead"].Value))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	theirs, mine := kept(alice), kept(mallory)
	if text := string(theirs.Data); strings.Contains(text, "eyJ") || strings.Contains(theirs.ID, alice["__Host-keystead"].Value) {
		t.Error("a token, or the cookie, is kept in clear")
	}
	mine.Data = theirs.Data
	if err := m.cfg.Store.PutSession(ctx, mine); err != nil {
		t.Fatal(err)
	}
	if p, err := m.Principal(mallory.request("/")); !errors.Is(err, ErrExpired) {
		t.Errorf("mallory is %v, %v", p, err)
	}
}

func TestSecretsRotate(t *testing.T) {
	old, newer, other := "an old secret that is long enough", "a new secret that is long enough", "no secret of this server at all."
	before, err := newSealer([]string{old})
	if err != nil {
		t.Fatal(err)
	}
	sealed := before.seal([]byte("text"), "place")
	for name, tt := range map[string]struct {
		secrets []string
		place   string
		want    bool
	}{
		"the same":            {[]string{old}, "place", true},
		"a new one in front":  {[]string{newer, old}, "place", true},
		"the old one is gone": {[]string{newer}, "place", false},
		"somebody else's":     {[]string{other}, "place", false},
		"in another row":      {[]string{old}, "elsewhere", false},
	} {
		s, err := newSealer(tt.secrets)
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := s.open(sealed, tt.place); ok != tt.want || ok && string(text) != "text" {
			t.Errorf("%s: open = %q, %v", name, text, ok)
		}
	}
	after, _ := newSealer([]string{newer, old})
	if _, ok := before.open(after.seal([]byte("text"), "place"), "place"); ok {
		t.Error("the first secret does not seal")
	}
	if _, ok := before.open([]byte("short"), "place"); ok {
		t.Error("rubbish opens")
	}
	if _, err := newSealer(nil); err == nil {
		t.Error("there is a sealer without a secret")
	}
}

// However many requests want a new token at the same moment, the realm is asked once.
func TestRefreshOnce(t *testing.T) {
	realm := authtest.NewIssuer(t)
	realm.RotateRefreshTokens()
	m := newManager(t, realm)
	realm.SignIn("alice", "user")
	b := browser{}
	b.signIn(t, m)
	due := time.Now().Add(4*time.Minute + 45*time.Second) // of five
	m.now = func() time.Time { return due }
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := m.Principal(b.request("/api/me")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := realm.TokenRequests("refresh_token"); n != 1 {
		t.Errorf("the realm was asked %d times", n)
	}
}

// What a realm that says no, or nothing, means for a session.
func TestRefreshFails(t *testing.T) {
	realm := authtest.NewIssuer(t)
	m := newManager(t, realm)
	start := time.Now()
	sid := realm.SignIn("alice", "user")
	b := browser{}
	b.signIn(t, m)

	realm.Answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	m.now = func() time.Time { return start.Add(4*time.Minute + 45*time.Second) }
	if _, err := m.Principal(b.request("/")); err != nil {
		t.Errorf("while the token is good: %v", err)
	}
	m.now = func() time.Time { return start.Add(6 * time.Minute) }
	if _, err := m.Principal(b.request("/")); !errors.Is(err, ErrRealmUnavailable) {
		t.Errorf("when it is not: %v", err)
	}
	realm.Answer(nil)
	if _, err := m.Principal(b.request("/")); err != nil {
		t.Errorf("when the realm is back: %v", err)
	}
	realm.EndSession(sid)
	m.now = func() time.Time { return start.Add(12 * time.Minute) }
	for range 2 {
		if _, err := m.Principal(b.request("/")); !errors.Is(err, ErrExpired) {
			t.Errorf("when the realm has ended the session: %v", err)
		}
	}
}

// A replica whose lease ended before the realm answered may have been overtaken: the tokens that the other has got count, and
// not the realm's word about the old one.
func TestOvertakenRefresh(t *testing.T) {
	realm := authtest.NewIssuer(t)
	m := newManager(t, realm)
	realm.SignIn("alice", "user")
	b := browser{}
	b.signIn(t, m)
	secret := b["__Host-keystead"].Value
	later := time.Now().Add(6 * time.Minute)
	m.now = func() time.Time { return later }
	realm.AroundToken(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			session, l, err := m.load(t.Context(), secret)
			if err != nil {
				t.Error(err)
			}
			l.RefreshToken, l.AccessExpires, l.RefreshAt = "the other's", later.Add(time.Hour), later.Add(time.Hour)
			if _, err := m.keep(session, l); err != nil {
				t.Error(err)
			}
			authtest.Refuse(http.StatusBadRequest, "invalid_grant")(nil).ServeHTTP(w, r)
		})
	})
	if _, err := m.fresh(t.Context(), secret, login{}); err != nil {
		t.Errorf("the session that another replica renewed: %v", err)
	}
	if _, l, err := m.load(t.Context(), secret); err != nil || l.RefreshToken != "the other's" {
		t.Errorf("it is %q now, %v", l.RefreshToken, err)
	}
}

// A browser that sends the realm's answer twice at once shows the code once, and gets one session.
func TestAnswerTwiceAtOnce(t *testing.T) {
	realm := authtest.NewIssuer(t)
	m := newManager(t, realm)
	realm.SignIn("alice", "user")
	b := browser{}
	back := b.begin(t, m, "/auth/login")
	arrived := make(chan struct{})
	realm.AroundToken(func(endpoint http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(arrived) // panics when it is asked again
			time.Sleep(50 * time.Millisecond)
			endpoint.ServeHTTP(w, r)
		})
	})
	var both sync.WaitGroup
	got := [2]browser{maps.Clone(b), maps.Clone(b)}
	for i, one := range got {
		both.Go(func() {
			if i == 1 {
				<-arrived
			}
			if _, err := one.finish(m, back); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if one, other := got[0]["__Host-keystead"], got[1]["__Host-keystead"]; one == nil || other == nil || one.Value != other.Value {
		t.Errorf("the sessions are %v and %v", one, other)
	}
	if _, err := m.Principal(got[0].request("/")); err != nil {
		t.Error(err)
	}
}

func TestSignOut(t *testing.T) {
	realm := authtest.NewIssuer(t)
	m := newManager(t, realm)
	realm.SignIn("alice", "user")
	b := browser{}
	b.signIn(t, m)
	stolen := browser{"c": b["__Host-keystead"]}

	rec := httptest.NewRecorder()
	address, err := m.SignOut(rec, b.request("/auth/logout"))
	if err != nil {
		t.Fatal(err)
	}
	b.take(rec)
	u, _ := url.Parse(address)
	query := u.Query()
	if !strings.HasPrefix(address, realm.URL()+"/protocol/openid-connect/logout?") || query.Get("client_id") != testClient ||
		query.Get("post_logout_redirect_uri") != publicURL+"/" || strings.Count(query.Get("id_token_hint"), ".") != 2 {
		t.Errorf("the browser is sent to %s", address)
	}
	if len(b) != 0 {
		t.Errorf("the browser still has %v", b)
	}
	if _, err := m.Principal(stolen.request("/")); !errors.Is(err, ErrExpired) {
		t.Errorf("the session goes on: %v", err)
	}
	realm.Close()
	if _, err := m.SignOut(httptest.NewRecorder(), b.request("/auth/logout")); !errors.Is(err, ErrRealmUnavailable) {
		t.Errorf("while the realm is away: %v", err)
	}
}

// A login lasts as long as the realm lets it, and never longer than a week.
func TestHowLongItLasts(t *testing.T) {
	start := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		refresh  string
		idle     any
		signedIn time.Time
		want     time.Duration // of the session, from now
		ahead    time.Duration // of the renewal, from now
	}{
		"the realm's idle time": {"r", 1800.0, start, 30 * time.Minute, 270 * time.Second},
		"an offline session":    {"r", 0.0, start, longestIdle, 270 * time.Second},
		"nothing said":          {"r", nil, start, longestIdle, 270 * time.Second},
		"longer than a day":     {"r", 1e6, start, longestIdle, 270 * time.Second},
		"no refresh token":      {"", nil, start, 300 * time.Second, 300 * time.Second},
		"almost a week ago":     {"r", 1800.0, start.Add(-longestLife + time.Minute), time.Minute, 270 * time.Second},
	} {
		l := login{SignedInAt: tt.signedIn}
		tokens := &oauth2.Token{AccessToken: "a", RefreshToken: tt.refresh, ExpiresIn: 300}
		l.take(tokens.WithExtra(map[string]any{"refresh_expires_in": tt.idle}), start)
		if got := l.ExpiresAt.Sub(start); got != tt.want {
			t.Errorf("%s: the session lasts %v, want %v", name, got, tt.want)
		}
		if got := l.RefreshAt.Sub(start); got != tt.ahead {
			t.Errorf("%s: the token is renewed after %v, want %v", name, got, tt.ahead)
		}
	}
}
