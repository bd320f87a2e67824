package api

import (
	"net/http"

	"keystead/auth"
)

// registerService makes the operations for probes, and for clients that have no token yet.
func (s *server) registerService(t *Table) {
	registerPlain(t, operation{
		ID: "showHealth", Method: http.MethodGet, Path: "/health", Summary: "Whether the process lives", Tag: "service",
		Policy:  auth.Public().Because("a probe has no token"),
		Example: health{"ok"},
	}, s.showHealth)
	registerPlain(t, operation{
		ID: "showReadiness", Method: http.MethodGet, Path: "/readyz", Summary: "Whether tokens can be judged", Tag: "service",
		Policy: auth.Public().Because("a probe has no token"), Refusals: []int{http.StatusServiceUnavailable},
		Example: readiness{"ready"},
	}, s.showReadiness)
	registerPlain(t, operation{
		ID: "showSettings", Method: http.MethodGet, Path: "/config.json", Summary: "What the app must know to sign people in", Tag: "service",
		Policy: auth.Public().Because("it is needed to get a token, and holds no secret"),
		Example: Settings{
			Issuer: "https://login.example.com/realms/demo", KeycloakURL: "https://login.example.com", Realm: "demo", ClientID: "demo", PublicURL: "https://app.example.com", LoginMode: "login-required",
		},
	}, s.showSettings)
	registerPlain(t, operation{
		ID: "showResourceMetadata", Method: http.MethodGet, Path: metadataPath, Summary: "Which realm to get a token from (RFC 9728)", Tag: "service",
		Policy: auth.Public().Because("it is needed to get a token, and holds no secret"),
		Example: resourceMetadata{
			Resource: "https://app.example.com", ResourceName: "Keystead", AuthorizationServers: []string{"https://login.example.com/realms/demo"},
			BearerMethodsSupported: []string{"header"}, ResourceDocumentation: "https://app.example.com/docs",
		},
	}, s.showResourceMetadata)
}
