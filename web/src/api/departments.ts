import { useQuery } from '@tanstack/react-query';
import { type Members, record, text, time } from '../parse';
import { useApi } from './ApiProvider';
import { read } from './client';
import type { components } from './schema';

/** What a department's members may read. */
export interface Brief {
  department: string;
  preparedFor: string;
  preparedAt: Date;
  grantedBy: string; // the rule that let the caller in
}

/** The brief of a department; the API refuses callers of other departments. */
export function useBrief(department: string) {
  const { operations } = useApi();
  return useQuery({
    queryKey: ['brief', department],
    queryFn: ({ signal }) => read(operations.GET('/api/departments/{department}/brief', { params: { path: { department } }, signal }), parseBrief),
  });
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
