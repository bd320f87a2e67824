package realm

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
)

// claimsFor says what kind of token, or answer, claims are collected for.
type claimsFor int

const (
	forAccess claimsFor = iota
	forLightweight
	forID
	forUserinfo
	forIntrospection
	forAnswer // the answer of the token endpoint itself
)

// wants reports whether the mapper's switches put its claim there. Files from before a switch existed
// lack it: then userinfo follows the ID token, and introspection the access token.
func (m *Mapper) wants(kind claimsFor) bool {
	on := func(name string) bool { return m.Cfg[name] == "true" }
	switch kind {
	case forAccess:
		return on("access.token.claim")
	case forLightweight:
		return on("lightweight.claim")
	case forID:
		return on("id.token.claim")
	case forAnswer:
		return on("access.tokenResponse.claim")
	case forUserinfo:
		if _, set := m.Cfg["userinfo.token.claim"]; !set {
			return on("id.token.claim")
		}
		return on("userinfo.token.claim")
	default:
		if _, set := m.Cfg["introspection.token.claim"]; !set {
			return on("access.token.claim")
		}
		return on("introspection.token.claim")
	}
}

// mapping is one run of the mappers for one token.
type mapping struct {
	grant    *grant
	kind     claimsFor
	out      *object
	audience []string
	realm    []string      // names of realm roles
	clients  []clientRoles // roles of clients, in the order in which they came
}

type clientRoles struct {
	client string
	roles  []string
}

// mapperKind says how a type of protocol mapper works, and when: roles are renamed and added before
// they are written into claims. Some types have no part in userinfo or ID tokens, whatever their switches
// say, and those that change roles have no switches: they count wherever roles do.
type mapperKind struct {
	order int
	reach reach
	apply func(*mapping, *Mapper)
}

type reach int

const (
	everywhere reach = iota
	always           // without switches
	inAnswers        // everywhere, and in the answer of the token endpoint
	inTokens         // access and ID tokens, introspection, and that answer
	inAccess         // access tokens and introspection
)

// applies reports whether a mapper takes part in claims of that kind.
func (k mapperKind) applies(m *Mapper, kind claimsFor) bool {
	switch {
	case k.reach == always:
		return kind != forAnswer
	case kind == forAnswer && k.reach != inAnswers && k.reach != inTokens,
		kind == forUserinfo && k.reach != everywhere && k.reach != inAnswers,
		kind == forID && k.reach == inAccess:
		return false
	}
	return m.wants(kind)
}

// mapperKinds are the protocol mappers that this realm acts on, by protocolMapper.
var mapperKinds = map[string]mapperKind{
	"oidc-role-name-mapper":                  {10, always, (*mapping).renameRole},
	"oidc-hardcoded-role-mapper":             {20, always, (*mapping).addRole},
	"oidc-audience-resolve-mapper":           {30, inAccess, (*mapping).resolveAudience},
	"oidc-usermodel-realm-role-mapper":       {40, everywhere, (*mapping).realmRoles},
	"oidc-usermodel-client-role-mapper":      {40, everywhere, (*mapping).clientRoles},
	"oidc-audience-mapper":                   {0, inTokens, (*mapping).addAudience},
	"oidc-usermodel-attribute-mapper":        {0, everywhere, (*mapping).attribute},
	"oidc-usermodel-property-mapper":         {0, everywhere, (*mapping).property},
	"oidc-group-membership-mapper":           {0, everywhere, (*mapping).groups},
	"oidc-hardcoded-claim-mapper":            {0, inAnswers, (*mapping).hardcoded},
	"oidc-full-name-mapper":                  {0, everywhere, (*mapping).fullName},
	"oidc-usersessionmodel-note-mapper":      {0, inTokens, (*mapping).note},
	"oidc-allowed-origins-mapper":            {0, inAccess, (*mapping).allowedOrigins},
	"oidc-acr-mapper":                        {0, inTokens, (*mapping).acr},
	"oidc-sub-mapper":                        {0, inAccess, (*mapping).sub},
	"oidc-address-mapper":                    {0, everywhere, (*mapping).address},
	"oidc-nonce-backwards-compatible-mapper": {0, everywhere, (*mapping).nonce},
}

// otherMappers are Keycloak's protocol mappers that this realm does not act on.
var otherMappers = set("oidc-amr-mapper oidc-claims-param-token-mapper oidc-claims-param-value-idtoken-mapper oidc-organization-group-membership-mapper oidc-organization-membership-mapper oidc-session-state-mapper oidc-sha256-pairwise-sub-mapper")

