import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';

export const discoveryURL = 'http://localhost:8080/realms/demo/.well-known/openid-configuration';
export const tokenURL = 'http://localhost:8080/realms/demo/protocol/openid-connect/token';

/** A problem as the API writes it. */
export function problem(status: number, code: string, detail: string) {
  return HttpResponse.json({ title: 'Refused', status, detail, code, request_id: 'req-1' }, { status, headers: { 'Content-Type': 'application/problem+json' } });
}

/** Keeps an answer back until `answer` is called. */
export function hold() {
  let answer: () => void = () => undefined;
  const held = new Promise<void>((resolve) => { answer = resolve; });
  return { held, answer: () => { answer(); } };
}

const operations = [
  { operation: 'showHealth', method: 'GET', path: '/health', summary: 'Whether the process lives', requires: 'nothing', open: true },
  { operation: 'showMe', method: 'GET', path: '/api/me', summary: 'Who is calling', requires: 'a token' },
  { operation: 'showPermissions', method: 'GET', path: '/api/me/permissions', summary: 'What the caller may do', requires: 'a token' },
  { operation: 'showClaims', method: 'GET', path: '/secured', summary: 'Every claim of the token', requires: 'a token' },
  { operation: 'echoMessage', method: 'GET', path: '/protected', summary: 'A message, received', requires: 'a token' },
  { operation: 'showReport', method: 'GET', path: '/api/admin/reports', summary: 'What was allowed and refused', requires: 'realm role admin' },
  {
    operation: 'showBrief', method: 'GET', path: '/api/departments/{department}/brief', summary: 'The brief of one\'s own department',
    requires: 'claim department equal to the address\'s department', where: { department: ['engineering'] },
  },
];

/** What an operation's entry says when a realm role is missing. */
export const adminMissing = { allowed: false, code: 'role_missing', missing: 'Requires one of: admin' };

/** The permissions of alice, who may do everything, with changes by operation. */
export function permissions(changes: Record<string, object> = {}) {
  return http.get('/api/me/permissions', () => HttpResponse.json({
    operations: operations.map((entry) => ({ ...entry, allowed: true, ...changes[entry.operation] })),
  }));
}

/** Alice, as the API sees her. */
export const me = {
  sub: '11111111-alice', username: 'alice', email: 'alice@example.org', email_verified: true, given_name: 'Alice', name: 'Alice Archer',
  roles: ['user', 'admin'], client_roles: { account: ['view-profile'] }, groups: [], scopes: ['openid'],
  issued_at: '2026-01-05T08:00:00Z', expires_at: '2026-01-05T08:05:00Z',
};

/** The network as it should be: the realm is there, and the API knows alice of engineering. Nobody is signed in at the app's own server. */
export const server = setupServer(
  http.get(discoveryURL, () => HttpResponse.json({ issuer: 'http://localhost:8080/realms/demo' })),
  http.post(tokenURL, () => HttpResponse.error()), // to an origin that it does not know, Keycloak hides what it says
  http.get('/auth/session', () => problem(401, 'session_missing', 'Nobody is signed in')),
  http.get('/api/me', () => HttpResponse.json(me)),
  permissions(),
  http.get('/api/departments/:department/brief', ({ params: { department } }) => department === 'engineering'
    ? HttpResponse.json({ department, prepared_for: 'Alice Archer', prepared_at: new Date().toISOString(), granted_by: 'claim department equal to the address\'s department' })
    : problem(403, 'claim_mismatch', `Requires the claim department to equal the department in the address: it is engineering, not ${String(department)}`)),
);
