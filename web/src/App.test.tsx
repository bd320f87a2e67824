import { act, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { describe, expect, it, vi } from 'vitest';
import { App } from './App';
import { Session } from './auth/session';
import { failOnComplaints } from './test/complaints';
import { FakeKeycloak, settings } from './test/fakeKeycloak';
import { renderApp } from './test/renderApp';
import { adminMissing, discoveryURL, permissions, problem, server } from './test/server';

const refusal = http.get('/api/admin/reports', () => problem(403, 'role_missing', 'Requires one of: admin'));

failOnComplaints();

describe('the way in', () => {
  async function renderSignedOut() {
    const keycloak = new FakeKeycloak();
    const session = new Session(settings, keycloak);
    await session.start();
    render(<App session={session} />);
    return { keycloak, user: userEvent.setup() };
  }

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
    server.use(http.get(discoveryURL, () => HttpResponse.error(), { once: true }));
    const { keycloak, user } = await renderSignedOut();
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => { expect(keycloak.init).toHaveBeenCalledOnce(); });
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

describe('reports', () => {
  it('are refused to bob with the API\'s own reason', async () => {
    server.use(permissions({ showReport: adminMissing }), refusal);
    await renderApp('/admin/reports');
    expect(await screen.findByRole('heading', { level: 1, name: 'Refused' })).toBeTruthy();
    const reason = within(screen.getByRole('region', { name: 'Reason' }));
    expect(reason.getByText('Requires one of: admin')).toBeTruthy();
    expect(reason.getByText('role_missing')).toBeTruthy();
    expect(reason.getByText('req-1')).toBeTruthy();
    expect(reason.getByRole('link', { name: 'Back to home' })).toBeTruthy();
  });

  it('say when the server cannot judge, and can be tried again', async () => {
    server.use(
      http.get('/api/admin/reports', () => problem(503, 'keys_unavailable', 'No keys of the realm yet'), { once: true }),
      http.get('/api/admin/reports', () => HttpResponse.json({
        generated_by: 'a', generated_at: new Date().toISOString(), since: '2026-01-05T08:00:00Z', allowed: 12, refused: 3, refused_by_code: { token_missing: 1, role_missing: 2 },
      })),
    );
    const { user } = await renderApp('/admin/reports');
    expect(await screen.findByText('No keys of the realm yet')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect((await screen.findByRole('region', { name: 'Allowed' })).textContent).toContain('12');
    expect(screen.getAllByRole('row').map((row) => row.textContent)).toEqual(['ReasonTimes', 'role_missing2', 'token_missing1']);
    expect(screen.getByRole('button', { name: 'Count again' })).toBeTruthy();
  });

  it('are one click away for alice; title and focus follow', async () => {
    server.use(refusal);
    const { user } = await renderApp();
    await user.click(await screen.findByRole('link', { name: 'Reports' }));
    const heading = await screen.findByRole('heading', { level: 1, name: 'Refused' });
    expect(document.activeElement).toBe(heading);
    expect(document.title).toBe('Refused · Keystead');
  });
});

describe('home', () => {
  it('says once that the API is away, and asks for everything again', async () => {
    server.use(
      http.get('/api/me', () => HttpResponse.error(), { once: true }),
      http.get('/api/me/permissions', () => HttpResponse.error(), { once: true }),
    );
    const { user } = await renderApp();
    expect((await screen.findByRole('alert')).textContent).toContain('did not answer');
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('heading', { level: 1, name: /Alice$/ })).toBeTruthy();
    expect(await screen.findByRole('list', { name: 'Operations' })).toBeTruthy();
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('tells who has no roles what to do', async () => {
    server.use(http.get('/api/me', () => HttpResponse.json({ sub: 'c', username: 'carol', roles: [] })));
    await renderApp();
    expect(await screen.findByText(/You have no role in the realm/)).toBeTruthy();
  });

  it('greets alice, with her roles and her token', async () => {
    await renderApp();
    expect(await screen.findByRole('heading', { level: 1, name: /^Good \w+, Alice$/ })).toBeTruthy();
    expect(within(screen.getByRole('list', { name: 'Realm roles' })).getAllByRole('listitem').map((chip) => chip.textContent)).toEqual(['admin', 'user']);
    expect(screen.getByRole('list', { name: 'Roles of client account' }).textContent).toBe('view-profile');
    expect(screen.getByRole('timer', { name: 'Time left' }).textContent).toMatch(/^(5:00|4:5\d)$/);
  });
});

describe('calling the API', () => {
  it('says beforehand what will be refused, and lets it be tried', async () => {
    server.use(permissions({ showReport: adminMissing }), refusal);
    const { user } = await renderApp('/try');
    await user.click(await screen.findByRole('button', { name: 'Call /api/admin/reports', description: 'Refused. Requires one of: admin' }));
    expect(await screen.findByText('403 Requires one of: admin')).toBeTruthy();
    expect(screen.getByRole('button', { name: 'Call /secured', description: 'Allowed' })).toBeTruthy();
  });

  it('goes by the department that was typed', async () => {
    const { user } = await renderApp('/try');
    const department = await screen.findByDisplayValue('engineering');
    const button = screen.getByRole('button', { name: 'Call /api/departments/…/brief', description: 'Allowed. Only where department is engineering' });
    await user.clear(department);
    await user.type(department, 'a/b?c');
    expect(screen.getByRole('button', { description: 'Refused. Only where department is engineering' })).toBe(button);
    await user.click(button);
    expect(await screen.findByText(/^403 .* not a\/b\?c$/)).toBeTruthy();
    expect(screen.getByText('GET /api/departments/a%2Fb%3Fc/brief')).toBeTruthy();
  });

  it('asks for a department before it asks the API', async () => {
    server.use(permissions({ showBrief: { allowed: false, code: 'claim_missing', missing: 'Requires the claim department', where: undefined } }));
    const { user } = await renderApp('/try');
    const button = await screen.findByRole('button', { name: /brief$/, description: 'Refused. Requires the claim department' });
    expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Department' }).value).toBe('');
    await user.click(button);
    expect(screen.getByText(/^Nothing was called yet/)).toBeTruthy();
  });

  it('works, and says so, when nobody knows what is allowed', async () => {
    server.use(
      http.get('/api/me/permissions', () => problem(404, 'not_found', 'There is nothing at /api/me/permissions')),
      http.get('/secured', () => HttpResponse.json({ claims: {} })),
    );
    const { user } = await renderApp('/try');
    await user.click(await screen.findByRole('button', { name: 'Call /secured', description: 'Whether you may is not known.' }));
    expect(await screen.findByText('200 allowed')).toBeTruthy();
  });

  it('brings an answer into view that came below the screen, once it is there', async () => {
    const into = vi.fn();
    Element.prototype.scrollIntoView = into; // jsdom lays nothing out, and has none
    vi.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue(new DOMRect(0, 2000, 300, 300));
    const { user } = await renderApp('/try');
    const button = await screen.findByRole('button', { name: 'Call /api/departments/…/brief', description: /^Allowed/ });
    expect(into).not.toHaveBeenCalled();
    await user.click(button);
    await screen.findByText('200 allowed');
    expect(into).toHaveBeenCalledOnce();
  });

  it('shows a refusal with its code and request id', async () => {
    server.use(http.get('/secured', () => problem(401, 'token_audience', 'audience "x" holds none of "keystead-api"')));
    const { user } = await renderApp('/try');
    await user.click(await screen.findByRole('button', { name: 'Call /secured' }));
    const answer = within(screen.getByRole('region', { name: 'Answer' }));
    expect(await answer.findByText('token_audience')).toBeTruthy();
    expect(answer.getByText('401 audience "x" holds none of "keystead-api"')).toBeTruthy();
    expect(answer.getByText('req-1')).toBeTruthy();
  });

  it('says when no answer came, and asks the same again', async () => {
    server.use(
      http.get('/secured', () => HttpResponse.error(), { once: true }),
      http.get('/secured', () => HttpResponse.json({ claims: { sub: 'alice-1' } })),
    );
    const { user } = await renderApp('/try');
    await user.click(await screen.findByRole('button', { name: 'Call /secured' }));
    await user.click(await screen.findByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('200 allowed')).toBeTruthy();
    expect(screen.getByRole('region', { name: 'Answer' }).textContent).toContain('"sub": "alice-1"');
  });

  it('sends a message of one\'s own', async () => {
    server.use(http.get('/protected', ({ request }) => HttpResponse.json({ message: `${new URL(request.url).searchParams.get('message') ?? ''}Received`, user: {} })));
    const { user } = await renderApp('/try');
    const message = await screen.findByRole('textbox', { name: 'Message' });
    await user.clear(message);
    await user.type(message, 'a&b c');
    await user.click(screen.getByRole('button', { name: 'Call /protected' }));
    expect(await screen.findByText(/"message": "a&b cReceived"/)).toBeTruthy();
  });
});

describe('the way out', () => {
  it('tells that the session has ended, at the same address', async () => {
    const { keycloak } = await renderApp('/try');
    await screen.findByRole('heading', { name: 'Call the API' });
    act(() => { keycloak.clearToken(); });
    expect(screen.getByRole('heading', { name: 'Your session has ended' })).toBeTruthy();
    expect(screen.getByRole('button', { name: 'Sign in again' })).toBeTruthy();
    expect(window.location.pathname).toBe('/try');
  });

  it('signs out through Keycloak', async () => {
    const { keycloak, user } = await renderApp();
    await user.click(await screen.findByRole('button', { name: 'Sign out' }));
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
