"""python-keycloak against a realm: python with_python_keycloak.py ISSUER. Prints each step that went well, and ends with 1 at the first that did not."""

import sys
from urllib.parse import parse_qs, urlsplit

from authlib.common.security import generate_token
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from jwcrypto.jwt import JWTInvalidClaimValue, JWTMissingKey
from keycloak import KeycloakOpenID
from keycloak.exceptions import KeycloakAuthenticationError, KeycloakPostError

from browser import Browser
from checks import CALLBACK, IDA, OTTO, SECRET, equal, passed, refused, tampered

issuer = sys.argv[1]
server, realm = issuer.split("/realms/")


def client(name, secret=None):
    return KeycloakOpenID(f"{server}/", realm, name, secret)


def visit(name, secret, username, subject):
    """A session of a person at an app, from the login to the logout."""
    oidc = client(name, secret)
    state, nonce, verifier = generate_token(), generate_token(), generate_token(48)  # which the library leaves to the app
    url = oidc.auth_url(CALLBACK, "openid profile email", state, nonce, create_s256_code_challenge(verifier), "S256")
    came_back = parse_qs(urlsplit(Browser().sign_in(url, username, username)).query)
    equal(came_back["state"], [state])
    tokens = oidc.token(grant_type="authorization_code", code=came_back["code"][0], redirect_uri=CALLBACK, code_verifier=verifier)
    passed("login")
    claims = {"iss": issuer, "aud": name, "nonce": nonce}
    equal(oidc.decode_token(tokens["id_token"], check_claims=claims)["sub"], subject)
    refused(JWTInvalidClaimValue, "nonce", oidc.decode_token, tokens["id_token"], check_claims={**claims, "nonce": "another"})
    refused(JWTMissingKey, "", oidc.decode_token, tampered(tokens["id_token"]))  # so it calls a signature that none of the keys made
    passed("verify")

    equal(oidc.userinfo(tokens["access_token"])["sub"], subject)
    passed("userinfo")

    fresh = oidc.refresh_token(tokens["refresh_token"])
    equal(oidc.decode_token(fresh["access_token"], check_claims={"iss": issuer})["sub"], subject)
    passed("refresh")

    if secret:
        active = oidc.introspect(fresh["access_token"])
        equal((active["active"], active["sub"]), (True, subject))
        passed("introspect")

    oidc.logout(fresh["refresh_token"])
    refused(KeycloakPostError, "invalid_grant", oidc.refresh_token, fresh["refresh_token"])
    passed("logout")


equal(client("native").well_known()["issuer"], issuer)
assert client("native").public_key()
passed("discovery")

passed("revoke -")  # no part of the library
visit("native", None, "ida", IDA)
visit("web", SECRET, "otto", OTTO)

web = client("web", SECRET)
token = web.token(grant_type="client_credentials")["access_token"]
equal(web.introspect(token)["username"], "service-account-web")
passed("service")

equal(web.decode_token(web.token("ida", "ida")["access_token"])["sub"], IDA)
refused(KeycloakPostError, "invalid_grant", web.token, "ida", "wrong")
refused(KeycloakAuthenticationError, "unauthorized_client", client("web", "wrong").token, grant_type="client_credentials")
passed("refusals")
