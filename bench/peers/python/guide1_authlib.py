"""Guide 1 with Authlib's JOSE library in place of python-jose.

That is joserfc, which Authlib is built on and points to: its own module authlib.jose is deprecated.
"""

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from guide1 import guarded_app, key_set
from settings import AUDIENCE, ISSUER

keys = key_set(KeySet.import_key_set)
rules = jwt.JWTClaimsRegistry(
    iss={"essential": True, "value": ISSUER},
    aud={"essential": True, "value": AUDIENCE},
    exp={"essential": True},
)


def verify(token):
    claims = jwt.decode(token, keys(), algorithms=["RS256"]).claims
    rules.validate(claims)
    return claims


# A token that is no JWT at all, or has an unknown key, is a ValueError.
app = guarded_app(verify, (JoseError, ValueError))
