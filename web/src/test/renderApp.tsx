import { render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { App } from '../App';
import { Session } from '../auth/session';
import { callbackHash, FakeKeycloak, settings } from './fakeKeycloak';

/** Mounts the real app at an address, signed in through a fake keycloak-js. */
export async function renderApp(path = '/', keycloak = new FakeKeycloak()) {
  sessionStorage.setItem('keystead.deepLink', path);
  window.history.replaceState(null, '', `/${callbackHash}`);
  const session = new Session(settings, keycloak);
  await session.start();
  render(<App session={session} />);
  return { keycloak, session, user: userEvent.setup() };
}
