package realm

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"time"
)

// keyring holds the keys of a realm. Whoever needs one waits until the first are made.
type keyring struct {
	realm string
	made  chan struct{} // closed once the keys of the start are there
	first sync.Once     // closes it

	changing sync.Mutex // held while keys are made or withdrawn; making takes long, and readers need not wait for it

	mu       sync.RWMutex
	keys     []*key // highest priority first, as Keycloak lists them
	secret   []byte // signs refresh tokens and cookies, which only the realm itself reads
	secretID string

	withdrawn map[string]bool // ids of keys that are not taken from the file again; guarded by changing
}

// key is a key pair that signs, or that others encrypt for.
type key struct {
	id        string
	algorithm string // JWS name, or RSA-OAEP
	use       string // "sig" or "enc"
	priority  int64
	active    bool // signs new tokens; one that is not only verifies
	fromFile  bool
	private   crypto.Signer
	cert      []byte // DER
}

// secretLength is that of a realm's secret, in bytes.
const secretLength = 64

// fallbackPriority is that of the keys that Keycloak makes when an algorithm is asked for and has none.
const fallbackPriority = -100

func newKeyring(realm string) *keyring {
	secret := make([]byte, secretLength)
	rand.Read(secret)
	return &keyring{realm: realm, made: make(chan struct{}), secret: secret, secretID: newUUID(), withdrawn: map[string]bool{}}
}

// provide takes the keys from the file and makes those that are still lacking, all at the same time: an RSA key
// takes up to a tenth of a second. Algorithms are those that clients ask for beside the realm's own. Keys of an earlier
// version of the file that this one does not have are withdrawn; keys made here stay.
func (k *keyring) provide(providers []KeyProvider, defaultAlgorithm string, algorithms []string) []Warning {
	k.changing.Lock()
	defer k.changing.Unlock()
	var warnings []Warning
	var brought []*key
	for _, p := range providers {
		if !p.Enabled {
			continue
		}
		made, err := keyFromFile(p)
		switch {
		case err != nil:
			warnings = append(warnings, Warning{Path: "components.org.keycloak.keys.KeyProvider", Text: fmt.Sprintf("the key of provider %s is not used: %v; another is made", p.ProviderID, err)})
		case made != nil && !k.withdrawn[keyID(made.private.Public())]:
			made.fromFile = true
			brought = append(brought, made)
		}
	}
	k.exchange(func(old *key) bool { return old.fromFile }, brought...)
	var missing []*key
	want := func(algorithm, use string, priority int64) {
		if !k.has(algorithm) && !slices.ContainsFunc(missing, func(m *key) bool { return m.algorithm == algorithm }) {
			missing = append(missing, &key{algorithm: algorithm, use: use, priority: priority, active: true})
		}
	}
	want("RSA-OAEP", "enc", 100)
	want("RS256", "sig", 100)
	want(defaultAlgorithm, "sig", 100)
	for _, algorithm := range algorithms {
		want(algorithm, "sig", fallbackPriority)
	}
	var all sync.WaitGroup
	for _, m := range missing {
		all.Go(func() {
			m.private = generate(m.algorithm)
			k.add(m)
		})
	}
	all.Wait()
	k.first.Do(func() { close(k.made) })
	return warnings
}

func (k *keyring) add(added *key) { k.exchange(func(*key) bool { return false }, added) }

