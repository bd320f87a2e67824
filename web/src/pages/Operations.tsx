import { usePermissions } from '../api/permissions';
import { CardSkeleton } from '../components/CardSkeleton';
import { Operations } from '../components/operations/Operations';
import { Page } from '../components/Page';
import { Resource } from '../components/Resource';
import '../styles/operations.css';
import { words } from '../texts/operations';

/** Every operation of the API: may I, why not, try it. */
export default function OperationsPage() {
  const { query } = usePermissions();
  return (
    <Page heading={words.heading} lead={<>{words.lead} <a href="/docs">{words.wholeDocument}</a></>}>
      <Resource of={query} loading={<div className="card"><CardSkeleton label={words.loading} lines={12} /></div>}>
        {(permissions) => <Operations of={permissions} />}
      </Resource>
    </Page>
  );
}
