/** Where the sign-in stands. Exactly one of these at any time. */
export type AuthState =
  | { status: 'starting' }
  | { status: 'signedOut'; reason: SignedOutReason }
  | SignedIn
  | { status: 'failed'; failure: Failure };

/** Somebody is signed in: `subject` is the realm's id of the person, which never changes. */
export interface SignedIn {
  status: 'signedIn';
  subject: string;
  times: SessionTimes;
  stalled?: boolean; // the token has expired, and Keycloak gave no other when one was asked for
  clockSkew?: number; // seconds that this clock is ahead of the realm's (behind: negative), where that is a minute or more
}

/** Why nobody is signed in. */
export type SignedOutReason =
  | 'never' // nobody has been, in this tab
  | 'here' // signed out in this tab a moment ago
  | 'ended' // the realm ended the session
  | 'elsewhere' // signed out in another tab
  | 'otherAccount' // somebody else signed in, in another tab
  | 'keycloakAway'; // signed out here, but Keycloak did not answer and may still hold the session

/** Why nobody could be signed in. */
export type Failure =
  | { kind: 'unreachable'; status?: number; garbled?: boolean } // no answer, a 5xx, or something that is no answer of Keycloak's
  | { kind: 'realmMissing' }
  | { kind: 'refused'; error: string; description?: string } // Keycloak said no, in its own words
  | { kind: 'webOrigin' } // Keycloak answers, but not to this origin
  | { kind: 'clientAuthentication' } // the client is a confidential one, and a page can keep no secret
  | { kind: 'standardFlow' } // the client may not sign people in by code
  | { kind: 'pkce'; description?: string } // the client wants another proof than S256
  | { kind: 'issuer'; answered: string } // the answer is from another issuer than ours
  | { kind: 'noAnswer' } // the browser left for the login, and came back without an answer
  | { kind: 'stopped' } // the browser was to leave for the realm, and is still here
  | { kind: 'loop' }
  | { kind: 'serverAway'; status?: number; retryIn?: number } // no answer of the app's own server, or none that it would give
  | { kind: 'databaseAway'; retryIn?: number } // the server is there, and its database is not
  | { kind: 'realmAway'; retryIn?: number } // the server is there, and does not reach the realm
  | { kind: 'noSession' } // the browser left for the server's login, and came back without a session
  | { kind: 'notSignedOut' } // the server did not answer, so it still has the session
  | { kind: 'storageBlocked' }
  | { kind: 'unexpected'; message: string };

/** The times of the session in milliseconds, by this browser's clock (that of Keycloak, or of the app's server, may differ). */
export interface SessionTimes {
  signedInAt?: number;
  idleEndsAt?: number; // unless it is used before
  token?: TokenTimes; // of the access token that is in this page
}

/** The times of an access token, likewise. */
export interface TokenTimes {
  issuedAt: number;
  expiresAt: number;
}

/** What became of something that the person was sent to the realm for, such as a new password. */
export interface ActionOutcome {
  action: string; // Keycloak's name for it: UPDATE_PASSWORD
  status: 'success' | 'cancelled' | 'error';
}

/** Thrown when a call needs somebody to be signed in, and nobody is, or no token is to be had. */
export class NoTokenError extends Error {
  override name = 'NoTokenError';
}
