package realm

import (
	"net/http"
	"net/url"
)

const badClient = "Invalid client or Invalid client credentials"

// clientOf finds the client that a form or an Authorization header names, and its secret there (RFC 6749 §2.3.1).
func (c *call) clientOf(form url.Values) (client *Client, secret string) {
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if user, password, ok := c.r.BasicAuth(); ok {
		id, secret = unescape(user), unescape(password)
	}
	return c.realm.Clients[id], secret
}

// proves reports whether a confidential client has shown its secret. One without a secret cannot.
func (c *Client) proves(secret string) bool { return c.Secret != "" && sameSecret(secret, c.Secret) }

// unescape undoes the form encoding that RFC 6749 asks for, and takes what lacks it as it stands.
func unescape(text string) string {
	if decoded, err := url.QueryUnescape(text); err == nil {
		return decoded
	}
	return text
}

// authenticatedClient returns the client of a request to a token-like endpoint. A public client shows
// its id, a confidential one its secret, too.
func (c *call) authenticatedClient(form url.Values) (*Client, error) {
	c.echoOrigin("Access-Control-Allow-Methods")
	client, secret := c.clientOf(form)
	switch {
	case client == nil || !client.Enabled || client.BearerOnly:
		return nil, refuse(http.StatusUnauthorized, "invalid_client", badClient)
	case !client.Public && !client.proves(secret):
		return nil, refuse(http.StatusUnauthorized, "unauthorized_client", badClient)
	}
	return client, nil
}

// clientForm reads a form that a client sends, and who that is. Pages of origins that the client does not
// list are refused.
func (c *call) clientForm() (*Client, url.Values, error) {
	form, err := c.form()
	if err != nil {
		return nil, nil, err
	}
	client, err := c.authenticatedClient(form)
	if err != nil {
		return nil, nil, err
	}
	return client, form, c.admitOrigin(client)
}
