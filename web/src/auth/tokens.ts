import { sessionTimes, type KeycloakClient } from './keycloak';
import type { Tabs } from './tabs';

const minValidity = 30; // seconds a token must still hold when a call leaves with it, or half its life if that is less
const patience = 5_000; // how long a call waits for Keycloak while the token at hand still holds
const lastPatience = 15_000; // and once it does not: a request of another tab may have to end first
const pause = 10_000; // after a refresh, before Keycloak is bothered again without need

/**
 * Keeps the access token fresh. One refresh at a time in this tab, whoever asks for it, and one at a time in all tabs: a realm
 * that revokes refresh tokens when they are used takes two at once for theft (RFC 9700 §4.14.2).
 */
export class Tokens {
  #refreshing: Promise<void> | undefined;
  #restUntil = 0; // after a failure, as long as the token at hand holds
  #renewedAt = -Infinity;
  #closed = false;

  readonly #keycloak: KeycloakClient;
  readonly #tabs: Tabs;

  constructor(keycloak: KeycloakClient, tabs: Tabs) {
    this.#keycloak = keycloak;
    this.#tabs = tabs;
  }

  /** The token at hand; undefined when the session is over. */
  get current(): string | undefined {
    return this.#closed ? undefined : this.#keycloak.token;
  }

  /** Whether the token at hand has not expired. */
  get holds(): boolean {
    return this.#secondsLeft() > 0;
  }

  /** Gives no token out any more, and refreshes none. */
  close(): void {
    this.#closed = true;
  }

  /** After a sleep nothing that was tried before it counts. */
  wake(): void {
    this.#restUntil = 0;
  }

  /**
   * Refreshes the token when that is due, or when it is the one that was `refused`. Never throws: what counts is the token that
   * is left afterwards. There is none when Keycloak ended the session.
   */
  async refresh(refused?: string): Promise<void> {
    if (!this.#due(refused)) return;
    const { holds } = this;
    if (holds && Date.now() < this.#restUntil) return;
    this.#refreshing ??= this.#tabs.exclusively(() => this.#renew(refused)).finally(() => { this.#refreshing = undefined; });
    if (!(await endsWithin(holds ? patience : lastPatience, this.#refreshing))) this.#restUntil = Date.now() + pause;
  }

  #due(refused: string | undefined): boolean {
    const { token, refreshToken } = this.#keycloak;
    if (this.#closed || token === undefined) return false;
    if (refreshToken === undefined) {
      if (!this.holds) this.#keycloak.clearToken(); // a client without refresh tokens: its session ends here
      return false;
    }
    // An API that takes no token at all is not asked again and again with new ones.
    return this.#isOld() || (token === refused && Date.now() >= this.#renewedAt + pause);
  }

  async #renew(refused: string | undefined): Promise<void> {
    if (!this.#due(refused)) return; // meanwhile it was done, or the session ended
    try {
      await this.#keycloak.updateToken(-1); // it is due by our clock, so keycloak-js need not look
      this.#renewedAt = Date.now();
    } catch (thrown) {
      this.#restUntil = Date.now() + pause;
      if (isFinal(thrown) || this.#isIdle()) this.#keycloak.clearToken();
    }
  }

  #isOld(): boolean {
    const { issuedAt, expiresAt } = sessionTimes(this.#keycloak);
    return this.#secondsLeft() < Math.min(minValidity, (expiresAt - issuedAt) / 2000);
  }

  /** Whether the session has ended because nobody used it, as far as this browser can tell. */
  #isIdle(): boolean {
    const { idleEndsAt } = sessionTimes(this.#keycloak);
    return idleEndsAt !== undefined && idleEndsAt <= Date.now();
  }

  #secondsLeft(): number {
    return (sessionTimes(this.#keycloak).expiresAt - Date.now()) / 1000;
  }
}

/** Whether Keycloak said no for good; of those answers keycloak-js itself only counts the 400. */
function isFinal(thrown: unknown): boolean {
  if (!(thrown instanceof Error && 'response' in thrown && thrown.response instanceof Response)) return false;
  const { status } = thrown.response;
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

/** Whether the work was done in that time. A lock that the browser takes back, as from a page that goes, leaves it undone. */
async function endsWithin(time: number, work: Promise<void>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<boolean>((resolve) => { timer = setTimeout(() => { resolve(false); }, time); });
  return Promise.race([work.then(() => true, () => false), timeout]).finally(() => { clearTimeout(timer); });
}
