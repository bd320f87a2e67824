import { join } from 'node:path';

import { AxeBuilder } from '@axe-core/playwright';
import type { BrowserContext, Page, Request, Response } from '@playwright/test';

import { first, second } from './support/apps.ts';
import { BackChannel } from './support/backChannel.ts';
import { app, issuer, journeysRealm, lateApp, server, serverURL, sessionApp, sessionLogin } from './support/environment.ts';
import { inside } from './support/inside.ts';
import { answer, callOperation, openOperation } from './support/operations.ts';
import { serveApp } from './support/serve.ts';
import { endSessions } from './support/server.ts';
import { expect, expectSignedIn, fillLogin, signIn, signOut, test } from './support/test.ts';

// The login at the app's own server, and sign-outs that end tokens. The app is served once for all cases, in mode `session` on the
// realm `journeys`; the run's own app has the login beside its usual one, on the realm `demo`.

const channel = new BackChannel();
const mode = { KEYSTEAD_LOGIN_MODE: 'session', KEYSTEAD_CLIENT_ID: 'session-page', KEYSTEAD_VERIFY_AUDIENCE: 'false', ...sessionLogin('session', 'session-journeys-secret') };
let end: () => Promise<void>;

test.beforeAll(async () => {
  await channel.open();
  end = await serveApp(sessionApp, { ...mode, KEYSTEAD_ISSUER: journeysRealm, KEYSTEAD_BACKCHANNEL_URL: channel.to(journeysRealm) });
});
test.afterAll(async () => {
  await end();
  channel.close();
});

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name });
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const follow = (page: Page, name: string) => page.getByRole('link', { name, exact: true }).first().click();
const login = (page: Page) => page.locator('#kc-login');
const title = (page: Page) => page.getByRole('textbox', { name: 'Title' });
const text = (page: Page) => page.getByRole('textbox', { name: 'Text' });

/** Signs in as a user of the realm `journeys`: gerda may read the reports, heinz may not. */
const enter = (page: Page, username = 'gerda', path = '/') => signIn(page, username, path, sessionApp);

/** Opens the app in another tab of the same browser, where that person has signed in. */
async function secondTab(context: BrowserContext, path = '/'): Promise<Page> {
  const tab = await context.newPage();
  await tab.goto(sessionApp + path);
  await expectSignedIn(tab);
  return tab;
}

/** What the app's server says of this browser's session, asked beside the page. */
const session = (page: Page, at = sessionApp) => page.request.get(`${at}/auth/session`).then((res) => res.status());

/** The titles of the notes of whoever is signed in. */
async function notes(page: Page): Promise<string[]> {
  const listed = (await (await page.request.get(`${sessionApp}/api/notes?owner=me&limit=100`)).json()) as { notes: { title: string }[] };
  return listed.notes.map((note) => note.title);
}

/** Collects the requests of all tabs whose address starts with this. */
function requestsTo(context: BrowserContext, address: string): Request[] {
  const seen: Request[] = [];
  context.on('request', (request) => { if (request.url().startsWith(address)) seen.push(request); });
  return seen;
}

/** Checks that everybody can read the page, on a phone and on a desk, and keeps pictures if somebody said where. */
async function expectReadable(page: Page, name: string): Promise<void> {
  const folder = process.env.KEYSTEAD_E2E_SCREENSHOTS;
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [390, 1280]) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 800 });
      if (folder) await page.screenshot({ path: join(folder, `session-${name}-${colorScheme}-${width}.png`), fullPage: true });
      const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze(); // there are no frames, for which the newer mode opens a page of its own
      expect.soft(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('; ')}`), `${name}, ${colorScheme}, ${width} px`).toEqual([]);
      expect.soft(await page.evaluate(() => document.documentElement.scrollWidth), `nothing is cut off at ${width} px`).toBeLessThanOrEqual(width);
    }
  }
}

for (const username of ['alice', 'bob']) {
  test(`the first guide's walk, as ${username}: login, callback, the API with the session, logout`, async ({ page, context }) => {
    const callbacks = requestsTo(context, `${app}/auth/callback?`);
    await page.goto(`${app}/auth/login?return_to=/api/me`); // of the app's own pages each would sign in for itself
    const answered = page.waitForResponse(`${app}/api/me`);
    await fillLogin(page, username);
    expect(await (await answered).json()).toMatchObject({ username });
    expect(callbacks).toHaveLength(1);

    expect(await (await page.goto(`${app}/auth/session`))?.json()).toMatchObject({ username, expires_at: expect.any(String) });
    await page.goto(`${app}/auth/logout`);
    await expect(login(page), 'the session at the realm has ended, too').toBeVisible();
    expect([await session(page, app), (await page.request.get(`${app}/api/me`)).status()]).toEqual([401, 401]);
  });
}

