package realm

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// File is the text of a realm file as Keycloak's export writes it or a person does.
type File struct {
	Name string // for messages
	Text []byte
}

// Warning says what in a file means something else than whoever wrote it may think.
type Warning struct {
	File string `json:"file"`
	Path string `json:"path"` // such as clients[app].redirectUris or users[alice]
	Text string `json:"text"`
}

// maxProblems is how many errors one Load tells of.
const maxProblems = 20

// Load reads realms from files and fills in what Keycloak would when it imports them. A file holds one
// realm, a list of realms, or the users that Keycloak's export writes apart: {"realm": …, "users": […]}.
// lookup gives the values of placeholders such as ${NAME:default}; it may be nil.
//
// All errors come together. Each names the file, the place and what would be right; none shows a secret.
func Load(files []File, lookup func(name string) (string, bool)) ([]*Realm, []Warning, error) {
	log := &findings{}
	var whole, usersOnly []*node
	for _, file := range files {
		for _, n := range log.read(file, lookup) {
			if isUsersOnly(n) {
				usersOnly = append(usersOnly, n)
			} else {
				whole = append(whole, n)
			}
		}
	}
	realms := log.build(whole, usersOnly)
	if len(realms) == 0 && len(log.problems) == 0 {
		log.problems = append(log.problems, errors.New("no realm file: give at least one"))
	}
	if len(log.problems) > 0 {
		return nil, log.warnings, log.err()
	}
	return realms, log.warnings, nil
}

// read returns the realms of a file, or the users of one.
func (log *findings) read(file File, lookup func(string) (string, bool)) []*node {
	text := bytes.TrimPrefix(file.Text, []byte("\xef\xbb\xbf"))
	src := &source{name: file.Name, text: replacePlaceholders(text, lookup), log: log}
	root, err := src.parse()
	if err != nil {
		log.problems = append(log.problems, err)
		return nil
	}
	all := []*node{root}
	if root.kind == jsontext.KindBeginArray {
		all = root.items
	}
	return slices.DeleteFunc(slices.Clone(all), func(n *node) bool { return !n.isObject() || !hasName(n) })
}

func hasName(n *node) bool {
	name := n.str("realm")
	switch {
	case name == "":
		n.refuse(`there is no "realm", which names it; is this a realm file?`)
	case !validName(name):
		n.member("realm").refuse("%q cannot name a realm: it becomes part of addresses, so leave out the characters %s", name, reservedInNames)
	default:
		return true
	}
	return false
}

// isUsersOnly reports whether the object is the second half of an export: {realm}-users-0.json.
func isUsersOnly(n *node) bool {
	others := slices.ContainsFunc(n.names, func(name string) bool {
		return name != "realm" && name != "users" && name != "federatedUsers"
	})
	return !others && (n.member("users") != nil || n.member("federatedUsers") != nil)
}

// build makes the realms, each with the users of all files that name it.
func (log *findings) build(whole, usersOnly []*node) []*Realm {
	files := map[string]*node{}
	for _, n := range whole {
		if other := files[n.str("realm")]; other != nil {
			n.member("realm").refuse("realm %q stands in %s already: a realm has one file, but for its users", n.str("realm"), other.src.name)
		}
		files[n.str("realm")] = n
	}
	more := map[string][]*node{}
	for _, n := range usersOnly {
		name := n.str("realm")
		if files[name] == nil {
			n.refuse("these are users of realm %q, and no file holds that realm: give Keycloak's %s-realm.json, too", name, name)
		}
		more[name] = append(more[name], n)
	}
	var realms []*Realm
	for _, n := range whole {
		realms = append(realms, buildRealm(n, more[n.str("realm")]))
	}
	return realms
}

// err joins the problems. What several readers of one member noticed is told once.
func (log *findings) err() error {
	told := map[string]bool{}
	log.problems = slices.DeleteFunc(log.problems, func(err error) bool {
		again := told[err.Error()]
		told[err.Error()] = true
		return again
	})
	if extra := len(log.problems) - maxProblems; extra > 0 {
		return errors.Join(append(log.problems[:maxProblems:maxProblems], fmt.Errorf("and %d more", extra))...)
	}
	return errors.Join(log.problems...)
}
