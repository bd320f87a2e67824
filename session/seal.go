package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
)

// sealer encrypts what is kept in the database or the browser, so that only this server reads it and nobody changes it.
type sealer struct {
	keys []cipher.AEAD // the first seals, all open
}

// newSealer makes a key of each secret. Secrets are texts of any length, so they are not keys themselves (RFC 5869 §3.1).
func newSealer(secrets []string) (*sealer, error) {
	if len(secrets) == 0 {
		return nil, errors.New("a session needs a secret to seal it with")
	}
	s := &sealer{}
	for _, secret := range secrets {
		key, err := hkdf.Key(sha256.New, []byte(secret), nil, "keystead session", 32)
		if err != nil {
			return nil, fmt.Errorf("making a key of a session secret: %w", err)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("making a key of a session secret: %w", err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("making a key of a session secret: %w", err)
		}
		s.keys = append(s.keys, aead)
	}
	return s, nil
}

// seal encrypts text for one place: elsewhere it does not open, so nobody can put one session's tokens into another.
func (s *sealer) seal(text []byte, place string) []byte {
	return s.keys[0].Seal(nil, nil, text, []byte(place))
}

// open returns what was sealed for this place, and whether it was, with one of the secrets.
func (s *sealer) open(sealed []byte, place string) ([]byte, bool) {
	for _, key := range s.keys {
		if text, err := key.Open(nil, nil, sealed, []byte(place)); err == nil {
			return text, true
		}
	}
	return nil, false
}
