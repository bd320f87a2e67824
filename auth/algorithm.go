package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes of the algorithms below
	_ "crypto/sha512"
	"math/big"
)

// algorithm is one way to sign a token (RFC 7518 §3.1, RFC 8037 §3.1).
type algorithm struct {
	name   string
	family family
	hash   crypto.Hash // 0 for EdDSA, which hashes by itself
	bits   int         // the size of the curve, for ECDSA
}

type family int

const (
	rsaPKCS1v15 family = iota
	rsaPSS
	ecdsaCurve
	edDSA
)

// algorithms are all that can be allowed. "none" and the symmetric ones are not among them: with
// those, anybody or every verifier could sign (RFC 8725 §2.1).
var algorithms = []*algorithm{
	{"RS256", rsaPKCS1v15, crypto.SHA256, 0},
	{"RS384", rsaPKCS1v15, crypto.SHA384, 0},
	{"RS512", rsaPKCS1v15, crypto.SHA512, 0},
	{"PS256", rsaPSS, crypto.SHA256, 0},
	{"PS384", rsaPSS, crypto.SHA384, 0},
	{"PS512", rsaPSS, crypto.SHA512, 0},
	{"ES256", ecdsaCurve, crypto.SHA256, 256},
	{"ES384", ecdsaCurve, crypto.SHA384, 384},
	{"ES512", ecdsaCurve, crypto.SHA512, 521},
	{"EdDSA", edDSA, 0, 0},
}

// findAlgorithm returns the algorithm of that name (names are case-sensitive) among those, or nil.
func findAlgorithm(name string, among []*algorithm) *algorithm {
	for _, alg := range among {
		if alg.name == name {
			return alg
		}
	}
	return nil
}

// fits reports whether a key may verify this algorithm: it must be of that kind, and of the
// algorithm that it names for itself (RFC 8725 §3.1).
func (a *algorithm) fits(k *key) bool {
	if k.algorithm != "" && k.algorithm != a.name {
		return false
	}
	switch public := k.public.(type) {
	case *rsa.PublicKey:
		return a.family == rsaPKCS1v15 || a.family == rsaPSS
	case *ecdsa.PublicKey:
		return a.family == ecdsaCurve && public.Curve.Params().BitSize == a.bits
	case ed25519.PublicKey:
		return a.family == edDSA
	}
	return false
}

// verify reports whether signature is one of this algorithm over signed, by a key that fits. The
// standard library's own functions are used where jwx has wrappers: those accept an RSA-PSS salt of
// any length, which RFC 7518 §3.5 does not.
func (a *algorithm) verify(k *key, signed string, signature []byte) bool {
	message := bytesOf(signed)
	if a.family == edDSA {
		return ed25519.Verify(k.public.(ed25519.PublicKey), message, signature)
	}
	h := a.hash.New()
	h.Write(message)
	digest := h.Sum(nil)
	switch a.family {
	case rsaPKCS1v15:
		if k.pkcs1v15 != nil {
			return k.pkcs1v15.verify(a.hash, digest, signature)
		}
		return rsa.VerifyPKCS1v15(k.public.(*rsa.PublicKey), a.hash, digest, signature) == nil
	case rsaPSS:
		return rsa.VerifyPSS(k.public.(*rsa.PublicKey), a.hash, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
	default:
		size := (a.bits + 7) / 8 // r and s, one behind the other, each of full length (RFC 7518 §3.4)
		if len(signature) != 2*size {
			return false
		}
		r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
		return ecdsa.Verify(k.public.(*ecdsa.PublicKey), digest, r, s)
	}
}
