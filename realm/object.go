package realm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// object is a JSON object whose members keep the order in which they were first set.
type object struct {
	names  []string
	values map[string]any
}

func newObject() *object { return &object{values: map[string]any{}} }

// objectOf makes an object out of names and values in turn. One whose name ends in ? is left out when it is "".
func objectOf(pairs ...any) *object {
	o := newObject()
	for pair := range slices.Chunk(pairs, 2) {
		if name, optional := strings.CutSuffix(fmt.Sprint(pair[0]), "?"); !optional || pair[1] != "" {
			o.set(name, pair[1])
		}
	}
	return o
}

func (o *object) set(name string, value any) {
	if _, ok := o.values[name]; !ok {
		o.names = append(o.names, name)
	}
	o.values[name] = value
}

// setNonEmpty leaves out what is not known.
func (o *object) setNonEmpty(name, value string) {
	if value != "" {
		o.set(name, value)
	}
}

func (o *object) remove(name string) {
	delete(o.values, name)
	o.names = slices.DeleteFunc(o.names, func(n string) bool { return n == name })
}

func (o *object) get(name string) any { return o.values[name] }

// setPath sets a member of a member of …, and makes the objects on the way. What stands in the way is replaced.
func (o *object) setPath(path []string, value any) {
	for ; len(path) > 1; path = path[1:] {
		next, ok := o.values[path[0]].(*object)
		if !ok {
			next = newObject()
			o.set(path[0], next)
		}
		o = next
	}
	o.set(path[0], value)
}

// sortBy brings the named members to the front, in that order.
func (o *object) sortBy(order []string) {
	rank := func(name string) int {
		if i := slices.Index(order, name); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(o.names, func(a, b string) int { return rank(a) - rank(b) })
}

// MarshalJSON implements json.Marshaler.
func (o *object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, name := range o.names {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(o.values[name])
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
