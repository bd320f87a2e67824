import { type Members, boolean, dictionary, optionalText, record, records, text, texts } from '../parse';
import { getJSON, type TokenSource } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];

/** An operation of the API, and what it would say if the caller used it now. */
export type Permission = Operation & (
  | { allowed: true; where: Record<string, string[]> } // for a parameter of the path, the only values that are allowed
  | { allowed: false; missing: string }
);

interface Operation {
  operation: string; // its id, such as "showReport"
  method: string;
  path: string; // with parameters in braces
  summary: string;
  open: boolean; // it needs no token, so there is nothing to be allowed
}

/** Asks the API what the caller may do, so that nothing here has to know how it decides. */
export function showPermissions(token: TokenSource, signal?: AbortSignal): Promise<Permission[]> {
  return getJSON(token, '/api/me/permissions', parsePermissions, signal);
}

/** Checks the answer's shape. What the API does not clearly allow counts as refused or makes the answer unusable. */
export function parsePermissions(body: unknown): Permission[] {
  const answer: Members<keyof Schemas['Permissions']> = record(body, 'permissions');
  return records(answer, 'operations').map((permission: Members<keyof Schemas['Permission']>) => {
    const operation = {
      operation: text(permission, 'operation'),
      method: text(permission, 'method'),
      path: text(permission, 'path'),
      summary: text(permission, 'summary'),
      open: permission.open === true,
    };
    return boolean(permission, 'allowed')
      ? { ...operation, allowed: true, where: dictionary(record(permission.where ?? {}, '"where"'), texts) }
      : { ...operation, allowed: false, missing: optionalText(permission, 'missing') ?? `Requires ${text(permission, 'requires')}` };
  });
}
