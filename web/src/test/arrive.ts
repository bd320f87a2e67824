import { http, HttpResponse } from 'msw';
import { KeycloakSession } from '../auth/keycloakSession';
import { ServerSession } from '../auth/serverSession';
import type { LoginMode } from '../environment';
import { callbackHash, FakeKeycloak, settings } from './fakeKeycloak';
import { FakeServer } from './fakeServer';
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
  const session = new KeycloakSession({ ...settings, loginMode }, keycloak, browser.openTab());
  await session.start();
  return { session, keycloak, browser };
}

/** Opens it at the address that a login comes back to. */
export const signedIn = (circumstances?: Circumstances) => arrive(`/${callbackHash}`, circumstances);

/** Opens the app in mode `session`, likewise; alice is signed in, unless the server says otherwise. */
export async function arriveAtServer(address: string, app = new FakeServer(), browser = new FakeBrowser()) {
  window.history.replaceState(null, '', address);
  server.use(...app.handlers);
  const session = new ServerSession({ ...settings, loginMode: 'session' }, browser.openTab(), app.go);
  await app.untilSent(session.start);
  return { session, app, browser };
}
