import type { Settings } from '../environment';

/** What the tabs of one browser tell each other. */
export interface TabMessage {
  kind: 'signedIn' | 'signedOut';
  subject: string;
}

/** The other tabs of this app. Where the browser lacks the means, a tab goes on as if it were alone. */
export interface Tabs {
  /** Does the work while no other tab does such work. It must end by itself: others are waiting. */
  exclusively: (work: () => Promise<void>) => Promise<void>;
  tell: (message: TabMessage) => void;
  listen: (hear: (message: TabMessage) => void) => void;
}

/** Joins the tabs that use the same client of the same realm. */
export function joinTabs({ issuer, clientID }: Settings): Tabs {
  const name = `keystead ${issuer} ${clientID}`;
  const channel = openChannel(name);
  return {
    exclusively: async (work) => { await ('locks' in navigator ? navigator.locks.request(name, work) : work()); },
    tell: (message) => { channel?.postMessage(message); },
    listen: (hear) => {
      channel?.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
        if (isTabMessage(data)) hear(data);
      });
    },
  };
}

function openChannel(name: string): BroadcastChannel | undefined {
  try {
    return 'BroadcastChannel' in globalThis ? new BroadcastChannel(name) : undefined;
  } catch {
    return undefined; // a browser that blocks storage may block this, too
  }
}

/** A tab may still run an older release of the app. */
function isTabMessage(data: unknown): data is TabMessage {
  return typeof data === 'object' && data !== null && 'kind' in data && 'subject' in data
    && (data.kind === 'signedIn' || data.kind === 'signedOut') && typeof data.subject === 'string';
}
