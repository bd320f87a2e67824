package realm

import (
	"maps"
	"slices"
	"time"
)

// bounded keeps values until they expire, and no more of them than its limit: the oldest gives way.
// So nobody can fill the memory by asking again and again. It is not safe for concurrent use.
type bounded[V any] struct {
	limit int
	items map[string]boundedItem[V]
	order []string // keys by age; those that are gone from items are passed over
}

type boundedItem[V any] struct {
	value   V
	expires time.Time
}

func newBounded[V any](limit int) *bounded[V] {
	return &bounded[V]{limit: limit, items: map[string]boundedItem[V]{}}
}

// put keeps a value until expires. A key that is there already keeps its age.
func (b *bounded[V]) put(key string, value V, now, expires time.Time) {
	if _, ok := b.items[key]; !ok {
		b.makeRoom(now)
		if len(b.order) > 2*len(b.items)+16 { // most of them were removed
			b.order = slices.DeleteFunc(b.order, func(key string) bool { _, ok := b.items[key]; return !ok })
		}
		b.order = append(b.order, key)
	}
	b.items[key] = boundedItem[V]{value, expires}
}

func (b *bounded[V]) makeRoom(now time.Time) {
	for len(b.order) > 0 {
		oldest := b.order[0]
		item, ok := b.items[oldest]
		if ok && len(b.items) < b.limit && now.Before(item.expires) {
			return
		}
		delete(b.items, oldest)
		b.order = b.order[1:]
	}
}

func (b *bounded[V]) get(key string, now time.Time) (V, bool) {
	item, ok := b.items[key]
	if !ok || !now.Before(item.expires) {
		var none V
		return none, false
	}
	return item.value, true
}

func (b *bounded[V]) remove(key string) { delete(b.items, key) }

// expire removes what has expired.
func (b *bounded[V]) expire(now time.Time) {
	maps.DeleteFunc(b.items, func(_ string, item boundedItem[V]) bool { return !now.Before(item.expires) })
}

// each calls f with every value that has not expired.
func (b *bounded[V]) each(now time.Time, f func(V)) {
	for _, item := range b.items {
		if now.Before(item.expires) {
			f(item.value)
		}
	}
}
