//go:build !norealm

package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keystead/auth/authtest"
)

// runOnce runs a command that ends by itself.
func runOnce(t *testing.T, args ...string) (stdout string, err error) {
	t.Helper()
	var out authtest.Log
	err = run(t.Context(), args, nil, nil, &out, &authtest.Log{})
	return out.String(), err
}

// within keeps the files of running realms in a folder of the test's own.
func within(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", home)
	t.Setenv("HOME", home)
	return home
}

func TestRealmListensOnLoopbackOnly(t *testing.T) {
	for _, addr := range []string{":8080", "0.0.0.0:8080", "[::]:8080", "192.168.0.1:8080", "example.com:8080", "localhost.example.com:8080", "localhost", "localhost:0", "localhost:http-x", "localhost:http", "localhost: 8797", ""} {
		_, err := runOnce(t, "realm", "--realm-addr="+addr)
		if err == nil || !strings.Contains(err.Error(), "KEYSTEAD_REALM_ADDR") || !strings.Contains(err.Error(), "loopback") {
			t.Errorf("realm on %q: %v", addr, err)
		}
	}
}

func TestRealmFilesAreReadWithClearErrors(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none.json"): "no such file",
		empty:                           "no file in it ends in .json",
		write("broken.json", "{\n  \"realm\": \n}"): "line 3",
		write("other.json", `{"name": "x"}`):        "is this a realm file?",
	} {
		_, err := runOnce(t, "realm", "--realm-addr=localhost:"+freePort(t), "--realm-file="+path)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), filepath.Base(path)) {
			t.Errorf("%s: %v, want %q and the file's name", path, err, want)
		}
	}
}

func TestRealmAndMint(t *testing.T) {
	home := within(t)
	port := freePort(t)
	args := []string{"token", "mint", "--realm-addr=localhost:" + port}
	if _, err := runOnce(t, append(args, "--user=alice")...); err == nil || !strings.Contains(err.Error(), "no development realm") {
		t.Errorf("mint without a realm: %v", err)
	}
	_, stop := start(t, "realm", "--addr=localhost:"+port)
	get(t, "http://localhost:"+port+"/realms/demo/protocol/openid-connect/certs", "")

	note := filepath.Join(home, "keystead", "realm-localhost-"+port+".json")
	if info, err := os.Stat(note); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the note of the secret: %v, %v; want mode 0600", info, err)
	}
	out, err := runOnce(t, append(args, "--user=alice")...)
	token := strings.TrimSpace(out)
	if err != nil || strings.Count(token, ".") != 2 {
		t.Fatalf("mint: %q, %v", out, err)
	}
	if res := get(t, "http://localhost:"+port+"/realms/demo/protocol/openid-connect/userinfo", token); res.StatusCode != http.StatusOK {
		t.Errorf("userinfo with a minted token = %s", res.Status)
	}
	var answer struct {
		Refresh string `json:"refresh_token"`
	}
	if out, err = runOnce(t, append(args, "--user=bob", "--client=keystead-cli", "--json")...); err != nil || json.Unmarshal([]byte(out), &answer) != nil || answer.Refresh == "" {
		t.Errorf("mint --json: %q, %v", out, err)
	}
	if _, err = runOnce(t, append(args, "--user=nobody")...); err == nil || !strings.Contains(err.Error(), "There are: alice, bob") {
		t.Errorf("mint for nobody: %v", err)
	}
	if _, err = runOnce(t, append(args, "--user=alice", "--realm=demo", "--realm-secret=wrong")...); err == nil || !strings.Contains(err.Error(), "secret") {
		t.Errorf("mint with a wrong secret: %v", err)
	}
	for _, addr := range []string{"192.0.2.1:8080", "example.com:80"} {
		if _, err = runOnce(t, "token", "mint", "--user=alice", "--realm=demo", "--realm-secret=x", "--realm-addr="+addr); err == nil || !strings.Contains(err.Error(), "loopback") {
			t.Errorf("mint at %s: %v", addr, err)
		}
	}
	if err := stop(); err != nil {
		t.Errorf("stopping returned %v", err)
	}
	if _, err := os.Stat(note); !os.IsNotExist(err) {
		t.Errorf("the note is left behind: %v", err)
	}
}

