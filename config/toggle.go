package config

import "github.com/alecthomas/kong"

// toggle is a switch whose text is judged by Load together with all other settings, instead of by
// kong, which stops at the first mistake. On the command line it needs no value.
type toggle string

// IsBool lets kong take --flag without a value.
func (toggle) IsBool() bool { return true }

// Decode keeps the text as it is.
func (t *toggle) Decode(ctx *kong.DecodeContext) error {
	*t = "true"
	if ctx.Scan.Peek().Type == kong.FlagValueToken {
		*t = toggle(ctx.Scan.Pop().String())
	}
	return nil
}
