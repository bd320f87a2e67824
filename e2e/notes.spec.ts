import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';

import { app, issuer } from './support/environment.ts';
import { setLifespan } from './support/server.ts';
import { expect, fillLogin, signIn, signOut, test } from './support/test.ts';
import { token, userGrant } from './support/tokens.ts';

// Notes, as people write, lose and find them.

interface Note { id: string; title: string; text: string; version: number }

let bearer: string; // alice's, for what happens beside the page

/** Calls the API beside the page, as another device of alice's would. */
async function call(method: string, path: string, body?: object, version = 0): Promise<unknown> {
  const headers = { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json', ...(version > 0 && { 'If-Match': `"${version}"` }) };
  const res = await fetch(app + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  if (!res.ok) throw new Error(`${method} ${path}: ${res.status} ${await res.text()}`);
  return res.status === 204 ? undefined : res.json();
}

const stored = async () => ((await call('GET', '/api/notes?owner=me&limit=100')) as { notes: Note[] }).notes;
const titles = async () => (await stored()).map(({ title }) => title);
const write = async (title: string, text = '') => (await call('POST', '/api/notes', { title, text })) as Note;
const change = (note: Note, text: string) => call('PUT', `/api/notes/${note.id}`, { title: note.title, text }, note.version);
const deleteAll = async () => { for (const { id } of await stored()) await call('DELETE', `/api/notes/${id}`); };

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true });
const title = (page: Page) => page.getByRole('textbox', { name: 'Title' });
const text = (page: Page) => page.getByRole('textbox', { name: 'Text' });
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const listed = (page: Page) => page.getByRole('list', { name: 'Notes' }).getByRole('link');
const toast = (page: Page, says: string) => page.getByRole('alert').filter({ hasText: says });

/** The pages' own violations. What moves is stilled first: a colour on its way to another is neither. */
async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => undefined))));
    expect((await new AxeBuilder({ page }).setLegacyMode().analyze()).violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), colorScheme).toEqual([]);
  }
}

