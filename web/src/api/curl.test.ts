import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { curl } from './curl';

/** What a shell makes of a command: the words that curl would get. */
function words(command: string): string[] {
  return execFileSync('sh', ['-c', command.replace(/^curl/, 'printf "%s\\n"')], { env: { TOKEN: 'the-token' } }).toString().trimEnd().split('\n');
}

it('a shell reads the command as it was meant, whatever is in it', () => {
  const call = { method: 'PUT', path: '/api/notes/1?a=$(x)&b=`y`', headers: { 'If-Match': '"1"' }, body: '{"title":"It\'s $HOME; \\"quoted\\""}' };
  expect(words(curl(call))).toEqual([
    '-X', 'PUT', 'http://localhost:8000/api/notes/1?a=$(x)&b=`y`', '-H', 'Authorization: Bearer the-token',
    '-H', 'Content-Type: application/json', '-H', 'If-Match: "1"', '--data-raw', call.body,
  ]);
});

it('holds the token only where one is given', () => {
  const call = { method: 'GET', path: '/api/me', headers: {} };
  expect(words(curl(call, 'a.b.c'))).toEqual(['http://localhost:8000/api/me', '-H', 'Authorization: Bearer a.b.c']);
  expect(curl(call)).toContain('"Authorization: Bearer $TOKEN"');
});