test('the access token of a page is refused within a second of the sign-out in its browser', async ({ page }) => {
  await signIn(page, 'alice');
  const bearer = await (await inside(page, 'auth')).evaluate((auth) => auth.freshToken());
  const call = () => fetch(`${app}/api/me`, { headers: { Authorization: `Bearer ${bearer}` } }).then(async (res) => [res.status, ((await res.json()) as { code?: string }).code]);
  expect(await call()).toEqual([200, undefined]);
  const left = page.waitForResponse((response) => response.url().startsWith(`${issuer}/protocol/openid-connect/logout`));
  await signOut(page);
  await left;
  await expect.poll(call, { intervals: [20], timeout: 1000 }).toEqual([401, 'token_revoked']);
});

test.describe('the way in', () => {
  test('leads back to the page that was asked for, with query and hash', async ({ page }) => {
    await enter(page, 'gerda', '/operations?from=mail#answer');
    await expect(heading(page, 'API')).toBeVisible();
    expect(page.url()).toBe(`${sessionApp}/operations?from=mail#answer`);
  });

  test('leads back to the address of an operation that somebody has typed in', async ({ page }) => {
    await page.goto(`${sessionApp}/api/me?from=mail`);
    const answered = page.waitForResponse((response) => response.url() === `${sessionApp}/api/me?from=mail` && response.status() === 200);
    await fillLogin(page, 'heinz');
    expect(await (await answered).json()).toMatchObject({ username: 'heinz' });
  });

  test('finishes in both of two tabs, and its end is no use a second time', async ({ page, context }) => {
    const callbacks = requestsTo(context, `${sessionApp}/auth/callback?`);
    const other = await context.newPage();
    for (const [tab, path] of [[page, '/profile'], [other, '/token']] as const) {
      await tab.goto(sessionApp + path);
      await login(tab).waitFor();
    }
    await fillLogin(page, 'gerda');
    await expect(heading(page, 'Profile')).toBeVisible();
    await finish(other);
    await expect(heading(other, 'Token')).toBeVisible();
    await page.reload();
    await expect(heading(page, 'Profile')).toBeVisible();

    const used = callbacks[0]?.url() ?? '';
    await page.goto(used);
    await expectSignedIn(page);
    expect(page.url(), 'loaded anew, it leads to the start').toBe(`${sessionApp}/`);
    await context.clearCookies();
    await page.goto(used);
    await expect(heading(page, 'The login was not finished')).toBeVisible();
  });

  test('is not begun again by going back', async ({ page }) => {
    await enter(page, 'gerda', '/profile');
    await page.goBack(); // to the realm's login page, which has no more to ask
    await page.waitForURL(`${sessionApp}/`);
    await expectSignedIn(page);
  });

  /** Ends a login that was begun beside one that is done. Keycloak's page may notice that by itself. */
  async function finish(tab: Page): Promise<void> {
    await tab.bringToFront();
    if (server === 'development') return fillLogin(tab, 'gerda');
    await tab.waitForURL((url) => url.origin === sessionApp);
  }

  test('that begins without a session at the realm shows nothing of one that was', async ({ page, context }) => {
    await enter(page);
    await context.clearCookies();
    await page.reload();
    await expect(login(page)).toBeVisible();
    await page.goBack();
    await expect(page.getByText('Gerda')).toHaveCount(0);
  });

  test('is explained when the answer belongs to no login, and can be tried again', async ({ page }) => {
    await page.goto(`${sessionApp}/profile`);
    await login(page).waitFor();
    const state = new URL(page.url()).searchParams.get('state') ?? '';
    const forged = (state.startsWith('A') ? 'B' : 'A') + state.slice(1);
    const answered = await page.goto(`${sessionApp}/auth/callback?${new URLSearchParams({ state: forged, code: 'c' })}`);
    expect(answered?.status()).toBe(400);
    await expect(heading(page, 'The login was not finished')).toBeVisible();
    await expectReadable(page, 'login-not-finished');
    await follow(page, 'Try again');
    await fillLogin(page, 'gerda');
    await expectSignedIn(page);
  });

  test('says so when the realm has never answered the server', async ({ page }) => {
    const endLate = await serveApp(lateApp, { ...mode, KEYSTEAD_ISSUER: 'http://localhost:9/realms/demo' }); // nobody listens at "discard"
    try {
      await page.goto(`${lateApp}/profile`);
      await expect(page.getByText('The realm did not answer so far, so nobody can sign in.')).toBeVisible();
      await expectReadable(page, 'realm-never-there');
      await follow(page, 'To the start page');
      await expect(heading(page, 'You came back without signing in'), 'nobody is sent round in circles').toBeVisible();
    } finally {
      await endLate();
    }
  });

  test('says so when the server does not reach the realm in the middle of it, and goes on when it does', async ({ page }) => {
    await page.goto(`${sessionApp}/profile`);
    await login(page).waitFor();
    channel.close();
    try {
      await fillLogin(page, 'gerda');
      await expect(page.getByText('The realm did not answer, so the login could not be finished.')).toBeVisible();
    } finally {
      await channel.open();
    }
    await follow(page, 'Try again');
    await expect(heading(page, 'Profile')).toBeVisible();
  });
});

