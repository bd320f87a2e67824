//go:build !norealm

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"keystead/config"
	"keystead/realm"
)

// realmState keeps what a development realm would forget at a restart, in a folder with a file for each realm.
type realmState struct {
	dir     string
	unsaved map[string][]byte // by realm
}

// openRealmState gives the realms back what an earlier server has kept in the folder. It returns nil without a folder.
func openRealmState(dir string, server *realm.Server) (*realmState, error) {
	if dir == "" {
		return nil, nil
	}
	setting := config.EnvName("realm-state") + " (--realm-state)"
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("%s must name a folder, got %q: %w", setting, dir, err)
	}
	s := &realmState{dir, map[string][]byte{}}
	for _, name := range server.Names() {
		text, err := os.ReadFile(s.path(name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = server.Restore(name, text)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s does not hold the state of the realm %s: %w; name another folder, or remove the file to begin anew", setting, s.path(name), name, err)
		}
	}
	return s, nil
}

func (s *realmState) path(name string) string {
	return filepath.Join(s.dir, url.PathEscape(name)+stateSuffix)
}

const stateSuffix = ".state.json"

// saveInterval is how much of the latest past a killed process may forget.
const saveInterval = time.Second

// keep writes the state whenever something may have changed, until ctx ends, and then once more.
func (s *realmState) keep(ctx context.Context, server *realm.Server, log *slog.Logger) {
	tick := time.NewTicker(saveInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			s.save(server, log)
			return
		case <-tick.C:
			s.save(server, log)
		}
	}
}

// save writes what has changed. What cannot be written is tried again the next time.
func (s *realmState) save(server *realm.Server, log *slog.Logger) {
	states, err := server.States()
	if err != nil {
		log.Error("the state of a realm cannot be kept", "error", err)
	}
	maps.Copy(s.unsaved, states)
	for name, text := range s.unsaved {
		if err := writePrivately(s.path(name), text); err != nil {
			log.Error("the state of a realm could not be written: a restart would forget its sessions", "realm", name, "error", err)
			continue
		}
		delete(s.unsaved, name)
	}
}
