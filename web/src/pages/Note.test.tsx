import { notifications } from '@mantine/notifications';
import { act, cleanup, screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failOnComplaints } from '../test/complaints';
import { FakeNotes, type StoredNote } from '../test/notes';
import { renderApp, renderAtServer } from '../test/renderApp';
import { hold, problem, server } from '../test/server';

failOnComplaints();

let notes: FakeNotes;
beforeEach(() => {
  notes = new FakeNotes();
  server.use(...notes.handlers);
});
afterEach(() => { act(() => { notifications.clean(); }); });

const title = () => screen.findByRole<HTMLInputElement>('textbox', { name: 'Title' });
const text = () => screen.findByRole<HTMLTextAreaElement>('textbox', { name: 'Text' });
const saved = () => screen.findByText('Saved', { selector: '[role=status]' });
const button = (name: string) => screen.findByRole('button', { name });

/** Opens a note and types at its end. */
async function openAndType(note: StoredNote, more: string) {
  const app = await renderApp(`/notes/${note.id}`);
  await app.user.type(await text(), more);
  return app;
}

describe('a new note', () => {
  it('is saved, and then stands at an address of its own', async () => {
    const { user } = await renderApp('/notes/new');
    await user.type(await title(), 'Groceries');
    await user.type(await text(), 'Bread{Enter}Milk');
    await user.click(await button('Save'));
    expect(await screen.findByRole('heading', { level: 1, name: 'Groceries' })).toBeTruthy();
    expect(notes.stored).toMatchObject([{ title: 'Groceries', text: 'Bread\nMilk' }]);
    expect(window.location.pathname).toBe(`/notes/${notes.stored[0]?.id ?? ''}`);
    expect(JSON.stringify(sessionStorage)).not.toContain('Groceries');
    await user.click(screen.getByRole('link', { name: 'All notes' }));
    expect(await screen.findByRole('link', { name: 'Groceries' })).toBeTruthy();
  });

  it('is in the list at once, however long that takes to be read again', async () => {
    notes.add('Older');
    const { user } = await renderApp('/notes');
    await user.click(await screen.findByRole('link', { name: 'Write a note' }));
    await user.type(await title(), 'Newer');
    const { held, answer } = hold();
    server.use(http.get('/api/notes', async () => { await held; }));
    await user.click(await button('Save'));
    await screen.findByRole('heading', { level: 1, name: 'Newer' });
    await user.click(screen.getByRole('link', { name: 'All notes' }));
    await screen.findByRole('link', { name: 'Older' });
    expect(screen.getByRole('link', { name: 'Newer' })).toBeTruthy();
    answer();
  });

  it('wants a title, and says so at the field', async () => {
    const { user } = await renderApp('/notes/new');
    await user.type(await text(), 'Bread');
    await user.click(await button('Save'));
    const field = await screen.findByRole('textbox', { name: 'Title', description: /^Give it a title/ });
    expect(document.activeElement).toBe(field);
    expect(notes.changes).toEqual([]);
    await user.type(field, 'a');
    expect(screen.queryByText(/^Give it a title/)).toBeNull();
  });

  it('tells how much room is left, and what is too much, in characters as the API counts them', async () => {
    const { user } = await renderApp('/notes/new');
    await user.click(await title());
    await user.paste('🔑'.repeat(160));
    expect(screen.getByRole('textbox', { name: 'Title', description: '40 characters left' })).toBeTruthy();
    await user.paste('x'.repeat(41));
    expect(screen.getByRole('textbox', { name: 'Title', description: '1 character too many: there is room for 200.' })).toBeTruthy();
    await user.click(await button('Save'));
    expect(notes.changes).toEqual([]);
  });

  it('shows at its fields what the API would not take', async () => {
    server.use(http.post('/api/notes', () => HttpResponse.json(
      { title: 'Unprocessable', status: 422, code: 'validation', detail: 'body.title: no', fields: [{ field: 'body.title', message: 'it must be one line' }, 'x', { field: 7 }] }, { status: 422 },
    )));
    const { user } = await renderApp('/notes/new');
    await user.type(await title(), 'a');
    await user.click(await button('Save'));
    const field = await screen.findByRole('textbox', { name: 'Title', description: 'it must be one line' });
    expect(document.activeElement).toBe(field);
  });

  it('keeps the words when there is no answer, and can be saved again', async () => {
    server.use(http.post('/api/notes', () => HttpResponse.error(), { once: true }));
    const { user } = await renderApp('/notes/new');
    await user.type(await title(), 'Groceries');
    await user.click(await button('Save'));
    expect((await screen.findByRole('alert')).textContent).toMatch(/^Not saved.*did not answer.*still here/);
    expect((await title()).value).toBe('Groceries');
    await user.click(await button('Save'));
    expect(await screen.findByRole('heading', { level: 1, name: 'Groceries' })).toBeTruthy();
  });
});

