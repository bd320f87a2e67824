import { expect, it, vi } from 'vitest';
import { FakeKeycloak, settings } from '../test/fakeKeycloak';
import { limitTokenRequests, sessionTimes } from './keycloak';

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
  await keycloak.init();
  keycloak.tokenParsed = { iat: 1000, exp: 1300 };
  keycloak.refreshTokenParsed = { exp: 2800 };
  keycloak.timeSkew = 60; // this clock is a minute ahead of Keycloak's
  expect(sessionTimes(keycloak)).toEqual({ issuedAt: 1_060_000, expiresAt: 1_360_000, idleEndsAt: 2_860_000 });
});

it('reads a token that is gone as expired', () => {
  expect(sessionTimes(new FakeKeycloak()).expiresAt).toBe(0);
});
