import type { BrowserContext, Page, Request } from '@playwright/test';

import { first, loginRequired, state } from './support/apps.ts';
import { issuer, journeysRealm, server, serverURL, signInApp, signInElsewhere, vite } from './support/environment.ts';
import { inside } from './support/inside.ts';
import { serveApp } from './support/serve.ts';
import { endSessions, setLifespan } from './support/server.ts';
import { expect, expectSignedIn, fillLogin, signIn, signOut, test as base } from './support/test.ts';
import { read } from './support/tokens.ts';

declare global {
  var navigation: { entries(): { url: string | null }[] };
}

// Sign-in done right: what the app's wrapper round keycloak-js promises. Each case is served by the binary with settings of its
// own; the browser gives third parties no cookies.

const test = base.extend<{ serve: (client: string, own?: Record<string, string>) => Promise<void> }>({
  serve: async ({}, use) => {
    const ends: (() => Promise<void>)[] = [];
    await use(async (client, own = {}) => {
      const settings = { KEYSTEAD_ISSUER: journeysRealm, KEYSTEAD_CLIENT_ID: client, KEYSTEAD_VERIFY_AUDIENCE: 'false', ...own };
      ends.push(await serveApp(signInApp, settings));
    });
    for (const end of ends) await end();
  },
});

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name });
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const endpoint = (path: string, realm = journeysRealm) => `${realm}/protocol/openid-connect/${path}`;
const modes = { checkSSO: { KEYSTEAD_LOGIN_MODE: 'check-sso' }, public: { KEYSTEAD_LOGIN_MODE: 'public' } };

/** Collects the requests of all tabs whose address starts with this. */
function requestsTo(context: BrowserContext, address: string): Request[] {
  const seen: Request[] = [];
  context.on('request', (request) => { if (request.url().startsWith(address)) seen.push(request); });
  return seen;
}

const posted = (request: Request) => new URLSearchParams(request.postData() ?? '');
const asked = (request: Request) => new URL(request.url()).searchParams;

/** Calls the API through the app's own client, all at once, and returns the statuses. */
async function call(page: Page, times = 1): Promise<number[]> {
  const api = await inside(page, 'api');
  return api.evaluate((client, n) => Promise.all(Array.from({ length: n }, () => client.send(new Request('/api/me')).then(({ status }) => status))), times);
}

/** The access token that the app has at hand. */
const token = async (page: Page) => (await inside(page, 'auth')).evaluate((auth) => auth.freshToken());

/** The addresses of this tab's history that are the app's own. */
const entries = (page: Page) => page.evaluate(() => globalThis.navigation.entries().map(({ url }) => url));

/** Signs in as a user of the realm `journeys` at the app of the case. */
const enter = (page: Page, username = 'erika', path = '/', at = signInApp) => signIn(page, username, path, at);

/** Signs in at an app that is not ours. */
async function enterAnotherApp(page: Page): Promise<void> {
  await page.goto(first.at(loginRequired));
  await fillLogin(page, 'erika');
  await expect(state(page)).toHaveText('Signed in as erika');
}

/** Opens the app in another tab of the same browser, where that person has signed in. */
async function secondTab(context: BrowserContext, path = '/'): Promise<Page> {
  const tab = await context.newPage();
  await tab.goto(signInApp + path);
  await expectSignedIn(tab);
  return tab;
}

/** Lets the page believe that so many hours have passed while its timers stood still, as in a laptop that was shut. */
async function sleep(page: Page, hours: number): Promise<void> {
  await page.clock.setSystemTime(Date.now() + hours * 3600_000);
  await page.evaluate(() => window.dispatchEvent(new Event('focus'))); // as when the person comes back to it
}

