import { http, HttpResponse } from 'msw';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LoginMode } from '../environment';
import { callbackHash, FakeKeycloak, settings } from '../test/fakeKeycloak';
import { FakeBrowser } from '../test/fakeTabs';
import { discoveryURL, server } from '../test/server';
import { NoTokenError } from './state';
import { Session } from './session';

const home = 'http://localhost:8000/';
const away = () => { server.use(http.get(discoveryURL, () => HttpResponse.error())); };

interface Circumstances {
  keycloak?: FakeKeycloak;
  loginMode?: LoginMode;
  browser?: FakeBrowser;
}

async function arrive(address: string, { keycloak = new FakeKeycloak(), loginMode = 'login-required', browser = new FakeBrowser() }: Circumstances = {}) {
  window.history.replaceState(null, '', address);
  const session = new Session({ ...settings, loginMode }, keycloak, browser.openTab());
  await session.start();
  return { session, keycloak, browser };
}

const signedIn = (circumstances?: Circumstances) => arrive(`/${callbackHash}`, circumstances);

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

describe('a signed-in person', () => {
  it('learns of a clock that is wrong by a minute', async () => {
    const keycloak = new FakeKeycloak();
    keycloak.timeSkew = -60;
    expect((await signedIn({ keycloak })).session.state()).toMatchObject({ status: 'signedIn', clockSkew: -60 });
    const better = new FakeKeycloak();
    better.timeSkew = 59;
    expect((await signedIn({ keycloak: better })).session.state()).not.toHaveProperty('clockSkew');
  });

  it('leaves for a new password and is told once what became of it', async () => {
    const { session, keycloak } = await signedIn();
    window.history.replaceState(null, '', '/profile');
    await session.changePassword();
    expect(keycloak.login).toHaveBeenCalledExactlyOnceWith({ action: 'UPDATE_PASSWORD', redirectUri: home });
    const back = await arrive(`/${callbackHash}&kc_action_status=success&kc_action=UPDATE_PASSWORD`);
    expect(window.location.pathname).toBe('/profile');
    expect(back.session.takeActionOutcome()).toEqual({ action: 'UPDATE_PASSWORD', status: 'success' });
    expect(back.session.takeActionOutcome()).toBeUndefined();
  });

  it('does not leave for a new password while Keycloak is away', async () => {
    const { session, keycloak } = await signedIn();
    away();
    await expect(session.changePassword()).rejects.toThrow('Keycloak did not answer at http://localhost:8080.');
    expect(keycloak.login).not.toHaveBeenCalled();
    expect(session.state().status).toBe('signedIn');
  });

  it('turning back from the realm\'s page for a new password finds the app, not an explanation', async () => {
    const { session } = await signedIn();
    await session.changePassword();
    expect((await arrive('/profile')).session.state().status).toBe('starting');
  });

  it('finds the account at the realm, and the way back', async () => {
    const { session } = await signedIn();
    expect(session.accountURL()).toBe('http://localhost:8080/realms/demo/account/?referrer=demo&referrer_uri=http%3A%2F%2Flocalhost%3A8000%2F');
  });
});

