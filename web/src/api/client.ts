import { ApiError, toProblem } from './problem';

/** Supplies the access token for a call. */
export type TokenSource = () => Promise<string>;

/** What came back from a call, whatever its status. */
export interface Answer {
  ok: boolean;
  status: number;
  body: unknown;
  milliseconds: number;
}

/** Calls the API with a fresh token and hands back any answer, refusals too. Throws only when none came. */
export async function call(token: TokenSource, path: string, signal?: AbortSignal): Promise<Answer> {
  const headers = { Accept: 'application/json', Authorization: `Bearer ${await token()}` };
  const started = performance.now();
  const response = await fetch(path, { headers, ...(signal && { signal }) });
  const body: unknown = await response.json().catch(() => undefined);
  return { ok: response.ok, status: response.status, body, milliseconds: performance.now() - started };
}

/** GETs JSON with a fresh token. `parse` checks the shape, so nothing is cast; refusals are thrown as ApiError. */
export async function getJSON<T>(token: TokenSource, path: string, parse: (body: unknown) => T, signal?: AbortSignal): Promise<T> {
  const answer = await call(token, path, signal);
  if (!answer.ok) throw new ApiError(path, toProblem(answer.status, answer.body));
  return parse(answer.body);
}
