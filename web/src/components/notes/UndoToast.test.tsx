import { fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { failOnComplaints } from '../../test/complaints';
import { FakeNotes } from '../../test/notes';
import { renderApp } from '../../test/renderApp';
import { server } from '../../test/server';
import { toastTime } from '../toast';
import { undoToast } from './UndoToast';

// As after an update of the app, when the code for toasts is no longer there.
vi.mock('../Toasts', () => { throw new Error('it did not load'); });

failOnComplaints();

let notes: FakeNotes;
beforeEach(() => {
  notes = new FakeNotes();
  notes.add('a');
  server.use(...notes.handlers);
});
afterEach(() => { vi.useRealTimers(); });

/** Deletes the note where no toast can be shown. */
async function remove() {
  const { user } = await renderApp('/notes');
  const button = await screen.findByRole('button', { name: 'Delete “a”' });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  fireEvent.click(button);
  await vi.advanceTimersByTimeAsync(toastTime - 1);
  return user;
}

it('a deletion whose toast cannot be shown is sent when its time is up, and not before', async () => {
  await remove();
  expect(notes.changes).toEqual([]);
  vi.advanceTimersByTime(1);
  vi.useRealTimers();
  await waitFor(() => { expect(notes.changes).toEqual(['DELETE a "1" Bearer token-0']); });
  expect(screen.queryByText('“a” deleted')).toBeNull();
});

it('until then it can be taken back by keyboard', async () => {
  await remove();
  fireEvent.keyDown(document.body, { key: 'z', ctrlKey: true });
  expect(screen.getByRole('link', { name: 'a' })).toBeTruthy();
  vi.advanceTimersByTime(toastTime);
  vi.useRealTimers();
  await Promise.resolve();
  expect(notes.changes).toEqual([]);
});

it('a toast of which nothing at all loads is closed just the same', async () => {
  vi.doMock('@mantine/notifications', () => { throw new Error('it did not load'); });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const closed = vi.fn();
  undoToast({ says: 'a', undo: () => undefined, onClose: closed });
  await vi.advanceTimersByTimeAsync(toastTime - 1);
  expect(closed).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(toastTime);
  expect(closed).toHaveBeenCalledOnce();
});
