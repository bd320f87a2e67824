import { readFileSync } from 'node:fs';

import type { BrowserContext, Page, Request } from '@playwright/test';

import { endpoint, first, keycloakIn, loginRequired, second, state } from './support/apps.ts';
import { journeysRealm } from './support/environment.ts';
import { expect, fillLogin, test } from './support/test.ts';

// What keycloak-js promises to apps, by way of the smallest apps there are.

const stranger = first.elsewhere('first'); // at an address that the client `first` does not list
const distant = first.elsewhere('another-site'); // for the browser on another site than the realm

const authorization = endpoint('auth');

const checkSSO = { onLoad: 'check-sso', checkLoginIframe: false } as const;
const watching = { onLoad: 'check-sso', checkLoginIframe: true, checkLoginIframeInterval: 1 } as const;

const events = (page: Page) => page.getByRole('list', { name: 'Events' }).getByRole('listitem');
const form = (page: Page) => page.locator('#kc-form-login');

/** Opens an app that needs a login, and signs in. */
async function signIn(page: Page, username = 'alice', password = username, url = first.at(loginRequired)): Promise<void> {
  await page.goto(url);
  await fillLogin(page, username, password);
  await expect(state(page)).toHaveText(`Signed in as ${username}`);
}

/** Opens an app that does nothing by itself, where nobody is signed in. */
async function openSignedOut(page: Page): Promise<void> {
  await page.goto(first.at({ checkLoginIframe: false }));
  await expect(state(page)).toHaveText('Signed out');
}

/** Opens an app in another tab of the same browser, where that person has signed in. */
async function secondTab(context: BrowserContext, url: string, username = 'alice'): Promise<Page> {
  const tab = await context.newPage();
  await tab.goto(url);
  await expect(state(tab)).toHaveText(`Signed in as ${username}`);
  return tab;
}

/** Notes the requests of a page whose address starts with this. */
function requestsTo(page: Page, address: string): Request[] {
  const requests: Request[] = [];
  page.on('request', (request) => {
    if (request.url().startsWith(address)) requests.push(request);
  });
  return requests;
}

const parameter = (request: Request | undefined, name: string) => new URL(request?.url() ?? 'about:blank').searchParams.get(name);

test('keycloak-js is the one of our own app', () => {
  const version = (file: string, group: string) => {
    const packages = JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as Record<string, Record<string, string>>;
    return packages[group]?.['keycloak-js'];
  };
  expect(version('package.json', 'devDependencies')).toBe(version('../web/package.json', 'dependencies'));
});

test.describe('an app that needs a login', () => {
  test('leaves for the form, and comes back with the person and her roles', async ({ page }) => {
    await page.goto(first.at(loginRequired));
    await expect(page).toHaveTitle('Sign in to Journeys');
    await fillLogin(page, 'alice');
    await expect(state(page)).toHaveText('Signed in as alice');
    await expect(events(page)).toHaveText(['onAuthSuccess', 'onReady true']);
    expect(page.url(), 'no code or state is left in the address').toBe(first.at(loginRequired));

    const keycloak = await keycloakIn(page);
    const may = await keycloak.evaluate((kc) => [kc.hasRealmRole('traveller'), kc.hasRealmRole('admin'), kc.hasResourceRole('view-profile', 'account')]);
    expect(may).toEqual([true, false, true]);
    const { subject, tokenParsed } = await keycloak.evaluate(({ subject, tokenParsed }) => ({ subject, tokenParsed }));
    expect(subject).toBe('a11ce000-0000-4000-8000-000000000011');
    expect(tokenParsed).toMatchObject({ iss: journeysRealm, azp: 'first', aud: 'account', 'allowed-origins': [first.origin] });
  });

  test('has the code in the query where it asks for that', async ({ page }) => {
    const url = first.at({ ...loginRequired, responseMode: 'query' });
    const returns = requestsTo(page, first.origin);
    await signIn(page, 'alice', 'alice', url);
    const back = returns.find((request) => parameter(request, 'code'));
    expect(parameter(back, 'state')).toBeTruthy();
    expect(parameter(back, 'session_state')).toBeTruthy();
    expect(parameter(back, 'iss')).toBe(journeysRealm);
    const keycloak = await keycloakIn(page);
    expect(parameter(back, 'session_state')).toBe(await keycloak.evaluate((kc) => kc.sessionId));
    expect([...new URL(page.url()).searchParams.keys()]).toEqual(['start']);
  });

  for (const flow of ['implicit', 'hybrid'] as const) {
    test(`learns that the ${flow} flow is off for it`, async ({ page }) => {
      await page.goto(first.at({ ...loginRequired, flow }));
      await expect(state(page)).toHaveText('Failed: unauthorized_client');
    });
  }

  test('opens at once where another app has signed the person in', async ({ context, page }) => {
    await signIn(page);
    const tab = await secondTab(context, second.at(loginRequired));
    const sessions = [page, tab].map(async (tab) => (await keycloakIn(tab)).evaluate((kc) => kc.sessionId));
    const [one, other] = await Promise.all(sessions);
    expect(other).toBe(one);
  });

  test('on another site than the realm works, without the session iframe', async ({ page }) => {
    await signIn(page, 'alice', 'alice', distant.at({ onLoad: 'login-required' }));
    await page.reload();
    await expect(state(page)).toHaveText('Signed in as alice');
  });
});

