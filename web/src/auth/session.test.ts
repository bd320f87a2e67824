import { http, HttpResponse } from 'msw';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { callbackHash, FakeKeycloak, settings } from '../test/fakeKeycloak';
import { discoveryURL, server } from '../test/server';
import { Session } from './session';

const reload = vi.fn();

async function signedIn(keycloak = new FakeKeycloak()) {
  window.history.replaceState(null, '', `/${callbackHash}`);
  const session = new Session(settings, keycloak, reload);
  await session.start();
  return { session, keycloak };
}

beforeEach(() => { vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }); });
afterEach(() => {
  vi.clearAllTimers();
  vi.useRealTimers();
});

describe('start', () => {
  it('does not leave for a Keycloak that is away', async () => {
    server.use(http.get(discoveryURL, () => HttpResponse.error()));
    const keycloak = new FakeKeycloak();
    const session = new Session(settings, keycloak, reload);
    await session.start();
    expect(session.state()).toEqual({ status: 'failed', failure: { kind: 'unreachable' } });
    expect(keycloak.init).not.toHaveBeenCalled();
  });

  it('leaves once Keycloak is back', async () => {
    server.use(http.get(discoveryURL, () => HttpResponse.error(), { once: true }));
    const keycloak = new FakeKeycloak();
    const session = new Session(settings, keycloak, reload);
    await session.start();
    await session.retry();
    expect(keycloak.init).toHaveBeenCalledOnce();
    expect(reload).not.toHaveBeenCalled();
  });

  it('loads the page anew for another try after keycloak-js was started', async () => {
    const keycloak = new FakeKeycloak();
    keycloak.init.mockImplementation(() => {
      keycloak.didInitialize = true;
      return Promise.reject(Object.assign(new Error(), { error: 'access_denied' }));
    });
    const { session } = await signedIn(keycloak);
    expect(session.state().status).toBe('failed');
    await session.retry();
    expect(keycloak.init).toHaveBeenCalledOnce();
    expect(reload).toHaveBeenCalledOnce();
  });

  it('asks for a login with PKCE that always comes back to "/"', async () => {
    window.history.replaceState(null, '', '/admin/reports?x=1');
    const keycloak = new FakeKeycloak();
    await new Session(settings, keycloak, reload).start();
    expect(keycloak.init).toHaveBeenCalledExactlyOnceWith({
      onLoad: 'login-required', pkceMethod: 'S256', checkLoginIframe: false, redirectUri: 'http://localhost:8000/',
    });
    expect(sessionStorage.getItem('keystead.deepLink')).toBe('/admin/reports?x=1');
  });

  it('finishes a login without a probe, at the deep link, and never keeps the answer as one', async () => {
    server.use(http.get(discoveryURL, () => { throw new Error('probed'); }));
    sessionStorage.setItem('keystead.deepLink', '/try');
    const { session } = await signedIn();
    expect(session.state().status).toBe('signedIn');
    expect(window.location.pathname + window.location.hash).toBe('/try');
    expect(JSON.stringify(sessionStorage)).not.toContain('code');
  });

  it('gives up on a login that goes in circles', async () => {
    const keycloak = new FakeKeycloak();
    keycloak.init.mockImplementation(() => new Promise(() => undefined)); // leaves for the login once more
    for (let i = 0; i < 3; i++) void signedIn(keycloak);
    const { session } = await signedIn(keycloak);
    expect(session.state()).toEqual({ status: 'failed', failure: { kind: 'loop' } });
    expect(window.location.hash).toBe('');
  });
});

