import { http, HttpResponse } from 'msw';
import { me, problem } from './server';

const operations = ['listNotes', 'createNote', 'showNote', 'replaceNote', 'deleteNote'];

/** A note as the API writes it. */
export interface StoredNote {
  id: string;
  owner: string;
  title: string;
  text: string;
  version: number;
  created_at: string;
  updated_at: string;
}

/** The API's notes, as far as a page can tell them from the real ones. The newest come first. */
export class FakeNotes {
  stored: StoredNote[] = [];
  /** Each change that was asked for, with the version that it named and the token that it carried. */
  changes: string[] = [];
  pageSize = 20;
  /** Changes are made, and what the API says to them never arrives. */
  losesAnswers = false;
  /** How far the API's clock is ahead of the browser's. */
  clockAhead = 0;
  /** Whose notes the caller gets when they ask for all. */
  readsAll = true;
  #number = 0;

  /** Puts a note there, as another tab would. */
  add(title: string, text = '', owner = me.sub): StoredNote {
    const now = this.#now().toISOString();
    const note = { id: `0190000${++this.#number}-0000-7000-8000-000000000000`, owner, title, text, version: 1, created_at: now, updated_at: now };
    this.stored.unshift(note);
    return note;
  }

  /** Changes a note, as another tab would. */
  change(note: StoredNote, title: string, text: string): void {
    Object.assign(this.#find(note.id) ?? {}, { title, text, version: note.version + 1, updated_at: this.#now().toISOString() });
  }

  remove({ id }: { id: string }): void {
    this.stored = this.stored.filter((note) => note.id !== id);
  }

  handlers = [
    http.get('/api/me/permissions', () => HttpResponse.json({
      operations: operations.map((operation) => ({ operation, method: 'GET', path: '/api/notes', summary: operation, requires: 'a token', allowed: true })),
    })),
    http.get('/api/notes', ({ request }) => {
      const query = new URL(request.url).searchParams;
      const visible = this.stored.filter(({ owner }) => owner === me.sub || (this.readsAll && query.get('owner') !== 'me'));
      const start = query.has('cursor') ? visible.findIndex(({ id }) => id === query.get('cursor')) + 1 : 0;
      const notes = visible.slice(start, start + this.pageSize);
      const next = start + this.pageSize < visible.length ? notes.at(-1)?.id : undefined;
      return HttpResponse.json({ notes, next }, { headers: { Date: this.#now().toUTCString() } });
    }),
    http.post<never, { title: string; text: string }>('/api/notes', async ({ request }) => {
      const { title, text } = await request.json();
      this.changes.push(`POST ${title}`);
      return this.#say(HttpResponse.json(this.add(title, text), { status: 201 }));
    }),
    http.get<{ id: string }>('/api/notes/:id', ({ params: { id } }) => {
      const note = this.#find(id);
      return note ? HttpResponse.json(note) : notFound();
    }),
    http.put<{ id: string }, { title: string; text: string }>('/api/notes/:id', async ({ params: { id }, request }) => {
      const { title, text } = await request.json();
      return this.#guarded(request, id, `PUT ${title}`, (note) => {
        this.change(note, title, text);
        return this.#say(HttpResponse.json(this.#find(id)));
      });
    }),
    http.delete<{ id: string }>('/api/notes/:id', ({ params: { id }, request }) => this.#guarded(request, id, `DELETE ${this.#find(id)?.title ?? ''}`, (note) => {
      this.remove(note);
      return new HttpResponse(null, { status: 204 });
    })),
  ];

  #now(): Date {
    return new Date(Date.now() + this.clockAhead);
  }

  #say<T extends Response>(answer: T): T | Response {
    return this.losesAnswers ? HttpResponse.error() : answer;
  }

  #find(id: string): StoredNote | undefined {
    return this.stored.find((note) => note.id === id);
  }

  #guarded(request: Request, id: string, change: string, make: (note: StoredNote) => Response): Response {
    const match = request.headers.get('If-Match') ?? 'none';
    this.changes.push(`${change} ${match} ${request.headers.get('Authorization') ?? ''}`);
    const note = this.#find(id);
    if (!note) return notFound();
    return match === `"${note.version}"` ? make(note) : problem(412, 'precondition_failed', 'The note was changed since you read it: read it again, and change that');
  }
}

function notFound() {
  return problem(404, 'not_found', 'There is no such note, or it is not yours');
}
