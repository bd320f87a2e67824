import { useAuth } from '../auth/useAuth';
import { Ago } from './Ago';
import { Facts } from './Facts';

/** Since when the person is signed in, where, and until when the session would last without them. */
export function SessionCard() {
  const { settings, state } = useAuth();
  if (state.status !== 'signedIn') return null;
  const { signedInAt, idleEndsAt } = state.times;
  return (
    <section className="card" aria-label="Your session">
      <h2>Your session</h2>
      <Facts
        of={[
          ['Signed in', signedInAt !== undefined && <Ago time={new Date(signedInAt)} />],
          ['Ends, if this page is closed', idleEndsAt !== undefined && <ClockTime at={idleEndsAt} />],
          ['Realm', settings.realm],
          ['Keycloak', <code>{settings.keycloakURL}</code>],
        ]}
      />
    </section>
  );
}

function ClockTime({ at }: { at: number }) {
  const time = new Date(at);
  return <time dateTime={time.toISOString()} title={time.toLocaleString()}>{time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}</time>;
}
