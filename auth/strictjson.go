package auth

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// maxNumericDate is the end of the year 9999 in seconds since 1970.
const maxNumericDate = 253402300799

var errNoObject = errors.New("not a JSON object")

// jsonReader reads one JSON text strictly: names are unique and compared to the letter, all text is
// valid UTF-8, nothing follows the text (RFC 7519 §4, RFC 8725 §2.6 and §3.7; encoding/json allows
// the opposite of each). Strings without escapes are parts of the text itself and cost no memory.
type jsonReader struct {
	text string
	buf  bytes.Buffer // around the same text
	dec  *jsontext.Decoder
}

// readers are kept because a decoder weighs more than a token.
var readers = sync.Pool{New: func() any {
	r := &jsonReader{}
	r.dec = jsontext.NewDecoder(&r.buf)
	return r
}}

func (r *jsonReader) reset(text []byte) {
	r.text, r.buf = string(text), *bytes.NewBuffer(text)
	r.dec.Reset(&r.buf)
}

// readObject reads a JSON text, which must be one object, and calls member for each of its members.
// member must read exactly the value. What it returns is the same text.
func readObject(text []byte, member func(r *jsonReader, name string) error) (string, error) {
	r := readers.Get().(*jsonReader)
	defer func() {
		r.reset(nil) // a pool must not keep what a token held
		readers.Put(r)
	}()
	r.reset(text)
	if err := r.object(member); err != nil {
		return "", err
	}
	if _, err := r.dec.ReadToken(); err != io.EOF {
		return "", errors.New("something follows the object")
	}
	return r.text, nil
}

// object reads an object, and anything else with errNoObject.
func (r *jsonReader) object(member func(r *jsonReader, name string) error) error {
	if r.dec.PeekKind() != jsontext.KindBeginObject {
		return errNoObject
	}
	return r.elements(func() error {
		name, err := r.string()
		if err != nil {
			return err
		}
		return member(r, name)
	})
}

// elements reads what stands between a pair of brackets or braces.
func (r *jsonReader) elements(element func() error) error {
	if _, err := r.dec.ReadToken(); err != nil {
		return err
	}
	for {
		switch r.dec.PeekKind() {
		case jsontext.KindEndObject, jsontext.KindEndArray, jsontext.KindInvalid:
			_, err := r.dec.ReadToken()
			return err
		}
		if err := element(); err != nil {
			return err
		}
	}
}

// skip reads any value, strictly, too.
func (r *jsonReader) skip() error { return r.dec.SkipValue() }

// string reads a string. Any other value is read as "".
func (r *jsonReader) string() (string, error) {
	if r.dec.PeekKind() != jsontext.KindString {
		return "", r.skip()
	}
	value, err := r.dec.ReadValue()
	if err != nil {
		return "", err
	}
	end := int(r.dec.InputOffset())
	quoted := r.text[end-len(value) : end]
	if strings.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1], nil
	}
	unquoted, err := jsontext.AppendUnquote(nil, quoted)
	return string(unquoted), err
}

// strings reads an array of nothing but strings. Anything else, even in part, is read as no strings
// at all: a claim of a wrong type must never grant.
func (r *jsonReader) strings() ([]string, error) {
	if r.dec.PeekKind() != jsontext.KindBeginArray {
		return nil, r.skip()
	}
	list := []string{} // an empty list is one, too: nil tells a claim that cannot be read
	pure := true
	err := r.elements(func() error {
		pure = pure && r.dec.PeekKind() == jsontext.KindString
		item, err := r.string()
		list = append(list, item)
		return err
	})
	if !pure {
		return nil, err
	}
	return list, err
}

// oneOrMore reads an array of strings, or one string in its place, as aud may be (RFC 7519 §4.1.3).
func (r *jsonReader) oneOrMore() ([]string, error) {
	if r.dec.PeekKind() != jsontext.KindString {
		return r.strings()
	}
	one, err := r.string()
	return []string{one}, err
}

// scalars reads a string, a number or a boolean as its text, or a list of those. Anything else, even in
// part, and an empty string are read as nothing.
func (r *jsonReader) scalars() (texts []string, err error) {
	sound := true
	one := func() error {
		var text string
		switch r.dec.PeekKind() {
		case jsontext.KindString:
			text, err = r.string()
		case jsontext.KindNumber, jsontext.KindTrue, jsontext.KindFalse:
			var raw jsontext.Value
			raw, err = r.dec.ReadValue()
			text = string(raw)
		default:
			err = r.skip()
		}
		sound = sound && text != ""
		texts = append(texts, text)
		return err
	}
	if r.dec.PeekKind() == jsontext.KindBeginArray {
		err = r.elements(one)
	} else {
		err = one()
	}
	if !sound {
		return nil, err
	}
	return texts, err
}

// boolean reads true, and anything else as false; ok tells a false from what is no boolean.
func (r *jsonReader) boolean() (value, ok bool, err error) {
	kind := r.dec.PeekKind()
	return kind == jsontext.KindTrue, kind == jsontext.KindTrue || kind == jsontext.KindFalse, r.skip()
}

// date reads a NumericDate (RFC 7519 §2), which may have a fraction, from 1970 to 9999. Anything
// else is read as not ok.
func (r *jsonReader) date() (t time.Time, ok bool, err error) {
	if r.dec.PeekKind() != jsontext.KindNumber {
		return t, false, r.skip()
	}
	number, err := r.dec.ReadToken()
	if err != nil {
		return t, false, err
	}
	seconds, err := number.Float()
	if err != nil || seconds < 0 || seconds > maxNumericDate {
		return t, false, nil // a number beyond float64 is JSON, too
	}
	whole := int64(seconds)
	return time.Unix(whole, int64((seconds-float64(whole))*float64(time.Second))), true, nil
}
