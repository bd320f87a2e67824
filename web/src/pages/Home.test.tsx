import { screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { failOnComplaints } from '../test/complaints';
import { FakeKeycloak } from '../test/fakeKeycloak';
import { renderApp, renderAtServer } from '../test/renderApp';
import { adminMissing, hold, me, permissions, problem, server } from '../test/server';

describe('home', () => {
  failOnComplaints();

  it('greets alice, with her roles, her token and the end of her session', async () => {
    await renderApp();
    expect(await screen.findByRole('heading', { level: 1, name: /^Good \w+, Alice$/ })).toBeTruthy();
    const who = within(screen.getByRole('region', { name: 'Who you are' }));
    for (const fact of ['Alice Archer', 'alice', 'alice@example.org']) expect(who.getByText(fact)).toBeTruthy();
    expect(within(who.getByRole('list', { name: 'Realm roles' })).getAllByRole('listitem').map((chip) => chip.textContent)).toEqual(['admin', 'user']);
    expect(screen.getByRole('timer', { name: 'Time left' }).textContent).toMatch(/^(5:00|4:5\d)$/);
    expect(screen.getByText(/^Signed in to the realm demo\. Your session would end in/).textContent).toBe('Signed in to the realm demo. Your session would end in 30 m without you.');
  });

  it('keeps quiet about the end of a session that has none', async () => {
    const keycloak = new FakeKeycloak();
    await renderApp('/', Object.assign(keycloak, { init: () => keycloak.updateToken().then(() => { delete keycloak.refreshTokenParsed; return true; }) }));
    expect((await screen.findByText(/^Signed in to the realm demo\./)).textContent).toBe('Signed in to the realm demo.');
  });

  it('has the same to say where the token is kept by the app\'s server', async () => {
    const now = Date.now();
    server.use(http.get('/api/me', () => HttpResponse.json({ ...me, issued_at: new Date(now).toISOString(), expires_at: new Date(now + 300_000).toISOString() })));
    await renderAtServer();
    const token = within(await screen.findByRole('region', { name: 'Your access token' }));
    expect((await token.findByRole('timer', { name: 'Time left' })).textContent).toMatch(/^(5:00|4:5\d)$/);
    expect(token.getByText('It is not in this browser: the server of this app keeps it, and renews it as you go on.')).toBeTruthy();
    expect(screen.getByText(/^Signed in to the realm demo\. Your session would end in/).textContent).toBe('Signed in to the realm demo. Your session would end in 30 m without you.');
    expect(within(screen.getByRole('region', { name: 'Your session' })).getByText('Ends, unless you go on')).toBeTruthy();
  });

  it('says that a token at the server has run out', async () => {
    await renderAtServer(); // the one of `me` is an old one
    expect(await screen.findByText(/^It has expired\. At your next call the server/)).toBeTruthy();
  });

  it('tells who has no roles what to do', async () => {
    server.use(http.get('/api/me', () => HttpResponse.json({ ...me, roles: [] })));
    await renderApp();
    expect(await screen.findByText(/You have no role in the realm/)).toBeTruthy();
  });

  it('says once that the API is away, and asks for everything again', async () => {
    const away = ['/api/me', '/api/me/permissions'].map((path) => http.get(path, () => HttpResponse.error()));
    server.use(...away);
    const { user } = await renderApp();
    expect((await screen.findByRole('alert', undefined, { timeout: 3000 })).textContent).toContain('did not answer');
    server.resetHandlers();
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('heading', { level: 1, name: /Alice$/ })).toBeTruthy();
    expect(await screen.findByRole('list', { name: 'Allowed' })).toBeTruthy();
    expect(screen.queryByRole('alert')).toBeNull();
  });
});

describe('the quick links', () => {
  failOnComplaints();
  const links = async () => within(await screen.findByRole('navigation', { name: 'Where to go' })).getAllByRole('link').map((link) => link.getAttribute('href'));

  it('lead wherever alice may go', async () => {
    await renderApp();
    expect(await links()).toEqual(['/operations', '/token', '/departments/engineering', '/admin/reports']);
  });

  it('leave out what the API refuses', async () => {
    server.use(permissions({ showReport: adminMissing, showBrief: { allowed: false, missing: 'Requires the claim department', where: undefined } }));
    await renderApp();
    expect(await links()).toEqual(['/operations', '/token']);
  });

  it('wait until it is known what is allowed, and do without when that cannot be had', async () => {
    const { held, answer } = hold();
    server.use(http.get('/api/me/permissions', async () => { await held; return problem(500, 'internal', 'Something broke'); }));
    await renderApp();
    await screen.findByRole('heading', { level: 1, name: /Alice$/ });
    expect(screen.queryByRole('navigation', { name: 'Where to go' })).toBeNull();
    answer();
    expect(await links()).toEqual(['/operations', '/token']);
  });
});