// TestRealmTellsWhatItDoesNotActOn reads the lines of a start: one for all that a realm leaves alone.
func TestRealmTellsWhatItDoesNotActOn(t *testing.T) {
	for text, want := range map[string]string{
		`{"realm": "r", "enabled": true}`:                                                                          "",
		`{"realm": "r", "enabled": true, "organizationsEnabled": true}`:                                            "a part of its file, organizationsEnabled",
		`{"realm": "r", "enabled": true, "organizationsEnabled": true, "sslRequired": "all"}`:                      "2 parts of its file, organizationsEnabled and sslRequired",
		`{"realm": "a r", "enabled": true, "organizationsEnabled": true, "otpPolicyDigits": 8, "loginTheme": "x"}`: "3 parts of its file, such as otpPolicyDigits and organizationsEnabled",
	} {
		file := filepath.Join(t.TempDir(), "realm.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var lines authtest.Log
		r, err := realmSettings{RealmFile: []string{file}}.open("localhost:"+freePort(t), nil, slog.New(slog.NewTextHandler(&lines, nil)))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.close(); err != nil {
			t.Error(err)
		}
		if got := strings.Count(lines.String(), "\n"); want == "" && got != 0 || want != "" && (got != 1 || !strings.Contains(lines.String(), want)) {
			t.Errorf("%s: %s", text, &lines)
		}
		if want != "" && !strings.Contains(lines.String(), "http://"+r.addr+"/realms/") {
			t.Errorf("no address of the report: %s", &lines)
		}
		before := lines.String()
		if _, err := r.files.load(); err != nil || lines.String() != before {
			t.Errorf("%s, read again: %v, %s", text, err, &lines)
		}
	}
}

func TestDev(t *testing.T) {
	within(t)
	app, realm := freePort(t), freePort(t)
	log, stop := start(t, "dev", "--addr=localhost:"+app, "--realm-addr=localhost:"+realm, "--log-format=json")
	for end := time.Now().Add(10 * time.Second); get(t, "http://localhost:"+app+"/readyz", "").StatusCode != http.StatusOK; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never ready: %s", log)
		}
	}
	out, err := runOnce(t, "token", "mint", "--user=alice", "--realm-addr=localhost:"+realm, "--json")
	if err != nil {
		t.Fatal(err)
	}
	var tokens struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if err := json.Unmarshal([]byte(out), &tokens); err != nil {
		t.Fatal(err)
	}
	if res := get(t, "http://localhost:"+app+"/api/admin/reports", tokens.Access); res.StatusCode != http.StatusOK {
		t.Errorf("the app with a token of its realm = %s", res.Status)
	}
	res, err := http.PostForm("http://localhost:"+realm+"/realms/demo/protocol/openid-connect/logout", url.Values{"client_id": {"demo"}, "refresh_token": {tokens.Refresh}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res := get(t, "http://localhost:"+app+"/api/admin/reports", tokens.Access); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("the app with a token of a session that has ended, of which the realm tells it = %s", res.Status)
	}
	if err := stop(); err != nil {
		t.Errorf("stopping returned %v", err)
	}
}

func TestDevRefuses(t *testing.T) {
	within(t)
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"another issuer":              {[]string{"--issuer=https://login.example.com/realms/acme"}, "keystead serve"},
		"a file and no issuer":        {[]string{"--realm-file=mine.json"}, "KEYSTEAD_ISSUER"},
		"an issuer that is not here":  {[]string{"--issuer=http://localhost:8080/realms/other", "--client-id=x", "--audience=x", "--realm-file=deploy/realm/demo-realm.json", "--realm-addr=localhost:" + freePort(t)}, "/realms/demo"},
		"a secret that is too short":  {[]string{"--realm-secret=short"}, "at least 16"},
		"a realm for everybody":       {[]string{"--realm-addr=:8080"}, "KEYSTEAD_REALM_ADDR"},
		"a wrong setting of the app":  {[]string{"--leeway=soon"}, "KEYSTEAD_LEEWAY"},
		"a realm file that is absent": {[]string{"--issuer=http://localhost:8080/realms/x", "--client-id=x", "--audience=x", "--realm-file=absent.json"}, "absent.json"},
	} {
		if _, err := runOnce(t, append([]string{"dev", "--addr=localhost:" + freePort(t)}, tt.args...)...); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

// What is built for deployment has no way to the realm: neither its commands nor its code.
func TestDeploymentLeavesTheRealmOut(t *testing.T) {
	if testing.Short() {
		t.Skip("lists the packages of another build")
	}
	deps, err := exec.Command("go", "list", "-deps", "-tags=norealm", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(deps), "keystead/realm") {
		t.Error("a build with the tag norealm holds the development realm")
	}
}

// A realm file that names the app's addresses gets them from where they are set, and else from the app's own.
func TestAddressesForRealmFiles(t *testing.T) {
	const app, told = "KEYSTEAD_APP_URL", "KEYSTEAD_BACKCHANNEL_LOGOUT_URL"
	for name, tt := range map[string]struct {
		environ           []string
		beside            string // the app that runs beside the realm
		wantApp, wantTold string
	}{
		"nothing is known":   {},
		"an app beside it":   {nil, "http://localhost:1", "http://localhost:1", "http://localhost:1/auth/backchannel-logout"},
		"an app is set":      {[]string{app + "=http://localhost:2"}, "http://localhost:1", "http://localhost:2", "http://localhost:2/auth/backchannel-logout"},
		"an address is set":  {[]string{told + "=http://localhost:3/told"}, "http://localhost:1", "http://localhost:1", "http://localhost:3/told"},
		"an app alone, set":  {[]string{app + "=http://localhost:2"}, "", "http://localhost:2", "http://localhost:2/auth/backchannel-logout"},
		"something else set": {[]string{"KEYSTEAD_OTHER=x"}, "", "", ""},
	} {
		lookup := (&environment{environ: tt.environ}).lookupFor(tt.beside)
		gotApp, appOK := lookup(app)
		gotTold, toldOK := lookup(told)
		if gotApp != tt.wantApp || appOK != (tt.wantApp != "") || toldOK != (tt.wantTold != "") || toldOK && gotTold != tt.wantTold {
			t.Errorf("%s: %q %v, %q %v", name, gotApp, appOK, gotTold, toldOK)
		}
	}
}
