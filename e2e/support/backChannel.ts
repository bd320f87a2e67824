import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { serverURL } from './environment.ts';

/** The way by which an app's server reaches the realms, which can be closed: browsers go on reaching them. */
export class BackChannel {
  #server: Server | undefined;
  #port = 0; // the same again once it has one

  /** The address of a realm on this way. */
  to(realm: string): string {
    return realm.replace(serverURL, `http://localhost:${this.#port}`);
  }

  async open(): Promise<void> {
    const server = createServer((req, res) => {
      const passed = request(new URL(req.url ?? '', serverURL), { method: req.method, headers: { ...req.headers, host: new URL(serverURL).host }, agent: false }, (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
      });
      passed.on('error', () => res.destroy());
      req.pipe(passed);
    });
    await new Promise<void>((resolve) => server.listen(this.#port, 'localhost', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  close(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }
}
