package parity

import "testing"

func TestAccount(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	free := r.free()
	account := func(t testing.TB, user string, headers ...string) *reply {
		access := free.password(t, user).tokens().access
		return get(t, r.url("/account"), append([]string{"Accept", "application/json", "Authorization", "bearer " + access}, headers...)...)
	}
	t.Run("with the roles for it", func(t *testing.T) {
		t.Parallel()
		got := account(t, "dora", "Origin", listed).want(200).wantHeaders("Access-Control-Allow-Origin", listed, "Access-Control-Allow-Credentials", "true", "Cache-Control", "no-cache").json()
		for member, want := range map[string]any{
			"id": labDora["sub"], "username": "dora", "firstName": "Dora", "lastName": "Default", "email": "dora@example.com", "emailVerified": false,
		} {
			if got[member] != want {
				t.Errorf("%s = %v, want %v", member, got[member], want)
			}
		}
		if _, there := got["userProfileMetadata"].(map[string]any); !there {
			t.Errorf("userProfileMetadata = %v", got["userProfileMetadata"])
		}
	})
	t.Run("with a slash", func(t *testing.T) {
		t.Parallel()
		access := free.password(t, "dora").tokens().access
		get(t, r.url("/account/"), "Accept", "application/json", "Authorization", "Bearer "+access).want(200)
	})
	t.Run("foreign origin", func(t *testing.T) {
		t.Parallel()
		account(t, "dora", "Origin", evil).want(403)
	})
	t.Run("without the roles for it", func(t *testing.T) {
		t.Parallel()
		account(t, "bob").wantError(401, "HTTP 401 Unauthorized", "")
	})
	t.Run("without a token", func(t *testing.T) {
		t.Parallel()
		get(t, r.url("/account"), "Accept", "application/json").wantError(401, "HTTP 401 Unauthorized", "")
	})
	t.Run("garbage", func(t *testing.T) {
		t.Parallel()
		get(t, r.url("/account"), "Accept", "application/json", "Authorization", "Bearer abc").wantError(401, "HTTP 401 Unauthorized", "")
	})
	t.Run("the page", func(t *testing.T) {
		t.Parallel()
		newBrowser(t, r).open(r.url("/account"), nil).want(200)
	})
}

func TestAccountOfDemo(t *testing.T) { // not parallel: the realm refuses two logins of a person at once
	r := open(t, "demo")
	have := r.demo().session(newBrowser(t, r), "alice")
	got := get(t, r.url("/account"), "Accept", "application/json", "Authorization", "Bearer "+have.access, "Origin", appURL).want(200).json()
	attributes, _ := got["attributes"].(map[string]any)
	if wrong := compare(shape{"department": list("engineering")}, attributes); wrong != "" {
		t.Errorf("attributes: %s", wrong)
	}
}
