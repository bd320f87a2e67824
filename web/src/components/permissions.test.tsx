import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { failOnComplaints } from '../test/complaints';
import { renderApp } from '../test/renderApp';
import { adminMissing, hold, me, permissions, problem, server } from '../test/server';

const noDepartment = { allowed: false, code: 'claim_missing', missing: 'Requires the claim department', where: undefined };

/** The main menu's links, once the page is there. */
async function menu() {
  await screen.findByRole('heading', { level: 1 });
  return within(screen.getByRole('navigation', { name: 'Main' })).getAllByRole('link').map((link) => link.textContent);
}

/** A link of the main menu that may come late. */
const inMenu = (name: string) => within(screen.getByRole('navigation', { name: 'Main' })).findByRole('link', { name });

describe('the menu', () => {
  failOnComplaints();

  it('offers nothing that the API refuses, whatever the roles are called', async () => {
    server.use(permissions({ showReport: adminMissing, showBrief: noDepartment }));
    await renderApp();
    await screen.findByRole('list', { name: 'Allowed' });
    expect(await screen.findByText('admin')).toBeTruthy(); // a role of that name she has
    expect(await menu()).toEqual(['Home', 'API', 'Token']);
  });

  it('offers nothing while permissions are on their way', async () => {
    const { held, answer } = hold();
    server.use(http.get('/api/me/permissions', async () => { await held; }, { once: true }));
    await renderApp();
    expect(await screen.findByRole('heading', { level: 1, name: /Alice$/ })).toBeTruthy();
    expect(await menu()).toEqual(['Home', 'API', 'Token']);
    answer();
    expect(await inMenu('Reports')).toBeTruthy();
    expect(await menu()).toEqual(['Home', 'API', 'Token', 'My department', 'Reports']);
  });

  it('does without what depends on them when they cannot be had', async () => {
    server.use(http.get('/api/me/permissions', () => problem(500, 'internal', 'Something broke')));
    await renderApp();
    expect(await screen.findByText('Something broke')).toBeTruthy();
    expect(await menu()).toEqual(['Home', 'API', 'Token']);
  });

  it.each([
    ['no value is named', undefined],
    ['none is left', { department: [] }],
  ])('has no department where %s', async (_, where) => {
    server.use(permissions({ showBrief: { where } }));
    await renderApp();
    expect(await inMenu('Reports')).toBeTruthy();
    expect(await menu()).not.toContain('My department');
  });

  it('offers the report to whoever may see it, with no role at all', async () => {
    server.use(http.get('/api/me', () => HttpResponse.json({ ...me, roles: [] })));
    await renderApp();
    expect(await inMenu('Reports')).toBeTruthy();
  });

  it('leads to one\'s own department, even if its name needs care', async () => {
    let asked = '';
    server.use(
      permissions({ showBrief: { where: { department: ['R&D/Ops 100%'] } } }),
      http.get('/api/departments/:department/brief', ({ request }) => {
        asked = new URL(request.url).pathname;
        return problem(403, 'claim_mismatch', 'no');
      }),
    );
    const { user } = await renderApp();
    await user.click(await inMenu('My department'));
    expect(await screen.findByText('You asked for the brief of R&D/Ops 100%.')).toBeTruthy();
    expect(asked).toBe('/api/departments/R%26D%2FOps%20100%25/brief');
    expect((await inMenu('My department')).getAttribute('aria-current')).toBe('page');
  });
});

describe('the card of what one may do', () => {
  failOnComplaints();
  const card = () => within(screen.getByRole('region', { name: 'What you may do' }));
  const entries = async (name: string) => within(await screen.findByRole('list', { name })).getAllByRole('listitem').map((entry) => entry.textContent);

  it('says when permissions could not be had, and asks again', async () => {
    server.use(http.get('/api/me/permissions', () => HttpResponse.json({ operations: 'all' })));
    const { user } = await renderApp();
    expect((await screen.findByRole('alert', undefined, { timeout: 3000 })).textContent).toContain('"operations" is not a list');
    expect(screen.getByRole('timer', { name: 'Time left' })).toBeTruthy(); // the other cards stay
    server.resetHandlers();
    await user.click(card().getByRole('button', { name: 'Try again' }));
    expect(await card().findByRole('list', { name: 'Allowed' })).toBeTruthy();
    expect(await inMenu('Reports')).toBeTruthy();
  });

  it('says when there is nothing to do but what everybody may', async () => {
    server.use(http.get('/api/me/permissions', () => HttpResponse.json({ operations: [{ operation: 'showHealth', method: 'GET', path: '/health', summary: 'Health', requires: 'nothing', open: true, allowed: true }] })));
    await renderApp();
    expect(await screen.findByText(/The API names no operation/)).toBeTruthy();
  });

  it('lists refusals with what is missing, and permissions with their limits, and nothing that everybody may', async () => {
    server.use(permissions({ showReport: adminMissing }));
    await renderApp();
    expect(await entries('Allowed')).toEqual([
      'Who is calling', 'What the caller may do', 'Every claim of the token', 'A message, received',
      'The brief of one\'s own departmentOnly where department is engineering',
    ]);
    expect(await entries('Refused')).toEqual(['What was allowed and refusedRequires one of: admin']);
  });

  it('has no list of refusals where there are none', async () => {
    await renderApp();
    expect(await entries('Allowed')).toHaveLength(6);
    expect(screen.queryByRole('list', { name: 'Refused' })).toBeNull();
  });

  it('asks once, however many look', async () => {
    let asked = 0;
    server.use(http.get('/api/me/permissions', () => { asked++; }));
    const { user } = await renderApp();
    await screen.findByRole('list', { name: 'Allowed' });
    await user.click(await inMenu('API'));
    await waitFor(() => { expect(screen.getByRole('heading', { level: 1 }).textContent).not.toContain('Alice'); });
    await user.click(await inMenu('Home'));
    await screen.findByRole('list', { name: 'Allowed' });
    expect(asked).toBe(1);
  });
});
