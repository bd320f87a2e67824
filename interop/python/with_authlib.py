"""Authlib against a realm: python with_authlib.py ISSUER. Prints each step that went well, and ends with 1 at the first that did not.

The app is built from the parts that Authlib's clients for web frameworks consist of, on its session of requests.
"""

import sys

from authlib.integrations.base_client import BaseApp, OAuthError
from authlib.integrations.base_client.sync_app import OAuth2Mixin
from authlib.integrations.base_client.sync_openid import OpenIDMixin
from authlib.integrations.requests_client import OAuth2Session
from joserfc.errors import BadSignatureError, InvalidClaimError

from browser import Browser, LeadsNowhere
from checks import CALLBACK, IDA, OTTO, SECRET, equal, passed, refused, tampered

issuer = sys.argv[1]


class App(OAuth2Mixin, OpenIDMixin, BaseApp):
    client_cls = OAuth2Session


def app(client, secret=None):
    return App(
        None,
        client_id=client,
        client_secret=secret,
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
    )


def session(client, secret=None, method=None):
    """The library's session for the grants behind the login."""
    return OAuth2Session(client, secret, token_endpoint_auth_method=method, **metadata)


def sign_in(client, browser, username, password):
    """Sign a person in, and return the tokens and the nonce that the ID token is to have."""
    sent = client.create_authorization_url(CALLBACK)
    came_back = browser.sign_in(sent["url"], username, password)
    tokens = client.fetch_access_token(CALLBACK, authorization_response=came_back, state=sent["state"], code_verifier=sent["code_verifier"])
    return tokens, sent["nonce"]


def visit(client, secret, username, subject):
    """A session of a person at an app, from the login to the logout."""
    oidc, grants, browser = app(client, secret), session(client, secret), Browser()
    tokens, nonce = sign_in(oidc, browser, username, username)
    passed("login")
    expected = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client}}
    person = oidc.parse_id_token(tokens, nonce, expected)  # at_hash included
    equal(person.sub, subject)
    assert "at_hash" in person
    passed("verify")

    equal(oidc.userinfo(token=tokens).sub, subject)
    passed("userinfo")

    fresh = grants.refresh_token(refresh_token=tokens["refresh_token"])
    equal(oidc.parse_id_token(fresh, None, expected).sub, subject)  # which has no nonce (OpenID Connect Core §12.2)
    passed("refresh")

    if secret:
        active = grants.introspect_token(metadata["introspection_endpoint"], fresh["access_token"]).json()
        equal((active["active"], active["sub"]), (True, subject))
        passed("introspect")
    grants.revoke_token(metadata["revocation_endpoint"], fresh["access_token"]).raise_for_status()
    equal(oidc.get(metadata["userinfo_endpoint"], token=fresh).status_code, 401)
    passed("revoke")

    end = oidc.create_logout_url(CALLBACK, fresh["id_token"])
    equal(browser.open(end["url"]), f"{CALLBACK}?state={end['state']}")
    refused(OAuthError, "invalid_grant", grants.refresh_token, refresh_token=fresh["refresh_token"])
    passed("logout")
    return tokens, nonce


metadata = app("native").load_server_metadata()
equal(metadata["issuer"], issuer)
passed("discovery")

tokens, nonce = visit("native", None, "ida", IDA)
visit("web", SECRET, "otto", OTTO)

for method in ["client_secret_basic", "client_secret_post"]:
    service = session("web", SECRET, method)
    token = service.fetch_token(grant_type="client_credentials")
    equal(service.introspect_token(metadata["introspection_endpoint"], token["access_token"]).json()["username"], "service-account-web")
    refused(OAuthError, "unauthorized_client", session("web", "wrong", method).fetch_token, grant_type="client_credentials")
passed("service")

refused(LeadsNowhere, "answered 200", sign_in, app("native"), Browser(), "ida", "wrong")
refused(InvalidClaimError, "nonce", app("native").parse_id_token, tokens, "another nonce")
refused(BadSignatureError, "bad_signature", app("native").parse_id_token, {**tokens, "id_token": tampered(tokens["id_token"])}, nonce)
passed("refusals")