test.describe('an app that asks whether somebody is signed in', () => {
  for (const [how, options] of [
    ['by leaving for a moment', checkSSO],
    ['in a frame', { ...checkSSO, silentCheckSsoRedirectUri: first.silentPage }],
    ['in a frame, with the session iframe', { ...watching, silentCheckSsoRedirectUri: first.silentPage }],
    ['by leaving for a moment, with the session iframe', watching],
  ] as const) {
    test(`hears no, ${how}`, async ({ page }) => {
      const asked = requestsTo(page, authorization);
      await page.goto(first.at(options));
      await expect(state(page)).toHaveText('Signed out');
      await expect(events(page)).toHaveText(['onReady false']);
      // The session iframe knows that without asking.
      expect(asked.map((request) => parameter(request, 'prompt'))).toEqual(options.checkLoginIframe ? [] : ['none']);
    });

    test(`hears yes, ${how}`, async ({ page }) => {
      await signIn(page, 'alice', 'alice', second.at(loginRequired));
      const asked = requestsTo(page, authorization);
      await page.goto(first.at(options));
      await expect(state(page)).toHaveText('Signed in as alice');
      expect(asked.map((request) => parameter(request, 'prompt'))).toEqual(['none']);
      expect(asked[0]?.frame() === page.mainFrame(), 'asked by the page itself').toBe(!('silentCheckSsoRedirectUri' in options));
    });
  }

  test('can ask in a frame only where frames may have cookies', async ({ page }) => {
    await signIn(page, 'alice', 'alice', distant.at(loginRequired));
    const asked = requestsTo(page, authorization);
    await page.goto(distant.at({ onLoad: 'check-sso', silentCheckSsoRedirectUri: distant.silentPage }));
    await expect(state(page)).toHaveText('Signed in as alice');
    expect(asked.map((request) => request.frame() === page.mainFrame())).toEqual([true]);
  });
});

