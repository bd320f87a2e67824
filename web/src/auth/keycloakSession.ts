import type { Settings } from '../environment';
import { words } from '../texts/auth';
import { accountURL, home } from './address';
import { keepDeepLink } from './deepLink';
import { createKeycloak, limitTokenRequests, personOf, subjectOf, type KeycloakClient } from './keycloak';
import { remember } from './memory';
import { leaving, within } from './patience';
import { explain, probeRealm } from './realm';
import { revoked, type Proof, type Session } from './session';
import { Standing } from './standing';
import { NoTokenError } from './state';
import { joinTabs, type Tabs } from './tabs';
import { Tokens } from './tokens';
import { onWake } from './wake';
import { WayIn } from './wayIn';

const refreshEvery = 30_000;

/** The session of a page that signs in at the realm by itself. To be called once. */
export function openSession(settings: Settings): Session {
  limitTokenRequests(settings);
  return new KeycloakSession(settings, createKeycloak(settings));
}

/** A session whose tokens are in this page, where keycloak-js holds them. */
export class KeycloakSession implements Session {
  readonly settings: Settings;
  readonly #keycloak: KeycloakClient;
  readonly #tokens: Tokens;
  readonly #wayIn: WayIn;
  readonly #standing: Standing;

  constructor(settings: Settings, keycloak: KeycloakClient, tabs: Tabs = joinTabs(settings)) {
    this.settings = settings;
    this.#keycloak = keycloak;
    this.#tokens = new Tokens(keycloak, tabs);
    this.#wayIn = new WayIn(settings, keycloak);
    this.#standing = new Standing(tabs, {
      explain: (thrown) => explain(thrown, settings),
      attend: this.#keepFresh,
      ended: () => {
        this.#tokens.close();
        keycloak.clearToken();
      },
    });
  }

  readonly state = () => this.#standing.state();

  readonly subscribe = (listener: () => void) => this.#standing.subscribe(listener);

  /** Finishes the login that the page came back from, or does what the login mode says. */
  readonly start = (): Promise<void> => {
    this.#standing.listen();
    this.#keycloak.onAuthLogout = () => { this.#standing.end('ended'); };
    this.#keycloak.onAuthRefreshSuccess = this.#refreshed;
    return this.#standing.attempt(() => this.#wayIn.begin());
  };

  readonly retry = (): Promise<void> => this.#standing.attempt(() => this.#wayIn.leaveAgain());

  readonly signIn = (): Promise<void> => this.#standing.attempt(() => {
    this.#standing.set({ status: 'starting' });
    return this.#wayIn.leave('login');
  });

  /** Ends the Keycloak session. Tokens are forgotten here even when Keycloak is away, and so are drafts. */
  readonly signOut = async (): Promise<void> => {
    this.#tokens.close();
    this.#standing.leave(subjectOf(this.#keycloak));
    // By POST, or the ID token would stand in an address.
    const leave = () => within(leaving, this.#keycloak.logout({ redirectUri: home(), logoutMethod: 'POST' }));
    if ((await probeRealm(this.settings)) === undefined && await leave()) return;
    remember('keycloakAway');
    this.#standing.end('keycloakAway');
  };

  /** Callers at the same time share one refresh. */
  readonly freshToken = async (): Promise<string> => {
    await this.#tokens.refresh();
    const token = this.#token();
    if (this.#tokens.holds) return token;
    const state = this.state();
    if (state.status === 'signedIn') this.#standing.set({ ...state, stalled: true });
    throw new NoTokenError(words.tokenExpired(this.settings.keycloakURL));
  };

  readonly proof = async (): Promise<Proof> => ({ token: await this.freshToken() });

  readonly renewedProof = async ({ token }: Proof): Promise<Proof> => {
    await this.#tokens.refresh(token);
    return { token: this.#token() };
  };

  /** A token that was revoked and could not be renewed into a good one: somebody has ended this session, or all of the person's. */
  readonly heed = (code: string | undefined): void => {
    if (code !== revoked) return;
    this.#standing.end('ended');
    throw new NoTokenError(words.sessionEnded);
  };

  readonly changePassword = async (): Promise<void> => {
    if (await probeRealm(this.settings)) throw new Error(words.away(this.settings.keycloakURL));
    keepDeepLink();
    await this.#keycloak.login({ action: 'UPDATE_PASSWORD', redirectUri: home() });
  };

  readonly takeActionOutcome = () => this.#standing.takeActionOutcome();

  readonly accountURL = (): string => accountURL(this.settings);

  readonly #keepFresh = (): (() => void) => {
    const check = () => { this.freshToken().catch(() => undefined); };
    const timer = setInterval(check, refreshEvery);
    const sleepless = onWake(() => {
      this.#tokens.wake();
      check();
    });
    return () => {
      clearInterval(timer);
      sleepless();
    };
  };

  readonly #refreshed = (): void => {
    if (this.state().status === 'signedOut') this.#keycloak.clearToken(); // a refresh ended after the session did
    if (this.#tokens.current !== undefined) this.#standing.set(personOf(this.#keycloak));
  };

  #token(): string {
    const { current } = this.#tokens;
    if (current === undefined) throw new NoTokenError(words.sessionEnded);
    return current;
  }
}
