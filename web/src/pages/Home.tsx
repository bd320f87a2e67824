import { useMe, useTokenTimes } from '../api/me';
import { usePermissions } from '../api/permissions';
import { greeting } from '../components/clock';
import { ErrorNotice } from '../components/ErrorNotice';
import { Page } from '../components/Page';
import { PermissionsCard } from '../components/PermissionsCard';
import { QuickLinks } from '../components/QuickLinks';
import { SessionCard } from '../components/SessionCard';
import { SessionLine } from '../components/SessionLine';
import { TokenCard } from '../components/TokenCard';
import { WhoCard } from '../components/WhoCard';
import { words } from '../texts/home';
import { words as times } from '../texts/times';

/** Who am I, what may I, how long. */
export default function Home() {
  const me = useMe();
  const permissions = usePermissions().query;
  const tokenTimes = useTokenTimes();
  const hello = greeting(new Date());

  // One click for both: when the server was away, neither call was answered.
  function retry() {
    void me.refetch();
    if (permissions.isError) void permissions.refetch();
  }

  return (
    <Page title={words.title} heading={me.data === undefined ? hello : times.greet(hello, me.data.name)} lead={<SessionLine />}>
      {me.isError && me.data === undefined
        ? <ErrorNotice error={me.error} onRetry={retry} />
        : (
            <div className="stack">
              <QuickLinks />
              <div className="cards in-threes" aria-busy={me.isPending}>
                <WhoCard me={me.data} />
                <TokenCard times={tokenTimes} />
                <SessionCard />
              </div>
              <PermissionsCard />
            </div>
          )}
    </Page>
  );
}