// exchange takes keys away and adds others, at once: whoever signs meanwhile finds either the old or the new ones.
func (k *keyring) exchange(gone func(*key) bool, added ...*key) {
	for _, a := range added {
		a.id = keyID(a.private.Public())
		if a.cert == nil {
			a.cert = selfSigned(k.realm, a.private)
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys = append(slices.DeleteFunc(slices.Clone(k.keys), gone), added...)
	slices.SortStableFunc(k.keys, func(a, b *key) int {
		if a.priority != b.priority {
			return cmp.Compare(b.priority, a.priority)
		}
		return strings.Compare(b.algorithm, a.algorithm)
	})
}

// state returns what restore takes: the secret, and the keys that were made here.
func (k *keyring) state() (secret []byte, secretID string, keys []stateKey) {
	<-k.made
	k.mu.RLock()
	defer k.mu.RUnlock()
	for _, key := range k.keys {
		if !key.fromFile {
			private := must(x509.MarshalPKCS8PrivateKey(key.private))
			keys = append(keys, stateKey{key.algorithm, key.use, key.priority, key.active, private, key.cert})
		}
	}
	return k.secret, k.secretID, keys
}

// restore goes on with the secret and the keys of an earlier keyring. To be called before anything is signed.
func (k *keyring) restore(secret []byte, secretID string, keys []*key) {
	k.secret, k.secretID = secret, secretID
	k.exchange(func(*key) bool { return false }, keys...)
}

// rotate makes a new key that signs from now on. The old ones stay published and go on verifying.
func (k *keyring) rotate(algorithm string) error {
	<-k.made
	if !slices.Contains(signatureAlgorithms, algorithm) {
		return fmt.Errorf("%q is no signature algorithm of this realm: use one of %s", algorithm, strings.Join(signatureAlgorithms, ", "))
	}
	k.changing.Lock()
	defer k.changing.Unlock()
	k.mu.RLock()
	priority := int64(100)
	for _, old := range k.keys {
		priority = max(priority, old.priority+100)
	}
	k.mu.RUnlock()
	k.add(&key{algorithm: algorithm, use: "sig", priority: priority, active: true, private: generate(algorithm)})
	return nil
}

// withdraw takes a key away at once: out of the set, and what it has signed does not verify any more. Where no
// other key signs with its algorithm, a new one takes its place, with the priority of Keycloak's fallback keys.
// It reports whether there was such a key.
func (k *keyring) withdraw(id string) bool {
	<-k.made
	k.changing.Lock()
	defer k.changing.Unlock()
	keys := k.published()
	at := slices.IndexFunc(keys, func(key *key) bool { return key.id == id })
	if at < 0 {
		return false
	}
	gone := keys[at]
	k.withdrawn[id] = true
	left := slices.Delete(keys, at, at+1)
	if !slices.ContainsFunc(left, func(key *key) bool { return key.algorithm == gone.algorithm && key.active }) {
		k.add(&key{algorithm: gone.algorithm, use: gone.use, priority: fallbackPriority, active: true, private: generate(gone.algorithm)})
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys = slices.DeleteFunc(k.keys, func(key *key) bool { return key.id == id })
	return true
}

func (k *keyring) has(algorithm string) bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return slices.ContainsFunc(k.keys, func(key *key) bool { return key.algorithm == algorithm && key.active })
}

// signer returns the key that signs with the algorithm now, or nil.
func (k *keyring) signer(algorithm string) *key {
	<-k.made
	k.mu.RLock()
	defer k.mu.RUnlock()
	for _, key := range k.keys {
		if key.algorithm == algorithm && key.active && key.use == "sig" {
			return key
		}
	}
	return nil
}

// doing says what a key is good for now, in words.
func (k *keyring) doing(key *key) string {
	switch {
	case key.use != "sig":
		return "others encrypt for it"
	case k.signer(key.algorithm) == key:
		return "signs"
	}
	return "verifies only"
}

// byID returns the signing key with that id, or nil.
func (k *keyring) byID(id string) *key {
	<-k.made
	k.mu.RLock()
	defer k.mu.RUnlock()
	for _, key := range k.keys {
		if key.id == id && key.use == "sig" {
			return key
		}
	}
	return nil
}

// published returns all keys, highest priority first.
func (k *keyring) published() []*key {
	<-k.made
	k.mu.RLock()
	defer k.mu.RUnlock()
	return slices.Clone(k.keys)
}

// generate returns a new key for the algorithm; nil when it is not known.
func generate(algorithm string) crypto.Signer {
	curves := map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()}
	switch {
	case strings.HasPrefix(algorithm, "RS"), strings.HasPrefix(algorithm, "PS"): // RSA-OAEP, too
		return must(rsa.GenerateKey(rand.Reader, 2048))
	case curves[algorithm] != nil:
		return must(ecdsa.GenerateKey(curves[algorithm], rand.Reader))
	case algorithm == "EdDSA":
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return must(private, err)
	}
	return nil
}

// used reports whether the realm has the keys of that provider: out of the file, or made anew where it is one
// of those that every realm has. What signs or encrypts for the realm alone, nobody else sees.
func (p KeyProvider) used() bool {
	switch {
	case !p.Enabled || p.ProviderID == "hmac-generated" || p.ProviderID == "aes-generated":
		return true
	case p.bringsKey():
		_, err := keyFromFile(p)
		return err == nil
	}
	usual := map[string]string{"rsa-generated": "RS256", "rsa-enc-generated": "RSA-OAEP"}[p.ProviderID]
	return usual != "" && (p.Algorithm == "" || p.Algorithm == usual)
}

// bringsKey reports whether the file holds a key for the provider, of a kind that can be read.
func (p KeyProvider) bringsKey() bool {
	return strings.Trim(p.Cfg["privateKey"], "*") != "" && strings.HasPrefix(p.ProviderID, "rsa")
}

// keyFromFile reads the private key that the file has for a provider; nil when there is none in it.
func keyFromFile(p KeyProvider) (*key, error) {
	if !p.bringsKey() {
		return nil, nil
	}
	der, err := derOf(p.Cfg["privateKey"])
	if err != nil {
		return nil, fmt.Errorf("its privateKey cannot be read: %w", err)
	}
	private, err := x509.ParsePKCS1PrivateKey(der)
	if err != nil {
		parsed, err8 := x509.ParsePKCS8PrivateKey(der)
		rsaKey, ok := parsed.(*rsa.PrivateKey)
		if err8 != nil || !ok {
			return nil, fmt.Errorf("its privateKey is no RSA key in PKCS #1 or PKCS #8: %w", err)
		}
		private = rsaKey
	}
	if private.N.BitLen() < 2048 {
		return nil, fmt.Errorf("its privateKey has %d bits, and RSA keys need 2048 (RFC 7518 §3.3)", private.N.BitLen())
	}
	made := &key{algorithm: p.Algorithm, use: "sig", priority: p.Priority, active: p.Active, private: private}
	if strings.HasPrefix(p.ProviderID, "rsa-enc") || strings.EqualFold(p.Cfg["keyUse"], "ENC") {
		made.use = "enc"
	}
	if made.algorithm == "" {
		made.algorithm = map[string]string{"sig": "RS256", "enc": "RSA-OAEP"}[made.use]
	}
	if made.use == "sig" && !strings.HasPrefix(made.algorithm, "RS") && !strings.HasPrefix(made.algorithm, "PS") {
		return nil, fmt.Errorf("%q is no algorithm of an RSA key", made.algorithm)
	}
	if cert, err := derOf(p.Cfg["certificate"]); err == nil {
		if parsed, err := x509.ParseCertificate(cert); err == nil && private.PublicKey.Equal(parsed.PublicKey) {
			made.cert = cert
		}
	}
	return made, nil
}

// derOf reads base64 with or without the lines of PEM round it.
func derOf(text string) ([]byte, error) {
	if block, _ := pem.Decode([]byte(text)); block != nil {
		return block.Bytes, nil
	}
	return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
}

// keyID is the SHA-256 of the public key's SubjectPublicKeyInfo, as Keycloak computes it: not the
// thumbprint of RFC 7638.
func keyID(public crypto.PublicKey) string {
	sum := sha256.Sum256(must(x509.MarshalPKIXPublicKey(public)))
	return base64URL(sum[:])
}

// selfSigned makes the certificate that stands beside a key in the set. It proves nothing.
func selfSigned(realm string, private crypto.Signer) []byte {
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixMilli()),
		Subject:      pkix.Name{CommonName: realm},
		NotBefore:    now.Add(-time.Minute),
		NotAfter:     now.AddDate(10, 0, 0),
	}
	return must(x509.CreateCertificate(rand.Reader, template, template, private.Public(), private))
}

