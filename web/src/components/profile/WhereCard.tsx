import { useAuth } from '../../auth/useAuth';
import { words } from '../../texts/profile';
import { Facts } from '../Facts';

/** Where the person signs in, and by which client, to be quoted when something is to be changed there. With which one the app's server does, it keeps to itself. */
export function WhereCard() {
  const { settings } = useAuth();
  return (
    <section className="card wide" aria-label={words.where}>
      <h2>{words.where}</h2>
      <Facts of={[[words.realm, settings.realm], [words.issuer, <code>{settings.issuer}</code>], [words.client, settings.loginMode !== 'session' && <code>{settings.clientID}</code>]]} />
    </section>
  );
}
