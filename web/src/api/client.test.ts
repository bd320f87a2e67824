import { http, HttpResponse } from 'msw';
import { describe, expect, it, vi } from 'vitest';
import { hold, me, problem, server } from '../test/server';
import { call } from './call';
import { createApi, read, type Caller } from './client';
import { parseMe } from './me';
import { UnreadableError } from './problem';

/** A caller with the tokens t1, t2 …: the next one with each renewal. */
function tokens() {
  let number = 1;
  return {
    proof: vi.fn<Caller['proof']>(() => Promise.resolve({ token: `t${number}` })),
    renewedProof: vi.fn<Caller['renewedProof']>(() => Promise.resolve({ token: `t${++number}` })),
    heed: vi.fn<Caller['heed']>(),
  };
}

const showMe = (caller: Caller) => read(createApi(caller).operations.GET('/api/me'), parseMe);

describe('a call', () => {
  it('is not sent when there is no token', async () => {
    server.use(http.get('/api/me', () => { throw new Error('sent'); }));
    await expect(showMe({ ...tokens(), proof: () => Promise.reject(new Error('no token')) })).rejects.toThrow('no token');
  });

  it('that is refused with 401 is sent once more, whole, with another token', async () => {
    const sent: string[] = [];
    server.use(http.post('/api/notes', async ({ request }) => {
      sent.push(`${request.headers.get('Authorization') ?? ''} ${await request.text()}`);
      return sent.length === 1 ? problem(401, 'token_revoked', 'signed out') : HttpResponse.json({}, { status: 201 });
    }));
    const caller = tokens();
    const { response } = await createApi(caller).operations.POST('/api/notes', { body: { title: 'a', text: 'b' } });
    expect(response.status).toBe(201);
    expect(sent).toEqual(['Bearer t1 {"title":"a","text":"b"}', 'Bearer t2 {"title":"a","text":"b"}']);
    expect(caller.renewedProof).toHaveBeenCalledExactlyOnceWith({ token: 't1' });
    expect(caller.heed).not.toHaveBeenCalled();
  });

  it('that is refused with 401 twice is not sent a third time', async () => {
    let asked = 0;
    server.use(http.get('/api/me', () => { asked++; return problem(401, 'token_audience', 'meant for another'); }));
    const caller = tokens();
    await expect(showMe(caller)).rejects.toMatchObject({ message: 'meant for another', problem: { status: 401, code: 'token_audience', requestID: 'req-1' } });
    expect(asked).toBe(2);
    expect(caller.heed).toHaveBeenCalledExactlyOnceWith('token_audience');
  });

  it('that is refused with 401 twice ends as the caller takes it', async () => {
    server.use(http.get('/api/me', () => problem(401, 'token_revoked', 'signed out')));
    await expect(showMe({ ...tokens(), heed: (code) => { throw new Error(`over: ${code ?? ''}`); } })).rejects.toThrow('over: token_revoked');
  });

  it('of somebody whom a cookie names carries no token', async () => {
    const sent: (string | null)[] = [];
    server.use(http.get('/api/me', ({ request }) => { sent.push(request.headers.get('Authorization')); return HttpResponse.json(me); }));
    await showMe({ ...tokens(), proof: () => Promise.resolve({}) });
    expect(sent).toEqual([null]);
  });

  it.each([400, 403, 404, 500, 503])('that is refused with %i is not sent again', async (status) => {
    let asked = 0;
    server.use(http.get('/api/me', () => { asked++; return problem(status, 'x', 'no'); }));
    const caller = tokens();
    await expect(showMe(caller)).rejects.toThrow('no');
    expect(asked).toBe(1);
    expect(caller.renewedProof).not.toHaveBeenCalled();
  });

  it('ends with the session when there is no other token', async () => {
    server.use(http.get('/api/me', () => problem(401, 'token_revoked', 'signed out')));
    await expect(showMe({ ...tokens(), renewedProof: () => Promise.reject(new Error('session over')) })).rejects.toThrow('session over');
  });

  it('can be given up', async () => {
    const { held, answer } = hold();
    server.use(http.get('/api/me', async () => { await held; }));
    const abort = new AbortController();
    const asked = createApi(tokens()).operations.GET('/api/me', { signal: abort.signal });
    abort.abort();
    await expect(asked).rejects.toThrow(/abort/i);
    answer();
  });
});

describe('read', () => {
  it('makes a problem of an answer that is none, with the id of its header', async () => {
    server.use(http.get('/api/me', () => HttpResponse.html('<h1>Bad gateway</h1>', { status: 502, headers: { 'X-Request-Id': 'req-7' } })));
    await expect(showMe(tokens())).rejects.toMatchObject({ path: '/api/me', problem: { status: 502, title: 'The server answered with 502', requestID: 'req-7' } });
  });

  it.each([
    ['of another shape', HttpResponse.json({ ...me, roles: 'admin' }), '"roles" is not a list of texts'],
    ['that is no JSON', HttpResponse.html('<h1>Welcome to our network</h1>'), /JSON/],
  ])('refuses an answer %s', async (_, answer, words) => {
    server.use(http.get('/api/me', () => answer));
    const asked = showMe(tokens());
    await expect(asked).rejects.toBeInstanceOf(UnreadableError);
    await expect(asked).rejects.toThrow(words);
  });
});

it('any address can be called, and hands back refusals, too', async () => {
  server.use(http.get('/secured', () => HttpResponse.json({ code: 'keys_unavailable' }, { status: 503, headers: { 'X-Request-Id': 'req-8' } })));
  const api = createApi(tokens());
  expect(await call(api, { method: 'GET', path: '/secured', headers: {} })).toMatchObject({ ok: false, status: 503, body: { code: 'keys_unavailable' } });
  expect(api.latestRequestID()).toBe('req-8');
});

describe('parseMe', () => {
  it('needs a subject', () => {
    expect(() => parseMe({ ...me, sub: '' })).toThrow('"sub"');
  });

  it('makes do without names, and with lists that are null', () => {
    const { sub, email_verified, issued_at, expires_at } = me;
    expect(parseMe({ sub, email_verified, issued_at, expires_at, roles: null, client_roles: null })).toEqual({
      sub, name: sub, emailVerified: true, roles: [], clientRoles: {}, groups: [], scopes: [], issuedAt: new Date(issued_at), expiresAt: new Date(expires_at),
    });
  });

  it('prefers the given name', () => {
    expect(parseMe(me).name).toBe('Alice');
    expect(parseMe({ ...me, given_name: undefined }).name).toBe('Alice Archer');
    expect(parseMe({ ...me, given_name: undefined, name: undefined }).name).toBe('alice');
  });
});
