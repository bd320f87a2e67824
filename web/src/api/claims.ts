import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { SignedIn, TokenTimes } from '../auth/state';
import { useAuth } from '../auth/useAuth';
import { record } from '../parse';
import { useApi } from './ApiProvider';
import { read } from './client';

/** Members of a token's header or payload, in the order that the token has them. */
export type Claims = Readonly<Record<string, unknown>>;

/** A token as it can be read without any key: what it says, or that it says nothing to us. Where the API read it, it hands on the claims alone. */
export type ReadToken = { header?: Claims; claims: Claims } | undefined;

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

/**
 * What the access token says, and after each renewal what the new one says. The token itself is not kept. Where it is not in this
 * page, the API says what it has read in it.
 */
export function useReadToken() {
  const { state, freshToken } = useAuth();
  const { operations } = useApi();
  const times = state.status === 'signedIn' ? state.times.token : undefined;
  return useQuery({
    queryKey: ['token', times?.issuedAt, times?.expiresAt], // another one with every token
    queryFn: async ({ signal }): Promise<{ read: ReadToken }> => ({
      read: freshToken === undefined
        ? { claims: await read(operations.GET('/secured', { signal }), parseClaims) }
        : readToken(await freshToken()),
    }),
    placeholderData: keepPreviousData,
    gcTime: 0,
  });
}

function parseClaims(body: unknown): Claims {
  return record(record(body, 'the answer').claims, '"claims"');
}

/** When a token was issued and expires, and when its owner had signed in, in milliseconds by this browser's clock. */
export interface ClaimedTimes extends TokenTimes {
  signedInAt?: number;
}

/** The times that a token names. This clock is known to the second where the token is in this page, and else as far as it is clearly off. */
export function claimedTimes({ iat, exp, auth_time }: Claims, { times: { token, signedInAt }, clockSkew = 0 }: SignedIn): ClaimedTimes {
  if (token) return { ...token, ...(signedInAt !== undefined && { signedInAt }) };
  const local = (seconds: unknown) => (typeof seconds === 'number' ? (seconds + clockSkew) * 1000 : 0);
  return { issuedAt: local(iat), expiresAt: local(exp), ...(auth_time !== undefined && { signedInAt: local(auth_time) }) };
}
