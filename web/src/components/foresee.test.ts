import { describe, expect, it } from 'vitest';
import { foresee } from './foresee';

const brief = { operation: 'showBrief', method: 'GET', path: '/api/departments/{department}/brief', summary: 'The brief', requires: 'x', open: false };
const refused = { ...brief, allowed: false, missing: 'Requires the claim department' } as const;
const anywhere = { ...brief, allowed: true, where: {} } as const;

describe('foresee', () => {
  it.each([
    ['a refusal', refused, {}, false, 'Requires the claim department'],
    ['a refusal, whatever is given', refused, { department: 'engineering' }, false, 'Requires the claim department'],
    ['another value', limited('engineering'), { department: 'sales' }, false, 'Only where department is engineering'],
    ['the value in other letters', limited('engineering'), { department: 'Engineering' }, false, 'Only where department is engineering'],
    ['no value yet', limited('engineering'), { department: '' }, false, 'Only where department is engineering'],
    ['one of the values', limited('engineering', 'sales'), { department: 'sales' }, true, 'Only where department is engineering or sales'],
    ['a choice that is left open', limited('engineering'), undefined, true, 'Only where department is engineering'],
    ['no limits', anywhere, { department: 'sales' }, true, undefined],
  ])('judges %s', (_, permission, given, allowed, words) => {
    expect(foresee(permission, given)).toEqual({ allowed, words });
  });
});

function limited(...department: string[]) {
  return { ...brief, allowed: true, where: { department } } as const;
}
