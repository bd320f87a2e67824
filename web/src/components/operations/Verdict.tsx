import type { Permission } from '../../api/permissions';
import { words } from '../../texts/operations';
import { Decision } from '../Decision';
import { depends } from '../foresee';

interface VerdictProps {
  of: Permission;
}

/** May I, at a glance: allowed, refused, or depending on what the call is for. */
export function Verdict({ of: permission }: VerdictProps) {
  if (depends(permission)) return <span className="depends"><span aria-hidden="true">! </span>{words.depends}</span>;
  return <Decision allowed={permission.allowed} />;
}
