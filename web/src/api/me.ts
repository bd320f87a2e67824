import { type Members, dictionary, optionalText, record, text, texts } from '../parse';
import { getJSON, type TokenSource } from './client';
import type { components } from './schema';

/** The caller, as the API sees them. */
export interface Me {
  sub: string;
  name: string; // the friendliest name at hand
  fullName?: string;
  username?: string;
  email?: string;
  roles: string[];
  clientRoles: Record<string, string[]>;
  groups: string[];
  scopes: string[];
}

/** Asks the API who the caller is. */
export function showMe(token: TokenSource, signal?: AbortSignal): Promise<Me> {
  return getJSON(token, '/api/me', parseMe, signal);
}

/** Checks the answer's shape. Only `sub` and `roles` are certain. */
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
    roles: texts(me, 'roles'),
    clientRoles: dictionary(record(me.client_roles ?? {}, '"client_roles"'), texts),
    groups: texts(me, 'groups'),
    scopes: texts(me, 'scopes'),
  };
}
