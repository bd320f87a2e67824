package realmtest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
)

// control sends a request to the control API, and reads its answer into out; each may be nil. What goes wrong ends
// the test.
func (r *Realm) control(method, path string, in, out any) {
	r.t.Helper()
	var body bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			r.t.Fatalf("%s %s: %v", method, path, err)
		}
	}
	target, err := url.JoinPath(r.Issuer, "keystead", path)
	if err != nil {
		r.t.Fatal(err)
	}
	req, err := http.NewRequest(method, target, &body)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.Secret)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // of its own, so that no proxy comes between
	res, err := client.Do(req)
	if err != nil {
		r.t.Fatalf("the development realm: %v", err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		r.t.Fatalf("%s %s: %v", method, path, err)
	case res.StatusCode >= http.StatusBadRequest:
		r.t.Fatalf("%s %s: the development realm answered %s: %s", method, path, res.Status, text)
	case out != nil:
		if err := json.Unmarshal(text, out); err != nil {
			r.t.Fatalf("%s %s: %v", method, path, err)
		}
	}
}
