import { expect, it, vi } from 'vitest';
import { callbackHash, FakeKeycloak, settings } from '../test/fakeKeycloak';
import { limitTokenRequests, personOf, subjectOf, tokenTimes } from './keycloak';

it('limits how long a token request may take, and no other', async () => {
  const fetch = vi.fn<typeof globalThis.fetch>(() => Promise.resolve(new Response()));
  vi.stubGlobal('fetch', fetch);
  limitTokenRequests(settings);
  await globalThis.fetch(`${settings.issuer}/protocol/openid-connect/token`, { method: 'POST' });
  await globalThis.fetch('/api/me', { method: 'GET' });
  expect(fetch.mock.calls[0]?.[1]?.method).toBe('POST');
  expect(fetch.mock.calls[0]?.[1]?.signal).toBeInstanceOf(AbortSignal);
  expect(fetch.mock.calls[1]?.[1]).toEqual({ method: 'GET' });
  vi.unstubAllGlobals();
});

it('moves the times of the tokens to this clock', async () => {
  const keycloak = new FakeKeycloak();
  window.history.replaceState(null, '', `/${callbackHash}`);
  await keycloak.init();
  keycloak.tokenParsed = { sub: 'a', iat: 1000, exp: 1300 };
  keycloak.refreshTokenParsed = { exp: 2800 };
  keycloak.timeSkew = 60; // this clock is a minute ahead of Keycloak's
  expect(personOf(keycloak).times).toEqual({ idleEndsAt: 2_860_000, token: { issuedAt: 1_060_000, expiresAt: 1_360_000 } });
});

it('reads a token that is gone as expired', () => {
  expect(tokenTimes(new FakeKeycloak()).expiresAt).toBe(0);
});

it.each([[59, undefined], [60, 60], [-61, -61]])('takes a clock that is off by %i s for off by %s', (timeSkew, skew) => {
  expect(personOf(Object.assign(new FakeKeycloak(), { timeSkew })).clockSkew).toBe(skew);
});

it('knows the person by the ID token where the access token does not say', () => {
  const lightweight = Object.assign(new FakeKeycloak(), { tokenParsed: { iat: 1, exp: 2 }, idTokenParsed: { sub: 'a11ce' } });
  expect(subjectOf(lightweight)).toBe('a11ce');
  expect(subjectOf(Object.assign(new FakeKeycloak(), { tokenParsed: { sub: 'b0b' }, idTokenParsed: { sub: 'a11ce' } }))).toBe('b0b');
});
