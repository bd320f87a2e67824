package auth

import (
	"context"
	"encoding/json"

	"github.com/go-chi/jwtauth/v5"
	"github.com/lestrrat-go/jwx/v2/jwt"
)

type principalKey struct{}

// principalContext carries a Principal, and for handlers written for go-chi/jwtauth a jwt.Token,
// which is built afresh each time that it is asked for: the type is mutable and the Principal is
// shared.
type principalContext struct {
	context.Context
	principal *Principal
}

// NewContext returns a context that carries p for FromContext and for jwtauth.FromContext.
func NewContext(ctx context.Context, p *Principal) context.Context {
	return principalContext{ctx, p}
}

// FromContext returns the caller, and whether there is one.
func FromContext(ctx context.Context) (*Principal, bool) {
	p, _ := ctx.Value(principalKey{}).(*Principal)
	return p, p != nil
}

// Value implements context.Context.
func (c principalContext) Value(key any) any {
	switch key {
	case principalKey{}:
		return c.principal
	case jwtauth.TokenCtxKey:
		if c.principal == nil {
			return nil
		}
		token := jwt.New()
		if err := json.Unmarshal([]byte(c.principal.claims), token); err != nil {
			return nil // jwtauth then sees no token, as for any claim that its type cannot hold
		}
		return token
	}
	return c.Context.Value(key)
}
