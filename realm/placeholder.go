package realm

import (
	"bytes"
	"encoding/json"
	"strings"
)

// maxNesting bounds placeholders within the values of others, which may name each other in a circle.
const maxNesting = 8

// replacePlaceholders puts values in the place of ${NAME} and ${NAME:default}, as Keycloak does when it
// imports a file: anywhere in the text, so that "${PORT}" and, for a number, ${PORT:80} both work. A default
// may hold placeholders itself, ${A,B} takes the first that is set, and what is not set and has no default
// stays as it stands: Keycloak's own ${client_account} is such. A second dollar before it, $${NAME}, keeps one
// from being replaced; both dollars stay.
//
// Unlike there, a value within a string is escaped, so that a quote in a password cannot break the file.
func replacePlaceholders(text []byte, lookup func(string) (string, bool)) []byte {
	if lookup == nil || !bytes.Contains(text, []byte("${")) {
		return text
	}
	out := make([]byte, 0, len(text))
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\' && i+1 < len(text):
			out = append(out, c, text[i+1])
			i++
			continue
		case c == '"':
			quoted = !quoted
		case c == '$':
			if bytes.HasPrefix(text[i:], []byte("$$")) { // keeps what follows from being one
				out = append(out, "$$"...)
				i++
				continue
			}
			if end := placeholderEnd(text[i:], quoted); end > 0 {
				out = append(out, resolvePlaceholder(string(text[i:i+end]), quoted, lookup, maxNesting)...)
				i += end - 1
				continue
			}
		}
		out = append(out, text[i])
	}
	return out
}

// placeholderEnd returns the length of the placeholder that text begins with; 0 when it is none. It counts
// braces, and it ends where its string or, outside of strings, its line does.
func placeholderEnd(text []byte, quoted bool) int {
	if len(text) < 2 || text[1] != '{' {
		return 0
	}
	open := 0
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case quoted && c == '"', c == '\n':
			return 0
		case c == '{':
			open++
		case c == '}':
			if open--; open == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// resolvePlaceholder returns what stands for one placeholder, which includes its ${ and }.
func resolvePlaceholder(whole string, quoted bool, lookup func(string) (string, bool), nesting int) string {
	inside := whole[2 : len(whole)-1]
	switch {
	case inside == "" || nesting == 0:
		return whole
	case inside == "/" || inside == ":": // Java's separators of paths and of lists of paths
		return inside
	}
	name, otherwise, hasDefault := inside, "", false
	if colon := strings.IndexByte(inside, ':'); colon > 0 {
		name, otherwise, hasDefault = inside[:colon], inside[colon+1:], true
	}
	for _, name := range strings.SplitN(name, ",", 2) {
		if value, ok := lookup(name); ok && name != "" {
			if quoted {
				value = escaped(value)
			}
			return resolveNested(value, quoted, lookup, nesting-1)
		}
	}
	if hasDefault {
		return resolveNested(otherwise, quoted, lookup, nesting-1)
	}
	return whole
}

func resolveNested(text string, quoted bool, lookup func(string) (string, bool), nesting int) string {
	var out strings.Builder
	for {
		start := strings.Index(text, "${")
		if start < 0 {
			break
		}
		end := placeholderEnd([]byte(text[start:]), quoted)
		if end == 0 {
			end = 2
			out.WriteString(text[:start+end])
		} else {
			out.WriteString(text[:start])
			out.WriteString(resolvePlaceholder(text[start:start+end], quoted, lookup, nesting))
		}
		text = text[start+end:]
	}
	return out.String() + text
}

// escaped returns the text as it may stand between the quotes of a JSON string.
func escaped(text string) string {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(text); err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.TrimSpace(out.String())[1:], `"`)
}
