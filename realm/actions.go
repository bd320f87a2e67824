package realm

import (
	"net/http"
	"slices"

	"keystead/realm/pages"
)

// Executions of the required-action page, by Keycloak's names.
const (
	updatePassword = "UPDATE_PASSWORD"
	grantConsent   = "OAUTH_GRANT"
)

// requiredAction is the page of what a user must, or asked to, do before the login ends.
func (c *call) requiredAction() error {
	a, err := c.attemptOfBrowser()
	if err != nil {
		return err
	}
	defer a.mu.Unlock()
	execution := c.r.URL.Query().Get("execution")
	pending := []string(nil)
	if a.user != nil {
		pending = c.realm.pending(a.user)
	}
	switch {
	case a.finished:
		return c.answerError(a.request, "temporarily_unavailable", "authentication_expired")
	case a.user == nil:
		return c.redirect(c.loginAction("authenticate", a))
	case execution == grantConsent && len(pending) == 0 && c.needsConsent(a):
		return c.showConsent(a)
	case execution == updatePassword && (slices.Contains(pending, updatePassword) || len(pending) == 0 && a.request.Action == updatePassword && a.action == ""):
		if c.r.Method == http.MethodPost {
			return c.changePassword(a)
		}
		return c.showUpdatePassword(a, "", "")
	case len(pending) > 0:
		page := pages.RequiredAction{Frame: c.frame(), Username: a.user.Username, Actions: pending, BackURL: a.client.home(c.base())}
		a.user = nil // so that the login page can be opened again for somebody else
		c.page(http.StatusOK, page)
		return nil
	}
	return c.proceed(a)
}

func (c *call) showUpdatePassword(a *attempt, problem, confirmProblem string) error {
	a.code = randomText(32)
	c.page(http.StatusOK, pages.UpdatePassword{
		Frame: c.frame(), Username: a.user.Username, Error: problem, ConfirmError: confirmProblem,
		Action: c.loginAction("required-action", a, "session_code", a.code, "execution", updatePassword),
		Cancel: a.request.Action == updatePassword && !slices.Contains(c.realm.pending(a.user), updatePassword),
	})
	return nil
}

// changePassword takes the form of the password page.
func (c *call) changePassword(a *attempt) error {
	form, err := c.form()
	if err != nil {
		return err
	}
	if !sameSecret(c.r.URL.Query().Get("session_code"), a.code) {
		return c.redirect(c.loginAction("required-action", a, "execution", updatePassword))
	}
	asked := a.request.Action == updatePassword
	if asked && form.Has("cancel-aia") {
		a.action = "cancelled"
		return c.proceed(a)
	}
	password := form.Get("password-new")
	switch {
	case password == "":
		return c.showUpdatePassword(a, "Please specify password.", "")
	case password != form.Get("password-confirm"):
		return c.showUpdatePassword(a, "", "Passwords don't match.")
	}
	if err := c.realm.CheckPassword(a.user, password); err != nil {
		return c.showUpdatePassword(a, err.Error(), "")
	}
	c.realm.setPassword(a.user, password)
	if form.Get("logout-sessions") == "on" {
		c.endSessions(func() []*session { return c.realm.othersOf(a.user, a.root, c.now) })
	}
	if asked {
		a.action = "success"
	}
	return c.proceed(a)
}

// needsConsent reports whether the user must be asked before the client gets what it wants. A device is
// always asked for: whoever types a code may not know whose it is (RFC 8628 §5.4).
func (c *call) needsConsent(a *attempt) bool {
	if a.consented {
		return false
	}
	if a.device != nil {
		return true
	}
	wanted, _ := resolveScopes(a.client, a.request.Scope)
	return a.client.ConsentRequired && (a.request.prompts("consent") || !c.realm.granted(a.user, a.client, wanted.list))
}

func (c *call) showConsent(a *attempt) error {
	a.code = randomText(32)
	page := pages.Consent{Frame: c.frame(), Action: c.loginAction("consent", a), Client: a.client.title(), Code: a.code}
	wanted, _ := resolveScopes(a.client, a.request.Scope)
	for _, scope := range wanted.list {
		if scope.asksConsent() {
			page.Scopes = append(page.Scopes, scope.consentText())
		}
	}
	c.page(http.StatusOK, page)
	return nil
}

// title is the client's name for people.
func (c *Client) title() string {
	if c.Name != "" && c.Name[0] != '$' {
		return c.Name
	}
	return c.ClientID
}

// consent takes the answer of the consent page.
func (c *call) consent() error {
	a, err := c.attemptOfBrowser()
	if err != nil {
		return err
	}
	defer a.mu.Unlock()
	form, err := c.form()
	if err != nil {
		return err
	}
	switch {
	case a.finished:
		return c.answerError(a.request, "temporarily_unavailable", "authentication_expired")
	case a.user == nil || !sameSecret(form.Get("code"), a.code):
		return c.redirect(c.loginAction("authenticate", a))
	case form.Has("cancel"):
		a.finished = true
		c.clearCookie("KC_RESTART")
		if a.device != nil {
			return c.answerDevice(a.device, deviceDenied, "")
		}
		return c.answerError(a.request, "access_denied", "")
	}
	a.consented = true
	if a.client.ConsentRequired {
		wanted, _ := resolveScopes(a.client, a.request.Scope)
		c.realm.grant(a.user, a.client, wanted.list)
	}
	return c.proceed(a)
}
