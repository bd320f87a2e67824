import { useDeletions } from '../../api/DeletionsProvider';
import { useNoteChanges, type Note, type NoteWords } from '../../api/notes';
import { ApiError } from '../../api/problem';
import type { Sent } from './noteDraft';
import { differs } from './noteWords';

/** Thrown where a note has become another one than the words are based on. */
export class ConflictError extends Error {
  override name = 'ConflictError';

  constructor(readonly theirs: Note) {
    super();
  }
}

/**
 * Saves words so that an answer that was lost does no harm: what the API has stored already is saved. `before` is an attempt of
 * which nobody knows what became of it; `remember` is told of the next such one before it leaves.
 */
export function useNoteSaving(before: Sent | undefined, remember: (sent: Sent | undefined) => void) {
  const changes = useNoteChanges();
  const deletions = useDeletions();

  /** Replaces that version; throws ConflictError where there is another one that is not from here. */
  async function replace(id: string, version: number, words: NoteWords): Promise<Note> {
    try {
      return await attempt(words, Date.now(), () => changes.replace(id, version, words));
    } catch (error) {
      if (!(error instanceof ApiError) || error.problem.status !== 412) throw error;
      const now = await changes.reread(id);
      if (!differs(now, words)) return changes.keep(now);
      if (before && !differs(now, before) && now.version !== version) return replace(id, now.version, words);
      throw new ConflictError(now);
    }
  }

  /** Writes a new note, unless it turns out that the attempt before has done so. */
  async function create(words: NoteWords): Promise<Note> {
    const made = before && await find(before, words);
    if (made) return differs(made, words) ? changes.replace(made.id, made.version, words) : changes.adopt(made);
    return attempt(words, before && !differs(before, words) ? before.at : Date.now(), () => changes.create(words));
  }

  /** The note that an attempt has made after all. It has the words that were sent then, or those of now if only that answer was lost. */
  async function find(sent: Sent, words: NoteWords): Promise<Note | undefined> {
    const newest = await changes.createdSince(sent.at);
    return newest.find((note) => (!differs(note, sent) || !differs(note, words)) && !deletions.gone().has(note.id));
  }

  async function attempt(words: NoteWords, at: number, send: () => Promise<Note>): Promise<Note> {
    remember({ ...words, at });
    try {
      return await send();
    } catch (error) {
      // A refusal was not carried out. Without an answer, or with one that something on the way gave, it may have been.
      if (error instanceof ApiError && error.problem.status < 500) remember(before);
      throw error;
    }
  }

  return { replace, create };
}
