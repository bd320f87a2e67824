import { http, HttpResponse } from 'msw';
import { problem } from './server';

/** The app's own server in mode `session`, as far as its page sees the sign-in. */
export class FakeServer {
  /** Who is signed in, if anybody. */
  subject: string | undefined;
  /** How long the session lasts without being used, in milliseconds. */
  idle = 1_800_000;
  /** What it answers in place of all that. */
  trouble: (() => Response) | undefined;
  /** How far its clock is ahead of the browser's. */
  clockAhead = 0;
  /** Answers come once this is fulfilled. */
  held: Promise<unknown> = Promise.resolve();
  asked = 0;
  /** Where the page has sent the browser. */
  readonly sentTo: string[] = [];

  readonly #since = Date.now();
  #sent: () => void = () => undefined;

  constructor(subject: string | undefined = 'a11ce') {
    this.subject = subject;
  }

  readonly go = (address: string): void => {
    this.sentTo.push(address);
    this.#sent();
  };

  /** Waits until the work is done, or has sent the browser somewhere: that takes its time to go. */
  async untilSent(work: () => Promise<void>): Promise<void> {
    const sent = new Promise<void>((resolve) => { this.#sent = resolve; });
    await Promise.race([work(), sent]);
  }

  handlers = [
    http.get('/auth/session', async () => {
      this.asked++;
      await this.held;
      if (this.trouble) return this.trouble();
      if (this.subject === undefined) return problem(401, 'session_missing', 'Nobody is signed in');
      const now = Date.now() + this.clockAhead;
      const body = { sub: this.subject, username: 'alice', signed_in_at: time(this.#since + this.clockAhead), expires_at: time(now + this.idle) };
      return HttpResponse.json(body, { headers: { Date: new Date(now).toUTCString() } });
    }),
  ];
}

/** The address of a login that comes back there. */
export function loginTo(path: string, further: Record<string, string> = {}): string {
  return `/auth/login?${new URLSearchParams({ return_to: path, ...further }).toString()}`;
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
