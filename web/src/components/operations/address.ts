import type { Call } from '../../api/call';
import type { Described, Parameter } from '../../api/document';
import type { Permission } from '../../api/permissions';
import { words } from '../../texts/operations';

/** What a person typed, by place and name of a parameter. */
export type Typed = Readonly<Record<string, string>>;

/** The key of a parameter in what was typed: a name may be used once in each place. */
export function keyOf({ in: place, name }: Parameter): string {
  return `${place}:${name}`;
}

/** What an operation takes; where no document says so, what its path shows. */
export function parametersOf({ path }: Permission, described: Described | undefined): Parameter[] {
  return described?.parameters
    ?? [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({ name, in: 'path', required: true, examples: [] }));
}

/** What stands in the fields until something is typed: for the path the caller's own value, where the API names one. */
export function prefilled(permission: Permission, parameters: readonly Parameter[]): Typed {
  const where = permission.allowed ? permission.where : {};
  return Object.fromEntries(parameters.map((parameter) => [keyOf(parameter), parameter.in === 'path' ? where[parameter.name]?.[0] ?? '' : '']));
}

/** The values of the path's parameters among what was typed. */
export function pathValues(parameters: readonly Parameter[], typed: Typed): Record<string, string> {
  return Object.fromEntries(parameters.filter((parameter) => parameter.in === 'path').map((parameter) => [parameter.name, typed[keyOf(parameter)] ?? '']));
}

/** Why what was typed cannot be sent as it stands, by the keys of the parameters. The API's own rules are not among them. */
export function unsendable(parameters: readonly Parameter[], typed: Typed): Typed {
  return Object.fromEntries(parameters.flatMap((parameter) => {
    const why = obstacle(parameter, typed[keyOf(parameter)] ?? '');
    return why === undefined ? [] : [[keyOf(parameter), why]];
  }));
}

function obstacle({ in: place, name }: Parameter, value: string): string | undefined {
  if (place === 'path' && (value === '.' || value === '..')) return words.dotsInPath;
  if (place !== 'header' || carries(name, value)) return undefined;
  return words.notInHeader(Array.from(value).find((character) => !carries(name, `x${character}x`)) ?? value);
}

/** Whether a header can have that value; the browser knows (RFC 9110 §5.5). */
function carries(name: string, value: string): boolean {
  try {
    return new Headers([[name, value]]).has(name);
  } catch {
    return false;
  }
}

/** The call that an operation and what was typed amount to. What was left empty is left out, so that the API's own default counts. */
export function toCall({ method, path }: Permission, parameters: readonly Parameter[], typed: Typed, body: string | undefined): Call {
  const given = (place: Parameter['in']) => parameters
    .filter((parameter) => parameter.in === place && (typed[keyOf(parameter)] ?? '') !== '')
    .map((parameter): [string, string] => [parameter.name, typed[keyOf(parameter)] ?? '']);
  const values = pathValues(parameters, typed);
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
  const address = new URL(filled, window.location.origin);
  address.search = new URLSearchParams(given('query')).toString();
  return { method, path: address.pathname + address.search, headers: Object.fromEntries(given('header')), ...(body !== undefined && { body }) };
}
