import { expect, it } from 'vitest';
import { FakeKeycloak } from '../test/fakeKeycloak';
import { sessionTimes } from './keycloak';

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
