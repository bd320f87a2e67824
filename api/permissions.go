package api

import (
	"context"

	"keystead/auth"
)

// permissions tell a caller beforehand what the API will say.
type permissions struct {
	Operations []permission `json:"operations" doc:"Every operation of the API."`
}

type permission struct {
	Operation string              `json:"operation" doc:"The operation's id."`
	Method    string              `json:"method"`
	Path      string              `json:"path" doc:"With parameters in braces."`
	Summary   string              `json:"summary"`
	Requires  string              `json:"requires" doc:"The policy in words."`
	Open      bool                `json:"open" doc:"Whether it needs no token, so that there is nothing to be allowed."`
	Allowed   bool                `json:"allowed" doc:"Whether there is an address for which the caller is let in."`
	Where     map[string][]string `json:"where,omitempty" doc:"For parameters of the path: the values for which the caller is let in."`
	Code      auth.Code           `json:"code,omitempty" doc:"Why not, as the refusal will have it."`
	Missing   string              `json:"missing,omitempty" doc:"Why not, in words."`
}

// showPermissions answers GET /api/me/permissions. It is comfort for whoever builds menus: each
// request is decided on its own.
func (t *Table) showPermissions(ctx context.Context) (*bodyOf[permissions], error) {
	var list []permission
	for _, route := range t.routes {
		if route.Operation == "" {
			continue
		}
		may := route.Policy.Permission(caller(ctx))
		entry := permission{
			Operation: route.Operation, Method: route.Method, Path: route.Path, Summary: route.Summary, Requires: route.Policy.String(),
			Open: route.Policy.AdmitsAnonymous(), Allowed: may.Allowed, Where: may.Where,
		}
		if may.Refusal != nil {
			problem := asProblem(may.Refusal)
			entry.Code, entry.Missing = problem.Code, problem.Detail
		}
		list = append(list, entry)
	}
	return &bodyOf[permissions]{permissions{list}}, nil
}

var examplePermissions = permissions{[]permission{
	{Operation: "showReport", Method: "GET", Path: "/api/admin/reports", Summary: "What was allowed and refused since the start", Requires: "realm role admin",
		Code: auth.CodeRoleMissing, Missing: "Requires one of: admin"},
	{Operation: "showBrief", Method: "GET", Path: "/api/departments/{department}/brief", Summary: "The brief of one's own department",
		Requires: "claim department equal to the department in the address", Allowed: true, Where: map[string][]string{"department": {"engineering"}}},
}}
