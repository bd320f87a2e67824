import { type Members, record, text, time } from '../parse';
import { getJSON, type TokenSource } from './client';
import type { components } from './schema';

/** What a department's members may read. */
export interface Brief {
  department: string;
  preparedFor: string;
  preparedAt: Date;
  grantedBy: string; // the rule that let the caller in
}

/** Where a department's brief is. The name may hold anything, a slash among it. */
export function briefPath(department: string): string {
  return `/api/departments/${encodeURIComponent(department)}/brief`;
}

/** Asks for the brief of a department; the API refuses callers of other departments. */
export function showBrief(token: TokenSource, department: string, signal?: AbortSignal): Promise<Brief> {
  return getJSON(token, briefPath(department), parseBrief, signal);
}

function parseBrief(body: unknown): Brief {
  const brief: Members<keyof components['schemas']['Brief']> = record(body, 'brief');
  return {
    department: text(brief, 'department'),
    preparedFor: text(brief, 'prepared_for'),
    preparedAt: time(brief, 'prepared_at'),
    grantedBy: text(brief, 'granted_by'),
  };
}
