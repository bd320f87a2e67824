import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { app, issuer } from './support/environment.ts';
import { answer, callOperation, openOperation } from './support/operations.ts';
import { setLifespan } from './support/server.ts';
import { expect, signIn, test } from './support/test.ts';

// The pages that explain: what the token says, and what the API can do and says to it.

/** What the letter says about a claim. */
const claim = (page: Page, name: string) => page.getByRole('region', { name: 'What it says' }).locator('dl > div').filter({ has: page.locator(`dt code:text-is("${name}")`) });

/** Every token that the page has sent to the API. */
function watchTokens(page: Page): Set<string> {
  const tokens = new Set<string>();
  page.on('request', (request) => {
    const { authorization } = request.headers();
    if (authorization) tokens.add(authorization.replace('Bearer ', ''));
  });
  return tokens;
}

/** Where a token must not be: in the page, its storage, its address. */
const kept = (page: Page) => page.evaluate(() => JSON.stringify([
  document.documentElement.outerHTML, { ...localStorage }, { ...sessionStorage }, document.cookie, location.href,
]));

test('the token is told in plain words, with what each role opens', async ({ page }) => {
  await signIn(page, 'alice', '/token');
  await expect(claim(page, 'iss')).toContainText(`Issued by ${issuer}. The API takes tokens of this realm only.`);
  await expect(claim(page, 'aud')).toContainText('keystead-api');
  await expect(claim(page, 'azp')).toContainText('Handed to the app demo');
  await expect(claim(page, 'exp')).toContainText(/Valid until .+, [45]:\d\d left\./);
  await expect(claim(page, 'auth_time')).toContainText('You proved who you are just now');
  await expect(claim(page, 'realm_access')).toContainText('you have the roles');
  await expect(claim(page, 'department')).toContainText('engineering');
  await expect(claim(page, 'department')).toContainText('some operations ask for it');
  await expect(claim(page, 'alg')).toContainText('Signed with RS256');

  const roles = page.getByRole('region', { name: 'What each role opens' });
  await roles.getByRole('link', { name: 'GET /api/admin/reports' }).click();
  await expect(page.getByRole('form', { name: 'GET /api/admin/reports' })).toBeInViewport();
});

test('the raw token is in the page only while somebody wants to see it', async ({ page }) => {
  const tokens = watchTokens(page);
  await signIn(page, 'alice', '/token');
  await expect(claim(page, 'iss')).toBeVisible();
  const [token = 'none'] = tokens;
  expect(await kept(page)).not.toContain(token);
  await page.getByRole('button', { name: 'Show the raw token' }).click();
  await expect(page.getByText(token)).toBeVisible();
  await page.getByRole('link', { name: 'API', exact: true }).first().click();
  await expect(page.getByRole('heading', { level: 1, name: 'API' })).toBeVisible();
  expect(await kept(page)).not.toContain(token);
});

test('the command on the clipboard works in a terminal', async ({ page, context, request }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: app });
  await signIn(page, 'alice', '/token');
  await page.getByRole('button', { name: 'Copy as curl' }).click();
  await expect(page.getByText('Copied.')).toBeVisible();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  const [, url = '', authorization = ''] = /^curl \\\n {2}'([^']+)' \\\n {2}-H 'Authorization: ([^']+)'$/.exec(command) ?? [];
  const res = await request.get(url, { headers: { Authorization: authorization } });
  expect(await res.json()).toMatchObject({ username: 'alice' });
  expect(await kept(page)).not.toContain(authorization.replace('Bearer ', ''));
});

test('the page shows the new token when the old one is renewed', async ({ page }) => {
  await setLifespan('demo', 6);
  try {
    await signIn(page, 'alice', '/token');
    const first = await claim(page, 'jti').locator('dd').innerText();
    await page.getByRole('button', { name: 'Show the raw token' }).click();
    const raw = page.locator('.raw code');
    const shown = await raw.innerText();
    await expect(claim(page, 'exp')).toContainText('Was valid until', { timeout: 10_000 });
    await page.getByRole('button', { name: 'Copy as curl' }).click(); // which needs one that holds
    await expect(claim(page, 'jti').locator('dd')).not.toHaveText(first);
    await expect(claim(page, 'exp')).toContainText('left');
    await expect(raw).not.toHaveText(shown);
  } finally {
    await setLifespan('demo');
  }
});

test('a refusal is foretold, can be tried all the same, and says what is missing', async ({ page }) => {
  await signIn(page, 'bob', '/operations');
  const report = page.getByRole('listitem').filter({ has: page.getByRole('button', { name: 'GET /api/admin/reports' }) });
  await expect(report).toContainText('Requires realm role admin.');
  await expect(report).toContainText('Refused');
  await callOperation(page, 'GET', '/api/admin/reports');
  await expect(answer(page)).toContainText('403 Requires one of: admin');
  await expect(answer(page)).toContainText('role_missing');

  const brief = await openOperation(page, 'GET', '/api/departments/{department}/brief');
  await expect(brief.getByRole('combobox', { name: 'department' })).toHaveValue('sales');
  await callOperation(page, 'GET', '/api/departments/{department}/brief');
  await expect(answer(page)).toContainText('200 allowed');
  await brief.getByRole('combobox', { name: 'department' }).fill('engineering');
  await expect(brief).toContainText('Refused. Only where department is sales');
  await callOperation(page, 'GET', '/api/departments/{department}/brief');
  await expect(answer(page)).toContainText('403 ');
  await expect(answer(page)).toContainText('it is sales, not engineering');
});