test.describe('the session iframe', () => {
  /** What the realm's session iframe says in a page of that origin to keycloak-js's question. */
  async function ask(page: Page, question: string): Promise<unknown> {
    return page.evaluate(
      async ({ src, question }) => {
        const frame = document.createElement('iframe');
        frame.src = src;
        document.body.append(frame);
        await new Promise((resolve) => frame.addEventListener('load', resolve));
        return new Promise((resolve) => {
          window.addEventListener('message', ({ source, data }) => {
            if (source === frame.contentWindow) resolve(data);
          });
          frame.contentWindow?.postMessage(question, new URL(src).origin);
        });
      },
      { src: endpoint('login-status-iframe.html'), question },
    );
  }

  test('answers only the apps of the realm', async ({ page }) => {
    await signIn(page);
    const session = await (await keycloakIn(page)).evaluate((kc) => kc.sessionId);
    expect(await ask(page, `first ${session}`)).toBe('unchanged');
    expect(await ask(page, 'first another-session')).toBe('changed');
    expect(await ask(page, 'first ')).toBe('changed');
    expect(await ask(page, `nobody ${session}`)).toBe('error');
    await page.goto(second.silentPage);
    expect(await ask(page, `first ${session}`), 'the origin of another app').toBe('error');
    expect(await ask(page, `second ${session}`)).toBe('unchanged');
  });

  test('says at first whether it will', async ({ request }) => {
    const init = (client: string, origin: string) => request.get(endpoint('login-status-iframe.html/init'), { params: { client_id: client, origin } });
    expect((await init('first', first.origin)).status()).toBe(204);
    expect((await init('first', second.origin)).status()).toBe(403);
    expect((await init('nobody', first.origin)).status()).toBe(403);
  });

  test('tells an app that the person signed out in another tab', async ({ context, page }) => {
    await signIn(page, 'alice', 'alice', first.at({ ...watching, onLoad: 'login-required' }));
    const watched = await secondTab(context, second.at(watching));
    const tab = await secondTab(context, first.at(checkSSO));
    await (await keycloakIn(tab)).evaluate((kc) => void kc.logout());
    await expect(state(watched)).toHaveText('Signed out');
    await expect(events(watched)).toHaveText(['onAuthSuccess', 'onReady true', 'onAuthLogout']);
    await expect(form(page), 'an app that needs a login is back at the form').toBeVisible();
  });

  test('tells an app that somebody else has signed in', async ({ context, page }) => {
    await signIn(page, 'alice', 'alice', first.at(loginRequired));
    const watched = await secondTab(context, second.at(watching));
    const session = async () => (await keycloakIn(page)).evaluate((kc) => kc.sessionId);
    const before = await session();
    await (await keycloakIn(page)).evaluate((kc) => void kc.logout());
    await fillLogin(page, 'bertie');
    await expect(state(page)).toHaveText('Signed in as bertie');
    expect(await session(), 'it is another session').not.toBe(before);
    await expect(state(watched)).toHaveText('Signed out');
  });

  test('is not there when an app does without, which then learns of the end by its next refresh', async ({ context, page }) => {
    await signIn(page);
    const deaf = await secondTab(context, second.at(checkSSO));
    expect(deaf.frames()).toHaveLength(1);
    await (await keycloakIn(page)).evaluate((kc) => void kc.logout());
    await expect(form(page)).toBeVisible();

    await expect(state(deaf)).toHaveText('Signed in as alice');
    await (await keycloakIn(deaf)).evaluate((kc) => kc.updateToken(-1).catch(() => undefined));
    await expect(state(deaf)).toHaveText('Signed out');
    await expect(events(deaf)).toHaveText(['onAuthSuccess', 'onReady true', 'onAuthLogout', 'onAuthRefreshError']);
  });
});

test.describe('tokens', () => {
  test('are refreshed when asked to, or when too little is left of them', async ({ page }) => {
    await signIn(page, 'alice', 'alice', first.at({ ...watching, onLoad: 'login-required' }));
    const keycloak = await keycloakIn(page);
    const before = await keycloak.evaluate((kc) => kc.token);
    expect(await keycloak.evaluate((kc) => kc.updateToken(30))).toBe(false);
    expect(await keycloak.evaluate((kc) => kc.token)).toBe(before);
    expect(await keycloak.evaluate((kc) => kc.updateToken(-1))).toBe(true);
    expect(await keycloak.evaluate((kc) => kc.token)).not.toBe(before);
    expect(await keycloak.evaluate((kc) => kc.updateToken(900)), 'they live for five minutes').toBe(true);
    await expect(events(page)).toHaveText(['onAuthSuccess', 'onReady true', 'onAuthRefreshSuccess', 'onAuthRefreshSuccess']);
  });

  test('tell the app when they expire, and a refresh brings new ones', async ({ page }) => {
    await signIn(page, 'alice', 'alice', first.at(loginRequired, 'brief'));
    await expect(events(page).last()).toHaveText('onTokenExpired');
    const keycloak = await keycloakIn(page);
    expect(await keycloak.evaluate((kc) => kc.isTokenExpired())).toBe(true);
    expect(await keycloak.evaluate((kc) => kc.updateToken(1))).toBe(true);
    expect(await keycloak.evaluate((kc) => kc.isTokenExpired())).toBe(false);
    await expect(events(page).last()).toHaveText('onAuthRefreshSuccess');
  });

  test('bring the profile and the user info', async ({ page }) => {
    await signIn(page);
    const keycloak = await keycloakIn(page);
    const alice = { email: 'alice@example.com' };
    expect(await keycloak.evaluate((kc) => kc.loadUserProfile())).toMatchObject({ ...alice, username: 'alice', firstName: 'Alice', lastName: 'Archer', emailVerified: true });
    expect(await keycloak.evaluate((kc) => kc.loadUserInfo())).toEqual({
      ...alice, sub: 'a11ce000-0000-4000-8000-000000000011', preferred_username: 'alice', email_verified: true, name: 'Alice Archer', given_name: 'Alice', family_name: 'Archer',
    });
  });

  test('given to an app that starts are taken on, and refreshed', async ({ page }) => {
    await signIn(page);
    const tokens = await (await keycloakIn(page)).evaluate(({ token = '', refreshToken = '', idToken = '' }) => ({ token, refreshToken, idToken }));
    await page.goto(first.at({ checkLoginIframe: false, ...tokens }));
    await expect(state(page)).toHaveText('Signed in as alice');
    await expect(events(page)).toHaveText(['onAuthRefreshSuccess', 'onAuthSuccess', 'onReady true']);
  });

  test('are refused to a page whose origin the client does not list', async ({ page, request }) => {
    await page.goto(second.at(loginRequired, 'wrong-origin'));
    await fillLogin(page, 'alice');
    await expect(state(page)).toHaveText('Failed: Failed to fetch');
    await expect(events(page)).toHaveText(['onAuthError']);

    // The browser hides the answer from the page.
    const ask = (origin: string) => request.post(endpoint('token'), {
      headers: { Origin: origin },
      form: { grant_type: 'authorization_code', client_id: 'wrong-origin', code: 'rubbish', redirect_uri: second.origin },
    });
    const refused = await ask(second.origin);
    expect(refused.status()).toBe(403);
    expect(await refused.json()).toEqual({ error: 'Invalid origin' });
    expect(refused.headers()).not.toHaveProperty('access-control-allow-origin');
    const answered = await ask(first.origin);
    expect(answered.status()).toBe(400);
    expect(await answered.json()).toMatchObject({ error: 'invalid_grant', error_description: 'Code not valid' });
    expect(answered.headers()).toMatchObject({ 'access-control-allow-origin': first.origin, 'access-control-allow-credentials': 'true' });
  });
});

