/**
 * Checks values that came from elsewhere, so that nothing has to be cast. Each throws a sentence that names the field. 
 * Declared as `Members<keyof …>`, an object has these members and no others: a name that is not among them does not compile.
 */

/** An object with members that nobody has looked at yet. */
export type Members<K extends string = string> = Partial<Record<K, unknown>>;

/** The value as an object with unknown members. */
export function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError(`${what} is not an object`);
  return Object.fromEntries(Object.entries(value));
}

/** A text member that must be there. */
export function text<K extends string>(from: Members<K>, key: K): string {
  const value = from[key];
  if (typeof value !== 'string' || value === '') throw new TypeError(`"${key}" is not a text`);
  return value;
}

/** A text member, or undefined when it is absent or something else. */
export function optionalText<K extends string>(from: Members<K>, key: K): string | undefined {
  const value = from[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A member that must be an absolute address. */
export function address<K extends string>(from: Members<K>, key: K): string {
  const value = text(from, key);
  if (!URL.canParse(value)) throw new TypeError(`"${key}" is not an absolute URL`);
  return value;
}

/** A member that must be a point in time, as JSON writes one. */
export function time<K extends string>(from: Members<K>, key: K): Date {
  const value = new Date(text(from, key));
  if (Number.isNaN(value.getTime())) throw new TypeError(`"${key}" is not a time`);
  return value;
}

/** A yes or no that must be there: only `true` is yes, and only `false` is no. */
export function boolean<K extends string>(from: Members<K>, key: K): boolean {
  const value = from[key];
  if (typeof value !== 'boolean') throw new TypeError(`"${key}" is neither true nor false`);
  return value;
}

/** A number member that must be there. */
export function number<K extends string>(from: Members<K>, key: K): number {
  const value = from[key];
  if (typeof value !== 'number') throw new TypeError(`"${key}" is not a number`);
  return value;
}

/** A list of texts; absent (or null, as Go writes an empty list) is the empty list. */
export function texts<K extends string>(from: Members<K>, key: K): string[] {
  const value = from[key] ?? [];
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) throw new TypeError(`"${key}" is not a list of texts`);
  return value;
}

/** A list of objects that must be there. */
export function records<K extends string>(from: Members<K>, key: K): Record<string, unknown>[] {
  const value = from[key];
  if (!Array.isArray(value)) throw new TypeError(`"${key}" is not a list`);
  return value.map((entry: unknown) => record(entry, `an entry of "${key}"`));
}

/** The object with each member checked by `each`, one of the functions above. */
export function dictionary<T>(from: Members, each: (from: Members, key: string) => T): Record<string, T> {
  return Object.fromEntries(Object.keys(from).map((key) => [key, each(from, key)]));
}
