import { optionalText, record } from '../parse';
import type { Settings } from '../environment';
import { realmURL } from './keycloak';
import { words } from '../texts/auth';
import { unforeseen } from './unforeseen';
import type { Failure } from './state';

const patience = 8_000;

/** Asks the realm whether it is there, before the browser is sent to a dead address. Undefined means that it is. */
export async function probeRealm(settings: Settings): Promise<Failure | undefined> {
  const url = `${realmURL(settings)}/.well-known/openid-configuration`;
  const ask = (mode: RequestMode) => fetch(url, { mode, credentials: 'omit', cache: 'no-store', signal: AbortSignal.timeout(patience) });
  try {
    const { ok, status, body } = await ask('cors');
    void body?.cancel(); // that it answers is enough; an answer left unread keeps the connection busy
    if (ok) return undefined;
    return status === 404 ? { kind: 'realmMissing' } : { kind: 'unreachable', status };
  } catch (thrown) {
    // Keycloak lets every origin read a realm's discovery, but nobody its 404: an answer that can only be had unread is one.
    const unread = thrown instanceof TypeError && (await ask('no-cors').then(() => true, () => false));
    return { kind: unread ? 'realmMissing' : 'unreachable' };
  }
}

/**
 * Asks whether this page may read the token endpoint's answers, with a code that is none: to an origin that the client does not list
 * Keycloak refuses that, and hides the refusal.
 */
async function mayReadTokens(settings: Settings): Promise<boolean> {
  const body = new URLSearchParams({ grant_type: 'authorization_code', client_id: settings.clientID, code: 'none', redirect_uri: window.location.origin });
  const endpoint = new Request(`${realmURL(settings)}/protocol/openid-connect/token`, { method: 'POST', body, signal: AbortSignal.timeout(patience) });
  return fetch(endpoint).then(({ status }) => status !== 403, () => false);
}

/**
 * Says what made the login fail. keycloak-js throws Keycloak's `error` as it came back, or an error that holds the token
 * endpoint's response, or what fetch and JSON.parse throw: then Keycloak is away, or something between gave an answer that is none
 * or broke it off, or Keycloak does not know this origin and hides its answer.
 */
export async function explain(thrown: unknown, settings: Settings): Promise<Failure> {
  if (thrown instanceof DOMException && thrown.name === 'TimeoutError') return { kind: 'unreachable' };
  if (thrown instanceof SyntaxError) return { kind: 'unreachable', garbled: true };
  if (thrown instanceof TypeError) return (await probeRealm(settings)) ?? ((await mayReadTokens(settings)) ? { kind: 'unreachable' } : { kind: 'webOrigin' });
  if (thrown instanceof Error && 'response' in thrown && thrown.response instanceof Response) {
    if (thrown.response.status >= 500) return { kind: 'unreachable', status: thrown.response.status };
    return clientRefusal(thrown.response) ?? refusal(await thrown.response.json().catch(() => undefined)) ?? { kind: 'unexpected', message: words.answeredWith(thrown.response.status) };
  }
  return refusal(thrown) ?? unforeseen(thrown);
}

/** A 401 of the token endpoint: it wants the client to prove itself (RFC 6749 §5.2), which only a confidential one can. */
function clientRefusal({ status }: Response): Failure | undefined {
  return status === 401 ? { kind: 'clientAuthentication' } : undefined;
}

function refusal(answer: unknown): Failure | undefined {
  if (typeof answer !== 'object' || answer === null || answer instanceof Error) return undefined;
  const fields = record(answer, 'answer');
  const error = optionalText(fields, 'error');
  const description = optionalText(fields, 'error_description');
  if (error === 'Invalid origin') return { kind: 'webOrigin' };
  if (error === 'unauthorized_client') return { kind: 'standardFlow' };
  if (description !== undefined && /\bPKCE\b|code.(challenge|verifier)/i.test(description)) return { kind: 'pkce', description };
  return error === undefined ? undefined : { kind: 'refused', error, ...(description !== undefined && { description }) };
}