test('an app at an address that the client does not list gets no login', async ({ page }) => {
  await page.goto(stranger.at(loginRequired));
  await expect(page.locator('#kc-error-message')).toContainText('Invalid parameter: redirect_uri');
  await expect(form(page)).toHaveCount(0);
});

for (const logoutMethod of ['GET', 'POST'] as const) {
  test(`signing out by ${logoutMethod} ends the session, for other apps too`, async ({ context, page, request }) => {
    await signIn(page);
    const watched = await secondTab(context, second.at(watching));
    const keycloak = await keycloakIn(page);
    const { token = '', refreshToken = '' } = await keycloak.evaluate(({ token, refreshToken }) => ({ token, refreshToken }));
    const redirectUri = first.at(checkSSO);
    await keycloak.evaluate((kc, options) => void kc.logout(options), { logoutMethod, redirectUri });
    await expect(state(page)).toHaveText('Signed out');
    expect(page.url()).toBe(redirectUri);
    await expect(state(watched)).toHaveText('Signed out');

    const refreshed = await request.post(endpoint('token'), { form: { grant_type: 'refresh_token', client_id: 'first', refresh_token: refreshToken } });
    expect(refreshed.status()).toBe(400);
    expect(await refreshed.json()).toEqual({ error: 'invalid_grant', error_description: 'Session not active' });
    expect((await request.get(endpoint('userinfo'), { headers: { Authorization: `Bearer ${token}` } })).status()).toBe(401);

    await page.goto(first.at(loginRequired));
    await expect(form(page)).toBeVisible();
  });
}

test('signing out to an address that the client does not list is refused, and the session stays', async ({ context, page }) => {
  await signIn(page);
  await (await keycloakIn(page)).evaluate((kc) => void kc.logout({ redirectUri: 'https://example.com/' }));
  await expect(page.locator('#kc-error-message')).toContainText('Invalid redirect uri');
  await secondTab(context, second.at(loginRequired));
});

