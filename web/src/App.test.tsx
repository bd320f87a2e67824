import { act, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { App } from './App';
import { Session } from './auth/session';
import { failOnComplaints } from './test/complaints';
import { FakeKeycloak, settings } from './test/fakeKeycloak';
import { renderApp } from './test/renderApp';
import { discoveryURL, hold, server } from './test/server';
import { ThemeProvider } from './theme/ThemeProvider';

failOnComplaints();

describe('the way in', () => {
  async function renderSignedOut() {
    const keycloak = new FakeKeycloak();
    const session = new Session(settings, keycloak);
    await session.start();
    render(<ThemeProvider><App session={session} /></ThemeProvider>);
    return { keycloak, user: userEvent.setup() };
  }

  afterEach(() => { vi.useRealTimers(); });

  it('explains a Keycloak that is away, and tries again by itself', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let probes = 0;
    server.use(http.get(discoveryURL, ({ request }) => {
      if (request.mode === 'cors') probes++;
      return HttpResponse.error();
    }));
    await renderSignedOut();
    expect(screen.getByRole('alert').textContent).toBe('Keycloak did not answer at http://localhost:8080.');
    expect(screen.getByRole('timer').textContent).toBe('Retrying in 5 s');
    await act(() => vi.advanceTimersByTimeAsync(1000));
    expect(screen.getByRole('timer').textContent).toBe('Retrying in 4 s');
    for (let i = 0; i < 4; i++) await act(() => vi.advanceTimersByTimeAsync(1000));
    vi.useRealTimers();
    await waitFor(() => { expect(screen.getByRole('timer').textContent).toBe('Retrying in 5 s'); });
    expect(probes).toBe(2);
  });

  it('names the setting when the realm does not exist', async () => {
    server.use(http.get(discoveryURL, () => new HttpResponse(null, { status: 404 })));
    await renderSignedOut();
    expect(screen.getByRole('heading', { name: 'This realm does not exist' })).toBeTruthy();
    expect(screen.getByText('KEYSTEAD_ISSUER')).toBeTruthy();
  });

  it('goes on by hand, too', async () => {
    server.use(http.get(discoveryURL, () => HttpResponse.error(), { once: true }), http.get(discoveryURL, () => HttpResponse.error(), { once: true }));
    const { keycloak, user } = await renderSignedOut();
    const { held, answer } = hold();
    server.use(http.get(discoveryURL, async () => { await held; }, { once: true }));
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect((await screen.findByText('Asking Keycloak …')).role).toBe('status');
    answer();
    await waitFor(() => { expect(keycloak.login).toHaveBeenCalledOnce(); });
  });

  it.each([
    [{ error: 'access_denied', error_description: 'Consent was not given' }, 'Keycloak refused the sign-in', /Keycloak said: Consent was not given · access_denied/],
    [new TypeError('Failed to fetch'), 'Keycloak does not know this origin', /web origins of client demo lack http:\/\/localhost:8000/],
    [new Error('Invalid nonce.'), 'The sign-in did not work', /Invalid nonce/],
  ])('tells what became of a login that failed with %o', async (thrown, heading, words) => {
    const keycloak = new FakeKeycloak();
    keycloak.init.mockRejectedValue(thrown);
    await renderApp('/', keycloak);
    expect(screen.getByRole('heading', { name: heading })).toBeTruthy();
    expect(screen.getByRole('alert').textContent).toMatch(words);
  });
});

describe('the way out', () => {
  it('tells that the session has ended, at the same address', async () => {
    const { keycloak } = await renderApp('/profile');
    await screen.findByRole('heading', { name: 'Profile' });
    act(() => { keycloak.clearToken(); });
    expect(document.activeElement, 'so that screen readers say it').toBe(screen.getByRole('heading', { name: 'Your session has ended' }));
    expect(screen.getByRole('button', { name: 'Sign in again' })).toBeTruthy();
    expect(window.location.pathname).toBe('/profile');
  });

  it('signs out through Keycloak', async () => {
    const { keycloak, user } = await renderApp();
    await user.click(await screen.findByRole('button', { name: 'Account of Alice' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Sign out' }));
    await waitFor(() => { expect(keycloak.logout).toHaveBeenCalledOnce(); });
    expect(screen.queryByRole('banner')).toBeNull();
  });
});

it('has a page for addresses where nothing is', async () => {
  await renderApp('/nowhere');
  expect(await screen.findByRole('heading', { level: 1, name: 'Nothing here' })).toBeTruthy();
  expect(screen.getByText('/nowhere')).toBeTruthy();
});

it('says what an address of the API is for', async () => {
  await renderApp('/api/departments/sales/brief');
  expect(await screen.findByRole('heading', { level: 1, name: 'An address of the API' })).toBeTruthy();
  expect(screen.getByRole('link', { name: 'Open the API’s documents' }).getAttribute('href')).toBe('/docs');
});
