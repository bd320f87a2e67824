"""Guide 3 as published: decode_token fetches the keys for every token, and checks neither issuer nor audience."""

from guide3 import guarded_app, keycloak

app = guarded_app(keycloak.decode_token)
