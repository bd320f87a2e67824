package realm

import "testing"

// TestReplacePlaceholders holds what Keycloak 26.7.4 made of the same texts.
func TestReplacePlaceholders(t *testing.T) {
	values := map[string]string{"SET": "set", "EMPTY": "", "REC": "<${SET}>", "QUOTE": `a"b\c`, "LIFE": "77", "LOOP": "${LOOP}"}
	lookup := func(name string) (string, bool) { value, ok := values[name]; return value, ok }
	tests := []struct{ name, in, want string }{
		{"not set", `"${client_account}"`, `"${client_account}"`},
		{"set", `"a ${SET} b"`, `"a set b"`},
		{"default", `"${A:http://x:1/y}"`, `"http://x:1/y"`},
		{"empty default", `"${A:}"`, `""`},
		{"empty value before default", `"${EMPTY:x}"`, `""`},
		{"default with a placeholder", `"${A:${B:x}}"`, `"x"`},
		{"default with one that is not set", `"${A:${B}}"`, `"${B}"`},
		{"value with a placeholder", `"${REC}"`, `"<set>"`},
		{"value that names itself", `"${LOOP}"`, `"${LOOP}"`},
		{"first of two", `"${A,SET}"`, `"set"`},
		{"neither of two", `"${A,B:z}"`, `"z"`},
		{"several", `"${SET}/${SET}"`, `"set/set"`},
		{"nothing", `"${}"`, `"${}"`},
		{"blanks belong to the name", `"${ SET }"`, `"${ SET }"`},
		{"no name", `"${:x}"`, `"${:x}"`},
		{"two dollars", `"$${SET}"`, `"$${SET}"`},
		{"no braces", `"$SET"`, `"$SET"`},
		{"escaped in the file", `"\u0024{SET}"`, `"\u0024{SET}"`},
		{"quotes in a default", `"${A:say \"hi\"}"`, `"say \"hi\""`},
		{"quotes in a value", `"${QUOTE}"`, `"a\"b\\c"`},
		{"a number", `{"n": ${LIFE:300}}`, `{"n": 77}`},
		{"a boolean", `{"n": ${A:true}}`, `{"n": true}`},
		{"a name", `{"${A:n}": 1}`, `{"n": 1}`},
		{"not closed", `"${SET", "b}"`, `"${SET", "b}"`},
		{"not closed at the end", `"${`, `"${`},
		{"separator", `"${/}"`, `"/"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := string(replacePlaceholders([]byte(test.in), lookup)); got != test.want {
				t.Errorf("%s became %s, want %s", test.in, got, test.want)
			}
		})
	}
}
