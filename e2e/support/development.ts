import { spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';

import type { BrowserContext } from '@playwright/test';

import { app, binary, issuer, journeysRealm, need, serverURL, vite } from './environment.ts';
import type { Server } from './server.ts';

/** The development realm of our own binary: changed by its guarded control API, started by itself. */
export const developmentServer: Server = { setLifespan, rotateKeys, endSessions, startServer };

const secret = () => need('KEYSTEAD_E2E_REALM_SECRET');

async function control(method: string, path: string, body: unknown, realm = issuer): Promise<void> {
  const res = await fetch(`${realm}/keystead${path}`, {
    method,
    headers: { Authorization: `Bearer ${secret()}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!res.ok) throw new Error(`${method} ${path}: ${res.status} ${await res.text()}`);
}

async function setLifespan(clientID: string, seconds?: number, realm = issuer): Promise<void> {
  await control('PATCH', `/clients/${clientID}`, { access_token_lifespan: seconds ?? null }, realm);
}

async function rotateKeys(): Promise<void> {
  await control('POST', '/rotate-keys', { algorithm: 'RS256' });
}

/** There is no administrator here: the session ends on the realm's own page, which no app hears of. */
async function endSessions(_username: string, context: BrowserContext): Promise<void> {
  const tab = await context.newPage();
  await tab.goto(`${journeysRealm}/protocol/openid-connect/logout`);
  await tab.locator('#kc-logout').click();
  await tab.waitForLoadState();
  await tab.close();
}

async function startServer(): Promise<() => void> {
  const realmFile = new URL('../../deploy/realm/demo-realm.json', import.meta.url).pathname;
  const started = spawn(binary, ['realm', '--addr', new URL(serverURL).host, '--realm-file', realmFile], {
    env: {
      HOME: process.env.HOME,
      KEYSTEAD_APP_URL: app,
      KEYSTEAD_VITE_URL: vite,
      KEYSTEAD_BACKCHANNEL_LOGOUT_URL: `${app}/auth/backchannel-logout`,
      KEYSTEAD_REALM_SECRET: secret(),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  while (!(await answers(issuer))) {
    if (started.exitCode !== null) throw new Error(`keystead realm ended with ${started.exitCode}`);
    await setTimeout(50);
  }
  return () => started.kill();
}

const answers = (url: string) => fetch(url).then((res) => res.ok, () => false);
