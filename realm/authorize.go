package realm

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"keystead/realm/pages"
)

// authRequest is an authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1), as it came.
type authRequest struct {
	RedirectURI, ResponseType, ResponseMode string
	Scope, State, Nonce                     string
	Challenge, ChallengeMethod              string // PKCE (RFC 7636 §4.3)
	Prompt, LoginHint, Levels, Action       string
	MaxAge                                  time.Duration // -1: not given
}

func readAuthRequest(values url.Values) (authRequest, error) {
	get := values.Get
	request := authRequest{
		RedirectURI: get("redirect_uri"), ResponseType: get("response_type"), ResponseMode: get("response_mode"),
		Scope: get("scope"), State: get("state"), Nonce: get("nonce"),
		Challenge: get("code_challenge"), ChallengeMethod: get("code_challenge_method"),
		Prompt: get("prompt"), LoginHint: get("login_hint"), Levels: get("acr_values"), Action: get("kc_action"),
		MaxAge: -1,
	}
	if text := get("max_age"); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 31)
		if err != nil || seconds < 0 {
			return request, refusePage(http.StatusBadRequest, "Invalid Request")
		}
		request.MaxAge = time.Duration(seconds) * time.Second
	}
	return request, nil
}

func (r authRequest) prompts(what string) bool {
	return slices.Contains(strings.Fields(r.Prompt), what)
}

// actionAge is how long ago people may have shown who they are when an action is to change how they do that: as in
// Keycloak, whoever finds a browser that was left open does not change its owner's password.
const actionAge = 5 * time.Minute

// maxAge is how long ago people may have signed in; -1: as long as the session lasts.
func (r authRequest) maxAge() time.Duration {
	if r.Action == updatePassword && (r.MaxAge < 0 || r.MaxAge > actionAge) {
		return actionAge
	}
	return r.MaxAge
}

// authorize is the authorization endpoint. What is wrong with the client or its redirect URI is told on a
// page: nobody is sent to an address that was not registered. Everything else is told to the client.
func (c *call) authorize() error {
	if err := c.r.ParseForm(); err != nil {
		return refusePage(http.StatusBadRequest, "Invalid Request")
	}
	values := c.r.Form
	if len(values.Encode()) > maxRequest {
		return &pageError{status: http.StatusBadRequest, text: "Invalid Request", detail: fmt.Sprintf("The request is longer than %d bytes.", maxRequest)}
	}
	client, request, err := c.knownRedirect(values)
	if err != nil {
		return err
	}
	if code, text := c.flaw(client, request, values); code != "" {
		return c.answerError(request, code, text)
	}
	return c.beginLogin(client, request, values)
}

// knownRedirect finds the client, and makes sure that its redirect URI is registered.
func (c *call) knownRedirect(values url.Values) (*Client, authRequest, error) {
	client := c.realm.Clients[values.Get("client_id")]
	switch {
	case !c.realm.Enabled:
		return nil, authRequest{}, refusePage(http.StatusBadRequest, "Realm not enabled")
	case !values.Has("client_id"):
		return nil, authRequest{}, refusePage(http.StatusBadRequest, "Invalid Request")
	case client == nil:
		detail := fmt.Sprintf("The request names the client %q. The realm has: %s.", values.Get("client_id"), strings.Join(c.realm.ClientIDs(), ", "))
		return nil, authRequest{}, &pageError{status: http.StatusBadRequest, text: "Client not found.", detail: detail}
	case !client.Enabled:
		return nil, authRequest{}, refusePage(http.StatusBadRequest, "Client disabled.")
	case client.BearerOnly:
		return nil, authRequest{}, refusePage(http.StatusForbidden, "Bearer-only applications are not allowed to initiate browser login")
	}
	uri := values.Get("redirect_uri")
	if uri == "" || !client.redirectAllowed(uri, client.RedirectURIs, c.base()) {
		return nil, authRequest{}, &pageError{status: http.StatusBadRequest, text: "Invalid parameter: redirect_uri", client: client, detail: c.addressDetail(client, uri, "redirectUris", client.RedirectURIs)}
	}
	request, err := readAuthRequest(values)
	if err == nil && request.prompts("create") {
		err = &pageError{status: http.StatusBadRequest, text: "Registration not allowed", client: client}
	}
	if err == nil && !c.realm.knowsEssentialLevel(client, values.Get("claims")) {
		err = &pageError{status: http.StatusBadRequest, text: "Invalid parameter: claims", client: client}
	}
	return client, request, err
}

