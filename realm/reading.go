package realm

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// The methods here read members the way Keycloak's JSON library does: an absent member, null and, but for
// strings, "" mean that nothing was said; numbers and booleans may stand in quotes, as placeholders make
// them do, and strings without. Whatever does not fit is recorded as a problem and read as absent.

// str reads a string.
func (n *node) str(name string) string { return n.member(name).scalar() }

func (n *node) scalar() string {
	switch {
	case n == nil:
		return ""
	case n.kind == jsontext.KindBeginObject || n.kind == jsontext.KindBeginArray:
		n.mismatch("a string")
		return ""
	default:
		return n.text
	}
}

// flag reads a boolean.
func (n *node) flag(name string, otherwise bool) bool {
	m := n.member(name)
	if m == nil {
		return otherwise
	}
	switch text := strings.TrimSpace(m.text); {
	case m.kind == jsontext.KindNumber:
		return text != "0"
	case strings.EqualFold(text, "true"):
		return true
	case strings.EqualFold(text, "false"):
		return false
	case m.kind == jsontext.KindString && text == "":
		return otherwise
	}
	m.mismatch("true or false")
	return otherwise
}

// number reads a whole number as large as Keycloak takes.
func (n *node) number(name string, otherwise int64) int64 {
	m := n.member(name)
	if m == nil || m.kind == jsontext.KindString && strings.TrimSpace(m.text) == "" {
		return otherwise
	}
	text := strings.TrimSpace(m.text)
	value, err := strconv.ParseInt(text, 10, 64)
	if f, floatErr := strconv.ParseFloat(text, 64); err != nil && floatErr == nil && m.kind == jsontext.KindNumber {
		value, err = int64(max(min(f, 1<<40), -1<<40)), nil // 300.0 and 3e2 are numbers, too
	}
	if err != nil || value > math.MaxInt32 || value < math.MinInt32 {
		m.mismatch("a whole number below 2147483648")
		return otherwise
	}
	return value
}

// instant reads milliseconds since 1970; 0 where there are none.
func (n *node) instant(name string) int64 {
	text := strings.TrimSpace(n.str(name))
	value, err := strconv.ParseInt(text, 10, 64)
	if text != "" && err != nil {
		n.member(name).mismatch("milliseconds since 1970")
	}
	return value
}

// list reads an array.
func (n *node) list(name string) []*node {
	m := n.member(name)
	if m == nil {
		return nil
	}
	if m.kind != jsontext.KindBeginArray {
		m.mismatch("a list")
		return nil
	}
	return slices.DeleteFunc(slices.Clone(m.items), func(item *node) bool { return item.kind == jsontext.KindNull })
}

// objects reads an array of objects.
func (n *node) objects(name string) []*node {
	return slices.DeleteFunc(n.list(name), func(item *node) bool { return !item.isObject() })
}

// isObject reports whether the node is an object, and records a problem if not.
func (n *node) isObject() bool {
	if n.kind != jsontext.KindBeginObject {
		n.mismatch("an object")
	}
	return n.kind == jsontext.KindBeginObject
}

// object reads an object; nil when there is none.
func (n *node) object(name string) *node {
	if m := n.member(name); m != nil && m.isObject() {
		return m
	}
	return nil
}

// members reads an object as a list of its members; each knows its name. Nulls are left out, and of two
// members with one name only the last is there.
func (n *node) members(name string) []*node {
	return n.object(name).values()
}

func (n *node) values() []*node {
	if n == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(n.items), func(item *node) bool { return n.member(item.name) != item })
}

// strs reads an array of strings.
func (n *node) strs(name string) []string { return texts(n.list(name)) }

func texts(items []*node) []string {
	var all []string
	for _, item := range items {
		all = append(all, item.scalar())
	}
	return all
}

// strMap reads an object of strings.
func (n *node) strMap(name string) map[string]string {
	all := map[string]string{}
	for _, m := range n.members(name) {
		all[m.name] = m.scalar()
	}
	return all
}

// strsMap reads an object whose members are arrays of strings; a single string counts as an array of one.
func (n *node) strsMap(name string) map[string][]string {
	all := map[string][]string{}
	for _, m := range n.members(name) {
		if m.kind == jsontext.KindBeginArray {
			all[m.name] = texts(m.parent.list(m.name))
		} else {
			all[m.name] = []string{m.scalar()}
		}
	}
	return all
}

// secretFields are those whose values no message may show.
var secretFields = []string{"secret", "value", "secretData", "credentialData", "hashedSaltedValue", "salt", "privateKey", "password", "registrationAccessToken", "codeSecret"}

func (n *node) mismatch(want string) {
	got := strconv.Quote(n.text)
	switch {
	case n.kind == jsontext.KindBeginObject:
		got = "an object"
	case n.kind == jsontext.KindBeginArray:
		got = "a list"
	case slices.Contains(secretFields, n.name) || n.parent != nil && slices.Contains(secretFields, n.parent.name):
		got = "that"
	case n.kind != jsontext.KindString:
		got = n.text
	}
	n.refuse("want %s, not %s", want, got)
}
