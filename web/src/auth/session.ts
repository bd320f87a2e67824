import type { Settings } from '../environment';
import { words } from '../texts/auth';
import { keepDeepLink } from './deepLink';
import { dropDrafts, dropDraftsOf } from './draftStore';
import { clockSkew, home, sessionTimes, subjectOf, type KeycloakClient } from './keycloak';
import { remember } from './memory';
import { within } from './patience';
import { explain, probeRealm } from './realm';
import { NoTokenError, type ActionOutcome, type AuthState, type SignedOutReason } from './state';
import { joinTabs, type TabMessage, type Tabs } from './tabs';
import { Tokens } from './tokens';
import { onWake } from './wake';
import { patience, WayIn, type Step } from './wayIn';

const refreshEvery = 30_000;

/** The sign-in, from the first probe to the sign-out. It decides nothing about permissions: the API does. */
export class Session {
  #state: AuthState = { status: 'starting' };
  #listeners = new Set<() => void>();
  #attempting: Promise<void> | undefined;
  #outcome: ActionOutcome | undefined;
  #rest: (() => void)[] = []; // ends what runs while somebody is signed in
  #gone: string | undefined; // who signed out in another tab since this page began

  readonly settings: Settings;
  readonly #keycloak: KeycloakClient;
  readonly #tabs: Tabs;
  readonly #tokens: Tokens;
  readonly #wayIn: WayIn;

  constructor(settings: Settings, keycloak: KeycloakClient, tabs: Tabs = joinTabs(settings)) {
    this.settings = settings;
    this.#keycloak = keycloak;
    this.#tabs = tabs;
    this.#tokens = new Tokens(keycloak, tabs);
    this.#wayIn = new WayIn(settings, keycloak);
  }

  /** The current state, for useSyncExternalStore. */
  readonly state = (): AuthState => this.#state;

  /** Calls back at every change of state, until the returned function is called. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Finishes the login that the page came back from, or does what the login mode says. To be called once, before the app renders. */
  readonly start = (): Promise<void> => {
    this.#tabs.listen(this.#hear);
    this.#keycloak.onAuthLogout = () => { this.#end('ended'); };
    this.#keycloak.onAuthRefreshSuccess = this.#refreshed;
    return this.#attempt(() => this.#wayIn.begin());
  };

  /** Tries again after a failure, in the way that failed. What is known to be the matter stays on the screen until it is mended. */
  readonly retry = (): Promise<void> => this.#attempt(() => this.#wayIn.leaveAgain());

