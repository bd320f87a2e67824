import { optionalText, record } from '../parse';
import { idleEnd, tokenTimes, type KeycloakClient } from './keycloak';
import { within } from './patience';
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
  #failedAt = -Infinity;
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
    this.#failedAt = -Infinity;
  }

  /**
   * Refreshes the token when that is due, or when it is the one that was `refused`. Never throws: what counts is the token that
   * is left afterwards. There is none when Keycloak ended the session.
   */
  async refresh(refused?: string): Promise<void> {
    if (!this.#due(refused)) return;
    const { holds } = this;
    if (holds && isRecent(this.#failedAt)) return;
    this.#refreshing ??= this.#tabs.exclusively(() => this.#renew(refused)).finally(() => { this.#refreshing = undefined; });
    // A lock that the browser takes back, as from a page that goes, leaves the work undone.
    if (!(await within(holds ? patience : lastPatience, this.#refreshing).catch(() => false))) this.#failedAt = Date.now();
  }

  #due(refused: string | undefined): boolean {
    const { token, refreshToken } = this.#keycloak;
    if (this.#closed || token === undefined) return false;
    if (refreshToken === undefined) {
      if (!this.holds) this.#keycloak.clearToken(); // a client without refresh tokens: its session ends here
      return false;
    }
    // An API that takes no token at all is not asked again and again with new ones.
    return this.#isOld() || (token === refused && !isRecent(this.#renewedAt));
  }

  async #renew(refused: string | undefined): Promise<void> {
    if (!this.#due(refused)) return; // meanwhile it was done, or the session ended
    try {
      await this.#keycloak.updateToken(-1); // it is due by our clock, so keycloak-js need not look
      this.#renewedAt = Date.now();
    } catch (thrown) {
      this.#failedAt = Date.now();
      if (this.#isIdle() || await isFinal(thrown)) this.#keycloak.clearToken();
    }
  }

  #isOld(): boolean {
    const { issuedAt, expiresAt } = tokenTimes(this.#keycloak);
    return this.#secondsLeft() < Math.min(minValidity, (expiresAt - issuedAt) / 2000);
  }

  /** Whether the session has ended because nobody used it, as far as this browser can tell. */
  #isIdle(): boolean {
    const idleEndsAt = idleEnd(this.#keycloak);
    return idleEndsAt !== undefined && idleEndsAt <= Date.now();
  }

  #secondsLeft(): number {
    return (tokenTimes(this.#keycloak).expiresAt - Date.now()) / 1000;
  }
}

/** Whether something was so lately that Keycloak is left in peace. A time to come is from before the clock was set back. */
function isRecent(at: number): boolean {
  const age = Date.now() - at;
  return age >= 0 && age < pause;
}

/**
 * Whether Keycloak said no for good: with an error of OAuth (RFC 6749 §5.2), for a proxy may answer in its place. Of these
 * answers keycloak-js itself only counts the 400.
 */
async function isFinal(thrown: unknown): Promise<boolean> {
  if (!(thrown instanceof Error && 'response' in thrown && thrown.response instanceof Response)) return false;
  const { status } = thrown.response;
  if (status < 400 || status >= 500 || status === 408 || status === 429) return false;
  const body: unknown = await thrown.response.json().catch(() => undefined);
  return typeof body === 'object' && body !== null && optionalText(record(body, 'answer'), 'error') !== undefined;
}
