"""Guide 3 at its best without another design: the keys fetched once, at the start, and issuer and audience checked."""

import json

from jwcrypto.jwk import JWKSet

from guide3 import guarded_app, keycloak
from settings import AUDIENCE, ISSUER

keys = JWKSet.from_json(json.dumps(keycloak.certs()))


def decode(token):
    return keycloak.decode_token(token, key=keys, check_claims={"iss": ISSUER, "aud": AUDIENCE, "exp": None})


app = guarded_app(decode)
