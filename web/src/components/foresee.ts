import type { Permission } from '../api/permissions';
import { words } from '../texts/operations';

/** What the API would say to a call, and under which condition or for want of what. */
export interface Foreseen {
  allowed: boolean;
  words?: string;
}

const or = new Intl.ListFormat('en', { type: 'disjunction' });

/** Foresees the answer to a call. Parameters of the path without a value in `given` are taken as chosen well. */
export function foresee(permission: Permission, given: Record<string, string> = {}): Foreseen {
  if (!permission.allowed) return { allowed: false, words: permission.missing };
  const limits = Object.entries(permission.where);
  if (limits.length === 0) return { allowed: true };
  return {
    allowed: limits.every(([parameter, values]) => values.includes(given[parameter] ?? values[0] ?? '')),
    words: words.onlyWhere(limits.map(([parameter, values]) => words.is(parameter, or.format(values))).join(words.and)),
  };
}

/** Whether the answer depends on what a call is for: allowed for some values of the path's parameters, refused for all others. */
export function depends(permission: Permission): boolean {
  return permission.allowed && Object.keys(permission.where).length > 0;
}
