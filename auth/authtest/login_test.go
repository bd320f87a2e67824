package authtest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"keystead/auth"
	"keystead/auth/authtest"
)

const (
	callback = "https://app.example.com/auth/callback?of=app"
	verifier = "a-verifier-of-forty-three-characters-or-more"
)

// app is a client of the issuer, as a program under test would be one.
type app struct {
	t     *testing.T
	realm *authtest.Issuer
	auth.Endpoints
	keys *auth.Keys
}

func newApp(t *testing.T, realm *authtest.Issuer) app {
	t.Helper()
	keys := auth.NewKeys(auth.KeysConfig{Issuer: realm.URL()})
	go keys.Run(t.Context())
	v := verifierOf(t, keys)
	if _, err := v.Verify(t.Context(), realm.Token("alice")); err != nil { // waits for the first fetch
		t.Fatal(err)
	}
	endpoints, err := keys.Endpoints()
	if err != nil {
		t.Fatal(err)
	}
	return app{t, realm, endpoints, keys}
}

func verifierOf(t *testing.T, keys *auth.Keys) *auth.Verifier {
	t.Helper()
	v, err := auth.NewVerifier(auth.VerifierConfig{Keys: keys, Audience: []string{authtest.Audience}})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// sent returns where a browser is sent from an address of the realm.
func (a app) sent(address string, query url.Values) *url.URL {
	a.t.Helper()
	res, err := a.keys.Client().Get(address + "?" + query.Encode())
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	target, err := res.Location()
	if err != nil || res.StatusCode != http.StatusFound {
		a.t.Fatalf("%s, %v", res.Status, err)
	}
	return target
}

// authorize begins a login and returns what the browser brings back.
func (a app) authorize(change url.Values) url.Values {
	a.t.Helper()
	sum := sha256.Sum256([]byte(verifier))
	query := url.Values{
		"response_type": {"code"}, "client_id": {authtest.SessionClientID}, "redirect_uri": {callback}, "state": {"state-1"}, "nonce": {"nonce-1"},
		"scope": {"openid"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	maps.Copy(query, change)
	target := a.sent(a.Authorization, query)
	answer := target.Query()
	if target.Host != "app.example.com" || target.Path != "/auth/callback" || answer.Get("of") != "app" || answer.Get("state") != "state-1" || answer.Get("iss") != a.realm.URL() {
		a.t.Errorf("the browser is sent to %s", target)
	}
	return answer
}

// answer is the token endpoint's.
type answer struct {
	Error        string `json:"error"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	IDToken      string `json:"id_token"`
	ExpiresIn    int    `json:"expires_in"`
	status       int
}

// ask asks the token endpoint as the confidential client; form may name another. Several goroutines may.
func (a app) ask(form url.Values) (got answer) {
	req, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.Token, strings.NewReader(form.Encode()))
	if err != nil {
		a.t.Error(err)
		return got
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if !form.Has("client_id") {
		req.SetBasicAuth(url.QueryEscape(authtest.SessionClientID), url.QueryEscape(authtest.SessionClientSecret))
	}
	res, err := a.keys.Client().Do(req)
	if err != nil {
		a.t.Error(err)
		return got
	}
	defer res.Body.Close()
	got.status = res.StatusCode
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		a.t.Error(err)
	}
	return got
}

func (a app) redeem(code string) answer {
	return a.ask(url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}})
}

func (a app) refresh(token string) answer {
	return a.ask(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
}

// A whole life: login, refresh, sign-out.
func TestLogin(t *testing.T) {
	realm := authtest.NewIssuer(t)
	a := newApp(t, realm)
	v := verifierOf(t, a.keys)
	if got := a.authorize(nil); got.Get("error") != "login_required" || got.Has("code") {
		t.Errorf("with nobody signed in: %v", got)
	}
	sid := realm.SignIn("alice", "admin")
	back := a.authorize(nil)
	if back.Get("session_state") != sid {
		t.Errorf("the session is %s, not %s", back.Get("session_state"), sid)
	}
	first := a.redeem(back.Get("code"))
	id, err := v.VerifyIDToken(t.Context(), first.IDToken, authtest.SessionClientID, "nonce-1", first.AccessToken)
	if err != nil || id.Username != "alice" || id.SessionID != sid {
		t.Errorf("ID token %+v, %v", id, err)
	}
	p, err := v.Verify(t.Context(), first.AccessToken)
	if err != nil || !p.HasRealmRole("admin") || p.SessionID() != sid || p.AuthorizedParty() != authtest.SessionClientID || p.Offline() || first.ExpiresIn != 300 {
		t.Errorf("access token %+v, %v, for %d s", p, err, first.ExpiresIn)
	}
	second := a.refresh(first.RefreshToken)
	if p, err := v.Verify(t.Context(), second.AccessToken); err != nil || p.SessionID() != sid || second.AccessToken == first.AccessToken {
		t.Errorf("refreshed token %+v, %v", p, err)
	}
	if _, err := v.VerifyIDToken(t.Context(), second.IDToken, authtest.SessionClientID, "nonce-1", second.AccessToken); err == nil {
		t.Error("the ID token of a refresh has a nonce")
	}
	if got := a.refresh(first.RefreshToken); got.status != http.StatusOK {
		t.Errorf("a refresh token is good again and again, but: %+v", got)
	}
	code := a.authorize(nil).Get("code")
	target := a.sent(a.EndSession, url.Values{"id_token_hint": {first.IDToken}, "post_logout_redirect_uri": {"https://app.example.com/"}, "state": {"s"}})
	if target.String() != "https://app.example.com/?state=s" {
		t.Errorf("after the sign-out the browser is sent to %s", target)
	}
	for name, got := range map[string]answer{"a refresh": a.refresh(second.RefreshToken), "a code": a.redeem(code)} {
		if got.status != http.StatusBadRequest || got.Error != "invalid_grant" {
			t.Errorf("%s after the sign-out: %+v", name, got)
		}
	}
	if got := a.authorize(nil); got.Get("error") != "login_required" {
		t.Errorf("after the sign-out: %v", got)
	}
	if codes, refreshes := realm.TokenRequests("authorization_code"), realm.TokenRequests("refresh_token"); codes != 2 || refreshes != 3 {
		t.Errorf("%d codes and %d refreshes were counted", codes, refreshes)
	}
}

func TestTokenEndpointRefuses(t *testing.T) {
	realm := authtest.NewIssuer(t)
	realm.SignIn("alice")
	a := newApp(t, realm)
	good := func() url.Values {
		return url.Values{"grant_type": {"authorization_code"}, "code": {a.authorize(nil).Get("code")}, "redirect_uri": {callback}, "code_verifier": {verifier}}
	}
	tests := map[string]struct {
		change url.Values
		want   string
	}{
		"nothing":                  {nil, ""},
		"credentials in the form":  {url.Values{"client_id": {authtest.SessionClientID}, "client_secret": {authtest.SessionClientSecret}}, ""},
		"another code":             {url.Values{"code": {"x"}}, "invalid_grant"},
		"another redirect URI":     {url.Values{"redirect_uri": {"https://app.example.com/"}}, "invalid_grant"},
		"another verifier":         {url.Values{"code_verifier": {"x"}}, "invalid_grant"},
		"no verifier":              {url.Values{"code_verifier": nil}, "invalid_grant"},
		"another client":           {url.Values{"client_id": {authtest.ClientID}}, "invalid_grant"},
		"a wrong secret":           {url.Values{"client_id": {authtest.SessionClientID}, "client_secret": {"x"}}, "unauthorized_client"},
		"no secret":                {url.Values{"client_id": {authtest.SessionClientID}}, "unauthorized_client"},
		"a client that is unknown": {url.Values{"client_id": {"x"}}, "unauthorized_client"},
		"another grant":            {url.Values{"grant_type": {"password"}}, "unsupported_grant_type"},
	}
	for name, tt := range tests {
		form := good()
		maps.Copy(form, tt.change)
		if got := a.ask(form); got.Error != tt.want || (got.AccessToken == "") != (tt.want != "") {
			t.Errorf("%s changed: %+v, want %q", name, got, tt.want)
		}
	}
	form := good()
	a.ask(form)
	if got := a.ask(form); got.Error != "invalid_grant" {
		t.Errorf("a code twice: %+v", got)
	}
	for name, change := range map[string]url.Values{"unsupported_response_type": {"response_type": {"token"}}, "invalid_request": {"code_challenge_method": {"plain"}}} {
		if got := a.authorize(change); got.Get("error") != name || got.Has("code") {
			t.Errorf("%v: %v", change, got)
		}
	}
}

// A refresh token is good once where that is asked for, however many come with it at once.
func TestRotateRefreshTokens(t *testing.T) {
	realm := authtest.NewIssuer(t)
	realm.SignIn("alice")
	realm.RotateRefreshTokens()
	a := newApp(t, realm)
	token := a.redeem(a.authorize(nil).Get("code")).RefreshToken
	answers := make(chan answer, 20)
	var all sync.WaitGroup
	for range cap(answers) {
		all.Go(func() { answers <- a.refresh(token) })
	}
	all.Wait()
	close(answers)
	var good []string
	for got := range answers {
		if got.status == http.StatusOK {
			good = append(good, got.RefreshToken)
		} else if got.Error != "invalid_grant" {
			t.Errorf("%+v", got)
		}
	}
	if len(good) != 1 {
		t.Fatalf("one refresh token was good %d times", len(good))
	}
	if got := a.refresh(good[0]); got.status != http.StatusOK {
		t.Errorf("the next one: %+v", got)
	}
}

// What a test can make of the token endpoint.
func TestTokenEndpointAsTold(t *testing.T) {
	realm := authtest.NewIssuer(t)
	realm.SignIn("alice")
	a := newApp(t, realm)
	token := a.redeem(a.authorize(url.Values{"scope": {"openid offline_access"}}).Get("code")).RefreshToken

	realm.AroundToken(authtest.Refuse(http.StatusServiceUnavailable, "temporarily_unavailable"))
	if got := a.refresh(token); got.status != http.StatusServiceUnavailable || got.Error != "temporarily_unavailable" {
		t.Errorf("told to refuse: %+v", got)
	}
	held, goOn := make(chan struct{}), make(chan struct{})
	realm.AroundToken(func(endpoint http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(held)
			<-goOn
			endpoint.ServeHTTP(w, r)
		})
	})
	late := make(chan answer)
	go func() { late <- a.refresh(token) }()
	<-held
	close(goOn)
	if got := <-late; got.status != http.StatusOK {
		t.Errorf("held up: %+v", got)
	}
	realm.AroundToken(nil)

	realm.Alter(func(access, id authtest.Claims) {
		access["exp"] = access["iat"]
		id["at_hash"], id["nonce"] = "x", "nonce-1"
	})
	got := a.refresh(token)
	if got.ExpiresIn != 0 {
		t.Errorf("a token that has expired lives %d s", got.ExpiresIn)
	}
	v := verifierOf(t, a.keys)
	if _, err := v.VerifyIDToken(t.Context(), got.IDToken, authtest.SessionClientID, "nonce-1", got.AccessToken); err == nil || !strings.Contains(err.Error(), "at_hash") {
		t.Errorf("an altered ID token: %v", err)
	}
	realm.Alter(nil)
	if p, err := v.Verify(t.Context(), a.refresh(token).AccessToken); err != nil || !p.Offline() {
		t.Errorf("a token of an offline session: %+v, %v", p, err)
	}
}
