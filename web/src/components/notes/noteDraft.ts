import type { NoteWords } from '../../api/notes';
import { number, record } from '../../parse';

/** Words that were typed and not saved yet. */
export interface Edited extends NoteWords {
  base?: number; // the version that was changed; none for a new note
}

/** The draft's name; of the note that is not written yet without an id. */
export const draftName = (id: string | undefined) => `note:${id ?? 'new'}`;

/** A draft as it is kept. */
export const writeEdited = (edited: Edited): string => JSON.stringify(edited);

/** Reads what was kept; undefined where it is nothing of ours. */
export function readEdited(draft: string | undefined): Edited | undefined {
  try {
    const { title, text, ...rest } = record(JSON.parse(draft ?? ''), 'draft');
    if (typeof title !== 'string' || typeof text !== 'string') return undefined;
    return { title, text, ...(rest.base !== undefined && { base: number(rest, 'base') }) };
  } catch {
    return undefined;
  }
}
