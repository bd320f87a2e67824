import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { problem, server } from '../test/server';
import { call, getJSON } from './client';
import { parseMe, showMe } from './me';

const token = () => Promise.resolve('t1');

describe('getJSON', () => {
  it('sends nothing when there is no token', async () => {
    server.use(http.get('/api/me', () => { throw new Error('sent'); }));
    await expect(showMe(() => Promise.reject(new Error('no token')))).rejects.toThrow('no token');
  });

  it('throws the reason that the API gave', async () => {
    server.use(http.get('/api/me', () => problem(401, 'token_expired', 'expired 3m12s ago')));
    await expect(showMe(token)).rejects.toMatchObject({
      message: 'expired 3m12s ago',
      problem: { status: 401, code: 'token_expired', requestID: 'req-1' },
    });
  });

  it('makes a problem of an answer that is none', async () => {
    server.use(http.get('/api/me', () => HttpResponse.html('<h1>Bad gateway</h1>', { status: 502 })));
    await expect(showMe(token)).rejects.toMatchObject({ problem: { status: 502, title: 'The server answered with 502' } });
  });

  it('refuses an answer of another shape', async () => {
    server.use(http.get('/api/me', () => HttpResponse.json({ sub: 'x', roles: 'admin' })));
    await expect(showMe(token)).rejects.toThrow('"roles" is not a list of texts');
  });

  it('sends the token and parses the answer', async () => {
    server.use(http.get('/api/x', ({ request }) => HttpResponse.json({ got: request.headers.get('Authorization') })));
    expect(await getJSON(token, '/api/x', (body) => body)).toEqual({ got: 'Bearer t1' });
  });
});

describe('call', () => {
  it('hands back refusals, too', async () => {
    server.use(http.get('/secured', () => problem(503, 'keys_unavailable', 'no keys yet')));
    expect(await call(token, '/secured')).toMatchObject({ ok: false, status: 503, body: { code: 'keys_unavailable' } });
  });
});

describe('parseMe', () => {
  it('needs a subject', () => {
    expect(() => parseMe({ roles: [] })).toThrow('"sub"');
  });

  it('makes do with subject and roles, and with lists that are null', () => {
    expect(parseMe({ sub: 'x', roles: null, client_roles: null })).toEqual({ sub: 'x', name: 'x', roles: [], clientRoles: {}, groups: [], scopes: [] });
  });

  it('prefers the given name', () => {
    expect(parseMe({ sub: 'x', roles: [], username: 'alice', name: 'Alice Adams', given_name: 'Alice' }).name).toBe('Alice');
    expect(parseMe({ sub: 'x', roles: [], username: 'alice' }).name).toBe('alice');
  });
});
