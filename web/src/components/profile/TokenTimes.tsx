import { Link } from 'react-router';
import type { Me } from '../../api/me';
import { useAuth } from '../../auth/useAuth';
import { words } from '../../texts/profile';
import { Ago } from '../Ago';
import { Chips } from '../Chips';
import { Facts } from '../Facts';
import { PendingChips } from '../Pending';
import { Until } from '../Until';

interface TokenTimesProps {
  me: Me | undefined; // undefined while it is on its way
}

/** The access token at hand: its times, which change when it is renewed, and what it was asked for. */
export function TokenTimes({ me }: TokenTimesProps) {
  const { state } = useAuth();
  return (
    <section className="card" aria-label={words.token}>
      <h2>{words.token}</h2>
      <Facts
        of={[
          [words.issued, state.status === 'signedIn' && <Ago time={new Date(state.times.issuedAt)} />],
          [words.holds, state.status === 'signedIn' && <Until time={new Date(state.times.expiresAt)} />],
          [words.scopes, me === undefined ? <PendingChips /> : <Scopes of={me.scopes} />],
        ]}
      />
      <p><Link to="/token">{words.readToken}</Link></p>
    </section>
  );
}

function Scopes({ of }: { of: string[] }) {
  return of.length > 0 ? <Chips label={words.scopes} of={of} /> : words.none;
}
