import { typed, type Call } from './call';

/**
 * A call as a command for a shell. The token is put in as it is, or, where none is given, left to the shell's variable TOKEN:
 * a command that is kept or shown around should not hold one.
 */
export function curl({ method, path, headers, body }: Call, token?: string): string {
  return [
    ...(method === 'GET' ? ['curl'] : [`curl -X ${method}`]),
    quote(new URL(path, window.location.origin).href),
    token === undefined ? '-H "Authorization: Bearer $TOKEN"' : `-H ${quote(`Authorization: Bearer ${token}`)}`,
    ...Object.entries({ ...typed(body), ...headers }).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`--data-raw ${quote(body)}`]),
  ].join(' \\\n  ');
}

/** Text that no POSIX shell reads anything into. */
function quote(text: string): string {
  return `'${text.replaceAll('\'', '\'\\\'\'')}'`;
}
