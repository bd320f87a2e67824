import { address, record, text } from './parse';

/** What the page must know about the place it runs in. The server writes it into the page; none of it is secret. */
export interface Settings {
  issuer: string;
  keycloakURL: string;
  realm: string;
  clientID: string;
  publicURL: string;
  loginMode: LoginMode;
}

/**
 * Whether everybody is sent to the login, or the realm is asked once, or nobody leaves before they want to; in mode `session`
 * everybody is sent to the login of the app's own server, which keeps the tokens.
 */
export type LoginMode = (typeof loginModes)[number];

const loginModes = ['login-required', 'check-sso', 'public', 'session'] as const;

/** Checks the settings' shape. */
export function parseSettings(body: unknown): Settings {
  const settings = record(body, 'settings');
  return {
    issuer: address(settings, 'issuer'),
    keycloakURL: address(settings, 'keycloak_url'),
    realm: text(settings, 'realm'),
    clientID: text(settings, 'client_id'),
    publicURL: address(settings, 'public_url'),
    loginMode: loginMode(text(settings, 'login_mode')),
  };
}

function loginMode(value: string): LoginMode {
  const mode = loginModes.find((known) => known === value);
  if (mode === undefined) throw new TypeError(`"login_mode" is none of ${loginModes.join(', ')}`);
  return mode;
}

/** Reads the settings from the page, or from /config.json where no server has written them into it (`npm run dev`). */
export async function readSettings(page: Document = document): Promise<Settings> {
  const inlined = page.getElementById('keystead-settings')?.textContent ?? '';
  if (inlined !== '' && !inlined.startsWith('{{')) return parseSettings(JSON.parse(inlined));

  const response = await fetch('/config.json');
  if (!response.ok) throw new Error(`GET /config.json was answered with ${response.status}`);
  return parseSettings(await response.json());
}

/**
 * Where the page should be when it was opened at another loopback name than the public URL's: to a browser `localhost`
 * and `127.0.0.1` are different sites, and the realm lets only one of them sign in. Undefined when it is fine here.
 */
export function canonicalURL(here: string, publicURL: string): string | undefined {
  const target = new URL(here);
  const wanted = new URL(publicURL).hostname;
  if (target.hostname === wanted || !isLoopback(target.hostname) || !isLoopback(wanted)) return undefined;
  target.hostname = wanted;
  return target.href;
}

/** Whether this page came over plain http in a way that lets nobody sign in. A server with a public URL of http has been told to take that risk. */
export function cannotSignIn({ loginMode, publicURL }: Settings): boolean {
  return !window.isSecureContext && (loginMode !== 'session' || publicURL.startsWith('https:'));
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
