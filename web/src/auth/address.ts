import type { Settings } from '../environment';
import { here, isOwnPath } from './deepLink';

/** Where the realm sends browsers back to: always the same address, so that the client lists it exactly. */
export function home(): string {
  return `${window.location.origin}/`;
}

/** The address of the realm's own page about the account, with a way back. */
export function accountURL({ issuer, clientID }: Settings): string {
  const back = new URLSearchParams({ referrer: clientID, referrer_uri: home() });
  return `${issuer}/account/?${back.toString()}`;
}

/** The address of the login at the app's server, which comes back to this page. */
export function loginAddress(further: Readonly<Record<string, string>> = {}): string {
  const link = here();
  return `/auth/login?${new URLSearchParams({ return_to: isOwnPath(link) ? link : '/', ...further }).toString()}`;
}

/** The address of the sign-out there. */
export const logoutAddress = '/auth/logout';