describe('a note', () => {
  it('is saved by keyboard, with the version that it is based on', async () => {
    const { user } = await openAndType(notes.add('a', 'one'), ' two');
    expect(screen.getByText('Not saved yet')).toBeTruthy();
    await user.keyboard('{Control>}{Enter}{/Control}');
    await saved();
    await user.type(await text(), ' three{Meta>}{Enter}{/Meta}');
    await waitFor(() => { expect(notes.changes).toEqual(['PUT a "1" Bearer token-0', 'PUT a "2" Bearer token-0']); });
    expect(notes.stored[0]?.text).toBe('one two three');
  });

  it('keeps what is typed while it is being saved', async () => {
    const note = notes.add('a', 'one');
    const { held, answer } = hold();
    server.use(http.put('/api/notes/:id', async () => { await held; }, { once: true }));
    const { user } = await openAndType(note, ' two');
    await user.click(await button('Save'));
    expect(await screen.findByText('Saving …')).toBeTruthy();
    await user.type(await text(), ' three');
    answer();
    expect(await screen.findByText('Not saved yet')).toBeTruthy();
    expect((await text()).value).toBe('one two three');
    await user.click(await button('Save'));
    await saved();
    expect(notes.changes).toEqual(['PUT a "1" Bearer token-0', 'PUT a "2" Bearer token-0']);
    expect(notes.stored[0]?.text).toBe('one two three');
  });

  it('that is not there is said to be missing', async () => {
    await renderApp('/notes/01900009-0000-7000-8000-000000000000');
    expect(await screen.findByRole('heading', { level: 1, name: 'There is no such note' })).toBeTruthy();
  });

  it('can be deleted where it is written, and brought back from the list', async () => {
    const note = notes.add('a', 'one');
    const { user } = await openAndType(note, ' two');
    await user.click(await button('Delete'));
    expect(await screen.findByRole('heading', { name: 'No notes yet' })).toBeTruthy();
    await user.click(await screen.findByRole('button', { name: /^Undo/ }));
    expect(await screen.findByText(/^Not saved yet: words/)).toBeTruthy();
    expect(notes.changes).toEqual([]);
  });
});

