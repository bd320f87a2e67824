import { desktopConfig, default as lighthouse, type Result } from 'lighthouse';

import type { Browser } from './browser.ts';
import { seen } from './seen.ts';

export type FormFactor = 'desktop' | 'mobile';

export const categories = ['performance', 'accessibility', 'best-practices'] as const;

/**
 * Measures the first load of a page: Lighthouse empties the cache before each run, but leaves the cookies alone, so the
 * person stays signed in. What it measures includes the way over the realm, as the tokens of the page before are gone.
 */
export async function measure(browser: Browser, url: string, formFactor: FormFactor): Promise<Result> {
  const result = await lighthouse(url, {
    port: browser.port,
    logLevel: 'error',
    onlyCategories: [...categories, 'seen'],
    // What a page has asked for when it leaves for the realm, Chromium drops without a word, and Lighthouse waits for its
    // end. So the icon is not asked for at all, and the wait is short; that the page was complete by then, its heading tells.
    blockedUrlPatterns: ['*/favicon.svg'],
    maxWaitForLoad: 15_000,
  }, { ...(formFactor === 'desktop' ? desktopConfig : {}), extends: 'lighthouse:default', ...seen });
  if (!result) throw new Error(`Lighthouse has no result for ${url}`);
  const { lhr } = result;
  if (lhr.runtimeError) throw new Error(`Lighthouse could not measure ${url}: ${lhr.runtimeError.message}`);
  return lhr;
}

/** The run whose performance lies in the middle: a busy machine spoils one run, rarely two. */
export function median(runs: Result[]): Result {
  const run = runs.toSorted((a, b) => score(a, 'performance') - score(b, 'performance'))[Math.floor(runs.length / 2)];
  if (!run) throw new Error('there is no run');
  return run;
}

/** The score of a category, from 0 to 100. One that could not be computed counts as 0. */
export function score(run: Result, category: string): number {
  return Math.round((run.categories[category]?.score ?? 0) * 100);
}
