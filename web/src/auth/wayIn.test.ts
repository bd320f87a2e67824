import { http } from 'msw';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { arrive, away, home, signedIn } from '../test/arrive';
import { callbackHash, FakeKeycloak, settings } from '../test/fakeKeycloak';
import { discoveryURL, server } from '../test/server';

beforeEach(() => { vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }); });
afterEach(() => {
  vi.clearAllTimers();
  vi.useRealTimers();
});

describe('login-required', () => {
  it('leaves for the login with PKCE, and always comes back to "/"', async () => {
    const { keycloak, session } = await arrive('/admin/reports?x=1#y');
    expect(keycloak.init).toHaveBeenCalledExactlyOnceWith({ pkceMethod: 'S256', checkLoginIframe: false, redirectUri: home });
    expect(keycloak.login).toHaveBeenCalledExactlyOnceWith({ redirectUri: home });
    expect(sessionStorage.getItem('keystead.deepLink')).toBe('/admin/reports?x=1#y');
    expect(session.state()).toEqual({ status: 'starting' });
  });

  it('does not leave for a Keycloak that is away, and does once it is back', async () => {
    away();
    const { session, keycloak } = await arrive('/');
    expect(session.state()).toEqual({ status: 'failed', failure: { kind: 'unreachable' } });
    expect(keycloak.init).not.toHaveBeenCalled();
    server.resetHandlers();
    const retried = session.retry();
    expect(session.state().status, 'what is the matter stays on the screen').toBe('failed');
    await retried;
    expect(session.state().status).toBe('starting');
    expect(keycloak.login).toHaveBeenCalledOnce();
  });

  it('leaves once, however often it is told to at the same time', async () => {
    away();
    const { session, keycloak } = await arrive('/');
    server.resetHandlers();
    await Promise.all([session.retry(), session.retry(), session.signIn()]);
    expect(keycloak.login).toHaveBeenCalledOnce();
  });

  it('finishes a login without a probe, at the deep link, and keeps nothing of the answer', async () => {
    server.use(http.get(discoveryURL, () => { throw new Error('probed'); }));
    sessionStorage.setItem('keystead.deepLink', '/notes');
    const { session } = await signedIn();
    expect(session.state()).toMatchObject({ status: 'signedIn', subject: 'a11ce' });
    expect(window.location.href).toBe('http://localhost:8000/notes');
    expect(JSON.stringify(sessionStorage)).not.toMatch(/code|token/);
  });

  it('leaves again after an answer that nobody asked for', async () => {
    const { keycloak, session } = await arrive('/#state=old&error=access_denied&error_description=Call+this+number');
    expect(keycloak.init).toHaveBeenCalledOnce();
    expect(keycloak.login).toHaveBeenCalledExactlyOnceWith({ redirectUri: home });
    expect(session.state()).toEqual({ status: 'starting' });
    expect(window.location.href, 'and it is no address to come back to').toBe(home);
    expect(sessionStorage.getItem('keystead.deepLink')).toBe('/');
  });

  it('shows nothing of a forged answer, even while it waits for one', async () => {
    await arrive('/notes');
    const { session, keycloak } = await arrive('/#state=forged&code=c&iss=Call+this+number');
    expect(session.state()).toEqual({ status: 'starting' });
    expect(keycloak.login).toHaveBeenCalledOnce();
    expect(window.location.pathname).toBe('/notes');
  });

  it('says when the browser was to leave and is still here, and can be told to once more', async () => {
    const keycloak = new FakeKeycloak();
    keycloak.login.mockReturnValueOnce(new Promise(() => undefined)); // as keycloak-js does
    const arrived = arrive('/', { keycloak });
    await vi.advanceTimersByTimeAsync(15_000);
    const { session } = await arrived;
    expect(session.state()).toEqual({ status: 'failed', failure: { kind: 'stopped' } });
    await session.retry();
    expect(keycloak.login).toHaveBeenCalledTimes(2);
  });

  it('gives up on a login that goes in circles, and starts counting anew', async () => {
    const unusable = () => {
      const keycloak = new FakeKeycloak();
      keycloak.init.mockResolvedValue(false); // keycloak-js knows nothing of this answer
      return arrive(`/${callbackHash}`, { keycloak });
    };
    for (let i = 0; i < 3; i++) expect((await unusable()).keycloak.login).toHaveBeenCalledOnce();
    const { session, keycloak } = await unusable();
    expect(session.state()).toEqual({ status: 'failed', failure: { kind: 'loop' } });
    expect(keycloak.login).not.toHaveBeenCalled();
    expect(window.location.hash).toBe('');
    expect((await unusable()).keycloak.login).toHaveBeenCalledOnce();
  });
});

