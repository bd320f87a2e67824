package realm

import (
	"crypto"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// state is what a realm would lose when the server stops, as it is kept in a file. Whoever reads it can sign tokens of
// the realm. Logins under way and codes are not in it: their time is short, and a login begins anew by itself.
type state struct {
	Version  int                  `json:"version"`
	Secret   []byte               `json:"secret"`
	SecretID string               `json:"secretId"`
	Keys     []stateKey           `json:"keys"` // but those of the realm file
	Sessions []stateSession       `json:"sessions"`
	Users    map[string]stateUser `json:"users"` // by id: those who have changed something
	Consents map[string][]string  `json:"consents"`
	Revoked  map[string]time.Time `json:"revoked"` // access tokens by jti, with their ends
}

// stateVersion goes up when an older server could not read the state, or would read it wrongly.
const stateVersion = 1

type stateKey struct {
	Algorithm   string `json:"algorithm"`
	Use         string `json:"use"`
	Priority    int64  `json:"priority"`
	Active      bool   `json:"active"`
	Private     []byte `json:"private"` // PKCS #8
	Certificate []byte `json:"certificate"`
}

type stateSession struct {
	ID       string                 `json:"id"`
	User     string                 `json:"user"`
	Started  time.Time              `json:"started"`
	Seen     time.Time              `json:"seen"`
	AuthTime time.Time              `json:"authTime"`
	Remember bool                   `json:"remember,omitempty"`
	Offline  bool                   `json:"offline,omitempty"`
	Checker  string                 `json:"checker"`
	Address  string                 `json:"address,omitempty"`
	Agent    agent                  `json:"agent"`
	Clients  map[string]stateClient `json:"clients"`
}

type stateClient struct {
	Started      time.Time           `json:"started"`
	OfflineFirst bool                `json:"offlineFirst,omitempty"`
	Notes        map[string]string   `json:"notes,omitempty"`
	ACR          string              `json:"acr"`
	Used         map[string]stateUse `json:"used,omitempty"`
	Last         string              `json:"last,omitempty"`
	Forgotten    int64               `json:"forgotten,omitempty"`
}

type stateUse struct {
	Count   int   `json:"count"`
	Issued  int64 `json:"issued"`
	Expires int64 `json:"expires"`
}

type stateUser struct {
	Part     []byte   `json:"part"` // digest of what the file said of the user
	Password []byte   `json:"password,omitempty"`
	Salt     []byte   `json:"salt,omitempty"`
	Done     []string `json:"done,omitempty"`
	Edit     *edit    `json:"edit,omitempty"`
}

// States returns of each realm, by name, what Restore takes. Realms that no request has come to since the last call are
// left out.
func (s *Server) States() (map[string][]byte, error) {
	states := map[string][]byte{}
	var errs []error
	for name, v := range s.current() {
		if !v.touched.Swap(false) {
			continue
		}
		text, err := json.Marshal(v.state(v.troubles.now(s.now())))
		if err != nil {
			errs = append(errs, fmt.Errorf("realm %s: %w", name, err))
			continue
		}
		states[name] = text
	}
	return states, errors.Join(errs...)
}

// Restore gives a realm back what States returned; one that is not there gets it when a reload brings it. To be called
// before MakeKeys. Sessions of users that the file no longer has are dropped, and so is what users have changed of whom
// the file says something new.
func (s *Server) Restore(realm string, text []byte) error {
	s.swap.Lock()
	defer s.swap.Unlock()
	var kept state
	if err := json.Unmarshal(text, &kept); err != nil {
		return err
	}
	if kept.Version != stateVersion {
		return fmt.Errorf("it is of version %d, and this program reads version %d", kept.Version, stateVersion)
	}
	if len(kept.Secret) != secretLength || kept.SecretID == "" {
		return errors.New("the secret is missing")
	}
	if _, err := kept.keys(); err != nil {
		return err
	}
	if v := s.current()[realm]; v != nil {
		s.put(v.restored(kept, s.now()))
	} else {
		s.kept[realm] = kept
	}
	return nil
}

// keys reads the keys.
func (s state) keys() ([]*key, error) {
	var keys []*key
	for i, k := range s.Keys {
		private, err := x509.ParsePKCS8PrivateKey(k.Private)
		if err != nil {
			return nil, fmt.Errorf("key %d cannot be read: %w", i+1, err)
		}
		signer, ok := private.(crypto.Signer)
		if !ok {
			return nil, fmt.Errorf("key %d is of type %T, which cannot sign", i+1, private)
		}
		keys = append(keys, &key{algorithm: k.Algorithm, use: k.Use, priority: k.Priority, active: k.Active, private: signer, cert: k.Certificate})
	}
	return keys, nil
}

// state copies what would be lost.
func (v *served) state(now time.Time) state {
	out := state{Version: stateVersion, Users: map[string]stateUser{}, Revoked: map[string]time.Time{}}
	out.Secret, out.SecretID, out.Keys = v.keys.state()
	v.mu.Lock()
	defer v.mu.Unlock()
	keep := func(s *session) { out.Sessions = append(out.Sessions, s.state()) }
	v.sessions.each(now, keep)
	v.offline.each(now, keep)
	slices.SortFunc(out.Sessions, func(a, b stateSession) int { return a.Started.Compare(b.Started) }) // the oldest give way first
	for _, user := range v.Users {
		u := stateUser{Part: user.part[:], Done: v.done[user.ID]}
		if password, ok := v.passwords[user.ID]; ok {
			u.Password, u.Salt = password.hash, password.salt
		}
		if e, ok := v.edits[user.ID]; ok {
			u.Edit = &e
		}
		if u.Password != nil || u.Edit != nil || len(u.Done) > 0 {
			out.Users[user.ID] = u
		}
	}
	out.Consents = map[string][]string{}
	for key, scopes := range v.consents {
		out.Consents[key] = slices.Clone(scopes)
	}
	for jti, item := range v.revoked.items {
		if now.Before(item.expires) {
			out.Revoked[jti] = item.expires
		}
	}
	return out
}

func (s *session) state() stateSession {
	out := stateSession{s.id, s.user.ID, s.started, s.seen, s.authTime, s.remember, s.offline, s.checker, s.address, s.agent, map[string]stateClient{}}
	for id, part := range s.clients {
		c := stateClient{part.started, part.offlineFirst, part.notes, part.acr, map[string]stateUse{}, part.last, part.forgotten}
		for jti, u := range part.used {
			c.Used[jti] = stateUse{u.count, u.issued, u.expires}
		}
		out.Clients[id] = c
	}
	return out
}

// restored returns the version of a realm that goes on from a state, whose keys can be read.
func (v *served) restored(kept state, now time.Time) *served {
	v.keys.restore(kept.Secret, kept.SecretID, must(kept.keys()))
	v.mu.Lock()
	defer v.mu.Unlock()
	for id, u := range kept.Users {
		user := v.UserByID(id)
		if user == nil || !slices.Equal(user.part[:], u.Part) {
			continue
		}
		if u.Password != nil {
			v.passwords[id] = hashedPassword(u.Password, u.Salt)
		}
		if u.Edit != nil {
			v.edits[id] = *u.Edit
		}
		if len(u.Done) > 0 {
			v.done[id] = u.Done
		}
	}
	next := v.version(v.edited(v.Realm))
	for _, k := range kept.Sessions {
		if s := next.restoredSession(k); s != nil {
			sessions := v.sessions
			if s.offline {
				sessions = v.offline
			}
			sessions.put(s.id, s, now, v.sessionEnds(s))
		}
	}
	for key, scopes := range kept.Consents {
		v.consents[key] = scopes
	}
	for jti, end := range kept.Revoked {
		v.revoked.put(jti, true, now, end)
	}
	return next
}

// restoredSession returns a session as it was kept; nil when its user is gone.
func (v *served) restoredSession(k stateSession) *session {
	user := v.UserByID(k.User)
	if user == nil {
		return nil
	}
	s := &session{
		id: k.ID, version: v.Realm, user: user, started: k.Started, seen: k.Seen, authTime: k.AuthTime,
		remember: k.Remember, offline: k.Offline, checker: k.Checker, address: k.Address, agent: k.Agent, clients: map[string]*clientSession{},
	}
	for id, c := range k.Clients {
		client := v.Clients[id]
		if client == nil {
			continue
		}
		part := &clientSession{
			client: client, started: c.Started, offlineFirst: c.OfflineFirst, notes: c.Notes, acr: c.ACR,
			used: map[string]*uses{}, last: c.Last, forgotten: c.Forgotten,
		}
		for jti, u := range c.Used {
			part.used[jti] = &uses{u.Count, u.Issued, u.Expires}
		}
		s.clients[id] = part
	}
	return s
}
