package realm

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"keystead/realm/pages"
)

// The page of trouble on demand has the switches of the control API, for a person in a browser. It asks for the
// secret once. The API itself stays closed to browsers.

const (
	controlCookie  = "KEYSTEAD_CONTROL"
	wrongSecretHas = time.Second // to wait for its answer
	maxWrong       = 4           // who wait for it at a time
	shownSessions  = 100
)

func (c *call) controlURL() string { return c.issuer() + "/keystead" }

// controlProof is what a browser shows that has sent the secret: it tells nothing of the secret, and is good for the
// page alone.
func (c *call) controlProof() string {
	h := hmac.New(sha256.New, []byte(c.s.secret))
	h.Write([]byte("control page of " + c.realm.Name))
	return base64URL(h.Sum(nil))
}

func (c *call) knowsSecret() bool {
	return c.s.secret != "" && sameSecret(c.cookie(controlCookie), c.controlProof())
}

func (c *call) setControlCookie(value string, maxAge int) {
	http.SetCookie(c.w, &http.Cookie{
		Name: controlCookie, Value: value, Path: c.cookiePath() + "keystead", MaxAge: maxAge,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: c.r.TLS != nil,
	})
}

// controlPage shows the page, or takes one of its forms.
func (c *call) controlPage() error {
	c.noStore()
	switch {
	case c.r.Method == http.MethodPost:
		return c.controlForm()
	case !c.knowsSecret():
		return c.askSecret(http.StatusOK, "")
	}
	return c.showControl(http.StatusOK, "", url.Values{})
}

func (c *call) askSecret(status int, text string) error {
	c.page(status, pages.TroubleSecret{Frame: c.frame(), Action: c.controlURL(), Error: text})
	return nil
}

func (c *call) controlForm() error {
	if err := crossOrigin.Check(c.r); err != nil { // the cookie goes along from every port of this host name
		return refusePage(http.StatusForbidden, "This form was sent by a page of another site, so it was not acted on.")
	}
	form, err := c.form()
	if err != nil {
		return err
	}
	do := form.Get("do")
	switch {
	case do == "open":
		return c.openControl(form.Get("secret"))
	case !c.knowsSecret():
		return c.askSecret(http.StatusUnauthorized, "The realm has a new secret since it was started anew.")
	case do == "forget":
		c.setControlCookie("", -1)
		return c.backToControl("")
	}
	var refused *refusal
	if err := c.act(do, form); errors.As(err, &refused) {
		return c.showControl(refused.status, refused.text, form)
	} else if err != nil {
		return err
	}
	return c.backToControl("?done=" + do)
}

