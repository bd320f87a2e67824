import { issuer } from './environment.ts';

const server = issuer.slice(0, issuer.indexOf('/realms/'));

/** Who asks the token endpoint for a token without a browser. */
export type Grant = Record<string, string>;

/** The command-line client's grant for a user of the demo realm, whose password is the name. */
export function userGrant(username: string, client = 'keystead-cli'): Grant {
  return { grant_type: 'password', client_id: client, username, password: username, scope: 'openid' };
}

/** The grant of the service client `reporter`. */
export const reporterGrant: Grant = {
  grant_type: 'client_credentials',
  client_id: 'reporter',
  client_secret: 'reporter-demo-secret',
};

/** Returns an access token of the given realm. Throws with Keycloak's answer when there is none. */
export async function token(grant: Grant, realm = issuer): Promise<string> {
  const res = await fetch(`${realm}/protocol/openid-connect/token`, { method: 'POST', body: new URLSearchParams(grant) });
  const text = await res.text();
  if (!res.ok) throw new Error(`no token for ${grant.client_id}: ${res.status} ${text}`);
  return (JSON.parse(text) as { access_token: string }).access_token;
}

/** Returns a token of another realm of the same Keycloak: the administrator's, of the realm master. */
export function foreignToken(): Promise<string> {
  return token({ grant_type: 'password', client_id: 'admin-cli', username: 'admin', password: 'admin' }, `${server}/realms/master`);
}

/** Returns a claim of a token's payload, or a member of its header with part 0. */
export function read(jwt: string, name: string, part: 0 | 1 = 1): unknown {
  const json = Buffer.from(jwt.split('.')[part] ?? '', 'base64url').toString();
  return (JSON.parse(json) as Record<string, unknown>)[name];
}

async function admin(method: string, path: string, body?: unknown): Promise<Response> {
  const res = await fetch(`${server}/admin/realms/demo${path}`, {
    method,
    headers: { Authorization: `Bearer ${await foreignToken()}`, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!res.ok) throw new Error(`${method} ${path}: ${res.status} ${await res.text()}`);
  return res;
}

/** Sets how long access tokens of a client live, in seconds; undefined brings the realm's default back. */
export async function setLifespan(clientID: string, seconds?: number): Promise<void> {
  const found = (await (await admin('GET', `/clients?clientId=${clientID}`)).json()) as { id: string; attributes: object }[];
  const client = found[0];
  if (!client) throw new Error(`no client ${clientID}`);
  const attributes = { ...client.attributes, 'access.token.lifespan': seconds ? String(seconds) : '' };
  await admin('PUT', `/clients/${client.id}`, { ...client, attributes });
}

/** Makes Keycloak sign with a new key at once; the old one stays published. */
export async function rotateKeys(): Promise<void> {
  const realm = (await (await admin('GET', '')).json()) as { id: string };
  await admin('POST', '/components', {
    name: `rotated-${Date.now()}`,
    providerId: 'rsa-generated',
    providerType: 'org.keycloak.keys.KeyProvider',
    parentId: realm.id,
    config: { priority: ['200'], enabled: ['true'], active: ['true'], keySize: ['2048'], algorithm: ['RS256'] },
  });
}
