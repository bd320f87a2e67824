import type { BrowserContext, JSHandle, Page, Request } from '@playwright/test';
import type { UserManager } from 'oidc-client-ts';

import { first, state } from './support/apps.ts';
import { interopRealm } from './support/environment.ts';
import { expect, fillLogin, test } from './support/test.ts';

declare global {
  var users: UserManager;
}

// oidc-client-ts, by way of the smallest app on it. It is one of the libraries of interop/, and the one that needs a browser.

const ida = '1da00000-0000-4000-8000-000000000031';
const endpoint = (path: string) => `${interopRealm}/protocol/openid-connect/${path}`;
const events = (page: Page) => page.getByRole('list', { name: 'Events' }).getByRole('listitem');

/** The address of the app with these settings of oidc-client-ts. */
function at(settings = {}, app = first): string {
  const start = { authority: interopRealm, client_id: 'spa', scope: 'openid profile email', automaticSilentRenew: false, ...settings };
  return `${app.origin}/oidc/?${new URLSearchParams({ start: JSON.stringify(start) })}`;
}

/** Returns the library as the app in the page holds it. */
const usersIn = (page: Page): Promise<JSHandle<UserManager>> => page.evaluateHandle(() => globalThis.users);

/** Opens the app and leaves it for the login form. */
async function leave(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await expect(state(page)).toHaveText('Signed out');
  await (await usersIn(page)).evaluate((users) => void users.signinRedirect({ nonce: 'a nonce of the test' }));
}

/** Opens the app and signs in. */
async function signIn(page: Page, url = at(), username = 'ida'): Promise<void> {
  await leave(page, url);
  await fillLogin(page, username);
  await expect(state(page)).toHaveText(`Signed in as ${username}`);
}

/** Opens the app in another tab, where it finds the person by asking the realm in a frame. */
async function secondTab(context: BrowserContext, url = at()): Promise<Page> {
  const tab = await context.newPage();
  await tab.goto(url);
  await (await usersIn(tab)).evaluate((users) => users.signinSilent());
  await expect(state(tab)).toHaveText('Signed in as ida');
  return tab;
}

/** Notes the token requests of a page: their forms. */
function exchanges(page: Page): URLSearchParams[] {
  const forms: URLSearchParams[] = [];
  page.on('request', (request) => {
    if (request.url() === endpoint('token') && request.method() === 'POST') forms.push(new URLSearchParams(request.postData() ?? ''));
  });
  return forms;
}

const grants = (forms: URLSearchParams[]) => forms.map((form) => form.get('grant_type'));

test('a login with PKCE, state and nonce brings the ID token and the user info', async ({ page }) => {
  const asked: Request[] = [];
  page.on('request', (request) => { if (request.url().startsWith(endpoint('auth?'))) asked.push(request); });
  const url = at({ loadUserInfo: true, filterProtocolClaims: false });
  await signIn(page, url);

  expect(Object.fromEntries(new URL(asked[0]?.url() ?? '').searchParams)).toMatchObject({
    client_id: 'spa', response_type: 'code', code_challenge_method: 'S256', code_challenge: expect.stringMatching(/^[\w-]{43}$/), state: expect.stringMatching(/./),
  });
  expect(page.url(), 'no code or state is left in the address').toBe(url);
  const user = await (await usersIn(page)).evaluate((users) => users.getUser());
  expect(user?.profile).toMatchObject({ sub: ida, iss: interopRealm, aud: 'spa', nonce: 'a nonce of the test', email: 'ida@example.com', name: 'Ida Ingram' });
  expect(user?.scope?.split(' ').sort()).toEqual(['email', 'openid', 'profile']);
  expect(user?.session_state).toBe(user?.profile.sid);
});

test('a silent renewal is a refresh, without a frame', async ({ page }) => {
  const forms = exchanges(page);
  await signIn(page);
  const users = await usersIn(page);
  const before = await users.evaluate((users) => users.getUser());
  const after = await users.evaluate((users) => users.signinSilent());
  expect(grants(forms)).toEqual(['authorization_code', 'refresh_token']);
  expect(after?.access_token).not.toBe(before?.access_token);
  expect(after?.profile.sub).toBe(ida);
  expect(page.frames()).toHaveLength(1);
});

