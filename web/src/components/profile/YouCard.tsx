import type { Me } from '../../api/me';
import { useAuth } from '../../auth/useAuth';
import { words } from '../../texts/profile';
import { Copyable } from '../Copyable';
import { Facts } from '../Facts';
import { PendingLine } from '../Pending';

interface YouCardProps {
  me: Me | undefined; // undefined while it is on its way
}

/** The person, as their access token names them. */
export function YouCard({ me }: YouCardProps) {
  const { state } = useAuth();
  const subject = me?.sub ?? (state.status === 'signedIn' ? state.subject : undefined); // that much is known before the API answers
  return (
    <section className="card" aria-label={words.you}>
      <h2>{words.you}</h2>
      <Facts
        of={[
          [words.name, me === undefined ? <PendingLine /> : me.fullName],
          [words.username, me === undefined ? <PendingLine /> : me.username],
          [words.email, me === undefined ? <PendingLine /> : <Email of={me} />],
          [words.groups, me !== undefined && me.groups.length > 0 && me.groups.toSorted().join(', ')],
          [words.subject, subject !== undefined && <Copyable text={subject} label={words.copySubject} />],
        ]}
      />
      <p className="hint">{words.subjectIs}</p>
    </section>
  );
}

function Email({ of: { email, emailVerified } }: { of: Me }) {
  if (email === undefined) return words.none;
  return emailVerified
    ? <>{email} <span className="allowed hint"><span aria-hidden="true">✓ </span>{words.verified}</span></>
    : <>{email} <span className="attention hint"><span aria-hidden="true">! </span>{words.notVerified}</span></>;
}
