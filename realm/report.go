package realm

import (
	"net/http"
	"net/url"
	"strings"

	"keystead/realm/pages"
)

// Report tells how a realm differs from what Keycloak makes of its file, and what Keycloak makes of the file
// that whoever wrote it may not expect. It shows no value of the file, which may be a secret.
type Report struct {
	Unused   []Part    // what this realm does not act on; nothing that says what Keycloak does by default
	Warnings []Warning // in the file's order
}

func (r *Report) empty() bool { return len(r.Unused) == 0 && len(r.Warnings) == 0 }

// Part is a part of a file that changes something in Keycloak and not here.
type Part struct {
	Path    string   `json:"path"`              // such as identityProviders[github], or of several members what they share
	Text    string   `json:"text"`              // what Keycloak does, and what happens here instead
	Members []string `json:"members,omitempty"` // their paths, when there are several
}

// leftOut is a place in a file that this realm does not act on.
type leftOut struct {
	topic topic
	path  string
}

// gather makes one part of whatever belongs to one topic.
func gather(left []leftOut) []Part {
	paths := map[topic][]string{}
	told := map[leftOut]bool{}
	for _, l := range left {
		if !told[l] {
			told[l] = true
			paths[l.topic] = append(paths[l.topic], l.path)
		}
	}
	var parts []Part
	for t, about := range topicTexts {
		switch members := paths[topic(t)]; len(members) {
		case 0:
		case 1:
			parts = append(parts, Part{Path: members[0], Text: about.text})
		default:
			parts = append(parts, Part{Path: about.name, Text: about.text, Members: members})
		}
	}
	return parts
}

// keycloakVersion is the one that this realm behaves as.
const keycloakVersion = "26.7.4"

// report tells what of the realm's file is not acted on: to a browser as a page, else as JSON.
func (c *call) report() error {
	c.w.Header().Set("Vary", "Accept")
	c.w.Header().Set("Cache-Control", "no-store")
	report := c.realm.Report
	if strings.Contains(c.r.Header.Get("Accept"), "text/html") {
		page := pages.Report{Frame: c.frame(), Name: c.realm.Name, Version: keycloakVersion}
		for _, p := range report.Unused {
			page.Unused = append(page.Unused, pages.ReportPart(p))
		}
		for _, w := range report.Warnings {
			page.Warnings = append(page.Warnings, pages.ReportWarning(w))
		}
		c.page(http.StatusOK, page)
		return nil
	}
	answer := newObject()
	answer.set("realm", c.realm.Name)
	answer.set("keycloak", keycloakVersion)
	// Empty lists rather than null, for those who count.
	answer.set("unused", append([]Part{}, report.Unused...))
	answer.set("warnings", append([]Warning{}, report.Warnings...))
	return c.json(answer)
}

const reportPath = "/keystead/report"

// ReportURL is where the report on a realm is, of a server that is reached by the base: scheme and host.
func ReportURL(base, realm string) string {
	return base + "/realms/" + url.PathEscape(realm) + reportPath
}
