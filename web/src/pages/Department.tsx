import { useCallback } from 'react';
import { useParams } from 'react-router';
import type { TokenSource } from '../api/client';
import { showBrief } from '../api/departments';
import { ApiError } from '../api/problem';
import { useResource } from '../api/useResource';
import { BriefCard } from '../components/BriefCard';
import { ErrorNotice } from '../components/ErrorNotice';
import { Page } from '../components/Page';
import { Refusal } from '../components/Refusal';
import { Spinner } from '../components/Spinner';

/** The brief of the department in the address. Whoever belongs to another one gets the API's own reason. */
export default function Department() {
  const { department = '' } = useParams();
  const read = useCallback((token: TokenSource, signal: AbortSignal) => showBrief(token, department, signal), [department]);
  const { resource, reload } = useResource(read); // another department is another page to the frame, so it starts afresh
  if (resource.status === 'failed' && resource.error instanceof ApiError && resource.error.problem.status === 403) {
    return <Refusal asked={`the brief of ${department}`} error={resource.error} />;
  }
  return (
    <Page heading={`Department ${department}`} lead="The brief that only its own people may read.">
      {resource.status === 'loading' && <Spinner label="Fetching the brief" />}
      {resource.status === 'failed' && <ErrorNotice error={resource.error} onRetry={reload} />}
      {resource.status === 'ready' && <BriefCard brief={resource.value} />}
    </Page>
  );
}