test('tokens are renewed by themselves before they expire', async ({ page }) => {
  const forms = exchanges(page);
  await signIn(page, at({ automaticSilentRenew: true, accessTokenExpiringNotificationTimeInSeconds: 298 })); // they live for 300
  await expect.poll(() => grants(forms).slice(0, 2)).toEqual(['authorization_code', 'refresh_token']);
  await expect(events(page).last()).toHaveText('userLoaded');
});

test('an app that has no tokens finds the session in a frame', async ({ context, page }) => {
  await signIn(page);
  const status = async (page: Page) => (await usersIn(page)).evaluate((users) => users.querySessionStatus());
  const user = await (await usersIn(page)).evaluate((users) => users.getUser());
  expect(await status(page)).toEqual({ session_state: user?.session_state, sub: ida });
  const tab = await secondTab(context);
  expect(await status(tab)).toEqual({ session_state: user?.session_state, sub: ida });
});

test('an app that asks for a session where nobody is signed in hears no', async ({ page }) => {
  await page.goto(at());
  await expect(state(page)).toHaveText('Signed out');
  await expect((await usersIn(page)).evaluate((users) => users.querySessionStatus())).rejects.toThrow('login_required');
});

test('the session monitor tells of a sign-out in another tab', async ({ context, page }) => {
  await signIn(page);
  const watched = await secondTab(context, at({ monitorSession: true, checkSessionIntervalInSeconds: 1 }));
  await page.bringToFront();
  await (await usersIn(page)).evaluate((users) => void users.signoutRedirect());
  await expect(state(page)).toHaveText('Signed out');
  await expect(events(watched).last()).toHaveText('userSignedOut');
});

test('a revoked access token no longer opens the user info', async ({ page, request }) => {
  await signIn(page);
  const users = await usersIn(page);
  const userinfo = async (token = '') => (await request.get(endpoint('userinfo'), { headers: { Authorization: `Bearer ${token}` } })).status();
  const token = await users.evaluate((users) => users.getUser().then((user) => user?.access_token));
  expect(await userinfo(token)).toBe(200);
  await users.evaluate((users) => users.revokeTokens(['access_token']));
  expect(await userinfo(token)).toBe(401);
});

test('a sign-out ends the session, and its refresh token with it', async ({ page, request }) => {
  await signIn(page);
  const users = await usersIn(page);
  const refresh = async (token = '') => (await request.post(endpoint('token'), { form: { grant_type: 'refresh_token', client_id: 'spa', refresh_token: token } })).json() as Promise<unknown>;
  const token = await users.evaluate((users) => users.getUser().then((user) => user?.refresh_token));
  await users.evaluate((users) => void users.signoutRedirect());
  await expect(state(page)).toHaveText('Signed out');
  expect(page.url(), 'back in the app, with nothing left in its address').toBe(at());
  expect(await refresh(token)).toMatchObject({ error: 'invalid_grant' });
});

test.describe('what is refused', () => {
  test('a wrong password', async ({ page }) => {
    await leave(page, at());
    await fillLogin(page, 'ida', 'wrong');
    await expect(page.locator('#input-error-username')).toContainText('Invalid username or password.');
  });

  test('an answer that the app did not ask for', async ({ page }) => {
    await page.goto(`${at()}&code=rubbish&state=unknown`);
    await expect(state(page)).toHaveText('Failed: No matching state found in storage');
  });

  test('a code that was used before', async ({ page }) => {
    const forms = exchanges(page);
    await signIn(page);
    const again = await page.evaluate(
      ([url = '', body = '']) => fetch(url, { method: 'POST', body: new URLSearchParams(body) }).then((res) => res.json() as Promise<unknown>),
      [endpoint('token'), String(forms[0])],
    );
    expect(again).toMatchObject({ error: 'invalid_grant', error_description: 'Code not valid' });
  });
});
