import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';

export const discoveryURL = 'http://localhost:8080/realms/demo/.well-known/openid-configuration';

/** A problem as the API writes it. */
export function problem(status: number, code: string, detail: string) {
  return HttpResponse.json({ title: 'Refused', status, detail, code, request_id: 'req-1' }, { status, headers: { 'Content-Type': 'application/problem+json' } });
}

/** The network as it should be: the realm is there, and the API knows alice. */
export const server = setupServer(
  http.get(discoveryURL, () => HttpResponse.json({ issuer: 'http://localhost:8080/realms/demo' })),
  http.get('/api/me', () => HttpResponse.json({
    sub: '11111111-alice', username: 'alice', email: 'alice@example.org', given_name: 'Alice',
    roles: ['user', 'admin'], client_roles: { account: ['view-profile'] }, groups: [], scopes: ['openid'],
  })),
);
