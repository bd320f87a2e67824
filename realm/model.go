package realm

import (
	"slices"
	"strings"
	"time"
)

// Realm is one realm as its file describes it, with what Keycloak adds by itself filled in. It does
// not change after Load: what does, such as sessions, keys and passwords, lives beside it.
type Realm struct {
	Name        string // as in the path, /realms/{name}
	DisplayName string // "" where the file gives none
	ID          string // a UUID
	Enabled     bool

	Roles    map[string]*Role   // realm roles by name
	Groups   map[string]*Group  // by path, such as /staff/ops
	Clients  map[string]*Client // by client id
	Scopes   map[string]*Scope  // client scopes by name
	Users    []*User            // in the file's order, service accounts among them
	Profile  []ProfileAttribute // what a user may have and may change; in the file's order
	Keys     []KeyProvider      // keys that the file brings; none: they are made at start
	LevelsOf map[string]int     // acr.loa.map: name of an authentication level to its number; may be empty

	LoginWithEmailAllowed  bool
	DuplicateEmailsAllowed bool
	EditUsernameAllowed    bool
	RememberMe             bool
	VerifyEmail            bool // users with an address that is not verified must do that first
	RevokeRefreshToken     bool // refresh tokens rotate: each is good for RefreshTokenMaxReuse+1 uses
	RefreshTokenMaxReuse   int
	UnmanagedAttributes    bool   // users may have, see and change attributes that Profile does not declare
	DefaultSignature       string // RS256 unless the file says otherwise
	PasswordPolicy         string // as in the file, such as "length(8) and notUsername"
	NotBefore              int64  // seconds since 1970; tokens issued before it are refused; 0: none

	Lifetimes Lifetimes
	Attrs     map[string]string

	Report Report // what of the file is not acted on or means something else than one may think

	clientRoles                   map[*Client]map[string]*Role // by name
	defaultRole                   *Role                        // composite: what users made by Keycloak itself start with
	defaultGroups                 []*Group                     // the same
	defaultScopes, optionalScopes []*Scope                     // of clients that name none
	unmanagedShown                bool                         // administrators see attributes that Profile does not have, too
	representation                *object                      // as the admin REST shows the realm

	clientOrder []string            // client ids, as the file has them
	parts       map[string][32]byte // what the file consists of, by path, with the digest of each
}

// Lifetimes are how long things of a realm live. None is zero, but for those that say so.
type Lifetimes struct {
	AccessToken                    time.Duration
	Code                           time.Duration // accessCodeLifespan
	LoginPage                      time.Duration // accessCodeLifespanLogin
	Action                         time.Duration // accessCodeLifespanUserAction
	SessionIdle, SessionMax        time.Duration
	RememberMeIdle, RememberMeMax  time.Duration // 0: as without "remember me"
	ClientIdle, ClientMax          time.Duration // of a client's part of a session; 0: as the session's
	OfflineIdle                    time.Duration
	OfflineMax                     time.Duration // 0: offline sessions have no end but idleness
	ClientOfflineIdle              time.Duration // 0: as OfflineIdle
	DeviceCode, DevicePollInterval time.Duration
}

// Role is a realm role, or a client's when Client is not nil.
type Role struct {
	ID, Name    string
	Description string
	Client      *Client
	Composites  []*Role // what whoever holds this role holds, too
	Attrs       map[string][]string
}

// Group is a group of users. Its members hold the roles and attributes of its parents, too.
type Group struct {
	ID, Name, Path string // the path from the top, such as /staff/ops
	Description    string
	Parent         *Group // nil at the top
	Roles          []*Role
	Attrs          map[string][]string
}

// User is a person, or the service account of a client.
type User struct {
	ID, Username               string // the username is in lower case
	Email, FirstName, LastName string // "" where the file gives none; the e-mail address is in lower case
	EmailVerified, Enabled     bool
	Attrs                      map[string][]string
	Roles                      []*Role // those given directly
	Groups                     []*Group
	Credentials                []Credential
	RequiredActions            []string // such as UPDATE_PASSWORD, as in the file
	ServiceAccountOf           *Client  // nil for a person
	NotBefore                  int64
	Created                    int64               // milliseconds since 1970; 0 where the file gives none
	Consents                   map[string][]string // client id to the names of the client scopes granted to it

	part [32]byte // digest of what the file says of the user
}

