package realm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// findings are what is wrong with the files, and what whoever wrote them should know.
type findings struct {
	problems []error
	warnings []Warning
	left     []leftOut
}

// source is a file that is being read.
type source struct {
	name string
	text []byte // with placeholders replaced
	log  *findings
}

// node is a JSON value that knows where it stands, so that whatever is said about it can name the place.
type node struct {
	kind  jsontext.Kind
	text  string   // of a string, number or boolean
	names []string // of the members, when it is an object
	items []*node  // members of an object or elements of an array

	src    *source
	end    int64 // offset behind its first token
	parent *node
	name   string // in an object
	index  int    // in an array
}

// parse reads the whole text as one JSON value.
func (s *source) parse() (*node, error) {
	// Two members of one name are no error, as with Keycloak: the last counts.
	dec := jsontext.NewDecoder(bytes.NewReader(s.text), jsontext.AllowDuplicateNames(true))
	root, err := s.read(dec)
	if err == nil {
		if _, trailing := dec.ReadToken(); trailing != io.EOF {
			err = fmt.Errorf("%s: there is more text behind the first JSON value; join several realms as [{…}, {…}] or give several files", s.place(dec.InputOffset()))
		}
	}
	return root, err
}

func (s *source) read(dec *jsontext.Decoder) (*node, error) {
	token, err := dec.ReadToken()
	if err != nil {
		return nil, s.syntaxError(err)
	}
	n := &node{kind: token.Kind(), src: s, end: dec.InputOffset()}
	switch n.kind {
	case jsontext.KindBeginObject:
		for dec.PeekKind() != jsontext.KindEndObject {
			name, err := dec.ReadToken()
			if err != nil {
				return nil, s.syntaxError(err)
			}
			if err := s.readInto(n, name.String(), dec); err != nil {
				return nil, err
			}
		}
		_, err = dec.ReadToken()
	case jsontext.KindBeginArray:
		for dec.PeekKind() != jsontext.KindEndArray {
			if err := s.readInto(n, "", dec); err != nil {
				return nil, err
			}
		}
		_, err = dec.ReadToken()
	default:
		n.text = token.String()
	}
	if err != nil {
		return nil, s.syntaxError(err)
	}
	return n, nil
}

func (s *source) readInto(parent *node, name string, dec *jsontext.Decoder) error {
	child, err := s.read(dec)
	if err != nil {
		return err
	}
	child.parent, child.name, child.index = parent, name, len(parent.items)
	if parent.kind == jsontext.KindBeginObject {
		parent.names = append(parent.names, name)
	}
	parent.items = append(parent.items, child)
	return nil
}

func (s *source) syntaxError(err error) error {
	offset, reason := int64(len(s.text)), "the text ends before the JSON does"
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) && !errors.Is(err, io.ErrUnexpectedEOF) {
		offset, reason = syntactic.ByteOffset, syntactic.Err.Error()
	}
	return fmt.Errorf("%s: not JSON: %s", s.place(offset), reason)
}

// place names a position of the file for people.
func (s *source) place(offset int64) string {
	before := s.text[:min(offset, int64(len(s.text)))]
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	return fmt.Sprintf("%s, line %d, column %d", s.name, bytes.Count(before, []byte("\n"))+1, utf8.RuneCount(line)+1)
}

// path names the node as clients[app].redirectUris does: by name where an element of a list has one, else
// by number.
func (n *node) path() string {
	switch p := n.parent; {
	case p == nil:
		return ""
	case p.kind != jsontext.KindBeginArray:
		return p.path() + memberSuffix(n.name, p.parent == nil)
	default:
		return p.path() + "[" + n.label() + "]"
	}
}

// label names an element of a list.
func (n *node) label() string {
	if name := n.ownName(); isPlainLabel(name) {
		return name
	}
	return strconv.Itoa(n.index)
}

// isPlainLabel says whether a name cannot be taken for something else in a path. A regular expression for this takes 3 MB.
func isPlainLabel(name string) bool {
	for i, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && (i == 0 || !strings.ContainsRune(" _.:/@+-", r)) {
			return false
		}
	}
	return name != "" && utf8.RuneCountInString(name) <= 61
}

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func memberSuffix(name string, first bool) string {
	switch {
	case !plainName.MatchString(name):
		return "[" + strconv.Quote(name) + "]"
	case first:
		return name
	default:
		return "." + name
	}
}

// refuse records an error at the node.
func (n *node) refuse(format string, args ...any) {
	where := n.src.name
	if path := n.path(); path != "" {
		where += ": " + path
	}
	line := bytes.Count(n.src.text[:min(n.end, int64(len(n.src.text)))], []byte("\n")) + 1
	n.src.log.problems = append(n.src.log.problems, fmt.Errorf("%s (line %d): %s", where, line, fmt.Sprintf(format, args...)))
}

// warn records a warning at the node.
func (n *node) warn(format string, args ...any) {
	n.src.log.warnings = append(n.src.log.warnings, Warning{File: n.src.name, Path: n.path(), Text: fmt.Sprintf(format, args...)})
}

// member returns the member of that name; nil when it is absent or null, which Keycloak takes alike.
func (n *node) member(name string) *node {
	if n == nil || n.kind != jsontext.KindBeginObject {
		return nil
	}
	for i, have := range slices.Backward(n.names) {
		if have == name {
			if n.items[i].kind == jsontext.KindNull {
				return nil
			}
			return n.items[i]
		}
	}
	return nil
}

// inner parses the JSON that stands within a string. What is said about its nodes names the string's place.
func (s *source) inner(at *node, text string) (*node, error) {
	root, err := (&source{name: "inside the string", text: []byte(text), log: s.log}).parse()
	if err != nil {
		return nil, err
	}
	if root.kind != jsontext.KindBeginObject {
		return nil, errors.New("it is no object")
	}
	root.adopt(at)
	return root, nil
}

// adopt lets the node and what is below it speak for the place of another.
func (n *node) adopt(at *node) {
	n.src, n.end = at.src, at.end
	if n.parent == nil {
		n.parent, n.name, n.index = at.parent, at.name, at.index
	}
	for _, item := range n.items {
		item.adopt(at)
	}
}
