package api_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"keystead/auth/authtest"
)

// Each row is a request line as it stands on the wire, sent by somebody who may use /api/me and the brief of sales,
// and nothing of admin's. None reaches a handler but those at the end, which are plain.
func TestPathTricks(t *testing.T) {
	realm := authtest.NewIssuer(t)
	server := httptest.NewServer(newHandler(t, realm))
	t.Cleanup(server.Close)
	bob := realm.Sign(realm.Claims("bob", "user").With("department", "sales"))

	const ambiguous = "400 path_ambiguous"
	tests := []struct{ target, headers, want string }{
		{"/api%2fadmin/reports", "", ambiguous},
		{"/api/admin%2Freports", "", ambiguous},
		{"/api/me%2f..%2fadmin%2freports", "", ambiguous},
		{"/api/departments/sales%2fbrief", "", ambiguous},
		{"/api/departments/engineering%2f..%2fsales/brief", "", ambiguous},
		{"/api/admin%252freports", "", ambiguous},
		{"/api/%61dmin%2525/reports", "", ambiguous},
		{"/api/departments/%2573ales/brief", "", ambiguous},
		{"/api/./admin/reports", "", ambiguous},
		{"/api/me/../admin/reports", "", ambiguous},
		{"/api/me/%2e%2e/admin/reports", "", ambiguous},
		{"/api/me/.%2E/admin/reports", "", ambiguous},
		{"/api/me/%2e/reports", "", ambiguous},
		{"/assets/../api/admin/reports", "", ambiguous},
		{"/..", "", ambiguous},
		{"/.", "", ambiguous},
		{"/api/admin/reports;jsessionid=1", "", ambiguous},
		{"/api/admin;/reports", "", ambiguous},
		{"/api;/admin/reports", "", ambiguous},
		{"/public/..;/api/admin/reports", "", ambiguous},
		{"/api/admin/reports%3b", "", ambiguous},
		{"//api/admin/reports", "", ambiguous},
		{"/api//admin/reports", "", ambiguous},
		{"/api/admin//reports", "", ambiguous},
		{"/api/admin/reports//", "", ambiguous},
		{`/api\admin\reports`, "", ambiguous},
		{"/api%5cadmin/reports", "", ambiguous},
		{"/api/admin/reports%00", "", ambiguous},
		{"/api/admin/reports%00.js", "", ambiguous},
		{"/api/admin/reports%0d%0aX-Injected:%201", "", ambiguous},
		{"/api/admin/reports%7f", "", ambiguous},
		{"/api/admin/reports%c2%85", "", ambiguous},
		{"/api/admin/reports%ff", "", ambiguous},
		{"/api/%c0%af/admin/reports", "", ambiguous},
		{"/api/admin%c0%afreports", "", ambiguous},
		{"/api/me#/../admin/reports", "", ambiguous},
		{"/api/me#x", "", ambiguous},
		{"/api/me%zz", "", "400 "}, // which net/http refuses before us

		{"/api/%61dmin/reports", "", "403 role_missing"},
		{"/%61pi/admin/reports", "", "403 role_missing"},
		{"http://elsewhere.example/api/admin/reports", "", "403 role_missing"},
		{"/api/admin/reports?x=/api/me", "", "403 role_missing"},
		{"/api/admin/reports?/../../me", "", "403 role_missing"},
		{"/api/admin/reports", "X-Original-Url: /api/me", "403 role_missing"},
		{"/api/admin/reports", "X-Rewrite-Url: /api/me", "403 role_missing"},
		{"/api/admin/reports", "X-Forwarded-Prefix: /api/me", "403 role_missing"},
		{"/api/admin/reports", "X-Http-Method-Override: POST", "403 role_missing"},
		{"/api/admin/reports", "X-Http-Method: DELETE", "403 role_missing"},
		{"/api/admin/reports", "X-Method-Override: HEAD", "403 role_missing"},
		{"/api/admin/reports?_method=POST", "", "403 role_missing"},
		{"/api/me", "X-Http-Method-Override: DELETE", "200 showMe"},
		{"/api/admin/reports/", "", "404 not_found"},
		{"/api/admin/reports.json", "", "404 not_found"},
		{"/api/admin/reports%20", "", "404 not_found"},
		{"/api/Admin/reports", "", "404 not_found"},
		{"/api/departments//brief", "", ambiguous},
		{"/api/departments/%20/brief", "", "403 claim_mismatch"},
		{"/api/departments/Sales/brief", "", "403 claim_mismatch"},
		{"/api/departments/sales%20/brief", "", "403 claim_mismatch"},
		{"/api/departments/*/brief", "", "403 claim_mismatch"},
		{"/api/departments/{department}/brief", "", "403 claim_mismatch"},
		{"/API/admin/reports", "", "200 page"},
		{"/api%20/admin/reports", "", "200 page"},

		{"/api/me", "", "200 showMe"},
		{"/%61pi/me", "", "200 showMe"},
		{"/api/departments/sales/brief", "", "200 showBrief"},
		{"/api/departments/%73ales/brief", "", "200 showBrief"},
	}
	for _, tt := range tests {
		t.Run(strings.TrimSpace(tt.target+" "+tt.headers), func(t *testing.T) {
			status, body := send(t, server.Listener.Addr().String(), "GET "+tt.target, bob, tt.headers)
			if got := fmt.Sprintf("%d %s", status, who(body)); got != tt.want {
				t.Errorf("got %s, want %s; %s", got, tt.want, body)
			}
		})
	}
}

// Whatever method stands in the request line counts, and no header.
func TestMethodsCannotBeOverridden(t *testing.T) {
	realm := authtest.NewIssuer(t)
	server := httptest.NewServer(newHandler(t, realm))
	t.Cleanup(server.Close)
	for _, header := range []string{"X-Http-Method-Override: GET", "X-Method-Override: GET", "X-Http-Method: GET"} {
		if status, body := send(t, server.Listener.Addr().String(), "POST /api/admin/reports?_method=GET", realm.Token("alice", "admin"), header); status != 405 {
			t.Errorf("%s: %d %s", header, status, body)
		}
	}
}

// A department may be called anything that a path can hold without doubt.
func TestUnusualDepartments(t *testing.T) {
	realm := authtest.NewIssuer(t)
	h := newHandler(t, realm)
	for encoded, department := range map[string]string{"R%26D": "R&D", "C%23": "C#", "50%25": "50%", "gr%C3%B6%C3%9Fe": "größe", "a%20b": "a b", "a+b": "a+b", "who%3F": "who?", "...": "..."} {
		rec := call(h, "GET", "/api/departments/"+encoded+"/brief", realm.Sign(realm.Claims("bob").With("department", department)))
		if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), `"department":"`+department+`"`) {
			t.Errorf("%s = %d %s", encoded, rec.Code, rec.Body)
		}
	}
}

// send writes a request as it is, past all that a client library would mend.
func send(t *testing.T, addr, line, token, header string) (status int, body string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if header != "" {
		header += "\r\n"
	}
	fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\n%s\r\n", line, token, header)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text := new(strings.Builder)
	if _, err := bufio.NewReader(res.Body).WriteTo(text); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, text.String()
}

// who tells from a body which handler answered, or which code refused.
func who(body string) string {
	for mark, name := range map[string]string{
		`"username"`: "showMe", `"prepared_for"`: "showBrief", `"generated_by"`: "showReport", "<!doctype html>": "page",
	} {
		if strings.Contains(body, mark) {
			return name
		}
	}
	if _, after, ok := strings.Cut(body, `"code":"`); ok {
		code, _, _ := strings.Cut(after, `"`)
		return code
	}
	return ""
}
