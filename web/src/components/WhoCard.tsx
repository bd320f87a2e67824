import type { Me } from '../api/me';
import { useAuth } from '../auth/useAuth';
import { words } from '../texts/home';
import { Chips } from './Chips';
import { Facts } from './Facts';
import { PendingChips, PendingLine } from './Pending';

interface WhoCardProps {
  me: Me | undefined; // undefined while it is on its way
}

/** Who am I, in the API's eyes. While that is on its way, the names of the facts keep their places. */
export function WhoCard({ me }: WhoCardProps) {
  return (
    <section className="card" aria-label={words.who}>
      <h2>{words.who}</h2>
      <Facts
        of={me === undefined
          ? [[words.name, <PendingLine />], [words.username, <PendingLine />], [words.email, <PendingLine />], [words.realmRoles, <PendingChips />]]
          : [[words.name, me.fullName], [words.username, me.username], [words.email, me.email], [words.realmRoles, <RealmRoles of={me.roles} />]]}
      />
    </section>
  );
}

/** The realm's roles of the person, or what to do when there are none. What they allow is for the API to say. */
export function RealmRoles({ of }: { of: string[] }) {
  const { settings } = useAuth();
  return of.length > 0 ? <Chips label={words.realmRoles} of={of} /> : <p>{words.noRoles(<code>{settings.realm}</code>)}</p>;
}
