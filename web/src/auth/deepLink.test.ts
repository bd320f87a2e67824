import { describe, expect, it } from 'vitest';
import { forgetReturns, isCallback, isOwnPath, keepDeepLink, restoreDeepLink, returnsInCircles } from './deepLink';

describe('isOwnPath', () => {
  it.each(['', 'try', '//evil.example', '///evil.example', '/\\evil.example', '/a\\b', '/\t/evil.example', '/\n/evil.example', 'https://evil.example/', 'javascript:alert(1)'])('refuses %j', (path) => {
    expect(isOwnPath(path)).toBe(false);
  });

  it.each(['/', '/try', '/try?next=//evil.example', '/a//b', '/try#part', '/admin/reports?from=ä'])('takes %j', (path) => {
    expect(isOwnPath(path)).toBe(true);
  });
});

describe('isCallback', () => {
  it.each(['', '#', '#part', '#state=x', '#code=x', '#error=x'])('is not %j', (hash) => {
    expect(isCallback(hash)).toBe(false);
  });

  it.each(['#state=x&code=y', '#error=access_denied&state=x&iss=z'])('is %j', (hash) => {
    expect(isCallback(hash)).toBe(true);
  });
});

describe('the deep link', () => {
  it('leads home when something foreign was stored', () => {
    sessionStorage.setItem('keystead.deepLink', '//evil.example/');
    restoreDeepLink();
    expect(window.location.href).toBe('http://localhost:8000/');
  });

  it('comes back whole, once, and without a new entry in the history', () => {
    window.history.replaceState(null, '', '/try?message=a%20b#part');
    keepDeepLink();
    window.history.replaceState(null, '', '/');
    const entries = window.history.length;
    restoreDeepLink();
    expect(window.location.href).toBe('http://localhost:8000/try?message=a%20b#part');
    expect(window.history.length).toBe(entries);
    restoreDeepLink();
    expect(window.location.pathname).toBe('/');
  });
});

it('notices the fourth return in a row', () => {
  expect([returnsInCircles(), returnsInCircles(), returnsInCircles(), returnsInCircles()]).toEqual([false, false, false, true]);
  forgetReturns();
  expect(returnsInCircles()).toBe(false);
});
