import type { Page } from '@playwright/test';

import { endpoint, first, keycloakIn, loginRequired, second, state } from './support/apps.ts';
import { journeysRealm, serverURL } from './support/environment.ts';
import { expectReadable } from './support/readable.ts';
import { expect, fillLogin, test } from './support/test.ts';

// The development realm's own pages. Keycloak's look different, and are tested by its makers.

const people = (page: Page) => page.getByRole('region', { name: 'Pick a user' });

test.describe('the login page', () => {
  test.beforeEach(({ page }) => page.goto(first.at(loginRequired)));

  test('signs in the user who is picked, by one click', async ({ page }) => {
    await people(page).getByRole('button', { name: 'alice' }).click();
    await expect(state(page)).toHaveText('Signed in as alice');
  });

  test('works by keyboard alone', async ({ page }) => {
    await expect(page.locator('#username'), 'one can type at once').toBeFocused();
    await page.keyboard.type('alice');
    await page.keyboard.press('Tab');
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    await expect(page.locator('#input-error-username')).toContainText('Invalid username or password.');
    await page.locator('#password').focus();
    await page.keyboard.type('alice');
    await page.keyboard.press('Enter');
    await expect(state(page)).toHaveText('Signed in as alice');
  });

  test('lets the keyboard pick a user, too', async ({ page }) => {
    const bertie = people(page).getByRole('button', { name: 'bertie' });
    for (let presses = 0; presses < 20 && !(await bertie.evaluate((button) => button === document.activeElement)); presses++) {
      await page.keyboard.press('Tab');
    }
    await expect(bertie).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(state(page)).toHaveText('Signed in as bertie');
  });
});

test('a password can be given without any script', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'; // of RFC 7636
  const query = { client_id: 'first', redirect_uri: first.silentPage, response_type: 'code', scope: 'openid', code_challenge: challenge, code_challenge_method: 'S256' };
  await page.goto(`${endpoint('auth')}?${new URLSearchParams(query)}`);
  await fillLogin(page, 'alice');
  await page.waitForURL((url) => url.href.startsWith(first.silentPage) && url.searchParams.has('code'));
  await context.close();
});

test.describe('a page of another origin', () => {
  for (const [whose, app] of [['another site', first.elsewhere('first')], ['the same site', second]] as const) {
    test(`cannot pick a user for somebody, from ${whose}`, async ({ context, page }) => {
      // More than an attacker would ever have: the person's own form, session code included.
      await page.goto(first.at(loginRequired));
      const form = await people(page).getByRole('button', { name: 'alice' }).evaluate((button) => {
        if (!(button instanceof HTMLButtonElement) || !button.form) throw new Error('no button of a form');
        return { action: button.form.action, fields: [...new FormData(button.form, button)].map(([name, value]) => [name, String(value)] as const) };
      });
      const trap = await context.newPage();
      await trap.goto(app.silentPage);
      const answered = trap.waitForResponse((response) => response.request().method() === 'POST');
      await trap.evaluate(({ action, fields }) => {
        const form = Object.assign(document.createElement('form'), { method: 'post', action });
        for (const [name, value] of fields) form.append(Object.assign(document.createElement('input'), { name, value }));
        document.body.append(form);
        form.submit();
      }, form);
      expect((await answered).status()).toBeGreaterThanOrEqual(400);
      expect(await (await answered).headerValue('Set-Cookie')).toBeNull();
      await trap.waitForURL(form.action);

      await trap.goto(first.at(loginRequired));
      await expect(trap.locator('#kc-form-login'), 'nobody is signed in').toBeVisible();
      await people(page).getByRole('button', { name: 'alice' }).click();
      await expect(state(page), 'and the person can go on').toHaveText('Signed in as alice');
    });

    test(`cannot show the login in a frame, from ${whose}`, async ({ page }) => {
      await page.goto(first.at(loginRequired));
      await page.locator('#kc-form-login').waitFor();
      const login = page.url();
      await page.goto(app.silentPage);
      await page.evaluate((src) => document.body.append(Object.assign(document.createElement('iframe'), { src })), login);
      await expect.poll(() => page.frames()[1]?.url()).toBe('chrome-error://chromewebdata/');
    });
  }

  test('cannot use the control API, not even with its secret', async ({ page }) => {
    await page.goto(first.silentPage);
    const refused = await page.evaluate(
      ({ url, secret }) => fetch(url, { method: 'POST', headers: { Authorization: `Bearer ${secret}` }, body: '{}' }).then(({ status }) => status, (error: Error) => error.name),
      { url: `${journeysRealm}/keystead/tokens`, secret: process.env.KEYSTEAD_E2E_REALM_SECRET },
    );
    expect(refused).toBe('TypeError');
  });
});

