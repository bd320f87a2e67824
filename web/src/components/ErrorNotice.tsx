import { Button } from '@mantine/core';
import { ApiError, UnreadableError } from '../api/problem';
import { NoTokenError } from '../auth/state';
import { words } from '../texts/problems';
import { ProblemFacts } from './ProblemFacts';

interface ErrorNoticeProps {
  error: unknown;
  onRetry: () => void;
}

/** Says what went wrong with a call, with all that is needed to ask about it, and offers to try again. */
export function ErrorNotice({ error, onRetry }: ErrorNoticeProps) {
  return (
    <div className="card attention narrow" role="alert">
      <h2>{error instanceof ApiError ? error.problem.title : words.noAnswer}</h2>
      <p>{explain(error)}</p>
      {error instanceof ApiError && clocksDisagree(error) && <p>{words.clocks}</p>}
      {error instanceof ApiError && <ProblemFacts problem={error.problem} />}
      <Button onClick={onRetry}>{words.tryAgain}</Button>
    </div>
  );
}

/** What went wrong with a call, in a sentence. */
export function explain(error: unknown): string {
  if (error instanceof ApiError) return error.problem.detail ?? words.notGiven(error.path);
  if (error instanceof NoTokenError) return error.message;
  return error instanceof UnreadableError ? words.unexpected(error.message) : words.noAnswerWhy;
}

/** A token that was just renewed is neither over nor yet to come, unless the two servers' clocks differ. */
function clocksDisagree({ problem }: ApiError): boolean {
  return problem.code === 'token_expired' || problem.code === 'token_not_yet_valid';
}
