package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"keystead/auth/authtest"
)

// users are as many people as call in turn where the rows say so.
const users = 500

// tokenFor returns a token as Keycloak issues it, of 1.2 to 1.5 kB, which outlasts any run.
func tokenFor(realm *authtest.Issuer, user string, roles ...string) string {
	roles = append(roles, "default-roles-demo", "offline_access", "uma_authorization")
	return realm.Sign(realm.Claims(user, roles...).With("exp", time.Now().Add(24*time.Hour).Unix()))
}

// signAll returns n tokens, each for a user of its own. A core signs about a thousand in a second.
func signAll(n int, sign func(user string) string) []string {
	tokens := make([]string, n)
	var wg sync.WaitGroup
	for part := range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := part; i < n; i += runtime.GOMAXPROCS(0) {
				tokens[i] = sign("user-" + strconv.Itoa(i))
			}
		})
	}
	wg.Wait()
	return tokens
}

// withChangedSignature returns the token with one letter in the midst of its signature replaced.
func withChangedSignature(token string) string {
	i := len(token) - 100
	letter := "A"
	if token[i] == 'A' {
		letter = "B"
	}
	return token[:i] + letter + token[i+1:]
}

// request is one GET.
type request struct{ path, header, value string }

// workload is what is asked of every server: one request again and again, or several in turn.
type workload struct {
	name     string
	status   int // that every answer must have
	requests []request
	once     bool   // each goes out once at most
	file     string // with a request in each line
}

const (
	hot      = "hot token"
	everyone = "500 users"
	fresh    = "never seen"
	invalid  = "bad signature"
	reports  = "role check, hot token"
	lacking  = "role lacking: 403"
)

const (
	securedPath = "/secured"
	reportsPath = "/api/admin/reports"
)

// workloads makes all tokens, and writes the requests into dir. There are as many never-seen ones as told.
func workloads(realm *authtest.Issuer, dir string, neverSeen int) ([]workload, error) {
	admin := tokenFor(realm, "alice", "admin")
	all := []workload{
		{name: hot, status: 200, requests: withTokens(securedPath, admin)},
		{name: everyone, status: 200, requests: withTokens(securedPath, signAll(users, func(user string) string { return tokenFor(realm, user) })...)},
		{name: fresh, status: 200, once: true, requests: withTokens(securedPath, signAll(neverSeen, func(user string) string { return tokenFor(realm, "new-"+user) })...)},
		{name: invalid, status: 401, requests: withTokens(securedPath, withChangedSignature(admin))},
		{name: reports, status: 200, requests: withTokens(reportsPath, admin)},
		{name: lacking, status: 403, requests: withTokens(reportsPath, tokenFor(realm, "bob"))},
	}
	for i := range all {
		if err := all[i].write(filepath.Join(dir, fmt.Sprintf("requests-%d", i))); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func withTokens(path string, tokens ...string) []request {
	requests := make([]request, len(tokens))
	for i, token := range tokens {
		requests[i] = request{path, "Authorization", "Bearer " + token}
	}
	return requests
}

// write makes the workload's file, which wrk reads.
func (w *workload) write(file string) error {
	var text strings.Builder
	for _, r := range w.requests {
		fmt.Fprintf(&text, "%s\t%s\t%s\n", r.path, r.header, r.value)
	}
	w.file = file
	return os.WriteFile(file, []byte(text.String()), 0o600)
}
