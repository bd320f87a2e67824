import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ErrorNotice } from './ErrorNotice';

interface ResourceProps<T> {
  of: UseQueryResult<T>;
  loading: ReactNode; // the shape of what comes
  children: (value: T) => ReactNode;
}

/** Something read from the API: its shape while it is on its way, then what came, or what went wrong. What came once stays when a later reading fails. */
export function Resource<T>({ of: query, loading, children }: ResourceProps<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />;
  return loading;
}
