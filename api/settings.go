package api

import "context"

// Settings are what the single-page app must know. Everybody can read them: no secret belongs here.
type Settings struct {
	Issuer      string `json:"issuer"`       // …/realms/{realm}
	KeycloakURL string `json:"keycloak_url"` // the issuer without /realms/{realm}
	Realm       string `json:"realm"`
	ClientID    string `json:"client_id"`  // the app's public client
	PublicURL   string `json:"public_url"` // how browsers reach the app
	LoginMode   string `json:"login_mode" enum:"login-required,check-sso,public,session" doc:"Whether everybody must sign in, or the realm is asked once, or nobody is sent anywhere before they want to; or this server signs people in (/auth/login), and the app has no token."`
}

func (s *server) showSettings(context.Context) (*bodyOf[Settings], error) {
	return &bodyOf[Settings]{s.settings}, nil
}
