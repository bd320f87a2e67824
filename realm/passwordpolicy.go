package realm

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// passwordRule is one rule of a password policy. It returns what is wrong, or "".
type passwordRule func(user *User, password string) string

// Policies that are not checked: hiddenPolicies say nothing about the password itself, and otherPolicies need
// what is not here, such as earlier passwords.
var (
	hiddenPolicies = set("hashAlgorithm hashIterations recoveryCodesWarningThreshold")
	otherPolicies  = set("passwordHistory forceExpiredPasswordChange passwordBlacklist passwordAge maxAuthAge")
)

// CheckPassword returns why the realm's password policy refuses a new password of the user, in a sentence
// for people; nil when it takes it.
func (r *Realm) CheckPassword(user *User, password string) error {
	rules, _ := parsePasswordPolicy(r.PasswordPolicy)
	for _, rule := range rules {
		if flaw := rule(user, password); flaw != "" {
			return errors.New("Invalid password: " + flaw + ".")
		}
	}
	return nil
}

func readPasswordPolicy(n *node) []passwordRule {
	rules, flaws := parsePasswordPolicy(n.scalar())
	for _, flaw := range flaws {
		switch {
		case flaw.unchecked != "":
			n.leaveOut(passwordRules, flaw.unchecked)
		case flaw.harmless:
			n.warn("%s", flaw.text)
		default:
			n.refuse("%s", flaw.text)
		}
	}
	return rules
}

type policyFlaw struct {
	text      string
	harmless  bool
	unchecked string // the name of a policy that is right, and not checked here
}

// parsePasswordPolicy reads a policy such as "length(8) and notUsername".
func parsePasswordPolicy(policy string) (rules []passwordRule, flaws []policyFlaw) {
	if strings.TrimSpace(policy) == "" {
		return nil, nil
	}
	for _, part := range strings.Split(policy, " and ") {
		name, value, found := strings.Cut(strings.TrimSpace(part), "(")
		value, closed := strings.CutSuffix(value, ")")
		if found != closed {
			flaws = append(flaws, policyFlaw{text: fmt.Sprintf("a bracket of the password policy %q is missing", part)})
			continue
		}
		rule, flaw := newPasswordRule(strings.TrimSpace(name), value, found)
		if flaw != nil {
			flaws = append(flaws, *flaw)
		}
		if rule != nil {
			rules = append(rules, rule)
		}
	}
	return rules, flaws
}

func newPasswordRule(name, value string, given bool) (passwordRule, *policyFlaw) {
	switch name {
	case "length":
		return numberRule(name, value, given, 8, func(n int) passwordRule {
			return when(func(_ *User, p string) bool { return javaLength(p) < n }, "minimum length %d", n)
		})
	case "maxLength":
		return numberRule(name, value, given, 64, func(n int) passwordRule {
			return when(func(_ *User, p string) bool { return javaLength(p) > n }, "maximum length %d", n)
		})
	case "digits":
		return numberRule(name, value, given, 1, atLeast(unicode.IsDigit, "numerical digits"))
	case "lowerCase":
		return numberRule(name, value, given, 1, atLeast(unicode.IsLower, "lower case characters"))
	case "upperCase":
		return numberRule(name, value, given, 1, atLeast(unicode.IsUpper, "upper case characters"))
	case "specialChars":
		special := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
		return numberRule(name, value, given, 1, atLeast(special, "special characters"))
	case "notUsername":
		return when(func(u *User, p string) bool { return strings.EqualFold(p, u.Username) }, "must not be equal to the username"), nil
	case "notContainsUsername":
		return when(func(u *User, p string) bool {
			return u.Username != "" && strings.Contains(strings.ToLower(p), u.Username)
		}, "Can not contain the username"), nil
	case "notEmail":
		return when(func(u *User, p string) bool { return u.Email != "" && strings.EqualFold(p, u.Email) }, "must not be equal to the email"), nil
	case "regexPattern":
		return regexRule(value)
	}
	switch {
	case hiddenPolicies[name]:
		return nil, nil
	case otherPolicies[name]:
		return nil, &policyFlaw{unchecked: name}
	}
	return nil, &policyFlaw{text: fmt.Sprintf("there is no password policy %q; write such as \"length(8) and notUsername\"", name)}
}

// javaLength counts as Java does: in units of UTF-16.
func javaLength(text string) int { return len(utf16.Encode([]rune(text))) }

func when(bad func(*User, string) bool, format string, args ...any) passwordRule {
	flaw := fmt.Sprintf(format, args...)
	return func(user *User, password string) string {
		if bad(user, password) {
			return flaw
		}
		return ""
	}
}

func atLeast(counts func(rune) bool, what string) func(int) passwordRule {
	return func(n int) passwordRule {
		few := func(_ *User, password string) bool {
			have := 0
			for _, r := range password {
				if counts(r) {
					have++
				}
			}
			return have < n
		}
		return when(few, "must contain at least %d %s", n, what)
	}
}

func numberRule(name, value string, given bool, otherwise int, rule func(int) passwordRule) (passwordRule, *policyFlaw) {
	if !given {
		return rule(otherwise), nil
	}
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil {
		return nil, &policyFlaw{text: fmt.Sprintf("password policy %s wants a whole number, not %q", name, value)}
	}
	return rule(int(n)), nil
}

// onlyJava are the errors that a pattern causes which is right in Java: lookahead, \1, a++ and the like.
var onlyJava = []syntax.ErrorCode{syntax.ErrInvalidPerlOp, syntax.ErrInvalidEscape, syntax.ErrInvalidRepeatOp, syntax.ErrInvalidRepeatSize, syntax.ErrInvalidCharRange, syntax.ErrLarge, syntax.ErrNestingDepth}

// regexRule reads a pattern that the whole password must match. It is Java's in Keycloak; what Go's engine
// lacks, such as lookahead, cannot be checked here.
func regexRule(pattern string) (passwordRule, *policyFlaw) {
	compiled, err := regexp.Compile(`^(?:` + pattern + `)$`)
	var flaw *syntax.Error
	if errors.As(err, &flaw) && !slices.Contains(onlyJava, flaw.Code) {
		return nil, &policyFlaw{text: fmt.Sprintf("regexPattern(%s) is no regular expression: %v", pattern, err)}
	}
	if err != nil {
		return nil, &policyFlaw{harmless: true, text: fmt.Sprintf("this realm cannot check the password policy regexPattern(%s), and takes any password in that regard: %v", pattern, err)}
	}
	return when(func(_ *User, p string) bool { return !compiled.MatchString(p) }, "fails to match regex pattern(s)"), nil
}
