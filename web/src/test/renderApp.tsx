import { render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { App } from '../App';
import { Session } from '../auth/session';
import { ThemeProvider } from '../theme/ThemeProvider';
import { callbackHash, FakeKeycloak, settings } from './fakeKeycloak';

/** Mounts the real app at an address, signed in through a fake keycloak-js. `hash` is what Keycloak sent the browser back with. */
export async function renderApp(path = '/', keycloak = new FakeKeycloak(), hash = callbackHash) {
  sessionStorage.setItem('keystead.deepLink', path);
  window.history.replaceState(null, '', `/${hash}`);
  const session = new Session(settings, keycloak);
  await session.start();
  render(<ThemeProvider><App session={session} /></ThemeProvider>);
  return { keycloak, session, user: userEvent.setup() };
}
