import { type Members, dictionary, number, record, text, time } from '../parse';
import { getJSON, type TokenSource } from './client';
import type { components } from './schema';

/** What this process allowed and refused since it started. */
export interface Report {
  generatedBy: string;
  generatedAt: Date;
  since: Date;
  allowed: number;
  refused: number;
  refusedByCode: Record<string, number>;
}

/** Asks for the report; the API decides who may have it. */
export function showReport(token: TokenSource, signal?: AbortSignal): Promise<Report> {
  return getJSON(token, '/api/admin/reports', parseReport, signal);
}

function parseReport(body: unknown): Report {
  const report: Members<keyof components['schemas']['Report']> = record(body, 'report');
  return {
    generatedBy: text(report, 'generated_by'),
    generatedAt: time(report, 'generated_at'),
    since: time(report, 'since'),
    allowed: number(report, 'allowed'),
    refused: number(report, 'refused'),
    refusedByCode: dictionary(record(report.refused_by_code ?? {}, '"refused_by_code"'), number),
  };
}
