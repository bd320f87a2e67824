import type { Browser, Page } from '@playwright/test';

import { app, issuer, serverURL } from './support/environment.ts';
import { expectReadable } from './support/readable.ts';
import { expect, expectSignedIn, fillLogin, signIn, test } from './support/test.ts';

// The development realm's account page. People of the realm `account` are each used by one test, which may change them.

const account = `${serverURL}/realms/account/account`;

/** Opens the account and signs in on the way; the password is the name. */
async function enter(page: Page, username: string, address = account): Promise<void> {
  await page.goto(address);
  await fillLogin(page, username);
  await expect(page.getByRole('heading', { level: 1, name: 'Your account' })).toBeVisible();
}

const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const field = (page: Page, name: string) => section(page, 'Profile').getByLabel(name);

test('the app leads to the account, and the account back to the app', async ({ page }) => {
  await signIn(page, 'alice', '/profile');
  await page.getByRole('link', { name: 'Account console' }).click();
  await page.waitForURL(`${issuer}/account/**`);
  await expect(field(page, 'Email'), 'the session of the app is enough').toHaveValue('alice@example.com');
  await expect(section(page, 'Sessions').getByText('Keystead', { exact: true }).first()).toBeVisible();
  await page.getByRole('link', { name: 'Back to Keystead' }).click();
  await page.waitForURL(`${app}/**`);
  await expectSignedIn(page);
});

test('the profile can be changed by keyboard alone', async ({ page }) => {
  await page.goto(account);
  await page.keyboard.type('adele');
  await page.keyboard.press('Tab');
  await page.keyboard.type('adele');
  await page.keyboard.press('Enter');
  await reach(page, 'First name');
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('Adelheid');
  await page.keyboard.press('Enter');
  const done = page.getByRole('status');
  await expect(done).toHaveText('Your profile is saved.');
  await expect(done, 'it is read out, and one can go on from there').toBeFocused();
  await expect(field(page, 'First name')).toHaveValue('Adelheid');
  await expect(page.getByText('Adelheid Account')).toBeVisible();
  await page.reload();
  await expect(field(page, 'First name'), 'and nothing is sent again').toHaveValue('Adelheid');
});

/** Presses Tab until the field with that label has the focus. */
async function reach(page: Page, label: string): Promise<void> {
  const wanted = field(page, label);
  await expect(wanted).toBeVisible();
  for (let presses = 0; presses < 20 && !(await wanted.evaluate((element) => element === document.activeElement)); presses++) await page.keyboard.press('Tab');
  await expect(wanted).toBeFocused();
}

test('what is wrong is said at its field, where one can go on at once', async ({ page }) => {
  await enter(page, 'bruno');
  await field(page, 'Email').fill('nix');
  await field(page, 'Nickname').fill('Tall');
  await field(page, 'languages').fill('a\nb\nc\nd');
  await section(page, 'Profile').getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('alert')).toContainText('3 fields need another look.');
  await expect(page).toHaveTitle(/^Error: /);
  await expect(field(page, 'Email')).toBeFocused();
  await expect(field(page, 'Email')).toHaveAccessibleDescription('Invalid email address.');
  await expect(field(page, 'Nickname')).toHaveAccessibleDescription('Small letters only.');
  await expect(field(page, 'languages')).toHaveValue('a\nb\nc\nd');
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('bruno@example.org');
  await field(page, 'Nickname').fill('tall');
  await field(page, 'languages').fill('a\nb');
  await section(page, 'Profile').getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('status')).toHaveText('Your profile is saved.');
});

/** Signs in at the account in another browser. */
async function elsewhere(browser: Browser, username: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await enter(page, username);
  return page;
}

test('sessions elsewhere can be ended, one or all', async ({ browser, page }) => {
  const other = await elsewhere(browser, 'cilla');
  await enter(page, 'cilla');
  const rows = section(page, 'Sessions').getByRole('listitem').filter({ has: page.getByRole('button') });
  await expect(rows).toHaveCount(2);
  await expect(rows.first(), 'this one comes first').toContainText('this browser');
  await rows.last().getByRole('button').click();
  await expect(page.getByRole('status')).toHaveText('That session has ended.');
  await expect(rows).toHaveCount(1);
  await other.reload();
  await expect(other.locator('#kc-form-login')).toBeVisible();

  await Promise.all([elsewhere(browser, 'cilla'), elsewhere(browser, 'cilla')]);
  await page.reload();
  await page.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await expect(page.getByRole('status')).toHaveText('All other sessions have ended.');
  await expect(rows).toHaveCount(1);

  await page.getByRole('button', { name: /^Sign out: .*this browser$/ }).click();
  await expect(page.getByText('You are logged out').first()).toBeVisible();
  await page.getByRole('link', { name: 'Sign in again' }).click();
  await expect(page.locator('#kc-form-login')).toBeVisible();
});

test('the password can be changed, and without any script', async ({ browser }) => {
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await enter(page, 'david');
  await page.getByRole('link', { name: 'Change password' }).click();
  await page.locator('#password-new').fill('another');
  await page.locator('#password-confirm').fill('another');
  await page.getByRole('button', { name: 'Submit' }).click();
  await expect(page.getByRole('status')).toHaveText('Your password is changed.');
  await expect(page).toHaveURL(`${account}/?done=password`);
});

test('links to the pages of Keycloak’s console lead to the same things', async ({ page }) => {
  await enter(page, 'elsie', `${account}/account-security/device-activity`);
  await page.setViewportSize({ width: 390, height: 600 });
  for (const [fragment, name] of [['#/security/device-activity', 'Sessions'], ['#/security/signing-in', 'Password'], ['#/personal-info', 'Profile']] as const) {
    await page.goto('about:blank');
    await page.goto(`${account}/${fragment}`);
    await expect(section(page, name).getByRole('heading')).toBeInViewport();
  }
});

/** What the page can look like: who is there, and what they do. */
const states: Record<string, [username: string, then?: (page: Page) => Promise<unknown>]> = {
  'the account': ['hilda'],
  'a saved profile': ['hilda', (page) => page.getByRole('button', { name: 'Save' }).click()],
  'a profile that is not as it has to be': [
    'hilda',
    async (page) => {
      await field(page, 'Username').fill('');
      await field(page, 'languages').fill('much too long');
      await page.getByRole('button', { name: 'Save' }).click();
      await expect(page.getByRole('alert')).toBeVisible();
    },
  ],
  'an account to look at only': ['flora'],
  'an account without the role to see it': ['grant'],
};

for (const [name, [username, then]] of Object.entries(states)) {
  test(`everybody can read ${name}`, async ({ page }) => {
    await enter(page, username);
    await then?.(page);
    await expectReadable(page, [1280, 390, 320]);
  });
}
