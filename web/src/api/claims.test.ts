import { describe, expect, it } from 'vitest';
import { jwt } from '../test/jwt';
import { isLightweight, readToken } from './claims';

describe('readToken', () => {
  it('reads header and claims, whatever letters are in them', () => {
    const claims = { sub: 'a1', name: 'Zoë Ångström 🗝️', note: '>>>???~~~' }; // base64url writes some of these with - and _
    expect(readToken(jwt(claims))).toEqual({ header: { alg: 'RS256', typ: 'JWT', kid: 'key-1' }, claims });
  });

  it.each([
    ['an opaque token', 'f3b1c2d4-opaque'],
    ['nothing', ''],
    ['two parts', 'e30.e30'],
    ['an encrypted token', 'e30.a.b.c.d'],
    ['parts that are no base64', 'e30.%%%.x'],
    ['parts that are no JSON', 'e30.YWJj.x'],
    ['claims that are no object', 'e30.W10.x'],
    ['claims that are no UTF-8', 'e30.eyJhIjoi_yJ9.x'],
  ])('gives nothing for %s', (_, token) => {
    expect(readToken(token)).toBeUndefined();
  });
});

describe('isLightweight', () => {
  it.each([
    ['by its id', { jti: 'onltro:d8932d7e', sub: 'a1', aud: 'x' }, true],
    ['by what it lacks', { jti: 'd8932d7e', iss: 'x' }, true],
    ['not with a subject', { jti: 'onrtro:d8932d7e', sub: 'a1' }, false],
    ['not with an audience', { jti: 1, aud: 'x' }, false],
  ])('%s', (_, claims, lightweight) => {
    expect(isLightweight(claims)).toBe(lightweight);
  });
});
