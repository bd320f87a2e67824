import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { callbackHash, FakeKeycloak } from '../test/fakeKeycloak';
import { FakeBrowser } from '../test/fakeTabs';
import { Tokens } from './tokens';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  window.history.replaceState(null, '', `/${callbackHash}`);
});
afterEach(() => {
  vi.clearAllTimers();
  vi.useRealTimers();
});

async function tokensOf(keycloak = new FakeKeycloak(), tab = new FakeBrowser().openTab()) {
  await keycloak.init();
  return { keycloak, tokens: new Tokens(keycloak, tab) };
}

function sleep(seconds: number) {
  vi.setSystemTime(Date.now() + seconds * 1000);
}

describe('a refresh that is due', () => {
  it.each([[300, 269, 0], [300, 271, 1], [20, 9, 0], [20, 11, 1]])('of a token of %i s is after %i s done %i times', async (lifetime, age, refreshes) => {
    const { tokens, keycloak } = await tokensOf(new FakeKeycloak(lifetime));
    sleep(age);
    await tokens.refresh();
    expect(keycloak.refreshes).toBe(refreshes);
  });

  it('is done once for callers at the same time', async () => {
    const { tokens, keycloak } = await tokensOf(new FakeKeycloak(), { ...new FakeBrowser().openTab(), exclusively: (work) => work() }); // no help from a lock
    sleep(280);
    await Promise.all(Array.from({ length: 50 }, () => tokens.refresh()));
    expect(keycloak.refreshes).toBe(1);
    expect(tokens.current).toBe('token-1');
  });

  it('waits for its turn among the tabs', async () => {
    const browser = new FakeBrowser();
    const first = await tokensOf(new FakeKeycloak(), browser.openTab());
    const second = await tokensOf(new FakeKeycloak(), browser.openTab());
    let answer: (value?: unknown) => void = () => undefined;
    first.keycloak.held = new Promise((resolve) => { answer = resolve; });
    sleep(280);
    const both = Promise.all([first.tokens.refresh(), second.tokens.refresh()]);
    await vi.advanceTimersByTimeAsync(1000);
    expect([first.keycloak.refreshes, second.keycloak.refreshes]).toEqual([1, 0]);
    answer();
    await both;
    expect([first.keycloak.refreshes, second.keycloak.refreshes]).toEqual([1, 1]);
  });

  it('is looked at again once its turn has come', async () => {
    const browser = new FakeBrowser();
    const { keycloak, tokens } = await tokensOf(new FakeKeycloak(), browser.openTab());
    let go: () => void = () => undefined;
    void browser.openTab().exclusively(() => new Promise((resolve) => { go = resolve; }));
    sleep(280);
    const refreshed = tokens.refresh();
    await vi.advanceTimersByTimeAsync(1000);
    tokens.close();
    go();
    await refreshed;
    expect(keycloak.refreshes).toBe(0);
  });
});

describe('waiting', () => {
  it('is short while the token holds, and then Keycloak may rest', async () => {
    const { tokens, keycloak } = await tokensOf();
    keycloak.keycloak = 'silent';
    sleep(280);
    const first = tokens.refresh();
    await vi.advanceTimersByTimeAsync(5_000);
    await first;
    await tokens.refresh(); // at once
    expect(keycloak.refreshes).toBe(1);
    expect(tokens.holds).toBe(true);
  });

  it('ends when the browser gives no lock', async () => {
    const { tokens } = await tokensOf(new FakeKeycloak(), { ...new FakeBrowser().openTab(), exclusively: () => Promise.reject(new DOMException('', 'AbortError')) });
    sleep(280);
    await tokens.refresh();
    expect(tokens.current).toBe('token-0');
  });

  it('has an end when the token does not hold either', async () => {
    const { tokens, keycloak } = await tokensOf();
    keycloak.keycloak = 'silent';
    sleep(301);
    const refreshed = tokens.refresh();
    await vi.advanceTimersByTimeAsync(15_000);
    await refreshed;
    expect(tokens.holds).toBe(false);
  });

  it('for Keycloak to rest ends when the page wakes up', async () => {
    const { tokens, keycloak } = await tokensOf();
    keycloak.keycloak = 'away';
    sleep(280);
    await tokens.refresh();
    await tokens.refresh();
    expect(keycloak.refreshes).toBe(1);
    tokens.wake();
    await tokens.refresh();
    expect(keycloak.refreshes).toBe(2);
  });
});

describe('a token that the API refused', () => {
  it('is renewed although the clock was set back meanwhile', async () => {
    const { tokens } = await tokensOf();
    await tokens.refresh('token-0');
    sleep(-3600);
    await tokens.refresh('token-1');
    expect(tokens.current).toBe('token-2');
  });

  it('is renewed although it holds', async () => {
    const { tokens } = await tokensOf();
    await tokens.refresh('token-0');
    expect(tokens.current).toBe('token-1');
  });

  it('is renewed once for callers at the same time, and not when another one is there', async () => {
    const { tokens, keycloak } = await tokensOf();
    await Promise.all(Array.from({ length: 50 }, () => tokens.refresh('token-0')));
    await tokens.refresh('token-0');
    expect(keycloak.refreshes).toBe(1);
  });

  it('is not renewed again and again for an API that takes none', async () => {
    const { tokens, keycloak } = await tokensOf();
    await tokens.refresh('token-0');
    await tokens.refresh('token-1');
    expect(keycloak.refreshes).toBe(1);
    sleep(10);
    await tokens.refresh('token-1');
    expect(keycloak.refreshes).toBe(2);
  });
});

describe('the end', () => {
  it.each(['session ended', 'client refused'] as const)('has come when Keycloak says so: %s', async (keycloakState) => {
    const { tokens, keycloak } = await tokensOf();
    keycloak.keycloak = keycloakState;
    sleep(280);
    await tokens.refresh();
    expect(tokens.current).toBeUndefined();
  });

  it.each([
    ['a proxy', new Response('<h1>Not found</h1>', { status: 404 })],
    ['a patient realm', Response.json({ error: 'slow_down' }, { status: 429 })],
    ['a hasty proxy', Response.json({ error: 'timeout' }, { status: 408 })],
    ['an ailing realm', Response.json({ error: 'unknown_error' }, { status: 500 })],
  ])('has not come because of what %s says', async (_, refusal) => {
    const { tokens, keycloak } = await tokensOf();
    keycloak.keycloak = 'client refused';
    keycloak.refusal = refusal;
    sleep(280);
    await tokens.refresh();
    expect(tokens.current).toBe('token-0');
  });

  it('has not come because Keycloak is away', async () => {
    const { tokens, keycloak } = await tokensOf();
    keycloak.keycloak = 'away';
    sleep(400);
    await tokens.refresh();
    expect(tokens.current).toBe('token-0');
  });

  it('has come when Keycloak is away and the session was idle for too long', async () => {
    const { tokens, keycloak } = await tokensOf();
    keycloak.keycloak = 'away';
    sleep(1801);
    await tokens.refresh();
    expect(tokens.current).toBeUndefined();
  });

  it('comes with the access token where there are no refresh tokens', async () => {
    const { tokens, keycloak } = await tokensOf();
    delete keycloak.refreshToken;
    await tokens.refresh('token-0');
    expect(tokens.current).toBe('token-0');
    sleep(301);
    await tokens.refresh();
    expect(tokens.current).toBeUndefined();
  });
});
