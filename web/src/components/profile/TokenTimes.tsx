import { Link } from 'react-router';
import { useTokenTimes, type Me } from '../../api/me';
import { useAuth } from '../../auth/useAuth';
import { words } from '../../texts/profile';
import { Ago } from '../Ago';
import { Chips } from '../Chips';
import { Facts } from '../Facts';
import { PendingChips, PendingLine } from '../Pending';
import { Until } from '../Until';

interface TokenTimesProps {
  me: Me | undefined; // undefined while it is on its way
}

/** The access token: its times, which change when it is renewed, and what it was asked for. */
export function TokenTimes({ me }: TokenTimesProps) {
  const { freshToken } = useAuth();
  const times = useTokenTimes();
  return (
    <section className="card" aria-label={words.token}>
      <h2>{words.token}</h2>
      <Facts
        of={[
          [words.kept, freshToken === undefined && words.atServer],
          [words.issued, times === undefined ? <PendingLine /> : <Ago time={new Date(times.issuedAt)} />],
          [words.holds, times === undefined ? <PendingLine /> : <Until time={new Date(times.expiresAt)} />],
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