test('one start: under StrictMode there is one redirect with PKCE S256 and one code exchange', async ({ page, context }) => {
  const redirects = requestsTo(context, endpoint('auth', issuer));
  const exchanges = requestsTo(context, endpoint('token', issuer));
  const own = requestsTo(context, vite);
  await signIn(page, 'alice', '/', vite);

  expect(redirects.map((request) => Object.fromEntries(asked(request)))).toMatchObject([
    { response_type: 'code', code_challenge_method: 'S256', code_challenge: expect.stringMatching(/^[\w-]{43}$/) },
  ]);
  const codes = exchanges.map(posted).filter((request) => request.get('grant_type') === 'authorization_code');
  expect(codes).toHaveLength(1);
  for (const secret of codes.flatMap((request) => [request.get('code_verifier') ?? '', request.get('code') ?? ''])) {
    expect(secret).toMatch(/^[\w.-]{36,}$/);
    expect(own.filter((request) => request.url().includes(secret)), 'neither goes to the app').toEqual([]);
  }
});

test('tokens in memory only: after a sign-in, a call, a refresh and a sign-out no token, code or verifier is left anywhere', async ({ page, context, serve }) => {
  await serve('spa-brief');
  const exchanges = requestsTo(context, endpoint('token'));
  const addresses: string[] = [];
  context.on('request', (request) => addresses.push(request.url()));
  const said: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  const secrets: string[] = [];
  context.on('response', (response) => {
    if (!response.url().startsWith(endpoint('token'))) return;
    void response.json().then((tokens: Record<string, string>) => secrets.push(...[tokens.access_token, tokens.refresh_token, tokens.id_token].filter((token) => token !== undefined)));
  });
  await enter(page);
  expect(await call(page)).toEqual([200]);
  await page.clock.install();
  await page.clock.setSystemTime(Date.now() + 5_000);
  expect(await call(page)).toEqual([200]);
  await expect.poll(() => secrets.length).toBe(6); // of the exchange and of the refresh
  secrets.push(...exchanges.flatMap((request) => ['code', 'code_verifier'].map((name) => posted(request).get(name))).filter((secret) => secret !== null));
  expect(secrets).toHaveLength(8);

  const left = (await entries(page)).join('\n') + await page.content() + await page.evaluate(async () => JSON.stringify([
    { ...localStorage }, { ...sessionStorage }, document.cookie, location.href, history.state,
    (await indexedDB.databases()).map(({ name }) => name), await caches.keys(),
  ]));
  const cookies = JSON.stringify(await context.cookies(signInApp)); // the realm's own are on the same host
  await signOut(page);
  await expect(page.locator('#kc-login')).toBeVisible();
  for (const secret of secrets) {
    expect(addresses.join('\n')).not.toContain(secret);
    expect(left).not.toContain(secret);
    expect(cookies).not.toContain(secret);
    expect(said.join('\n')).not.toContain(secret);
  }
});

test.describe('check-sso', () => {
  for (const [where, at] of [['on the realm\'s site', signInApp], ['on another site', signInElsewhere]] as const) {
    test(`asks once at the top and shows the landing page; a sign-in outlives a reload: ${where}`, async ({ page, context, serve }) => {
      await serve('spa', { ...modes.checkSSO, KEYSTEAD_PUBLIC_URL: at });
      const redirects = requestsTo(context, endpoint('auth'));
      await page.goto(`${at}/departments/travel?a=b#c`);
      await expect(button(page, 'Sign in')).toBeVisible();
      expect(page.url(), 'the deep link is kept').toBe(`${at}/departments/travel?a=b#c`);
      expect(redirects.map((request) => asked(request).get('prompt'))).toEqual(['none']);

      await page.reload();
      await expect(button(page, 'Sign in')).toBeVisible();
      expect(redirects, 'the answer is remembered').toHaveLength(1);

      await button(page, 'Sign in').click();
      await fillLogin(page, 'erika');
      await expectSignedIn(page);
      expect(page.url()).toBe(`${at}/departments/travel?a=b#c`);
      const exchanges = requestsTo(context, endpoint('token'));
      await page.reload();
      await expectSignedIn(page);
      expect(redirects.map((request) => asked(request).get('prompt'))).toEqual(['none', null, 'none']);
      expect(page.url()).toBe(`${at}/departments/travel?a=b#c`);
      expect(page.frames(), 'no hidden frame').toHaveLength(1);
      expect(exchanges).toHaveLength(1);
      if (at === signInElsewhere) for (const exchange of exchanges) expect((await exchange.allHeaders()).cookie, 'no cookies for third parties').toBeUndefined();
    });
  }

  test('finds a session that another app began, without a login', async ({ page, serve }) => {
    await serve('spa', modes.checkSSO);
    await enterAnotherApp(page);
    await page.goto(`${signInApp}/`);
    await expectSignedIn(page);
  });

  test('breaks a loop', async ({ page, serve }) => {
    await serve('spa', modes.checkSSO);
    await enterAnotherApp(page);
    // The browser forgets what keycloak-js keeps over the login, so that no answer can be used.
    await page.addInitScript(() => { Storage.prototype.getItem = new Proxy(Storage.prototype.getItem, { apply: (get, store, [key]: [string]) => (key.startsWith('kc-callback') ? null : get.call(store, key)) }); });
    await page.goto(signInApp);
    await expect(heading(page, 'The sign-in goes in circles')).toBeVisible();
  });
});

