const linkKey = 'keystead.deepLink';
const returnsKey = 'keystead.returns';

/** Whether a fragment is Keycloak's answer to a login (keycloak-js asks for it in the fragment). */
export function isCallback(hash: string): boolean {
  const answer = new URLSearchParams(hash.replace(/^#/, ''));
  return answer.has('state') && (answer.has('code') || answer.has('error'));
}

/** Whether this is a path of our own. `//host`, `/\host` and `/<tab>/host` would lead elsewhere: an open redirect. */
export function isOwnPath(path: string): boolean {
  return /^\/(?!\/)[^\\\p{Cc}]*$/u.test(path);
}

/** Remembers the address of this page over the login, which always comes back to `/`. */
export function keepDeepLink(): void {
  const { pathname, search, hash } = window.location;
  sessionStorage.setItem(linkKey, pathname + search + hash);
}

/** Puts the remembered address back, without a new entry in the history. */
export function restoreDeepLink(): void {
  const link = sessionStorage.getItem(linkKey) ?? '/';
  sessionStorage.removeItem(linkKey);
  window.history.replaceState(null, '', isOwnPath(link) ? link : '/');
}

/** Counts a return from Keycloak that has not led anywhere yet; true when there were too many in a row. */
export function returnsInCircles(): boolean {
  const returns = Number(sessionStorage.getItem(returnsKey) ?? 0) + 1;
  sessionStorage.setItem(returnsKey, String(returns));
  return returns > 3;
}

/** Starts the count again. */
export function forgetReturns(): void {
  sessionStorage.removeItem(returnsKey);
}
