import { join } from 'node:path';

import { AxeBuilder } from '@axe-core/playwright';
import { test as plain, type Page } from '@playwright/test';

import { app, insecureApp, issuer } from './support/environment.ts';
import { expect, expectSignedIn, fillLogin, signIn, signOut, test } from './support/test.ts';
import { token, userGrant } from './support/tokens.ts';

// How every page looks: whether everybody can read it, at every width and in both colours, and find their way by keyboard.

const discovery = `${issuer}/.well-known/openid-configuration`;
const level1 = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name });

/** A page: how one gets there, and its heading. */
type Shown = [way: (page: Page) => Promise<unknown>, heading: string | RegExp];
const as = (username: string, path: string, heading: string | RegExp): Shown => [(page) => signIn(page, username, path), heading];

/** Makes a note of alice's, and gives the address of its page. */
async function note(): Promise<string> {
  const headers = { Authorization: `Bearer ${await token(userGrant('alice'))}`, 'Content-Type': 'application/json' };
  const made = await fetch(`${app}/api/notes`, { method: 'POST', headers, body: JSON.stringify({ title: 'A note with a title that needs more than one line on a phone', text: 'Milk\nBread\n'.repeat(8) }) });
  return `/notes/${((await made.json()) as { id: string }).id}`;
}

/** Opens the app as if its server did not send everybody to the login. */
async function openPublic(page: Page): Promise<void> {
  await page.route(`${app}/`, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace('login-required', 'public') });
  });
  await page.goto(app);
}

const pages: Record<string, Shown> = {
  'home': as('alice', '/', /Alice/),
  'home of bob': as('bob', '/', /Bob/),
  'profile': as('alice', '/profile', 'Profile'),
  'token': as('alice', '/token', /token/i),
  'operations': as('alice', '/operations', /API/),
  'notes': [async (page) => { await note(); await signIn(page, 'alice', '/notes'); }, /Notes/],
  'no notes': as('bob', '/notes', /Notes/),
  'a new note': as('alice', '/notes/new', /note/i),
  'a note': [async (page) => signIn(page, 'alice', await note()), /note/i],
  'a note that is not there': as('alice', '/notes/nowhere', /.+/),
  'department': as('alice', '/departments/engineering', 'Department engineering'),
  'department refused': as('alice', '/departments/sales', 'Refused'),
  'reports': [
    async (page) => {
      await fetch(`${app}/api/me`); // one call to be refused
      await signIn(page, 'alice', '/admin/reports');
    },
    'Reports',
  ],
  'reports refused': as('bob', '/admin/reports', 'Refused'),
  'not found': as('alice', '/nowhere/at/all', 'Nothing here'),
  'an address of the API': as('alice', '/api/notes', 'An address of the API'),
  'home without the API': [
    async (page) => {
      await page.route(`${app}/api/**`, (route) => route.abort());
      await signIn(page, 'alice');
      await expect(page.getByRole('alert')).toBeVisible();
    },
    /^Good/,
  ],
  'home offline': [
    async (page) => {
      await signIn(page, 'alice');
      await expect(page.getByRole('list', { name: 'Allowed' })).toBeVisible();
      await page.context().setOffline(true);
      await expect(page.getByText('This device is offline')).toBeVisible();
    },
    /Alice/,
  ],
  'welcome': [openPublic, 'Welcome to Keystead'],
  'Keycloak away': [
    async (page) => {
      await page.route(discovery, (route) => route.abort());
      await page.goto(app);
    },
    'Keycloak did not answer',
  ],
  'no such realm': [
    async (page) => {
      await page.route(discovery, (route) => route.fulfill({ status: 404, body: '' }));
      await page.goto(app);
    },
    'This realm does not exist',
  ],
  'an unknown origin': [
    async (page) => {
      await page.route(`${issuer}/protocol/openid-connect/token`, (route) => route.abort());
      await page.goto(app);
      await fillLogin(page, 'alice');
    },
    'Keycloak does not know this origin',
  ],
  'back without an answer': [
    async (page) => {
      await page.goto(app);
      await page.locator('#kc-login').waitFor();
      await page.goBack();
    },
    'You came back without signing in',
  ],
  'signed out elsewhere': [
    async (page) => {
      await signIn(page, 'alice');
      const second = await page.context().newPage();
      await second.goto(app);
      await expectSignedIn(second);
      await signOut(second);
      await second.locator('#kc-login').waitFor();
      await second.close();
    },
    'You signed out in another tab',
  ],
  'an address that is not secure': [(page) => page.goto(insecureApp), 'This address is not secure enough to sign in'],
};

