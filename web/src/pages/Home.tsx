import { useAuth } from '../auth/useAuth';
import { greeting } from '../components/clock';
import { ErrorNotice } from '../components/ErrorNotice';
import { useMe } from '../components/MeProvider';
import { Page } from '../components/Page';
import { PermissionsCard } from '../components/PermissionsCard';
import { usePermissions } from '../components/PermissionsProvider';
import { RolesCard } from '../components/RolesCard';
import { SessionCard } from '../components/SessionCard';
import { TokenCard } from '../components/TokenCard';
import { WhoCard } from '../components/WhoCard';

/** Who am I, what may I, how long. */
export default function Home() {
  const { settings } = useAuth();
  const { resource, reload } = useMe();
  const permissions = usePermissions();
  const hello = greeting(new Date());

  // One click for both: when the server was away, neither call was answered.
  function retry() {
    reload();
    if (permissions.resource.status === 'failed') permissions.reload();
  }

  return (
    <Page title="Home" heading={resource.status === 'ready' ? `${hello}, ${resource.value.name}` : hello} lead={`Signed in to the realm ${settings.realm} through Keycloak.`}>
      {resource.status === 'failed'
        ? <ErrorNotice error={resource.error} onRetry={retry} />
        : (
            <div className="cards in-pairs" aria-busy={resource.status === 'loading'}>
              <WhoCard me={resource.status === 'ready' ? resource.value : undefined} />
              <RolesCard me={resource.status === 'ready' ? resource.value : undefined} />
              <PermissionsCard />
              <TokenCard />
              <SessionCard />
            </div>
          )}
    </Page>
  );
}
