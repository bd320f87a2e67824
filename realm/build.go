package realm

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// builder makes a realm out of its file, in the order in which Keycloak imports one.
type builder struct {
	*Realm
	file    *node
	users   []*node         // all of them, from whichever file
	known   map[string]bool // ids, names and e-mail addresses of the users so far, each with its kind before it
	policy  []passwordRule
	profile *profile
}

// buildRealm makes the realm that file describes. Further users come from usersOnly. What is wrong is
// recorded with the files.
func buildRealm(file *node, usersOnly []*node) *Realm {
	log := file.src.log
	warned, left := len(log.warnings), len(log.left)
	b := &builder{
		Realm: &Realm{
			Roles: map[string]*Role{}, Groups: map[string]*Group{}, Clients: map[string]*Client{}, Scopes: map[string]*Scope{},
			clientRoles: map[*Client]map[string]*Role{},
		},
		file:  file,
		users: file.objects("users"),
		known: map[string]bool{},
	}
	for _, n := range usersOnly {
		b.users = append(b.users, n.objects("users")...)
	}
	realmFields.check(file, keycloakDefaults())
	realmAttributes.check(file.object("attributes"), keycloakDefaults().member("attributes"))
	b.readSettings()
	b.readLifetimes()
	b.readLevels()
	b.policy = readPasswordPolicy(file.member("passwordPolicy"))
	b.readComponents()

	b.startRoles()
	b.readScopes()
	b.readClients()
	b.readRoles()
	b.readScopeMappings()
	b.readGroups()
	b.readUsers()
	b.addServiceAccounts()
	if file.member("keycloakVersion") != nil && len(b.People()) == 0 {
		file.warn("this is an export without users, so nobody can sign in: Keycloak's partial export leaves them out; add some under users, or give the file of \"kc.sh export\" that holds them, too")
	}
	b.Report = Report{Unused: gather(log.left[left:]), Warnings: log.warnings[warned:]}
	b.represent()
	b.parts = map[string][32]byte{}
	file.addParts("", b.parts)
	for _, n := range usersOnly {
		n.addParts("", b.parts)
	}
	return b.Realm
}

func (b *builder) readSettings() {
	f := b.file
	b.Name = f.str("realm")
	b.ID = b.idOf(f, "realm")
	b.DisplayName = f.str("displayName")
	b.Enabled = f.flag("enabled", false)
	if f.member("enabled") == nil {
		f.warn(`there is no "enabled", which Keycloak reads as false: nobody can sign in; add "enabled": true`)
	}
	if strings.EqualFold(f.str("sslRequired"), "all") { // on loopback, the others are alike
		f.member("sslRequired").leaveOut(plainHTTP)
	}
	b.LoginWithEmailAllowed = f.flag("loginWithEmailAllowed", true)
	b.DuplicateEmailsAllowed = f.flag("duplicateEmailsAllowed", false)
	b.EditUsernameAllowed = f.flag("editUsernameAllowed", false)
	b.RememberMe = f.flag("rememberMe", false)
	b.VerifyEmail = f.flag("verifyEmail", false)
	b.RevokeRefreshToken = f.flag("revokeRefreshToken", false)
	b.RefreshTokenMaxReuse = int(f.number("refreshTokenMaxReuse", 0))
	b.DefaultSignature = orElse(f.str("defaultSignatureAlgorithm"), "RS256")
	b.PasswordPolicy = f.str("passwordPolicy")
	b.NotBefore = f.number("notBefore", 0)
	b.Attrs = f.strMap("attributes")
}

// readLifetimes follows Keycloak's defaults. The lifetimes that it keeps as attributes of the realm may
// stand there in the file, too, and win.
func (b *builder) readLifetimes() {
	attrs := b.file.member("attributes")
	seconds := func(name string, otherwise int64) time.Duration {
		n := b.file
		if attrs != nil && attrs.member(name) != nil {
			n = attrs
		}
		value := n.number(name, otherwise)
		if value < 0 || value == 0 && otherwise > 0 {
			n.member(name).warn("a lifetime of %d s is of no use: the default of %d s is taken", value, otherwise)
			value = otherwise
		}
		return time.Duration(value) * time.Second
	}
	b.Lifetimes = Lifetimes{
		AccessToken:        seconds("accessTokenLifespan", 300),
		Code:               seconds("accessCodeLifespan", 60),
		LoginPage:          seconds("accessCodeLifespanLogin", 1800),
		Action:             seconds("accessCodeLifespanUserAction", 300),
		SessionIdle:        seconds("ssoSessionIdleTimeout", 1800),
		SessionMax:         seconds("ssoSessionMaxLifespan", 36000),
		RememberMeIdle:     seconds("ssoSessionIdleTimeoutRememberMe", 0),
		RememberMeMax:      seconds("ssoSessionMaxLifespanRememberMe", 0),
		ClientIdle:         seconds("clientSessionIdleTimeout", 0),
		ClientMax:          seconds("clientSessionMaxLifespan", 0),
		OfflineIdle:        seconds("offlineSessionIdleTimeout", 2592000),
		ClientOfflineIdle:  seconds("clientOfflineSessionIdleTimeout", 0),
		DeviceCode:         seconds("oauth2DeviceCodeLifespan", 600),
		DevicePollInterval: seconds("oauth2DevicePollingInterval", 5),
	}
	if b.file.flag("offlineSessionMaxLifespanEnabled", false) {
		b.Lifetimes.OfflineMax = seconds("offlineSessionMaxLifespan", 5184000)
	}
}

