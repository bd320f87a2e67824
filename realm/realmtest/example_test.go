package realmtest_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"keystead/realm/realmtest"
)

// The realm refuses requests for its keys twice, and then withdraws the key that it signs with.
func Example() {
	t := &testing.T{} // in a test, its own
	realm := realmtest.Start(t)

	keys := realm.Issuer + "/protocol/openid-connect/certs"
	realm.Trouble("certs", realmtest.Trouble{Answer: "error", Status: http.StatusServiceUnavailable, Times: 2})
	for range 3 {
		res, err := http.Get(keys)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		fmt.Println("keys:", res.Status)
	}

	token := realm.Token("alice", realmtest.Client("keystead-cli"), realmtest.Scope("openid"))
	ask := func() {
		req, err := http.NewRequest("GET", realm.Issuer+"/protocol/openid-connect/userinfo", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		fmt.Println("userinfo:", res.Status)
	}
	ask()
	for _, key := range realm.Keys() {
		if key.Algorithm == "RS256" {
			realm.WithdrawKey(key.ID)
		}
	}
	ask()

	realm.ShiftClock(-time.Hour) // what is issued now is expired in an app whose clock is right
	realm.Calm()
	// Output:
	// keys: 503 Service Unavailable
	// keys: 503 Service Unavailable
	// keys: 200 OK
	// userinfo: 200 OK
	// userinfo: 401 Unauthorized
}
