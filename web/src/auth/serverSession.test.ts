import { HttpResponse } from 'msw';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { arriveAtServer } from '../test/arrive';
import { FakeServer, loginTo } from '../test/fakeServer';
import { FakeBrowser } from '../test/fakeTabs';
import { NoTokenError } from './state';

beforeEach(() => { vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }); });
afterEach(() => {
  vi.clearAllTimers();
  vi.useRealTimers();
});

/** A server where nobody is signed in. */
function nobody(): FakeServer {
  const app = new FakeServer();
  app.subject = undefined;
  return app;
}

/** A time that is off by less than some seconds: the server tells its own in whole ones. */
const near = (time: number, digits = -4): unknown => expect.closeTo(time, digits);

const away = () => HttpResponse.error();
const trouble = (status: number, code: string, headers = {}) => () => HttpResponse.json({ code }, { status, headers });

/** Lets what was begun come to its end, as far as no time has to pass for it. */
const settled = async () => { for (let i = 0; i < 20; i++) await new Promise(setImmediate); };

async function wake() {
  window.dispatchEvent(new Event('focus'));
  await settled();
}

describe('the way in', () => {
  it('is short for somebody who is signed in', async () => {
    const { session, app } = await arriveAtServer('/notes?a=b#c');
    const now = Date.now();
    expect(session.state()).toEqual({ status: 'signedIn', subject: 'a11ce', times: { signedInAt: near(now), idleEndsAt: near(now + 1_800_000) } });
    expect([app.asked, app.sentTo, window.location.href]).toEqual([1, [], 'http://localhost:8000/notes?a=b#c']);
    expect(session).not.toHaveProperty('freshToken');
  });

  it('leaves for the login at once, and comes back to the same address', async () => {
    const { session, app } = await arriveAtServer('/admin/reports?x=1&y=%2F#z', nobody());
    expect(app.sentTo).toEqual([loginTo('/admin/reports?x=1&y=%2F#z')]);
    expect(app.asked).toBe(1);
    expect(session.state()).toEqual({ status: 'starting' });
  });

  it('comes back to no other site', async () => {
    const { app } = await arriveAtServer('http://localhost:8000//evil.example/', nobody());
    expect(app.sentTo).toEqual([loginTo('/')]);
  });

  it('does not go in circles: who comes back without a session is told so, once', async () => {
    await arriveAtServer('/notes', nobody());
    const { session, app } = await arriveAtServer('/notes', nobody());
    expect(session.state()).toEqual({ status: 'failed', failure: { kind: 'noSession' } });
    expect(app.sentTo).toEqual([]);
    await app.untilSent(session.retry);
    expect(app.sentTo).toEqual([loginTo('/notes')]);
  });

  it('leads in, coming back with a session', async () => {
    await arriveAtServer('/notes', nobody());
    expect((await arriveAtServer('/notes')).session.state().status).toBe('signedIn');
    expect((await arriveAtServer('/notes', nobody())).app.sentTo, 'and the note of it is used up').toHaveLength(1);
  });

  it.each([
    ['does not answer', away, { kind: 'serverAway' }],
    ['answers through a broken proxy', () => HttpResponse.html('<h1>Bad gateway</h1>', { status: 502 }), { kind: 'serverAway', status: 502 }],
    ['is ailing', trouble(500, 'internal'), { kind: 'serverAway', status: 500 }],
    ['asks for patience', trouble(429, 'rate_limited', { 'Retry-After': '3600' }), { kind: 'serverAway', status: 429, retryIn: 60 }],
    ['has lost its database', trouble(503, 'store_unavailable', { 'Retry-After': '7' }), { kind: 'databaseAway', retryIn: 7 }],
    ['has lost the realm', trouble(503, 'realm_unavailable'), { kind: 'realmAway' }],
    ['has never seen the realm', trouble(503, 'keys_unavailable', { 'Retry-After': 'soon' }), { kind: 'realmAway' }],
  ])('says so when the server %s, and goes on when that is over', async (_, answer, failure) => {
    const app = nobody();
    app.trouble = answer;
    const { session } = await arriveAtServer('/notes', app);
    expect(session.state()).toEqual({ status: 'failed', failure });
    expect(app.sentTo, 'nobody is sent to a login that leads nowhere').toEqual([]);
    await session.retry();
    expect(session.state().status).toBe('failed');
    app.trouble = undefined;
    await app.untilSent(session.retry);
    expect(app.sentTo).toEqual([loginTo('/notes')]);
  });

  it('finds who was signed in all along when the server is back', async () => {
    const app = new FakeServer();
    app.trouble = away;
    const { session } = await arriveAtServer('/', app);
    app.trouble = undefined;
    await Promise.all([session.retry(), session.retry()]);
    expect(session.state().status).toBe('signedIn');
    expect(app.asked).toBe(2);
  });

  it('still knows that it came back from the login when the server was away meanwhile', async () => {
    await arriveAtServer('/', nobody());
    const app = nobody();
    app.trouble = away;
    const { session } = await arriveAtServer('/', app);
    app.trouble = undefined;
    await session.retry();
    expect(session.state()).toEqual({ status: 'failed', failure: { kind: 'noSession' } });
  });

  it('says when the browser was to leave and is still here', async () => {
    const { session, app } = await arriveAtServer('/', nobody());
    await vi.advanceTimersByTimeAsync(15_000);
    expect(session.state()).toEqual({ status: 'failed', failure: { kind: 'stopped' } });
    await app.untilSent(session.retry);
    expect(app.sentTo).toHaveLength(2);
  });

  it('says when the answer is none of ours', async () => {
    const app = new FakeServer();
    app.trouble = () => HttpResponse.html('<h1>Welcome to our network</h1>');
    expect((await arriveAtServer('/', app)).session.state()).toEqual({ status: 'failed', failure: { kind: 'unexpected', message: 'the session is not an object' } });
  });

  it('says when the browser keeps the site from storing data', async () => {
    vi.spyOn(Storage.prototype, 'getItem').mockImplementation(() => { throw new DOMException('denied', 'SecurityError'); });
    const { session, app } = await arriveAtServer('/', nobody());
    expect(session.state()).toEqual({ status: 'failed', failure: { kind: 'storageBlocked' } });
    expect(app.sentTo).toEqual([]);
  });
});

