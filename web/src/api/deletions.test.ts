import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Proof } from '../auth/session';
import { FakeNotes } from '../test/notes';
import { server } from '../test/server';
import { createApi } from './client';
import { Deletions } from './deletions';

let notes: FakeNotes;
beforeEach(() => {
  notes = new FakeNotes();
  server.use(...notes.handlers);
});

/** An API for whoever shows that. */
const apiFor = (proof: () => Promise<Proof>) => createApi({ proof, renewedProof: proof, heed: () => undefined });

async function begin(titles: string[], proof: () => Promise<Proof> = () => Promise.resolve({ token: 't1' })) {
  const takeBack = vi.fn();
  const deletions = new Deletions(apiFor(proof), proof);
  const begun = titles.map((title) => notes.add(title)).map(({ created_at, updated_at, ...note }) => ({ ...note, createdAt: new Date(created_at), changedAt: new Date(updated_at) }));
  begun.forEach((note) => { deletions.begin(note, () => { takeBack(note.title); deletions.undo(note.id); }); });
  await settled(); // a proof is at hand
  return { deletions, takeBack, ids: begun.map(({ id }) => id) };
}

/** Whatever does not wait for the network or for a time has happened. */
const settled = () => new Promise(setImmediate);

/** What was sent is on its way, and the answers are not waited for. */
const sent = (changes: string[]) => vi.waitFor(() => { expect(notes.changes).toEqual(changes); });

describe('a deletion', () => {
  it('takes the note off the page at once, and tells the API nothing until it is final', async () => {
    const { deletions, ids: [id = ''] } = await begin(['a']);
    expect([...deletions.gone()]).toEqual([id]);
    expect(notes.changes).toEqual([]);
    await deletions.commit(id);
    expect(notes.changes).toEqual(['DELETE a "1" Bearer t1']);
    expect(deletions.gone().has(id), 'an older answer may still have it').toBe(true);
  });

  it('that was undone is never sent', async () => {
    const { deletions, ids: [id = ''] } = await begin(['a']);
    deletions.undo(id);
    expect(deletions.gone().size).toBe(0);
    await deletions.commit(id);
    deletions.sendAll();
    expect(notes.changes).toEqual([]);
  });

  it('that the API refuses brings the note back', async () => {
    const { deletions, ids: [id = ''] } = await begin(['a']);
    notes.stored.forEach((note) => { notes.change(note, 'b', ''); });
    await expect(deletions.commit(id)).rejects.toMatchObject({ problem: { status: 412 } });
    expect(deletions.gone().size).toBe(0);
    expect(notes.stored).toHaveLength(1);
  });

  it('of what somebody else has deleted is done', async () => {
    const { deletions, ids: [id = ''] } = await begin(['a']);
    notes.stored = [];
    await deletions.commit(id);
    expect(deletions.gone().has(id)).toBe(true);
  });

  it('is taken back in the order of the latest', async () => {
    const { deletions, takeBack } = await begin(['a', 'b']);
    expect([deletions.undoLatest(), deletions.undoLatest(), deletions.undoLatest()]).toEqual([true, true, false]);
    expect(takeBack.mock.calls).toEqual([['b'], ['a']]);
  });
});

describe('leaving', () => {
  afterEach(() => { vi.useRealTimers(); });

  it('sends all that waits, once, with the token that is at hand', async () => {
    const { deletions, ids: [first = ''] } = await begin(['a', 'b', 'c']);
    deletions.undo(first);
    deletions.sendAll();
    deletions.sendAll();
    await sent(['DELETE b "1" Bearer t1', 'DELETE c "1" Bearer t1']);
  });

  it('asks the browser to see it through', async () => {
    const { deletions } = await begin(['a']);
    const asked = vi.spyOn(globalThis, 'fetch');
    deletions.sendAll();
    expect(asked).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/^\/api\/notes\//), expect.objectContaining({ method: 'DELETE', keepalive: true }));
    await sent(['DELETE a "1" Bearer t1']);
  });

  it('sends with a token that holds, however long somebody took', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
    const start = Date.now();
    const proof = () => Promise.resolve({ token: `t${Math.floor((Date.now() - start) / 60_000)}` }); // a new one each minute
    const { deletions, ids: [id = ''] } = await begin(['a', 'b'], proof);
    await vi.advanceTimersByTimeAsync(122_000);
    deletions.undo(id);
    deletions.sendAll();
    expect(vi.getTimerCount(), 'nothing waits, nothing asks').toBe(0);
    await sent(['DELETE b "1" Bearer t2']);
  });

  it('sends with the token from before while another has not come', async () => {
    const proofs = [Promise.resolve({ token: 't1' }), new Promise<Proof>(() => undefined)];
    const deletions = new Deletions(apiFor(() => Promise.resolve({})), () => proofs.shift() ?? Promise.reject(new Error('asked again meanwhile')));
    deletions.takeProof();
    await settled();
    const { id, owner, title, text, version } = notes.add('a');
    deletions.begin({ id, owner, title, text, version, createdAt: new Date(), changedAt: new Date() }, () => undefined);
    deletions.sendAll();
    await sent(['DELETE a "1" Bearer t1']);
  });

  it('names the note, whatever its id is made of', async () => {
    const { deletions } = await begin([]);
    const asked = vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response());
    deletions.begin({ id: 'a/b?c', owner: '', title: '', text: '', version: 1, createdAt: new Date(), changedAt: new Date() }, () => undefined);
    await settled();
    deletions.sendAll();
    expect(asked).toHaveBeenCalledExactlyOnceWith('/api/notes/a%2Fb%3Fc', expect.anything());
  });

  it('sends with the browser\'s cookie alone where no token is in the page', async () => {
    const { deletions } = await begin(['a'], () => Promise.resolve({}));
    deletions.sendAll();
    await sent(['DELETE a "1" ']);
  });

  it('sends nothing without a token: the note stays', async () => {
    const { deletions } = await begin(['a'], () => Promise.reject(new Error('over')));
    const asked = vi.spyOn(globalThis, 'fetch');
    deletions.sendAll();
    expect(asked).not.toHaveBeenCalled();
  });
});