test.describe('the login', () => {
  test('knows the name that the app gives', async ({ page }) => {
    await openSignedOut(page);
    await (await keycloakIn(page)).evaluate((kc) => void kc.login({ loginHint: 'alice' }));
    await expect(page.locator('#username')).toHaveValue('alice');
    await page.locator('#password').fill('alice');
    await page.locator('#kc-login').click();
    await expect(state(page)).toHaveText('Signed in as alice');
  });

  test('goes on where a hint, a language or a strength is unknown', async ({ page }) => {
    await openSignedOut(page);
    await (await keycloakIn(page)).evaluate((kc) => void kc.login({ idpHint: 'nobody', locale: 'tlh', acr: { values: ['gold'], essential: false } }));
    await fillLogin(page, 'alice');
    await expect(state(page)).toHaveText('Signed in as alice');
  });

  test('asks a signed-in person for the password alone when the app wants to be sure', async ({ page }) => {
    await signIn(page);
    const times = async () => (await keycloakIn(page)).evaluate((kc) => [kc.tokenParsed?.auth_time, kc.sessionId] as const);
    const [before, session] = await times();
    await page.waitForTimeout(1000); // auth_time counts seconds

    await (await keycloakIn(page)).evaluate((kc) => void kc.login({ prompt: 'login' }));
    await expect(page.locator('#kc-attempted-username')).toHaveValue('alice');
    await expect(page.getByText('Please re-authenticate to continue')).toBeVisible();
    await expect(page.locator('#username')).toHaveCount(0);
    await page.locator('#password').fill('wrong');
    await page.locator('#kc-login').click();
    await expect(page.getByText('Invalid username or password.')).toBeVisible();
    await page.locator('#password').fill('alice');
    await page.locator('#kc-login').click();

    await expect(state(page)).toHaveText('Signed in as alice');
    const [after, same] = await times();
    expect(after).toBeGreaterThan(before ?? 0);
    expect(same, 'it is still the same session').toBe(session);
  });

  test('asks again when the last one is too long ago for the app', async ({ page }) => {
    await signIn(page);
    const again = page.waitForResponse(endpoint('token'));
    await (await keycloakIn(page)).evaluate((kc) => void kc.login({ maxAge: 600 }));
    await again;
    await expect(state(page)).toHaveText('Signed in as alice');
    await page.waitForTimeout(2000); // older than a second, in whole seconds
    await (await keycloakIn(page)).evaluate((kc) => void kc.login({ maxAge: 1 }));
    await expect(page.locator('#password')).toBeVisible();
  });

  test('offers no registration where the realm allows none', async ({ page }) => {
    await openSignedOut(page);
    await (await keycloakIn(page)).evaluate((kc) => void kc.register());
    await expect(page.locator('#kc-error-message')).toContainText('Registration not allowed');
  });
});

test('the account has a page, which the app can lead to', async ({ page }) => {
  await signIn(page);
  const answered = page.waitForResponse((response) => response.url().startsWith(`${journeysRealm}/account`) && response.status() === 200);
  await (await keycloakIn(page)).evaluate((kc) => void kc.accountManagement());
  const account = await answered;
  expect(account.headers()['content-type']).toContain('text/html');
  expect(parameter(account.request(), 'referrer')).toBe('first');
});

test.describe('changing the password', () => {
  /** Sends the signed-in person to the page with the new password. */
  async function askForChange(page: Page): Promise<void> {
    await (await keycloakIn(page)).evaluate((kc) => void kc.login({ action: 'UPDATE_PASSWORD' }));
    await expect(page.locator('#password-new')).toBeVisible();
  }

  async function choose(page: Page, password: string, again = password): Promise<void> {
    await page.locator('#password-new').fill(password);
    await page.locator('#password-confirm').fill(again);
    await page.getByRole('button', { name: 'Submit' }).click();
  }

  test('succeeds, and the new one counts', async ({ browser, page }) => {
    await signIn(page, 'carol');
    await askForChange(page);
    await choose(page, 'a new password');
    await expect(events(page)).toHaveText(['onActionUpdate success UPDATE_PASSWORD', 'onAuthSuccess', 'onReady true']);

    const elsewhere = await browser.newContext();
    const tab = await elsewhere.newPage();
    await tab.goto(first.at(loginRequired));
    await fillLogin(tab, 'carol');
    await expect(tab.locator('#input-error-username')).toContainText('Invalid username or password.');
    await signIn(tab, 'carol', 'a new password');
    await elsewhere.close();

    await askForChange(page);
    await choose(page, 'carol');
    await expect(state(page)).toHaveText('Signed in as carol');
  });

  test('tells what is wrong with a new one', async ({ page }) => {
    await signIn(page, 'carol');
    await askForChange(page);
    await choose(page, 'a new password', 'another password');
    await expect(page.locator('#input-error-password-confirm')).toContainText("Passwords don't match.");
    await choose(page, 'tiny');
    await expect(page.getByText('Invalid password: minimum length 5.')).toBeVisible();
  });

  test('can be cancelled, and the person stays signed in', async ({ page }) => {
    await signIn(page, 'carol');
    await askForChange(page);
    await page.locator('[name=cancel-aia]').click();
    await expect(events(page)).toHaveText(['onActionUpdate cancelled UPDATE_PASSWORD', 'onAuthSuccess', 'onReady true']);
    await expect(state(page)).toHaveText('Signed in as carol');
  });

  test('comes after the login for a person who is signed out', async ({ page }) => {
    await openSignedOut(page);
    await (await keycloakIn(page)).evaluate((kc) => void kc.login({ action: 'UPDATE_PASSWORD' }));
    await fillLogin(page, 'carol');
    await page.locator('[name=cancel-aia]').click();
    await expect(state(page)).toHaveText('Signed in as carol');
  });
});
