package session

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"keystead/auth"
	"keystead/auth/authtest"
	"keystead/store"
)

// principals of a realm, as a verifier makes them.
type principals struct {
	t        testing.TB
	realm    *authtest.Issuer
	verifier *auth.Verifier
}

func newPrincipals(t testing.TB) principals {
	realm := authtest.NewIssuer(t)
	keys := auth.NewKeys(auth.KeysConfig{Issuer: realm.URL(), Logger: slog.New(slog.DiscardHandler)})
	go keys.Run(t.Context())
	verifier, err := auth.NewVerifier(auth.VerifierConfig{Keys: keys, Audience: []string{authtest.Audience}, Leeway: auth.MaxLeeway})
	if err != nil {
		t.Fatal(err)
	}
	return principals{t, realm, verifier}
}

// of returns alice with a token of this session, whose id begins with kind, issued then.
func (p principals) of(sid, kind string, issued time.Time) *auth.Principal {
	p.t.Helper()
	claims := p.realm.Claims("alice", "user").With("sid", sid).With("jti", kind+"rtac:1").With("iat", issued.Unix())
	principal, err := p.verifier.Verify(p.t.Context(), p.realm.Sign(claims))
	if err != nil {
		p.t.Fatal(err)
	}
	return principal
}

// newRevocations returns a list over a database, read for the first time.
func newRevocations(t testing.TB, db *store.Store) *Revocations {
	t.Helper()
	r := NewRevocations(db, slog.New(slog.DiscardHandler))
	go r.Run(t.Context())
	<-r.Read()
	return r
}

func TestRevoked(t *testing.T) {
	who := newPrincipals(t)
	subject := who.of("s", "on", time.Now()).Subject()
	now := time.Now().Truncate(time.Second)
	for name, tt := range map[string]struct {
		token  auth.LogoutToken
		sid    string
		kind   string
		issued time.Time
		want   bool
	}{
		"its session": {auth.LogoutToken{SessionID: "s1", Subject: subject}, "s1", "on", now.Add(-time.Minute), true},
		"its session, by a token of a crossing refresh":  {auth.LogoutToken{SessionID: "s1", Subject: subject}, "s1", "on", now.Add(time.Minute), true},
		"a new session in the same second":               {auth.LogoutToken{SessionID: "s1", Subject: subject}, "s2", "on", now, false},
		"the offline session with its id":                {auth.LogoutToken{SessionID: "s1", Subject: subject}, "s1", "of", now.Add(-time.Minute), false},
		"the offline session, when it is to end":         {auth.LogoutToken{SessionID: "s1", RevokeOffline: true}, "s1", "of", now.Add(-time.Minute), true},
		"the person":                                     {auth.LogoutToken{Subject: subject}, "s1", "on", now.Add(-time.Second), true},
		"the person, who signed in again in that second": {auth.LogoutToken{Subject: subject}, "s2", "on", now, false},
		"the person, but an offline token":               {auth.LogoutToken{Subject: subject}, "s1", "of", now.Add(-time.Minute), false},
		"the person, offline tokens too":                 {auth.LogoutToken{Subject: subject, RevokeOffline: true}, "s1", "of", now.Add(-time.Minute), true},
		"another person":                                 {auth.LogoutToken{Subject: "somebody-else"}, "s1", "on", now.Add(-time.Minute), false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRevocations(t, newStore(t))
			p := who.of(tt.sid, tt.kind, tt.issued)
			if r.Revoked(p) {
				t.Fatal("an empty list has it")
			}
			tt.token.ID, tt.token.IssuedAt, tt.token.ExpiresAt = "jti", now, now.Add(2*time.Minute)
			if err := r.SignOut(t.Context(), &tt.token); err != nil {
				t.Fatal(err)
			}
			if got := r.Revoked(p); got != tt.want {
				t.Errorf("Revoked = %v", got)
			}
			if err := r.SignOut(t.Context(), &tt.token); !errors.Is(err, ErrReplayed) {
				t.Errorf("the same logout token again: %v", err)
			}
		})
	}
}

