import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ApiError } from '../api/problem';
import { CardSkeleton } from './CardSkeleton';
import { Page } from './Page';
import { Refusal } from './Refusal';
import { Resource } from './Resource';

interface ResourcePageProps<T> {
  heading: string;
  lead: string;
  asked: string; // what the person wanted, as the end of "You asked for …"
  of: UseQueryResult<T>;
  instead?: ReactNode; // a way to something of that kind that is theirs, when they are refused
  children: (value: T) => ReactNode;
}

/** A page about one thing that the API gives, or the API's own reason why it does not. */
export function ResourcePage<T>({ heading, lead, asked, of: query, instead, children }: ResourcePageProps<T>) {
  if (query.error instanceof ApiError && query.error.problem.status === 403) {
    return <Refusal asked={asked} error={query.error} onAskAgain={() => void query.refetch()} instead={instead} />;
  }
  return (
    <Page heading={heading} lead={lead}>
      <Resource of={query} loading={<div className="card narrow"><CardSkeleton label={asked} lines={6} /></div>}>{children}</Resource>
    </Page>
  );
}
