import type { Permission } from '../api/permissions';
import { Call } from './Call';
import { Decision } from './Decision';
import { ErrorNotice } from './ErrorNotice';
import { foresee } from './foresee';
import { usePermissions } from './PermissionsProvider';

/** What may I: every operation of the API that not everybody may use, with the API's own verdict on it. */
export function PermissionsCard() {
  const { resource, reload } = usePermissions();
  return (
    <section className="card wide" aria-label="What you may do" aria-busy={resource.status === 'loading'}>
      <h2>What you may do</h2>
      {resource.status === 'loading' && <p className="skeleton tall">Asking the API …</p>}
      {resource.status === 'failed' && <ErrorNotice error={resource.error} onRetry={reload} />}
      {resource.status === 'ready' && <Permissions of={resource.value.filter((permission) => !permission.open)} />}
    </section>
  );
}

function Permissions({ of }: { of: Permission[] }) {
  if (of.length === 0) return <p>The API names no operation that needs a token. As soon as it has one, it is listed here.</p>;
  return (
    <>
      <p className="muted">What the API said when this page was opened. It decides anew at every call.</p>
      <ul className="permissions" aria-label="Operations">
        {of.map((permission) => <Row key={permission.operation} of={permission} />)}
      </ul>
    </>
  );
}

function Row({ of: permission }: { of: Permission }) {
  const { allowed, words } = foresee(permission);
  return (
    <li>
      <Decision allowed={allowed} />
      <div>
        <p>{permission.summary}</p>
        <p className="muted"><Call method={permission.method} path={permission.path} /></p>
        {words !== undefined && <p className="hint">{words}</p>}
      </div>
    </li>
  );
}
