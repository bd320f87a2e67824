package auth

import (
	"encoding/base64"
	"strings"
	"unsafe"
)

// maxHeaderBytes bounds a token's encoded header. Keycloak's has some 130 bytes; one with a chain of
// certificates in it, which nobody reads here, a few thousand.
const maxHeaderBytes = 4 << 10

// compact is a token in compact form (RFC 7515 §7.1), taken apart but not verified.
type compact struct {
	header             header
	payload, signature string // still encoded
	signed             string // header and payload: what the signature is over
}

// header is the part of a JOSE header that is acted on. Members that would choose the key for us
// (jku, jwk, x5u, x5c) are not kept.
type header struct {
	algorithm string
	keyID     string
	mediaType string // typ in lower case without its optional prefix (RFC 7515 §4.1.9)
}

// isRFC9068 reports whether the header names the type of RFC 9068 access tokens.
func (h header) isRFC9068() bool { return h.mediaType == "at+jwt" }

// parseCompact takes a token apart and reads its header. Its errors quote nothing, because nothing
// has been verified.
func parseCompact(token string) (c compact, err error) {
	encodedHeader, rest, _ := strings.Cut(token, ".")
	payload, signature, found := strings.Cut(rest, ".")
	if !found || strings.IndexByte(signature, '.') >= 0 {
		return c, &Error{Code: CodeTokenMalformed, Reason: "The token is not a JWT: it must have three parts separated by dots"}
	}
	if len(encodedHeader) > maxHeaderBytes {
		return c, &Error{Code: CodeTokenTooLarge, Reason: "The token's header is too large"}
	}
	text, err := decode("header", encodedHeader)
	if err != nil {
		return c, err
	}
	c = compact{payload: payload, signature: signature, signed: token[:len(token)-len(signature)-1]}
	c.header, err = parseHeader(text)
	return c, err
}

func parseHeader(text []byte) (h header, err error) {
	critical := false
	_, err = readObject(text, func(r *jsonReader, name string) (err error) {
		switch name {
		case "alg":
			h.algorithm, err = r.string()
		case "kid":
			h.keyID, err = r.string()
		case "typ":
			h.mediaType, err = r.string()
		case "crit":
			critical, err = true, r.skip()
		default:
			err = r.skip()
		}
		return err
	})
	switch {
	case err != nil:
		return h, &Error{Code: CodeTokenMalformed, Reason: "The token's header is not a sound JSON object"}
	case critical: // RFC 7515 §4.1.11: no extension is known here
		return h, &Error{Code: CodeTokenMalformed, Reason: "The token's header demands an extension (crit) that is not known here"}
	}
	h.mediaType = strings.TrimPrefix(strings.ToLower(h.mediaType), "application/")
	return h, nil
}

// bytesOf returns the bytes of s for a function that only reads them. A conversion would leave a copy
// of the token on the heap, and costs a fifth of a cache hit.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// strictBase64 refuses two encodings of the same bytes (RFC 4648 §3.5).
var strictBase64 = base64.RawURLEncoding.Strict()

// decode undoes base64url. Line breaks, which the standard library skips, are refused, too.
func decode(part, text string) ([]byte, error) {
	decoded, err := strictBase64.DecodeString(text)
	if err != nil || strings.IndexByte(text, '\n') >= 0 || strings.IndexByte(text, '\r') >= 0 {
		return nil, &Error{Code: CodeTokenMalformed, Reason: "The token's " + part + " is not base64url"}
	}
	return decoded, nil
}
