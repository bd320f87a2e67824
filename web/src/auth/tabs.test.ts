import { afterEach, describe, expect, it, vi } from 'vitest';
import { settings } from '../test/fakeKeycloak';
import { joinTabs } from './tabs';

/** A channel that hands messages on at once, to those of the same name. */
class FakeChannel extends EventTarget {
  static open: FakeChannel[] = [];
  constructor(readonly name: string) {
    super();
    FakeChannel.open.push(this);
  }
  postMessage(data: unknown) {
    FakeChannel.open.filter((other) => other !== this && other.name === this.name).forEach((other) => other.dispatchEvent(new MessageEvent('message', { data })));
  }
}

afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(navigator, 'locks');
});

describe('messages', () => {
  it('reach the tabs of the same client and realm only', () => {
    vi.stubGlobal('BroadcastChannel', FakeChannel);
    const [here, there, other] = [joinTabs(settings), joinTabs(settings), joinTabs({ ...settings, clientID: 'another' })];
    const heard = vi.fn();
    const misheard = vi.fn();
    there.listen(heard);
    [here, other].forEach((tab) => { tab.listen(misheard); });
    here.tell({ kind: 'signedOut', subject: 'a' });
    expect(heard).toHaveBeenCalledExactlyOnceWith({ kind: 'signedOut', subject: 'a' });
    expect(misheard).not.toHaveBeenCalled();
  });

  it.each([undefined, 'signedOut', { kind: 'signedOut' }, { kind: 'other', subject: 'a' }])('are left alone when they are %j', (data) => {
    vi.stubGlobal('BroadcastChannel', FakeChannel);
    const heard = vi.fn();
    joinTabs(settings).listen(heard);
    new FakeChannel(FakeChannel.open.at(-1)?.name ?? '').postMessage(data);
    expect(heard).not.toHaveBeenCalled();
  });

  it('are not needed', () => {
    vi.stubGlobal('BroadcastChannel', undefined);
    Reflect.deleteProperty(globalThis, 'BroadcastChannel');
    const tabs = joinTabs(settings);
    tabs.listen(() => undefined);
    expect(() => { tabs.tell({ kind: 'signedOut', subject: 'a' }); }).not.toThrow();
  });
});

describe('exclusive work', () => {
  it('holds the lock of the client and its realm', async () => {
    const request = vi.fn((_: string, work: () => Promise<void>) => work());
    Object.defineProperty(navigator, 'locks', { value: { request }, configurable: true });
    const work = vi.fn(() => Promise.resolve());
    await joinTabs(settings).exclusively(work);
    expect(request).toHaveBeenCalledExactlyOnceWith('keystead http://localhost:8080/realms/demo demo', work);
    expect(work).toHaveBeenCalledOnce();
  });

  it('is done without a lock where browsers have none', async () => {
    const work = vi.fn(() => Promise.resolve());
    await joinTabs(settings).exclusively(work);
    expect(work).toHaveBeenCalledOnce();
  });
});
