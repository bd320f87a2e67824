package realm

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"time"
)

// sessionsOf returns the user's sessions: the one with the id current first, then by their last use. With offline they
// are those behind offline tokens. The lock must be held.
func (v *served) sessionsOf(user *User, offline bool, current string, now time.Time) []*session {
	var all []*session
	add := func(s *session) {
		if v.live(s.id, offline, now) == s && s.user.ID == user.ID {
			all = append(all, s)
		}
	}
	if offline {
		v.offline.each(now, add)
	} else {
		v.sessions.each(now, add)
	}
	rank := func(s *session) int {
		if s.id == current {
			return 0
		}
		return 1
	}
	slices.SortFunc(all, func(a, b *session) int {
		return cmp.Or(rank(a)-rank(b), b.seen.Compare(a.seen), b.started.Compare(a.started), cmp.Compare(a.id, b.id))
	})
	return all
}

// accountSessions lists the user's sessions, or ends them: all but the one of the token, with current=true that one, too.
func (c *call) accountSessions(who accountCaller) error {
	v := c.realm
	if c.r.Method == http.MethodDelete {
		keep := who.session
		if c.r.URL.Query().Get("current") == "true" {
			keep = ""
		}
		c.endSessions(func() []*session {
			return slices.DeleteFunc(v.sessionsOf(who.user, false, "", c.now), func(s *session) bool { return s.id == keep })
		})
		c.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	v.mu.Lock()
	all := []*object{}
	for _, s := range v.sessionsOf(who.user, false, who.session, c.now) {
		all = append(all, v.describeSession(s, who.session))
	}
	v.mu.Unlock()
	return c.json(all)
}

// endAccountSession ends one of the user's sessions. As in Keycloak it is silent about others.
func (c *call) endAccountSession(who accountCaller) error {
	c.endOwnSession(who.user, pathParam(c.r, "session"))
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// endOwnSession ends a session if it is the user's. It reports whether it was.
func (c *call) endOwnSession(user *User, sid string) bool {
	found := false
	c.endSessions(func() []*session {
		if s := c.realm.live(sid, false, c.now); s != nil && s.user.ID == user.ID {
			found = true
			return []*session{s}
		}
		return nil
	})
	return found
}

// accountDevices lists the sessions by what they were begun with.
func (c *call) accountDevices(who accountCaller) error {
	type kind struct{ os, version, device string }
	var kinds []kind
	byKind := map[kind][]*session{}
	v := c.realm
	v.mu.Lock()
	for _, s := range v.sessionsOf(who.user, false, who.session, c.now) {
		k := kind{s.agent.OS, s.agent.OSVersion, s.agent.Device}
		if byKind[k] == nil {
			kinds = append(kinds, k)
		}
		byKind[k] = append(byKind[k], s)
	}
	all := []*object{}
	for _, k := range kinds {
		all = append(all, v.describeDevice(byKind[k], who.session))
	}
	v.mu.Unlock()
	return c.json(all)
}

// describeDevice is what sessions that were begun with the same have in common, in Keycloak's form. The lock must be held.
func (v *served) describeDevice(sessions []*session, current string) *object {
	first := sessions[0] // the current one is always the first
	seen := first.seen
	var all []*object
	for _, s := range sessions {
		if s.seen.After(seen) {
			seen = s.seen
		}
		all = append(all, v.describeSession(s, current))
	}
	out := newObject()
	out.set("os", first.agent.OS)
	out.set("osVersion", first.agent.OSVersion)
	out.set("device", first.agent.Device)
	out.set("lastAccess", seen.Unix())
	if first.id == current {
		out.set("current", true)
	}
	out.set("sessions", all)
	out.set("mobile", first.agent.Mobile)
	return out
}

// describeSession is a session in Keycloak's form. The lock must be held.
func (v *served) describeSession(s *session, current string) *object {
	_, most := v.lifetimeOf(s)
	out := newObject()
	out.set("id", s.id)
	out.set("ipAddress", s.address)
	out.set("started", s.started.Unix())
	out.set("lastAccess", s.seen.Unix())
	out.set("expires", s.started.Add(most).Unix())
	clients := []*object{}
	for _, id := range s.clientIDs() {
		client := newObject()
		client.set("clientId", id)
		client.setNonEmpty("clientName", s.clients[id].client.Name)
		client.set("userConsentRequired", s.clients[id].client.ConsentRequired)
		client.set("inUse", false)
		client.set("offlineAccess", false)
		clients = append(clients, client)
	}
	out.set("clients", clients)
	out.set("browser", s.agent.Browser)
	if s.id == current {
		out.set("current", true)
	}
	return out
}

// clientIDs returns the ids of a session's clients, those that joined first in front. The lock must be held.
func (s *session) clientIDs() []string {
	return slices.SortedFunc(maps.Keys(s.clients), func(a, b string) int {
		return cmp.Or(s.clients[a].started.Compare(s.clients[b].started), cmp.Compare(a, b))
	})
}
