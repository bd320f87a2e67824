package parity

import (
	"cmp"
	"flag"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	devrealm "keystead/realm"
)

// The addresses of the app that the demo realm allows, from the variables that its file reads, too.
var (
	appURL  = cmp.Or(os.Getenv("KEYSTEAD_APP_URL"), "http://localhost:8000")
	viteURL = cmp.Or(os.Getenv("KEYSTEAD_VITE_URL"), "http://localhost:3000")
)

// realm is one realm of the server under test.
type realm struct{ base, name string }

// base is the server under test, as its issuers begin; development tells that it is ours.
var (
	base        = strings.TrimSuffix(os.Getenv("KEYSTEAD_PARITY_URL"), "/")
	development bool
)

// TestMain starts the development realm, unless a server is named. It lets more tests run at once than
// there are processors: they mostly wait.
func TestMain(m *testing.M) {
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		_ = parallel.Value.Set("8")
	}
	stop := func() {}
	if base == "" {
		stop = startDevelopmentRealm()
	}
	development = isDevelopmentRealm()
	code := m.Run()
	stop()
	os.Exit(code)
}

// startDevelopmentRealm serves the realms in this process and sets base.
func startDevelopmentRealm() (stop func()) {
	if os.Getenv("KEYSTEAD_PARITY_BACKCHANNEL_URL") == "" {
		_ = os.Setenv("KEYSTEAD_PARITY_BACKCHANNEL_URL", "http://"+freeAddress()+"/") // the realm file is read with it
	}
	var files []devrealm.File
	for _, name := range []string{"../../deploy/realm/demo-realm.json", "../testdata/lab-realm.json", "../testdata/shut-realm.json", "../testdata/account-realm.json", "../testdata/admin-realm.json"} {
		text, err := os.ReadFile(name)
		if err != nil {
			panic(err)
		}
		files = append(files, devrealm.File{Name: name, Text: text})
	}
	realms, _, err := devrealm.Load(files, os.LookupEnv)
	if err != nil {
		panic(err)
	}
	server := devrealm.New(devrealm.Options{Realms: realms})
	go server.MakeKeys()
	ts := httptest.NewServer(server)
	base = strings.Replace(ts.URL, "127.0.0.1", "localhost", 1)
	return ts.Close
}

func freeAddress() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// isDevelopmentRealm asks for what Keycloak does not have.
func isDevelopmentRealm() bool {
	res, err := http.Get(base + "/keystead/pages/style.css")
	if err != nil {
		return false // open tells
	}
	defer res.Body.Close()
	return res.StatusCode == http.StatusOK
}

var ready sync.Map // realm → bool; several tests ask at the same time

// open returns a realm of the server under test.
func open(t testing.TB, name string) realm {
	t.Helper()
	r := realm{base, name}
	if _, known := ready.Load(r); !known {
		r.await(t)
		ready.Store(r, true)
	}
	return r
}

// await waits for the realm: Keycloak answers while it still imports.
func (r realm) await(t testing.TB) {
	t.Helper()
	end := time.Now().Add(20 * time.Second)
	for {
		res, err := http.Get(r.url(""))
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(end) {
			t.Fatalf("realm %s does not answer at %s: %v", r.name, r.base, err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// url is the address of something in the realm; path is "" or begins with a slash.
func (r realm) url(path string) string { return r.base + "/realms/" + r.name + path }

// oidc is the address of an endpoint of the protocol.
func (r realm) oidc(path string) string { return r.url("/protocol/openid-connect" + path) }
