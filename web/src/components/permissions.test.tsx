import { renderHook, screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it, vi } from 'vitest';
import { failOnComplaints } from '../test/complaints';
import { renderApp } from '../test/renderApp';
import { adminMissing, hold, permissions, problem, server } from '../test/server';
import { usePermissions } from './PermissionsProvider';

const noDepartment = { allowed: false, code: 'claim_missing', missing: 'Requires the claim department', where: undefined };

/** The main menu's links, once the page is there. */
async function menu() {
  await screen.findByRole('heading', { level: 1 });
  return within(screen.getByRole('navigation', { name: 'Main' })).getAllByRole('link').map((link) => link.textContent);
}

it('throws outside its provider', () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  expect(() => renderHook(() => usePermissions())).toThrow('PermissionsProvider');
});

describe('the menu', () => {
  failOnComplaints();

  it('offers nothing that the API refuses, whatever the roles are called', async () => {
    server.use(permissions({ showReport: adminMissing, showBrief: noDepartment }));
    await renderApp();
    await screen.findByRole('list', { name: 'Operations' });
    expect(screen.getByText('admin')).toBeTruthy(); // a role of that name she has
    expect(await menu()).toEqual(['Home', 'Call the API']);
  });

  it('offers nothing while permissions are on their way', async () => {
    const { held, answer } = hold();
    server.use(http.get('/api/me/permissions', async () => { await held; }, { once: true }));
    await renderApp();
    expect(await screen.findByRole('heading', { level: 1, name: /Alice$/ })).toBeTruthy();
    expect(await menu()).toEqual(['Home', 'Call the API']);
    answer();
    expect(await screen.findByRole('link', { name: 'Reports' })).toBeTruthy();
    expect(await menu()).toEqual(['Home', 'Call the API', 'Reports', 'My department']);
  });

  it('does without what depends on them when they cannot be had', async () => {
    server.use(http.get('/api/me/permissions', () => problem(500, 'internal', 'Something broke')));
    await renderApp();
    expect(await screen.findByText('Something broke')).toBeTruthy();
    expect(await menu()).toEqual(['Home', 'Call the API']);
  });

  it.each([
    ['no value is named', undefined],
    ['none is left', { department: [] }],
  ])('has no department where %s', async (_, where) => {
    server.use(permissions({ showBrief: { where } }));
    await renderApp();
    expect(await screen.findByRole('link', { name: 'Reports' })).toBeTruthy();
    expect(await menu()).not.toContain('My department');
  });

  it('offers the report to whoever may see it, with no role at all', async () => {
    server.use(http.get('/api/me', () => HttpResponse.json({ sub: 'c', roles: [] })));
    await renderApp();
    expect(await screen.findByRole('link', { name: 'Reports' })).toBeTruthy();
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
    await user.click(await screen.findByRole('link', { name: 'My department' }));
    expect(await screen.findByText('You asked for the brief of R&D/Ops 100%.')).toBeTruthy();
    expect(asked).toBe('/api/departments/R%26D%2FOps%20100%25/brief');
    expect(screen.getByRole('link', { name: 'My department' }).getAttribute('aria-current')).toBe('page');
  });
});

describe('the card of what one may do', () => {
  failOnComplaints();
  const card = () => within(screen.getByRole('region', { name: 'What you may do' }));

  it('says when permissions could not be had, and asks again', async () => {
    server.use(http.get('/api/me/permissions', () => HttpResponse.json({ operations: 'all' }), { once: true }));
    const { user } = await renderApp();
    expect((await screen.findByRole('alert')).textContent).toContain('"operations" is not a list');
    expect(screen.getByRole('timer', { name: 'Time left' })).toBeTruthy(); // the other cards stay
    await user.click(card().getByRole('button', { name: 'Try again' }));
    expect(await card().findByRole('list', { name: 'Operations' })).toBeTruthy();
    expect(screen.getByRole('link', { name: 'Reports' })).toBeTruthy();
  });

  it('says when there is nothing to do but what everybody may', async () => {
    server.use(http.get('/api/me/permissions', () => HttpResponse.json({ operations: [{ operation: 'showHealth', method: 'GET', path: '/health', summary: 'Health', open: true, allowed: true }] })));
    await renderApp();
    expect(await screen.findByText(/The API names no operation/)).toBeTruthy();
  });

  it('lists refusals with what is missing, and permissions with their limits, and nothing that everybody may', async () => {
    server.use(permissions({ showReport: adminMissing }));
    await renderApp();
    const rows = within(await screen.findByRole('list', { name: 'Operations' })).getAllByRole('listitem').map((row) => row.textContent);
    expect(rows).toHaveLength(6);
    expect(rows[0]).toBe('✓ AllowedWho is callingGET\u00a0/api/me');
    expect(rows[4]).toBe('✕ RefusedWhat was allowed and refusedGET\u00a0/api/admin/reportsRequires one of: admin');
    expect(rows[5]).toBe('✓ AllowedThe brief of one\'s own departmentGET\u00a0/api/departments/{department}/briefOnly where department is engineering');
  });

  it('asks once, however many look', async () => {
    let asked = 0;
    server.use(http.get('/api/me/permissions', () => { asked++; }));
    const { user } = await renderApp();
    await screen.findByRole('list', { name: 'Operations' });
    await user.click(screen.getByRole('link', { name: 'Call the API' }));
    await screen.findByRole('heading', { level: 1, name: 'Call the API' });
    await user.click(screen.getByRole('link', { name: 'Home' }));
    await screen.findByRole('list', { name: 'Operations' });
    await waitFor(() => { expect(asked).toBe(1); });
  });
});
