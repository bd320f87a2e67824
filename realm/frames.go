package realm

import (
	"embed"
	"html/template"
	"net/http"
	"time"
)

// The pages that keycloak-js puts into frames. Apps of any origin frame them, and they show nothing.

//go:embed frames
var frameFiles embed.FS

var frameTemplates = template.Must(template.ParseFS(frameFiles, "frames/*.html"))

type frameData struct {
	Nonce     string
	Supported bool
}

func (c *call) framed(name string, data frameData) error {
	data.Nonce = randomText(16)
	h := c.w.Header()
	h.Del("X-Frame-Options")
	h.Set("Content-Type", "text/html;charset=utf-8")
	h.Set("Cache-Control", "no-cache, must-revalidate, no-transform, no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-"+data.Nonce+"'; connect-src 'self'; base-uri 'none'")
	return frameTemplates.ExecuteTemplate(c.w, name, data)
}

// statusFrame watches the browser's session for an app.
func (c *call) statusFrame() error { return c.framed("status.html", frameData{}) }

// statusFrameInit tells the frame whether pages of that origin may know.
func (c *call) statusFrameInit() error {
	query := c.r.URL.Query()
	client := c.realm.Clients[query.Get("client_id")]
	origin := query.Get("origin")
	if client == nil || !client.Enabled || origin != c.base() && !client.originAllowed(origin, c.base()) {
		c.w.WriteHeader(http.StatusForbidden)
		return nil
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

const thirdPartyCookie = "KEYCLOAK_3P_COOKIE"

// thirdPartyStep1 sets a cookie like those of the login, and step 2 tells the app whether it came back
// from within a frame: only then can frames know of the session.
func (c *call) thirdPartyStep1() error {
	c.setCookie(thirdPartyCookie, "supported", time.Minute, true)
	return c.framed("step1.html", frameData{})
}

func (c *call) thirdPartyStep2() error {
	supported := c.cookie(thirdPartyCookie) == "supported"
	c.clearCookie(thirdPartyCookie)
	return c.framed("step2.html", frameData{Supported: supported})
}
