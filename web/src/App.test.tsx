import { act, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { App } from './App';
import { KeycloakSession } from './auth/keycloakSession';
import { failOnComplaints } from './test/complaints';
import { FakeKeycloak, settings } from './test/fakeKeycloak';
import { FakeServer, loginTo } from './test/fakeServer';
import { renderApp, renderAtServer } from './test/renderApp';
import { discoveryURL, hold, permissions, problem, server } from './test/server';
import { ThemeProvider } from './theme/ThemeProvider';

failOnComplaints();

describe('the way in', () => {
  async function renderSignedOut() {
    const keycloak = new FakeKeycloak();
    const session = new KeycloakSession(settings, keycloak);
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

describe('the way in through the app\'s own server', () => {
  it('shows the pages to somebody who is signed in', async () => {
    await renderAtServer('/profile');
    expect(await screen.findByRole('heading', { name: 'Profile' })).toBeTruthy();
  });

  it('has a page for whoever has signed out here', async () => {
    sessionStorage.setItem('keystead.tab', 'signedOut');
    const app = new FakeServer();
    app.subject = undefined;
    const { user } = await renderAtServer('/notes', app);
    expect(screen.getByRole('heading', { name: 'You are signed out' })).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    await waitFor(() => { expect(app.sentTo).toEqual([loginTo('/notes')]); });
  });

  it('has a page for whoever comes back without a session', async () => {
    sessionStorage.setItem('keystead.left', 'login');
    const app = new FakeServer();
    app.subject = undefined;
    const { user } = await renderAtServer('/notes', app);
    expect(screen.getByRole('heading', { name: 'You came back without signing in' })).toBeTruthy();
    expect(screen.getByText('http://localhost:8000/auth/callback')).toBeTruthy();
    expect(screen.queryByRole('alert'), 'as it may be what the person wanted').toBeNull();
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    await waitFor(() => { expect(app.sentTo).toEqual([loginTo('/notes')]); });
  });

  it.each([
    [() => HttpResponse.error(), 'The server did not answer', /^The server of this app did not answer, /, 5],
    [() => new HttpResponse(null, { status: 502 }), 'The server did not answer', /^The server of this app answered with 502, /, 5],
    [() => HttpResponse.json({ code: 'store_unavailable' }, { status: 503, headers: { 'Retry-After': '9' } }), 'The server cannot reach its database', /^There it keeps/, 9],
    [() => HttpResponse.json({ code: 'realm_unavailable' }, { status: 503, headers: { 'Retry-After': '1' } }), 'The server cannot reach Keycloak', /asked Keycloak whether your session goes on/, 5],
  ])('explains what keeps it from knowing who is there, and asks again', async (trouble, heading, why, seconds) => {
    const app = new FakeServer();
    app.trouble = trouble;
    const { user } = await renderAtServer('/', app);
    expect(screen.getByRole('heading', { name: heading })).toBeTruthy();
    expect(screen.getByRole('alert').textContent).toMatch(why);
    expect(screen.getByRole('timer').textContent).toBe(`Retrying in ${seconds} s`);
    app.trouble = undefined;
    const { held, answer } = hold();
    app.held = held;
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect((await screen.findByText('Asking the server …')).role).toBe('status');
    answer();
    expect(await screen.findByRole('heading', { level: 1, name: /Alice$/ })).toBeTruthy();
  });
});

describe('a session that was ended elsewhere', () => {
  const calls = (code: string) => {
    const call = vi.fn(() => problem(401, code, 'Signed out'));
    server.use(http.get('/api/me', call), http.get('/api/me/permissions', call));
    return call;
  };
  const ended = () => screen.findByRole('heading', { name: 'Your session has ended' });

  it.each([
    ['gives no other token', 'session ended' as const],
    ['does not answer', 'away' as const],
    ['gives another one that is not taken either', 'there' as const],
  ])('shows after one renewal, when the API calls the token revoked and Keycloak %s', async (_, there) => {
    const call = calls('token_revoked');
    const keycloak = new FakeKeycloak();
    keycloak.keycloak = there;
    await renderApp('/profile', keycloak);
    await ended();
    expect(keycloak.refreshes).toBe(1);
    expect(keycloak.token).toBeUndefined();
    expect(keycloak.login, 'and nobody is sent anywhere by themselves').not.toHaveBeenCalled();
    const { length } = call.mock.calls;
    expect(length).toBeLessThanOrEqual(4); // two calls, each tried twice at most
    window.dispatchEvent(new Event('focus'));
    await act(async () => { for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate); });
    expect([call.mock.calls.length, keycloak.refreshes]).toEqual([length, 1]);
  });

  it('does not end this one when the next token is good', async () => {
    const keycloak = new FakeKeycloak();
    const revoked = ({ request }: { request: Request }) => (request.headers.get('Authorization') === 'Bearer token-0' ? problem(401, 'token_revoked', 'Signed out') : undefined);
    server.use(http.get('/api/me', revoked), permissions());
    await renderApp('/profile', keycloak);
    expect(await screen.findByText('Alice Archer')).toBeTruthy();
    expect(keycloak.refreshes).toBe(1);
  });

  it('is not taken for ended by any other refusal of a token', async () => {
    calls('token_audience');
    await renderApp('/profile');
    expect((await screen.findAllByText('Signed out')).length).toBeGreaterThan(0);
    expect(screen.getByRole('heading', { name: 'Profile' })).toBeTruthy();
  });

  it.each(['session_missing', 'session_expired', 'token_missing', 'token_revoked'])('shows when the API answers with %s, and the app\'s own server finds nobody either', async (code) => {
    const app = new FakeServer();
    const { session } = await renderAtServer('/profile', app);
    await screen.findByRole('heading', { name: 'Profile' });
    calls(code);
    app.subject = undefined;
    await act(() => session.renewedProof().catch(() => undefined));
    await ended();
    expect(app.sentTo).toEqual([]);
  });

  it.each(['session_missing', 'token_revoked'])('shows when the API goes on answering with %s, whatever the server says of the session', async (code) => {
    const call = calls(code);
    const { app } = await renderAtServer('/profile');
    await ended();
    expect(app.asked, 'on arrival, and once for both calls').toBe(2);
    expect(call.mock.calls.length).toBeLessThanOrEqual(4);
    expect(app.sentTo).toEqual([]);
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

  it('signs out through the app\'s own server', async () => {
    const { app, user } = await renderAtServer();
    await user.click(await screen.findByRole('button', { name: 'Account of Alice' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Sign out' }));
    await waitFor(() => { expect(app.sentTo).toEqual(['/auth/logout']); });
    expect(screen.queryByRole('banner')).toBeNull();
  });

  it('says when that server still has the session', async () => {
    const { app, user } = await renderAtServer('/profile');
    app.trouble = () => HttpResponse.error();
    await user.click(await screen.findByRole('button', { name: 'Sign out' }));
    expect(await screen.findByRole('heading', { name: 'You are not signed out yet' })).toBeTruthy();
    app.trouble = undefined;
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => { expect(app.sentTo).toEqual(['/auth/logout']); });
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
