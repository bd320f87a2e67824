import type { Me } from '../api/me';
import { Facts } from './Facts';

interface WhoCardProps {
  me: Me | undefined; // undefined while it is on its way
}

/** Who am I, in the API's eyes. */
export function WhoCard({ me }: WhoCardProps) {
  return (
    <section className="card" aria-label="Who you are">
      <h2>Who you are</h2>
      {me === undefined
        ? <p className="skeleton">Asking the API …</p>
        : <Facts of={[['Name', me.fullName], ['Username', me.username], ['E-mail', me.email], ['Groups', me.groups.length > 0 && me.groups.join(', ')], ['Subject', <code>{me.sub}</code>]]} />}
    </section>
  );
}
