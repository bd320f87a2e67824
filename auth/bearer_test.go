package auth_test

import (
	"errors"
	"net/http"
	"testing"

	"keystead/auth"
)

func TestBearerToken(t *testing.T) {
	tests := []struct {
		name   string
		header []string
		want   string
		err    error
	}{
		{"no header", nil, "", auth.ErrTokenMissing},
		{"another scheme", []string{"Basic YWxpY2U6YWxpY2U="}, "", auth.ErrTokenMissing},
		{"a scheme that starts alike", []string{"Bearerabc"}, "", auth.ErrTokenMissing},
		{"scheme alone", []string{"Bearer"}, "", auth.ErrTokenMalformed},
		{"scheme and blanks", []string{"Bearer   "}, "", auth.ErrTokenMalformed},
		{"two tokens", []string{"Bearer a b"}, "", auth.ErrTokenMalformed},
		{"a list", []string{"Bearer a,Bearer b"}, "", auth.ErrTokenMalformed},
		{"a list without blanks", []string{"Bearer a,b"}, "", auth.ErrTokenMalformed},
		{"two tokens and a tab", []string{"Bearer a\tb"}, "", auth.ErrTokenMalformed},
		{"two headers", []string{"Bearer a", "Bearer b"}, "", auth.ErrTokenMalformed},
		{"a token", []string{"Bearer a.b.c"}, "a.b.c", nil},
		{"several blanks", []string{"Bearer   a.b.c"}, "a.b.c", nil},
		{"lower case", []string{"bearer a.b.c"}, "a.b.c", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := auth.BearerToken(&http.Request{Header: http.Header{"Authorization": tt.header}})
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("BearerToken = %q, %v; want %q, %v", got, err, tt.want, tt.err)
			}
		})
	}
}
