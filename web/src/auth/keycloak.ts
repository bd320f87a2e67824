import Keycloak from 'keycloak-js';
import type { Settings } from '../environment';
import { noticeable } from './clockSkew';
import type { SignedIn, TokenTimes } from './state';

/** What the session needs of keycloak-js; tests put a fake in its place. */
export type KeycloakClient = Pick<
  Keycloak,
  | 'init' | 'login' | 'logout' | 'updateToken' | 'clearToken'
  | 'didInitialize' | 'onAuthLogout' | 'onAuthRefreshSuccess'
  | 'token' | 'tokenParsed' | 'idTokenParsed' | 'refreshToken' | 'refreshTokenParsed' | 'timeSkew'
>;

/** keycloak-js for the realm and the public client of the settings. It holds the tokens, in memory only. */
export function createKeycloak({ keycloakURL, realm, clientID }: Settings): KeycloakClient {
  return new Keycloak({ url: keycloakURL, realm, clientId: clientID });
}

/** The realm's address as keycloak-js writes it; the issuer may be written otherwise. */
export function realmURL({ keycloakURL, realm }: Settings): string {
  return `${keycloakURL.replace(/\/+$/, '')}/realms/${encodeURIComponent(realm)}`;
}

const patience = 10_000;

/**
 * Gives up token requests that nobody answers. keycloak-js waits for ever, and queues every later refresh behind the one
 * that hangs; it takes no fetch of its own, so the page's is given a limit for that one address. To be called once.
 */
export function limitTokenRequests(settings: Settings): void {
  const endpoint = `${realmURL(settings)}/protocol/openid-connect/token`;
  const { fetch } = globalThis;
  globalThis.fetch = (input, init) => fetch(input, input === endpoint ? { ...init, signal: AbortSignal.timeout(patience) } : init);
}

/** The access token's times, moved to this browser's clock. */
export function tokenTimes({ tokenParsed, timeSkew }: KeycloakClient): TokenTimes {
  return { issuedAt: local(tokenParsed?.iat ?? 0, timeSkew), expiresAt: local(tokenParsed?.exp ?? 0, timeSkew) };
}

/** When the session ends unless it is used before, by this browser's clock. */
export function idleEnd({ refreshTokenParsed, timeSkew }: KeycloakClient): number | undefined {
  return refreshTokenParsed?.exp === undefined ? undefined : local(refreshTokenParsed.exp, timeSkew);
}

/** Who is signed in, as the tokens have it. */
export function personOf(keycloak: KeycloakClient): SignedIn {
  const { tokenParsed, timeSkew } = keycloak;
  const signedInAt = tokenParsed?.auth_time;
  const idleEndsAt = idleEnd(keycloak);
  const clockSkew = noticeable(timeSkew ?? 0);
  return {
    status: 'signedIn',
    subject: subjectOf(keycloak),
    times: {
      ...(signedInAt !== undefined && { signedInAt: local(signedInAt, timeSkew) }),
      ...(idleEndsAt !== undefined && { idleEndsAt }),
      token: tokenTimes(keycloak),
    },
    ...(clockSkew !== undefined && { clockSkew }),
  };
}

/** Whose tokens these are. A lightweight access token may not say; an ID token always does (OpenID Connect Core §2). */
export function subjectOf({ tokenParsed, idTokenParsed }: KeycloakClient): string {
  return tokenParsed?.sub ?? idTokenParsed?.sub ?? '';
}

/** A time of Keycloak's in milliseconds of this browser's clock. */
function local(seconds: number, timeSkew: number | null): number {
  return (seconds + (timeSkew ?? 0)) * 1000;
}
