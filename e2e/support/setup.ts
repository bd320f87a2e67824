import { setLifespan, token, userGrant } from './keycloak.ts';

/** Gets a token that will have expired, leeway included, by the time that the tests need one. */
export default async function setup(): Promise<void> {
  await setLifespan('keystead-cli', 1);
  process.env.KEYSTEAD_E2E_EXPIRED_TOKEN = await token(userGrant('alice'));
  await setLifespan('keystead-cli');
}
