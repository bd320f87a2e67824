const linkKey = 'keystead.deepLink';

/** Whether this is a path of our own. `//host`, `/\host` and `/<tab>/host` would lead elsewhere: an open redirect. */
export function isOwnPath(path: string): boolean {
  return /^\/(?!\/)[^\\\p{Cc}]*$/u.test(path);
}

/** The address of this page within the app. */
export function here(): string {
  const { pathname, search, hash } = window.location;
  return pathname + search + hash;
}

/** Remembers the address of this page over the login, which always comes back to `/`. */
export function keepDeepLink(): void {
  sessionStorage.setItem(linkKey, here());
}

/** Where the person will be once they are signed in. */
export function destination(): string {
  try {
    const link = sessionStorage.getItem(linkKey);
    if (link !== null && isOwnPath(link)) return link;
  } catch { /* a browser that blocks storage; the session says so */ }
  return window.location.pathname;
}

/** Forgets the remembered address. */
export function forgetDeepLink(): void {
  sessionStorage.removeItem(linkKey);
}

/** Puts the remembered address back, without a new entry in the history. */
export function restoreDeepLink(): void {
  const link = sessionStorage.getItem(linkKey) ?? '/';
  sessionStorage.removeItem(linkKey);
  window.history.replaceState(null, '', isOwnPath(link) ? link : '/');
}
