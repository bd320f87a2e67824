import { issuer, journeysRealm } from './environment.ts';

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

/** Returns an access token of the given realm. Throws with the realm's answer when there is none. */
export async function token(grant: Grant, realm = issuer): Promise<string> {
  const res = await fetch(`${realm}/protocol/openid-connect/token`, { method: 'POST', body: new URLSearchParams(grant) });
  const text = await res.text();
  if (!res.ok) throw new Error(`no token for ${grant.client_id}: ${res.status} ${text}`);
  return (JSON.parse(text) as { access_token: string }).access_token;
}

/** Returns a token of another realm of the same server. */
export function foreignToken(): Promise<string> {
  return token(userGrant('alice', 'script'), journeysRealm);
}

/** Returns a claim of a token's payload, or a member of its header with part 0. */
export function read(jwt: string, name: string, part: 0 | 1 = 1): unknown {
  const json = Buffer.from(jwt.split('.')[part] ?? '', 'base64url').toString();
  return (JSON.parse(json) as Record<string, unknown>)[name];
}
