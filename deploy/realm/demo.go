// Package demorealm holds the demo realm, as it is imported into Keycloak and served by the development realm.
package demorealm

import _ "embed"

// JSON is the realm file.
//
//go:embed demo-realm.json
var JSON string