describe('check-sso', () => {
  const loginMode = 'check-sso';

  it('asks the realm once, without a login', async () => {
    const { keycloak } = await arrive('/notes', { loginMode });
    expect(keycloak.login).toHaveBeenCalledExactlyOnceWith({ redirectUri: home, prompt: 'none' });
  });

  it('shows the landing page when nobody is signed in, and does not ask again', async () => {
    await arrive('/notes', { loginMode });
    const back = await arrive('/#error=login_required&state=s', { loginMode });
    expect(back.session.state()).toEqual({ status: 'signedOut', reason: 'never' });
    expect(window.location.pathname).toBe('/notes');
    const reloaded = await arrive('/notes', { loginMode });
    expect(reloaded.keycloak.login).not.toHaveBeenCalled();
    expect(reloaded.session.state()).toEqual({ status: 'signedOut', reason: 'never' });
    await reloaded.session.signIn();
    expect(reloaded.keycloak.login).toHaveBeenCalledExactlyOnceWith({ redirectUri: home });
  });

  it('asks again after a sign-in, and says that the session has ended when it has', async () => {
    await arrive('/', { loginMode });
    await arrive('/#error=login_required&state=s', { loginMode });
    await signedIn({ loginMode });
    expect((await arrive('/', { loginMode })).keycloak.login).toHaveBeenCalledExactlyOnceWith({ redirectUri: home, prompt: 'none' });
    const back = await arrive('/#error=login_required&state=s', { loginMode });
    expect(back.session.state()).toEqual({ status: 'signedOut', reason: 'ended' });
  });

  it('tells a refusal from an answer that nobody is signed in', async () => {
    await arrive('/', { loginMode });
    const { session, keycloak } = await arrive('/#error=unauthorized_client&state=s', { loginMode });
    expect(session.state()).toEqual({ status: 'failed', failure: { kind: 'standardFlow' } });
    await session.retry();
    expect(keycloak.login, 'in the way that failed').toHaveBeenCalledExactlyOnceWith({ redirectUri: home, prompt: 'none' });
  });

  it('gives up on a question that goes in circles', async () => {
    const unusable = () => {
      const keycloak = new FakeKeycloak();
      keycloak.init.mockResolvedValue(false);
      return arrive(`/${callbackHash}`, { keycloak, loginMode });
    };
    for (let i = 0; i < 3; i++) await unusable();
    expect((await unusable()).session.state()).toEqual({ status: 'failed', failure: { kind: 'loop' } });
  });

  it('says that one has signed out here, and does not ask', async () => {
    await (await signedIn({ loginMode })).session.signOut();
    const { session, keycloak } = await arrive('/', { loginMode });
    expect(session.state()).toEqual({ status: 'signedOut', reason: 'here' });
    expect(keycloak.login).not.toHaveBeenCalled();
    expect((await arrive('/', { loginMode })).session.state()).toEqual({ status: 'signedOut', reason: 'never' });
  });
});

describe('public', () => {
  const loginMode = 'public';

  it('leaves nobody for the realm who does not want to, and does not even look whether it is there', async () => {
    server.use(http.get(discoveryURL, () => { throw new Error('probed'); }));
    const { session, keycloak } = await arrive('/', { loginMode });
    expect(session.state()).toEqual({ status: 'signedOut', reason: 'never' });
    expect(keycloak.init).not.toHaveBeenCalled();
  });

  it('restores the session of a tab that was signed in', async () => {
    await signedIn({ loginMode });
    const { keycloak } = await arrive('/', { loginMode });
    expect(keycloak.login).toHaveBeenCalledExactlyOnceWith({ redirectUri: home, prompt: 'none' });
    expect((await arrive('/#error=login_required&state=s', { loginMode })).session.state()).toEqual({ status: 'signedOut', reason: 'ended' });
    expect((await arrive('/', { loginMode })).session.state()).toEqual({ status: 'signedOut', reason: 'never' });
  });
});

describe('an answer', () => {
  it('of another issuer is refused before its code is used', async () => {
    const { session, keycloak } = await arrive(`/${callbackHash}&iss=${encodeURIComponent('https://evil.example/realms/demo')}`);
    expect(session.state()).toEqual({ status: 'failed', failure: { kind: 'issuer', answered: 'https://evil.example/realms/demo' } });
    expect(keycloak.init).not.toHaveBeenCalled();
    expect(window.location.hash).toBe('');
  });

  it('of our issuer is taken', async () => {
    const { session } = await arrive(`/${callbackHash}&iss=${encodeURIComponent(settings.issuer)}`);
    expect(session.state().status).toBe('signedIn');
  });

  it('that never came is explained once', async () => {
    await arrive('/notes');
    const back = await arrive('/notes');
    expect(back.session.state()).toEqual({ status: 'failed', failure: { kind: 'noAnswer' } });
    expect(back.keycloak.login).not.toHaveBeenCalled();
    expect((await arrive('/notes')).keycloak.login).toHaveBeenCalledOnce();
  });

  it('that never came can be asked for again', async () => {
    await arrive('/notes', { loginMode: 'check-sso' });
    const { session, keycloak } = await arrive('/notes', { loginMode: 'check-sso' });
    await session.retry();
    expect(keycloak.login, 'by a login, as the button says').toHaveBeenCalledExactlyOnceWith({ redirectUri: home });
  });

  it('in the query is told, too', async () => {
    await arrive('/');
    const { session } = await arrive('/?error=access_denied&error_description=No&state=s');
    expect(session.state()).toEqual({ status: 'failed', failure: { kind: 'refused', error: 'access_denied', description: 'No' } });
    expect(window.location.search).toBe('');
  });

  it('that keycloak-js throws is told, and can be asked for again', async () => {
    const keycloak = new FakeKeycloak();
    keycloak.init.mockImplementation(() => {
      keycloak.didInitialize = true;
      return Promise.reject(Object.assign(new Error(), { error: 'access_denied' }));
    });
    const { session } = await signedIn({ keycloak });
    expect(session.state().status).toBe('failed');
    await session.retry();
    expect(keycloak.init).toHaveBeenCalledOnce();
    expect(keycloak.login).toHaveBeenCalledOnce();
  });
});
