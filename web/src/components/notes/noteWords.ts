import { limits, type NoteWords } from '../../api/notes';
import { ApiError } from '../../api/problem';
import { words } from '../../texts/notes';

/** What is wrong with the words, by field. */
export type Problems = Partial<NoteWords>;

/** The words of a note that nobody has written yet. */
export const blank: NoteWords = { title: '', text: '' };

export function differs(a: NoteWords, b: NoteWords): boolean {
  return a.title !== b.title || a.text !== b.text;
}

/** How long a text is as the API counts it: one for each character of Unicode, where JavaScript counts two for an emoji. */
export function characters(text: string): number {
  return Array.from(text).length;
}

/** What is too long: worth a word at once. */
export function tooLong({ title, text }: NoteWords): Problems {
  const over = { title: characters(title) - limits.title, text: characters(text) - limits.text };
  return {
    ...(over.title > 0 && { title: words.tooLong(over.title, limits.title) }),
    ...(over.text > 0 && { text: words.tooLong(over.text, limits.text) }),
  };
}

/** All that keeps the words from being saved. That the title is missing is only said to who wants to save. */
export function unfit(typed: NoteWords): Problems {
  return { ...(typed.title.trim() === '' && { title: words.noTitle }), ...tooLong(typed) };
}

/** What the API had to say about each field. */
export function refused(error: unknown): Problems {
  const fields = error instanceof ApiError ? error.problem.fields ?? [] : [];
  const title = fields.find(({ field }) => field === 'body.title')?.message;
  const text = fields.find(({ field }) => field === 'body.text')?.message;
  return { ...(title !== undefined && { title }), ...(text !== undefined && { text }) };
}
