/** Checks values that came from elsewhere, so that nothing has to be cast. Each throws a sentence that names the field. */

/** The value as an object with unknown members. */
export function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError(`${what} is not an object`);
  return Object.fromEntries(Object.entries(value));
}

/** A text member that must be there. */
export function text(from: Record<string, unknown>, key: string): string {
  const value = from[key];
  if (typeof value !== 'string' || value === '') throw new TypeError(`"${key}" is not a text`);
  return value;
}

/** A text member, or undefined when it is absent or something else. */
export function optionalText(from: Record<string, unknown>, key: string): string | undefined {
  const value = from[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A member that must be an absolute address. */
export function address(from: Record<string, unknown>, key: string): string {
  const value = text(from, key);
  if (!URL.canParse(value)) throw new TypeError(`"${key}" is not an absolute URL`);
  return value;
}

/** A member that must be a point in time, as JSON writes one. */
export function time(from: Record<string, unknown>, key: string): Date {
  const value = new Date(text(from, key));
  if (Number.isNaN(value.getTime())) throw new TypeError(`"${key}" is not a time`);
  return value;
}

/** A yes or no that must be there: only `true` is yes, and only `false` is no. */
export function boolean(from: Record<string, unknown>, key: string): boolean {
  const value = from[key];
  if (typeof value !== 'boolean') throw new TypeError(`"${key}" is neither true nor false`);
  return value;
}

/** A number member that must be there. */
export function number(from: Record<string, unknown>, key: string): number {
  const value = from[key];
  if (typeof value !== 'number') throw new TypeError(`"${key}" is not a number`);
  return value;
}

/** A list of texts; absent (or null, as Go writes an empty list) is the empty list. */
export function texts(from: Record<string, unknown>, key: string): string[] {
  const value = from[key] ?? [];
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) throw new TypeError(`"${key}" is not a list of texts`);
  return value;
}

/** A list of objects that must be there. */
export function records(from: Record<string, unknown>, key: string): Record<string, unknown>[] {
  const value = from[key];
  if (!Array.isArray(value)) throw new TypeError(`"${key}" is not a list`);
  return value.map((entry: unknown) => record(entry, `an entry of "${key}"`));
}

/** The object with each member checked by `each`, one of the functions above. */
export function dictionary<T>(from: Record<string, unknown>, each: (from: Record<string, unknown>, key: string) => T): Record<string, T> {
  return Object.fromEntries(Object.keys(from).map((key) => [key, each(from, key)]));
}
