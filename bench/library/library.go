// Package library verifies access tokens by other Go libraries, each at its best ordinary settings as its own documents
// show them. All of them check the signature, issuer, audience and expiry; the tests prove it.
package library

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/url"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/auth0/go-jwt-middleware/v2/jwks"
	"github.com/auth0/go-jwt-middleware/v2/validator"
	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-chi/jwtauth/v5"
	"github.com/golang-jwt/jwt/v5"
	"github.com/lestrrat-go/jwx/v2/jwk"
	jwxjwt "github.com/lestrrat-go/jwx/v2/jwt"
)

const leeway = 30 * time.Second

// Verify does what an API does with a token: it refuses a bad one, and returns the claims of a good one.
type Verify func(ctx context.Context, token string) (claims map[string]any, err error)

// Library is a Go library that verifies tokens.
type Library struct {
	Module string // Go module path
	Use    string // what of it is used
	Note   string // what to know when comparing
	Start  func(ctx context.Context, issuer, audience string) (Verify, error)
}

// Libraries are all that are compared.
var Libraries = []Library{
	{
		Module: GolangJWT, Use: "keyfunc, map claims",
		Note:  "an unknown key id fetches the keys again, at most every 5 minutes",
		Start: startGolangJWT,
	},
	{
		Module: "github.com/coreos/go-oidc/v3", Use: "remote key set",
		Note:  "made for ID tokens; no leeway on the expiry",
		Start: startGoOIDC,
	},
	{
		Module: "github.com/auth0/go-jwt-middleware/v2", Use: "caching provider",
		Note:  "an unknown key id waits for the key set's next refresh",
		Start: startAuth0,
	},
	{
		Module: "github.com/go-chi/jwtauth/v5", Use: "static key",
		Note:  "one key given at the start; neither key sets nor key ids",
		Start: startJWTAuth,
	},
	{
		Module: "github.com/lestrrat-go/jwx/v2", Use: "jwt.Parse, jwk.Cache",
		Note:  "an unknown key id waits for the key set's next refresh, at most every 15 minutes",
		Start: startJWX,
	},
}

// GolangJWT is the module that a target names.
const GolangJWT = "github.com/golang-jwt/jwt/v5"

// Name is the module's path without its host and major version.
func (l Library) Name() string {
	return path.Dir(strings.TrimPrefix(l.Module, "github.com/"))
}

// Title is the name with the version that is compiled in and with what is used of it.
func (l Library) Title() string {
	version := "(unknown)"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == l.Module {
				version = m.Version
			}
		}
	}
	return fmt.Sprintf("%s %s, %s", l.Name(), version, l.Use)
}

func startGolangJWT(ctx context.Context, issuer, audience string) (Verify, error) {
	keys, err := keyfunc.NewDefaultCtx(ctx, []string{keySetURL(issuer)})
	if err != nil {
		return nil, err
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(issuer),
		jwt.WithAudience(audience), jwt.WithExpirationRequired(), jwt.WithLeeway(leeway))
	return func(ctx context.Context, token string) (map[string]any, error) {
		claims := jwt.MapClaims{}
		_, err := parser.ParseWithClaims(token, claims, keys.KeyfuncCtx(ctx))
		return claims, err
	}, nil
}

func startGoOIDC(ctx context.Context, issuer, audience string) (Verify, error) {
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, err
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: audience})
	return func(ctx context.Context, token string) (map[string]any, error) {
		verified, err := verifier.Verify(ctx, token)
		if err != nil {
			return nil, err
		}
		var claims map[string]any
		err = verified.Claims(&claims)
		return claims, err
	}, nil
}

func startAuth0(_ context.Context, issuer, audience string) (Verify, error) {
	address, err := url.Parse(issuer)
	if err != nil {
		return nil, err
	}
	provider := jwks.NewCachingProvider(address, 5*time.Minute)
	v, err := validator.New(provider.KeyFunc, validator.RS256, issuer, []string{audience},
		validator.WithAllowedClockSkew(leeway),
		validator.WithCustomClaims(func() validator.CustomClaims { return &customClaims{} }))
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, token string) (map[string]any, error) {
		verified, err := v.ValidateToken(ctx, token)
		if err != nil {
			return nil, err
		}
		return *verified.(*validator.ValidatedClaims).CustomClaims.(*customClaims), nil
	}, nil
}

func startJWTAuth(ctx context.Context, issuer, audience string) (Verify, error) {
	set, err := jwk.Fetch(ctx, keySetURL(issuer))
	if err != nil {
		return nil, err
	}
	var key rsa.PublicKey // it takes one
	if first, _ := set.Key(0); first == nil || first.Raw(&key) != nil {
		return nil, errors.New("the key set begins with no RSA key")
	}
	verifier := jwtauth.New("RS256", nil, &key, jwxjwt.WithIssuer(issuer),
		jwxjwt.WithAudience(audience), jwxjwt.WithAcceptableSkew(leeway))
	return func(ctx context.Context, token string) (map[string]any, error) {
		verified, err := jwtauth.VerifyToken(verifier, token)
		if err != nil {
			return nil, err
		}
		return verified.AsMap(ctx)
	}, nil
}

func startJWX(ctx context.Context, issuer, audience string) (Verify, error) {
	cache := jwk.NewCache(ctx)
	if err := cache.Register(keySetURL(issuer)); err != nil {
		return nil, err
	}
	if _, err := cache.Refresh(ctx, keySetURL(issuer)); err != nil {
		return nil, err
	}
	options := []jwxjwt.ParseOption{
		jwxjwt.WithKeySet(jwk.NewCachedSet(cache, keySetURL(issuer))), jwxjwt.WithIssuer(issuer),
		jwxjwt.WithAudience(audience), jwxjwt.WithAcceptableSkew(leeway),
	}
	return func(ctx context.Context, token string) (map[string]any, error) {
		verified, err := jwxjwt.ParseString(token, options...)
		if err != nil {
			return nil, err
		}
		return verified.AsMap(ctx)
	}, nil
}

func keySetURL(issuer string) string { return issuer + "/protocol/openid-connect/certs" }

// customClaims takes all claims for auth0, which wants a type of the caller's own.
type customClaims map[string]any

// Validate has nothing more to check.
func (*customClaims) Validate(context.Context) error { return nil }

// IsAdmin says whether the claims hold the realm role admin.
func IsAdmin(claims map[string]any) bool {
	access, _ := claims["realm_access"].(map[string]any)
	roles, _ := access["roles"].([]any)
	return slices.Contains(roles, any("admin"))
}