/** Moves on with the Tab key until this has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 40 && !(await target.evaluate((element) => element === document.activeElement)); presses++) await page.keyboard.press('Tab');
  await expect(target).toBeFocused();
}

test.beforeAll(async () => { bearer = await token(userGrant('alice')); });
test.beforeEach(deleteAll);
test.afterAll(deleteAll);

test('a note is written, changed, and there after a reload', async ({ page }) => {
  await signIn(page, 'alice', '/notes');
  await page.getByRole('link', { name: 'Write the first one' }).click();
  await title(page).fill('Groceries');
  await text(page).fill('Bread\nMilk');
  await press(page, 'Save');
  await expect(heading(page, 'Groceries')).toBeFocused();
  await text(page).press('End');
  await text(page).pressSequentially(' and tea');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText('Saved just now')).toBeVisible();
  await page.reload();
  await expect(text(page)).toHaveValue('Bread and tea\nMilk');
  await page.getByRole('link', { name: 'All notes' }).click();
  await expect(listed(page)).toHaveText(['Groceries']);
});

test('a list longer than a page goes on at the press of a button', async ({ page }) => {
  for (let number = 1; number <= 21; number++) await write(`Note ${number}`);
  await signIn(page, 'alice', '/notes');
  await expect(listed(page)).toHaveCount(20);
  await press(page, 'Show more');
  await expect(listed(page)).toHaveCount(21);
  await expect(listed(page).last()).toBeFocused();
});

test.describe('a deleted note', () => {
  test('is off the page at once, comes back with an undo, and nothing was sent', async ({ page }) => {
    await write('Below');
    await write('Gone');
    let sent = 0;
    page.on('request', (request) => { if (request.method() === 'DELETE') sent++; });
    await signIn(page, 'alice', '/notes');
    await press(page, 'Delete “Gone”');
    await expect(listed(page)).toHaveText(['Below']);
    await expect(listed(page)).toBeFocused();
    await toast(page, '“Gone” deleted').getByRole('button', { name: 'Undo' }).click();
    await expect(listed(page)).toHaveText(['Gone', 'Below']);
    await expect(listed(page).first()).toBeFocused();
    await expect(toast(page, '“Gone” deleted')).toBeHidden();
    expect(sent).toBe(0);
    expect(await titles()).toEqual(['Gone', 'Below']);
  });

  test('is gone for good when its toast is, also on another page', async ({ page }) => {
    await write('a');
    await write('b');
    await signIn(page, 'alice', '/notes');
    const sent = page.waitForResponse((response) => response.request().method() === 'DELETE', { timeout: 15_000 });
    await press(page, 'Delete “a”');
    await press(page, 'Delete “b”');
    await page.getByRole('link', { name: 'Home', exact: true }).click();
    await page.mouse.move(0, 0);
    expect(await titles(), 'not before').toEqual(['b', 'a']);
    expect((await sent).status()).toBe(204);
    await expect.poll(titles).toEqual([]);
  });

  const leaving: Record<string, (page: Page) => Promise<unknown>> = {
    'loads the page again': (page) => page.reload(),
    'closes the page': (page) => page.close({ runBeforeUnload: true }),
    'signs out': signOut,
  };
  for (const [how, leave] of Object.entries(leaving)) {
    test(`is gone for good when the person ${how}`, async ({ page }) => {
      await write('a');
      await signIn(page, 'alice', '/notes');
      await press(page, 'Delete “a”');
      await expect(toast(page, '“a” deleted')).toBeVisible();
      expect(await titles()).toEqual(['a']);
      await leave(page);
      await expect.poll(titles).toEqual([]);
    });
  }

  test('is gone for good when no toast can be shown', async ({ page }) => {
    await write('a');
    await page.route('**/assets/Toasts-*.js', (route) => route.abort());
    await signIn(page, 'alice', '/notes');
    const missing = page.waitForEvent('requestfailed', (request) => request.url().includes('/assets/Toasts-'));
    const sent = page.waitForRequest((request) => request.method() === 'DELETE', { timeout: 15_000 });
    await press(page, 'Delete “a”');
    const start = Date.now();
    await missing;
    await sent;
    expect(Date.now() - start, 'there was time to take it back by keyboard').toBeGreaterThan(5_000);
    await expect.poll(titles).toEqual([]);
  });

  test('comes back when it was changed meanwhile', async ({ page }) => {
    const note = await write('a', 'one');
    await signIn(page, 'alice', '/notes');
    await press(page, 'Delete “a”');
    await change(note, 'two');
    await toast(page, '“a” deleted').getByRole('button', { name: 'Dismiss' }).click();
    await expect(toast(page, 'changed elsewhere meanwhile')).toBeVisible();
    await expect(page.getByRole('listitem').filter({ hasText: 'two' })).toBeVisible();
  });
});

test.describe('a note that two tabs change', () => {
  test.beforeEach(async ({ context, page }) => {
    const { id } = await write('a', 'one');
    await signIn(page, 'alice', `/notes/${id}`);
    await text(page).fill('mine');
    const other = await context.newPage();
    await other.goto(`${app}/notes/${id}`);
    await text(other).fill('theirs');
    await press(other, 'Save');
    await expect(other.getByText('Saved just now')).toBeVisible();
    await other.close();
    await press(page, 'Save');
    await expect(page.getByRole('region', { name: 'This note was changed elsewhere' })).toBeFocused();
    await expect(page.getByRole('region', { name: 'Theirs' })).toContainText('theirs');
    await expect(text(page)).toHaveValue('mine');
  });

  test('stays as this one has it', async ({ page }) => {
    await press(page, 'Keep mine');
    await expect(page.getByText('Saved just now')).toBeVisible();
    expect((await stored())[0]).toMatchObject({ text: 'mine', version: 3 });
  });

  test('stays as the other one has it', async ({ page }) => {
    await press(page, 'Take theirs');
    await expect(text(page)).toHaveValue('theirs');
    await page.reload();
    await expect(text(page)).toHaveValue('theirs');
    expect((await stored())[0]).toMatchObject({ text: 'theirs', version: 2 });
  });

  test('can be written on, with the other version beside it', async ({ page }) => {
    await press(page, 'Go on editing');
    await page.keyboard.press('End');
    await page.keyboard.type(' and theirs');
    await press(page, 'Save');
    await expect(page.getByRole('region', { name: 'Theirs' })).toBeHidden();
    expect((await stored())[0]).toMatchObject({ text: 'mine and theirs', version: 3 });
  });

  test('can be read and decided by everybody, at any width', async ({ page }) => {
    for (const width of [320, 768, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth), `nothing is cut off at ${width}`).toBe(width);
    }
    await expectAccessible(page);
  });
});

