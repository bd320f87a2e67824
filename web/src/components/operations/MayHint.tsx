import type { Permission } from '../../api/permissions';
import { words } from '../../texts/operations';
import { Decision } from '../Decision';
import { foresee } from '../foresee';

interface MayHintProps {
  id: string; // for the control that it describes
  permission: Permission;
  given: Record<string, string>; // values of the path's parameters
}

/** Says beforehand what the API would answer to what is typed. It hinders nobody: the API decides. */
export function MayHint({ id, permission, given }: MayHintProps) {
  if (permission.open) return <p id={id} className="hint">{words.requiresNothing}</p>;
  const { allowed, words: condition } = foresee(permission, given);
  return <p id={id} className="hint"><Decision allowed={allowed} />{condition !== undefined && `. ${condition}`}</p>;
}
