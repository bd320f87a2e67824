import { app } from './support/environment.ts';
import { expect, test } from './support/test.ts';
import { foreignToken, read, reporterGrant, token, userGrant } from './support/tokens.ts';

/** Who calls: a name for each kind of token that the realm issues here. */
type Caller = 'nobody' | 'bob' | 'alice' | 'reporter' | 'expired' | 'other realm' | 'other client';

const refused = (code: string, description: string | RegExp) => ({ status: 401, title: 'Unauthorized', code, error: 'invalid_token', description });
const noToken = { status: 401, title: 'Unauthorized', code: 'token_missing', error: undefined, description: /needs an access token/ };
const notAdmin = { status: 403, title: 'Forbidden', code: 'role_missing', error: 'insufficient_scope', description: 'Requires one of: admin' };
const notTheirs = {
  status: 403, title: 'Forbidden', code: 'claim_mismatch', error: 'insufficient_scope',
  description: /^Requires the claim department equal to the department in the address: (it is sales, not engineering|the token has no such claim)/,
};
const notFound = { status: 404, title: 'Not Found', code: 'not_found', error: undefined, description: /nothing at/ };
const ok = { status: 200 };

// What every guarded operation says to a token that is not good for this API, whoever it names.
const toStrangers = {
  nobody: noToken,
  expired: refused('token_expired', /^The token expired \d+/),
  'other realm': refused('token_key_unknown', /may come from another realm/),
  'other client': refused('token_audience', /holds none of keystead-api; add an audience mapper to the client other-app/),
};
const toEverybody = { nobody: ok, bob: ok, alice: ok, reporter: ok, expired: ok, 'other realm': ok, 'other client': ok };
const toUsers = { ...toStrangers, bob: ok, alice: ok, reporter: ok };

/** The access policy, route by route, on real tokens. */
const policy: Record<string, Record<Caller, typeof ok | ReturnType<typeof refused> | typeof noToken | typeof notFound | typeof notTheirs>> = {
  '/health': toEverybody,
  '/readyz': toEverybody,
  '/config.json': toEverybody,
  '/': toEverybody,
  '/secured': toUsers,
  '/protected?message=probe': toUsers,
  '/api/me': toUsers,
  '/api/admin/reports': { ...toUsers, bob: notAdmin },
  '/api/me/permissions': toUsers,
  '/api/departments/engineering/brief': { ...toUsers, bob: notTheirs, reporter: notTheirs },
  '/api/nothing': { ...toStrangers, bob: notFound, alice: notFound, reporter: notFound },
};

/** How each challenge ends: where a client learns from which realm it gets a token (RFC 9728). */
const metadata = `resource_metadata="${app}/.well-known/oauth-protected-resource"`;

const tokens = new Map<string, string>();

test.beforeAll(async () => {
  const expired = process.env.KEYSTEAD_E2E_EXPIRED_TOKEN ?? '';
  tokens.set('bob', await token(userGrant('bob')));
  tokens.set('alice', await token(userGrant('alice')));
  tokens.set('reporter', await token(reporterGrant));
  tokens.set('other realm', await foreignToken());
  tokens.set('other client', await token(userGrant('alice', 'other-app')));
  tokens.set('expired', expired);
  const left = (Number(read(expired, 'exp')) + 31) * 1000 - Date.now(); // past the leeway of 30 s
  test.setTimeout(60_000);
  await new Promise((resolve) => setTimeout(resolve, Math.max(left, 0)));
});

for (const [path, answers] of Object.entries(policy)) {
  test(`GET ${path}`, async ({ request }) => {
    for (const [caller, want] of Object.entries(answers)) {
      await test.step(caller, async () => {
        const bearer = tokens.get(caller);
        const res = await request.get(app + path, bearer ? { headers: { Authorization: `Bearer ${bearer}` } } : {});
        const challenge = res.headers()['www-authenticate'];
        expect(res.status()).toBe(want.status);
        if (!('code' in want)) {
          expect(challenge).toBeUndefined();
          return;
        }
        const problem = (await res.json()) as { title: string; status: number; detail: string; code: string; request_id: string };
        expect(problem).toMatchObject({ title: want.title, status: want.status, code: want.code, request_id: res.headers()['x-request-id'] });
        expect(problem.detail).toMatch(want.description);
        if (want.status === 404) {
          expect(challenge).toBeUndefined();
        } else if (want.error === undefined) {
          expect(challenge).toBe(`Bearer realm="demo", ${metadata}`);
        } else {
          expect(challenge).toBe(`Bearer realm="demo", error="${want.error}", error_description="${problem.detail}", code="${want.code}", ${metadata}`);
        }
      });
    }
  });
}

test('a lightweight token is refused, and the reason names the setting that makes it one', async ({ request }) => {
  const lightweight = await token(userGrant('alice', 'keystead-lightweight'));
  expect(read(lightweight, 'sub')).toBeUndefined();
  const res = await request.get(`${app}/api/me`, { headers: { Authorization: `Bearer ${lightweight}` } });
  expect(res.status()).toBe(401);
  expect(res.headers()['www-authenticate']).toContain('Always use lightweight access token');
  expect(await res.json()).toMatchObject({ code: 'token_audience' });
});

test('a path that can be read in two ways is refused before anything else', async ({ request }) => {
  const headers = { Authorization: `Bearer ${tokens.get('alice') ?? ''}` };
  for (const path of ['/api%2fadmin/reports', '/api//admin/reports', '/api/admin/reports;a=b']) {
    const res = await request.get(app + path, { headers });
    expect(res.status(), path).toBe(400);
    expect(await res.json()).toMatchObject({ code: 'path_ambiguous' });
  }
});

test('the claims are those of the token, and the principal is read from them', async ({ request }) => {
  const bearer = tokens.get('alice') ?? '';
  const headers = { Authorization: `Bearer ${bearer}` };
  const claims = JSON.parse(Buffer.from(bearer.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
  expect(await (await request.get(`${app}/secured`, { headers })).json()).toEqual({ claims });
  expect(await (await request.get(`${app}/protected`, { headers })).json()).toEqual({ message: 'probeReceived', user: claims });
  expect(claims.department).toBe('engineering');
  const me = (await (await request.get(`${app}/api/me`, { headers })).json()) as { roles: string[] };
  expect(me).toMatchObject({ sub: claims.sub, username: 'alice', email: claims.email, client_roles: { account: expect.arrayContaining(['view-profile']) } });
  expect(me.roles.toSorted()).toEqual(['admin', 'user']);
});
