// What this tab remembers of the sign-in from one page to the next. Nothing of it is secret.
const leftKey = 'keystead.left';
const tabKey = 'keystead.tab';
const returnsKey = 'keystead.returns';
const actionKey = 'keystead.action';

/** How the realm is asked: by a login that people see, or by a question that is answered without one (`prompt=none`). */
export type Prompt = 'login' | 'none';

/** Notes that the browser is about to leave for the realm. */
export function noteLeaving(prompt: Prompt): void {
  sessionStorage.setItem(leftKey, prompt);
}

/** Whether this tab left for the realm, and how it asked. The note is used up: the next page starts afresh. */
export function takeLeaving(): Prompt | undefined {
  const left = sessionStorage.getItem(leftKey);
  sessionStorage.removeItem(leftKey);
  return left === 'login' || left === 'none' ? left : undefined;
}

/** Notes that the browser is about to leave for something else than a login, such as a new password, by Keycloak's name for it. */
export function noteAction(action: string): void {
  sessionStorage.setItem(actionKey, action);
}

/** For what this tab left. The note is used up, likewise. */
export function takeAction(): string | undefined {
  const action = sessionStorage.getItem(actionKey) ?? undefined;
  sessionStorage.removeItem(actionKey);
  return action;
}

/** What this tab knows: somebody is signed in, the realm said that nobody is, or somebody has just signed out here, with the realm or without. */
export type Known = (typeof known)[number];

const known = ['signedIn', 'nobody', 'signedOut', 'keycloakAway'] as const;

export function remember(known: Known): void {
  sessionStorage.setItem(tabKey, known);
}

export function recall(): Known | undefined {
  const kept = sessionStorage.getItem(tabKey);
  return known.find((one) => one === kept);
}

/** Whether a login with this state began in this browser: keycloak-js keeps a note of each until it is answered, for an hour at most. */
export function wasBegun(state: string): boolean {
  return localStorage.getItem(`kc-callback-${state}`) !== null;
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
