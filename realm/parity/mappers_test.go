package parity

import "testing"

// gina of lab has attributes and groups; the client mapped has mappers for all of them.
var (
	gina = shape{
		"sub": "91a00000-0000-4000-8000-000000000001", "email_verified": true, "name": "Gina Group", "preferred_username": "gina",
		"given_name": "Gina", "family_name": "Group", "email": "gina@example.com", "nickname": "gigi", "locale": "de",
	}
	ginaAccess = shape{
		"aud":         list("pub", "mapped", "https://api.example.com", "api"),
		"hc_text":     "x y",
		"tenant":      shape{"id": 42, "name": "acme"},
		"hc_long":     9000000000,
		"department":  "lab",
		"languages":   list("de", "en"),
		"language":    "de",
		"badge":       42,
		"remote":      true,
		"floor":       list("7"),
		"floors":      list("7", "1", "2", "3"),
		"site":        "Vienna",
		"login":       "gina",
		"uid":         "91a00000-0000-4000-8000-000000000001",
		"realm_roles": list("r:member", "r:reader", "r:writer"),
		"api_roles":   list("a:read", "a:write", "a:owned"),
		"paths":       list("/staff/ops", "/guests"),
		"groups":      list("ops", "guests"),
		"undeclared":  "kept", // the user profile does not declare it, but a realm file brings it in all the same
		"signed_in":   text(`\d+`),

		"https://example.com/plan": "pro",

		"realm_access":    roles("member", "reader", "writer"),
		"resource_access": shape{"api": roles("read", "write", "owned")},
	}
	ginaID = shape{
		"aud":         list("mapped", "https://api.example.com"),
		"hc_text":     "x y",
		"tenant":      shape{"id": 42},
		"hc_bool":     true,
		"languages":   list("de", "en"),
		"site":        "Vienna",
		"undeclared":  "kept",
		"realm_roles": list("r:member", "r:reader", "r:writer"),
		"api_roles":   list("a:read", "a:write", "a:owned"),
		"paths":       list("/staff/ops", "/guests"),
	}
	ginaUserinfo = shape{
		"hc_text":     "x y",
		"tenant":      shape{"id": 42},
		"hc_json":     shape{"a": []any{1, true, "z"}},
		"department":  "lab",
		"languages":   list("de", "en"),
		"site":        "Vienna",
		"undeclared":  "kept",
		"login":       "gina",
		"uid":         "91a00000-0000-4000-8000-000000000001",
		"realm_roles": list("r:member", "r:reader", "r:writer"),
		"paths":       list("/staff/ops", "/guests"),
	}
	// Introspection puts the claims together anew, by the mappers' switch for it.
	ginaSeen = ginaAccess.and(shape{"department": nil, "https://example.com/plan": nil}).and(shape{"hc_bool": true, "hc_json": shape{"a": []any{1, true, "z"}}, "hc_seen": "here"})
)

func TestMappers(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	a := app{r, "mapped", "mapped-secret", callback, false}
	got := a.exchange(t, a.signIn(newBrowser(t, r), "gina").Get("code"))
	got.want(200).wantShape(tokenAnswer().and(shape{"hc_response": "there"}))
	have := got.tokens()
	wantClaims(t, "access token", r.verified(t, have.access).claims, a.accessClaims("onrtac").and(gina).and(ginaAccess))
	wantClaims(t, "ID token", r.verified(t, have.id).claims, a.idClaims().and(gina).and(ginaID).and(shape{"at_hash": halfHash(have.access)}))
	r.userinfo(t, have.access).want(200).wantShape(gina.and(ginaUserinfo))
	a.introspect(t, have.access).want(200).wantShape(a.accessClaims("onrtac").and(gina).and(ginaSeen).and(shape{
		"client_id": "mapped", "username": "gina", "token_type": "Bearer", "active": true,
	}))
	again := a.renew(t, have.refresh).tokens()
	wantClaims(t, "access token after a refresh", r.verified(t, again.access).claims, a.accessClaims("onrtrt").and(gina).and(ginaAccess))
}

func TestMappersWithNothingToSay(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	a := app{r, "mapped", "mapped-secret", callback, false}
	have := a.password(t, "bob").tokens()
	wantClaims(t, "access token", r.verified(t, have.access).claims, a.accessClaims("onrtro").and(labBob).and(shape{
		"auth_time": nil,
		"aud":       list("pub", "mapped", "https://api.example.com", "api"), "hc_text": "x y", "tenant": shape{"id": 42, "name": "acme"}, "hc_long": 9000000000,
		"login": "bob", "uid": labBob["sub"], "realm_roles": list("r:writer"), "api_roles": list("a:write"),
		"https://example.com/plan": "pro", "realm_access": roles("writer"), "resource_access": shape{"api": roles("write")},
	}))
}
