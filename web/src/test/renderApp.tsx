import { render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { App } from '../App';
import { KeycloakSession } from '../auth/keycloakSession';
import { ServerSession } from '../auth/serverSession';
import { ThemeProvider } from '../theme/ThemeProvider';
import { callbackHash, FakeKeycloak, settings } from './fakeKeycloak';
import { FakeServer } from './fakeServer';
import { server } from './server';

/** Mounts the real app at an address, signed in through a fake keycloak-js. `hash` is what Keycloak sent the browser back with. */
export async function renderApp(path = '/', keycloak = new FakeKeycloak(), hash = callbackHash) {
  sessionStorage.setItem('keystead.deepLink', path);
  window.history.replaceState(null, '', `/${hash}`);
  const session = new KeycloakSession(settings, keycloak);
  await session.start();
  render(<ThemeProvider><App session={session} /></ThemeProvider>);
  return { keycloak, session, user: userEvent.setup() };
}

/** Mounts it in mode `session`, where the app's own server says who is signed in: alice, unless it is told otherwise. */
export async function renderAtServer(path = '/', app = new FakeServer()) {
  window.history.replaceState(null, '', path);
  server.use(...app.handlers);
  const session = new ServerSession({ ...settings, loginMode: 'session' }, undefined, app.go);
  await app.untilSent(session.start);
  render(<ThemeProvider><App session={session} /></ThemeProvider>);
  return { app, session, user: userEvent.setup() };
}