describe('a signed-in person', () => {
  it('has the times of the session by this device\'s clock, and learns that it is off', async () => {
    const app = new FakeServer();
    app.clockAhead = -120_000;
    const state = (await arriveAtServer('/', app)).session.state();
    expect(state).toMatchObject({ clockSkew: near(120, -1), times: { idleEndsAt: near(Date.now() + 1_800_000) } });
  });

  it('has nothing but the cookie to show, which needs no asking', async () => {
    const { session, app } = await arriveAtServer('/');
    expect(await session.proof()).toEqual({});
    expect(app.asked).toBe(1);
  });

  it('who uses the session has it for longer, and is told so within a minute', async () => {
    const { session, app } = await arriveAtServer('/');
    vi.setSystemTime(Date.now() + 60_000);
    await session.proof();
    await session.proof();
    await settled();
    expect(app.asked).toBe(2);
    expect(session.state()).toMatchObject({ times: { idleEndsAt: near(Date.now() + 1_800_000) } });
  });

  it('finds the account at the realm, and the way back', async () => {
    const { session } = await arriveAtServer('/');
    expect(session.accountURL()).toBe('http://localhost:8080/realms/demo/account/?referrer=demo&referrer_uri=http%3A%2F%2Flocalhost%3A8000%2F');
  });
});

describe('a new password', () => {
  const back = (status: string) => `/profile?a=b%20c&kc_action=UPDATE_PASSWORD&kc_action_status=${status}#d`;

  it.each(['success', 'cancelled', 'error'])('is chosen at the realm, and that it ended in %s is told once', async (status) => {
    const { session, app } = await arriveAtServer('/profile?a=b%20c#d');
    await session.changePassword();
    expect(app.sentTo).toEqual([loginTo('/profile?a=b%20c#d', { kc_action: 'UPDATE_PASSWORD' })]);
    const { session: later } = await arriveAtServer(back(status));
    expect(window.location.href).toBe('http://localhost:8000/profile?a=b+c#d');
    expect(later.takeActionOutcome()).toEqual({ action: 'UPDATE_PASSWORD', status });
    expect(later.takeActionOutcome()).toBeUndefined();
  });

  it('is not taken for changed because a link says so', async () => {
    const { session } = await arriveAtServer(back('success'));
    expect(session.takeActionOutcome()).toBeUndefined();
    expect(window.location.search).toBe('?a=b+c');
  });

  it.each([
    [away, 'The server of this app did not answer.'],
    [trouble(503, 'store_unavailable'), 'The server of this app cannot reach its database.'],
    [trouble(503, 'realm_unavailable'), 'The server of this app cannot reach Keycloak.'],
  ])('is not left for when nobody would answer', async (answer, words) => {
    const { session, app } = await arriveAtServer('/profile');
    app.trouble = answer;
    await expect(session.changePassword()).rejects.toThrow(words);
    expect([app.sentTo, session.state().status]).toEqual([[], 'signedIn']);
  });
});

