"""The app of guide 1: a dependency that verifies the bearer token, and one that asks for a role."""

import time

import httpx
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from settings import DISCOVERY

bearer = HTTPBearer()


def key_set(parse):
    """Return a function that tells the realm's keys as parse makes them of the JSON, and fetches them anew after an hour."""
    keys, fetched = None, 0.0

    def current():
        nonlocal keys, fetched
        if keys is None or time.time() - fetched > 3600:
            with httpx.Client(timeout=5.0) as client:
                metadata = client.get(DISCOVERY).json()
                keys = parse(client.get(metadata["jwks_uri"]).json())
            fetched = time.time()
        return keys

    return current


def guarded_app(verify, refusals):
    """Return the app. verify returns the claims of a token, and raises one of the refusals when the token is bad."""
    app = FastAPI()

    async def get_current_user(credentials: HTTPAuthorizationCredentials = Depends(bearer)) -> dict:
        try:
            return verify(credentials.credentials)
        except refusals as error:
            raise HTTPException(401, f"Invalid token: {error}") from error

    def require_realm_role(*roles):
        async def check(user: dict = Depends(get_current_user)) -> dict:
            granted = user.get("realm_access", {}).get("roles", [])
            if not any(role in granted for role in roles):
                raise HTTPException(403, f"Requires one of: {', '.join(roles)}")
            return user

        return check

    @app.get("/health")
    async def health():
        return {"status": "ok"}

    @app.get("/secured")
    async def secured(user: dict = Depends(get_current_user)):
        return {"claims": user}

    @app.get("/api/admin/reports")
    async def reports(user: dict = Depends(require_realm_role("admin"))):
        return {"generated_by": user["sub"]}

    return app
