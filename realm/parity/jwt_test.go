package parity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"
)

var b64 = base64.RawURLEncoding

// jwt is a token in compact form, taken apart.
type jwt struct {
	raw            string
	header, claims map[string]any
}

// decode takes a token apart, without looking at its signature.
func decode(t testing.TB, raw string) jwt {
	t.Helper()
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		t.Fatalf("not a JWT: %s", short(raw, 200))
	}
	token := jwt{raw: raw}
	for i, into := range []*map[string]any{&token.header, &token.claims} {
		text, err := b64.DecodeString(parts[i])
		if err == nil {
			err = json.Unmarshal(text, into)
		}
		if err != nil {
			t.Fatalf("part %d of the token %s: %v", i, short(raw, 200), err)
		}
	}
	return token
}

// verified takes a token apart after having checked its signature with the keys that the realm publishes.
func (r realm) verified(t testing.TB, raw string) jwt {
	t.Helper()
	token := decode(t, raw)
	keys := get(t, r.oidc("/certs")).want(200).json()["keys"].([]any)
	for _, each := range keys {
		key := each.(map[string]any)
		if key["kid"] != token.header["kid"] {
			continue
		}
		if key["alg"] != token.header["alg"] || key["use"] != "sig" {
			t.Errorf("the token says alg %v, its key %v for %v", token.header["alg"], key["alg"], key["use"])
		}
		if err := verify(key, raw); err != nil {
			t.Errorf("the signature of %s: %v", describe(token.header), err)
		}
		return token
	}
	t.Fatalf("no published key is named %v", token.header["kid"])
	return token
}

func verify(key map[string]any, raw string) error {
	dot := strings.LastIndexByte(raw, '.')
	signature, err := b64.DecodeString(raw[dot+1:])
	if err != nil {
		return err
	}
	hash := sha256.Sum256([]byte(raw[:dot]))
	switch alg := key["alg"]; alg {
	case "RS256":
		return rsa.VerifyPKCS1v15(rsaKey(key), crypto.SHA256, hash[:], signature)
	case "PS256":
		return rsa.VerifyPSS(rsaKey(key), crypto.SHA256, hash[:], signature, nil)
	case "ES256":
		public, err := ecKey(key)
		if err != nil {
			return err
		}
		if len(signature) != 64 || !ecdsa.Verify(public, hash[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
			return fmt.Errorf("does not match")
		}
		return nil
	default:
		return fmt.Errorf("unknown algorithm %v", alg)
	}
}

func rsaKey(key map[string]any) *rsa.PublicKey {
	return &rsa.PublicKey{N: number(key["n"]), E: int(number(key["e"]).Int64())}
}

func ecKey(key map[string]any) (*ecdsa.PublicKey, error) {
	point := make([]byte, 65) // uncompressed
	point[0] = 4
	number(key["x"]).FillBytes(point[1:33])
	number(key["y"]).FillBytes(point[33:])
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
}

func number(value any) *big.Int {
	text, _ := value.(string)
	data, err := b64.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return new(big.Int).SetBytes(data)
}

// halfHash is what at_hash must be for an access token with a SHA-256 signature.
func halfHash(token string) string {
	hash := sha256.Sum256([]byte(token))
	return b64.EncodeToString(hash[:16])
}