// publicKey is a public key as RFC 7517 has it, its members in Keycloak's order.
type publicKey struct {
	ID        string   `json:"kid"`
	Type      string   `json:"kty"`
	Algorithm string   `json:"alg"`
	Use       string   `json:"use"`
	Chain     []string `json:"x5c,omitempty"`
	Thumb1    string   `json:"x5t,omitempty"`
	Thumb256  string   `json:"x5t#S256,omitempty"`
	Modulus   string   `json:"n,omitempty"`
	Exponent  string   `json:"e,omitempty"`
	Curve     string   `json:"crv,omitempty"`
	X         string   `json:"x,omitempty"`
	Y         string   `json:"y,omitempty"`
}

func (k *key) published() publicKey {
	out := publicKey{ID: k.id, Algorithm: k.algorithm, Use: k.use}
	switch public := k.private.Public().(type) {
	case *rsa.PublicKey:
		sum1, sum256 := sha1.Sum(k.cert), sha256.Sum256(k.cert)
		out.Type, out.Modulus, out.Exponent = "RSA", base64URL(public.N.Bytes()), base64URL(big.NewInt(int64(public.E)).Bytes())
		out.Chain, out.Thumb1, out.Thumb256 = []string{base64.StdEncoding.EncodeToString(k.cert)}, base64URL(sum1[:]), base64URL(sum256[:])
	case *ecdsa.PublicKey:
		point := must(public.Bytes())[1:] // behind the mark of an uncompressed point
		out.Type, out.Curve = "EC", public.Params().Name
		out.X, out.Y = base64URL(point[:len(point)/2]), base64URL(point[len(point)/2:])
	case ed25519.PublicKey:
		out.Type, out.Curve, out.X = "OKP", "Ed25519", base64URL(public)
	}
	return out
}

func base64URL(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// must is for what cannot fail with the arguments given here.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
