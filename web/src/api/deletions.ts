import type { Proof } from '../auth/session';
import { headersOf, read, type Api } from './client';
import type { Note } from './notes';
import { ApiError } from './problem';

interface Waiting {
  note: Note;
  takeBack: () => void;
}

const askEvery = 2_000; // milliseconds: often enough for any token, and a question costs nothing while the one at hand is fresh

/**
 * Notes that are gone from the page, and not yet from the server: until then an undo costs nothing and cannot fail. What was
 * deleted stays off the page for good, whatever an older answer still says.
 */
export class Deletions {
  #gone: ReadonlySet<string> = new Set();
  #waiting = new Map<string, Waiting>();
  #listeners = new Set<() => void>();
  #proof: Proof | undefined; // at hand in case that the page is left or the session ends: then there is no time to ask for one, or nobody to ask
  #asking = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  readonly #freshProof: () => Promise<Proof>;
  readonly #api: Api;

  constructor(api: Api, freshProof: () => Promise<Proof>) {
    this.#api = api;
    this.#freshProof = freshProof;
  }

  /** The ids of what is not to be shown, for useSyncExternalStore. */
  readonly gone = (): ReadonlySet<string> => this.#gone;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Takes a note off the page. `takeBack` is what an undo by keyboard does. */
  begin(note: Note, takeBack: () => void): void {
    this.#waiting.set(note.id, { note, takeBack });
    this.#set([...this.#gone, note.id]);
    this.takeProof();
    this.#timer ??= setInterval(this.takeProof, askEvery);
  }

  /** Has a proof at hand that holds: to be called whenever there may be a new one. While a deletion waits, it happens by itself. */
  readonly takeProof = (): void => {
    if (this.#asking) return;
    this.#asking = true;
    this.#freshProof().then((proof) => { this.#proof = proof; }, () => undefined).finally(() => { this.#asking = false; });
  };

  /** Puts a note back; nothing was sent. */
  undo(id: string): void {
    if (this.#end(id)) this.#show(id);
  }

  /** Undoes the latest deletion. False when none is waiting. */
  undoLatest(): boolean {
    const latest = [...this.#waiting.values()].at(-1);
    latest?.takeBack();
    return latest !== undefined;
  }

  /** Deletes a note for good, unless that was undone. Where the API refuses, the note comes back and the refusal is thrown. */
  async commit(id: string): Promise<void> {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#end(id);
    try {
      await deleteNote(this.#api, waiting.note);
    } catch (error) {
      if (error instanceof ApiError && error.problem.status === 404) return; // somebody else was faster
      this.#show(id);
      throw error;
    }
  }

  /** Sends all that waits, at once and without an answer: the page is being left, or the session is over. */
  readonly sendAll = (): void => {
    for (const { note } of this.#waiting.values()) {
      this.#end(note.id);
      if (this.#proof) deleteNoteOnLeaving(note, this.#proof);
    }
  };

  /** A note waits no longer. False when it did not. */
  #end(id: string): boolean {
    const waited = this.#waiting.delete(id);
    if (this.#waiting.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    return waited;
  }

  #show(id: string): void {
    this.#set([...this.#gone].filter((gone) => gone !== id));
  }

  #set(gone: string[]): void {
    this.#gone = new Set(gone);
    this.#listeners.forEach((listener) => { listener(); });
  }
}

/** The ETag of a note in that version, as the document has it. */
export function etag(version: number): string {
  return `"${version}"`;
}

/** Deletes the version that the person saw; throws the API's refusal. */
async function deleteNote({ operations }: Api, { id, version }: Note): Promise<void> {
  const params = { path: { id }, header: { 'If-Match': etag(version) } };
  await read(operations.DELETE('/api/notes/{id}', { params, keepalive: true }), () => undefined);
}

/** The same without waiting for anything, as a page that is being left has no time: the browser sends it, and nobody hears the answer. */
function deleteNoteOnLeaving({ id, version }: Note, proof: Proof): void {
  const headers = { ...headersOf(proof), 'If-Match': etag(version) };
  fetch(`/api/notes/${encodeURIComponent(id)}`, { method: 'DELETE', keepalive: true, headers }).catch(() => undefined);
}
