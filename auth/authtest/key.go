package authtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	_ "crypto/sha512" // the hashes of the longer algorithms
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
)

// Key is a key pair for one algorithm.
type Key struct {
	Algorithm string // that it signs by, and that the key set names, such as RS256
	ID        string // the kid
	signer    crypto.Signer
}

// NewKey makes a key for RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 or EdDSA. It
// panics for any other algorithm. RSA keys take some 100 ms to make.
func NewKey(algorithm string) *Key {
	hashOf(algorithm) // knows what can be signed with
	signer, err := generate(algorithm)
	if err != nil {
		panic(err)
	}
	return KeyOf(algorithm, signer)
}

func generate(algorithm string) (crypto.Signer, error) {
	switch algorithm {
	case "ES256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ES512":
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "EdDSA":
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	default:
		return rsa.GenerateKey(rand.Reader, 2048)
	}
}

// KeyOf returns a Key for a key pair of the caller's own. Its id is formed as Keycloak does it: the
// SHA-256 of the SubjectPublicKeyInfo.
func KeyOf(algorithm string, signer crypto.Signer) *Key {
	der, err := x509.MarshalPKIXPublicKey(signer.Public())
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(der)
	return &Key{Algorithm: algorithm, ID: encode(sum[:]), signer: signer}
}

// Public returns the public half, which everybody can read in the key set.
func (k *Key) Public() crypto.PublicKey { return k.signer.Public() }

// Signer returns the private half, for signatures that Sign does not make.
func (k *Key) Signer() crypto.Signer { return k.signer }

// JWK returns the public half as a member of a key set (RFC 7517).
func (k *Key) JWK() map[string]any {
	jwk := map[string]any{"kid": k.ID, "alg": k.Algorithm, "use": "sig"}
	switch public := k.Public().(type) {
	case *rsa.PublicKey:
		jwk["kty"], jwk["n"], jwk["e"] = "RSA", encode(public.N.Bytes()), encode(big.NewInt(int64(public.E)).Bytes())
	case *ecdsa.PublicKey:
		size := (public.Curve.Params().BitSize + 7) / 8
		point, err := public.Bytes() // 4, x, y
		if err != nil {
			panic(err)
		}
		jwk["kty"], jwk["crv"], jwk["x"], jwk["y"] = "EC", public.Curve.Params().Name, encode(point[1:1+size]), encode(point[1+size:])
	case ed25519.PublicKey:
		jwk["kty"], jwk["crv"], jwk["x"] = "OKP", "Ed25519", encode(public)
	}
	return jwk
}

// Sign returns the signature of text by the key's algorithm (RFC 7515 §5.1), not encoded.
func (k *Key) Sign(text string) []byte {
	hash := hashOf(k.Algorithm)
	digest := []byte(text)
	if hash != 0 {
		h := hash.New()
		h.Write(digest)
		digest = h.Sum(nil)
	}
	if signer, ok := k.signer.(*ecdsa.PrivateKey); ok {
		r, s, err := ecdsa.Sign(rand.Reader, signer, digest)
		if err != nil {
			panic(err)
		}
		size := (signer.Curve.Params().BitSize + 7) / 8
		return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
	}
	var options crypto.SignerOpts = hash
	if strings.HasPrefix(k.Algorithm, "PS") {
		options = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
	}
	signature, err := k.signer.Sign(rand.Reader, digest, options)
	if err != nil {
		panic(err)
	}
	return signature
}

// HalfHash returns the left half of the hash of an access token, which is the at_hash of an ID token by this key
// (OpenID Connect Core 1.0 §3.1.3.6).
func (k *Key) HalfHash(accessToken string) string {
	hash := hashOf(k.Algorithm)
	if hash == 0 { // EdDSA
		hash = crypto.SHA512
	}
	h := hash.New()
	h.Write([]byte(accessToken))
	return encode(h.Sum(nil)[:hash.Size()/2])
}

// Header returns the header of a token by this key.
func (k *Key) Header() map[string]any {
	return map[string]any{"alg": k.Algorithm, "typ": "JWT", "kid": k.ID}
}

// Compact returns a token in compact form (RFC 7515 §7.1) that this key signs, whatever the header
// says. Header and payload are encoded as JSON, or taken as they are where they are a []byte.
func (k *Key) Compact(header, payload any) string {
	signed := segment(header) + "." + segment(payload)
	return signed + "." + encode(k.Sign(signed))
}

func segment(v any) string {
	text, ok := v.([]byte)
	if !ok {
		var err error
		if text, err = json.Marshal(v); err != nil {
			panic(err)
		}
	}
	return encode(text)
}

func hashOf(algorithm string) crypto.Hash {
	switch algorithm {
	case "RS256", "PS256", "ES256":
		return crypto.SHA256
	case "RS384", "PS384", "ES384":
		return crypto.SHA384
	case "RS512", "PS512", "ES512":
		return crypto.SHA512
	case "EdDSA":
		return 0
	}
	panic("authtest: there is no key for the algorithm " + algorithm)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
