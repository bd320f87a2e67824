import type { Settings } from '../environment';
import type { ActionOutcome, AuthState } from './state';

/**
 * The sign-in, from the first question to the sign-out, as the app needs it. It decides nothing about permissions: the API
 * does. There are two: KeycloakSession holds the tokens in this page; in mode `session` the app's server holds them, and
 * ServerSession asks that.
 */
export interface Session {
  readonly settings: Settings;

  /** The current state, for useSyncExternalStore. */
  readonly state: () => AuthState;

  /** Calls back at every change of state, until the returned function is called. */
  readonly subscribe: (listener: () => void) => () => void;

  /** Finds out who is signed in, or does what the login mode says. To be called once, before the app renders. */
  readonly start: () => Promise<void>;

  /** Tries again after a failure, in the way that failed. What is known to be the matter stays on the screen until it is mended. */
  readonly retry: () => Promise<void>;

  /** Leaves for the login and comes back to this address. */
  readonly signIn: () => Promise<void>;

  /** Ends the session, here and at the realm. */
  readonly signOut: () => Promise<void>;

  /** Leaves for the realm's page for a new password, and comes back to this address. Throws where nobody would answer. */
  readonly changePassword: () => Promise<void>;

  /** What became of a visit to the realm that was no sign-in. It is told once. */
  readonly takeActionOutcome: () => ActionOutcome | undefined;

  /** The address of the realm's own page about the account, with a way back. */
  readonly accountURL: () => string;

  /** What the next call of the API shows. Throws NoTokenError when there is nothing to show. */
  readonly proof: () => Promise<Proof>;

  /**
   * A proof in place of one that the API refused with 401. It is the refused one again where no other is to be had: then the
   * API's reason is what the person should read. Throws NoTokenError when the session turns out to be over.
   */
  readonly renewedProof: (refused: Proof) => Promise<Proof>;

  /**
   * Takes note of a 401 that stands although the proof was renewed, by the code of its problem. Throws NoTokenError when it means
   * that the session is over, which it then is here, too: else every page would go on showing a refusal that no retry mends.
   */
  readonly heed: (code: string | undefined) => void;

  /** A token that is good for the next call, to be shown to its owner. Only where tokens are in this page. */
  readonly freshToken?: () => Promise<string>;
}

/** What a call of the API carries to show who makes it: an access token, or nothing beside the cookie that the browser adds by itself. */
export interface Proof {
  token?: string;
}

/** The code of a 401 for a token whose session was signed out, or ended by hand, before the token ran out. */
export const revoked = 'token_revoked';
