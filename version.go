package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

type versionCommand struct{}

// Run prints what the Go toolchain wrote into the binary when it was built.
func (versionCommand) Run(env *environment) error {
	version, commit := "unknown", "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				commit = setting.Value
			}
		}
	}
	_, err := fmt.Fprintf(env.stdout, "keystead %s, commit %s, %s\n", version, commit, runtime.Version())
	return err
}
