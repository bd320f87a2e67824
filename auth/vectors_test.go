package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// vectorFile is what is used here of a file of Project Wycheproof's JOSE vectors.
type vectorFile struct {
	TestGroups []struct {
		Comment         string
		Public, Private json.RawMessage // a key, or a set of keys
		Tests           []struct {
			ID      int `json:"tcId"`
			Comment string
			JWS     any // an object for JSON serialization; absent for encryption
			Result  string
		}
	}
}

// TestVectors judges the signatures of Project Wycheproof's JOSE vectors. Their payloads are no
// claims, so it asks what comes before those.
func TestVectors(t *testing.T) {
	files, err := filepath.Glob("../../shared/vectors/json_web_*_test.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("the vectors of Project Wycheproof are not on this machine")
	}
	verified, refused := 0, 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var file vectorFile
		if err := json.Unmarshal(text, &file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, group := range file.TestGroups {
			keys := group.Public
			if keys == nil {
				keys = group.Private
			}
			v := verifierOf(t, keys)
			for _, tt := range group.Tests {
				if tt.JWS == nil {
					continue
				}
				_, _, _, err := v.open(t.Context(), fmt.Sprint(tt.JWS))
				switch {
				case err == nil && tt.Result == "valid":
					verified++
				case err != nil && tt.Result != "valid":
					refused++
				case errors.Is(err, ErrTokenAlgorithm):
					// An HMAC, or an algorithm other than the one that the key names for itself: RFC
					// 7520's examples use one key for several.
				case tt.Comment == "Figure27" && errors.Is(err, ErrTokenKeyUnknown):
					// A key for an algorithm ES521, which does not exist.
				case tt.Comment == "InvalidCharacterInsertedInHeader":
					// An HMAC, too, of a token that is not base64url.
				default:
					t.Errorf("%s, %s, %d %s: %s, got %v", filepath.Base(name), group.Comment, tt.ID, tt.Comment, tt.Result, err)
				}
			}
		}
	}
	if verified < 30 || refused < 350 {
		t.Errorf("only %d were verified and %d refused: the files are not what they were", verified, refused)
	}
}

// verifierOf returns a verifier for all algorithms with exactly these keys.
func verifierOf(t *testing.T, keys json.RawMessage) *Verifier {
	t.Helper()
	var set struct{ Keys []json.RawMessage }
	if err := json.Unmarshal(keys, &set); err != nil {
		t.Fatal(err)
	}
	if set.Keys == nil {
		set.Keys = []json.RawMessage{keys}
	}
	k := NewKeys(KeysConfig{Issuer: "none"})
	k.set.Store(&keySet{byID: signingKeys(set.Keys), fetched: time.Now()})
	k.budget.SetBurst(0) // there is no realm to ask
	var names []string
	for _, alg := range algorithms {
		names = append(names, alg.name)
	}
	v, err := NewVerifier(VerifierConfig{Keys: k, InsecureSkipAudience: true, Algorithms: names})
	if err != nil {
		t.Fatal(err)
	}
	return v
}
