// Command golang is a small API that verifies tokens by one of the Go libraries, named by its argument, such as
// coreos/go-oidc. It reads ISSUER, AUDIENCE and ADDR.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"slices"
	"strings"

	"keystead/bench/library"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: golang LIBRARY")
	}
	i := slices.IndexFunc(library.Libraries, func(l library.Library) bool { return l.Name() == os.Args[1] })
	if i < 0 {
		log.Fatalf("there is no library %q", os.Args[1])
	}
	verify, err := library.Libraries[i].Start(context.Background(), os.Getenv("ISSUER"), os.Getenv("AUDIENCE"))
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, map[string]any{}) })
	http.HandleFunc("GET /secured", verified(verify, func(w http.ResponseWriter, claims map[string]any) {
		writeJSON(w, map[string]any{"claims": claims})
	}))
	http.HandleFunc("GET /api/admin/reports", verified(verify, func(w http.ResponseWriter, claims map[string]any) {
		if !library.IsAdmin(claims) {
			http.Error(w, "the realm role admin is required", http.StatusForbidden)
			return
		}
		writeJSON(w, map[string]any{"generated_by": claims["sub"]})
	}))
	log.Fatal(http.ListenAndServe(os.Getenv("ADDR"), nil))
}

func verified(verify library.Verify, next func(http.ResponseWriter, map[string]any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			token = ""
		}
		claims, err := verify(r.Context(), token)
		if err != nil {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "the token is missing or not good", http.StatusUnauthorized)
			return
		}
		next(w, claims)
	}
}

func writeJSON(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}
