import type { Brief } from '../api/departments';
import { Ago } from './Ago';
import { Facts } from './Facts';

interface BriefCardProps {
  brief: Brief;
}

/** A department's brief, with the rule that opened it. */
export function BriefCard({ brief }: BriefCardProps) {
  return (
    <section className="card narrow" aria-label="The brief">
      <h2><span className="allowed" aria-hidden="true">✓ </span>The brief</h2>
      <Facts
        of={[
          ['Department', brief.department],
          ['Prepared for', brief.preparedFor],
          ['Prepared', <Ago time={brief.preparedAt} />],
          ['What lets you read it', brief.grantedBy],
        ]}
      />
    </section>
  );
}
