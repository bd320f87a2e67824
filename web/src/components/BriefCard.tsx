import type { Brief } from '../api/departments';
import { words } from '../texts/department';
import { Ago } from './Ago';
import { Facts } from './Facts';

interface BriefCardProps {
  brief: Brief;
}

/** A department's brief, with the rule that opened it. */
export function BriefCard({ brief }: BriefCardProps) {
  return (
    <section className="card narrow" aria-label={words.brief}>
      <h2><span className="allowed" aria-hidden="true">✓ </span>{words.brief}</h2>
      <Facts
        of={[
          [words.department, brief.department],
          [words.preparedFor, brief.preparedFor],
          [words.prepared, <Ago time={brief.preparedAt} />],
          [words.grantedBy, brief.grantedBy],
        ]}
      />
    </section>
  );
}
