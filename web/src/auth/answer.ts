import { readOutcome } from './actionOutcome';
import type { ActionOutcome } from './state';

/** What the realm sent the browser back with, as far as the session looks at it; the code is for keycloak-js alone. */
export interface Answer {
  issuer?: string;
  refusal?: Refusal;
  outcome?: ActionOutcome;
}

/** An error of the authorization endpoint (RFC 6749 §4.1.2.1). */
export interface Refusal {
  error: string;
  error_description?: string;
}

/**
 * Reads the realm's answer out of the address. It stands in the fragment, as keycloak-js asks for it; an error may come in the
 * query all the same, when the realm could not read that far. Anybody can make a link that looks like an answer, so it counts
 * only where the login with its state `wasBegun` here (RFC 6749 §10.12): nothing of another one is used, or shown.
 */
export function readAnswer({ pathname, search, hash }: Location, wasBegun: (state: string) => boolean): Answer | 'foreign' | undefined {
  const fragment = new URLSearchParams(hash.replace(/^#/, ''));
  const state = fragment.get('state');
  if (state !== null && (fragment.has('code') || fragment.has('error'))) return wasBegun(state) ? read(fragment) : 'foreign';
  const query = new URLSearchParams(search);
  return pathname === '/' && query.has('error') && wasBegun(query.get('state') ?? '') ? read(query) : undefined;
}

/** Whether an error says no more than that nobody can be signed in without being asked (OpenID Connect Core §3.1.2.6). */
export function meansNobody({ error }: Refusal): boolean {
  return ['login_required', 'interaction_required', 'consent_required', 'account_selection_required'].includes(error);
}

function read(answer: URLSearchParams): Answer {
  const [issuer, error, description] = ['iss', 'error', 'error_description'].map((name) => answer.get(name) ?? undefined);
  const outcome = readOutcome(answer);
  return {
    ...(issuer !== undefined && { issuer }),
    ...(error !== undefined && { refusal: { error, ...(description !== undefined && { error_description: description }) } }),
    ...(outcome && { outcome }),
  };
}
