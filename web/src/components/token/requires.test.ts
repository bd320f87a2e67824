import { describe, expect, it } from 'vitest';
import { namesClaim, namesRole } from './requires';

describe('namesRole', () => {
  it.each([
    ['realm role admin', 'admin', undefined, true],
    ['realm role admin', 'min', undefined, false],
    ['realm role admin or auditor', 'auditor', undefined, true],
    ['realm role admin or claim sub', 'admin', undefined, true],
    ['realm role admin or claim sub', 'claim sub', undefined, false],
    ['(realm role a or realm role b) and scope all', 'b', undefined, true],
    ['(claim x and (scope y or realm role deep)) or group /staff', 'deep', undefined, true],
    ['not realm role banned', 'banned', undefined, false],
    ['realm role admin and not realm role banned', 'banned', undefined, false],
    ['realm role admin and not (realm role banned or (scope x and realm role asleep))', 'asleep', undefined, false],
    ['realm role admin and not (realm role banned)', 'admin', undefined, true],
    ['role view-profile or edit of client account', 'edit', 'account', true],
    ['role view-profile of client account', 'view-profile', 'other', false],
    ['role view-profile of client account', 'view-profile', undefined, false],
    ['realm role admin', 'admin', 'account', false],
    ['realm role user and role admin of client shop', 'admin', undefined, false],
    ['realm role user and role admin of client shop', 'admin', 'shop', true],
    ['a token', 'token', undefined, false],
  ])('in "%s" of "%s" (%s): %s', (requires, role, client, named) => {
    expect(namesRole(requires, role, client)).toBe(named);
  });
});

describe('namesClaim', () => {
  it.each([
    ['claim department equal to the department in the address', 'department', true],
    ['claim tenant.id equal to acme', 'tenant', true],
    ['claim tenants with acme in it', 'tenant', false],
    ['claim sub', 'sub', true],
    ['not (claim test)', 'test', false],
    ['realm role admin', 'realm_access', true],
    ['role a of client b', 'resource_access', true],
    ['role a of client b', 'realm_access', false],
    ['scope read and write', 'scope', true],
    ['group /staff or one below it', 'groups', true],
    ['authentication level gold', 'acr', true],
    ['a token', 'sub', false],
  ])('in "%s" of "%s": %s', (requires, claim, named) => {
    expect(namesClaim(requires, claim)).toBe(named);
  });
});
