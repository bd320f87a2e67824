//go:build !norealm

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// realmNote is what a running development realm leaves for commands on the same machine.
type realmNote struct {
	URL    string   `json:"url"` // scheme and host; the issuers are below it
	Secret string   `json:"secret"`
	Realms []string `json:"realms"`
	PID    int      `json:"pid"`
}

// realmNotePath is where the note of a realm on that address is: in a folder of the user's own.
func realmNotePath(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("the realm's address must be HOST:PORT, such as localhost:8080, got %q", addr)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "keystead", "realm-"+strings.ReplaceAll(host, ":", "_")+"-"+port+".json"), nil
}

// keepSecret writes the note so that only the user can read it, and returns what takes it away.
func (r *runningRealm) keepSecret() (forget func(), err error) {
	forget = func() {}
	path, err := realmNotePath(r.addr)
	if err != nil {
		return forget, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return forget, err
	}
	text, err := json.Marshal(realmNote{r.url, r.secret, r.server.Names(), os.Getpid()})
	if err != nil {
		return forget, err
	}
	if err := writePrivately(path, text); err != nil {
		return forget, err
	}
	return func() { forgetNote(path, r.secret) }, nil
}

// writePrivately writes a file that only the user can read. It has its name only once it is complete: a reader finds the
// old text or the new, and the mode of an old file does not stay.
func writePrivately(path string, text []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*") // readable by its owner alone
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}

// forgetNote removes the note, unless another realm on the same port has written its own since.
func forgetNote(path, secret string) {
	if note, err := readNote(path); err == nil && note.Secret == secret {
		_ = os.Remove(path)
	}
}

func readNote(path string) (realmNote, error) {
	var note realmNote
	text, err := os.ReadFile(path)
	if err != nil {
		return note, err
	}
	return note, json.Unmarshal(text, &note)
}

// findNote returns the note of the development realm on that address.
func findNote(addr string) (realmNote, error) {
	path, err := realmNotePath(addr)
	if err != nil {
		return realmNote{}, err
	}
	note, err := readNote(path)
	if err == nil && ended(note.PID) { // it was killed: whoever listens there now is not to have its secret
		err = fs.ErrNotExist
	}
	if errors.Is(err, fs.ErrNotExist) {
		return note, fmt.Errorf("no development realm of yours runs on %s: start one with \"keystead realm\" or \"make run\", or name its address with --realm-addr", addr)
	}
	return note, err
}

// ended reports whether there is no process of that number any more.
func ended(pid int) bool {
	process, err := os.FindProcess(pid)
	return err != nil || errors.Is(process.Signal(syscall.Signal(0)), os.ErrProcessDone)
}
