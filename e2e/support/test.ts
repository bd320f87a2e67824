import { test as base, expect, type Page } from '@playwright/test';

import { app, sessionApp, signInApp, signInElsewhere } from './environment.ts';

export { expect };

/** Playwright's test, which fails when a page or another tab beside it wrote a warning or an error to its console. */
export const test = base.extend<{ quietConsole: undefined }>({
  quietConsole: [
    async ({ context }, use) => {
      const noise: string[] = [];
      context.on('weberror', (error) => noise.push(`uncaught: ${error.error().message}`));
      context.on('console', (message) => {
        // The browser itself reports each answer of 400 and above, or that it hides, this way; the page cannot help that.
        const byBrowser = /^Failed to load resource|blocked by CORS policy/.test(message.text());
        const ours = [app, signInApp, signInElsewhere, sessionApp].some((origin) => message.location().url.startsWith(origin));
        if (['error', 'warning'].includes(message.type()) && !byBrowser && ours) {
          noise.push(`${message.type()}: ${message.text()}`);
        }
      });
      await use(undefined);
      expect(noise, 'the console stays quiet').toEqual([]);
    },
    { auto: true },
  ],
});

/** Fills in Keycloak's login form. */
export async function fillLogin(page: Page, username: string, password = username): Promise<void> {
  await page.locator('#username').fill(username);
  await page.locator('#password').fill(password);
  await page.locator('#kc-login').click();
}

/** Opens the app, signs in as a user of the demo realm and waits for the signed-in page. */
export async function signIn(page: Page, username: string, path = '/', base = app): Promise<void> {
  await page.goto(base + path);
  await fillLogin(page, username);
  await expectSignedIn(page);
}

/** Waits until the page shows that somebody is signed in. */
export async function expectSignedIn(page: Page): Promise<void> {
  await expect(accountMenu(page)).toBeVisible();
}

/** Signs out as a person does. */
export async function signOut(page: Page): Promise<void> {
  await page.bringToFront(); // a page behind another one opens its menu slowly
  await accountMenu(page).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
}

const accountMenu = (page: Page) => page.getByRole('button', { name: /^(Your account|Account of )/ });
