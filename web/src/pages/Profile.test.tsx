import { notifications } from '@mantine/notifications';
import { act, cleanup, screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { afterEach, describe, expect, it } from 'vitest';
import { failOnComplaints } from '../test/complaints';
import { callbackHash, FakeKeycloak } from '../test/fakeKeycloak';
import { loginTo } from '../test/fakeServer';
import { renderApp, renderAtServer } from '../test/renderApp';
import { discoveryURL, me, problem, server } from '../test/server';

const card = (name: string) => within(screen.getByRole('region', { name }));

describe('the profile', () => {
  failOnComplaints();
  afterEach(() => { act(() => { notifications.clean(); }); });

  it('shows all that the API knows, and where it comes from', async () => {
    server.use(http.get('/api/me', () => HttpResponse.json({ ...me, groups: ['/writers', '/editors'] })));
    await renderApp('/profile');
    expect(await screen.findByText('Alice Archer')).toBeTruthy();
    expect(screen.getByRole('region', { name: 'You' }).textContent).toBe(
      'YouNameAlice ArcherUsernamealiceE-mailalice@example.org ✓ verifiedGroups/editors, /writersSubject11111111-aliceThe subject never changes, whatever you are called: apps know you by it.',
    );
    expect(card('Your roles').getByRole('list', { name: 'Roles of client account' }).textContent).toBe('view-profile');
    expect(card('Your access token').getByRole('list', { name: 'Scopes' }).textContent).toBe('openid');
    expect(screen.getByRole('region', { name: 'Where you sign in' }).textContent).toBe('Where you sign inRealmdemoIssuerhttp://localhost:8080/realms/demoClientdemo');
  });

  it('says when an address was not verified', async () => {
    server.use(http.get('/api/me', () => HttpResponse.json({ ...me, email_verified: false })));
    await renderApp('/profile');
    expect(await screen.findByText('not verified yet')).toBeTruthy();
  });

  it('leads to the account console, and back', async () => {
    await renderApp('/profile');
    const link = await screen.findByRole('link', { name: 'Account console' });
    expect(link.getAttribute('href')).toBe('http://localhost:8080/realms/demo/account/?referrer=demo&referrer_uri=http%3A%2F%2Flocalhost%3A8000%2F');
  });

  it('leaves for a new password', async () => {
    const { keycloak, user } = await renderApp('/profile');
    await user.click(await screen.findByRole('button', { name: 'Change password' }));
    await waitFor(() => { expect(keycloak.login).toHaveBeenCalledWith({ action: 'UPDATE_PASSWORD', redirectUri: 'http://localhost:8000/' }); });
    expect(screen.getByRole('button', { name: 'Going to Keycloak …' })).toBeTruthy();
  });

  it('says when Keycloak is away, and can be asked again', async () => {
    const { keycloak, user } = await renderApp('/profile');
    server.use(http.get(discoveryURL, () => HttpResponse.error()));
    await user.click(await screen.findByRole('button', { name: 'Change password' }));
    expect((await screen.findByRole('alert')).textContent).toContain('http://localhost:8080');
    expect(screen.getByRole('button', { name: 'Change password' })).toBe(document.activeElement);
    expect(keycloak.login).not.toHaveBeenCalled();
  });

  it.each([
    ['success', 'Your password was changed.'],
    ['cancelled', 'Your password was not changed.'],
    ['error', 'Keycloak could not change your password. Try again, or ask whoever administers the realm.'],
  ])('tells once that a new password ended in %s', async (status, words) => {
    const { session } = await renderApp('/profile', new FakeKeycloak(), `${callbackHash}&kc_action=UPDATE_PASSWORD&kc_action_status=${status}`);
    expect(await screen.findByText(words)).toBeTruthy();
    expect(session.takeActionOutcome()).toBeUndefined();
  });

  it('says when the API cannot tell, and what needs no API stays', async () => {
    server.use(http.get('/api/me', () => problem(503, 'keys_unavailable', 'No keys of the realm yet'), { once: true }));
    const { user } = await renderApp('/profile');
    expect((await screen.findByRole('alert')).textContent).toContain('No keys of the realm yet');
    expect(screen.getByRole('button', { name: 'Change password' })).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('Alice Archer')).toBeTruthy();
  });

  it('leaves for a new password through the app\'s own server, and tells what became of it', async () => {
    const { app, user } = await renderAtServer('/profile');
    app.trouble = () => problem(503, 'realm_unavailable', 'The realm is away');
    await user.click(await screen.findByRole('button', { name: 'Change password' }));
    expect((await screen.findByRole('alert')).textContent).toContain('The server of this app cannot reach Keycloak.');
    app.trouble = undefined;
    await user.click(screen.getByRole('button', { name: 'Change password' }));
    await waitFor(() => { expect(app.sentTo).toEqual([loginTo('/profile', { kc_action: 'UPDATE_PASSWORD' })]); });
    cleanup();
    await renderAtServer('/profile?kc_action=UPDATE_PASSWORD&kc_action_status=success');
    expect(await screen.findByText('Your password was changed.')).toBeTruthy();
    expect(window.location.search).toBe('');
  });

  it('says where the token is kept by the app\'s server, and not with which client that signs in', async () => {
    await renderAtServer('/profile');
    await screen.findByText('Alice Archer');
    expect(screen.getByRole('region', { name: 'Your access token' }).textContent).toMatch(/^Your access tokenKeptby the server of this app, not in this browserIssued.*Holds for another.*Scopesopenid/);
    expect(screen.getByRole('region', { name: 'Where you sign in' }).textContent).toBe('Where you sign inRealmdemoIssuerhttp://localhost:8080/realms/demo');
    expect(screen.getByRole('link', { name: 'Account console' }).getAttribute('href')).toContain('http://localhost:8080/realms/demo/account/');
  });

  it('signs out', async () => {
    const { keycloak, user } = await renderApp('/profile');
    await user.click(await screen.findByRole('button', { name: 'Sign out' }));
    await waitFor(() => { expect(keycloak.logout).toHaveBeenCalledOnce(); });
  });
});