test.describe('no token is in the browser', () => {
  const jwt = /\beyJ[\w-]{8}/; // how the base64 of a JSON object begins

  /** Looks for tokens in all that the app's pages send and receive. Of what it looked at it keeps the paths. */
  function watchTraffic(context: BrowserContext): { looked: Promise<string>[]; found: string[] } {
    const traffic = { looked: [] as Promise<string>[], found: [] as string[] };
    async function look(response: Response): Promise<string> {
      const request = response.request();
      const path = new URL(request.url()).pathname;
      const headers = { ...(await request.allHeaders()), ...(await response.allHeaders()) };
      const body = 'location' in headers ? '' : await response.text().catch(() => undefined); // the page may have gone
      if (jwt.test(JSON.stringify(headers) + request.url() + (request.postData() ?? '') + body) || 'authorization' in headers) traffic.found.push(request.url());
      return body === undefined ? `${path}, unread` : path;
    }
    context.on('response', (response) => { if (response.url().startsWith(sessionApp)) traffic.looked.push(look(response)); });
    return traffic;
  }

  /** All text that scripts of this page can get at: what it stores, what it shows, what hangs on its globals and on React's tree. */
  const reachable = (page: Page) => page.evaluate(async () => {
    const texts = [
      document.documentElement.outerHTML, location.href, document.cookie,
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state, await indexedDB.databases(), await caches.keys()]),
    ];
    const waiting: unknown[] = [globalThis, document.getElementById('root')];
    const seen = new Set<unknown>();
    while (waiting.length > 0) {
      const value = waiting.pop();
      if (typeof value === 'string') texts.push(value);
      if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) continue;
      seen.add(value);
      if (value instanceof Map || value instanceof Set) waiting.push(...value.entries());
      for (const descriptor of Object.values(Object.getOwnPropertyDescriptors(value))) waiting.push(descriptor.value); // what a getter would do is not asked
    }
    return texts;
  });

  const expectNone = async (page: Page) => expect((await reachable(page)).filter((found) => jwt.test(found)).map((found) => found.slice(0, 80))).toEqual([]);

  test('while every page works, without a visit to the realm', async ({ page, context }) => {
    const traffic = watchTraffic(context);
    await enter(page);
    const visits = requestsTo(context, serverURL);
    await expect(heading(page, /Gerda/)).toBeVisible();
    await expect(page.getByRole('list', { name: 'Allowed' })).toBeVisible();

    await follow(page, 'API');
    await callOperation(page, 'GET', '/api/me');
    await expect(answer(page)).toContainText('200 allowed');
    await expect(answer(page)).toContainText('gerda');
    await openOperation(page, 'POST', '/api/notes');
    await callOperation(page, 'POST', '/api/notes');
    await expect(answer(page)).toContainText('201 allowed');
    await expectNone(page);

    await follow(page, 'Token');
    await expect(page.getByRole('region', { name: 'What it says' })).toContainText(`Issued by ${journeysRealm}`);
    await expect(page.getByRole('region', { name: 'Where it is' })).toContainText('Not in this browser');
    await expect(page.getByRole('button', { name: 'Show the raw token' })).toHaveCount(0);
    await expectNone(page);

    await follow(page, 'My department');
    await expect(heading(page, 'Department travel')).toBeVisible();
    await expect(page.getByRole('region', { name: 'The brief' })).toContainText('Gerda Gruber');
    await follow(page, 'Reports');
    await expect(heading(page, 'Reports')).toBeVisible();
    await expect(page.getByText('9e4da000-0000-4000-8000-000000000017').first()).toBeVisible();
    await page.goto(`${sessionApp}/profile`);
    await expect(heading(page, 'Profile')).toBeVisible();
    await expect(page.getByRole('list', { name: 'Scopes' })).toBeVisible();
    await page.reload();
    await expect(page.getByRole('list', { name: 'Scopes' })).toBeVisible();
    await expectNone(page);

    expect(visits.map((request) => request.url())).toEqual([]);
    const looked = await Promise.all(traffic.looked);
    expect(looked).toEqual(expect.arrayContaining(['/', '/auth/login', '/auth/callback', '/auth/session', '/api/me', '/api/notes', '/profile']));
    expect(traffic.found).toEqual([]);
    expect(looked.filter((path) => /keycloak/i.test(path)), 'keycloak-js is for pages that hold tokens').toEqual([]);
    expect(await page.evaluate(() => document.cookie)).toBe('');
    expect(await context.cookies(sessionApp)).toMatchObject([
      { name: `keystead_${new URL(sessionApp).port}`, value: expect.stringMatching(/^[\w-]{43}$/), httpOnly: true, sameSite: 'Lax', expires: -1 },
    ]);
  });

  test('while a note is written, changed, found again after a reload and deleted', async ({ page, context }) => {
    const traffic = watchTraffic(context);
    await enter(page, 'gerda', '/notes/new');
    await title(page).fill('Luggage');
    await text(page).fill('Boots');
    await press(page, 'Save');
    await expect(heading(page, 'Luggage')).toBeVisible();
    await text(page).fill('Boots and a map');
    await press(page, 'Save');
    await expect(page.getByText('Saved just now')).toBeVisible();
    await page.reload();
    await expect(text(page)).toHaveValue('Boots and a map');
    await follow(page, 'All notes');
    await press(page, 'Delete “Luggage”');
    await page.getByRole('alert').filter({ hasText: '“Luggage” deleted' }).getByRole('button', { name: 'Dismiss' }).click();
    await expect.poll(() => notes(page)).not.toContain('Luggage');
    await expectNone(page);
    expect(await Promise.all(traffic.looked)).toContain('/api/notes');
    expect(traffic.found).toEqual([]);
  });

  for (const [name, path, last] of [['home', '/', 'Allowed'], ['token', '/token', undefined], ['profile', '/profile', 'Scopes']] as const) {
    test(`and everybody can read the page that says so: ${name}`, async ({ page }) => {
      await enter(page, 'gerda', path);
      await expect(last === undefined ? page.getByRole('region', { name: 'What it says' }) : page.getByRole('list', { name: last })).toBeVisible();
      await expectReadable(page, name);
    });
  }

  test('and a page that is not for everybody is refused as ever', async ({ page }) => {
    await enter(page, 'heinz', '/admin/reports');
    await expect(heading(page, 'Refused')).toBeVisible();
    await expect(page.getByText('Requires one of: admin')).toBeVisible();
    await expect(page.getByRole('link', { name: 'Reports', exact: true })).toHaveCount(0);
  });
});

