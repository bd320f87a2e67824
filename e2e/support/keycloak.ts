import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { issuer, journeysRealm, serverURL } from './environment.ts';
import type { Server } from './server.ts';
import { token } from './tokens.ts';

/** A real Keycloak: changed by its admin REST, started by scripts/keycloak.sh. */
export const keycloakServer: Server = { setLifespan, rotateKeys, endSessions, startServer };

async function admin(method: string, path: string, body?: unknown, realm = issuer): Promise<Response> {
  const bearer = await token({ grant_type: 'password', client_id: 'admin-cli', username: 'admin', password: 'admin' }, `${serverURL}/realms/master`);
  const res = await fetch(`${realm.replace('/realms/', '/admin/realms/')}${path}`, {
    method,
    headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!res.ok) throw new Error(`${method} ${path}: ${res.status} ${await res.text()}`);
  return res;
}

async function setLifespan(clientID: string, seconds?: number, realm = issuer): Promise<void> {
  const found = (await (await admin('GET', `/clients?clientId=${clientID}`, undefined, realm)).json()) as { id: string; attributes: object }[];
  const client = found[0];
  if (!client) throw new Error(`no client ${clientID}`);
  const attributes = { ...client.attributes, 'access.token.lifespan': seconds ? String(seconds) : '' };
  await admin('PUT', `/clients/${client.id}`, { ...client, attributes }, realm);
}

async function rotateKeys(): Promise<void> {
  const realm = (await (await admin('GET', '')).json()) as { id: string };
  await admin('POST', '/components', {
    name: `rotated-${Date.now()}`,
    providerId: 'rsa-generated',
    providerType: 'org.keycloak.keys.KeyProvider',
    parentId: realm.id,
    config: { priority: ['200'], enabled: ['true'], active: ['true'], keySize: ['2048'], algorithm: ['RS256'] },
  });
}

async function endSessions(username: string): Promise<void> {
  const users = (await (await admin('GET', `/users?exact=true&username=${username}`, undefined, journeysRealm)).json()) as { id: string }[];
  for (const { id } of users) await admin('POST', `/users/${id}/logout`, undefined, journeysRealm);
}

async function startServer(): Promise<() => void> {
  const script = new URL('../../scripts/keycloak.sh', import.meta.url).pathname;
  const args = ['--background', '--port', new URL(serverURL).port, '--with-pid', String(process.pid)];
  const { stdout } = await promisify(execFile)(script, args);
  return () => process.kill(Number(stdout), 'SIGTERM');
}