// Client is an application of the realm.
type Client struct {
	ID, ClientID, Name string // ID is a UUID, ClientID what requests carry
	Description        string
	Enabled            bool
	Public, BearerOnly bool
	Secret             string // "" for a public client
	AuthenticatorType  string // client-secret unless the file says otherwise

	StandardFlow, ImplicitFlow, DirectAccess, ServiceAccounts bool
	DeviceFlow                                                bool // attribute oauth2.device.authorization.grant.enabled
	ConsentRequired                                           bool
	FrontchannelLogout                                        bool // told of sign-outs in the browser, and therefore never in the back
	FullScope                                                 bool // tokens carry all roles of the user
	NotBefore                                                 int64

	RootURL, BaseURL       string   // relative or absolute; "" where the file gives none
	AdminURL               string   // the same; this realm sends nothing there
	AlwaysInConsole        bool     // alwaysDisplayInConsole
	NodeTimeout            int64    // nodeReRegistrationTimeout, which nothing here asks about
	RedirectURIs           []string // patterns as in the file; relative ones begin with a slash
	PostLogoutRedirectURIs []string // patterns; those of RedirectURIs where the file says "+" or nothing
	WebOrigins             []string // as in the file; "+" stands for the origins of RedirectURIs, "*" for all

	DefaultScopes, OptionalScopes []*Scope
	Mappers                       []*Mapper // the client's own
	ScopeRoles                    []*Role   // that its tokens may carry when FullScope is off
	ServiceAccount                *User     // nil unless ServiceAccounts
	Attrs                         map[string]string
}

// Scope is a client scope: mappers and role limits that clients share.
type Scope struct {
	ID, Name    string
	Description string
	Mappers     []*Mapper
	ScopeRoles  []*Role
	Attrs       map[string]string
}

// Mapper is a protocol mapper: it puts something about the user, the session or the client into tokens.
type Mapper struct {
	ID   string // a UUID
	Name string
	Type string // protocolMapper, such as oidc-audience-mapper
	Cfg  map[string]string
}

// ProfileAttribute is an attribute that the realm's user profile declares.
type ProfileAttribute struct {
	Name, DisplayName string
	RequiredOfUsers   bool     // a user must have it
	View, Edit        []string // out of "admin", "user"
	Multivalued       bool
	Validations       map[string]map[string]any
	Annotations       map[string]any
	Group             string
}

// KeyProvider is a key that the file brings (components of org.keycloak.keys.KeyProvider).
type KeyProvider struct {
	ProviderID      string // rsa, rsa-generated, rsa-enc-generated, ecdsa-generated, eddsa-generated, hmac-generated, aes-generated …
	Priority        int64
	Enabled, Active bool
	Algorithm       string // "" where the file gives none
	Cfg             map[string]string
}

// Effective returns every role that the user holds: the direct ones, those of groups and their
// parents, and whatever these are composed of. Each stands there once.
func (u *User) Effective() []*Role {
	var direct []*Role
	direct = append(direct, u.Roles...)
	for _, group := range u.Groups {
		for g := group; g != nil; g = g.Parent {
			direct = append(direct, g.Roles...)
		}
	}
	return expand(direct)
}

// expand follows composites, which may go in circles.
func expand(roles []*Role) []*Role {
	var all []*Role
	seen := map[*Role]bool{}
	var add func([]*Role)
	add = func(roles []*Role) {
		for _, role := range roles {
			if !seen[role] {
				seen[role] = true
				all = append(all, role)
				add(role.Composites)
			}
		}
	}
	add(roles)
	return all
}

// Attribute returns the values of a user's attribute: the user's own, else those of the first group
// (or its nearest parent) that has it. With all, those of every group come behind them, each once.
func (u *User) Attribute(name string, all bool) []string {
	switch name { // Keycloak keeps these as attributes, too
	case "username":
		return nonEmpty(u.Username)
	case "email":
		return nonEmpty(u.Email)
	case "firstName":
		return nonEmpty(u.FirstName)
	case "lastName":
		return nonEmpty(u.LastName)
	}
	values := slices.Clone(u.Attrs[name])
	for _, group := range u.Groups {
		for g := group; g != nil; g = g.Parent {
			if len(values) > 0 && !all {
				return values
			}
			for _, value := range g.Attrs[name] {
				if !slices.Contains(values, value) {
					values = append(values, value)
				}
			}
		}
	}
	return values
}

func nonEmpty(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}

// FullName is the user's name for people; "" when the file gives none.
func (u *User) FullName() string {
	return strings.TrimSpace(u.FirstName + " " + u.LastName)
}

// Title is the realm's name for people.
func (r *Realm) Title() string {
	if r.DisplayName != "" {
		return r.DisplayName
	}
	return r.Name
}

// UserByID returns the user with that id, or nil.
func (r *Realm) UserByID(id string) *User {
	for _, user := range r.Users {
		if user.ID == id {
			return user
		}
	}
	return nil
}

// UserByLogin returns the person who signs in with that name, or nil. E-mail addresses count where
// the realm allows that; case does not.
func (r *Realm) UserByLogin(name string) *User {
	name = strings.ToLower(name)
	var byEmail *User
	for _, user := range r.Users {
		if user.ServiceAccountOf != nil {
			continue
		}
		if user.Username == name {
			return user
		}
		if byEmail == nil && r.LoginWithEmailAllowed && user.Email != "" && user.Email == name {
			byEmail = user
		}
	}
	return byEmail
}

// People returns the users that are no service accounts.
func (r *Realm) People() []*User {
	return slices.DeleteFunc(slices.Clone(r.Users), func(u *User) bool { return u.ServiceAccountOf != nil })
}

// ClientIDs returns the ids of all clients, in the file's order, those behind them that Keycloak makes by itself.
func (r *Realm) ClientIDs() []string { return r.clientOrder }