test.describe('the way out', () => {
  test('ends the session here, at the realm and in the other tab, and leaves nothing for "Back"', async ({ page, context }) => {
    await enter(page, 'gerda', '/profile');
    const other = await secondTab(context, '/token');
    await signOut(page);
    await expect(heading(page, 'You are signed out')).toBeVisible();
    expect(page.url()).toBe(`${sessionApp}/`);
    await expect(heading(other, 'You signed out in another tab')).toBeVisible();
    expect(await session(page)).toBe(401);
    await expectReadable(page, 'signed-out');

    await page.goBack();
    await expect(heading(page, 'You are signed out')).toBeVisible();
    await expect(page.getByText('Gerda')).toHaveCount(0);
    await press(page, 'Sign in');
    await expect(login(page), 'the session at the realm has ended, too').toBeVisible();
  });

  test('says so when the server does not reach the realm, and can be gone to its end', async ({ page }) => {
    await enter(page);
    channel.close();
    try {
      await signOut(page);
      await expect(heading(page, 'You are signed out here, but not at the realm')).toBeVisible();
      await expectReadable(page, 'not-signed-out-at-the-realm');
      expect(await session(page)).toBe(401);
    } finally {
      await channel.open();
    }
    await press(page, 'Try again');
    await page.locator('#kc-logout').click(); // nothing tells the realm any more whose session it is, so it asks
    await page.waitForURL(`${sessionApp}/`);
    await press(page, 'Sign in');
    await expect(login(page)).toBeVisible();
  });
});

