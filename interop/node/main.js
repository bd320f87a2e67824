// openid-client against a realm: node main.js ISSUER. Prints each step that went well, and ends with 1 at the first that did not.
import assert from 'node:assert/strict';

import * as oidc from 'openid-client';

import { Browser } from './browser.js';

const issuer = new URL(process.argv[2]);
const callback = 'http://127.0.0.1:9/callback'; // nobody listens there: the address itself is what counts
const secret = 'interop-web-secret';
const passed = (step) => console.log(step);

process.on('uncaughtException', ({ stack, error, error_description, cause }) => {
  // Not the whole error, which may hold an answer with tokens.
  console.error([stack, error, error_description, cause?.message].filter(Boolean).join('\n'));
  process.exit(1);
});

/** Learns the realm's addresses. It is on plain http, and ID tokens are to be verified by their signatures even though they came straight from the realm. */
const discover = (client, authentication, fetch = globalThis.fetch) =>
  oidc.discovery(issuer, client, undefined, authentication, {
    execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks],
    [oidc.customFetch]: fetch,
  });

/** Signs a person in, and returns the tokens, whose ID token the library has verified. */
async function signIn(config, browser, username, password = username) {
  const checks = { pkceCodeVerifier: oidc.randomPKCECodeVerifier(), expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce(), idTokenExpected: true };
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope: 'openid profile email',
    code_challenge: await oidc.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
  });
  return oidc.authorizationCodeGrant(config, await browser.signIn(url, username, password), checks);
}

/** A session of a person at an app, from the login to the logout. */
async function session(config, username, subject, introspect) {
  const browser = new Browser();
  const tokens = await signIn(config, browser, username);
  passed('login');
  const { sub, aud, at_hash } = tokens.claims();
  assert.deepEqual({ sub, aud }, { sub: subject, aud: config.clientMetadata().client_id });
  assert.ok(at_hash, 'the ID token is bound to the access token');
  passed('verify');

  const person = await oidc.fetchUserInfo(config, tokens.access_token, subject);
  assert.equal(person.email, `${username}@example.com`);
  passed('userinfo');

  const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token);
  assert.notEqual(fresh.access_token, tokens.access_token);
  assert.equal(fresh.claims().sub, subject);
  passed('refresh');

  if (introspect) {
    const { active, sub } = await oidc.tokenIntrospection(config, fresh.access_token);
    assert.deepEqual({ active, sub }, { active: true, sub: subject });
    passed('introspect');
  }
  await oidc.tokenRevocation(config, fresh.access_token);
  await assert.rejects(oidc.fetchUserInfo(config, fresh.access_token, subject), { status: 401 });
  if (introspect) assert.equal((await oidc.tokenIntrospection(config, fresh.access_token)).active, false);
  passed('revoke');

  const state = oidc.randomState();
  const end = oidc.buildEndSessionUrl(config, { id_token_hint: fresh.id_token, post_logout_redirect_uri: callback, state });
  assert.equal(String(await browser.open(end)), `${callback}?state=${state}`);
  await assert.rejects(oidc.refreshTokenGrant(config, fresh.refresh_token), { error: 'invalid_grant' });
  passed('logout');
}

/** The realm's answers with another subject in the ID token. */
async function tampering(url, init) {
  const res = await fetch(url, init);
  const body = await res.json();
  if (body.id_token) {
    const [header, payload, signature] = body.id_token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url'));
    body.id_token = [header, Buffer.from(JSON.stringify({ ...claims, sub: 'somebody else' })).toString('base64url'), signature].join('.');
  }
  return Response.json(body, res);
}

const native = await discover('native', oidc.None());
const basic = await discover('web', oidc.ClientSecretBasic(secret));
const post = await discover('web', oidc.ClientSecretPost(secret));
passed('discovery');

await session(native, 'ida', '1da00000-0000-4000-8000-000000000031', false); // a public client may not introspect
await session(basic, 'otto', '0770a000-0000-4000-8000-000000000032', true);

for (const config of [basic, post]) {
  const { access_token } = await oidc.clientCredentialsGrant(config);
  const { active, username } = await oidc.tokenIntrospection(config, access_token);
  assert.deepEqual({ active, username }, { active: true, username: 'service-account-web' });
}
passed('service');

await assert.rejects(signIn(native, new Browser(), 'ida', 'wrong'), /answered 200 and leads nowhere/);
for (const method of [oidc.ClientSecretBasic, oidc.ClientSecretPost]) {
  await assert.rejects(oidc.clientCredentialsGrant(await discover('web', method('wrong'))), { error: 'unauthorized_client', status: 401 });
}
await assert.rejects(signIn(await discover('native', oidc.None(), tampering), new Browser(), 'ida'), ({ cause }) => /signature verification failed/.test(cause.message));
passed('refusals');
