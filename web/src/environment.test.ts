import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { canonicalURL, parseSettings, readSettings } from './environment';
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
    ['a login mode that is none', { ...served, login_mode: 'session' }, '"login_mode" is none of login-required, check-sso, public'],
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
