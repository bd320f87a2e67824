import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';

import { binary, settings } from './environment.ts';

/** Serves the app with settings of its own, at a port where no other one listens, until the returned function is called. */
export async function serveApp(url: string, own: Record<string, string>): Promise<() => Promise<void>> {
  const app = spawn(binary, ['serve'], { env: { ...settings(url), KEYSTEAD_LOG_LEVEL: 'error', ...own }, stdio: ['ignore', 'ignore', 'inherit'] });
  while (!(await fetch(`${url}/health`).then(({ ok }) => ok, () => false))) {
    if (app.exitCode !== null) throw new Error(`keystead serve ended with ${app.exitCode}`);
    await setTimeout(20);
  }
  return async () => {
    const ended = once(app, 'exit');
    app.kill('SIGINT');
    await ended;
  };
}
