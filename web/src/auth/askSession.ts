import { optionalText, record, text, time } from '../parse';
import { noticeable } from './clockSkew';
import type { Failure, SignedIn } from './state';

const patience = 10_000;

/** What the app's server says of the session: whose it is, or that there is none; or why it cannot say. */
export type Said = { who: 'somebody'; person: SignedIn } | { who: 'nobody' } | { who: 'unknown'; failure: Failure };

/** Asks the app's server who is signed in. Throws where its answer has another shape than it should. */
export async function askSession(): Promise<Said> {
  const asked = fetch('/auth/session', { headers: { Accept: 'application/json' }, signal: AbortSignal.timeout(patience) });
  const response = await asked.catch(() => undefined); // without an answer it has no reason to tell
  if (response === undefined) return { who: 'unknown', failure: { kind: 'serverAway' } };
  if (response.status === 401) return { who: 'nobody' };
  const body: unknown = await response.json().catch(() => undefined);
  return response.ok ? { who: 'somebody', person: parsePerson(body, response.headers) } : { who: 'unknown', failure: why(response, body) };
}

function parsePerson(body: unknown, headers: Headers): SignedIn {
  const session = record(body, 'the session');
  const ahead = millisecondsAhead(headers);
  const local = (name: string) => time(session, name).getTime() + ahead;
  const clockSkew = noticeable(ahead / 1000);
  return {
    status: 'signedIn',
    subject: text(session, 'sub'),
    times: { signedInAt: local('signed_in_at'), idleEndsAt: local('expires_at') },
    ...(clockSkew !== undefined && { clockSkew }),
  };
}

/** How far this clock is ahead of the server's, which tells its own in whole seconds (RFC 9110 §6.6.1). */
function millisecondsAhead(headers: Headers): number {
  const theirs = Date.parse(headers.get('Date') ?? '');
  return Number.isNaN(theirs) ? 0 : Date.now() - theirs;
}

const kinds: Readonly<Record<string, 'databaseAway' | 'realmAway'>> = {
  store_unavailable: 'databaseAway',
  realm_unavailable: 'realmAway',
  keys_unavailable: 'realmAway',
};

/** The server's own problem says what is the matter; an answer without one is of something on the way to it. */
function why({ status, headers }: Response, body: unknown): Failure {
  const code = typeof body === 'object' && body !== null && !Array.isArray(body) ? optionalText(record(body, 'problem'), 'code') : undefined;
  const kind = code === undefined ? undefined : kinds[code];
  const wait = Number(headers.get('Retry-After') ?? NaN); // a date, which it may be too, is none that our server sends
  const retryIn = wait > 0 ? { retryIn: Math.min(wait, 60) } : {};
  return kind === undefined ? { kind: 'serverAway', status, ...retryIn } : { kind, ...retryIn };
}