describe('the end of a session', () => {
  it('shows as soon as the page wakes up, and nobody leaves by themselves', async () => {
    const { session, app } = await arriveAtServer('/');
    app.subject = undefined;
    await wake();
    expect(session.state()).toEqual({ status: 'signedOut', reason: 'ended' });
    expect(app.sentTo).toEqual([]);
    await expect(session.proof()).rejects.toThrow(new NoTokenError('Your session has ended.'));
    const { asked } = app;
    await wake();
    await vi.advanceTimersByTimeAsync(100_000_000);
    expect(app.asked, 'and nothing stirs any more').toBe(asked);
    await app.untilSent(session.signIn);
    expect(app.sentTo).toEqual([loginTo('/')]);
  });

  it('shows when its time has come, if nobody used it', async () => {
    const { session, app } = await arriveAtServer('/');
    await vi.advanceTimersByTimeAsync(1_799_000);
    expect(app.asked).toBe(1);
    app.subject = undefined;
    await vi.advanceTimersByTimeAsync(4_000);
    await settled();
    expect(session.state()).toEqual({ status: 'signedOut', reason: 'ended' });
  });

  it('has not come when another tab used it meanwhile', async () => {
    const { session, app } = await arriveAtServer('/');
    await vi.advanceTimersByTimeAsync(1_803_000);
    await settled();
    expect(session.state().status).toBe('signedIn');
    await vi.advanceTimersByTimeAsync(1_798_000);
    expect(app.asked, 'and it is looked for when that time has come').toBe(2);
    await vi.advanceTimersByTimeAsync(4_000);
    await settled();
    expect(app.asked).toBe(3);
  });

  it('is far away for longer than a timer can wait', async () => {
    const app = new FakeServer();
    app.idle = 100 * 24 * 3600_000;
    await arriveAtServer('/', app);
    await vi.advanceTimersByTimeAsync(3600_000);
    expect(app.asked).toBe(1);
  });

  it('has not come because the server is away, which is asked again', async () => {
    const { session, app } = await arriveAtServer('/');
    app.trouble = away;
    await vi.advanceTimersByTimeAsync(1_803_000);
    await settled();
    expect(session.state().status).toBe('signedIn');
    expect(app.asked, 'and not all the time').toBe(2);
    app.trouble = undefined;
    app.subject = undefined;
    await vi.advanceTimersByTimeAsync(10_000);
    await settled();
    expect(session.state()).toEqual({ status: 'signedOut', reason: 'ended' });
  });

  it('shows when somebody else has signed in, however this tab missed it', async () => {
    const { session, app } = await arriveAtServer('/');
    app.subject = 'b0b';
    await wake();
    expect(session.state()).toEqual({ status: 'signedOut', reason: 'otherAccount' });
  });
});

describe('a call that was refused with 401', () => {
  it('ends the session when there is none', async () => {
    const { session, app } = await arriveAtServer('/');
    app.subject = undefined;
    await expect(session.renewedProof()).rejects.toThrow(NoTokenError);
    expect(session.state()).toEqual({ status: 'signedOut', reason: 'ended' });
  });

  it('may be tried again when there is one', async () => {
    const { session, app } = await arriveAtServer('/');
    expect(await Promise.all([session.renewedProof(), session.renewedProof()])).toEqual([{}, {}]);
    expect(app.asked, 'asked once for both').toBe(2);
  });

  it.each(['session_missing', 'session_expired', 'token_missing', 'token_revoked'])('again as %s ends it, too', async (code) => {
    const { session } = await arriveAtServer('/');
    expect(() => { session.heed(code); }).toThrow(NoTokenError);
    expect(session.state()).toEqual({ status: 'signedOut', reason: 'ended' });
  });

  it.each(['token_audience', undefined])('again as %s is for the person to read', async (code) => {
    const { session } = await arriveAtServer('/');
    session.heed(code);
    expect(session.state().status).toBe('signedIn');
  });
});