// mapClaims runs the mappers of the grant and adds what they yield to out.
func mapClaims(g *grant, kind claimsFor, out *object) *mapping {
	m := &mapping{grant: g, kind: kind, out: out}
	for _, role := range g.scopes.rolesFor(g.user, g.client) {
		m.hold(role)
	}
	mappers := g.scopes.mappers(g.client)
	slices.SortStableFunc(mappers, func(a, b *Mapper) int { return mapperKinds[a.Type].order - mapperKinds[b.Type].order })
	for _, mapper := range mappers {
		if known, ok := mapperKinds[mapper.Type]; ok && known.applies(mapper, kind) {
			known.apply(m, mapper)
		}
	}
	return m
}

func (m *mapping) hold(role *Role) {
	if role.Client == nil {
		m.realm = append(m.realm, role.Name)
		return
	}
	m.holdOf(role.Client.ClientID, role.Name)
}

func (m *mapping) holdOf(client, role string) {
	i := slices.IndexFunc(m.clients, func(c clientRoles) bool { return c.client == client })
	if i < 0 {
		m.clients = append(m.clients, clientRoles{client: client})
		i = len(m.clients) - 1
	}
	if !slices.Contains(m.clients[i].roles, role) {
		m.clients[i].roles = append(m.clients[i].roles, role)
	}
}

func (m *mapping) takeFrom(client, role string) bool {
	if client == "" {
		before := len(m.realm)
		m.realm = slices.DeleteFunc(m.realm, func(r string) bool { return r == role })
		return len(m.realm) < before
	}
	for i := range m.clients {
		if c := &m.clients[i]; c.client == client {
			before := len(c.roles)
			c.roles = slices.DeleteFunc(c.roles, func(r string) bool { return r == role })
			return len(c.roles) < before
		}
	}
	return false
}

// splitRole reads a role as mappers name it: "role", or "client.role". Client ids hold dots as well.
func (m *mapping) splitRole(name string) (client, role string) {
	for id := range m.grant.realm.Clients {
		if rest, ok := strings.CutPrefix(name, id+"."); ok && len(id) > len(client) {
			client, role = id, rest
		}
	}
	if client == "" {
		return "", name
	}
	return client, role
}

func (m *mapping) addRole(mapper *Mapper) {
	client, role := m.splitRole(mapper.Cfg["role"])
	switch {
	case role == "":
	case client != "":
		m.holdOf(client, role)
	case !slices.Contains(m.realm, role):
		m.realm = append(m.realm, role)
	}
}

func (m *mapping) renameRole(mapper *Mapper) {
	client, role := m.splitRole(mapper.Cfg["role"])
	newClient, newRole := m.splitRole(mapper.Cfg["new.role.name"])
	if newRole == "" || !m.takeFrom(client, role) {
		return
	}
	if newClient == "" {
		if client != "" { // a bare name renames within the client
			m.holdOf(client, newRole)
			return
		}
		m.realm = append(m.realm, newRole)
		return
	}
	m.holdOf(newClient, newRole)
}

func (m *mapping) resolveAudience(*Mapper) {
	for _, c := range m.clients {
		if c.client != m.grant.client.ClientID && len(c.roles) > 0 {
			m.mean(c.client)
		}
	}
}

func (m *mapping) addAudience(mapper *Mapper) {
	if client := mapper.Cfg["included.client.audience"]; client != "" {
		m.mean(client)
		return
	}
	if custom := mapper.Cfg["included.custom.audience"]; custom != "" {
		m.mean(custom)
	}
}

func (m *mapping) mean(audience string) {
	if !slices.Contains(m.audience, audience) {
		m.audience = append(m.audience, audience)
	}
}

func (m *mapping) realmRoles(mapper *Mapper) {
	m.put(mapper, "realm_access.roles", prefixed(m.realm, mapper.Cfg["usermodel.realmRoleMapping.rolePrefix"]))
}

func (m *mapping) clientRoles(mapper *Mapper) {
	only := mapper.Cfg["usermodel.clientRoleMapping.clientId"]
	prefix := mapper.Cfg["usermodel.clientRoleMapping.rolePrefix"]
	name := mapper.claim("resource_access.${client_id}.roles")
	perClient := strings.Contains(name, "${client_id}")
	var merged []string
	for _, c := range m.clients {
		if only != "" && c.client != only || len(c.roles) == 0 {
			continue
		}
		roles := prefixed(c.roles, prefix)
		if perClient {
			path := splitClaim(name)
			for i := range path {
				path[i] = strings.ReplaceAll(path[i], "${client_id}", c.client)
			}
			m.putAt(mapper, path, roles)
			continue
		}
		for _, role := range roles {
			if !slices.Contains(merged, role) {
				merged = append(merged, role)
			}
		}
	}
	if !perClient {
		m.putAt(mapper, splitClaim(name), merged)
	}
}

func prefixed(names []string, prefix string) []string {
	out := slices.Clone(names)
	for i := range out {
		out[i] = prefix + out[i]
	}
	return out
}

