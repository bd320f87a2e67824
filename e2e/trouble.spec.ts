import type { Page } from '@playwright/test';

import { Dev, type Trouble } from './support/dev.ts';
import { inside } from './support/inside.ts';
import { answer, callOperation } from './support/operations.ts';
import { expect, fillLogin, signIn, signOut, test } from './support/test.ts';
import { read } from './support/tokens.ts';

// What the app says and does when the realm is in trouble, for each switch of the development realm (docs/trouble.md). What the API
// answers to callers without a browser stands in trouble_test.go.

// Each test has an app and a realm of its own: what one of them has seen, such as fetches of keys, counts for what it does next.
let dev: Dev;
test.beforeEach(async () => { dev = await Dev.start(); });
test.afterEach(() => dev.stop());

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name });
const enter = (page: Page, path = '/operations') => signIn(page, 'alice', path, dev.app);
const freshToken = async (page: Page) => (await inside(page, 'auth')).evaluate((auth) => auth.freshToken());
const kidOf = async (page: Page) => String(read(await freshToken(page), 'kid', 0));
const sidOf = async (page: Page) => String(read(await freshToken(page), 'sid'));

/** Calls an operation on the page "API", and gives the status of the answer. */
async function call(page: Page, path = '/secured'): Promise<number> {
  const answered = page.waitForResponse((res) => res.url() === dev.app + path);
  await callOperation(page, 'GET', path);
  return (await answered).status();
}

/** Waits until the app that could not sign anybody in has done so by itself. */
async function expectRecovery(page: Page): Promise<void> {
  await expect(heading(page, 'API')).toBeVisible({ timeout: 20_000 });
  expect(await call(page)).toBe(200);
}

test.describe('on the way in', () => {
  const told: [string, Trouble, RegExp][] = [
    ['an error', { answer: 'error', status: 502 }, /answered with 502/],
    ['a page of something between', { answer: 'garbage' }, /not as Keycloak does/],
    ['half an answer', { answer: 'truncated' }, /Keycloak did not answer at/],
  ];
  for (const [what, trouble, words] of told) {
    test(`the token endpoint gives ${what}: that is said, and the next try goes through by itself`, async ({ page }) => {
      await dev.trouble('token', { ...trouble, times: 1 });
      await page.goto(`${dev.app}/operations`);
      await fillLogin(page, 'alice');
      await expect(heading(page, 'Keycloak did not answer')).toBeVisible();
      await expect(page.getByText(words)).toBeVisible();
      await expectRecovery(page);
    });
  }

  const passedOver: [string, Trouble][] = [
    ['an empty answer once', { answer: 'empty', times: 1 }],
    ['no answer but a closed connection once', { answer: 'reset', times: 1 }],
    ['its answer late', { answer: 'normal', delay_ms: 1500 }],
  ];
  for (const [what, trouble] of passedOver) {
    test(`the token endpoint gives ${what}: nobody notices`, async ({ page }) => {
      await dev.trouble('token', trouble);
      await page.goto(`${dev.app}/operations`);
      await fillLogin(page, 'alice');
      await expectRecovery(page);
    });
  }

  for (const trouble of [{ answer: 'error', times: 2 }, { answer: 'hang', times: 1 }] as const) {
    test(`the realm does not say that it is there (${trouble.answer}): nobody is sent to it until it does`, async ({ page }) => {
      await dev.trouble('discovery', trouble);
      await page.goto(`${dev.app}/operations`);
      await expect(heading(page, 'Keycloak did not answer')).toBeVisible({ timeout: 15_000 });
      await page.locator('#kc-login').waitFor({ timeout: 25_000 });
      await fillLogin(page, 'alice');
      await expectRecovery(page);
    });
  }

  test('the login page fails: the realm says so itself, and the app leads there again', async ({ page }) => {
    await dev.trouble('auth', { answer: 'error', times: 1 });
    await page.goto(`${dev.app}/operations`);
    await expect(page.getByText('trouble is switched on')).toBeVisible();
    await page.goto(`${dev.app}/operations`);
    await expect(heading(page, 'You came back without signing in')).toBeVisible();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await fillLogin(page, 'alice');
    await expectRecovery(page);
  });

  test('what the app does not use may be down', async ({ page }) => {
    for (const endpoint of ['userinfo', 'introspect', 'revoke', 'device', 'account', 'frames']) await dev.trouble(endpoint, { answer: 'reset' });
    await enter(page);
    await expectRecovery(page);
  });
});

