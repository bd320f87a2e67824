import { screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { failOnComplaints } from '../test/complaints';
import { renderApp } from '../test/renderApp';
import { hold, problem, server } from '../test/server';

describe('a department', () => {
  failOnComplaints();

  it('that is not one\'s own is refused with the API\'s reason, and one\'s own is a click away', async () => {
    const { user } = await renderApp('/departments/sales');
    expect(await screen.findByRole('heading', { level: 1, name: 'Refused' })).toBeTruthy();
    expect(screen.getByText('You asked for the brief of sales.')).toBeTruthy();
    const reason = within(screen.getByRole('region', { name: 'Reason' }));
    expect(reason.getByText(/it is engineering, not sales$/)).toBeTruthy();
    expect(reason.getByText('claim_mismatch')).toBeTruthy();
    expect(reason.getByText('req-1')).toBeTruthy();
    expect((await reason.findByRole('link', { name: 'Your own department: engineering' })).getAttribute('href')).toBe('/departments/engineering');

    const { held, answer } = hold();
    server.use(http.get('/api/departments/engineering/brief', async () => { await held; }, { once: true }));
    await user.click(await screen.findByRole('link', { name: 'My department' }));
    expect(await screen.findByRole('status', { name: 'the brief of engineering' })).toBeTruthy();
    expect(screen.queryByText('claim_mismatch')).toBeNull(); // nothing of the other department is left
    answer();
    expect(await screen.findByRole('region', { name: 'The brief' })).toBeTruthy();
  });

  it('says when the server cannot judge, and can be tried again', async () => {
    server.use(http.get('/api/departments/:department/brief', () => problem(503, 'keys_unavailable', 'No keys of the realm yet'), { once: true }));
    const { user } = await renderApp('/departments/engineering');
    expect(await screen.findByText('No keys of the realm yet')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('region', { name: 'The brief' })).toBeTruthy();
  });

  it('refuses an answer of another shape', async () => {
    server.use(http.get('/api/departments/:department/brief', () => HttpResponse.json({ department: 'engineering', prepared_for: 'A', prepared_at: 'soon', granted_by: 'x' })));
    await renderApp('/departments/engineering');
    expect((await screen.findByRole('alert')).textContent).toContain('"prepared_at" is not a time');
  });

  it('is asked for even when permissions cannot be had', async () => {
    server.use(http.get('/api/me/permissions', () => HttpResponse.error()));
    await renderApp('/departments/engineering');
    expect(await screen.findByRole('region', { name: 'The brief' })).toBeTruthy();
    expect(screen.queryByRole('link', { name: 'My department' })).toBeNull();
  });

  it('shows what is on its way, then the brief and what opened it', async () => {
    const { held, answer } = hold();
    server.use(http.get('/api/departments/:department/brief', async () => { await held; }, { once: true }));
    await renderApp('/departments/engineering');
    expect(await screen.findByRole('status', { name: 'the brief of engineering' })).toBeTruthy();
    answer();
    const brief = await screen.findByRole('region', { name: 'The brief' });
    expect(screen.getByRole('heading', { level: 1, name: 'Department engineering' })).toBeTruthy();
    for (const words of ['engineering', 'Alice Archer', 'just now', 'claim department equal to the address\'s department']) {
      expect(within(brief).getByText(words)).toBeTruthy();
    }
    expect(screen.queryByRole('status', { name: 'the brief of engineering' })).toBeNull();
  });
});