test('a note that was deleted meanwhile can be saved as a new one', async ({ page }) => {
  const { id } = await write('a', 'one');
  await signIn(page, 'alice', `/notes/${id}`);
  await text(page).fill('two');
  await call('DELETE', `/api/notes/${id}`);
  await press(page, 'Save');
  await press(page, 'Save as a new note');
  await expect(page.getByText('Saved just now')).toBeVisible();
  expect(await stored()).toMatchObject([{ title: 'a', text: 'two', version: 1 }]);
});

test('a session that ends while somebody types loses nothing', async ({ context, page }) => {
  await setLifespan('demo', 4); // so that the app soon asks the realm
  try {
    await signIn(page, 'alice', '/notes/new');
    await title(page).fill('Half a note');
    await text(page).fill('with many words');
    const realm = await context.newPage();
    await realm.goto(`${issuer}/protocol/openid-connect/logout`);
    await realm.locator('#kc-logout').click();
    await realm.waitForLoadState();
    await realm.close();
    await expect(async () => {
      await page.evaluate(() => window.dispatchEvent(new Event('focus'))); // as somebody who comes back to the window
      await expect(page.getByRole('heading', { level: 1, name: 'Your session has ended' })).toBeVisible({ timeout: 500 });
    }).toPass();
    await press(page, 'Sign in again');
    await fillLogin(page, 'alice');
    await expect(page.getByText('What you had typed is still here')).toBeVisible();
    await expect(title(page)).toHaveValue('Half a note');
    await expect(text(page)).toHaveValue('with many words');
    await press(page, 'Save');
    await expect(heading(page, 'Half a note')).toBeVisible();
  } finally {
    await setLifespan('demo');
  }
});

test('words stay while the connection is away, and can be saved once it is back', async ({ context, page }) => {
  await signIn(page, 'alice', '/notes/new');
  await title(page).fill('Offline');
  await context.setOffline(true);
  await press(page, 'Save');
  await expect(page.getByRole('alert')).toContainText('Your words are still here');
  await context.setOffline(false);
  await press(page, 'Save');
  await expect(heading(page, 'Offline')).toBeVisible();
});

test.describe('an answer that is lost on the way', () => {
  /** Lets the next such request through to the server, and nothing back. */
  async function loseAnswer(page: Page, method: string): Promise<void> {
    let lost = false;
    await page.route(/\/api\/notes(\/|$)/, async (route) => {
      if (lost || route.request().method() !== method) return route.fallback();
      lost = true;
      await route.fetch();
      await route.abort();
    });
  }

  test('to a new note makes no second one, not even after a reload', async ({ page }) => {
    await signIn(page, 'alice', '/notes/new');
    await title(page).fill('Once');
    await loseAnswer(page, 'POST');
    await press(page, 'Save');
    await expect(page.getByRole('alert')).toContainText('did not answer');
    expect(await titles()).toEqual(['Once']);
    await page.reload();
    await press(page, 'Save');
    await expect(heading(page, 'Once')).toBeVisible();
    expect(await titles()).toEqual(['Once']);
  });

  test('to a change is no conflict with oneself', async ({ page }) => {
    const { id } = await write('a', 'one');
    await signIn(page, 'alice', `/notes/${id}`);
    await text(page).fill('two');
    await loseAnswer(page, 'PUT');
    await press(page, 'Save');
    await expect(page.getByRole('alert')).toContainText('did not answer');
    await press(page, 'Save');
    await expect(page.getByText('Saved just now')).toBeVisible();
    expect(await stored()).toMatchObject([{ text: 'two', version: 2 }]);
  });
});

