package api

import (
	"cmp"
	"context"
	"time"
)

// brief is what GET /api/departments/{department}/brief answers: the example of an attribute of the
// user that decides. Its way is: the attribute department in the realm, a mapper that puts it into
// tokens, the claim of that name, and the policy that compares it with the address.
type brief struct {
	Department  string    `json:"department"`
	PreparedFor string    `json:"prepared_for" doc:"The caller's name."`
	PreparedAt  time.Time `json:"prepared_at"`
	GrantedBy   string    `json:"granted_by" doc:"Which part of the policy let the caller in."`
}

type departmentInput struct {
	Department string `path:"department" example:"engineering"`
}

func (s *server) showBrief(ctx context.Context, in *departmentInput) (*bodyOf[brief], error) {
	p := caller(ctx)
	return &bodyOf[brief]{brief{
		Department: in.Department, PreparedFor: cmp.Or(p.Name(), p.Username(), p.Subject()),
		PreparedAt: time.Now().UTC().Truncate(time.Second), GrantedBy: recordOf(ctx).grantedBy,
	}}, nil
}

var exampleBrief = brief{Department: "engineering", PreparedFor: "Alice Archer", PreparedAt: exampleTime, GrantedBy: "claim department equal to the department in the address"}
