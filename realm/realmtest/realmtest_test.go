package realmtest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// claims reads the payload of a token.
func claims(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("no token: %d parts", len(parts))
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func (r *Realm) refresh(t *testing.T, tokens Tokens) (status int, text string) {
	t.Helper()
	res, err := http.PostForm(r.Issuer+"/protocol/openid-connect/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {"demo"}, "refresh_token": {tokens.Refresh}})
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestTokens(t *testing.T) {
	r := Start(t)
	got := claims(t, r.Token("alice"))
	if got["iss"] != r.Issuer || got["preferred_username"] != "alice" || got["azp"] != "demo" {
		t.Errorf("a token: %v", got)
	}
	got = claims(t, r.Token("bob", Client("keystead-cli"), Scope("openid"), Claims(map[string]any{"department": "x", "exp": 5, "jti": nil})))
	if got["preferred_username"] != "bob" || got["azp"] != "keystead-cli" || got["department"] != "x" || got["exp"] != 5.0 || got["jti"] != nil {
		t.Errorf("a token as it was asked for: %v", got)
	}
	if all := r.Tokens("alice"); claims(t, all.ID)["typ"] != "ID" || claims(t, all.Refresh)["typ"] != "Refresh" {
		t.Errorf("tokens of the wrong kinds: %v, %v", claims(t, all.ID), claims(t, all.Refresh))
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(realm string) string {
		path := filepath.Join(dir, "realm.json")
		if realm != "first" {
			path = filepath.Join(dir, "other.json")
		}
		text := fmt.Sprintf(`{"realm": %q, "enabled": true, "users": [{"username": "zoe", "enabled": true, "email": "z@example.com", "firstName": "Z", "lastName": "Z"}],
			"clients": [{"clientId": "app-of-${KEYSTEAD_TEST_NAME:nobody}", "publicClient": true, "redirectUris": ["http://localhost/*"]}]}`, realm)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Setenv("KEYSTEAD_TEST_NAME", "zoe")
	r := Start(t, write("first"), write("a realm"))
	for name, want := range map[*Realm]string{r: "/realms/first", r.Of("a realm"): "/realms/a%20realm"} {
		if got := claims(t, name.Token("zoe")); got["iss"] != r.URL+want || name.Issuer != r.URL+want || got["azp"] != "app-of-zoe" {
			t.Errorf("%s: %v", want, got)
		}
	}
}

func TestKeys(t *testing.T) {
	r := Start(t)
	kid := func() string {
		header, _ := base64.RawURLEncoding.DecodeString(strings.Split(r.Token("alice"), ".")[0])
		var h struct{ Kid string }
		_ = json.Unmarshal(header, &h)
		return h.Kid
	}
	first := kid()
	r.RotateKeys()
	if kid() == first {
		t.Error("after a rotation the old key signs")
	}
	r.WithdrawKey(kid())
	if kid() != first || len(r.Keys()) != 2 {
		t.Errorf("after the withdrawal of the new key, %d keys: %+v", len(r.Keys()), r.Keys())
	}
}

func TestTroubleAndCalm(t *testing.T) {
	r := Start(t)
	r.Trouble("token", Trouble{Answer: "error", Status: 500, Times: 1})
	if status, text := r.refresh(t, r.Tokens("alice")); status != 500 {
		t.Errorf("one error: %d %s", status, text)
	}
	r.Trouble("token", Trouble{Delay: 30 * time.Millisecond})
	began := time.Now()
	if status, text := r.refresh(t, r.Tokens("alice")); status != http.StatusOK || time.Since(began) < 30*time.Millisecond {
		t.Errorf("late: %d %s after %v", status, text, time.Since(began))
	}
	r.Trouble("all", Trouble{Answer: "reset"})
	r.Trouble("token", Trouble{Answer: "error"})
	if status, text := r.refresh(t, r.Tokens("alice")); status != http.StatusServiceUnavailable {
		t.Errorf("an error without a status: %d %s", status, text)
	}
	r.ShiftClock(-time.Hour)
	if iat := claims(t, r.Token("alice"))["iat"].(float64); time.Since(time.Unix(int64(iat), 0)).Round(time.Minute) != time.Hour {
		t.Errorf("an hour behind, a token was issued at %v", iat)
	}
	r.Calm()
	if status, text := r.refresh(t, r.Tokens("alice")); status != http.StatusOK {
		t.Errorf("when all is calm: %d %s", status, text)
	}
	if iat := claims(t, r.Token("alice"))["iat"].(float64); time.Since(time.Unix(int64(iat), 0)) > time.Minute {
		t.Errorf("when all is calm, a token was issued at %v", iat)
	}
}

func TestSessions(t *testing.T) {
	r := Start(t)
	for name, end := range map[string]func(sid string){
		"expire": r.ExpireSession, "end": r.EndSession, "sign out": func(string) { r.SignOut("alice") },
	} {
		tokens, others := r.Tokens("alice"), r.Tokens("bob")
		mine := r.Sessions()[0]
		if mine.Username != "alice" || mine.ID != claims(t, tokens.Access)["sid"] || mine.Clients[0] != "demo" || mine.Ends.Before(mine.Started) {
			t.Errorf("%s: the session %+v", name, mine)
		}
		end(mine.ID)
		if status, text := r.refresh(t, tokens); status != http.StatusBadRequest || !strings.Contains(text, "Session not active") {
			t.Errorf("%s: refresh = %d %s", name, status, text)
		}
		if status, text := r.refresh(t, others); status != http.StatusOK {
			t.Errorf("%s: another's refresh = %d %s", name, status, text)
		}
		r.SignOut("bob")
		if left := r.Sessions(); len(left) != 0 {
			t.Errorf("%s: left are %+v", name, left)
		}
	}
}

// failing is a test that ends.
type failing struct {
	testing.TB
	said string
}

func (f *failing) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// What cannot be done ends the test, with the realm's words.
func TestErrorsEndTheTest(t *testing.T) {
	r := Start(t)
	for want, do := range map[string]func(*Realm){
		"There are: alice, bob": func(r *Realm) { r.Token("nobody") },
		"There is no endpoint":  func(r *Realm) { r.Trouble("nope", Trouble{Answer: "hang"}) },
		"There is no key":       func(r *Realm) { r.WithdrawKey("nope") },
		"There is no session":   func(r *Realm) { r.EndSession("no/pe") },
		"ten years":             func(r *Realm) { r.ShiftClock(20 * 365 * 24 * time.Hour) },
	} {
		f := &failing{TB: t}
		other := *r
		other.t = f
		done := make(chan bool)
		go func() {
			defer close(done)
			do(&other)
			t.Errorf("nothing was said, want %q", want)
		}()
		<-done
		if !strings.Contains(f.said, want) {
			t.Errorf("%q, want %q", f.said, want)
		}
	}
}

// A test that leaves a request hanging does not wait for it.
func TestEndsWithRequestsThatHang(t *testing.T) {
	var began time.Time
	t.Run("", func(t *testing.T) {
		r := Start(t)
		r.Trouble("certs", Trouble{Answer: "hang"})
		go func() {
			if res, err := http.Get(r.Issuer + "/protocol/openid-connect/certs"); err == nil {
				res.Body.Close()
			}
		}()
		time.Sleep(50 * time.Millisecond)
		began = time.Now()
	})
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("the end took %v", took)
	}
}
