import type { Me } from '../api/me';
import { words } from '../texts/home';
import { Chips } from './Chips';
import { PendingChips, PendingLine } from './Pending';
import { RealmRoles } from './WhoCard';

interface RolesCardProps {
  me: Me | undefined; // undefined while it is on its way
}

/** The roles of the realm and of its clients, to be read. What they allow is for the API to say. */
export function RolesCard({ me }: RolesCardProps) {
  return (
    <section className="card" aria-label={words.roles}>
      <h2>{words.roles}</h2>
      <div>
        <h3>{words.realmRoles}</h3>
        {me === undefined ? <PendingChips /> : <RealmRoles of={me.roles} />}
      </div>
      {me === undefined && <div aria-hidden="true"><div className="pending-label"><PendingLine /></div><PendingChips /></div>}
      {Object.entries(me?.clientRoles ?? {}).map(([client, roles]) => (
        <div key={client}>
          <h3>{words.ofClient(client)}</h3>
          <Chips label={words.rolesOfClient(client)} of={roles} />
        </div>
      ))}
    </section>
  );
}
