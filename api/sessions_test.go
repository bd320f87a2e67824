package api_test

import (
	"strings"
	"testing"

	"keystead/api"
	"keystead/auth/authtest"
	"keystead/session"
)

// sessionHandler returns a handler whose session login is switched on, in a login mode.
func sessionHandler(t *testing.T, mode string) *api.Handler {
	t.Helper()
	realm := authtest.NewIssuer(t)
	return readyHandler(t, realm, func(o *api.Options) {
		o.Settings.LoginMode, o.SessionClient = mode, authtest.SessionClientID
		sessions, err := session.New(session.Config{
			Keys: o.Keys, Verifier: o.Verifier, Store: o.Store, Log: o.Log, Issuer: realm.URL(), PublicURL: o.Settings.PublicURL,
			ClientID: authtest.SessionClientID, ClientSecret: authtest.SessionClientSecret, Secrets: []string{"a secret that is long enough to be one"},
		})
		if err != nil {
			t.Fatal(err)
		}
		o.Sessions = sessions
	})
}

// Whether somebody is signed in is a question, and its answer no refusal that anybody should look into.
func TestAskingForTheSessionIsNoRefusal(t *testing.T) {
	h := sessionHandler(t, "session")
	if rec := call(h, "GET", "/auth/session", ""); rec.Code != 401 || !strings.Contains(rec.Body.String(), `"code":"session_missing"`) {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	if figures := scrape(t, h); strings.Contains(figures, `decision="refused"`) {
		t.Errorf("it is counted among the refusals: %s", figures)
	}
	call(h, "GET", "/api/me", "")
	if figures := scrape(t, h); !strings.Contains(figures, `keystead_decisions_total{code="token_missing",decision="refused"} 1`) {
		t.Errorf("a call without a session is not: %s", figures)
	}
}

// A person who opens an operation's address goes to the login and comes back; in the other modes the app signs them in, and a
// program gets a problem in each.
func TestNavigationWithoutASession(t *testing.T) {
	for _, tt := range []struct {
		mode, header string
		status       int
		location     string
	}{
		{"session", "Sec-Fetch-Mode: navigate", 302, "/auth/login?return_to=%2Fapi%2Fnotes%3Flimit%3D5"},
		{"session", "Sec-Fetch-Mode: cors", 401, ""},
		{"login-required", "Sec-Fetch-Mode: navigate", 200, ""},
	} {
		rec := call(sessionHandler(t, tt.mode), "GET", "/api/notes?limit=5", "", tt.header)
		if rec.Code != tt.status || rec.Header().Get("Location") != tt.location || rec.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s, %s = %d, Location %q, %s", tt.mode, tt.header, rec.Code, rec.Header().Get("Location"), rec.Header().Get("Cache-Control"))
		}
	}
}
