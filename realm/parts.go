package realm

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// addParts takes an object of a realm file apart, down to what has a name of its own: users[alice], clients[demo],
// roles.realm[admin], displayName. Each part comes with a digest, so that two readings of a file can be compared.
func (n *node) addParts(path string, parts map[string][32]byte) {
	for _, m := range n.values() {
		below := path + memberSuffix(m.name, path == "")
		switch {
		case len(m.items) == 0: // a value, or [] and {}, which say something else than nothing does
			parts[below] = m.digest()
		case m.kind == jsontext.KindBeginObject:
			m.addParts(below, parts)
		case m.kind == jsontext.KindBeginArray && !slices.ContainsFunc(m.items, func(item *node) bool { return item.ownName() == "" }):
			for _, item := range m.items {
				name := below + "[" + item.ownName() + "]"
				before, digest := parts[name], item.digest() // several may have the same name
				parts[name] = sha256.Sum256(append(before[:], digest[:]...))
			}
		default:
			parts[below] = m.digest()
		}
	}
}

// ownName is what an object of a realm file is called; "" when it has no name.
func (n *node) ownName() string {
	for _, member := range []string{"username", "clientId", "alias", "name", "client", "clientScope"} {
		if m := n.member(member); m != nil && m.text != "" {
			if member == "username" {
				return strings.ToLower(m.text)
			}
			return m.text
		}
	}
	return ""
}

// digest is a hash of the value. The order of members makes no difference to it.
func (n *node) digest() [32]byte {
	h := sha256.New()
	n.feed(h)
	return [32]byte(h.Sum(nil))
}

func (n *node) feed(h hash.Hash) {
	write := func(text string) { // with its length, so that no two values feed the same bytes
		_ = binary.Write(h, binary.BigEndian, uint64(len(text))) // a hash takes everything
		h.Write([]byte(text))
	}
	write(string(n.kind))
	write(n.text)
	items := n.items
	if n.kind == jsontext.KindBeginObject {
		items = n.values()
		slices.SortFunc(items, func(a, b *node) int { return strings.Compare(a.name, b.name) })
	}
	_ = binary.Write(h, binary.BigEndian, uint64(len(items)))
	for _, item := range items {
		write(item.name)
		item.feed(h)
	}
}

// Changes are the parts of a realm file that differ between two readings, by their paths, sorted.
type Changes struct {
	Realm                   string
	New, Gone               bool // the whole realm was added, or removed
	Added, Removed, Changed []string
}

// None reports whether nothing has changed.
func (c Changes) None() bool {
	return !c.New && !c.Gone && len(c.Added)+len(c.Removed)+len(c.Changed) == 0
}

// differences compares what two versions of a realm were made from.
func differences(old, now *Realm) Changes {
	c := Changes{Realm: now.Name}
	for _, path := range slices.Sorted(maps.Keys(now.parts)) {
		switch before, there := old.parts[path]; {
		case !there:
			c.Added = append(c.Added, path)
		case before != now.parts[path]:
			c.Changed = append(c.Changed, path)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(old.parts)) {
		if _, there := now.parts[path]; !there {
			c.Removed = append(c.Removed, path)
		}
	}
	return c
}
