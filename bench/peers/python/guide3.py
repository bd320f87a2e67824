"""The app of guide 3: a middleware that verifies the token of every request with python-keycloak."""

from fastapi import FastAPI, HTTPException, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from keycloak import KeycloakOpenID
from starlette.middleware.base import BaseHTTPMiddleware

from settings import AUDIENCE, ISSUER

OPEN_PATHS = ["/docs", "/openapi.json", "/redoc", "/health", "/favicon.ico"]

server_url, _, realm_name = ISSUER.rpartition("/realms/")
keycloak = KeycloakOpenID(server_url=server_url, client_id=AUDIENCE, realm_name=realm_name)


def guarded_app(decode):
    """Return the app. decode returns the claims of a token, and raises whatever it likes when the token is bad."""

    class AuthMiddleware(BaseHTTPMiddleware):
        async def dispatch(self, request, call_next):
            if request.url.path in OPEN_PATHS:
                return await call_next(request)
            try:
                user = decode(request.headers.get("authorization", "").replace("Bearer ", ""))
            except Exception:
                user = {}
            if not user:
                return JSONResponse("Unauthorised", 401)
            # The guide keeps the user in a global, where requests at the same time see each other's.
            request.state.user = user
            return await call_next(request)

    app = FastAPI()
    app.add_middleware(AuthMiddleware)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_credentials=True,
        allow_methods=["*"],
        allow_headers=["*"],
    )

    # As in the guide the routes are no coroutines, which FastAPI runs on a thread of their own.
    @app.get("/health")
    def health():
        return {"status": "ok"}

    @app.get("/secured")
    def secured(request: Request):
        return {"claims": request.state.user}

    @app.get("/api/admin/reports")
    def reports(request: Request):
        user = request.state.user
        if "admin" not in user.get("realm_access", {}).get("roles", []):
            raise HTTPException(403, "Requires the role admin")
        return {"generated_by": user["sub"]}

    return app