// addressDetail says which address a request named, and which ones the realm file has for the client.
func (c *call) addressDetail(client *Client, uri, field string, patterns []string) string {
	named := fmt.Sprintf("The request names %q", uri)
	if uri == "" {
		named = "The request names no address"
	}
	if len(patterns) == 0 {
		return fmt.Sprintf("%s, and %s of the client %s is empty.", named, field, client.ClientID)
	}
	var all []string
	for _, pattern := range patterns {
		all = append(all, client.absolute(pattern, c.base()))
	}
	return fmt.Sprintf("%s. In %s of the client %s stand: %s.", named, field, client.ClientID, strings.Join(all, ", "))
}

// knowsEssentialLevel reads in a claims parameter (OpenID Connect Core §5.5) what Keycloak acts on: an acr
// that the client must have. Nothing else in it is acted on here.
func (r *Realm) knowsEssentialLevel(client *Client, parameter string) bool {
	var asked struct {
		IDToken struct {
			ACR struct {
				Essential bool
				Value     string
				Values    []string
			}
		} `json:"id_token"`
	}
	if json.Unmarshal([]byte(parameter), &asked) != nil || !asked.IDToken.ACR.Essential {
		return true
	}
	return slices.ContainsFunc(append(asked.IDToken.ACR.Values, asked.IDToken.ACR.Value), func(level string) bool {
		_, named := r.levels(client)[level]
		_, err := strconv.Atoi(level)
		return named || err == nil
	})
}

var challengeForm = regexp.MustCompile(`^[A-Za-z0-9\-._~]{43,128}$`)

// flaw returns what is wrong with a request whose redirect URI is known, as OAuth's code and Keycloak's words.
func (c *call) flaw(client *Client, r authRequest, values url.Values) (code, text string) {
	const invalid = "invalid_request"
	switch {
	case !values.Has("response_type"):
		return invalid, "Missing parameter: response_type"
	case r.ResponseType == "" || !knownResponseType(r.ResponseType):
		return "unsupported_response_type", ""
	case !slices.Contains([]string{"", "query", "fragment", "form_post"}, r.ResponseMode):
		return invalid, "Invalid parameter: response_mode"
	case !slices.Contains([]string{"code", "none"}, r.ResponseType):
		return "unauthorized_client", "Client is not allowed to initiate browser login with given response_type. Implicit flow is disabled for the client."
	case !client.StandardFlow:
		return "unauthorized_client", "Client is not allowed to initiate browser login with given response_type. Standard flow is disabled for the client."
	case repeated(values):
		return invalid, "duplicated parameter"
	case values.Has("request") || values.Has("request_uri"):
		return "request_not_supported", "This development realm reads no request objects."
	}
	if _, ok := resolveScopes(client, r.Scope); !ok || r.Scope == "" && values.Has("scope") {
		return "invalid_scope", "Invalid scopes: " + r.Scope
	}
	if text := pkceFlaw(client, r.Challenge, r.ChallengeMethod); text != "" {
		return invalid, text
	}
	return "", ""
}

// pkceFlaw returns what is wrong with the PKCE parameters; "" when nothing is (RFC 7636 §4.3).
func pkceFlaw(client *Client, challenge, method string) string {
	wanted := client.Attrs["pkce.code.challenge.method"]
	switch {
	case wanted == "" && challenge == "" && method == "":
		return ""
	case method == "" && (wanted != "" || challenge != ""):
		if wanted == "" {
			return "" // a challenge without a method is a plain one
		}
		return "Missing parameter: code_challenge_method"
	case wanted != "" && wanted != method:
		return "Invalid parameter: code challenge method is not matching the configured one"
	case method != "plain" && method != "S256":
		return "Invalid parameter: code_challenge_method"
	case challenge == "":
		return "Missing parameter: code_challenge"
	case !challengeForm.MatchString(challenge):
		return "Invalid parameter: code_challenge"
	}
	return ""
}

func knownResponseType(text string) bool {
	for part := range strings.FieldsSeq(text) {
		if !slices.Contains([]string{"code", "token", "id_token", "none"}, part) {
			return false
		}
	}
	return true
}

