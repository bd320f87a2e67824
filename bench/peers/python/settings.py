"""The realm that the apps of this folder trust."""

import os

ISSUER = os.environ["ISSUER"]
AUDIENCE = os.environ["AUDIENCE"]
DISCOVERY = f"{ISSUER}/.well-known/openid-configuration"
