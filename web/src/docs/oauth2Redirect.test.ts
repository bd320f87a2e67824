import { describe, expect, it, vi } from 'vitest';
import { handOver, type PendingLogin } from './oauth2Redirect';

const page = 'http://localhost:8000/docs/oauth2-redirect.html';

function pending() {
  const callback = vi.fn<PendingLogin['callback']>();
  const errCb = vi.fn<PendingLogin['errCb']>();
  const login: PendingLogin = { state: 's1', redirectUrl: page, auth: { name: 'login' }, callback, errCb };
  return { login, callback, errCb, opener: { swaggerUIRedirectOauth2: login } };
}

describe('the answer of the realm', () => {
  it.each([
    ['of another sign-in', '?code=c1&state=s2', 'another sign-in'],
    ['without a state', '?code=c1', 'another sign-in'],
    ['that refuses, of another sign-in', '?error=access_denied&state=s2', 'another sign-in'],
    ['that refuses', '?error=access_denied&error_description=Not+today&state=s1', 'The realm refused the sign-in: Not today'],
    ['that refuses without a reason', '?error=access_denied&state=s1', 'The realm refused the sign-in: access_denied'],
    ['without a code', '?code=&state=s1', 'without a code'],
  ])('%s is told as a problem', (_, search, problem) => {
    const { login, callback, errCb, opener } = pending();
    expect(handOver(page + search, opener)).toBeUndefined();
    expect(errCb).toHaveBeenCalledOnce();
    expect(errCb.mock.lastCall?.[0]).toMatchObject({ authId: 'login', source: 'auth', level: 'error' });
    expect(errCb.mock.lastCall?.[0].message).toContain(problem);
    expect(callback).not.toHaveBeenCalled();
    expect(login.auth.code).toBeUndefined();
  });

  it('is never taken when no state is awaited', () => {
    const { login, callback, opener } = pending();
    delete login.state;
    handOver(`${page}?code=c1&state=`, opener);
    handOver(`${page}?code=c1`, opener);
    expect(callback).not.toHaveBeenCalled();
  });

  it('gives its code to the window that asked, once', () => {
    const { login, callback, errCb, opener } = pending();
    expect(handOver(`${page}?code=c%2F1&state=s1&session_state=x`, opener)).toBeUndefined();
    expect(callback).toHaveBeenCalledExactlyOnceWith({ auth: { name: 'login', code: 'c/1' }, redirectUrl: page });
    expect(login.state).toBeUndefined();

    handOver(`${page}?code=c2&state=s1`, opener);
    expect(callback).toHaveBeenCalledOnce();
    expect(errCb).toHaveBeenCalledOnce();
  });
});

describe('the page explains itself', () => {
  const elsewhere = { get swaggerUIRedirectOauth2(): unknown { throw new DOMException('cross-origin', 'SecurityError'); } };

  it.each([
    ['no opener', null],
    ['an opener without a pending login', {}],
    ['an opener with something else', { swaggerUIRedirectOauth2: { state: 's1' } }],
    ['an opener on another site', elsewhere],
  ])('with %s', (_, opener) => {
    expect(handOver(`${page}?code=c1&state=s1`, opener)).toContain('Press "Authorize"');
  });

  it('without an answer', () => {
    const { callback, errCb, opener } = pending();
    expect(handOver(page, opener)).toContain('no answer');
    expect(callback).not.toHaveBeenCalled();
    expect(errCb).not.toHaveBeenCalled();
  });
});
