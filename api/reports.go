package api

import (
	"context"
	"time"

	"keystead/auth"
)

// report is what GET /api/admin/reports answers: the decisions on guarded operations since the
// process started.
type report struct {
	GeneratedBy   string            `json:"generated_by"` // the caller's subject
	GeneratedAt   time.Time         `json:"generated_at"`
	Since         time.Time         `json:"since"`
	Allowed       int               `json:"allowed"`
	Refused       int               `json:"refused"`
	RefusedByCode map[auth.Code]int `json:"refused_by_code"`
}

func (s *server) showReport(ctx context.Context) (*bodyOf[report], error) {
	allowed, byCode := s.decisions.counts()
	refused := 0
	for _, n := range byCode {
		refused += n
	}
	return &bodyOf[report]{report{
		GeneratedBy: caller(ctx).Subject(), GeneratedAt: time.Now().UTC().Truncate(time.Second), Since: s.started.UTC().Truncate(time.Second),
		Allowed: allowed, Refused: refused, RefusedByCode: byCode,
	}}, nil
}

var exampleReport = report{
	GeneratedBy: "f0c2e9a4-7f1d-4c55-9d27-0b6f9e3a1c88", GeneratedAt: exampleTime, Since: exampleTime.Add(-time.Hour), Allowed: 42, Refused: 2,
	RefusedByCode: map[auth.Code]int{auth.CodeTokenMissing: 1, auth.CodeRoleMissing: 1},
}
