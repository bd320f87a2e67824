package parity

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"
)

// shape says what a JSON object must be: its members, no more and no less, each a value, another
// shape, or a matcher for what differs from run to run.
type shape map[string]any

// matcher returns what is wrong with a value, or "".
type matcher func(got any) string

// and returns a shape with further members; a nil value takes a member out.
func (s shape) and(more shape) shape {
	all := shape{}
	for _, part := range []shape{s, more} {
		for name, value := range part {
			all[name] = value
		}
	}
	for name, value := range all {
		if value == nil {
			delete(all, name)
		}
	}
	return all
}

// diff lists the differences, one a line.
func (s shape) diff(got map[string]any) string {
	var lines []string
	for name, want := range s {
		value, there := got[name]
		if !there {
			lines = append(lines, fmt.Sprintf("  %s: missing, want %s", name, describe(want)))
		} else if wrong := compare(want, value); wrong != "" {
			lines = append(lines, fmt.Sprintf("  %s: %s", name, wrong))
		}
	}
	for name, value := range got {
		if _, there := s[name]; !there {
			lines = append(lines, fmt.Sprintf("  %s: not expected: %s", name, describe(value)))
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

func compare(want, got any) string {
	switch want := want.(type) {
	case matcher:
		return want(got)
	case shape:
		object, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("is %s, want an object", describe(got))
		}
		if diff := want.diff(object); diff != "" {
			return "\n" + strings.ReplaceAll(diff, "  ", "    ")
		}
		return ""
	default:
		if !reflect.DeepEqual(plain(want), got) {
			return fmt.Sprintf("is %s, want %s", describe(got), describe(want))
		}
		return ""
	}
}

// plain is the value as encoding/json would have read it.
func plain(value any) any {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	var read any
	if err := json.Unmarshal(text, &read); err != nil {
		panic(err)
	}
	return read
}

func describe(value any) string {
	if _, ok := value.(matcher); ok {
		return "something"
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("%v", value)
	}
	return short(string(text), 300)
}

// text matches strings of that form.
func text(pattern string) matcher {
	form := regexp.MustCompile("^(?:" + pattern + ")$")
	return func(got any) string {
		if value, ok := got.(string); !ok || !form.MatchString(value) {
			return fmt.Sprintf("is %s, want a string like %s", describe(got), pattern)
		}
		return ""
	}
}

const uuidForm = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`

var (
	anyText = text(`.+`)
	uuid    = text(uuidForm)
	sid     = text(`[A-Za-z0-9_-]{24}`)
)

// jti matches the id of an access token of that kind.
func jti(kind string) matcher { return text(kind + ":" + uuidForm) }

// in matches an instant that far from now, as seconds since 1970.
func in(distance time.Duration) matcher {
	return func(got any) string {
		value, ok := got.(float64)
		if off := time.Until(time.Unix(int64(value), 0)) - distance; !ok || off.Abs() > 15*time.Second {
			return fmt.Sprintf("is %s, want an instant %v from now (%d)", describe(got), distance, time.Now().Add(distance).Unix())
		}
		return ""
	}
}

// about matches a number of seconds that may have lost a few.
func about(seconds int) matcher {
	return func(got any) string {
		if value, ok := got.(float64); !ok || int(value) > seconds || int(value) < seconds-5 {
			return fmt.Sprintf("is %s, want about %d", describe(got), seconds)
		}
		return ""
	}
}

// list matches an array with these strings in any order.
func list(want ...string) matcher {
	return func(got any) string {
		values, ok := got.([]any)
		if !ok {
			return fmt.Sprintf("is %s, want an array of %q", describe(got), want)
		}
		return sameSet(want, values)
	}
}

// words matches a string with these words in any order, such as a scope.
func words(want ...string) matcher {
	return func(got any) string {
		line, ok := got.(string)
		if !ok {
			return fmt.Sprintf("is %s, want the words %q", describe(got), want)
		}
		var values []any
		for _, word := range strings.Fields(line) {
			values = append(values, word)
		}
		return sameSet(want, values)
	}
}

// including matches an array of at least these strings.
func including(want ...string) matcher {
	return func(got any) string {
		values, _ := got.([]any)
		for _, value := range want {
			if !slices.Contains(values, any(value)) {
				return fmt.Sprintf("is %s, and lacks %q", describe(got), value)
			}
		}
		return ""
	}
}

func sameSet(want []string, got []any) string {
	var sorted []string
	for _, value := range got {
		sorted = append(sorted, fmt.Sprint(value))
	}
	want = slices.Sorted(slices.Values(want))
	slices.Sort(sorted)
	if !slices.Equal(want, sorted) {
		return fmt.Sprintf("is %q, want %q in any order", sorted, want)
	}
	return ""
}

// roles matches realm_access or one member of resource_access.
func roles(names ...string) shape { return shape{"roles": list(names...)} }

// wantClaims compares the claims of a token, or members of anything else, with a shape.
func wantClaims(t testing.TB, what string, got map[string]any, want shape) {
	t.Helper()
	if diff := want.diff(got); diff != "" {
		t.Errorf("%s differs:\n%s", what, diff)
	}
}

var anyNumber matcher = func(got any) string {
	if _, ok := got.(float64); !ok {
		return fmt.Sprintf("is %s, want a number", describe(got))
	}
	return ""
}
