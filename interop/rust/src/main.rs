//! The crate openidconnect against a realm: cargo run ISSUER. Prints each step that went well, and ends with 1 at the first that did not.

mod browser;

use std::error::Error;
use std::process::ExitCode;
use std::str::FromStr;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClient,
    CoreClientAuthMethod, CoreErrorResponseType, CoreGrantType, CoreIdToken, CoreIdTokenClaims,
    CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
    CoreRequestTokenError, CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
    CoreTokenResponse, CoreUserInfoClaims,
};
use openidconnect::url::Url;
use openidconnect::{
    AccessTokenHash, AdditionalProviderMetadata, AuthType, AuthorizationCode,
    ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, EndSessionUrl, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IntrospectionUrl, IssuerUrl, LogoutRequest, Nonce, NonceVerifier,
    OAuth2TokenResponse, PkceCodeChallenge, PostLogoutRedirectUrl, ProviderMetadata, RedirectUrl,
    Scope, TokenIntrospectionResponse, TokenResponse,
};
use serde::{Deserialize, Serialize};

use browser::{Browser, send};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const CALLBACK: &str = "http://127.0.0.1:9/callback"; // nobody listens there: the address itself is what counts
const SECRET: &str = "interop-web-secret";

/// What the library leaves to the app of a realm's discovery document.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Further {
    end_session_endpoint: EndSessionUrl,
    introspection_endpoint: IntrospectionUrl,
}
impl AdditionalProviderMetadata for Further {}

type Metadata = ProviderMetadata<
    Further,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;
type App = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

fn main() -> ExitCode {
    let Some(issuer) = std::env::args().nth(1) else {
        eprintln!("Say which realm: its issuer.");
        return ExitCode::FAILURE;
    };
    let Err(error) = run(issuer) else {
        return ExitCode::SUCCESS;
    };
    let mut cause = Some(error.as_ref() as &dyn Error);
    while let Some(error) = cause {
        eprintln!("{error}"); // not as {error:?}, which may hold an answer with tokens
        cause = error.source();
    }
    ExitCode::FAILURE
}

/// Tries everything, on a public and on a confidential client.
fn run(issuer: String) -> Outcome {
    let metadata = Metadata::discover(&IssuerUrl::new(issuer)?, &send)?;
    passed("discovery");
    passed("revoke -"); // the library wants https for that

    visit(
        &metadata,
        "native",
        None,
        "ida",
        "1da00000-0000-4000-8000-000000000031",
    )?;
    visit(
        &metadata,
        "web",
        Some(SECRET),
        "otto",
        "0770a000-0000-4000-8000-000000000032",
    )?;

    for method in [AuthType::BasicAuth, AuthType::RequestBody] {
        let web = app(&metadata, "web", Some(SECRET))?.set_auth_type(method.clone());
        let tokens = web.exchange_client_credentials()?.request(&send)?;
        let active = web.introspect(tokens.access_token()).request(&send)?;
        equal(
            "the name of the service",
            &active.username(),
            &Some("service-account-web"),
        )?;

        let wrong = app(&metadata, "web", Some("wrong"))?.set_auth_type(method);
        match wrong.exchange_client_credentials()?.request(&send) {
            Err(CoreRequestTokenError::ServerResponse(refusal)) => equal(
                "a wrong secret",
                refusal.error(),
                &CoreErrorResponseType::UnauthorizedClient,
            )?,
            other => return Err(format!("a wrong secret: {}", outcome(other)).into()),
        }
    }
    passed("service");

    match sign_in(
        &app(&metadata, "native", None)?,
        &mut Browser::default(),
        "ida",
        "wrong",
    ) {
        Err(error) if error.to_string().contains("answered 200") => {}
        other => return Err(format!("a wrong password: {}", outcome(other)).into()),
    }
    passed("refusals");
    Ok(())
}

fn passed(step: &str) {
    println!("{step}");
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, got: &T, want: &T) -> Outcome {
    if got == want {
        Ok(())
    } else {
        Err(format!("{what}: got {got:?}, want {want:?}").into())
    }
}

/// Says how something ended that was to end otherwise.
fn outcome<T, E: std::fmt::Display>(result: Result<T, E>) -> String {
    result.map_or_else(|error| error.to_string(), |_| "got through".to_owned())
}

fn app(metadata: &Metadata, client: &str, secret: Option<&str>) -> Outcome<App> {
    let secret = secret.map(|secret| ClientSecret::new(secret.to_owned()));
    Ok(CoreClient::from_provider_metadata(
        metadata.clone(),
        ClientId::new(client.to_owned()),
        secret,
    )
    .set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned())?)
    .set_introspection_url(
        metadata
            .additional_metadata()
            .introspection_endpoint
            .clone(),
    ))
}