func (m *mapping) attribute(mapper *Mapper) {
	name := mapper.Cfg["user.attribute"]
	m.put(mapper, "", m.grant.user.Attribute(name, mapper.Cfg["aggregate.attrs"] == "true"))
}

func (m *mapping) property(mapper *Mapper) {
	user := m.grant.user
	switch name := mapper.Cfg["user.attribute"]; name {
	case "emailVerified":
		m.put(mapper, "", []string{strconv.FormatBool(user.EmailVerified)})
	case "enabled":
		m.put(mapper, "", []string{strconv.FormatBool(user.Enabled)})
	case "id":
		m.put(mapper, "", []string{user.ID})
	case "username", "email", "firstName", "lastName":
		m.put(mapper, "", user.Attribute(name, false))
	}
}

func (m *mapping) groups(mapper *Mapper) {
	var names []string
	for _, group := range m.grant.user.Groups {
		if mapper.Cfg["full.path"] == "false" {
			names = append(names, group.Name)
		} else {
			names = append(names, group.Path)
		}
	}
	if path := splitClaim(mapper.claim("")); len(path) > 0 && len(names) > 0 {
		m.out.setPath(path, names) // a list even when there is one group
	}
}

func (m *mapping) hardcoded(mapper *Mapper) {
	m.put(mapper, "", nonEmpty(mapper.Cfg["claim.value"]))
}

func (m *mapping) fullName(*Mapper) {
	m.out.setNonEmpty("name", m.grant.user.FullName())
}

func (m *mapping) note(mapper *Mapper) {
	m.put(mapper, "", nonEmpty(m.grant.notes[mapper.Cfg["user.session.note"]]))
}

func (m *mapping) allowedOrigins(*Mapper) {
	if origins := m.grant.client.origins(m.grant.base); len(origins) > 0 {
		m.out.set("allowed-origins", origins)
	}
}

func (m *mapping) acr(*Mapper) { m.out.setNonEmpty("acr", m.grant.acr) }

func (m *mapping) sub(*Mapper) { m.out.set("sub", m.grant.user.ID) }

func (m *mapping) nonce(*Mapper) { m.out.setNonEmpty("nonce", m.grant.nonce) }

// address is OpenID Connect's address claim (Core §5.1.1), of the attributes that the user has.
func (m *mapping) address(mapper *Mapper) {
	address := newObject()
	for _, part := range []string{"formatted", "street", "locality", "region", "postal_code", "country"} {
		attribute := mapper.Cfg["user.attribute."+part]
		if attribute == "" {
			attribute = part
		}
		claim := part
		if part == "street" {
			claim = "street_address"
		}
		if values := m.grant.user.Attribute(attribute, false); len(values) > 0 {
			address.set(claim, values[0])
		}
	}
	if len(address.names) > 0 {
		m.out.set("address", address)
	}
}

func (m *Mapper) claim(otherwise string) string {
	if name := m.Cfg["claim.name"]; name != "" {
		return name
	}
	return otherwise
}

// splitClaim splits a claim name at its dots; "\." is a dot within a name.
func splitClaim(name string) []string {
	if name == "" {
		return nil
	}
	parts := strings.Split(strings.ReplaceAll(name, `\.`, "\x00"), ".")
	for i := range parts {
		parts[i] = strings.ReplaceAll(parts[i], "\x00", ".")
	}
	return parts
}

func (m *mapping) put(mapper *Mapper, otherwise string, values []string) {
	m.putAt(mapper, splitClaim(mapper.claim(otherwise)), values)
}

// putAt writes a claim in the type that the mapper asks for. Nothing is written where there is no value,
// or one that is not of that type: Keycloak then leaves the claim out, too.
func (m *mapping) putAt(mapper *Mapper, path []string, values []string) {
	if len(path) == 0 || len(values) == 0 {
		return
	}
	kind := mapper.Cfg["jsonType.label"]
	if mapper.Cfg["multivalued"] == "true" {
		list := make([]any, 0, len(values))
		for _, value := range values {
			if typed := typedClaim(kind, value); typed != nil {
				list = append(list, typed)
			}
		}
		m.out.setPath(path, list)
		return
	}
	text := values[0]
	if strings.Contains(mapper.Type, "-role-mapper") {
		text = "[" + strings.Join(values, ", ") + "]" // what Java makes of a list
	}
	if typed := typedClaim(kind, text); typed != nil {
		m.out.setPath(path, typed)
	}
}

func typedClaim(kind, text string) any {
	switch kind {
	case "boolean":
		return strings.EqualFold(text, "true")
	case "long", "int":
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || kind == "int" && (n > math.MaxInt32 || n < math.MinInt32) {
			return nil
		}
		return n
	case "JSON":
		if !json.Valid([]byte(text)) {
			return nil
		}
		return json.RawMessage(text)
	}
	return text
}