test.describe('public', () => {
  test('sends nobody anywhere who does not want to; a sign-in outlives a reload', async ({ page, context, serve }) => {
    await serve('spa', modes.public);
    const redirects = requestsTo(context, endpoint('auth'));
    await page.goto(`${signInApp}/token`);
    await expect(button(page, 'Sign in')).toBeVisible();
    expect(redirects).toHaveLength(0);
    await button(page, 'Sign in').click();
    await fillLogin(page, 'erika');
    await expectSignedIn(page);
    expect(page.url()).toBe(`${signInApp}/token`);
    await page.reload();
    await expectSignedIn(page);
    expect(redirects.map((request) => asked(request).get('prompt'))).toEqual([null, 'none']);
  });

  test('says that the session has ended when a reload finds none, and that one signed out', async ({ page, context, serve }) => {
    await serve('spa', modes.public);
    await page.goto(signInApp);
    await button(page, 'Sign in').click();
    await fillLogin(page, 'erika');
    await expectSignedIn(page);
    await endSessions('erika', context);
    await page.reload();
    await expect(heading(page, 'Your session has ended')).toBeVisible();
    await button(page, 'Sign in again').click();
    await fillLogin(page, 'erika');
    await expectSignedIn(page);
    await signOut(page);
    await expect(heading(page, 'You are signed out')).toBeVisible();
  });
});

test('two tabs making 50 parallel calls each over an expiry: one refresh per tab, never two at a time, and no failed call', async ({ page, context, serve }) => {
  await serve('spa');
  await setLifespan('spa', 4, journeysRealm);
  try {
    await enter(page);
    const tabs = [page, await secondTab(context)];
    const refreshes = new Map<Page, number>();
    let underWay = 0;
    let most = 0;
    await context.route(endpoint('token'), async (route) => {
      const tab = route.request().frame().page();
      refreshes.set(tab, (refreshes.get(tab) ?? 0) + 1);
      most = Math.max(most, ++underWay);
      const response = await route.fetch();
      await new Promise((resolve) => setTimeout(resolve, 200)); // a realm that takes its time
      underWay--;
      await route.fulfill({ response });
    });
    for (const round of ['the first expiry', 'the second']) {
      await Promise.all(tabs.map(async (tab) => {
        const expiry = Number(read(await token(tab), 'exp')) * 1000;
        await tab.waitForFunction((time) => Date.now() > time, expiry);
      }));
      refreshes.clear();
      const statuses = (await Promise.all(tabs.map((tab) => call(tab, 50)))).flat();
      expect(statuses.filter((status) => status === 200)).toHaveLength(100);
      expect(tabs.map((tab) => refreshes.get(tab)), round).toEqual([1, 1]);
    }
    expect(most, 'token requests at the same moment').toBe(1);
  } finally {
    await setLifespan('spa', undefined, journeysRealm);
  }
});

