package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"keystead/auth/authtest"
	"keystead/bench/library"
	"keystead/bench/process"
)

const startPatience = 20 * time.Second

// kind says which comparisons a server is part of.
type kind int

const (
	limit     kind = iota // bare net/http, which verifies nothing
	product               // Keystead
	goLibrary             // a server of ours on a Go library
	native                // a server of ours in another compiled language
	guide                 // what a guide shows
)

// server is a program that is measured.
type server struct {
	name    string
	kind    kind
	short   bool // another number of workers of what is measured in full: one row is enough
	command func(addr string) []string
	env     []string
	files   []string // what it takes on disk
	shared  string   // what else is in these files
}

// missingPeer is one that could not be built, and why.
type missingPeer struct{ name, why string }

const (
	bareName      = "bare net/http, no check"
	keysteadName  = "Keystead"
	axumName      = "axum, jsonwebtoken on aws-lc"
	publishedName = "guide 3, python-keycloak as published"
)

// buildServers builds what this machine can build. With quick, only what Go builds.
func buildServers(ctx context.Context, root, dir string, quick bool) ([]server, []missingPeer, error) {
	bare, golang := filepath.Join(dir, "bare"), filepath.Join(dir, "golang")
	for out, program := range map[string]string{bare: "./peers/bare", golang: "./peers/golang"} {
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, program)
		cmd.Dir = filepath.Join(root, "bench")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if text, err := cmd.CombinedOutput(); err != nil {
			return nil, nil, fmt.Errorf("building %s: %w\n%s", program, err, text)
		}
	}
	keystead := filepath.Join(root, "bin", "keystead")
	servers := []server{
		{name: bareName, kind: limit, command: func(string) []string { return []string{bare} }, files: []string{bare}},
		{name: keysteadName, kind: product, command: func(string) []string { return []string{keystead, "serve"} }, files: []string{keystead}},
	}
	for _, l := range library.Libraries {
		servers = append(servers, server{
			name: l.Title(), kind: goLibrary, files: []string{golang}, shared: "all Go libraries in one program",
			command: func(string) []string { return []string{golang, l.Name()} },
		})
	}
	if quick {
		return servers, []missingPeer{{"the guides' stacks and axum", "left out of the quick run"}}, nil
	}
	others, missing, err := buildOthers(ctx, root)
	return append(servers, others...), missing, err
}

// buildOthers builds what is not written in Go. What this machine lacks is missing, which is no error.
func buildOthers(ctx context.Context, root string) (servers []server, missing []missingPeer, err error) {
	cmd := exec.CommandContext(ctx, filepath.Join(root, "bench", "peers", "build.sh"))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, nil, fmt.Errorf("peers/build.sh: %w", err)
	}
	for line := range strings.Lines(string(out)) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "python":
			servers = append(servers, guides(root, rest)...)
		case "rust":
			servers = append(servers, server{
				name: axumName, kind: native, files: []string{rest},
				command: func(string) []string { return []string{rest} },
			})
		case "missing":
			what, why, _ := strings.Cut(rest, " ")
			name := map[string]string{"python": "the guides' stacks", "rust": axumName}[what]
			missing = append(missing, missingPeer{name, why})
		}
	}
	return servers, missing, nil
}

// guides are the stacks of the three guides, with one worker and with two.
func guides(root, python string) (servers []server) {
	venv := filepath.Dir(filepath.Dir(python))
	for _, g := range []struct{ name, module string }{
		{"guide 1, Authlib's joserfc", "guide1_authlib"},
		{"guide 1, python-jose", "guide1_jose"},
		{"guide 2, jwtoxide, repaired", "guide2_jwtoxide"},
		{publishedName, "guide3_published"},
		{"guide 3, key kept", "guide3_key"},
	} {
		for _, workers := range []string{"1", "2"} {
			s := server{
				name: g.name, kind: guide, files: []string{venv}, shared: "packages of all guides, without Python",
				command: func(addr string) []string {
					host, port, _ := strings.Cut(addr, ":")
					return []string{
						python, "-m", "uvicorn", g.module + ":app", "--app-dir", filepath.Join(root, "bench", "peers", "python"),
						"--host", host, "--port", port, "--workers", workers, "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning",
					}
				},
				env: []string{"PYTHONDONTWRITEBYTECODE=1"},
			}
			if workers == "2" {
				s.name, s.short = s.name+", 2 workers", true
			}
			servers = append(servers, s)
		}
	}
	return servers
}

// running is a server that was started, with its address.
type running struct {
	server
	*process.Process
	base string
}

// start starts a server that trusts the realm. What it writes goes to a file, as it would in earnest.
func (s server) start(ctx context.Context, realm *authtest.Issuer, dir string) (*running, error) {
	ports, err := process.FreePorts(2)
	if err != nil {
		return nil, err
	}
	port, adminPort := ports[0], ports[1]
	output, err := os.Create(filepath.Join(dir, "output-"+port))
	if err != nil {
		return nil, err
	}
	defer output.Close() // the process has it
	addr := "127.0.0.1:" + port
	env := append([]string{
		"ADDR=" + addr, "ISSUER=" + realm.URL(), "AUDIENCE=" + authtest.Audience,
		"SECURED_BODY=" + filepath.Join(dir, "secured"), "REPORTS_BODY=" + filepath.Join(dir, "reports"),
		"KEYSTEAD_ADDR=" + addr, "KEYSTEAD_ADMIN_ADDR=127.0.0.1:" + adminPort, "KEYSTEAD_ISSUER=" + realm.URL(),
		"KEYSTEAD_AUDIENCE=" + authtest.Audience, "KEYSTEAD_CLIENT_ID=" + authtest.ClientID, "KEYSTEAD_LOG_FORMAT=json",
		"KEYSTEAD_DATABASE_URL=sqlite:" + filepath.Join(dir, "keystead-"+port+".db"),
	}, s.env...)
	base := "http://" + addr
	p, err := process.StartWith(ctx, startPatience, base+"/health", env, output, s.command(addr)...)
	if err != nil {
		text, _ := os.ReadFile(output.Name())
		return nil, fmt.Errorf("starting %s: %w\n%s", s.name, err, bytes.TrimSpace(text))
	}
	return &running{s, p, base}, nil
}

// client keeps connections open, as many as are needed at a time.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}

// get returns the answer to one request.
func get(ctx context.Context, base string, r request) (status int, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+r.path, nil)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set(r.header, r.value)
	res, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, body, err
}

// expect asks once for a workload, and fails unless the answer is as it must be.
func (r *running) expect(ctx context.Context, w workload) error {
	status, body, err := get(ctx, r.base, w.requests[0])
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", r.name, err)
	case status != w.status:
		return fmt.Errorf("%s answers %d to %s, where %d must be: %s", r.name, status, w.name, w.status, body)
	case status == http.StatusOK && w.requests[0].path == securedPath && !bytes.Contains(body, []byte("preferred_username")):
		return fmt.Errorf("%s answers no claims: %s", r.name, body)
	}
	return nil
}

// size sums the files on disk, in bytes.
func (s server) size() (sum int64) {
	for _, root := range s.files {
		_ = filepath.WalkDir(root, func(_ string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return nil // what cannot be read is not counted
			}
			if info, err := entry.Info(); err == nil {
				sum += info.Size()
			}
			return nil
		})
	}
	return sum
}
