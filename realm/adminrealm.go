package realm

import (
	"crypto/rsa"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// The settings of a realm whose file has none, as Keycloak 26.7 shows them.
//
//go:embed builtin-realm.json
var builtinRealmText []byte

var builtinRealm = sync.OnceValue(func() *node { return parseBuiltin("", builtinRealmText) })

// optionalSettings are shown where the file has them.
var optionalSettings = []string{
	"displayName", "displayNameHtml", "passwordPolicy", "loginTheme", "accountTheme", "adminTheme", "emailTheme", "supportedLocales", "defaultLocale",
}

// represent makes what the admin REST shows of the realm, Keycloak's RealmRepresentation: the file's settings, those
// that this realm does not act on too, above Keycloak's own.
func (b *builder) represent() {
	out := objectOf("id", b.ID, "realm", b.Name)
	for _, setting := range builtinRealm().values() {
		out.set(setting.name, b.setting(setting))
	}
	for _, name := range optionalSettings {
		if given := b.file.member(name); given != nil {
			out.set(name, given.value())
		}
	}
	out.set("enabled", b.Enabled)
	out.set("defaultRole", b.describeRole(b.defaultRole, true))
	if len(b.defaultGroups) > 0 {
		var paths []string
		for _, group := range b.defaultGroups {
			paths = append(paths, group.Path)
		}
		out.set("defaultGroups", paths)
	}
	b.representation = out
}

// setting reads a setting of the kind that Keycloak's own has: numbers and booleans may stand in quotes, and maps have
// its members, too. The secrets of the mail server stay hidden, as there.
func (b *builder) setting(own *node) any {
	given := b.file.member(own.name)
	if given == nil {
		return own.value()
	}
	text := strings.TrimSpace(given.text)
	switch own.kind {
	case jsontext.KindNumber:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
		return own.value()
	case jsontext.KindTrue, jsontext.KindFalse:
		return strings.EqualFold(text, "true")
	case jsontext.KindBeginObject:
		members := own.plain()
		for _, m := range given.values() {
			members[m.name] = m.value()
			if own.name == "smtpServer" && (contains(m.name, "password") || contains(m.name, "secret")) {
				members[m.name] = maskedSecret
			}
		}
		return members
	}
	return given.value()
}

func (c *adminCall) showRealm() (any, error) {
	switch {
	case c.may(viewRealm):
		return c.realm.representation, nil
	case !c.administers():
		return nil, forbidden
	}
	names := []string{"realm", "displayName", "bruteForceProtected", "organizationsEnabled", "supportedLocales"}
	if c.may(viewUsers) {
		names = append(names, "registrationEmailAsUsername")
	}
	out := c.only(names...)
	if out.get("supportedLocales") == nil {
		out.set("supportedLocales", []string{})
	}
	return out, nil
}

// administers reports whether the caller has any role of an administrator.
func (c *adminCall) administers() bool {
	for role := range c.holds {
		if role != "impersonation" {
			return true
		}
	}
	return false
}

func (c *adminCall) only(names ...string) *object {
	out := newObject()
	for _, name := range names {
		if value := c.realm.representation.get(name); value != nil {
			out.set(name, value)
		}
	}
	return out
}

// listRealms lists the caller's realm: an administrator of one sees no other.
func (c *adminCall) listRealms() (any, error) {
	switch {
	case !c.administers():
		return nil, forbidden
	case !c.may(viewRealm):
		return []*object{c.only("realm")}, nil
	case c.flag("briefRepresentation", false):
		return []*object{c.only("id", "realm", "displayName", "enabled")}, nil
	}
	return []*object{c.realm.representation}, nil
}

// showServer tells the version of Keycloak that this realm behaves as, by which tools go. As there, it is for those who
// may manage.
func (c *adminCall) showServer() (any, error) {
	switch {
	case !c.administers():
		return nil, forbidden
	case !c.may("manage-realm"):
		return newObject(), nil
	}
	return objectOf("systemInfo", map[string]string{"version": "26.7.4"}), nil
}

// showKeys is Keycloak's KeysMetadataRepresentation. The key of refresh tokens is there by its id only.
func (c *adminCall) showKeys() (any, error) {
	active := map[string]string{"HS512": c.realm.keys.secretID}
	secret := objectOf(
		"providerId", stableID(c.realm.Name, "key", "HS512"), "providerPriority", 100, "kid", c.realm.keys.secretID,
		"status", "ACTIVE", "type", "OCT", "algorithm", "HS512", "use", "SIG",
	)
	all := []*object{secret}
	for _, key := range c.realm.keys.published() {
		if _, ok := active[key.algorithm]; !ok && key.active {
			active[key.algorithm] = key.id
		}
		all = append(all, key.describe(c.realm.Name))
	}
	return objectOf("active", active, "keys", all), nil
}

func (k *key) describe(realm string) *object {
	status := "PASSIVE"
	if k.active {
		status = "ACTIVE"
	}
	out := objectOf(
		"providerId", stableID(realm, "key", k.id), "providerPriority", k.priority, "kid", k.id, "status", status,
		"type", k.published().Type, "algorithm", k.algorithm,
		"use", map[string]string{"sig": "SIG", "enc": "ENC"}[k.use],
		"publicKey", base64.StdEncoding.EncodeToString(must(x509.MarshalPKIXPublicKey(k.private.Public()))),
	)
	if _, ok := k.private.Public().(*rsa.PublicKey); ok {
		out.set("certificate", base64.StdEncoding.EncodeToString(k.cert))
		out.set("validTo", must(x509.ParseCertificate(k.cert)).NotAfter.UnixMilli())
	}
	return out
}
