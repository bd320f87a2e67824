package auth

import (
	"net/http"
	"strings"
)

// BearerToken returns the token of a request's Authorization header (RFC 6750 §2.1). Tokens in the
// address or the body are not looked at: they end up in logs. The errors are ErrTokenMissing and
// ErrTokenMalformed.
func BearerToken(r *http.Request) (string, error) {
	values := r.Header.Values("Authorization")
	if len(values) > 1 {
		return "", &Error{Code: CodeTokenMalformed, Reason: "The request has more than one Authorization header"}
	}
	if len(values) == 0 {
		return "", ErrTokenMissing
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", ErrTokenMissing
	}
	token = strings.TrimLeft(token, " ")
	// Three searches for one letter each are faster than one for any of them.
	if token == "" || strings.Contains(token, " ") || strings.Contains(token, ",") || strings.Contains(token, "\t") {
		return "", &Error{Code: CodeTokenMalformed, Reason: "The Authorization header must have the form: Bearer TOKEN"}
	}
	return token, nil
}
