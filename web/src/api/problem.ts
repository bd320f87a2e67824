import { type Members, optionalText, record } from '../parse';
import { words } from '../texts/problems';
import type { components } from './schema';

/** The API's reason for not doing what was asked (RFC 9457). */
export interface Problem {
  status: number;
  title: string;
  detail?: string;
  code?: string;
  requestID?: string;
  fields?: readonly InvalidField[]; // with the code "validation"
}

/** One part of a request that the API did not take. */
export interface InvalidField {
  field: string; // "body.title", "query.limit"
  message: string;
}

/** A refusal or failure that the API answered with. */
export class ApiError extends Error {
  override name = 'ApiError';

  constructor(readonly path: string, readonly problem: Problem) {
    super(problem.detail ?? problem.title);
  }
}

/** An answer that says yes and has another shape than the API's document promises. */
export class UnreadableError extends Error {
  override name = 'UnreadableError';
}

/** Reads a problem; a body that is none (a proxy's error page, say) still makes one out of the status. */
export function toProblem(status: number, body: unknown): Problem {
  const fields: Members<keyof components['schemas']['Problem']> = typeof body === 'object' && body !== null && !Array.isArray(body) ? record(body, 'problem') : {};
  const detail = optionalText(fields, 'detail');
  const code = optionalText(fields, 'code');
  const requestID = optionalText(fields, 'request_id');
  return {
    status,
    title: optionalText(fields, 'title') ?? words.answeredWith(status),
    ...(detail !== undefined && { detail }),
    ...(code !== undefined && { code }),
    ...(requestID !== undefined && { requestID }),
    ...(Array.isArray(fields.fields) && { fields: fields.fields.flatMap(toInvalidField) }),
  };
}

function toInvalidField(entry: unknown): InvalidField[] {
  if (typeof entry !== 'object' || entry === null) return [];
  const { field, message }: Members<keyof components['schemas']['Field']> = record(entry, 'field');
  return typeof field === 'string' && typeof message === 'string' ? [{ field, message }] : [];
}
