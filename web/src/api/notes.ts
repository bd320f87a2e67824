import { useInfiniteQuery, useQuery, useQueryClient, type InfiniteData, type QueryClient } from '@tanstack/react-query';
import { type Members, number, optionalText, record, records, text, time } from '../parse';
import { useApi } from './ApiProvider';
import { read } from './client';
import { etag } from './deletions';
import type { components } from './schema';

type Schemas = components['schemas'];

/** One note. */
export interface Note {
  id: string;
  owner: string; // the subject of whoever wrote it
  title: string;
  text: string;
  version: number; // one more with each change
  createdAt: Date;
  changedAt: Date;
}

/** What a person writes of a note. */
export interface NoteWords {
  title: string;
  text: string;
}

/** Whose notes are listed. The API gives everybody's only to those who may read them, and to others their own. */
export type Whose = 'mine' | 'everybody';

/** How much the API takes, in characters as Unicode counts them. A test compares these with its document. */
export const limits = { title: 200, text: 10_000 };

interface NotePage {
  notes: Note[];
  next: string; // the cursor of the next page; empty on the last
}

const listKey = ['notes', 'list'];
const noteKey = (id: string) => ['notes', 'note', id];

/** Notes, newest first, page by page. */
export function useNotes(whose: Whose, enabled = true) {
  const { operations } = useApi();
  return useInfiniteQuery({
    queryKey: [...listKey, whose],
    queryFn: ({ pageParam: cursor, signal }) => {
      const query = { ...(whose === 'mine' && { owner: 'me' }), ...(cursor !== '' && { cursor }) };
      return read(operations.GET('/api/notes', { params: { query }, signal }), parseNotePage);
    },
    initialPageParam: '',
    getNextPageParam: ({ next }) => (next === '' ? undefined : next),
    enabled,
  });
}

/** One note: at once what a list has of it, and then as it is now. */
export function useNote(id: string) {
  const { operations } = useApi();
  const queries = useQueryClient();
  return useQuery({
    queryKey: noteKey(id),
    queryFn: ({ signal }) => read(operations.GET('/api/notes/{id}', { params: { path: { id } }, signal }), parseNote),
    initialData: () => listed(queries).find((note) => note.id === id),
    initialDataUpdatedAt: 0,
    refetchOnMount: 'always',
  });
}

/** Writes notes, and tells what was read before of what has become of it. */
export function useNoteChanges() {
  const { operations } = useApi();
  const queries = useQueryClient();

  function changeLists(change: (notes: Note[], page: number) => Note[]): void {
    queries.setQueriesData<InfiniteData<NotePage>>({ queryKey: listKey }, (list) => list && {
      ...list, pages: list.pages.map((page, i) => ({ ...page, notes: change(page.notes, i) })),
    });
  }

  function keep(note: Note): Note {
    queries.setQueryData(noteKey(note.id), note);
    changeLists((notes) => notes.map((old) => (old.id === note.id ? note : old)));
    return note;
  }

  /** Takes in a note that is new. */
  function adopt(note: Note): Note {
    keep(note);
    changeLists((notes, page) => (page === 0 ? [note, ...notes.filter(({ id }) => id !== note.id)] : notes)); // at once; what else is new there comes with the next reading
    void queries.invalidateQueries({ queryKey: listKey });
    return note;
  }

  return {
    create: async (words: NoteWords): Promise<Note> => adopt(await read(operations.POST('/api/notes', { body: words }), parseNote)),
    adopt,
    /** One's own newest notes, as far as they were created after a moment that this browser's clock told. */
    createdSince: async (at: number): Promise<Note[]> => {
      const query = { owner: 'me', limit: 100 };
      return read(operations.GET('/api/notes', { params: { query } }), (body, { headers }) => {
        const ago = Date.now() - at;
        const now = Date.parse(headers.get('Date') ?? ''); // by the server's clock, which may differ, as in the notes' own times
        const since = Number.isNaN(now) ? at : now - ago;
        return parseNotePage(body).notes.filter(({ createdAt }) => createdAt.getTime() >= since);
      });
    },
    /** Replaces the version that the words are based on. Where there is a newer one, the API refuses with 412. */
    replace: async (id: string, version: number, words: NoteWords): Promise<Note> =>
      keep(await read(operations.PUT('/api/notes/{id}', { params: { path: { id }, header: { 'If-Match': etag(version) } }, body: words }), parseNote)),
    /** The note as it is now, whatever was read before. What the page shows stays as it is. */
    reread: (id: string): Promise<Note> => read(operations.GET('/api/notes/{id}', { params: { path: { id } } }), parseNote),
    keep,
    /** Reads again, once they are looked at, what lists say. */
    forgetLists: () => queries.invalidateQueries({ queryKey: listKey }),
  };
}

function listed(queries: QueryClient): Note[] {
  return queries.getQueriesData<InfiniteData<NotePage>>({ queryKey: listKey }).flatMap(([, list]) => list?.pages.flatMap(({ notes }) => notes) ?? []);
}

function parseNotePage(body: unknown): NotePage {
  const page: Members<keyof Schemas['NotePage']> = record(body, 'notes');
  return { notes: records(page, 'notes').map(parseNote), next: optionalText(page, 'next') ?? '' };
}

function parseNote(body: unknown): Note {
  const note: Members<keyof Schemas['Note']> = record(body, 'note');
  if (typeof note.text !== 'string') throw new TypeError('"text" is not a text'); // it may be empty
  return {
    id: text(note, 'id'),
    owner: text(note, 'owner'),
    title: text(note, 'title'),
    text: note.text,
    version: number(note, 'version'),
    createdAt: time(note, 'created_at'),
    changedAt: time(note, 'updated_at'),
  };
}