test('what the API would not take is said at its field', async ({ page }) => {
  await signIn(page, 'alice', '/notes/new');
  await title(page).fill('a\u0000b');
  await press(page, 'Save');
  await expect(title(page)).toBeFocused();
  await expect(title(page)).toHaveAccessibleDescription(/one line that is not blank/);
});

test('bob never sees what alice wrote; alice, who may, reads what bob did', async ({ browser, page }) => {
  const { id } = await write('Secret of alice', 'sesame');
  await signIn(page, 'bob', '/notes');
  await page.getByRole('link', { name: 'Write', exact: false }).first().click();
  await title(page).fill('Of bob');
  await press(page, 'Save');
  await expect(heading(page, 'Of bob')).toBeVisible();
  const bobs = new URL(page.url()).pathname;
  try {
    await page.goto(`${app}/notes?of=everybody`);
    await expect(listed(page)).toHaveText(['Of bob']);
    await page.goto(`${app}/notes/${id}`);
    await expect(heading(page, 'There is no such note')).toBeVisible();
    await expect(page.getByText('sesame')).toHaveCount(0);

    const hers = await (await browser.newContext()).newPage();
    await signIn(hers, 'alice', '/notes');
    await expect(listed(hers)).toHaveText(['Secret of alice']);
    await hers.getByRole('link', { name: 'Everybody’s' }).click();
    await hers.getByRole('link', { name: 'Of bob' }).click();
    await expect(heading(hers, 'Of bob')).toBeVisible();
    await expect(hers.getByRole('textbox')).toHaveCount(0);
    await hers.context().close();
  } finally {
    await page.goto(app + bobs);
    const sent = page.waitForResponse((response) => response.request().method() === 'DELETE');
    await press(page, 'Delete');
    await toast(page, 'deleted').getByRole('button', { name: 'Dismiss' }).click();
    await sent;
  }
});

test('everything can be done by keyboard alone', async ({ page }) => {
  await signIn(page, 'alice', '/notes');
  await tabTo(page, page.getByRole('link', { name: 'Write the first one' }));
  await page.keyboard.press('Enter');
  await expect(heading(page, 'New note')).toBeFocused();
  await tabTo(page, title(page));
  await page.keyboard.type('By hand');
  await page.keyboard.press('Tab');
  await page.keyboard.type('no mouse');
  await page.keyboard.press('Control+Enter');
  await expect(heading(page, 'By hand')).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(heading(page, 'Notes')).toBeFocused();
  await tabTo(page, page.getByRole('button', { name: 'Delete “By hand”' }));
  await page.keyboard.press('Enter');
  await expect(heading(page, 'Notes')).toBeFocused();
  await page.keyboard.press('Control+z');
  await expect(page.getByRole('link', { name: 'By hand' })).toBeFocused();
  expect(await titles()).toEqual(['By hand']);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });

  test('notes can be read, written and deleted, and nothing is cut off', async ({ page }) => {
    await write('A note with a rather long title, and aWordThatHasNoEndAndNoPlaceWhereItCouldBeBrokenWithoutBreakingIt', 'text');
    await signIn(page, 'alice', '/notes');
    await expect(listed(page)).toHaveCount(1);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    await expectAccessible(page);
    await listed(page).tap();
    await expect(text(page)).toHaveValue('text');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Delete', exact: true }).tap();
    await expect(toast(page, 'deleted')).toBeVisible();
    await expectAccessible(page);
    for (const button of await page.locator('#main, [role="alert"]').getByRole('button').all()) {
      const box = await button.boundingBox();
      expect(Math.min(box?.width ?? 44, box?.height ?? 44), `the button ${await button.evaluate(({ outerHTML }) => outerHTML)}`).toBeGreaterThanOrEqual(43.5);
    }
  });
});

test('the list, an empty one and the place to write are accessible in both themes', async ({ page }) => {
  await signIn(page, 'alice', '/notes');
  await expect(page.getByRole('heading', { name: 'No notes yet' })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Write the first one' }).click();
  await press(page, 'Save');
  await expect(title(page)).toHaveAccessibleDescription(/Give it a title/);
  await expectAccessible(page);
});
