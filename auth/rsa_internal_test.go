package auth

import (
	"bytes"
	"crypto"
	"crypto/fips140"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"math"
	"math/big"
	"testing"
)

// needsRSAVerifier skips the test of what FIPS 140 mode does without.
func needsRSAVerifier(t testing.TB) {
	if fips140.Enabled() {
		t.Skip("in FIPS 140 mode crypto/rsa verifies")
	}
}

// judges verifies by both, and fails the test where they disagree.
func judges(t *testing.T, public *rsa.PublicKey, hash crypto.Hash, digest, signature []byte) bool {
	t.Helper()
	ours := newRSAVerifier(public).verify(hash, digest, signature)
	if theirs := rsa.VerifyPKCS1v15(public, hash, digest, signature) == nil; ours != theirs {
		t.Errorf("%d bits, %v: %t, where crypto/rsa says %t; digest %x, signature %x", public.N.BitLen(), hash, ours, theirs, digest, signature)
	}
	return ours
}

func rsaKey(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestRSAVerifierIsCryptoRSA(t *testing.T) {
	needsRSAVerifier(t)
	for _, bits := range []int{2048, 2049, 2056, 3072} {
		key := rsaKey(t, bits)
		for hash := range digestInfos {
			h := hash.New()
			fmt.Fprint(h, "message of ", bits)
			digest := h.Sum(nil)
			signature, err := rsa.SignPKCS1v15(rand.Reader, key, hash, digest)
			if err != nil {
				t.Fatal(err)
			}
			if !judges(t, &key.PublicKey, hash, digest, signature) {
				t.Errorf("%d bits, %v: a good signature is refused", bits, hash)
			}
			more := new(big.Int).Add(new(big.Int).SetBytes(signature), key.N).Bytes() // the same modulo N
			less := new(big.Int).Sub(key.N, new(big.Int).SetBytes(signature)).FillBytes(make([]byte, key.Size()))
			flipped := bytes.Clone(signature)
			flipped[len(flipped)/2] ^= 1
			other := bytes.Clone(digest)
			other[0] ^= 1
			for name, bad := range map[string][]byte{
				"none": nil, "empty": {}, "shorter": signature[:len(signature)-1], "longer": append(bytes.Clone(signature), 0), "led by zero": append([]byte{0}, signature...),
				"plus N": more, "negated": less, "flipped": flipped, "zero": make([]byte, key.Size()), "N": key.N.FillBytes(make([]byte, key.Size())), "ones": bytes.Repeat([]byte{0xff}, key.Size()),
			} {
				if judges(t, &key.PublicKey, hash, digest, bad) {
					t.Errorf("%d bits, %v: a signature passes that is %s", bits, hash, name)
				}
			}
			if judges(t, &key.PublicKey, hash, other, signature) || judges(t, &key.PublicKey, hash, digest[1:], signature) {
				t.Errorf("%d bits, %v: a signature passes for another digest", bits, hash)
			}
		}
	}
}

// Whoever takes the encoding apart, instead of making the one that must be, has let such as these pass.
func TestRSAVerifierWantsTheOneEncoding(t *testing.T) {
	needsRSAVerifier(t)
	key := rsaKey(t, 2048)
	digest := sha256.Sum256([]byte("message"))
	info := digestInfos[crypto.SHA256]
	encode := func(between []byte, tail ...[]byte) []byte {
		rest := bytes.Join(tail, nil)
		em := append([]byte{0, 1}, between...)
		for len(em) < key.Size()-len(rest)-1 {
			em = append(em, 0xff)
		}
		return append(append(em, 0), rest...)
	}
	withoutNull := append([]byte{0x30, 0x2f, 0x30, 0x0b}, info[4:15]...)
	withoutNull = append(withoutNull, info[17:]...)
	for name, em := range map[string][]byte{
		"good":                       encode(nil, info, digest[:]),
		"garbage behind the digest":  encode(nil, info, digest[:], make([]byte, 100)),
		"no NULL in the DigestInfo":  encode(nil, withoutNull, digest[:]),
		"no DigestInfo":              encode(nil, digest[:]),
		"of another hash":            encode(nil, digestInfos[crypto.SHA384], digest[:]),
		"padding that is not all FF": encode([]byte{0xff, 0x80}, info, digest[:]),
		"the type for encryption":    append([]byte{0, 2}, encode(nil, info, digest[:])[2:]...),
	} {
		signature := new(big.Int).Exp(new(big.Int).SetBytes(em), key.D, key.N).FillBytes(make([]byte, key.Size()))
		if got := judges(t, &key.PublicKey, crypto.SHA256, digest[:], signature); got != (name == "good") {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestRSAVerifierLeavesTheRestToCryptoRSA(t *testing.T) {
	needsRSAVerifier(t)
	public := rsaKey(t, 2048).PublicKey
	for e, ours := range map[int]bool{3: true, 65537: true, math.MaxInt32: true, 1<<32 + 1: false, 0: false, -3: false} {
		if public.E = e; (newRSAVerifier(&public) != nil) != ours {
			t.Errorf("exponent %d: ours is %t", e, !ours)
		}
	}
	if key := rsaKey(t, 2048); newRSAVerifier(&key.PublicKey).verify(crypto.SHA1, make([]byte, 20), make([]byte, 256)) {
		t.Error("an unknown hash passes")
	}
}

func FuzzRSAVerifierIsCryptoRSA(f *testing.F) {
	needsRSAVerifier(f)
	key := rsaKey(f, 2048)
	digest := sha256.Sum256([]byte("message"))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signature, digest[:])
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, signature, digest []byte) {
		judges(t, &key.PublicKey, crypto.SHA256, digest, signature)
	})
}
