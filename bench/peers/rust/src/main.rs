//! axum and jsonwebtoken on the benchmark's work: every token is verified anew, with keys fetched at the start.

use std::collections::{BTreeMap, HashMap};
use std::env;
use std::error::Error;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use jsonwebtoken::jwk::{JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};
use tokio::net::TcpListener;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

struct Verifier {
    keys: HashMap<String, DecodingKey>, // by kid
    rules: Validation,
}

impl Verifier {
    fn fetch(issuer: &str, audience: &str) -> Outcome<Self> {
        let fetch = |url: &str| ureq::get(url).call();
        let metadata: Value = fetch(&format!("{issuer}/.well-known/openid-configuration"))?
            .body_mut()
            .read_json()?;
        let uri = metadata["jwks_uri"].as_str().ok_or("no jwks_uri")?;
        let set: JwkSet = fetch(uri)?.body_mut().read_json()?;
        let mut keys = HashMap::new();
        for jwk in set.keys {
            if jwk.common.public_key_use != Some(PublicKeyUse::Encryption)
                && let Some(kid) = &jwk.common.key_id
            {
                keys.insert(kid.clone(), DecodingKey::from_jwk(&jwk)?);
            }
        }

        let mut rules = Validation::new(Algorithm::RS256);
        rules.set_required_spec_claims(&["exp", "iss", "aud"]);
        rules.set_issuer(&[issuer]);
        rules.set_audience(&[audience]);
        rules.validate_nbf = true;
        rules.leeway = 30;
        Ok(Self { keys, rules })
    }

    /// Returns the claims of a good token.
    fn verify(&self, token: &str) -> Option<Value> {
        let kid = decode_header(token).ok()?.kid?;
        Some(
            decode(token, self.keys.get(&kid)?, &self.rules)
                .ok()?
                .claims,
        )
    }
}

/// The claims of the token that a request carries; without a good one it is refused.
struct Claims(Value);

impl FromRequestParts<Arc<Verifier>> for Claims {
    type Rejection = (StatusCode, [(HeaderName, &'static str); 1]);

    async fn from_request_parts(
        parts: &mut Parts,
        verifier: &Arc<Verifier>,
    ) -> Result<Self, Self::Rejection> {
        parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|header| header.to_str().ok()?.strip_prefix("Bearer "))
            .and_then(|token| verifier.verify(token))
            .map(Self)
            .ok_or((StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer")]))
    }
}

async fn health() -> impl IntoResponse {
    Json(json!({"status": "ok"}))
}

async fn secured(Claims(claims): Claims) -> impl IntoResponse {
    Json(BTreeMap::from([("claims", claims)])) // not json!, which would copy them
}

async fn reports(Claims(claims): Claims) -> impl IntoResponse {
    let admin = claims["realm_access"]["roles"]
        .as_array()
        .is_some_and(|roles| roles.iter().any(|role| role == "admin"));
    if admin {
        Ok(Json(json!({"generated_by": claims["sub"]})))
    } else {
        Err(StatusCode::FORBIDDEN)
    }
}

#[tokio::main]
async fn main() -> Outcome {
    let verifier = Arc::new(Verifier::fetch(
        &env::var("ISSUER")?,
        &env::var("AUDIENCE")?,
    )?);
    let app = Router::new()
        .route("/health", get(health))
        .route("/secured", get(secured))
        .route("/api/admin/reports", get(reports))
        .with_state(verifier);
    let listener = TcpListener::bind(env::var("ADDR")?).await?;
    // Without a delay for small answers, as Go and uvicorn do it on their own.
    let listener = listener.tap_io(|connection| _ = connection.set_nodelay(true));
    axum::serve(listener, app).await?;
    Ok(())
}
