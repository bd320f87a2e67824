// Command bare is the limit: net/http that writes the bytes of the two files named by SECURED_BODY and REPORTS_BODY, and looks
// at no token.
package main

import (
	"log"
	"net/http"
	"os"
	"strconv"
)

func main() {
	http.HandleFunc("GET /health", write([]byte("{}")))
	http.HandleFunc("GET /secured", write(contents("SECURED_BODY")))
	http.HandleFunc("GET /api/admin/reports", write(contents("REPORTS_BODY")))
	log.Fatal(http.ListenAndServe(os.Getenv("ADDR"), nil))
}

func contents(variable string) []byte {
	body, err := os.ReadFile(os.Getenv(variable))
	if err != nil {
		log.Fatalf("%s: %v", variable, err)
	}
	return body
}

func write(body []byte) http.HandlerFunc {
	length := strconv.Itoa(len(body))
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", length)
		_, _ = w.Write(body)
	}
}
