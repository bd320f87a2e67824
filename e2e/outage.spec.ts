import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

import { app, binary, issuer, lateApp, server, serverPID, settings } from './support/environment.ts';
import { callOperation } from './support/operations.ts';
import { startServer } from './support/server.ts';
import { expect, fillLogin, signIn, signOut, test } from './support/test.ts';
import { token, userGrant } from './support/tokens.ts';

// Ends the run's server, so the tests here come last and in this order.
test.describe.configure({ mode: 'serial' });

const answers = (url: string) => fetch(url).then((res) => res.status, () => 0);

// Where the system tells (/proc); of Keycloak it would tell of the shell that looks after it.
test('after all these journeys the development realm holds less than 60 MiB', () => {
  const status = `/proc/${serverPID}/status`;
  test.skip(server !== 'development' || !existsSync(status), 'only for the development realm, where there is a /proc');
  const resident = Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(status, 'utf8'))?.[1]) / 1024;
  console.log(`resident memory of the development realm: ${resident.toFixed(1)} MiB`);
  expect(resident).toBeLessThan(60);
});

test('the realm is stopped, and the app keeps serving signed-in calls', async ({ page }) => {
  const bearer = await token(userGrant('bob'));
  await signIn(page, 'alice', '/operations');
  process.kill(serverPID, 'SIGTERM');
  await expect.poll(() => answers(issuer), { timeout: 30_000 }).toBe(0);

  for (let call = 0; call < 3; call++) {
    const answered = page.waitForResponse(`${app}/secured`);
    await callOperation(page, 'GET', '/secured');
    expect((await answered).status()).toBe(200);
  }
  const res = await fetch(`${app}/api/me`, { headers: { Authorization: `Bearer ${bearer}` } });
  expect(res.status).toBe(200);

  await signOut(page);
  await expect(page.getByRole('heading', { level: 1, name: 'You are signed out here' })).toBeVisible();
});

test('a page opened while the realm is away explains that, and tries again', async ({ page }) => {
  await page.goto(app);
  await expect(page.getByText(`Keycloak did not answer at`)).toBeVisible();
  await expect(page.getByText(new URL(issuer).origin).first()).toBeVisible();
  const again = page.waitForRequest((request) => request.url().startsWith(issuer));
  await page.getByRole('button', { name: 'Try again' }).click();
  await again;
});

test.describe('an app started while the realm is away', () => {
  let late: ChildProcess;
  test.beforeAll(() => {
    late = spawn(binary, ['serve'], { env: settings(lateApp), stdio: 'ignore' });
  });
  test.afterAll(() => late.kill());

  test('lives, serves the page, and gives no verdict on tokens', async () => {
    await expect.poll(() => answers(`${lateApp}/health`)).toBe(200);
    expect(await answers(lateApp)).toBe(200);
    await expect.poll(() => answers(`${lateApp}/readyz`)).toBe(503);
    const res = await fetch(`${lateApp}/api/me`, { headers: { Authorization: `Bearer ${process.env.KEYSTEAD_E2E_EXPIRED_TOKEN}` } });
    expect(res.status).toBe(503);
    expect(Number(res.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(await res.json()).toMatchObject({ code: 'keys_unavailable' });
  });
});

test('the realm comes back with other keys, and the waiting page goes on by itself', async ({ page }) => {
  test.setTimeout(180_000);
  await page.goto(`${app}/operations`);
  await expect(page.getByRole('heading', { level: 1, name: 'Keycloak did not answer' })).toBeVisible();
  const stopServer = await startServer();
  try {
    await page.locator('#kc-login').waitFor({ timeout: 30_000 });
    await fillLogin(page, 'alice');
    const answered = page.waitForResponse(`${app}/secured`, { timeout: 30_000 });
    await callOperation(page, 'GET', '/secured');
    expect((await answered).status()).toBe(200);
  } finally {
    stopServer();
  }
});
