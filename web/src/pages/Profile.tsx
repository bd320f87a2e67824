import { useMe } from '../api/me';
import { ErrorNotice } from '../components/ErrorNotice';
import { Page } from '../components/Page';
import { AccountCard } from '../components/profile/AccountCard';
import { TokenTimes } from '../components/profile/TokenTimes';
import { useActionOutcome } from '../components/profile/useActionOutcome';
import { WhereCard } from '../components/profile/WhereCard';
import { YouCard } from '../components/profile/YouCard';
import { RolesCard } from '../components/RolesCard';
import { words } from '../texts/profile';

/** Everything that the API knows about the person, and where they can change it. */
export default function Profile() {
  const me = useMe();
  useActionOutcome();
  return (
    <Page heading={words.heading} lead={words.lead}>
      <div className="cards in-pairs" aria-busy={me.isPending}>
        {me.isError && me.data === undefined
          ? <div className="wide"><ErrorNotice error={me.error} onRetry={() => void me.refetch()} /></div>
          : <YouCard me={me.data} />}
        <AccountCard />
        <RolesCard me={me.data} />
        <TokenTimes me={me.data} />
        <WhereCard />
      </div>
    </Page>
  );
}
