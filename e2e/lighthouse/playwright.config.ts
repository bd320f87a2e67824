import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { defineConfig } from '@playwright/test';

// A run of its own beside the journeys: it measures time, and must have the machine to itself.
//
//   npm run lighthouse                            bin/keystead dev, on free ports
//   LIGHTHOUSE_URL=http://… npm run lighthouse    an app that runs already, with the demo realm

const running = process.env.LIGHTHOUSE_URL !== undefined && process.env.LIGHTHOUSE_WORK === undefined;
// The processes to come read this file once more, and inherit what the first has chosen.
process.env.LIGHTHOUSE_URL ??= `http://localhost:${await freePort()}`;
const app = process.env.LIGHTHOUSE_URL;
const work = process.env.LIGHTHOUSE_WORK ??= makeFolder();

export default defineConfig({
  testDir: '.',
  workers: 1,
  timeout: 900_000, // twelve runs of half a minute, and as much again on a busy machine
  forbidOnly: !!process.env.CI,
  reporter: [['list']],
  outputDir: '../test-results/lighthouse',
  ...(running ? {} : {
    webServer: {
      command: `../../bin/keystead dev --addr ${new URL(app).host} --realm-addr localhost:${await freePort()}`,
      url: `${app}/readyz`,
      reuseExistingServer: false,
      env: { KEYSTEAD_DATABASE_URL: `sqlite:${join(work, 'keystead.db')}`, KEYSTEAD_LOG_LEVEL: 'error' },
      gracefulShutdown: { signal: 'SIGTERM', timeout: 10_000 },
    },
  }),
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, 'localhost', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

/** Makes the folder of the run, for the app's database and the browser's profile. It goes with this first process. */
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keystead-lighthouse-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