const themes = ['light', 'dark'] as const;
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

for (const [name, [way, heading]] of Object.entries(pages)) {
  test(`everybody can read the page: ${name}`, async ({ page }) => {
    await way(page);
    await expect(level1(page, heading)).toBeVisible();
    await expect(page.locator('main .mantine-Skeleton-root')).toHaveCount(0);
    for (const colorScheme of themes) {
      await page.emulateMedia({ colorScheme });
      for (const width of [320, 390, 768, 1440]) {
        await page.setViewportSize({ width, height: 800 });
        await picture(page, name, colorScheme, width);
        expect.soft(await overflow(page), `nothing is cut off or scrolls aside at ${width} px`).toEqual([]);
        if (width === 390 || width === 1440) expect.soft(await violations(page), `${colorScheme}, ${width} px`).toEqual([]);
      }
    }
  });
}

/** What everybody needs and this page lacks. */
async function violations(page: Page): Promise<string[]> {
  const found = await new AxeBuilder({ page }).setLegacyMode().withTags(rules).analyze(); // legacy: there are no frames, for which the newer mode opens a page of its own
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('; ')}`);
}

/** The elements that reach over the page's edge, if it scrolls aside. */
function overflow(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { clientWidth, scrollWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    return [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > clientWidth).map(({ outerHTML }) => outerHTML.slice(0, 100));
  });
}

/** Keeps a picture for people to look at, if they said where. */
async function picture(page: Page, name: string, theme: string, width: number): Promise<void> {
  const folder = process.env.KEYSTEAD_E2E_SCREENSHOTS;
  if (folder && width >= 390) await page.screenshot({ path: join(folder, `${name.replaceAll(' ', '-')}-${theme}-${width}.png`), fullPage: true });
}

test('nothing jumps while home and profile load', async ({ page }) => {
  // Answers that take their time, so that what stands in for them is seen.
  await page.route(`${app}/api/**`, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 600));
    await route.continue();
  });
  await signIn(page, 'alice');
  for (const [path, last] of [['/', 'Allowed'], ['/profile', 'Scopes']] as const) {
    for (const width of [390, 768, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      await page.goto(app + path);
      await expect(page.getByRole('list', { name: last })).toBeAttached();
      const shift = await page.evaluate(() => new Promise<number>((resolve) => {
        const entries: PerformanceEntry[] = [];
        const observer = new PerformanceObserver((list) => entries.push(...list.getEntries()));
        observer.observe({ type: 'layout-shift', buffered: true });
        requestAnimationFrame(() => setTimeout(() => resolve(entries.reduce((sum, entry) => sum + Number(Reflect.get(entry, 'value')), 0)), 50));
      }));
      expect.soft(shift, `${path} at ${width} px`).toBeLessThan(0.01);
    }
  }
});

test('the colours that a person chose are there before anything is painted, and stay', async ({ page }) => {
  await page.addInitScript(() => {
    new MutationObserver((_, observer) => {
      if (!document.body) return;
      observer.disconnect();
      Object.assign(window, { atFirst: document.documentElement.dataset.mantineColorScheme });
    }).observe(document, { childList: true, subtree: true });
  });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const choice = (name: string) => page.getByRole('menuitemradio', { name });
  const choose = async (name: string, before: string) => {
    await page.getByRole('button', { name: 'Colours' }).click();
    await expect(choice(before)).toBeFocused();
    await choice(name).click();
  };
  await page.emulateMedia({ colorScheme: 'light' });
  await signIn(page, 'alice');
  const light = await background();
  await choose('Dark', 'As the system has it');
  await expect.poll(background).not.toBe(light);
  const dark = await background();

  await page.reload();
  await expectSignedIn(page);
  expect(await page.evaluate(() => Reflect.get(window, 'atFirst') as unknown)).toBe('dark');
  expect(await background()).toBe(dark);

  await choose('As the system has it', 'Dark');
  await expect.poll(background).toBe(light);
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(background).toBe(dark);
});

test('the keyboard leads through the frame, and one always sees where one is', async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await signIn(page, 'alice');
  await expect(page.getByRole('banner').getByRole('link', { name: 'Reports' })).toBeVisible();
  const walked: string[] = [];
  for (let step = 0; step < 10; step++) {
    await page.keyboard.press('Tab');
    const { name, seen } = await page.evaluate(() => {
      const at = document.activeElement;
      if (!at) return { name: '', seen: false };
      const { outlineStyle, outlineWidth, clipPath } = getComputedStyle(at);
      return { name: at.getAttribute('aria-label') ?? at.textContent, seen: outlineStyle === 'solid' && parseFloat(outlineWidth) >= 2 && clipPath === 'none' };
    });
    walked.push(name);
    expect(seen, name).toBe(true);
  }
  expect(walked).toEqual(['Skip to the content', 'Keystead', 'Home', 'Notes', 'API', 'Token', 'My department', 'Reports', 'Colours', 'Account of Alice']);

  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'Profile' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Account of Alice' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'Profile' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(level1(page, 'Profile')).toBeFocused();
  await expect(page).toHaveTitle('Profile · Keystead');
});

test('the skip link leads past the bar, and leaves no trace', async ({ page }) => {
  await signIn(page, 'alice');
  const first = page.getByRole('navigation', { name: 'Where to go' }).getByRole('link').first();
  await expect(first).toBeVisible();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
  expect(page.url()).toBe(`${app}/`);
  await page.keyboard.press('Tab');
  await expect(first).toBeFocused();
});

test('on a phone the places are behind a button', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 800 });
  await signIn(page, 'alice');
  const button = page.getByRole('button', { name: 'Menu' });
  const places = page.getByRole('navigation', { name: 'Main' });
  await expect(places).toBeHidden();
  await button.press('Enter');
  await expect(places).toBeVisible();
  await expect(places.getByRole('link', { name: 'Reports' })).toBeInViewport();
  await page.keyboard.press('Tab');
  await expect(places.getByRole('link', { name: 'Home' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(places).toBeHidden();
  await expect(button).toBeFocused();

  await button.click();
  await page.mouse.click(200, 700);
  await expect(places).toBeHidden();

  await button.click();
  expect(await violations(page)).toEqual([]);
  await places.getByRole('link', { name: 'Reports' }).press('Enter');
  await expect(level1(page, 'Reports')).toBeFocused();
  await expect(places).toBeHidden();
});

test('everything that can be touched is large enough', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 800 });
  await signIn(page, 'alice');
  for (const path of ['/', '/profile', '/operations', '/token', '/notes/new', '/departments/sales']) {
    await page.goto(app + path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.locator('main .mantine-Skeleton-root')).toHaveCount(0);
    const small = await page.evaluate(() => [...document.querySelectorAll('button, a[href], summary, input:not([type=hidden])')].flatMap((element) => {
      const { width, height } = element.getBoundingClientRect();
      const inText = element.matches('p a, dd a, li a:not([class]), h3 button, .skip-link'); // where a line of words is the target
      return inText || height === 0 || (height >= 43.5 && width >= 43.5) ? [] : [`${element.outerHTML.slice(0, 80)}: ${width} × ${height}`];
    }));
    expect.soft(small, path).toEqual([]);
  }
});

test('nothing moves for those who do not want that', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await signIn(page, 'alice');
  await page.route(`${app}/api/**`, () => undefined); // so that what stands in for the answers stays
  await page.goto(app);
  await expect(page.locator('main .mantine-Skeleton-root').first()).toBeVisible();
  expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
});

test('a change of password is left to the realm; back on the profile one reads what became of it', async ({ page }) => {
  await signIn(page, 'bob', '/profile');
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.locator('[name=cancel-aia]').click();
  await expect(level1(page, 'Profile')).toBeVisible();
  await expect(page.getByText('Your password was not changed.')).toBeVisible();
  await page.reload();
  await expect(level1(page, 'Profile')).toBeVisible();
  await expect(page.getByText('Your password was not changed.')).toHaveCount(0);
});

// React writes to the console what a page threw: there it may be read.
plain('a page whose code is gone after an update says so, and can be loaded again', async ({ page }) => {
  await signIn(page, 'alice');
  await page.route('**/assets/Profile-*.js', (route) => route.fulfill({ status: 404, body: '' }));
  await page.getByRole('button', { name: 'Account of Alice' }).click();
  await page.getByRole('menuitem', { name: 'Profile' }).click();
  await expect(level1(page, 'This page did not load')).toBeFocused();
  await page.getByRole('banner').getByRole('link', { name: 'Token' }).click();
  await expect(level1(page, 'This page did not load')).toHaveCount(0);
  await page.goBack();
  await page.unroute('**/assets/Profile-*.js');
  await page.getByRole('button', { name: 'Load again' }).click();
  await expect(level1(page, 'Profile')).toBeVisible();
});
