package realm

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"hash"

	"golang.org/x/crypto/argon2"
)

// Credential is a password that a user has. It shows neither it nor its hash, however it is printed.
type Credential struct {
	hash   []byte
	derive func(password string, length int) []byte // nil: nothing matches
	plain  string                                   // what the file has in clear; "" where it has a hash
	salt   []byte                                   // of a password that was changed at run time
}

// Bounds for what a file may make this program compute at each sign-in. Keycloak's own defaults are 7 MiB and
// 5 passes of argon2, and 210000 iterations of PBKDF2.
const (
	maxArgonMemory     = 256 << 10 // KiB
	maxArgonIterations = 64
	maxArgonThreads    = 16
	maxIterations      = 5_000_000
	maxHash            = 1 << 10 // bytes
)

// newPassword makes a credential out of a plain password. It is quick to check, as is right for a password
// that stands in a file for everyone to read.
func newPassword(plain string) Credential {
	sum := sha256.Sum256([]byte(plain))
	return Credential{hash: sum[:], plain: plain, derive: func(password string, _ int) []byte {
		sum := sha256.Sum256([]byte(password))
		return sum[:]
	}}
}

// hashPassword makes a credential out of a password that somebody has chosen, which may be one that they use elsewhere.
// It is hashed as Keycloak hashes by default.
func hashPassword(plain string) Credential {
	salt := make([]byte, 16)
	rand.Read(salt)
	c := hashedPassword(nil, salt)
	c.hash = c.derive(plain, 32)
	return c
}

// hashedPassword makes a credential out of what hashPassword has made.
func hashedPassword(hash, salt []byte) Credential {
	return Credential{hash: hash, salt: salt, derive: func(password string, length int) []byte {
		return argon2.IDKey([]byte(password), salt, 5, 7168, 1, uint32(length))
	}}
}

// Matches reports whether the password is the one. It takes as long for a wrong one.
func (c Credential) Matches(password string) bool {
	if c.derive == nil || len(c.hash) == 0 {
		return false
	}
	return subtle.ConstantTimeCompare(c.derive(password, len(c.hash)), c.hash) == 1
}

// Format implements fmt.Formatter.
func (c Credential) Format(f fmt.State, _ rune) { fmt.Fprint(f, "[password]") }

// readCredentials reads the passwords of a user.
func (b *builder) readCredentials(n *node, user *User) []Credential {
	var credentials []Credential
	for _, c := range n.objects("credentials") {
		credentialFields.check(c, nil)
		if c.flag("temporary", false) {
			c.member("temporary").warn("Keycloak passes over this when it imports a user; to have the password changed at the first sign-in, add \"requiredActions\": [\"UPDATE_PASSWORD\"] to the user")
		}
		kind := c.str("type")
		switch plain := c.str("value"); {
		case plain != "":
			b.checkImported(c, user, plain)
			credentials = []Credential{newPassword(plain)} // a plain password replaces those before it
		case kind != "password" && kind != "":
			c.leaveOut(otherCredentials)
		default:
			if credential, ok := readHashed(c); ok {
				credentials = append(credentials, credential)
			}
		}
	}
	return credentials
}

// checkImported refuses a plain password that the realm's password policy does not take.
func (b *builder) checkImported(c *node, user *User, plain string) {
	for _, rule := range b.policy {
		if flaw := rule(user, plain); flaw != "" {
			c.refuse("Password policy not met, so Keycloak refuses the file: invalid password: %s (policy: %s)", flaw, b.PasswordPolicy)
			return
		}
	}
}

