/** What Swagger UI leaves at its window as `swaggerUIRedirectOauth2` while somebody signs in in another one. */
export interface PendingLogin {
  state?: string;
  redirectUrl: string;
  auth: { name: string; code?: string };
  callback: (answer: { auth: PendingLogin['auth']; redirectUrl: string }) => void;
  errCb: (problem: { authId: string; source: 'auth'; level: 'error'; message: string }) => void;
}

/**
 * Hands the realm's answer, which stands in this window's address, to the window that asked for it. Returns undefined
 * when that window was told, be it good or bad, or else a sentence for who looks at this one.
 */
export function handOver(address: string, opener: unknown): string | undefined {
  const answer = new URL(address).searchParams;
  if (!answer.has('code') && !answer.has('error')) return 'There is nothing to do here: this address carries no answer of a realm.';
  const login = pendingLogin(opener);
  if (!login) return 'The window that asked for this sign-in is gone, or has moved on. Press "Authorize" there once more.';

  const problem = problemOf(answer, login);
  if (problem !== undefined) {
    login.errCb({ authId: login.auth.name, source: 'auth', level: 'error', message: problem });
    return undefined;
  }
  delete login.state; // an answer counts once
  login.auth.code = answer.get('code') ?? '';
  login.callback({ auth: login.auth, redirectUrl: login.redirectUrl });
  return undefined;
}

function problemOf(answer: URLSearchParams, login: PendingLogin): string | undefined {
  // Before all else: anybody can send a browser here with a code of their own, to have it work as somebody else.
  if (login.state === undefined || answer.get('state') !== login.state) return 'The answer belongs to another sign-in: its state differs. Nothing was taken from it.';

  const error = answer.get('error');
  if (error !== null) return `The realm refused the sign-in: ${answer.get('error_description') ?? error}`;
  return answer.get('code') ? undefined : 'The realm answered without a code.';
}

function pendingLogin(opener: unknown): PendingLogin | undefined {
  try {
    if (typeof opener !== 'object' || opener === null || !('swaggerUIRedirectOauth2' in opener)) return undefined;
    return isPendingLogin(opener.swaggerUIRedirectOauth2) ? opener.swaggerUIRedirectOauth2 : undefined;
  } catch {
    return undefined; // it went to another site, where we may not look
  }
}

function isPendingLogin(value: unknown): value is PendingLogin {
  return typeof value === 'object' && value !== null
    && 'redirectUrl' in value && typeof value.redirectUrl === 'string'
    && 'auth' in value && typeof value.auth === 'object' && value.auth !== null && 'name' in value.auth
    && 'callback' in value && typeof value.callback === 'function'
    && 'errCb' in value && typeof value.errCb === 'function';
}
