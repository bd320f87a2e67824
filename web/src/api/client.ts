import createClient, { type Client } from 'openapi-fetch';
import type { Proof, Session } from '../auth/session';
import { ApiError, toProblem, UnreadableError } from './problem';
import type { paths } from './schema';

/** Shows the API who calls, and learns what it thinks of that. */
export type Caller = Pick<Session, 'proof' | 'renewedProof' | 'heed'>;

/** The API: its operations as its document has them, and any request at all. */
export interface Api {
  operations: Client<paths>;
  send: (request: Request) => Promise<Response>;
  /** The id of the latest answer, to be quoted when something breaks that knows of no answer itself. */
  latestRequestID: () => string | undefined;
}

const requestIDHeader = 'X-Request-Id';

/**
 * Calls the API of this page's origin. Each request leaves with a fresh proof of who calls. A 401 was not carried out: the proof is
 * renewed once and the request sent once more. A 403 is final: another token of the same person would say the same.
 */
export function createApi(caller: Caller): Api {
  let latest: string | undefined;

  async function send(request: Request): Promise<Response> {
    const proof = await caller.proof();
    let answer = await fetch(carrying(request.clone(), proof));
    if (answer.status === 401) {
      answer = await fetch(carrying(request, await caller.renewedProof(proof)));
      if (answer.status === 401) caller.heed(await codeOf(answer.clone()));
    }
    latest = answer.headers.get(requestIDHeader) ?? latest;
    return answer;
  }

  const operations = createClient<paths>({ baseUrl: window.location.origin, headers: { Accept: 'application/json' }, fetch: send });
  return { operations, send, latestRequestID: () => latest };
}

function carrying(request: Request, proof: Proof): Request {
  Object.entries(headersOf(proof)).forEach(([name, value]) => { request.headers.set(name, value); });
  return request;
}

/** The headers that a proof stands in. The browser adds a cookie by itself. */
export function headersOf({ token }: Proof): Record<string, string> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

async function codeOf(refusal: Response): Promise<string | undefined> {
  return toProblem(refusal.status, await refusal.json().catch(() => undefined)).code;
}

/** What an operation of the API came back with. */
interface Outcome {
  data?: unknown;
  error?: unknown;
  response: Response;
}

/**
 * Reads the answer to an operation. `parse` checks its shape, so nothing is cast. Refusals are thrown as ApiError, and what
 * cannot be read as UnreadableError; anything else that is thrown means that no answer came.
 */
export async function read<T>(asked: Promise<Outcome>, parse: (body: unknown, response: Response) => T): Promise<T> {
  const { data, error, response } = await asked.catch((thrown: unknown) => { throw thrown instanceof SyntaxError ? unreadable(thrown) : thrown; });
  if (response.ok) {
    try {
      return parse(data, response);
    } catch (thrown) {
      throw unreadable(thrown);
    }
  }
  const problem = toProblem(response.status, error);
  const requestID = problem.requestID ?? response.headers.get(requestIDHeader);
  throw new ApiError(new URL(response.url).pathname, { ...problem, ...(requestID !== null && { requestID }) });
}

function unreadable(cause: unknown): UnreadableError {
  return new UnreadableError(cause instanceof Error ? cause.message : String(cause), { cause });
}