// readLevels reads the names of authentication levels, which stand in an attribute as JSON.
func (b *builder) readLevels() {
	b.LevelsOf = map[string]int{}
	text := b.Attrs["acr.loa.map"]
	if text == "" {
		return
	}
	attribute := b.file.member("attributes").member("acr.loa.map")
	levels, err := attribute.src.inner(attribute, text)
	if err != nil {
		attribute.warn(`this says nothing: want levels such as {"silver": 1, "gold": 2} as JSON in a string (%v)`, err)
		return
	}
	for _, level := range levels.values() {
		b.LevelsOf[level.name] = int(levels.number(level.name, 0))
	}
}

// readComponents reads the user profile and the keys. Keycloak has them among other components.
func (b *builder) readComponents() {
	components := b.file.object("components")
	for _, kind := range components.values() {
		for _, c := range components.objects(kind.name) {
			componentFields.check(c, nil)
			if kind.name == keyProviderKind {
				b.Keys = append(b.Keys, readKeyProvider(c))
			}
		}
		if t, unused := unusedComponent(kind.name); unused {
			kind.leave(t, keycloakDefaults().member("components").member(kind.name))
		}
	}
	b.profile = readProfile(components)
	b.Profile, b.UnmanagedAttributes, b.unmanagedShown = b.profile.attributes, b.profile.open, b.profile.othersToo
}

// Kinds of components.
const (
	keyProviderKind = "org.keycloak.keys.KeyProvider"
	userProfileKind = "org.keycloak.userprofile.UserProfileProvider"
)

// unusedComponent reports whether this realm acts on no component of that kind, and to which topic it belongs.
func unusedComponent(kind string) (topic, bool) {
	switch kind {
	case keyProviderKind, userProfileKind:
		return 0, false
	case "org.keycloak.storage.UserStorageProvider":
		return userFederation, true
	case "org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy":
		return clientRegistration, true
	}
	return otherComponents, true
}

func readKeyProvider(c *node) KeyProvider {
	settings := map[string]string{}
	for name, values := range c.strsMap("config") {
		if len(values) > 0 {
			settings[name] = values[0]
		}
	}
	config := c.member("config")
	first := func(name, otherwise string) string { return orElse(settings[name], otherwise) }
	var priority int64
	if _, err := fmt.Sscan(first("priority", "0"), &priority); err != nil {
		config.member("priority").refuse("want a whole number, not %q", settings["priority"])
	}
	p := KeyProvider{
		ProviderID: c.str("providerId"),
		Priority:   priority,
		Enabled:    strings.EqualFold(first("enabled", "true"), "true"),
		Active:     strings.EqualFold(first("active", "true"), "true"),
		Algorithm:  settings["algorithm"],
		Cfg:        settings,
	}
	if !p.used() {
		c.leaveOut(keyProviders)
	}
	return p
}

// idOf returns the id that the object brings, else one that is the same at every start, so that what
// others have stored under it stays reachable. Keycloak makes a random one each time.
func (b *builder) idOf(n *node, kind string, names ...string) string {
	if id := n.str("id"); id != "" {
		return id
	}
	return stableID(append([]string{b.Name, kind}, names...)...)
}

// stableID makes a UUID out of names (RFC 9562 §5.8).
func stableID(names ...string) string {
	text, err := json.Marshal(names)
	if err != nil {
		text = []byte(strings.Join(names, "/")) // names are strings: this does not happen
	}
	b := sha256.Sum256(text)
	b[6] = b[6]&0x0f | 0x80
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// reservedInNames may not stand in the name of a realm.
const reservedInNames = `:/?#[]@!$&()*+,;=\`

func validName(name string) bool {
	return !strings.ContainsAny(name, reservedInNames) && name != "." && name != ".."
}
