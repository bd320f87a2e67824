import { Link } from 'react-router';
import { usePermissions, type Permission } from '../api/permissions';
import { words } from '../texts/home';
import { words as problems } from '../texts/problems';
import { CardSkeleton } from './CardSkeleton';
import { Decision } from './Decision';
import { foresee } from './foresee';
import { Resource } from './Resource';

/** What may I, in short: what the API allows and what it refuses, with what is missing. The API page has the whole of it. */
export function PermissionsCard() {
  const { query } = usePermissions();
  return (
    <section className="card" aria-label={words.may} aria-busy={query.isPending}>
      <h2>{words.may}</h2>
      <Resource of={query} loading={<CardSkeleton label={words.may} lines={6} />}>
        {(permissions) => <Permissions of={permissions.filter(({ open }) => !open)} />}
      </Resource>
    </section>
  );
}

function Permissions({ of }: { of: Permission[] }) {
  if (of.length === 0) return <p>{words.noOperations}</p>;
  const allowed = of.filter((permission) => foresee(permission).allowed);
  return (
    <>
      <p className="muted">{words.decidesAnew}</p>
      <Group allowed of={allowed} />
      <Group allowed={false} of={of.filter((permission) => !allowed.includes(permission))} />
      <p><Link to="/operations">{words.allOperations}</Link></p>
    </>
  );
}

function Group({ allowed, of }: { allowed: boolean; of: Permission[] }) {
  if (of.length === 0) return null;
  return (
    <div className={allowed ? 'permissions' : 'permissions of-refused'}>
      <h3><Decision allowed={allowed} /></h3>
      <ul aria-label={allowed ? problems.allowed : problems.refused}>
        {of.map((permission) => <li key={permission.operation}>{permission.summary}<Condition of={permission} /></li>)}
      </ul>
    </div>
  );
}

function Condition({ of: permission }: { of: Permission }) {
  const { words: condition } = foresee(permission);
  return condition !== undefined && <span className="hint">{condition}</span>;
}
