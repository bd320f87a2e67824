import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { binary } from './environment.ts';

/** What goes wrong with an endpoint's answers: see docs/trouble.md. */
export interface Trouble {
  answer?: 'normal' | 'error' | 'garbage' | 'truncated' | 'empty' | 'hang' | 'reset';
  status?: number;
  delay_ms?: number;
  times?: number;
}

/** An app with a development realm of its own, as `keystead dev` starts them: what is broken there is nobody else's. */
export class Dev {
  readonly app: string;
  readonly issuer: string;
  readonly #secret = crypto.randomUUID();
  readonly #folder = mkdtempSync(join(tmpdir(), 'keystead-dev-'));
  #end: (() => Promise<void>) | undefined;

  private constructor(app: number, realm: number) {
    this.app = `http://localhost:${app}`;
    this.issuer = `http://localhost:${realm}/realms/demo`;
  }

  static async start(): Promise<Dev> {
    const dev = new Dev(await freePort(), await freePort());
    await dev.#serve();
    return dev;
  }

  async #serve(): Promise<void> {
    const args = ['dev', '--addr', new URL(this.app).host, '--realm-addr', new URL(this.issuer).host];
    const process = spawn(binary, args, {
      env: { HOME: this.#folder, KEYSTEAD_REALM_SECRET: this.#secret, KEYSTEAD_LOG_LEVEL: 'error', KEYSTEAD_DATABASE_URL: `sqlite:${join(this.#folder, 'notes.db')}` },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.#end = async () => {
      const ended = once(process, 'exit');
      process.kill('SIGINT');
      await ended;
    };
    while (!(await fetch(`${this.app}/readyz`).then(({ ok }) => ok, () => false))) {
      if (process.exitCode !== null) throw new Error(`keystead dev ended with ${process.exitCode}`);
      await setTimeout(20);
    }
  }

  async stop(): Promise<void> {
    await this.#end?.();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Lets the realm's endpoint go wrong: certs, discovery, auth, token, userinfo, logout … or all. */
  trouble(endpoint: string, trouble: Trouble): Promise<void> {
    return this.#control('PUT', `trouble/${endpoint}`, trouble);
  }

  /** Lets everything be as usual again. */
  calm(): Promise<void> {
    return this.#control('DELETE', 'trouble');
  }

  /** Sets the realm's clock off by so many seconds. */
  shiftClock(seconds: number): Promise<void> {
    return this.#control('PUT', 'clock', { offset_seconds: seconds });
  }

  /** Sets how long the app's access tokens live, in seconds. */
  setLifespan(seconds: number): Promise<void> {
    return this.#control('PATCH', 'clients/demo', { access_token_lifespan: seconds });
  }

  /** Lets the realm sign with a new key at once. */
  rotateKeys(): Promise<void> {
    return this.#control('POST', 'rotate-keys', { algorithm: 'RS256' });
  }

  /** Takes a key away: what it has signed does not verify any more. */
  withdrawKey(kid: string): Promise<void> {
    return this.#control('DELETE', `keys/${kid}`);
  }

  /** Lets a session end as if it had not been used for too long: nobody is told. */
  expireSession(sid: string): Promise<void> {
    return this.#control('POST', `sessions/${sid}/expire`);
  }

  /** Ends a session as an administrator does: its apps are told. */
  endSession(sid: string): Promise<void> {
    return this.#control('DELETE', `sessions/${sid}`);
  }

  /** Ends all sessions of a user, and tells their apps. */
  signOut(username: string): Promise<void> {
    return this.#control('POST', `users/${username}/logout`);
  }

  async #control(method: string, path: string, body?: unknown): Promise<void> {
    const res = await fetch(`${this.issuer}/keystead/${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.#secret}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!res.ok) throw new Error(`${method} ${path}: ${res.status} ${await res.text()}`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (typeof address !== 'object' || address === null) throw new Error('there is no free port');
  return address.port;
}
