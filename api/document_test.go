package api

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"

	"keystead/auth/authtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The document under testdata shows in a review what a change does to the API, and the app's types are made from it.
func TestDocumentIsTheGoldenOne(t *testing.T) {
	table, err := NewTable(Settings{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := table.DocumentJSON()
	if err != nil {
		t.Fatal(err)
	}
	const path = "testdata/openapi.json"
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("%s is not what the program says; write it anew with: go test ./api -update\n%s", path, diff)
	}
}

// What every operation must tell: its examples, each of which is what its schema says, and all that it may answer.
func TestDocumentIsWhole(t *testing.T) {
	table, err := NewTable(Settings{})
	if err != nil {
		t.Fatal(err)
	}
	document := table.api.OpenAPI()
	fits := func(where string, schema *huma.Schema, example any) {
		t.Helper()
		text, err := json.Marshal(example)
		if err != nil {
			t.Fatal(err)
		}
		var value any
		if err := json.Unmarshal(text, &value); err != nil || value == nil {
			t.Errorf("%s has no example: %v", where, err)
			return
		}
		var found huma.ValidateResult
		huma.Validate(document.Components.Schemas, schema, huma.NewPathBuffer([]byte{}, 0), huma.ModeWriteToServer, value, &found)
		if len(found.Errors) > 0 {
			t.Errorf("%s: the example is not what the schema says: %v", where, found.Errors)
		}
	}
	for path, item := range document.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete} {
			if op == nil {
				continue
			}
			where := op.Method + " " + path
			if op.Summary == "" || op.OperationID == "" || len(op.Tags) != 1 || !slices.ContainsFunc(document.Tags, func(tag *huma.Tag) bool { return tag.Name == op.Tags[0] }) {
				t.Errorf("%s says too little: %q %q %v", where, op.OperationID, op.Summary, op.Tags)
			}
			if op.RequestBody != nil {
				media := op.RequestBody.Content["application/json"]
				fits(where+" body", media.Schema, media.Example)
			}
			for status, response := range op.Responses {
				switch {
				case status[0] != '2':
					if !strings.HasPrefix(response.Ref, "#/components/responses/") {
						t.Errorf("%s %s has a form of its own", where, status)
					}
				case status != "204":
					media := response.Content["application/json"]
					fits(where+" "+status, media.Schema, media.Example)
				}
			}
			guarded := len(op.Security) > 0
			for status, want := range map[string]bool{"401": guarded, "429": true, "500": true, "413": op.RequestBody != nil, "404": strings.Contains(path, "{id}")} {
				if (op.Responses[status] != nil) != want {
					t.Errorf("%s: %s documented: %v", where, status, !want)
				}
			}
		}
	}
	for name, response := range document.Components.Responses {
		media := response.Content[problemType]
		if len(media.Examples) == 0 {
			t.Errorf("%s has no example", name)
		}
		for code, example := range media.Examples {
			fits(name+" "+code, media.Schema, example.Value)
			if problem, ok := example.Value.(Problem); !ok || string(problem.Code) != code || problem.Title == "" || problem.Detail == "" {
				t.Errorf("%s: %+v", name, example.Value)
			}
		}
	}
}

// The document that a server shows tells where to sign in, and can be asked for again without being sent again.
func TestDocumentOfAServer(t *testing.T) {
	s := newServer(t, authtest.NewIssuer(t))
	s.settings.Issuer = "https://login.example.com/realms/ours"
	table := newTestTable(t, s)
	rec := get(table, "/openapi.json", "")
	var document struct {
		OpenAPI string
		Servers []struct{ URL string }
		Paths   map[string]any
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	if document.OpenAPI != "3.1.0" || len(document.Servers) != 1 || document.Servers[0].URL != "https://app.example.com" || document.Paths["/api/notes"] == nil {
		t.Errorf("%+v", document)
	}
	for path, want := range map[string]string{"/openapi.json": `"https://login.example.com/realms/ours/protocol/openid-connect/auth"`, "/openapi.yaml": "tokenUrl: https://login.example.com/realms/ours/protocol/openid-connect/token"} {
		rec := get(table, path, "")
		if !strings.Contains(rec.Body.String(), want) || rec.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("%s = %v, and no %s", path, rec.Header(), want)
		}
		if again := get(table, path, "", "If-None-Match: "+rec.Header().Get("ETag")); again.Code != 304 || again.Body.Len() != 0 {
			t.Errorf("%s again = %d", path, again.Code)
		}
	}
	if !bytes.HasPrefix(get(table, "/openapi.yaml", "").Body.Bytes(), []byte("components:")) {
		t.Error("no YAML")
	}
}
