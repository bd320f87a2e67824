"""As much of a browser as a login takes."""

import html
import re

import requests


class Browser:
    """Keeps cookies, and follows no redirect."""

    def __init__(self):
        self.cookies = {}

    def sign_in(self, url, username, password):
        """Open the login page at this address, sign in, and return where the server sends the browser then."""
        page = self.fetch("GET", url).text
        form = re.search(r'<form[^>]*id="kc-form-login"[^>]*>', page)
        assert form, f"there is no login form at {url}"
        action = html.unescape(re.search(r'action="([^"]*)"', form[0])[1])
        return location(self.fetch("POST", action, data={"username": username, "password": password, "credentialId": ""}))

    def open(self, url):
        """Open an address, and return where the server sends the browser."""
        return location(self.fetch("GET", url))

    def fetch(self, method, url, **options):
        # Keycloak's cookies are Secure on http, too, which browsers let pass on loopback addresses and cookie jars do not.
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        res = requests.request(method, url, headers={"Cookie": cookie}, allow_redirects=False, timeout=30, **options)
        self.cookies.update(res.cookies.get_dict())
        return res


class LeadsNowhere(Exception):
    """The server showed a page where it was to send the browser on."""


def location(res):
    if "Location" not in res.headers:
        raise LeadsNowhere(f"the server answered {res.status_code} and leads nowhere")
    return res.headers["Location"]
