package main

import (
	"cmp"
	"errors"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	reportBegins = "<!-- make bench writes from here -->\n"
	reportEnds   = "<!-- to here -->\n"
)

// writeInto puts the report and its chart into a folder: between the two marks of performance.md, and as performance.svg.
func (r *report) writeInto(folder, text string) error {
	path := filepath.Join(folder, "performance.md")
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, begins := strings.Cut(string(page), reportBegins)
	_, after, ends := strings.Cut(rest, reportEnds)
	if !begins || !ends {
		return errors.New(path + " lacks the lines between which the report goes")
	}
	chart := "![Requests per second of every server, on a hot token](performance.svg)\n\n"
	if err := os.WriteFile(path, []byte(before+reportBegins+"\n"+chart+text+"\n"+reportEnds+after), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "performance.svg"), []byte(r.chart()), 0o644)
}

// chart draws a bar of requests per second for each server, in an SVG that suits light and dark pages.
func (r *report) chart() string {
	const (
		lineHeight = 26
		barsAt     = 370
		barsWide   = 400
		width      = barsAt + barsWide + 90
	)
	servers := slices.Clone(r.servers)
	speed := func(f figures) float64 { return median(pick(f.work[hot], rps)) }
	slices.SortStableFunc(servers, func(a, b figures) int { return cmp.Compare(speed(b), speed(a)) })
	height := lineHeight*len(servers) + 50
	var svg strings.Builder
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="Requests per second, hot token">
<style>
text { font: 13px system-ui, sans-serif; fill: #333 }
.title { font-weight: 600; font-size: 15px }
rect { fill: #9aa5b1 }
.ours rect { fill: #2b6cb0 }
.ours text { font-weight: 600 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } rect { fill: #6b7785 } .ours rect { fill: #63a4e8 } }
</style>
<text class="title" x="8" y="24">GET /secured, hot token: requests per second</text>
`, width, height)
	for i, f := range servers {
		class := ""
		if f.kind == product {
			class = ` class="ours"`
		}
		y := 40 + lineHeight*i
		long := max(1, barsWide*speed(f)/speed(servers[0]))
		fmt.Fprintf(&svg, `<g%s><text x="%d" y="%d" text-anchor="end">%s</text><rect x="%d" y="%d" width="%.1f" height="18" rx="2"/><text x="%.1f" y="%d">%.0f</text></g>`+"\n",
			class, barsAt-10, y+14, html.EscapeString(f.name), barsAt, y, long, barsAt+long+8, y+14, speed(f))
	}
	svg.WriteString("</svg>\n")
	return svg.String()
}
