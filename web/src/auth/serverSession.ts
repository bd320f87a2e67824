import type { Settings } from '../environment';
import { words } from '../texts/auth';
import { accountURL, loginAddress, logoutAddress } from './address';
import { takeOutcome } from './actionOutcome';
import { askSession, type Said } from './askSession';
import { noteAction, noteLeaving, recall, remember, takeLeaving } from './memory';
import { leaving, pause } from './patience';
import { revoked, type Proof, type Session } from './session';
import { Standing, type Step } from './standing';
import { NoTokenError, type ActionOutcome, type Failure } from './state';
import { joinTabs, type Tabs } from './tabs';
import { unforeseen } from './unforeseen';
import { onWake } from './wake';

const lookEvery = 60_000; // milliseconds between two looks at a session that is being used
const soonest = 10_000; // after a look that found nothing out
const longest = 24 * 60 * 60 * 1000; // more than some weeks no timer of a browser takes

/** The codes of a 401 by which the API says that nobody is signed in any more. */
const over = [revoked, 'session_missing', 'session_expired', 'token_missing'];

/** The session of a page that is signed in at the app's own server. */
export function openSession(settings: Settings): Session {
  return new ServerSession(settings);
}

/** A session whose tokens are at the app's server. This page has none, and no secret at all: scripts cannot read the cookie. */
export class ServerSession implements Session {
  #again = (): Promise<Step> => this.#arrive(); // what a retry does
  #back: Back | undefined;
  #looking: Promise<void> | undefined;
  #lookedAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  readonly settings: Settings;
  readonly #go: (address: string) => void;
  readonly #standing: Standing;

  constructor(settings: Settings, tabs: Tabs = joinTabs(settings), go = (address: string) => { window.location.assign(address); }) {
    this.settings = settings;
    this.#go = go;
    this.#standing = new Standing(tabs, {
      explain: unforeseen,
      attend: this.#attend,
      ended: () => undefined, // there is nothing here that could be used without asking the server
    });
  }

  readonly state = () => this.#standing.state();

  readonly subscribe = (listener: () => void) => this.#standing.subscribe(listener);

  /** Asks the server who is signed in, and leaves for the login when nobody is. */
  readonly start = (): Promise<void> => {
    this.#standing.listen();
    return this.#standing.attempt(() => this.#arrive());
  };

  readonly retry = (): Promise<void> => this.#standing.attempt(() => this.#again());

  readonly signIn = (): Promise<void> => this.#standing.attempt(() => {
    this.#standing.set({ status: 'starting' });
    return this.#signIn();
  });

  /** The server ends its session first, and then the realm's. */
  readonly signOut = async (): Promise<void> => {
    const state = this.state();
    if (state.status === 'signedIn') this.#standing.leave(state.subject);
    await this.#standing.attempt(() => this.#signOut());
  };

  readonly proof = (): Promise<Proof> => {
    if (this.state().status !== 'signedIn') return Promise.reject(new NoTokenError(words.sessionEnded));
    if (Date.now() - this.#lookedAt >= lookEvery) void this.#look(); // a session that is used ends later
    return Promise.resolve({});
  };

  /** The cookie may have been another one when the refused call left: a login in another tab changes it. */
  readonly renewedProof = async (): Promise<Proof> => {
    await this.#look();
    return this.proof();
  };

  readonly heed = (code: string | undefined): void => {
    if (code === undefined || !over.includes(code)) return;
    this.#standing.end('ended');
    throw new NoTokenError(words.sessionEnded);
  };

  readonly changePassword = async (): Promise<void> => {
    const said = await this.#ask();
    if (said.who === 'unknown') throw new Error(sentence(said.failure));
    noteAction('UPDATE_PASSWORD');
    this.#go(loginAddress({ kc_action: 'UPDATE_PASSWORD' }));
  };

  readonly takeActionOutcome = () => this.#standing.takeActionOutcome();

  readonly accountURL = (): string => accountURL(this.settings);

  async #arrive(): Promise<Step> {
    this.#back ??= comeBack();
    const { left, outcome } = this.#back;
    const said = await this.#ask();
    if (said.who === 'unknown') return failed(said.failure);
    if (said.who === 'somebody') {
      remember('signedIn');
      return { to: 'signedIn', person: said.person, ...(outcome && { outcome }) };
    }
    if (left) {
      this.#again = () => this.#signIn();
      return failed({ kind: 'noSession' }); // and nobody is sent around in circles
    }
    return recall() === 'signedOut' ? { to: 'nobody', reason: 'here' } : this.#leave();
  }

  /** Leaves for the login, once the server is known to be there: a dead address would show the browser's own page. */
  async #signIn(): Promise<Step> {
    this.#again = () => this.#signIn();
    const said = await this.#ask();
    return said.who === 'unknown' ? failed(said.failure) : this.#leave();
  }

  async #leave(): Promise<Step> {
    noteLeaving('login');
    this.#go(loginAddress());
    await pause(leaving);
    return failed({ kind: 'stopped' });
  }

  /** Leaves for the sign-out, likewise. Whatever else is the matter, the server says on a page of its own. */
  async #signOut(): Promise<Step> {
    this.#again = () => this.#signOut();
    const said = await this.#ask();
    if (said.who === 'unknown' && said.failure.kind === 'serverAway') return failed({ kind: 'notSignedOut' });
    this.#go(logoutAddress);
    await pause(leaving);
    return failed({ kind: 'notSignedOut' });
  }

  readonly #attend = (): (() => void) => {
    this.#expectEnd();
    const sleepless = onWake(() => void this.#look());
    return () => {
      clearTimeout(this.#timer);
      sleepless();
    };
  };

  /** Looks again when the session should be over, as nobody used it here. */
  #expectEnd(): void {
    clearTimeout(this.#timer);
    const state = this.state();
    if (state.status !== 'signedIn') return;
    const left = (state.times.idleEndsAt ?? Infinity) + 1000 - Date.now();
    this.#timer = setTimeout(() => void this.#look(), Math.min(Math.max(left, soonest), longest));
  }

  /** Looks whether the session goes on, once at a time. What cannot be found out now is left: a call says why it cannot be answered. */
  async #look(): Promise<void> {
    this.#looking ??= this.#ask().then(this.#see).catch(() => undefined).finally(() => {
      this.#looking = undefined;
      this.#expectEnd();
    });
    await this.#looking;
  }

  readonly #see = (said: Said): void => {
    const state = this.state();
    if (state.status !== 'signedIn' || said.who === 'unknown') return;
    if (said.who === 'nobody') this.#standing.end('ended');
    else if (said.person.subject !== state.subject) this.#standing.end('otherAccount');
    else this.#standing.set(said.person);
  };

  #ask(): Promise<Said> {
    this.#lookedAt = Date.now();
    return askSession();
  }
}

/** What a page came back from: a login, an action at the realm, or nothing of the kind. */
interface Back {
  left: boolean;
  outcome: ActionOutcome | undefined;
}

function comeBack(): Back {
  return { left: takeLeaving() !== undefined, outcome: takeOutcome() };
}

function failed(failure: Failure): Step {
  return { to: 'failure', failure };
}

/** Why the server could not say who is signed in, in a sentence. */
function sentence({ kind }: Failure): string {
  if (kind === 'databaseAway') return words.databaseAway;
  return kind === 'realmAway' ? words.realmAway : words.serverAway;
}
