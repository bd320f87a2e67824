package realm

import (
	"net/http"
	"slices"
	"strings"

	"keystead/realm/pages"
)

// account is one's own profile: as JSON for apps (keycloak-js loadUserProfile), and for browsers a page.
func (c *call) account() error {
	c.w.Header().Set("Cache-Control", "no-cache")
	if !strings.Contains(c.r.Header.Get("Accept"), "application/json") {
		c.page(http.StatusOK, pages.Message{Frame: c.frame(), Title: "Account", Text: "This development realm has no account page yet.", Detail: "Names, e-mail addresses and roles stand in the realm file. An app can open the page for a new password with kc_action=UPDATE_PASSWORD."})
		return nil
	}
	t, g, reason := c.judge(c.bearer())
	if reason != "" {
		return refuse(http.StatusUnauthorized, "HTTP 401 Unauthorized", "")
	}
	claims := newObject()
	mapped := mapClaims(g, forAccess, claims)
	if !slices.Contains(mapped.audience, "account") || !mapped.holdsAny("account", "view-profile", "manage-account") {
		return refuse(http.StatusUnauthorized, "HTTP 401 Unauthorized", "")
	}
	if err := c.admitOrigin(t.client); err != nil {
		return err
	}
	c.w.Header().Del("Access-Control-Expose-Headers")
	return c.json(c.realm.profileOf(t.user, mapped.holdsAny("account", "manage-account")))
}

func (m *mapping) holdsAny(client string, roles ...string) bool {
	return slices.ContainsFunc(m.clients, func(c clientRoles) bool {
		return c.client == client && slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(c.roles, r) })
	})
}

// profileOf is the user as Keycloak's account REST describes one, with what the realm's user profile
// says of each attribute.
func (r *Realm) profileOf(user *User, mayEdit bool) *object {
	out := newObject()
	out.set("id", user.ID)
	out.set("username", user.Username)
	out.setNonEmpty("firstName", user.FirstName)
	out.setNonEmpty("lastName", user.LastName)
	out.setNonEmpty("email", user.Email)
	out.set("emailVerified", user.EmailVerified)
	declared := []*object{}
	own := map[string][]string{}
	for _, a := range r.Profile {
		if !slices.Contains(a.View, "user") {
			continue
		}
		declared = append(declared, a.metadata(r, mayEdit))
		if values := user.Attrs[a.Name]; len(values) > 0 {
			own[a.Name] = values
		}
	}
	metadata := newObject()
	metadata.set("attributes", declared)
	metadata.set("groups", []any{})
	out.set("userProfileMetadata", metadata)
	if len(own) > 0 {
		out.set("attributes", own)
	}
	return out
}

func (a ProfileAttribute) metadata(r *Realm, mayEdit bool) *object {
	out := newObject()
	out.set("name", a.Name)
	out.setNonEmpty("displayName", a.DisplayName)
	out.set("required", a.RequiredOfUsers || a.Name == "username")
	editable := slices.Contains(a.Edit, "user") && (a.Name != "username" || r.EditUsernameAllowed)
	out.set("readOnly", !mayEdit || !editable)
	if len(a.Annotations) > 0 {
		out.set("annotations", a.Annotations)
	}
	validators := a.Validations
	if validators == nil {
		validators = map[string]map[string]any{}
	}
	out.set("validators", validators)
	out.setNonEmpty("group", a.Group)
	out.set("multivalued", a.Multivalued)
	return out
}
