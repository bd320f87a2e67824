import { http, HttpResponse } from 'msw';
import { Session } from '../auth/session';
import type { LoginMode } from '../environment';
import { callbackHash, FakeKeycloak, settings } from './fakeKeycloak';
import { FakeBrowser } from './fakeTabs';
import { discoveryURL, server } from './server';

/** Where every login comes back to. */
export const home = 'http://localhost:8000/';

/** Takes the realm off the network, until the handlers are reset. */
export const away = () => { server.use(http.get(discoveryURL, () => HttpResponse.error())); };

interface Circumstances {
  keycloak?: FakeKeycloak;
  loginMode?: LoginMode;
  browser?: FakeBrowser;
}

/** Opens the app at an address, in a tab of its own, as far as the session is concerned. */
export async function arrive(address: string, { keycloak = new FakeKeycloak(), loginMode = 'login-required', browser = new FakeBrowser() }: Circumstances = {}) {
  window.history.replaceState(null, '', address);
  const session = new Session({ ...settings, loginMode }, keycloak, browser.openTab());
  await session.start();
  return { session, keycloak, browser };
}

/** Opens it at the address that a login comes back to. */
export const signedIn = (circumstances?: Circumstances) => arrive(`/${callbackHash}`, circumstances);