describe('an answer that was lost', () => {
  const lost = () => screen.findByText(/did not answer/);

  it('to a change does no harm: what is stored already is saved', async () => {
    notes.losesAnswers = true;
    const { user } = await openAndType(notes.add('a', 'one'), ' two');
    await user.click(await button('Save'));
    await lost();
    notes.losesAnswers = false;
    await user.click(await button('Save'));
    await saved();
    expect(screen.queryByRole('region', { name: 'This note was changed elsewhere' })).toBeNull();
    await user.type(await text(), ' three');
    await user.click(await button('Save'));
    await waitFor(() => { expect(notes.stored).toMatchObject([{ text: 'one two three', version: 3 }]); });
  });

  it('to a change is no conflict for who has written on', async () => {
    notes.losesAnswers = true;
    const { user } = await openAndType(notes.add('a', 'one'), ' two');
    await user.click(await button('Save'));
    await lost();
    notes.losesAnswers = false;
    await user.type(await text(), ' three');
    await user.click(await button('Save'));
    await saved();
    expect(notes.stored).toMatchObject([{ text: 'one two three', version: 3 }]);
  });

  it('hides no conflict', async () => {
    notes.losesAnswers = true;
    const note = notes.add('a', 'one');
    const { user } = await openAndType(note, ' two');
    await user.click(await button('Save'));
    await lost();
    notes.losesAnswers = false;
    notes.change({ ...note, version: 2 }, 'a', 'theirs');
    await user.click(await button('Save'));
    expect(await screen.findByRole('region', { name: 'This note was changed elsewhere' })).toBeTruthy();
  });

  it.each([['', 0], [', by a clock that is ahead,', 3_600_000], [', by a clock that is behind,', -3_600_000]])('to a new note%s makes no second one', async (_, ahead) => {
    notes.clockAhead = ahead;
    notes.losesAnswers = true;
    const { user } = await renderApp('/notes/new');
    await user.type(await title(), 'Groceries');
    await user.click(await button('Save'));
    await lost();
    notes.losesAnswers = false;
    await user.click(await button('Save'));
    expect(await screen.findByRole('heading', { level: 1, name: 'Groceries' })).toBeTruthy();
    expect(notes.changes).toEqual(['POST Groceries']);
    expect(window.location.pathname).toBe(`/notes/${notes.stored[0]?.id ?? ''}`);
    expect(JSON.stringify(sessionStorage)).not.toContain('Groceries');
  });

  it('to a new note is minded after a reload, and when more was written', async () => {
    notes.losesAnswers = true;
    const { user } = await renderApp('/notes/new');
    await user.type(await title(), 'Groceries');
    await user.click(await button('Save'));
    await lost();
    notes.losesAnswers = false;
    cleanup();
    const reloaded = await renderApp('/notes/new');
    await reloaded.user.type(await text(), 'Bread');
    await reloaded.user.click(await button('Save'));
    expect(await screen.findByRole('heading', { level: 1, name: 'Groceries' })).toBeTruthy();
    expect(notes.stored).toMatchObject([{ title: 'Groceries', text: 'Bread', version: 2 }]);
  });

  it('does not save to a note that is being deleted', async () => {
    notes.losesAnswers = true;
    const { user } = await renderApp('/notes/new');
    await user.type(await title(), 'Groceries');
    await user.click(await button('Save'));
    await lost();
    notes.losesAnswers = false;
    await user.click(screen.getByRole('link', { name: 'All notes' }));
    await user.click(await button('Delete “Groceries”'));
    await user.click(await screen.findByRole('link', { name: 'Write the first one' }));
    await user.click(await button('Save'));
    await waitFor(() => { expect(notes.changes).toEqual(['POST Groceries', 'POST Groceries']); });
    expect(await screen.findByRole('heading', { level: 1, name: 'Groceries' })).toBeTruthy();
  });

  it('does not save to a note from before', async () => {
    notes.add('Groceries').created_at = new Date(Date.now() - 60_000).toISOString();
    server.use(http.post('/api/notes', () => HttpResponse.error(), { once: true }));
    const { user } = await renderApp('/notes/new');
    await user.type(await title(), 'Groceries');
    await user.click(await button('Save'));
    await lost();
    await user.click(await button('Save'));
    await waitFor(() => { expect(notes.stored).toHaveLength(2); });
  });
});

describe('what was typed and not saved', () => {
  it('is there again, until it is discarded; and that can be undone', async () => {
    const note = notes.add('a', 'one');
    const { user } = await openAndType(note, ' two');
    await user.click(screen.getByRole('link', { name: 'All notes' }));
    await user.click(await screen.findByRole('link', { name: 'a' }));
    expect(await screen.findByText(/^What you had typed is still here/)).toBeTruthy();
    expect((await text()).value).toBe('one two');
    await user.click(await button('Discard it'));
    expect((await text()).value).toBe('one');
    await user.click(await button('Undo'));
    expect((await text()).value).toBe('one two');
    await user.click(await button('Save'));
    await waitFor(() => { expect(notes.stored[0]?.text).toBe('one two'); });
    await saved();
    expect(JSON.stringify(sessionStorage)).not.toContain('one two');
  });

  it('outlives the session', async () => {
    const { user, keycloak } = await renderApp('/notes/new');
    await user.type(await title(), 'Groceries');
    act(() => { keycloak.clearToken(); });
    expect(await screen.findByRole('heading', { name: 'Your session has ended' })).toBeTruthy();
    document.body.replaceChildren();
    await renderApp('/notes/new');
    expect((await title()).value).toBe('Groceries');
  });

  it('outlives a session that turns out to be over when it is saved', async () => {
    const { app, user } = await renderAtServer('/notes/new');
    await user.type(await title(), 'Groceries');
    app.subject = undefined;
    server.use(http.post('/api/notes', () => problem(401, 'session_expired', 'The session is over'), { once: true }));
    await user.click(await button('Save'));
    expect(await screen.findByRole('heading', { name: 'Your session has ended' })).toBeTruthy();
    cleanup();
    await renderAtServer('/notes/new');
    expect((await title()).value).toBe('Groceries');
    await user.click(await button('Save'));
    await waitFor(() => { expect(notes.stored).toMatchObject([{ title: 'Groceries' }]); });
  });

  it('stands on the version that was there, however old', async () => {
    const note = notes.add('a', 'one');
    const { user } = await openAndType(note, ' two');
    await user.click(screen.getByRole('link', { name: 'All notes' }));
    notes.change(note, 'a', 'theirs');
    await user.click(await screen.findByRole('link', { name: 'a' }));
    await user.click(await button('Save'));
    expect(await screen.findByRole('region', { name: 'This note was changed elsewhere' })).toBeTruthy();
  });

  it('can become a new note where its own is gone', async () => {
    const note = notes.add('a', 'one');
    const { user } = await openAndType(note, ' two');
    await user.click(screen.getByRole('link', { name: 'All notes' }));
    notes.remove(note);
    await user.click(await screen.findByRole('link', { name: 'a' }));
    await user.click(await button('Save as a new note'));
    await waitFor(() => { expect(notes.stored).toMatchObject([{ title: 'a', text: 'one two' }]); });
    await waitFor(() => { expect(window.location.pathname).toBe(`/notes/${notes.stored[0]?.id ?? ''}`); });
  });
});

