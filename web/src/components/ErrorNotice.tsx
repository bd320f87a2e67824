import { ApiError } from '../api/problem';
import { NoTokenError } from '../auth/state';
import { ProblemFacts } from './ProblemFacts';

interface ErrorNoticeProps {
  error: unknown;
  onRetry: () => void;
}

/** Says what went wrong with a call, with all that is needed to ask about it, and offers to try again. */
export function ErrorNotice({ error, onRetry }: ErrorNoticeProps) {
  return (
    <div className="card attention" role="alert">
      <h2>{error instanceof ApiError ? error.problem.title : 'No answer'}</h2>
      <p>{explanation(error)}</p>
      {error instanceof ApiError && <ProblemFacts problem={error.problem} />}
      <button type="button" className="button" onClick={onRetry}>Try again</button>
    </div>
  );
}

function explanation(error: unknown): string {
  if (error instanceof ApiError) return error.problem.detail ?? `${error.path} did not give what was asked for.`;
  if (error instanceof NoTokenError) return error.message;
  if (error instanceof TypeError && !/fetch|network|load/i.test(error.message)) return `The answer has an unexpected shape: ${error.message}.`;
  return 'The server of this app did not answer. Check the connection, then try again.';
}
