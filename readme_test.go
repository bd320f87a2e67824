package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// People begin by pasting what the README prints, so that must compile: the handler of "Add an
// operation" in its file, and the line beside its like.
func TestREADMEOperationCompiles(t *testing.T) {
	readme, router := read(t, "README.md"), read(t, "api/router.go")
	handler := regexp.MustCompile("(?s)In `(api/\\w+\\.go)`[^\n]*\n\n```go\n(.*?)```").FindStringSubmatch(readme)
	route := regexp.MustCompile("(?s)```go\n(s\\.register.*?)```").FindStringSubmatch(readme)
	policies := regexp.MustCompile("(?s)```go\n(auth\\.Public\\(.*?)```").FindStringSubmatch(readme)
	if handler == nil || route == nil || policies == nil {
		t.Fatal("the README shows no handler, no route, or no policies")
	}
	const like = "	s.registerNotes(t)\n"
	if !strings.Contains(router, like) {
		t.Fatalf("the router has no line %s", like)
	}
	each := regexp.MustCompile(`(?m)^auth\.`).ReplaceAllString(policies[1], "_ = auth.")
	dir := t.TempDir()
	replace := map[string]string{}
	for path, text := range map[string]string{handler[1]: handler[2], "api/router.go": strings.Replace(router, like, route[1]+each+like, 1)} {
		real, err := filepath.Abs(path)
		if err != nil {
			t.Fatal(err)
		}
		replace[real] = filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(replace[real], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-overlay="+file, "./api").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
