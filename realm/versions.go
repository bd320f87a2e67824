package realm

import (
	"maps"
	"slices"
)

// edit is what a user has changed about themselves while the realm runs. It stands above the file until the file says
// something else about that user.
type edit struct {
	Username      string              `json:"username"`
	Email         string              `json:"email"`
	FirstName     string              `json:"firstName"`
	LastName      string              `json:"lastName"`
	EmailVerified bool                `json:"emailVerified"`
	Attrs         map[string][]string `json:"attributes"`
}

// apply returns the user with what was changed.
func (e edit) apply(user *User) *User {
	changed := *user
	changed.Username, changed.Email, changed.FirstName, changed.LastName = e.Username, e.Email, e.FirstName, e.LastName
	changed.EmailVerified, changed.Attrs = e.EmailVerified, e.Attrs
	return &changed
}

// withUser returns a copy of the realm in which another user stands in the place of the one with the same id.
func (r *Realm) withUser(changed *User) *Realm {
	other := *r
	other.Users = slices.Clone(r.Users)
	for i, user := range other.Users {
		if user.ID == changed.ID {
			other.Users[i] = changed
		}
	}
	return &other
}

// put makes a version of a realm the current one. The swap lock must be held.
func (s *Server) put(v *served) {
	realms := maps.Clone(s.current())
	realms[v.Name] = v
	s.realms.Store(&realms)
}

// changeUser changes the profile of a user: name, e-mail address, attributes. change gets a copy of the user; what it
// puts there must be its own, not parts of maps and lists that others read. Tokens made from now on carry the new
// values; the change lasts over readings of the file that say nothing new about the user.
func (s *Server) changeUser(realm, id string, change func(*User)) {
	s.swap.Lock()
	defer s.swap.Unlock()
	v := s.current()[realm]
	if v == nil {
		return
	}
	user := v.UserByID(id)
	if user == nil {
		return
	}
	changed := *user
	change(&changed)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.edits[id] = edit{changed.Username, changed.Email, changed.FirstName, changed.LastName, changed.EmailVerified, changed.Attrs}
	s.put(v.version(v.withUser(&changed)))
}

// Reload serves the realms as their files are now, and returns what has changed. Sessions live on, and with them what
// users have changed about themselves: but where a user, or the client of a session, is no longer in the file, and a
// user of whom the file says something new is as the file says, the password too. Keys that were made at the start stay.
// A realm that was away, as when a branch without its file was checked out, goes on where it was.
func (s *Server) Reload(realms []*Realm) []Changes {
	s.swap.Lock()
	defer s.swap.Unlock()
	old, next := s.current(), map[string]*served{}
	var changes []Changes
	for _, r := range realms {
		v := old[r.Name]
		change := Changes{Realm: r.Name, New: v == nil}
		if v != nil {
			change = differences(v.Realm, r)
		}
		switch {
		case v == nil && s.gone[r.Name] != nil:
			v = s.gone[r.Name].renewed(r)
			delete(s.gone, r.Name)
		case v == nil:
			v = newServed(r)
			if kept, ok := s.kept[r.Name]; ok {
				v = v.restored(kept, s.now())
				delete(s.kept, r.Name)
			}
		case change.None():
			next[r.Name] = v
			continue
		default:
			v = v.renewed(r)
		}
		s.makeKeys(v)
		v.touched.Store(true)
		next[r.Name] = v
		changes = append(changes, change)
	}
	for name, v := range old {
		if next[name] == nil {
			s.gone[name] = v
			changes = append(changes, Changes{Realm: name, Gone: true})
		}
	}
	s.realms.Store(&next)
	return changes
}

// renewed returns the next version of a realm: as the file is now, with what users have changed since.
func (v *served) renewed(r *Realm) *served {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, before := range v.Users {
		if now := r.UserByID(before.ID); now == nil || now.part != before.part {
			delete(v.edits, before.ID)
			delete(v.passwords, before.ID)
			delete(v.done, before.ID)
		}
	}
	return v.version(v.edited(r))
}

// edited returns the realm with what users have changed about themselves. Where the file gives somebody else the name or
// the e-mail address that a user has taken, what that user has changed is forgotten. The lock must be held.
func (v *running) edited(r *Realm) *Realm {
	out := r
	for id, e := range v.edits {
		if user := r.UserByID(id); user != nil {
			out = out.withUser(e.apply(user))
		}
	}
	for _, user := range out.Users {
		if _, edited := v.edits[user.ID]; edited && out.isDouble(user) {
			delete(v.edits, user.ID)
			return v.edited(r)
		}
	}
	return out
}

// isDouble reports whether another user has the user's name or e-mail address, as far as that may not be.
func (r *Realm) isDouble(user *User) bool {
	return r.another(user, func(u *User) bool {
		return u.Username == user.Username || !r.DuplicateEmailsAllowed && u.Email != "" && u.Email == user.Email
	})
}
