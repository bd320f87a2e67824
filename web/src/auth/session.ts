import type { Settings } from '../environment';
import { forgetReturns, isCallback, keepDeepLink, restoreDeepLink, returnsInCircles } from './deepLink';
import { sessionTimes, type KeycloakClient } from './keycloak';
import { explain, probeRealm } from './realm';
import { NoTokenError, type AuthState } from './state';

const minValidity = 30; // seconds a token must still hold when a call leaves with it
const refreshEvery = 30_000;
const patience = 5_000; // how long a call waits for Keycloak while the token at hand is still good
const pause = 10_000; // after a failed refresh, before Keycloak is bothered again

/** The sign-in, from the first probe to the sign-out. It decides nothing about permissions: the API does. */
export class Session {
  #state: AuthState = { status: 'starting' };
  #listeners = new Set<() => void>();
  #refreshing: Promise<void> | undefined;
  #restUntil = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #over = false; // once set, nothing that keycloak-js still has under way brings the session back in this page

  readonly settings: Settings;
  readonly #keycloak: KeycloakClient;
  readonly #reload: () => void;

  constructor(settings: Settings, keycloak: KeycloakClient, reload = () => { window.location.reload(); }) {
    this.settings = settings;
    this.#keycloak = keycloak;
    this.#reload = reload;
  }

  /** The current state, for useSyncExternalStore. */
  readonly state = (): AuthState => this.#state;

  /** Calls back at every change of state, until the returned function is called. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Finishes the login that the page came back from, or leaves for one. To be called once, before the app renders. */
  readonly start = async (): Promise<void> => {
    try {
      await (isCallback(window.location.hash) ? this.#finishLogin() : this.#leaveForLogin());
    } catch (thrown) {
      this.#set({ status: 'failed', failure: await explain(thrown, this.settings) });
    }
  };

  /** Tries again after a failure. keycloak-js can be started once per page, so after that the page loads anew. */
  readonly retry = async (): Promise<void> => {
    if (this.#keycloak.didInitialize) this.#reload();
    else await this.start();
  };

  /** Signs in again at the address where the session ended. */
  readonly signIn = (): void => {
    this.#reload();
  };

  /** Ends the Keycloak session and comes back to the login. Tokens are forgotten here even when Keycloak is away. */
  readonly signOut = async (): Promise<void> => {
    this.#over = true;
    this.#set({ status: 'starting' }); // nothing of the person stays on a screen that the browser may keep for "Back"
    if (await probeRealm(this.settings)) this.#end('keycloakAway');
    else await this.#keycloak.logout({ redirectUri: home() });
  };

  /** A token that is good for the next call. Callers at the same time share one refresh. */
  readonly freshToken = async (): Promise<string> => {
    if (this.#secondsLeft() <= 0 || Date.now() >= this.#restUntil) {
      await (this.#refreshing ??= this.#refresh().finally(() => { this.#refreshing = undefined; }));
    }
    const { token } = this.#keycloak;
    if (token === undefined || this.#over) throw new NoTokenError('Your session has ended.');
    if (this.#secondsLeft() <= 0) throw new NoTokenError(`Keycloak did not answer at ${this.settings.keycloakURL}, and your access token has expired.`);
    return token;
  };

  async #leaveForLogin(): Promise<void> {
    keepDeepLink();
    const failure = await probeRealm(this.settings);
    if (failure) this.#set({ status: 'failed', failure });
    else await this.#init();
  }

  async #finishLogin(): Promise<void> {
    if (returnsInCircles()) {
      forgetReturns();
      restoreDeepLink();
      this.#set({ status: 'failed', failure: { kind: 'loop' } });
      return;
    }
    try {
      await this.#init();
    } finally {
      forgetReturns();
      restoreDeepLink();
    }
    this.#signedIn();
    this.#timer = setInterval(() => { this.freshToken().catch(() => undefined); }, refreshEvery);
  }

  async #init(): Promise<void> {
    await this.#keycloak.init({ onLoad: 'login-required', pkceMethod: 'S256', checkLoginIframe: false, redirectUri: home() });
    this.#keycloak.loginRequired = false; // else keycloak-js leaves for the login by itself, without the deep link
    this.#keycloak.onAuthLogout = () => { this.#end('ended'); };
    this.#keycloak.onAuthRefreshSuccess = this.#signedIn;
  }

  readonly #signedIn = (): void => {
    if (this.#state.status === 'signedOut') this.#keycloak.clearToken(); // a refresh ended after the session did
    if (!this.#over) this.#set({ status: 'signedIn', times: sessionTimes(this.#keycloak) });
  };

  #end(reason: 'ended' | 'keycloakAway'): void {
    if (this.#state.status === 'signedOut') return;
    this.#over = true;
    clearInterval(this.#timer);
    this.#set({ status: 'signedOut', reason });
    this.#keycloak.clearToken();
  }

  /** Never throws: what counts is the token that is left afterwards. keycloak-js clears it when Keycloak ended the session. */
  async #refresh(): Promise<void> {
    if (this.#keycloak.refreshToken === undefined) {
      if (this.#secondsLeft() <= 0) this.#keycloak.clearToken(); // a client without refresh tokens: its session ends here
      return;
    }
    try {
      await withPatience(this.#keycloak.updateToken(minValidity));
    } catch {
      this.#restUntil = Date.now() + pause;
    }
  }

  #secondsLeft(): number {
    return (sessionTimes(this.#keycloak).expiresAt - Date.now()) / 1000;
  }

  #set(state: AuthState): void {
    this.#state = state;
    this.#listeners.forEach((listener) => { listener(); });
  }
}

function home(): string {
  return `${window.location.origin}/`;
}

async function withPatience(work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => { timer = setTimeout(() => { reject(new Error('no answer in time')); }, patience); });
  await Promise.race([work, timeout]).finally(() => { clearTimeout(timer); });
}
