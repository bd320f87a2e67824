package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"keystead/api"
)

type routesCommand struct {
	Format string `action:"" default:"text" enum:"text,json,markdown" help:"One of ${enum}."`
}

// Run prints the table of routes. It needs no settings: who may do what is part of the program.
func (c *routesCommand) Run(env *environment) error {
	table, err := api.NewTable(api.Settings{})
	if err != nil {
		return err
	}
	switch c.Format {
	case "json":
		return printRoutesJSON(env.stdout, table.Routes())
	case "markdown":
		return printRoutesMarkdown(env.stdout, table.Routes())
	default:
		return printRoutesText(env.stdout, table.Routes())
	}
}

func printRoutesText(w io.Writer, routes []api.Route) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "METHOD\tPATH\tOPERATION\tREQUIRES\tBECAUSE")
	for _, r := range routes {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", r.Method, r.Path, orDash(r.Operation), r.Policy, orDash(r.Policy.Reason()))
	}
	return table.Flush()
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

func printRoutesJSON(w io.Writer, routes []api.Route) error {
	type line struct {
		Method    string `json:"method"`
		Path      string `json:"path"`
		Operation string `json:"operation,omitempty"`
		Summary   string `json:"summary"`
		Requires  string `json:"requires"`
		Because   string `json:"because,omitempty"`
	}
	lines := make([]line, len(routes))
	for i, r := range routes {
		lines[i] = line{r.Method, r.Path, r.Operation, r.Summary, r.Policy.String(), r.Policy.Reason()}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(lines)
}

const routesHead = `# Routes

Every address, what it is for, and who may use it. The table is written by ` + "`keystead routes --format=markdown`" + `, and a test keeps it
equal to the program: run ` + "`go test . -update`" + ` after a change. A route without a policy stops the start.

A policy that requires nothing says why. Every other one needs a good token, which [tokens.md](tokens.md) is about, and a refusal says
which of its parts was missing; ` + "`keystead token`" + ` shows that for a token at hand, and ` + "`GET /api/me/permissions`" + ` to whoever calls.

| method | path | operation | for | requires | because |
| --- | --- | --- | --- | --- | --- |
`

func printRoutesMarkdown(w io.Writer, routes []api.Route) error {
	var text strings.Builder
	text.WriteString(routesHead)
	cell := strings.NewReplacer("|", `\|`, "\n", " ").Replace
	for _, r := range routes {
		operation := "–"
		if r.Operation != "" {
			operation = "`" + r.Operation + "`"
		}
		fmt.Fprintf(&text, "| %s | `%s` | %s | %s | %s | %s |\n", r.Method, cell(r.Path), operation, cell(r.Summary), cell(r.Policy.String()), cell(orDash(r.Policy.Reason())))
	}
	_, err := io.WriteString(w, text.String())
	return err
}
