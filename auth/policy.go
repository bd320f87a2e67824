package auth

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Policy says who may use an operation. The zero value is none: Check refuses it, and it lets nobody in.
type Policy struct {
	access      access
	requirement Requirement // nil: none beyond a good token
	reason      string
}

type access int

const (
	undecided access = iota
	public
	optional
	guarded
)

// Public lets everybody in, whatever token they send, which nobody looks at.
func Public() Policy { return Policy{access: public} }

// Optional lets everybody in and knows those who send a token. A token that is not good is refused all
// the same: who sends one wants to be known.
func Optional() Policy { return Policy{access: optional} }

// Authenticated lets in whoever has a good token.
func Authenticated() Policy { return Policy{access: guarded} }

// Require lets in whoever has a good token and meets r. Without an r there is no policy: a condition that
// was forgotten must not leave the door half open.
func Require(r Requirement) Policy {
	if r == nil {
		return Policy{}
	}
	return Policy{access: guarded, requirement: r}
}

// Because returns the policy with a reason, for people who read the table of routes. Public and
// Optional need one.
func (p Policy) Because(reason string) Policy {
	p.reason = reason
	return p
}

// Reason returns why the policy is as it is; "" where nobody said.
func (p Policy) Reason() string { return p.reason }

// IgnoresTokens reports whether nobody looks at a token that comes with the request.
func (p Policy) IgnoresTokens() bool { return p.access == public }

// AdmitsAnonymous reports whether a request without any token is let in.
func (p Policy) AdmitsAnonymous() bool { return p.access == public || p.access == optional }

// Requires reports whether a good token alone is not enough.
func (p Policy) Requires() bool { return p.requirement != nil }

// String tells in words what the policy requires.
func (p Policy) String() string {
	switch {
	case p.access == public:
		return "nothing"
	case p.access == optional:
		return "nothing; a token is judged if there is one"
	case p.access == guarded && p.requirement == nil:
		return "a token"
	case p.access == guarded:
		return p.requirement.words()
	default:
		return "undecided"
	}
}

// Check returns what is wrong with the policy itself: that there is none, that a condition can never
// hold or names nothing, or that it asks for a parameter that is not among those of the path.
func (p Policy) Check(params []string) error {
	switch {
	case p.access == undecided:
		return errors.New("it has no policy; auth.Public() is one")
	case p.AdmitsAnonymous() && p.reason == "":
		return errors.New("a policy that lets everybody in needs a reason: use Because")
	case p.requirement == nil:
		return nil
	}
	var errs []error
	for c := range conditions(p.requirement) {
		if c.param != "" && !slices.Contains(params, c.param) {
			errs = append(errs, fmt.Errorf("the condition %q asks for a parameter that the path does not have", c.name))
		}
	}
	return errors.Join(append(errs, p.requirement.check())...)
}

// Path gives the parameters of the address that a request is for, unescaped; "" for a parameter that it does not
// have. chi's Context is one.
type Path interface {
	URLParam(name string) string
}

// Decide judges a request: by whom, nil for nobody known, and for which address. It returns in words
// which part of the policy let the caller in, or an *Error that says which part did not.
func (p Policy) Decide(caller *Principal, path Path) (grantedBy string, err error) {
	switch {
	case p.AdmitsAnonymous():
		return p.String(), nil
	case caller == nil || p.access != guarded:
		return "", ErrTokenMissing
	case p.requirement == nil:
		return p.String(), nil
	}
	request := request{caller, path}
	if p.requirement.judge(request) != yes {
		return "", p.requirement.refusal(request)
	}
	return p.requirement.grant(request), nil
}

// Permission is what a caller may do with an operation, whichever address it is for.
type Permission struct {
	// Allowed says whether there is an address for which the caller is let in.
	Allowed bool
	// Where names, for parameters of the path, the values for which that is so. A parameter that it does
	// not name may have any value, or one that cannot be told beforehand.
	Where map[string][]string
	// Refusal says what is missing where the caller is not allowed.
	Refusal error
}

// Permission tells beforehand what Decide will say.
func (p Policy) Permission(caller *Principal) Permission {
	_, err := p.Decide(caller, nil)
	if caller == nil || p.requirement == nil {
		return Permission{Allowed: err == nil, Refusal: err}
	}
	anywhere := request{caller, nil}
	if p.requirement.judge(anywhere) < depends {
		return Permission{Refusal: err}
	}
	where := p.requirement.where(anywhere)
	for param, values := range where {
		if len(values) == 0 {
			return Permission{Refusal: &Error{Code: CodeClaimMismatch, Reason: "No " + param + " meets all conditions at once: requires " + p.String()}}
		}
	}
	return Permission{Allowed: true, Where: where}
}

// Finding tells how one condition of a policy came out, and the parts that it is composed of.
type Finding struct {
	Condition string
	Met       bool
	Reason    string // why it was not met; "" when it was
	Parts     []Finding
}

// Explain judges like Decide, and tells how each condition came out.
func (p Policy) Explain(caller *Principal, path Path) Finding {
	if caller == nil || p.requirement == nil {
		_, err := p.Decide(caller, path)
		finding := Finding{Condition: p.String(), Met: err == nil}
		if err != nil {
			finding.Reason = err.Error()
		}
		return finding
	}
	return p.requirement.explain(request{caller, path})
}

// Security returns the roles and scopes that the policy names, as the security member of an OpenAPI 3.1
// operation has them: a list of alternatives, each with all that it needs. What is no role or scope
// stands in String only. No alternative at all means that no token is needed; an alternative of nil,
// that one may do without.
func (p Policy) Security() [][]string {
	switch {
	case p.access == public:
		return [][]string{}
	case p.access == optional:
		return [][]string{nil, {}}
	case p.requirement == nil:
		return [][]string{{}}
	default:
		return p.requirement.alternatives()
	}
}

// sentence joins the parts of a composed condition so that none runs into the next.
func sentence(parts []Requirement, between string) string {
	words := make([]string, len(parts))
	for i, part := range parts {
		words[i] = part.words()
		if _, simple := part.(*condition); !simple {
			words[i] = "(" + words[i] + ")"
		}
	}
	return strings.Join(words, between)
}
