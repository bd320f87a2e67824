import { existsSync } from 'node:fs';

import { defineConfig } from '@playwright/test';

import { app, binary, insecureApp, settings, vite } from './support/environment.ts';

// CHROMIUM_PATH, else Debian's chromium, else the browser that Playwright itself has installed.
const executablePath = process.env.CHROMIUM_PATH ?? ['/usr/bin/chromium'].find((path) => existsSync(path));

export default defineConfig({
  testDir: '.',
  workers: 1, // the journeys share one realm, and some of them change it
  forbidOnly: !!process.env.CI,
  reporter: [['list']],
  globalSetup: './support/setup.ts',
  use: {
    trace: 'retain-on-failure',
    launchOptions: {
      ...(executablePath ? { executablePath } : {}),
      args: [
        `--host-resolver-rules=MAP ${new URL(insecureApp).hostname} 127.0.0.1`,
        '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'journeys', testIgnore: 'outage.spec.ts' },
    { name: 'outage', testMatch: 'outage.spec.ts', dependencies: ['journeys'] }, // ends Keycloak
  ],
  webServer: [
    { name: 'app', command: `${binary} serve`, url: `${app}/readyz`, env: settings(app), stdout: 'ignore', stderr: 'ignore' },
    {
      name: 'vite',
      command: `npm run dev -- --port ${new URL(vite).port}`,
      cwd: '../web',
      url: vite,
      env: { KEYSTEAD_APP_URL: app },
    },
  ],
});
