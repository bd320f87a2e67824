import { FakeKeycloak } from './fakeKeycloak';

/** A token in compact form. Its signature is none: nothing in the page looks at one. */
export function jwt(claims: object, header: object = { alg: 'RS256', typ: 'JWT', kid: 'key-1' }): string {
  return [header, claims].map(encode).join('.') + '.c2lnbmF0dXJl';
}

function encode(part: object): string {
  const binary = Array.from(new TextEncoder().encode(JSON.stringify(part)), (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** keycloak-js whose tokens are these, one after each refresh. */
export function keycloakWith(...tokens: string[]): FakeKeycloak {
  const keycloak = new FakeKeycloak();
  let there = false;
  Object.defineProperty(keycloak, 'token', {
    configurable: true, // clearToken deletes it
    get: () => (there ? tokens[Math.min(keycloak.refreshes, tokens.length - 1)] : undefined),
    set: () => { there = true; },
  });
  return keycloak;
}
