package realm

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// Everything that the realm signs must verify in a library that knows nothing of it.
func TestSignaturesVerifyElsewhere(t *testing.T) {
	k := newKeyring("test")
	k.provide(nil, "RS256", signatureAlgorithms)
	set := struct {
		Keys []any `json:"keys"`
	}{}
	for _, key := range k.published() {
		set.Keys = append(set.Keys, key.published())
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := jwk.Parse(text)
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	for _, algorithm := range signatureAlgorithms {
		body := newObject()
		body.set("hello", algorithm)
		token, err := k.sign(algorithm, "JWT", body)
		if err != nil {
			t.Fatal(err)
		}
		key, ok := theirs.LookupKeyID(k.signer(algorithm).id)
		if !ok {
			t.Fatalf("%s: the key is not published", algorithm)
		}
		if _, err := jws.Verify([]byte(token), jws.WithKey(jwa.SignatureAlgorithm(algorithm), key)); err != nil {
			t.Errorf("%s: %v", algorithm, err)
		}
		var read map[string]any
		if err := k.verify(token, &read); err != nil || read["hello"] != algorithm {
			t.Errorf("%s: our own reading: %v %v", algorithm, read, err)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	k := newKeyring("test")
	k.provide(nil, "RS256", []string{"PS256", "ES256"})
	other := newKeyring("other")
	other.provide(nil, "RS256", nil)
	body := newObject()
	body.set("a", 1)
	good, _ := k.sign("RS256", "JWT", body)
	foreign, _ := other.sign("RS256", "JWT", body)
	mac, _ := k.sign("HS512", "JWT", body)
	parts := strings.Split(good, ".")
	header := func(text string) string { return base64URL([]byte(text)) }
	id := k.signer("RS256").id
	// The public key as an HMAC secret: the oldest trick (RFC 8725 §2.1).
	public := must(x509.MarshalPKIXPublicKey(k.signer("RS256").private.Public()))
	confused := signingInput("HS256", "JWT", id, []byte(`{"a":2}`))
	forger := &keyring{secret: public}
	// The right key, but an algorithm that it is not for.
	other384 := signingInput("RS384", "JWT", id, []byte(`{"a":2}`))
	hashed := sha512.Sum384([]byte(other384))
	signed384 := must(rsa.SignPKCS1v15(rand.Reader, k.signer("RS256").private.(*rsa.PrivateKey), crypto.SHA384, hashed[:]))
	tests := map[string]string{
		"another hash of the key": other384 + "." + base64URL(signed384),
		"nothing":                 "",
		"two parts":               parts[0] + "." + parts[1],
		"no signature":            parts[0] + "." + parts[1] + ".",
		"another payload":         parts[0] + "." + base64URL([]byte(`{"a":2}`)) + "." + parts[2],
		"alg none":                header(`{"alg":"none","kid":"`+id+`"}`) + "." + parts[1] + ".",
		"another algorithm":       header(`{"alg":"PS256","kid":"`+id+`"}`) + "." + parts[1] + "." + parts[2],
		"another realm's key":     foreign,
		"an unknown key":          header(`{"alg":"RS256","kid":"x"}`) + "." + parts[1] + "." + parts[2],
		"the public key as HMAC":  confused + "." + base64URL(forger.mac("HS256", confused)),
		"the secret's id with RS": header(`{"alg":"RS256","kid":"`+k.secretID+`"}`) + "." + strings.Split(mac, ".")[1] + "." + strings.Split(mac, ".")[2],
	}
	for name, token := range tests {
		var out map[string]any
		if err := k.verify(token, &out); err == nil {
			t.Errorf("%s was accepted: %v", name, out)
		}
	}
}

func TestKeysFromTheFile(t *testing.T) {
	private := must(rsa.GenerateKey(rand.Reader, 2048))
	text := base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PrivateKey(private))
	file := strings.Replace(small, `"realm": "small"`, `"realm": "small", "components": {"org.keycloak.keys.KeyProvider": [
		{"name": "mine", "providerId": "rsa-generated", "config": {"privateKey": ["`+text+`"], "priority": ["150"], "keyUse": ["SIG"]}},
		{"name": "redacted", "providerId": "rsa-enc-generated", "config": {"privateKey": ["**********"], "priority": ["100"]}}
	]}`, 1)
	ts := newTestServer(t, file)
	sum := sha256.Sum256(must(x509.MarshalPKIXPublicKey(crypto.PublicKey(&private.PublicKey))))
	want := base64URL(sum[:])
	token := ts.token("grant_type", "password", "client_id", "cli", "username", "ben", "password", "ben").member("access_token")
	head, _ := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
	if !strings.Contains(string(head), want) {
		t.Errorf("signed by %s, want the file's key %s", head, want)
	}
	var set struct {
		Keys []struct{ Kid, Alg, Use string }
	}
	if err := json.Unmarshal([]byte(ts.do(http.DefaultClient, ts.request("GET", realmPath+oidc+"/certs", nil)).text), &set); err != nil {
		t.Fatal(err)
	}
	if len(set.Keys) != 2 || set.Keys[0].Kid != want || set.Keys[1].Alg != "RSA-OAEP" || set.Keys[1].Use != "enc" {
		t.Errorf("published: %+v", set.Keys)
	}
}

func TestRotation(t *testing.T) {
	ts := newTestServer(t)
	before := ts.token("grant_type", "password", "client_id", "cli", "username", "ben", "password", "ben", "scope", "openid")
	if res := ts.control("POST", "/rotate-keys", `{"algorithm":"RS256"}`); res.StatusCode != http.StatusNoContent {
		t.Fatal(res.text)
	}
	if res := ts.do(http.DefaultClient, ts.request("GET", realmPath+oidc+"/userinfo", nil, "Authorization", "Bearer "+before.member("access_token"))); res.StatusCode != http.StatusOK {
		t.Errorf("a token of the old key = %s", res.Status)
	}
	after := ts.token("grant_type", "refresh_token", "client_id", "cli", "refresh_token", before.member("refresh_token"))
	kid := func(a answer) string { return strings.Split(a.member("access_token"), ".")[0] }
	if after.StatusCode != http.StatusOK || kid(after) == kid(before) {
		t.Errorf("refresh after the rotation = %s, same key %v", after.Status, kid(after) == kid(before))
	}
	keys := ts.realm.current()["small"].keys.published()
	if len(keys) != 3 || keys[0] != ts.realm.current()["small"].keys.signer("RS256") {
		t.Errorf("%d keys, the new one is not the first", len(keys))
	}
}

// Discovery and pages do not wait for keys, tokens do, and nobody is turned away.
func TestRequestsBeforeTheKeys(t *testing.T) {
	realms, _, err := Load([]File{{"small", []byte(small)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	server := New(Options{Realms: realms})
	for _, path := range []string{realmPath + "/.well-known/openid-configuration", plainAuth, "/"} {
		req, _ := http.NewRequest("GET", "http://localhost"+path, nil)
		if rec := record(server, req); rec.Code != http.StatusOK {
			t.Errorf("GET %s = %d", path, rec.Code)
		}
	}
	done := make(chan int)
	go func() {
		req, _ := http.NewRequest("GET", "http://localhost"+realmPath+oidc+"/certs", nil)
		done <- record(server, req).Code
	}()
	select {
	case code := <-done:
		t.Errorf("the key set was answered without keys: %d", code)
	case <-time.After(20 * time.Millisecond):
	}
	server.MakeKeys()
	if code := <-done; code != http.StatusOK {
		t.Errorf("the key set = %d", code)
	}
	if !slices.Equal(server.Names(), []string{"small"}) {
		t.Errorf("names: %v", server.Names())
	}
}

// No text is taken for a token of the realm but what it has signed itself.
func FuzzVerify(f *testing.F) {
	k := newKeyring("test")
	k.provide(nil, "RS256", nil)
	body := newObject()
	body.set("typ", "Bearer")
	for _, algorithm := range []string{"RS256", "HS512"} {
		token, err := k.sign(algorithm, "JWT", body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(strings.Replace(token, ".", "..", 1))
		f.Add(token[:len(token)-4])
	}
	f.Add("")
	f.Add("..")
	f.Add("e30.e30.")
	f.Fuzz(func(t *testing.T, token string) {
		var out map[string]any
		if k.verify(token, &out) == nil {
			t.Errorf("%q was accepted: %v", token, out)
		}
	})
}
