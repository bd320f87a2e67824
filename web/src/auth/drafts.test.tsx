import { act, renderHook } from '@testing-library/react';
import type { ReactNode } from 'react';
import { describe, expect, it } from 'vitest';
import { callbackHash, FakeKeycloak, settings } from '../test/fakeKeycloak';
import { FakeBrowser } from '../test/fakeTabs';
import { AuthProvider } from './AuthProvider';
import { useDraft } from './drafts';
import { KeycloakSession } from './keycloakSession';

async function open(name = 'note', subject = 'a11ce', browser = new FakeBrowser()) {
  window.history.replaceState(null, '', `/${callbackHash}`);
  const keycloak = new FakeKeycloak();
  keycloak.subject = subject;
  const session = new KeycloakSession(settings, keycloak, browser.openTab());
  await session.start();
  const hook = renderHook((named: string) => useDraft(named), {
    initialProps: name,
    wrapper: ({ children }: { children: ReactNode }) => <AuthProvider session={session}>{children}</AuthProvider>,
  });
  return {
    keycloak, session, browser,
    draft: () => hook.result.current[0],
    type: (text: string | undefined) => { act(() => { hook.result.current[1](text); }); },
    rename: hook.rerender,
    close: hook.unmount,
  };
}

describe('a draft', () => {
  it('is there after a reload', async () => {
    const page = await open();
    expect(page.draft()).toBeUndefined();
    page.type('hello');
    expect(page.draft()).toBe('hello');
    page.close();
    expect((await open()).draft()).toBe('hello');
  });

  it('is gone once it is saved', async () => {
    const page = await open();
    page.type('hello');
    page.type(undefined);
    expect(page.draft()).toBeUndefined();
    page.close();
    expect((await open()).draft()).toBeUndefined();
  });

  it('belongs to its name', async () => {
    const page = await open('note:1');
    page.type('one');
    page.rename('note:2');
    expect(page.draft()).toBeUndefined();
    page.rename('note:1');
    expect(page.draft()).toBe('one');
  });

  it('is kept when the realm ends the session, and comes back with the same person', async () => {
    const page = await open();
    page.type('hello');
    act(() => { page.keycloak.clearToken(); });
    expect(page.draft()).toBeUndefined();
    page.type('too late');
    page.close();
    expect((await open()).draft()).toBe('hello');
  });

  it('is never shown to another person, and gone once another one was here', async () => {
    (await open()).type('of alice');
    expect((await open('note', 'b0b')).draft()).toBeUndefined();
    expect((await open()).draft()).toBeUndefined();
  });

  it('of one subject does not pass for that of a longer one', async () => {
    (await open('b:note', 'a')).type('of a');
    expect((await open('note', 'a:b')).draft()).toBeUndefined();
    expect(JSON.stringify(sessionStorage)).not.toContain('of a');
  });

  it('is removed by a sign-out here', async () => {
    const { type, session } = await open();
    type('secret');
    await act(() => session.signOut());
    expect(JSON.stringify(sessionStorage)).not.toContain('secret');
  });

  it('is removed by a sign-out in another tab', async () => {
    const { type, browser } = await open();
    type('secret');
    act(() => { browser.openTab().tell({ kind: 'signedOut', subject: 'a11ce' }); });
    expect(JSON.stringify(sessionStorage)).not.toContain('secret');
  });

  it('that the browser has no room for is not kept by halves', async () => {
    const { draft, type } = await open();
    type('short');
    type('x'.repeat(6_000_000));
    expect(draft()).toHaveLength(6_000_000);
    expect((await open()).draft()).toBeUndefined();
  });
});
