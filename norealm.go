//go:build norealm

package main

// realmCommands is empty in binaries for deployment.
type realmCommands struct{}

// tokenCommands are what can be done about tokens.
type tokenCommands struct{ explainCommand }