// A list over the same database, and one that begins later, have what this one has.
func TestRevocationsAreShared(t *testing.T) {
	who, db := newPrincipals(t), newStore(t)
	here, there := newRevocations(t, db), newRevocations(t, db)
	p := who.of("s1", "on", time.Now())
	if _, err := here.RevokeSession(t.Context(), "s1"); err != nil {
		t.Fatal(err)
	}
	if !here.Revoked(p) {
		t.Error("not revoked where it was done")
	}
	waitFor(t, func() error {
		if !there.Revoked(p) {
			return errors.New("not revoked on the other")
		}
		return nil
	})
	if !newRevocations(t, db).Revoked(p) {
		t.Error("forgotten by a restart")
	}
	until, err := here.RevokeSubject(t.Context(), p.Subject())
	if err != nil || time.Until(until) < longestToken-time.Minute {
		t.Errorf("RevokeSubject = %v, %v", until, err)
	}
	if !here.Revoked(who.of("s2", "of", time.Now().Add(-time.Minute))) {
		t.Error("an offline token of a user who was revoked by hand is good")
	}
}

// What a full list leaves out does not become good again.
func TestRevocationsAreBounded(t *testing.T) {
	who, r := newPrincipals(t), NewRevocations(newStore(t), slog.New(slog.DiscardHandler)) // which nobody runs beside this
	r.most = 20
	for i := range 50 {
		if _, err := r.RevokeSession(t.Context(), fmt.Sprintf("s%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if r.Len() > r.most {
		t.Errorf("%d are listed, want at most %d", r.Len(), r.most)
	}
	before := time.Now().Add(-time.Minute)
	if !r.Revoked(who.of("s0", "on", before)) || !r.Revoked(who.of("s49", "on", before)) {
		t.Error("a revoked session is good again")
	}
	if r.Revoked(who.of("another", "on", time.Now().Add(2*time.Second))) {
		t.Error("a token that was issued after all that is refused")
	}

	r.now = func() time.Time { return time.Now().Add(longestToken + time.Hour) }
	r.pruned = time.Time{}
	if err := r.update(t.Context()); err != nil || r.Len() != 0 {
		t.Errorf("a day later %d are listed, %v", r.Len(), err)
	}
}

// A login that ends after its session was signed out does not come to life.
func TestRevokedSessionStaysAway(t *testing.T) {
	realm := authtest.NewIssuer(t)
	m := newManager(t, realm)
	r := newRevocations(t, m.cfg.Store)
	sid := realm.SignIn("alice", "user")
	b := browser{}
	b.signIn(t, m)
	back := b.begin(t, m, "/auth/login")
	if _, err := r.RevokeSession(t.Context(), sid); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Principal(b.request("/")); !errors.Is(err, ErrExpired) {
		t.Errorf("the session goes on: %v", err)
	}
	_, err := b.finish(m, back)
	var failure *Failure
	if !errors.As(err, &failure) || !failure.AtRealm {
		t.Errorf("Finish = %v, want a failure that leads to the realm's sign-out", err)
	}
	realm.SignIn("alice", "user")
	b.signIn(t, m)
	if _, err := m.Principal(b.request("/")); err != nil {
		t.Errorf("a new session: %v", err)
	}
}

// BenchmarkRevoked shows what a list costs each check of a token.
func BenchmarkRevoked(b *testing.B) {
	for _, listed := range []int{0, 100, 100_000} {
		b.Run(fmt.Sprint(listed), func(b *testing.B) {
			r := NewRevocations(nil, slog.New(slog.DiscardHandler))
			for i := range listed {
				r.add(store.Revocation{RealmSession: fmt.Sprintf("s%d", i), ExpiresAt: time.Now().Add(time.Hour), Sequence: int64(i + 1)})
			}
			p := newPrincipals(b).of("another", "on", time.Now())
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if r.Revoked(p) {
						b.Fail()
					}
				}
			})
		})
	}
}
