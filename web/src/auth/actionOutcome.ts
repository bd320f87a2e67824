import { takeAction } from './memory';
import type { ActionOutcome } from './state';

const names = { action: 'kc_action', status: 'kc_action_status' } as const;

/** Reads what became of an action that the person was sent to the realm for; undefined where nothing is said of one. */
export function readOutcome(answer: URLSearchParams): ActionOutcome | undefined {
  const status = (['success', 'cancelled', 'error'] as const).find((known) => known === answer.get(names.status));
  return status && { action: answer.get(names.action) ?? '', status };
}

/**
 * Takes the outcome out of this page's query, where the app's server has put it. Anybody can make a link that says such a thing,
 * so it counts only where this tab had left for that action.
 */
export function takeOutcome(): ActionOutcome | undefined {
  const left = takeAction();
  const address = new URL(window.location.href);
  const outcome = readOutcome(address.searchParams);
  if (!Object.values(names).some((name) => address.searchParams.has(name))) return undefined;
  Object.values(names).forEach((name) => { address.searchParams.delete(name); });
  window.history.replaceState(null, '', address);
  return outcome?.action === left ? outcome : undefined;
}
