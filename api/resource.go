package api

import "context"

// metadataPath is where RFC 9728 §3 has the metadata of a resource without a path.
const metadataPath = "/.well-known/oauth-protected-resource"

// resourceMetadata tells a client that knows nothing but this server's address which realm to get a token from (RFC 9728
// §2). Agents and MCP clients begin here.
type resourceMetadata struct {
	Resource               string   `json:"resource" format:"uri" doc:"The address of this API, as tokens for it are asked for."`
	ResourceName           string   `json:"resource_name"`
	AuthorizationServers   []string `json:"authorization_servers" doc:"The issuer, whose own metadata says how to get a token."`
	BearerMethodsSupported []string `json:"bearer_methods_supported" doc:"Where a token is taken from a request."`
	ResourceDocumentation  string   `json:"resource_documentation" format:"uri"`
}

func (s *server) showResourceMetadata(context.Context) (*bodyOf[resourceMetadata], error) {
	return &bodyOf[resourceMetadata]{resourceMetadata{
		Resource: s.settings.PublicURL, ResourceName: "Keystead", AuthorizationServers: []string{s.settings.Issuer},
		BearerMethodsSupported: []string{"header"}, ResourceDocumentation: s.settings.PublicURL + "/docs",
	}}, nil
}
