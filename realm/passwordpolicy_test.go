package realm

import "testing"

// TestCheckPassword holds what Keycloak 26.7.4 said to the same passwords.
func TestCheckPassword(t *testing.T) {
	bob := &User{Username: "bob", Email: "b@x.de"}
	tests := []struct{ policy, password, want string }{
		{"length(8)", "short", "Invalid password: minimum length 8."},
		{"length", "1234567", "Invalid password: minimum length 8."},
		{"length(4)", "𝔸𝔸", ""}, // Java counts four
		{"maxLength(2)", "abc", "Invalid password: maximum length 2."},
		{"digits(2)", "a1", "Invalid password: must contain at least 2 numerical digits."},
		{"digits(1)", "٣", ""},
		{"lowerCase(1)", "A", "Invalid password: must contain at least 1 lower case characters."},
		{"lowerCase(3)", "äöü", ""},
		{"upperCase(1)", "a", "Invalid password: must contain at least 1 upper case characters."},
		{"specialChars(2)", "a-b", "Invalid password: must contain at least 2 special characters."},
		{"specialChars(2)", "a b-", ""},
		{"notUsername(undefined)", "BOB", "Invalid password: must not be equal to the username."},
		{"notContainsUsername", "xBobx", "Invalid password: Can not contain the username."},
		{"notEmail", "B@X.de", "Invalid password: must not be equal to the email."},
		{"regexPattern([a-z]+)", "bob1", "Invalid password: fails to match regex pattern(s)."},
		{"regexPattern(.*)", "abc\n", "Invalid password: fails to match regex pattern(s)."},
		{"regexPattern((?=x).*)", "any", ""}, // only Java can tell
		{"length(3) and notUsername and hashIterations(5) and passwordHistory(3)", "bob", "Invalid password: must not be equal to the username."},
		{"length(3) and notUsername", "bobby", ""},
		{"", "", ""},
	}
	for _, test := range tests {
		t.Run(test.policy, func(t *testing.T) {
			r := &Realm{PasswordPolicy: test.policy}
			got := ""
			if err := r.CheckPassword(bob, test.password); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("%q: got %q, want %q", test.password, got, test.want)
			}
		})
	}
}

func TestPasswordPolicyFlaws(t *testing.T) {
	for policy, harmless := range map[string]bool{
		"length()": false, "length( 5 )": false, "LENGTH(3)": false, "length(3)and digits(1)": false,
		"specialChars(2147483648)": false, "regexPattern([)": false, "regexPattern(": false, "regexPattern((?=x))": true,
	} {
		if _, flaws := parsePasswordPolicy(policy); len(flaws) != 1 || flaws[0].harmless != harmless {
			t.Errorf("%s: %v", policy, flaws)
		}
	}
}
