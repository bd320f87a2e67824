import { describe, expect, it } from 'vitest';
import { isOwnPath, keepDeepLink, restoreDeepLink } from './deepLink';

describe('isOwnPath', () => {
  it.each(['/', '/notes', '/notes?a=b#c', '/grüße'])('takes %s', (path) => { expect(isOwnPath(path)).toBe(true); });

  it.each(['', 'notes', '//evil.example', '/\\evil.example', '/\tevil', 'https://evil.example/', 'javascript:alert(1)'])('refuses %j', (path) => {
    expect(isOwnPath(path)).toBe(false);
  });
});

describe('the deep link', () => {
  it('comes back with query and fragment, and only once', () => {
    window.history.replaceState(null, '', '/notes?a=b#c');
    keepDeepLink();
    window.history.replaceState(null, '', '/#state=s&code=c');
    const entries = window.history.length;
    restoreDeepLink();
    expect(window.location.href).toBe('http://localhost:8000/notes?a=b#c');
    expect(window.history.length).toBe(entries);
    restoreDeepLink();
    expect(window.location.pathname).toBe('/');
  });

  it('leads nowhere else, whatever stands in the storage', () => {
    sessionStorage.setItem('keystead.deepLink', '//evil.example');
    restoreDeepLink();
    expect(window.location.href).toBe('http://localhost:8000/');
  });
});
