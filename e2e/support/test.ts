import { test as base, expect, type Page } from '@playwright/test';

import { app } from './environment.ts';

export { expect };

/** Playwright's test, which fails when the page wrote a warning or an error to its console. */
export const test = base.extend<{ quietConsole: undefined }>({
  quietConsole: [
    async ({ page }, use) => {
      const noise: string[] = [];
      page.on('pageerror', (error) => noise.push(`uncaught: ${error.message}`));
      page.on('console', (message) => {
        // The browser itself reports each answer of 400 and above this way; the page cannot help that.
        const byBrowser = message.text().startsWith('Failed to load resource');
        if (['error', 'warning'].includes(message.type()) && !byBrowser && message.location().url.startsWith(app)) {
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
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
}
