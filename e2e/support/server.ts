import type { BrowserContext } from '@playwright/test';

import { developmentServer } from './development.ts';
import { server } from './environment.ts';
import { keycloakServer } from './keycloak.ts';

/** What the journeys do to the server of the realms. Keycloak and the development realm each have their own way. */
export interface Server {
  /** Sets how long access tokens of a client live, in seconds; undefined brings the default back. The realm is the app's unless given. */
  setLifespan(clientID: string, seconds?: number, realm?: string): Promise<void>;
  /** Ends the sessions of a user of the realm `journeys`, as an administrator does; where there is none, that of the browser. */
  endSessions(username: string, context: BrowserContext): Promise<void>;
  /** Makes the demo realm sign with a new key at once; the old one stays published. */
  rotateKeys(): Promise<void>;
  /** Starts the server anew where the stopped one was, waits for the demo realm, and returns what stops it. */
  startServer(): Promise<() => void>;
}

export const { setLifespan, rotateKeys, endSessions, startServer }: Server = server === 'development' ? developmentServer : keycloakServer;
