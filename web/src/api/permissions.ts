import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { type Members, boolean, dictionary, optionalText, record, records, text, texts } from '../parse';
import { useApi } from './ApiProvider';
import { read } from './client';
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
  requires: string; // the policy in words
  open: boolean; // it needs no token, so there is nothing to be allowed
}

/** What the caller may do, in the API's own words, so that nothing here has to know how it decides. Asked once for all. */
export function usePermissions() {
  const { operations } = useApi();
  const query = useQuery({
    queryKey: ['permissions'],
    queryFn: ({ signal }) => read(operations.GET('/api/me/permissions', { signal }), parsePermissions),
  });
  const granted = useMemo(() => {
    const allowed = (query.data ?? []).flatMap((permission) => (permission.allowed ? [permission] : []));
    return new Map(allowed.map((permission) => [permission.operation, permission]));
  }, [query.data]);
  return {
    query,
    /** Whether the caller may use an operation. No, as long as the API has not said yes. */
    may: (operation: string) => granted.has(operation),
    /** The values of a path's parameter that the caller may use an operation with; empty when none are named. */
    where: (operation: string, parameter: string): readonly string[] => granted.get(operation)?.where[parameter] ?? [],
  };
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
      requires: text(permission, 'requires'),
      open: permission.open === true,
    };
    return boolean(permission, 'allowed')
      ? { ...operation, allowed: true, where: dictionary(record(permission.where ?? {}, '"where"'), texts) }
      : { ...operation, allowed: false, missing: optionalText(permission, 'missing') ?? `Requires ${operation.requires}` };
  });
}
