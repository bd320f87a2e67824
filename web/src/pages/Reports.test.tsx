import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { failOnComplaints } from '../test/complaints';
import { renderApp } from '../test/renderApp';
import { adminMissing, hold, me, permissions, problem, server } from '../test/server';

const refusal = http.get('/api/admin/reports', () => problem(403, 'role_missing', 'Requires one of: admin'));
const report = (changes: object = {}) => HttpResponse.json({
  generated_by: 'a11ce', generated_at: new Date().toISOString(), since: '2026-01-05T08:00:00Z', allowed: 12, refused: 3,
  refused_by_code: { token_missing: 1, role_missing: 2 }, ...changes,
});
const figure = async (name: string) => (await screen.findByRole('region', { name })).textContent;

describe('reports', () => {
  failOnComplaints();

  it('are refused to bob with the API\'s own reason, beside what he has', async () => {
    server.use(permissions({ showReport: adminMissing }), refusal, http.get('/api/me', () => HttpResponse.json({ ...me, roles: ['user'] })));
    const { user } = await renderApp('/admin/reports');
    expect(await screen.findByRole('heading', { level: 1, name: 'Refused' })).toBeTruthy();
    expect(screen.getByText('You asked for the reports.')).toBeTruthy();
    const reason = within(screen.getByRole('region', { name: 'Reason' }));
    expect(reason.getByText('Requires one of: admin')).toBeTruthy();
    expect((await reason.findByRole('list', { name: 'Realm roles you have' })).textContent).toBe('user');
    expect(reason.getByText('role_missing')).toBeTruthy();
    expect(reason.getByRole('link', { name: 'Back to home' })).toBeTruthy();

    await user.click(reason.getByRole('button', { name: 'Copy the request id' }));
    expect(await navigator.clipboard.readText()).toBe('req-1');
    expect(reason.getByRole('status').textContent).toBe('Copied');
  });

  it('open as soon as the role is granted', async () => {
    server.use(refusal);
    const { user } = await renderApp('/admin/reports');
    const again = await screen.findByRole('button', { name: 'Ask again' });
    server.use(http.get('/api/admin/reports', () => report()));
    await user.click(again);
    expect(await screen.findByRole('heading', { level: 1, name: 'Reports' })).toBeTruthy();
  });

  it('say when the server cannot judge, and can be tried again', async () => {
    server.use(
      http.get('/api/admin/reports', () => problem(503, 'keys_unavailable', 'No keys of the realm yet'), { once: true }),
      http.get('/api/admin/reports', () => report()),
    );
    const { user } = await renderApp('/admin/reports');
    expect(await screen.findByText('No keys of the realm yet')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await figure('Allowed')).toBe('✓ Allowed12 calls');
  });

  it('name the most frequent reason first, in words where there are some', async () => {
    server.use(http.get('/api/admin/reports', () => report({ refused_by_code: { token_missing: 1, novel: 2 } })));
    await renderApp('/admin/reports');
    const rows = (await screen.findAllByRole('row')).map((row) => row.textContent);
    expect(rows).toEqual(['ReasonShareTimes', 'novel67 %2', 'No access token came with the calltoken_missing33 %1']);
  });

  it('have no table before anything was refused', async () => {
    server.use(http.get('/api/admin/reports', () => report({ refused: 0, refused_by_code: {} })));
    await renderApp('/admin/reports');
    expect(await screen.findByText(/^Nothing was refused yet/)).toBeTruthy();
    expect(screen.queryByRole('table')).toBeNull();
  });

  it('are counted again on request, and stay when that does not work', async () => {
    server.use(http.get('/api/admin/reports', () => report()));
    const { user } = await renderApp('/admin/reports');
    const again = await screen.findByRole('button', { name: 'Count again' });
    const { held, answer } = hold();
    server.use(http.get('/api/admin/reports', async () => { await held; return report({ allowed: 13 }); }, { once: true }));
    await user.click(again);
    expect(await screen.findByRole('button', { name: 'Counting …' })).toBe(document.activeElement);
    expect(await figure('Allowed')).toBe('✓ Allowed12 calls');
    answer();
    await waitFor(async () => { expect(await figure('Allowed')).toBe('✓ Allowed13 calls'); });

    server.use(http.get('/api/admin/reports', () => problem(503, 'keys_unavailable', 'No keys of the realm yet')));
    await user.click(screen.getByRole('button', { name: 'Count again' }));
    expect((await screen.findByRole('alert')).textContent).toContain('No keys of the realm yet');
    expect(await figure('Allowed')).toBe('✓ Allowed13 calls');
  });

  it('are one click away for alice; title and focus follow', async () => {
    server.use(refusal);
    const { user } = await renderApp();
    await user.click(within(screen.getByRole('banner')).getByRole('link', { name: 'Token' }));
    const nav = within(screen.getByRole('navigation', { name: 'Main' }));
    await user.click(await nav.findByRole('link', { name: 'Reports' }));
    const heading = await screen.findByRole('heading', { level: 1, name: 'Refused' });
    expect(document.activeElement).toBe(heading);
    expect(document.title).toBe('Refused · Keystead');
  });
});
