import type { Api } from './client';

/** A call of the API as a person put it together. */
export interface Call {
  method: string;
  path: string; // with its query
  headers: Readonly<Record<string, string>>;
  body?: string; // JSON, or what the person takes for it
}

/** What came back from a call, whatever its status. */
export interface Answer {
  ok: boolean;
  status: number;
  body: unknown; // undefined when there was none, or when it was no JSON
  text: string; // the body as it came
  headers: readonly (readonly [name: string, value: string])[]; // those that say something about the answer
  requestID?: string;
  milliseconds: number;
}

const telling = ['ETag', 'Location', 'Retry-After', 'WWW-Authenticate'];

/** Makes a call and hands back any answer, refusals too. Throws only when none came. */
export async function call({ send }: Api, { method, path, headers, body }: Call): Promise<Answer> {
  const request = new Request(new URL(path, window.location.origin), {
    method, headers: { Accept: 'application/json', ...typed(body), ...headers }, body: body ?? null, cache: 'no-store',
  });
  const started = performance.now();
  const response = await send(request);
  const text = await response.text();
  const requestID = response.headers.get('X-Request-Id');
  return {
    ok: response.ok, status: response.status, body: readJSON(text), text,
    headers: telling.flatMap((name): [string, string][] => {
      const value = response.headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
    ...(requestID !== null && { requestID }),
    milliseconds: performance.now() - started,
  };
}

/** The header that a body needs. */
export function typed(body: string | undefined): Record<string, string> {
  return body === undefined ? {} : { 'Content-Type': 'application/json' };
}

function readJSON(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