test.describe('a session that ends at the realm', () => {
  test('is over here within a second, and what somebody was typing is kept for when they are back', async ({ page, context }) => {
    await enter(page, 'gerda', '/notes/new');
    await title(page).fill('Half a note');
    await text(page).fill('with many words');
    await endSessions('gerda', context);
    await expect.poll(() => session(page), { intervals: [20], timeout: 1000 }).toBe(401);
    await press(page, 'Save');
    await expect(heading(page, 'Your session has ended')).toBeVisible();
    await press(page, 'Sign in again');
    await fillLogin(page, 'gerda');
    await expect(page.getByText('What you had typed is still here')).toBeVisible();
    await expect(title(page)).toHaveValue('Half a note');
    await expect(text(page)).toHaveValue('with many words');
    await press(page, 'Save');
    await expect(heading(page, 'Half a note')).toBeVisible();
  });

  test('shows as soon as the person comes back to the page', async ({ page, context }) => {
    await enter(page, 'gerda', '/token');
    await endSessions('gerda', context);
    await page.evaluate(() => window.dispatchEvent(new Event('focus')));
    await expect(heading(page, 'Your session has ended')).toBeVisible();
  });
});

test('another account in another tab is noticed', async ({ page, context }) => {
  await enter(page, 'gerda');
  const other = await context.newPage();
  await other.goto(`${sessionApp}/auth/logout`);
  await fillLogin(other, 'heinz');
  await expectSignedIn(other);
  await expect(heading(page, /^Another account is in use$|^Your session has ended$/)).toBeVisible();
  await page.bringToFront();
  await press(page, 'Sign in again');
  await expectSignedIn(page);
  await expect(heading(page, /Heinz/)).toBeVisible();
});

