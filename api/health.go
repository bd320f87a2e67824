package api

import "context"

// health tells a probe how it stands.
type health struct {
	Status string `json:"status" example:"ok"`
}

// showHealth answers while the process lives.
func (s *server) showHealth(context.Context, *nothing) (*bodyOf[health], error) {
	return &bodyOf[health]{health{"ok"}}, nil
}

// showReadiness answers 200 when tokens can be judged, and 503 until then.
func (s *server) showReadiness(context.Context, *nothing) (*bodyOf[health], error) {
	if err := s.keys.Ready(); err != nil {
		return nil, err
	}
	return &bodyOf[health]{health{"ready"}}, nil
}
