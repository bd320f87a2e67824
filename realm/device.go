package realm

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"time"

	"keystead/realm/pages"
)

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// device is a device authorization request (RFC 8628). Its fields are guarded by the realm's lock.
type device struct {
	deviceCode, userCode string
	client               string // its id
	request              authRequest
	session              string // once approved
	state                deviceState
	polled               time.Time
	expires              time.Time
}

type deviceState int

const (
	devicePending deviceState = iota
	deviceApproved
	deviceDenied
)

// deviceRequest gives a device its codes.
func (c *call) deviceRequest() error {
	client, form, err := c.clientForm()
	if err != nil {
		return err
	}
	if len(form.Encode()) > maxRequest {
		return refuse(http.StatusBadRequest, "invalid_request", "The request is too long")
	}
	if !client.DeviceFlow {
		return refuse(http.StatusBadRequest, "unauthorized_client", "Client is not allowed to initiate OAuth 2.0 Device Authorization Grant. The flow is disabled for the client.")
	}
	request := authRequest{Scope: form.Get("scope"), Nonce: form.Get("nonce"), Challenge: form.Get("code_challenge"), ChallengeMethod: form.Get("code_challenge_method"), MaxAge: -1}
	if _, ok := resolveScopes(client, request.Scope); !ok {
		return refuse(http.StatusBadRequest, "invalid_scope", "Invalid scopes: "+request.Scope)
	}
	if text := pkceFlaw(client, request.Challenge, request.ChallengeMethod); text != "" {
		return refuse(http.StatusBadRequest, "invalid_request", text)
	}
	v := c.realm
	d := &device{deviceCode: randomText(32), userCode: newUserCode(), client: client.ClientID, request: request, expires: c.now.Add(v.Lifetimes.DeviceCode)}
	v.mu.Lock()
	v.devices.put(d.deviceCode, d, c.now, d.expires.Add(codeMemory))
	v.userCodes.put(d.userCode, d, c.now, d.expires)
	v.mu.Unlock()
	answer := newObject()
	answer.set("device_code", d.deviceCode)
	answer.set("user_code", d.userCode)
	answer.set("verification_uri", c.issuer()+"/device")
	answer.set("verification_uri_complete", c.issuer()+"/device?user_code="+d.userCode)
	answer.set("expires_in", int(v.Lifetimes.DeviceCode.Seconds()))
	answer.set("interval", int(v.Lifetimes.DevicePollInterval.Seconds()))
	c.w.Header().Set("Cache-Control", "no-store, must-revalidate, max-age=0")
	return c.json(answer)
}

// newUserCode returns eight letters that a person can type, ABCD-EFGH.
func newUserCode() string {
	b := make([]byte, 8)
	rand.Read(b)
	for i := range b {
		b[i] = 'A' + b[i]%26
	}
	return string(b[:4]) + "-" + string(b[4:])
}

// devicePage is where a person types the code that a device shows.
func (c *call) devicePage() error {
	code := c.r.URL.Query().Get("user_code")
	if c.r.Method == http.MethodPost {
		if err := c.ownPage(); err != nil {
			return err
		}
		form, err := c.form()
		if err != nil {
			return err
		}
		code = form.Get("device_user_code")
	}
	page := pages.Device{Frame: c.frame(), Action: c.issuer() + "/device", UserCode: code}
	if code == "" && c.r.Method != http.MethodPost {
		c.page(http.StatusOK, page)
		return nil
	}
	c.realm.mu.Lock()
	d, ok := c.realm.userCodes.get(strings.ToUpper(strings.TrimSpace(code)), c.now)
	ok = ok && d.state == devicePending && c.realm.Clients[d.client] != nil
	c.realm.mu.Unlock()
	if !ok {
		page.Error = "Invalid code, please try again."
		c.page(http.StatusOK, page)
		return nil
	}
	return c.beginDeviceLogin(d)
}

// beginDeviceLogin begins a login that ends with the device's consent page.
func (c *call) beginDeviceLogin(d *device) error {
	current := c.browserSession()
	a := c.newAttempt(c.realm.Clients[d.client], d.request, current)
	a.device = d
	c.setRootCookies(a.root)
	c.setRestartCookie(url.Values{"user_code": {d.userCode}})
	if current != nil {
		a.take(*current)
	}
	c.keepAttempt(a)
	return c.redirect(c.loginAction("authenticate", a))
}

// answerDevice notes what a person has decided about a device, in time and once: whoever else was asked for
// the same code changes nothing any more.
func (c *call) answerDevice(d *device, decision deviceState, session string) error {
	c.realm.mu.Lock()
	open := d.state == devicePending && c.now.Before(d.expires)
	if open {
		d.state, d.session = decision, session
	}
	c.realm.mu.Unlock()
	switch {
	case !open:
		return c.redirect(c.issuer() + "/device/status?error=expired_token")
	case decision == deviceDenied:
		return c.redirect(c.issuer() + "/device/status?error=access_denied")
	}
	return c.redirect(c.issuer() + "/device/status")
}

// deviceStatus tells the person at the browser how it went; the device learns it by asking.
func (c *call) deviceStatus() error {
	message := pages.Message{Frame: c.frame(), Title: "Device Login Successful", Text: "You may close this browser window and go back to your device."}
	switch c.r.URL.Query().Get("error") {
	case "":
	case "expired_token":
		message.Title, message.Text, message.Error = "Device Login Failed", "The code was used already, or it has expired. Start again on the device.", true
	default:
		message.Title, message.Text, message.Error = "Device Login Failed", "Consent denied for connecting the device.", true
	}
	c.page(http.StatusOK, message)
	return nil
}
