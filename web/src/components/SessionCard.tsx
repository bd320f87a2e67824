import { useAuth } from '../auth/useAuth';
import { words } from '../texts/home';
import { Ago } from './Ago';
import { Facts } from './Facts';

/** Since when the person is signed in, where, and until when the session would last without them. */
export function SessionCard() {
  const { settings, state } = useAuth();
  if (state.status !== 'signedIn') return null;
  const { signedInAt, idleEndsAt } = state.times;
  return (
    <section className="card" aria-label={words.session}>
      <h2>{words.session}</h2>
      <Facts
        of={[
          [words.signedIn, signedInAt !== undefined && <Ago time={new Date(signedInAt)} />],
          [settings.loginMode === 'session' ? words.endsUnused : words.ends, idleEndsAt !== undefined && <ClockTime at={idleEndsAt} />],
          [words.realm, settings.realm],
          [words.keycloak, <code>{settings.keycloakURL}</code>],
        ]}
      />
    </section>
  );
}

function ClockTime({ at }: { at: number }) {
  const time = new Date(at);
  return <time dateTime={time.toISOString()} title={time.toLocaleString()}>{time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}</time>;
}