describe('signing out', () => {
  it('hides everything, forgets drafts, and leaves for the server\'s sign-out', async () => {
    sessionStorage.setItem('keystead.draft:a11ce:note', 'words');
    const { session, app } = await arriveAtServer('/notes');
    app.held = new Promise((resolve) => { setTimeout(resolve, 1000); });
    const out = app.untilSent(session.signOut);
    expect(session.state()).toEqual({ status: 'starting' });
    await vi.advanceTimersByTimeAsync(1000);
    await out;
    expect(app.sentTo).toEqual(['/auth/logout']);
    expect(JSON.stringify(sessionStorage)).not.toContain('words');
  });

  it('shows that one is signed out, however often the page is loaded, until one signs in', async () => {
    const { session, app } = await arriveAtServer('/');
    await app.untilSent(session.signOut);
    for (let loads = 0; loads < 2; loads++) {
      const back = await arriveAtServer('/', nobody());
      expect(back.session.state()).toEqual({ status: 'signedOut', reason: 'here' });
      expect(back.app.sentTo).toEqual([]);
    }
    const { session: last, app: there } = await arriveAtServer('/', nobody());
    await there.untilSent(last.signIn);
    expect(there.sentTo).toEqual([loginTo('/')]);
    await arriveAtServer('/');
    expect((await arriveAtServer('/', nobody())).app.sentTo, 'and later the login is left for at once').toHaveLength(1);
  });

  it('is not done while the server is away, and is when it is back', async () => {
    const { session, app } = await arriveAtServer('/');
    app.trouble = away;
    await session.signOut();
    expect(session.state()).toEqual({ status: 'failed', failure: { kind: 'notSignedOut' } });
    expect(app.sentTo).toEqual([]);
    app.trouble = undefined;
    await app.untilSent(session.retry);
    expect(app.sentTo).toEqual(['/auth/logout']);
  });

  it.each([['database', 'store_unavailable'], ['realm', 'realm_unavailable']])('is for the server to explain while its %s is away', async (_, code) => {
    const { session, app } = await arriveAtServer('/');
    app.trouble = trouble(503, code);
    await app.untilSent(session.signOut);
    expect(app.sentTo).toEqual(['/auth/logout']);
  });
});

describe('signing in', () => {
  it('does not leave for a server that is away', async () => {
    const { session, app } = await arriveAtServer('/');
    app.subject = undefined;
    await wake();
    app.trouble = away;
    await session.signIn();
    expect(session.state()).toEqual({ status: 'failed', failure: { kind: 'serverAway' } });
    app.trouble = undefined;
    await app.untilSent(session.retry);
    expect(app.sentTo).toEqual([loginTo('/')]);
  });
});

describe('the other tabs', () => {
  it('sign out, too, at once, and say so when they load anew', async () => {
    const browser = new FakeBrowser();
    const here = await arriveAtServer('/', new FakeServer(), browser);
    const there = await arriveAtServer('/', new FakeServer(), browser);
    await here.app.untilSent(here.session.signOut);
    expect(there.session.state()).toEqual({ status: 'signedOut', reason: 'elsewhere' });
    await expect(there.session.proof()).rejects.toThrow(NoTokenError);
    const { asked } = there.app;
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(there.app.asked, 'and nothing stirs any more').toBe(asked);
    expect((await arriveAtServer('/', nobody(), browser)).session.state()).toEqual({ status: 'signedOut', reason: 'here' });
  });

  it('sign out, too, while they are still on their way in', async () => {
    const browser = new FakeBrowser();
    const app = new FakeServer();
    app.held = Promise.resolve().then(() => { browser.openTab().tell({ kind: 'signedOut', subject: 'a11ce' }); });
    expect((await arriveAtServer('/', app, browser)).session.state()).toEqual({ status: 'signedOut', reason: 'elsewhere' });
  });

  it('notice that somebody else signed in', async () => {
    const browser = new FakeBrowser();
    const alice = await arriveAtServer('/', new FakeServer(), browser);
    const bob = await arriveAtServer('/', new FakeServer('b0b'), browser);
    expect(alice.session.state()).toEqual({ status: 'signedOut', reason: 'otherAccount' });
    expect(bob.session.state()).toMatchObject({ status: 'signedIn', subject: 'b0b' });
  });

  it('do not mind the same person', async () => {
    const browser = new FakeBrowser();
    const first = await arriveAtServer('/', new FakeServer(), browser);
    await arriveAtServer('/', new FakeServer(), browser);
    expect(first.session.state().status).toBe('signedIn');
  });
});