test('the control API makes tokens for who knows its secret', async ({ request }) => {
  const ask = (secret: string) => request.post(`${journeysRealm}/keystead/tokens`, { headers: { Authorization: `Bearer ${secret}` }, data: { username: 'alice', client_id: 'first' } });
  expect((await ask('rubbish')).status()).toBe(401);
  const given = await ask(process.env.KEYSTEAD_E2E_REALM_SECRET ?? '');
  expect(given.status()).toBe(200);
  const { access_token: token } = (await given.json()) as { access_token: string };
  const info = await request.get(endpoint('userinfo'), { headers: { Authorization: `Bearer ${token}` } });
  expect(await info.json()).toMatchObject({ preferred_username: 'alice' });
});

/** Opens an app of a client, and signs in as far as the realm lets one. */
async function signIn(page: Page, client = 'first', username = 'alice'): Promise<void> {
  await page.goto(first.at(loginRequired, client));
  await fillLogin(page, username);
}

async function enterDeviceCode(page: Page): Promise<void> {
  const asked = await page.request.post(endpoint('auth/device'), { form: { client_id: 'television', scope: 'openid' } });
  const { verification_uri: address, user_code: code } = (await asked.json()) as { verification_uri: string; user_code: string };
  await page.goto(address);
  await page.locator('[name=device_user_code]').fill(code);
  await page.locator('[name=device_user_code]').press('Enter');
  await fillLogin(page, 'alice');
}

/** Every kind of page: how one gets there, and a word by which it is known. */
const pages: Record<string, [way: (page: Page) => Promise<unknown>, word: string | RegExp]> = {
  'the list of realms': [(page) => page.goto(serverURL), journeysRealm],
  'the login': [(page) => page.goto(first.at(loginRequired)), 'Username or email'],
  'a wrong password': [
    async (page) => {
      await page.goto(first.at(loginRequired));
      await fillLogin(page, 'alice', 'wrong');
    },
    'Invalid username or password.',
  ],
  'a second look at the password': [
    async (page) => {
      await signIn(page);
      await expect(state(page)).toHaveText('Signed in as alice');
      await (await keycloakIn(page)).evaluate((kc) => void kc.login({ prompt: 'login' }));
    },
    'Please re-authenticate to continue',
  ],
  'an error': [(page) => page.goto(first.elsewhere('first').at(loginRequired)), 'Invalid parameter: redirect_uri'],
  'a new password': [
    async (page) => {
      await signIn(page);
      await expect(state(page)).toHaveText('Signed in as alice');
      await (await keycloakIn(page)).evaluate((kc) => void kc.login({ action: 'UPDATE_PASSWORD' }));
      await page.getByRole('button', { name: 'Submit' }).click();
    },
    'Please specify password.',
  ],
  'something to do first': [(page) => signIn(page, 'first', 'doris'), /CONFIGURE_TOTP/],
  'a consent': [(page) => signIn(page, 'consenting'), 'The first app, once people have agreed'],
  'the code of a device': [(page) => page.goto(`${journeysRealm}/device`), /code/i],
  'a consent for a device': [enterDeviceCode, 'A television, signed in by a code typed elsewhere'],
  'a device that is signed in': [
    async (page) => {
      await enterDeviceCode(page);
      await page.locator('[name=accept]').click();
    },
    'Device Login Successful',
  ],
  'a question before signing out': [
    async (page) => {
      await signIn(page);
      await expect(state(page)).toHaveText('Signed in as alice');
      await page.goto(endpoint('logout'));
    },
    'Do you want to log out?',
  ],
  'having signed out': [
    async (page) => {
      await signIn(page);
      await expect(state(page)).toHaveText('Signed in as alice');
      await page.goto(endpoint('logout'));
      await page.locator('#kc-logout').click();
    },
    'You are logged out',
  ],
  'the account': [
    async (page) => {
      await signIn(page);
      await expect(state(page)).toHaveText('Signed in as alice');
      await (await keycloakIn(page)).evaluate((kc) => void kc.accountManagement());
    },
    'Where you are signed in.',
  ],
};

for (const [name, [way, word]] of Object.entries(pages)) {
  test(`everybody can read ${name}, and it asks nobody else for anything`, async ({ page }) => {
    const requests: string[] = [];
    const noise: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => {
      const byBrowser = message.text().startsWith('Failed to load resource');
      if (['error', 'warning'].includes(message.type()) && !byBrowser && message.location().url.startsWith(serverURL)) noise.push(message.text());
    });
    await way(page);
    await expect(page.getByText(word).first()).toBeVisible();
    await expect(page.getByText(/Development realm/).first()).toBeVisible();
    await expect(page).toHaveTitle(/\S/);

    await expectReadable(page);
    const known = [serverURL, first.origin, first.elsewhere('first').origin, 'data:'];
    expect(requests.filter((url) => !known.some((origin) => url.startsWith(origin)))).toEqual([]);
    expect(noise).toEqual([]);
  });
}
