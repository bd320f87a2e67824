package realm

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// listedKey is a key as the control API tells of it.
type listedKey struct {
	ID        string `json:"kid"`
	Algorithm string `json:"algorithm"`
	Use       string `json:"use"`
	Priority  int64  `json:"priority"`
	Active    bool   `json:"active"`    // signs, if no other of its algorithm has a higher priority
	Published bool   `json:"published"` // stands in the key set
}

// listKeys tells which keys the realm has, highest priority first.
func (c *call) listKeys() error {
	if err := c.guarded(); err != nil {
		return err
	}
	keys := []listedKey{}
	for _, k := range c.realm.keys.published() {
		keys = append(keys, listedKey{k.id, k.algorithm, k.use, k.priority, k.active, true})
	}
	return c.json(keys)
}

// withdrawKey takes a key away, so that what it has signed does not verify any more.
func (c *call) withdrawKey() error {
	if err := c.guarded(); err != nil {
		return err
	}
	return c.done(c.withdraw(pathParam(c.r, "kid")))
}

func (c *call) withdraw(kid string) error {
	if !c.realm.keys.withdraw(kid) {
		return refuse(http.StatusNotFound, "not_found", "There is no key "+kid+" in the realm "+c.realm.Name+".")
	}
	c.s.log.Info("a key was withdrawn", "realm", c.realm.Name, "kid", kid)
	return nil
}

// listedSession is a session as the control API tells of it.
type listedSession struct {
	ID       string    `json:"id"` // the sid of tokens; a session and its offline one have the same
	Username string    `json:"username"`
	Offline  bool      `json:"offline"`
	Started  time.Time `json:"started"`
	LastUsed time.Time `json:"last_used"`
	Ends     time.Time `json:"ends"` // unless it is used before
	Clients  []string  `json:"clients"`
}

// listSessions tells which sessions there are, of one user or of all.
func (c *call) listSessions() error {
	if err := c.guarded(); err != nil {
		return err
	}
	var only *User
	if name := c.r.URL.Query().Get("username"); name != "" {
		user, err := c.userNamed(name)
		if err != nil {
			return err
		}
		only = user
	}
	return c.json(c.realm.listed(only, c.now))
}

// listed returns the sessions that have not ended, oldest first; of that user only, unless it is nil.
func (v *served) listed(only *User, now time.Time) []listedSession {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := []listedSession{}
	add := func(s *session) {
		if !v.bind(s) || only != nil && s.user.ID != only.ID {
			return
		}
		all = append(all, listedSession{
			ID: s.id, Username: s.user.Username, Offline: s.offline, Started: s.started.UTC(), LastUsed: s.seen.UTC(),
			Ends: v.sessionEnds(s).UTC(), Clients: slices.Sorted(maps.Keys(s.clients)),
		})
	}
	v.sessions.each(now, add)
	v.offline.each(now, add)
	slices.SortStableFunc(all, func(a, b listedSession) int {
		return cmp.Or(a.Started.Compare(b.Started), strings.Compare(a.ID, b.ID))
	})
	return all
}

// both returns the session with that id and the offline one, as far as they have not ended. The lock must be held.
func (v *served) both(sid string, now time.Time) []*session {
	return slices.DeleteFunc([]*session{v.live(sid, false, now), v.live(sid, true, now)}, func(s *session) bool { return s == nil })
}

func noSession(sid string) error {
	return refuse(http.StatusNotFound, "not_found", "There is no session "+sid+", or it has ended.")
}

// expireSession lets a session end as if it had not been used for too long: nobody is told.
func (c *call) expireSession() error {
	if err := c.guarded(); err != nil {
		return err
	}
	return c.done(c.expire(pathParam(c.r, "sid")))
}

func (c *call) expire(sid string) error {
	c.realm.mu.Lock()
	defer c.realm.mu.Unlock()
	ending := c.realm.both(sid, c.now)
	if len(ending) == 0 {
		return noSession(sid)
	}
	for _, s := range ending {
		c.realm.drop(s)
	}
	c.s.log.Info("a session has expired on demand", "realm", c.realm.Name, "sid", sid)
	return nil
}

// deleteSession ends a session as an administrator does: its apps are told by back channel.
func (c *call) deleteSession() error {
	if err := c.guarded(); err != nil {
		return err
	}
	return c.done(c.end(pathParam(c.r, "sid")))
}

func (c *call) end(sid string) error {
	found := 0
	c.endSessions(func() []*session {
		ending := c.realm.both(sid, c.now)
		found = len(ending)
		return ending
	})
	if found == 0 {
		return noSession(sid)
	}
	c.s.log.Info("a session was ended", "realm", c.realm.Name, "sid", sid)
	return nil
}

// logoutUser ends all sessions of a user, offline ones too, as an administrator does.
func (c *call) logoutUser() error {
	if err := c.guarded(); err != nil {
		return err
	}
	return c.done(c.logoutNamed(pathParam(c.r, "username")))
}

func (c *call) logoutNamed(username string) error {
	user, err := c.userNamed(username)
	if err != nil {
		return err
	}
	c.endSessions(func() []*session { return c.realm.othersOf(user, "", c.now) })
	c.s.log.Info("a user was signed out everywhere", "realm", c.realm.Name, "user", user.Username)
	return nil
}
