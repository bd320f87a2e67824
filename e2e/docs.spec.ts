import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';

import { app, insecureApp, serverURL } from './support/environment.ts';
import { expect, fillLogin, test as base } from './support/test.ts';

// The pages of the API: Swagger UI at /docs, ReDoc at /redoc. Both are libraries of others, which would like to have inline
// styles, fonts from afar and services of their makers; here they get none of it.

declare global {
  var policyViolated: (what: string) => void;
}

interface Watched {
  /** The lines that a test foresees on the console, in their order: none, unless it says so. */
  foreseen: unknown[];
}

/** Fails when a page, popups included, writes a line that is not foreseen, breaks its policy or asks a third party for anything. */
const test = base.extend<Watched>({
  foreseen: [
    async ({ context }, use) => {
      const lines: string[] = [];
      const violations: string[] = [];
      const foreign: string[] = [];
      await context.exposeBinding('policyViolated', (_, what: string) => void violations.push(what));
      await context.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sourceFile }) => {
          globalThis.policyViolated(`${effectiveDirective} ${blockedURI} in ${sourceFile}`);
        });
      });
      context.on('weberror', (error) => lines.push(`uncaught: ${error.error().message}`));
      context.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) lines.push(`${message.text()} ${message.location().url}`);
      });
      context.on('request', (request) => {
        const { protocol, origin } = new URL(request.url());
        if (protocol !== 'data:' && ![app, insecureApp, serverURL].includes(origin)) foreign.push(request.url());
      });
      const foreseen: unknown[] = [];
      await use(foreseen);
      await expect.poll(() => lines, 'the console says what is foreseen').toEqual(foreseen);
      expect(violations, 'the policy is kept').toEqual([]);
      expect(foreign, 'nobody else is asked').toEqual([]);
    },
    { auto: true },
  ],
});

/** What Chromium itself writes for an answer of 400 and above. */
const refusal = (url: string, status: string) => `Failed to load resource: the server responded with a status of ${status} ${url}`;

const dialog = (page: Page) => page.locator('.dialog-ux');
const openDialog = (page: Page) => page.getByRole('button', { name: 'Authorize', exact: true });

/** Signs in as a user of the demo realm, in the popup that Swagger UI opens for it, and closes the dialog. */
async function authorize(page: Page, username: string): Promise<void> {
  const opened = page.waitForEvent('popup');
  await dialog(page).getByRole('button', { name: 'Apply given OAuth2 credentials' }).click();
  const popup = await opened;
  await popup.waitForURL((url) => url.origin === serverURL);
  const closed = popup.waitForEvent('close');
  await fillLogin(popup, username);
  await closed;
  await expect(dialog(page).getByRole('button', { name: 'Remove authorization' }), 'there is a token').toBeVisible();
  await dialog(page).getByRole('button', { name: 'Close' }).first().click();
  await expect(dialog(page)).toHaveCount(0);
}

/** Opens an operation, calls it and returns what Swagger UI shows of the answer. */
async function tryOut(page: Page, tag: string, name: string): Promise<Locator> {
  const operation = page.locator(`#operations-${tag}-${name}`);
  await operation.locator('.opblock-summary-control').click();
  await operation.getByRole('button', { name: 'Try it out' }).click();
  await operation.getByRole('button', { name: 'Execute' }).click();
  return operation.locator('.live-responses-table .response');
}

test.describe('Swagger UI', () => {
  test('signs alice in at the realm, and calls the API with her token', async ({ page }) => {
    const authorizations: boolean[] = []; // whether each call had a token, which no report should print
    page.on('request', (request) => {
      if (request.url() === `${app}/api/me`) authorizations.push(/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/.test(request.headers().authorization ?? ''));
    });
    const headers = (await page.goto(`${app}/docs`))?.headers() ?? {};
    expect(headers['content-security-policy']).toContain(`default-src 'none'; script-src 'self' 'nonce-`);
    expect(headers['cross-origin-opener-policy']).toBe('same-origin-allow-popups');

    await openDialog(page).click();
    await expect(dialog(page).getByRole('heading', { name: 'login (OAuth2, authorizationCode with PKCE)' })).toBeVisible();
    await expect(dialog(page).getByRole('heading', { name: 'realm (http, Bearer)' })).toBeVisible();
    await expect(dialog(page).getByLabel('client_id:')).toHaveValue('demo');
    await expect(dialog(page).getByLabel('client_secret:'), 'a client in the browser has none').toBeHidden();
    await authorize(page, 'alice');

    const answer = await tryOut(page, 'caller', 'showMe');
    await expect(answer.locator('.response-col_status')).toHaveText('200');
    await expect(answer).toContainText('"username": "alice"');
    expect(authorizations).toEqual([true]);
    expect(await page.evaluate(() => [localStorage.length, sessionStorage.length]), 'the token is kept nowhere').toEqual([0, 0]);

    await page.reload();
    await openDialog(page).click();
    await expect(dialog(page).getByRole('button', { name: 'Apply given OAuth2 credentials' }), 'nor does it outlive the page').toBeVisible();
  });

  test('shows why a call without a token is refused', async ({ page, foreseen }) => {
    foreseen.push(refusal(`${app}/api/me`, '401 (Unauthorized)'));
    await page.goto(`${app}/docs`);
    const answer = await tryOut(page, 'caller', 'showMe');
    await expect(answer.locator('.response-col_status')).toContainText('401');
    await expect(answer).toContainText('"code": "token_missing"');
    await expect(answer).toContainText(`resource_metadata="${app}/.well-known/oauth-protected-resource"`);
  });

  test('shows why bob is refused the reports', async ({ page, foreseen }) => {
    foreseen.push(refusal(`${app}/api/admin/reports`, '403 (Forbidden)'));
    await page.goto(`${app}/docs`);
    await openDialog(page).click();
    await authorize(page, 'bob');
    const answer = await tryOut(page, 'admin', 'showReport');
    await expect(answer.locator('.response-col_status')).toContainText('403');
    await expect(answer).toContainText('"code": "role_missing"');
    await expect(answer).toContainText('"detail": "Requires one of: admin"');
  });

  test('opens its dialog by keyboard', async ({ page }) => {
    await page.goto(`${app}/docs`);
    await openDialog(page).waitFor();
    for (let presses = 0; presses < 20 && !(await openDialog(page).evaluate((button) => button === document.activeElement)); presses++) {
      await page.keyboard.press('Tab');
    }
    await expect(openDialog(page)).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(dialog(page).getByRole('heading', { name: 'Available authorizations' })).toBeVisible();
  });
});

