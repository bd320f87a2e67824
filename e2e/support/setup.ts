import { first, second } from './apps.ts';
import { setLifespan } from './server.ts';
import { token, userGrant } from './tokens.ts';

/**
 * Serves the apps on keycloak-js for the whole run, and gets a token that will have expired, leeway included, by the time
 * that the tests need one.
 */
export default async function setup(): Promise<() => void> {
  await Promise.all([first.listen(), second.listen()]);
  await setLifespan('keystead-cli', 1);
  process.env.KEYSTEAD_E2E_EXPIRED_TOKEN = await token(userGrant('alice'));
  await setLifespan('keystead-cli');
  return () => [first, second].forEach((app) => app.close());
}
