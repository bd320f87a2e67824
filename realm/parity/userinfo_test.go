package parity

import (
	"strings"
	"testing"
)

func TestUserinfo(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	access := r.free().password(t, "alice").tokens().access
	t.Run("GET", func(t *testing.T) {
		t.Parallel()
		r.userinfo(t, access).want(200).wantHeaders("Content-Type", "application/json").wantShape(labAlice)
	})
	t.Run("bearer in lower case", func(t *testing.T) {
		t.Parallel()
		get(t, r.oidc("/userinfo"), "Authorization", "bearer "+access).want(200).wantShape(labAlice)
	})
	t.Run("POST with the header", func(t *testing.T) {
		t.Parallel()
		post(t, r.oidc("/userinfo"), form(), "Authorization", "Bearer "+access).want(200).wantShape(labAlice)
	})
	t.Run("POST with a form", func(t *testing.T) {
		t.Parallel()
		post(t, r.oidc("/userinfo"), form("access_token", access)).want(200).wantShape(labAlice)
	})
}

func TestUserinfoRefuses(t *testing.T) {
	t.Parallel()
	r := open(t, "lab")
	free := r.free()
	have := free.password(t, "bob").tokens()
	ended := free.password(t, "bob").tokens()
	post(t, r.oidc("/logout"), free.form("refresh_token", ended.refresh)).want(204)
	parts := strings.Split(have.access, ".")
	tampered := parts[0] + "." + b64.EncodeToString([]byte(`{"iss":"`+r.url("")+`","sub":"a11ce000-0000-4000-8000-0000000000a1","typ":"Bearer","exp":9999999999}`)) + "." + parts[2]
	unsigned := b64.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + "."
	const failed = `, error="invalid_token", error_description="Token verification failed"`
	tests := []struct {
		name          string
		authorization string
		challenge     string
	}{
		{"no token", "", ""},
		{"basic", "Basic YTpi", ""},
		{"garbage", "Bearer abc", failed},
		{"tampered", "Bearer " + tampered, failed},
		{"unsigned", "Bearer " + unsigned, failed},
		{"a refresh token", "Bearer " + have.refresh, failed},
		{"an ID token", "Bearer " + have.id, failed},
		{"after the end of the session", "Bearer " + ended.access, `, error="invalid_token", error_description="user_session_not_found"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var headers []string
			if tt.authorization != "" {
				headers = []string{"Authorization", tt.authorization}
			}
			got := get(t, r.oidc("/userinfo"), headers...).want(401).wantHeaders("WWW-Authenticate", `Bearer realm="lab"`+tt.challenge, "Cache-Control", "no-store", "Pragma", "no-cache")
			if got.body != "" {
				t.Errorf("the body is %q, want none", got.body)
			}
		})
	}
	t.Run("in another realm", func(t *testing.T) {
		t.Parallel()
		demo := open(t, "demo")
		demo.userinfo(t, have.access).want(401).wantHeaders("WWW-Authenticate", `Bearer realm="demo"`+failed)
	})
	t.Run("twice", func(t *testing.T) {
		t.Parallel()
		post(t, r.oidc("/userinfo"), form("access_token", have.access), "Authorization", "Bearer "+have.access).want(400)
	})
}
