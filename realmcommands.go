//go:build !norealm

package main

// realmCommands are the commands of the development realm. The build tag norealm leaves them out,
// and with them the whole realm: images for deployment are built so.
type realmCommands struct {
	Dev   devCommand   `cmd:"" help:"Serve the app with a development realm beside it: no Keycloak needed, anybody can sign in. For one's own machine."`
	Realm realmCommand `cmd:"" help:"Serve a development realm alone: reads the realm files that Keycloak imports, and behaves as Keycloak does."`
}

// tokenCommands are what can be done about tokens.
type tokenCommands struct {
	explainCommand
	Mint mintCommand `cmd:"" help:"Make an access token for a user of the development realm that runs here."`
}
