// Package realm is the development realm: an OpenID provider that reads the realm file Keycloak
// imports, and behaves as Keycloak 26.7.4 does towards apps, libraries and browsers.
//
// It is made for a developer's own machine and for tests, where anybody may sign in as anybody. A
// loopback address is no boundary, though: every page a browser has open can send requests there. So
// requests under a name that is not loopback are refused (DNS rebinding), forms are taken from its own
// pages only, and what no browser has any business with stands behind a secret.
//
// A file is named for what it serves: discovery.go, authorize.go, login.go, token.go and so on.
// model.go has what a realm file describes, served.go what changes while the realm runs. What is known
// to differ from Keycloak stands in docs/realm.md.
package realm
