import { act, screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { failOnComplaints } from '../test/complaints';
import { jwt, keycloakWith } from '../test/jwt';
import { renderApp, renderAtServer } from '../test/renderApp';
import { problem, server } from '../test/server';

const claims = {
  iss: 'http://localhost:8080/realms/demo', aud: ['keystead-api', 'account'], azp: 'demo', typ: 'Bearer', sub: '11111111-alice',
  exp: 1767600300, iat: 1767600000, auth_time: 1767598500, acr: '1', sid: 'session-7', jti: 'onrtac:42',
  realm_access: { roles: ['user', 'admin'] }, resource_access: { account: { roles: ['view-profile'] } }, scope: 'openid email',
  'allowed-origins': ['http://localhost:8000'], name: 'Alice Archer', preferred_username: 'alice', email: 'alice@example.org', email_verified: false,
  department: 'engineering', shoe: { size: 40 },
};
const token = jwt(claims);

/** What the letter says about a claim. */
async function line(claim: string) {
  const letter = within(await screen.findByRole('region', { name: 'What it says' }));
  return (await letter.findAllByText(claim)).find(({ parentElement }) => parentElement?.tagName === 'DT')?.closest('div')?.textContent;
}

describe('the token in plain words', () => {
  failOnComplaints();

  it('says each claim in a sentence, and which of them the API goes by', async () => {
    await renderApp('/token', keycloakWith(token));
    expect(await line('iss')).toBe('issIssued by http://localhost:8080/realms/demo. The API takes tokens of this realm only.checked at every call');
    expect(await line('aud')).toMatch(/^audMeant for keystead-api and account\. .*checked at every call$/);
    expect(await line('azp')).toContain('Handed to the app demo');
    expect(await line('acr')).toContain('level 1');
    expect(await line('sid')).toContain('your session session-7 at the realm');
    expect(await line('email_verified')).toContain('has not checked');
    expect(await line('exp')).toMatch(/Valid until \d\d:\d\d.*, (5:00|4:59) left\./);
    expect(await line('iat')).toContain('Issued just now, at ');
    expect(await line('resource_access')).toBe('resource_accessAt account you have the roles view-profile.');
    await waitFor(async () => { expect(await line('realm_access')).toBe('realm_accessIn the realm demo you have the roles user and admin.some operations ask for it'); });
    expect(await line('kid')).toContain('Signed by the realm’s key key-1');
  });

  it('shows what nobody here knows, and what is not of its kind, with name and value', async () => {
    await renderApp('/token', keycloakWith(jwt({ ...claims, scope: 7, aud: { a: 1 } })));
    await waitFor(async () => { expect(await line('department')).toBe('departmentengineeringsome operations ask for it'); });
    expect(await line('shoe')).toBe('shoe{"size":40}');
    expect(await line('scope')).toBe('scope7');
    expect(await line('aud')).toContain('{"a":1}');
  });

  it('shows the new one when it is renewed', async () => {
    const { session } = await renderApp('/token', keycloakWith(token, jwt({ ...claims, sid: 'session-8' })));
    expect(await line('sid')).toContain('session-7');
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 290_000); // ten seconds before it runs out
    await act(async () => { await session.freshToken(); });
    await waitFor(async () => { expect(await line('sid')).toContain('session-8'); });
  });

  it.each([
    ['an opaque token', 'f3b1c2d4', 'This token cannot be read', false],
    ['a lightweight token', jwt({ iss: claims.iss, jti: 'onltac:1', exp: 1, iat: 1 }), 'This is a lightweight token', true],
  ])('explains %s', async (_, given, heading, readable) => {
    await renderApp('/token', keycloakWith(given));
    expect(await screen.findByRole('heading', { level: 2, name: heading })).toBeTruthy();
    expect(screen.queryByRole('region', { name: 'What it says' }) !== null).toBe(readable);
  });
});