// backToControl shows the page anew, so that loading it again repeats nothing.
func (c *call) backToControl(query string) error {
	c.w.Header().Set("Location", c.controlURL()+query)
	c.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// openControl takes the secret. Wrong ones are answered slowly, and few at a time.
func (c *call) openControl(secret string) error {
	if c.s.secret != "" && sameSecret(secret, c.s.secret) {
		c.setControlCookie(c.controlProof(), 0)
		return c.backToControl("")
	}
	select {
	case c.realm.troubles.wrong <- struct{}{}:
		defer func() { <-c.realm.troubles.wrong }()
	default:
		return c.askSecret(http.StatusTooManyRequests, "Too many wrong secrets at once. Wait a second, and try again.")
	}
	c.hold(wrongSecretHas)
	return c.askSecret(http.StatusUnauthorized, "This is not the secret that the realm has now. It is new at each start, unless it was given.")
}

// act does what a form is for.
func (c *call) act(do string, form url.Values) error {
	switch do {
	case "trouble":
		t, err := troubleIn(form)
		if err != nil {
			return err
		}
		return c.setTrouble(form.Get("endpoint"), t)
	case "end":
		return c.endTrouble(form.Get("endpoint"))
	case "calm":
		return c.calm()
	case "clock":
		seconds, err := numberIn(form, "offset")
		if err != nil {
			return err
		}
		return c.shiftClock(int64(seconds))
	case "rotate":
		return c.rotate(form.Get("algorithm"))
	case "withdraw":
		return c.withdraw(form.Get("kid"))
	case "expire":
		return c.expire(form.Get("sid"))
	case "finish":
		return c.end(form.Get("sid"))
	case "logout":
		return c.logoutNamed(form.Get("user"))
	}
	return refuse(http.StatusBadRequest, "invalid_request", fmt.Sprintf("This page has no form %q.", do))
}

// doneTexts say what a form has done.
var doneTexts = map[string]string{
	"trouble": "It goes wrong from now on.", "end": "It is as usual again.", "calm": "All is as usual again.", "clock": "The clock is set.",
	"rotate": "A new key signs from now on.", "withdraw": "The key was withdrawn.", "expire": "The session has expired.",
	"finish": "The session has ended.", "logout": "The user is signed out everywhere.",
}

func troubleIn(form url.Values) (t trouble, err error) {
	t.Answer = form.Get("answer")
	if t.Answer == answerError {
		if t.Status, err = numberIn(form, "status"); err != nil {
			return t, err
		}
	}
	if t.Delay, err = numberIn(form, "delay"); err != nil || form.Get("times") == "" {
		return t, err
	}
	times, err := numberIn(form, "times")
	t.Times = &times
	return t, err
}

// numberIn reads a whole number from a field; 0 where nothing was typed.
func numberIn(form url.Values, field string) (int, error) {
	text := form.Get(field)
	if text == "" {
		return 0, nil
	}
	number, err := strconv.Atoi(text)
	if err != nil {
		return 0, refuse(http.StatusBadRequest, "invalid_request", fmt.Sprintf("%s must be a whole number, got %q.", field, text))
	}
	return number, nil
}

// showControl shows the page, with an alert and what was typed before when a form was refused.
func (c *call) showControl(status int, alert string, form url.Values) error {
	v := c.realm
	page := pages.Trouble{
		Frame: c.frame(), Action: c.controlURL(), Alert: alert, Set: v.troublesSet(), Clock: v.troubles.clockWords(),
		Now: c.now.UTC().Format("2006-01-02 15:04:05 MST"), Algorithms: signatureAlgorithms,
		Form: pages.TroubleForm{
			Endpoints: choices(endpointTexts, cmp.Or(form.Get("endpoint"), "certs")), Answers: choices(answerTexts, cmp.Or(form.Get("answer"), answerError)),
			Status: form.Get("status"), Delay: form.Get("delay"), Times: form.Get("times"), Offset: form.Get("offset"),
		},
	}
	if alert == "" {
		page.Done = doneTexts[c.r.URL.Query().Get("done")]
	}
	for _, k := range v.keys.published() {
		page.Keys = append(page.Keys, pages.TroubleKey{ID: k.id, Algorithm: k.algorithm, Priority: strconv.FormatInt(k.priority, 10), Use: v.keys.doing(k)})
	}
	sessions := v.listed(nil, c.now)
	for _, s := range sessions {
		if !slices.Contains(page.Users, s.Username) {
			page.Users = append(page.Users, s.Username)
		}
	}
	if more := len(sessions) - shownSessions; more > 0 {
		sessions, page.More = sessions[more:], strconv.Itoa(more)
	}
	for _, s := range slices.Backward(sessions) { // the latest first
		page.Sessions = append(page.Sessions, pages.TroubleSession{
			ID: s.ID, Username: s.Username, Offline: s.Offline, Clients: s.Clients,
			Started: moment(s.Started, c.now), LastUsed: moment(s.LastUsed, c.now), Ends: moment(s.Ends, c.now),
		})
	}
	c.page(status, page)
	return nil
}

// choices are a list to choose from, of values and what they stand for.
func choices(texts [][2]string, chosen string) []pages.TroubleChoice {
	var all []pages.TroubleChoice
	for _, t := range texts {
		all = append(all, pages.TroubleChoice{Value: t[0], Text: t[0] + ": " + t[1], Chosen: t[0] == chosen})
	}
	return all
}