/// Signs a person in, and returns the tokens and the nonce that the ID token is to have.
fn sign_in(
    app: &App,
    browser: &mut Browser,
    username: &str,
    password: &str,
) -> Outcome<(CoreTokenResponse, Nonce)> {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = app
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scopes(["profile", "email"].map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    let back = Url::parse(&browser.sign_in(url.as_str(), username, password)?)?;
    let parameter = |name| {
        back.query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    equal("state", &parameter("state"), state.secret())?;
    let tokens = app
        .exchange_code(AuthorizationCode::new(parameter("code")))?
        .set_pkce_verifier(verifier)
        .request(&send)?;
    Ok((tokens, nonce))
}

/// A session of a person at an app, from the login to the logout.
fn visit(
    metadata: &Metadata,
    client: &str,
    secret: Option<&str>,
    username: &str,
    subject: &str,
) -> Outcome {
    let app = app(metadata, client, secret)?;
    let mut browser = Browser::default();
    let (tokens, nonce) = sign_in(&app, &mut browser, username, username)?;
    passed("login");
    let claims = verify(&app, &tokens, &nonce)?;
    equal("sub", &claims.subject().as_str(), &subject)?;

    let person: CoreUserInfoClaims = app
        .user_info(
            tokens.access_token().clone(),
            Some(claims.subject().clone()),
        )?
        .request(&send)?;
    equal(
        "email",
        &person.email().map(|email| email.to_string()),
        &Some(format!("{username}@example.com")),
    )?;
    passed("userinfo");

    let refresh = |tokens: &CoreTokenResponse| -> Outcome<_> {
        let token = tokens
            .refresh_token()
            .ok_or("there is no refresh token")?
            .clone();
        Ok(app.exchange_refresh_token(&token)?.request(&send))
    };
    let fresh = refresh(&tokens)??;
    verify(&app, &fresh, |_: Option<&Nonce>| Ok(()))?; // it has none (OpenID Connect Core §12.2)
    passed("refresh");

    // A token with the claims of one and the signature of the other.
    let (one, other) = (
        id_token(&tokens)?.to_string(),
        id_token(&fresh)?.to_string(),
    );
    let mixed = one
        .rsplit_once('.')
        .zip(other.rsplit_once('.'))
        .map(|((claims, _), (_, signature))| format!("{claims}.{signature}"));
    let mixed = CoreIdToken::from_str(&mixed.ok_or("an ID token has no dots")?)?;
    match mixed.claims(&app.id_token_verifier(), &nonce) {
        Err(ClaimsVerificationError::SignatureVerification(_)) => passed("verify"),
        other => return Err(format!("a tampered ID token: {}", outcome(other)).into()),
    }

    if secret.is_some() {
        let active = app.introspect(fresh.access_token()).request(&send)?;
        equal(
            "introspection",
            &(active.active(), active.sub()),
            &(true, Some(subject)),
        )?;
        passed("introspect");
    }

    let state = CsrfToken::new_random();
    let end = LogoutRequest::from(metadata.additional_metadata().end_session_endpoint.clone())
        .set_id_token_hint(id_token(&fresh)?)
        .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(CALLBACK.to_owned())?)
        .set_state(state.clone());
    let back = browser.open(end.http_get_url().as_str())?;
    equal(
        "where the logout leads",
        &back,
        &format!("{CALLBACK}?state={}", state.secret()),
    )?;
    match refresh(&fresh)? {
        Err(CoreRequestTokenError::ServerResponse(refusal)) => equal(
            "a refresh after the logout",
            refusal.error(),
            &CoreErrorResponseType::InvalidGrant,
        )?,
        other => return Err(format!("a refresh after the logout: {}", outcome(other)).into()),
    }
    passed("logout");
    Ok(())
}

fn id_token(tokens: &CoreTokenResponse) -> Outcome<&CoreIdToken> {
    Ok(tokens.id_token().ok_or("there is no ID token")?)
}

/// Verifies the ID token, and that it belongs to the access token.
fn verify<N: NonceVerifier>(
    app: &App,
    tokens: &CoreTokenResponse,
    nonce: N,
) -> Outcome<CoreIdTokenClaims> {
    let verifier = app.id_token_verifier();
    let token = id_token(tokens)?;
    let claims = token.claims(&verifier, nonce)?;
    let hash = AccessTokenHash::from_token(
        tokens.access_token(),
        token.signing_alg()?,
        token.signing_key(&verifier)?,
    )?;
    equal("at_hash", &claims.access_token_hash(), &Some(&hash))?;
    Ok(claims.clone())
}