test.describe('a page of another origin', () => {
  for (const [whose, site] of [['another site', first.elsewhere('first')], ['the same site', second]] as const) {
    test(`changes nothing, reads nothing and signs nobody out, from ${whose}`, async ({ page, context }) => {
      await enter(page, 'heinz');
      const before = await notes(page);
      const trap = await context.newPage();
      await trap.goto(site.silentPage);

      const heard = await trap.evaluate(async (url) => {
        const send = (path: string, init: RequestInit) => fetch(url + path, { credentials: 'include', ...init }).then(({ type }) => type, (error: Error) => error.name);
        const body = JSON.stringify({ title: 'trap', text: '' });
        return [
          await send('/api/me', {}),
          await send('/auth/session', {}),
          await send('/api/notes', { method: 'POST', body, headers: { 'Content-Type': 'application/json' } }),
          await send('/api/notes', { method: 'POST', body, mode: 'no-cors' }),
          await send('/auth/logout', { method: 'POST', mode: 'no-cors' }),
          await send('/auth/logout', { mode: 'no-cors' }),
        ];
      }, sessionApp);
      expect(heard).toEqual(Array.from({ length: 6 }, () => 'TypeError'));
      expect(await trap.evaluate((src) => new Promise((resolve) => {
        document.body.append(Object.assign(new Image(), { src, onload: () => resolve('shown'), onerror: () => resolve('not shown') }));
      }), `${sessionApp}/auth/logout`)).toBe('not shown');

      for (const [path, status] of [['/api/notes', whose === 'another site' ? 401 : 403], ['/auth/logout', 403]] as const) {
        await trap.goto(site.silentPage);
        const answered = trap.waitForResponse(sessionApp + path);
        await submit(trap, 'post', sessionApp + path);
        expect((await answered).status(), path).toBe(status);
        await trap.waitForURL(sessionApp + path);
      }
      for (const way of ['link', 'form'] as const) {
        await trap.goto(site.silentPage);
        if (way === 'form') await submit(trap, 'get', `${sessionApp}/auth/logout`);
        else await trap.evaluate((href) => { document.body.append(Object.assign(document.createElement('a'), { href, textContent: 'A prize' })); }, `${sessionApp}/auth/logout`).then(() => follow(trap, 'A prize'));
        await expect(heading(trap, 'Sign out?'), way).toBeVisible();
      }
      expect(await session(page)).toBe(200);
      expect(await notes(page)).toEqual(before);

      if (whose === 'another site') await expectReadable(trap, 'sign-out-asked');
      await follow(trap, 'Stay signed in');
      await expectSignedIn(trap);
      await trap.goBack();
      await press(trap, 'Sign out');
      await expect(login(trap), 'who means it is signed out').toBeVisible();
      expect(await session(page)).toBe(401);
    });
  }

  /** Sends a form as a page may without a script's help: what it holds looks like JSON. */
  const submit = (page: Page, method: string, action: string) => page.evaluate((form) => {
    const made = Object.assign(document.createElement('form'), { enctype: 'text/plain', ...form });
    made.append(Object.assign(document.createElement('input'), { name: '{"title":"trap","text":"', value: '"}' }));
    document.body.append(made);
    made.submit();
  }, { method, action });
});

test('a new password is chosen at the realm, and the profile says what became of it', async ({ page }) => {
  await enter(page, 'heinz', '/profile');
  await press(page, 'Change password');
  await page.locator('[name=cancel-aia]').click();
  await expect(heading(page, 'Profile')).toBeVisible();
  await expect(page.getByText('Your password was not changed.')).toBeVisible();
  await press(page, 'Change password');
  await page.locator('#password-new').fill('heinz');
  await page.locator('#password-confirm').fill('heinz');
  await page.locator('#kc-form-login [type=submit], #kc-passwd-update-form [type=submit]').first().click();
  await expect(page.getByText('Your password was changed.')).toBeVisible();
  expect(page.url()).toBe(`${sessionApp}/profile`);
});

test('the profile leads to the account console, which knows the way back', async ({ page }) => {
  await enter(page, 'gerda', '/profile');
  await follow(page, 'Account console');
  await page.waitForURL(`${journeysRealm}/account/**`);
  await expect(page.locator(`a[href="${sessionApp}/"]`).first()).toBeVisible();
});
