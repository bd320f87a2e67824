import type { Locator, Page } from '@playwright/test';

/** Opens an operation on the page "API" unless it is open, and gives the form to call it with. */
export async function openOperation(page: Page, method: string, path: string): Promise<Locator> {
  const name = `${method} ${path}`;
  const operation = page.getByRole('button', { name, exact: true });
  if ((await operation.getAttribute('aria-expanded')) === 'false') await operation.click();
  return page.getByRole('form', { name, exact: true });
}

/** Calls an operation on the page "API", with what its fields hold. The answer is for the caller to wait for. */
export async function callOperation(page: Page, method: string, path: string): Promise<void> {
  const form = await openOperation(page, method, path);
  await form.getByRole('button', { name: 'Send', exact: true }).click();
}

/** The answer of the operation that is open. */
export function answer(page: Page): Locator {
  return page.getByRole('region', { name: 'Answer' });
}
