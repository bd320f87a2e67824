package realm

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
)

// The control API changes a realm while it runs, and makes tokens for whom one likes. It is for the
// developer's own command line and tests: it takes no part in CORS, and wants the server's secret.

// guarded lets nobody through but who knows the secret, and no browser's page at all.
func (c *call) guarded() error {
	c.noStore()
	if crossOrigin.Check(c.r) != nil || c.r.Header.Get("Origin") != "" {
		return refuse(http.StatusForbidden, "cross_origin", "The control API takes no requests of pages in a browser.")
	}
	if c.s.secret == "" || !sameSecret(c.bearer(), c.s.secret) {
		c.w.Header().Set("WWW-Authenticate", `Bearer realm="control"`)
		return refuse(http.StatusUnauthorized, "unauthorized", "Send the secret that the development realm printed at its start, or was given: Authorization: Bearer SECRET.")
	}
	return nil
}

// command reads the JSON object of a control request into out.
func (c *call) command(out any) error {
	if err := c.guarded(); err != nil {
		return err
	}
	decoder := json.NewDecoder(c.r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(out); err != nil && !errors.Is(err, io.EOF) {
		return refuse(http.StatusBadRequest, "invalid_request", "The body must be a JSON object with any of "+strings.Join(fieldsOf(out), ", ")+": "+strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// fieldsOf names the members of the JSON object that is read into a struct.
func fieldsOf(out any) []string {
	var names []string
	for _, field := range reflect.VisibleFields(reflect.TypeOf(out).Elem()) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// mintTokens makes tokens of a user, with a session of their own, as a login would.
func (c *call) mintTokens() error {
	var in struct {
		Username string `json:"username"`
		ClientID string `json:"client_id"`
		Scope    string `json:"scope"`

		Claims map[string]json.RawMessage `json:"claims"` // of the access token, over the realm's own; null: without that one
	}
	in.Scope = "openid"
	if err := c.command(&in); err != nil {
		return err
	}
	user, err := c.userNamed(in.Username)
	if err != nil {
		return err
	}
	if !user.Enabled {
		return refuse(http.StatusConflict, "disabled", "The account of "+user.Username+" is disabled in the realm file.")
	}
	client, err := c.clientToMint(in.ClientID)
	if err != nil {
		return err
	}
	sc, known := resolveScopes(client, in.Scope)
	if !known {
		return refuse(http.StatusBadRequest, "invalid_scope", "Invalid scopes: "+in.Scope)
	}
	g := c.newSession(client, user, sc, "ro", nil)
	g.override = in.Claims
	answer, err := g.tokens(c.now)
	if err != nil {
		return err
	}
	return c.json(answer)
}

// userNamed finds a user by name or e-mail address.
func (c *call) userNamed(name string) (*User, error) {
	user := c.realm.UserByLogin(name)
	if user == nil {
		return nil, refuse(http.StatusNotFound, "not_found", "There is no user "+name+" in the realm "+c.realm.Name+". There are: "+strings.Join(c.realm.usernames(), ", ")+".")
	}
	return user, nil
}

// clientToMint returns the client that is named, or the only one with which people sign in to an app.
func (c *call) clientToMint(id string) (*Client, error) {
	var apps []string
	for _, candidate := range c.realm.ClientIDs() {
		client := c.realm.Clients[candidate]
		if candidate == id {
			return client, nil
		}
		if client.Public && client.StandardFlow && client.Enabled && !slices.Contains(builtinClients, candidate) {
			apps = append(apps, candidate)
		}
	}
	switch {
	case id != "":
		return nil, refuse(http.StatusNotFound, "not_found", "There is no client "+id+" in the realm "+c.realm.Name+". There are: "+strings.Join(c.realm.ClientIDs(), ", ")+".")
	case len(apps) == 1:
		return c.realm.Clients[apps[0]], nil
	}
	return nil, refuse(http.StatusBadRequest, "invalid_request", "Name the client that the token is for: one of "+strings.Join(c.realm.ClientIDs(), ", ")+".")
}

func (r *Realm) usernames() []string {
	var names []string
	for _, user := range r.People() {
		names = append(names, user.Username)
	}
	return names
}

// rotateKeys makes the realm sign with a new key at once. The old ones stay published.
func (c *call) rotateKeys() error {
	in := struct {
		Algorithm string `json:"algorithm"`
	}{"RS256"}
	if err := c.command(&in); err != nil {
		return err
	}
	return c.done(c.rotate(in.Algorithm))
}

func (c *call) rotate(algorithm string) error {
	if err := c.realm.keys.rotate(algorithm); err != nil {
		return refuse(http.StatusBadRequest, "invalid_request", err.Error())
	}
	c.s.log.Info("a new key signs", "realm", c.realm.Name, "algorithm", algorithm)
	return nil
}

// patchClient changes how long a client's access tokens live, in seconds; null brings the file's value back.
func (c *call) patchClient() error {
	var in struct {
		Seconds *int64 `json:"access_token_lifespan"`
	}
	if err := c.command(&in); err != nil {
		return err
	}
	client := c.realm.Clients[pathParam(c.r, "client")]
	switch {
	case client == nil:
		return refuse(http.StatusNotFound, "not_found", "There is no client "+pathParam(c.r, "client")+" in the realm "+c.realm.Name+".")
	case in.Seconds != nil && (*in.Seconds < 1 || *in.Seconds > 10*365*24*3600):
		return refuse(http.StatusBadRequest, "invalid_request", "access_token_lifespan must be a whole number of seconds from 1 up, or null.")
	}
	c.realm.mu.Lock()
	defer c.realm.mu.Unlock()
	if in.Seconds == nil {
		delete(c.realm.lifespans, client.ClientID)
	} else {
		c.realm.lifespans[client.ClientID] = time.Duration(*in.Seconds) * time.Second
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
