package main

import (
	"keystead/api"
)

type openapiCommand struct {
	Format    string `action:"" default:"json" enum:"json,yaml" help:"One of ${enum}."`
	Issuer    string `placeholder:"URL" help:"The realm that the document tells people to sign in at. Default: an example."`
	PublicURL string `name:"public-url" placeholder:"URL" help:"The server that the document names. Default: none."`
}

// Run prints the document. It needs no settings: what the API is, is part of the program.
func (c *openapiCommand) Run(env *environment) error {
	table, err := api.NewTable(api.Settings{Issuer: c.Issuer, PublicURL: c.PublicURL})
	if err != nil {
		return err
	}
	render := table.DocumentJSON
	if c.Format == "yaml" {
		render = table.DocumentYAML
	}
	text, err := render()
	if err != nil {
		return err
	}
	_, err = env.stdout.Write(text)
	return err
}
