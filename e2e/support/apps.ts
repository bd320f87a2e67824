import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';

import type { JSHandle, Page } from '@playwright/test';
import type Keycloak from 'keycloak-js';
import type { KeycloakInitOptions } from 'keycloak-js';

import { firstApp, journeysRealm, secondApp, serverURL } from './environment.ts';

declare global {
  var keycloak: Keycloak;
}

const files: Record<string, [type: string, url: URL]> = {
  '/': ['text/html', new URL('app/index.html', import.meta.url)],
  '/app.js': ['text/javascript', new URL('app/app.js', import.meta.url)],
  '/silent.html': ['text/html', new URL('app/silent.html', import.meta.url)],
  '/keycloak.js': ['text/javascript', new URL(import.meta.resolve('keycloak-js'))],
  '/oidc/': ['text/html', new URL('app/oidc.html', import.meta.url)],
  '/oidc.js': ['text/javascript', new URL('app/oidc.js', import.meta.url)],
  '/oidc-client-ts.js': ['text/javascript', new URL(import.meta.resolve('oidc-client-ts'))],
  '/jwt-decode.js': ['text/javascript', new URL(import.meta.resolve('jwt-decode'))], // which it imports
};

/** Serves plain apps on keycloak-js and oidc-client-ts at a loopback origin. They look after themselves: see app/app.js and app/oidc.js. */
export class App {
  readonly origin: string;
  readonly client: string;
  /** The page that keycloak-js may load in a frame to ask whether somebody is signed in. */
  readonly silentPage: string;
  #server: Server | undefined;

  constructor(origin: string, client: string) {
    this.origin = origin;
    this.client = client;
    this.silentPage = `${origin}/silent.html`;
  }

  /** The same app under the other loopback name, which makes it another origin and, for the browser, another site. */
  elsewhere(client: string): App {
    return new App(this.origin.replace('localhost', '127.0.0.1'), client);
  }

  /** The address of an app of the realm `journeys` that starts with these options of keycloak-js. */
  at(init: KeycloakInitOptions, client = this.client): string {
    const start = { config: { url: serverURL, realm: 'journeys', clientId: client }, init };
    return `${this.origin}/?${new URLSearchParams({ start: JSON.stringify(start) })}`;
  }

  /** Serves the app until close, under both loopback names. */
  async listen(): Promise<void> {
    const server = createServer((req, res) => {
      const [type, url] = files[new URL(req.url ?? '', this.origin).pathname] ?? [];
      if (!url) return res.writeHead(404).end();
      return void readFile(url).then((body) => res.setHeader('Content-Type', type ?? '').end(body));
    });
    await new Promise<void>((resolve) => server.listen(Number(new URL(this.origin).port), '127.0.0.1', resolve));
    this.#server = server;
  }

  /** Ends the serving. */
  close(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }
}

/** The two apps that setup.ts serves for the whole run. */
export const first = new App(firstApp, 'first');
export const second = new App(secondApp, 'second');

/** An app that leaves for the login when nobody is signed in, and then only does what it is told. */
export const loginRequired = { onLoad: 'login-required', checkLoginIframe: false } as const;

/** The address of one of OpenID Connect's endpoints of the realm `journeys`. */
export const endpoint = (path: string) => `${journeysRealm}/protocol/openid-connect/${path}`;

/** What an app says first: who is signed in. */
export const state = (page: Page) => page.getByRole('heading', { level: 1 });

/** Returns keycloak-js as the app in the page holds it. */
export function keycloakIn(page: Page): Promise<JSHandle<Keycloak>> {
  return page.evaluateHandle(() => globalThis.keycloak);
}