describe('tokens', () => {
  it('are kept fresh by a timer', async () => {
    const { session, keycloak } = await signedIn();
    const listener = vi.fn();
    session.subscribe(listener);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(keycloak.refreshes).toBe(1);
    expect(listener).toHaveBeenCalledOnce();
  });

  it('are refreshed as soon as a laptop wakes up', async () => {
    const { session, keycloak } = await signedIn();
    vi.setSystemTime(Date.now() + 1_000_000);
    window.dispatchEvent(new Event('online'));
    await vi.advanceTimersByTimeAsync(0);
    expect(keycloak.refreshes).toBe(1);
    expect(session.state().status).toBe('signedIn');
  });

  it('are gone when a laptop wakes up after the session', async () => {
    const { session, keycloak } = await signedIn();
    keycloak.keycloak = 'session ended';
    vi.setSystemTime(Date.now() + 10_000_000);
    document.dispatchEvent(new Event('visibilitychange'));
    await vi.advanceTimersByTimeAsync(0);
    expect(session.state()).toEqual({ status: 'signedOut', reason: 'ended' });
    const { refreshes } = keycloak;
    window.dispatchEvent(new Event('focus'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(keycloak.refreshes, 'and nothing stirs any more').toBe(refreshes);
  });

  it('are refused when Keycloak ended the session, and nobody leaves by themselves', async () => {
    const { session, keycloak } = await signedIn();
    keycloak.keycloak = 'session ended';
    vi.setSystemTime(Date.now() + 280_000);
    await expect(session.freshToken()).rejects.toThrow(new NoTokenError('Your session has ended.'));
    expect(keycloak.login).not.toHaveBeenCalled();
  });

  it('that have expired are refused while Keycloak is away, and those that hold are not', async () => {
    const { session, keycloak } = await signedIn();
    keycloak.keycloak = 'away';
    vi.setSystemTime(Date.now() + 290_000);
    expect(await session.freshToken()).toBe('token-0');
    vi.setSystemTime(Date.now() + 11_000);
    await expect(session.freshToken()).rejects.toThrow('Keycloak did not answer at http://localhost:8080');
    expect(session.state()).toMatchObject({ status: 'signedIn', stalled: true });
    keycloak.keycloak = 'there';
    expect(await session.freshToken()).toMatch(/^token-\d$/);
    expect(session.state()).not.toHaveProperty('stalled');
  });

  it('are renewed after a 401', async () => {
    const { session } = await signedIn();
    expect(await session.renewedToken('token-0')).toBe('token-1');
    expect(await session.renewedToken('token-0')).toBe('token-1');
  });

  it('are given again when Keycloak gives no other', async () => {
    const { session, keycloak } = await signedIn();
    keycloak.keycloak = 'away';
    expect(await session.renewedToken('token-0')).toBe('token-0');
  });

  it('are not renewed once the session is over', async () => {
    const { session, keycloak } = await signedIn();
    keycloak.keycloak = 'session ended';
    await expect(session.renewedToken('token-0')).rejects.toThrow(NoTokenError);
    expect(session.state()).toEqual({ status: 'signedOut', reason: 'ended' });
  });
});

describe('signOut', () => {
  it('ends the Keycloak session and leaves nothing on the screen, before Keycloak has answered', async () => {
    const { session, keycloak } = await signedIn();
    const done = session.signOut();
    expect(session.state()).toEqual({ status: 'starting' });
    await done;
    expect(keycloak.logout).toHaveBeenCalledExactlyOnceWith({ redirectUri: home, logoutMethod: 'POST' });
    expect(session.state()).toEqual({ status: 'starting' });
    await expect(session.freshToken()).rejects.toThrow('Your session has ended');
  });

  it('forgets the tokens although Keycloak is away', async () => {
    const { session, keycloak } = await signedIn();
    away();
    await session.signOut();
    expect(session.state()).toEqual({ status: 'signedOut', reason: 'keycloakAway' });
    expect(keycloak.token).toBeUndefined();
    expect(keycloak.logout).not.toHaveBeenCalled();
  });

  it('that is stopped on its way to Keycloak says that the session there may be open', async () => {
    const { session, keycloak } = await signedIn();
    keycloak.logout.mockReturnValueOnce(new Promise(() => undefined));
    const done = session.signOut();
    await vi.advanceTimersByTimeAsync(15_000);
    await done;
    expect(session.state()).toEqual({ status: 'signedOut', reason: 'keycloakAway' });
  });

  it('without Keycloak is still without Keycloak when the page loads anew', async () => {
    const { session } = await signedIn({ loginMode: 'public' });
    away();
    await session.signOut();
    for (let loads = 0; loads < 2; loads++) {
      expect((await arrive('/', { loginMode: 'public' })).session.state()).toEqual({ status: 'signedOut', reason: 'keycloakAway' });
    }
  });

  it('is not undone by a refresh that ends after it', async () => {
    const { session, keycloak } = await signedIn();
    away();
    keycloak.held = new Promise((resolve) => { setTimeout(resolve, 60_000); });
    vi.setSystemTime(Date.now() + 280_000);
    const call = session.freshToken();
    await vi.advanceTimersByTimeAsync(0); // it has the lock now
    await session.signOut();
    const refused = expect(call).rejects.toThrow('Your session has ended');
    await vi.advanceTimersByTimeAsync(120_000);
    await refused;
    expect(session.state()).toEqual({ status: 'signedOut', reason: 'keycloakAway' });
    expect(keycloak.token).toBeUndefined();
    expect(keycloak.refreshes).toBe(1);
  });
});

describe('the other tabs', () => {
  it('sign out, too, at once', async () => {
    const browser = new FakeBrowser();
    const here = await signedIn({ browser });
    const there = await signedIn({ browser });
    const done = here.session.signOut();
    expect(there.session.state()).toEqual({ status: 'signedOut', reason: 'elsewhere' });
    expect(there.keycloak.token).toBeUndefined();
    await done;
    await expect(there.session.freshToken()).rejects.toThrow(NoTokenError);
  });

  it('sign out, too, while they are still on their way in', async () => {
    const browser = new FakeBrowser();
    const here = await signedIn({ browser });
    const keycloak = new FakeKeycloak();
    keycloak.init.mockImplementationOnce(async () => { // the code is being exchanged
      await here.session.signOut();
      return keycloak.init();
    });
    const there = await signedIn({ browser, keycloak });
    expect(there.session.state()).toEqual({ status: 'signedOut', reason: 'elsewhere' });
    await expect(there.session.freshToken()).rejects.toThrow(NoTokenError);
  });

  it('say so once they load anew', async () => {
    const browser = new FakeBrowser();
    const here = await signedIn({ browser });
    await signedIn({ browser });
    await here.session.signOut();
    expect((await arrive('/', { loginMode: 'public', browser })).session.state()).toEqual({ status: 'signedOut', reason: 'here' });
  });

  it('stay, with what was typed, when somebody else signs out', async () => {
    const browser = new FakeBrowser();
    const alice = await signedIn({ browser });
    sessionStorage.setItem('keystead.draft:a11ce:note', 'words');
    sessionStorage.setItem('keystead.draft:b0b:note', 'words');
    browser.openTab().tell({ kind: 'signedOut', subject: 'b0b' });
    expect(alice.session.state().status).toBe('signedIn');
    expect(sessionStorage.getItem('keystead.draft:a11ce:note')).toBe('words');
    expect(sessionStorage.getItem('keystead.draft:b0b:note')).toBeNull();
  });

  it('notice that somebody else signed in', async () => {
    const browser = new FakeBrowser();
    const alice = await signedIn({ browser });
    const keycloak = new FakeKeycloak();
    keycloak.subject = 'b0b';
    const bob = await signedIn({ browser, keycloak });
    expect(alice.session.state()).toEqual({ status: 'signedOut', reason: 'otherAccount' });
    expect(bob.session.state()).toMatchObject({ status: 'signedIn', subject: 'b0b' });
  });

  it('do not mind the same person', async () => {
    const browser = new FakeBrowser();
    const first = await signedIn({ browser });
    await signedIn({ browser });
    expect(first.session.state().status).toBe('signedIn');
  });

  it('that are signed out stay as they are', async () => {
    const browser = new FakeBrowser();
    const landing = await arrive('/', { loginMode: 'public', browser });
    await (await signedIn({ browser })).session.signOut();
    expect(landing.session.state()).toEqual({ status: 'signedOut', reason: 'never' });
  });
});
