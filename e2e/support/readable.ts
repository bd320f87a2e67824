import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { expect } from './test.ts';

/** Expects that everybody can read the page as it stands: in light and dark, on a wide screen and on narrow ones. */
export async function expectReadable(page: Page, widths: readonly number[] = [1280, 390]): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of widths) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze(); // the pages have no frames, for which the newer mode opens a page of its own
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('; ')}`);
      expect(found, `${colorScheme}, ${width} px`).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), `nothing is cut off at ${width} px`).toBeLessThanOrEqual(width);
    }
  }
}
