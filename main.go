// Command keystead is the app that Keycloak guards: a single-page app and the API behind it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"keystead/config"
)

func main() {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		first := <-signals
		signal.Stop(signals) // so that a second signal ends the process at once
		if first == syscall.SIGTERM {
			cancel(errTerminated)
		}
		cancel(nil)
	}()
	if err := run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "keystead:", err)
		os.Exit(1)
	}
}

// errTerminated is why the context ends when the process was told to, and not by a person at its terminal.
var errTerminated = errors.New("terminated")

// commands is the command line.
type commands struct {
	Serve serveCommand `cmd:"" help:"Serve the app and its API."`
	realmCommands
	Token       tokenCommands      `cmd:"" help:"Explain an access token, or make one of the development realm."`
	OpenAPI     openapiCommand     `cmd:"" name:"openapi" help:"Print the API document, OpenAPI 3.1."`
	Routes      routesCommand      `cmd:"" help:"Print every route with its policy: who may use it, and why."`
	Healthcheck healthcheckCommand `cmd:"" help:"Ask a running instance on this machine whether it lives; for container health checks."`
	Version     versionCommand     `cmd:"" help:"Print the version, the commit and the Go version."`
}

// explainCommand is what "keystead token" does when it is told nothing else.
type explainCommand struct {
	Explain tokenCommand `cmd:"" default:"withargs" help:"Explain an access token: what it holds, whether it is accepted here, and if not why and how to mend it. Also without the word explain."`
}

// environment is what the commands get from the process.
type environment struct {
	ctx            context.Context
	parsed         *kong.Context
	sources        *config.Sources
	environ        []string // in the form of os.Environ
	stdin          io.Reader
	stdout, stderr io.Writer
}

// errShown ends run after kong has printed its help.
var errShown = errors.New("help was shown")

func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) (err error) {
	sources := config.NewSources(environ, ".env")
	defer func() {
		if cause := recover(); cause == errShown {
			err = nil
		} else if cause != nil {
			panic(cause)
		}
	}()
	parser, err := kong.New(&commands{},
		kong.Name("keystead"),
		kong.Description("The app that Keycloak guards: a single-page app and the API behind it, in one binary."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { panic(errShown) }), // kong knows no other way to end after --help
		kong.Resolvers(sources),
		kong.ValueFormatter(nameVariable),
	)
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return fmt.Errorf("%w (see %s --help)", err, parser.Model.Name)
	}
	return parsed.Run(&environment{ctx, parsed, sources, environ, stdin, stdout, stderr})
}

// nameVariable adds to a setting's help the variable that it is also read from.
func nameVariable(value *kong.Value) string {
	if value.Flag == nil || value.Tag.Has("action") || value.Name == "help" {
		return value.Help
	}
	return value.Help + " (" + config.EnvName(value.Name) + ")"
}
