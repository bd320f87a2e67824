import { words } from '../texts/problems';

interface DecisionProps {
  allowed: boolean;
}

/** Allowed or refused: a shape, a word and a colour, so that it never hangs on one of them alone. */
export function Decision({ allowed }: DecisionProps) {
  return allowed
    ? <span className="allowed"><span aria-hidden="true">✓ </span>{words.allowed}</span>
    : <span className="reason"><span aria-hidden="true">✕ </span>{words.refused}</span>;
}
