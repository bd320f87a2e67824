package realm

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// same reports whether two values of a file make Keycloak do the same. What is empty is as good as absent,
// lists are sets, and ids and descriptions count for nothing.
func same(a, b *node) bool {
	if a.isEmpty() || b.isEmpty() {
		return a.isEmpty() && b.isEmpty()
	}
	if a.kind == jsontext.KindBeginObject && b.kind == jsontext.KindBeginObject {
		return a.within(b) && b.within(a)
	}
	if a.kind == jsontext.KindBeginArray && b.kind == jsontext.KindBeginArray {
		return len(a.items) == len(b.items) && !slices.ContainsFunc(a.items, func(item *node) bool { return !b.holds(item) })
	}
	return a.text == b.text && a.text != "" // numbers and booleans may stand in quotes
}

// within reports whether the other object has the same members as this one, at least.
func (n *node) within(other *node) bool {
	return !slices.ContainsFunc(n.values(), func(m *node) bool { return !sayNothing[m.name] && !same(m, other.member(m.name)) })
}

// sayNothing are members that make no difference between two objects.
var sayNothing = set("id internalId description autheticatorFlow") // the last is an old misspelling in flows

// holds reports whether the list has an element that says the same.
func (n *node) holds(item *node) bool {
	return n != nil && slices.ContainsFunc(n.items, func(other *node) bool { return same(item, other) })
}

// isEmpty reports whether the value says nothing: it is absent, "", false or 0, or made of such.
func (n *node) isEmpty() bool {
	switch {
	case n == nil || n.kind == jsontext.KindNull:
		return true
	case n.kind == jsontext.KindBeginObject || n.kind == jsontext.KindBeginArray:
		return !slices.ContainsFunc(n.items, func(item *node) bool { return !item.isEmpty() })
	}
	return n.text == "" || n.text == "false" || n.text == "0"
}
