"""Guide 2: jwtoxide, with the realm's keys fetched at the start.

As published it answers 500 to a bad token: KeyRing.decode raises a ValueError for it, which the guide does not catch.
Here both errors are caught. The route for admins is added in the guide's manner.
"""

from typing import Annotated

import httpx
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OpenIdConnect
from jwtoxide import InvalidTokenError, JwkSet, KeyRing, ValidationOptions

from settings import AUDIENCE, DISCOVERY, ISSUER

authorization = OpenIdConnect(openIdConnectUrl=DISCOVERY)

jwks_uri = httpx.get(DISCOVERY).json()["jwks_uri"]
key_ring = KeyRing.from_jwkset(JwkSet.from_json(httpx.get(jwks_uri).text))
rules = ValidationOptions(
    required_spec_claims={"iat", "exp"},
    aud={AUDIENCE},
    iss={ISSUER},
    algorithms=["RS256"],
)

app = FastAPI()


async def get_claims(header: Annotated[str, Depends(authorization)]):
    try:
        return key_ring.decode(header[len("Bearer ") :], validation_options=rules)
    except (InvalidTokenError, ValueError) as error:
        raise HTTPException(401, "Could not validate credentials", {"WWW-Authenticate": "Bearer"}) from error


async def get_admin(claims: dict = Depends(get_claims)):
    if "admin" not in claims.get("realm_access", {}).get("roles", []):
        raise HTTPException(403, "Requires the role admin")
    return claims


@app.get("/health")
async def health():
    return {"status": "ok"}


@app.get("/secured")
async def secured(claims: dict = Depends(get_claims)):
    return {"claims": claims}


@app.get("/api/admin/reports")
async def reports(claims: dict = Depends(get_admin)):
    return {"generated_by": claims["sub"]}
