import { useQuery } from '@tanstack/react-query';
import { type Members, dictionary, number, record, text, time } from '../parse';
import { useApi } from './ApiProvider';
import { read } from './client';
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

/** The report, counted anew whenever the page opens; the API decides who may have it. */
export function useReport() {
  const { operations } = useApi();
  return useQuery({ queryKey: ['report'], queryFn: ({ signal }) => read(operations.GET('/api/admin/reports', { signal }), parseReport), staleTime: 0 });
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