test.describe('while somebody is signed in', () => {
  for (const trouble of [{ answer: 'error' }, { answer: 'reset' }, { answer: 'garbage' }] as const) {
    test(`no token is to be had (${trouble.answer}): that is said, and once there is one the calls go on`, async ({ page }) => {
      await dev.setLifespan(4);
      await enter(page);
      expect(await call(page)).toBe(200);
      await dev.trouble('token', trouble);
      await page.waitForTimeout(4500);
      await callOperation(page, 'GET', '/secured');
      await expect(answer(page)).toContainText('your access token has expired', { timeout: 20_000 });
      await dev.calm();
      await expect(async () => {
        await callOperation(page, 'GET', '/secured');
        await expect(answer(page)).toContainText('200', { timeout: 1000 });
      }).toPass({ timeout: 20_000 });
    });
  }

  test('the answer with the next token is lost: where refresh tokens are good for one use that ends the session, and the way back asks for no password', async ({ page }) => {
    await dev.setLifespan(4);
    await enter(page);
    await dev.trouble('token', { answer: 'truncated', times: 1 });
    await page.waitForTimeout(4500);
    await callOperation(page, 'GET', '/secured');
    await expect(heading(page, 'Your session has ended')).toBeVisible({ timeout: 40_000 });
    await page.getByRole('button', { name: 'Sign in again' }).click();
    await expectRecovery(page);
  });

  test('the realm is down altogether: calls go on, and signing out says what it could not do', async ({ page }) => {
    await enter(page);
    await dev.trouble('all', { answer: 'reset' });
    expect(await call(page)).toBe(200);
    await signOut(page);
    await expect(heading(page, 'You are signed out here')).toBeVisible();
  });

  test('only the logout fails: the realm says so, and the app holds nothing of the person', async ({ page }) => {
    await enter(page);
    await dev.trouble('logout', { answer: 'error' });
    await signOut(page);
    await expect(page.getByText('trouble is switched on')).toBeVisible();
  });

  test('the session expires: the next refresh tells, and the way back leads to the same page', async ({ page }) => {
    await dev.setLifespan(4);
    await enter(page);
    await dev.expireSession(await sidOf(page));
    await page.waitForTimeout(4500);
    await callOperation(page, 'GET', '/secured');
    await expect(heading(page, 'Your session has ended')).toBeVisible({ timeout: 20_000 });
    await page.getByRole('button', { name: 'Sign in again' }).click();
    await fillLogin(page, 'alice');
    await expect(heading(page, 'API')).toBeVisible();
  });

  test('an administrator ends the session: the very next call tells', async ({ page }) => {
    await enter(page);
    await dev.endSession(await sidOf(page));
    await callOperation(page, 'GET', '/secured');
    await expect(heading(page, 'Your session has ended')).toBeVisible();
  });

  test('an administrator signs the person out everywhere: each browser is told by its next call', async ({ page, browser }) => {
    const other = await (await browser.newContext()).newPage();
    await Promise.all([enter(page), enter(other)]);
    await dev.signOut('alice');
    for (const each of [page, other]) {
      await callOperation(each, 'GET', '/secured');
      await expect(heading(each, 'Your session has ended')).toBeVisible();
    }
    await other.context().close();
  });
});

test.describe('keys', () => {
  test('another key signs: nobody notices', async ({ page }) => {
    await enter(page);
    const before = await kidOf(page);
    await dev.rotateKeys();
    await page.reload();
    await expectRecovery(page);
    expect(await kidOf(page)).not.toBe(before);
  });

  test('the key of a token is withdrawn: once the API knows, the app gets another token by itself', async ({ page, context }) => {
    await enter(page);
    const withdrawn = await kidOf(page);
    await dev.withdrawKey(withdrawn);
    expect(await call(page), 'the API keeps keys for a while').toBe(200);
    const refused: string[] = [];
    page.on('response', (res) => { if (res.status() === 401) refused.push(res.headers()['www-authenticate'] ?? ''); });
    const other = await context.newPage();
    await other.goto(`${dev.app}/operations`);
    expect(await call(other), 'a token of the new key lets it fetch the set').toBe(200);
    await page.bringToFront();
    expect(await call(page).then((status) => (status === 401 ? call(page) : status))).toBe(200);
    expect(refused.join(), 'the old token was refused').toContain('token_key_unknown');
    expect(await kidOf(page)).not.toBe(withdrawn);
  });

  test('another key signs and the set cannot be fetched: the app says that it is not the person, and goes on once it can', async ({ page }) => {
    await enter(page);
    await dev.trouble('certs', { answer: 'error' });
    await dev.rotateKeys();
    await page.reload();
    await expect(page.getByText('so the token cannot be judged; try again shortly')).toBeVisible();
    await dev.calm();
    await expect(async () => {
      await page.getByRole('button', { name: 'Try again' }).click();
      await expect(page.getByRole('button', { name: 'GET /secured' })).toBeVisible({ timeout: 2000 });
    }).toPass({ timeout: 30_000 });
    expect(await call(page)).toBe(200);
  });
});

for (const [what, seconds, words] of [
  ['ahead', 600, /The token was issued (9m\d+s|10m0s) in the future/],
  ['behind', -600, /The token expired 5m\d+s ago/],
] as const) {
  test(`the realm's clock is ten minutes ${what}: the app tells whose clocks disagree, and once it is right goes on by itself`, async ({ page }) => {
    await enter(page);
    await dev.shiftClock(seconds);
    await page.reload();
    await expect(page.getByText(words)).toBeVisible();
    await expect(page.getByText('the clocks of this app’s server and of Keycloak disagree')).toBeVisible();
    await dev.calm();
    await page.reload();
    await expectRecovery(page);
  });
}