test('a 401 is answered by one refresh and one retry, a 403 by neither', async ({ page, context, serve }) => {
  await serve('spa');
  await enter(page);
  const refreshes = requestsTo(context, endpoint('token'));
  const calls = requestsTo(context, `${signInApp}/api/me`);
  await page.route(`${signInApp}/api/me`, (route) => route.fulfill({ status: 401, body: '{}' }), { times: 1 });
  expect(await call(page)).toEqual([200]);
  expect([calls.length, refreshes.length]).toEqual([2, 1]);
  await page.route(`${signInApp}/api/me`, (route) => route.fulfill({ status: 403, body: '{}' }), { times: 1 });
  expect(await call(page)).toEqual([403]);
  expect([calls.length, refreshes.length]).toEqual([3, 1]);
});

test.describe('a laptop that slept', () => {
  test('wakes to a page that works, after one refresh', async ({ page, context, serve }) => {
    await serve('spa');
    await page.clock.install();
    await enter(page);
    const refreshes = requestsTo(context, endpoint('token'));
    const woken = page.waitForResponse(endpoint('token'));
    await sleep(page, 8);
    expect((await woken).status()).toBe(200);
    expect(await call(page, 10)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(refreshes).toHaveLength(1);
    await expectSignedIn(page);
  });

  test('wakes to a clear "sign in again" when the session is over', async ({ page, context, serve }) => {
    await serve('spa');
    await page.clock.install();
    await enter(page, 'erika', '/token?a=b');
    await endSessions('erika', context);
    await sleep(page, 8);
    await expect(heading(page, 'Your session has ended')).toBeVisible();
    await button(page, 'Sign in again').click();
    await fillLogin(page, 'erika');
    await expectSignedIn(page);
    expect(page.url()).toBe(`${signInApp}/token?a=b`);
  });
});

test.describe('other tabs', () => {
  test('a sign-out in one signs out the others at once, and drops what was typed there', async ({ page, context, serve }) => {
    await serve('spa');
    await enter(page);
    const other = await secondTab(context, '/token');
    const subject = read(await token(other), 'sub');
    await other.evaluate((key) => { sessionStorage.setItem(key, 'typed'); }, `keystead.draft:${subject}:note`);
    await signOut(page);
    await expect(heading(other, 'You signed out in another tab')).toBeVisible();
    expect(await other.evaluate(() => JSON.stringify(sessionStorage))).not.toContain('typed');
    await expect(page.locator('#kc-login')).toBeVisible();
  });

  test('a session that ended at the realm shows within one refresh', async ({ page, context, serve }) => {
    await serve('spa-brief');
    await enter(page);
    await endSessions('erika', context);
    await page.clock.install();
    await page.clock.setSystemTime(Date.now() + 5_000);
    await page.evaluate(() => window.dispatchEvent(new Event('focus')));
    await expect(heading(page, 'Your session has ended')).toBeVisible();
  });

  test('another account in another tab is noticed', async ({ page, context, serve }) => {
    await serve('spa');
    await enter(page, 'erika');
    const other = await context.newPage();
    await other.goto(endpoint('logout'));
    await other.locator('#kc-logout').click();
    await other.waitForLoadState();
    await enter(other, 'frank');
    await expect(heading(page, 'Another account is in use')).toBeVisible();
    await page.bringToFront();
    await button(page, 'Sign in again').click();
    await expectSignedIn(page);
    await expect(page.getByText('Frank').first()).toBeVisible();
  });
});

test('a deep link is kept with query and hash, and no code or state is left in the address or the history', async ({ page, serve }) => {
  await serve('spa');
  await page.goto('about:blank');
  await enter(page, 'erika', '/token?from=mail#claims');
  expect(page.url()).toBe(`${signInApp}/token?from=mail#claims`);
  expect((await entries(page)).filter((url) => /code=|state=/.test(url ?? ''))).toEqual([]);
  expect(await page.evaluate(() => history.length), 'blank page, app, login, app').toBeLessThanOrEqual(4);
});

test.describe('what keeps people out is explained', () => {
  test('a realm that does not exist', async ({ page, serve }) => {
    await serve('spa', { KEYSTEAD_ISSUER: `${serverURL}/realms/nowhere` });
    await page.goto(signInApp);
    await expect(heading(page, 'This realm does not exist')).toBeVisible();
    await expect(page.getByText('KEYSTEAD_ISSUER')).toBeVisible();
  });

  test('a realm that is away, before anybody is sent there', async ({ page, serve }) => {
    await serve('spa', { KEYSTEAD_ISSUER: 'http://localhost:9/realms/demo' }); // nobody listens at "discard"
    await page.goto(signInApp);
    await expect(heading(page, 'Keycloak did not answer')).toBeVisible();
  });

  for (const [what, client, title, mend] of [
    ['an origin that the client does not know', 'spa-no-origin', 'Keycloak does not know this origin', 'Clients › spa-no-origin › Settings › Web origins'],
    ['a confidential client', 'spa-confidential', 'The client is not a public one', 'Clients › spa-confidential › Settings › Client authentication'],
    ['another PKCE method', 'spa-plain', 'The client wants another proof', 'Clients › spa-plain › Settings › PKCE Method'],
    ['a client without the standard flow', 'spa-no-standard-flow', 'The client may not sign people in', 'Clients › spa-no-standard-flow › Settings › Standard flow'],
  ] as const) {
    test(what, async ({ page, serve }) => {
      await serve(client);
      await page.goto(signInApp);
      const login = page.locator('#kc-login');
      await login.or(heading(page, title)).first().waitFor();
      if (await login.isVisible()) await fillLogin(page, 'erika');
      await expect(heading(page, title)).toBeVisible();
      await expect(page.getByText(mend)).toBeVisible();
      expect(page.url(), 'no answer is left in the address').toBe(`${signInApp}/`);
    });
  }

  test('an address that the client does not list: the realm says so, and the app explains it to who comes back', async ({ page, serve }) => {
    await serve('spa-no-redirect');
    await page.goto(`${signInApp}/token`);
    await expect(page.locator('#kc-error-message')).toContainText('Invalid parameter: redirect_uri');
    await page.goBack();
    await expect(heading(page, 'You came back without signing in')).toBeVisible();
    await page.getByText('Did Keycloak show an error').click();
    await expect(page.getByText('Clients › spa-no-redirect › Settings › Valid redirect URIs')).toBeVisible();
    await expect(page.getByText(`${signInApp}/`, { exact: true })).toBeVisible();
    await page.reload();
    await expect(page.locator('#kc-error-message'), 'the explanation is given once').toBeVisible();
  });

  test('a client that does not exist', async ({ page, serve }) => {
    await serve('nobody');
    await page.goto(signInApp);
    await expect(page.locator('#kc-error-message')).toContainText('Client not found');
    await page.goto(`${signInApp}/`);
    await page.getByText('Did Keycloak show an error').click();
    await expect(page.getByText('“Client not found”')).toContainText('KEYSTEAD_CLIENT_ID');
  });

  test('coming back by choice leads on with one click', async ({ page, serve }) => {
    await serve('spa');
    await page.goto(`${signInApp}/token`);
    await page.locator('#kc-login').waitFor();
    await page.goBack();
    await button(page, 'Sign in').click();
    await fillLogin(page, 'erika');
    await expectSignedIn(page);
    expect(page.url()).toBe(`${signInApp}/token`);
  });

  test('a forged answer is taken off the address, and nothing in it is shown', async ({ page, serve }) => {
    await serve('spa', modes.public);
    for (const forged of ['#state=x&code=y&iss=Call+this+number', '#state=x&error=x&error_description=Call+this+number', '?state=x&error=Call+this+number']) {
      await page.goto('about:blank');
      await page.goto(`${signInApp}/${forged}`);
      await expect(heading(page, 'Welcome to Keystead')).toBeVisible();
      await expect(page.getByText('Call this number')).toHaveCount(0);
      if (forged.startsWith('#')) expect(page.url()).toBe(`${signInApp}/`);
    }
  });

  test('a page whose parts are gone offers to load again', async ({ page, serve }) => {
    await serve('spa', modes.public);
    await page.route(/\/assets\/view-/, (route) => route.abort());
    await page.goto(signInApp);
    await expect(page.getByRole('link', { name: 'Load it again' })).toBeVisible();
    await page.unrouteAll();
    await page.getByRole('link', { name: 'Load it again' }).click();
    await expect(heading(page, 'Welcome to Keystead')).toBeVisible();
  });

  test('a consent that was refused', async ({ page, serve }) => {
    await serve('spa-consenting');
    await page.goto(signInApp);
    await fillLogin(page, 'erika');
    await page.locator('#kc-cancel, [name=cancel]').click();
    await expect(heading(page, 'Keycloak refused the sign-in')).toBeVisible();
    await expect(page.getByText('access_denied')).toBeVisible();
  });

  test('an answer of another issuer, whose code is not used', async ({ page, context, serve }) => {
    await serve('spa');
    const exchanges = requestsTo(context, endpoint('token'));
    await page.goto(signInApp);
    await page.waitForURL(`${endpoint('auth')}**`);
    const state = new URL(page.url()).searchParams.get('state') ?? ''; // what it asked for is under way; only the answer is not the realm's
    await page.goto(`${signInApp}/#${new URLSearchParams({ state, code: 'c', iss: 'https://evil.example/realms/journeys' })}`);
    await expect(heading(page, 'The answer came from another realm')).toBeVisible();
    await expect(page.getByText('https://evil.example/realms/journeys')).toBeVisible();
    expect(exchanges).toHaveLength(0);
    expect(page.url()).toBe(`${signInApp}/`);
  });

  test('a clock that is ten minutes ahead: sign-in works, and a notice says so', async ({ page, serve }) => {
    await serve('spa');
    await page.clock.install({ time: Date.now() + 600_000 });
    await enter(page);
    await expect(page.getByText(/clock is .*ahead of Keycloak/)).toBeVisible();
    expect(await call(page)).toEqual([200]);
  });
});

test('a new password is chosen at the realm, and the app hears what became of it', async ({ page, serve }) => {
  await serve('spa');
  await enter(page, 'frank', '/token');
  const outcome = async () => (await inside(page, 'auth')).evaluate((auth) => auth.takeActionOutcome());
  const leave = async () => (await inside(page, 'auth')).evaluate((auth) => { void auth.changePassword(); });

  await leave();
  await page.locator('[name=cancel-aia]').click();
  await expectSignedIn(page);
  expect(page.url()).toBe(`${signInApp}/token`);
  expect(await outcome()).toEqual({ action: 'UPDATE_PASSWORD', status: 'cancelled' });
  expect(await outcome()).toBeUndefined();

  await leave();
  await page.locator('#password-new').fill('frank');
  await page.locator('#password-confirm').fill('frank');
  await page.locator('#kc-form-login [type=submit], #kc-passwd-update-form [type=submit]').first().click();
  await expectSignedIn(page);
  expect(await outcome()).toEqual({ action: 'UPDATE_PASSWORD', status: 'success' });
});

if (server === 'keycloak') { // the development realm has no account console
  test('the account console knows the way back', async ({ page, serve }) => {
    await serve('spa');
    await enter(page);
    await page.goto(await (await inside(page, 'auth')).evaluate((auth) => auth.accountURL()));
    await expect(page.locator(`a[href="${signInApp}/"]`).first()).toBeVisible();
  });
}