describe('what each role opens', () => {
  failOnComplaints();
  const card = async () => within(await screen.findByRole('region', { name: 'What each role opens' }));

  it('is what the API\'s policies name, and nothing else', async () => {
    const { user } = await renderApp('/token', keycloakWith(token));
    const link = await (await card()).findByRole('link', { name: /admin\/reports$/ });
    expect((await card()).getAllByRole('link')).toHaveLength(2); // the other one leads to all operations
    const idle = (await card()).getByText(/open nothing here/).parentElement;
    expect(within(idle ?? document.body).getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual(['user', 'view-profile of account']);
    await user.click(link);
    expect(await screen.findByRole('button', { name: 'GET /api/admin/reports', expanded: true })).toBeTruthy();
  });

  it('says when the API did not say', async () => {
    server.use(http.get('/api/me/permissions', () => problem(500, 'internal', 'Something broke')));
    await renderApp('/token', keycloakWith(token));
    expect(await (await card()).findByText('Something broke')).toBeTruthy();
    expect(await line('department')).toBe('departmentengineering');
  });

  it('says when there is no role', async () => {
    await renderApp('/token', keycloakWith(jwt({ ...claims, realm_access: undefined, resource_access: 'none' })));
    expect(await (await card()).findByText('The token names no role.')).toBeTruthy();
  });
});

describe('the token elsewhere', () => {
  failOnComplaints();
  const inThePage = () => document.documentElement.outerHTML.includes(token);
  afterEach(() => { vi.restoreAllMocks(); });

  it('is not in the page until it is asked for, and not when it is hidden', async () => {
    const { user } = await renderApp('/token', keycloakWith(token));
    await line('iss');
    expect(inThePage()).toBe(false);
    await user.click(screen.getByRole('button', { name: 'Show the raw token', expanded: false }));
    expect(await screen.findByText(token)).toBeTruthy();
    expect(screen.getByText(/^Like a password: /)).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Hide the raw token', expanded: true }));
    expect(inThePage()).toBe(false);
  });

  it('is hidden when the tab is, and when the page is left', async () => {
    const { user } = await renderApp('/token', keycloakWith(token));
    await user.click(await screen.findByRole('button', { name: 'Show the raw token' }));
    await screen.findByText(token);
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    act(() => { document.dispatchEvent(new Event('visibilitychange')); });
    expect(inThePage()).toBe(false);
    hidden.mockReturnValue(false);
    act(() => { document.dispatchEvent(new Event('visibilitychange')); });
    expect(inThePage(), 'it stays hidden').toBe(false);

    await user.click(screen.getByRole('button', { name: 'Show the raw token' }));
    await screen.findByText(token);
    await user.click(screen.getByRole('link', { name: 'Home' }));
    await screen.findByRole('heading', { level: 1, name: /Alice/ });
    expect(inThePage()).toBe(false);
  });

  it('is the new one when it is renewed while it is shown', async () => {
    const next = jwt({ ...claims, sid: 'session-8' });
    const { user, session } = await renderApp('/token', keycloakWith(token, next));
    await user.click(await screen.findByRole('button', { name: 'Show the raw token' }));
    await screen.findByText(token);
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 290_000);
    await act(async () => { await session.freshToken(); });
    expect(await screen.findByText(next)).toBeTruthy();
    expect(inThePage()).toBe(false);
  });

  it('goes to the clipboard as a command', async () => {
    const { user } = await renderApp('/token', keycloakWith(token));
    await user.click(await screen.findByRole('button', { name: 'Copy as curl' }));
    expect(await screen.findByText(/^Copied\. /)).toBeTruthy();
    expect(await navigator.clipboard.readText()).toBe(`curl \\\n  'http://localhost:8000/api/me' \\\n  -H 'Authorization: Bearer ${token}'`);
    expect(inThePage()).toBe(false);
  });

  it('says what to do when the browser lets nothing be copied', async () => {
    const { user } = await renderApp('/token', keycloakWith(token));
    vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new DOMException('no', 'NotAllowedError'));
    await user.click(await screen.findByRole('button', { name: 'Copy as curl' }));
    expect(await screen.findByText(/did not let the page copy it/)).toBeTruthy();
    expect(inThePage()).toBe(false);
  });

  it('leaves no trace in storage, the address or the log', async () => {
    const log = vi.spyOn(console, 'log');
    const { user } = await renderApp('/token', keycloakWith(token));
    await user.click(await screen.findByRole('button', { name: 'Show the raw token' }));
    await screen.findByText(token);
    const kept = JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), window.location.href, document.cookie, log.mock.calls]);
    expect(kept).not.toContain(token.split('.')[1]);
  });
});

describe('a token that the app\'s server keeps', () => {
  failOnComplaints();

  function claimed(given: { claims: unknown } = { claims }) {
    server.use(http.get('/secured', ({ request }) => (request.headers.has('Authorization') ? problem(400, 'request_malformed', 'Two proofs') : HttpResponse.json(given))));
  }

  it('is explained by what the API read in it', async () => {
    const now = Math.floor(Date.now() / 1000);
    claimed({ claims: { ...claims, iat: now, exp: now + 300, auth_time: now - 7200 } });
    await renderAtServer('/token');
    expect(await line('iss')).toContain('Issued by http://localhost:8080/realms/demo.');
    expect(await line('exp')).toMatch(/Valid until \d\d:\d\d.*, (5:00|4:5\d) left\./);
    expect(await line('auth_time')).toContain('2 h ago');
    expect(screen.getByRole('timer', { name: 'Time left' }).textContent).toMatch(/^(5:00|4:5\d)$/);
    expect(screen.queryByRole('heading', { name: 'The seal' }), 'of that nobody tells').toBeNull();
    expect(screen.getByText('The claims as JSON')).toBeTruthy();
    expect(screen.queryByText('The header as JSON')).toBeNull();
    expect(await (within(await screen.findByRole('region', { name: 'What each role opens' }))).findByRole('link', { name: /admin\/reports$/ })).toBeTruthy();
  });

  it('cannot be copied or shown, and the page says why', async () => {
    claimed();
    await renderAtServer('/token');
    expect((await screen.findByRole('region', { name: 'Where it is' })).textContent).toMatch(/^Where it isNot in this browser, so there is no token to copy or to show/);
    expect(screen.queryByRole('region', { name: 'Use it elsewhere' })).toBeNull();
    expect(screen.queryByRole('button', { name: /curl|raw token/ })).toBeNull();
  });

  it('says when the API gives no claims', async () => {
    claimed({ claims: 'none' });
    await renderAtServer('/token');
    expect(await screen.findByText(/unexpected shape: "claims" is not an object/)).toBeTruthy();
  });
});
