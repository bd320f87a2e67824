import { createServer, type Server } from 'node:http';

import { app, insecureApp, issuer, listedOrigin, unlistedOrigin, vite } from './support/environment.ts';
import { answer, callOperation, openOperation } from './support/operations.ts';
import { rotateKeys, setLifespan } from './support/server.ts';
import { expect, fillLogin, signIn, signOut, test } from './support/test.ts';
import { read, reporterGrant, token, userGrant } from './support/tokens.ts';

const login = new RegExp(`^${issuer}/protocol/openid-connect/auth`);

test('alice signs in, sees admin, opens the report', async ({ page }) => {
  await signIn(page, 'alice');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Alice');
  await expect(page.getByText('admin', { exact: true })).toBeVisible();
  expect(page.url(), 'no code or state is left in the address').toBe(`${app}/`);

  await page.getByRole('link', { name: 'Reports', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Reports' })).toBeVisible();
  await expect(page.getByText('a11ce000-0000-4000-8000-000000000001')).toBeVisible();
});

test('bob opens the report by its address and reads why he is refused', async ({ page }) => {
  await signIn(page, 'bob', '/admin/reports');
  await expect(page.getByRole('heading', { level: 1, name: 'Refused' })).toBeVisible();
  await expect(page.getByText('Requires one of: admin')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Reports' })).toHaveCount(0);
});

test('the menu leads each to their own department, and the API keeps them out of others', async ({ page }) => {
  await signIn(page, 'bob');
  await page.getByRole('link', { name: 'My department', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Department sales' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'The brief' })).toContainText('Bob Baker');

  await page.goto(`${app}/departments/engineering`);
  await expect(page.getByRole('heading', { level: 1, name: 'Refused' })).toBeVisible();
  await expect(page.getByText('it is sales, not engineering')).toBeVisible();
});

test('what the API permits is shown, and foretold before a call', async ({ page }) => {
  await signIn(page, 'bob');
  const may = page.getByRole('region', { name: 'What you may do' });
  await expect(may).toContainText('Requires one of: admin');
  await expect(may).toContainText('Only where department is sales');
  await expect(page.getByRole('link', { name: 'Reports' })).toHaveCount(0);

  await page.getByRole('link', { name: 'API', exact: true }).first().click();
  const report = await openOperation(page, 'GET', '/api/admin/reports');
  await expect(report).toContainText('Requires one of: admin');
  await callOperation(page, 'GET', '/api/admin/reports');
  await expect(answer(page)).toContainText('403 Requires one of: admin');
});

test('a wrong password is told by the realm, and a second try works', async ({ page }) => {
  await page.goto(app);
  await fillLogin(page, 'alice', 'not-her-password');
  await expect(page.locator('#input-error-username')).toContainText('Invalid username or password.');
  await fillLogin(page, 'alice');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Alice');
});

test('a deep link is kept over the login', async ({ page }) => {
  await signIn(page, 'bob', '/operations?from=mail#answer');
  await expect(page.getByRole('heading', { level: 1, name: 'API' })).toBeVisible();
  expect(page.url()).toBe(`${app}/operations?from=mail#answer`);
});

test('after signing out, going back shows nothing of the person, and the way to the login', async ({ page }) => {
  await signIn(page, 'alice');
  await page.getByRole('link', { name: 'API', exact: true }).click();
  await signOut(page);
  await expect(page.locator('#kc-login'), 'the realm has ended its session, too').toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'You came back without signing in' })).toBeVisible();
  await expect(page.getByText('Alice'), 'nothing of the person is left').toHaveCount(0);
  await page.goto(`${app}/operations`);
  await page.waitForURL(login);
});

test('an access token of a few seconds passes, and calls still work', async ({ page }) => {
  await setLifespan('demo', 4);
  try {
    await signIn(page, 'alice', '/operations');
    const used: string[] = [];
    page.on('request', (request) => {
      const authorization = request.headers().authorization;
      if (request.url() === `${app}/secured` && authorization) used.push(authorization);
    });
    for (let call = 0; call < 3; call++) {
      await page.waitForTimeout(call === 0 ? 0 : 5000);
      const answered = page.waitForResponse(`${app}/secured`);
      await callOperation(page, 'GET', '/secured');
      expect((await answered).status()).toBe(200);
    }
    expect(new Set(used).size, 'each call had a fresh token').toBe(3);
    for (const header of used) {
      expect(Number(read(header, 'exp')) - Number(read(header, 'iat'))).toBe(4);
    }
  } finally {
    await setLifespan('demo');
  }
});

test('a sign-in whose last step hangs is given up, explained and tried again', async ({ page }) => {
  let asked = 0;
  await page.route(`${issuer}/protocol/openid-connect/token`, (route) => (asked++ === 0 ? undefined : route.continue()));
  await page.goto(`${app}/operations`);
  await fillLogin(page, 'alice');
  await expect(page.getByRole('heading', { level: 1, name: 'Keycloak did not answer' })).toBeVisible({ timeout: 20_000 });
  await expect(page.getByRole('heading', { level: 1, name: 'API' })).toBeVisible({ timeout: 20_000 });
});

test('two tabs of one session refresh side by side', async ({ context, page }) => {
  await setLifespan('demo', 4);
  try {
    await signIn(page, 'alice', '/operations');
    const second = await context.newPage();
    await second.goto(`${app}/operations`);
    for (let round = 0; round < 3; round++) {
      await page.waitForTimeout(round === 0 ? 0 : 4500);
      const statuses = [page, second].map(async (tab) => {
        const answered = tab.waitForResponse(`${app}/secured`);
        await callOperation(tab, 'GET', '/secured');
        return (await answered).status();
      });
      expect(await Promise.all(statuses)).toEqual([200, 200]);
    }
  } finally {
    await setLifespan('demo');
  }
});

test('the caller sends a message of her own', async ({ page }) => {
  await signIn(page, 'alice', '/operations');
  const form = await openOperation(page, 'GET', '/protected');
  await form.getByRole('textbox', { name: 'message' }).fill('hello & <goodbye>');
  await callOperation(page, 'GET', '/protected');
  await expect(answer(page)).toContainText('hello & <goodbye>Received');
});

test('a page opened at another loopback name moves to the public address', async ({ page }) => {
  await page.goto(`${app.replace('localhost', '127.0.0.1')}/operations?a=b#c`);
  await fillLogin(page, 'bob');
  await expect(page.getByRole('heading', { level: 1, name: 'API' })).toBeVisible();
  expect(page.url()).toBe(`${app}/operations?a=b#c`);
});

test('a page over plain http on a name that is not loopback says why nobody can sign in', async ({ page }) => {
  await page.goto(insecureApp);
  await expect(page.getByRole('heading', { level: 1, name: 'This address is not secure enough to sign in' })).toBeVisible();
  await expect(page.getByRole('link', { name: app })).toBeVisible();
});

test('login works on the Vite server, which passes API calls on', async ({ page }) => {
  await signIn(page, 'alice', '/operations', vite);
  expect(page.url()).toBe(`${vite}/operations`);
  const answered = page.waitForResponse(`${vite}/secured`);
  await callOperation(page, 'GET', '/secured');
  expect((await answered).status()).toBe(200);
});

test.describe('a page of another origin', () => {
  const servers: Server[] = [];
  test.beforeAll(async () => {
    for (const origin of [listedOrigin, unlistedOrigin]) {
      const server = createServer((_, res) => res.setHeader('Content-Type', 'text/html').end('<title>another app</title>'));
      await new Promise<void>((resolve) => server.listen(Number(new URL(origin).port), 'localhost', resolve));
      servers.push(server);
    }
  });
  test.afterAll(() => servers.forEach((server) => server.close()));

  /** Calls the API from the page, as that origin's own scripts would; a blocked call is an error's name. */
  const call = ({ url, bearer }: { url: string; bearer: string }) =>
    fetch(url, { headers: { Authorization: `Bearer ${bearer}` } }).then(
      async (res) => ({ status: res.status, challenge: res.headers.get('WWW-Authenticate'), body: (await res.json()) as Record<string, unknown> }),
      (error: Error) => error.name,
    );

  test('calls the API from a listed origin, and can read a 401', async ({ page }) => {
    await page.goto(listedOrigin);
    const bearer = await token(userGrant('bob'));
    expect(await page.evaluate(call, { url: `${app}/api/me`, bearer })).toMatchObject({ status: 200, body: { username: 'bob' } });
    expect(await page.evaluate(call, { url: `${app}/api/me`, bearer: 'rubbish' })).toMatchObject({
      status: 401,
      challenge: expect.stringContaining('error="invalid_token"'),
      body: { code: 'token_malformed' },
    });
  });

  test('is blocked from an unlisted origin', async ({ page }) => {
    await page.goto(unlistedOrigin);
    const bearer = await token(userGrant('bob'));
    expect(await page.evaluate(call, { url: `${app}/api/me`, bearer })).toBe('TypeError');
    expect(await page.evaluate(call, { url: `${app}/api/me`, bearer: 'rubbish' })).toBe('TypeError');
  });
});

test('reporter gets a token by client credentials and reads the report, with no browser', async ({ request }) => {
  const bearer = await token(reporterGrant);
  const res = await request.get(`${app}/api/admin/reports`, { headers: { Authorization: `Bearer ${bearer}` } });
  expect(res.status()).toBe(200);
  expect(await res.json()).toMatchObject({ generated_by: '5e471ce0-0000-4000-8000-000000000003' });
});

test('the realm rotates its keys under a stream of calls, and none fails', async () => {
  const statuses = new Map<number, number>();
  const keys = new Set<unknown>();
  let running = true;

  // Client credentials: a realm with brute-force protection refuses two passwords of one user at a time.
  async function stream(fresh: boolean): Promise<void> {
    let bearer = await token(reporterGrant);
    while (running) {
      if (fresh) bearer = await token(reporterGrant);
      keys.add(read(bearer, 'kid', 0));
      const res = await fetch(`${app}/api/me`, { headers: { Authorization: `Bearer ${bearer}` } });
      await res.arrayBuffer();
      statuses.set(res.status, (statuses.get(res.status) ?? 0) + 1);
      if (!fresh) await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  const streams = [stream(false), stream(false), stream(true), stream(true)];
  await new Promise((resolve) => setTimeout(resolve, 500));
  await rotateKeys();
  await expect.poll(() => keys.size, 'tokens of the new key are among the calls').toBe(2);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  running = false;
  await Promise.all(streams);
  expect([...statuses.keys()]).toEqual([200]);
});
