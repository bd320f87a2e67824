package main

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"keystead/auth/authtest"
)

const limitName = "crypto/rsa VerifyPKCS1v15 alone, digest ready"

// signatureAlone is the limit: the RSA operation that no uncached verifier can do without.
func signatureAlone(realm *authtest.Issuer, token string) (func() error, error) {
	dot := strings.LastIndexByte(token, '.')
	signature, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	if err != nil {
		return nil, fmt.Errorf("decoding the signature: %w", err)
	}
	key, ok := realm.Key().Public().(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("the issuer does not sign by RSA")
	}
	digest := sha256.Sum256([]byte(token[:dot]))
	return func() error { return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) }, nil
}
