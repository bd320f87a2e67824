import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { settings } from '../test/fakeKeycloak';
import { discoveryURL, server, tokenURL } from '../test/server';
import { explain, probeRealm } from './realm';

describe('probeRealm', () => {
  it('tells a Keycloak that does not answer', async () => {
    server.use(http.get(discoveryURL, () => HttpResponse.error()));
    expect(await probeRealm(settings)).toEqual({ kind: 'unreachable' });
  });

  it('tells a Keycloak that is still starting', async () => {
    server.use(http.get(discoveryURL, () => new HttpResponse(null, { status: 503 })));
    expect(await probeRealm(settings)).toEqual({ kind: 'unreachable', status: 503 });
  });

  it('tells a realm that does not exist', async () => {
    server.use(http.get(discoveryURL, () => HttpResponse.json({ error: 'Realm does not exist' }, { status: 404 })));
    expect(await probeRealm(settings)).toEqual({ kind: 'realmMissing' });
  });

  it('tells a realm that does not exist from an answer that no page may read, as Keycloak gives it', async () => {
    server.use(http.get(discoveryURL, ({ request }) => (request.mode === 'no-cors' ? new HttpResponse(null, { status: 404 }) : HttpResponse.error())));
    expect(await probeRealm(settings)).toEqual({ kind: 'realmMissing' });
  });

  it('finds a realm, whether or not the address ends in a slash', async () => {
    expect(await probeRealm({ ...settings, keycloakURL: 'http://localhost:8080/' })).toBeUndefined();
  });
});

describe('explain', () => {
  function tokenEndpointSaid(status: number, body: object): Error {
    return Object.assign(new Error('Server responded with an invalid status.'), { response: Response.json(body, { status }) });
  }

  it.each([
    ['a refusal that the page may not read', () => HttpResponse.error()],
    ['a refusal of the origin', () => HttpResponse.json({ error: 'Invalid origin' }, { status: 403 })],
  ])('reads an unreadable answer of a living Keycloak as a missing web origin: the token endpoint gives %s', async (_, answer) => {
    server.use(http.post(tokenURL, answer));
    expect(await explain(new TypeError('Failed to fetch'), settings)).toEqual({ kind: 'webOrigin' });
  });

  it('reads an answer that broke off as a Keycloak that did not answer, where this page may read the token endpoint', async () => {
    let asked = '';
    server.use(http.post(tokenURL, async ({ request }) => {
      asked = await request.text();
      return HttpResponse.json({ error: 'invalid_grant', error_description: 'Code not valid' }, { status: 400 });
    }));
    expect(await explain(new TypeError('Failed to fetch'), settings)).toEqual({ kind: 'unreachable' });
    expect(Object.fromEntries(new URLSearchParams(asked))).toMatchObject({ grant_type: 'authorization_code', client_id: settings.clientID });
  });

  it('reads an unreadable answer of a dead Keycloak as that', async () => {
    server.use(http.get(discoveryURL, () => HttpResponse.error()));
    expect(await explain(new TypeError('Failed to fetch'), settings)).toEqual({ kind: 'unreachable' });
  });

  it.each([
    ['a refused origin', tokenEndpointSaid(403, { error: 'Invalid origin' }), { kind: 'webOrigin' }],
    ['a spent code', tokenEndpointSaid(400, { error: 'invalid_grant', error_description: 'Code not valid' }), { kind: 'refused', error: 'invalid_grant', description: 'Code not valid' }],
    ['a confidential client', tokenEndpointSaid(401, { error: 'unauthorized_client' }), { kind: 'clientAuthentication' }],
    ['a client without the standard flow', { error: 'unauthorized_client', error_description: 'Standard flow is disabled' }, { kind: 'standardFlow' }],
    ['another PKCE method', { error: 'invalid_request', error_description: 'Invalid parameter: code challenge method is not matching the configured one' },
      { kind: 'pkce', description: 'Invalid parameter: code challenge method is not matching the configured one' }],
    ['a verifier that does not fit', tokenEndpointSaid(400, { error: 'invalid_grant', error_description: 'PKCE verification failed: Code mismatch' }),
      { kind: 'pkce', description: 'PKCE verification failed: Code mismatch' }],
    ['an ailing Keycloak', tokenEndpointSaid(502, {}), { kind: 'unreachable', status: 502 }],
    ['an error in the address', { error: 'access_denied' }, { kind: 'refused', error: 'access_denied' }],
    ['a token endpoint that never answered', new DOMException('signal timed out', 'TimeoutError'), { kind: 'unreachable' }],
    ['a page of something between', new SyntaxError('Unexpected token < in JSON'), { kind: 'unreachable', garbled: true }],
    ['a browser without storage', new DOMException('denied', 'SecurityError'), { kind: 'storageBlocked' }],
    ['a wrong nonce', new Error('Invalid nonce.'), { kind: 'unexpected', message: 'Invalid nonce.' }],
  ])('tells %s', async (_, thrown, failure) => {
    expect(await explain(thrown, settings)).toEqual(failure);
  });
});
