import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { arrive, away, home, signedIn } from '../test/arrive';
import { callbackHash, FakeKeycloak } from '../test/fakeKeycloak';
import { FakeBrowser } from '../test/fakeTabs';
import { NoTokenError } from './state';

beforeEach(() => { vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }); });
afterEach(() => {
  vi.clearAllTimers();
  vi.useRealTimers();
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
    expect(await session.renewedProof({ token: 'token-0' })).toEqual({ token: 'token-1' });
    expect(await session.renewedProof({ token: 'token-0' })).toEqual({ token: 'token-1' });
  });

  it('are given again when Keycloak gives no other', async () => {
    const { session, keycloak } = await signedIn();
    keycloak.keycloak = 'away';
    expect(await session.renewedProof({ token: 'token-0' })).toEqual({ token: 'token-0' });
  });

  it('are not renewed once the session is over', async () => {
    const { session, keycloak } = await signedIn();
    keycloak.keycloak = 'session ended';
    await expect(session.renewedProof({ token: 'token-0' })).rejects.toThrow(NoTokenError);
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
