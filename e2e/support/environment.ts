/** Where the parts of a run are. scripts/test.sh chooses free ports and sets the variables. */

/** The app under test, as browsers reach it. */
export const app = need('KEYSTEAD_APP_URL');
/** The same app under a name that is not loopback, over plain http; the browser is told where that is. */
export const insecureApp = app.replace('localhost', 'keystead.example');
/** Where a second app may be started. */
export const lateApp = need('KEYSTEAD_E2E_LATE_APP_URL');
/** The Vite server of `npm run dev`, in front of the same app. */
export const vite = need('KEYSTEAD_VITE_URL');
/** The realm, on a real Keycloak. */
export const issuer = need('KEYSTEAD_ISSUER');
/** The process to stop when Keycloak is to go away. */
export const keycloakPID = Number(need('KEYSTEAD_E2E_KEYCLOAK_PID'));
/** An origin that the app lists for CORS, and one that it does not. */
export const listedOrigin = need('KEYSTEAD_E2E_LISTED_ORIGIN');
export const unlistedOrigin = need('KEYSTEAD_E2E_UNLISTED_ORIGIN');

/** The app's binary. */
export const binary = new URL('../../bin/keystead', import.meta.url).pathname;

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
  };
}

function need(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the journeys with "make test" or scripts/test.sh`);
  return value;
}
