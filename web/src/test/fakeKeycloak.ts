import { vi } from 'vitest';
import type { KeycloakClient } from '../auth/keycloak';
import type { Settings } from '../environment';

export const settings: Settings = {
  issuer: 'http://localhost:8080/realms/demo',
  keycloakURL: 'http://localhost:8080',
  realm: 'demo',
  clientID: 'demo',
  publicURL: 'http://localhost:8000',
  loginMode: 'login-required',
};

/** The address that Keycloak sends the browser back to. */
export const callbackHash = '#state=s1&session_state=x&code=c1';

/** keycloak-js as the session sees it: tokens by this computer's clock, and a Keycloak that a test can take away. */
export class FakeKeycloak implements KeycloakClient {
  didInitialize = false;
  timeSkew = 0;
  subject = 'a11ce';
  token?: string;
  tokenParsed?: { sub: string; iat: number; exp: number };
  refreshToken?: string;
  refreshTokenParsed?: { exp: number };
  onAuthLogout?: () => void;
  onAuthRefreshSuccess?: () => void;

  /** What a refresh meets: an answer, no answer, or the end of the session. */
  held: Promise<unknown> = Promise.resolve(); // answers come once this is fulfilled
  keycloak: 'there' | 'away' | 'silent' | 'session ended' | 'client refused' = 'there';
  refreshes = 0;
  refusal = Response.json({ error: 'unauthorized_client' }, { status: 401 }); // of a refused client

  constructor(private readonly lifetime = 300) {}

  /** Finishes a login whose answer is in the address, as keycloak-js does without `onLoad`. */
  init = vi.fn(() => {
    this.didInitialize = true;
    const answered = window.location.hash.includes('code=');
    if (answered) this.issue();
    return Promise.resolve(answered);
  });

  login = vi.fn(() => Promise.resolve());
  logout = vi.fn(() => Promise.resolve());

  updateToken = vi.fn(async (minValidity = 5) => {
    if (minValidity !== -1 && (this.tokenParsed?.exp ?? 0) - Date.now() / 1000 >= minValidity) return false;
    this.refreshes++;
    await this.held;
    if (this.keycloak === 'silent') await new Promise(() => undefined);
    if (this.keycloak === 'away') throw new TypeError('Failed to fetch');
    if (this.keycloak === 'client refused') throw Object.assign(new Error('refused'), { response: this.refusal });
    if (this.keycloak === 'session ended') {
      this.clearToken();
      throw new Error('400');
    }
    this.issue();
    this.onAuthRefreshSuccess?.();
    return true;
  });

  clearToken = vi.fn(() => {
    if (this.token === undefined) return;
    delete this.token;
    delete this.tokenParsed;
    delete this.refreshToken;
    delete this.refreshTokenParsed;
    this.onAuthLogout?.();
  });

  private issue() {
    const iat = Math.floor(Date.now() / 1000);
    this.token = `token-${this.refreshes}`;
    this.tokenParsed = { sub: this.subject, iat, exp: iat + this.lifetime };
    this.refreshToken = 'refresh';
    this.refreshTokenParsed = { exp: iat + 1800 };
  }
}
