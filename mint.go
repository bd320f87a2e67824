//go:build !norealm

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"keystead/config"
)

const mintTimeout = 10 * time.Second

type mintCommand struct {
	User        string        `short:"u" required:"" action:"" placeholder:"NAME" help:"The user, by name or e-mail address."`
	Client      string        `action:"" placeholder:"ID" help:"The client that the token is for. Default: the only app of the realm."`
	Realm       string        `action:"" placeholder:"NAME" help:"The realm. Default: the only one that is served."`
	Scope       string        `action:"" default:"openid" help:"Scopes to ask for, separated by blanks."`
	JSON        bool          `name:"json" action:"" help:"Print the whole answer: refresh token, ID token and lifetimes, too."`
	RealmAddr   string        `name:"realm-addr" default:"localhost:8080" help:"HOST:PORT where the development realm listens."`
	RealmSecret config.Secret `name:"realm-secret" placeholder:"SECRET" help:"Its secret. Default: read from the file that the realm keeps for its user."`
}

// Help is shown by kong below the usage.
func (*mintCommand) Help() string {
	return `Prints the token and nothing else, so that it can be used at once:

  curl http://localhost:8000/api/me -H "Authorization: Bearer $(keystead token mint --user alice)"`
}

// Run asks the running realm for a token.
func (c *mintCommand) Run(env *environment) error {
	if err := env.sources.Err(); err != nil {
		return err
	}
	if err := checkRealmAddr(c.RealmAddr); err != nil {
		return err
	}
	note, err := c.findRealm()
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]string{"username": c.User, "client_id": c.Client, "scope": c.Scope})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(env.ctx, mintTimeout)
	defer cancel()
	target := note.URL + "/realms/" + url.PathEscape(note.Realms[0]) + "/keystead/tokens"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+note.Secret)
	req.Header.Set("Content-Type", "application/json")
	client := http.Client{
		Transport:     &http.Transport{},                                                             // no proxy: the realm is on this machine
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the secret is for it alone
	}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("the development realm does not answer: %w", err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return err
	}
	return c.print(env.stdout, res.StatusCode, text)
}

// findRealm returns where the realm is, with just the realm that is asked.
func (c *mintCommand) findRealm() (realmNote, error) {
	note := realmNote{URL: "http://" + c.RealmAddr, Secret: string(c.RealmSecret)}
	if c.RealmSecret == "" {
		found, err := findNote(c.RealmAddr)
		if err != nil {
			return note, err
		}
		note = found
	}
	switch {
	case c.Realm != "":
		note.Realms = []string{c.Realm}
	case len(note.Realms) == 0:
		return note, errors.New("name the realm with --realm, such as --realm demo")
	case len(note.Realms) > 1:
		return note, fmt.Errorf("name the realm with --realm, one of: %s", strings.Join(note.Realms, ", "))
	}
	return note, nil
}

func (c *mintCommand) print(w io.Writer, status int, text []byte) error {
	var answer struct {
		AccessToken string `json:"access_token"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if err := json.Unmarshal(text, &answer); err != nil || status != http.StatusOK || answer.AccessToken == "" {
		if answer.Description != "" {
			return fmt.Errorf("no token: %s", plain(answer.Description))
		}
		return fmt.Errorf("no token: the realm answered %d %s", status, plain(answer.Error))
	}
	if c.JSON {
		_, err := fmt.Fprintln(w, strings.TrimSpace(string(text)))
		return err
	}
	_, err := fmt.Fprintln(w, answer.AccessToken)
	return err
}

// plain keeps what steers a terminal out of words that came from elsewhere.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
}