test('a note is written, changed against a version and deleted by hand', async ({ page }) => {
  await signIn(page, 'alice', '/operations');
  await page.getByRole('searchbox', { name: 'Find an operation' }).fill('note');
  await expect(page.getByRole('button', { name: 'GET /secured' })).toHaveCount(0);
  const create = await openOperation(page, 'POST', '/api/notes');
  await create.getByRole('textbox', { name: 'Body' }).fill('{"title": ""}');
  await callOperation(page, 'POST', '/api/notes');
  await expect(answer(page)).toContainText('422 body.title');
  await create.getByRole('textbox', { name: 'Body' }).fill('{"title": "By hand", "text": "One"}');
  await callOperation(page, 'POST', '/api/notes');
  await expect(answer(page)).toContainText('201 allowed');
  const place = await answer(page).getByText(/^\/api\/notes\/[^/]+$/).innerText();
  const id = place.replace('/api/notes/', '');

  const change = await openOperation(page, 'PUT', '/api/notes/{id}');
  await change.getByRole('textbox', { name: 'id' }).fill(id);
  await callOperation(page, 'PUT', '/api/notes/{id}');
  await expect(answer(page)).toContainText('428 ');
  await change.getByRole('textbox', { name: 'If-Match' }).fill('“1”');
  await change.getByRole('button', { name: 'Send' }).click();
  await expect(change.getByRole('textbox', { name: 'If-Match' })).toBeFocused();
  await expect(change).toContainText('a header cannot carry the character “');
  await change.getByRole('textbox', { name: 'If-Match' }).fill('"7"');
  await callOperation(page, 'PUT', '/api/notes/{id}');
  await expect(answer(page)).toContainText('412 ');
  await change.getByRole('textbox', { name: 'If-Match' }).fill('"1"');
  await callOperation(page, 'PUT', '/api/notes/{id}');
  await expect(answer(page)).toContainText('200 allowed');
  await expect(answer(page)).toContainText('"2"');

  const remove = await openOperation(page, 'DELETE', '/api/notes/{id}');
  await remove.getByRole('textbox', { name: 'id' }).fill(id);
  await callOperation(page, 'DELETE', '/api/notes/{id}');
  await expect(remove.getByRole('group')).toContainText(`DELETE ${place}: send it?`);
  await remove.getByRole('button', { name: 'Send it' }).click();
  await expect(answer(page)).toContainText('204 allowed');
});

test('everything on the page of the API goes by keyboard', async ({ page }) => {
  await signIn(page, 'bob', '/operations');
  const search = page.getByRole('searchbox', { name: 'Find an operation' });
  await search.focus();
  await page.keyboard.type('protected');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'GET /protected' })).toBeFocused();
  await page.keyboard.press('Enter');
  const form = page.getByRole('form', { name: 'GET /protected' });
  await expect(form).toBeVisible();
  await page.keyboard.press('Tab');
  await page.keyboard.type('typed');
  await page.keyboard.press('Enter');
  await expect(answer(page)).toContainText('typedReceived');
});

test('on a phone the answer comes into view', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 700 });
  await signIn(page, 'alice', '/operations');
  await callOperation(page, 'POST', '/api/notes');
  await expect(answer(page).getByText('201 allowed')).toBeInViewport();
  const place = await answer(page).getByText(/^\/api\/notes\/[^/]+$/).innerText();
  const remove = await openOperation(page, 'DELETE', '/api/notes/{id}');
  await remove.getByRole('textbox', { name: 'id' }).fill(place.replace('/api/notes/', ''));
  await callOperation(page, 'DELETE', '/api/notes/{id}');
  await remove.getByRole('button', { name: 'Send it' }).click();
  await expect(answer(page)).toContainText('204 allowed');
});

/** Fails when axe finds anything, or when something does not fit into the width. */
async function expectSound(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze(); // there are no frames, for which the newer mode opens a page of its own
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('; ')}`), where).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth), `nothing is cut off: ${where}`).toBeLessThanOrEqual(page.viewportSize()?.width ?? 0);
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme} colours`, () => {
    test.use({ colorScheme });

    test('both pages are sound for everybody, folded and unfolded', async ({ page }) => {
      await signIn(page, 'alice', '/token');
      await expect(claim(page, 'iss')).toBeVisible();
      await page.getByRole('button', { name: 'Show the raw token' }).click();
      await page.getByText('The header as JSON').click();
      await page.getByText('The claims as JSON').click();
      for (const width of [320, 1440]) {
        await page.setViewportSize({ width, height: 900 });
        await expectSound(page, `token at ${width}`);
      }
      await page.goto(`${app}/operations`);
      const remove = await openOperation(page, 'DELETE', '/api/notes/{id}');
      await remove.getByRole('textbox', { name: 'id' }).fill('no-such-note');
      await callOperation(page, 'DELETE', '/api/notes/{id}');
      await remove.getByRole('button', { name: 'Send it' }).click();
      await expect(answer(page)).toContainText('404 ');
      await callOperation(page, 'DELETE', '/api/notes/{id}');
      for (const width of [320, 1440]) {
        await page.setViewportSize({ width, height: 900 });
        await expectSound(page, `operations at ${width}`);
      }
    });
  });
}
