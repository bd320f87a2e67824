import { useQuery } from '@tanstack/react-query';
import type { TokenTimes } from '../auth/state';
import { useAuth } from '../auth/useAuth';
import { type Members, boolean, dictionary, optionalText, record, text, texts, time } from '../parse';
import { useApi } from './ApiProvider';
import { read } from './client';
import type { components } from './schema';

/** The caller, as the API sees them. */
export interface Me {
  sub: string;
  name: string; // the friendliest name at hand
  fullName?: string;
  username?: string;
  email?: string;
  emailVerified: boolean;
  roles: string[];
  clientRoles: Record<string, string[]>;
  groups: string[];
  scopes: string[];
  issuedAt: Date;
  expiresAt: Date;
}

/** Who the caller is. Asked once for the frame and all pages. */
export function useMe() {
  const { operations } = useApi();
  return useQuery({ queryKey: ['me'], queryFn: ({ signal }) => read(operations.GET('/api/me', { signal }), parseMe) });
}

/**
 * The times of the access token by this browser's clock: of the one in this page, or, where the app's server keeps it, of the one
 * that the API has read last for the person.
 */
export function useTokenTimes(): TokenTimes | undefined {
  const { state } = useAuth();
  const { data: me } = useMe();
  if (state.status !== 'signedIn') return undefined;
  if (state.times.token !== undefined || me === undefined) return state.times.token;
  const local = (time: Date) => time.getTime() + (state.clockSkew ?? 0) * 1000;
  return { issuedAt: local(me.issuedAt), expiresAt: local(me.expiresAt) };
}

/** Checks the answer's shape. A token may come without names. */
export function parseMe(body: unknown): Me {
  const me: Members<keyof components['schemas']['Me']> = record(body, 'me');
  const sub = text(me, 'sub');
  const fullName = optionalText(me, 'name');
  const username = optionalText(me, 'username');
  const email = optionalText(me, 'email');
  return {
    sub,
    name: optionalText(me, 'given_name') ?? fullName ?? username ?? sub,
    ...(fullName !== undefined && { fullName }),
    ...(username !== undefined && { username }),
    ...(email !== undefined && { email }),
    emailVerified: boolean(me, 'email_verified'),
    roles: texts(me, 'roles'),
    clientRoles: dictionary(record(me.client_roles ?? {}, '"client_roles"'), texts),
    groups: texts(me, 'groups'),
    scopes: texts(me, 'scopes'),
    issuedAt: time(me, 'issued_at'),
    expiresAt: time(me, 'expires_at'),
  };
}
