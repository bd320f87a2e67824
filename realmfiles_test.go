//go:build !norealm

package main

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keystead/auth/authtest"
)

// realmTokens are what the token endpoint of a realm answers.
type realmTokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Error   string `json:"error_description"`
}

func askForTokens(t *testing.T, issuer string, form url.Values) realmTokens {
	t.Helper()
	res, err := http.PostForm(issuer+"/protocol/openid-connect/token", form)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var tokens realmTokens
	if err := json.NewDecoder(res.Body).Decode(&tokens); err != nil {
		t.Fatal(err)
	}
	return tokens
}

func userinfo(t *testing.T, issuer, token string) (status int, body string) {
	t.Helper()
	res := get(t, issuer+"/protocol/openid-connect/userinfo", token)
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

var aliceByPassword = url.Values{"grant_type": {"password"}, "client_id": {"keystead-cli"}, "username": {"alice"}, "password": {"alice"}, "scope": {"openid"}}

// startRealm runs a development realm and waits until it answers.
func startRealm(t *testing.T, args ...string) (issuer string, log *authtest.Log, stop func() error) {
	t.Helper()
	port := freePort(t)
	log, stop = start(t, append([]string{"realm", "--addr=localhost:" + port}, args...)...)
	issuer = "http://localhost:" + port + "/realms/demo"
	get(t, issuer, "")
	return issuer, log, stop
}

func TestRealmFilesAreReadAgain(t *testing.T) {
	within(t)
	demo, err := os.ReadFile("deploy/realm/demo-realm.json")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("demo.json", string(demo))
	issuer, log, _ := startRealm(t, "--realm-file="+dir)
	tokens := askForTokens(t, issuer, aliceByPassword)
	email := func(want string) func() bool {
		return func() bool {
			_, body := userinfo(t, issuer, tokens.Access)
			return strings.Contains(body, `"email":"`+want+`"`)
		}
	}
	eventually(t, patience, "alice's address", email("alice@example.com"))

	changed := strings.ReplaceAll(string(demo), "alice@example.com", "alice@changed.example")
	write("demo.json", changed)
	eventually(t, patience, "the new address", email("alice@changed.example"))
	eventually(t, patience, "a line that says what has changed", func() bool { return strings.Contains(log.String(), `"changed":"users[alice]"`) })

	write("demo.json", changed[:len(changed)/2])
	eventually(t, patience, "a line that says what is wrong", func() bool {
		return strings.Contains(log.String(), "cannot be served") && strings.Contains(log.String(), "demo.json, line")
	})
	if next := askForTokens(t, issuer, url.Values{"grant_type": {"refresh_token"}, "client_id": {"keystead-cli"}, "refresh_token": {tokens.Refresh}}); next.Access == "" {
		t.Errorf("with a file that cannot be read, what was read before does not go on: %s", next.Error)
	}

	write("demo.json", changed)
	write("second.json", `{"realm": "second", "enabled": true}`)
	other := strings.Replace(issuer, "/demo", "/second", 1)
	eventually(t, patience, "a realm in a file that was added", func() bool { return get(t, other, "").StatusCode == http.StatusOK })
}

// The folder of the realm files, of whatever name, may keep the state, too.
func TestRealmFilesAndStateInOneFolder(t *testing.T) {
	within(t)
	dir := filepath.Join(t.TempDir(), "realms [mine]")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "small.json"), []byte(`{"realm": "demo", "enabled": true}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"at first", "again"} {
		_, log, stop := startRealm(t, "--realm-file="+dir, "--state="+dir)
		eventually(t, patience, "the state", func() bool { _, err := os.Stat(filepath.Join(dir, "demo.state.json")); return err == nil })
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(log.String(), "cannot be served") {
			t.Errorf("%s: %s", when, log)
		}
	}
}

func TestRealmStateOutlivesARestart(t *testing.T) {
	within(t)
	dir := filepath.Join(t.TempDir(), "state")
	port := freePort(t)
	issuer := "http://localhost:" + port + "/realms/demo"
	begin := func() func() error {
		_, stop := start(t, "realm", "--addr=localhost:"+port, "--state="+dir)
		get(t, issuer, "")
		return stop
	}
	stop := begin()
	tokens := askForTokens(t, issuer, aliceByPassword)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "demo.state.json")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the state: %v, %v; want mode 0600", info, err)
	}

	stop = begin()
	if status, body := userinfo(t, issuer, tokens.Access); status != http.StatusOK {
		t.Errorf("a token from before the restart = %d %s", status, body)
	}
	if next := askForTokens(t, issuer, url.Values{"grant_type": {"refresh_token"}, "client_id": {"keystead-cli"}, "refresh_token": {tokens.Refresh}}); next.Access == "" {
		t.Errorf("a refresh token from before the restart: %s", next.Error)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}

	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := runOnce(t, "realm", "--addr=localhost:"+port, "--state="+dir); err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "KEYSTEAD_REALM_STATE") {
		t.Errorf("with a state that cannot be read: %v", err)
	}
	if _, err := runOnce(t, "realm", "--addr=localhost:"+port, "--state="+file); err == nil || !strings.Contains(err.Error(), "must name a folder") {
		t.Errorf("with a file in the place of the folder: %v", err)
	}
}

// What was kept a moment ago is there even when the program is killed.
func TestRealmStateOutlivesAKill(t *testing.T) {
	within(t)
	dir := t.TempDir()
	issuer, log, _ := startRealm(t, "--state="+dir)
	tokens := askForTokens(t, issuer, aliceByPassword)
	sid := sidOf(t, tokens.Access)
	eventually(t, patience, "the session is in the file", func() bool {
		text, err := os.ReadFile(filepath.Join(dir, "demo.state.json"))
		return err == nil && strings.Contains(string(text), sid)
	})
	if strings.Contains(log.String(), "could not be written") {
		t.Errorf("log: %s", log)
	}

	// A folder that somebody removes is made again; where there can be none, the log says so once.
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	askForTokens(t, issuer, aliceByPassword)
	eventually(t, patience, "the folder is there again", func() bool { _, err := os.Stat(filepath.Join(dir, "demo.state.json")); return err == nil })
	if err := errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	askForTokens(t, issuer, aliceByPassword)
	complaints := func() int { return strings.Count(log.String(), "could not be written") }
	eventually(t, patience, "the log says that nothing is kept", func() bool { return complaints() > 0 })
	time.Sleep(2 * saveInterval)
	if n := complaints(); n != 1 {
		t.Errorf("the log says %d times that nothing is kept", n)
	}
}
