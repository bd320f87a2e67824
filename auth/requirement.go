package auth

import (
	"errors"
	"iter"
	"slices"
	"strings"
)

// Requirement is a condition on a caller. RealmRole, Claim and the like make them; AnyOf, AllOf and
// Not compose them.
type Requirement interface {
	words() string          // the condition for people: "realm role admin"
	judge(request) truth    // without garbage: it runs with each request
	grant(request) string   // which part holds, once judge said yes
	refusal(request) *Error // which part does not, once judge said anything else
	explain(request) Finding
	where(request) map[string][]string // the parameters for which it holds, once judge said depends
	alternatives() [][]string          // the names of roles and scopes, as Policy.Security has them
	check() error
}

// request is what a requirement is judged on. A nil path stands for every address.
type request struct {
	caller *Principal
	path   Path
}

// truth is ordered, so that all parts together are as true as the least true one, and any part as the
// most true one (the three values of Kleene's logic, and one for what the address decides). Nothing but yes lets anybody in.
type truth int

const (
	no      truth = iota
	unknown       // the token lacks the claim that would tell, or has it in a form that cannot be read
	depends       // on the address, which is not known
	yes
)

type anyOf []Requirement

// AnyOf holds where one of its parts does.
func AnyOf(parts ...Requirement) Requirement { return anyOf(parts) }

type allOf []Requirement

// AllOf holds where all its parts do.
func AllOf(parts ...Requirement) Requirement { return allOf(parts) }

type not struct{ part Requirement }

// Not holds where the token says that its part does not. It does not hold where the token does not
// say, because a claim is absent or malformed: a token that was stripped of its claims, such as a
// lightweight one, must not slip through.
func Not(part Requirement) Requirement { return not{part} }

func (a anyOf) words() string { return sentence(a, " or ") }
func (a allOf) words() string { return sentence(a, " and ") }
func (n not) words() string   { return "not " + sentence([]Requirement{n.part}, "") }

func (a anyOf) judge(r request) truth {
	most := no
	for _, part := range a {
		if most = max(most, part.judge(r)); most == yes {
			break
		}
	}
	return most
}

func (a allOf) judge(r request) truth {
	if len(a) == 0 {
		return no // that everybody meets no conditions at all is never what was meant
	}
	least := yes
	for _, part := range a {
		if least = min(least, part.judge(r)); least == no {
			break
		}
	}
	return least
}

func (n not) judge(r request) truth {
	switch t := n.part.judge(r); t {
	case yes:
		return no
	case no:
		return yes
	default:
		return t
	}
}

func (a anyOf) grant(r request) string {
	i := slices.IndexFunc(a, func(part Requirement) bool { return part.judge(r) == yes })
	return a[i].grant(r)
}

func (a allOf) grant(r request) string {
	grants := make([]string, len(a))
	for i, part := range a {
		grants[i] = part.grant(r)
	}
	return strings.Join(grants, " and ")
}

func (n not) grant(request) string { return n.words() }

// refusal names all alternatives, under the code of the first. If one of them could be met by signing in more strongly, it
// is that one alone: the caller can do that at once, and the rest only somebody else.
func (a anyOf) refusal(r request) *Error {
	refusal := &Error{Code: CodeClaimMismatch, Reason: "Requires one of: " + sentence(a, "; ")}
	for i, part := range a {
		this := part.refusal(r)
		if this.Code == CodeAuthenticationLevel {
			return this
		}
		if i == 0 {
			refusal.Code, refusal.Scopes = this.Code, this.Scopes
		}
	}
	return refusal
}

// refusal is that of the first part that does not hold, except that signing in more strongly is worth
// it only where it is all that is missing.
func (a allOf) refusal(r request) *Error {
	var step *Error
	for _, part := range a {
		if part.judge(r) >= depends {
			continue
		}
		this := part.refusal(r)
		if this.Code != CodeAuthenticationLevel {
			return this
		}
		if step == nil {
			step = this
		}
	}
	if step == nil {
		return &Error{Code: CodeClaimMismatch, Reason: "Requires a condition, and there is none"}
	}
	return step
}

