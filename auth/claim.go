package auth

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// ClaimPath is the place of a claim that a condition looks at.
type ClaimPath struct {
	text  string
	names []string
}

// Claim returns the claim at a path as Keycloak's mappers have it (Token Claim Name): dots nest, so
// that tenant.id is the member id of the claim tenant; \. is a dot in a name.
//
// A value is a string, a number or a boolean, compared as the text that the token has, or a list of
// those. Anything else, and an empty text, says nothing, like a claim that is absent.
func Claim(path string) ClaimPath {
	names := []string{""}
	for i := 0; i < len(path); i++ {
		last := &names[len(names)-1]
		switch {
		case strings.HasPrefix(path[i:], `\.`):
			*last += "."
			i++
		case path[i] == '.':
			names = append(names, "")
		default:
			*last += path[i : i+1]
		}
	}
	return ClaimPath{path, names}
}

// Present holds where the claim has a value.
func (c ClaimPath) Present() Requirement {
	return &condition{
		name: "claim " + c.text, code: CodeClaimMismatch, refused: "Requires the claim " + c.text,
		claim: c.text, invalid: c.invalid(), presence: true,
		holds: func(r request) truth {
			if _, ok := c.read(r.caller, true); !ok {
				return unknown
			}
			return yes
		},
	}
}

// Equals holds where the claim has this one value. A list does not: see Contains.
func (c ClaimPath) Equals(value string) Requirement {
	return c.compare(fmt.Sprintf("claim %s equal to %s", c.text, value), false, value, "")
}

// Contains holds where the claim has this value, alone or in a list.
func (c ClaimPath) Contains(value string) Requirement {
	return c.compare(fmt.Sprintf("claim %s with %s in it", c.text, value), true, value, "")
}

// EqualsPath holds where the claim has the one value that stands in the address as this parameter:
// the owner of a thing, a tenant.
func (c ClaimPath) EqualsPath(param string) Requirement {
	return c.compare(fmt.Sprintf("claim %s equal to the %s in the address", c.text, param), false, "", param)
}

// ContainsPath holds where the claim has the value that stands in the address as this parameter,
// alone or in a list.
func (c ClaimPath) ContainsPath(param string) Requirement {
	return c.compare(fmt.Sprintf("claim %s with the %s of the address in it", c.text, param), true, "", param)
}

// compare returns the condition that the claim, which may be a list or not, has the value or else the
// one of the path's parameter. An empty text, which stands for a parameter that the address does not
// have, is among no values.
func (c ClaimPath) compare(name string, list bool, value, param string) Requirement {
	r := &condition{name: name, code: CodeClaimMismatch, refused: "Requires the " + name, claim: c.text, param: param, invalid: c.invalid()}
	if value == "" && param == "" {
		r.invalid = "compares with nothing"
	}
	want := func(r request) (text string, known bool) {
		switch {
		case param == "":
			return value, true
		case r.path == nil:
			return "", false
		}
		return r.path.URLParam(param), true
	}
	r.holds = func(r request) truth {
		values, ok := c.read(r.caller, list)
		text, known := want(r)
		switch {
		case !ok:
			return unknown
		case !known:
			return depends
		case slices.Contains(values, text):
			return yes
		}
		return no
	}
	r.found = func(r request) string {
		values, ok := c.read(r.caller, list)
		if !ok {
			return "the token has no such claim that can be used"
		}
		found := "it is " + shortened(strings.Join(values, ", "))
		if text, known := want(r); known && param != "" {
			found += ", not " + shortened(text)
		}
		return found
	}
	if param != "" {
		r.open = func(p *Principal) []string {
			values, _ := c.read(p, list)
			return values
		}
	}
	return r
}

func (c ClaimPath) invalid() string {
	if slices.Contains(c.names, "") {
		return "names no claim"
	}
	return ""
}

// read returns the values of the claim, and whether it has any; more than one only where a list will do.
func (c ClaimPath) read(p *Principal, list bool) (values []string, ok bool) {
	values, isList := p.values(c.names)
	return values, len(values) > 0 && (list || !isList)
}

// values returns the texts of the claim at a path, and whether it is a list of them.
func (p *Principal) values(path []string) (values []string, isList bool) {
	// The text was read strictly before, so nothing but errFound can come of it, which ends the reading.
	_, _ = readObject([]byte(p.claims), descend(path, func(r *jsonReader) error {
		isList = r.dec.PeekKind() == jsontext.KindBeginArray
		values, _ = r.scalars()
		return errFound
	}))
	return values, isList
}

var errFound = errors.New("the claim was found")

// descend returns what finds the value at a path for read while the members of an object are read.
func descend(path []string, read func(*jsonReader) error) func(*jsonReader, string) error {
	return func(r *jsonReader, name string) error {
		switch {
		case name != path[0]:
			return r.skip()
		case len(path) == 1:
			return read(r)
		case r.dec.PeekKind() == jsontext.KindBeginObject:
			return r.object(descend(path[1:], read))
		}
		return r.skip()
	}
}

// shortened keeps an answer readable whatever a claim or an address holds.
func shortened(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