  /** Leaves for the login and comes back to this address. */
  readonly signIn = (): Promise<void> => this.#attempt(() => {
    this.#set({ status: 'starting' });
    return this.#wayIn.leave('login');
  });

  /** Ends the Keycloak session. Tokens are forgotten here even when Keycloak is away, and so are drafts. */
  readonly signOut = async (): Promise<void> => {
    const subject = subjectOf(this.#keycloak);
    this.#close();
    this.#set({ status: 'starting' }); // nothing of the person stays on a screen that the browser may keep for "Back"
    dropDrafts();
    remember('signedOut');
    this.#tabs.tell({ kind: 'signedOut', subject });
    // By POST, or the ID token would stand in an address.
    const leave = () => within(patience, this.#keycloak.logout({ redirectUri: home(), logoutMethod: 'POST' }));
    if ((await probeRealm(this.settings)) === undefined && await leave()) return;
    remember('keycloakAway');
    this.#end('keycloakAway');
  };

  /** A token that is good for the next call. Callers at the same time share one refresh. */
  readonly freshToken = async (): Promise<string> => {
    await this.#tokens.refresh();
    const token = this.#token();
    if (this.#tokens.holds) return token;
    if (this.#state.status === 'signedIn') this.#set({ ...this.#state, stalled: true });
    throw new NoTokenError(words.tokenExpired(this.settings.keycloakURL));
  };

  /**
   * A token in place of one that the API refused. It is the refused one again when Keycloak gives no other: then the API's
   * reason is what the person should read.
   */
  readonly renewedToken = async (refused: string): Promise<string> => {
    await this.#tokens.refresh(refused);
    return this.#token();
  };

  /** Leaves for the realm's page for a new password, and comes back to this address. Throws when Keycloak does not answer. */
  readonly changePassword = async (): Promise<void> => {
    if (await probeRealm(this.settings)) throw new Error(words.away(this.settings.keycloakURL));
    keepDeepLink();
    await this.#keycloak.login({ action: 'UPDATE_PASSWORD', redirectUri: home() });
  };

  /** What became of a visit to the realm that was no sign-in. It is told once. */
  readonly takeActionOutcome = (): ActionOutcome | undefined => {
    const outcome = this.#outcome;
    this.#outcome = undefined;
    return outcome;
  };

  /** The address of the realm's own page about the account, with a way back. */
  readonly accountURL = (): string => {
    const back = new URLSearchParams({ referrer: this.settings.clientID, referrer_uri: home() });
    return `${this.settings.issuer}/account/?${back.toString()}`;
  };

  /** One attempt at a time: the countdown and an impatient click may both want one. */
  async #attempt(work: () => Promise<Step>): Promise<void> {
    this.#attempting ??= work()
      .catch(async (thrown: unknown): Promise<Step> => ({ to: 'failure', failure: await explain(thrown, this.settings) }))
      .then(this.#show)
      .finally(() => { this.#attempting = undefined; });
    await this.#attempting;
  }

  readonly #show = (step: Step): void => {
    switch (step.to) {
      case 'leaving': this.#set({ status: 'starting' }); break;
      case 'nobody': this.#set({ status: 'signedOut', reason: step.reason }); break;
      case 'failure': this.#set({ status: 'failed', failure: step.failure }); break;
      case 'signedIn': this.#enter(step.outcome);
    }
  };

  #enter(outcome: ActionOutcome | undefined): void {
    this.#outcome = outcome;
    const subject = subjectOf(this.#keycloak);
    dropDrafts(subject);
    const check = () => { this.freshToken().catch(() => undefined); };
    const timer = setInterval(check, refreshEvery);
    const sleepless = onWake(() => {
      this.#tokens.wake();
      check();
    });
    this.#rest = [() => { clearInterval(timer); }, sleepless];
    this.#refreshed();
    if (this.#gone === subject) this.#signedOutElsewhere(); // while this tab was still on its way in
    else this.#tabs.tell({ kind: 'signedIn', subject });
  }

  readonly #refreshed = (): void => {
    if (this.#state.status === 'signedOut') this.#keycloak.clearToken(); // a refresh ended after the session did
    if (this.#tokens.current === undefined) return;
    const skew = clockSkew(this.#keycloak);
    this.#set({
      status: 'signedIn', subject: subjectOf(this.#keycloak), times: sessionTimes(this.#keycloak), ...(skew !== undefined && { clockSkew: skew }),
    });
  };

  readonly #hear = ({ kind, subject }: TabMessage): void => {
    if (kind === 'signedOut') {
      dropDraftsOf(subject);
      this.#gone = subject;
    }
    if (this.#state.status !== 'signedIn') return;
    if (kind === 'signedIn' && subject !== this.#state.subject) this.#end('otherAccount');
    if (kind === 'signedOut' && subject === this.#state.subject) this.#signedOutElsewhere();
  };

  #signedOutElsewhere(): void {
    remember('signedOut');
    this.#end('elsewhere');
  }

  #end(reason: SignedOutReason): void {
    if (this.#state.status === 'signedOut') return;
    this.#close();
    this.#set({ status: 'signedOut', reason });
    this.#keycloak.clearToken();
  }

  /** From here on nothing that keycloak-js still has under way brings the session back in this page. */
  #close(): void {
    this.#tokens.close();
    this.#rest.splice(0).forEach((end) => { end(); });
  }

  #token(): string {
    const { current } = this.#tokens;
    if (current === undefined) throw new NoTokenError(words.sessionEnded);
    return current;
  }

  #set(state: AuthState): void {
    this.#state = state;
    this.#listeners.forEach((listener) => { listener(); });
  }
}