// readHashed reads a password as an export has it: two members that hold JSON in strings.
func readHashed(c *node) (Credential, bool) {
	if c.member("secretData") == nil && c.member("credentialData") == nil {
		return readOldHashed(c)
	}
	secret, secretErr := c.src.inner(c, c.str("secretData"))
	data, dataErr := c.src.inner(c, c.str("credentialData"))
	if secretErr != nil || dataErr != nil {
		c.refuse("want secretData and credentialData as JSON in strings, as Keycloak's export writes them")
		return Credential{}, false
	}
	salt, saltErr := base64.StdEncoding.DecodeString(secret.str("salt"))
	sum, sumErr := base64.StdEncoding.DecodeString(secret.str("value"))
	if saltErr != nil || sumErr != nil || len(sum) == 0 {
		c.warn("secretData holds no password that can be checked: it never matches")
		return Credential{}, true
	}
	return newHashed(c, data, salt, sum), true
}

// readOldHashed reads the form of exports before Keycloak 8.
func readOldHashed(c *node) (Credential, bool) {
	salt, saltErr := base64.StdEncoding.DecodeString(c.str("salt"))
	sum, sumErr := base64.StdEncoding.DecodeString(c.str("hashedSaltedValue"))
	if saltErr != nil || sumErr != nil || len(sum) == 0 {
		c.refuse(`a password needs a "value", or what an export writes: secretData and credentialData`)
		return Credential{}, false
	}
	return newHashed(c, c, salt, sum), true
}

var pbkdf2Hashes = map[string]func() hash.Hash{"pbkdf2": sha1.New, "pbkdf2-sha256": sha256.New, "pbkdf2-sha512": sha512.New}

// newHashed makes a credential out of a hash and how it was made.
func newHashed(c, data *node, salt, sum []byte) Credential {
	algorithm, iterations := orElse(data.str("algorithm"), "pbkdf2"), data.number("hashIterations", 1)
	newHash := pbkdf2Hashes[algorithm]
	switch {
	case len(sum) > maxHash || len(salt) > maxHash:
		c.refuse("salt and hash of a password may have %d bytes here", maxHash)
	case algorithm == "argon2":
		return newArgon2(c, data, salt, sum)
	case newHash == nil:
		c.warn("this realm cannot check passwords hashed with %q: it never matches; give a plain \"value\"", algorithm)
	case iterations < 1 || iterations > maxIterations:
		c.refuse("hashIterations of %s must be between 1 and %d here, not %d", algorithm, maxIterations, iterations)
	default:
		return Credential{hash: sum, derive: func(password string, length int) []byte {
			derived, err := pbkdf2.Key(newHash, password, salt, int(iterations), length)
			if err != nil {
				return nil
			}
			return derived
		}}
	}
	return Credential{}
}

func newArgon2(c, data *node, salt, sum []byte) Credential {
	parameters := data.object("additionalParameters")
	first := func(name, otherwise string) string {
		if values := parameters.strs(name); len(values) > 0 {
			return values[0]
		}
		return otherwise
	}
	variant, version := first("type", "id"), first("version", "1.3")
	memory := argonNumber(c, "memory", first("memory", "7168"), maxArgonMemory)
	threads := argonNumber(c, "parallelism", first("parallelism", "1"), maxArgonThreads)
	passes := argonNumber(c, "hashIterations", fmt.Sprint(data.number("hashIterations", 5)), maxArgonIterations)
	if memory == 0 || threads == 0 || passes == 0 {
		return Credential{}
	}
	key := argon2.IDKey
	switch {
	case variant == "i" && version == "1.3":
		key = argon2.Key
	case variant != "id" || version != "1.3":
		c.warn("this realm cannot check passwords hashed with argon2%s version %s: it never matches; give a plain \"value\"", variant, version)
		return Credential{}
	}
	return Credential{hash: sum, derive: func(password string, length int) []byte {
		return key([]byte(password), salt, passes, memory, uint8(threads), uint32(length))
	}}
}

// argonNumber reads a parameter; 0 when it is out of bounds, which is recorded.
func argonNumber(c *node, name, text string, most uint32) uint32 {
	var value int64
	if _, err := fmt.Sscan(text, &value); err != nil || value < 1 || value > int64(most) {
		c.refuse("%s of argon2 must be between 1 and %d here, not %q", name, most, text)
		return 0
	}
	return uint32(value)
}
