import { Link } from 'react-router';
import type { ApiError } from '../api/problem';
import { useAuth } from '../auth/useAuth';
import { Page } from './Page';
import { ProblemFacts } from './ProblemFacts';

interface RefusalProps {
  asked: string; // what the person wanted, as the end of "You asked for …"
  error: ApiError;
}

/** A refusal is a page: what was asked, what is missing, who could grant it, what to quote, a way back. */
export function Refusal({ asked, error }: RefusalProps) {
  const { settings } = useAuth();
  return (
    <Page heading="Refused" lead={`You asked for ${asked}.`}>
      <section className="card refused narrow" aria-label="Reason">
        <p className="reason"><span aria-hidden="true">✕ </span>{error.message}</p>
        <p>
          Whoever administers the realm <code>{settings.realm}</code> can grant it. Quote the request id when you ask; a new role or claim counts
          after you sign out and in again.
        </p>
        <ProblemFacts problem={error.problem} />
        <Link to="/" className="button">Back to home</Link>
      </section>
    </Page>
  );
}
