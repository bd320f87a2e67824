import { ApiError } from '../../api/problem';
import { words } from '../../texts/notes';
import { explain } from '../ErrorNotice';
import { ProblemFacts } from '../ProblemFacts';

/** Says that the words were not saved, and why; that they are still there, and what to do. */
export function SaveFailure({ error }: { error: unknown }) {
  return (
    <div className="card attention" role="alert">
      <h2>{words.saveFailed}</h2>
      <p>{explain(error)}</p>
      <p>{words.saveFailedNext}</p>
      {error instanceof ApiError && <ProblemFacts problem={error.problem} />}
    </div>
  );
}
