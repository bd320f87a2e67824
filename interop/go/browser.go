package main

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// browser is as much of one as a login takes: it keeps cookies, and follows no redirect.
type browser struct{ cookies map[string]string }

var (
	loginForm = regexp.MustCompile(`<form[^>]*id="kc-form-login"[^>]*>`)
	action    = regexp.MustCompile(`action="([^"]*)"`)
)

// signIn opens the login page at an address, signs in, and returns where the server sends the browser then.
func (b browser) signIn(address, username, password string) (*url.URL, error) {
	res, err := b.send("GET", address, nil)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	found := action.FindSubmatch(loginForm.Find(page))
	if found == nil {
		return nil, fmt.Errorf("there is no login form at %s", address)
	}
	return b.goes("POST", html.UnescapeString(string(found[1])), url.Values{"username": {username}, "password": {password}, "credentialId": {""}})
}

// open opens an address, and returns where the server sends the browser.
func (b browser) open(address string) (*url.URL, error) { return b.goes("GET", address, nil) }

func (b browser) goes(method, address string, form url.Values) (*url.URL, error) {
	res, err := b.send(method, address, form)
	if err != nil {
		return nil, err
	}
	res.Body.Close()
	to, err := res.Location()
	if err != nil {
		return nil, fmt.Errorf("the server answered %s and leads nowhere", res.Status)
	}
	return to, nil
}

func (b browser) send(method, address string, form url.Values) (*http.Response, error) {
	req, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	// Keycloak's cookies are Secure on http, too, which browsers let pass on loopback addresses and cookie jars do not.
	for name, value := range b.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	for _, cookie := range res.Cookies() {
		b.cookies[cookie.Name] = cookie.Value
	}
	return res, nil
}
