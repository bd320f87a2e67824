package auth

import (
	"bytes"
	"crypto"
	"crypto/fips140"
	"crypto/rsa"
	"math"

	"filippo.io/bigmod"
)

// rsaVerifier verifies RSASSA-PKCS1-v1_5 signatures by one key (RFC 8017 §8.2.2). crypto/rsa prepares the modulus anew for each
// signature, which is a quarter of the work; this prepares it once, with the same arithmetic.
type rsaVerifier struct {
	modulus  *bigmod.Modulus
	exponent uint
}

// newRSAVerifier returns nil for a key that only crypto/rsa may use: in FIPS 140 mode all.
func newRSAVerifier(public *rsa.PublicKey) *rsaVerifier {
	modulus, err := bigmod.NewModulus(public.N.Bytes())
	if err != nil || public.E <= 0 || public.E > math.MaxInt32 || fips140.Enabled() { // larger ones crypto/rsa refuses
		return nil
	}
	return &rsaVerifier{modulus, uint(public.E)}
}

// digestInfos are the DER encodings of DigestInfo up to the digest (RFC 8017 §9.2, note 1).
var digestInfos = map[crypto.Hash][]byte{
	crypto.SHA256: {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20},
	crypto.SHA384: {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30},
	crypto.SHA512: {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40},
}

// verify reports whether signature is one over a message with this digest.
func (v *rsaVerifier) verify(hash crypto.Hash, digest, signature []byte) bool {
	size := v.modulus.Size()
	info, known := digestInfos[hash]
	if !known || len(digest) != hash.Size() || len(signature) != size || size < len(info)+len(digest)+11 {
		return false
	}
	s, err := bigmod.NewNat().SetBytes(signature, v.modulus)
	if err != nil { // it is not below the modulus
		return false
	}
	// The one encoding that there is of this digest is made and compared: to take the other one apart is how such
	// verifiers were fooled (RFC 8017 §8.2.2, note).
	want := make([]byte, 0, size)
	want = append(want, 0, 1)
	for len(want) < size-1-len(info)-len(digest) {
		want = append(want, 0xff)
	}
	want = append(want, 0)
	want = append(want, info...)
	want = append(want, digest...)
	return bytes.Equal(bigmod.NewNat().ExpShortVarTime(s, v.exponent, v.modulus).Bytes(v.modulus), want)
}
