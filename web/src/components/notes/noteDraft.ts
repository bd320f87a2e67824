import type { NoteWords } from '../../api/notes';
import { number, record, type Members } from '../../parse';

/** Words that were typed and not saved yet. */
export interface Edited extends NoteWords {
  base?: number; // the version that was changed; none for a new note
  sent?: Sent; // an attempt to save them, while nobody knows what became of it
}

/** Words as they were sent, and when that was by this browser's clock. */
export interface Sent extends NoteWords {
  at: number;
}

/** The draft's name; of the note that is not written yet without an id. */
export const draftName = (id: string | undefined) => `note:${id ?? 'new'}`;

/** A draft as it is kept. */
export const writeEdited = (edited: Edited): string => JSON.stringify(edited);

/** Reads what was kept; undefined where it is nothing of ours. */
export function readEdited(draft: string | undefined): Edited | undefined {
  try {
    const kept = record(JSON.parse(draft ?? ''), 'draft');
    const { base, sent } = kept;
    return { ...readWords(kept), ...(base !== undefined && { base: number(kept, 'base') }), ...(sent !== undefined && { sent: readSent(record(sent, 'sent')) }) };
  } catch {
    return undefined;
  }
}

function readSent(from: Members): Sent {
  return { ...readWords(from), at: number(from, 'at') };
}

function readWords({ title, text }: Members): NoteWords {
  if (typeof title !== 'string' || typeof text !== 'string') throw new TypeError('the words are no texts'); // which may be empty
  return { title, text };
}
