import { ApiError } from '../api/problem';
import { showReport } from '../api/reports';
import { useResource } from '../api/useResource';
import { ErrorNotice } from '../components/ErrorNotice';
import { Page } from '../components/Page';
import { Refusal } from '../components/Refusal';
import { ReportCards } from '../components/ReportCards';
import { Spinner } from '../components/Spinner';

/** What the server allowed and refused. Whoever may not see it gets the API's own reason. */
export default function Reports() {
  const { resource, reload } = useResource(showReport);
  if (resource.status === 'failed' && resource.error instanceof ApiError && resource.error.problem.status === 403) {
    return <Refusal asked="the reports" error={resource.error} />;
  }
  return (
    <Page heading="Reports" lead="What this server allowed and refused since it started.">
      {resource.status === 'loading' && <Spinner label="Making the report" />}
      {resource.status === 'failed' && <ErrorNotice error={resource.error} onRetry={reload} />}
      {resource.status === 'ready' && <ReportCards report={resource.value} onReload={reload} />}
    </Page>
  );
}
