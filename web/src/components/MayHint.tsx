import { Decision } from './Decision';
import { foresee, type Foreseen } from './foresee';
import { usePermissions } from './PermissionsProvider';

interface MayHintProps {
  id: string; // for the control that it describes
  operation: string;
  given?: Record<string, string> | undefined; // values of the path's parameters
}

/** Says beforehand what the API would answer. It hinders nobody: the API decides. */
export function MayHint({ id, operation, given }: MayHintProps) {
  const { resource } = usePermissions();
  const permission = resource.status === 'ready' ? resource.value.find((known) => known.operation === operation) : undefined;
  return (
    <p id={id} className="hint">
      {permission !== undefined && <Verdict of={foresee(permission, given)} />}
      {permission === undefined && (resource.status === 'loading' ? 'Asking whether you may …' : 'Whether you may is not known.')}
    </p>
  );
}

function Verdict({ of: { allowed, words } }: { of: Foreseen }) {
  return <><Decision allowed={allowed} />{words !== undefined && `. ${words}`}</>;
}
