import { notifications } from '@mantine/notifications';
import { act, screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { failOnComplaints } from '../test/complaints';
import { FakeNotes } from '../test/notes';
import { renderApp, renderAtServer } from '../test/renderApp';
import { hold, problem, server } from '../test/server';

failOnComplaints();

let notes: FakeNotes;
beforeEach(() => {
  notes = new FakeNotes();
  server.use(...notes.handlers);
});
afterEach(() => { act(() => { notifications.clean(); }); });

const titles = () => screen.getAllByRole('heading', { level: 2 }).map((heading) => heading.textContent);
const card = (title: string) => screen.findByRole('link', { name: title });
const toastOf = async (title: string) => within((await screen.findByText(`“${title}” deleted`)).closest<HTMLElement>('[role="alert"]') ?? document.body);

describe('the list', () => {
  it('says what would be here, and how to write the first one', async () => {
    const { user } = await renderApp('/notes');
    expect(await screen.findByRole('heading', { name: 'No notes yet' })).toBeTruthy();
    expect(screen.queryByRole('link', { name: 'Write a note' })).toBeNull();
    await user.click(await screen.findByRole('link', { name: 'Write the first one' }));
    expect(await screen.findByRole('heading', { level: 1, name: 'New note' })).toBeTruthy();
  });

  it('keeps the shape of what comes, and shows one\'s own notes', async () => {
    notes.add('Of bob', '', 'b0b');
    notes.add('Groceries', 'Bread\nMilk');
    notes.add('Empty');
    const { held, answer } = hold();
    server.use(http.get('/api/notes', async () => { await held; }, { once: true }));
    await renderApp('/notes');
    expect(await screen.findByRole('status', { name: 'Notes' })).toBeTruthy();
    answer();
    await card('Groceries');
    expect(titles()).toEqual(['Empty', 'Groceries']);
    expect(screen.getByText(/Bread\s+Milk/)).toBeTruthy();
    expect(screen.getByText('No text')).toBeTruthy();
    expect(screen.getByText('2 notes')).toBeTruthy();
  });

  it('offers everybody\'s notes to whom the API gives them, without a way to delete them', async () => {
    notes.add('Of bob', '', 'b0b');
    notes.add('Groceries');
    const { user } = await renderApp('/notes');
    await user.click(await screen.findByRole('link', { name: 'Everybody’s' }));
    const heading = await screen.findByRole('heading', { level: 1, name: 'Everybody’s notes' });
    expect(document.activeElement).toBe(heading);
    await card('Of bob');
    expect(screen.getByText(/By b0b$/)).toBeTruthy();
    expect(screen.getByText(/By you$/)).toBeTruthy();
    expect(screen.getAllByRole('button', { name: /^Delete/ }).map((button) => button.getAttribute('aria-label'))).toEqual(['Delete “Groceries”']);
    await user.click(screen.getByRole('link', { name: 'Of bob' }));
    expect(await screen.findByText('b0b')).toBeTruthy();
    expect(screen.queryByRole('textbox')).toBeNull();
  });

  it('does not offer them to others', async () => {
    notes.add('Of bob', '', 'b0b');
    notes.add('Groceries');
    notes.readsAll = false;
    const asked = vi.fn();
    server.events.on('response:mocked', ({ request }) => { asked(new URL(request.url).search); });
    await renderApp('/notes');
    await card('Groceries');
    await waitFor(() => { expect(asked).toHaveBeenCalledWith(''); });
    expect(screen.queryByRole('link', { name: 'Everybody’s' })).toBeNull();
    server.events.removeAllListeners();
  });

  it('gives the API\'s own reason to whom it refuses', async () => {
    server.use(http.get('/api/notes', () => problem(403, 'claim_missing', 'Requires the claim sub')));
    await renderApp('/notes');
    expect(await screen.findByRole('heading', { level: 1, name: 'Refused' })).toBeTruthy();
    expect(screen.getByText('Requires the claim sub')).toBeTruthy();
  });
});

describe('more notes', () => {
  beforeEach(() => {
    notes.pageSize = 2;
    for (const title of ['e', 'd', 'c', 'b', 'a']) notes.add(title);
  });

  it('come at the press of a button that keeps the focus, and leave it to the first of the last page', async () => {
    const { user } = await renderApp('/notes');
    const more = await screen.findByRole('button', { name: 'Show more' });
    await user.click(more);
    await card('d');
    expect(document.activeElement).toBe(more);
    expect(screen.getByText('4 notes, and there are more')).toBeTruthy();
    await user.click(more);
    await card('e');
    expect(titles()).toEqual(['a', 'b', 'c', 'd', 'e']);
    await waitFor(() => { expect(document.activeElement?.textContent).toBe('e'); });
    expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull();
  });

  it('can be asked for again, and what is there stays', async () => {
    const { user } = await renderApp('/notes');
    const more = await screen.findByRole('button', { name: 'Show more' });
    await waitFor(() => { expect(screen.getAllByRole('listitem')).toHaveLength(2); });
    server.use(http.get('/api/notes', () => problem(503, 'store_unavailable', 'The database is away'), { once: true }));
    await user.click(more);
    expect(await screen.findByText('The database is away')).toBeTruthy();
    expect(titles()).toContain('a');
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    await card('d');
    expect(screen.queryByText('The database is away')).toBeNull();
  });
});

describe('deleting', () => {
  it('takes the note away at once, and puts the focus on the next one', async () => {
    for (const title of ['c', 'b', 'a']) notes.add(title);
    const { user } = await renderApp('/notes');
    await card('b');
    await user.click(await screen.findByRole('button', { name: 'Delete “b”' }));
    expect(titles()).toEqual(['a', 'c']);
    expect(document.activeElement?.textContent).toBe('c');
    await user.click(screen.getByRole('button', { name: 'Delete “c”' }));
    expect(document.activeElement?.textContent).toBe('a');
    await user.click(screen.getByRole('button', { name: 'Delete “a”' }));
    expect(document.activeElement).toBe(screen.getByRole('heading', { level: 1 }));
    expect(screen.getByRole('heading', { name: 'No notes yet' })).toBeTruthy();
    expect(notes.changes).toEqual([]);
  });

  it('can be undone, each by itself, and then nothing is sent', async () => {
    for (const title of ['b', 'a']) notes.add(title);
    const { user } = await renderApp('/notes');
    await card('a');
    await user.click(await screen.findByRole('button', { name: 'Delete “a”' }));
    await user.click(screen.getByRole('button', { name: 'Delete “b”' }));
    await user.click((await toastOf('a')).getByRole('button', { name: /^Undo/ }));
    expect(titles()).toEqual(['a']);
    expect(document.activeElement?.textContent).toBe('a');
    await user.click((await toastOf('b')).getByRole('button', { name: 'Dismiss' }));
    await waitFor(() => { expect(notes.changes).toEqual(['DELETE b "1" Bearer token-0']); });
    await waitFor(() => { expect(screen.queryByText('“a” deleted')).toBeNull(); });
    expect(titles()).toEqual(['a']);
  });

  it('can be undone by keyboard', async () => {
    notes.add('a');
    const { user } = await renderApp('/notes');
    await card('a');
    await user.click(await screen.findByRole('button', { name: 'Delete “a”' }));
    await user.keyboard('{Control>}z{/Control}');
    expect(document.activeElement?.textContent).toBe('a');
    await waitFor(() => { expect(screen.queryByText('“a” deleted')).toBeNull(); });
    expect(notes.changes).toEqual([]);
  });

  it('tells why when the API refuses, and the note is there again', async () => {
    const note = notes.add('a');
    const { user } = await renderApp('/notes');
    await card('a');
    await user.click(await screen.findByRole('button', { name: 'Delete “a”' }));
    notes.change(note, 'a', 'something new');
    await user.click((await toastOf('a')).getByRole('button', { name: 'Dismiss' }));
    expect(await screen.findByText('“a” was changed elsewhere meanwhile, so it was not deleted.')).toBeTruthy();
    expect(await screen.findByText('something new')).toBeTruthy();
  });

  it('tells when the server did not answer, and the note is there again', async () => {
    notes.add('a');
    const { user } = await renderApp('/notes');
    await card('a');
    server.use(http.delete('/api/notes/:id', () => HttpResponse.error()));
    await user.click(await screen.findByRole('button', { name: 'Delete “a”' }));
    await user.click((await toastOf('a')).getByRole('button', { name: 'Dismiss' }));
    expect(await screen.findByText(/^“a” was not deleted\. The server of this app did not answer/)).toBeTruthy();
    expect(await card('a')).toBeTruthy();
  });

  it('outlives going to another page, and is sent when the page is left', async () => {
    notes.add('a');
    const { user } = await renderApp('/notes');
    await card('a');
    await user.click(await screen.findByRole('button', { name: 'Delete “a”' }));
    await user.click(screen.getByRole('link', { name: 'Home' }));
    await screen.findByRole('heading', { level: 1, name: /Alice/ });
    expect(notes.changes).toEqual([]);
    act(() => { window.dispatchEvent(new Event('pagehide')); });
    await waitFor(() => { expect(notes.changes).toEqual(['DELETE a "1" Bearer token-0']); });
  });

  it('is sent with the latest token that there is, while Keycloak keeps the next one waiting', async () => {
    notes.add('a');
    const { user, session, keycloak } = await renderApp('/notes');
    await card('a');
    await act(() => session.renewedProof({ token: 'token-0' }));
    const { held, answer } = hold();
    keycloak.held = held;
    const now = Date.now() / 1000;
    Object.assign(keycloak.tokenParsed ?? {}, { iat: now - 290, exp: now + 10 }); // the next one is due
    await user.click(await screen.findByRole('button', { name: 'Delete “a”' }));
    act(() => { window.dispatchEvent(new Event('pagehide')); });
    await waitFor(() => { expect(notes.changes).toEqual(['DELETE a "1" Bearer token-1']); });
    await act(async () => {
      answer();
      await held;
    });
  });

  it.each([
    ['signs out', (session: { signOut: () => Promise<void> }) => session.signOut()],
    ['loses the session', (_: unknown, keycloak: { clearToken: () => void }) => { keycloak.clearToken(); return Promise.resolve(); }],
  ])('is sent when the person %s', async (_, leave) => {
    notes.add('a');
    const { user, session, keycloak } = await renderApp('/notes');
    await card('a');
    await user.click(await screen.findByRole('button', { name: 'Delete “a”' }));
    await act(() => leave(session, keycloak));
    await waitFor(() => { expect(notes.changes).toEqual(['DELETE a "1" Bearer token-0']); });
  });

  it.each([
    ['leaves', () => { window.dispatchEvent(new Event('pagehide')); }],
    ['signs out', (session: { signOut: () => Promise<void> }) => { void session.signOut(); }],
  ])('is sent by the cookie when the person %s, before the browser goes', async (_, leave) => {
    notes.add('a');
    const { user, session, app } = await renderAtServer('/notes');
    await card('a');
    const { held, answer } = hold();
    app.held = held; // what the page asks before it leaves
    await user.click(await screen.findByRole('button', { name: 'Delete “a”' }));
    act(() => { leave(session); });
    await waitFor(() => { expect(notes.changes).toEqual(['DELETE a "1" ']); });
    expect(app.sentTo).toEqual([]);
    answer();
  });
});