test('the page at which a login ends explains itself to who opens it by hand', async ({ page }) => {
  await page.goto(`${app}/docs/oauth2-redirect.html`);
  await expect(page.getByRole('status')).toContainText('this address carries no answer of a realm');

  await page.goto(`${app}/docs/oauth2-redirect.html?code=c1&state=s1`);
  await expect(page.getByRole('status')).toContainText('The window that asked for this sign-in is gone');
  expect(page.url(), 'no code is left in the address').toBe(`${app}/docs/oauth2-redirect.html`);
  await page.getByRole('link', { name: 'Open the API documentation' }).click();
  await expect(openDialog(page)).toBeVisible();
});

test('ReDoc shows the API, with an example of each error, and finds what is looked for', async ({ page }) => {
  await page.goto(`${app}/redoc`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Keystead');

  const operation = page.locator('[data-section-id="tag/caller/operation/showMe"]');
  await expect(operation.getByRole('heading', { name: 'Who is calling' })).toBeVisible();
  await operation.getByRole('tab', { name: '401' }).click();
  const sample = operation.getByRole('tabpanel', { name: '401' });
  for (const code of ['token_missing', 'token_expired', 'token_audience']) {
    await sample.getByRole('combobox').selectOption(code);
    await expect(sample).toContainText(`"code": "${code}"`);
  }

  await page.getByRole('textbox', { name: 'Search' }).fill('notes');
  const found = page.locator('[data-role="search:results"]').getByRole('menuitem');
  await expect(found.filter({ hasText: `The caller's notes` })).toBeVisible();
  await found.filter({ hasText: `The caller's notes` }).click();
  await expect(page).toHaveURL(`${app}/redoc#tag/notes/operation/listNotes`);
});

/** Fails when a finding of axe hinders somebody, or when the page must be scrolled sideways. */
async function expectReadable(page: Page, notOurs: string[], where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().disableRules(notOurs).analyze(); // there are no frames, for which the newer mode opens a page of its own
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const found = grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('; ')}`);
  expect(found, where).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth), `nothing is cut off: ${where}`).toBeLessThanOrEqual(page.viewportSize()?.width ?? 0);
}

// Colours and measures are ours, so axe looks at the libraries' parts, too. But their markup is theirs: Swagger UI puts a link
// into the button of each operation, ties no label to the choice of a server and the field of a body, and has a cross without
// a name beside the dialog's buttons "Close".
const swaggerMarkup = ['nested-interactive', 'select-name', 'label', 'button-name'];

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1280, 390]) {
    test.describe(`everybody can read, ${colorScheme} and ${width} px wide,`, () => {
      test.use({ colorScheme, viewport: { width, height: 800 } });

      test('Swagger UI, an operation and the dialog', async ({ page }) => {
        await page.goto(`${app}/docs`);
        await page.locator('#operations-notes-createNote .opblock-summary-control').click();
        await expect(page.locator('#operations-notes-createNote')).toContainText('Write a note');
        await page.getByRole('button', { name: 'Try it out' }).click();
        await expectReadable(page, swaggerMarkup, 'an operation');
        await openDialog(page).click();
        await dialog(page).getByRole('heading', { name: 'realm (http, Bearer)' }).waitFor();
        await expectReadable(page, swaggerMarkup, 'the dialog');
      });

      test('ReDoc', async ({ page }) => {
        await page.goto(`${app}/redoc`);
        await page.locator('[data-section-id="tag/caller/operation/showMe"]').waitFor();
        await expectReadable(page, [], 'ReDoc');
      });

      test('the notices', async ({ page, foreseen }) => {
        await page.goto(`${app}/docs/oauth2-redirect.html`);
        await expectReadable(page, [], 'the page at which a login ends');
        foreseen.push(expect.stringContaining('Cross-Origin-Opener-Policy header has been ignored')); // as it says nothing over plain http
        await page.goto(`${insecureApp}/docs`);
        await expect(page.getByText('This page came over plain http')).toBeVisible();
        await page.locator('.opblock').first().waitFor();
        await expectReadable(page, swaggerMarkup, 'why not to sign in');
      });
    });
  }
}
