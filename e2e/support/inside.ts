import type { JSHandle, Page } from '@playwright/test';

/** What React's tree holds of a component, as far as this needs it. */
interface Fiber {
  memoizedProps?: { value?: unknown } | null;
  child: Fiber | null;
  sibling: Fiber | null;
}

/** The app's own client of the API, and its sign-in. */
export interface Inside {
  api: { send(request: Request): Promise<Response> };
  auth: {
    freshToken(): Promise<string>;
    changePassword(): Promise<void>;
    accountURL(): string;
    takeActionOutcome(): { action: string; status: string } | undefined;
  };
}

const members = { api: 'send', auth: 'freshToken' } as const;

/**
 * Returns what the app gives its components, found through React's tree: the app that is tested carries no door for tests.
 */
export async function inside<K extends keyof Inside>(page: Page, part: K): Promise<JSHandle<Inside[K]>> {
  const found = await page.evaluateHandle((member) => {
    const root: object | null = document.getElementById('root');
    const container = Object.entries(root ?? {}).find(([name]) => name.startsWith('__reactContainer$'))?.[1] as { stateNode: { current: Fiber } } | undefined;
    const waiting = container ? [container.stateNode.current] : [];
    for (let fiber = waiting.pop(); fiber; fiber = waiting.pop()) {
      const value = fiber.memoizedProps?.value;
      if (typeof value === 'object' && value !== null && member in value) return value;
      waiting.push(...[fiber.sibling, fiber.child].filter((next) => next !== null));
    }
    throw new Error(`nothing in the app has ${member}`);
  }, members[part]);
  return found as JSHandle<Inside[K]>;
}