func (n not) refusal(r request) *Error {
	if n.part.judge(r) == no || n.part.judge(r) == yes {
		return &Error{Code: CodeClaimMismatch, Reason: "Refused to callers with " + n.part.words()}
	}
	var claims []string
	for c := range conditions(n.part) {
		if c.judge(r) == unknown && !slices.Contains(claims, c.claim) {
			claims = append(claims, c.claim)
		}
	}
	return &Error{Code: CodeClaimMismatch, Reason: "Requires " + n.words() + ", and the token does not say: it has no usable claim " + strings.Join(claims, ", ")}
}

func (a anyOf) explain(r request) Finding { return explainAll(a, a, r) }
func (a allOf) explain(r request) Finding { return explainAll(a, a, r) }
func (n not) explain(r request) Finding   { return explainAll(n, []Requirement{n.part}, r) }

func explainAll(whole Requirement, parts []Requirement, r request) Finding {
	finding := Finding{Condition: whole.words(), Met: whole.judge(r) == yes}
	if !finding.Met {
		finding.Reason = whole.refusal(r).Reason
	}
	for _, part := range parts {
		finding.Parts = append(finding.Parts, part.explain(r))
	}
	return finding
}

// where is that of the first alternative which the address decides; where one holds for every address,
// there is nothing to name.
func (a anyOf) where(r request) map[string][]string {
	if a.judge(r) == yes {
		return nil
	}
	for _, part := range a {
		if part.judge(r) == depends {
			return part.where(r)
		}
	}
	return nil
}

func (a allOf) where(r request) map[string][]string {
	all := map[string][]string{}
	for _, part := range a {
		for param, values := range part.where(r) {
			if before, ok := all[param]; ok {
				values = slices.DeleteFunc(values, func(value string) bool { return !slices.Contains(before, value) })
			}
			all[param] = values
		}
	}
	return all
}

func (n not) where(request) map[string][]string { return nil }

func (a anyOf) alternatives() [][]string {
	var all [][]string
	for _, part := range a {
		all = append(all, part.alternatives()...)
	}
	return all
}

func (a allOf) alternatives() [][]string {
	all := [][]string{{}}
	for _, part := range a {
		var next [][]string
		for _, names := range all {
			for _, more := range part.alternatives() {
				next = append(next, slices.Concat(names, more))
			}
		}
		all = next
	}
	return all
}

func (n not) alternatives() [][]string { return [][]string{{}} }

var errNoParts = errors.New("a composed condition has no parts, or one that is nil")

func (a anyOf) check() error { return checkAll(a) }
func (a allOf) check() error { return checkAll(a) }

func checkAll(parts []Requirement) error {
	if len(parts) == 0 || slices.Contains(parts, nil) {
		return errNoParts
	}
	var errs []error
	for _, part := range parts {
		errs = append(errs, part.check())
	}
	return errors.Join(errs...)
}

func (n not) check() error {
	if n.part == nil {
		return errNoParts
	}
	if c, ok := n.part.(*condition); ok && c.presence {
		return errors.New("the condition \"" + n.words() + "\" can never hold: a token may leave any claim out, so that one is not there proves nothing")
	}
	return n.part.check()
}

// conditions yields those that a requirement is composed of.
func conditions(r Requirement) iter.Seq[*condition] {
	return func(yield func(*condition) bool) {
		walk(r, yield)
	}
}

func walk(r Requirement, yield func(*condition) bool) bool {
	switch r := r.(type) {
	case *condition:
		return yield(r)
	case not:
		return walk(r.part, yield)
	case anyOf:
		return !slices.ContainsFunc(r, func(part Requirement) bool { return !walk(part, yield) })
	case allOf:
		return !slices.ContainsFunc(r, func(part Requirement) bool { return !walk(part, yield) })
	}
	return true
}
