import { existsSync } from 'node:fs';

import { defineConfig } from '@playwright/test';

import { app, binary, insecureApp, server, sessionLogin, settings, vite } from './support/environment.ts';

// CHROMIUM_PATH, else Debian's chromium, else the browser that Playwright itself has installed.
const executablePath = process.env.CHROMIUM_PATH ?? ['/usr/bin/chromium'].find((path) => existsSync(path));

/** How the browser is started. */
const launchOptions = (...args: string[]) => ({
  ...(executablePath ? { executablePath } : {}),
  args: [
    `--host-resolver-rules=MAP ${new URL(insecureApp).hostname} 127.0.0.1`,
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ...args,
  ],
});

// These run beside each other, as far as there are workers, each in one: its tests share a realm, and some of them change it.
const projects = [
  { name: 'app', testMatch: ['docs.spec.ts', 'explain.spec.ts', 'journeys.spec.ts', 'look.spec.ts', 'notes.spec.ts', 'policy.spec.ts'] }, // realm demo; in the order of their names, so that the expired token has expired
  { name: 'libraries', testMatch: ['keycloakjs.spec.ts', 'oidcclient.spec.ts'] }, // realms journeys and interop
  { // realm journeys, with clients and users of its own, and no cookies for third parties
    name: 'sign-in',
    testMatch: 'signin.spec.ts',
    use: { launchOptions: launchOptions('--test-third-party-cookie-phaseout') },
  },
  { name: 'session', testMatch: 'session.spec.ts' }, // realm journeys, likewise; of the realm demo it leaves all as it is
  ...(server === 'development' ? [
    { name: 'pages', testMatch: 'pages.spec.ts' }, // realm journeys
    { name: 'account', testMatch: 'account.spec.ts' }, // realm account
    { name: 'trouble', testMatch: 'trouble.spec.ts' }, // a realm of its own
  ] : []),
].map((project) => ({ ...project, workers: 1 }));

export default defineConfig({
  testDir: '.',
  workers: 3, // on the two processors of a small machine; more, and pages take longer than tests wait
  timeout: 90_000, // of one test: looking at a page in four ways takes half a minute on a machine that does much else
  expect: { timeout: 10_000 },
  forbidOnly: !!process.env.CI,
  reporter: [['list']],
  globalSetup: './support/setup.ts',
  outputDir: `test-results/${server}`,
  use: {
    trace: { mode: 'retain-on-failure', screenshots: false }, // its pictures take a third of the time
    launchOptions: launchOptions(),
  },
  projects: [
    ...projects,
    { name: 'outage', testMatch: 'outage.spec.ts', dependencies: projects.map(({ name }) => name), workers: 1 }, // ends the server
  ],
  webServer: [
    { name: 'app', command: `${binary} serve`, url: `${app}/readyz`, env: { ...settings(app), ...sessionLogin('keystead-session', 'keystead-session-demo-secret') }, stdout: 'ignore', stderr: 'ignore' },
    {
      name: 'vite',
      command: `npm run dev -- --port ${new URL(vite).port}`,
      cwd: '../web',
      url: vite,
      env: { KEYSTEAD_APP_URL: app },
    },
  ],
});
