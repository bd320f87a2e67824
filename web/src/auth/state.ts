/** Where the sign-in stands. Exactly one of these at any time. */
export type AuthState =
  | { status: 'starting' }
  | { status: 'signedOut'; reason: 'ended' | 'keycloakAway' }
  | { status: 'signedIn'; times: SessionTimes }
  | { status: 'failed'; failure: Failure };

/** Why nobody could be signed in. */
export type Failure =
  | { kind: 'unreachable'; status?: number } // no answer, or a 5xx
  | { kind: 'realmMissing' }
  | { kind: 'refused'; error: string; description?: string } // Keycloak said no, in its own words
  | { kind: 'webOrigin' } // Keycloak answers, but not to this origin
  | { kind: 'loop' }
  | { kind: 'storageBlocked' }
  | { kind: 'unexpected'; message: string };

/** The times of the session in milliseconds, by this browser's clock (Keycloak's may differ). */
export interface SessionTimes {
  issuedAt: number;
  expiresAt: number;
  signedInAt?: number;
  idleEndsAt?: number;
}

/** Thrown when a call needs a token and there is none to be had. */
export class NoTokenError extends Error {
  override name = 'NoTokenError';
}
