import { developmentServer } from './development.ts';
import { server } from './environment.ts';
import { keycloakServer } from './keycloak.ts';

/** What the journeys do to the server of the realms. Keycloak and the development realm each have their own way. */
export interface Server {
  /** Sets how long access tokens of a client of the demo realm live, in seconds; undefined brings the realm's default back. */
  setLifespan(clientID: string, seconds?: number): Promise<void>;
  /** Makes the demo realm sign with a new key at once; the old one stays published. */
  rotateKeys(): Promise<void>;
  /** Starts the server anew where the stopped one was, waits for the demo realm, and returns what stops it. */
  startServer(): Promise<() => void>;
}

export const { setLifespan, rotateKeys, startServer }: Server = server === 'development' ? developmentServer : keycloakServer;