describe('freshToken', () => {
  it('refuses when Keycloak ended the session, and does not leave by itself', async () => {
    const { session, keycloak } = await signedIn();
    keycloak.keycloak = 'session ended';
    vi.setSystemTime(Date.now() + 280_000);
    await expect(session.freshToken()).rejects.toThrow('Your session has ended');
    expect(session.state()).toEqual({ status: 'signedOut', reason: 'ended' });
    expect(keycloak.login).not.toHaveBeenCalled();
  });

  it('refuses an expired token while Keycloak is away', async () => {
    const { session, keycloak } = await signedIn();
    keycloak.keycloak = 'away';
    vi.setSystemTime(Date.now() + 301_000);
    await expect(session.freshToken()).rejects.toThrow('Keycloak did not answer at http://localhost:8080');
  });

  it('uses the token at hand while Keycloak is away and it still holds', async () => {
    const { session, keycloak } = await signedIn();
    keycloak.keycloak = 'away';
    vi.setSystemTime(Date.now() + 290_000);
    expect(await session.freshToken()).toBe('token-0');
    expect(session.state().status).toBe('signedIn');
  });

  it('does not wait long for a Keycloak that hangs, and lets it rest after that', async () => {
    const { session, keycloak } = await signedIn();
    keycloak.keycloak = 'silent';
    vi.setSystemTime(Date.now() + 280_000);
    const token = session.freshToken();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await token).toBe('token-0');
    expect(await session.freshToken()).toBe('token-0');
    expect(keycloak.refreshes).toBe(1);
  });

  it('takes up refreshing again when Keycloak is back', async () => {
    const { session, keycloak } = await signedIn();
    keycloak.keycloak = 'away';
    vi.setSystemTime(Date.now() + 280_000);
    await session.freshToken();
    keycloak.keycloak = 'there';
    vi.setSystemTime(Date.now() + 11_000);
    expect(await session.freshToken()).toBe('token-2');
  });

  it('leaves a token alone that holds for 30 seconds', async () => {
    const { session, keycloak } = await signedIn();
    vi.setSystemTime(Date.now() + 265_000);
    expect(await session.freshToken()).toBe('token-0');
    expect(keycloak.refreshes).toBe(0);
  });

  it('refreshes once for callers at the same time', async () => {
    const { session, keycloak } = await signedIn();
    vi.setSystemTime(Date.now() + 275_000);
    const tokens = await Promise.all([session.freshToken(), session.freshToken(), session.freshToken()]);
    expect(tokens).toEqual(['token-1', 'token-1', 'token-1']);
    expect(keycloak.updateToken).toHaveBeenCalledOnce();
  });

  it('works with tokens that live for seconds', async () => {
    const { session } = await signedIn(new FakeKeycloak(3));
    vi.setSystemTime(Date.now() + 10_000);
    expect(await session.freshToken()).toBe('token-1');
    expect(await session.freshToken()).toBe('token-2');
  });

  it('ends the session of a client without refresh tokens when its token has expired', async () => {
    const { session, keycloak } = await signedIn();
    delete keycloak.refreshToken;
    expect(await session.freshToken()).toBe('token-0');
    vi.setSystemTime(Date.now() + 301_000);
    await expect(session.freshToken()).rejects.toThrow('Your session has ended');
    expect(session.state().status).toBe('signedOut');
  });

  it('is kept fresh by a timer', async () => {
    const { session, keycloak } = await signedIn();
    const listener = vi.fn();
    session.subscribe(listener);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(keycloak.refreshes).toBe(1);
    expect(listener).toHaveBeenCalled();
  });
});

describe('signOut', () => {
  it('forgets the tokens although Keycloak is away', async () => {
    const { session, keycloak } = await signedIn();
    server.use(http.get(discoveryURL, () => HttpResponse.error()));
    await session.signOut();
    expect(session.state()).toEqual({ status: 'signedOut', reason: 'keycloakAway' });
    expect(keycloak.token).toBeUndefined();
    expect(keycloak.logout).not.toHaveBeenCalled();
  });

  it('is not undone by a refresh that ends after it', async () => {
    const { session, keycloak } = await signedIn();
    server.use(http.get(discoveryURL, () => HttpResponse.error()));
    keycloak.held = new Promise((resolve) => { setTimeout(resolve, 60_000); });
    vi.setSystemTime(Date.now() + 280_000);
    const call = session.freshToken();
    await session.signOut();
    const refused = expect(call).rejects.toThrow('Your session has ended');
    await vi.advanceTimersByTimeAsync(120_000);
    await refused;
    expect(session.state()).toEqual({ status: 'signedOut', reason: 'keycloakAway' });
    expect(keycloak.token).toBeUndefined();
    expect(keycloak.refreshes).toBe(1);
  });

  it('hides the person at once, before Keycloak has answered', async () => {
    const { session } = await signedIn();
    const done = session.signOut();
    expect(session.state()).toEqual({ status: 'starting' });
    await done;
  });

  it('ends the Keycloak session and leaves nothing on the screen', async () => {
    const { session, keycloak } = await signedIn();
    await session.signOut();
    expect(keycloak.logout).toHaveBeenCalledExactlyOnceWith({ redirectUri: 'http://localhost:8000/' });
    expect(session.state()).toEqual({ status: 'starting' });
    await expect(session.freshToken()).rejects.toThrow('Your session has ended');
  });
});
