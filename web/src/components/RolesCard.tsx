import type { Me } from '../api/me';
import { useAuth } from '../auth/useAuth';
import { Chips } from './Chips';

interface RolesCardProps {
  me: Me | undefined; // undefined while it is on its way
}

/** The roles of the realm and of its clients, to be read. What they allow is for the API to say. */
export function RolesCard({ me }: RolesCardProps) {
  const { settings } = useAuth();
  return (
    <section className="card" aria-label="Your roles">
      <h2>Your roles</h2>
      {me === undefined && <p className="skeleton">Asking the API …</p>}
      {me?.roles.length === 0 && <p>You have no role in the realm <code>{settings.realm}</code> yet. Whoever administers it can grant you one.</p>}
      {me !== undefined && me.roles.length > 0 && <Chips label="Realm roles" of={me.roles} />}
      {Object.entries(me?.clientRoles ?? {}).map(([client, roles]) => (
        <div key={client}>
          <h3>Of client {client}</h3>
          <Chips label={`Roles of client ${client}`} of={roles} />
        </div>
      ))}
    </section>
  );
}
