package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"keystead/api"
)

type versionCommand struct{}

// Run prints which program this is.
func (versionCommand) Run(env *environment) error {
	b := buildOf()
	_, err := fmt.Fprintf(env.stdout, "keystead %s, commit %s, %s\n", b.Version, b.Commit, b.GoVersion)
	return err
}

// buildOf returns what the Go toolchain wrote into the binary when it was built.
func buildOf() api.Build {
	b := api.Build{Version: "unknown", Commit: "unknown", GoVersion: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Version = info.Main.Version
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				b.Commit = setting.Value
			}
		}
	}
	return b
}
