import type { TabMessage, Tabs } from '../auth/tabs';

/** The tabs of one browser: they hear each other at once, and one works at a time. */
export class FakeBrowser {
  readonly #hearing: { tab: Tabs; hear: (message: TabMessage) => void }[] = [];
  #last: Promise<unknown> = Promise.resolve();
  readonly told: TabMessage[] = [];

  openTab(): Tabs {
    const tab: Tabs = {
      exclusively: async (work) => {
        const turn = this.#last.then(work);
        this.#last = turn.catch(() => undefined);
        await turn;
      },
      tell: (message) => {
        this.told.push(message);
        this.#hearing.filter((other) => other.tab !== tab).forEach(({ hear }) => { hear(message); });
      },
      listen: (hear) => { this.#hearing.push({ tab, hear }); },
    };
    return tab;
  }
}
