// The program of this folder signs in at a realm with go-oidc and golang.org/x/oauth2: go run . ISSUER. It prints each step that
// went well, and ends with 1 at the first that did not.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const (
	callback = "http://127.0.0.1:9/callback" // nobody listens there: the address itself is what counts
	secret   = "interop-web-secret"
)

func main() {
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "go-oidc:", err)
		os.Exit(1)
	}
}

func passed(step string) { fmt.Println(step) }

// run tries everything, on a public and on a confidential client.
func run(ctx context.Context, issuer string) error {
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return err
	}
	passed("discovery")
	passed("introspect -") // no part of the libraries
	passed("revoke -")
	native := newApp(provider, "native", "", oauth2.AuthStyleInParams)
	if err := native.visit(ctx, "ida", "1da00000-0000-4000-8000-000000000031"); err != nil {
		return fmt.Errorf("public client: %w", err)
	}
	web := newApp(provider, "web", secret, oauth2.AuthStyleInHeader)
	if err := web.visit(ctx, "otto", "0770a000-0000-4000-8000-000000000032"); err != nil {
		return fmt.Errorf("confidential client: %w", err)
	}
	if err := service(ctx, provider); err != nil {
		return fmt.Errorf("client credentials: %w", err)
	}
	if _, _, err := native.signIn(ctx, browser{map[string]string{}}, "ida", "wrong"); err == nil || !strings.Contains(err.Error(), "answered 200") {
		return fmt.Errorf("a wrong password: %w", wanted("the login page again", err))
	}
	passed("refusals")
	return nil
}

// app is an app that signs people in.
type app struct {
	provider *oidc.Provider
	oauth2   oauth2.Config
	verifier *oidc.IDTokenVerifier
}

func newApp(provider *oidc.Provider, client, secret string, style oauth2.AuthStyle) *app {
	endpoint := provider.Endpoint()
	endpoint.AuthStyle = style
	return &app{
		provider: provider,
		oauth2:   oauth2.Config{ClientID: client, ClientSecret: secret, Endpoint: endpoint, RedirectURL: callback, Scopes: []string{oidc.ScopeOpenID, "profile", "email"}},
		verifier: provider.Verifier(&oidc.Config{ClientID: client}),
	}
}

// signIn returns the tokens of a person, and the nonce that the ID token is to have.
func (a *app) signIn(ctx context.Context, b browser, username, password string) (*oauth2.Token, string, error) {
	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	back, err := b.signIn(a.oauth2.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), username, password)
	if err != nil {
		return nil, "", err
	}
	if got := back.Query().Get("state"); got != state {
		return nil, "", fmt.Errorf("state = %q, want %q", got, state)
	}
	tokens, err := a.oauth2.Exchange(ctx, back.Query().Get("code"), oauth2.VerifierOption(verifier))
	return tokens, nonce, err
}

// visit is a session of a person at the app, from the login to the logout.
func (a *app) visit(ctx context.Context, username, subject string) error {
	b := browser{map[string]string{}}
	tokens, nonce, err := a.signIn(ctx, b, username, username)
	if err != nil {
		return err
	}
	passed("login")

	idToken, err := a.verify(ctx, tokens, subject)
	if err != nil {
		return err
	}
	if idToken.Nonce != nonce {
		return fmt.Errorf("nonce = %q, want %q", idToken.Nonce, nonce)
	}
	if _, err := a.verifier.Verify(ctx, tampered(tokens.Extra("id_token").(string))); err == nil || !strings.Contains(err.Error(), "signature") {
		return fmt.Errorf("a tampered token: %w", wanted("a complaint about its signature", err))
	}
	passed("verify")

	person, err := a.provider.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err != nil {
		return err
	}
	if person.Subject != subject || person.Email != username+"@example.com" || !person.EmailVerified {
		return fmt.Errorf("user info = %s %s %t", person.Subject, person.Email, person.EmailVerified)
	}
	passed("userinfo")

	fresh, err := a.refresh(ctx, tokens)
	if err != nil {
		return err
	}
	if fresh.AccessToken == tokens.AccessToken {
		return errors.New("the refresh brought the old access token")
	}
	if _, err := a.verify(ctx, fresh, subject); err != nil {
		return err
	}
	passed("refresh")

	if err := a.signOut(b, fresh); err != nil {
		return err
	}
	var refusal *oauth2.RetrieveError
	if _, err := a.refresh(ctx, fresh); !errors.As(err, &refusal) || refusal.ErrorCode != "invalid_grant" {
		return fmt.Errorf("a refresh after the logout: %w", wanted("invalid_grant", err))
	}
	passed("logout")
	return nil
}

// verify verifies an ID token, and that it belongs to the access token.
func (a *app) verify(ctx context.Context, tokens *oauth2.Token, subject string) (*oidc.IDToken, error) {
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return nil, errors.New("there is no ID token")
	}
	idToken, err := a.verifier.Verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	if idToken.Subject != subject {
		return nil, fmt.Errorf("sub = %q, want %q", idToken.Subject, subject)
	}
	return idToken, idToken.VerifyAccessToken(tokens.AccessToken)
}

// refresh gets new tokens before the old ones expire.
func (a *app) refresh(ctx context.Context, tokens *oauth2.Token) (*oauth2.Token, error) {
	return a.oauth2.TokenSource(ctx, &oauth2.Token{RefreshToken: tokens.RefreshToken}).Token()
}

// signOut ends the session, as OpenID Connect RP-Initiated Logout 1.0 has it. The library knows the address at most.
func (a *app) signOut(b browser, tokens *oauth2.Token) error {
	var metadata struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if err := a.provider.Claims(&metadata); err != nil {
		return err
	}
	state := rand.Text()
	query := url.Values{"id_token_hint": {tokens.Extra("id_token").(string)}, "post_logout_redirect_uri": {callback}, "state": {state}}
	back, err := b.open(metadata.EndSession + "?" + query.Encode())
	if err != nil {
		return err
	}
	if want := callback + "?state=" + state; back.String() != want {
		return fmt.Errorf("the logout leads to %s, want %s", back, want)
	}
	return nil
}

// service gets tokens for a client itself, with its secret in the header and in the form.
func service(ctx context.Context, provider *oidc.Provider) error {
	verifier := provider.Verifier(&oidc.Config{ClientID: "web"}) // the audience of its access tokens, too
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
		config := clientcredentials.Config{ClientID: "web", ClientSecret: secret, TokenURL: provider.Endpoint().TokenURL, AuthStyle: style}
		tokens, err := config.Token(ctx)
		if err != nil {
			return err
		}
		if _, err := verifier.Verify(ctx, tokens.AccessToken); err != nil {
			return err
		}
		config.ClientSecret = "wrong"
		var refusal *oauth2.RetrieveError
		if _, err := config.Token(ctx); !errors.As(err, &refusal) || refusal.ErrorCode != "unauthorized_client" {
			return fmt.Errorf("a wrong secret: %w", wanted("unauthorized_client", err))
		}
	}
	passed("service")
	return nil
}

// tampered returns the token with another payload under the same signature.
func tampered(token string) string {
	payload := strings.Index(token, ".") + 20
	other := "A"
	if token[payload] == 'A' {
		other = "B"
	}
	return token[:payload] + other + token[payload+1:]
}

// wanted is the error of a refusal that did not come, or came otherwise.
func wanted(want string, got error) error {
	if got == nil {
		return fmt.Errorf("got through, want %s", want)
	}
	return fmt.Errorf("want %s, got: %w", want, got)
}
