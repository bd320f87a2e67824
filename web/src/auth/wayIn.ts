import type { Settings } from '../environment';
import { home } from './address';
import { meansNobody, readAnswer, type Answer, type Refusal } from './answer';
import { forgetDeepLink, keepDeepLink, restoreDeepLink } from './deepLink';
import { personOf, type KeycloakClient } from './keycloak';
import { forgetReturns, noteLeaving, recall, remember, returnsInCircles, takeLeaving, wasBegun, type Prompt } from './memory';
import { leaving, within } from './patience';
import { explain, probeRealm } from './realm';
import type { Step } from './standing';
import type { Failure, SignedOutReason } from './state';

/** The way to the realm and back, by the login mode. It keeps what must be known on both sides of the journey. */
export class WayIn {
  #prompt: Prompt | undefined; // how the realm was asked last

  readonly #settings: Settings;
  readonly #keycloak: KeycloakClient;

  constructor(settings: Settings, keycloak: KeycloakClient) {
    this.#settings = settings;
    this.#keycloak = keycloak;
  }

  /** The first step of a page: it finishes the login that the page came back from, or does what the login mode says. */
  async begin(): Promise<Step> {
    const left = takeLeaving();
    this.#prompt = left;
    const answer = readAnswer(window.location, wasBegun);
    if (answer) return this.#finish(answer, left);
    if (!left) return this.#arrive();
    this.#prompt = 'login'; // what is offered now is a login, whatever was asked before
    forgetDeepLink();
    return failed({ kind: 'noAnswer' }); // the realm has shown its own error page, or the person turned back
  }

  /** Leaves for the realm, once it is known to be there: a dead address would show the browser's own page. */
  async leave(prompt: Prompt): Promise<Step> {
    this.#prompt = prompt;
    keepDeepLink();
    const failure = await probeRealm(this.#settings);
    if (failure) return failed(failure);
    await this.#init();
    noteLeaving(prompt);
    const going = this.#keycloak.login({ redirectUri: home(), ...(prompt === 'none' && { prompt }) });
    return await within(leaving, going) ? { to: 'leaving' } : failed({ kind: 'stopped' });
  }

  /** Leaves in the way that led nowhere. */
  leaveAgain(): Promise<Step> {
    return this.leave(this.#prompt ?? 'login');
  }

  async #arrive(): Promise<Step> {
    const { loginMode } = this.#settings;
    const known = recall();
    if (loginMode === 'login-required') return this.leave('login');
    if (known === 'signedIn' || (loginMode === 'check-sso' && known === undefined)) return this.leave('none');
    if (known === 'keycloakAway') return { to: 'nobody', reason: known }; // still so, however often the page is loaded
    return nobody(known === 'signedOut' ? 'here' : 'never');
  }

  async #finish(answer: Answer | 'foreign', left: Prompt | undefined): Promise<Step> {
    const failure = returnsInCircles() ? { kind: 'loop' as const } : mixUp(answer, this.#settings);
    if (failure) {
      restoreDeepLink();
      return failed(failure);
    }
    if (answer === 'foreign') {
      restoreDeepLink();
      return this.#arrive();
    }
    try {
      await this.#init();
    } catch (thrown) {
      forgetReturns();
      throw thrown;
    } finally {
      restoreDeepLink();
    }
    if (this.#keycloak.token !== undefined) return this.#signedIn(answer);
    if (left && answer.refusal) return this.#refused(answer.refusal);
    return this.#arrive(); // keycloak-js could not use it
  }

  #signedIn({ outcome }: Answer): Step {
    forgetReturns();
    remember('signedIn');
    return { to: 'signedIn', person: personOf(this.#keycloak), ...(outcome && { outcome }) };
  }

  async #refused(refusal: Refusal): Promise<Step> {
    if (meansNobody(refusal)) return nobody(recall() === 'signedIn' ? 'ended' : 'never');
    return failed(await explain(refusal, this.#settings));
  }

  /** Starts keycloak-js, once. Without `onLoad` it finishes a login but never leaves for one by itself: `leave` does, after a probe. */
  async #init(): Promise<void> {
    if (this.#keycloak.didInitialize) return;
    await this.#keycloak.init({ pkceMethod: 'S256', checkLoginIframe: false, redirectUri: home() });
  }
}

/** Nobody is signed in, and the realm is not asked again when this tab loads anew. */
function nobody(reason: SignedOutReason): Step {
  forgetReturns();
  remember('nobody');
  return { to: 'nobody', reason };
}

function failed(failure: Failure): Step {
  forgetReturns();
  return { to: 'failure', failure };
}

/** An answer that names its issuer must name ours: else another server may have sent it, to get at the code (RFC 9207 §2.4). */
function mixUp(answer: Answer | 'foreign', settings: Settings): Failure | undefined {
  if (answer === 'foreign' || answer.issuer === undefined || answer.issuer === settings.issuer) return undefined;
  return { kind: 'issuer', answered: answer.issuer };
}
