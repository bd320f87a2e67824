import { describe, expect, it } from 'vitest';
import { parsePermissions } from './permissions';

const report = { operation: 'showReport', method: 'GET', path: '/api/admin/reports', summary: 'Counts', requires: 'realm role admin' };
const parsed = { operation: 'showReport', method: 'GET', path: '/api/admin/reports', summary: 'Counts', requires: 'realm role admin', open: false };

describe('parsePermissions', () => {
  it.each([
    ['no list', {}, '"operations" is not a list'],
    ['an entry that is none', { operations: [null] }, 'an entry of "operations" is not an object'],
    ['no id', { operations: [{ ...report, operation: '', allowed: true }] }, '"operation" is not a text'],
    ['no verdict', { operations: [report] }, '"allowed" is neither true nor false'],
    ['a verdict that only looks like yes', { operations: [{ ...report, allowed: 'true' }] }, '"allowed" is neither true nor false'],
    ['values that are no list', { operations: [{ ...report, allowed: true, where: { department: 'x' } }] }, '"department" is not a list of texts'],
  ])('refuses %s', (_, body, words) => {
    expect(() => parsePermissions(body)).toThrow(words);
  });

  it('says what is missing, if need be by what is required', () => {
    expect(parsePermissions({ operations: [{ ...report, allowed: false, code: 'role_missing', missing: 'Requires one of: admin' }] }))
      .toEqual([{ ...parsed, allowed: false, missing: 'Requires one of: admin' }]);
    expect(parsePermissions({ operations: [{ ...report, allowed: false }] })).toEqual([{ ...parsed, allowed: false, missing: 'Requires realm role admin' }]);
  });

  it('tells what needs no token apart, once the API says so', () => {
    expect(parsePermissions({ operations: [{ ...report, open: true, allowed: true }, { ...report, open: 'true', allowed: true }] }).map(({ open }) => open)).toEqual([true, false]);
  });

  it('keeps the values that are allowed, and only of what is allowed', () => {
    const where = { department: ['engineering'] };
    expect(parsePermissions({ operations: [{ ...report, allowed: true, where }, { ...report, allowed: true, where: null }] }))
      .toEqual([{ ...parsed, allowed: true, where }, { ...parsed, allowed: true, where: {} }]);
    expect(parsePermissions({ operations: [{ ...report, allowed: false, missing: 'x', where }] })).toEqual([{ ...parsed, allowed: false, missing: 'x' }]);
  });
});
