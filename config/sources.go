package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/joho/godotenv"
)

const prefix = "KEYSTEAD_"

// Sources are the places outside the command line that a setting may come from: the environment,
// and below it the file .env. In both, NAME_FILE names a file that holds the value of NAME, as
// container platforms hand out secrets. A variable that is set but empty counts as not set.
type Sources struct {
	layers  []layer
	origins map[string]string // flag name → where its value came from
	errs    []error
}

// layer is one place: its name for people, and its variables.
type layer struct {
	name string
	vars map[string]string
}

// NewSources reads environ, in the form of os.Environ, and the .env file at path, which may be
// absent. What is wrong with the file is told by Err.
func NewSources(environ []string, path string) *Sources {
	env := map[string]string{}
	for _, pair := range environ {
		if name, value, ok := strings.Cut(pair, "="); ok {
			env[name] = value
		}
	}
	s := &Sources{layers: []layer{{"environment", env}}, origins: map[string]string{}}
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s
	case err != nil:
		s.errs = append(s.errs, fmt.Errorf("the settings in %s cannot be read: %w", path, err))
		return s
	}
	dotenv, err := godotenv.UnmarshalBytes(bytes.TrimPrefix(text, []byte("\ufeff"))) // some editors begin files with a byte order mark
	if err != nil {
		// The parser quotes the text that it stumbled over, which may be a secret.
		s.errs = append(s.errs, fmt.Errorf("the settings in %s cannot be read: each line must have the form NAME=value, with quotes closed", path))
	}
	s.layers = append(s.layers, layer{path, dotenv})
	return s
}

// Err returns all that was wrong with the places themselves, once kong has asked for the settings.
func (s *Sources) Err() error { return errors.Join(s.errs...) }

// EnvName returns the variable that belongs to a flag: "public-url" has KEYSTEAD_PUBLIC_URL.
func EnvName(flag string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// Validate is part of kong.Resolver; there is nothing to check before a command is known.
func (s *Sources) Validate(*kong.Application) error { return nil }

// Resolve is part of kong.Resolver: kong asks it for each flag that the command line left out.
// It never fails: what is wrong is kept for Err, so that all mistakes are reported together.
func (s *Sources) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if flag.Tag.Has("action") {
		return nil, nil // no setting: it says what to do this time
	}
	name := EnvName(flag.Name)
	for _, layer := range s.layers {
		value, file := layer.vars[name], layer.vars[name+"_FILE"]
		switch {
		case value != "" && file != "":
			s.errs = append(s.errs, fmt.Errorf("%s and %s_FILE are both set in the %s: keep one", name, name, layer.name))
			return nil, nil
		case value != "":
			s.origins[flag.Name] = layer.name
			return value, nil
		case file != "":
			text, err := os.ReadFile(file)
			if err != nil {
				s.errs = append(s.errs, fmt.Errorf("%s_FILE must name a readable file: %w", name, err))
				return nil, nil
			}
			s.origins[flag.Name] = fmt.Sprintf("file %s, named in the %s", file, layer.name)
			return strings.TrimRight(string(text), "\r\n"), nil
		}
	}
	return nil, nil
}

// serviceLink matches what Kubernetes adds to the environment of every pod beside a service named keystead.
var serviceLink = regexp.MustCompile(`^KEYSTEAD_(SERVICE_(HOST|PORT)(_.+)?|PORT(_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)?)$`)

// Unknown returns the KEYSTEAD_ variables that belong to none of the flags: most often a typing
// mistake, and silent otherwise.
func (s *Sources) Unknown(flags []*kong.Flag) []string {
	known := map[string]bool{}
	for _, flag := range flags {
		known[EnvName(flag.Name)] = true
		known[EnvName(flag.Name)+"_FILE"] = true
	}
	var unknown []string
	for _, layer := range s.layers {
		for name := range layer.vars {
			if strings.HasPrefix(name, prefix) && !known[name] && !serviceLink.MatchString(name) {
				unknown = append(unknown, fmt.Sprintf("%s (%s)", name, layer.name))
			}
		}
	}
	slices.Sort(unknown)
	return unknown
}

// Origin tells where the value of a flag came from, after kong has parsed the command line.
func (s *Sources) Origin(ctx *kong.Context, flag *kong.Flag) string {
	for _, p := range ctx.Path {
		if p.Flag == flag && !p.Resolved {
			return "flag"
		}
	}
	return cmp.Or(s.origins[flag.Name], "default")
}
