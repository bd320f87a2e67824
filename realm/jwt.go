package realm

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// signatureAlgorithms are those with which a realm signs (RFC 7518 §3.1, RFC 8037).
var signatureAlgorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// hashOf returns the hash of a JWS algorithm; EdDSA has its own inside.
func hashOf(algorithm string) crypto.Hash {
	switch {
	case strings.HasSuffix(algorithm, "256"):
		return crypto.SHA256
	case strings.HasSuffix(algorithm, "384"):
		return crypto.SHA384
	}
	return crypto.SHA512
}

func digest(hash crypto.Hash, data []byte) []byte {
	h := hash.New()
	h.Write(data)
	return h.Sum(nil)
}

// sign makes a JWT. The header has Keycloak's form, blanks included.
func (k *keyring) sign(algorithm, typ string, claims *object) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(algorithm, "HS") {
		input := signingInput(algorithm, typ, k.secretID, payload)
		return input + "." + base64URL(k.mac(algorithm, input)), nil
	}
	signer := k.signer(algorithm)
	if signer == nil {
		return "", fmt.Errorf("the realm has no key for %s", algorithm)
	}
	input := signingInput(algorithm, typ, signer.id, payload)
	signature, err := signer.sign([]byte(input))
	if err != nil {
		return "", err
	}
	return input + "." + base64URL(signature), nil
}

func signingInput(algorithm, typ, id string, payload []byte) string {
	header := fmt.Sprintf(`{"alg":"%s","typ" : "%s","kid" : "%s"}`, algorithm, typ, id)
	return base64URL([]byte(header)) + "." + base64URL(payload)
}

func (k *keyring) mac(algorithm, input string) []byte {
	h := hmac.New(hashOf(algorithm).New, k.secret)
	h.Write([]byte(input))
	return h.Sum(nil)
}

func (k *key) sign(input []byte) ([]byte, error) {
	hash := hashOf(k.algorithm)
	switch private := k.private.(type) {
	case *rsa.PrivateKey:
		if strings.HasPrefix(k.algorithm, "PS") {
			return rsa.SignPSS(rand.Reader, private, hash, digest(hash, input), &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		}
		return rsa.SignPKCS1v15(rand.Reader, private, hash, digest(hash, input))
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, private, digest(hash, input))
		if err != nil {
			return nil, err
		}
		size := (private.Params().BitSize + 7) / 8 // both numbers in full length (RFC 7518 §3.4)
		out := make([]byte, 2*size)
		r.FillBytes(out[:size])
		s.FillBytes(out[size:])
		return out, nil
	case ed25519.PrivateKey:
		return ed25519.Sign(private, input), nil
	}
	return nil, fmt.Errorf("a key of type %T cannot sign", k.private)
}

var errSignature = errors.New("the signature is not the realm's")

// verify checks a JWT of this realm's own and reads its claims into out. It looks at the signature
// only: what the claims must say is the caller's part.
func (k *keyring) verify(token string, out any) error {
	input, signature, ok := cutLast(token, ".")
	header, payload, ok2 := strings.Cut(input, ".")
	if !ok || !ok2 {
		return errSignature
	}
	var head struct {
		Algorithm string `json:"alg"`
		ID        string `json:"kid"`
	}
	if err := decodePart(header, &head); err != nil {
		return errSignature
	}
	sum, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	if err != nil || !k.verifies(head.Algorithm, head.ID, input, sum) {
		return errSignature
	}
	return decodePart(payload, out)
}

func cutLast(text, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}

func decodePart(part string, out any) error {
	text, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(out)
}

// verifies takes the algorithm from the key, and from the token only which key that is.
func (k *keyring) verifies(algorithm, id, input string, signature []byte) bool {
	if id == k.secretID {
		return strings.HasPrefix(algorithm, "HS") && hmac.Equal(signature, k.mac(algorithm, input))
	}
	key := k.byID(id)
	if key == nil || key.algorithm != algorithm {
		return false
	}
	hash := hashOf(algorithm)
	switch public := key.private.Public().(type) {
	case *rsa.PublicKey:
		if strings.HasPrefix(algorithm, "PS") {
			return rsa.VerifyPSS(public, hash, digest(hash, []byte(input)), signature, nil) == nil
		}
		return rsa.VerifyPKCS1v15(public, hash, digest(hash, []byte(input)), signature) == nil
	case *ecdsa.PublicKey:
		half := len(signature) / 2
		r, s := new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])
		return ecdsa.Verify(public, digest(hash, []byte(input)), r, s)
	case ed25519.PublicKey:
		return ed25519.Verify(public, []byte(input), signature)
	}
	return false
}
