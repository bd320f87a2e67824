package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"math/big"
	"slices"
	"sync/atomic"

	"github.com/lestrrat-go/jwx/v2/jwk"
)

const (
	minRSABits = 2048 // RFC 7518 §3.3
	maxRSABits = 8192 // a larger key only costs time
)

// key is a public key of the realm that may verify tokens.
type key struct {
	id        string
	algorithm string           // the only one it is for; "" when the realm does not say
	public    crypto.PublicKey // *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey
	pkcs1v15  *rsaVerifier     // of an RSA key; nil where crypto/rsa must do it

	withdrawn atomic.Bool // the realm no longer publishes it
}

// equal reports whether k is the same key for the same purpose as other.
func (k *key) equal(other *key) bool {
	public, ok := k.public.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.id == other.id && k.algorithm == other.algorithm && public.Equal(other.public)
}

// signingKeys picks the keys that may verify tokens out of the members of a key set (RFC 7517 §5), by
// their ids. A realm also publishes keys for encryption, and one broken key must not spoil the good ones.
func signingKeys(raw []json.RawMessage) map[string][]*key {
	keys := map[string][]*key{}
	for _, text := range raw {
		parsed, err := jwk.ParseKey(text)
		if err != nil || parsed.KeyID() == "" || !forVerifying(parsed) {
			continue
		}
		if public := publicKey(parsed); public != nil {
			k := &key{id: parsed.KeyID(), algorithm: parsed.Algorithm().String(), public: public}
			if public, ok := public.(*rsa.PublicKey); ok {
				k.pkcs1v15 = newRSAVerifier(public)
			}
			if slices.ContainsFunc(algorithms, func(a *algorithm) bool { return a.fits(k) }) {
				keys[k.id] = append(keys[k.id], k)
			}
		}
	}
	return keys
}

// forVerifying reports whether the key's own words allow it (RFC 7517 §4.2 and §4.3).
func forVerifying(k jwk.Key) bool {
	if use := k.KeyUsage(); use != "" && use != string(jwk.ForSignature) {
		return false
	}
	operations := k.KeyOps()
	return len(operations) == 0 || slices.Contains(operations, jwk.KeyOpVerify)
}

// publicKey returns the key in the form of the standard library, or nil where it is not a sound
// public key of a kind that verifies signatures. A set with a private key in it has lost that key.
func publicKey(k jwk.Key) crypto.PublicKey {
	switch k.(type) {
	case jwk.RSAPublicKey:
		var public rsa.PublicKey
		if k.Raw(&public) == nil && soundRSA(&public) {
			return &public
		}
	case jwk.ECDSAPublicKey:
		var public ecdsa.PublicKey
		if k.Raw(&public) != nil {
			return nil
		}
		if _, err := public.ECDH(); err == nil { // the point lies on one of NIST's curves
			return &public
		}
	case jwk.OKPPublicKey:
		var public ed25519.PublicKey
		if k.Raw(&public) == nil && len(public) == ed25519.PublicKeySize {
			return public
		}
	}
	return nil
}

func soundRSA(public *rsa.PublicKey) bool {
	bits := public.N.BitLen()
	return bits >= minRSABits && bits <= maxRSABits && public.N.Bit(0) == 1 && public.E > 2 && public.E%2 == 1 && !isROCA(public.N)
}

// isROCA reports whether a modulus was made by the chips whose primes are powers of 65537 modulo many
// small primes, so that it can be factored (CVE-2017-15361). A sound one passes for such four times in
// 10^9.
func isROCA(n *big.Int) bool {
	var rest big.Int
	for p := int64(3); p <= 167; p += 2 {
		prime := big.NewInt(p)
		if !prime.ProbablyPrime(0) { // exact for small numbers
			continue
		}
		want := rest.Mod(n, prime).Int64()
		power := int64(1)
		for power != want {
			if power = power * 65537 % p; power == 1 {
				return false // all powers were tried
			}
		}
	}
	return true
}
