import { useReport } from '../api/reports';
import { ErrorNotice } from '../components/ErrorNotice';
import { ReportCards } from '../components/ReportCards';
import { ResourcePage } from '../components/ResourcePage';
import { words } from '../texts/reports';

/** What the server allowed and refused. Whoever may not see it gets the API's own reason. */
export default function Reports() {
  const report = useReport();
  const again = () => void report.refetch();
  return (
    <ResourcePage heading={words.heading} lead={words.lead} asked={words.asked} of={report}>
      {(value) => (
        <div className="stack">
          {report.isRefetchError && <ErrorNotice error={report.error} onRetry={again} />}
          <ReportCards report={value} counting={report.isFetching} onCountAgain={again} />
        </div>
      )}
    </ResourcePage>
  );
}
