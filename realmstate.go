//go:build !norealm

package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"keystead/config"
	"keystead/realm"
)

// realmState keeps what a development realm would forget at a restart, in a folder with a file for each realm.
type realmState struct {
	dir     string
	unsaved map[string][]byte // by realm
	failed  map[string]bool   // realms of which the log says already that they cannot be written
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
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("%s must name a folder, got %q: %w", setting, dir, err)
	}
	s := &realmState{dir, map[string][]byte{}, map[string]bool{}}
	for _, file := range files {
		name, isState := strings.CutSuffix(file.Name(), stateSuffix)
		if !isState {
			continue
		}
		name, err := url.PathUnescape(name)
		if err != nil {
			continue // none of ours
		}
		text, err := os.ReadFile(s.path(name))
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

// save writes what has changed. What cannot be written is tried again the next time, and told once.
func (s *realmState) save(server *realm.Server, log *slog.Logger) {
	states, err := server.States()
	if err != nil {
		log.Error("the state of a realm cannot be kept", "error", err)
	}
	maps.Copy(s.unsaved, states)
	for name, text := range s.unsaved {
		err := os.MkdirAll(s.dir, 0o700) // somebody may have removed it
		if err == nil {
			err = writePrivately(s.path(name), text)
		}
		if err != nil {
			if !s.failed[name] {
				log.Error("the state of a realm could not be written: a restart would forget its sessions", "realm", name, "error", err)
			}
			s.failed[name] = true
			continue
		}
		delete(s.unsaved, name)
		delete(s.failed, name)
	}
}
