import type { Problem } from '../api/problem';
import { Facts } from './Facts';

interface ProblemFactsProps {
  problem: Problem;
}

/** What to quote when asking about a problem. */
export function ProblemFacts({ problem }: ProblemFactsProps) {
  return (
    <Facts
      of={[
        ['Status', String(problem.status)],
        ['Code', problem.code !== undefined && <code>{problem.code}</code>],
        ['Request id', problem.requestID !== undefined && <code>{problem.requestID}</code>],
      ]}
    />
  );
}
