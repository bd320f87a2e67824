import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the parts of a run are. scripts/test.sh chooses free ports and sets the variables. */

/** The app under test, as browsers reach it. */
export const app = need('KEYSTEAD_APP_URL');
/** The same app under a name that is not loopback, over plain http; the browser is told where that is. */
export const insecureApp = app.replace('localhost', 'keystead.example');
/** Where a second app may be started. */
export const lateApp = need('KEYSTEAD_E2E_LATE_APP_URL');
/** The Vite server of `npm run dev`, in front of the same app. */
export const vite = need('KEYSTEAD_VITE_URL');

/** Which server the run's realms are on: a real Keycloak, or the development realm of our own binary. */
export const server = oneOf('KEYSTEAD_E2E_SERVER', ['keycloak', 'development']);
/** The app's realm. */
export const issuer = need('KEYSTEAD_ISSUER');
/** The server's address, above its realms. */
export const serverURL = issuer.slice(0, issuer.indexOf('/realms/'));
/** The realm of journeys-realm.json, for apps that are not ours. */
export const journeysRealm = `${serverURL}/realms/journeys`;
/** The realm of interop-realm.json, for client libraries of the field. */
export const interopRealm = `${serverURL}/realms/interop`;
/** The process to stop when the server is to go away. */
export const serverPID = Number(need('KEYSTEAD_E2E_SERVER_PID'));
/** Where the first and the second app of the realm `journeys` are to be served. */
export const firstApp = need('KEYSTEAD_E2E_FIRST_APP');
export const secondApp = need('KEYSTEAD_E2E_SECOND_APP');

/** Where the app is served once more for each case of signin.spec.ts, and the same under the other loopback name: for the browser another site than the realm's. */
export const signInApp = need('KEYSTEAD_E2E_SIGN_IN_APP');
export const signInElsewhere = signInApp.replace('localhost', '127.0.0.1');

/** Where session.spec.ts serves the app once more, in mode `session`. */
export const sessionApp = need('KEYSTEAD_E2E_SESSION_APP');

/** An origin that the app lists for CORS, and one that nobody lists. */
export const listedOrigin = need('KEYSTEAD_E2E_LISTED_ORIGIN');
export const unlistedOrigin = need('KEYSTEAD_E2E_UNLISTED_ORIGIN');

/** The app's binary. */
export const binary = new URL('../../bin/keystead', import.meta.url).pathname;

/** Where the run's apps keep their notes. */
const databases = process.env.KEYSTEAD_E2E_DATABASES ?? makeDatabases();

/** The settings of an app on this run's realm that answers at `url`. */
export function settings(url: string): Record<string, string> {
  return {
    KEYSTEAD_ADDR: new URL(url).host,
    KEYSTEAD_PUBLIC_URL: url,
    KEYSTEAD_ISSUER: issuer,
    KEYSTEAD_CLIENT_ID: 'demo',
    KEYSTEAD_AUDIENCE: 'keystead-api',
    KEYSTEAD_CORS_ORIGINS: listedOrigin,
    KEYSTEAD_LOG_FORMAT: 'json',
    KEYSTEAD_DATABASE_URL: `sqlite:${join(databases, new URL(url).port)}.db`,
  };
}

/** The settings with which an app signs people in at its own server, as a confidential client of the demo realm or of `journeys`. */
export function sessionLogin(client: string, secret: string): Record<string, string> {
  return {
    KEYSTEAD_SESSION_CLIENT_ID: client,
    KEYSTEAD_SESSION_CLIENT_SECRET: secret,
    KEYSTEAD_SESSION_SECRET: 'long enough and known to everybody who reads this',
  };
}

/** Makes a folder for the whole run: the processes to come inherit its name, and this first one removes it in the end. */
function makeDatabases(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keystead-e2e-'));
  process.env.KEYSTEAD_E2E_DATABASES = folder;
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Returns an environment variable. Throws when it is not set. */
export function need(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the journeys with "make test" or scripts/test.sh`);
  return value;
}

function oneOf<T extends string>(name: string, values: [T, ...T[]]): T {
  const given = process.env[name] ?? values[0];
  const value = values.find((known) => known === given);
  if (!value) throw new Error(`${name} is ${given}, and may be ${values.join(' or ')}`);
  return value;
}
