import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useAuth } from '../auth/useAuth';
import { record } from '../parse';

/** Members of a token's header or payload, in the order that the token has them. */
export type Claims = Readonly<Record<string, unknown>>;

/** A token as it can be read without any key: what it says, or that it says nothing to us. */
export type ReadToken = { header: Claims; claims: Claims } | undefined;

/**
 * Reads what a signed token says (RFC 7515 §3.1, RFC 7519 §3). Its signature is not looked at, so this is for explaining only:
 * what the person may do comes from the API. Gives undefined for a token that is opaque or encrypted.
 */
export function readToken(token: string): ReadToken {
  const [header, payload, ...rest] = token.split('.');
  if (header === undefined || payload === undefined || rest.length !== 1) return undefined;
  try {
    return { header: readPart(header), claims: readPart(payload) };
  } catch {
    return undefined;
  }
}

function readPart(base64url: string): Claims {
  const bytes = Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
  const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  return record(value, 'the token');
}

/**
 * Whether Keycloak left most claims out of a token. It says so itself: the third and fourth letter of the token's id are its
 * kind. Whatever lacks both whose and for whom it is reads the same to a person.
 */
export function isLightweight({ jti, sub, aud }: Claims): boolean {
  return (typeof jti === 'string' && /^..lt..:/.test(jti)) || (sub === undefined && aud === undefined);
}

/** What the access token says, and after each renewal what the new one says. The token itself is not kept. */
export function useReadToken() {
  const { state, freshToken } = useAuth();
  const times = state.status === 'signedIn' ? state.times : undefined;
  return useQuery({
    queryKey: ['token', times?.issuedAt, times?.expiresAt], // another one with every token
    queryFn: async () => ({ read: readToken(await freshToken()) }),
    placeholderData: keepPreviousData,
    gcTime: 0,
  });
}
