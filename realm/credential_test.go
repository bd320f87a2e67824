package realm

import (
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"
)

// userWith is a realm with one user, who has that credential.
func userWith(t *testing.T, credential map[string]any) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"realm": "r", "enabled": true, "users": []any{
		map[string]any{"username": "ann", "enabled": true, "email": "a@x.de", "firstName": "A", "lastName": "B", "realmRoles": []any{}, "credentials": []any{credential}}}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func hashed(algorithm string, iterations int, parameters string, sum []byte) map[string]any {
	return map[string]any{
		"type":           "password",
		"secretData":     fmt.Sprintf(`{"value":%q,"salt":"c2FsdHNhbHQ="}`, base64.StdEncoding.EncodeToString(sum)),
		"credentialData": fmt.Sprintf(`{"hashIterations":%d,"algorithm":%q,"additionalParameters":%s}`, iterations, algorithm, parameters),
	}
}

var testSalt = []byte("saltsalt")

func TestHostileCredentials(t *testing.T) {
	sum := make([]byte, 32)
	tests := []struct {
		name       string
		credential map[string]any
		want       string
	}{
		{"too much memory", hashed("argon2", 5, `{"memory":["4294967295"]}`, sum), "memory of argon2 must be between 1 and"},
		{"too many passes", hashed("argon2", 1000, `{}`, sum), "hashIterations of argon2 must be"},
		{"no pass", hashed("argon2", 0, `{}`, sum), "hashIterations of argon2 must be"},
		{"too many threads", hashed("argon2", 5, `{"parallelism":["255"]}`, sum), "parallelism of argon2 must be"},
		{"too many iterations", hashed("pbkdf2-sha512", 2000000000, `{}`, sum), "hashIterations of pbkdf2-sha512 must be"},
		{"too long", hashed("pbkdf2-sha512", 1, `{}`, make([]byte, 5000)), "may have 1024 bytes"},
		{"no JSON", map[string]any{"type": "password", "secretData": "geheim", "credentialData": "{}"}, "as JSON in strings"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := Load([]File{{Name: "test.json", Text: []byte(userWith(t, test.credential))}}, nil)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "geheim") {
				t.Errorf("got %v, want …%s…", err, test.want)
			}
		})
	}
}

func TestUncheckableCredentials(t *testing.T) {
	for _, credential := range []map[string]any{
		hashed("bcrypt", 5, `{}`, []byte("x")),
		hashed("argon2", 5, `{"type":["d"]}`, []byte("x")),
		hashed("argon2", 5, `{"version":["1.0"]}`, []byte("x")),
		{"type": "password", "secretData": `{"value":"**********","salt":""}`, "credentialData": "{}"},
	} {
		r, warnings := load(t, userWith(t, credential))
		if len(warnings) != 1 || r.Users[0].Credentials[0].Matches("") || r.Users[0].Credentials[0].Matches("x") {
			t.Errorf("%v: %v", credential, warnings)
		}
	}
	if (Credential{}).Matches("") {
		t.Error("the zero credential matches")
	}
}

func TestCredentialMatches(t *testing.T) {
	pbkdf := func(h func() hash.Hash, n int) []byte {
		sum, err := pbkdf2.Key(h, "right", testSalt, 10, n)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	tests := map[string]map[string]any{
		"plain":         {"value": "right"},
		"pbkdf2":        hashed("pbkdf2", 10, `{}`, pbkdf(sha1.New, 64)),
		"pbkdf2-sha256": hashed("pbkdf2-sha256", 10, `{}`, pbkdf(sha256.New, 32)),
		"pbkdf2-sha512": hashed("pbkdf2-sha512", 10, `{}`, pbkdf(sha512.New, 64)),
		"argon2id":      hashed("argon2", 2, `{"memory":["64"],"type":["id"],"version":["1.3"],"parallelism":["2"]}`, argon2.IDKey([]byte("right"), testSalt, 2, 64, 2, 32)),
		"argon2i":       hashed("argon2", 2, `{"memory":["64"],"type":["i"]}`, argon2.Key([]byte("right"), testSalt, 2, 64, 1, 16)),
		"old form":      {"type": "password", "algorithm": "pbkdf2-sha256", "hashIterations": 10, "salt": "c2FsdHNhbHQ=", "hashedSaltedValue": base64.StdEncoding.EncodeToString(pbkdf(sha256.New, 64))},
	}
	for name, credential := range tests {
		t.Run(name, func(t *testing.T) {
			r, _ := load(t, userWith(t, credential))
			c := r.Users[0].Credentials[0]
			if c.Matches("wrong") || c.Matches("") || !c.Matches("right") {
				t.Error("the password does not match, or another does")
			}
			if shown := fmt.Sprintf("%v %+v %#v %s", c, c, c, c); shown != "[password] [password] [password] [password]" {
				t.Errorf("printed as %s", shown)
			}
		})
	}
}
