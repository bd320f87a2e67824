import type { Problem } from '../api/problem';
import { words } from '../texts/problems';
import { Copyable } from './Copyable';
import { Facts } from './Facts';

interface ProblemFactsProps {
  problem: Problem;
}

/** What to quote when asking about a problem. */
export function ProblemFacts({ problem }: ProblemFactsProps) {
  return (
    <Facts
      of={[
        [words.status, String(problem.status)],
        [words.code, problem.code !== undefined && <code>{problem.code}</code>],
        [words.requestID, problem.requestID !== undefined && <Copyable text={problem.requestID} label={words.copyRequestID} />],
      ]}
    />
  );
}
