package main

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keystead/auth/authtest"
)

var update = flag.Bool("update", false, "write what programs print into the documents that show it")

// The table in the documents is the program's own.
func TestRoutesDocument(t *testing.T) {
	const path = "docs/routes.md"
	got := printed(t, "routes", "--format=markdown")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(read(t, path), got); diff != "" {
		t.Errorf("%s is not what the program says; write it anew with: go test . -update\n%s", path, diff)
	}
}

func TestRoutesAsTextAndJSON(t *testing.T) {
	text := printed(t, "routes")
	for _, want := range []string{"METHOD", "/api/departments/{department}/brief    ", "showBrief", "realm role admin", "a probe has no token"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	var lines []map[string]string
	if err := json.Unmarshal([]byte(printed(t, "routes", "--format=json")), &lines); err != nil {
		t.Fatal(err)
	}
	if len(lines) != strings.Count(text, "\n")-1 {
		t.Errorf("%d routes as JSON, and as text\n%s", len(lines), text)
	}
	for _, line := range lines {
		if line["operation"] == "showReport" {
			want := map[string]string{
				"operation": "showReport", "method": "GET", "path": "/api/admin/reports", "summary": "What was allowed and refused since the start",
				"requires": "realm role admin", "because": "it tells of everybody's calls",
			}
			if diff := cmp.Diff(want, line); diff != "" {
				t.Error(diff)
			}
			return
		}
	}
	t.Error("the report is missing")
}

// printed returns what a command writes.
func printed(t *testing.T, args ...string) string {
	t.Helper()
	var stdout authtest.Log
	if err := run(t.Context(), args, nil, nil, &stdout, &authtest.Log{}); err != nil {
		t.Fatal(err)
	}
	return stdout.String()
}