// answer sends the browser back to the client with parameters, in the response mode that was asked for.
func (c *call) answer(request authRequest, parameters [][2]string) error {
	c.w.Header().Set("Cache-Control", "no-store, must-revalidate, max-age=0")
	if request.ResponseMode == "form_post" { // OAuth 2.0 Form Post Response Mode §2
		c.page(http.StatusOK, pages.FormPost{Frame: c.frame(), Action: request.RedirectURI, Fields: parameters})
		return nil
	}
	var query strings.Builder
	for _, p := range parameters {
		if query.Len() > 0 {
			query.WriteByte('&')
		}
		query.WriteString(p[0] + "=" + url.QueryEscape(p[1]))
	}
	return c.redirect(joinRedirect(request, query.String()))
}

func joinRedirect(request authRequest, query string) string {
	uri := request.RedirectURI
	before, fragment, hasFragment := strings.Cut(uri, "#")
	if request.ResponseMode == "fragment" {
		return before + "#" + query
	}
	separator := "?"
	if strings.Contains(before, "?") {
		separator = "&"
	}
	if hasFragment {
		return before + separator + query + "#" + fragment
	}
	return before + separator + query
}

func (c *call) answerError(request authRequest, code, text string) error {
	// What would have come in the fragment is told there, too.
	if !slices.Contains([]string{"", "code", "none"}, request.ResponseType) && knownResponseType(request.ResponseType) {
		request.ResponseMode = "fragment"
	}
	parameters := [][2]string{{"error", code}}
	if text != "" {
		parameters = append(parameters, [2]string{"error_description", text})
	}
	if request.State != "" {
		parameters = append(parameters, [2]string{"state", request.State})
	}
	return c.answer(request, append(parameters, [2]string{"iss", c.issuer()}))
}

// newAttempt begins a login in the browser that asks: with the id of its session, or of its other
// logins under way, else with a new one. The id of a session that ended is never used again.
func (c *call) newAttempt(client *Client, request authRequest, current *snapshot) *attempt {
	a := &attempt{tab: randomText(8), code: randomText(32), client: client, request: request}
	if current != nil {
		a.root = current.id
		return a
	}
	v := c.realm
	root := c.rootOfBrowser()
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, open := v.roots.get(root, c.now); !open {
		root = randomText(18)
	}
	a.root = root
	v.roots.put(root, true, c.now, c.now.Add(v.Lifetimes.LoginPage))
	return a
}

func (c *call) keepAttempt(a *attempt) {
	c.realm.mu.Lock()
	defer c.realm.mu.Unlock()
	c.realm.attempts.put(a.tab, a, c.now, c.now.Add(c.realm.Lifetimes.LoginPage))
}

// beginLogin decides whether the browser's session is enough, and else shows the login page.
func (c *call) beginLogin(client *Client, request authRequest, values url.Values) error {
	current := c.browserSession()
	a := c.newAttempt(client, request, current)
	enough := current != nil && !request.prompts("login") && request.Levels == ""
	most := request.maxAge()
	tooOld := current != nil && most >= 0 && (current.authTime.IsZero() || c.now.Sub(current.authTime).Truncate(time.Second) > most)
	enough = enough && !tooOld
	c.setRootCookies(a.root)
	if request.prompts("none") {
		return c.silentLogin(a, current, enough)
	}
	c.setRestartCookie(values)
	a.mu.Lock()
	defer a.mu.Unlock()
	c.keepAttempt(a)
	if enough {
		a.take(*current)
		return c.proceed(a)
	}
	if current != nil {
		a.known = current.user
		if tooOld || request.prompts("login") {
			a.reason = "Please re-authenticate to continue"
		}
	}
	return c.showLogin(a, pages.Login{})
}

// take continues a login with the session that the browser has.
func (a *attempt) take(s snapshot) {
	a.user, a.authTime, a.fresh, a.remember = s.user, s.authTime, false, s.remember
}

// silentLogin answers prompt=none: with a code, or with why a person would have to be asked (OpenID
// Connect Core §3.1.2.6).
func (c *call) silentLogin(a *attempt, current *snapshot, enough bool) error {
	if !enough {
		return c.answerError(a.request, "login_required", "")
	}
	a.take(*current)
	if a.request.Action != "" || len(c.realm.pending(a.user)) > 0 || c.needsConsent(a) {
		return c.answerError(a.request, "interaction_required", "")
	}
	return c.finish(a)
}
