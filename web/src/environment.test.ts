import { http, HttpResponse } from 'msw';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { cannotSignIn, canonicalURL, parseSettings, readSettings } from './environment';
import { settings } from './test/fakeKeycloak';
import { server } from './test/server';

const served = { issuer: settings.issuer, keycloak_url: settings.keycloakURL, realm: 'demo', client_id: 'demo', public_url: settings.publicURL, login_mode: 'login-required' };

function pageWith(content: string): Document {
  return new DOMParser().parseFromString(`<script type="application/json" id="keystead-settings">${content}</script>`, 'text/html');
}

describe('settings', () => {
  it.each([
    ['no object', null, 'settings is not an object'],
    ['a missing realm', { ...served, realm: undefined }, '"realm" is not a text'],
    ['an empty client', { ...served, client_id: '' }, '"client_id" is not a text'],
    ['a login mode that is none', { ...served, login_mode: 'sesame' }, '"login_mode" is none of login-required, check-sso, public, session'],
    ['an address that is none', { ...served, keycloak_url: 'localhost' }, '"keycloak_url" is not an absolute URL'],
  ])('refuse %s', (_, body, reason) => {
    expect(() => parseSettings(body)).toThrow(reason);
  });

  it('are read from the page', async () => {
    expect(await readSettings(pageWith(JSON.stringify(served)))).toEqual(settings);
  });

  it('are fetched where no server wrote them into the page', async () => {
    server.use(http.get('/config.json', () => HttpResponse.json(served)));
    expect(await readSettings(pageWith('{{.Settings}}'))).toEqual(settings);
  });

  it('say so when the server does not give them', async () => {
    server.use(http.get('/config.json', () => new HttpResponse(null, { status: 502 })));
    await expect(readSettings(pageWith('{{.Settings}}'))).rejects.toThrow('502');
  });
});

describe('a page over plain http', () => {
  afterEach(() => { vi.unstubAllGlobals(); });

  it.each([
    ['login-required', 'http://app.example.org', false, true],
    ['login-required', 'http://app.example.org', true, false],
    ['session', 'https://app.example.org', false, true],
    ['session', 'http://app.example.org', false, false],
  ] as const)('in mode %s, at %s, with a secure context %s: nobody can sign in is %s', (loginMode, publicURL, secure, cannot) => {
    vi.stubGlobal('isSecureContext', secure);
    expect(cannotSignIn({ ...settings, loginMode, publicURL })).toBe(cannot);
  });
});

describe('canonicalURL', () => {
  it.each([
    ['http://localhost:8000/try', 'http://localhost:8000', undefined],
    ['http://app.example.org/try', 'http://localhost:8000', undefined],
    ['http://127.0.0.1:8000/', 'https://app.example.org', undefined],
    ['http://127.0.0.1.example.org/', 'http://localhost:8000', undefined],
    ['http://localhost.example.org/', 'http://localhost:8000', undefined],
    ['http://127.0.0.1:8000/try?a=b#c', 'http://localhost:8000', 'http://localhost:8000/try?a=b#c'],
    ['http://[::1]:3000/', 'http://localhost:8000', 'http://localhost:3000/'],
    ['http://app.localhost:8000/', 'http://localhost:8000', 'http://localhost:8000/'],
    ['http://localhost:8000/', 'http://127.0.0.1:8000', 'http://127.0.0.1:8000/'],
  ])('%s with the public URL %s moves to %s', (here, publicURL, target) => {
    expect(canonicalURL(here, publicURL)).toBe(target);
  });
});
