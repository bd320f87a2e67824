import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { chromium } from '@playwright/test';

export interface Browser {
  port: number;
  end: () => Promise<void>;
}

const flags = [
  '--headless=new', '--remote-debugging-port=0', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-extensions',
];

/** Starts a Chromium with a new profile that Lighthouse can reach. Playwright's own launch would hold on to its pages. */
export async function startBrowser(profile: string): Promise<Browser> {
  const path = process.env.CHROMIUM_PATH ?? ['/usr/bin/chromium'].find((known) => existsSync(known)) ?? chromium.executablePath();
  const child = spawn(path, [...flags, `--user-data-dir=${profile}`, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  return {
    port: await debuggingPort(createInterface(child.stderr)),
    end: async () => {
      child.kill();
      await ended;
    },
  };
}

async function debuggingPort(lines: AsyncIterable<string>): Promise<number> {
  for await (const line of lines) {
    const address = /^DevTools listening on (ws:\S+)/.exec(line)?.[1];
    if (address !== undefined) return Number(new URL(address).port);
  }
  throw new Error('Chromium ended before it could be reached');
}

/** Signs alice in. What stays in the browser is the realm's cookie: each later load comes straight back from the realm. */
export async function signIn({ port }: Browser, app: string): Promise<void> {
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
  const [context] = browser.contexts();
  if (!context) throw new Error('Chromium has no context');
  const page = await context.newPage();
  await page.goto(app);
  await page.locator('#username').fill('alice');
  await page.locator('#password').fill('alice');
  await page.locator('#kc-login').click();
  await page.getByRole('heading', { level: 1 }).filter({ hasText: 'Alice' }).waitFor();
  await page.close();
  await browser.close(); // leaves the browser itself running
}
