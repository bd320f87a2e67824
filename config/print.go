package config

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/alecthomas/kong"
)

// Print writes one line for each setting of the command that ctx parsed: its variable, its value as
// it was given, and where that came from.
func Print(w io.Writer, ctx *kong.Context, sources *Sources) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, flag := range Flags(ctx) {
		value := redact(fmt.Sprint(ctx.FlagValue(flag)))
		fmt.Fprintf(table, "%s\t%s\t%s\n", EnvName(flag.Name), value, sources.Origin(ctx, flag))
	}
	return table.Flush()
}

// Flags returns the flags of the command that ctx parsed which are settings, in their order.
func Flags(ctx *kong.Context) []*kong.Flag {
	var flags []*kong.Flag
	for _, flag := range ctx.Selected().Flags {
		if !flag.Tag.Has("action") {
			flags = append(flags, flag)
		}
	}
	return flags
}
