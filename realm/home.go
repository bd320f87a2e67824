package realm

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"keystead/realm/pages"
)

var (
	style    = []byte(pages.Style)
	styleTag = fmt.Sprintf(`"%x"`, sha256.Sum256(style))
)

// builtinClients are those that Keycloak makes in every realm.
var builtinClients = []string{"account", "account-console", "admin-cli", "broker", "realm-management", "security-admin-console"}

// home is the page at the server's root: what is served here, and who can sign in.
func (s *Server) home(w http.ResponseWriter, r *http.Request) {
	writePage(w, http.StatusOK, pages.Home{Base: pagesBase, Nonce: randomText(16), Realms: s.Overview(baseOf(r))})
}

// Overview tells of each realm who can sign in and how tokens are had, for people. Base is the scheme and
// host by which the server is reached.
func (s *Server) Overview(base string) []pages.HomeRealm {
	var realms []pages.HomeRealm
	for _, name := range s.Names() {
		v := s.current()[name]
		issuer := base + "/realms/" + url.PathEscape(name)
		report := ""
		if !v.Report.empty() {
			report = ReportURL(base, name)
		}
		realms = append(realms, pages.HomeRealm{
			Name: name, Title: v.Title(), Issuer: issuer,
			People: v.homePeople(), Clients: v.homeClients(base), Curl: v.curlLines(issuer), Report: report,
			Trouble: v.troubleLines(),
		})
		if s.secret != "" {
			realms[len(realms)-1].TroubleURL = issuer + "/keystead"
		}
	}
	return realms
}

// troubleLines say what goes wrong on purpose.
func (v *served) troubleLines() []string {
	var lines []string
	for _, t := range v.troublesSet() {
		lines = append(lines, t.Endpoint+" "+t.Words)
	}
	if clock := v.troubles.clockWords(); clock != "" {
		lines = append(lines, "the clock is "+clock)
	}
	return lines
}

func (v *served) homePeople() []pages.HomePerson {
	var people []pages.HomePerson
	for _, user := range v.People() {
		person := pages.HomePerson{Username: user.Username, Name: user.FullName(), Disabled: !user.Enabled, Password: v.known(user)}
		for _, role := range user.Effective() {
			if role.Client == nil {
				person.Roles = append(person.Roles, role.Name)
			}
		}
		people = append(people, person)
	}
	return people
}

// known returns a password that stands in the file in clear and is still good; "" where there is none.
func (v *served) known(user *User) string {
	for _, c := range user.Credentials {
		if c.plain != "" && v.matches(user, c.plain) {
			return c.plain
		}
	}
	return ""
}

func (v *served) homeClients(base string) []pages.HomeClient {
	var clients []pages.HomeClient
	for _, id := range v.ClientIDs() {
		client := v.Clients[id]
		if slices.Contains(builtinClients, id) || !client.Enabled {
			continue
		}
		clients = append(clients, pages.HomeClient{ClientID: id, Kind: client.kinds(), URL: client.home(base)})
	}
	return clients
}

// kinds says what a client does, in words.
func (c *Client) kinds() string {
	kind := "confidential"
	if c.Public {
		kind = "public"
	}
	words := []string{kind}
	for _, use := range []struct {
		on   bool
		word string
	}{{c.StandardFlow, "browser sign-in"}, {c.DirectAccess, "password"}, {c.ServiceAccounts, "service account"}, {c.DeviceFlow, "device"}} {
		if use.on {
			words = append(words, use.word)
		}
	}
	return strings.Join(words, ", ")
}

// curlLines are calls to copy that give tokens without a browser: of a user, and of a service.
func (v *served) curlLines(issuer string) []string {
	var user, service string
	token := "curl " + issuer + oidc + "/token"
	var caller *User // whose password can be told
	for _, someone := range v.People() {
		if caller == nil && someone.Enabled && v.known(someone) != "" && len(v.pending(someone)) == 0 {
			caller = someone
		}
	}
	for _, id := range v.ClientIDs() {
		client := v.Clients[id]
		switch {
		case !client.Enabled || slices.Contains(builtinClients, id):
		case service == "" && client.ServiceAccounts && !client.Public:
			service = token + " -d grant_type=client_credentials" + field("client_id", id) + field("client_secret", client.Secret)
		case user == "" && client.Public && client.DirectAccess && caller != nil:
			user = token + " -d grant_type=password" + field("client_id", id) + field("username", caller.Username) + field("password", v.known(caller)) + " -d scope=openid"
		}
	}
	return slices.DeleteFunc([]string{user, service}, func(line string) bool { return line == "" })
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)

// field is a form field as an argument of curl, safe to paste into a shell whatever the file says.
func field(name, value string) string {
	if plainWord.MatchString(value) {
		return " -d " + name + "=" + value
	}
	return " --data-urlencode '" + name + "=" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
