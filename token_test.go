package main

import (
	"encoding/base64"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"keystead/auth/authtest"
)

// explained runs the command for a realm, with what comes from the standard input and further arguments.
func explained(t *testing.T, realm *authtest.Issuer, stdin string, args ...string) (out string, err error) {
	t.Helper()
	var stdout authtest.Log
	args = append([]string{"token", "--issuer=" + realm.URL(), "--client-id=demo", "--audience=" + authtest.Audience}, args...)
	err = run(t.Context(), args, nil, strings.NewReader(stdin), &stdout, &authtest.Log{})
	return stdout.String(), err
}

func TestTokenVerdicts(t *testing.T) {
	realm, other := authtest.NewIssuer(t), authtest.NewIssuer(t)
	claims := realm.Claims("alice", "user", "admin").With("department", "engineering")
	good := realm.Sign(claims)
	header, rest, _ := strings.Cut(good, ".")
	tests := []struct {
		name, stdin string
		args        []string
		fails       string   // "" when the command succeeds
		says        []string // in this order
	}{
		{"expired", realm.Sign(claims.With("exp", time.Now().Add(-3*time.Minute).Unix())), nil, "the token is not accepted: token_expired",
			[]string{"expired 3m", "✓ its signature is by that key", "✗ it is valid now: The token expired 3m", "To mend it: get a new token"}},
		{"expired, and for others", realm.Sign(claims.With("exp", time.Now().Add(-time.Hour).Unix()).With("aud", "account")), nil, "token_expired", []string{"✓ it has the claims", "✗ it is valid now"}},
		{"another audience", realm.Sign(claims.With("aud", "account")), nil, "token_audience",
			[]string{"aud", `"account"`, "✗ it is meant for this API: Audience account holds none of keystead-api; add an audience mapper", "or correct KEYSTEAD_AUDIENCE"}},
		{"another realm", other.Token("alice"), nil, "token_key_unknown", []string{"✓ its algorithm", "✗ the realm publishes its key", "another realm"}},
		{"changed", header + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"root"}`)) + rest[strings.Index(rest, "."):], nil, "token_signature",
			[]string{`"root"`, "✓ the realm publishes its key", "✗ its signature is by that key"}},
		{"an ID token", realm.Sign(claims.With("typ", "ID")), nil, "token_type", []string{"✗ it is an access token", "not the ID token"}},
		{"opaque", "AbCdEf0123456789", nil, "token_malformed", []string{"This is no signed JWT: it has 1 parts", "✗ it has the form of a token", "KEYSTEAD_INTROSPECTION_CLIENT_ID"}},
		{"rubbish in three parts", "a.b.c", nil, "token_malformed", []string{"Header\n  cannot be read: it is not", "✗ it has the form"}},
		{"nothing", " \n", nil, "there is no token", nil},
		{"too many", good, []string{good, good}, "give at most a token", nil},
		{"half a request", "", []string{"GET"}, "give at most a token", nil},

		{"a role that is missing", realm.Token("bob", "user"), []string{"GET", "/api/admin/reports"}, "GET /api/admin/reports would be refused: role_missing",
			[]string{"The token is accepted here.", "meets GET /api/admin/reports showReport", "requires realm role admin", "✗ realm role admin: Requires one of: admin", "To mend it: assign the role"}},
		{"another department", good, []string{"GET", "/api/departments/sales/brief"}, "claim_mismatch",
			[]string{"✗ claim department equal to the department in the address: Requires", "it is engineering, not sales"}},
		{"a policy that is not reached", other.Token("alice", "admin"), []string{"GET", "/api/admin/reports"}, "token_key_unknown", []string{"The policy is not reached"}},
		{"a path that is refused", good, []string{"GET", "/api/me/../admin/reports"}, "meets no route: The path holds a dot segment", nil},

		{"accepted", good, nil, "", []string{"Header", "alg", "RS256", "Claims", "expires in ", "a regular token, of a login session, obtained by a login", "Checks, for " + realm.URL(), "✓ its client is accepted here", "The token is accepted here."}},
		{"in a header", "Authorization: Bearer " + good + "\n", nil, "", []string{"The token is accepted here."}},
		{"in a token endpoint's answer", `{"access_token":"` + good + `","expires_in":300}`, nil, "", []string{"The token is accepted here."}},
		{"as an argument", "", []string{good}, "", []string{"The token is accepted here."}},
		{"as an argument, with a request", "", []string{good, "GET", "/api/admin/reports"}, "", []string{"✓ realm role admin", "Let in by: realm role admin."}},
		{"by a dash", good, []string{"-", "HEAD", "/api/departments/engineering/brief?x=1"}, "", []string{"✓ claim department", "Let in by: claim department equal to the department in the address."}},
		{"for what needs none", good, []string{"GET", "/health"}, "", []string{"Everybody is let in: a probe has no token."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, err := explained(t, realm, tt.stdin, tt.args...)
			if (err == nil) != (tt.fails == "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("fails with %v, want %q", err, tt.fails)
			}
			rest := out
			for _, want := range tt.says {
				_, after, ok := strings.Cut(rest, want)
				if !ok {
					t.Fatalf("no %q, or not in this order, in\n%s", want, out)
				}
				rest = after
			}
			if err != nil && strings.Contains(err.Error(), good) {
				t.Errorf("the error holds the token: %v", err)
			}
		})
	}
}

// Without a realm the token is shown, and nothing is said about whether it is good.
func TestTokenWithoutARealm(t *testing.T) {
	realm := authtest.NewIssuer(t)
	token := realm.Token("alice")
	var stdout authtest.Log
	err := run(t.Context(), []string{"token", token}, nil, nil, &stdout, &authtest.Log{})
	if err == nil || !strings.Contains(err.Error(), "KEYSTEAD_ISSUER") || !strings.Contains(stdout.String(), `"alice"`) || strings.Contains(stdout.String(), "accepted") {
		t.Errorf("%v\n%s", err, stdout.String())
	}

	realm.Answer(authtest.Down)
	out, err := explained(t, realm, token)
	if err == nil || !strings.Contains(err.Error(), "could not be judged: keys_unavailable") || !strings.Contains(out, "503") || !strings.Contains(out, "To mend it: start the realm") {
		t.Errorf("%v\n%s", err, out)
	}
}

// What a token holds must not steer the terminal of who looks at it.
func TestTokenCannotSteerTheTerminal(t *testing.T) {
	realm := authtest.NewIssuer(t)
	out, _ := explained(t, realm, realm.Sign(realm.Claims("alice").With("name", "\u009b2J\u202e\x1b[31m").With("bad\u009bname", strings.Repeat("x", 5000))))
	if strings.ContainsAny(out, "\u009b\u202e\x1b") || !strings.Contains(out, `\u009b2J\u202e`) || strings.Contains(out, strings.Repeat("x", 500)) {
		t.Errorf("%q", out)
	}
}

// Each code has a mend, and the documents know each of them.
func TestMendsAndDocumentsAgree(t *testing.T) {
	documented := map[string]bool{}
	for _, match := range regexp.MustCompile("`([a-z]+_[a-z_]+)`").FindAllStringSubmatch(read(t, "docs/tokens.md"), -1) {
		documented[match[1]] = true
	}
	source, err := os.ReadFile("auth/errors.go")
	if err != nil {
		t.Fatal(err)
	}
	codes := regexp.MustCompile(`Code = "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	if len(codes) < 20 {
		t.Fatalf("found only %d codes", len(codes))
	}
	for _, code := range codes {
		if !documented[code[1]] {
			t.Errorf("docs/tokens.md does not tell of %s", code[1])
		}
	}
	if len(mends) != len(codes) {
		t.Errorf("%d mends for %d codes", len(mends), len(codes))
	}
}
