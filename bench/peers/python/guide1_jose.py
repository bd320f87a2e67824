"""Guide 1 with python-jose, as published but for the audience: the guide leaves that unchecked for tokens that lack it, and these have it."""

from jose import JWTError, jwt

from guide1 import guarded_app, key_set
from settings import AUDIENCE, ISSUER

keys = key_set(lambda jwks: jwks)


def verify(token):
    return jwt.decode(token, keys(), algorithms=["RS256"], audience=AUDIENCE, issuer=ISSUER)


app = guarded_app(verify, JWTError)
