import Keycloak from 'keycloak-js';
import type { Settings } from '../environment';
import type { SessionTimes } from './state';

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

/** Reads the session's times out of the tokens and moves them to this browser's clock. */
export function sessionTimes({ tokenParsed, refreshTokenParsed, timeSkew }: KeycloakClient): SessionTimes {
  const local = (seconds: number) => (seconds + (timeSkew ?? 0)) * 1000;
  const signedInAt = tokenParsed?.auth_time;
  const idleEndsAt = refreshTokenParsed?.exp;
  return {
    issuedAt: local(tokenParsed?.iat ?? 0),
    expiresAt: local(tokenParsed?.exp ?? 0),
    ...(signedInAt !== undefined && { signedInAt: local(signedInAt) }),
    ...(idleEndsAt !== undefined && { idleEndsAt: local(idleEndsAt) }),
  };
}

/** Whose tokens these are. A lightweight access token may not say; an ID token always does (OpenID Connect Core §2). */
export function subjectOf({ tokenParsed, idTokenParsed }: KeycloakClient): string {
  return tokenParsed?.sub ?? idTokenParsed?.sub ?? '';
}

const tolerated = 60;

/** How many seconds this clock is ahead of Keycloak's, where that is so far that times look wrong. */
export function clockSkew({ timeSkew }: KeycloakClient): number | undefined {
  return timeSkew !== null && Math.abs(timeSkew) >= tolerated ? timeSkew : undefined;
}

/** Where the realm sends browsers back to: always the same address, so that the client lists it exactly. */
export function home(): string {
  return `${window.location.origin}/`;
}
