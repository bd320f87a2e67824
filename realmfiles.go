//go:build !norealm

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"keystead/config"
	demorealm "keystead/deploy/realm"
	"keystead/realm"
)

// realmFiles are the files that a development realm is made from.
type realmFiles struct {
	names  []string // files, and folders of them; none: the demo realm
	url    string   // where the realms are reached: scheme and host
	lookup func(name string) (string, bool)
	log    *slog.Logger
	told   map[realm.Warning]bool // what the log holds already
	unused map[string]string      // by realm: what was said of it last
	loaded string                 // the stamp of what was loaded last
}

// load reads the realms. What in them means something else than one may think is logged, once.
func (f *realmFiles) load() ([]*realm.Realm, error) {
	f.loaded = f.stamp()
	files, err := f.read()
	if err != nil {
		return nil, err
	}
	realms, warnings, err := realm.Load(files, f.lookup)
	if err != nil {
		return nil, fmt.Errorf("the realm cannot be served:\n%w", err)
	}
	told := map[realm.Warning]bool{}
	for _, w := range warnings {
		if !f.told[w] {
			f.log.Warn(w.Text, "file", w.File, "path", w.Path)
		}
		told[w] = true
	}
	f.told = told
	f.tellUnused(realms)
	return realms, nil
}

// tellUnused says of each realm in one line what of its file it does not act on, unless that was said already.
func (f *realmFiles) tellUnused(realms []*realm.Realm) {
	said := map[string]string{}
	for _, r := range realms {
		text := unusedParts(r.Report)
		if text != "" && text != f.unused[r.Name] {
			f.log.Warn("this realm does not act on "+text, "realm", r.Name, "report", realm.ReportURL(f.url, r.Name))
		}
		said[r.Name] = text
	}
	f.unused = said
}

// unusedParts names the first parts of a file that a realm does not act on, and how many there are; "" for none.
func unusedParts(report realm.Report) string {
	const most = 2
	var names []string
	for _, part := range report.Unused {
		names = append(names, part.Path)
	}
	switch n := len(names); {
	case n == 0:
		return ""
	case n == 1:
		return "a part of its file, " + names[0]
	case n <= most:
		return fmt.Sprintf("%d parts of its file, %s", n, strings.Join(names, " and "))
	default:
		return fmt.Sprintf("%d parts of its file, such as %s", n, strings.Join(names[:most], " and "))
	}
}

// read reads the files, and of a folder all that end in .json, as Keycloak does.
func (f *realmFiles) read() ([]realm.File, error) {
	if len(f.names) == 0 {
		return []realm.File{{Name: demoRealmName, Text: []byte(demorealm.JSON)}}, nil
	}
	var files []realm.File
	var errs []error
	for _, name := range f.names {
		names := inFolder(name)
		if len(names) == 0 {
			errs = append(errs, fmt.Errorf("%s (--realm-file) names the folder %q, and no file in it ends in .json", config.EnvName("realm-file"), name))
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				var cause *fs.PathError
				if errors.As(err, &cause) {
					err = cause.Err
				}
				errs = append(errs, fmt.Errorf("%s (--realm-file) must name readable files, got %q: %w", config.EnvName("realm-file"), name, err))
				continue
			}
			files = append(files, realm.File{Name: name, Text: text})
		}
	}
	return files, errors.Join(errs...)
}

// inFolder returns the realm files in a folder, and what is no folder as it is. The state may be kept in the same folder.
func inFolder(name string) []string {
	entries, err := os.ReadDir(name)
	if err != nil {
		return []string{name}
	}
	var names []string
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".json") && !strings.HasSuffix(entry.Name(), stateSuffix) {
			names = append(names, filepath.Join(name, entry.Name()))
		}
	}
	return names
}

// watchInterval is how often the files are looked at. Editors write in so many ways that a look at the time of the last
// change is surer than waiting for the system to tell, and for a handful of files it costs nothing.
const watchInterval = 300 * time.Millisecond

// watch serves the realms anew whenever the files change, until ctx ends. Files that cannot be served change nothing.
func (f *realmFiles) watch(ctx context.Context, server *realm.Server) {
	if len(f.names) == 0 {
		return
	}
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	before := f.loaded
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := f.stamp()
		quiet := now == before // an editor may still be writing
		before = now
		if now == f.loaded || !quiet {
			continue
		}
		realms, err := f.load()
		if err != nil {
			f.log.Error("the realm file has changed, but as it is now it cannot be served: what was read before goes on", "error", err)
			continue
		}
		changes := server.Reload(realms)
		for _, c := range changes {
			f.tell(c)
		}
		if len(changes) == 0 {
			f.log.Info("the realm file was read again; nothing in it is different")
		}
	}
}

// stamp tells one state of the files from another.
func (f *realmFiles) stamp() string {
	var all strings.Builder
	for _, name := range f.names {
		for _, name := range inFolder(name) {
			fmt.Fprintf(&all, "%q", name)
			if info, err := os.Stat(name); err == nil {
				fmt.Fprint(&all, info.ModTime().UnixNano(), info.Size())
			}
		}
	}
	return all.String()
}

// tell logs what has changed.
func (f *realmFiles) tell(c realm.Changes) {
	log := f.log.With("realm", c.Realm)
	switch {
	case c.New:
		log.Info("the realm is served now, too")
		return
	case c.Gone:
		log.Warn("the realm is no longer in the files, and is served no more")
		return
	}
	for _, list := range []struct {
		name  string
		paths []string
	}{{"added", c.Added}, {"changed", c.Changed}, {"removed", c.Removed}} {
		if len(list.paths) > 0 {
			log = log.With(list.name, few(list.paths))
		}
	}
	log.Info("the realm file was read again")
}

// few names the first of the paths, and how many more there are.
func few(paths []string) string {
	const most = 8
	if len(paths) <= most {
		return strings.Join(paths, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(paths[:most], ", "), len(paths)-most)
}