describe('a conflict', () => {
  async function collide() {
    const note = notes.add('a', 'one\nsame');
    const app = await openAndType(note, '{Enter}mine');
    notes.change(note, 'a', 'theirs\nsame');
    await app.user.click(await button('Save'));
    const notice = await screen.findByRole('region', { name: 'This note was changed elsewhere' });
    return { ...app, note, notice };
  }

  it('shows both versions, what differs, and waits for the person', async () => {
    const { user, notice } = await collide();
    expect(document.activeElement).toBe(notice);
    const theirs = within(screen.getByRole('region', { name: 'Theirs' }));
    expect(theirs.getByText('theirs').tagName).toBe('MARK');
    expect(theirs.getByText('same').tagName).toBe('P');
    expect((await text()).value).toBe('one\nsame\nmine');
    expect(screen.queryByRole('button', { name: 'Save' })).toBeNull();
    await user.type(await text(), '{Control>}{Enter}{/Control}');
    expect(document.activeElement).toBe(notice);
    expect(notes.changes).toHaveLength(1);
  });

  it('ends with mine, over theirs', async () => {
    const { user } = await collide();
    await user.click(await button('Keep mine'));
    await waitFor(() => { expect(screen.queryByRole('region', { name: 'Theirs' })).toBeNull(); });
    expect(notes.changes.at(-1)).toBe('PUT a "2" Bearer token-0');
    expect(notes.stored[0]?.text).toBe('one\nsame\nmine');
    expect(document.activeElement).toBe(screen.getByRole('heading', { level: 1 }));
  });

  it('ends with theirs, and that can be undone', async () => {
    const { user } = await collide();
    await user.click(await button('Take theirs'));
    expect((await text()).value).toBe('theirs\nsame');
    expect(screen.getByText(/^Saved/)).toBeTruthy();
    await user.click(await button('Undo'));
    expect((await text()).value).toBe('one\nsame\nmine');
    expect(notes.changes).toHaveLength(1);
  });

  it('can be written on, with theirs beside it', async () => {
    const { user } = await collide();
    await user.click(await button('Go on editing'));
    expect(document.activeElement).toBe(await text());
    await user.keyboard(' and theirs');
    expect(screen.getByRole('region', { name: 'Theirs' })).toBeTruthy();
    await user.click(await button('Save'));
    await waitFor(() => { expect(notes.changes.at(-1)).toBe('PUT a "2" Bearer token-0'); });
    await waitFor(() => { expect(screen.queryByRole('region', { name: 'Theirs' })).toBeNull(); });
    expect(notes.stored[0]?.text).toBe('one\nsame\nmine and theirs');
  });

  it('can come again before it is decided', async () => {
    const { user, note } = await collide();
    notes.change({ ...note, version: 2 }, 'a', 'newer');
    await user.click(await button('Keep mine'));
    const theirs = within(await screen.findByRole('region', { name: 'Theirs' }));
    expect(await theirs.findByText('newer')).toBeTruthy();
    await user.click(await button('Keep mine'));
    await waitFor(() => { expect(notes.changes.at(-1)).toBe('PUT a "3" Bearer token-0'); });
  });

  it('with a note that was deleted meanwhile ends with a new one', async () => {
    const note = notes.add('a', 'one');
    const { user } = await openAndType(note, ' two');
    notes.remove(note);
    await user.click(await button('Save'));
    const notice = await screen.findByRole('region', { name: 'This note was deleted elsewhere' });
    expect(document.activeElement).toBe(notice);
    server.use(http.post('/api/notes', () => problem(503, 'store_unavailable', 'The database is away'), { once: true }));
    await user.click(await button('Save as a new note'));
    expect(await screen.findByText('The database is away')).toBeTruthy();
    await user.click(await button('Save as a new note'));
    await waitFor(() => { expect(notes.stored).toMatchObject([{ title: 'a', text: 'one two' }]); });
  });
});
